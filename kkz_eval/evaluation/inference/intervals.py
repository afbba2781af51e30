"""Confidence intervals by inverting the exact test: the effects that it does not reject.

Belongs here: the inversion. Does not belong here: the test (exact.py), statistics that are not linear in the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from kkz_eval.evaluation.arrays import PerUnit
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law
from kkz_eval.evaluation.inference.exact import SAME, Distribution, distribution_of, observed_of, tail_probabilities
from kkz_eval.evaluation.inference.statistics import coefficient
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

PRECISE = 1e-8  # of the first step from the middle, which is about the width of the interval
FARTHEST = 40  # doublings of that step


@dataclass(frozen=True)
class Interval:
    """Effects that are not rejected. low, high: −∞, ∞ where no effect on that side is; middle: the effect whose p-value is 1."""

    low: float
    high: float
    middle: float


def exact_interval(
    z: PerUnit, compared: ComparedUnits, law: Law = UNIFORM, level: float = 0.95, assigned: ComparedUnits | None = None
) -> Interval:
    """{τ: p(τ) > 1 − level}, p(τ) the two-sided exact p-value of the estimate on z − τ · treated.

    Nothing is counted anew for a τ: estimate(A; z − τ · treated) = estimate(A; z) − τ · estimate(A; treated), and the center moves likewise.
    From the middle p falls on either side (strictly so where all assignments are equally likely): each bound is where it falls to 1 − level.
    Arguments and refusals are those of `exact_coefficient`. Ernst (2004), Statistical Science 19(4), 676–685, section 4.2.
    """
    units = assigned or compared
    statistics = [coefficient(z, compared), coefficient(compared.treated.astype(float), compared)]
    distribution = distribution_of(statistics, units, law)
    estimate, one = (observed_of(statistic, units) for statistic in statistics)
    center, center_of_one = distribution.means.tolist()
    reach = one - center_of_one
    if reach <= SAME:
        raise Refused("same_under_all")
    middle = (estimate - center) / reach
    spread = _sd(distribution, middle) / reach
    step = spread if spread > SAME * abs(middle) else abs(middle)  # z may be nothing but an effect
    if step <= SAME * float(np.abs(z).max()):
        raise Refused("same_under_all")

    def above_level(effect: float) -> float:
        """p at that effect, less what is rejected."""
        observed, mean = estimate - effect * one, center - effect * center_of_one
        scale = max(_sd(distribution, effect), abs(observed - mean), step * reach)
        p, _, _ = tail_probabilities(distribution, [1.0, -effect], observed, mean, scale)
        return p - (1 - level) - SAME  # a p of exactly 1 − level rejects, however both are rounded

    def bound(direction: float) -> float:
        near, far = middle, middle + direction * step
        for _ in range(FARTHEST):
            if above_level(far) <= 0:
                return float(brentq(above_level, near, far, xtol=PRECISE * step, rtol=1e-12))
            near, far = far, middle + 2 * (far - middle)
        return direction * np.inf

    return Interval(bound(-1.0), bound(1.0), middle)


def _sd(distribution: Distribution, effect: float) -> float:
    """Standard deviation of the estimate on z − effect · treated."""
    factors = np.array([1.0, -effect])
    return float(np.sqrt(max(0.0, factors @ distribution.covariance @ factors)))
