"""Speed and memory of estimators, side by side with csdid and diff-diff where they are installed, in one run.

Belongs here: the panel, the calls, the entries of the table. Does not belong here: the table and its file (bench.py), pass or fail.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import time
import tracemalloc
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from kkz_eval.evaluation.effects import run_effects, run_estimator
from kkz_eval.evaluation.estimators.twfe import estimate_twfe
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.sample import build_sample, outcome_slice

COVARIATES = ("x1", "x2")
DRAWS = 999
Entry = tuple[str, float, str, float]


def staggered_panel(n_units: int, n_years: int = 19) -> pd.DataFrame:
    """Four cohorts and never treated units, a trend that depends on one of two covariates, effect 1."""
    draw = np.random.default_rng(1)
    years = np.arange(2001, 2001 + n_years)
    cohort = draw.choice([np.nan, *(float(years[n_years * part // 5]) for part in (1, 2, 3, 4))], n_units, p=[0.4, *[0.15] * 4])
    x = draw.normal(size=(n_units, 2))
    effect = (cohort[:, None] <= years).astype(float)
    value = draw.normal(size=(n_units, 1)) + 0.1 * x[:, :1] * (years - 2001) + effect + draw.normal(size=(n_units, n_years))
    unit = np.repeat(np.arange(n_units), n_years)
    return pd.DataFrame(
        {
            "unit_id": [f"{code:05d}" for code in unit],
            "year": np.tile(years, n_units),
            "indicator": "y",
            "value": value.ravel(),
            "cohort": cohort[unit],
            "x1": x[unit, 0],
            "x2": x[unit, 1],
            "id": unit,
            "g": np.nan_to_num(cohort[unit]).astype(int),
        }
    )


def doubly_robust_plan() -> Plan:
    """Doubly robust group-time effects, all aggregations, bands from draws."""
    return parse_plan(
        {
            "plan_version": 1,
            "id": "bench",
            "outcomes": [{"indicator": "y"}],
            "covariates": list(COVARIATES),
            "estimators": [{"id": "cs", "method": "callaway_santanna", "variant": "dr"}],
            "inference": {"method": "multiplier", "draws": DRAWS},
        },
        "bench",
    )


def shortest(work: Callable[[], object], repeats: int) -> float:
    """The shortest wall time of `repeats` calls, in seconds; what the work prints or warns of is dropped."""
    times = []
    for _ in range(repeats):
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
    return min(times)


def against_peers(n_units: int = 400) -> list[Entry]:
    """Doubly robust effects with draws, all averages: the whole call from panel to table against each peer that is installed."""
    panel, plan = staggered_panel(n_units), doubly_robust_plan()
    own = shortest(lambda: run_effects(panel, plan), repeats=3)
    name = f"callaway_santanna dr, {n_units} units × 19 years, {DRAWS} draws"
    peers = {"csdid": _csdid, "diff_diff": _diff_diff}
    return [
        (name, own, package, shortest(partial(call, panel), repeats=2))
        for package, call in peers.items()
        if importlib.util.find_spec(package) is not None
    ]


def _csdid(panel: pd.DataFrame) -> None:
    from csdid.att_gt import ATTgt  # type: ignore[import-not-found]  # noqa: PLC0415

    found = ATTgt(
        yname="value",
        tname="year",
        idname="id",
        gname="g",
        data=panel.copy(),
        control_group="nevertreated",
        xformla="value~" + "+".join(COVARIATES),
        cband=True,
        biters=DRAWS,
    ).fit(est_method="dr", bstrap=True)
    for aggregation in ("simple", "dynamic", "group", "calendar"):
        found.aggte(aggregation, bstrap=True, cband=True, biters=DRAWS)


def _diff_diff(panel: pd.DataFrame) -> None:
    from diff_diff import CallawaySantAnna  # type: ignore[import-not-found]  # noqa: PLC0415

    estimator = CallawaySantAnna(estimation_method="dr", n_bootstrap=DRAWS, seed=1)
    estimator.fit(panel, "value", "id", "year", "g", covariates=list(COVARIATES), aggregate="all")


def plain_plan(method: str) -> Plan:
    """One estimator without covariates, errors from formulas."""
    return parse_plan(
        {
            "plan_version": 1,
            "id": "bench",
            "outcomes": [{"indicator": "y"}],
            "estimators": [{"id": method, "method": method}],
        },
        "bench",
    )


def two_way_against_diff_diff(n_units: int = 400) -> list[Entry]:
    """Estimate and clustered error of two-way fixed effects against the peer's call, which checks the panel and writes no tables.

    The regression alone, what `run_estimator` does (checks, sample, regression), and the whole call with digests and tables.
    """
    if importlib.util.find_spec("diff_diff") is None:
        return []
    from diff_diff import TwoWayFixedEffects  # noqa: PLC0415

    panel, plan = staggered_panel(n_units), plain_plan("twfe")
    panel["treated"] = (panel["year"] >= panel["cohort"]).astype(int)
    (outcome,) = plan.outcomes
    sample = build_sample(outcome_slice(validate_panel(panel, plan), plan, outcome), plan, outcome)
    peer = shortest(lambda: TwoWayFixedEffects().fit(panel, "value", "treated", "year", "id"), repeats=20)
    alone = shortest(lambda: estimate_twfe(sample, plan, plan.estimators[0]), repeats=20)
    checked = shortest(lambda: run_estimator(panel, plan, "y", "twfe"), repeats=20)
    whole = shortest(lambda: run_effects(panel, plan), repeats=20)
    name = f"twfe, {n_units} units × 19 years"
    return [
        (f"{name}, regression", alone, "diff_diff", peer),
        (f"{name}, with checks", checked, "diff_diff", peer),
        (f"{name}, with checks, digests, tables", whole, "diff_diff", peer),
    ]


METHODS: Mapping[str, Callable[[], Plan]] = {
    "callaway_santanna": doubly_robust_plan,
    **{name: partial(plain_plan, name) for name in ("twfe", "event_study", "sun_abraham", "bacon")},
}


def growth(small: int = 400, large: int = 40_000) -> list[Entry]:
    """Seconds for many units against as many times the seconds for few: at most 1 where cost is linear."""
    panels = [staggered_panel(n_units) for n_units in (small, large)]
    entries = []
    for name, make in METHODS.items():
        few, many = (shortest(partial(run_effects, panel, make()), repeats=1) for panel in panels)
        entries.append((f"{name}, {large} units", many, f"{large // small} × {small} units", few * large / small))
    return entries


def memory(n_units: int = 40_000) -> list[Entry]:
    """Largest memory of the call on top of the panel, MB, against the panel itself, columns that the plan names only.

    Influence functions (units × rows) and draws count as memory of the call. Twice: on a panel in order, and on one with 5 % of the
    cells missing, its rows shuffled, and ten units to a cluster, where nothing can be shared with the panel.
    """
    panel = staggered_panel(n_units).drop(columns=["id", "g"])
    tens = panel.assign(tens=panel["unit_id"].str[:-1])
    gaps = tens[np.random.default_rng(1).random(len(tens)) < 0.95].sample(frac=1, random_state=1, ignore_index=True)
    entries = []
    for kind, frame, cluster in (("in order", panel, "unit_id"), ("gaps, shuffled, clusters", gaps, "tens")):
        size = float(frame.memory_usage(deep=True).sum())
        for name, make in METHODS.items():
            plan = replace(make(), cluster=cluster)
            tracemalloc.start()
            run_effects(frame, plan)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            entries.append((f"{name}, {n_units} units, {kind}, largest memory (MB)", peak / 1e6, "the panel", size / 1e6))
    return entries


def kept_by_influence(n_units: int = 40_000) -> list[Entry]:
    """Largest memory of group-time effects, MB, against the panel, the influence functions that are kept and the draws."""
    panel, plan = staggered_panel(n_units).drop(columns=["id", "g"]), doubly_robust_plan()
    tracemalloc.start()
    found = run_estimator(panel, plan, "y", "cs")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.influence is not None
    kept = found.influence.values.nbytes + 8 * DRAWS * len(found.rows)
    size = float(panel.memory_usage(deep=True).sum()) + kept
    name = f"callaway_santanna, {n_units} units, influence functions kept, largest memory (MB)"
    return [(name, peak / 1e6, "panel, influence functions, draws", size / 1e6)]
