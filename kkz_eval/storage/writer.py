"""One writer at a time in a home: a lock that the kernel holds for a process, and who holds it, for a sentence; and whether a process is there.

Does not belong here: what is written. Reading needs no lock: what is kept under a key never changes.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BufferedReader, FileIO
from pathlib import Path

from kkz_eval.model import say
from kkz_eval.model.day import BERLIN
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import Joined, Localised

_COARSEST = 2_000_000_000  # nanoseconds between two times that every file system tells apart
LOCK = "writer.lock"
"""In the home. The lock is on this file; what stands in it is for people alone, and nothing where nobody writes."""

_BETWEEN_LOOKS = 0.05  # seconds


@dataclass(frozen=True)
class Writer:
    """Who writes in a home. command: as people started it; process: its number; since: day and time of day."""

    command: str
    process: int
    since: str


def require_home(home: Path) -> None:
    """Raises UserError where there is no such home: nothing of it could be meant."""
    if not home.is_dir():
        raise UserError("home_missing", home=str(home))


@contextmanager
def writing_alone(home: Path, command: str, tell: Callable[[Localised], None]) -> Iterator[None]:
    """Be the only writer of a home while the context lasts; made where it is not there.

    Another writer is waited for, however long it takes: tell is told before who it is. A process that ends gives the lock up, however it
    ends, so that nothing has to be cleared away. The lock is not taken twice: who holds it and asks again waits for itself.
    Raises UserError where the home can't be written.
    """
    with _locked(home) as file:  # closing it gives the lock up
        writer = _lock_at_once(file, home)
        if writer is not None:
            tell(Joined((writer, say("writer.waits")), " "))
            _wait_for_lock(file, home)
        with _named_in(file, home, command):
            yield


@contextmanager
def writing_soon(home: Path, command: str, seconds: float) -> Iterator[None]:
    """As writing_alone, for somebody who waits at a page: another writer is waited for so long. command: as people read it.

    Raises UserError (home_busy) where the other has not finished by then: nothing was written.
    """
    give_up = time.monotonic() + seconds
    with _locked(home) as file:
        while (writer := _lock_at_once(file, home)) is not None:
            if time.monotonic() >= give_up:
                raise UserError("home_busy", writer=writer)
            time.sleep(_BETWEEN_LOOKS)
        with _named_in(file, home, command):
            yield


@contextmanager
def _locked(home: Path) -> Iterator[FileIO]:
    """The file that the lock is on, made where it is not there; what goes wrong with it is no fault of the program."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = open(home / LOCK, "a+b", buffering=0)  # noqa: SIM115 (it stays open as long as the lock is held)
    except OSError as error:
        raise UserError("storage_not_writable", place=str(home), reason=reason_of(error)) from error
    with file:
        yield file


def _lock_at_once(file: FileIO, home: Path) -> Localised | None:
    """Take the lock; who holds it where somebody else does."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _sentence(home, _written_in(file))
    except OSError as error:
        raise UserError("storage_not_writable", place=str(home), reason=reason_of(error)) from error
    return None


def _wait_for_lock(file: FileIO, home: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        raise UserError("storage_not_writable", place=str(home), reason=reason_of(error)) from error


@contextmanager
def _named_in(file: FileIO, home: Path, command: str) -> Iterator[None]:
    """Say in the file who writes, while they do. Raises UserError where that can't be begun."""
    try:
        _write(file, Writer(command, os.getpid(), f"{datetime.now(BERLIN):%Y-%m-%d %H:%M}"))
    except OSError as error:
        raise UserError("storage_not_writable", place=str(home), reason=reason_of(error)) from error
    try:
        yield
    finally:
        with suppress(OSError):  # what stands there is for people alone, and all that was to be written is
            file.truncate(0)


def other_writer(home: Path) -> Localised | None:
    """Who writes in a home at this moment, as a sentence; None where nobody does. Raises UserError where that can't be told."""
    with _looked_at(home / LOCK) as file:
        if file is None or _is_free(file):
            return None
        return _sentence(home, _written_in(file))


def is_read_only(place: Path) -> bool:
    """Whether the file system of a place takes nothing, as that of a failing disk: nobody begins to write there. Raises UserError where that can't be told."""
    try:
        return bool(os.statvfs(place).f_flag & os.ST_RDONLY)
    except OSError as error:
        raise UserError("storage_not_readable", place=str(place), reason=reason_of(error)) from error


def quiet_since(home: Path) -> tuple[int, ...] | None:
    """A mark that another writer changes: the same mark twice says that nobody has written in between.

    None where somebody writes, nobody ever did, or the last one was so short a time ago that the clock of the file system might not tell it from
    the next. Raises UserError as other_writer.
    """
    with _looked_at(home / LOCK) as file:
        if file is None or not _is_free(file):
            return None
        seen = os.fstat(file.fileno())
    return (seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns) if is_long_ago(seen.st_ctime_ns) else None


@contextmanager
def _looked_at(path: Path) -> Iterator[BufferedReader | None]:
    """A file that a lock is on, to be looked at; None where there is none yet."""
    try:
        with open(path, "rb") as file:
            yield file
    except FileNotFoundError:
        yield None
    except OSError as error:
        raise UserError("storage_not_readable", place=str(path), reason=reason_of(error)) from error


def _is_free(file: BufferedReader) -> bool:
    """Whether nobody writes; until the file is closed, nobody begins to."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sign_of_life(history: str, run_id: str) -> Path:
    """The file by which the process of a run shows that it is there: in the folder of what runs printed, where it goes with the run."""
    return Path(history) / run_id / "alive"


@contextmanager
def shown_alive(sign: Path) -> Iterator[None]:
    """Hold the lock of a file that nobody else takes, so that others can tell that this process is there. Raises UserError where that can't be begun."""
    try:
        sign.parent.mkdir(parents=True, exist_ok=True)
        file = open(sign, "wb", buffering=0)  # noqa: SIM115 (it stays open as long as the lock is held)
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        raise UserError("storage_not_writable", place=str(sign), reason=reason_of(error)) from error
    with file:
        try:
            yield
        finally:
            with suppress(OSError):  # all that was to be done is
                os.utime(file.fileno())


def seconds_without_sign(sign: Path, since: float) -> float:
    """So long nobody has shown to be alive by a file: 0 while somebody does, else from when it was last begun or ended, or from `since` (seconds of the
    clock) where that is later or there is none. Raises UserError where that can't be told."""
    with _looked_at(sign) as file:
        if file is not None:
            if not _is_free(file):
                return 0.0
            since = max(since, os.fstat(file.fileno()).st_mtime)
    return max(0.0, time.time() - since)


def is_long_ago(changed: int) -> bool:
    """Whether a file that was changed then would show another time if it were changed now. changed: as os.stat, in nanoseconds."""
    return (
        abs(time.time_ns() - changed) > _COARSEST
    )  # in the future, too: a clock that was set back shows another time than it did


def _write(file: FileIO, writer: Writer) -> None:
    file.truncate(0)  # of one that was killed; and so quiet_since sees another mark in any case
    with suppress(OSError):  # on a full disk nobody is named, but what makes room again must be able to begin
        file.write(json.dumps(asdict(writer)).encode())


def _written_in(file: FileIO | BufferedReader) -> Writer | None:
    """Who says to hold the lock; None where it has not said so yet."""
    file.seek(0)
    try:
        return Writer(**json.loads(file.read()))
    except (ValueError, TypeError, OSError):
        return None


def _sentence(home: Path, writer: Writer | None) -> Localised:
    if writer is None:
        return say("writer.someone", home=str(home))
    return say("writer.known", home=str(home), **asdict(writer))
