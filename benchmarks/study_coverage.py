"""How often the intervals cover a known effect: 1,000 panels like those of the Kreise. Run as `python -m benchmarks.study_coverage`.

Belongs here: the study and its printed summary. Does not belong here: pass or fail (tests/evaluation has a small, loose check).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.spread import Spread
from kkz_eval.line.scheduler import spread_over
from kkz_eval.settings import load_settings

EFFECT = 2.0
PERSISTENCE = 0.5
MANY = 6
PLAN = {
    "plan_version": 1,
    "id": "coverage",
    "outcomes": [{"indicator": "y", "earliest_plausible_year": 2014}],
    "estimators": [
        {"id": "twfe", "method": "twfe"},
        {"id": "es", "method": "event_study"},
        {"id": "cs", "method": "callaway_santanna", "aggregations": ["simple", "dynamic"]},
        {"id": "sa", "method": "sun_abraham"},
    ],
}
T_PLAN = {**PLAN, "estimators": [PLAN["estimators"][2]], "inference": {"quantiles": "t"}}  # type: ignore[index]


@dataclass(frozen=True)
class Coverage:
    """Over the panels: mean error of an estimate, its spread, mean standard error, share of intervals that cover the effect."""

    estimator: str
    aggregation: str
    event_time: int | None
    panels: int
    bias: float
    spread: float
    std_error: float
    coverage: float


def kreis_like_panel(seed: int, copies: int = 1) -> pd.DataFrame:
    """13 treated units and 17 never treated (so many times `copies`), 2007 to 2019, effect 2 from 2012 on, errors of a unit that follow an AR(1)."""
    draw = np.random.default_rng(seed)
    years, n_units = np.arange(2007, 2020), 30 * copies
    errors = np.empty((n_units, len(years)))
    errors[:, 0] = draw.normal(size=n_units) / np.sqrt(1 - PERSISTENCE**2)
    for step in range(1, len(years)):
        errors[:, step] = PERSISTENCE * errors[:, step - 1] + draw.normal(size=n_units)
    treated = np.arange(n_units) < 13 * copies
    level = 5 * draw.normal(size=(n_units, 1)) + draw.normal(size=len(years))
    value = level + errors + EFFECT * (treated[:, None] & (years >= 2012))
    return pd.DataFrame(
        {
            "unit_id": np.repeat([f"{code:04d}" for code in range(n_units)], len(years)),
            "year": np.tile(years, n_units),
            "indicator": "y",
            "value": value.ravel(),
            "cohort": np.repeat(np.where(treated, 2012.0, np.nan), len(years)),
        }
    )


def _estimates(copies: int, plan: Plan, seed: int) -> pd.DataFrame:
    return run_effects(kreis_like_panel(seed, copies), plan).estimates


def coverage_study(panels: int, copies: int = 1, entries: Mapping[str, object] = PLAN, spread: Spread = map) -> list[Coverage]:
    """Coverage of every estimate of a plan over that many panels, seeds 0 to panels - 1; copies: as of kreis_like_panel; spread: how they are made."""
    plan: Plan = parse_plan(entries, "coverage study")
    keys = ["estimator", "aggregation", "event_time"]
    estimates = pd.concat(spread(partial(_estimates, copies, plan), range(panels)))
    estimates = estimates[estimates["std_error"].notna()]
    estimates["truth"] = np.where((estimates["event_time"] < 0).fillna(False).astype(bool), 0.0, EFFECT)
    estimates["covers"] = estimates["truth"].between(estimates["conf_low"], estimates["conf_high"])
    estimates["error"] = estimates["estimate"] - estimates["truth"]
    return [
        Coverage(
            estimator=estimator,
            aggregation=aggregation,
            event_time=None if pd.isna(event_time) else int(event_time),
            panels=len(group),
            bias=float(group["error"].mean()),
            spread=float(group["error"].std()),
            std_error=float(group["std_error"].mean()),
            coverage=float(group["covers"].mean()),
        )
        for (estimator, aggregation, event_time), group in estimates.groupby(keys, dropna=False)
    ]


def main(arguments: Sequence[str]) -> int:
    """Prints the study; the first argument is the number of panels, 1,000 without one."""
    panels = int(arguments[0]) if arguments else 1000
    studies = (
        (1, PLAN, "normal"),
        (1, T_PLAN, "t"),
        (MANY, PLAN, "normal"),
    )  # normal quantiles promise coverage for many units only
    for copies, entries, quantiles in studies:
        print(
            f"{panels} panels, {13 * copies} treated and {17 * copies} never treated units, effect {EFFECT:g}, nominal coverage 0.95, "
            f"quantiles of callaway_santanna: {quantiles}"
        )
        print(f"{'estimator':<10} {'aggregation':<12} {'time':>5} {'bias':>9} {'spread':>8} {'mean SE':>8} {'coverage':>9}")
        for line in coverage_study(panels, copies, entries, spread_over(load_settings().scheduler)):
            time = "" if line.event_time is None else str(line.event_time)
            print(
                f"{line.estimator:<10} {line.aggregation:<12} {time:>5} {line.bias:>9.4f} {line.spread:>8.4f} "
                f"{line.std_error:>8.4f} {line.coverage:>9.3f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
