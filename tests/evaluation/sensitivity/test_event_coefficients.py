"""What is taken as an event study, and what is refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sensitivity.event_coefficients import at_event_times, event_coefficients


def test_estimates_before_the_reference_come_first() -> None:
    event = event_coefficients(np.arange(5.0), np.eye(5), 2, 3)
    assert list(event.event_times) == [-3, -2, 0, 1, 2]
    assert (event.pre_periods, event.post_periods) == (2, 3)
    assert list(event.years) == [-2, -1, 1, 2, 3]
    assert list(event.first_effect()) == [1, 0, 0]
    assert list(event.average_effect()) == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_a_period_of_anticipation_is_no_effect_from_the_start_on() -> None:
    event = at_event_times(np.arange(5.0), np.eye(5), [-4, -3, -1, 0, 1], reference=-2)
    assert event.post_periods == 3
    assert list(event.first_effect()) == [0, 1, 0]
    assert list(event.average_effect()) == [0, 0.5, 0.5]


def test_years_at_equal_distance_are_periods() -> None:
    event = at_event_times(np.arange(4.0), np.eye(4), [-6, -4, 0, 2], reference=-2)
    assert list(event.years) == [-4, -2, 2, 4]


@pytest.mark.parametrize(
    ("times", "reference", "code"),
    [
        ([0, 1], -1, "few_event_times_before"),
        ([-2, 0, 1], -1, "few_event_times_before"),
        ([-3, -2], -1, "no_event_times_after"),
        ([-2, -1, 1], 0, "reference_not_before"),
        ([-4, -2, 0], -1, "uneven_event_times"),
    ],
)
def test_event_times_that_say_nothing_are_refused(times: list[int], reference: int, code: str) -> None:
    with pytest.raises(Refused) as caught:
        at_event_times(np.zeros(len(times)), np.eye(len(times)), times, reference)
    assert caught.value.note.code == f"refused.{code}"
    assert all(caught.value.note.sentence.in_language(language).endswith(".") for language in ("de", "en"))


def test_a_covariance_of_too_few_clusters_is_refused() -> None:
    factor = np.random.default_rng(1).normal(size=(5, 3))
    for covariance, rank in [(factor @ factor.T, 3), (np.zeros((5, 5)), 0), (np.diag([1.0, 1, 0, 1, 1]), 4)]:
        with pytest.raises(Refused) as caught:
            event_coefficients(np.zeros(5), covariance, 2, 3)
        assert caught.value.note.code == "refused.covariance_singular"
        assert f"nur {rank} unabhängige" in caught.value.note.sentence.in_language("de")


def test_a_covariance_in_tiny_units_is_no_singular_one() -> None:
    assert event_coefficients(np.zeros(4), 1e-30 * np.eye(4), 2, 2).post_periods == 2


def test_a_missing_number_is_refused_and_a_wrong_shape_is_an_error() -> None:
    with pytest.raises(Refused) as caught:
        event_coefficients(np.array([0, np.nan, 1, 1]), np.eye(4), 2, 2)
    assert caught.value.note.code == "refused.estimates_not_finite"
    with pytest.raises(ValueError, match="event times"):
        event_coefficients(np.zeros(4), np.eye(5), 2, 2)
