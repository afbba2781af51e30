"""What synthetic comparisons do with samples: who is compared, what falls out, what is refused, and what the uncertainty is worth."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kkz_eval.evaluation.effects import exit_code, run_effects, run_outcome
from kkz_eval.evaluation.estimators import sdid, synthetic_control
from kkz_eval.evaluation.estimators.placebo import permutation_interval, permutation_p, placebo_assignments
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.results import EffectsResult

SDID = {"id": "sdid", "method": "sdid"}
CONTROL = {"id": "sc", "method": "synthetic_control", "variant": "exact"}
YEARS = range(2004, 2016)


def _panel(cohorts: dict[str, int | None], years: range = YEARS, seed: int = 1, effect: float = 2.0) -> pd.DataFrame:
    """Unit effects, a common factor with its own loading per unit, noise, and an effect from the cohort year on."""
    draw = np.random.default_rng(seed)
    factor = np.cumsum(draw.normal(size=len(years)))
    rows = [
        (
            unit,
            year,
            "y",
            level + loading * shock + draw.normal() + (effect if cohort is not None and year >= cohort else 0.0),
            cohort,
        )
        for unit, cohort in cohorts.items()
        for level, loading in [(20 + 3 * draw.normal(), draw.uniform())]
        for year, shock in zip(years, factor, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value", "cohort"])
    return frame.assign(cohort=frame["cohort"].astype("Int64"))


def _units(treated: int, never: int, later: int = 0) -> dict[str, int | None]:
    units: dict[str, int | None] = {f"t{number}": 2012 for number in range(treated)}
    units |= {f"n{number:02d}": None for number in range(never)}
    return units | {f"l{number}": 2014 for number in range(later)}


def _run(panel: pd.DataFrame, **keys: object) -> EffectsResult:
    base = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "estimators": [SDID, CONTROL], "languages": ["en"]}
    return run_effects(panel, parse_plan({**base, **keys}, "test"))


def _one(result: EffectsResult, estimator: str, aggregation: str = "coefficient") -> pd.Series:
    rows = result.estimates
    (row,) = [row for _, row in rows[(rows["estimator"] == estimator) & (rows["aggregation"] == aggregation)].iterrows()]
    return row


def _refusal(panel: pd.DataFrame, **keys: object) -> str:
    """The one message with which both estimators refuse."""
    result = _run(panel, **keys)
    assert result.estimates["status"].tolist() == ["refused", "refused"], result.estimates["message"].tolist()
    assert exit_code(result) == 1
    first, second = result.estimates["message"]
    assert first.startswith(second) or second.startswith(first)  # sdid adds that one treated cluster is few
    return str(first)


def _sent_away(compute: Callable[[Any], Any], pieces: Iterable[Any]) -> Iterator[Any]:
    """As workers would: each piece computed from what was sent, the last first."""
    sent = [pickle.dumps((compute, piece)) for piece in pieces]
    if len(sent) > 1:
        SENT.append(len(sent))
    done = [function(piece) for function, piece in map(pickle.loads, reversed(sent))]
    return reversed(done)


SENT: list[int] = []
"""How many pieces were sent away together."""


@pytest.mark.parametrize("method", ["sdid", "synthetic_control"])
def test_placebos_that_are_made_elsewhere_are_the_same_to_the_last_digit(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sdid, synthetic_control):
        monkeypatch.setattr(module, "_CELLS_AT_ONCE", 800)  # 11 of the 30 assignments of 6 units
    panel, spec = _panel(_units(1, 6, later=1)), {"id": "one", "method": method, "variant": "exact"}
    plan = parse_plan(
        {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "estimators": [spec], "languages": ["en"]}, "test"
    )
    SENT.clear()
    here, elsewhere = (run_outcome(panel, plan, "y", way) for way in (map, _sent_away))
    assert set(SENT) == {3}
    assert here.estimates["p_value"].notna().all()
    for table in ("estimates", "tests", "weights"):
        pd.testing.assert_frame_equal(getattr(here, table), getattr(elsewhere, table), check_exact=True)


@pytest.mark.parametrize("estimator", ["sdid", "sc"])
def test_the_effect_is_found_and_scales_with_the_unit_of_measurement(estimator: str) -> None:
    panel = _panel(_units(3, 20), effect=30.0)
    row = _one(_run(panel), estimator)
    assert row["estimate"] == pytest.approx(30, abs=2)
    assert (row["n_units"], row["n_treated"], row["n_control"], row["n_cells"]) == (23, 3, 20, 23 * 12)
    assert row["p_value"] < 0.01
    scaled = _one(_run(panel.assign(value=1e6 * panel["value"])), estimator)
    assert scaled["estimate"] == pytest.approx(1e6 * row["estimate"], rel=1e-6)
    assert scaled["conf_low"] == pytest.approx(1e6 * row["conf_low"], rel=1e-6)


def test_levels_and_a_common_trend_do_not_matter_to_differences() -> None:
    panel = _panel(_units(2, 12))
    row = _one(_run(panel), "sdid")
    shifted = panel["value"] + 7.0 * (panel["year"] - 2004) + 100.0 * panel["unit_id"].str.startswith("t")
    assert _one(_run(panel.assign(value=shifted)), "sdid")["estimate"] == pytest.approx(row["estimate"], abs=1e-6)


def test_staggered_cohorts_are_averaged_by_treated_cells() -> None:
    panel = _panel(_units(2, 12, later=3))
    row = _one(_run(panel), "sdid")
    early = _one(_run(panel[panel["cohort"].ne(2014).fillna(True)]), "sdid")
    late = _one(_run(panel[panel["cohort"].ne(2012).fillna(True)]), "sdid")
    cells = np.array([2 * 4, 3 * 2])
    assert row["estimate"] == pytest.approx(cells @ [early["estimate"], late["estimate"]] / cells.sum(), abs=1e-9)
    assert (row["n_treated"], row["n_control"]) == (5, 12)
    keys = _run(panel).weights.query("estimator == 'sdid'")
    assert {key.split("/")[0] for key in keys["key"]} == {"2012", "2014"}
    assert keys.groupby([keys["kind"], keys["key"].str[:4]])["weight"].sum().to_numpy() == pytest.approx(np.ones(4))


def test_each_treated_unit_has_a_synthetic_control_of_its_own() -> None:
    panel = _panel(_units(2, 12))
    both = _run(panel)
    alone = [_run(panel[panel["unit_id"] != other]) for other in ("t1", "t0")]
    mean = np.mean([_one(result, "sc")["estimate"] for result in alone])
    assert _one(both, "sc")["estimate"] == pytest.approx(mean, abs=1e-9)
    keys = both.weights.query("estimator == 'sc'")["key"]
    assert {key.split("/")[0] for key in keys} == {"t0", "t1"}
    assert np.isnan(_one(both, "sc")["std_error"])


def test_units_with_gaps_fall_out_and_are_named() -> None:
    panel = _panel(_units(3, 12) | {"old": 2004})
    panel.loc[(panel["unit_id"] == "t2") & (panel["year"] == 2006), "value"] = np.nan
    panel = panel[~((panel["unit_id"] == "n03") & (panel["year"] == 2009))]
    for estimator in ("sdid", "sc"):
        row = _one(_run(panel), estimator)
        assert (row["n_treated"], row["n_control"], row["n_cells"], row["n_clusters"]) == (2, 11, 13 * 12, 13)
        assert "1 treated unit with gaps is left out (t2)" in row["message"]
        assert "1 comparison unit with gaps is left out (n03)" in row["message"]
        assert "1 unit without a year before the start" in row["message"]
        assert "but stay in the estimate" not in row["message"]
    kept = panel[~panel["unit_id"].isin(["t2", "n03", "old"])]
    assert _one(_run(panel), "sdid")["estimate"] == pytest.approx(_one(_run(kept), "sdid")["estimate"], abs=1e-12)


def test_a_year_without_a_group_is_left_out_instead_of_all_units() -> None:
    panel = _panel(_units(2, 12))
    panel = panel[~((panel["year"] == 2007) & panel["unit_id"].str.startswith("n"))]
    row = _one(_run(panel), "sdid")
    assert (row["n_units"], row["n_cells"]) == (14, 14 * 11)
    assert "The years 2007 are left out" in row["message"]


def test_units_that_start_later_are_a_comparison_only_if_they_have_all_years() -> None:
    panel = _panel(_units(2, 12, later=3))
    whole = _one(_run(panel, treated_cohorts=[2012], reference="not_yet"), "sdid")
    assert (whole["n_treated"], whole["n_control"]) == (2, 12)
    assert "3 units that start within the window are no comparison here" in whole["message"]
    short = [{"indicator": "y", "window": [2004, 2013]}]
    row = _one(_run(panel, treated_cohorts=[2012], reference="not_yet", outcomes=short), "sdid")
    assert (row["n_treated"], row["n_control"]) == (2, 15)


def test_a_cohort_with_one_year_before_is_left_out_or_refused() -> None:
    panel = _panel(_units(2, 12) | {"early": 2005})
    row = _one(_run(panel), "sdid")
    assert row["n_treated"] == 2
    assert "The cohorts 2005 have fewer than two years before" in row["message"]
    assert "at least two years before" in _refusal(panel[~panel["unit_id"].str.startswith("t")])


def test_exposed_years_are_added_and_the_whole_stays() -> None:
    panel = _panel(_units(2, 12))
    outcomes = [{"indicator": "y", "earliest_plausible_year": 2014}]
    result = _run(panel, outcomes=outcomes)
    plain = _run(panel)
    without_between = panel[~panel["year"].isin([2012, 2013])]
    for estimator in ("sdid", "sc"):
        assert _one(result, estimator)["estimate"] == _one(plain, estimator)["estimate"]
        exposed = _one(result, estimator, "exposed")["estimate"]
        assert exposed == pytest.approx(_one(_run(without_between), estimator)["estimate"], abs=1e-9)
    late = _run(panel, outcomes=[{"indicator": "y", "earliest_plausible_year": 2030}])
    for estimator in ("sdid", "sc"):
        assert "2030" in _one(late, estimator, "exposed")["message"]
        assert _one(late, estimator)["status"] == "ok"


def test_samples_without_a_comparison_are_refused_in_words() -> None:
    assert "No treated unit" in _refusal(_panel(_units(0, 6)))
    assert "No comparison unit" in _refusal(_panel(_units(6, 0)))
    assert "1 comparison unit has values in all years" in _refusal(_panel(_units(3, 1)))
    assert "same value" in _refusal(_panel(_units(3, 6)).assign(value=4.0))
    assert "too large" in _refusal(_panel(_units(3, 6)).assign(value=lambda panel: panel["value"] * 1e200))
    assert "too close together" in _refusal(_panel(_units(3, 6)).assign(value=lambda panel: panel["value"] * 1e-200))
    straight = _panel(_units(2, 6))
    assert "parallel" in _refusal(straight.assign(value=straight["year"] + straight["unit_id"].str[1].astype(float)))
    gaps = _panel(_units(1, 6))
    assert "No treated unit has values in all years" in _refusal(
        pd.concat(
            [gaps[(gaps["unit_id"] != "t0") | (gaps["year"] != 2008)], gaps[gaps["unit_id"] == "t0"].assign(unit_id="t1")[3:]]
        )
    )
    assert "does not know the column w" in _refusal(gaps.assign(w=1.0), weight="w")
    assert "No treated unit has a year before" in _refusal(_panel({"t": 2000, **_units(0, 6)}))


def test_one_refusal_does_not_stop_the_others() -> None:
    good = _panel(_units(2, 8))
    panel = pd.concat([good, good.assign(indicator="flat", value=1.0)])
    result = _run(panel, outcomes=[{"indicator": "flat"}, {"indicator": "y"}])
    assert result.estimates.groupby("indicator")["status"].unique().map(list).to_dict() == {"flat": ["refused"], "y": ["ok"]}


def test_with_too_few_comparison_units_there_is_an_estimate_without_placebos() -> None:
    result = _run(_panel(_units(5, 4)))
    sdid, control = _one(result, "sdid"), _one(result, "sc")
    assert sdid["p_method"] == "jackknife"
    assert sdid["std_error"] > 0
    assert np.isnan(control["p_value"])
    assert np.isnan(control["conf_low"])
    assert "the comparison units (4) are not enough to act out the treated ones (5)" in control["message"]


def test_covariates_are_taken_out_with_coefficients_from_untreated_cells() -> None:
    panel = _panel(_units(2, 14))
    draw = np.random.default_rng(3)
    x = draw.normal(size=len(panel))
    disturbed = panel.assign(x=x, value=panel["value"] + 5 * x)
    adjusted = _one(_run(disturbed, covariates=["x"], estimators=[SDID]), "sdid")
    assert adjusted["estimate"] == pytest.approx(_one(_run(panel), "sdid")["estimate"], abs=0.5)
    assert "covariates are taken out beforehand" in adjusted["message"]
    fixed = disturbed.assign(x=disturbed["unit_id"].str[1].astype(float))
    assert "x cannot be told apart" in _one(_run(fixed, covariates=["x"], estimators=[SDID]), "sdid")["message"]


def test_predictors_that_do_not_vary_are_refused_by_name() -> None:
    row = _one(_run(_panel(_units(1, 8)).assign(x=3.0), covariates=["x"], estimators=[CONTROL]), "sc")
    assert row["message"].startswith("x has the same mean")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_placebos() -> None:
    panel = _panel(_units(3, 25))
    first, again, other = _run(panel), _run(panel), _run(panel, seed=2)
    pd.testing.assert_frame_equal(first.estimates, again.estimates)
    assert _one(first, "sdid")["estimate"] == _one(other, "sdid")["estimate"]
    assert _one(first, "sdid")["std_error"] != _one(other, "sdid")["std_error"]
    assert "200 placebo assignments among 25 comparison units; each has 22" in _one(first, "sdid")["message"]


def test_assignments_are_enumerated_where_they_are_few() -> None:
    all_pairs = placebo_assignments(6, [2, 1], 0, 1)
    assert all_pairs is not None
    assert all_pairs.complete
    assert len({(frozenset(row[:2]), row[2]) for row in all_pairs.units.tolist()}) == len(all_pairs.units) == 15 * 4
    drawn = placebo_assignments(40, [5, 3], 300, 1)
    assert drawn is not None
    assert (drawn.complete, drawn.units.shape) == (False, (300, 8))
    assert all(len(set(row)) == 8 for row in drawn.units.tolist())
    assert placebo_assignments(3, [2, 1], 0, 1) is None


def test_the_interval_holds_what_the_permutation_test_does_not_reject() -> None:
    effects = np.random.default_rng(1).normal(size=59)
    low, high = permutation_interval(0.7, effects, 0.95)
    for value in np.linspace(-3, 4, 141):
        rejected = permutation_p(abs(0.7 - value), np.abs(effects)) <= 0.05
        assert rejected == (not low <= value <= high)
    assert np.isnan(permutation_interval(0.7, effects[:18], 0.95)[0])


@pytest.mark.parametrize("estimator", ["sdid", "sc"])
def test_intervals_cover_as_often_as_they_say_up_to_chance(estimator: str) -> None:
    panels, covered = 60, 0
    spec = SDID if estimator == "sdid" else CONTROL
    for seed in range(panels):
        units = {**_units(1, 22)}
        row = _one(_run(_panel(units, range(2004, 2015), seed=seed), estimators=[spec]), estimator)
        covered += int(row["conf_low"] <= 2.0 <= row["conf_high"])
    assert covered >= stats.binom.ppf(0.0005, panels, 0.95)
    assert covered < panels or estimator == "sc"


def test_predictors_with_many_treated_units_give_an_estimate_without_placebos() -> None:
    panel = _panel(_units(4, 12))
    draw = np.random.default_rng(5)
    panel["x"] = panel["unit_id"].map(dict(zip(panel["unit_id"].unique(), draw.normal(size=16), strict=True)))
    row = _one(_run(panel, covariates=["x"], estimators=[CONTROL]), "sc")
    assert row["status"] == "ok"
    assert np.isnan(row["p_value"])
    assert "2 predictors would have to be weighted 1,980 times" in row["message"]
    assert "300 times at most" in row["message"]


def test_many_predictors_of_many_units_give_an_estimate_and_say_why_there_is_no_p_value() -> None:
    draw = np.random.default_rng(3)
    names = [f"x{number}" for number in range(20)]
    panel = _panel(_units(1, 40))
    panel = panel.join(pd.DataFrame(draw.normal(size=(len(panel), len(names))), columns=names))
    row = _one(_run(panel, covariates=names, estimators=[CONTROL]), "sc")
    assert row["status"] == "ok"
    assert np.isnan(row["p_value"])
    assert "21 predictors would have to be weighted 40 times" in row["message"]
    assert "28 times at most" in row["message"]


def test_placebo_units_are_compared_with_those_that_do_not_act_as_treated() -> None:
    """Two treated units: every pair of comparison units acts as treated once, and is no comparison in that assignment."""
    panel = _panel(_units(2, 7))
    row = _one(_run(panel), "sc")
    never = sorted(unit for unit in panel["unit_id"].unique() if unit.startswith("n"))
    effects = []
    for place, first in enumerate(never):
        for second in never[place + 1 :]:
            some = panel[panel["cohort"].isna()].assign(
                cohort=lambda rows, pair=(first, second): rows["unit_id"].isin(pair) * 2012
            )
            some["cohort"] = some["cohort"].astype("Int64").replace(0, pd.NA)
            effects.append(_one(_run(some, estimators=[CONTROL]), "sc")["estimate"])
    assert len(effects) == 21
    expected = permutation_p(abs(row["estimate"]), np.abs(effects))
    assert row["p_value"] == pytest.approx(expected, abs=1e-12)


def test_weights_of_comparison_units_count_as_often_as_the_years_they_are_used_for() -> None:
    panel = _panel({**_units(2, 8), "early": 2007})
    result = _run(panel)
    for estimator in ("sdid", "sc"):
        weights = result.weights[(result.weights["estimator"] == estimator) & (result.weights["kind"] == "unit")]
        of, control = weights["key"].str.split("/").str[0], weights["key"].str.split("/").str[1]
        years = of.map({"t0": 4, "t1": 4, "early": 9, "2012": 2 * 4, "2007": 9})
        implied = (weights["weight"] * years).groupby(control).sum() / 17
        figures = result.tests[result.tests["estimator"] == estimator].set_index("test")["statistic"]
        assert figures["largest_control_weight"] == pytest.approx(implied.max())
        assert figures["effective_controls"] == pytest.approx(1 / (implied**2).sum())


def test_a_path_that_is_zero_before_the_start_is_matched_by_predictors_too() -> None:
    panel = _panel(_units(1, 5), years=range(2009, 2014))
    panel["x"] = panel["unit_id"].map({unit: float(place**2) for place, unit in enumerate(_units(1, 5))})
    panel.loc[(panel["unit_id"] == "n01") & (panel["year"] < 2012), "value"] = 0.0
    rows = _run(panel, estimators=[CONTROL], covariates=["x"]).estimates
    assert rows["status"].tolist() == ["ok"]
    assert 0 < rows["p_value"].item() <= 1


def test_predictors_that_overflow_are_refused() -> None:
    panel = _panel(_units(1, 5), years=range(2009, 2014))
    panel["x"] = panel["unit_id"].map({unit: place * 1e200 for place, unit in enumerate(_units(1, 5))})
    rows = _run(panel, estimators=[CONTROL], covariates=["x"]).estimates
    assert rows["status"].tolist() == ["refused"]
    assert "too large" in rows["message"].item()
