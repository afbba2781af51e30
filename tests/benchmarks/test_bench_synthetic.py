"""The benchmark of synthetic comparisons runs; no time is asserted. tests/oracles looks whether its peer estimates the same."""

from __future__ import annotations

import numpy as np

from benchmarks.bench_synthetic import growth
from benchmarks.study_synthetic import EFFECT, synthetic_study


def test_a_small_benchmark_gives_figures() -> None:
    time, memory = growth(n_units=40, times=2, n_years=9)
    assert all(figure[1] > 0 and figure[3] > 0 for figure in (time, memory))
    assert "80 units" in time[0]


def test_the_study_gives_a_line_for_each_estimator() -> None:
    lines = synthetic_study(panels=3, treated=1)
    assert [line.estimator for line in lines] == ["sc, 1 treated", "sdid, 1 treated"]
    assert all(np.isfinite(line.bias) and abs(line.bias) < EFFECT for line in lines)
