"""The log of what is done at the desk and of what is refused: who, in which role, when, what. A file a day, only added to.

Belongs here: the lines and where they stand. Does not belong here: what cells hold or what somebody typed. A line names rooms and keys
(a dataset, a unit, a year, a number of arrival); of an address only its first part is kept, and of anything else only that something was left out.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kkz_eval.desk.people import Person
from kkz_eval.model.day import BERLIN

LEFT_OUT = "(left out)"
_KEYS = re.compile(r"[A-Za-z0-9_.:/ -]{0,200}")  # nothing with a sign that only a text would have
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "websocket"})
_LINE_MODE, _FOLDER_MODE = 0o640, 0o750


def moment() -> datetime:
    """Now."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class ActionLog:
    """The log in a folder; now: asked for each line."""

    folder: Path
    now: Callable[[], datetime] = moment

    def action(self, person: Person, what: str, about: str = "") -> None:
        """Adds that somebody did something. what: a word of the code; about: keys, separated by spaces."""
        self._add({"person": person.name, "roles": sorted(person.roles), "did": what, "about": _keys(about)})

    def refusal(self, name: str, method: str, path: str, reason: str) -> None:
        """Adds that something was refused. name: of the person, "" for nobody; reason: a word of the code."""
        said = method if method in _METHODS else LEFT_OUT
        self._add({"person": name, "refused": reason, "method": said, "at": kind_of(path)})

    def _add(self, line: dict[str, object]) -> None:
        time = self.now().astimezone(BERLIN)
        self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        text = json.dumps({"time": time.isoformat(timespec="seconds"), **line}, ensure_ascii=True) + "\n"
        file = os.open(self.folder / f"actions-{time.date()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, _LINE_MODE)
        try:
            os.write(file, text.encode())  # in one go, so that lines of two processes do not mix
        finally:
            os.close(file)


def kind_of(path: str) -> str:
    """The room that an address leads to: its first part, of Dagster's the first two; LEFT_OUT for what is no address of a page."""
    parts = path.removeprefix("/").split("/")
    known = parts[: 2 if parts[0] == "dagster" else 1]
    if path == "/":
        return "/"
    return "/" + "/".join(known).rstrip("/") if all(_WORD.fullmatch(part) for part in known if part) and known[0] else LEFT_OUT


def _keys(about: str) -> str:
    return about if _KEYS.fullmatch(about) else LEFT_OUT
