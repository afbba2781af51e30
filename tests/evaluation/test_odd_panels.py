"""Whatever stands in a panel: synthetic comparisons and the dose give finite estimates or a sentence, never a crash."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan

ESTIMATORS = [
    {"id": "exact", "method": "sdid"},
    {"id": "reference", "method": "sdid", "variant": "reference"},
    {"id": "control", "method": "synthetic_control"},
    {"id": "control_exact", "method": "synthetic_control", "variant": "exact"},
    {"id": "dose", "method": "dose"},
]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    n_units=st.integers(2, 9),
    n_years=st.integers(1, 7),
    starts=st.lists(st.sampled_from([None, None, None, 2000, 2002, 2003, 2004, 2030]), min_size=9, max_size=9),
    scale=st.sampled_from([0.0, 1e-300, 1e-12, 1.0, 1e9, 1e99, 1e300]),
    rounded=st.sampled_from([0, 1, 6]),
    missing=st.sampled_from([0.0, 0.0, 0.05, 0.5]),
    reference=st.sampled_from(["never", "not_yet"]),
    earliest=st.sampled_from([None, 2003, 2040]),
)
def test_odd_panels_never_break_an_estimator(
    seed: int,
    n_units: int,
    n_years: int,
    starts: list[int | None],
    scale: float,
    rounded: int,
    missing: float,
    reference: str,
    earliest: int | None,
) -> None:
    draw = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(n_units), n_years), np.tile(np.arange(2000, 2000 + n_years), n_units)
    value = scale * np.round(draw.normal(size=len(unit)) + unit, rounded)
    cohort = pd.array([starts[code] for code in unit], dtype="Int64")
    keys = {"unit_id": unit.astype(str), "year": year, "indicator": "y"}
    panel = pd.DataFrame({**keys, "value": value, "cohort": cohort, "dose": draw.uniform(size=len(unit))})
    panel.loc[draw.uniform(size=len(unit)) < missing, "value"] = np.nan
    outcomes = [{"indicator": "y", "earliest_plausible_year": earliest}]
    plan = {"plan_version": 1, "id": "p", "outcomes": outcomes, "estimators": ESTIMATORS, "reference": reference}
    rows = run_effects(panel, parse_plan(plan, "test")).estimates
    assert set(rows["estimator"]) == {entry["id"] for entry in ESTIMATORS}
    ok = rows["status"] == "ok"
    assert np.isfinite(rows.loc[ok, "estimate"]).all()
    assert (rows.loc[~ok, "message"] != "").all()
    assert (rows.loc[ok, "n_treated"] > 0).all()


COMPARED = ("twfe", "event_study", "sun_abraham", "callaway_santanna", "imputation", "sdid")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    n_units=st.integers(3, 12),
    n_years=st.integers(2, 6),
    starts=st.lists(st.sampled_from([None, None, None, 2000, 2002, 2003, 2030]), min_size=12, max_size=12),
    kinds=st.lists(st.sampled_from(["a", "a", "b", "c", None]), min_size=12, max_size=12),
    needs=st.lists(st.sampled_from([0.0, 1.0, 2.5, 1e9, None]), min_size=12, max_size=12),
    within=st.booleans(),
    adjust=st.booleans(),
    missing=st.sampled_from([0.0, 0.05, 0.4]),
    reference=st.sampled_from(["never", "not_yet"]),
)
def test_odd_strata_and_baseline_values_never_break_an_estimator(
    seed: int,
    n_units: int,
    n_years: int,
    starts: list[int | None],
    kinds: list[str | None],
    needs: list[float | None],
    within: bool,
    adjust: bool,
    missing: float,
    reference: str,
) -> None:
    draw = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(n_units), n_years), np.tile(np.arange(2000, 2000 + n_years), n_units)
    of_units = {"cohort": pd.array([starts[code] for code in unit], dtype="Int64"), "kind": [kinds[code] for code in unit]}
    panel = pd.DataFrame(
        {"unit_id": unit.astype(str), "year": year, "indicator": "y", "value": draw.normal(size=len(unit)), **of_units}
    )
    panel["need"] = pd.array([needs[code] for code in unit], dtype="Float64")
    panel.loc[draw.uniform(size=len(unit)) < missing, "value"] = np.nan
    plan = {
        "plan_version": 1,
        "id": "p",
        "outcomes": [{"indicator": "y", "earliest_plausible_year": 2003}],
        "estimators": [{"id": name, "method": name} for name in COMPARED],
        "comparison": {"within": ["kind"] if within else [], "adjust": ["need"] if adjust else []},
        "inference": {"draws": 3},
        "reference": reference,
    }
    rows = run_effects(panel, parse_plan(plan, "test")).estimates
    ok = rows["status"] == "ok"
    assert set(rows["estimator"]) == set(COMPARED)
    assert np.isfinite(rows.loc[ok, "estimate"]).all()
    assert (rows.loc[~ok, "message"] != "").all()
