"""The delivered file as a new workbook that can be marked: its values as they were read, a formula as its result. No findings.

Nothing of a foreign workbook is kept but what is written here on purpose: values and merged cells; how it looks is in looks.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.outgoing import empty_workbook, put_number, put_text
from kkz_eval.deliveries.columns.beside import lines_of_scale
from kkz_eval.deliveries.municipal.returned import SHEET, data_sheets
from kkz_eval.deliveries.workbook.appearance import Appearance
from kkz_eval.deliveries.workbook.sheets import ZIP, Sheet, Value, is_workbook, sheets, text_of
from kkz_eval.model.spreadsheet_dates import DAY_ZERO_1904
from kkz_eval.stewardship.delivered_rows import text_rows
from kkz_eval.stewardship.looks import Looks, bring_over, looks_of

DATA_SHEET = "Daten"
MOST_CELLS = 400_000
"""A larger file is not copied: its protocol stands alone."""

_LONGEST_TEXT = 32_767  # of a cell in a workbook; a longer one would be cut off
_ROWS_MEASURED = 200  # that tell how wide a column is
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_LONGEST_TITLE = 31
_NOT_IN_TITLE = re.compile(r"[\\*?:/\[\]]|^'|'$")


@dataclass(frozen=True)
class SourceCopy:
    """A new workbook with the cells of the delivered file.

    sheet_of: name of its sheet by the sheet of a finding (None for a text file); without_result: (sheet, row, column) of formulas
    whose cell is empty; has_looks: whether the looks came over too, where the file has any.
    """

    workbook: Workbook
    sheet_of: Mapping[str | None, str]
    without_result: tuple[tuple[str, int, int], ...] = ()
    has_looks: bool = True


def source_copy(data: bytes, contracts: Sequence[Contract]) -> SourceCopy | None:
    """The cells of a file in a new workbook; None where it is too large to be copied.

    data: of a file that was read; contracts: that judged it. A text file becomes one sheet in which row and column are those
    of the file and every cell is text.
    """
    if not is_workbook(data):
        rows = text_rows(data, contracts, 4 * MOST_CELLS)
        if rows is None or not _fits([rows]):
            return None
        book = empty_workbook()
        _write_texts(book.create_sheet(DATA_SHEET), rows)
        return SourceCopy(book, {None: DATA_SHEET})
    found = data_sheets(sheets(data))  # of an earlier round: the new one takes its place
    if not _fits([sheet.rows for sheet in found]):
        return None
    try:
        looks = looks_of(data, 2 * MOST_CELLS) if data.startswith(ZIP) else None
        return _copied(found, looks)
    except Exception:  # noqa: BLE001 (whatever the library stumbles over in a foreign file: a copy that looks plain is better than none)
        return _copied(found, None)


def _copied(found: Sequence[Sheet], looks: Looks | None) -> SourceCopy:
    book = empty_workbook()
    if any(sheet.seen.day_zero == DAY_ZERO_1904 for sheet in found):
        book.epoch = CALENDAR_MAC_1904
    sheet_of: dict[str | None, str] = {}
    without_result: list[tuple[str, int, int]] = []
    for sheet in found:
        target = book.create_sheet(_title(sheet.name, book))
        target.sheet_state = (
            "visible" if sheet.visible else "hidden"
        )  # one that only a program could show again, a person can now
        sheet_of[sheet.name] = target.title
        _write_values(target, sheet)
        if looks is not None and sheet.name in looks:
            without_result += [(target.title, *place) for place in bring_over(looks[sheet.name], target)]
        _show(target, sheet.seen)
        if looks is None or sheet.name not in looks:
            _widen(target, [[text_of(value) or "" for value in row] for row in sheet.rows[:_ROWS_MEASURED]])
        _merge(target, sheet)
    return SourceCopy(book, sheet_of, tuple(without_result), has_looks=looks is not None)


def _title(name: str, book: Workbook) -> str:
    """A name that a spreadsheet program takes for a sheet; the library numbers a second one of the same name."""
    title = _NOT_IN_TITLE.sub("_", name)[:_LONGEST_TITLE] or DATA_SHEET
    taken = {other.casefold() for other in book.sheetnames}
    return title if title.casefold() not in taken else f"{title[: _LONGEST_TITLE - 4]}_{len(taken) + 1}"


def _write_values(target: Worksheet, sheet: Sheet) -> None:
    for row, values in enumerate(sheet.rows, start=1):
        for column, value in enumerate(values, start=1):
            if value != "":
                _write_value(target.cell(row, column), value)


def _write_value(cell: Cell, value: Value) -> None:
    if isinstance(value, str):
        put_text(cell, value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        put_number(cell, value)
    else:
        cell.value = value  # a day or a time also gets a number format that shows it as one


def _show(target: Worksheet, seen: Appearance) -> None:
    """What decides how a sheet is read: what is hidden, and number formats that tell more than the number."""
    formats = seen.formats
    for row, column, which in zip(formats.rows.tolist(), formats.columns.tolist(), formats.which.tolist(), strict=True):
        cell = target._cells.get((row + 1, column + 1))
        if cell is not None:
            cell.number_format = formats.codes[which]
    for (row, column), comment in seen.comments.items():  # what was said of the numbers is said of those of the copy
        lines = lines_of_scale(comment)
        if lines:
            target.cell(row + 1, column + 1).comment = Comment("\n".join(lines), SHEET)
    for first, last in seen.hidden_rows:
        for row in range(first, min(last, target.max_row) + 1):
            target.row_dimensions[row + 1].hidden = True
    for first, last in seen.hidden_columns:
        dimension = target.column_dimensions[get_column_letter(first + 1)]
        dimension.min, dimension.max, dimension.hidden = first + 1, last + 1, True


def _merge(target: Worksheet, sheet: Sheet) -> None:
    if _merged_cells([sheet]) > MOST_CELLS:
        return  # the library makes a cell of each
    taken: set[tuple[int, int]] = set()
    for (top, left), (bottom, right) in sheet.merged:
        places = {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
        if len(places) > 1 and taken.isdisjoint(places):
            target.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
            taken |= places


def _merged_cells(found: Sequence[Sheet]) -> int:
    ranges = (merged for sheet in found for merged in sheet.merged)
    return sum((bottom - top + 1) * (right - left + 1) for (top, left), (bottom, right) in ranges)


def _write_texts(sheet: Worksheet, rows: Sequence[Sequence[str]]) -> None:
    for row, texts in enumerate(rows, start=1):
        for column, value in enumerate(texts, start=1):
            if value:
                cell = sheet.cell(row, column)
                put_text(cell, value)
                cell.number_format = "@"
    width = max((len(texts) for texts in rows), default=0)
    for column in range(1, width + 1):  # an empty cell that is filled in later is text too
        sheet.column_dimensions[get_column_letter(column)].number_format = "@"
    _widen(sheet, rows[:_ROWS_MEASURED])


def _widen(sheet: Worksheet, rows: Sequence[Sequence[str]]) -> None:
    """Make columns as wide as their texts, within reason."""
    for column in range(max(map(len, rows), default=0)):
        longest = max(len(texts[column]) for texts in rows if len(texts) > column)
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(max(longest + 2, 10), 40)


def _fits(tables: Sequence[Sequence[Sequence[object]]]) -> bool:
    """Whether tables of cells can be written to a workbook without losing anything, in bounded time."""
    if sum(len(cells) for rows in tables for cells in rows) > MOST_CELLS:
        return False
    for rows in tables:
        if len(rows) > _MOST_ROWS or any(len(cells) > _MOST_COLUMNS for cells in rows):
            return False
        if any(isinstance(value, str) and len(value) > _LONGEST_TEXT for cells in rows for value in cells):
            return False
    return True
