"""The benchmark and the study of sensitivity run and measure what they say; no time is asserted."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.bench_sensitivity import least_violation, sensitivity, wandering
from benchmarks.study_sensitivity import known_covariance, panels_of_thirty_units


def test_a_small_benchmark_gives_figures() -> None:
    entries = sensitivity(before=3, after=2)
    assert all(measured > 0 and reference > 0 for _, measured, _, reference in entries)


def test_the_linear_programme_finds_the_move_that_the_effect_asks_for() -> None:
    """Of effects that may move by η, the mean of all is furthest from 0 where each moves by it: η · (1 + 2 + … + T) / T."""
    event = wandering(3, 4)
    weights = event.average_effect()
    expected = abs(float(weights @ event.estimates[3:])) / (10 / 4)
    assert least_violation(event, weights) == pytest.approx(expected, abs=1e-9)


def test_intervals_cover_where_the_violation_is_inside_the_bound_and_only_there() -> None:
    found = {(line.name, line.target): line.coverage for line in known_covariance(30)}
    lowest = 0.95 - 3 * np.sqrt(0.05 * 0.95 / 30)
    assert found["relative magnitudes, M̄ = 1, violation: moves", "average"] >= lowest
    assert found["relative magnitudes, M̄ = 0.5, violation: moves", "average"] < lowest
    assert found["smoothness, M = 1, violation: bends", "first"] >= lowest
    assert found["smoothness, M = 0, violation: bends", "first"] < lowest


def test_panels_of_thirty_units_have_a_line_for_each_bound() -> None:
    found = panels_of_thirty_units(2)
    assert len(found) == 12
    assert all(line.draws == 2 for line in found)
