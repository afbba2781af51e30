"""Recognising records of persons by their column headers, before anything is stored. No judgement of cell values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from kkz_eval.deliveries.header import fold

# One of these columns is enough: nothing but a record of a person has it.
_PERSON = frozenset(
    (
        *("vorname", "rufname", "nachname", "familienname", "geburtsname", "firstname", "lastname", "surname"),
        *("geburtsdatum", "gebdatum", "geburtstag", "geborenam", "gebam", "dateofbirth", "birthdate"),
        *("versichertennummer", "versichertennr", "versichertenid", "versicherungsnummer", "versicherungsnr"),
        *("sozialversicherungsnummer", "rentenversicherungsnummer", "krankenversicherungsnummer", "insurancenumber"),
        *("krankenversichertennummer", "steuerid", "steueridentifikationsnummer", "personalausweisnummer"),
        *("aktenzeichen", "iban"),
    )
)
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
_LONGEST_HEADER = 5  # words; longer cells are sentences


def person_columns(rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The headers in the first record that reads like the header of records of persons; () where none does.

    rows: all records of a table. A column `name` alone (of a Kreis, of a school) is no sign of a person.
    """
    for cells in rows:
        filled = [cell for cell in cells if cell and len(cell) < 80]
        if len(filled) < 2:
            continue
        persons = tuple(cell.strip() for cell in filled if _names_one_of(cell, _PERSON))
        if persons:
            return persons
        addresses = tuple(cell.strip() for cell in filled if fold(cell) in _ADDRESS)
        if addresses:
            named = tuple(cell.strip() for cell in filled if fold(cell) in _NAME)
            if named:
                return (*named, *addresses)
    return ()


def _names_one_of(cell: str, headers: frozenset[str]) -> bool:
    words = [fold(word) for word in _WORDS.findall(cell)]
    if len(words) > _LONGEST_HEADER or _COUNT.intersection(words):
        return False
    pairs = [first + second for first, second in pairwise(words)]
    return fold(cell) in headers or not headers.isdisjoint([*words, *pairs])


# Quick test on a whole text, so that large files without any such word are not looked at cell by cell.
_ANY = re.compile(
    "vorname|rufname|nachname|familienname|geb|versich|aktenzeichen|steuerid|steueriden|ausweis|iban|stra|str\\.|haus|anschrift|telefon|mail"
    "|first|last|surname|birth|insurance|street",
    re.IGNORECASE,
)


def may_name_persons(text: str) -> bool:
    """Whether a text has any word that person_columns looks for."""
    return _ANY.search(text) is not None
