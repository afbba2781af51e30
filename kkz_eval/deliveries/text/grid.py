"""The lines of a table as columns of text with their rows: what the reader of municipal tables works on, text file or sheet alike.

Belongs here: columns, addresses, which cells are filled. Does not belong here: splitting a text, headers, meaning of columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.text.as_meant import as_meant
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.model.spreadsheet_dates import DAY_ZERO

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

DICTIONARY = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Grid:
    """Some lines of a table, ascending; lines without any cell are left out.

    columns: texts as delivered (dictionary of string), null where the line has no such cell; rows: 1-based row of each line;
    n_cells: number of cells of each line, those beyond the columns included; beyond: line to its first filled cell beyond the
    columns (0-based column, text); numbers: by column, float64, known where the cell holds a number and not a text (workbooks);
    sheet: of a workbook; cut: the text ends inside a cell; ended: the last line has its line break; last_row: of the file;
    day_zero: from which a workbook counts days.
    """

    columns: tuple[pa.Array, ...]
    rows: Ints
    n_cells: Ints
    beyond: Mapping[int, tuple[int, str]]
    numbers: Mapping[int, pa.Array] = field(default_factory=dict)
    sheet: str | None = None
    cut: bool = False
    ended: bool = True
    last_row: int = 0
    day_zero: date = DAY_ZERO

    @property
    def n_lines(self) -> int:
        """Number of lines."""
        return len(self.rows)

    @cached_property
    def filled(self) -> tuple[Bools, ...]:
        """By column, whether the cell of each line has more than spaces."""
        return tuple(filled_in(column) for column in self.columns)

    @cached_property
    def is_blank(self) -> Bools:
        """Whether a line has no filled cell at all."""
        blank = np.ones(self.n_lines, dtype=np.bool_)
        for filled in self.filled:
            blank &= ~filled
            if not blank.any():
                return blank
        blank[list(self.beyond)] = False
        return blank

    def line(self, position: int) -> list[str]:
        """The cells of one line within the columns, "" where there is none."""
        return [column[position].as_py() or "" for column in self.columns]

    def cells(self, column: int, lines: Ints) -> Cells:
        """A column with the address of each cell. lines: positions, ascending."""
        is_every_line = len(lines) == self.n_lines
        at = pa.array(lines)
        texts = self.columns[column] if is_every_line else self.columns[column].take(at)
        rows = (self.rows if is_every_line else self.rows[lines]).astype(np.int32)
        absent = np.asarray(texts.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_) if texts.null_count else None
        numbers = self.numbers.get(column)
        if numbers is not None and not is_every_line:
            numbers = numbers.take(at)
        return Cells(
            _blank_as_null(texts),
            pa.array(rows, mask=absent),
            pa.array(np.full(len(lines), column + 1, dtype=np.int32), mask=absent),
            numbers,
            self.day_zero,
        )


def filled_in(column: pa.Array) -> Bools:
    """Whether each cell of a dictionary column has more than spaces."""
    n_texts = len(column.dictionary)
    has_text = np.zeros(n_texts + 1, dtype=np.bool_)  # the last one stands for null
    has_text[:n_texts] = ~_blank_texts(column.dictionary)
    return np.asarray(has_text[_indices(column)], dtype=np.bool_)


def text_column(texts: Sequence[str | None]) -> pa.Array:
    """A dictionary column of texts."""
    return pa.array(texts, pa.string()).dictionary_encode()


def _indices(column: pa.Array) -> npt.NDArray[np.int32]:
    return np.asarray(pc.fill_null(column.indices, len(column.dictionary)).to_numpy(zero_copy_only=False), dtype=np.int32)


def _blank_texts(texts: pa.Array) -> Bools:
    blank = np.array(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0).to_numpy(zero_copy_only=False), dtype=np.bool_)
    odd = np.flatnonzero(~blank & ~pc.match_substring_regex(texts, "[!-~]").to_numpy(zero_copy_only=False))
    blank[odd] = [not as_meant(text).strip() for text in texts.take(pa.array(odd)).to_pylist()]  # signs that nobody sees
    return blank


def _blank_as_null(column: pa.Array) -> pa.Array:
    blank = _blank_texts(column.dictionary)
    if not blank.any():
        return column
    codes = np.arange(len(blank), dtype=np.int32)
    new = pa.array(codes, mask=blank).take(column.indices)
    return pa.DictionaryArray.from_arrays(new, column.dictionary)


def grid_of_rows(
    lines: Sequence[Sequence[str]],
    width: int,
    rows: Sequence[int],
    *,
    cut: bool = False,
    ended: bool = True,
    last_row: int = 0,
) -> Grid:
    """A grid from lines of text, one by one. width: number of columns; rows: 1-based row of each line."""
    kept = [place for place, line in enumerate(lines) if line]
    filled = [lines[place] for place in kept]
    return Grid(
        tuple(text_column([line[column] if column < len(line) else None for line in filled]) for column in range(width)),
        np.array([rows[place] for place in kept], dtype=np.int64),
        np.array([len(line) for line in filled], dtype=np.int64),
        {position: found for position, line in enumerate(filled) if (found := first_beyond(line, width)) is not None},
        cut=cut,
        ended=ended,
        last_row=last_row,
    )


def first_beyond(line: Sequence[str], width: int) -> tuple[int, str] | None:
    """The first filled cell of a line from the 0-based column `width` on; None where there is none."""
    return next(((column, line[column]) for column in range(width, len(line)) if line[column].strip()), None)
