"""What a cell is, and what most cells of a column are that only records of persons have. Single texts: signs.py."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from kkz_eval.deliveries.persons.names import is_full_name, is_given_name, may_be_surname
from kkz_eval.deliveries.persons.records import EVENT, HOUSES, SENDER
from kkz_eval.deliveries.persons.signs import EDGES, Sign, day_of, is_phone, is_tax_number
from kkz_eval.deliveries.persons.titles import speaks_of_count
from kkz_eval.deliveries.text.records import HEAD

_SHORTEST = 8  # characters of a number that may be a day or a key of a person
SHARE = 0.6  # of the filled cells of a column
_LEAST = 5  # different days, keys
LEAST_GIVEN, _LEAST_PHONES, _LEAST_TAX, _LEAST_UNTITLED = 4, 3, 3, 3
_SPREAD_OF_DAYS = 0.5  # of the days of a month, or of as many as there are days
_MANY_DAYS = 30  # different days tell, however often each is repeated
FEW_LINES = 8  # in so short a table two names are a list
_DATED = r"(?i)^\W*(?:datum|tag|date|zeit|zeitpunkt|day)\W*$"
_KEYS_OF_PERSONS = (
    r"[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?"  # account
    r"|[A-Z][0-9]{9}(?:[0-9]{3}[A-Z0-9]*)?|[0-9]{8}[A-Z][0-9]{3}"  # health, pension insurance
)
_WITH_COMMA = r"[A-ZÄÖÜÇŞİ][\w'’ -]+,\s*[A-ZÄÖÜÇŞİ][\w'’-]+"
_BRIEF_NAME = r"[A-ZÄÖÜÇŞİ][\w'’-]+,?\s+[A-ZÄÖÜÇŞİ]\."  # Müller, A.


class Cell(NamedTuple):
    """What a cell is. full, given: whether it is a whole name or a given one; day: where it is one."""

    text: str
    full: bool = False
    given: bool = False
    day: date | None = None


def cell_of(text: str) -> Cell:
    """What a text that is not blank is in a cell of its own."""
    if is_short_number(text):
        return Cell(text)
    if text[0].isdigit():
        return Cell(text, is_full_name(text), day=day_of(text))
    return Cell(text, is_full_name(text) or re.fullmatch(_BRIEF_NAME, text) is not None, is_given_name(text))


def is_short_number(text: str) -> bool:
    """Whether a text is a number of too few digits for a day or a key of a person."""
    return len(text) < _SHORTEST and text.replace(".", "", 1).replace(",", "", 1).isdigit()


Column = Sequence[tuple[int, Cell]]
"""The filled cells of a column with their rows, 1-based."""


def stretches(cells: Column) -> Iterator[Column]:
    """Successive rows of names or days within a longer column of other things, with the cell above them: records below a table."""
    start = 0  # of the stretch that the cell before belongs to
    for place, (row, cell) in enumerate(cells):
        goes_on = place > start and _is_telling(cell) and row == cells[place - 1][0] + 1
        if place > start and not goes_on:
            yield from _with_title(cells, start, place)
        if not goes_on:
            start = place if _is_telling(cell) else place + 1
    yield from _with_title(cells, start, len(cells))


def _with_title(cells: Column, start: int, end: int) -> Iterator[Column]:
    if _LEAST_UNTITLED <= end - start < len(cells):
        yield cells[max(start - 1, 0) : end]


def _is_telling(cell: Cell) -> bool:
    return cell.full or cell.given or cell.day is not None


def sign_of_column(cells: Column, left: Column, right: Column, *, few: bool = False) -> Sign | None:
    """What most cells of a column are that only records of persons have; None where it is nothing of that kind.

    left, right: the cells of the columns beside it: the other half of a name, or whose telephone it is; few: whether the table has
    so few rows that two names in it are a list.
    """
    distinct = {cell.text: cell for _, cell in cells}
    count = Counter(cell.text for _, cell in cells)
    labelled = {row for row, cell in left if re.search(SENDER, cell.text)}
    named = [text for text, cell in distinct.items() if cell.full]
    told = [cell.text for _, cell in cells if not cell.full]
    if any(re.fullmatch(HOUSES, text) for text in told[:HEAD]):
        named = []
    if (len(named) >= 3 and _is_most(named, count)) or (len(named) >= 2 and _are_with_comma(named, told)):
        return Sign.NAME
    own = {cell.text for row, cell in cells if cell.full and row not in labelled}
    if few and len(own) >= 2 and len(own) >= len(told) and not any(re.search(SENDER, text) for text in told):
        return Sign.NAME
    least = 2 if few else 3
    given = [text for text, cell in distinct.items() if cell.given]
    if len(given) >= least and _is_most(given, count):
        surnames = {cell.text for beside in (left, right) for _, cell in beside if may_be_surname(cell.text)}
        if len(given) >= LEAST_GIVEN or len(surnames) >= len(given):
            return Sign.NAME
    phones = [cell for cell in count if cell[0] in "0+(" and is_phone(cell)]
    of_others = {cell.text for row, cell in cells if row not in labelled}.intersection(phones)
    if len(of_others) >= _LEAST_PHONES and _is_most(phones, count) and not _are_keys(phones):
        return Sign.PHONE
    keys = [cell for cell in count if len(cell) >= 12 or cell[0].isalpha()]
    keys = [cell for cell in keys if not cell.isdigit() and re.fullmatch(_KEYS_OF_PERSONS, cell)]
    if len(keys) >= _LEAST and _is_most(keys, count):
        return Sign.INSURANCE
    taxes = [cell for cell in count if len(cell) >= 11 and is_tax_number(cell.replace(" ", ""))]
    if len(taxes) >= _LEAST_TAX and _is_most(taxes, count):
        return Sign.TAX
    return Sign.DAY if _are_births(cells, left) else None


def _are_with_comma(named: Sequence[str], others: Sequence[str]) -> bool:
    """Whether a column is of surnames and given names with a comma, though most of the given names are rare."""
    alike = [text for text in others if re.fullmatch(_WITH_COMMA, text) and may_be_surname(text.partition(",")[2])]
    return len(alike) + len(named) >= max(_LEAST, SHARE * (len(others) + len(named)))


def _are_keys(numbers: Sequence[str]) -> bool:
    """Whether numbers that begin with a zero are keys of areas rather than telephones: of one length, and in order or of several Länder."""
    lengths = {len(number) for number in numbers if number.isdigit()}
    if len(lengths) != 1 or not all(map(str.isdigit, numbers)):
        return False
    laender = {number[:2] for number in numbers}
    of_several = len(laender) > 1 and max(laender) <= "16"
    return (lengths <= {8, 9, 12} and of_several) or (lengths <= {8, 12} and list(numbers) == sorted(numbers))


def _is_most(some: Sequence[str], count: Counter[str]) -> bool:
    return sum(count[text] for text in some) >= SHARE * count.total()


def _are_births(cells: Column, left: Column) -> bool:
    """Whether a column is of days as children are born: any days of any month, most of them different, in no order.

    Reporting dates repeat a few days of the month, series go on in equal steps, services begin under a title that says so.
    """
    days = [cell.day for _, cell in cells if cell.day is not None]
    distinct = list(dict.fromkeys(days))
    untitled = len(days) == len(cells)
    if len(days) < SHARE * len(cells) or len(distinct) < (_LEAST_UNTITLED if untitled else _LEAST):
        return False
    if len(distinct) < SHARE * len(days) and len(distinct) < _MANY_DAYS:
        return False
    titles = [cell.text for row, cell in cells if row < cells[0][0] + HEAD and cell.day is None]
    if any(map(speaks_of_count, titles)):  # numbers that a format shows as days
        return False
    rows = {row for row, cell in cells if cell.day is not None}
    labels = [cell.text for row, cell in left if row in rows]
    if any(re.search(EVENT, title) for title in titles) or sum(bool(re.search(EVENT, label)) for label in labels) >= SHARE * len(
        rows
    ):
        return False
    inside = {day.day for day in distinct if (day.month, day.day) not in EDGES}
    if len(inside) < max(_LEAST_UNTITLED, _SPREAD_OF_DAYS * min(len(distinct), 31)):
        return False
    return not _are_series(distinct, dated=any(re.search(_DATED, title) for title in titles))


def _are_series(days: Sequence[date], *, dated: bool) -> bool:
    """Whether days go on in nearly equal steps; under a title that says no more than that they are days, whether they go on at all."""
    steps = Counter((after - before).days for before, after in pairwise(days))
    if dated and (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
        return True
    return steps.most_common(1)[0][1] >= 0.8 * (len(days) - 1)
