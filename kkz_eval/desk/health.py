"""Whether all is well: runs, disk, deliveries that wait, backups and the processes beside the desk, at one moment, each figure once for all who show it.

Belongs here: the figures, and what in them asks for somebody. Does not belong here: what executes runs (handed in), the page (pages.health), the form for
machines (metrics). No figure names a municipality, a file or a person.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from kkz_eval.desk import say
from kkz_eval.desk.runs import Engine, RunState
from kkz_eval.model.day import BERLIN
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Localised
from kkz_eval.stewardship.to_do import Kind, ToDo
from kkz_eval.storage.backups import newest_made
from kkz_eval.storage.store import Store

if TYPE_CHECKING:
    from kkz_eval.desk.desk import Desk

BACKUP_DAYS = 8
"""A backup older than that asks for somebody: one a week, and a day to spare."""
MINUTES_BETWEEN_SIZES = 5
"""A home of 20,000 deliveries has 200,000 files, whose sizes take a processor two seconds; machines ask four times a minute."""
LEAST_FREE = 0.1
"""Of the disk."""
_OF_RUNS = tuple(state for state in RunState if state is not RunState.SKIPPED)
_NOTHING_WAITS = frozenset({Kind.OVERDUE, Kind.DUE_SOON, Kind.PURGED, Kind.NOT_EXPECTED})
"""Tasks that are about no delivery that is there, or about one that nobody asked for."""


_ONE_ADDS_UP = Lock()
_size_last: dict[Path, tuple[float, int]] = {}
"""By home: when its files were added up last, in seconds of a clock that never goes back, and what they came to."""


class Form(StrEnum):
    """What a figure counts, as the end of its name has it."""

    COUNT = ""
    BYTES = "_bytes"
    DAYS = "_days"
    TIME = "_timestamp_seconds"
    ANSWER = "_up"  # 1 yes, 0 no


@dataclass(frozen=True)
class Disk:
    """Of the home and the disk that it lies on, in bytes. has_home: it is there; without it all of this is of another disk."""

    used_by_home: int
    free: int
    size: int
    has_home: bool = True


@dataclass(frozen=True)
class Health:
    """How all stands. history_answers: the history of runs can be read; engine: None where it can't, or where nothing executes runs; tasks: number of each
    kind, None where the deliveries can't be shown; unanswered_days: for so long the oldest delivery waits that asks for something, None for none; has_backups:
    it is said where they are; backup: when the newest was made, None for none."""

    history_answers: bool
    engine: Engine | None
    tasks: Mapping[Kind, int] | None
    unanswered_days: int | None
    disk: Disk
    has_backups: bool
    backup: datetime | None

    @property
    def is_alive(self) -> bool:
        """Whether the desk and all beside it work, so that runs can be started."""
        return (
            self.disk.has_home
            and self.history_answers
            and (self.engine is None or (self.engine.daemon_lives and self.engine.code_lives))
        )


@dataclass(frozen=True)
class Figure:
    """A figure. name: without what it counts; of: the value of its one label, "" for none; value: None where it is not known, or there is none."""

    name: str
    form: Form
    value: float | None
    of: str = ""

    @property
    def metric(self) -> str:
        """Its name for machines."""
        return f"kkz_{self.name}{self.form}"


def health(
    engine: Engine | UserError | None, tasks: Sequence[ToDo] | None, today: date, disk: Disk, backup: str | None
) -> Health:
    """How all stands, of what was seen. engine: a UserError where the history of runs can't be read; tasks: of all units; backup: when the newest was made
    as its list has it, "" where there is none, None where nobody said where they are."""
    waiting = [one.since for one in tasks or () if one.kind not in _NOTHING_WAITS and one.since is not None]
    made = datetime.strptime(backup, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN) if backup else None
    return Health(
        history_answers=not isinstance(engine, UserError),
        engine=None if isinstance(engine, UserError) else engine,
        tasks=None if tasks is None else Counter(one.kind for one in tasks),
        unanswered_days=(today - min(waiting)).days if waiting else None,
        disk=disk,
        has_backups=backup is not None,
        backup=made,
    )


def figures(health: Health) -> Iterator[Figure]:
    """All figures, in the order in which the page has them."""
    engine, tasks = health.engine, health.tasks
    yield Figure("home", Form.ANSWER, float(health.disk.has_home))
    yield Figure("run_history", Form.ANSWER, float(health.history_answers))
    yield Figure("daemon", Form.ANSWER, None if engine is None else float(engine.daemon_lives))
    yield Figure("code_server", Form.ANSWER, None if engine is None else float(engine.code_lives))
    for state in _OF_RUNS:
        yield Figure("runs", Form.COUNT, None if engine is None else engine.runs.get(state, 0), state.value)
    yield Figure("failed_checks", Form.COUNT, None if engine is None else engine.failed_checks)
    yield Figure("last_scan", Form.TIME, None if engine is None else _seconds(engine.last_scan))
    for kind in Kind:
        yield Figure("tasks", Form.COUNT, None if tasks is None else tasks.get(kind, 0), kind.value)
    yield Figure("oldest_unanswered_delivery", Form.DAYS, health.unanswered_days)
    yield Figure("home_used", Form.BYTES, health.disk.used_by_home)
    yield Figure("disk_free", Form.BYTES, health.disk.free)
    yield Figure("last_backup", Form.TIME, _seconds(health.backup))


def concerns(health: Health, now: datetime) -> Iterator[Localised]:
    """What somebody should see to, each with the next step; nothing where all is well."""
    if not health.disk.has_home:
        yield say("health.concern.home")
    yield from _of_runs(health.engine, health.history_answers)
    if health.tasks is None:
        yield say("health.concern.deliveries")
    if health.disk.free < LEAST_FREE * health.disk.size:
        yield say("health.concern.disk")
    if not health.has_backups:
        yield say("health.concern.no_place")
    elif health.backup is None:
        yield say("health.concern.no_backup")
    elif now - health.backup > timedelta(BACKUP_DAYS):
        yield say("health.concern.old_backup", days=(now - health.backup).days)


def _of_runs(engine: Engine | None, history_answers: bool) -> Iterator[Localised]:
    if not history_answers:
        yield say("health.concern.history")
    if engine is not None and not engine.daemon_lives:
        yield say("health.concern.daemon")
    if engine is not None and not engine.code_lives:
        yield say("health.concern.code")


def why_no_run_begins(desk: Desk) -> list[Localised]:
    """What keeps runs from beginning or going on, each with the next step; nothing where what executes them works, or there is nothing that does."""
    engine = _engine(desk)
    return list(_of_runs(None, False) if isinstance(engine, UserError) else _of_runs(engine, True))


def health_of(desk: Desk) -> Health:
    """How all stands now, as board, runs and disk have it."""
    settings = desk.settings
    return health(_engine(desk), _tasks(desk), settings.day, _disk(settings.home), _backup(settings.backups))


def is_alive(desk: Desk) -> bool:
    """Whether the desk and all beside it work; of the rest of its health nothing is looked at."""
    engine = _engine(desk)
    return (
        desk.settings.home.is_dir()
        and not isinstance(engine, UserError)
        and (engine is None or (engine.daemon_lives and engine.code_lives))
    )


def _engine(desk: Desk) -> Engine | UserError | None:
    try:
        return None if desk.runs is None else desk.runs.engine()
    except UserError as error:
        return error


def _tasks(desk: Desk) -> tuple[ToDo, ...] | None:
    """What the list of tasks shows whoever sees all; None while a removal is not at its end, and where a contract is not valid."""
    from kkz_eval.line.at_the_desk import moment_of  # noqa: PLC0415 (takes a moment to import, and not every page needs it)
    from kkz_eval.stewardship.sight import EVERYTHING  # noqa: PLC0415 (likewise)

    try:
        return moment_of(desk.settings).to_do(EVERYTHING)
    except UserError:
        return None


def _disk(home: Path) -> Disk:
    seen, has_home = shutil.disk_usage(next(folder for folder in (home, *home.parents) if folder.exists())), home.is_dir()
    return Disk(_used_by(home) if has_home else 0, seen.free, seen.total, has_home)


def _used_by(home: Path) -> int:
    """The bytes of all files of a home, added up anew where that was MINUTES_BETWEEN_SIZES ago; of many who ask at once, one adds up."""
    with _ONE_ADDS_UP:
        since, size = _size_last.get(home, (-math.inf, 0))
        if time.monotonic() - since >= 60 * MINUTES_BETWEEN_SIZES:
            size = sum(_sizes(str(home)))
            _size_last[home] = (time.monotonic(), size)
    return size


def _sizes(folder: str) -> Iterator[int]:
    """The size of each file below a folder; one that goes meanwhile has none."""
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(base, name)).st_size
            except FileNotFoundError:
                continue


def _backup(place: str) -> str | None:
    """When the newest backup was made; "" where there is none, or its list can't be read, so that somebody looks."""
    if not place:
        return None
    try:
        return newest_made(Store.at(place)) or ""
    except UserError:
        return ""


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
