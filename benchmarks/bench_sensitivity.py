"""Speed of what violations could do to an event study, against the linear programmes that it does without, and moderndid where installed.

Belongs here: event studies as large as the programme's, the calls, the entries of the table. Does not belong here: the table and its file
(bench.py), pass or fail. Time is that of the processor, all threads together.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Callable

import numpy as np
from scipy.optimize import linprog

from benchmarks.bench_inference import processor_seconds
from benchmarks.study_coverage import PLAN, kreis_like_panel
from kkz_eval.evaluation.arrays import Floats
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.sample import build_sample, outcome_slice
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients, event_coefficients
from kkz_eval.evaluation.sensitivity.relative_magnitudes import EFFECTS_TRIED, relative_magnitudes_interval
from kkz_eval.evaluation.sensitivity.smoothness import smoothness_interval
from kkz_eval.evaluation.sensitivity.table import sensitivity_of

Entry = tuple[str, float, str, float]
BEFORE, AFTER = 5, 7
PROGRAMMES = 40  # timed; the figure is that of as many as there are effects and pieces


def sensitivity(before: int = BEFORE, after: int = AFTER) -> list[Entry]:
    """One interval under either kind of violation, and all rows of an event study of 30 units."""
    event = wandering(before, after)
    weights = event.average_effect()
    magnitudes = processor_seconds(lambda: relative_magnitudes_interval(event, weights, 1.0, 0.05), repeats=5)
    smooth = processor_seconds(lambda: smoothness_interval(event, weights, 0.05, 0.05), repeats=5)
    name, programmes = f"{before} periods before and {after} after", 2 * before * EFFECTS_TRIED
    one = processor_seconds(lambda: [least_violation(event, weights) for _ in range(PROGRAMMES)], repeats=2) / PROGRAMMES
    against = f"{programmes:,} linear programmes (SciPy), from {PROGRAMMES}"
    return [
        (f"relative magnitudes, a value, {name}", magnitudes, against, one * programmes),
        (f"smoothness, a value, {name}", smooth, against, one * programmes),
        (
            "all of sensitivity, an event study of 30 units × 13 years",
            processor_seconds(of_thirty_units(), repeats=3),
            "budget",
            2.0,
        ),
    ]


def against_moderndid(before: int = BEFORE, after: int = AFTER) -> list[Entry]:
    """A value under relative magnitudes by moderndid, with its own settings; nothing where it is not installed."""
    if importlib.util.find_spec("moderndid") is None:
        return []
    from moderndid.didhonest.delta.rm.rm import compute_conditional_cs_rm  # type: ignore[import-not-found]  # noqa: PLC0415

    event = wandering(before, after)
    weights = event.average_effect()

    def theirs() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compute_conditional_cs_rm(event.estimates, event.covariance, before, after, l_vec=weights[:, None], m_bar=1.0, seed=0)

    own = processor_seconds(lambda: relative_magnitudes_interval(event, weights, 1.0, 0.05), repeats=5)
    name = f"relative magnitudes, a value, {before} periods before and {after} after"
    return [(name, own, "moderndid", processor_seconds(theirs, repeats=1))]


def wandering(before: int, after: int) -> EventCoefficients:
    """Estimates of units that wander, with an effect of 1."""
    years = before + after + 1
    to_reference = np.delete(np.eye(years), before, axis=0)
    to_reference[:, before] = -1
    root = 0.2 * to_reference @ (np.eye(years) + 0.3 * np.tril(np.ones((years, years))))
    noise = root @ np.random.default_rng(1).normal(size=years)
    covariance = root @ root.T
    return event_coefficients(np.repeat([0.0, 1.0], [before, after]) + noise, (covariance + covariance.T) / 2, before, after)


def least_violation(event: EventCoefficients, weights: Floats) -> float:
    """The statistic of one effect and one piece as a linear programme: min η, changes of the effects free but for their weighted sum."""
    reach = np.cumsum(weights[::-1])[::-1]
    moves = np.diff(np.concatenate([[0.0], event.estimates[event.pre_periods :]]))
    free = np.concatenate([np.eye(len(moves)), -np.eye(len(moves))])
    columns = np.column_stack([np.ones(len(free)), free])
    limits = np.concatenate([moves, -moves])
    found = linprog(np.eye(len(moves) + 1)[0], A_ub=-columns, b_ub=-limits, A_eq=[[0, *reach]], b_eq=[0], bounds=(None, None))
    return float(found.fun)


def of_thirty_units() -> Callable[[], object]:
    """All rows of one event study, the regression among them."""
    plan = parse_plan(PLAN, "bench")
    (outcome,) = plan.outcomes
    sample = build_sample(outcome_slice(validate_panel(kreis_like_panel(1), plan), plan, outcome), plan, outcome)
    return lambda: sensitivity_of(sample, plan)


def main() -> int:
    """Print the figures."""
    for name, measured, against, reference in [*sensitivity(), *against_moderndid()]:
        print(f"{name:<70} {measured * 1e3:8.1f} ms  {measured / reference:8.5f} x {against}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
