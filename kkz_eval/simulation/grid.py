"""A delivery as a table of cells, and the ways in which spreadsheet programs write it: bytes of text or of a workbook.

Belongs here: what a program does to a table (encodings, separators, titles, lost zeros). Does not belong here: the numbers in it,
faults, files.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass, replace
from typing import Literal

from openpyxl import Workbook

from kkz_eval.contracts.outgoing import bytes_of
from kkz_eval.model.simulated import SIGN

Cell = str | int | float
NEWLINE = "\r\n"
DATA_SHEET = "Daten"
MADE_UP = f"{SIGN}. Keine Kommune hat sie gemeldet."


@dataclass(frozen=True)
class GridColumn:
    """A column: the property of the contract that it is, and the headers that people give it, the usual one first.

    kind: key | year | school_year | label | number.
    """

    name: str
    headers: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Grid:
    """All rows of a delivery. Keys and labels are texts, years whole numbers, counts whole numbers, amounts floats."""

    dataset: str
    unit_id: str
    columns: tuple[GridColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Writing:
    """How a municipality's spreadsheet writes.

    thousands: sign between thousands, "" for none; school_year: 2015/16 (short) or 2015/2016 (long); titles, footnotes: lines
    before the header and after the records; spelling: which of a column's headers; total: word of a line of totals after counts,
    "" for none; form: text or a workbook of several sheets; shape: long, or wide where the table allows it.
    """

    encoding: str = "cp1252"
    delimiter: str = ";"
    decimal: str = ","
    thousands: str = ""
    zero_lost: bool = False
    school_year: Literal["short", "long"] = "short"
    titles: tuple[str, ...] = ()
    footnotes: tuple[str, ...] = ()
    spelling: int = 0
    total: str = ""
    form: Literal["text", "workbook"] = "text"
    shape: Literal["long", "wide"] = "long"

    @property
    def suffix(self) -> str:
        """Ending of the file's name."""
        return ".xlsx" if self.form == "workbook" else ".csv"


@dataclass
class Page:
    """A delivery laid out: its lines as they stand in the file, the first one in row 1. header: index of the header's line;
    first: index of the first record; total: of the line
    of totals, None where there is none. Faults change the lines before they are written."""

    columns: tuple[str, ...]
    lines: list[list[Cell]]
    header: int
    first: int
    n_records: int
    total: int | None = None


def laid_out(grid: Grid, writing: Writing) -> Page:
    """The lines of a delivery: titles, header, records, footnotes, the last of which says that the figures are made up."""
    lines: list[list[Cell]] = [[title] for title in writing.titles]
    header = len(lines)
    lines.append([column.headers[writing.spelling % len(column.headers)] for column in grid.columns])
    if writing.form == "workbook":
        lines.append([])  # the header's cells are merged over two rows
    first = len(lines)
    kinds = [column.kind for column in grid.columns]
    lines += [[_written(cell, kind, writing) for cell, kind in zip(row, kinds, strict=True)] for row in grid.rows]
    total = _total_line(grid, writing)
    at = len(lines) if total else None
    lines += [total] if total else []
    lines.append([])
    lines += [[note] for note in (*writing.footnotes, MADE_UP)]
    return Page(tuple(column.name for column in grid.columns), lines, header, first, len(grid.rows), at)


def _total_line(grid: Grid, writing: Writing) -> list[Cell]:
    """A line of totals over the units of the file, of which there is one: the last record again. Of amounts there is none."""
    if not writing.total or any(isinstance(cell, float) for cell in grid.rows[-1]):
        return []
    kinds = [column.kind for column in grid.columns]
    return [
        writing.total if kind == "key" else _written(cell, kind, writing) for cell, kind in zip(grid.rows[-1], kinds, strict=True)
    ]


def _written(cell: Cell, kind: str, writing: Writing) -> Cell:
    if kind == "key":
        key = str(cell)
        return key.removeprefix("0") if writing.zero_lost else key
    if kind == "school_year":
        year = int(cell)
        return f"{year - 1}/{year}" if writing.school_year == "long" else f"{year - 1}/{year % 100:02d}"
    if kind == "label" or writing.form == "workbook":
        return cell
    if kind == "year":
        return str(cell)
    return number(cell, writing)


def number(cell: Cell, writing: Writing) -> str:
    """A number as text: whole ones without decimals, amounts with two."""
    if isinstance(cell, str):
        return cell
    written = f"{cell:.2f}" if isinstance(cell, float) else str(cell)
    integer_digits, _, decimals = written.partition(".")
    if writing.thousands:
        sign, digits = ("-", integer_digits[1:]) if integer_digits.startswith("-") else ("", integer_digits)
        integer_digits = sign + re.sub(r"(?<=\d)(?=(?:\d{3})+$)", writing.thousands, digits)
    return f"{integer_digits}{writing.decimal}{decimals}" if decimals else integer_digits


def page_bytes(page: Page, writing: Writing) -> bytes:
    """The bytes of a file; the same page and writing give the same bytes."""
    if writing.form == "workbook":
        return _workbook(page)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=writing.delimiter, lineterminator=NEWLINE)
    for line in page.lines:
        writer.writerow(line)
    mark = codecs.BOM_UTF16_LE if writing.encoding == "utf-16-le" else b""
    return mark + text.getvalue().encode(writing.encoding)


def grid_bytes(grid: Grid, writing: Writing) -> bytes:
    """The bytes of a delivery without faults."""
    if is_wide(grid, writing):
        counted = f"{grid.columns[-1].headers[0]}: {grid.dataset.replace('_', ' ')}"  # no header says it any more
        return page_bytes(laid_out(across(grid), replace(writing, titles=(*writing.titles, counted))), writing)
    return page_bytes(laid_out(grid, writing), writing)


def is_wide(grid: Grid, writing: Writing) -> bool:
    """Whether a delivery is written with its first dimension across the columns: where it has one count and two dimensions."""
    kinds = [column.kind for column in grid.columns]
    return writing.shape == "wide" and kinds.count("number") == 1 and kinds.count("label") == 2 and kinds[-1] == "number"


def across(grid: Grid) -> Grid:
    """The same numbers with a column for each label of the first dimension. Rows keep their order."""
    place = next(number for number, column in enumerate(grid.columns) if column.kind == "label")
    labels = tuple(dict.fromkeys(str(row[place]) for row in grid.rows))
    kept = [number for number in range(len(grid.columns) - 1) if number != place]
    numbers: dict[tuple[Cell, ...], dict[str, Cell]] = {}
    for row in grid.rows:
        numbers.setdefault(tuple(row[number] for number in kept), {})[str(row[place])] = row[-1]
    columns = (*(grid.columns[number] for number in kept), *(GridColumn(label, (label,), "number") for label in labels))
    rows = tuple((*keys, *(found[label] for label in labels)) for keys, found in numbers.items())
    return Grid(grid.dataset, grid.unit_id, columns, rows)


def _workbook(page: Page) -> bytes:
    """Three sheets, the data in the second; titles merged across the columns, the header's cells over two rows."""
    book = Workbook()
    notes = book.active
    notes.title = "Hinweise"
    notes.append(["Meldung an die Evaluation des Programms"])
    data = book.create_sheet(DATA_SHEET)
    for line in page.lines:
        data.append(line)
    width = len(page.columns)
    for row in range(1, page.header + 1):
        data.merge_cells(start_row=row, end_row=row, start_column=1, end_column=width)
    for column in range(1, width + 1):
        data.merge_cells(start_row=page.header + 1, end_row=page.header + 2, start_column=column, end_column=column)
    book.create_sheet("Notizen").append(["Rückfragen an die Fachstelle"])
    return bytes_of(book)
