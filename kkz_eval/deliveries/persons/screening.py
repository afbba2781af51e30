"""Recognising what is about single persons in a delivery, before anything is stored: titles, cells, columns of them, in every row.

A large file is asked as a whole, by patterns, for what may tell of a person (person_signs.py); only such rows, and some to compare
them with, are looked at cell by cell. What a workbook holds besides its cells: workbook_texts.py.
Does not belong here: whether a value is right. A refusal names places, never a value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.persons.names import is_full_name, is_given_name, may_be_surname
from kkz_eval.deliveries.persons.records import EVENT, HOUSES, SENDER, SEX, RowAt, is_of_sender, record_in
from kkz_eval.deliveries.persons.signs import (
    EDGES,
    Found,
    Sign,
    day_of,
    is_phone,
    is_tax_number,
    may_hold_signs,
    one_text,
    places_to_look_at,
    signs_in,
    spread,
)
from kkz_eval.deliveries.text.records import HEAD, cells_of_line
from kkz_eval.deliveries.workbook.sheets import Value, text_of

# One of these columns is enough: nothing but a record of a person has it.
_PERSON = frozenset(
    (
        *("vorname", "rufname", "nachname", "familienname", "geburtsname", "firstname", "lastname", "surname"),
        *("geburtsdatum", "gebdatum", "geburtstag", "geborenam", "gebam", "dateofbirth", "birthdate"),
        *("versichertennummer", "versichertennr", "versichertenid", "versicherungsnummer", "versicherungsnr"),
        *("sozialversicherungsnummer", "rentenversicherungsnummer", "krankenversicherungsnummer", "insurancenumber"),
        *("krankenversichertennummer", "steuerid", "steueridentifikationsnummer", "personalausweisnummer"),
        *("aktenzeichen", "iban", "gebdat", "gebname", "geburtsort", "matrikelnummer", "matrikelnr"),
        *(
            "personennummer",
            "personennr",
            "personenid",
            "personid",
            "personenkennziffer",
            "schuelerid",
            "schuelernummer",
            "schuelernr",
        ),
        *("kindid", "kindesid", "kindnummer", "kindnr", "patientenid", "patientennummer", "patientennr", "fallid", "klientid"),
    )
)
_ALONE = frozenset(
    ("geb", "dob", "gebtag", "svnummer", "svnr", "rvnr", "kvnr", "personalnummer", "personalnr")
)  # the whole title, not a word of it
# These tell of a person only beside a name.
_ADDRESS = frozenset(
    (
        *("strasse", "str", "hausnummer", "hausnr", "strassehausnummer", "strassehausnr", "strassenr", "street"),
        *("anschrift", "telefon", "telefonnummer", "email"),
    )
)
_NAME = frozenset(("name", "namedeskindes", "kind", "kindname", "schuelername", "nameschueler", "patient"))
# A count of such records is a statistic.
_COUNT = frozenset(("anzahl", "zahl", "anteil", "summe", "quote", "prozent", "number", "count", "share"))

_WORDS = re.compile(r"[^\W_]+")
_LONGEST_HEADER, _LONGEST_CELL = 5, 80  # words, characters; longer cells are sentences
_BESIDE = frozenset(
    ("des", "der", "von", "und", "nr", "id", "am", "kindes", "kinder", "schueler", "schuelerin", "mutter", "vater", "eltern")
)

Rows = Sequence[tuple[int, Sequence[str]]]
"""Some rows of a table: the number of each, 1-based, and its cells."""


@dataclass(frozen=True)
class Suspect:
    """Where in a table something tells of persons.

    column: 0-based, None where it stands along a row; row: 1-based, the first; title: of the column, where it may be shown.
    """

    sign: Sign
    column: int | None
    row: int
    title: str = ""


def suspects_in_text(text: str, delimiters: Sequence[str]) -> tuple[Suspect, ...]:
    """What tells of persons in a text table, by whichever delimiter it shows; every line is asked."""
    whole = one_text(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)
    if len(text) > _LARGE and not may_hold_signs(whole) and not may_have_titles(whole):
        return ()
    lines, numbers = _lines(whole)
    titles = pc.indices_nonzero(pc.match_substring_regex(lines, _ANY_SIGN)).to_numpy()[:_MOST_LINES]
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


def _lines(whole: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The lines of a text and their numbers, 1-based; what is longer than any line of a table comes in several pieces."""
    lines = pc.split_pattern(pc.utf8_rtrim(whole, "\n"), "\n").flatten()
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
    titled = bool(pc.any(pc.match_substring_regex(texts, _ANY_SIGN)).as_py())
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
    evidence = _Evidence.of(rows, frozenset(number for number, _ in rows), lambda number: texts[number - 1 : number])
    found = list(evidence.enough_signs(len(texts)))
    for number, (text,) in rows:
        items = [(at, _cell(item.strip())) for at, item in enumerate(re.split(r"[,;|\n\t\"()]", text)) if item.strip()]
        if len(items) >= _LEAST_GIVEN and _sign_of_column(items, (), ()) is Sign.NAME:
            found.append(Suspect(Sign.NAME, 0, number))
    return tuple(found)


def may_be_title(text: str) -> bool:
    """Whether a sentence may show a text as the title of a column or the name of a sheet: no sign of a person, no given name, no number."""
    if re.search(r"\d{4}\d|\d[.,:]\d|@", text) or day_of(text) is not None or next(signs_in(text), None) is not None:
        return False
    return not any(is_given_name(word) for word in re.split(r"[\W\d_]+", text) if word)


def may_have_titles(whole: pa.Array) -> bool:
    """Whether a long text, the one of an array, has any word of titles of records of persons."""
    return bool(pc.match_substring_regex(whole, _ANY_SIGN)[0].as_py())


def _are_days_as_numbers(rows: Sequence[Sequence[Value]]) -> bool:
    """Whether numbers below the head are days written in one: 20150312."""
    numbers = (cell for cells in rows[: 2 * HEAD] for cell in cells if isinstance(cell, (float, int)))
    return any(19_000_101 <= number <= 20_991_231 and day_of(text_of(number) or "") is not None for number in numbers)


def suspects(rows: Rows, telling: AbstractSet[int], n_rows: int, row_at: RowAt) -> tuple[Suspect, ...]:
    """What tells of persons in some rows of a table.

    telling: numbers of the rows that may hold a sign, the others are there to compare with; n_rows, row_at: of the whole table.
    """
    found = list(_titles_of_persons(rows))
    if telling:
        found += _Evidence.of(rows, telling, row_at).enough(n_rows)
    return tuple(dict.fromkeys(found))


# ---- titles ----


def _titles_of_persons(rows: Rows) -> Iterator[Suspect]:
    for number, column, cell in _first_header(rows):
        yield Suspect(Sign.TITLE, column, number, cell.strip() if _may_be_shown(cell) else "")


def _first_header(rows: Rows) -> list[tuple[int, int, str]]:
    """(row, column, cell) of what tells of persons in the first row that reads like a header of their records."""
    persons, addresses = _titles(set().union(*(cells for _, cells in rows)))
    if not persons and not addresses:
        return []
    for number, cells in rows:
        if sum(map(bool, cells)) < 2:
            continue
        beside = any(cell in addresses for cell in cells)
        named = beside and any(fold(cell) in _NAME for cell in cells)
        if named or any(cell in persons for cell in cells):
            return [
                (number, column, cell)
                for column, cell in enumerate(cells)
                if cell in persons or cell in addresses or (named and fold(cell) in _NAME)
            ]
    return []


def _may_be_shown(cell: str) -> bool:
    """Whether a title has known words only: what looks like a title may be a value."""
    known = _PERSON | _ALONE | _ADDRESS | _NAME | _BESIDE
    return fold(cell) in known or all(fold(word) in known for word in _WORDS.findall(cell))


def _titles(distinct: AbstractSet[object]) -> tuple[frozenset[str], frozenset[str]]:
    """The cells that are headers of a column of persons, and those of addresses; digits alone are none."""
    texts = [cell for cell in distinct if type(cell) is str and 1 < len(cell) < _LONGEST_CELL and not cell.isdigit()]
    folded = {cell: fold(cell) for cell in texts}
    persons = frozenset(cell for cell in texts if folded[cell] in _ALONE or _names_one_of(cell, folded[cell], _PERSON))
    return persons, frozenset(cell for cell in texts if folded[cell] in _ADDRESS)


def _names_one_of(cell: str, folded: str, headers: frozenset[str]) -> bool:
    words = [fold(word) for word in _WORDS.findall(cell)]
    if len(words) > _LONGEST_HEADER or _COUNT.intersection(words):
        return False
    pairs = [first + second for first, second in pairwise(words)]
    return folded in headers or not headers.isdisjoint([*words, *pairs])


# Quick test, so that large files without any such word are not looked at cell by cell.
_SIGNS = (
    *("vorname", "rufname", "nachname", "familienname", "geb", "versich", "aktenzeichen", "steuer", "ausweis", "iban"),
    *("stra(ss|ß)e", "str[.]", "(^|[;,\t\n])str([;,\t\r\n]|$)", "hausn", "anschrift", "telefon", "mail", "matrikel", "patient"),
    *(
        "first",
        "last",
        "surname",
        "birth",
        "dob",
        "s-?v-?n",
        "[rk]vnr",
        "personaln",
        "insurance",
        "street",
        "name.{0,5}(kind|sch(ü|ue)ler)",
    ),
    "(person|personen|kind|kindes|kinder|fall|klient|sch(ü|ue)ler)[-_ .]?(id|nr|nummer|kenn|name)",
)
_ANY_SIGN = "(?i)" + "|".join(_SIGNS)
_LARGE = 1 << 20  # characters of a text that is asked as a whole before it is cut into lines
_LONGEST_LINE = 20_000  # characters looked at in one go
_MOST_LINES = 2_000  # lines with a sign that are looked at; a title stands in one of the first


# ---- cells and columns ----

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
_SHORTEST = 8  # characters of a number that may be a day or a key of a person
_SHARE = 0.6  # of the filled cells of a column
_LEAST = 5  # different days, keys
_LEAST_GIVEN, _LEAST_PHONES, _LEAST_TAX, _LEAST_UNTITLED = 4, 3, 3, 3
_SPREAD_OF_DAYS = 0.5  # of the days of a month, or of as many as there are days
_MANY_DAYS = 30  # different days tell, however often each is repeated
_FEW_ROWS = 3  # in so short a table a single name with a day is a record
_FEW_LINES = 8  # in so short a table two names are a list
_DATED = r"(?i)^\W*(?:datum|tag|date|zeit|zeitpunkt|day)\W*$"
_KEYS_OF_PERSONS = (
    r"[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?"  # account
    r"|[A-Z][0-9]{9}(?:[0-9]{3}[A-Z0-9]*)?|[0-9]{8}[A-Z][0-9]{3}"  # health, pension insurance
)
_WITH_COMMA = r"[A-ZÄÖÜÇŞİ][\w'’ -]+,\s*[A-ZÄÖÜÇŞİ][\w'’-]+"
_BRIEF_NAME = r"[A-ZÄÖÜÇŞİ][\w'’-]+,?\s+[A-ZÄÖÜÇŞİ]\."  # Müller, A.


class _Cell(NamedTuple):
    """What a cell is. full, given: whether it is a whole name or a given one; day: where it is one."""

    text: str
    full: bool = False
    given: bool = False
    day: date | None = None


def _cell(text: str) -> _Cell:
    if _is_short_number(text):
        return _Cell(text)
    if text[0].isdigit():
        return _Cell(text, is_full_name(text), day=day_of(text))
    return _Cell(text, is_full_name(text) or re.fullmatch(_BRIEF_NAME, text) is not None, is_given_name(text))


_SPACES = {0xA0: " ", 0x2007: " ", 0x2009: " ", 0x202F: " "}  # that no line is broken at, as programs put them between names


def _is_short_number(text: str) -> bool:
    """Whether a text is a number of too few digits for a day or a key of a person."""
    return len(text) < _SHORTEST and text.replace(".", "", 1).replace(",", "", 1).isdigit()


@dataclass(frozen=True)
class _Evidence:
    """What some rows hold.

    found: (sign, column, 0) or (sign, None, row) to the different things found, each with its first row; columns: the filled cells
    with their rows.
    """

    found: Mapping[tuple[Sign, int | None, int], Mapping[str, int]]
    columns: Mapping[int, Sequence[tuple[int, _Cell]]]

    @classmethod
    def of(cls, rows: Rows, telling: AbstractSet[int], row_at: RowAt) -> _Evidence:
        found: dict[tuple[Sign, int | None, int], dict[str, int]] = {}
        columns: dict[int, list[tuple[int, _Cell]]] = {}
        known: dict[str, _Cell] = {}  # in statistics the same texts stand in many rows
        signs: dict[str, tuple[Found, ...]] = {}
        for number, cells in rows:
            filled: list[tuple[int, _Cell]] = []
            for column, text in enumerate(cells):
                if text and not text.isspace():
                    cell = known.get(text)
                    if cell is None:
                        cell = known[text] = _cell(text.translate(_SPACES).strip())
                    filled.append((column, cell))
                    columns.setdefault(column, []).append((number, cell))
            if number not in telling:
                continue
            for column, cell in filled:
                if cell.text not in signs:
                    signs[cell.text] = () if _is_short_number(cell.text) else tuple(_signs_of_cell(cell.text))
                for sign, what in signs[cell.text]:
                    if sign is Sign.RECORD and is_of_sender(row_at, number, [column]):
                        continue
                    found.setdefault((sign, column, 0), {}).setdefault(what, number)
                    if sign in _ALONG_A_ROW:
                        found.setdefault((sign, None, number), {}).setdefault(what, number)
            given = {cell.text for _, cell in filled if cell.given}
            if len(given) >= _LEAST_GIVEN and len(given) >= _SHARE * len(filled):
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
            for stretch in (cells, *_stretches(cells)):
                sign = _sign_of_column(stretch, left, right, few=stretch is cells and n_rows <= _FEW_LINES)
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


def _named_day(filled: Sequence[tuple[int, _Cell]]) -> _Named | None:
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


_Column = Sequence[tuple[int, _Cell]]


def _stretches(cells: _Column) -> Iterator[_Column]:
    """Successive rows of names or days within a longer column of other things, with the cell above them: records below a table."""
    start = 0  # of the stretch that the cell before belongs to
    for place, (row, cell) in enumerate(cells):
        goes_on = place > start and _is_telling(cell) and row == cells[place - 1][0] + 1
        if place > start and not goes_on:
            yield from _with_title(cells, start, place)
        if not goes_on:
            start = place if _is_telling(cell) else place + 1
    yield from _with_title(cells, start, len(cells))


def _with_title(cells: _Column, start: int, end: int) -> Iterator[_Column]:
    if _LEAST_UNTITLED <= end - start < len(cells):
        yield cells[max(start - 1, 0) : end]


def _is_telling(cell: _Cell) -> bool:
    return cell.full or cell.given or cell.day is not None


def _sign_of_column(cells: _Column, left: _Column, right: _Column, *, few: bool = False) -> Sign | None:
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
        if len(given) >= _LEAST_GIVEN or len(surnames) >= len(given):
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
    return len(alike) + len(named) >= max(_LEAST, _SHARE * (len(others) + len(named)))


def _are_keys(numbers: Sequence[str]) -> bool:
    """Whether numbers that begin with a zero are keys of areas rather than telephones: of one length, and in order or of several Länder."""
    lengths = {len(number) for number in numbers if number.isdigit()}
    if len(lengths) != 1 or not all(map(str.isdigit, numbers)):
        return False
    laender = {number[:2] for number in numbers}
    of_several = len(laender) > 1 and max(laender) <= "16"
    return (lengths <= {8, 9, 12} and of_several) or (lengths <= {8, 12} and list(numbers) == sorted(numbers))


def _is_most(some: Sequence[str], count: Counter[str]) -> bool:
    return sum(count[text] for text in some) >= _SHARE * count.total()


def _are_births(cells: _Column, left: _Column) -> bool:
    """Whether a column is of days as children are born: any days of any month, most of them different, in no order.

    Reporting dates repeat a few days of the month, series go on in equal steps, services begin under a title that says so.
    """
    days = [cell.day for _, cell in cells if cell.day is not None]
    distinct = list(dict.fromkeys(days))
    untitled = len(days) == len(cells)
    if len(days) < _SHARE * len(cells) or len(distinct) < (_LEAST_UNTITLED if untitled else _LEAST):
        return False
    if len(distinct) < _SHARE * len(days) and len(distinct) < _MANY_DAYS:
        return False
    titles = [cell.text for row, cell in cells if row < cells[0][0] + HEAD and cell.day is None]
    if any(_COUNT.intersection(map(fold, _WORDS.findall(title))) for title in titles):  # numbers that a format shows as days
        return False
    rows = {row for row, cell in cells if cell.day is not None}
    labels = [cell.text for row, cell in left if row in rows]
    if any(re.search(EVENT, title) for title in titles) or sum(bool(re.search(EVENT, label)) for label in labels) >= _SHARE * len(
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
