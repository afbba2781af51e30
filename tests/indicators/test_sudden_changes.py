"""Breaks that nobody listed: planted ones are found, quiet series give none, and the known ones of real series stand out."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kkz_eval.indicators.catalogue import Break, load_catalogue
from kkz_eval.indicators.sudden_changes import SuddenChange, changes_of_units, common_changes, unlisted

ROOT = Path(__file__).resolve().parents[2]
INKAR = Path(os.environ.get("KKZ_SHARED", ROOT.parent / "shared")) / "data" / "official" / "inkar"
FOLDER = ROOT / "data_contracts"
YEARS = range(2000, 2020)


def world(seed: int, n_units: int = 53) -> pd.DataFrame:
    """Units with levels and a common trend of their own, errors of standard deviation 1."""
    draws = np.random.default_rng(seed)
    levels, trend = draws.normal(50, 10, n_units), draws.normal(0.2, 0.3, len(YEARS)).cumsum()
    values = levels[:, None] + trend + draws.normal(0, 1, (n_units, len(YEARS)))
    units = [f"05{unit:03d}" for unit in range(n_units)]
    wide = pd.DataFrame(values, index=pd.Index(units, name="unit_id"), columns=pd.Index(YEARS, name="year"))
    return wide.stack().rename("value").reset_index()


def shifted(values: pd.DataFrame, rows: pd.Series, by: float) -> pd.DataFrame:
    return values.assign(value=values["value"] + by * rows)


def test_a_common_jump_is_found_in_its_year() -> None:
    found = common_changes(shifted(world(1), world(1)["year"] >= 2011, 5.0))
    assert [change.year for change in found] == [2011]
    assert found[0].unit_id is None
    assert found[0].change == pytest.approx(5.2, abs=1.0)


def test_a_single_odd_year_is_found_on_both_sides() -> None:
    found = common_changes(shifted(world(2), world(2)["year"] == 2013, 5.0))
    assert {change.year for change in found} == {2013, 2014}


def test_the_jump_of_one_unit_is_found_and_is_not_common() -> None:
    base = world(3)
    values = shifted(base, (base["year"] >= 2011) & (base["unit_id"] == "05007"), 40.0)
    assert [(change.unit_id, change.year) for change in changes_of_units(values)] == [("05007", 2011)]
    assert common_changes(values) == ()


def test_quiet_worlds_rarely_give_an_alarm() -> None:
    common = [len(common_changes(world(seed))) for seed in range(20)]
    assert sum(count > 0 for count in common) <= 4
    assert [len(changes_of_units(world(seed))) for seed in range(3)] == [0, 0, 0]


def test_too_few_years_or_units_give_no_answer() -> None:
    values = shifted(world(4), world(4)["year"] >= 2011, 50.0)
    assert common_changes(values[values["year"] > 2014]) == ()
    assert common_changes(values[values["unit_id"] < "05009"]) == ()
    assert changes_of_units(values.iloc[:0]) == common_changes(values.iloc[:0]) == ()


def test_missing_and_infinite_values_are_no_changes() -> None:
    values = world(5)
    holes = values.assign(value=values["value"].where(values["year"] != 2010, np.nan))
    endless = values.assign(value=values["value"].where((values["year"] != 2010) | (values["unit_id"] != "05003"), -np.inf))
    assert common_changes(holes) == common_changes(values) == ()
    assert changes_of_units(endless) == ()


def test_listed_breaks_explain_their_year_and_an_event_the_return() -> None:
    changes = [SuddenChange(None, year, 1.0, 9.0) for year in (2011, 2013, 2014)]
    text = {"de": "x", "en": "x"}
    left = unlisted(changes, [Break(2011, "population_base", text), Break(2013, "event", text)])
    assert left == ()
    assert [change.year for change in unlisted(changes, [Break(2013, "law", text)])] == [2011, 2014]


def inkar(name: str, unit: str) -> pd.DataFrame:
    path = INKAR / name
    if not path.exists():
        pytest.skip("the shared data are not beside this repository")
    return pd.read_csv(path, dtype={unit: str}).rename(columns={unit: "unit_id", "jahr": "year"})


def test_the_double_abitur_year_stands_out_in_the_real_series() -> None:
    panel = inkar("inkr_nrw_kreise_panel_long.csv", "kreis_ags5").rename(columns={"wert": "value"})
    found = common_changes(panel[panel["kuerzel"] == "a_schul_abi"])
    assert [change.year for change in found] in ([2013, 2014], [2014, 2013])


@pytest.mark.parametrize("age", ["a_betr0003_bev0003", "a_betr0306_bev0306", "a_gbetr0003_bev0003", "a_gbetr0306_bev0306"])
def test_what_the_real_series_of_day_care_do_in_all_kreise_at_once_is_listed(age: str) -> None:
    panel = inkar("inkr_nrw_kreise_panel_long.csv", "kreis_ags5").rename(columns={"wert": "value"})
    found = common_changes(panel[panel["kuerzel"] == age])
    assert unlisted(found, load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml")[age].breaks) == ()


def test_the_sizes_that_the_breaks_of_day_care_from_3_on_name_are_those_of_the_source() -> None:
    panel = inkar("inkr_nrw_kreise_panel_long.csv", "kreis_ags5")
    care = panel[panel["kuerzel"] == "a_betr0306_bev0306"].pivot(index="unit_id", columns="year", values="wert")
    changes = care.diff(axis="columns")
    assert ((changes[2008] > 0).sum(), (changes[2015] < 0).sum(), (changes[2017] < 0).sum()) == (53, 48, 47)
    assert changes[[2015, 2017]].mean().round(1).tolist() == [-2.7, -1.9]


def test_the_census_of_2011_stands_out_in_the_municipalities_it_moved_most() -> None:
    panel = inkar("nrw_gemeinden_panel_1995-2021.csv", "ags")
    people = panel[panel["erwerbsfaehige_15_64"] > 0].assign(value=lambda rows: np.log(rows["erwerbsfaehige_15_64"]))
    found = {(change.unit_id, change.year): change.change for change in changes_of_units(people)}
    named = {"Münster": "05515000", "Aachen": "05334002", "Unna": "05978036"}
    assert found[(named["Münster"], 2011)] > 0.05
    assert found[(named["Aachen"], 2011)] < -0.05
    assert found[(named["Unna"], 2011)] < -0.05
    assert sum(year == 2011 for _, year in found) >= 0.8 * len(found)
