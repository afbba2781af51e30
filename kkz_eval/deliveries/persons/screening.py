"""Recognising what is about single persons in a delivery, before anything is stored: of a text, of the rows of a sheet, of loose texts.

A large file is asked as a whole, by patterns, for what may tell of a person (signs.py); only such rows, and some to compare them with, are
looked at cell by cell: their titles (titles.py), their cells and columns (evidence.py). What a workbook holds besides its cells: workbook.py.
Does not belong here: whether a value is right. A refusal names places, never a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.persons.columns import LEAST_GIVEN, cell_of, sign_of_column
from kkz_eval.deliveries.persons.evidence import Evidence
from kkz_eval.deliveries.persons.names import is_given_name
from kkz_eval.deliveries.persons.signs import Sign, day_of, may_hold_signs, one_text, places_to_look_at, signs_in, spread
from kkz_eval.deliveries.persons.suspects import RowAt, Rows, Suspect
from kkz_eval.deliveries.persons.titles import ANY_TITLE, may_have_titles, titles_of_persons
from kkz_eval.deliveries.text.records import HEAD, cells_of_line
from kkz_eval.deliveries.workbook.sheets import Value, text_of

_LARGE = 1 << 20  # characters of a text that is asked as a whole before it is cut into lines
_LONGEST_LINE = 20_000  # characters looked at in one go
_MOST_LINES = 2_000  # lines with a sign that are looked at; a title stands in one of the first


def suspects_in_text(text: str, delimiters: Sequence[str]) -> tuple[Suspect, ...]:
    """What tells of persons in a text table, by whichever delimiter it shows; every line is asked."""
    together = one_text(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)
    if len(text) > _LARGE and not may_hold_signs(together) and not may_have_titles(together):
        return ()
    lines, numbers = _lines(together)
    titles = pc.indices_nonzero(pc.match_substring_regex(lines, ANY_TITLE)).to_numpy()[:_MOST_LINES]
    telling = places_to_look_at(lines)
    if not len(titles) and not telling:
        return ()
    others = _to_compare_with(len(lines), len(telling))
    looked_at = [(int(numbers[place]), lines[place].as_py()) for place in sorted({*map(int, titles), *telling, *others})]
    used = [delimiter for delimiter in delimiters if delimiter in text]  # a line below the table may have but a comma
    for delimiter in used or delimiters[:1]:

        def row_at(number: int, delimiter: str = delimiter) -> Sequence[str]:
            place = int(np.searchsorted(numbers, number))
            return cells_of_line(lines[place].as_py(), delimiter) if place < len(lines) else ()

        rows = [(number, cells_of_line(line, delimiter)) for number, line in looked_at]
        found = suspects(rows, frozenset(int(numbers[place]) for place in telling), len(lines), row_at)
        if found:
            return found
    return ()


def _lines(together: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The lines of a text and their numbers, 1-based; what is longer than any line of a table comes in several pieces."""
    lines = pc.split_pattern(pc.utf8_rtrim(together, "\n"), "\n").flatten()
    numbers = np.arange(1, len(lines) + 1)
    if (pc.max(pc.binary_length(lines)).as_py() or 0) <= _LONGEST_LINE:
        return lines, numbers
    pieces = [
        (number, line[start : start + _LONGEST_LINE])
        for number, line in zip(numbers.tolist(), lines.to_pylist(), strict=True)
        for start in range(0, len(line) or 1, _LONGEST_LINE)
    ]
    return pa.array([piece for _, piece in pieces], pa.large_string()), np.array([number for number, _ in pieces])


def suspects_in_rows(rows: Sequence[Sequence[Value]]) -> tuple[Suspect, ...]:
    """What tells of persons in the rows of a sheet, "" for an empty cell."""
    kinds = set(map(type, chain.from_iterable(rows)))
    texts = pa.array({cell for cell in chain.from_iterable(rows) if type(cell) is str}, pa.large_string())
    titled = bool(pc.any(pc.match_substring_regex(texts, ANY_TITLE)).as_py())
    of_persons = {texts[place].as_py() for place in places_to_look_at(texts)}
    days = any(issubclass(kind, date) for kind in kinds) or _are_days_as_numbers(rows)
    if not titled and not of_persons and not days:
        return ()
    with_days = (
        place for place, cells in enumerate(rows) if days and any(isinstance(cell, (date, float, int)) for cell in cells)
    )
    with_texts = [place for place, cells in enumerate(rows) if not of_persons.isdisjoint(cells)]
    telling = {
        *spread(np.array(with_texts, np.int64)),
        *_first_with_each(of_persons, rows, with_texts),  # one text among many rows of days
        *spread(np.fromiter(with_days, np.int64)),
    }
    others = _to_compare_with(len(rows), len(telling))
    titles = (place for place, cells in enumerate(rows) if titled and any(type(cell) is str for cell in cells))
    looked_at = sorted({*telling, *others, *list(titles)[:_MOST_LINES]})
    as_texts = [(place + 1, _texts(rows[place])) for place in looked_at]
    return suspects(
        as_texts,
        frozenset(place + 1 for place in telling),
        len(rows),
        lambda number: _texts(rows[number - 1]) if number <= len(rows) else (),
    )


def _texts(cells: Sequence[Value]) -> list[str]:
    return [text_of(cell) or "" for cell in cells]


def _first_with_each(texts: set[str], rows: Sequence[Sequence[Value]], among: Sequence[int]) -> set[int]:
    """The first of some rows that holds each of some texts."""
    first: dict[Value, int] = {}
    for place in among:
        for cell in texts.intersection(rows[place]):
            first.setdefault(cell, place)
    return set(first.values())


def _to_compare_with(n_rows: int, n_telling: int) -> list[int]:
    """Rows by which the share of a column's cells is known; one or two rows, as the sender's, make no column but in a table of so few."""
    return spread(np.arange(n_rows)) if n_telling > 2 or (n_telling and n_rows <= HEAD) else []


def suspects_in_strings(texts: Sequence[str]) -> tuple[Suspect, ...]:
    """What tells of persons in texts that stand in no table, each different; row: place among them, 1-based."""
    array = pa.array(texts, pa.large_string())
    rows = [(place + 1, [texts[place][:_LONGEST_LINE]]) for place in places_to_look_at(array)]
    evidence = Evidence.of(rows, frozenset(number for number, _ in rows), lambda number: texts[number - 1 : number])
    found = list(evidence.enough_signs(len(texts)))
    for number, (text,) in rows:
        items = [(at, cell_of(item.strip())) for at, item in enumerate(re.split(r"[,;|\n\t\"()]", text)) if item.strip()]
        if len(items) >= LEAST_GIVEN and sign_of_column(items, (), ()) is Sign.NAME:
            found.append(Suspect(Sign.NAME, 0, number))
    return tuple(found)


def may_be_title(text: str) -> bool:
    """Whether a sentence may show a text as the title of a column or the name of a sheet: no sign of a person, no given name, no number."""
    if re.search(r"\d{4}\d|\d[.,:]\d|@", text) or day_of(text) is not None or next(signs_in(text), None) is not None:
        return False
    return not any(is_given_name(word) for word in re.split(r"[\W\d_]+", text) if word)


def _are_days_as_numbers(rows: Sequence[Sequence[Value]]) -> bool:
    """Whether numbers below the head are days written in one: 20150312."""
    numbers = (cell for cells in rows[: 2 * HEAD] for cell in cells if isinstance(cell, (float, int)))
    return any(19_000_101 <= number <= 20_991_231 and day_of(text_of(number) or "") is not None for number in numbers)


def suspects(rows: Rows, telling: AbstractSet[int], n_rows: int, row_at: RowAt) -> tuple[Suspect, ...]:
    """What tells of persons in some rows of a table.

    telling: numbers of the rows that may hold a sign, the others are there to compare with; n_rows, row_at: of the whole table.
    """
    found = list(titles_of_persons(rows))
    if telling:
        found += Evidence.of(rows, telling, row_at).enough(n_rows)
    return tuple(dict.fromkeys(found))
