"""SGB II, day care and vocational leavers of the genuine tables: every cell of every indicator recomputed with the csv module alone."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kkz_eval.indicators.agreement import agreement, beyond
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.reference.tables import kreise
from kkz_eval.settings import Settings

ROOT = Path(__file__).parents[2]
SHARED_DATA = ROOT / os.environ.get("KKZ_SHARED", "../shared") / "data"
TABLES = SHARED_DATA / "regionalstatistik"
BENEFITS, DAY_CARE = TABLES / "22811-02-02-4_2010-2016.csv", TABLES / "22541-01-04-4_2007-2016.csv"
LEAVERS, CHILDREN = TABLES / "21121-02-02-4_2006-2015.csv", TABLES / "22543-01-01-4_2007-2010.csv"
POPULATION = TABLES / "12411-01-01-4_1995-2015.csv"
INKAR = SHARED_DATA / "official" / "inkar" / "inkr_nrw_kreise_panel_long.csv"
UNITS = sorted(kreis.ags5 for kreis in kreise())
AACHEN, OF_AACHEN = (
    "05334",
    ("05354", "05334002"),
)  # until 21.10.2009; the tables keep the line of the city under its key of today
Counts = dict[tuple[str, int], float]

pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="genuine files are not at hand (KKZ_SHARED)")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The genuine tables taken in and judged."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "inbox").mkdir()
    for file in (BENEFITS, DAY_CARE, LEAVERS, CHILDREN, POPULATION, INKAR):
        shutil.copyfile(file, folder / "inbox" / file.name)
    installation = open_installation(Settings(folder / "home", folder / "inbox", ROOT / "data_contracts", settle_seconds=0))
    take_in(installation)
    return installation


def take_in(installation: Installation) -> None:
    land(installation, range(1990, 2051))
    parse_arrivals(installation, range(1990, 2051))
    judge_arrivals(installation, range(1990, 2051))


@pytest.fixture(scope="module")
def snapshot(line: Installation) -> Snapshot:
    return current_snapshot(line)


@cache
def lines(path: Path) -> tuple[list[str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.reader(file, delimiter=";"))


def number(text: str) -> float | None:
    """The number of a cell; None for a symbol."""
    return float(text) if text.isdigit() else None


@cache
def counts(path: Path, column: int, kind: str | None = None) -> Counts:
    """The numbers of a column of the 53 Kreise by unit and year; Aachen until 2009 as the sum of its two parts.

    kind: text of the fourth column that is wanted, of a table that has words there.
    """
    every: Counts = {}
    for cells in lines(path):
        if len(cells) <= column or not cells[0][-4:].isdigit() or (kind is not None and cells[3] != kind):
            continue
        value = number(cells[column])
        if value is not None:
            every[cells[1], int(cells[0][-4:])] = value
    return with_aachen(every)


def with_aachen(every: Counts) -> Counts:
    parts = [{year: value for (unit, year), value in every.items() if unit == part} for part in OF_AACHEN]
    found = {place: value for place, value in every.items() if place[0] in UNITS}
    for year in set(parts[0]) & set(parts[1]):
        assert (AACHEN, year) not in found
        found[AACHEN, year] = parts[0][year] + parts[1][year]
    return found


@cache
def population(offset: int) -> Counts:
    """Population of 31 December, offset 0 of all, 2 of women: the years stand side by side in the header."""
    rows = lines(POPULATION)
    (header,) = [cells for cells in rows[:12] if len(cells) > 4 and cells[2].startswith("31.12.")]
    every: Counts = {}
    for cells in rows:
        if len(cells) != len(header) or not cells[0].startswith("05"):
            continue
        for place in range(2 + offset, len(header), 3):
            value = number(cells[place])
            if value is not None:
                every[cells[0], int(header[place][-4:])] = value
    return with_aachen(every)


def share(above: Counts, below: Counts, per: float = 100.0) -> Counts:
    return {place: above[place] / below[place] * per for place in set(above) & set(below)}


def less(whole: Counts, part: Counts) -> Counts:
    return {place: whole[place] - part[place] for place in set(whole) & set(part)}


def gap(first: Counts, second: Counts) -> Counts:
    return {place: first[place] - second[place] for place in set(first) & set(second)}


def men_less_women(above: Counts, women_above: Counts, below: Counts, women_below: Counts) -> Counts:
    return gap(share(less(above, women_above), less(below, women_below)), share(women_above, women_below))


def of(path: Path, column: int, kind: str | None = None) -> Callable[[], Counts]:
    return lambda: counts(path, column, kind)


# indicator: (dataset, expected values, years). Columns count from 0; see the header rows of the files.
EXPECTED: dict[str, tuple[str, Callable[[], Counts], tuple[int, int]]] = {
    "sgbii_quote": ("sgbii_amtlich", lambda: share(counts(BENEFITS, 3), population(0)), (2010, 2015)),
    "regelleistungsquote": ("sgbii_amtlich", lambda: share(counts(BENEFITS, 4), population(0)), (2010, 2015)),
    "regelleistungsquote_luecke": (
        "sgbii_amtlich",
        lambda: men_less_women(counts(BENEFITS, 4), counts(BENEFITS, 6), population(0), population(2)),
        (2010, 2015),
    ),
    "sgbii_auslaender": ("sgbii_amtlich", lambda: share(counts(BENEFITS, 5), counts(BENEFITS, 4)), (2010, 2016)),
    "sgbii_unter_25": ("sgbii_amtlich", lambda: share(counts(BENEFITS, 9), counts(BENEFITS, 7)), (2010, 2016)),
    "sgbii_kinder_unter_15": ("sgbii_amtlich", lambda: share(counts(BENEFITS, 15), counts(BENEFITS, 4)), (2010, 2016)),
    "kita_personal_je_100_plaetze": (
        "tageseinrichtungen_amtlich",
        lambda: share(counts(DAY_CARE, 10), counts(DAY_CARE, 9)),
        (2007, 2016),
    ),
    "kita_integrativ": ("tageseinrichtungen_amtlich", lambda: share(counts(DAY_CARE, 8), counts(DAY_CARE, 3)), (2007, 2016)),
    "kita_plaetze_je_einrichtung": (
        "tageseinrichtungen_amtlich",
        lambda: share(counts(DAY_CARE, 9), counts(DAY_CARE, 3), 1.0),
        (2007, 2016),
    ),
    "tagespflege_anteil_u3": (
        "kindertagesbetreuung_amtlich",
        lambda: share(counts(CHILDREN, 5, "Tagespflege"), counts(CHILDREN, 5, "Insgesamt")),
        (2007, 2010),
    ),
    "berufsschule_hauptschulabschluss": (
        "abgaenge_berufliche_schulen_amtlich",
        lambda: share(counts(LEAVERS, 5), counts(LEAVERS, 3)),
        (2006, 2015),
    ),
    "berufsschule_hauptschulabschluss_luecke": (
        "abgaenge_berufliche_schulen_amtlich",
        lambda: men_less_women(counts(LEAVERS, 5), counts(LEAVERS, 6), counts(LEAVERS, 3), counts(LEAVERS, 4)),
        (2006, 2015),
    ),
    "berufsschule_hochschulreife": (
        "abgaenge_berufliche_schulen_amtlich",
        lambda: share(counts(LEAVERS, 11), counts(LEAVERS, 3)),
        (2006, 2015),
    ),
    "berufsschule_hochschulreife_luecke": (
        "abgaenge_berufliche_schulen_amtlich",
        lambda: men_less_women(counts(LEAVERS, 11), counts(LEAVERS, 12), counts(LEAVERS, 3), counts(LEAVERS, 4)),
        (2006, 2015),
    ),
}
HOCHSAUERLAND_2011 = ("05958", 2011)
MISSING = {  # cells of a symbol among the 53 Kreise and these years
    "regelleistungsquote_luecke": {HOCHSAUERLAND_2011},
    "sgbii_auslaender": {HOCHSAUERLAND_2011},
    "sgbii_unter_25": {HOCHSAUERLAND_2011},
    "sgbii_kinder_unter_15": {HOCHSAUERLAND_2011},
    "berufsschule_hochschulreife_luecke": {("05119", 2015)},  # no woman: the table writes a dash
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_cell_is_what_the_table_gives(snapshot: Snapshot, name: str) -> None:
    dataset, expected, (first, last) = EXPECTED[name]
    by_hand = expected()
    rows = [row for row in snapshot.indicator(name, dataset).indicators.to_pylist() if row["value"] is not None]
    values = {(row["unit_id"], row["year"]): row["value"] for row in rows}
    assert len(values) == len(rows)
    assert values == pytest.approx({place: by_hand[place] for place in by_hand}, rel=1e-12, abs=1e-12)
    demanded = {(unit, year) for unit in UNITS for year in range(first, last + 1)}
    assert demanded - set(values) == MISSING.get(name, set())
    assert set(values) <= demanded


@pytest.mark.parametrize("name", EXPECTED)
def test_only_shares_of_persons_or_institutions_have_a_sampling_error(snapshot: Snapshot, name: str) -> None:
    rows = snapshot.indicator(name, EXPECTED[name][0]).indicators
    with_value = rows.filter(pc.is_valid(rows["value"]))
    has_error = name not in ("kita_personal_je_100_plaetze", "kita_plaetze_je_einrichtung")
    assert with_value["std_error"].null_count == (0 if has_error else len(with_value))


def test_a_symbol_is_no_number_and_stays(snapshot: Snapshot) -> None:
    rows = snapshot.indicator("sgbii_auslaender", "sgbii_amtlich").indicators
    (row,) = rows.filter(pc.and_(pc.equal(rows["unit_id"], "05958"), pc.equal(rows["year"], 2011))).to_pylist()
    assert (row["value"], row["flag"]) == (None, ".")


def test_the_share_of_integrative_institutions_is_the_one_that_inkar_publishes(snapshot: Snapshot) -> None:
    """Cell by cell and to the digit that INKAR gives, so that its years after 2016 go on with the same figure."""
    own, theirs = (snapshot.indicator("kita_integrativ", name).indicators for name in ("tageseinrichtungen_amtlich", "inkar"))
    compared = agreement(own, theirs)
    assert len(compared) == 530
    assert compared["difference"].abs().max() <= 0.005 + 1e-9


@pytest.mark.parametrize(
    ("own", "code", "per", "largest"),
    [("sgbii_quote", "q_PBG_bev", 10.0, 0.072), ("sgbii_unter_25", "a_ewfBG_u25_", 1.0, 0.1501)],
)
def test_persons_in_sgb_ii_are_not_counted_as_inkar_counts_them(
    snapshot: Snapshot, own: str, code: str, per: float, largest: float
) -> None:
    """Both say that they are of the Bundesagentur; most cells differ, so neither may go on with the other. docs/indicators.md lists it."""
    values = snapshot.indicator(own, "sgbii_amtlich").indicators
    values = values.set_column(values.schema.get_field_index("value"), "value", pc.multiply(values["value"], per))
    inkar = snapshot.accepted("inkar").observations
    inkar = inkar.filter(pc.equal(inkar["measure"], code))
    theirs = pa.table(
        {"indicator": pa.array([own] * inkar.num_rows), **{name: inkar[name] for name in ("unit_id", "year", "value")}}
    )
    compared = agreement(values, theirs)
    assert compared["relative"].abs().max() == pytest.approx(largest, abs=0.0006)
    assert len(beyond(compared, 0.01)) > len(compared) / 2


def test_a_later_edition_takes_the_place_of_the_older_which_stays(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    installation = open_installation(Settings(tmp_path / "home", tmp_path / "inbox", ROOT / "data_contracts", settle_seconds=0))
    text = DAY_CARE.read_text(encoding="utf-8")
    cells = next(line for line in text.splitlines() if line.startswith("01.03.2016;05978;")).split(";")
    revised = text.replace(";".join(cells), ";".join([*cells[:10], str(int(cells[10]) + 100), *cells[11:]]))
    (tmp_path / "inbox" / "neu.csv").write_text(revised.replace("Stand: 10.10.2017", "Stand: 10.10.2018"), encoding="utf-8")
    take_in(installation)
    (tmp_path / "inbox" / "alt.csv").write_text(text, encoding="utf-8")  # comes later, and is older
    take_in(installation)
    now = current_snapshot(installation)
    rows = now.indicator("kita_personal_je_100_plaetze", "tageseinrichtungen_amtlich").indicators.to_pylist()
    (row,) = [row for row in rows if (row["unit_id"], row["year"]) == ("05978", 2016)]
    assert (row["numerator"], row["edition"]) == (int(cells[10]) + 100, "2018-10-10")
    assert [state.edition for state in now.editions("tageseinrichtungen_amtlich")] == ["2017-10-10", "2018-10-10"]
