"""A run that is killed at any moment leaves the old state or the new one: run again, it ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from three_files import three_files
from whole_runs import AHLEN, DUESSELDORF, ROOT, copy_of, tree

from kkz_eval.storage.listing import PARTIAL

PROGRAM = Path(__file__).with_name("killed_runs.py")
N_KILLS = 10
SEED = 20120301


def _killed_runs(world: Path, *how: str) -> list[str]:
    """What the program says, run over a world."""
    arguments = ["run", "--inbox", str(world / "deliveries"), "--home", str(world / "home"), "--plan", str(world / "plan.yaml")]
    environment = {
        **os.environ,
        "KKZ_CONTRACTS": str(world / "contracts"),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *how, *arguments], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def _kept(home: Path) -> dict[str, bytes]:
    """All that is kept, without Dagster's run history and unfinished writes."""
    kept = tree(home, without="dagster")
    return {name: data for name, data in kept.items() if PARTIAL not in name}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A world before any run beside the same after a run never killed (`whole`), and the number of its write operations."""
    folder = tmp_path_factory.mktemp("kills")
    three_files(folder / "fresh", (AHLEN, DUESSELDORF))
    whole = copy_of(folder / "fresh", folder / "whole")
    said = _killed_runs(whole, "COUNT")
    assert said[-1] == "ended 0"
    return folder, int(said[-2].removeprefix("writes "))


def test_ten_kills_spread_over_a_run_leave_no_trace(untouched: tuple[Path, int], tmp_path: Path) -> None:
    folder, writes = untouched
    moments = sorted(random.Random(SEED).sample(range(1, writes - 5 * N_KILLS), N_KILLS))
    steps = [moments[0], *(later - earlier for earlier, later in pairwise(moments))]
    world = copy_of(folder / "fresh", tmp_path / "world")
    said = _killed_runs(world, "KILL", ",".join(map(str, steps)))
    assert [line for line in said if line.startswith("ended")] == ["ended killed"] * N_KILLS + ["ended 0"]

    expected, found = _kept(folder / "whole" / "home"), _kept(world / "home")
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []
