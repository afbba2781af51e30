"""Keys of official statistics to units and levels, and which records are of a level. No values, no register of units by year.

Structure of the keys: AGS = Land (2), Regierungsbezirk (1), Kreis (2), Gemeinde (3); ARS = the first five, Verband (4), Gemeinde (3).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.deliveries.columns.readings import ags_of
from kkz_eval.deliveries.official.table import WORD
from kkz_eval.deliveries.official.times import day_of, time_of
from kkz_eval.reference.named import is_named
from kkz_eval.reference.register import dissolved_kreise, municipalities, youth_offices
from kkz_eval.reference.tables import Kind, kreise

LEVELS = (
    *("deutschland", "land", "regierungsbezirk", "kreis", "bezirk", "gemeindeverband", "municipality", "youth_office"),
    "outside",  # a pseudo key: persons who live elsewhere
)

KEY = re.compile(r"DG|JH[0-9]{8}|[0-9]{1,5}|[0-9]{7,9}|[0-9]{11,12}")
_VARIABLE = re.compile(r"(?:DINSG|DLAND|BLAND|REGBEZ|KREIS|GEMEIN|GEO|JUG|VERBAND|GVB)\w*")
_LANDS = range(1, 17)
_THIS_LAND = "05"
_CITY_STATES = ("02", "11")  # Hamburg and Berlin: 8 digits are a district, the city itself aside
_DIGITS = {"kreis": 5, "municipality": 8}  # of the keys of a level
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


def of_this_land(units: pa.Array) -> pa.Array:
    """Whether each unit_id (null where there is none) is one of North Rhine-Westphalia (bool)."""
    texts = units.cast(pa.string())
    return pc.or_(pc.starts_with(texts, _THIS_LAND), pc.starts_with(texts, "JH" + _THIS_LAND)).fill_null(False)


class _Key(Enum):
    """What a key is to a level: a unit of the register, one that only looks like it, no key that can be read, or one of something else."""

    UNIT = "unit"
    STRANGE = "strange"
    BROKEN = "broken"
    OTHER = "other"


def of_levels(keys: pa.Array, words: pa.Array | None, levels: Sequence[str]) -> NDArray[np.bool_]:
    """The records to keep: those of units of the levels in North Rhine-Westphalia, and broken keys among them, to be reported.

    A table may hold several levels, each with a word for it in a column („Kreise“, „krsfr. Stadt“, „Länder“). What a word means follows
    from the keys beside it, so that a new word loses no unit and a grouping with keys of its own is no unit with a broken key.

    keys, words: string, of each record; words: INKAR's for the kind of unit, None where the table has none. A word is one of a level
    where most of the keys beside it that may be of the level are those of units that the register knows.
    """
    key, word = keys.dictionary_encode(), _encoded(words, len(keys))
    kinds = [_kind(text or "", tuple(levels)) for text in key.dictionary.to_pylist()]
    pairs = np.stack([np.asarray(key.indices.fill_null(0)), np.asarray(word.indices.fill_null(0))])
    counts: Counter[tuple[int, _Key]] = Counter()
    for of_key, of_word in np.unique(pairs, axis=1).T.tolist() if len(keys) else []:
        counts[of_word, kinds[of_key]] += 1
    fitting = {
        place
        for place, text in enumerate(word.dictionary.to_pylist())
        if not (text or "").strip()
        or (counts[place, _Key.UNIT] and counts[place, _Key.UNIT] >= counts[place, _Key.STRANGE] + counts[place, _Key.BROKEN])
    }
    wanted = np.array([kind is not _Key.OTHER for kind in kinds], bool)
    of_level = np.array([place in fitting for place in range(len(word.dictionary))], bool)
    return np.asarray(wanted[pairs[0]] & of_level[pairs[1]], bool) if len(keys) else np.zeros(0, bool)


def _encoded(words: pa.Array | None, size: int) -> pa.DictionaryArray:
    return (pa.repeat(pa.scalar(""), size) if words is None else words).dictionary_encode()


@lru_cache(maxsize=65536)
def _kind(text: str, levels: tuple[str, ...]) -> _Key:
    own = ags_of(text)
    if own is not None:
        fitting = [level for level in levels if len(own) == _DIGITS.get(level)]
        if not fitting:
            return _Key.OTHER
        return _Key.UNIT if any(is_named(own, level) for level in fitting) else _Key.STRANGE
    digits = "".join(text.split())
    if digits.isascii() and digits.isdigit():
        # a key of this Land with digits lost; a grouping of several Kreise looks the same, but all its keys do
        return _Key.BROKEN if digits.startswith("05") and len(digits) in (4, 6, 7) else _Key.OTHER
    return _Key.BROKEN if unit_of(digits) is None else _Key.OTHER


def at_offices(table: pa.Table) -> pa.Table:
    """A long table (OFFICIAL_SCHEMA) in which a kreisfreie Stadt (05113) has the unit_id (05113000) and level of its youth office.

    A Kreis of towns is no youth office: its line is the sum of several, and stays a Kreis.
    """
    cities, offices = _cities()
    units = table.column("unit_id").cast(pa.string())
    levels = table.column("level").cast(pa.string())
    city = pc.and_(pc.equal(levels, "kreis"), pc.is_in(units, cities)).fill_null(False)
    found = offices.take(pc.index_in(units, cities))
    for name, values in (
        ("unit_id", pc.if_else(city, found, units)),
        ("level", pc.if_else(city, pa.scalar("youth_office"), levels)),
    ):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), values.cast(WORD))
    return table


@cache
def _cities() -> tuple[pa.Array, pa.Array]:
    """Keys of the cities of 5 digits, and those of their youth offices."""
    keys = [unit.key for unit in youth_offices() if unit.key.isdigit()]
    return pa.array([key[:5] for key in keys]), pa.array(keys)


def at_former_cities(table: pa.Table) -> pa.Table:
    """A long table (OFFICIAL_SCHEMA) of Kreise in which a town that was a kreisfreie Stadt until some day is one until then.

    A day counts by itself, a year as a whole. Such tables keep one line for it under the key of the town (05334002), also of years in which it was the Kreis 05313: without them
    neither the city nor the sum of what became the Städteregion could be told. A table with lines of the city, or of other towns, is
    left as it is.
    """
    units, levels = (table.column(name).cast(pa.string()) for name in ("unit_id", "level"))
    there = set(units.unique().to_pylist())
    of_towns = set(units.filter(pc.equal(levels, "municipality")).unique().to_pylist())
    moved = {town: found for town, found in _former_cities().items() if town in there and found[0] not in there}
    if not moved or not of_towns <= set(moved):
        return table
    times = table.column("time").cast(pa.string())
    for town, (city, last) in moved.items():
        earlier = pa.array(
            [text for text in times.unique().to_pylist() if text is not None and _is_until(text, last)], pa.string()
        )
        before = pc.and_(pc.equal(units, town), pc.is_in(times, earlier)).fill_null(False)
        units, levels = pc.if_else(before, city, units), pc.if_else(before, "kreis", levels)
    for name, values in (("unit_id", units), ("level", levels)):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), values.cast(WORD))
    return table


def _is_until(text: str, last: date) -> bool:
    """Whether a time is over by a day."""
    time, day = time_of(text), day_of(text)
    return time is not None and (day or date(time.year, 12, 31)) <= last


@cache
def _former_cities() -> Mapping[str, tuple[str, date]]:
    """Of each town that was a kreisfreie Stadt: the key of the city, and its last day."""
    ended = {unit.key: unit.valid_until for unit in dissolved_kreise()}
    found = {
        unit.successor: (unit.kreis_ags5, ended.get(unit.kreis_ags5)) for unit in municipalities() if unit.key.endswith("000")
    }
    return MappingProxyType({town: (city, last) for town, (city, last) in found.items() if town is not None and last is not None})
