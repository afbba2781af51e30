"""The log of the desk: a line for each action and refusal, without what was typed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kkz_eval.desk.actions import LEFT_OUT, ActionLog, kind_of
from kkz_eval.desk.people import Person, Role

STEWARD = Person("pruefung", frozenset({Role.STEWARD, Role.APPROVER}))
LATE = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)


def lines(folder: Path) -> dict[str, list[dict[str, object]]]:
    """The lines of each file."""
    return {file.name: [json.loads(line) for line in file.read_text().splitlines()] for file in sorted(folder.iterdir())}


def test_a_line_says_who_did_what_in_which_role_and_when(tmp_path: Path) -> None:
    ActionLog(tmp_path / "desk", lambda: LATE).action(STEWARD, "decided", "geburten 05315000 2023")
    assert lines(tmp_path / "desk") == {
        "actions-2026-11-30.jsonl": [
            {
                "time": "2026-11-30T00:30:00+01:00",
                "person": "pruefung",
                "roles": ["approver", "steward"],
                "did": "decided",
                "about": "geburten 05315000 2023",
            }
        ]
    }


def test_each_day_of_berlin_has_a_file_that_is_only_added_to(tmp_path: Path) -> None:
    times = [LATE.replace(hour=21), LATE.replace(hour=22), LATE]
    log = ActionLog(tmp_path, lambda: times.pop(0))
    for what in ("one", "two", "three"):
        log.action(STEWARD, what)
    assert {name: [line["did"] for line in inside] for name, inside in lines(tmp_path).items()} == {
        "actions-2026-11-29.jsonl": ["one", "two"],
        "actions-2026-11-30.jsonl": ["three"],
    }


def test_only_the_service_and_its_group_read_it(tmp_path: Path) -> None:
    ActionLog(tmp_path / "desk").refusal("", "GET", "/liefern", "host")
    assert [oct(path.stat().st_mode & 0o007) for path in (tmp_path / "desk", *(tmp_path / "desk").iterdir())] == ["0o0", "0o0"]


def test_what_was_typed_is_left_out(tmp_path: Path) -> None:
    log = ActionLog(tmp_path)
    log.action(STEWARD, "asked", "Müller, geb. 1.1.2020\nzwei")
    log.refusal("x", "GET\n{}", "/Geheim'es/..", "path")
    (said,) = lines(tmp_path).values()
    assert said[0]["about"] == LEFT_OUT
    assert (said[1]["method"], said[1]["at"]) == (LEFT_OUT, LEFT_OUT)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "/"),
        ("/liefern", "/liefern"),
        ("/tafel/geburten/05315000/2023", "/tafel"),
        ("/dagster", "/dagster"),
        ("/dagster/", "/dagster"),
        ("/dagster/graphql", "/dagster/graphql"),
        ("/dagster/runs/8c1d", "/dagster/runs"),
        ("//x", LEFT_OUT),
        ("http://evil.example/", LEFT_OUT),
        ("", LEFT_OUT),
        ("/Herr Meier", LEFT_OUT),
    ],
)
def test_of_an_address_only_the_room_is_kept(path: str, kind: str) -> None:
    assert kind_of(path) == kind
