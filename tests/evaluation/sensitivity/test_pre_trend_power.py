"""What a test of the years before can see, against closed forms, another integration and draws."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients, event_coefficients
from kkz_eval.evaluation.sensitivity.pre_trend_power import bias_after_passing, passed, slope_detected

Make = Callable[..., EventCoefficients]


@pytest.mark.parametrize("seed", range(4))
def test_the_probability_of_passing_is_that_of_the_box(random_event_study: Make, seed: int) -> None:
    event = random_event_study(seed)
    before, slope = event.pre_periods, 0.05
    covariance = event.covariance[:before, :before]
    reach = 1.96 * np.sqrt(np.diag(covariance))
    box = stats.multivariate_normal.cdf(
        reach, mean=slope * event.years[:before], cov=covariance, lower_limit=-reach, abseps=1e-7, maxpts=10**6
    )
    assert passed(event, slope).probability == pytest.approx(box, abs=5e-5)


def test_independent_years_pass_each_for_itself() -> None:
    event = event_coefficients(np.zeros(5), np.diag([4.0, 1, 9, 1, 1]), 3, 2)
    found = passed(event, 0.7)
    centre, spread = 0.7 * event.years[:3], np.array([2.0, 1, 3])
    each = [
        stats.truncnorm((-1.96 * s - c) / s, (1.96 * s - c) / s, loc=c, scale=s).mean()
        for c, s in zip(centre, spread, strict=True)
    ]
    inside = stats.norm.cdf(1.96 - centre / spread) - stats.norm.cdf(-1.96 - centre / spread)
    assert found.probability == pytest.approx(inside.prod(), abs=1e-6)
    assert found.mean == pytest.approx(each, abs=1e-3)
    assert bias_after_passing(event, event.first_effect(), 0.7) == pytest.approx(0.7)  # passing says nothing of years apart


@pytest.mark.parametrize("power", [0.5, 0.8])
def test_the_slope_is_found_as_often_as_it_says_and_passing_adds_bias(random_event_study: Make, power: float) -> None:
    event = random_event_study(3, pre=3, post=2)
    weights = event.average_effect()
    slope = slope_detected(event, power)
    draws = np.random.default_rng(1).multivariate_normal(slope * event.years, event.covariance, size=400_000)
    quiet = (np.abs(draws[:, :3]) <= 1.96 * np.sqrt(np.diag(event.covariance)[:3])).all(axis=1)
    assert 1 - quiet.mean() == pytest.approx(power, abs=0.004)
    unconditional = slope * float(weights @ event.years[3:])
    found = bias_after_passing(event, weights, slope)
    assert found == pytest.approx((draws[quiet, 3:] @ weights).mean(), abs=0.01 * unconditional)
    assert found > unconditional  # all years are measured against the same reference
    assert bias_after_passing(event, weights, -slope) == pytest.approx(-found, rel=1e-3)


def test_a_test_that_fires_anyway_finds_no_slope() -> None:
    event = event_coefficients(np.zeros(21), np.eye(21), 20, 1)
    with pytest.raises(Refused) as caught:
        slope_detected(event, 0.5)
    assert "0,64" in caught.value.note.sentence.in_language("de")
    assert slope_detected(event, 0.8) > 0


def test_where_passing_never_happens_there_is_no_bias_after_it(random_event_study: Make) -> None:
    event = random_event_study(0)
    assert math.isnan(bias_after_passing(event, event.first_effect(), 1e6))


def test_more_years_than_can_be_computed_are_refused() -> None:
    event = event_coefficients(np.zeros(40), np.eye(40), 39, 1)
    with pytest.raises(Refused) as caught:
        passed(event, 0.0)
    assert caught.value.note.code == "refused.many_event_times_before"


def test_a_power_that_is_none_is_an_error(random_event_study: Make) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        slope_detected(random_event_study(0), 1.0)
