"""Keys of official statistics to one unit and one level. No tables, no register of units by year.

Structure of the keys: AGS = Land (2), Regierungsbezirk (1), Kreis (2), Gemeinde (3); ARS = the first five, Verband (4), Gemeinde (3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from kkz_eval.reference.tables import Kind, kreise

LEVELS = (
    *("deutschland", "land", "regierungsbezirk", "kreis", "bezirk", "gemeindeverband", "municipality", "youth_office"),
    "outside",  # a pseudo key: persons who live elsewhere
)

KEY = re.compile(r"DG|JH[0-9]{8}|[0-9]{1,5}|[0-9]{7,9}|[0-9]{11,12}")
_VARIABLE = re.compile(r"(?:DINSG|DLAND|BLAND|REGBEZ|KREIS|GEMEIN|GEO|JUG|VERBAND|GVB)\w*")
_LANDS = range(1, 17)
_CITY_STATES = ("02", "11")  # Hamburg and Berlin: 8 digits are a district, the city itself aside
_OF_LENGTH = {3: "regierungsbezirk", 5: "kreis"}


@dataclass(frozen=True)
class Unit:
    """unit_id: the one key of the unit; level: one of LEVELS."""

    unit_id: str
    level: str


def is_region_variable(code: str) -> bool:
    """Whether a variable of GENESIS is one of region by its code: KREISE, GEMEIN, DINSG, GEOGM4."""
    return _VARIABLE.fullmatch(code) is not None


def are_keys(texts: Iterable[str]) -> bool:
    """Whether all texts could be keys of regions."""
    found = [text.strip() for text in texts]
    return bool(found) and all(KEY.fullmatch(text) for text in found)


def units_of(keys: Sequence[str]) -> list[Unit | None]:
    """The unit of each key of a table.

    Keys of 8 digits, none of them with a zero in front, are those of Gemeindeverbände that lost theirs, where keys of 9 digits stand
    beside them or none begins with a Land. Words of the table say nothing of its keys: one of Gemeinden and Verbandsgemeinden has both.
    """
    digits = [key.strip() for key in keys]
    of_eight = [key for key in digits if len(key) == 8 and key.isascii() and key.isdigit()]
    lost = not any(key.startswith("0") for key in of_eight) and (
        any(len(key) == 9 for key in digits) or not any(int(key[:2]) in _LANDS for key in of_eight)
    )
    restored = set(of_eight) if lost else set()
    return [unit_of("0" + key if key in restored else key) for key in digits]


@lru_cache(maxsize=65536)
def unit_of(text: str) -> Unit | None:
    """The unit of a key; None where it is no key. A lost leading zero is restored only where nothing else can be meant."""
    key = text.strip()
    if key == "DG":
        return Unit(key, "deutschland")
    if key.startswith("JH"):
        return Unit(key, "youth_office") if KEY.fullmatch(key) else None
    if not (key.isascii() and key.isdigit()):
        return None
    if len(key) in (1, 4, 7, 11) or (len(key) == 2 and int(key) not in _LANDS):
        key = "0" + key
    if len(key) not in (2, 3, 5, 8, 9, 12) or int(key[:2]) not in _LANDS:
        return None
    if len(key) == 2:
        return Unit(key, "land")
    if len(key) in _OF_LENGTH:
        return Unit(key, _OF_LENGTH[len(key)])
    return _of_ags(key) if len(key) == 8 else _of_ars(key)


def _of_ags(key: str) -> Unit:
    if key[2:5] == "999":
        return Unit(key, "outside")
    if key.endswith("000") and _is_kreis_of_towns(key[:5]):
        return Unit(key[:5], "kreis")
    if key[:2] in _CITY_STATES and key[2:] != "000000":
        return Unit(key, "bezirk")
    return Unit(key, "municipality")


def _of_ars(key: str) -> Unit:
    kreis, union, town = key[:5], key[5:9], key[9:] or key[6:9]
    if union == "0000" and town == "000" and _is_kreis_of_towns(kreis):
        return Unit(kreis, "kreis")
    if not union.startswith("0") and (len(key) == 9 or town == "000"):
        return Unit(key[:9], "gemeindeverband")
    if len(key) == 12 and town == "000":
        town = union[1:]
    return Unit(kreis + town, "municipality")


def _is_kreis_of_towns(kreis: str) -> bool:
    return kreis in _kreise_of_towns()


@cache
def _kreise_of_towns() -> frozenset[str]:
    return frozenset(kreis.ags5 for kreis in kreise() if kreis.kind is not Kind.KREISFREIE_STADT)
