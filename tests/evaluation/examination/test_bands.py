"""Bands of an event study that hold for all its years at once."""

import numpy as np
import pytest
from panels import START, YEARS, small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.examination.bands import band_rows
from kkz_eval.evaluation.examination.block import block_of
from kkz_eval.evaluation.examination.chance import exchanges
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.sample import build_sample, outcome_slice

BOTH = {"within": ["kind"], "adjust": ["need"]}


def bands_and_estimates(panel, plan):
    found = run_effects(panel, plan)
    bands = found.sensitivity[found.sensitivity["method"] == "joint_band"]
    bands = bands.assign(event_time=bands["parameter"].astype(int)).set_index("event_time").sort_index()
    estimates = found.estimates[(found.estimates["aggregation"] == "dynamic") & found.estimates["event_time"].notna()]
    return bands, estimates.set_index(estimates["event_time"].astype(int)).sort_index()


@pytest.mark.parametrize("comparison", [{}, {"within": ["kind"]}, BOTH])
def test_each_year_but_that_of_reference_has_a_band_around_its_estimate(comparison):
    bands, estimates = bands_and_estimates(small_panel(), small_plan(methods=("event_study",), comparison=comparison))
    assert list(bands.index) == [year - START for year in YEARS if year != START - 1]
    middle = ((bands["conf_low"] + bands["conf_high"]) / 2).to_numpy()
    assert middle == pytest.approx(estimates["estimate"].reindex(bands.index).to_numpy(), abs=1e-9)
    half = ((bands["conf_high"] - bands["conf_low"]) / 2 / estimates["std_error"].reindex(bands.index)).to_numpy()
    assert half == pytest.approx(np.full(len(half), half[0]), rel=1e-6)  # the same number of errors in every year
    assert half[0] > 1.96


def test_bands_move_with_an_effect_and_mirror_with_the_values():
    plan = small_plan(methods=("event_study",), comparison=BOTH)
    still, moved = (bands_and_estimates(small_panel(effect=effect), plan)[0] for effect in (0.0, 5.0))
    after = still.index >= 0
    assert moved.loc[after, "conf_low"].to_numpy() == pytest.approx(still.loc[after, "conf_low"].to_numpy() + 5.0)
    assert moved.loc[~after, "conf_low"].to_numpy() == pytest.approx(still.loc[~after, "conf_low"].to_numpy())
    panel = small_panel()
    turned, _ = bands_and_estimates(panel.assign(value=-panel["value"]), plan)
    assert turned["conf_low"].to_numpy() == pytest.approx(-still["conf_high"].to_numpy())


def test_all_years_together_are_covered_as_often_as_stated():
    plan = small_plan(methods=("event_study",), inference={"method": "randomization", "level": 0.8, "theta": ["zero"]})
    covered = []
    for seed in range(80):
        panel = validate_panel(small_panel(seed=seed, sizes=((14, 6),)), plan)
        block = block_of(build_sample(outcome_slice(panel, plan, plan.outcomes[0]), plan, plan.outcomes[0]))
        (exchange,) = exchanges(block, plan)
        covered.append(all(row["conf_low"] <= 0 <= row["conf_high"] for row in band_rows(block, exchange, plan, seed)))
    assert 0.68 <= np.mean(covered) <= 0.92  # 80 tries of 0.8


def test_without_randomization_there_are_none():
    found = run_effects(small_panel(), small_plan(methods=("event_study",), inference={"method": "analytic"}))
    assert "joint_band" not in set(found.sensitivity["method"])


@pytest.mark.parametrize("scale", [1e-140, 1e150])
def test_bands_are_in_the_unit_of_the_values_however_large_or_small_it_is(scale):
    plan, panel = small_plan(methods=("event_study",), comparison=BOTH), small_panel()
    still, scaled = (bands_and_estimates(one, plan)[0] for one in (panel, panel.assign(value=scale * panel["value"])))
    assert scaled["conf_high"].to_numpy() / scale == pytest.approx(still["conf_high"].to_numpy())
