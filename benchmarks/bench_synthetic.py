"""Synthetic difference in differences and synthetic control: time against diff-diff, growth with the number of units, memory.

Belongs here: figures on synthetic comparisons, for bench.py. Does not belong here: the table and its file (bench.py), pass or fail.
"""

from __future__ import annotations

import importlib.util
import time
import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan

DRAWS = 200
TREATED = 13
FIRST_YEAR = 2001


def synthetic_panel(n_units: int, n_years: int, seed: int = 1) -> pd.DataFrame:
    """A block of treated units, two thirds of the years before their start; unit levels, a factor, autocorrelated noise."""
    draw = np.random.default_rng(seed)
    year = np.arange(FIRST_YEAR, FIRST_YEAR + n_years)
    start = FIRST_YEAR + 2 * n_years // 3
    noise = draw.normal(size=(n_units, n_years))
    for step in range(1, n_years):
        noise[:, step] += 0.5 * noise[:, step - 1]
    factor = draw.normal(size=(n_units, 1)) * np.cumsum(draw.normal(size=n_years))
    treated = np.arange(n_units) < TREATED
    value = 50 + 5 * draw.normal(size=(n_units, 1)) + factor + noise + 1.0 * (treated[:, None] & (year >= start))
    return pd.DataFrame(
        {
            "unit_id": np.repeat([f"{code:05d}" for code in range(n_units)], n_years),
            "year": np.tile(year, n_units),
            "indicator": "y",
            "value": value.ravel(),
            "cohort": np.repeat(np.where(treated, float(start), np.nan), n_years),
        }
    )


def own_sdid(panel: pd.DataFrame) -> tuple[float, float]:
    """Estimate and placebo standard error by the exact variant, panel to result rows."""
    estimators = [{"id": "sdid", "method": "sdid"}]
    inference = {"draws": DRAWS}
    data = {"plan_version": 1, "id": "b", "outcomes": [{"indicator": "y"}], "estimators": estimators, "inference": inference}
    row = run_effects(panel, parse_plan(data, "bench")).estimates.iloc[0]
    return float(row["estimate"]), float(row["std_error"])


def diff_diff_sdid(panel: pd.DataFrame) -> tuple[float, float]:
    """The same by diff-diff."""
    from diff_diff import SyntheticDiD  # noqa: PLC0415  # a peer, which need not be installed

    after = sorted(panel.loc[panel["year"] >= panel["cohort"], "year"].unique().tolist())
    long = panel.assign(treated=panel["cohort"].notna().astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SyntheticDiD(variance_method="placebo", n_bootstrap=DRAWS, seed=1)
        found = model.fit(long, outcome="value", treatment="treated", unit="unit_id", time="year", post_periods=after)
    return float(found.att), float(found.se)


def against_diff_diff(n_units: int = 400, n_years: int = 19) -> list[tuple[str, float, str, float]]:
    """Seconds of both on one panel; none where diff-diff is not installed."""
    if importlib.util.find_spec("diff_diff") is None:
        return []
    panel = synthetic_panel(n_units, n_years)
    name = f"synthetic DiD, {n_units} units × {n_years} years, {DRAWS} placebos"
    return [(name, _seconds(own_sdid, panel, 3), "diff-diff", _seconds(diff_diff_sdid, panel, 1))]


def growth(n_units: int = 400, times: int = 10, n_years: int = 19) -> list[tuple[str, float, str, float]]:
    """Seconds on `times` as many units, against `times` the seconds on the smaller panel: 1 is linear growth."""
    small, large = synthetic_panel(n_units, n_years), synthetic_panel(n_units * times, n_years)
    expected = times * _seconds(own_sdid, small, 3)
    name = f"synthetic DiD, {n_units * times:,} units, {DRAWS} placebos"
    return [(name, _seconds(own_sdid, large, 1), f"{times} × {n_units} units", expected), _memory(large)]


def _seconds(work: Callable[[pd.DataFrame], object], panel: pd.DataFrame, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work(panel)
        times.append(time.perf_counter() - started)
    return min(times)


def _memory(panel: pd.DataFrame) -> tuple[str, float, str, float]:
    """Largest memory on top of what was there (MB), against panel and placebo weights of all draws."""
    tracemalloc.start()
    own_sdid(panel)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    draws = DRAWS * panel["unit_id"].nunique() * 8
    held = panel.memory_usage(deep=True).sum() + draws
    return "synthetic DiD, largest memory (MB)", peak / 1e6, "panel and one array of draws", float(held) / 1e6
