"""What a test of the years before the start can see, and what an estimate is worth once that test has passed (Roth 2022).

Belongs here: the slope that the test finds with a given probability, and the bias of the effects after passing. Does not belong here: the
test of the actual estimates (estimators/event_study.py), intervals. That a test passed is never evidence for parallel trends; these
figures say how little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.linalg import cholesky
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from kkz_eval.evaluation.arrays import EstimateByEstimate, Floats, PerEstimate
from kkz_eval.evaluation.problems import Refused, Rounded
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients

CRITICAL = 1.96  # of |t| of each coefficient, as Roth's package `pretrends` has it
POINTS = 1 << 13
SMALLEST = np.finfo(float).tiny  # a share of 0 would be a draw at infinity, which a weight of 0 does not undo
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)


@dataclass(frozen=True)
class Passed:
    """The years before under a linear violation: probability that none of them is significant, and their mean where none is.

    mean: (pre_periods,).
    """

    probability: float
    mean: PerEstimate


def slope_detected(event: EventCoefficients, power: float) -> float:
    """Slope of a linear violation, per year, at which some year before has |t| > 1.96 with probability `power`. Roth (2022), section II.

    By symmetry the same downwards. Raises Refused where the test fires that often without any violation. ValueError: power outside (0, 1).
    """
    if not 0 < power < 1:
        raise ValueError(f"power is {power}, not between 0 and 1")
    false_alarms = 1 - passed(event, 0.0).probability
    if false_alarms >= power:
        raise Refused("pre_trend_test_fires", power=Rounded(power, 2), found=Rounded(false_alarms, 2))
    years = event.years[: event.pre_periods]
    high = float((_spread(event) / np.abs(years)).min())
    while 1 - passed(event, high).probability < power:
        high *= 2
    return float(brentq(lambda slope: 1 - passed(event, slope).probability - power, 0.0, high, xtol=1e-9 * high))


def bias_after_passing(event: EventCoefficients, weights: PerEstimate, slope: float) -> float:
    """Mean error of the weighted effects under a linear violation, over those samples in which no year before is significant.

    weights: (post_periods,); slope: per year. Roth (2022), proposition 1: slope · years after + Σ(after, before) Σ(before)⁻¹ (mean of the
    years before where they passed - slope · years before), all estimates jointly normal. NaN where passing is too rare to be computed.
    """
    before = event.pre_periods
    surprise = passed(event, slope).mean - slope * event.years[:before]
    regression = np.linalg.solve(event.covariance[:before, :before], event.covariance[:before, before:])
    return float(weights @ (slope * event.years[before:] + surprise @ regression))


def passed(event: EventCoefficients, slope: float) -> Passed:
    """Probability and mean of the years before inside ±1.96 standard errors, where the violation is slope · years since the reference.

    Genz (1992): the box is walked through coordinate by coordinate, each drawn from its own normal cut to what is left of the box, here at
    the points of a fixed lattice (no draw, the same number always); the product of the masses weighs the point. Exact to about
    3e-5, the mean to 5e-4 standard errors.
    """
    before = event.pre_periods
    return _passed(slope * event.years[:before], event.covariance[:before, :before], CRITICAL * _spread(event))


def _spread(event: EventCoefficients) -> PerEstimate:
    """(pre_periods,) standard errors."""
    return np.sqrt(np.diag(event.covariance)[: event.pre_periods])


def _passed(centre: PerEstimate, covariance: EstimateByEstimate, reach: PerEstimate) -> Passed:
    factor = cholesky(covariance, lower=True)
    points = _lattice(len(centre))
    drawn, weight = np.zeros(points.shape), np.ones(len(points))
    for place in range(len(centre)):
        middle = centre[place] + drawn[:, :place] @ factor[place, :place]
        low, high = (-reach[place] - middle) / factor[place, place], (reach[place] - middle) / factor[place, place]
        turned = low > 0  # in the upper tail the distribution function is 1 in double precision; its mirror image is not
        low, high = np.where(turned, -high, low), np.where(turned, -low, high)
        below, mass = ndtr(low), ndtr(high) - ndtr(low)
        value = ndtri(np.clip(below + points[:, place] * mass, SMALLEST, None))
        drawn[:, place] = np.where(turned, -value, value)
        weight = weight * mass
    if not weight.sum() > 0:
        return Passed(0.0, np.full(len(centre), np.nan))
    return Passed(float(weight.mean()), centre + factor @ (weight @ drawn / weight.sum()))


@cache
def _lattice(dimensions: int) -> Floats:
    """(POINTS, dimensions) of Richtmyer, folded so that the integrand is periodic (Genz & Bretz 2009, section 4.2.2). Raises Refused."""
    if dimensions > len(PRIMES):
        raise Refused("many_event_times_before", found=dimensions, most=len(PRIMES))
    shares = np.arange(1, POINTS + 1)[:, None] * np.sqrt(PRIMES[:dimensions])
    return np.asarray(np.abs(2 * (shares % 1) - 1))
