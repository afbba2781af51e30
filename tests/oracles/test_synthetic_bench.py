"""The benchmark of synthetic comparisons compares with a peer that estimates the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.bench_synthetic import against_diff_diff, diff_diff_sdid, own_sdid, synthetic_panel


def test_the_peer_estimates_the_same() -> None:
    panel = synthetic_panel(60, 9)
    (figure,) = against_diff_diff(n_units=60, n_years=9)
    assert figure[1] > 0
    assert own_sdid(panel) == pytest.approx(diff_diff_sdid(panel), rel=0.2)
