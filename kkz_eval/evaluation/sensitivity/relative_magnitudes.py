"""Effects where the violation may move, from period to period, by at most M̄ times the largest move seen before the reference.

Belongs here: the conditional test with least favourable critical value (Andrews, Roth & Pakes 2023) that Rambachan & Roth (2023) use for
this set, and the set of effects that it does not reject. Does not belong here: other sets (smoothness.py), the largest M̄ that a finding
bears (breakdown.py).

The set is a union: the largest move before is one of the moves, up or down. For each of these pieces the violation is bounded by linear
inequalities, and each piece is tested alone; the interval goes from the smallest to the largest effect that some piece does not reject.

What makes it quick. The weighted effects are Σ_t c_t · x_t with x the moves of the effects and c_t = Σ_{s>=t} weights_s. With b the moves
of the estimates and g the move before that is taken for the largest, a piece says ±(b_t - x_t) <= M̄ g for every period t. The test is the
smallest η so that each inequality holds with η standard errors to spare; x is a nuisance but for Σ c x = θ. Its dual has, whatever the
number of periods, T + 2 vertices that can be written down: the inequalities weighted by c (upper side), by -c (lower side), and the two of
each period added. So η is the largest of

    (ℓ - θ - M̄ |c| g) / n₊,   (θ - ℓ - M̄ |c| g) / n₋,   -2 M̄ g / (σ_t₊ + σ_t₋),          ℓ = weights'estimates,

all of them functions of two numbers, ℓ and g. Of the last kind only the smallest and the largest denominator can decide. No linear
programme is left, the critical value is an integral over one variable, and many effects are tested at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import log_ndtr, ndtr, ndtri

from kkz_eval.evaluation.arrays import Floats, Integers, Mask, PerEstimate
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients
from kkz_eval.evaluation.sensitivity.interval import Interval

TIE = 1e-13  # probits; two probabilities that are no further apart are one
FIRST_STAGE = 0.1  # share of alpha that the least favourable test may spend (Rambachan & Roth 2023, section 3.2)
EFFECTS_TRIED = 128  # for each piece, between the bounds that the least favourable test sets
SECTIONS = np.arange(1, 32) / 32  # of a step between two of them, again and again until an end is found to nine digits
ROUNDS = 6
SECANTS = 4  # steps to a critical value; its bounds are close, and what is solved is nearly straight between them
NODES, WEIGHTS = leggauss(120)
FARTHEST = 9.0  # standard deviations; beyond them the normal density is 0 in double precision


def relative_magnitudes_interval(event: EventCoefficients, weights: PerEstimate, m_bar: float, alpha: float) -> Interval:
    """Hull of all weighted effects that are not rejected at alpha, where no later move exceeds m_bar times the largest move before.

    weights: (post_periods,). m_bar >= 0. Never empty: it holds the estimate itself. Rambachan & Roth (2023), sections 3 and 2.4.1,
    their set of relative magnitudes; only the inequalities of periods after the reference are tested, as their package does. Raises
    ValueError: m_bar < 0.
    """
    if not m_bar >= 0:
        raise ValueError(f"m_bar is {m_bar}, not a bound")
    pieces = _pieces(event, weights, m_bar, alpha)
    lowest, highest = pieces.bounds()
    tried = lowest[:, None] + (highest - lowest)[:, None] * np.linspace(0.0, 1.0, EFFECTS_TRIED)
    kept = ~pieces.rejected(tried, alpha)
    found = kept.any(axis=1)  # of a move and its mirror image one is not negative, and that piece keeps the estimate itself
    outermost = np.stack([kept.argmax(axis=1), EFFECTS_TRIED - 1 - kept[:, ::-1].argmax(axis=1)], axis=1)
    ends = pieces.edges(tried, outermost, alpha)[found]
    return Interval(float(ends[:, 0].min()), float(ends[:, 1].max()))


@dataclass(frozen=True)
class _Pieces:
    """The pieces of the set: p = 2 · pre_periods, four vertices each, in the coordinates (ℓ - θ, g).

    level: ℓ; move: (p,) g; covariance: (p, 2, 2) of both; vertices: (p, 4, 2), upper side, lower side, two of the last kind;
    least_favourable: (p,) critical value of η.
    """

    level: float
    move: Floats
    covariance: Floats
    vertices: Floats
    least_favourable: Floats

    def bounds(self) -> tuple[Floats, Floats]:
        """(p,) the smallest and the largest effect that the least favourable test lets pass."""
        reach = (self.least_favourable[:, None] - self.vertices[:, :2, 1] * self.move[:, None]) / np.abs(self.vertices[:, :2, 0])
        return self.level - reach[:, 0], self.level + reach[:, 1]

    def rejected(self, effects: Floats, alpha: float) -> Mask:
        """(p, e) for the effects of each piece, (p, e): the hybrid test of Andrews, Roth & Pakes (2023), section 5.

        η above its least favourable critical value, or η > 0 too large given which vertex it comes from and what it does not explain.
        """
        second = np.broadcast_to(self.move[:, None], effects.shape)
        values = (
            self.vertices[:, None, :, 0] * (self.level - effects)[..., None] + self.vertices[:, None, :, 1] * second[..., None]
        )
        largest = values.argmax(axis=2)
        eta = np.take_along_axis(values, largest[..., None], axis=2)[..., 0]
        between = self.vertices @ self.covariance @ self.vertices.swapaxes(1, 2)  # (p, 4, 4)
        piece = np.arange(len(self.move))[:, None]
        variance = between[piece, largest, largest]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = between[piece, largest] / variance[..., None]  # (p, e, 4) how much each vertex moves with the largest
            meet = (values - share * eta[..., None]) / (1 - share)  # η at which another vertex takes over
            lower = np.where(share < 1, meet, -np.inf)
            upper = np.where(share > 1, meet, np.inf)
        own = np.arange(4) == largest[..., None]
        lower, upper = np.where(own, -np.inf, lower).max(axis=2), np.where(own, np.inf, upper).min(axis=2)
        critical = self.least_favourable[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            tail = _tail(eta, lower, np.minimum(upper, critical), np.sqrt(variance))
        second_stage = (1 - FIRST_STAGE) * alpha / (1 - FIRST_STAGE * alpha)
        return np.asarray((eta > critical) | ((eta > 0) & (tail < second_stage)))

    def edges(self, tried: Floats, outermost: Integers, alpha: float) -> Floats:
        """(p, 2) where rejection begins beyond the lowest and the highest effect kept. tried: (p, e); outermost: (p, 2) their places."""
        inside = np.take_along_axis(tried, outermost, axis=1)
        outside = np.take_along_axis(tried, np.clip(outermost + np.array([-1, 1]), 0, EFFECTS_TRIED - 1), axis=1)
        for _ in range(ROUNDS):
            between = inside[..., None] + (outside - inside)[..., None] * SECTIONS  # (p, 2, sections)
            rejected = self.rejected(between.reshape(len(inside), -1), alpha).reshape(between.shape)
            first = np.where(rejected.any(axis=2), rejected.argmax(axis=2), len(SECTIONS))[..., None]
            points = np.concatenate([inside[..., None], between, outside[..., None]], axis=2)
            inside = np.take_along_axis(points, first, axis=2)[..., 0]
            outside = np.take_along_axis(points, first + 1, axis=2)[..., 0]
        return inside


def _pieces(event: EventCoefficients, weights: PerEstimate, m_bar: float, alpha: float) -> _Pieces:
    count, before = len(event.estimates), event.pre_periods
    path = np.zeros((count + 1, count))  # the estimates in the order of time, with the reference, 0, among them
    path[np.delete(np.arange(count + 1), before)] = np.eye(count)
    moves = np.diff(path, axis=0)
    earlier, later = np.concatenate([moves[:before], -moves[:before]]), moves[before:]
    reach = np.cumsum(weights[::-1])[::-1]  # c: effects of the moves on the weighted effects
    level = np.concatenate([np.zeros(before), weights])
    spread = np.stack(  # (2, p, T) standard errors of ±b_t - m_bar g
        [
            np.sqrt(np.einsum("pti,ij,ptj->pt", rows, event.covariance, rows))
            for rows in (sign * later[None] - m_bar * earlier[:, None] for sign in (1, -1))
        ]
    )
    up, down = np.clip(reach, 0, None), np.clip(-reach, 0, None)
    upper, lower = spread[0] @ up + spread[1] @ down, spread[1] @ up + spread[0] @ down
    both = spread.sum(axis=0)
    bound = m_bar * float(np.abs(reach).sum())
    vertices = np.zeros((len(earlier), 4, 2))
    vertices[:, 0] = np.stack([1 / upper, -bound / upper], axis=1)
    vertices[:, 1] = np.stack([-1 / lower, -bound / lower], axis=1)
    vertices[:, 2, 1], vertices[:, 3, 1] = -2 * m_bar / both.min(axis=1), -2 * m_bar / both.max(axis=1)
    pairs = np.stack([np.broadcast_to(level, earlier.shape), earlier], axis=1)  # (p, 2, r)
    covariance = pairs @ event.covariance @ pairs.swapaxes(1, 2)
    return _Pieces(
        level=float(level @ event.estimates),
        move=earlier @ event.estimates,
        covariance=covariance,
        vertices=vertices,
        least_favourable=_least_favourable(vertices, covariance, FIRST_STAGE * alpha),
    )


def _least_favourable(vertices: Floats, covariance: Floats, size: float) -> Floats:
    """(p,) the critical value that the largest vertex exceeds with probability `size` where all inequalities hold with equality.

    Andrews, Roth & Pakes (2023), section 4, by quadrature in place of draws.
    """
    largest = np.sqrt(np.einsum("pvi,pij,pvj->pv", vertices, covariance, vertices).max(axis=1))
    wanted = ndtri(1 - size)
    low, high = wanted * largest, ndtri(1 - size / 4) * largest  # one vertex alone, four that never meet

    def excess(value: Floats) -> Floats:
        return np.asarray(ndtri(_probability_below(value, vertices, covariance)) - wanted, dtype=float)

    before, value = low, high
    missed, found = excess(before), excess(value)
    for _ in range(SECANTS):
        run, rise = value - before, found - missed
        step = np.where(np.abs(rise) > TIE, found * run / np.where(rise == 0, 1.0, rise), 0.0)
        before, value, missed = value, np.clip(value - step, low, high), found
        found = excess(value)
    return np.asarray(value)


def _probability_below(value: Floats, vertices: Floats, covariance: Floats) -> Floats:
    """(p,) probability that no vertex exceeds the value, (p,), over (ℓ, g) normal around 0: by Gauss and Legendre over g."""
    deviation = np.sqrt(covariance[:, 1, 1])
    slope = covariance[:, 0, 1] / covariance[:, 1, 1]
    left = np.sqrt(covariance[:, 0, 0] - slope * covariance[:, 0, 1])
    steepest = -vertices[:, 2:, 1].min(axis=1)  # no vertex of the last kind above the value
    crossing = -(vertices[:, 0, 1] / vertices[:, 0, 0] - vertices[:, 1, 1] / vertices[:, 1, 0])  # both sides leave room
    room = value * (1 / vertices[:, 0, 0] - 1 / vertices[:, 1, 0])
    with np.errstate(divide="ignore"):
        start = np.maximum(-value / np.where(steepest > 0, steepest, 0.0), -room / np.where(crossing > 0, crossing, 0.0))
    start = np.clip(start / deviation, -FARTHEST, FARTHEST)
    half = (FARTHEST - start) / 2
    z = start[:, None] + half[:, None] * (NODES + 1)
    g = z * deviation[:, None]
    ends = (value[:, None, None] - vertices[:, :2, 1, None] * g[:, None]) / vertices[:, :2, 0, None]  # (p, 2, nodes)
    inside = ndtr((ends[:, 0] - slope[:, None] * g) / left[:, None]) - ndtr((ends[:, 1] - slope[:, None] * g) / left[:, None])
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(half * ((np.clip(inside, 0, None) * density) @ WEIGHTS))


def _tail(value: Floats, lower: Floats, upper: Floats, deviation: Floats) -> Floats:
    """P(X >= value | lower <= X <= upper) for X normal around 0, exact far out in the tail, where plain differences are 0/0."""
    scaled = [limit / deviation for limit in (value, lower, upper)]
    beyond = [log_ndtr(-limit) for limit in scaled]
    return np.exp(_log_difference(beyond[0], beyond[2]) - _log_difference(beyond[1], beyond[2]))


def _log_difference(larger: Floats, smaller: Floats) -> Floats:
    return np.asarray(larger + np.log(-np.expm1(np.minimum(smaller - larger, 0.0))))
