"""What runs beside the desk is started again where it ends by itself, and ends with the desk."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from kkz_eval import dagster_pages
from kkz_eval.dagster_pages import Kept


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started, without a pause in between."""
    monkeypatch.setattr(dagster_pages, "SECONDS_BETWEEN_STARTS", 0.01)
    return []


def keeping(started: list[subprocess.Popen[bytes]], *lives: float) -> Kept:
    """Processes that end by themselves after so many seconds."""
    waiting = iter(lives)

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-S", "-c", f"import time; time.sleep({next(waiting)})"]
        started.append(subprocess.Popen(command, start_new_session=True))
        return started[-1]

    kept = Kept(start)
    kept.keep()
    return kept


def test_a_process_that_ends_by_itself_is_started_again(started: list[subprocess.Popen[bytes]]) -> None:
    kept = keeping(started, 0, 0, 600)
    while len(started) < 3:
        time.sleep(0.02)
    assert kept.runs()
    kept.end()
    assert not kept.runs()
    assert [process.poll() is None for process in started] == [False] * 3


def test_one_that_was_ended_stays_so(started: list[subprocess.Popen[bytes]]) -> None:
    kept = keeping(started, 600)
    kept.end()
    time.sleep(0.2)
    assert [process.poll() is None for process in started] == [False]


def test_what_a_process_prints_is_passed_on_until_it_is_told_to_end(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys, time; print('begun', file=sys.stderr, flush=True); time.sleep(600)"

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-S", "-c", code], start_new_session=True, stderr=subprocess.PIPE)

    kept, said = Kept(start), ""
    while "begun" not in said:
        said += capfd.readouterr().err
        time.sleep(0.02)
    kept.end()  # by an interrupt, of which Python prints where it met it
    time.sleep(0.1)
    assert (said, capfd.readouterr().err) == ("begun\n", "")
