"""Small municipal tables as bytes, and how they are read by the contracts of the project. No expectations here."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
from contract_values import shipped

from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.parsed import ParsedTable


def as_text(*lines: Sequence[object]) -> bytes:
    """Lines as CSV with semicolons; None is an empty cell."""
    return "".join(";".join("" if cell is None else str(cell) for cell in line) + "\n" for line in lines).encode()


def as_workbook(*lines: Sequence[object]) -> bytes:
    """Lines as the one sheet of an .xlsx; a text that begins with `=` is a text."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in lines:
        book.active.append(list(line))
    for cell in (cell for row in book.active.iter_rows() for cell in row if isinstance(cell.value, str)):
        cell.data_type = "s"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def read(data: bytes) -> ParsedTable:
    """The one table that is read of a file."""
    result = read_file(data, "lieferung", shipped())
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table
