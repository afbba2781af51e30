"""Recognising records of persons by their column headers, before anything is stored. No judgement of cell values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

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
_LONGEST_HEADER, _LONGEST_CELL = 5, 80  # words, characters; longer cells are sentences


def person_columns(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The headers in the first record that reads like the header of records of persons; () where none does.

    rows: all records of a table. A column `name` alone (of a Kreis, of a school) is no sign of a person.
    """
    distinct = {cell for cells in rows for cell in cells if 1 < len(cell) < _LONGEST_CELL}
    persons = {cell for cell in distinct if _names_one_of(cell, _PERSON)}
    addresses = {cell for cell in distinct if fold(cell) in _ADDRESS}
    if not persons and not addresses:
        return ()
    for cells in rows:
        if sum(map(bool, cells)) < 2:
            continue
        found = [cell.strip() for cell in cells if cell in persons]
        beside = [cell.strip() for cell in cells if cell in addresses]
        named = [cell.strip() for cell in cells if beside and fold(cell) in _NAME]
        if found or named:
            return tuple(dict.fromkeys([*found, *named, *beside]))
    return ()


def _names_one_of(cell: str, headers: frozenset[str]) -> bool:
    words = [fold(word) for word in _WORDS.findall(cell)]
    if len(words) > _LONGEST_HEADER or _COUNT.intersection(words):
        return False
    pairs = [first + second for first, second in pairwise(words)]
    return fold(cell) in headers or not headers.isdisjoint([*words, *pairs])


# Quick test on a whole text, so that large files without any such word are not looked at cell by cell.
_SIGNS = (
    *("vorname", "rufname", "nachname", "familienname", "geb", "versich", "aktenzeichen", "steuer", "ausweis", "iban"),
    *("strasse", "straße", "str.", ";str;", "hausn", "anschrift", "telefon", "mail"),
    *("first", "last", "surname", "birth", "insurance", "street"),
)


_ANY_SIGN = "|".join(map(re.escape, _SIGNS))


def may_name_persons(text: str) -> bool:
    """Whether a text has any word that person_columns looks for; all words in one pass."""
    return bool(pc.match_substring_regex(pa.array([text], pa.large_string()), _ANY_SIGN, ignore_case=True)[0].as_py())
