"""The command `check` as a user meets it: a child process reads and judges the files one by one and sends what is to be printed.

A file that ends the child (too much time or memory, a crash of a library) costs itself only: it is named, and a new child goes on.
Belongs here: forking, listening, printing. Does not belong here: reading and judging; this process imports no reader, so that every
child begins small. Where a system can't fork (Windows), the files are read in this process, without limits.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from io import TextIOBase
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from kkz_eval.deliveries.register.own_process import CAN_FORK, fault_of, leave_no_trace, reason_of_end, without_pandas
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import refused_by_system
from kkz_eval.settings import Settings

_PIECE = 1 << 16  # characters that are sent at once


def check(settings: Settings, files: Sequence[Path], contract_id: str | None, form: str, protocol: Path | None) -> int:
    """Check files as `check_files.check_files` does, each within the limits of the settings; 0 clean, 1 findings, 2 not readable.

    Raises UserError as check_files; RuntimeError for a fault of the program that has to do with no file.
    """
    if not CAN_FORK:
        from kkz_eval.commands.check_files import check_files  # noqa: PLC0415 (only where this process is the one that reads)

        without_pandas()
        return check_files(settings, files, contract_id, form, protocol)
    codes: list[int] = []
    broke: str | None = None
    while len(codes) < len(files):
        begun = len(codes)
        status = _in_child((settings, files, contract_id, form, protocol, settings.limits, begun, broke), codes)
        if broke is not None and len(codes) == begun:
            raise RuntimeError(f"a process that only had to name a file ended with status {status}")
        broke = reason_of_end(status)
    return max(codes)


def _in_child(arguments: tuple[Any, ...], codes: list[int]) -> int:
    """Let a child call check_files.check_each, print what it says, append the code of each file that it finished; its status at the end.

    Raises UserError where the child does, and RuntimeError for any other exception of the child.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about threads, from Python 3.12 on: the command line has none here
        child = os.fork()
    if child == 0:
        os.close(reading)
        _be_child(arguments, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as said:
            for kind, content in _messages(said):
                if kind == "done":
                    codes.append(content)
                else:
                    _pass_on(kind, content)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    return status


def _pass_on(kind: str, content: Any) -> None:
    """Print what the child printed, or raise what it met outside any file."""
    if kind == "fault":
        raise RuntimeError(f"in the process that reads: {content}")
    if kind == "refused":
        code, exit_code, package, parameters = content
        raise UserError(code, exit_code=exit_code, package=package, **parameters)
    (sys.stdout if kind == "out" else sys.stderr).write(content)


def _messages(said: BinaryIO) -> Iterator[tuple[str, Any]]:
    """What a child says until it ends; a message that its end cut short is left out."""
    while True:
        try:
            yield pickle.load(said)
        except (EOFError, pickle.UnpicklingError):
            return


def _be_child(arguments: tuple[Any, ...], writing: int) -> NoReturn:
    """Check, say what comes of it, and end without returning to what the parent was doing."""
    status = 1
    try:
        leave_no_trace()
        without_pandas()
        with os.fdopen(writing, "wb") as channel:
            parent = _Parent(channel)
            sys.stdout, sys.stderr = _Said(parent, "out"), _Said(parent, "err")
            try:
                from kkz_eval.commands.check_files import check_each  # noqa: PLC0415 (the parent must stay small)

                for code in check_each(*arguments):
                    parent.send("done", code)
                status = 0
            except (UserError, OSError) as error:
                refused = error if isinstance(error, UserError) else refused_by_system(error)
                parent.send("refused", (refused.code, refused.exit_code, refused.package, refused.parameters))
            except Exception as error:  # noqa: BLE001 (raised again by the parent)
                parent.send("fault", fault_of(error))
    except BrokenPipeError:
        pass  # nobody listens any more
    finally:
        os._exit(status)


class _Parent:
    """The way to the parent: messages in the order they were sent, and text in pieces of a size that is worth a message."""

    def __init__(self, channel: BinaryIO) -> None:
        self._channel = channel
        self._kind = ""
        self._pieces: list[str] = []
        self._size = 0

    def print(self, kind: str, text: str) -> None:
        """Text for one of the parent's streams, out or err."""
        if kind != self._kind or self._size > _PIECE:
            self._flush()
        self._kind = kind
        self._pieces.append(text)
        self._size += len(text)

    def send(self, kind: str, content: object) -> None:
        """A message, after all text that was printed before it."""
        self._flush()
        pickle.dump((kind, content), self._channel)
        self._channel.flush()

    def _flush(self) -> None:
        if self._pieces:
            pickle.dump((self._kind, "".join(self._pieces)), self._channel)
        self._pieces, self._size = [], 0


class _Said(TextIOBase):
    """A stream whose text goes to the parent."""

    def __init__(self, parent: _Parent, kind: str) -> None:
        self._parent = parent
        self._kind = kind

    def write(self, text: str, /) -> int:
        """Send text on."""
        self._parent.print(self._kind, text)
        return len(text)
