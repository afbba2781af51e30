"""Storage that fails at its n-th call, in this process: as an error of the disk, as a full disk, as a kill. No expectations here.

Belongs here: which calls there are, and letting one of them fail. Does not belong here: what is done meanwhile, and what must hold after it.
What goes past Python's own calls is not reached: SQLite, and files that pyarrow would open itself (the project hands it bytes).
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from kkz_eval.storage import store


class Killed(BaseException):
    """The process is gone: nothing that would catch an error catches it."""


class How(StrEnum):
    """How a call fails."""

    ERROR = "error"
    """As if the disk could not read or write there, this once (EIO): whoever takes it for "not there" goes on with less than there is. An object
    store goes on refusing until the act is over: what fails once is asked again."""
    FULL = "full"
    """As if there were no room, and from then on (ENOSPC): only what takes room fails."""
    KILL = "kill"
    """As if the process were killed before it: nothing is done any more, and nothing cleaned up."""


@dataclass(frozen=True)
class Call:
    """A call of storage. kind: what is done; place: with which file or folder."""

    kind: str
    place: str


_LOOKS = {"stat": "look", "lstat": "look", "scandir": "list", "listdir": "list", "readlink": "look"}
_CHANGES = {
    "link": "link",
    "symlink": "link",
    "rename": "rename",
    "replace": "rename",
    "unlink": "delete",
    "remove": "delete",
    "rmdir": "delete",
    "mkdir": "make",
    "truncate": "write",
    "ftruncate": "write",
    "fsync": "sync",
    "fdatasync": "sync",
    "write": "write",
}
_TAKES_ROOM = frozenset({"make", "write", "link", "rename", "sync", "create"})
_CHANGING = _TAKES_ROOM | {"delete"}
_TO_WRITE = os.O_WRONLY | os.O_RDWR


@dataclass
class Storage:
    """What is called below some folders, and which call fails. at: number of the call, from 1, among those that can fail so, None for none; stays: whether
    an error is one of all calls after it, too."""

    roots: tuple[str, ...]
    how: How = How.ERROR
    at: int | None = None
    stays: bool = False
    calls: list[Call] = field(default_factory=list)

    def about(self, kind: str, place: str) -> None:
        """A call is about to be made. Raises OSError or Killed where it is the one that fails."""
        if not place.startswith(self.roots):
            return
        over = self.at is not None and len(self.calls) >= self.at
        if self.how is How.KILL and over:
            raise Killed
        if (self.how is How.FULL and kind not in _TAKES_ROOM) or (self.how is How.KILL and kind not in _CHANGING):
            return
        self.calls.append(Call(kind, place))
        if self.at is None or len(self.calls) < self.at:
            return
        if self.how is How.KILL:
            raise Killed
        if self.how is How.FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place)
        if self.stays or len(self.calls) == self.at:
            raise OSError(errno.EIO, os.strerror(errno.EIO), place)

    @property
    def has_failed(self) -> bool:
        """Whether the call that was to fail was reached."""
        return self.at is not None and len(self.calls) >= self.at


@contextmanager
def storage(*roots: Path, how: How = How.ERROR, at: int | None = None) -> Iterator[Storage]:
    """While the context lasts, the calls below these folders are noted, and that of the number `at` fails."""
    seen = Storage(tuple(str(root) for root in roots), how, at)
    place = _places(os.readlink, os.getcwd)
    plain_open = io.open

    def about(kind: str, original: Callable[..., Any], dir_fd: str = "dir_fd") -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            seen.about(kind, place(arguments[0] if arguments else ".", options.get(dir_fd)))
            return original(*arguments, **options)

        return call

    def opened_at(path: Any, flags: int, *more: Any, **options: Any) -> int:
        creates = bool(flags & os.O_CREAT)
        seen.about("create" if creates else "open", place(path, options.get("dir_fd")))
        return int(real_open(path, flags, *more, **options))

    def opened(file: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
        where = place(file, None)
        if not where.startswith(seen.roots):
            return plain_open(file, mode, *more, **options)
        if not isinstance(file, int):
            seen.about("open" if mode.strip("bt") == "r" else "create", where)
        stream = plain_open(file, mode, *more, **options)
        for name in ("read", "readinto", "readline", "write", "truncate"):
            if hasattr(stream, name):
                kind = "read" if name.startswith("read") else "write"
                setattr(stream, name, _watched(seen, kind, where, getattr(stream, name)))
        return stream

    real_open = os.open
    with pytest.MonkeyPatch.context() as patch:
        for name, kind in {**_LOOKS, **_CHANGES}.items():
            dir_fd = "src_dir_fd" if name in ("link", "rename", "replace") else "dir_fd"
            patch.setattr(os, name, about(kind, getattr(os, name), dir_fd))
        patch.setattr(os, "open", opened_at)
        patch.setattr(io, "open", opened)
        patch.setattr(builtins, "open", opened)
        patch.setattr(fcntl, "flock", about("lock", fcntl.flock))
        yield seen


_OF_OBJECTS = {"pipe_file": "write", "cat_file": "read", "info": "look", "find": "list", "rm_file": "delete"}
"""The calls with which a store reaches objects that are elsewhere."""


@contextmanager
def object_storage(root: str, how: How = How.ERROR, at: int | None = None) -> Iterator[Storage]:
    """As storage, of objects that fsspec keeps in memory below a path, instead of in an object store. Nothing is waited for before it is asked again."""
    seen = Storage((root,), how, at, stays=True)

    def about(kind: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(fs: MemoryFileSystem, path: str, *arguments: Any, **options: Any) -> Any:
            seen.about(kind, path)
            return original(fs, path, *arguments, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_PAUSES", tuple(0.0 for _ in store._PAUSES))
        for name, kind in _OF_OBJECTS.items():
            patch.setattr(MemoryFileSystem, name, about(kind, getattr(MemoryFileSystem, name)))
        yield seen


def objects_in(folder: str) -> dict[str, bytes]:
    """The objects in a folder of memory by their keys; none where no folder is named."""
    kept = {path: file.getvalue() for path, file in MemoryFileSystem.store.items()}
    return {path[len(folder) + 1 :]: content for path, content in kept.items() if folder and path.startswith(f"{folder}/")}


def put_objects(folder: str, objects: Mapping[str, bytes]) -> None:
    """Let a folder of memory hold these and no others."""
    fs = MemoryFileSystem()
    for key in objects_in(folder):
        fs.rm_file(f"{folder}/{key}")
    for key, content in objects.items():
        fs.pipe_file(f"{folder}/{key}", content)


def _watched(seen: Storage, kind: str, where: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        seen.about(kind, where)
        return original(*arguments, **options)

    return call


def _places(readlink: Callable[[str], str], here: Callable[[], str]) -> Callable[[Any, int | None], str]:
    """What gives the path of a file by its name or number, without a call that could fail."""

    def place(file: Any, folder: int | None) -> str:
        if hasattr(file, "fileno"):
            file = file.fileno()
        if isinstance(file, int):
            try:
                return readlink(f"/proc/self/fd/{file}")
            except OSError:
                return ""
        name = os.fsdecode(file)
        if folder is not None and not os.path.isabs(name):
            return f"{place(folder, None)}/{name}"
        return name if os.path.isabs(name) else f"{here()}/{name}"

    return place


def calls_of(act: Callable[[], object], *roots: Path, how: How = How.ERROR) -> list[Call]:
    """The calls of an act that could fail so."""
    with storage(*roots, how=how) as seen:
        act()
    return seen.calls


@dataclass(frozen=True)
class Failure:
    """A call that failed, and what came of the act. error: what it raised, None where it ended as if nothing had happened."""

    number: int
    call: Call
    error: BaseException | None


def failures_of(
    prepare: Callable[[], object],
    act: Callable[[], object],
    *roots: Path,
    how: How,
    numbers: Callable[[int], bool] = bool,
    objects: str = "",
) -> Iterator[Failure]:
    """Let the first call of an act fail, its second, and so on until it ends unharmed; gives each failure before the next is prepared.

    prepare: makes the place as it is before the act, anew before each; roots: of what is stored; numbers: which of them, all where nothing is said;
    objects: path in memory of what is stored instead (object_storage), "" for none.
    """
    for at in filter(numbers, count(1)):
        prepare()
        error: BaseException | None = None
        with object_storage(objects, how, at) if objects else storage(*roots, how=how, at=at) as seen:
            try:
                act()
            except (Exception, Killed) as raised:  # noqa: BLE001 (whoever asked looks at it)
                error = raised
        if not seen.has_failed:
            assert at > 1, "the act calls nothing"
            if error is not None:
                raise error
            return
        yield Failure(at, seen.calls[at - 1], error)


def kills_of(prepare: Callable[[], object], act: Callable[[], object], *roots: Path, step: int = 1) -> Iterator[int]:
    """The numbers of the kills of an act: before its first change of what is stored, its second, and so on, as failures_of.

    step: 2 for every second change, for acts of many that are alike.
    """
    for failure in failures_of(prepare, act, *roots, how=How.KILL, numbers=lambda number: number % step == 1 % step):
        assert isinstance(failure.error, Killed), "what ends a process is caught by nobody"
        yield failure.number


def forget() -> None:
    """Let go of what was read from a store, as a new process begins: each act reads it itself. What people edit is parsed once."""
    for module in [module for name, module in sys.modules.items() if name.startswith("kkz_eval.")]:
        for found in vars(module).values():
            of_store = {"store", "head", "snapshot"} & set(getattr(getattr(found, "__wrapped__", None), "__annotations__", ()))
            if of_store and hasattr(found, "cache_clear"):
                found.cache_clear()
    at_the_desk = sys.modules.get("kkz_eval.line.at_the_desk")
    if at_the_desk is not None:
        at_the_desk._known.clear()
