"""How often intervals under violations cover a known effect. Run as `python -m benchmarks.study_sensitivity [DRAWS]`.

Belongs here: the study and its printed summary. Does not belong here: pass or fail (tests/evaluation/sensitivity has a small check).

Two parts. With the covariance known and estimates jointly normal, intervals must cover in 95 % or more wherever the violation is inside
the bound, and may fail where it is not. On panels of 30 units the covariance is estimated from 30 clusters, which no theorem covers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.bench_sensitivity import AFTER, BEFORE, wandering
from benchmarks.study_coverage import EFFECT, PLAN, kreis_like_panel
from kkz_eval.evaluation.arrays import PerEstimate
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients
from kkz_eval.evaluation.sensitivity.relative_magnitudes import relative_magnitudes_interval
from kkz_eval.evaluation.sensitivity.smoothness import smoothness_interval

STEP = 1.0  # largest move before, or bend, of the violations: three standard errors of a move, so that the bounds are what counts


@dataclass(frozen=True)
class Covered:
    """Share of draws or panels whose interval holds the effect, and the mean length of the interval."""

    name: str
    target: str
    draws: int
    coverage: float
    length: float


def violations() -> dict[str, PerEstimate]:
    """(r,) by name, in the order of the estimates: none, a move of STEP before and as large ones after it, a line, a bend in each year."""
    years = np.array([*range(-BEFORE, 0), *range(1, AFTER + 1)], dtype=float)
    moves = np.where(years < 0, np.where(years == -BEFORE, -STEP, 0.0), STEP * years)
    return {"none": np.zeros(len(years)), "moves": moves, "line": STEP * years, "bends": STEP * years**2 / 2}


def known_covariance(draws: int) -> list[Covered]:
    """Effect 0, estimates normal around each violation."""
    event = wandering(BEFORE, AFTER)
    asked = [("none", 1.0), ("moves", 1.0), ("moves", 0.5), ("line", 1.0)]
    bent = [("none", 0.0), ("line", 0.0), ("bends", STEP), ("bends", 0.0)]
    found = [
        *(
            (f"relative magnitudes, M̄ = {bound:g}, violation: {name}", name, bound, relative_magnitudes_interval)
            for name, bound in asked
        ),
        *((f"smoothness, M = {bound:g}, violation: {name}", name, bound, smoothness_interval) for name, bound in bent),
    ]
    lines = []
    for title, name, bound, interval in found:
        drawn = np.random.default_rng(1).multivariate_normal(violations()[name], event.covariance, size=draws)
        for target, weights in {"first": event.first_effect(), "average": event.average_effect()}.items():
            ends = [interval(EventCoefficients(one, event.covariance, event.event_times), weights, bound, 0.05) for one in drawn]
            coverage = float(np.mean([one.holds(0.0) for one in ends]))
            lines.append(Covered(title, target, draws, coverage, float(np.mean([one.high - one.low for one in ends]))))
    return lines


def panels_of_thirty_units(panels: int) -> list[Covered]:
    """Trends parallel, effect 2, covariance estimated by cluster: 13 treated and 17 never treated."""
    keys = {
        "estimators": [{"id": "es", "method": "event_study"}],
        "sensitivity": {"relative_magnitudes": [0, 0.5, 1], "smoothness": [0]},
    }
    plan = parse_plan({**PLAN, **keys}, "study")
    rows = pd.concat([run_effects(kreis_like_panel(seed), plan).sensitivity for seed in range(panels)])
    rows = rows[rows["method"].str.startswith("honest")]
    lines = []
    for (method, bound, target), alike in rows.groupby(["method", "parameter", "target"]):
        inside = (alike["conf_low"] <= EFFECT) & (alike["conf_high"] >= EFFECT)
        length = (alike["conf_high"] - alike["conf_low"]).mean()
        lines.append(Covered(f"{method}, {bound}", str(target), len(alike), float(inside.mean()), float(length)))
    return lines


def main(arguments: Sequence[str]) -> int:
    """Prints the study; the first argument is the number of draws, 2,000 without one, and a quarter as many panels."""
    draws = int(arguments[0]) if arguments else 2000
    print("Nominal coverage 0.95; a bound smaller than the violation promises nothing")
    for title, lines in {
        f"{BEFORE} periods before and {AFTER} after, covariance known": known_covariance(draws),
        "30 units, covariance estimated, trends parallel": panels_of_thirty_units(max(draws // 4, 1)),
    }.items():
        print(title)
        for line in lines:
            print(f"  {line.name:<55} {line.target:<8} {line.draws:>6} {line.coverage:>7.3f} {line.length:>8.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
