"""Titles of columns that only records of persons have, in whichever row they stand. What the cells below them hold: columns.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.persons.signs import Sign
from kkz_eval.deliveries.persons.suspects import Rows, Suspect

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


def may_have_titles(together: pa.Array) -> bool:
    """Whether a long text, the one of an array, has any word of titles of records of persons."""
    return bool(pc.match_substring_regex(together, ANY_TITLE)[0].as_py())


def titles_of_persons(rows: Rows) -> Iterator[Suspect]:
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
ANY_TITLE = "(?i)" + "|".join(_SIGNS)


def speaks_of_count(title: str) -> bool:
    """Whether a title says that numbers of something stand below it."""
    return not _COUNT.isdisjoint(map(fold, _WORDS.findall(title)))
