"""The workbook that a municipality gets back: a sheet for each table, numbers as numbers, texts that stay texts. No choice of rows.

Made-up figures say so above every sheet, with the sign by which the register knows them where they come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.styles import Alignment, Border, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.outgoing import (
    HAIR,
    LINE,
    WRAP,
    bytes_of,
    empty_workbook,
    font,
    lay_out_for_print,
    n_lines,
    put_number,
    put_text,
)
from kkz_eval.model.simulated import SIGN
from kkz_eval.model.texts import Language
from kkz_eval.stewardship import say

NARROWEST, WIDEST = 7.0, 48.0
"""Widths of columns, in characters."""
_HEADER_FILL = PatternFill("solid", fgColor="FFDCE6EC")
_ROW_END = Border(bottom=HAIR)
_NUMBER = Alignment(horizontal="right", vertical="top", indent=1)


@dataclass(frozen=True)
class Digits:
    """A number with so many digits after the decimal sign."""

    value: float
    decimals: int


Cell = str | int | Digits | None


@dataclass(frozen=True)
class ReturnSheet:
    """A sheet: its name, the headings of its columns, and its rows; None for an empty cell. note: above them, "" for none."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def return_workbook(title: str, sheets: Sequence[ReturnSheet], language: Language, simulated: bool) -> bytes:
    """The .xlsx file; the same sheets give the same bytes. title: above each sheet; simulated: whether any figure is made up."""
    book = empty_workbook()
    book.properties.title = title
    for shown in sheets:
        _write(book.create_sheet(shown.name), title, shown, language, simulated)
    return bytes_of(book)


def _write(sheet: Worksheet, title: str, shown: ReturnSheet, language: Language, simulated: bool) -> None:
    head = [f"{title} · {shown.name}"]
    head += [SIGN, say("simulated.file").in_language(language)] if simulated else []
    head += [shown.note] if shown.note else []
    for row, line in enumerate(head, start=1):
        put_text(sheet.cell(row, 1), line)
        sheet.cell(row, 1).font = font(bold=True, size=14) if row == 1 else font(bold=True)
    first = len(head) + 2
    widths = [_width(heading, [row[place] for row in shown.rows]) for place, heading in enumerate(shown.columns)]
    for column, (heading, width) in enumerate(zip(shown.columns, widths, strict=True), start=1):
        cell = sheet.cell(first, column)
        put_text(cell, heading)
        cell.font, cell.fill, cell.alignment = font(bold=True), _HEADER_FILL, WRAP
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[first].height = _height(shown.columns, widths)
    for number, cells in enumerate(shown.rows, start=first + 1):
        for column, value in enumerate(cells, start=1):
            _put(sheet, number, column, value)
        sheet.row_dimensions[number].height = _height(cells, widths)
    last = f"{get_column_letter(len(shown.columns))}{max(first, first + len(shown.rows))}"
    sheet.auto_filter.ref = f"A{first}:{last}"
    sheet.freeze_panes = sheet.cell(first + 1, min(2, len(shown.columns)))
    lay_out_for_print(sheet, first, len(shown.columns), n_repeated=1)


def _put(sheet: Worksheet, row: int, column: int, value: Cell) -> None:
    cell = sheet.cell(row, column)
    cell.font, cell.border, cell.alignment = font(), _ROW_END, WRAP
    match value:
        case str():
            put_text(cell, value)
        case int():
            put_number(cell, value)
            cell.number_format, cell.alignment = "0", _NUMBER
        case Digits(value=amount, decimals=decimals):
            put_number(cell, amount)
            cell.number_format = "#,##0" + ("." + "0" * decimals if decimals else "")
            cell.alignment = _NUMBER


def _width(heading: str, cells: Sequence[Cell]) -> float:
    """As wide as its longest text and as the longest word of its heading, between the narrowest and the widest: most rows take one line."""
    words = max(map(len, heading.split()), default=0)
    return min(max(NARROWEST, 2.5 + max([words, *(len(_shown(cell)) for cell in cells)])), WIDEST)


def _height(cells: Sequence[Cell], widths: Sequence[float]) -> float:
    return LINE * max(1, *(n_lines(_shown(cell), width) for cell, width in zip(cells, widths, strict=True)))


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Digits(value=amount, decimals=decimals):
            return f"{amount:,.{decimals}f}"
        case _:
            return str(cell)
