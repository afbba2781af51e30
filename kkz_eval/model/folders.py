"""Whether a file is there, and which lie in a folder: what can't be looked at is an error, never "nothing".

The standard library's own questions (os.path.exists, glob, os.walk) answer "no" and "none" where a disk fails or a right is missing: a
decision, a batch of the register or half a home would be taken for one that never was.
Does not belong here: what is in a file.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of

_NOTHING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""What says for sure that nothing is there. A link that leads in a circle leads to nothing."""


def is_there(path: str | Path) -> bool:
    """Whether a file or folder is there; a link that leads nowhere is not. Raises OSError where that can't be told."""
    return _mode(path) is not None


def stands_there(path: str | Path) -> bool:
    """The same of a name: a link that leads nowhere stands there. Raises OSError where that can't be told."""
    return _mode(path, follow=False) is not None


def is_folder(path: str | Path) -> bool:
    """Whether a folder is there, or a link that leads to one. Raises OSError where that can't be told."""
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def _mode(path: str | Path, follow: bool = True) -> int | None:
    try:
        return (os.stat if follow else os.lstat)(path).st_mode
    except OSError as error:
        if error.errno in _NOTHING:
            return None
        raise


def entries_of(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a folder, in no order; nothing where there is no folder. Raises OSError where it can't be listed."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        if error.errno in _NOTHING:
            return []
        raise


def files_in(folder: Path, ending: str) -> list[Path]:
    """The files of a folder whose names end so, sorted; none where there is no folder.

    Raises UserError where the folder can't be listed.
    """
    try:
        names = sorted(entry.name for entry in entries_of(str(folder)))
    except OSError as error:
        raise UserError("storage_not_readable", place=str(folder), reason=reason_of(error)) from error
    return [folder / name for name in names if name.endswith(ending)]
