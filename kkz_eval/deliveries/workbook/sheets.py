"""From the bytes of a workbook (.xls, .xlsx, .xlsm, .ods) to sheets of cells at their true addresses. No meaning of columns."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from kkz_eval.deliveries.text.grid import Grid, text_column
from kkz_eval.deliveries.workbook import appearance_ods, appearance_xls, appearance_xlsx
from kkz_eval.deliveries.workbook.appearance import PLAIN, UNKNOWN, Appearance, Block
from kkz_eval.deliveries.workbook.container import MOST_CELLS, fault_of_archive, fault_of_compound
from kkz_eval.deliveries.workbook.parts import ODS_CONTENT, Parts, XmlError

Value = int | float | str | bool | time | date | datetime | timedelta

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # container of .xls
ZIP = b"PK\x03\x04"  # container of .xlsx, .xlsm and .ods

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)  # a part that the reading library takes as it is


class BrokenWorkbookError(Exception):
    """The bytes are no workbook that can be read; code: key below `unreadable.` in the catalogue."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Sheet:
    """rows[i][j] is the cell in row i + 1 and column j + 1; an empty cell is "".

    merged: blocks of merged cells; visible: whether a person sees the sheet; seen: what else is seen of it. Signs that are raised
    in a cell are so in its text (raised.py).
    """

    name: str
    rows: list[list[Value]]
    merged: tuple[Block, ...] = ()
    visible: bool = True
    seen: Appearance = PLAIN


def is_workbook(data: bytes) -> bool:
    """Whether the bytes begin like a workbook."""
    return data.startswith((COMPOUND, ZIP))


def sheets(data: bytes, beginning: str = "") -> tuple[Sheet, ...]:
    """All sheets whose names begin so; of the others no cell is read.

    Raises BrokenWorkbookError: truncated_workbook, binary_workbook, broken_workbook, protected_workbook, oversized_workbook.
    """
    fault = fault_of_archive(data) if data.startswith(ZIP) else fault_of_compound(data)
    if fault is not None:
        raise BrokenWorkbookError(fault)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [name for name in workbook.sheet_names if name.startswith(beginning)]
        if not names:
            return ()
        seen = {about.name for about in workbook.sheets_metadata if about.visible == SheetVisibleEnum.Visible}
        looks = _appearances(data)
        return tuple(_sheet(workbook, name, name in seen, UNKNOWN if looks is None else looks.get(name, PLAIN)) for name in names)
    except PasswordError as error:
        raise BrokenWorkbookError("protected_workbook") from error
    except CalamineError as error:
        raise BrokenWorkbookError("broken_workbook") from error
    except BaseException as error:
        # A fault inside the reading library arrives as a class that can't be imported; all else is not about the file.
        if type(error).__module__ == "pyo3_runtime":
            raise BrokenWorkbookError("broken_workbook") from error
        raise


def _appearances(data: bytes) -> Mapping[str, Appearance] | None:
    """What is seen of the sheets, by their names; None where that can't be told though the cells can be read."""
    if data.startswith(COMPOUND):
        return appearance_xls.appearances(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = Parts(archive)
            if ODS_CONTENT in parts.named:
                return appearance_ods.appearances(parts)
            return appearance_xlsx.appearances(parts)
    except (XmlError, ValueError, KeyError, *_DAMAGED):
        return None


def _sheet(workbook: CalamineWorkbook, name: str, visible: bool, seen: Appearance) -> Sheet:
    sheet = workbook.get_sheet_by_name(name)
    last = sheet.end or (0, 0)
    if (last[0] + 1) * (last[1] + 1) > MOST_CELLS:
        raise BrokenWorkbookError("oversized_workbook")
    rows: list[list[Value]] = sheet.to_python(skip_empty_area=False)
    for (row, column), text in seen.texts.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    return Sheet(name, rows, tuple(sheet.merged_cell_ranges or seen.merged), visible, seen)


def head_of(sheet: Sheet, n_rows: int) -> list[list[str]]:
    """The first rows as texts. A cell merged over several rows stands in each of them; over several columns, in the first only."""
    down = _merged_down(sheet)
    return [
        [text_of(down.get((row, column), value)) or "" for column, value in enumerate(cells)]
        for row, cells in enumerate(sheet.rows[:n_rows])
    ]


def without_hidden_rows(sheet: Sheet) -> Sheet:
    """The sheet as a person sees it: hidden rows are empty."""
    if not sheet.seen.hidden_rows:
        return sheet
    hidden = sheet.seen.hidden_among(len(sheet.rows))
    return replace(sheet, rows=[[""] * len(cells) if hidden[row] else cells for row, cells in enumerate(sheet.rows)])


def body_of_sheet(sheet: Sheet, first: int, width: int, measured: Container[int] = ()) -> Grid:
    """The rows of a sheet from `first` (0-based) on, in `width` columns; hidden ones are empty.

    A cell merged over several rows counts for each of them, but not in the columns `measured`: one number is none of two.
    """
    rows = sheet.rows[first:]
    down = {place: value for place, value in _merged_down(sheet, first).items() if place[1] < width and place[1] not in measured}
    hidden = np.flatnonzero(sheet.seen.hidden_among(len(sheet.rows))[first:]).tolist()
    columns: list[pa.Array] = []
    numbers: dict[int, pa.Array] = {}
    for column in range(width):
        values = [row[column] if column < len(row) else "" for row in rows]
        for (row, at), value in down.items():
            if at == column:
                values[row - first] = value
        for position in hidden:
            values[position] = ""
        columns.append(text_column([text_of(value) or "" for value in values]))
        held = [number_of(value) for value in values]
        if any(number is not None for number in held):
            numbers[column] = pa.array(held, pa.float64())
    beyond = {}
    unseen = set(hidden)
    for position, cells in enumerate(rows):
        if position in unseen:
            continue
        found = next(
            ((column, text) for column in range(width, len(cells)) if (text := text_of(cells[column])) is not None), None
        )
        if found is not None:
            beyond[position] = found
    at_least = np.full(len(rows), width, dtype=np.int64)
    return Grid(
        tuple(columns),
        np.arange(first + 1, len(sheet.rows) + 1),
        at_least,
        beyond,
        numbers,
        sheet.name,
        last_row=len(sheet.rows),
        day_zero=sheet.seen.day_zero,
    )


def _merged_down(sheet: Sheet, first: int = 0) -> dict[tuple[int, int], Value]:
    """The value of each cell below the first one of cells merged over several rows of one column, the first one in row `first` or below."""
    down: dict[tuple[int, int], Value] = {}
    for (top, left), (bottom, right) in sheet.merged:
        if left != right or not first <= top < len(sheet.rows) or left >= len(sheet.rows[top]):
            continue
        for row in range(top + 1, min(bottom + 1, len(sheet.rows))):
            down[(row, left)] = sheet.rows[top][left]
    return down


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
