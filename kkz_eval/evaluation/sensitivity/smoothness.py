"""Effects where the difference of trends may bend by at most M from period to period: the shortest interval of fixed length.

Belongs here: the interval of Rambachan & Roth (2023) for their set of smooth differences. Does not belong here: other sets
(relative_magnitudes.py), the largest M that a finding bears (breakdown.py).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri

from kkz_eval.evaluation.arrays import Floats, PerEstimate
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients
from kkz_eval.evaluation.sensitivity.interval import Interval

TIE = 1e-12  # relative; two steps of the path that are no further apart are one


def smoothness_interval(event: EventCoefficients, weights: PerEstimate, m: float, alpha: float) -> Interval:
    """Shortest interval of fixed length for the weighted effects that covers them with 1 - alpha where the violation bends by at most m.

    weights: (post_periods,). m >= 0: largest |second difference| of the violation, in the unit of the outcome. Rambachan & Roth (2023),
    section 4.1: among all affine estimators, the one with the smallest half length sd · cv(largest bias / sd). Raises ValueError: m < 0.

    An affine estimator with bounded bias is exact for a straight line, which leaves
        weights'after + slope · before[-1] + Σ_j u_j · (second difference of the estimates, j periods before the reference),
    slope = Σ_t t · weights_t. Its largest bias is m · (Σ_j |Σ_{t>j} (t - j) · weights_t| + |slope| + Σ_j |u_j|), first sum over periods
    after the reference but the last. The smallest variance for each Σ|u| is a lasso, whose path has straight pieces and is followed
    exactly; along it the half length is convex in the bias, so that no programme of many variables has to be solved.
    """
    if not m >= 0:
        raise ValueError(f"m is {m}, not a bound")
    anchor, bends = _straight_line(event, weights), _second_differences_before(event)
    least_bias = _least_bias(weights)
    variance = float(anchor @ event.covariance @ anchor)
    cross, gram = bends @ event.covariance @ anchor, bends @ event.covariance @ bends.T

    def half_length(u: Floats) -> float:
        spread = float(np.sqrt(variance + 2 * u @ cross + u @ gram @ u))
        return spread * folded_normal_quantile(m * (least_bias + float(np.abs(u).sum())) / spread, alpha)

    path = _lasso_path(gram, -cross)
    lengths = [half_length(knot) for knot in path]
    best = int(np.argmin(lengths))
    u, length = path[best], lengths[best]
    for other in path[
        max(best - 1, 0) : best + 2
    ]:  # convex along the path: the minimum is at this knot or on a piece that ends there

        def on_piece(share: float, start: Floats = path[best], end: Floats = other) -> float:
            return half_length(start + share * (end - start))

        found = minimize_scalar(on_piece, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-9})
        if found.fun < length:
            u, length = path[best] + found.x * (other - path[best]), float(found.fun)
    centre = float((anchor + u @ bends) @ event.estimates)
    return Interval(centre - length, centre + length)


def folded_normal_quantile(shift: float, alpha: float) -> float:
    """The 1 - alpha quantile of |Z + shift|, Z standard normal, shift >= 0.

    Newton's steps from the left: the distribution function is concave from shift + z(1 - alpha) on, so that none of them is too long.
    """
    value = shift + float(ndtri(1 - alpha))
    for _ in range(50):
        missing = 1 - alpha - float(ndtr(value - shift) - ndtr(-value - shift))
        step = missing / _density(value, shift)
        value += step
        if abs(step) <= 1e-14 * value:
            break
    return value


def _density(value: float, shift: float) -> float:
    return float((np.exp(-((value - shift) ** 2) / 2) + np.exp(-((value + shift) ** 2) / 2)) / np.sqrt(2 * np.pi))


def _straight_line(event: EventCoefficients, weights: PerEstimate) -> PerEstimate:
    """(r,) the weighted effects less what the line through the last estimate before and the reference comes to."""
    slope = float(weights @ np.arange(1, event.post_periods + 1))
    before = np.zeros(event.pre_periods)
    before[-1] = slope
    return np.concatenate([before, weights])


def _second_differences_before(event: EventCoefficients) -> Floats:
    """(pre_periods - 1, r) at each period before the reference that has a neighbour on both sides, the one next to the reference first."""
    path = np.zeros((event.pre_periods + 1, event.pre_periods + event.post_periods))
    path[: event.pre_periods, : event.pre_periods] = np.eye(event.pre_periods)  # the last row is the reference, 0
    return np.diff(path, n=2, axis=0)[::-1]


def _least_bias(weights: PerEstimate) -> float:
    """Largest bias, for m = 1, of the straight line through the last estimate before the reference."""
    after = [abs(float(weights[start:] @ np.arange(1, len(weights) - start + 1))) for start in range(len(weights))]
    return sum(after)


def _lasso_path(gram: Floats, target: Floats) -> list[Floats]:
    """The knots of u(λ) = argmin ½ u'gram u - target'u + λ Σ|u|, from u = 0 to λ = 0 (Osborne, Presnell & Turlach 2000)."""
    u = np.zeros(len(target))
    if not len(target):
        return [u]
    penalty = float(np.abs(target).max())
    floor = TIE * penalty
    active = [int(np.abs(target).argmax())]
    knots = [u]
    while penalty > floor:
        signs = np.sign((target - gram @ u)[active])
        direction = np.zeros(len(u))
        direction[active] = np.linalg.solve(gram[np.ix_(active, active)], signs)  # du / d(-λ)
        slopes, left = gram @ direction, target - gram @ u
        longest, joins, leaves = penalty, None, None
        for place in range(len(u)):
            if place in active:
                if u[place] * direction[place] < 0 and -u[place] / direction[place] < longest:
                    longest, joins, leaves = -u[place] / direction[place], None, place
            else:  # |left - step · slope| = penalty - step
                for sign in (1, -1):
                    room, pace = penalty - sign * left[place], 1 - sign * slopes[place]
                    if pace > 0 and room / pace < longest:
                        longest, joins, leaves = max(room / pace, 0.0), place, None
        u = u + longest * direction
        penalty -= longest
        if leaves is not None:
            active.remove(leaves)
            u[leaves] = 0.0
        if joins is not None:
            active.append(joins)
        knots.append(u)
    return knots
