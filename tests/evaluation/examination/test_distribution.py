"""The distribution of an estimate over assignments: its shares sum to 1, and those as far out as the real estimate to its p."""

from __future__ import annotations

import numpy as np
import pytest
from panels import small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.examination.distribution import bins_of_draws

BOTH = {"within": ["kind"], "adjust": ["need"]}
AUDIT = {"strata": ["kind"], "law": "need", "others": []}


def as_far(bins):
    """Share of what lies at least as far from the center as the real estimate."""
    distance = (bins["estimate"] - bins["center"]).abs() * (1 - 1e-9)
    far = (bins["low"] >= bins["center"] + distance) | (bins["high"] <= bins["center"] - distance)
    return bins.loc[far, "share"].sum()


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"comparison": {"within": ["kind"]}},
        {"comparison": BOTH, "audit": AUDIT},
        {"weight": "people", "comparison": BOTH, "inference": {"method": "randomization", "draws": 1_500}},
    ],
)
@pytest.mark.parametrize("effect", [0.0, 1.5])
def test_the_shares_as_far_out_as_the_real_estimate_sum_to_its_p(sections, effect):
    plan = small_plan(**sections)
    result = run_effects(small_panel(effect=effect).assign(people=1.0), plan)
    bins = result.chance
    assert bins["share"].sum() == pytest.approx(1)
    assert (bins["share"] >= 0).all()
    inference = result.inference
    row = inference[
        (inference["statistic"] == "coefficient")
        & (inference["theta"] == plan.theta_that_counts)
        & ((inference["within"] != "") == bool(plan.comparison.within))
    ].iloc[0]
    assert as_far(bins) == pytest.approx(row["p_value"])
    for name in ("estimate", "center", "n_assignments", "exact", "theta", "within", "adjust", "aggregation"):
        assert bins[name].nunique() == 1
        assert bins[name].iloc[0] == (pytest.approx(row[name]) if name in ("estimate", "center") else row[name])


def test_bins_meet_each_other_and_have_ends():
    bins = run_effects(small_panel(), small_plan(comparison=BOTH)).chance
    assert bins["low"].notna().all()
    assert bins["low"].to_numpy()[1:] == pytest.approx(bins["high"].to_numpy()[:-1])
    assert (bins["high"] > bins["low"]).all()


def test_an_estimate_in_the_middle_of_chance_has_bins_too():
    bins = bins_of_draws(0.0, np.array([-1.0, 1.0, -2.0, 2.0]), 4)
    assert sum(row["share"] for row in bins) == pytest.approx(1)
    assert all(row["center"] == 0 for row in bins)


def test_one_far_out_has_an_open_end_beyond_it():
    bins = bins_of_draws(10.0, np.array([-0.1, 0.1, -0.2, 0.2]), 4)
    assert bins[-1]["share"] == pytest.approx(1 / 5)
    assert bins[-1]["low"] == pytest.approx(10.0)


def test_an_estimate_by_another_method_that_decides_is_drawn():
    plan = small_plan(methods=("twfe", "sdid"), headline="sdid", inference={"method": "randomization", "draws": 99})
    bins = run_effects(small_panel(), plan).chance
    assert set(bins["estimator"]) == {"sdid"}
    assert not bins["exact"].any()


def test_a_plan_without_randomization_has_no_distribution():
    assert run_effects(small_panel(), small_plan(inference={"method": "analytic"}, audit=AUDIT)).chance.empty


def test_the_same_panel_gives_the_same_rows():
    one, other = (run_effects(small_panel(), small_plan(comparison=BOTH)).chance for _ in range(2))
    assert one.equals(other)
