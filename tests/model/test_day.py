"""The day is that of Berlin, wherever the machine stands, and nobody but the edge asks the clock for it."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import kkz_eval
from kkz_eval.model.day import day_in_berlin


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 1, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 1, 1, 22, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 12, 31, 23, 1, tzinfo=UTC), date(2027, 1, 1)),
    ],
    ids=["summer, before midnight", "summer, just after", "winter, before midnight", "winter, a new year just after"],
)
def test_a_machine_in_utc_changes_the_day_when_berlin_does(moment: datetime, day: date) -> None:
    assert day_in_berlin(moment) == day


def test_now_is_one_of_the_days_that_there_are_at_this_moment() -> None:
    before = datetime.now(UTC)
    assert day_in_berlin() in {day_in_berlin(before), day_in_berlin(datetime.now(UTC))}


def test_only_the_edge_asks_the_clock() -> None:
    package = Path(kkz_eval.__file__).parent
    asking = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Attribute) and node.attr in ("today", "now", "utcnow") and ast.unparse(node.value) in CLOCKS
    }
    assert asking - INSTANTS == {"model/day.py"}


CLOCKS = {"date", "datetime", "datetime.date", "datetime.datetime"}
INSTANTS = {
    "commands/backup.py",
    "commands/fetch.py",
    "desk/actions.py",
    "desk/pages/deliver.py",
    "desk/pages/health.py",
    "sensors.py",
    "storage/writer.py",
}
"""Modules that say to the second when something happened; no day of theirs decides anything."""
