"""Every call of storage may fail, as an error, for want of room or by a kill: run again, the line ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import dagster as dg
import pytest

from benchmarks.bench_faults import (
    Line,
    World,
    failures,
    make_world,
    open_line,
    take_in,
    write_to_those_who_delivered,
)
from benchmarks.faults import How
from kkz_eval.deliveries.register.reading_process import end_reading_processes
from kkz_eval.sensors import inbox_sensor
from kkz_eval.storage.writer import writing_alone

A_SAMPLE = {
    "take_in": 97,
    "lay_down": 47,
    "hand_in": 61,
    "write": 397,
    "back_up": 797,
    "bring_back": 397,
    "remove": 191,
    "look_over": 211,
}
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


@pytest.mark.parametrize("act", ["take_in", "bring_back"])
def test_an_object_store_that_goes_away_loses_nothing_and_doubles_nothing(line: Line, tmp_path: Path, act: str) -> None:
    some = list(failures(line, act, How.ERROR, tmp_path, lambda number: number % 61 == 17, elsewhere=True))
    assert some


@pytest.mark.skipif(not hasattr(os, "fork"), reason="several processes are forked here")
def test_lines_begun_at_once_on_a_new_home_wait_for_one_another_and_end_as_one(line: Line, tmp_path: Path) -> None:
    alone, together = World(tmp_path / "alone"), World(tmp_path / "together")
    for world in (alone, together):
        shutil.copytree(line.world.folder, world.folder)
    for act in (take_in, write_to_those_who_delivered):
        act(line.here(alone))
    said = tmp_path / "said"
    children = []
    for _ in range(5):
        child = os.fork()
        if child == 0:
            end_reading_processes()  # those of the parent are not for a child to ask
            code = 1
            try:
                here = line.here(together)
                with writing_alone(together.home, "Probe", lambda sentence: _note(said, sentence.in_language("de"))):
                    time.sleep(0.05)  # so that the others find it held
                for act in (take_in, write_to_those_who_delivered):
                    act(here)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 5
    assert f"In {together.home} arbeitet schon „Probe“ (Prozess " in said.read_text(encoding="utf-8")
    assert together.tree() == alone.tree()
    assert together.store.unfinished() == []


def _note(file: Path, said: str) -> None:
    with file.open("a", encoding="utf-8") as out:
        out.write(f"{said}\n")


def test_a_sensor_that_slept_for_a_week_starts_one_run_for_all_that_came_meanwhile(line: Line, tmp_path: Path) -> None:
    world = World(tmp_path / "world")
    shutil.copytree(line.world.folder, world.folder)
    here = line.here(world)

    def look(cursor: str | None) -> tuple[str | None, dg.RunRequest | None]:
        context = dg.build_sensor_context(cursor=cursor, resources={"installation_only_read": here})
        found = inbox_sensor(context)
        return context.cursor, found if isinstance(found, dg.RunRequest) else None

    cursor, first = look(None)  # of the many looks that did not happen none is made up for
    assert first is None
    asked = [look(cursor)[1] for _ in range(3)]
    assert {request.run_key for request in asked if request is not None} == {cursor}, "Dagster starts one run for one key"
    take_in(here)
    assert sorted(arrival.name for arrival in here.register().arrivals) == sorted(
        p.name for p in (world.folder / "inbox").iterdir()
    )
    assert look(cursor) == ("", None)
