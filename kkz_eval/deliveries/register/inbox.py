"""The files of the inbox by their names: which can be named and opened at all, and their bytes as they are now.

Does not belong here: what a file holds. Nothing is changed, and a pipe or a device, which could keep one waiting, is never opened.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kkz_eval.deliveries import say as say_of_deliveries
from kkz_eval.deliveries.results import Unreadable
from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import stands_there
from kkz_eval.model.system_errors import reason_of
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.writer import is_long_ago

MAXIMUM_BYTES = 256 * 1024 * 1024
MOST_BYTES_OF_A_NAME = 200
"""Of the last part of a name; file systems allow 255, and a marked copy adds a digest and a word."""

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line separators, signs that turn the direction of writing, and bytes that are no UTF-8 (PEP 383)."""

PATIENCE = 20
"""Times as long as a file must stay as it is, an inbox may stay unsettled; then what still changes is left for the next run."""

_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # should the file have become a pipe since it was looked at


def inbox_files(inbox: Path) -> tuple[str, ...]:
    """Names of all that lies below the inbox and is no folder, sorted, as relative paths with `/`; hidden files and Excel's locks are left out.

    A folder that can't be listed or is a link stands there as itself, so that it is not passed over in silence.
    Raises UserError where the inbox is not a folder that can be read.
    """
    try:
        if not inbox.is_dir():
            raise UserError("inbox_missing", package=say_of_deliveries.package, inbox=str(inbox))
        return tuple(sorted(_names_below(str(inbox), "")))
    except OSError as error:
        raise UserError("storage_not_readable", place=str(inbox), reason=reason_of(error)) from error


def files_if_inbox(inbox: Path) -> tuple[str, ...] | None:
    """The same; None where there is no inbox. Raises UserError where there is one that can't be read."""
    try:
        return inbox_files(inbox)
    except UserError as error:
        if error.code == "inbox_missing":
            return None
        raise


def _names_below(folder: str, prefix: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = [(entry, entry.is_dir(follow_symlinks=False)) for entry in found]
    except OSError:
        if not prefix:
            raise  # an inbox that can't be listed is not an empty one
        yield prefix.rstrip("/")
        return
    for entry, is_folder in entries:
        if entry.name.startswith((".", "~$")):
            continue
        if is_folder:
            yield from _names_below(entry.path, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name


def shown(name: str) -> str:
    r"""A name that can be printed: what is no UTF-8 or has no sign of its own as an escape (`\xfc`, `\n`)."""
    return _UNPRINTABLE.sub(lambda found: _escape(found.group()), name)


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8, as os.fsdecode keeps it
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def fault_of_name(name: str) -> Unreadable | None:
    """Why a file can't be kept and spoken of under its name; None where it can."""
    if _is_not_utf8(name):
        return Unreadable("name_not_utf8", {"name": shown(name)})
    if _UNPRINTABLE.search(name):
        return Unreadable("name_control", {"name": shown(name)})
    length = len(name.rpartition("/")[2].encode())
    if length > MOST_BYTES_OF_A_NAME:
        return Unreadable("name_too_long", {"name": name, "bytes": str(length), "limit": str(MOST_BYTES_OF_A_NAME)})
    return None


def _is_not_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return True
    return False


def wait_until_settled(inbox: Path, seconds: float, say: Callable[[str], None]) -> frozenset[str]:
    """Wait while files of the inbox are being written; names of those that are so still after PATIENCE times `seconds`.

    seconds: so long a file must have stayed as it is, by its date or, where that lies in the future, while it was watched; 0 for no
    waiting. say: is told once, before anything is waited for, the name of one such file as it can be printed.
    """
    if not seconds:
        return frozenset()
    since: dict[str, tuple[tuple[int, int], float]] = {}
    give_up = time.monotonic() + PATIENCE * seconds
    while True:
        now = time.monotonic()
        left: dict[str, float] = {}  # seconds until a file counts as settled, by name
        for name, (size, modified) in _states(inbox):
            state, first_seen = since.get(name, ((-1, -1), now))
            if state != (size, modified):
                first_seen = now
            since[name] = ((size, modified), first_seen)
            age = time.time() - modified / 1e9
            still = seconds - max(now - first_seen, age)
            if still > 0:
                left[name] = still
        if not left or now >= give_up:
            return frozenset(left)
        say(shown(min(left)))
        say = _say_nothing
        time.sleep(min(max(left.values()), seconds / 2))


def _states(inbox: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Size and date of the last change, nanoseconds, of all files of the inbox that have them, by name."""
    for name in inbox_files(inbox):
        with contextlib.suppress(OSError):
            about = os.stat(inbox / name)
            if stat.S_ISREG(about.st_mode):
                yield name, (about.st_size, about.st_mtime_ns)


def _say_nothing(_: str) -> None:
    """It was said before."""


def content_in(inbox: Path, name: str) -> bytes | Unreadable:
    """The bytes of a file of the inbox, or why it is none that is taken: as `content_of`, and no link leads out of the inbox."""
    path = inbox / name
    try:
        if path.is_symlink():
            target, home = os.path.realpath(path), os.path.realpath(inbox)
            if stands_there(target) and not os.path.join(target, "").startswith(os.path.join(home, "")):
                return Unreadable("link_outside", {"name": shown(name)})
    except OSError as error:
        return Unreadable("file_not_readable", {"name": shown(name), "reason": reason_of(error)})
    return content_of(path, name)


def content_of(path: Path, name: str) -> bytes | Unreadable:
    """The bytes of a file, read once and whole, or why it can't be named or read. name: as it is called in sentences."""
    fault = fault_of_name(name)
    if fault is not None:
        return fault
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            with os.scandir(path):  # a folder that may not be looked into says so itself
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(kind):
            return Unreadable("no_file", {"name": name})
        with open(os.open(path, os.O_RDONLY | _AT_ONCE), "rb") as file:
            before = os.fstat(file.fileno())
            if before.st_size > MAXIMUM_BYTES:
                return Unreadable("file_too_large", {"name": name, "limit": str(MAXIMUM_BYTES // 2**20)})
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        code = "link_broken" if path.is_symlink() else "file_not_readable"
        return Unreadable(code, {"name": name, "reason": reason_of(error)})
    if len(data) != after.st_size or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return Unreadable("file_changing", {"name": name})
    return data


_known: dict[str, tuple[tuple[int, ...], str]] = {}
"""By path: size and times under which a digest was taken, and the digest."""


def digests_in(inbox: Path, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name and digest of each of these files of the inbox that can be read; a file with the size and times of the last look is not read again.

    A look every few seconds at thousands of files would keep a processor busy.
    """
    known = dict(_known)
    _known.clear()
    for name in names:
        path = f"{inbox}/{name}"
        try:
            seen = os.stat(path)
        except OSError:
            continue
        mark = (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
        last, digest = known.get(path, ((), ""))
        if last != mark:
            data = content_in(inbox, name)
            if isinstance(data, Unreadable):
                continue
            digest = digest_of_bytes(data)
        if is_long_ago(seen.st_ctime_ns):  # else it may change without that the times tell it
            _known[path] = (mark, digest)
        yield name, digest


def twins(names: Iterable[str]) -> dict[str, str]:
    """Names that a person can't tell from an earlier one, with that one: they differ in capitals or in how umlauts are composed."""
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for name in names:
        read_as = unicodedata.normalize("NFC", name).lower()
        if first.setdefault(read_as, name) != name:
            found[name] = first[read_as]
    return found
