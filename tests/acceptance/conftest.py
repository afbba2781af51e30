"""What the whole-run tests share: the helpers of whole_runs.py, worlds that are made once, and no settings of the caller."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from whole_runs import SHORTEST_YEARS, copy_of, open_world, small_world, whole_run  # noqa: E402 (found in the folders above)


@pytest.fixture(scope="session")
def fresh(made_once) -> Path:
    """A small world before any run; never changed."""
    return made_once("small_world", small_world)


@pytest.fixture(scope="session")
def shortest(made_once) -> Path:
    """The same with two years before the start and one after it, for runs with Dagster, where years are dear; never changed."""
    return made_once("shortest_world", lambda folder: small_world(folder, SHORTEST_YEARS))


@pytest.fixture(scope="session")
def finished(made_once, fresh: Path) -> Path:
    """The small world after one whole run, without Dagster; never changed."""
    return made_once("small_world_finished", lambda folder: whole_run(open_world(copy_of(fresh, folder))))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KKZ_") and name != "KKZ_SHARED"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KKZ_SETTLE_SECONDS", "0")  # these inboxes are fresh, and nobody writes to them any more
