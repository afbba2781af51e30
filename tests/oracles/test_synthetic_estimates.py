"""Synthetic difference in differences and synthetic control agree with other implementations on random panels.

The packages are an extra for development (conftest.py). tests/evaluation/estimators/test_synthetic_weights.py has a slow solution that
always runs.
"""

from __future__ import annotations

import warnings

import diff_diff
import numpy as np
import pandas as pd
import pysyncon
import pytest
import synthdid.estimate as synthdid
from agreement import Agreement
from synthdid import staggered

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.estimators.predictors import nested_weights
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.results import EffectsResult

PANELS = 50


def _matrix(seed: int, n_treated: int | None = None) -> tuple[np.ndarray, int, int]:
    """Outcomes (N, T), comparison units first, and the numbers of comparison units and of years before."""
    draw = np.random.default_rng(seed)
    n_controls, n_before, n_after = int(draw.integers(8, 20)), int(draw.integers(4, 12)), int(draw.integers(1, 5))
    treated = int(draw.integers(1, 4)) if n_treated is None else n_treated
    shape = (n_controls + treated, n_before + n_after)
    factor = draw.normal(size=(shape[0], 1)) @ np.cumsum(draw.normal(size=(1, shape[1])), axis=1)
    outcome = 50 + 10 * draw.normal(size=(shape[0], 1)) + draw.normal(size=shape[1]) + factor + draw.normal(size=shape)
    outcome[n_controls:, n_before:] += 2.0
    return outcome, n_controls, n_before


def _panel(outcome: np.ndarray, cohorts: np.ndarray) -> pd.DataFrame:
    n_units, n_years = outcome.shape
    return pd.DataFrame(
        {
            "unit_id": np.repeat([f"{code:03d}" for code in range(n_units)], n_years),
            "year": np.tile(np.arange(2000, 2000 + n_years), n_units),
            "indicator": "y",
            "value": outcome.ravel(),
            "cohort": np.repeat(cohorts, n_years),
        }
    )


def _run(panel: pd.DataFrame, **estimator: object) -> EffectsResult:
    plan: dict[str, object] = {
        "plan_version": 1,
        "id": "p",
        "outcomes": [{"indicator": "y"}],
        "estimators": [{"id": "e", **estimator}],
    }
    plan["inference"] = {"draws": 2}
    return run_effects(panel, parse_plan(plan, "test"))


def _block(seed: int, n_treated: int | None = None) -> tuple[np.ndarray, int, int, pd.DataFrame]:
    outcome, n_controls, n_before = _matrix(seed, n_treated)
    cohorts = np.where(np.arange(len(outcome)) < n_controls, np.nan, 2000 + n_before)
    return outcome, n_controls, n_before, _panel(outcome, cohorts)


def _estimate(result: EffectsResult) -> float:
    (row,) = [row for _, row in result.estimates.iterrows()]
    assert row["status"] == "ok", row["message"]
    return float(row["estimate"])


@pytest.mark.parametrize("seed", range(PANELS))
def test_reference_variant_agrees_with_synthdid(agreement: Agreement, seed: int) -> None:
    outcome, n_controls, n_before, panel = _block(seed)
    theirs = synthdid.synthdid_estimate(outcome, n_controls, n_before)
    own = _run(panel, method="sdid", variant="reference")
    agreement.within("synthdid", _estimate(own), float(theirs), absolute=1e-8)
    weights = own.weights[own.weights["kind"] == "unit"].set_index("key")["weight"]
    omega = pd.Series(theirs.weights.omega, index=[f"{code:03d}" for code in range(n_controls)])
    agreement.within("synthdid", weights.reindex(omega.index).fillna(0.0), omega, absolute=1e-7)
    jackknife = own.tests[own.tests["test"] == "jackknife"]
    if len(outcome) - n_controls > 1:
        agreement.within("synthdid", jackknife["statistic"].iloc[0], theirs.se(method="jackknife"), relative=1e-6)
    else:
        assert jackknife.empty


@pytest.mark.parametrize("seed", range(PANELS))
def test_synthetic_control_agrees_with_synthdid(agreement: Agreement, seed: int) -> None:
    outcome, n_controls, n_before, panel = _block(seed, n_treated=1)
    theirs = float(synthdid.sc_estimate(outcome, n_controls, n_before))
    agreement.within("synthdid", _estimate(_run(panel, method="synthetic_control")), theirs, absolute=1e-7)


@pytest.mark.parametrize("seed", range(PANELS))
def test_staggered_cohorts_agree_with_synthdid(agreement: Agreement, seed: int) -> None:
    draw = np.random.default_rng(1000 + seed)
    outcome = np.cumsum(draw.normal(size=(18, 14)), axis=1) + 5 * draw.normal(size=(18, 1))
    cohorts = np.concatenate([np.full(12, np.nan), draw.choice([2006, 2008, 2009, 2011], size=6)])
    panel = _panel(outcome, cohorts)
    treated = (panel["year"] >= panel["cohort"]).astype(int)
    long = pd.DataFrame({"unit": panel["unit_id"], "time": panel["year"], "y": panel["value"], "d": treated})
    theirs = staggered.staggered_synthdid_estimate(long, unit="unit", time="time", outcome="y", treatment="d")
    agreement.within("synthdid", _estimate(_run(panel, method="sdid", variant="reference")), float(theirs), absolute=1e-8)


@pytest.mark.parametrize("seed", range(10))
def test_enumerated_placebos_agree_with_synthdid(agreement: Agreement, seed: int) -> None:
    outcome, n_controls, n_before, panel = _block(seed, n_treated=1)
    theirs = synthdid.synthdid_estimate(outcome, n_controls, n_before)
    effects = []
    for placebo in range(n_controls):
        others = [unit for unit in range(n_controls) if unit != placebo]
        weights = theirs.weights.copy()
        kept = weights.omega[others]
        weights.omega = kept / kept.sum() if kept.sum() > 0 else np.full(len(kept), 1 / len(kept))
        effects.append(
            float(synthdid.refit(theirs, Y=outcome[[*others, placebo]], N0=n_controls - 1, T0=n_before, weights=weights))
        )
    own = _run(panel, method="sdid", variant="reference").estimates["std_error"].iloc[0]
    agreement.within("synthdid", own, float(np.std(effects)), relative=1e-7)


@pytest.mark.parametrize("seed", range(PANELS))
def test_reference_variant_agrees_with_diff_diff(agreement: Agreement, seed: int) -> None:
    outcome, _, n_before, panel = _block(seed, n_treated=2)
    long = panel.assign(treated=panel["cohort"].notna().astype(int))
    after = list(range(2000 + n_before, 2000 + outcome.shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = diff_diff.SyntheticDiD(variance_method="jackknife")
        theirs = model.fit(long, outcome="value", treatment="treated", unit="unit_id", time="year", post_periods=after)
    own = _run(panel, method="sdid", variant="reference")
    agreement.within("diff-diff", _estimate(own), theirs.att, absolute=1e-6)
    if np.isfinite(theirs.se):
        agreement.within("diff-diff", own.tests.set_index("test")["statistic"]["jackknife"], theirs.se, relative=1e-5)


@pytest.mark.parametrize("seed", range(PANELS))
def test_chosen_predictors_fit_no_worse_than_pysyncon(seed: int) -> None:
    """The outer problem is not convex: the better fit before the start is the right one.

    More predictors than donors, so that every weighting of predictors has one solution: otherwise packages differ in which they take.
    """
    draw = np.random.default_rng(seed)
    donors, own = draw.normal(size=(6, 8)), 0.3 * draw.normal(size=8)
    before, path = draw.normal(size=(6, 8)), 0.3 * draw.normal(size=8)
    names = [f"d{place}" for place in range(6)]
    their_model = pysyncon.Synth()
    their_model.fit(
        X0=pd.DataFrame(donors.T, columns=names),
        X1=pd.Series(own, name="t"),
        Z0=pd.DataFrame(before.T, columns=names),
        Z1=pd.Series(path, name="t"),
    )
    scale = np.column_stack([donors.T, own]).std(axis=1, ddof=1)  # pysyncon divides by it, and so does build_predictors
    mine = nested_weights(donors / scale, own / scale, before, path)

    def gap(weights: np.ndarray) -> float:
        return float(np.mean((path - weights @ before) ** 2))

    assert gap(mine) <= gap(their_model.W) * (1 + 1e-4)
