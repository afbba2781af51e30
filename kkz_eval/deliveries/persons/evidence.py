"""What some rows of a table hold that tells of persons, in their cells, along a row and in their columns, and whether there is enough of it.

Fewer signs may belong to whoever made the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from kkz_eval.deliveries.persons.columns import (
    FEW_LINES,
    LEAST_GIVEN,
    SHARE,
    Cell,
    cell_of,
    is_short_number,
    sign_of_column,
    stretches,
)
from kkz_eval.deliveries.persons.names import may_be_surname
from kkz_eval.deliveries.persons.records import HOUSES, SENDER, SEX, is_of_sender, record_in
from kkz_eval.deliveries.persons.signs import Found, Sign, signs_in
from kkz_eval.deliveries.persons.suspects import RowAt, Rows, Suspect
from kkz_eval.deliveries.text.records import HEAD

# How many different ones of a column, or of a row, tell of persons. Fewer may belong to the sender.
_ENOUGH: Mapping[Sign, int] = {
    Sign.ACCOUNT: 1,
    Sign.INSURANCE: 1,
    Sign.TAX: 1,
    Sign.BIRTH: 1,
    Sign.ABOUT: 1,
    Sign.ADDRESS: 1,
    Sign.RECORD: 1,
    Sign.NAMED_DAY: 2,
    Sign.NAME: 3,
    Sign.MAIL: 3,
    Sign.PHONE: 5,
}
_ALONG_A_ROW: Mapping[Sign, int] = {Sign.NAME: 3, Sign.MAIL: 3}
_FEW_ROWS = 3  # in so short a table a single name with a day is a record
_SPACES = {0xA0: " ", 0x2007: " ", 0x2009: " ", 0x202F: " "}  # that no line is broken at, as programs put them between names


@dataclass(frozen=True)
class Evidence:
    """What some rows hold.

    found: (sign, column, 0) or (sign, None, row) to the different things found, each with its first row; columns: the filled cells
    with their rows.
    """

    found: Mapping[tuple[Sign, int | None, int], Mapping[str, int]]
    columns: Mapping[int, Sequence[tuple[int, Cell]]]

    @classmethod
    def of(cls, rows: Rows, telling: AbstractSet[int], row_at: RowAt) -> Evidence:
        """What is in some rows. telling: numbers of those that may hold a sign; row_at: of the whole table."""
        found: dict[tuple[Sign, int | None, int], dict[str, int]] = {}
        columns: dict[int, list[tuple[int, Cell]]] = {}
        known: dict[str, Cell] = {}  # in statistics the same texts stand in many rows
        signs: dict[str, tuple[Found, ...]] = {}
        for number, cells in rows:
            filled: list[tuple[int, Cell]] = []
            for column, text in enumerate(cells):
                if text and not text.isspace():
                    cell = known.get(text)
                    if cell is None:
                        cell = known[text] = cell_of(text.translate(_SPACES).strip())
                    filled.append((column, cell))
                    columns.setdefault(column, []).append((number, cell))
            if number not in telling:
                continue
            for column, cell in filled:
                if cell.text not in signs:
                    signs[cell.text] = () if is_short_number(cell.text) else tuple(_signs_of_cell(cell.text))
                for sign, what in signs[cell.text]:
                    if sign is Sign.RECORD and is_of_sender(row_at, number, [column]):
                        continue
                    found.setdefault((sign, column, 0), {}).setdefault(what, number)
                    if sign in _ALONG_A_ROW:
                        found.setdefault((sign, None, number), {}).setdefault(what, number)
            given = {cell.text for _, cell in filled if cell.given}
            if len(given) >= LEAST_GIVEN and len(given) >= SHARE * len(filled):
                found[Sign.NAME, None, number] = dict.fromkeys(given, number)
            named = _named_day(filled)
            if named is not None:
                found.setdefault((Sign.NAMED_DAY, named.column, 0), {}).setdefault(named.name, number)
                if named.day is not None and not is_of_sender(row_at, number, [named.column, named.day]):
                    found.setdefault((Sign.RECORD, named.column, 0), {}).setdefault(named.name, number)
        return cls(found, columns)

    def enough(self, n_rows: int) -> Iterator[Suspect]:
        """Where there is enough of it."""
        yield from self.enough_signs(n_rows)
        for column, cells in self.columns.items():
            left, right = self.columns.get(column - 1, ()), self.columns.get(column + 1, ())
            for stretch in (cells, *stretches(cells)):
                sign = sign_of_column(stretch, left, right, few=stretch is cells and n_rows <= FEW_LINES)
                if sign is not None:
                    yield Suspect(sign, column, stretch[0][0])
                    break

    def enough_signs(self, n_rows: int) -> Iterator[Suspect]:
        """Where there are enough signs in the cells, whatever their columns look like."""
        for (sign, column, row), things in self.found.items():
            least = _ENOUGH[sign] if column is not None else _ALONG_A_ROW[sign]
            if sign is Sign.NAME and column is not None and self._is_of_houses(column):
                continue
            if len(things) >= least or (sign is Sign.NAMED_DAY and n_rows <= _FEW_ROWS):
                yield Suspect(sign, column, row or min(things.values()))

    def _is_of_houses(self, column: int) -> bool:
        """Whether a title of a column says that houses, services or streets are called by the names in it."""
        titles = (cell.text for row, cell in self.columns.get(column, ())[:HEAD] if row <= HEAD)
        return any(re.fullmatch(HOUSES, title) for title in titles)


def _signs_of_cell(text: str) -> Iterator[Found]:
    yield from signs_in(text)
    name = record_in(text)
    if name is not None:
        yield Sign.RECORD, name


class _Named(NamedTuple):
    """A name in the cells of a row. column: where it begins; day: that of the day behind it, where nothing or a sex stands between."""

    column: int
    name: str
    day: int | None


def _named_day(filled: Sequence[tuple[int, Cell]]) -> _Named | None:
    """The name of a person in one cell of a row, or in two, with a day in another; None for a row of the sender."""
    if not any(cell.day for _, cell in filled) or not any(cell.full or cell.given for _, cell in filled):
        return None
    days = {column for column, cell in filled if cell.day}
    in_one = [(column, column + 1, cell.text) for column, cell in filled if cell.full]
    in_two = [
        (column, column + 2, f"{cell.text} {beside.text}")
        for (column, cell), (next_column, beside) in pairwise(filled)
        if column + 1 == next_column
        and (cell.given or beside.given)
        and may_be_surname(cell.text)
        and may_be_surname(beside.text)
    ]
    if any(re.search(SENDER, cell.text) for _, cell in filled):
        return None
    sexes = {column for column, cell in filled if re.fullmatch(SEX, cell.text, re.IGNORECASE)}
    empty = {column + 1 for column, _ in filled}.difference(column for column, _ in filled)
    named: list[_Named] = []
    for column, behind, name in (*in_one, *in_two):
        day = behind + (behind in sexes or behind in empty)
        named.append(_Named(column, name, day if day in days else None))
    return next((one for one in named if one.day is not None), named[0] if named else None)
