"""The benchmark of inference runs and compares like with like; no time is asserted."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.bench_inference import (
    DRAWS,
    design,
    drawn,
    exact_inference,
    many_outcomes,
    many_units,
    panels_with_gaps,
)
from kkz_eval.evaluation.inference.exact import exact_coefficient


def test_a_small_benchmark_gives_figures() -> None:
    sizes = ((5, 2), (4, 2))
    entries = [*exact_inference(sizes), *many_units(sizes), *many_outcomes(12, 2), *panels_with_gaps(24, 14, fits=2)]
    assert all(measured > 0 and reference > 0 for _, measured, _, reference in entries)
    assert entries[0][0] == "exact, 9 units, 60 assignments, within kinds"


def test_the_peer_draws_what_is_counted() -> None:
    units = design(((14, 5),))
    z = np.random.default_rng(2).normal(size=14)
    counted = exact_coefficient(z, units)
    both_tails = 2 * min(counted.p_greater, counted.p_less)  # the peer doubles the smaller tail
    assert drawn(z, units) == pytest.approx(both_tails, abs=5 / np.sqrt(DRAWS))
