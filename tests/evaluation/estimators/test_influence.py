"""Standard errors of group-time effects and of all their averages, against what a small change of weights does to the estimates.

The infinitesimal jackknife (Jaeckel 1972; Efron 1982, section 6): the influence of a cluster is the derivative of an estimate by the
logarithm of the weight of its units. Nothing of the engine's formulas is repeated; only estimates are made, again and again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.effects import run_estimator
from kkz_eval.evaluation.estimators.estimation import Estimation
from kkz_eval.evaluation.panel import read_panel
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan

STEP = 1e-3
CASES: dict[str, dict[str, object]] = {
    "weights, clusters and a cohort without a year before": {"weight": "people", "cluster": "region"},
    "no never treated": {"reference": "not_yet", "weight": "people"},
    "holes and a covariate": {"covariates": ["x"], "weight": "people"},
    "holes, no never treated and anticipation": {"reference": "not_yet", "weight": "people", "anticipation": 1},
}


def _panel(name: str) -> pd.DataFrame:
    """44 units, 2007 to 2013; cohorts 2007 (no year before), 2009, 2010, 2012, 2015 (after the last year), and never."""
    draw = np.random.default_rng(20)
    starts = [np.nan] * 12 + [2007.0] * 2 + [2009.0] * 9 + [2010.0] * 3 + [2012.0] * 12 + [2015.0] * 6
    if "no never" in name:
        starts = [2011.0 if np.isnan(start) else start for start in starts if start != 2015]
    unit, year = np.repeat(np.arange(len(starts)), 7), np.tile(np.arange(2007, 2014), len(starts))
    start = np.array(starts)[unit]
    x = draw.normal(size=len(starts)) + 0.5 * (np.array(starts) == 2012)
    value = draw.normal(size=len(unit)) + 0.1 * x[unit] * (year - 2007)
    value += (year >= np.nan_to_num(start, nan=9999)) * (1 + (start == 2010) * 3 + 0.5 * (year - np.nan_to_num(start)))
    frame = pd.DataFrame({"unit_id": [f"{code:03d}" for code in unit], "year": year, "indicator": "y", "value": value})
    frame = frame.assign(cohort=start, x=x[unit], people=draw.uniform(0.5, 3, len(starts))[unit], region=unit // 2)
    return frame[draw.uniform(size=len(frame)) > 0.1] if "holes" in name else frame


def _plan(keys: dict[str, object]) -> Plan:
    chosen = dict(keys)
    estimator = {"id": "cs", "method": "callaway_santanna", "variant": chosen.pop("variant", "dr")}
    outcome = {"indicator": "y", "earliest_plausible_year": 2011}
    return parse_plan({"plan_version": 1, "id": "p", "outcomes": [outcome], "estimators": [estimator], **chosen}, "test")


def _estimates(panel: pd.DataFrame, plan: Plan) -> np.ndarray:
    return np.array([row.estimate for row in run_estimator(panel, plan, "y", "cs").rows])


def _hold(found: Estimation, panel: pd.DataFrame, plan: Plan) -> None:
    columns = []
    for cluster in panel[plan.cluster].unique():
        member = panel[plan.cluster] == cluster
        up, down = (
            panel.assign(people=panel["people"] * np.where(member, factor, 1.0)) for factor in (np.exp(STEP), np.exp(-STEP))
        )
        columns.append((_estimates(up, plan) - _estimates(down, plan)) / (2 * STEP))
    expected = np.sqrt((np.array(columns) ** 2).sum(axis=0))
    errors = np.array([row.std_error for row in found.rows])
    known = ~np.isnan(errors)
    assert known.sum() > 3
    assert errors[known] == pytest.approx(expected[known], rel=2e-5)
    assert (expected[~known & ~np.isnan(expected)] < 1e-12).all()


@pytest.mark.parametrize("name", CASES)
def test_standard_errors_are_what_a_small_change_of_weights_does(name: str) -> None:
    panel, plan = _panel(name), _plan(CASES[name])
    found = run_estimator(panel, plan, "y", "cs")
    overall = {row.aggregation for row in found.rows if row.cohort is None and row.year is None and row.event_time is None}
    assert overall == {"simple", "dynamic", "group", "calendar", "exposed"}
    _hold(found, panel, plan)


@pytest.mark.parametrize("variant", ["dr", "ipw"])
def test_standard_errors_with_trimmed_controls_are_what_a_small_change_of_weights_does(variant: str) -> None:
    case = read_panel(Path(__file__).parents[2] / "cases" / "effects" / "c2_propensity_trim" / "panel.csv")
    panel = case.assign(people=1.0, region=case["unit_id"].astype(int) // 2)
    plan = _plan({"covariates": ["x"], "weight": "people", "cluster": "region", "variant": variant})
    found = run_estimator(panel, plan, "y", "cs")
    assert "notes.controls_trimmed" in {note.code for note in found.notes}
    _hold(found, panel, plan)


def test_an_assignment_of_cohorts_by_cells_would_be_seen() -> None:
    """The error of the overall row of group with the sizes put on the cohorts of the first cells (did 2.1.1) is another number."""
    panel, plan = _panel("no never treated"), _plan(CASES["no never treated"])
    found = run_estimator(panel, plan, "y", "cs")
    rows = [row for row in found.rows if row.aggregation == "group"]
    assert found.influence is not None
    places = [place for place, row in enumerate(found.rows) if row.aggregation == "group" and row.cohort is not None]
    size = panel.groupby("unit_id")["people"].first().to_numpy()
    start = panel.groupby("unit_id")["cohort"].first().to_numpy()
    cohorts = np.array([found.rows[place].cohort for place in places])
    sizes = np.array([size[start == cohort].sum() for cohort in cohorts])
    effects = np.array([found.rows[place].estimate for place in places])
    slope = (effects - sizes @ effects / sizes.sum()) / sizes.sum()

    def error(assigned: np.ndarray) -> float:
        of_sizes = ((start[:, None] == assigned) * size[:, None]) @ slope
        return float(np.sqrt(((found.influence.values[:, places] @ (sizes / sizes.sum()) + of_sizes) ** 2).sum()))

    assert rows[-1].std_error == pytest.approx(error(cohorts), rel=1e-12)
    assert abs(error(np.full(len(cohorts), cohorts[0])) / error(cohorts) - 1) > 0.02
