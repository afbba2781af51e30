"""Estimates that are no fixed contrast of years: p-values by drawn assignments, and the wild bootstrap of the deciding regression."""

from dataclasses import replace

import numpy as np
import pytest
from panels import small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects, run_estimator

BOTH = {"within": ["kind"], "adjust": ["need"]}


def by_draws(draws=199, **keys):
    return {"method": "randomization", "draws": draws, "theta": ["zero"], **keys}


def staggered_panel(effect=0.0):
    """Two of the treated start two years later."""
    panel = small_panel(effect=effect)
    return panel.assign(cohort=panel["cohort"].mask(panel["unit_id"].isin(["u02", "u08"]), 2014))


def of(result, estimator, **equal):
    rows = result.inference[result.inference["estimator"] == estimator]
    for name, value in equal.items():
        rows = rows[rows[name] == value]
    return rows


def test_drawn_assignments_of_a_panel_with_weights_all_alike_tell_what_counting_tells():
    panel = small_panel().assign(people=1.0)
    audit = {"strata": ["kind"], "law": "need", "others": []}
    plan = {"comparison": BOTH, "audit": audit}
    counted = run_effects(panel, small_plan(**plan)).inference
    sections = {"inference": {"method": "randomization", "draws": 1_999}, "weight": "people"}
    by_drawing = run_effects(panel, small_plan(**plan, **sections)).inference
    keys = ["statistic", "within", "theta"]
    both = counted.merge(by_drawing, on=keys, suffixes=("_counted", "_drawn"))
    assert len(both) == len(counted) == len(by_drawing) == 12
    assert counted["exact"].all()
    assert not by_drawing["exact"].any()
    of_estimate = both["statistic"] == "coefficient"
    assert both.loc[of_estimate, "estimate_drawn"].to_numpy() == pytest.approx(
        both.loc[of_estimate, "estimate_counted"].to_numpy()
    )
    assert both["theta_value_drawn"].to_numpy() == pytest.approx(both["theta_value_counted"].to_numpy())
    away = (both["p_value_drawn"] - both["p_value_counted"]).abs() / np.maximum(both["mc_error_drawn"], 0.005)
    assert (away < 4).all()


def test_an_outcome_with_gaps_has_p_values_by_draws_and_says_so():
    rows = run_effects(small_panel().drop(index=[3, 40]), small_plan(comparison=BOTH, inference=by_draws(1_500))).inference
    assert set(rows["status"]) == {"ok"}
    assert set(zip(rows["statistic"], rows["within"], strict=True)) == {
        (statistic, within) for statistic in ("coefficient", "studentised") for within in ("", "kind")
    }
    assert set(rows["n_assignments"]) == {1_500}
    assert rows["p_value"].between(1 / 1_501, 1).all()
    assert rows["message"].str.contains("2 Zellen fehlen: Die Zuordnungen sind gezogen").all()
    assert rows["p_adjusted"].to_numpy() == pytest.approx(rows["p_value"].to_numpy())


def test_outcomes_with_other_cells_are_adjusted_by_holm():
    panel = small_panel(indicators=("a", "b"))
    plan = small_plan(("a", "b"), inference=by_draws())
    rows = run_effects(panel.drop(index=[3]), plan).inference
    assert set(rows["adjustment"]) == {"holm"}
    assert (rows["p_adjusted"] >= rows["p_value"]).all()


@pytest.mark.parametrize("method", ["callaway_santanna", "imputation", "sdid"])
def test_an_estimator_that_holds_need_fixed_by_itself_is_fitted_anew_for_each_draw(method):
    plan = small_plan(methods=(method,), comparison=BOTH, inference=by_draws(39))
    found = run_effects(small_panel(), plan)
    rows = of(found, method, statistic="coefficient")
    assert set(rows["status"]) == {"ok"}
    assert set(rows["within"]) == {"", "kind"}
    assert set(rows["n_assignments"]) == {39}
    assert rows["message"].str.contains("neu berechnet").all()
    assert set(of(found, method, statistic="studentised")["status"]) == {"ok"}
    estimates = found.estimates
    overall = estimates[(estimates["aggregation"].isin(["simple", "coefficient"])) & estimates["cohort"].isna()]
    within = rows[rows["within"] == "kind"]["estimate"].item()
    assert within == pytest.approx(overall[overall["event_time"].isna()]["estimate"].item(), abs=1e-9)


def test_without_draws_in_the_plan_such_an_estimator_says_what_is_missing():
    plan = small_plan(methods=("twfe", "sdid"), comparison=BOTH, inference=by_draws(0))
    found = run_effects(small_panel(), plan)
    (row,) = of(found, "sdid").to_dict("records")
    assert row["status"] == "refused"
    assert "draws" in row["message"]
    assert set(of(found, "twfe")["status"]) == {"ok"}


def test_synthetic_control_points_to_its_own_placebos():
    found = run_effects(small_panel(), small_plan(methods=("twfe", "synthetic_control"), inference=by_draws(9)))
    (row,) = of(found, "synthetic_control").to_dict("records")
    assert row["status"] == "refused"
    assert "Placebo" in row["message"]


def test_a_draw_without_an_estimate_counts_as_far_out():
    """By the upper bound of the law the neediest are treated, and no propensity score can tell them from others."""
    audit = {"strata": ["kind"], "law": "need", "others": []}
    inference = {"method": "randomization", "draws": 29, "theta": ["upper"], "statistics": ["coefficient"]}
    plan = small_plan(methods=("callaway_santanna",), comparison=BOTH, audit=audit, inference=inference)
    rows = run_effects(staggered_panel(effect=50.0), plan).inference
    assert set(rows["status"]) == {"ok"}
    said = rows["message"].str.extract(r"(\d+) von 29 gezogenen")[0].astype(float)
    assert (said > 0).all()
    assert (rows["p_value"] >= (1 + said) / 30 - 1e-12).all()


def test_a_large_effect_is_farther_out_than_every_draw():
    plan = small_plan(methods=("twfe", "callaway_santanna"), inference=by_draws(59))
    found = run_effects(staggered_panel(effect=9.0), plan).inference
    assert found[found["statistic"] == "coefficient"]["p_value"].max() <= 2 / 60  # a draw may be the real assignment


def test_several_starts_are_drawn_and_the_deciding_estimator_has_every_law():
    audit = {"strata": ["kind"], "law": "need", "others": []}
    inference = {"method": "randomization", "draws": 9}
    plan = small_plan(methods=("twfe", "callaway_santanna", "imputation"), comparison=BOTH, audit=audit, inference=inference)
    found = run_effects(staggered_panel(), plan)
    for name, laws, strata in (
        ("twfe", {"zero", "hat", "upper"}, {"", "kind"}),
        ("callaway_santanna", {"zero", "hat", "upper"}, {"", "kind"}),  # it decides
        ("imputation", {"zero"}, {"kind"}),
    ):
        rows = of(found, name, statistic="coefficient")
        assert set(rows["theta"]) == laws
        assert set(rows["within"]) == strata
        assert set(rows["status"]) == {"ok"}
        assert rows["message"].str.contains("2012, 2014").all()


def test_mirrored_values_have_the_same_p_by_draws():
    plan = small_plan(methods=("twfe", "callaway_santanna"), comparison=BOTH, inference=by_draws(49))
    panel = staggered_panel()
    found, turned = (run_effects(panel.assign(value=sign * panel["value"]), plan).inference for sign in (1, -1))
    assert turned["p_value"].to_numpy() == pytest.approx(found["p_value"].to_numpy(), abs=1e-12)
    assert turned["estimate"].to_numpy() == pytest.approx(-found["estimate"].to_numpy(), abs=1e-9)


@pytest.mark.parametrize("method", ["sdid", "synthetic_control"])
def test_fits_of_draws_make_no_placebos_and_the_same_estimate(method):
    plan = small_plan(methods=(method,))
    alone = replace(plan, inference=plan.inference.estimates_only)
    panel = small_panel(sizes=((9, 2),))
    whole, brief = (run_estimator(panel, one, "y", method) for one in (plan, alone))
    assert brief.rows[0].estimate == whole.rows[0].estimate
    assert any("placebo" in test.test for test in whole.tests)
    assert not any("placebo" in test.test for test in brief.tests)


@pytest.mark.parametrize("gap", [[], [3]])
def test_the_deciding_regression_has_its_wild_bootstrap_with_the_number_of_treated_clusters(gap):
    inference = by_draws(499, wild=["rademacher", "webb"])
    panel = small_panel().drop(index=gap)
    found = run_effects(panel, small_plan(methods=("twfe", "event_study"), comparison=BOTH, inference=inference))
    rows = found.inference[found.inference["method"] == "wild_bootstrap"]
    assert set(rows["estimator"]) == {"twfe"}
    assert set(zip(rows["statistic"], rows["within"], strict=True)) == {
        (weights, within) for weights in ("rademacher", "webb") for within in ("", "kind")
    }
    assert rows["p_value"].between(1 / 500, 1).all()
    assert rows["message"].str.startswith("5 von 13 Clustern sind beteiligt").all()
    estimates = found.estimates[found.estimates["estimator"] == "twfe"]
    assert rows.loc[rows["within"] == "kind", "estimate"].to_numpy() == pytest.approx(estimates["estimate"].to_numpy().repeat(2))
    assert (rows["adjustment"] == "").all()


def test_a_deciding_estimate_that_is_no_regression_says_so_in_place_of_a_wild_bootstrap():
    plan = small_plan(methods=("callaway_santanna",), comparison=BOTH, inference=by_draws(9, wild=["webb"]))
    rows = run_effects(small_panel(), plan).inference
    (row,) = rows[rows["method"] == "wild_bootstrap"].to_dict("records")
    assert (row["statistic"], row["status"], row["aggregation"]) == ("webb", "refused", "simple")
    assert "Regression" in row["message"]


def test_outcomes_whose_estimates_are_no_contrast_are_adjusted_by_holm():
    plan = small_plan(
        ("a", "b"),
        ("imputation",),
        comparison={"adjust": ["need"]},
        inference={"method": "randomization", "draws": 19, "statistics": ["coefficient"]},
    )
    found = run_effects(small_panel(indicators=("a", "b"), sizes=((7, 3),)), plan).inference
    assert set(found["adjustment"]) == {"holm"}
