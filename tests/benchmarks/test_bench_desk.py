"""The benchmark of the desk serves it, sends files as a browser does, and gives figures; no time is asserted."""

from __future__ import annotations

import pytest

from benchmarks import bench_desk
from benchmarks.bench import delivery_of
from benchmarks.bench_desk import desk_figures


def test_clerks_who_come_at_once_are_answered_and_their_wait_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_desk, "CLERKS", 3)
    figures = desk_figures(delivery_of(36))
    assert [figure.against for figure in figures] == ["a second", "two seconds", "three seconds"]
    assert "check of 36 rows" in figures[0].name
    assert "3 clerks at once" in figures[2].name
    assert all(figure.measured > 0 for figure in figures)
