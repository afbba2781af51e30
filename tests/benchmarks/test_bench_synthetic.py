"""The benchmark of synthetic comparisons runs and compares like with like; no time is asserted."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from benchmarks.bench_synthetic import against_diff_diff, diff_diff_sdid, growth, own_sdid, synthetic_panel
from benchmarks.study_synthetic import EFFECT, synthetic_study


def test_a_small_benchmark_gives_figures() -> None:
    time, memory = growth(n_units=40, times=2, n_years=9)
    assert all(figure[1] > 0 and figure[3] > 0 for figure in (time, memory))
    assert "80 units" in time[0]


@pytest.mark.skipif(importlib.util.find_spec("diff_diff") is None, reason="the extra `oracles` is not installed")
def test_the_peer_estimates_the_same() -> None:
    panel = synthetic_panel(60, 9)
    (figure,) = against_diff_diff(n_units=60, n_years=9)
    assert figure[1] > 0
    assert own_sdid(panel) == pytest.approx(diff_diff_sdid(panel), rel=0.2)


def test_the_study_gives_a_line_for_each_estimator() -> None:
    lines = synthetic_study(panels=3, treated=1)
    assert [line.estimator for line in lines] == ["sc, 1 treated", "sdid, 1 treated"]
    assert all(np.isfinite(line.bias) and abs(line.bias) < EFFECT for line in lines)
