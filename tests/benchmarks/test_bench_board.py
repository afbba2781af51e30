"""The benchmark of the board asks for a page that shows all its places; no time is asserted."""

from __future__ import annotations

from benchmarks.bench_board import board_figures


def test_a_small_board_gives_figures() -> None:
    shown, anew = board_figures(units=3, datasets=2, years=range(2014, 2016))
    assert shown.measured > 0
    assert anew.measured > 0
    assert "3 x 2 x 2" in shown.name
