"""Births, mean population and unemployment of the genuine tables: every cell of every indicator recomputed with the csv module alone."""

from __future__ import annotations

import csv
import math
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from kkz_eval.line.installation import Installation, open_installation
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


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The genuine tables taken in and judged."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "inbox").mkdir()
    for file in (MEAN, BIRTHS, BIRTHS_BY_AGE, INKAR, *(path for path, _ in JOBLESS.values())):
        shutil.copyfile(file, folder / "inbox" / file.name)
    installation = open_installation(Settings(folder / "home", folder / "inbox", ROOT / "data_contracts", settle_seconds=0))
    land(installation, range(1990, 2051))
    parse_arrivals(installation, range(1990, 2051))
    judge_arrivals(installation, range(1990, 2051))
    return installation


@pytest.fixture(scope="module")
def snapshot(line: Installation) -> Snapshot:
    return current_snapshot(line)


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
