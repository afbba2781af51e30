"""The log of the desk: a line for each action and refusal, without what was typed."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from benchmarks.faults import How, Killed, failures_of
from kkz_eval.desk.actions import FOLDER, LEFT_OUT, record, record_refusal, room_of
from kkz_eval.desk.people import Person, Role

STEWARD = Person("pruefung", frozenset({Role.STEWARD, Role.APPROVER}))
LATE = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)


def lines(home: Path) -> dict[str, list[dict[str, object]]]:
    """The lines of each file."""
    return {file.name: [json.loads(line) for line in file.read_text().splitlines()] for file in sorted((home / FOLDER).iterdir())}


def test_a_line_says_who_did_what_in_which_role_and_when(tmp_path: Path) -> None:
    record(tmp_path, STEWARD, "decided", "geburten 05315000 2023", lambda: LATE)
    assert lines(tmp_path) == {
        "2026-11-30.jsonl": [
            {
                "time": "2026-11-30T00:30:00.000+01:00",
                "person": "pruefung",
                "roles": ["approver", "steward"],
                "action": "decided",
                "about": "geburten 05315000 2023",
            }
        ]
    }


def test_each_day_of_berlin_has_a_file_that_is_only_added_to(tmp_path: Path) -> None:
    for what, hour in (("one", 21), ("two", 22), ("three", 23)):
        record(tmp_path, STEWARD, what, now=partial(LATE.replace, hour=hour))
    assert {name: [line["action"] for line in inside] for name, inside in lines(tmp_path).items()} == {
        "2026-11-29.jsonl": ["one", "two"],
        "2026-11-30.jsonl": ["three"],
    }


@pytest.mark.parametrize("how", How)
def test_a_line_that_could_not_be_written_is_an_error_and_spoils_no_other(tmp_path: Path, how: How) -> None:
    home = tmp_path / "home"

    def fresh() -> None:
        shutil.rmtree(home, ignore_errors=True)
        record(home, STEWARD, "before", now=lambda: LATE)

    for failure in failures_of(fresh, lambda: record(home, STEWARD, "tried", now=lambda: LATE), home, how=how):
        assert isinstance(failure.error, (OSError, Killed)) or failure.call.kind == "make", failure
        record(home, STEWARD, "after", now=lambda: LATE)
        (said,) = lines(home).values()
        assert [line["action"] for line in said] in (["before", "after"], ["before", "tried", "after"]), failure


def test_half_a_line_of_a_full_disk_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, STEWARD, "before", now=lambda: LATE)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:20]))
    with pytest.raises(OSError, match="No space left"):
        record(tmp_path, STEWARD, "tried", now=lambda: LATE)
    monkeypatch.setattr(os, "write", write)
    record(tmp_path, STEWARD, "after", now=lambda: LATE)
    (file,) = (tmp_path / FOLDER).iterdir()
    whole = [line for line in file.read_text().splitlines() if line.endswith("}")]
    assert [json.loads(line)["action"] for line in whole] == ["before", "after"]


def test_others_than_the_service_and_its_group_cannot_read_it(tmp_path: Path) -> None:
    record_refusal(tmp_path, None, "GET", "/liefern", "host")
    folder = tmp_path / FOLDER
    assert [path.stat().st_mode & 0o007 for path in (folder, *folder.iterdir())] == [0, 0]


def test_what_was_typed_is_left_out(tmp_path: Path) -> None:
    record(tmp_path, STEWARD, "asked", "Müller, geb. 1.1.2020\nzwei", lambda: LATE)
    record_refusal(tmp_path, None, "GET\n{}", "/Geheim'es/..", "path", lambda: LATE)
    (said,) = lines(tmp_path).values()
    assert [line["about"] for line in said] == [LEFT_OUT, "other elsewhere"]


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("/", "/"),
        ("/liefern", "/liefern"),
        ("/tafel/geburten/05315000/2023", "/tafel"),
        ("/dagster", "/dagster"),
        ("/dagster/", "/dagster"),
        ("/dagster/graphql", "/dagster/graphql"),
        ("/dagster/runs/8c1d", "/dagster/runs"),
        ("//x", "elsewhere"),
        ("http://evil.example/", "elsewhere"),
        ("", "elsewhere"),
        ("/Herr Meier", "elsewhere"),
    ],
)
def test_of_an_address_that_was_refused_only_the_room_is_kept(path: str, room: str) -> None:
    assert room_of(path) == room
