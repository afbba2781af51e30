"""From a text whose records have one width to columns of text with the row of each: at once where it is regular, else line by line.

No meaning of columns. A record of another width is never read: it is a finding. Texts with lines of any width are split in split.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.deliveries.text.grid import Grid
from kkz_eval.deliveries.text.records import Decoded
from kkz_eval.deliveries.text.split import parsed_columns, slow_body
from kkz_eval.model.findings import Finding, Severity

Rows = NDArray[np.int32]

LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Fields:
    """columns: of text, "" for an empty cell; rows: 1-based, of each record; ended: whether the last line has its line break.

    last_row: 1-based, of the last line that is not blank, be it a record or not.
    """

    columns: tuple[pa.Array, ...]
    rows: Rows
    ended: bool
    findings: tuple[Finding, ...] = ()
    last_row: int = 0

    @property
    def open_end(self) -> bool:
        """Whether the last record stands in a last line without line break, so that its end may be missing."""
        return not self.ended and self.size > 0 and int(self.rows[-1]) >= self.last_row

    @property
    def size(self) -> int:
        """Number of records."""
        return len(self.rows)

    def filter(self, keep: NDArray[np.bool_]) -> Fields:
        """The records where `keep` holds."""
        mask = pa.array(keep)
        return replace(self, columns=tuple(column.filter(mask) for column in self.columns), rows=self.rows[keep])

    def without_blank_records(self) -> Fields:
        """The records that have a filled cell."""
        filled = np.zeros(self.size, bool)
        for column in self.columns:
            filled |= pc.not_equal(column, "").to_numpy(zero_copy_only=False)
        return self.filter(filled)


def fields_of(decoded: Decoded, delimiter: str, width: int, first_row: int, start: int = 0, end: int | None = None) -> Fields:
    """The records of decoded.text[start:end], a part that begins with a new line.

    width: number of fields of a record; first_row: 1-based row of the first record. Raises NotTextError (cell_too_long).
    """
    body = decoded.text[start:end]
    ended = body.endswith(("\n", "\r")) or (end is not None and end < len(decoded.text))
    fast = None if decoded.cut else columns_at_once(body, delimiter, width)
    if fast is not None:
        rows = np.arange(first_row, first_row + len(fast[0]), dtype=np.int32)
        return Fields(fast, rows, ended, last_row=first_row + len(rows) - 1)
    return _line_by_line(replace(decoded, text=body), delimiter, width, first_row, ended)


def start_of_line(text: str, line: int) -> int:
    """Index of a line of a text, 0-based; the length of the text where it has no such line."""
    place = 0
    for _ in range(line):
        end = LINE_END.search(text, place)
        if end is None:
            return len(text)
        place = end.end()
    return place


def columns_at_once(body: str, delimiter: str, width: int) -> tuple[pa.Array, ...] | None:
    """The columns of a text of records; None where one has another width, a line is blank, or a cell has several lines."""
    if "\r" in body:
        body = body.replace("\r\n", "\n")
    if not body or "\r" in body:
        return None
    columns = parsed_columns(memoryview(body.encode()), delimiter, width, pa.string())
    if columns is None or len(columns[0]) != body.count("\n") + (not body.endswith("\n")):
        return None
    return tuple(columns)


def _line_by_line(decoded: Decoded, delimiter: str, width: int, first_row: int, ended: bool) -> Fields:
    lines = slow_body(decoded, delimiter, 0, width)
    rows = (lines.rows + (first_row - 1)).astype(np.int32)
    is_record = ~lines.is_blank
    fits = is_record & (lines.n_cells >= width)
    fits[list(lines.beyond)] = False
    findings = [_misfit(lines, int(position), int(rows[position]), width) for position in np.flatnonzero(is_record & ~fits)]
    if lines.cut and is_record[-1:].any() and lines.rows[-1] == lines.last_row:
        findings = [finding for finding in findings if finding.row != rows[-1]]
        findings.append(Finding("reader_cut_off", "reader_cut_off", Severity.ERROR, row=int(rows[-1])))
        fits[-1] = False
    columns = tuple(column.filter(pa.array(fits)).cast(pa.string()) for column in lines.columns)
    last_row = int(rows[is_record][-1]) if is_record.any() else first_row - 1
    return Fields(columns, rows[fits], ended, tuple(findings), last_row)


def _misfit(lines: Grid, position: int, row: int, width: int) -> Finding:
    """The finding on a line of another width."""
    if position in lines.beyond:
        kind, (column, text) = "reader_long_row", lines.beyond[position]
        return Finding(kind, kind, Severity.ERROR, row=row, column=column + 1, value=text, allowed=str(width))
    first = lines.columns[0][position].as_py()
    if lines.n_cells[position] == 1 and not first.strip().isdigit() and " " in first.strip():
        return Finding("reader_line_ignored", "reader_line_ignored", Severity.WARNING, row=row, column=1, value=first)
    return Finding("reader_short_row", "reader_short_row", Severity.ERROR, row=row, value=first, allowed=str(width))
