"""Confidence intervals by inverting the exact test: the effects that it does not reject.

Belongs here: the inversion. Does not belong here: the test (exact.py), statistics that are not linear in the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import brentq

from kkz_eval.evaluation.arrays import Floats, Mask, PerAssignment, PerUnit
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law, draw_assignments
from kkz_eval.evaluation.inference.exact import SAME, Computed, Tails, combined, distribution_of, observed_of
from kkz_eval.evaluation.inference.statistics import coefficients
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

PRECISE = 1e-8  # of the range in which a bound is looked for
FARTHEST = 40  # doublings of that step
LOOKED_AT = 100_000  # drawn assignments that tell about where the bounds lie
WIDER = 1e-3  # by so much of its distance from the middle either end of that range is moved, since p falls in steps
UNCERTAIN = 6.0  # standard errors of a drawn p-value: nearly always the exact one lies within


@dataclass(frozen=True)
class Interval:
    """Effects that are not rejected. low, high: −∞, ∞ where no effect on that side is; middle: the effect whose p-value is 1."""

    low: float
    high: float
    middle: float


@dataclass(frozen=True)
class _Line:
    """The real estimate and its distance from the mean of all, on z − effect · treated, for any effect: both are lines.

    estimate, center: on z; one, center_of_one: of treated itself in place of z; scale: of estimates, for ties.
    """

    estimate: float
    center: float
    one: float
    center_of_one: float
    scale: float

    @property
    def reach(self) -> float:
        """How much farther from the mean the estimate moves with an effect of 1."""
        return self.one - self.center_of_one

    @property
    def middle(self) -> float:
        """The effect that puts the estimate at the mean."""
        return (self.estimate - self.center) / self.reach

    def as_far(self, effect: float) -> tuple[float, float]:
        """At least, or at most, so large is an estimate that lies as far from the mean as the real one; ties count."""
        mean, distance = self.center - effect * self.center_of_one, abs((effect - self.middle) * self.reach)
        tie = SAME * max(self.scale, distance)
        return mean + distance - tie, mean - distance + tie


def exact_interval(
    z: PerUnit, compared: ComparedUnits, law: Law = UNIFORM, level: float = 0.95, assigned: ComparedUnits | None = None
) -> Interval:
    """{τ: p(τ) > 1 − level}, p(τ) the two-sided exact p-value of the estimate on z − τ · treated.

    No estimate is made anew for a τ: estimate(A; z − τ · treated) = estimate(A; z) − τ · estimate(A; treated), and the center moves likewise.
    From the middle p falls on either side (strictly so where all assignments are equally likely): each bound is where it falls to 1 − level.
    Arguments and refusals are those of `exact_coefficient`. Ernst (2004), Statistical Science 19(4), 676–685, section 4.2.
    """
    units = assigned or compared
    statistics = coefficients([z, compared.treated.astype(float)], compared)
    distribution = distribution_of(statistics, units, [law])
    estimate, one = (number for made in statistics for number in observed_of(made, units))
    center, center_of_one = distribution.means[0].tolist()
    if one - center_of_one <= SAME:
        raise Refused("same_under_all")
    middle = (estimate - center) / (one - center_of_one)
    factors = np.array([1.0, -middle])
    spread = float(np.sqrt(max(0.0, factors @ distribution.covariance[0] @ factors))) / (one - center_of_one)
    step = spread if spread > SAME * abs(middle) else abs(middle)  # z may be nothing but an effect
    if step <= SAME * float(np.abs(z).max()):
        raise Refused("same_under_all")
    line = _Line(estimate, center, one, center_of_one, step * (one - center_of_one))

    def p(effect: float) -> float:
        above, below = line.as_far(effect)
        (((far_above,), (far_below,)),) = distribution.tails([Tails(0, [1.0, -effect], [above], [below])])
        return far_above + far_below

    alpha = 1 - level + SAME  # a p of exactly 1 − level rejects, however both are rounded
    if isinstance(distribution, Computed) and not distribution.is_kept:  # dozens of questions, seconds each, become two
        assignments = draw_assignments(units, law, LOOKED_AT, np.random.default_rng(0))
        drawn = [number for made in statistics for number in made.numbers(assignments)]
        ranges = _about_bounds(drawn, line, step, alpha)
        if np.isfinite(ranges).all():
            ps = _of_those_open(distribution, line, ranges)
            if all(one(near) > alpha >= one(far) for one, (near, far) in zip(ps, ranges, strict=True)):
                low, high = (_crossing(one, near, far, alpha) for one, (near, far) in zip(ps, ranges, strict=True))
                return Interval(low, high, middle)
    low, high = (_bound(p, middle, direction * step, alpha) for direction in (-1, 1))
    return Interval(low, high, middle)


def _bound(p: Callable[[float], float], middle: float, step: float, alpha: float) -> float:
    """Where p falls to alpha, in the direction of the step; infinite where it never does."""
    near, far = middle, middle + step
    for _ in range(FARTHEST):
        if p(far) <= alpha:
            return _crossing(p, near, far, alpha)
        near, far = far, middle + 2 * (far - middle)
    return float(np.copysign(np.inf, step))


def _crossing(p: Callable[[float], float], near: float, far: float, alpha: float) -> float:
    return float(brentq(lambda effect: p(effect) - alpha, near, far, xtol=PRECISE * abs(far - near), rtol=1e-12))


def _about_bounds(drawn: Sequence[PerAssignment], line: _Line, step: float, alpha: float) -> list[tuple[float, float]]:
    """On either side a range of effects, the nearer to the middle first, in which the bound lies, as far as drawn assignments tell.

    drawn: estimates on z and on treated in its place.
    """
    on_z, on_treated = drawn

    def p(effect: float) -> float:
        above, below = line.as_far(effect)
        moved = on_z - effect * on_treated
        return float(np.mean((moved >= above) | (moved <= below)))

    error = UNCERTAIN * np.sqrt(alpha * (1 - alpha) / len(on_z))
    ends = [[_bound(p, line.middle, way, alpha + more) - line.middle for more in (error, -error)] for way in (-step, step)]
    return [(line.middle + near * (1 - WIDER), line.middle + far * (1 + WIDER)) for near, far in ends]


def _of_those_open(distribution: Computed, line: _Line, ranges: Sequence[tuple[float, float]]) -> list[Callable[[float], float]]:
    """p(effect) for the effects of each range, from one pass over all assignments.

    An estimate and what it must reach are lines in the effect: an assignment that counts at both ends of the range counts throughout. The
    weight of those is settled; the few that count at one end only are kept.
    """
    settled = [0.0] * len(ranges)
    open_ones: list[list[Floats]] = [[] for _ in ranges]
    for block in distribution.blocks():
        on_z, on_treated = block.values
        for place, ends in enumerate(ranges):
            reached = [_reached(line, effect, combined([1.0, -effect], block.values)) for effect in ends]
            for sign, at_near, at_far in zip((1.0, -1.0), *reached, strict=True):
                settled[place] += block.weighed(at_near & at_far, 0)
                row, column = np.divmod(np.flatnonzero(at_near ^ at_far), at_near.shape[1])
                kept = on_z[row, column], on_treated[row, column], block.rows[0, row] * block.columns[0, column]
                open_ones[place].append(np.stack([*kept, np.full(len(row), sign)]))
    return [
        partial(_p_of_open, line, one, np.concatenate(kept, axis=1), float(distribution.totals[0]))
        for one, kept in zip(settled, open_ones, strict=True)
    ]


def _reached(line: _Line, effect: float, moved: Floats) -> tuple[Mask, Mask]:
    """Estimates that lie as far above the mean as the real one, and as far below."""
    above, below = line.as_far(effect)
    return moved >= above, moved <= below


def _p_of_open(line: _Line, settled: float, kept: Floats, total: float, effect: float) -> float:
    """kept: (4, a) estimates on z and on treated, weights, and 1 or −1 where an assignment may count above or below."""
    on_z, on_treated, weights, sign = kept
    far_above, far_below = _reached(line, effect, on_z - effect * on_treated)
    return (settled + float(weights @ np.where(sign > 0, far_above, far_below))) / total
