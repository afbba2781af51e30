"""Which files lie in a folder of this machine and in all below it, listed anew or only as far as anything changed since the last look.

A folder whose number and time of change are those of the last look holds what it held: the kernel sets that time whenever a name comes or goes, and
nobody else can. One that was changed a moment ago is listed again, as the clock of a file system is coarse. Does not belong here: what the files are.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kkz_eval.model.collector import collected_later
from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import entries_of, is_folder, stands_there
from kkz_eval.model.system_errors import reason_of
from kkz_eval.storage.writer import is_long_ago

PARTIAL = ".partial-"
"""So begins the name of a file or folder that is being written."""
_UNFINISHED = (PARTIAL, ".dagster-")  # the second up to version 0.3.0, of the folder with Dagster's run history


def is_unfinished(path: str) -> bool:
    """Whether a file or folder is a write that was cut short."""
    return path.rpartition("/")[2].startswith(_UNFINISHED)


def files_below(base: str) -> Iterator[str]:
    """Paths of the files in a folder of this machine and all below it, or of the one file that `base` is; none where there is nothing.

    A folder that was not finished is one path, whatever is in it. Raises UserError where a folder can't be listed.
    """
    folder = base
    try:
        if not is_folder(base):
            if stands_there(base):  # a file, or a link that leads nowhere
                yield base
            return
        left = [base]
        while left:  # os.walk asks each folder twice what it is, which takes as long again where thousands hold one file each
            folder = left.pop()
            files, folders = _held_by(folder)
            yield from files
            left += folders
    except OSError as error:
        raise UserError("storage_not_readable", place=folder, reason=reason_of(error)) from error


class _Seen(NamedTuple):
    """A folder at the last look. mark: its number and time of change; files, folders: paths of what it held."""

    mark: tuple[int, int]
    files: tuple[str, ...]
    folders: tuple[str, ...]


_last: dict[str, dict[str, _Seen]] = {}
"""By the path that was asked for, what was seen in it and below it at the last look."""


def files_below_again(base: str) -> list[str]:
    """The same of a folder that one process asks for again and again: of what has not changed since, folders are looked at and not listed.

    Of thousands of folders with a file each this takes half the time; it keeps their names in memory. Who asks once is spared that: what was seen is
    kept from the second time on.
    """
    if base not in _last:
        _last[base] = {}
        return list(files_below(base))
    with collected_later():
        found, _last[base] = _looked_through(base, _last[base])
    return found


def _looked_through(base: str, before: Mapping[str, _Seen]) -> tuple[list[str], dict[str, _Seen]]:
    """Paths of the files below a folder, and what was seen that may be believed at the next look."""
    now: dict[str, _Seen] = {}
    found: list[str] = []
    left, folder = [base], base
    try:
        while left:
            folder = left.pop()
            stat = _stat(folder)
            if stat is None:
                continue
            mark, seen = (stat.st_ino, stat.st_ctime_ns), before.get(folder)
            if seen is None or seen.mark != mark:
                files, folders = _held_by(folder)
                seen = _Seen(mark, tuple(files), tuple(folders))
            if is_long_ago(stat.st_ctime_ns):
                now[folder] = seen
            found += seen.files
            left += seen.folders
    except OSError as error:
        raise UserError("storage_not_readable", place=folder, reason=reason_of(error)) from error
    return found, now


def _stat(folder: str) -> os.stat_result | None:
    """Of a folder; None where it went. Raises OSError where that can't be told."""
    try:
        return os.stat(folder)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None
        raise


def _held_by(folder: str) -> tuple[list[str], list[str]]:
    """Paths of what lies in a folder: of its files, links to folders and unfinished folders among them not followed, and of the folders to look into."""
    files, folders = [], []
    for entry in entries_of(folder):
        if not _is_folder(entry) or entry.name.startswith(_UNFINISHED):
            files.append(f"{folder}/{entry.name}")
        elif not entry.is_symlink():
            folders.append(f"{folder}/{entry.name}")
    return files, folders


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link that leads in a circle is a file that can't be read
            return False
        raise
