"""How large a violation may be before a finding ends: the largest bound whose interval still excludes 0.

Belongs here: the search over bounds. Does not belong here: the intervals, and what a large enough bound is (the verdict).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.optimize import brentq

from kkz_eval.evaluation.arrays import PerEstimate
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients
from kkz_eval.evaluation.sensitivity.interval import Interval
from kkz_eval.evaluation.sensitivity.relative_magnitudes import relative_magnitudes_interval
from kkz_eval.evaluation.sensitivity.smoothness import smoothness_interval

LARGEST = 1000.0  # times the unit of the search; a finding that no violation of that size ends is said to have no end
GROWTH = 1.5  # from one bound tried to the next: small, so that the first bound that ends the finding is met
FIRST_SHARE = 0.1  # of the unit, the first bound tried above 0
ACCURACY = 1e-7  # of the unit


def breakdown_relative_magnitudes(event: EventCoefficients, weights: PerEstimate, alpha: float) -> float:
    """Largest M̄ up to which the interval of relative magnitudes excludes 0 (Rambachan & Roth 2023, section 6).

    weights: (post_periods,). NaN where 0 is inside already at M̄ = 0; infinite where no M̄ up to 1000 brings it in.
    """
    return _largest_without_zero(lambda m_bar: relative_magnitudes_interval(event, weights, m_bar, alpha), unit=1.0)


def breakdown_smoothness(event: EventCoefficients, weights: PerEstimate, alpha: float) -> float:
    """Largest M up to which the interval under smoothness excludes 0, in the unit of the outcome.

    NaN where a straight line (M = 0) is enough to bring 0 in; infinite where no M brings it in that is of any size beside the estimate.
    """
    line = smoothness_interval(event, weights, 0.0, alpha)
    unit = max(abs(line.low), abs(line.high))
    return _largest_without_zero(lambda m: smoothness_interval(event, weights, m, alpha), unit)


def _largest_without_zero(interval: Callable[[float], Interval], unit: float) -> float:
    start = interval(0.0)
    if start.holds(0.0):
        return math.nan

    def room(bound: float) -> float:
        """How far 0 is outside, on the side of the finding; negative inside."""
        return interval(bound).low if start.low > 0 else -interval(bound).high

    below, above = 0.0, FIRST_SHARE * unit
    while room(above) > 0:
        below, above = above, above * GROWTH
        if above > LARGEST * unit:
            return math.inf
    return float(brentq(room, below, above, xtol=ACCURACY * unit))
