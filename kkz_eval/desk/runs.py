"""Runs as the desk shows and starts them: values, and the functions that reach it from whatever executes runs. No Dagster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kkz_eval.desk.people import Person


class RunState(StrEnum):
    """How far a run, or a step of one, has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"  # of a step: what it needs was not made


REPORT = "report_"
"""How the name of a step begins that makes the report of a plan."""
FINISHED = frozenset({RunState.DONE, RunState.FAILED, RunState.STOPPED})


@dataclass(frozen=True)
class RunStep:
    """A step of a run by its name; since, until: of its work, None where there is none."""

    name: str
    state: RunState
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class RunSeen:
    """A run as it is now. plan: "" for all plans; outcomes: () for all of them; years: that it took deliveries in of, "" for none; started_by: as the run has
    it, "" where it does not say; failures: what stopped parts of it, in sentences; editions: plan and folder's name of each report that it made or
    found made."""

    id: str
    job: str
    plan: str
    outcomes: tuple[str, ...]
    years: str
    state: RunState
    started_by: str
    asked: datetime
    since: datetime | None = None
    until: datetime | None = None
    steps: tuple[RunStep, ...] = ()
    failures: tuple[str, ...] = ()
    editions: tuple[tuple[str, str], ...] = ()

    @property
    def is_without_report(self) -> bool:
        """Whether it came to its end and was to make a report, and yet made none: what is left out fails nothing, and would pass for done."""
        left_out = any(step.name.startswith(REPORT) and step.state is RunState.SKIPPED for step in self.steps)
        return self.state is RunState.DONE and left_out and not self.editions


@dataclass(frozen=True)
class Engine:
    """What executes runs, as it is now. runs: number in each state; failed_checks: of the newest run that has ended, None where none has; last_scan: when it
    last looked into the inbox, None where it never did; daemon_lives, code_lives: its processes run, and the code was loaded."""

    runs: Mapping[RunState, int]
    failed_checks: int | None
    last_scan: datetime | None
    daemon_lives: bool
    code_lives: bool


@dataclass(frozen=True)
class Runs:
    """What executes runs. launch: plan, outcomes (() for all), years (None for what is accepted as it is), and who starts it; gives the run's id, raises
    UserError where it can't be started. listed: the newest first, without steps. seen: all of one run, None where there is none. engine: how all that stands; raises
    UserError where the history of runs can't be read."""

    launch: Callable[[str, Sequence[str], str | None, Person], str]
    listed: Callable[[], tuple[RunSeen, ...]]
    seen: Callable[[str], RunSeen | None]
    engine: Callable[[], Engine]
