"""The log of what was done and refused at the desk: who, in which role, when, what. One line of JSON an entry, a file a day, only added to.

Belongs here: the lines and where they stand. Does not belong here: what cells hold or what somebody typed. A line names rooms and keys
(a dataset, a unit, a year, a digest); of an address that was refused only its first part is kept, of anything else only that it was left out.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from kkz_eval.desk.people import Person
from kkz_eval.model.day import BERLIN
from kkz_eval.model.folders import files_in

FOLDER = "desk/actions"
LEFT_OUT = "(left out)"
_KEYS = re.compile(r"[A-Za-z0-9_.:/ -]{0,200}")  # nothing with a sign that only a text would have
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "websocket"})


def _moment() -> datetime:
    return datetime.now(UTC)


def record(home: Path, person: Person | None, action: str, about: str = "", now: Callable[[], datetime] = _moment) -> None:
    """Add that somebody did something. person: None where nobody was named; action: a word of ours; about: keys, digests or an address of ours.

    Raises OSError where the home can't be written: what can't be recorded is not done.
    """
    with _appended(home, person, action, about, now) as file:
        os.fsync(file)


def record_refusal(
    home: Path, person: Person | None, method: str, path: str, reason: str, now: Callable[[], datetime] = _moment
) -> None:
    """Add that something was refused. reason: a word of ours. Raises OSError where the home can't be written.

    It is not waited for until the disk has it: whoever sends much that is refused must not keep the others waiting.
    """
    about = f"{method if method in _METHODS else 'other'} {room_of(path)}"
    with _appended(home, person, f"refused:{reason}", about, now):
        pass


@contextmanager
def _appended(home: Path, person: Person | None, action: str, about: str, now: Callable[[], datetime]) -> Iterator[int]:
    """The number of the file of the day, with a line more."""
    time = now().astimezone(BERLIN)
    said = {
        "time": time.isoformat(timespec="milliseconds"),
        "person": None if person is None else person.name,
        "roles": [] if person is None else sorted(person.roles),
        "action": action,
        "about": about if _KEYS.fullmatch(about) else LEFT_OUT,
    }
    folder = home / FOLDER
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    line = json.dumps(said, ensure_ascii=True).encode() + b"\n"
    file = os.open(folder / f"{time.date().isoformat()}.jsonl", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        # One write of one line: what others add meanwhile stands before or behind it.
        if os.write(file, _own_line(file, line)) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder)
        yield file
    finally:
        os.close(file)


def _own_line(file: int, line: bytes) -> bytes:
    """A line as it has to be added: on one of its own, also where the one before was cut off for want of room."""
    length = os.fstat(file).st_size
    return line if not length or os.pread(file, 1, length - 1) == b"\n" else b"\n" + line


def forget(home: Path, before: date) -> tuple[str, ...]:
    """Remove the files of days before a day; their names. Raises OSError where one can't be removed, and UserError where they can't be listed."""
    found = files_in(home / FOLDER, ".jsonl")
    old = [file for file in found if _DAY.fullmatch(file.stem) and file.stem < before.isoformat()]
    for file in old:
        file.unlink()
    return tuple(file.name for file in old)


def room_of(path: str) -> str:
    """The room that an address leads to: its first part, of Dagster's the first two; LEFT_OUT for what is no address of a page."""
    parts = path.removeprefix("/").split("/")
    known = [part for part in parts[: 2 if parts[0] == "dagster" else 1] if part]
    if path == "/" or (path.startswith("/") and known and all(_WORD.fullmatch(part) for part in known)):
        return "/" + "/".join(known)
    return "elsewhere"
