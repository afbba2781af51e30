"""Births, mean population and unemployment of the genuine tables: every cell of every indicator recomputed with the csv module alone."""

from __future__ import annotations

import csv
import math
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from kkz_eval.deliveries.official.known_since import Asked
from kkz_eval.line.comparisons import against_official, agreement_told
from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.reference.tables import kreise
from kkz_eval.settings import Settings

ROOT = Path(__file__).parents[2]
SHARED_DATA = ROOT / os.environ.get("KKZ_SHARED", "../shared") / "data"
TABLES = SHARED_DATA / "regionalstatistik"
STOCK, MEAN = TABLES / "12411-01-01-4_1995-2015.csv", TABLES / "12411-05-01-4_1995-2015.csv"
BIRTHS, BIRTHS_BY_AGE = TABLES / "12612-01-01-4_1995-2015.csv", TABLES / "12612-02-01-4_2015.csv"
JOBLESS = {
    2016: (TABLES / "13211-02-05-4_2001-2016.csv", "utf-8"),
    2020: (SHARED_DATA / "official" / "genesis" / "13211-02-05-4_datencsv_de.csv", "latin-1"),
}
INKAR = SHARED_DATA / "official" / "inkar" / "INKAR2024_A_ArbeitslosigkeitKreis.xls"
PANEL = SHARED_DATA / "official" / "inkar" / "nrw_kreise_arbeitsmarkt_einkommen_1995-2021.csv"
COLUMN = {"insgesamt": 3, "auslaender": 4, "15_bis_unter_25": 7, "55_bis_unter_65": 8}  # of counts in 13211
RATE = {"insgesamt": 11, "maenner": 12, "frauen": 13, "auslaender": 14, "15_bis_unter_25": 15}
UNITS = sorted(kreis.ags5 for kreis in kreise())
Values = dict[tuple[str, int], float | None]

pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="genuine files are not at hand (KKZ_SHARED)")


def taken_in(folder: Path) -> Snapshot:
    """What holds after the files in `folder`/inbox were taken in and judged."""
    line = open_installation(Settings(folder / "home", folder / "inbox", ROOT / "data_contracts", settle_seconds=0))
    for step in (land, parse_arrivals, judge_arrivals):
        step(line, range(1990, 2051))
    return current_snapshot(line)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The genuine tables taken in and judged."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "inbox").mkdir()
    for file in (MEAN, BIRTHS, BIRTHS_BY_AGE, INKAR, *(path for path, _ in JOBLESS.values())):
        shutil.copyfile(file, folder / "inbox" / file.name)
    return taken_in(folder)


def lines_of(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, str, list[str]]]:
    """(year, key, cells) of every line of a table with the year in the first column."""
    with path.open(encoding=encoding, newline="") as file:
        for cells in csv.reader(file, delimiter=";"):
            if len(cells) > 3 and cells[0].isdigit() and len(cells[0]) == 4:
                yield int(cells[0]), cells[1], cells


def number(cell: str) -> float | None:
    return float(cell.replace(",", ".")) if cell[:1].isdigit() else None


@cache
def column(path: Path, place: int, encoding: str = "utf-8") -> Values:
    return {(key, year): number(cells[place]) for year, key, cells in lines_of(path, encoding)}


def added(counts: Values) -> Values:
    """Counts of the 53 Kreise; before 2009 the Städteregion is Kreis Aachen and Stadt Aachen, which stands under the key of the town."""
    found: Values = {}
    for unit in UNITS:
        for year in sorted({year for _, year in counts}):
            value = counts.get((unit, year))
            if unit == "05334" and value is None and year < 2009:
                parts = [counts.get((part, year)) for part in ("05354", "05334002")]
                value = None if None in parts else sum(part for part in parts if part is not None)
            found[unit, year] = value
    return found


def jobless(place: int) -> Values:
    """A column of both tables of unemployment, the newer one where both have the year."""
    return {key: value for path, encoding in JOBLESS.values() for key, value in column(path, place, encoding).items()}


def of_kreise(values: Values) -> Values:
    return {(unit, year): value for (unit, year), value in values.items() if unit in UNITS}


def logarithms(counts: Values) -> Values:
    return {key: None if value is None else 100 * math.log(value) for key, value in counts.items()}


def expected(indicator: str) -> Values:
    births, people = added(column(BIRTHS, 3)), added(column(MEAN, 3))
    rate = {group: of_kreise(jobless(place)) for group, place in RATE.items()}
    if indicator == "geburten_je_1000":
        return {key: None if b is None or (n := people[key]) is None else 1000 * b / n for key, b in births.items()}
    if indicator == "arbeitslosenquote_luecke":
        return {
            key: None if men is None or (women := rate["frauen"][key]) is None else men - women
            for key, men in rate["maenner"].items()
        }
    return {
        "geburten_log": lambda: logarithms(births),
        "jugendarbeitslosenquote": lambda: rate["15_bis_unter_25"],
        "arbeitslosenquote": lambda: rate["insgesamt"],
        "arbeitslosenquote_auslaender": lambda: rate["auslaender"],
        "arbeitslose_log": lambda: logarithms(added(jobless(COLUMN["insgesamt"]))),
        "arbeitslose_u25_log": lambda: logarithms(added(jobless(COLUMN["15_bis_unter_25"]))),
        "arbeitslose_55_65_log": lambda: logarithms(added(jobless(COLUMN["55_bis_unter_65"]))),
    }[indicator]()


def computed(snapshot: Snapshot, indicator: str, dataset: str) -> Values:
    rows = snapshot.indicator(indicator, dataset).indicators.to_pylist()
    return {(row["unit_id"], row["year"]): row["value"] for row in rows if row["unit_id"] in UNITS}


def differing(found: Values, wanted: Values) -> list[tuple[str, int]]:
    """Cells that one has and the other not, or whose values differ by more than 1e-12 of their size."""
    given = {key: value for key, value in found.items() if value is not None}
    known = {key: value for key, value in wanted.items() if value is not None}
    apart = [key for key in given.keys() & known.keys() if not math.isclose(given[key], known[key], rel_tol=1e-12)]
    return sorted([*(given.keys() ^ known.keys()), *apart])


# indicator: dataset, first and last year, cells of the 53 Kreise without a value
SERIES = {
    "geburten_je_1000": ("geburten_amtlich", 1995, 2015, 0),
    "geburten_log": ("geburten_amtlich", 1995, 2015, 0),
    "jugendarbeitslosenquote": ("arbeitslosigkeit_amtlich", 2009, 2020, 1),
    "arbeitslosenquote": ("arbeitslosigkeit_amtlich", 2001, 2020, 9),
    "arbeitslosenquote_auslaender": ("arbeitslosigkeit_amtlich", 2009, 2020, 107),
    "arbeitslosenquote_luecke": ("arbeitslosigkeit_amtlich", 2009, 2020, 1),
    "arbeitslose_log": ("arbeitslosigkeit_amtlich", 2001, 2020, 1),
    "arbeitslose_u25_log": ("arbeitslosigkeit_amtlich", 2001, 2020, 1),
    "arbeitslose_55_65_log": ("arbeitslosigkeit_amtlich", 2001, 2020, 1),
}


@pytest.mark.parametrize("indicator", SERIES)
def test_every_cell_of_an_indicator_is_that_of_its_table(snapshot: Snapshot, indicator: str) -> None:
    dataset, first, last, missing = SERIES[indicator]
    found = computed(snapshot, indicator, dataset)
    assert differing(found, expected(indicator)) == []
    years = sorted({year for (_, year), value in found.items() if value is not None})
    assert years[0] == first == snapshot.installation.catalogue[indicator].source(dataset).first_year
    assert years[-1] == last
    assert sum(found.get((unit, year)) is None for unit in UNITS for year in range(first, last + 1)) == missing


def unemployed_by_inkar() -> Values:
    with PANEL.open(encoding="utf-8", newline="") as file:
        return {(row["ags"], int(row["jahr"])): number(row["arbeitslose"]) for row in csv.DictReader(file)}


def test_the_unemployed_of_inkar_are_those_of_its_own_export(snapshot: Snapshot) -> None:
    found = computed(snapshot, "arbeitslose_log", "inkar")
    assert differing(found, logarithms(unemployed_by_inkar())) == []
    assert {year for _, year in found} == set(range(1995, 2022))


def test_inkar_and_the_table_behind_it_are_compared_cell_by_cell(snapshot: Snapshot) -> None:
    contract = snapshot.installation.contract_of("inkar")
    compared = against_official(snapshot, contract)
    table, inkar = added(jobless(COLUMN["insgesamt"])), unemployed_by_inkar()
    both = {key for key, value in table.items() if value is not None}
    found = {(row.unit_id, row.year): (row.delivered, row.official) for row in compared.itertuples()}
    assert found == {key: (inkar[key], table[key]) for key in both}
    assert len(both) == 53 * 20 - 1
    apart = {year for (unit, year), (one, other) in found.items() if one != other}
    assert apart == {2001, 2002, 2009, 2010, 2011, 2012, 2014, 2016, 2019}
    told = agreement_told(snapshot, contract)
    assert told.count == 6  # above 1 per cent, all of them 2009 to 2011
    assert {year for (unit, year), (one, other) in found.items() if abs(one / other - 1) > 0.01} == {2009, 2010, 2011}
    assert "inkar" in told.sentences[0].in_language("de")


def test_both_tables_of_unemployment_say_the_same_where_they_overlap() -> None:
    older, newer = (
        {(year, key): cells[3:] for year, key, cells in lines_of(*file) if key.startswith("05")} for file in JOBLESS.values()
    )
    shared = older.keys() & newer.keys()
    assert {key for key in shared if older[key] != newer[key]} == set()
    assert {year for year, _ in shared} == {2015, 2016}
    assert {key for _, key in shared} >= {*UNITS, "05", "05334002"}


def test_births_by_age_of_the_mother_have_the_totals_of_those_by_sex() -> None:
    totals = {key: cells[3:6] for year, key, cells in lines_of(BIRTHS) if year == 2015}
    by_age = {key: cells[4:7] for _, key, cells in lines_of(BIRTHS_BY_AGE) if cells[3] == "Insgesamt"}
    assert {unit: by_age[unit] for unit in UNITS} == {unit: totals[unit] for unit in UNITS}


def stock_of_31_december() -> Values:
    with STOCK.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter=";"))
    days, sexes = next((days, sexes) for days, sexes in pairwise(lines) if len(days) > 2 and days[2].startswith("31.12."))
    return {
        (cells[0], int(day[-4:])): number(cell)
        for cells in lines
        if len(cells) == len(days) and cells[0].startswith("05")
        for day, sex, cell in zip(days[2:], sexes[2:], cells[2:], strict=True)
        if sex == "Insgesamt"
    }


def test_the_mean_of_a_year_lies_between_its_ends_but_for_the_year_of_the_census() -> None:
    """What docs/indicators.md says of the table: to 1 person the mean of both ends in 1996 to 1999 and from 2012 on, near it before 2011."""
    stock, mean = stock_of_31_december(), column(MEAN, 3)
    apart: dict[int, float] = {}
    for unit in UNITS:
        for year in range(1996, 2016):
            value, ends = mean[unit, year], (stock[unit, year - 1], stock[unit, year])
            if value is not None and ends[0] is not None and ends[1] is not None:
                apart[year] = max(apart.get(year, 0.0), abs(value - (ends[0] + ends[1]) / 2) / value)
    exact = {year for year, share in apart.items() if share < 2e-5}
    assert exact == {1996, 1997, 1998, 1999, 2012, 2013, 2014, 2015}
    assert max(share for year, share in apart.items() if year != 2011) < 0.006
    assert apart[2011] > 0.03  # the beginning of that year is still counted from 1987, the mean is not


def test_a_later_edition_holds_and_the_earlier_one_can_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    foreign = re.compile(r"(?:\d{4};)?(?:DG|0[1-46-9]|1[0-6])\d*;")  # lines of other Länder
    text = "\n".join(line for line in BIRTHS.read_text(encoding="utf-8").split("\n") if not foreign.match(line))
    (tmp_path / "inbox" / BIRTHS.name).write_text(text, encoding="utf-8")
    before = computed(taken_in(tmp_path), "geburten_log", "geburten_amtlich")
    (line,) = (line for line in text.split("\n") if line.startswith("2013;05978;"))
    year, key, name, total, boys, girls = line.split(";")
    revised = ";".join([year, key, name, str(int(total) + 7), str(int(boys) + 7), girls])
    later = text.replace(line, revised).replace("Stand: 10.10.2017", "Stand: 01.03.2019")
    (tmp_path / "inbox" / "neu.csv").write_text(later, encoding="utf-8")
    snapshot = taken_in(tmp_path)
    after = computed(snapshot, "geburten_log", "geburten_amtlich")
    assert differing(after, before) == [("05978", 2013)]
    assert after["05978", 2013] == pytest.approx(100 * math.log(int(total) + 7), rel=1e-12)
    asked = snapshot.indicator("geburten_log", "geburten_amtlich", Asked(edition="2017-10-10")).indicators
    earlier = {(row["unit_id"], row["year"]): row["value"] for row in asked.to_pylist() if row["unit_id"] in UNITS}
    assert differing(earlier, before) == []
