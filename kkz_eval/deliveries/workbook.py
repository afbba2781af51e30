"""From the bytes of a workbook (.xls, .xlsx) to sheets of cells at their true addresses. No meaning of columns."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

Value = int | float | str | bool | time | date | datetime | timedelta

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # container of .xls
ZIP = b"PK\x03\x04"  # container of .xlsx

_MOST_CELLS = 5_000_000  # of a sheet, empty ones before the last filled cell included
_FREE = 0xFFFFFFFF
_HEADER = 512  # bytes; the list of table sectors in it holds 109 entries


class BrokenWorkbookError(Exception):
    """The bytes are no workbook that can be read; code: key below `unreadable.` in the catalogue."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Sheet:
    """rows[i][j] is the cell in row i + 1 and column j + 1; an empty cell is ""."""

    name: str
    rows: list[list[Value]]


def is_workbook(data: bytes) -> bool:
    """Whether the bytes begin like a workbook."""
    return data.startswith((COMPOUND, ZIP))


def sheets(data: bytes) -> tuple[Sheet, ...]:
    """All sheets. Raises BrokenWorkbookError: truncated_workbook, broken_workbook, protected_workbook, oversized_workbook."""
    if data.startswith(COMPOUND) and _is_truncated_compound(data):
        raise BrokenWorkbookError("truncated_workbook")
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return tuple(_sheet(workbook, name) for name in workbook.sheet_names)
    except PasswordError as error:
        raise BrokenWorkbookError("protected_workbook") from error
    except CalamineError as error:
        raise BrokenWorkbookError("broken_workbook") from error
    except BaseException as error:
        # A fault inside the reading library arrives as a class that can't be imported; all else is not about the file.
        if type(error).__module__ == "pyo3_runtime":
            raise BrokenWorkbookError("broken_workbook") from error
        raise


def _sheet(workbook: CalamineWorkbook, name: str) -> Sheet:
    sheet = workbook.get_sheet_by_name(name)
    last = sheet.end or (0, 0)
    if (last[0] + 1) * (last[1] + 1) > _MOST_CELLS:
        raise BrokenWorkbookError("oversized_workbook")
    return Sheet(name, sheet.to_python(skip_empty_area=False))


def text_of(value: Value) -> str | None:
    """The text of a cell: the shortest that gives the number back, 12 for 12.0; None for an empty cell."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def number_of(value: Value) -> float | None:
    """The number that a cell holds as a number; None where it holds text, a date, a truth value or nothing."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_truncated_compound(data: bytes) -> bool:
    """Whether a container lacks a sector that its own table of sectors counts as used.

    Layout: Microsoft, [MS-CFB] Compound File Binary File Format, 2.2 (header), 2.3 (FAT) and 2.5 (DIFAT).
    """
    if len(data) < _HEADER:
        return True
    shift, n_tables = struct.unpack_from("<H", data, 30)[0], struct.unpack_from("<I", data, 44)[0]
    if shift not in (9, 12):
        return False  # not this format: the library says what is wrong
    size = 1 << shift
    n_whole = max(len(data) // size - 1, 0)  # sectors wholly there, after the header's
    for table in struct.unpack_from("<109I", data, 76)[: min(n_tables, 109)]:
        if table >= n_whole:
            return True
    for position, table in enumerate(struct.unpack_from("<109I", data, 76)[: min(n_tables, 109)]):
        entries = struct.unpack_from(f"<{size // 4}I", data, (table + 1) * size)
        first = position * (size // 4)
        if any(entry != _FREE for entry in entries[max(n_whole - first, 0) :]):
            return True
    return False
