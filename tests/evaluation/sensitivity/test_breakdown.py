"""The largest violation that a finding bears."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from kkz_eval.evaluation.sensitivity.breakdown import breakdown_relative_magnitudes, breakdown_smoothness
from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients
from kkz_eval.evaluation.sensitivity.relative_magnitudes import relative_magnitudes_interval
from kkz_eval.evaluation.sensitivity.smoothness import smoothness_interval

Make = Callable[..., EventCoefficients]


@pytest.fixture
def clear(random_event_study: Make) -> EventCoefficients:
    """Effects of 1 after years that hardly moved."""
    event = random_event_study(4, pre=4, post=3)
    return EventCoefficients(np.array([0.1, -0.05, 0.1, 0.0, 1.0, 1.1, 0.9]), event.covariance, event.event_times)


def test_the_finding_ends_at_the_breakdown_value_and_not_before(clear: EventCoefficients) -> None:
    weights = clear.first_effect()
    m_bar = breakdown_relative_magnitudes(clear, weights, 0.05)
    assert relative_magnitudes_interval(clear, weights, m_bar - 1e-5, 0.05).low > 0
    assert relative_magnitudes_interval(clear, weights, m_bar + 1e-5, 0.05).holds(0.0)
    m = breakdown_smoothness(clear, weights, 0.05)
    assert smoothness_interval(clear, weights, m - 1e-5, 0.05).low > 0
    assert smoothness_interval(clear, weights, m + 1e-5, 0.05).holds(0.0)


def test_a_harmful_effect_breaks_down_where_a_helpful_one_does(clear: EventCoefficients) -> None:
    mirrored = EventCoefficients(-clear.estimates, clear.covariance, clear.event_times)
    weights = clear.average_effect()
    for breakdown in (breakdown_relative_magnitudes, breakdown_smoothness):
        assert breakdown(mirrored, weights, 0.05) == pytest.approx(breakdown(clear, weights, 0.05), abs=1e-5)


def test_where_no_violation_is_needed_there_is_no_breakdown_value(clear: EventCoefficients) -> None:
    nothing = EventCoefficients(0 * clear.estimates, clear.covariance, clear.event_times)
    assert math.isnan(breakdown_relative_magnitudes(nothing, nothing.first_effect(), 0.05))
    assert math.isnan(breakdown_smoothness(nothing, nothing.first_effect(), 0.05))


def test_years_before_that_never_moved_bear_any_multiple() -> None:
    still = EventCoefficients(np.array([0.0, 0, 0, 1]), 1e-14 * (np.eye(4) + 1), np.array([-4, -3, -2, 0]))
    assert breakdown_relative_magnitudes(still, still.first_effect(), 0.05) == math.inf
