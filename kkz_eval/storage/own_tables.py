"""The tables of territory and programme that an installation gives in the place of the package's: their bytes, as this process met them first.

All that a process computes rests on these, and all digests name these: half of its numbers would else rest on others. Does not belong here: what
stands in them (reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import files_in
from kkz_eval.model.system_errors import reason_of
from kkz_eval.settings import reference_folder

_OF_REFERENCE = "kkz_eval.reference"
"""Where the sentences are."""


def own_table_files() -> tuple[Path, ...]:
    """All that lies where an installation gives tables, hidden files left out. Raises UserError where that can't be listed."""
    return tuple(file for file in files_in(reference_folder(), "") if not file.name.startswith("."))


def own_table(name: str) -> Path:
    """Where an installation gives the table of this name."""
    return reference_folder() / name


@cache
def tables_met() -> Mapping[str, bytes]:
    """The tables that the installation gives, by the names of their files, to the end of this process. Raises UserError where one can't be read."""
    return MappingProxyType(_tables_now())


def require_as_met() -> None:
    """Raises UserError where the installation gives other tables by now than those that this process works with."""
    if _tables_now() != tables_met():
        raise tables_changed()


def tables_changed() -> UserError:
    """What is said where two processes, or one at two times, would work with different tables."""
    return UserError("tables_changed", package=_OF_REFERENCE, folder=str(reference_folder()))


def _tables_now() -> dict[str, bytes]:
    return {file.name: _content_of(file) for file in own_table_files() if file.suffix == ".csv"}


def _content_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError("table_unreadable", package=_OF_REFERENCE, file=str(file), reason=reason_of(error)) from error
