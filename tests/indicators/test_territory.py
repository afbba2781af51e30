"""Counts across the change of 2009, and municipalities beside their Kreis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from kkz_eval.deliveries.official.read import read_official
from kkz_eval.indicators import territory
from kkz_eval.indicators.territory import bridged_counts, by_kreis, over_municipalities, sums_against_kreise, with_tables
from kkz_eval.model.errors import UserError
from kkz_eval.reference import register
from kkz_eval.reference.register import Unit, all_kreise, municipalities_of_kreis, municipalities_of_office

ROOT = Path(__file__).resolve().parents[2]
OFFICIAL = Path(os.environ.get("KKZ_SHARED", ROOT.parent / "shared")) / "data" / "official"
LIFE = ("valid_from", "valid_until", "successor")


def frame(*rows: tuple[str, int, float | None, str | None]) -> pd.DataFrame:
    full = [(unit, year, value, flag, "", "a file", [f"{unit}-{year}"]) for unit, year, value, flag in rows]
    table = pd.DataFrame(full, columns=["unit_id", "year", "value", "flag", "edition", "table", "ids"])
    return table.assign(value=table["value"].astype(float))


def official(table: pd.DataFrame) -> pd.DataFrame:
    return bridged_counts(table, "official")


def cells(table: pd.DataFrame) -> dict[tuple[str, int], float]:
    return {(row.unit_id, row.year): row.value for row in table.itertuples()}


def test_counts_of_both_predecessors_are_summed_and_keep_their_observations() -> None:
    table = official(frame(("05111", 2008, 7, None), ("05354", 2008, 30, None), ("05313", 2008, 12, None)))
    assert cells(table) == {("05111", 2008): 7, ("05334", 2008): 42}
    assert table["ids"].tolist()[-1] == ["05354-2008", "05313-2008"]


@pytest.mark.parametrize("rows", [[("05354", 2008, 30, None)], [("05354", 2008, 30, None), ("05313", 2008, None, ".")]])
def test_a_sum_without_one_of_its_parts_is_missing_never_smaller(rows: list[tuple[str, int, float | None, str | None]]) -> None:
    table = official(frame(*rows))
    assert table["unit_id"].tolist() == ["05334"]
    assert table["value"].isna().all()
    assert table["flag"].tolist() == [rows[-1][3]]


def test_the_empty_line_of_the_successor_gives_way_and_that_of_a_predecessor_is_dropped() -> None:
    early = frame(("05354", 2008, 30, None), ("05313", 2008, 12, None), ("05334", 2008, None, "-"))
    assert cells(official(early)) == {("05334", 2008): 42}
    late = frame(("05354", 2012, None, "-"), ("05313", 2012, None, "-"), ("05334", 2012, 44, None))
    assert cells(official(late)) == {("05334", 2012): 44}


def test_figures_under_old_and_new_key_are_refused() -> None:
    with pytest.raises(UserError) as caught:
        official(frame(("05354", 2009, 30, None), ("05313", 2009, 12, None), ("05334", 2009, 42, None)))
    assert caught.value.code == "territory_twice"
    assert all("05334" in caught.value.sentence.in_language(language) for language in ("de", "en"))


def test_a_municipality_has_one_predecessor_and_the_city_becomes_a_town() -> None:
    table = official(frame(("05354004", 2008, 3, None), ("05313000", 2008, 5, None)))
    assert cells(table) == {("05334004", 2008): 3, ("05334002", 2008): 5}
    offices = official(frame(("JH05354999", 2008, 3, None), ("05313000", 2008, 5, None)))
    assert cells(offices) == {("JH05334999", 2008): 3, ("JH05334002", 2008): 5}


@pytest.fixture
def taken_over(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Olpe became part of Soest, which keeps its key, and then Soest of the new Kreis 05980; Unna goes to Hamm, which was there before."""
    life = {
        "05966": (None, date(2014, 12, 31), "05974"),
        "05974": (None, date(2018, 6, 30), "05980"),
        "05978": (None, date(2016, 12, 31), "05915"),
    }
    units = [replace(unit, **dict(zip(LIFE, life[unit.key], strict=True))) if unit.key in life else unit for unit in all_kreise()]
    made = (*units, Unit("05980", "Kreis Probe", "05980", date(2018, 7, 1)))
    caches = (territory._stages, territory._predecessors, territory._heirs, register._of_areas)
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(register, "all_kreise", lambda: made)
    monkeypatch.setattr(register, "dissolved_kreise", lambda: tuple(unit for unit in made if unit.successor is not None))
    monkeypatch.setattr(territory, "all_kreise", lambda: made)
    monkeypatch.setattr(territory, "dissolved_kreise", register.dissolved_kreise)
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.usefixtures("taken_over")
@pytest.mark.parametrize(
    ("given", "sums"),
    [
        ({"05966": 1, "05974": 10}, {2014: 11}),  # both were there: parts of what became of them
        ({"05974": 11}, {2015: 11, 2017: 11}),  # Soest has Olpe in it
        ({"05974": 10}, {2014: 10}),  # no table names Olpe: one that goes back by a later area
        ({"05966": 1}, {2014: None}),  # never smaller
        ({"05980": 11}, {2014: 11, 2017: 11, 2019: 11}),
        ({"05978": 4, "05915": 40}, {2015: 44, 2016: 44}),
        ({"05978": 4}, {2015: None}),  # the figure of the part is not that of the whole
        ({"05915": 44}, {2017: 44}),
    ],
)
def test_a_unit_is_summed_of_what_it_was_made_of_at_the_time(given: dict[str, float], sums: dict[int, float | None]) -> None:
    today = "05915" if "05915" in given or "05978" in given else "05980"
    for year, total in sums.items():
        table = official(frame(*((unit, year, value, None) for unit, value in given.items())))
        assert table["unit_id"].tolist() == [today]
        assert table["value"].tolist() == ([total] if total is not None else [pytest.approx(float("nan"), nan_ok=True)])


@pytest.mark.usefixtures("taken_over")
def test_a_figure_of_a_smaller_area_does_not_stand_for_that_of_today() -> None:
    table = official(
        frame(("05978", 2014, 4, None), ("05915", 2014, 40, None), ("05915", 2015, 41, None), ("05915", 2017, 45, None))
    )
    assert cells(table)["05915", 2014] == 44
    assert pd.isna(cells(table)["05915", 2015])  # the table names Unna, but not in this year
    assert cells(table)["05915", 2017] == 45


@pytest.mark.usefixtures("taken_over")
def test_what_a_unit_counted_itself_does_not_stand_for_others_that_delivered_nothing() -> None:
    delivered = frame(("05915", 2015, 40, None), ("05915", 2017, 45, None), ("05974", 2013, 10, None), ("05980", 2013, None, "."))
    table = cells(bridged_counts(delivered, "municipal"))
    assert pd.isna(table["05915", 2015])  # Unna was there, and nobody delivered it
    assert table["05915", 2017] == 45
    assert pd.isna(table["05980", 2013])  # Soest without Olpe
    whole = frame(("05980", 2013, 11, None), ("05978", 2015, 4, None), ("05915", 2015, 40, None))
    assert cells(bridged_counts(whole, "municipal")) == {("05980", 2013): 11, ("05915", 2015): 44}


@pytest.mark.usefixtures("taken_over")
def test_figures_of_two_tables_or_of_a_part_that_is_in_the_whole_are_no_sum() -> None:
    two = frame(("05978", 2015, 4, None), ("05915", 2015, 44, None)).assign(table=["as it was", "by the area of a later day"])
    assert cells(bridged_counts(two, "municipal")) == {("05915", 2015): 48}  # each counted itself
    for table in (two, frame(("05978", 2017, 4, None), ("05915", 2017, 45, None))):
        with pytest.raises(UserError) as caught:
            official(table)
        assert caught.value.code == "territory_twice"


@pytest.mark.usefixtures("taken_over")
def test_official_tables_without_an_edition_are_told_apart_by_their_files_where_territory_changed() -> None:
    columns = {"unit_id": ["05978", "05915", "05111", "05915", "05915"], "edition": ["", "", "", "2020", ""]}
    columns |= {"known_from": [9, 12, 9, 12, 12], "year": [2012, 2012, 2012, 2012, 2013]}
    assert with_tables(pa.table(columns)).column("table").to_pylist() == ["1", "2", "", "2020", "1"]
    several = frame(("05978", 2015, 4, None), ("05915", 2015, 40, None), ("05915", 2018, 60, None)).assign(table=None)
    assert cells(official(several.loc[several["year"] == 2018]))["05915", 2018] == 60
    assert cells(official(pd.concat([several.iloc[2:], several.iloc[:1]])))["05915", 2018] == 60
    with pytest.raises(UserError, match="05915"):
        official(several)


def sums(*rows: tuple[str, int, float]) -> list[tuple[str, int, float]]:
    table = pd.DataFrame(rows, columns=["unit_id", "year", "value"])
    return [(found.kreis_ags5, found.year, found.difference) for found in sums_against_kreise(table)]


def test_all_municipalities_together_are_their_kreis() -> None:
    towns = [(town, 2020, 10.0) for town in municipalities_of_kreis("05570", 2020)]
    assert sums(*towns, ("05570", 2020, 10.0 * len(towns))) == []
    assert sums(*towns, ("05570", 2020, 10.0 * len(towns) + 3)) == [("05570", 2020, -3.0)]


def test_some_municipalities_may_be_less_than_their_kreis_but_not_more() -> None:
    assert sums(("05570004", 2020, 10.0), ("05570", 2020, 100.0)) == []
    assert sums(("05570004", 2020, 110.0), ("05570", 2020, 100.0)) == [("05570", 2020, 10.0)]
    assert sums(("05570004", 2020, 110.0), ("05562", 2020, 100.0)) == []


def test_a_dissolved_kreis_has_its_own_municipalities_until_2008() -> None:
    before = [(town, 2008, 1.0) for town in municipalities_of_kreis("05354", 2008)]
    assert sums(*before, ("05354", 2008, 8.0)) == [("05354", 2008, 1.0)]
    assert sums(*((town, 2010, value) for town, _, value in before), ("05354", 2010, 8.0)) == []


def test_an_office_with_another_key_has_the_towns_that_it_served_under_the_former_one() -> None:
    towns = municipalities_of_office("JH05354999", 2008)
    offices = pd.DataFrame({"unit_id": ["JH05334999", "JH05354999", "JH05334999"], "year": [2008, 2008, 2012]})
    table = over_municipalities(frame(*((town, 2008, 10, None) for town in towns)), offices)
    assert table["value"].fillna(-1).tolist() == [10 * len(towns), -1, -1]


def test_only_units_that_cover_a_kreis_have_one() -> None:
    assert by_kreis(["05111000", "05111", "05570004", "05999998"]) == {"05111000": "05111", "05111": "05111"}


def test_the_population_of_2024_adds_up_in_every_kreis() -> None:
    path = OFFICIAL / "landesdatenbank_nrw" / "12411-15i_2024.csv"
    if not path.exists():
        pytest.skip("the shared data are not beside this repository")
    read = read_official(path.read_bytes())
    assert read is not None
    rows = read.table.select(["unit_id", "level", "year", "measure", "value"]).to_pandas()
    people = rows[rows["measure"].str.startswith("Bevölkerungsstand") & rows["level"].isin(["kreis", "municipality"])]
    assert sums_against_kreise(people) == ()
    changed = people.assign(value=people["value"].where(people["unit_id"] != "05570004", people["value"] + 100))
    assert [(row.kreis_ags5, row.difference) for row in sums_against_kreise(changed)] == [("05570", 100.0)]


def test_a_sum_of_provisional_counts_is_provisional() -> None:
    table = official(frame(("05354", 2008, 30, "p"), ("05313", 2008, 12, "r")))
    assert table[["value", "flag"]].values.tolist() == [[42.0, "p r"]]
