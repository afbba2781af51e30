"""The delivered file as a workbook that can be marked: the very workbook where it is one, else its cells as they are. No findings."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries import municipal
from kkz_eval.deliveries.returned import is_protocol
from kkz_eval.deliveries.text_table import DELIMITERS, Decoded, declared_delimiter, decode, head, split
from kkz_eval.deliveries.workbook import ZIP, Sheet, Value, is_workbook, sheets

DATA_SHEET = "Daten"
MOST_CELLS = 400_000
"""A larger file is not copied: its protocol stands alone."""

_LONGEST_TEXT = 32_767  # of a cell in a workbook; a longer one would be cut off
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_OUTWARD = re.compile(r"\||\[|\b(?:WEBSERVICE|HYPERLINK|DDE|CALL|RTD|FILTERXML|IMPORTXML|IMPORTDATA)\s*\(", re.IGNORECASE)
_BROKEN = (KeyError, ValueError, TypeError, AttributeError, IndexError, zipfile.BadZipFile, InvalidFileException, ParseError)


def put_text(cell: Cell, value: str) -> None:
    """Write a text that stays a text: what begins like a formula is marked as text, so that no program ever computes it."""
    plain = ILLEGAL_CHARACTERS_RE.sub(" ", value)
    cell.value = plain
    if plain.startswith(_FORMULA_SIGNS):
        cell.data_type = "s"
        cell.quotePrefix = True


def source_workbook(data: bytes, contracts: Sequence[Contract]) -> tuple[Workbook, Mapping[str | None, str]] | None:
    """(the file as a workbook, name of its sheet by the sheet of a finding); None where it is too large to be copied.

    data: of a file that was read; contracts: that judged it. A text file becomes one sheet in which row and column are those
    of the file and every cell is text. Macros, external links, charts and pictures are left out; a formula that leads outside is text.
    """
    if not is_workbook(data):
        rows = _text_rows(data, contracts)
        if not _fits([rows]):
            return None
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.title = DATA_SHEET
        _write_texts(sheet, rows)
        return book, {None: DATA_SHEET}
    found = sheets(data)
    if not _fits([sheet.rows for sheet in found]):
        return None
    own = [sheet for sheet in found if not is_protocol(sheet)]
    workbook = _very_workbook(data) if data.startswith(ZIP) else None
    if workbook is None:
        return _from_values(own), {sheet.name: sheet.name for sheet in own}
    for sheet in found:
        if is_protocol(sheet):  # of an earlier round: the new one takes its place
            del workbook[sheet.name]
    return workbook, {name: name for name in workbook.sheetnames}


def _very_workbook(data: bytes) -> Workbook | None:
    """The workbook with its formats; None where the library can't open what the reader could read (.ods among them)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about parts that are left out, in English and without a cell
            workbook: Workbook = load_workbook(io.BytesIO(data), keep_links=False)
    except _BROKEN:
        return None
    for sheet in workbook.worksheets:
        for cell in list(sheet._cells.values()):  # iter_rows would make every empty cell up to the last one
            if cell.data_type == "f" and _OUTWARD.search(str(cell.value)):
                put_text(cell, str(cell.value))
    workbook.calculation.fullCalcOnLoad = True  # the results of formulas are not kept, the program computes them
    return workbook


def _from_values(found: Sequence[Sheet]) -> Workbook:
    book = Workbook()
    del book[book.sheetnames[0]]
    for sheet in found:
        target = book.create_sheet(sheet.name)
        for row, values in enumerate(sheet.rows, start=1):
            for column, value in enumerate(values, start=1):
                _write_value(target, row, column, value)
    return book


def _write_value(sheet: Worksheet, row: int, column: int, value: Value) -> None:
    if isinstance(value, str):
        if value:
            put_text(sheet.cell(row, column), value)
    else:
        sheet.cell(row, column, value)


def _write_texts(sheet: Worksheet, rows: Sequence[Sequence[str]]) -> None:
    for row, texts in enumerate(rows, start=1):
        for column, value in enumerate(texts, start=1):
            if value:
                cell = sheet.cell(row, column)
                put_text(cell, value)
                cell.number_format = "@"
    width = max((len(texts) for texts in rows), default=0)
    for column in range(1, width + 1):  # an empty cell that is filled in later is text too
        letter = sheet.cell(1, column).column_letter
        sheet.column_dimensions[letter].number_format = "@"
        longest = max((len(texts[column - 1]) for texts in rows[:200] if len(texts) >= column), default=0)
        sheet.column_dimensions[letter].width = min(max(longest + 2, 10), 40)


def _text_rows(data: bytes, contracts: Sequence[Contract]) -> list[list[str]]:
    """The records of a text file by the delimiter under which a contract knows its header; else the one that gives most cells."""
    declared, decoded = declared_delimiter(decode(data))
    delimiters = (declared,) if declared is not None else DELIMITERS
    return split(decoded, max(delimiters, key=lambda delimiter: _known(decoded, delimiter, contracts))).rows


def _known(decoded: Decoded, delimiter: str, contracts: Sequence[Contract]) -> tuple[bool, bool, int, int]:
    rows = head(decoded, delimiter)
    found = municipal.claims(rows, {contract.id: contract for contract in contracts})
    return (*(found[0].rank if found else (False, False, 0)), sum(map(len, rows)))


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
