"""All that is asked of one event study, as rows of the table of sensitivity.

Belongs here: which bounds are asked, the rows. Does not belong here: the intervals (smoothness, relative_magnitudes), files (results.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import cast

import numpy as np

from kkz_eval.evaluation.arrays import PerEstimate
from kkz_eval.evaluation.estimators.event_study import exposed_weights
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample
from kkz_eval.evaluation.sensitivity.breakdown import breakdown_relative_magnitudes, breakdown_smoothness
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients, event_study_coefficients
from kkz_eval.evaluation.sensitivity.pre_trend_power import bias_after_passing, slope_detected
from kkz_eval.evaluation.sensitivity.relative_magnitudes import relative_magnitudes_interval
from kkz_eval.evaluation.sensitivity.smoothness import smoothness_interval

RELATIVE_MAGNITUDES = (0.5, 1.0, 1.5, 2.0)
SHARES_OF_BEND = (0.0, 0.5, 1.0)  # of the largest bend that the estimates before show
POWERS = (0.5, 0.8)


@dataclass(frozen=True)
class SensitivityRow:
    """A row, by the names of its columns.

    method and parameter: honest_smoothness, M · honest_relative_magnitudes, M̄ · breakdown and breakdown_smoothness, the largest bound whose
    interval excludes 0 (both ends say it too; NaN where none does, infinite where all do) · pre_trend_power, the power, both ends the
    slope per year that is found with it · bias_after_passing, the power, both ends the bias of the target under that slope where no year
    before was significant. target: first | average | exposed, empty where there is none.
    """

    method: str
    parameter: float
    target: str
    conf_low: float
    conf_high: float

    @property
    def cells(self) -> dict[str, object]:
        """The row for the table, whose parameters are text: other rows name a specification there."""
        return {**asdict(self), "parameter": "" if isnan(self.parameter) else repr(float(self.parameter))}


@dataclass(frozen=True)
class Sensitivity:
    """The rows of one event study, and why some or all are missing."""

    rows: tuple[SensitivityRow, ...] = ()
    notes: tuple[Note, ...] = ()


def sensitivity_of(sample: Sample, plan: Plan) -> Sensitivity:
    """Of the event study with two-way fixed effects that was estimated from this sample: all its rows, at the level of the plan.

    Intervals under both kinds of violation for the first effect, the mean of all effects and, where the outcome has an earliest plausible
    year, that over the exposed years; the bounds at which they reach 0; and what a test of the years before can see.
    """
    try:
        event = event_study_coefficients(sample, plan)
    except Refused as refusal:
        return Sensitivity(notes=(Note("notes.sensitivity_refused", {"reason": refusal.note.sentence}),))
    targets = {"first": event.first_effect(), "average": event.average_effect()}
    exposed = None if sample.earliest is None else exposed_weights(sample, event.event_times.tolist())
    if exposed is not None:
        targets["exposed"] = exposed[event.pre_periods :]
    rows = [row for name, weights in targets.items() for row in _of_violations(event, name, weights, plan)]
    try:
        return Sensitivity((*rows, *_of_pre_trend_test(event, targets)))
    except Refused as refusal:
        return Sensitivity(tuple(rows), (refusal.note,))


def _of_violations(event: EventCoefficients, target: str, weights: PerEstimate, plan: Plan) -> Iterator[SensitivityRow]:
    alpha = 1 - plan.inference.level
    for m_bar in _bounds(plan, "relative_magnitudes", RELATIVE_MAGNITUDES):
        found = relative_magnitudes_interval(event, weights, m_bar, alpha)
        yield SensitivityRow("honest_relative_magnitudes", m_bar, target, found.low, found.high)
    bend = largest_bend(event)
    for m in _bounds(plan, "smoothness", [share * bend for share in SHARES_OF_BEND]):
        found = smoothness_interval(event, weights, m, alpha)
        yield SensitivityRow("honest_smoothness", m, target, found.low, found.high)
    largest = breakdown_relative_magnitudes(event, weights, alpha)
    yield SensitivityRow("breakdown", largest, target, largest, largest)
    largest = breakdown_smoothness(event, weights, alpha)
    yield SensitivityRow("breakdown_smoothness", largest, target, largest, largest)


def _of_pre_trend_test(event: EventCoefficients, targets: Mapping[str, PerEstimate]) -> Iterator[SensitivityRow]:
    for power in POWERS:
        slope = slope_detected(event, power)
        yield SensitivityRow("pre_trend_power", power, "", slope, slope)
        for name, weights in targets.items():
            bias = bias_after_passing(event, weights, slope)
            yield SensitivityRow("bias_after_passing", power, name, bias, bias)


def _bounds(plan: Plan, key: str, usual: Sequence[float]) -> Sequence[float]:
    named = cast("Sequence[float] | None", plan.sensitivity.get(key))  # a list of numbers by the schema of plans
    return usual if named is None else [float(bound) for bound in named]


def largest_bend(event: EventCoefficients) -> float:
    """Largest |second difference| of the estimates up to the reference, in the unit of the outcome."""
    path = np.concatenate([event.estimates[: event.pre_periods], [0.0]])
    return float(np.abs(np.diff(path, n=2)).max())
