"""Sets of effects under relative magnitudes, against the test of Andrews, Roth and Pakes with a linear programme and vertices by search."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linprog

from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients
from kkz_eval.evaluation.sensitivity.relative_magnitudes import _pieces, relative_magnitudes_interval

Make = Callable[..., EventCoefficients]
KAPPA = 0.005
SECOND_STAGE = (0.05 - KAPPA) / (1 - KAPPA)


def inequalities(event: EventCoefficients, m_bar: float) -> Iterator[np.ndarray]:
    """Of each piece of the set the rows A of A δ <= 0 that name a period after the reference, (2 · post_periods, r)."""
    count, before = len(event.estimates), event.pre_periods
    path = np.insert(np.eye(count), before, 0.0, axis=0)
    moves = np.diff(path, axis=0)
    for place, sign in itertools.product(range(before), (1, -1)):
        largest = sign * moves[place]
        yield np.concatenate([moves[before:] - m_bar * largest, -moves[before:] - m_bar * largest])


class Slow:
    """The hybrid test of one piece, as written in the paper: δ = β - τ, τ free but for weights'τ = θ."""

    def __init__(self, event: EventCoefficients, weights: np.ndarray, rows: np.ndarray) -> None:
        after = rows[:, event.pre_periods :]
        basis = np.linalg.inv(np.vstack([weights, np.eye(len(weights))[1:]]))  # first column: θ
        self.moment, self.along = rows @ event.estimates, after @ basis[:, 0]
        self.nuisance = after @ basis[:, 1:]
        self.covariance = rows @ event.covariance @ rows.T
        self.spread = np.sqrt(np.diag(self.covariance))
        self.vertices = np.array(list(self._vertices()))
        draws = np.random.default_rng(1).multivariate_normal(np.zeros(len(rows)), self.covariance, size=200_000)
        self.critical = float(np.quantile((draws @ self.vertices.T).max(axis=1), 1 - KAPPA))

    def _vertices(self) -> Iterator[np.ndarray]:
        """Of {λ >= 0, λ'nuisance = 0, λ'spread = 1}: every choice of as many columns as there are equations."""
        equations = np.vstack([self.nuisance.T, self.spread])
        for chosen in itertools.combinations(range(equations.shape[1]), len(equations)):
            part = equations[:, chosen]
            if abs(np.linalg.det(part)) > 1e-9 * np.prod(np.linalg.norm(part, axis=0)):
                weight = np.linalg.solve(part, np.eye(len(equations))[-1])
                if (weight >= -1e-12).all():
                    vertex = np.zeros(equations.shape[1])
                    vertex[list(chosen)] = weight
                    yield vertex

    def eta(self, effect: float) -> float:
        """By the linear programme: min η with moment - nuisance x <= spread η."""
        columns = np.column_stack([self.spread, self.nuisance])
        found = linprog(
            np.eye(columns.shape[1])[0], A_ub=-columns, b_ub=-(self.moment - self.along * effect), bounds=(None, None)
        )
        return float(found.fun)

    def rejects(self, effect: float) -> bool:
        """Whether the test rejects the effect."""
        y = self.moment - self.along * effect
        gamma = self.vertices[(self.vertices @ y).argmax()]
        eta, variance = float(gamma @ y), float(gamma @ self.covariance @ gamma)
        if eta > self.critical:
            return True
        line = self.covariance @ gamma / variance
        slopes, starts = 1 - self.vertices @ line, self.vertices @ (y - line * eta)
        low = max([-np.inf, *(starts[slopes > 1e-9] / slopes[slopes > 1e-9])])
        high = min([self.critical, *(starts[slopes < -1e-9] / slopes[slopes < -1e-9])])
        cut = np.array([low, high, eta]) / np.sqrt(variance)
        tail = (stats.norm.sf(cut[2]) - stats.norm.sf(cut[1])) / (stats.norm.sf(cut[0]) - stats.norm.sf(cut[1]))
        return eta > 0 and tail < SECOND_STAGE


@pytest.mark.parametrize(("seed", "m_bar", "average"), [(0, 0.5, True), (1, 1.0, False), (2, 2.0, True)])
def test_the_ends_are_those_of_the_test_with_vertices_by_search(
    random_event_study: Make, seed: int, m_bar: float, average: bool
) -> None:
    event = random_event_study(seed, pre=3, post=3)
    weights = event.average_effect() if average else event.first_effect()
    found = relative_magnitudes_interval(event, weights, m_bar, 0.05)
    pieces = [Slow(event, weights, rows) for rows in inequalities(event, m_bar)]
    step = 0.01 * (found.high - found.low)  # the critical value of the slow one is drawn
    for inside in (found.low + step, found.high - step):
        assert not all(piece.rejects(inside) for piece in pieces)
    for outside in np.concatenate([found.low - step * np.arange(1, 40), found.high + step * np.arange(1, 40)]):
        assert all(piece.rejects(outside) for piece in pieces)
    for piece in pieces:
        y = piece.moment - piece.along * found.low
        assert piece.eta(found.low) == pytest.approx((piece.vertices @ y).max(), abs=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_a_larger_bound_contains_the_smaller_one(random_event_study: Make, seed: int) -> None:
    event = random_event_study(seed)
    for weights in (event.first_effect(), event.average_effect()):
        found = [relative_magnitudes_interval(event, weights, m_bar, 0.05) for m_bar in (0, 0.25, 0.5, 1, 2, 8)]
        for smaller, larger in itertools.pairwise(found):
            assert larger.low <= smaller.low + 1e-9
            assert smaller.high <= larger.high + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_mirrored_effects_have_the_mirrored_set_and_units_do_not_matter(random_event_study: Make, seed: int) -> None:
    event = random_event_study(seed)
    weights = event.average_effect()
    found = relative_magnitudes_interval(event, weights, 1.0, 0.1)
    mirrored = EventCoefficients(-event.estimates, event.covariance, event.event_times)
    other = relative_magnitudes_interval(mirrored, weights, 1.0, 0.1)
    assert (-other.high, -other.low) == pytest.approx((found.low, found.high), abs=1e-9)
    in_thousands = EventCoefficients(1000 * event.estimates, 1e6 * event.covariance, event.event_times)
    large = relative_magnitudes_interval(in_thousands, weights, 1.0, 0.1)
    assert (large.low / 1000, large.high / 1000) == pytest.approx((found.low, found.high), abs=1e-9)


def test_a_precise_estimate_leaves_what_the_bound_says(random_event_study: Make) -> None:
    """Without noise the set is the estimate and, to both sides, the bound times the largest move before, once for each period."""
    event = random_event_study(1, pre=3, post=2)
    precise = EventCoefficients(np.array([0.3, -0.1, 0.2, 1.0, 1.0]), 1e-12 * event.covariance, event.event_times)
    for m_bar in (0.5, 2.0):
        first = relative_magnitudes_interval(precise, precise.first_effect(), m_bar, 0.05)
        assert (first.low, first.high) == pytest.approx((1 - m_bar * 0.4, 1 + m_bar * 0.4), abs=1e-4)
        mean = relative_magnitudes_interval(precise, precise.average_effect(), m_bar, 0.05)
        assert (mean.low, mean.high) == pytest.approx((1 - m_bar * 0.4 * 1.5, 1 + m_bar * 0.4 * 1.5), abs=1e-4)


def test_the_effect_is_covered_at_least_as_often_as_promised(random_event_study: Make) -> None:
    """The violation moves after the reference as far as before, and always upwards; the effect is 0."""
    event = random_event_study(5, pre=3, post=2)
    violation = 0.1 * np.array([1.0, 0.0, 0.0, 1.0, 2.0])
    weights = event.first_effect()
    draws = np.random.default_rng(1).multivariate_normal(violation, event.covariance, size=60)
    covered = [
        relative_magnitudes_interval(EventCoefficients(draw, event.covariance, event.event_times), weights, 1.0, 0.05).holds(0.0)
        for draw in draws
    ]
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 60)


def test_a_negative_bound_is_an_error(random_event_study: Make) -> None:
    event = random_event_study(0)
    with pytest.raises(ValueError, match="not a bound"):
        relative_magnitudes_interval(event, event.first_effect(), -1, 0.05)


@pytest.mark.parametrize("seed", [0, 2, 5])
def test_the_first_stage_rejects_as_often_as_it_may(random_event_study: Make, seed: int) -> None:
    """By draws of the two numbers on which everything depends, of each piece with another correlation."""
    event = random_event_study(seed)
    pieces = _pieces(event, event.average_effect(), 2.0, 0.05)
    draws = np.random.default_rng(1).normal(size=(400_000, 2))
    error = np.sqrt(KAPPA * (1 - KAPPA) / len(draws))
    for vertices, covariance, critical in zip(pieces.vertices, pieces.covariance, pieces.least_favourable, strict=True):
        largest = (draws @ np.linalg.cholesky(covariance).T @ vertices.T).max(axis=1)
        assert (largest > critical).mean() == pytest.approx(KAPPA, abs=4 * error)
