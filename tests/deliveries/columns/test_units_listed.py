"""Units of the panel of municipalities: lines that fell out, a file cut at a line, keys that slipped against names."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from contract_values import INKAR_FOLDER, needs_shared_data, shipped

from kkz_eval.contracts.judgement import Status, judge_file
from kkz_eval.deliveries.columns import completeness
from kkz_eval.deliveries.columns.completeness import missing_by_measure
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.register import all_kreise, current_key, existing, municipalities
from kkz_eval.reference.tables import kreise

CONTRACTS = shipped()
PANEL = "nrw_gemeinden_panel_1995-2021.csv"
HEADER = "ags,name,jahr,arbeitslose,erwerbsfaehige_15_64,einkommensteuer_je_ew\n"
TOWNS = existing(municipalities(), 2020)


def read(data: bytes) -> ParsedTable:
    result = read_file(data, PANEL, CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    assert table.contract_id == "inkar_gemeinden"
    return table


def panel(names: list[str], title: str = "name") -> bytes:
    lines = [f'{town.key},"{name}",2020,10,100,300\n' for town, name in zip(TOWNS, names, strict=True)]
    return (HEADER.replace("name", title) + "".join(lines)).encode()


def findings(table: ParsedTable) -> list[Finding]:
    return list(iter_findings(table.findings))


def status(table: ParsedTable) -> Status:
    known = {"municipality": frozenset(town.key for town in municipalities())}
    return judge_file(table, CONTRACTS["inkar_gemeinden"], known).status


def test_a_whole_panel_says_nothing() -> None:
    table = read(panel([town.name for town in TOWNS]))
    assert (findings(table), status(table)) == ([], Status.ACCEPTED)


@needs_shared_data
def test_the_genuine_panel_says_nothing() -> None:
    assert findings(read((INKAR_FOLDER / PANEL).read_bytes())) == []


@needs_shared_data
def test_a_panel_cut_at_a_line_names_what_it_lacks_in_one_warning() -> None:
    lines = (INKAR_FOLDER / PANEL).read_bytes().splitlines(keepends=True)
    (found,) = findings(read(b"".join(lines[:-40])))
    assert (found.kind, found.severity, found.allowed) == ("official_units_missing", "warning", "2/406")
    assert found.value == "Werne (05978040): 1995–2021; Unna (05978036): 2009–2021"


@pytest.mark.parametrize("title", ["name", "Raumeinheit", "Gemeinde"])
def test_keys_that_slipped_against_names_reject_the_file(title: str) -> None:
    names = [town.name for town in TOWNS]
    table = read(panel([*names[1:], names[0]], title))
    (finding,) = findings(table)  # one cause, with a count
    assert (finding.kind, finding.cell) == ("official_other_name", "A2")
    assert (finding.value or "").startswith(TOWNS[0].key)
    assert (finding.value or "").endswith(f"({len(TOWNS)})")
    assert status(table) is Status.REJECTED


@needs_shared_data
def test_keys_of_the_genuine_panel_that_slipped_by_a_town_reject_it() -> None:
    rows = list(csv.reader(io.StringIO((INKAR_FOLDER / PANEL).read_text(encoding="utf-8"))))
    keys = [row[0] for row in rows[1:]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [rows[0], *([key, *row[1:]] for key, row in zip([*keys[27:], *keys[:27]], rows[1:], strict=True))]
    )
    table = read(text.getvalue().encode())
    assert [(found.value or "")[-5:] for found in findings(table) if found.kind == "official_other_name"] == ["(396)"]
    assert status(table) is Status.REJECTED


def test_measures_that_lack_the_same_units_share_a_warning_and_years_are_spans() -> None:
    keys = [kreis.ags5 for kreis in kreise()]
    records = [
        (measure, year, key)
        for measure in ("a", "b", "c")
        for year in (2011, 2012, 2013, 2015)
        for key in keys
        if measure == "c" or key != "05978" or year == 2012
    ]
    measures, years, units = (pa.array(column) for column in zip(*records, strict=True))
    found = missing_by_measure("kreis", units, years.cast(pa.int32()), measures)
    assert [(one.value, one.allowed) for one in found] == [("a, b: Kreis Unna (05978): 2011, 2013, 2015", "1/53")]


def test_before_the_staedteregion_its_parts_or_itself_are_enough_and_either_is_missed_where_none_is_there() -> None:
    old = [kreis.ags5 for kreis in kreise() if kreis.ags5 != "05334"]
    for there in ([*old, "05334"], [*old, "05313", "05354"]):
        n = len(there)
        assert missing_by_measure("kreis", pa.array(there), pa.array([2005] * n, pa.int32()), pa.array(["a"] * n)) == []
    (found,) = missing_by_measure("kreis", pa.array(old), pa.array([2005] * len(old), pa.int32()), pa.array(["a"] * len(old)))
    assert found.value == "a: Aachen (05313), Kreis Aachen (05354): 2005"


def test_a_unit_that_was_there_beside_another_is_missed_although_that_took_it_over_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unna goes to Hamm in 2015; in 2014 both were there."""
    gone = {"valid_until": date(2014, 12, 31), "successor": "05915"}
    units = tuple(replace(unit, **gone) if unit.key == "05978" else unit for unit in all_kreise())
    monkeypatch.setattr(completeness, "_units", lambda _level: units)
    monkeypatch.setattr(completeness, "current_key", lambda key: "05915" if key == "05978" else current_key(key))
    caches = (completeness._existing, completeness._in_its_place)
    for cached in caches:
        cached.cache_clear()
    for missing, year, said in (
        ("05978", 2014, ["Kreis Unna"]),
        ("05915", 2014, ["Hamm"]),
        ("05978", 2015, []),
        ("05915", 2015, ["Hamm"]),
    ):
        there = [kreis.ags5 for kreis in kreise() if kreis.ags5 not in {missing, *(["05978"] if year == 2015 else [])}]
        n = len(there)
        found = missing_by_measure("kreis", pa.array(there), pa.array([year] * n, pa.int32()), pa.array(["a"] * n))
        assert [one.value for one in found] == [f"a: {name} ({missing}): {year}" for name in said]
    for cached in caches:
        cached.cache_clear()
