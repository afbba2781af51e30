"""Whatever stands in a plan: it is read, or PlanInvalid says what is wrong; whatever is read: the engine gives rows or PanelInvalid."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan import Plan, plan_digest
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PanelInvalid, PlanInvalid

PLAN: dict[str, Any] = {
    "plan_version": 1,
    "id": "p",
    "outcomes": [{"indicator": "y", "role": "primary", "window": [2008, 2014], "earliest_plausible_year": 2013}],
    "reference": "not_yet",
    "treated_cohorts": [2012],
    "anticipation": 0,
    "event_reference": -1,
    "covariates": ["x"],
    "weight": "w",
    "cluster": "unit_id",
    "base_period": "varying",
    "estimators": [
        {"id": "twfe", "method": "twfe"},
        {"id": "es", "method": "event_study"},
        {"id": "cs", "method": "callaway_santanna", "variant": "dr", "aggregations": ["simple", "dynamic"]},
        {"id": "sa", "method": "sun_abraham"},
        {"id": "bacon", "method": "bacon"},
    ],
    "inference": {"method": "multiplier", "level": 0.95, "draws": 20, "small_sample": "fixest"},
    "languages": ["en"],
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(2005, 2018),
    st.integers(-6, 6),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(
        [
            "y",
            "x",
            "w",
            "year",
            "cohort",
            "value",
            "unit_id",
            "indicator",
            "flat",
            "never",
            "universal",
            "ipw",
            "or",
            "sdid",
            "none",
            "twfe",
        ]
    ),
    st.lists(st.integers(2005, 2016), max_size=3),
    st.lists(st.sampled_from(["x", "w", "flat", "trend", "year"]), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, child in children for place in [(*path, key), *_places(child, (*path, key))]]


def _panel() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    unit, year = np.repeat(np.arange(12), 8), np.tile(np.arange(2008, 2016), 12)
    cohort = np.where(unit < 4, 2012.0, np.where(unit < 7, 2014.0, np.nan))
    columns = {"value": draw.normal(size=96), "cohort": cohort, "x": draw.normal(size=96), "w": draw.uniform(1, 2, size=96)}
    keys = {"unit_id": unit.astype(str), "year": year, "indicator": "y"}
    return pd.DataFrame({**keys, **columns, "flat": 1.0, "trend": year * 2.0})


PANEL = _panel()


def _replaced(data: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at a place; unchanged where an earlier change took the place away."""
    key, rest = place[0], place[1:]
    present = key in data if isinstance(data, dict) else isinstance(data, list) and isinstance(key, int) and key < len(data)
    if not present:
        return data
    changed = copy.copy(data)
    changed[key] = _replaced(data[key], rest, value) if rest else value
    return changed


def _plan_or_fault(data: Any) -> Plan | PlanInvalid:
    try:
        return parse_plan(data, "odd")
    except PlanInvalid as fault:
        return fault


def _estimates_or_fault(plan: Plan) -> pd.DataFrame | PanelInvalid:
    try:
        return run_effects(PANEL, plan).estimates
    except PanelInvalid as fault:
        return fault


@settings(max_examples=150, deadline=None, derandomize=True)
@given(changes=st.lists(st.tuples(st.sampled_from(_places(PLAN)), ODD), min_size=1, max_size=2))
def test_odd_values_never_break_the_engine(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = PLAN
    for place, value in changes:
        data = _replaced(data, place, value)
    plan = _plan_or_fault(data)
    if isinstance(plan, PlanInvalid):
        assert plan.problems
        assert len(plan.sentence.in_language("de").splitlines()) > len(plan.problems)
        return
    assert len(plan_digest(plan)) == 64
    estimates = _estimates_or_fault(plan)
    if isinstance(estimates, PanelInvalid):
        assert estimates.problems
        return
    assert set(estimates["estimator"]) == {estimator.id for estimator in plan.estimators}
    assert estimates.loc[estimates["status"] == "ok", "estimate"].notna().all()
    assert (estimates.loc[estimates["status"] == "refused", "message"] != "").all()
