"""The delivered sheets as tables to be shown: their cells as they were read, those with findings marked, rows without findings folded.

Does not belong here: judging and grouping findings (checked); how a page or a workbook looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.municipal.returned import data_sheets
from kkz_eval.deliveries.register.decisions import Decisions
from kkz_eval.deliveries.register.simulated import says_simulated
from kkz_eval.deliveries.workbook.sheets import Value, is_workbook, sheets, text_of
from kkz_eval.model.identifiers import cell_address, column_letters
from kkz_eval.stewardship.checked import Checked, NotChecked, checked
from kkz_eval.stewardship.delivered_rows import text_rows

MOST_CELLS = 20_000
"""So many cells are shown of a file; the marked copy has them all."""
MOST_SPLIT = 1_600_000
"""A text with more delimiters and lines is not split to be shown."""
_MOST_COLUMNS = 200
_LONGEST = 300  # characters of a cell
_ABOVE = 12  # rows above the first record: titles and notes
_FEWEST_FOLDED = 3  # less would take as much room folded

Place = tuple[int, int]
"""Row and column of a cell, 1-based; 0 for the row or the column as a whole."""


@dataclass(frozen=True)
class Stretch:
    """Rows that follow each other.

    first: number of the first one; rows: their cells as text, "" for an empty one; is_folded: nothing was found in them, and they are no title;
    n_left_out: so many rows more belong to it and are not shown; n_left_out_marked: of these with findings.
    """

    first: int
    rows: tuple[tuple[str, ...], ...]
    is_folded: bool
    n_left_out: int = 0
    n_left_out_marked: int = 0

    @property
    def n_rows(self) -> int:
        """How many rows of the delivered sheet it stands for."""
        return len(self.rows) + self.n_left_out


@dataclass(frozen=True)
class SheetShown:
    """A sheet of the delivered file. name: None for a text file; n_columns: that are shown; n_columns_left_out: further ones; marks: numbers of
    the findings by the cell that they are about."""

    name: str | None
    n_columns: int
    n_columns_left_out: int
    stretches: tuple[Stretch, ...]
    marks: Mapping[Place, tuple[int, ...]]

    @property
    def letters(self) -> tuple[str, ...]:
        """The columns as a spreadsheet program calls them."""
        return tuple(column_letters(column) for column in range(1, self.n_columns + 1))

    def address(self, row: int, column: int) -> str:
        """The address of a cell."""
        return cell_address(self.name, row, column)

    def marked(self, row: int, column: int) -> tuple[int, ...]:
        """Numbers of the findings about a cell, in their order; of column 0 those about the row as a whole."""
        return self.marks.get((row, column), ())


def sheets_shown(data: bytes, found: Checked) -> tuple[SheetShown, ...]:
    """The sheets of a file that a contract read or that findings speak of, in their order; () where it is too large to be shown.

    data: of the file that was checked. Findings have the numbers of their place among those of all tables, from 1.
    """
    by_sheet = _marks(found)
    first_rows = {sheet: row for table in found.tables for sheet, row in table.first_rows.items()}
    left = MOST_CELLS
    shown = []
    for name, rows in _delivered(data, found):
        if name not in by_sheet and name not in first_rows:
            continue
        sheet = _shown(name, rows, first_rows.get(name, 1), by_sheet.get(name, {}), left)
        left -= sum(len(stretch.rows) for stretch in sheet.stretches) * sheet.n_columns
        shown.append(sheet)
    return tuple(shown)


@dataclass(frozen=True)
class LookedAt:
    """A file checked. sheets: to be shown, () of one that no contract read; simulated: whether it says that its figures are made up."""

    result: Checked | NotChecked
    sheets: tuple[SheetShown, ...] = ()
    simulated: bool = False


def looked_at(
    data: bytes, name: str, contracts: Mapping[str, Contract], decisions: Decisions, today: date | None, most: int
) -> LookedAt:
    """A file checked, with its sheets. Parameters as of `checked`."""
    found = checked(data, name, contracts, decisions, today, most)
    return LookedAt(found, sheets_shown(data, found), says_simulated(data)) if isinstance(found, Checked) else LookedAt(found)


def numbered(found: Checked) -> Iterator[tuple[int, int, int]]:
    """(number, index of its table, index among its findings) of each entry of the list of findings."""
    places = ((t, f) for t, table in enumerate(found.tables) for f in range(len(table.findings)))
    yield from ((number, *place) for number, place in enumerate(places, 1))


def _marks(found: Checked) -> dict[str | None, dict[Place, tuple[int, ...]]]:
    marks: dict[str | None, dict[Place, tuple[int, ...]]] = {}
    for number, table, finding in numbered(found):
        for sheet, row, column in found.tables[table].findings[finding].places:
            if row is not None or column is not None:
                own = marks.setdefault(sheet, {})
                own[(row or 0, column or 0)] = (*own.get((row or 0, column or 0), ()), number)
    return marks


def _delivered(data: bytes, found: Checked) -> list[tuple[str | None, Sequence[Sequence[Value]]]]:
    if is_workbook(data):
        return [(sheet.name, sheet.rows) for sheet in data_sheets(sheets(data))]
    rows = text_rows(data, [table.contract for table in found.tables], MOST_SPLIT)
    return [] if rows is None else [(None, rows)]


def _shown(
    name: str | None, rows: Sequence[Sequence[Value]], first_record: int, marks: Mapping[Place, tuple[int, ...]], most: int
) -> SheetShown:
    n_rows = max((number for number, cells in enumerate(rows, 1) if any(_text(cell) for cell in cells)), default=0)
    marked = {row for row, _ in marks}
    n_rows = max([n_rows, *(row for row in marked if row <= len(rows))])
    wide = max((len(cells) for cells in rows[:n_rows]), default=0)
    n_columns = min(wide, _MOST_COLUMNS)
    above = range(max(1, first_record - _ABOVE), first_record)
    grouped = groupby(range(1, n_rows + 1), lambda row: row in marked or row in above)
    runs = [(is_open, list(numbers)) for is_open, numbers in grouped]
    fits = [0] * len(runs)
    left = most // max(n_columns, 1)
    for at in sorted(
        range(len(runs)), key=lambda at: not runs[at][0]
    ):  # rows with findings first, then as many others as there is room for
        fits[at] = min(len(runs[at][1]), left)
        left -= fits[at]
    stretches = tuple(
        Stretch(
            numbers[0],
            tuple(_texts(rows[number - 1], n_columns) for number in numbers[:n_fit]),
            not is_open and len(numbers) >= _FEWEST_FOLDED,
            len(numbers) - n_fit,
            sum(number in marked for number in numbers[n_fit:]),
        )
        for (is_open, numbers), n_fit in zip(runs, fits, strict=True)
    )
    return SheetShown(name, n_columns, wide - n_columns, stretches, marks)


def _texts(cells: Sequence[Value], n_columns: int) -> tuple[str, ...]:
    texts = [_text(cell) for cell in cells[:n_columns]]
    return (*texts, *[""] * (n_columns - len(texts)))


def _text(cell: Value) -> str:
    text = text_of(cell) or ""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
