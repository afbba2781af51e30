"""What a person sees of the sheets of a workbook besides the values of their cells: hidden rows and columns, formats, fonts, raised signs.

The reading library tells none of it. For zipped workbooks it is read from their XML beside it, for .xls by a library that has it.
No findings: seen_otherwise.py says what of it matters.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from kkz_eval.deliveries.workbook.conditional_formats import Conditional
from kkz_eval.deliveries.workbook.fonts import LOOKS, Look
from kkz_eval.model.spreadsheet_dates import DAY_ZERO

Span = tuple[int, int]
"""First and last of some rows or columns, 0-based."""

Block = tuple[tuple[int, int], tuple[int, int]]
"""(first row, first column), (last row, last column) of merged cells, 0-based."""

LEAST_SEEN = 1.0
"""Points that a row is high or a column is wide, where it is seen at all."""


@dataclass(frozen=True)
class Formats:
    """Number formats of cells, of those only that can show another number than the cell holds; or their fonts, likewise.

    rows, columns: 0-based, int32; which: index into codes of each. Ascending by rows and columns.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    which: NDArray[np.int32]
    codes: tuple[str, ...]

    def of(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int32]:
        """The index of the format of each of some cells; -1 where it has no such format."""
        if not len(self.rows):
            return np.full(len(rows), -1, np.int32)
        own = self.rows.astype(np.int64) << 20 | self.columns
        order = np.argsort(own, kind="stable")
        wanted = rows << 20 | columns
        place = np.minimum(np.searchsorted(own[order], wanted), len(own) - 1)
        found: NDArray[np.int32] = np.where(own[order][place] == wanted, self.which[order][place], -1).astype(np.int32)
        return found


_NOTHING = np.zeros(0, np.int32)
NO_FORMATS = Formats(_NOTHING, _NOTHING, _NOTHING, ())


@dataclass(frozen=True)
class Appearance:
    """What is seen of one sheet; each is empty where there is nothing to tell.

    fonts: their codes are those of Look; texts: by 0-based row and column, those of cells with raised, lowered or struck-out signs, as raised.py writes them, and the error
    values of cells (#N/A); comments: on cells, by the same; merged: blocks of cells; day_zero: from which the workbook counts days;
    without_result: empty cells (0-based row, column) with a formula of which the file keeps no result; conditionals: formats under conditions, of an .xlsx; shows_zeros: whether the view of the sheet does; is_known: whether it could be
    looked at.
    """

    hidden_rows: tuple[Span, ...] = ()
    hidden_columns: tuple[Span, ...] = ()
    formats: Formats = field(default=NO_FORMATS, compare=False)
    fonts: Formats = field(default=NO_FORMATS, compare=False)
    texts: Mapping[tuple[int, int], str] = field(default_factory=dict)
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)
    merged: tuple[Block, ...] = ()
    day_zero: date = DAY_ZERO
    without_result: frozenset[tuple[int, int]] = frozenset()
    conditionals: tuple[Conditional, ...] = ()
    shows_zeros: bool = True
    is_known: bool = True

    def is_hidden_column(self, column: int) -> bool:
        """Whether a 0-based column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)

    def hidden_among(self, n_rows: int) -> NDArray[np.bool_]:
        """Which of the first rows are hidden."""
        hidden = np.zeros(n_rows, np.bool_)
        for first, last in self.hidden_rows:
            hidden[first : last + 1] = True
        return hidden


PLAIN = Appearance()
UNKNOWN = Appearance(is_known=False)


class _Places:
    """Cells with the index of something that each has; there may be millions."""

    def __init__(self) -> None:
        self._places = (array("i"), array("i"), array("i"))

    def put(self, row: int, column: int, which: int) -> None:
        """Add a cell."""
        for places, value in zip(self._places, (row, column, which), strict=True):
            places.append(value)

    def with_codes(self, codes: Sequence[str]) -> Formats:
        """What was put, frozen."""
        rows, columns, which = (np.array(places, np.int32) for places in self._places)
        return Formats(rows, columns, which, tuple(codes))


class Collected:
    """The facts of one sheet while it is read; as_appearance makes the value of them."""

    def __init__(self, codes: Sequence[str] = (), day_zero: date = DAY_ZERO) -> None:
        self.hidden_rows: list[Span] = []
        self.hidden_columns: list[Span] = []
        self.texts: dict[tuple[int, int], str] = {}
        self.comments: dict[tuple[int, int], str] = {}
        self.merged: list[Block] = []
        self.without_result: set[tuple[int, int]] = set()
        self._formats, self._fonts = _Places(), _Places()
        self._codes, self._day_zero = codes, day_zero

    def hide_rows(self, first: int, last: int) -> None:
        """Note that rows are hidden, in the order of the sheet."""
        if self.hidden_rows and self.hidden_rows[-1][1] == first - 1:
            first = self.hidden_rows.pop()[0]
        self.hidden_rows.append((first, last))

    def put_format(self, row: int, column: int, which: int) -> None:
        """Note the format of a cell: which is the index of its code."""
        self._formats.put(row, column, which)

    def put_font(self, row: int, column: int, look: Look) -> None:
        """Note how the font of a cell lets its value be seen."""
        self._fonts.put(row, column, LOOKS.index(look))

    def as_appearance(self) -> Appearance:
        """What was collected, frozen."""
        return Appearance(
            tuple(self.hidden_rows),
            tuple(self.hidden_columns),
            self._formats.with_codes(self._codes),
            self._fonts.with_codes(LOOKS),
            self.texts,
            self.comments,
            tuple(self.merged),
            self._day_zero,
            frozenset(self.without_result),
        )
