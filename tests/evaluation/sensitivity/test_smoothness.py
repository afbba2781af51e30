"""Intervals under smooth differences of trends, against the definition of the shortest one and against generalised least squares."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import null_space
from scipy.optimize import minimize

from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients
from kkz_eval.evaluation.sensitivity.smoothness import folded_normal_quantile, smoothness_interval

Make = Callable[..., EventCoefficients]


def paths_that_bend(pre: int, post: int) -> np.ndarray:
    """(2 ** (pre + post - 1), pre + post) every violation whose second differences are all 1 or -1 and that begins flat."""
    bends = np.array(list(itertools.product([1.0, -1.0], repeat=pre + post - 1)))
    moves = np.cumsum(np.column_stack([np.zeros(len(bends)), bends]), axis=1)
    path = np.column_stack([np.zeros(len(bends)), np.cumsum(moves, axis=1)])
    return np.delete(path - path[:, [pre]], pre, axis=1)


@pytest.mark.parametrize("seed", range(4))
def test_no_other_estimator_has_a_shorter_interval(random_event_study: Make, seed: int) -> None:
    event = random_event_study(seed, pre=3, post=3)
    weights, m = event.average_effect(), 0.02 * (1 + seed)
    violations = m * paths_that_bend(3, 3)
    line = -float(weights @ event.years[3:]) * event.years[:3] / float(event.years[:3] @ event.years[:3])
    free = null_space(event.years[None, :3])  # what leaves a straight line without bias

    def of(step: np.ndarray) -> tuple[float, np.ndarray]:
        estimator = np.concatenate([line + free @ step, weights])
        spread = np.sqrt(estimator @ event.covariance @ estimator)
        return spread * np.sqrt(stats.ncx2.ppf(0.95, 1, (np.abs(violations @ estimator).max() / spread) ** 2)), estimator

    best = min(
        (
            minimize(lambda step: of(step)[0], start, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13})
            for start in np.eye(2)
        ),
        key=lambda found: found.fun,
    )
    found = smoothness_interval(event, weights, m, 0.05)
    assert (found.high - found.low) / 2 == pytest.approx(best.fun, rel=1e-6)
    assert (found.high + found.low) / 2 == pytest.approx(float(of(best.x)[1] @ event.estimates), abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_without_a_bend_the_years_before_are_extended_as_a_line(random_event_study: Make, seed: int) -> None:
    event = random_event_study(seed)
    weights = event.first_effect()
    design = np.column_stack([event.years, np.eye(len(event.years))[:, event.pre_periods :]])
    spread = np.linalg.inv(design.T @ np.linalg.solve(event.covariance, design))
    effects = (spread @ design.T @ np.linalg.solve(event.covariance, event.estimates))[1:]
    reach = stats.norm.ppf(0.975) * np.sqrt(weights @ spread[1:, 1:] @ weights)
    found = smoothness_interval(event, weights, 0.0, 0.05)
    assert (found.low, found.high) == pytest.approx((weights @ effects - reach, weights @ effects + reach), abs=1e-7)
    almost = smoothness_interval(event, weights, 1e-9, 0.05)
    assert (almost.low, almost.high) == pytest.approx((found.low, found.high), abs=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_a_larger_bend_makes_the_interval_longer(random_event_study: Make, seed: int) -> None:
    event = random_event_study(seed)
    found = [smoothness_interval(event, event.average_effect(), m, 0.05) for m in (0, 0.001, 0.01, 0.1, 1, 10)]
    lengths = [interval.high - interval.low for interval in found]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("seed", range(3))
def test_mirrored_effects_have_the_mirrored_interval_and_units_do_not_matter(random_event_study: Make, seed: int) -> None:
    event = random_event_study(seed)
    weights = event.average_effect()
    found = smoothness_interval(event, weights, 0.03, 0.1)
    mirrored = EventCoefficients(-event.estimates, event.covariance, event.event_times)
    other = smoothness_interval(mirrored, weights, 0.03, 0.1)
    assert (-other.high, -other.low) == pytest.approx((found.low, found.high), abs=1e-9)
    in_thousands = EventCoefficients(1000 * event.estimates, 1e6 * event.covariance, event.event_times)
    large = smoothness_interval(in_thousands, weights, 30, 0.1)
    assert (large.low / 1000, large.high / 1000) == pytest.approx((found.low, found.high), abs=1e-7)


def test_the_effect_is_covered_as_often_as_promised_where_the_trend_bends_as_far_as_allowed(random_event_study: Make) -> None:
    event = random_event_study(5, pre=4, post=3)
    weights, m = event.average_effect(), 0.04
    bent = m * paths_that_bend(4, 3)
    violation = bent[np.abs(bent @ np.concatenate([np.zeros(4), weights])).argmax()]
    draws = np.random.default_rng(1).multivariate_normal(violation, event.covariance, size=200)
    covered = [
        smoothness_interval(EventCoefficients(draw, event.covariance, event.event_times), weights, m, 0.05).holds(0.0)
        for draw in draws
    ]
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0, 40.0, 1e6])
def test_the_quantile_of_a_folded_normal_is_one(shift: float) -> None:
    found = folded_normal_quantile(shift, 0.05)
    assert stats.norm.cdf(found - shift) - stats.norm.cdf(-found - shift) == pytest.approx(0.95, abs=1e-10)


def test_a_negative_bound_is_an_error(random_event_study: Make) -> None:
    event = random_event_study(0)
    with pytest.raises(ValueError, match="not a bound"):
        smoothness_interval(event, event.first_effect(), -0.1, 0.05)
