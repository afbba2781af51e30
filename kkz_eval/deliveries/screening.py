"""Recognising records of persons by their column headers and by what their cells look like, before anything is stored.

Does not belong here: whether a value is right. A refusal names columns, never a value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise, zip_longest

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.header import fold
from kkz_eval.model.identifiers import column_letters

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
_ALONE = frozenset(("geb",))  # the whole title, not a word of it
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
    persons, addresses = _titles(set().union(*rows))
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


def may_name_persons(lines: Iterable[Sequence[object]]) -> bool:
    """Whether any cell of a workbook, by rows or columns, is a header for which person_columns looks: its rows must be made texts then."""
    return any(_titles(set().union(*lines)))


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


# What the cells of a column look like in records of persons, never in statistics.
SAMPLE = 500  # rows looked at
_LEAST = 5  # cells that must look so, and different from each other
_SHARE = 0.6  # of the filled cells of a column
_DAY = re.compile(r"([0-3]?[0-9])\.[01]?[0-9]\.(?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}-[01][0-9]-([0-3][0-9])(?:[T ][0-9:.]*)?")
_NAME_OF_PERSON = re.compile(r"[A-ZÄÖÜ][\w'’-]+,\s*([A-ZÄÖÜ][\w'’ -]+)")
_KIND_OF_PLACE = re.compile(r"stadt|kreis|region|gemeinde|bezirk|verband|markt|\bland\b|\bst\b|\bkrfr", re.IGNORECASE)
_KEYS_OF_PERSONS = (
    re.compile(r"[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?"),  # account
    re.compile(r"[A-Z][0-9]{9}(?:[0-9]{3}[A-Z0-9]*)?|[0-9]{8}[A-Z][0-9]{3}"),  # health, pension insurance
)


def person_values(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The titles (or letters) of columns whose cells are as in records of persons: days of birth, names, keys of persons.

    rows: the first records of a table.
    """
    found: list[str] = []
    for number, column in enumerate(zip_longest(*rows, fillvalue="")):
        cells = [cell.strip() for cell in column if cell.strip()]
        like = _like_persons(cells)
        if like:
            title = next((cell for cell in cells if cell not in like), "")
            found.append(title if title and len(title) <= _LONGEST_CELL else column_letters(number + 1))
    return tuple(dict.fromkeys(found))


def may_be_persons(column: Sequence[object]) -> bool:
    """Whether a column of a workbook holds as many different cells besides numbers as person_values needs; "" is an empty cell."""
    distinct = {cell for cell in column if type(cell) is not float and type(cell) is not int and cell != ""}
    return sum(not (isinstance(cell, str) and cell.isdigit()) for cell in distinct) >= _LEAST


def _like_persons(cells: Sequence[str]) -> frozenset[str]:
    """The cells of a column that look like a person's, where so many do and differ; none otherwise.

    Reporting dates repeat a few days of the month; after the comma in names of places stands what kind of place it is (`Herne, Stadt`).
    """
    if len(cells) < _LEAST:
        return frozenset()
    counted = Counter(cell for cell in cells if len(cell) <= _LONGEST_CELL)
    distinct = [cell for cell in counted if not cell.isdigit()]
    days = {cell: match.group(1) or match.group(2) for cell in distinct if (match := _DAY.fullmatch(cell))}
    named = {
        cell: match.group(1)
        for cell in distinct
        if (match := _NAME_OF_PERSON.fullmatch(cell)) and not _KIND_OF_PLACE.search(match.group(1))
    }
    keys = {cell: cell for cell in distinct if any(key.fullmatch(cell) for key in _KEYS_OF_PERSONS)}
    for told_by in (days, named, keys):
        n_alike = sum(counted[cell] for cell in told_by)
        enough = n_alike >= _SHARE * len(cells) and len(told_by) >= _SHARE * n_alike
        if enough and len(set(told_by.values())) >= _LEAST:
            return frozenset(told_by)
    return frozenset()


# Quick test on a whole text, so that large files without any such word are not looked at cell by cell.
_SIGNS = (
    *("vorname", "rufname", "nachname", "familienname", "geb", "versich", "aktenzeichen", "steuer", "ausweis", "iban"),
    *("stra(ss|ß)e", "str[.]", "[;,\t]str[;,\t]", "hausn", "anschrift", "telefon", "mail", "matrikel", "patient"),
    *("first", "last", "surname", "birth", "insurance", "street", "name.{0,5}(kind|sch(ü|ue)ler)"),
    "(person|personen|kind|kindes|kinder|fall|klient|sch(ü|ue)ler)[-_ .]?(id|nr|nummer|kenn|name)",
)
_ANY_SIGN = "(?i)" + "|".join(_SIGNS)
_LONGEST_LINE = 20_000  # characters
_MOST_LINES = 2_000  # lines with a sign that are looked at; a title stands in one of the first


def lines_that_may_name_persons(text: str) -> list[str]:
    """The lines of a text that have any word that person_columns looks for, the first of them."""
    whole = pa.array([text], pa.large_string())
    if not pc.match_substring_regex(whole, _ANY_SIGN)[0].as_py():
        return []
    found: dict[str, None] = {}
    for sign in re.finditer(_ANY_SIGN, text):
        start = text.rfind("\n", 0, sign.start()) + 1
        end = text.find("\n", sign.start())
        line = text[start : end if end >= 0 else len(text)].rstrip("\r")
        found.setdefault(line if len(line) <= _LONGEST_LINE else "", None)
        if len(found) >= _MOST_LINES:
            break
    return [line for line in found if line]
