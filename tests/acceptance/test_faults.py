"""Every call of storage may fail, as an error, for want of room or by a kill: run again, the line ends as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench_faults import Line, failures, make_world, open_line
from benchmarks.faults import How

A_SAMPLE = {"take_in": 97, "hand_in": 61, "write": 397, "back_up": 797, "bring_back": 397, "remove": 191, "look_over": 211}
"""Each so-manieth call; all of them, and the report's: `make bench`."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Three files of the model world, and the line over them."""
    return open_line(make_world(tmp_path_factory.mktemp("three_files") / "fresh"))


@pytest.mark.parametrize(
    ("act", "how"), [(act, how) for act in A_SAMPLE for how in How if act != "look_over" or how is How.ERROR]
)
def test_whichever_call_fails_nothing_is_lost_and_nothing_twice(line: Line, tmp_path: Path, act: str, how: How) -> None:
    step = A_SAMPLE[act]
    ended = list(failures(line, act, how, tmp_path, lambda number: number % step == 17 % step))
    assert ended
