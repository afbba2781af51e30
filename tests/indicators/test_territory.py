"""Counts across the change of 2009, and municipalities beside their Kreis."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from kkz_eval.deliveries.official.read import read_official
from kkz_eval.indicators.territory import bridged_counts, by_kreis, sums_against_kreise
from kkz_eval.model.errors import UserError
from kkz_eval.reference.register import municipalities_of_kreis

ROOT = Path(__file__).resolve().parents[2]
OFFICIAL = Path(os.environ.get("KKZ_SHARED", ROOT.parent / "shared")) / "data" / "official"


def frame(*rows: tuple[str, int, float | None, str | None]) -> pd.DataFrame:
    full = [(unit, year, value, flag, "", [f"{unit}-{year}"]) for unit, year, value, flag in rows]
    table = pd.DataFrame(full, columns=["unit_id", "year", "value", "flag", "edition", "ids"])
    return table.assign(value=table["value"].astype(float))


def cells(table: pd.DataFrame) -> dict[tuple[str, int], float]:
    return {(row.unit_id, row.year): row.value for row in table.itertuples()}


def test_counts_of_both_predecessors_are_summed_and_keep_their_observations() -> None:
    table = bridged_counts(frame(("05111", 2008, 7, None), ("05354", 2008, 30, None), ("05313", 2008, 12, None)))
    assert cells(table) == {("05111", 2008): 7, ("05334", 2008): 42}
    assert table["ids"].tolist()[-1] == ["05354-2008", "05313-2008"]


@pytest.mark.parametrize("rows", [[("05354", 2008, 30, None)], [("05354", 2008, 30, None), ("05313", 2008, None, ".")]])
def test_a_sum_without_one_of_its_parts_is_missing_never_smaller(rows: list[tuple[str, int, float | None, str | None]]) -> None:
    table = bridged_counts(frame(*rows))
    assert table["unit_id"].tolist() == ["05334"]
    assert table["value"].isna().all()
    assert table["flag"].tolist() == [rows[-1][3]]


def test_the_empty_line_of_the_successor_gives_way_and_that_of_a_predecessor_is_dropped() -> None:
    early = frame(("05354", 2008, 30, None), ("05313", 2008, 12, None), ("05334", 2008, None, "-"))
    assert cells(bridged_counts(early)) == {("05334", 2008): 42}
    late = frame(("05354", 2012, None, "-"), ("05313", 2012, None, "-"), ("05334", 2012, 44, None))
    assert cells(bridged_counts(late)) == {("05334", 2012): 44}


def test_figures_under_old_and_new_key_are_refused() -> None:
    with pytest.raises(UserError) as caught:
        bridged_counts(frame(("05354", 2009, 30, None), ("05313", 2009, 12, None), ("05334", 2009, 42, None)))
    assert caught.value.code == "territory_twice"
    assert all("05334" in caught.value.sentence.in_language(language) for language in ("de", "en"))


def test_a_municipality_has_one_predecessor_and_the_city_becomes_a_town() -> None:
    table = bridged_counts(frame(("05354004", 2008, 3, None), ("05313000", 2008, 5, None)))
    assert cells(table) == {("05334004", 2008): 3, ("05334002", 2008): 5}
    offices = bridged_counts(frame(("JH05354999", 2008, 3, None), ("05313000", 2008, 5, None)))
    assert cells(offices) == {("JH05334999", 2008): 3, ("JH05334002", 2008): 5}


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
    table = bridged_counts(frame(("05354", 2008, 30, "p"), ("05313", 2008, 12, "r")))
    assert table[["value", "flag"]].values.tolist() == [[42.0, "p r"]]
