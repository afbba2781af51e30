"""Values that stand for another time than the year they would count for are never taken: times, school years, units, the future."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from contract_values import CONTRACT_FOLDER, needs_shared_data, shipped
from official_values import NEW_GERMAN, OFFICIAL, TABLE

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import ContractError, contract_of, read_document
from kkz_eval.deliveries.official.times import day_of
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import known_units

CONTRACTS = shipped()
TODAY = date(2026, 11, 25)
POPULATION = NEW_GERMAN.replace("12,5", "190000")
LEAVERS = TABLE.replace("Abgehende (Anzahl)", "Absolvierende/Abgehende (Anzahl)").replace(";ohne", ";ohne Hauptschulabschluss")
KINDS = {
    "official_other_time",
    "official_after_stand",
    "official_unit_ended",
    "official_unit_ended_zero",
    "official_unit_not_yet",
    "year_in_future",
}


def read(text: str | bytes) -> ParsedTable:
    result = read_file(text if isinstance(text, bytes) else text.encode(), "tabelle.csv", CONTRACTS, TODAY)
    assert isinstance(result, Claimed)
    return result.parsed[0]


def found(table: ParsedTable) -> list[Finding]:
    return [finding for finding in iter_findings(table.findings) if finding.kind in KINDS]


def numbers(table: ParsedTable, measure: str = "persons") -> list[object]:
    return [value for value in table.values(measure).to_pylist() if value is not None]


@pytest.mark.parametrize(
    "time", ["2024-06-30", "30.06.2024", "2024-06", "2024-Q2", "2024", "2024-10P6M", "2024/25", "WS 2024/25"]
)
def test_a_stock_of_another_day_is_an_error_and_no_value(time: str) -> None:
    table = read(POPULATION.replace("2024-12-31", time))
    (finding,) = found(table)
    assert (finding.kind, finding.severity, finding.row, finding.column) == ("official_other_time", "error", 2, 14)
    assert (finding.value, (finding.allowed or "")[:6]) == (time, "31.12.")
    assert numbers(table) == []
    assert time in finding.message().in_language("de")
    assert judge_file(table, CONTRACTS["bevoelkerung_amtlich"], known_units()).status is Status.REJECTED


def test_beside_the_right_day_another_one_counts_for_nothing() -> None:
    lines = POPULATION.split("\n")
    table = read("\n".join([*lines[:-1], lines[1].replace("2024-12-31", "2024-06-30").replace("299070", "1"), ""]))
    assert [finding.row for finding in found(table)] == [6]
    assert numbers(table) == [299070, 190000]


def test_a_school_year_in_a_table_of_calendar_years_is_refused() -> None:
    table = read(LEAVERS.replace("2023;", "2023/24;"))
    (finding,) = found(table)
    assert (finding.kind, finding.value, finding.allowed) == ("official_other_time", "2023/24", "2024")
    assert set(table.years()) == {2022}


def test_a_school_year_is_taken_where_the_mapping_says_so(tmp_path: Path) -> None:
    text = (CONTRACT_FOLDER / "schulabgaenge_amtlich.odcs.yaml").read_text(encoding="utf-8")
    file = tmp_path / "schulabgaenge_amtlich.odcs.yaml"
    file.write_text(text.replace("        time: year", "        time: school_year"), encoding="utf-8")
    contract = contract_of(read_document(file))
    written = LEAVERS.replace("2023;", "2022/23;").replace("2022;", "2021/22;").replace("11r", "11")
    result = read_file(written.encode(), "tabelle.csv", {contract.id: contract})
    assert isinstance(result, Claimed)
    assert found(result.parsed[0]) == []
    assert result.parsed[0].years() == (2022, 2023)


@pytest.mark.parametrize("time", ["        time: 02-30", "        time: month", ""])
def test_a_mapping_names_a_time_that_exists(tmp_path: Path, time: str) -> None:
    text = (CONTRACT_FOLDER / "schulabgaenge_amtlich.odcs.yaml").read_text(encoding="utf-8")
    file = tmp_path / "schulabgaenge_amtlich.odcs.yaml"
    file.write_text(text.replace("        time: year", time), encoding="utf-8")
    with pytest.raises(ContractError):
        contract_of(read_document(file))


@pytest.mark.parametrize(("key", "name"), [("05354", "Aachen, Kreis"), ("05313", "Aachen, Kreisfreie Stadt")])
def test_a_figure_after_the_end_of_its_unit_is_an_error_and_no_value(key: str, name: str) -> None:
    table = read(POPULATION.replace("05978;Unna, Kreis", f"{key};{name}"))
    (finding,) = found(table)
    assert (finding.kind, finding.severity, finding.row, finding.column) == ("official_unit_ended", "error", 4, 14)
    assert (finding.unit_id, finding.year, finding.allowed) == (key, 2024, "2009-10-20")
    assert numbers(table) == [299070]


@pytest.mark.parametrize(("time", "kinds"), [("2008-12-31", []), ("2009-12-31", ["official_unit_ended"])])
def test_a_stock_counts_by_its_day(time: str, kinds: list[str]) -> None:
    table = read(POPULATION.replace("05978;Unna, Kreis", "05354;Aachen, Kreis").replace("2024-12-31", time))
    assert [finding.kind for finding in found(table)] == kinds


def units(text: str) -> list[object]:
    return list(dict.fromkeys(read(text).values("unit_id").to_pylist()))


TOWN = POPULATION.replace("05978;Unna, Kreis", "05334002;Aachen, krfr. Stadt")


@pytest.mark.parametrize(("time", "expected"), [("2008-12-31", ["05111", "05313"]), ("2009-12-31", ["05111"])])
def test_the_line_of_a_town_counts_for_the_kreisfreie_stadt_that_it_was(time: str, expected: list[str]) -> None:
    assert units(TOWN.replace("2024-12-31", time)) == expected
    assert found(read(TOWN.replace("2024-12-31", time))) == []


def test_a_line_of_the_city_itself_leaves_that_of_the_town_aside() -> None:
    both = TOWN + TOWN.split("\n")[3].replace("05334002", "05313") + "\n"
    assert units(both.replace("2024-12-31", "2008-12-31")) == ["05111", "05313"]


def test_beside_other_towns_a_town_is_a_town() -> None:
    towns = TOWN + TOWN.split("\n")[3].replace("05334002;Aachen, krfr. Stadt", "05978036;Unna, Stadt") + "\n"
    assert units(towns.replace("2024-12-31", "2008-12-31")) == ["05111"]


def test_a_flow_of_the_last_year_may_stand_under_the_old_key() -> None:
    table = read(
        LEAVERS.replace("05978;    Unna, Kreis", "05354;    Aachen, Kreis").replace("2022;", "2009;").replace("2023;", "2010;")
    )
    assert [(finding.kind, finding.year) for finding in found(table)] == [("official_unit_ended", 2010)]


def test_symbols_of_a_unit_that_is_no_more_are_fine() -> None:
    table = read(POPULATION.replace("05978;Unna, Kreis", "05354;Aachen, Kreis").replace("190000", "-"))
    assert found(table) == []


def test_a_zero_of_a_unit_that_is_no_more_is_a_hint_and_no_value() -> None:
    table = read(POPULATION.replace("05978;Unna, Kreis", "05354;Aachen, Kreis").replace("190000", "0"))
    (finding,) = found(table)
    assert (finding.kind, finding.severity, finding.unit_id) == ("official_unit_ended_zero", "warning", "05354")
    assert numbers(table) == [299070]


def test_a_series_recalculated_to_its_successor_is_fine() -> None:
    table = read(POPULATION.replace("05978;Unna, Kreis", "05334;Städteregion Aachen").replace("2024-12-31", "2005-12-31"))
    assert found(table) == []
    assert numbers(table) == [299070, 190000]


@needs_shared_data
def test_an_office_with_figures_before_it_was_founded_is_a_warning() -> None:
    data = (OFFICIAL / "landesdatenbank_nrw/22517-02i_2024.csv").read_bytes()
    result = read_file(data.replace(b"\n2024;", b"\n2010;"), "tabelle.csv", CONTRACTS, TODAY)
    assert isinstance(result, Claimed)
    (offices,) = [table for table in result.parsed if table.contract_id == "hilfen_zur_erziehung_jugendaemter"]
    early = [f for f in found(offices) if f.kind == "official_unit_not_yet"]
    assert {("JH05362004", "warning", "2011-06-10"), ("JH05166016", "warning", "2012-01-01")} <= {
        (f.unit_id, f.severity, f.allowed) for f in early
    }
    assert not any(f.unit_id == "JH05334002" for f in early)


@pytest.mark.parametrize("year", [2025, 2026, 2039])
def test_a_year_after_the_day_of_the_table_is_an_error_and_no_value(year: int) -> None:
    table = read(LEAVERS.replace("2023;", f"{year};").replace("2022;", "2024;"))
    expected = [] if year == 2025 else [("official_after_stand", str(year), "2025-03-13")]
    assert [(f.kind, f.value, f.allowed) for f in found(table)] == expected
    assert table.years() == ((2024, 2025) if year == 2025 else (2024,))


@pytest.mark.parametrize(("year", "kinds"), [(2025, []), (2026, ["year_in_future"] * 2), (2039, ["year_in_future"] * 2)])
def test_without_a_day_of_its_own_a_table_ends_with_the_last_year_that_is_over(year: int, kinds: list[str]) -> None:
    table = read(POPULATION.replace("2024-12-31", f"{year}-12-31"))
    assert [finding.kind for finding in found(table)] == kinds
    assert all((f.severity, f.allowed, f.row is not None) == ("error", "2025", True) for f in found(table))


@pytest.mark.parametrize(
    ("text", "day"), [("30.06.2024", date(2024, 6, 30)), ("2024-12-31", date(2024, 12, 31)), ("2024-06", None)]
)
def test_day_of_a_text(text: str, day: date | None) -> None:
    assert day_of(text) == day


@needs_shared_data
@pytest.mark.parametrize("name", sorted(path.relative_to(OFFICIAL).as_posix() for path in OFFICIAL.glob("*/*")))
def test_no_genuine_file_is_untimely(name: str) -> None:
    result = read_file((OFFICIAL / name).read_bytes(), name, CONTRACTS, TODAY)
    tables = result.parsed if isinstance(result, Claimed) else ()
    assert [finding for table in tables for finding in found(table)] == []
