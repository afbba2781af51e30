"""Whether the name beside a key is that of another unit: keys and names of a table that have slipped against each other.

Official tables name every unit as the register does, at the level of the table; municipalities write `Stadt Duisburg`, `Duisburg, Stadt`,
`Muelheim/Ruhr` or the name of the Kreis beside the key of a town.

Only a name that the register knows for other units of the level, and not for the key, speaks against the key; a spelling that it does
not know says nothing. No files, no findings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from kkz_eval.reference.register import current_key, dissolved_kreise, municipalities, youth_offices
from kkz_eval.reference.tables import kreise

_PREFIX = re.compile(
    r"^(?:kreisjugendamt|jugendamt)\s+(?:des\s+kreises\s+|der\s+städteregion\s+)?|^(?:landkreis|kreis|städteregion)\s+",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:\s*[,(/]|-kreis\b|\s+(?:kreis|landkreis|krfr)\b).*$", re.IGNORECASE)


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_KIND = (  # of a unit or of its administration, before or after its proper name
    r"(?:(?:landeshaupt|universitaets|hanse|bundes|klingen|kreis)?stadt|stadtverwaltung|gemeinde(?:verwaltung)?|kommune|verwaltung"
    r"|kreisverwaltung|(?:land)?kreis(?:es)?|lk|(?:alte|kreisfreie|krfr\.?)|(?:stadt|kreis)?jugendamt|staedteregion|der|des|die)"
)
_KINDS_BEFORE, _KINDS_BEHIND = (
    re.compile(rf"^(?:{_KIND}[\s:]+)+"),
    re.compile(r"(?:\s+(?:(?:land)?kreis|stadt|krfr\.?|jugendamt))+$"),
)
_BESIDE_NAME = re.compile(r"\s*[,(/].*$|\s+(?:an der|am|im|in|a\.\s?d\.|a\.)\s.*$|\s+[-–]\s.*$")  # a river, a region, an office
_SAYS_KREIS = re.compile(r"kreis(?!stadt|frei|angeh)|städteregion|staedteregion|\blk\b", re.IGNORECASE)
_SAYS_TOWN = re.compile(r"stadt\b|\bgemeinde\b", re.IGNORECASE)


def names_another_area(key: str, name: str, *, as_kreis: bool = False) -> bool:
    """Whether a name beside the key of a municipality, Kreis or youth office is that of another area and can't be meant of the key's.

    as_kreis: whether the name may be that of the Kreis about a town, as in a column `Kreis`. A town's key beside the name of its Kreis,
    and a Kreis' key beside the bare name of one of its towns, say nothing. False where the register knows the key or the name not.
    """
    area = _area_of(key)
    owners = areas_named(name)
    if not owners or area in owners or area not in _areas():
        return False
    of_kreis = {owner for owner in owners if owner[:5] == area[:5]}
    if len(area) == 5:
        return not of_kreis or _SAYS_TOWN.search(name) is not None
    town_meant = not as_kreis and _SAYS_KREIS.search(name) is None and any(len(owner) == 8 for owner in owners)
    return area[:5] not in of_kreis or town_meant


def names_area(key: str, name: str) -> bool:
    """Whether a name, however it is spelled, is that of the area of a key."""
    return _area_of(key) in areas_named(name)


def areas_named(name: str) -> frozenset[str]:
    """Keys of today of the municipalities and Kreise that bear a name, however it is spelled; none where the register knows nobody."""
    owners = _areas_by_name().get(_plain(name), frozenset())
    if _SAYS_KREIS.search(name):
        return frozenset(key for key in owners if len(key) == 5)
    return owners


def _area_of(key: str) -> str:
    """The municipality or Kreis of today of a key; that of an office JH…999 is its Kreis."""
    digits = key.removeprefix("JH")
    return current_key(digits[:5] if digits.endswith("999") else digits)


def _plain(name: str) -> str:
    """`Duisburg, krfr. Stadt`, `STADT DUISBURG` and `Jugendamt der Stadt Duisburg` are duisburg; `Hochsauerlandkreis` is hochsauerland."""
    text = unicodedata.normalize("NFC", name).strip().casefold().translate(_UMLAUTS)
    text = _KINDS_BEHIND.sub("", _KINDS_BEFORE.sub("", _BESIDE_NAME.sub("", text)))
    letters = re.sub(r"[^a-z]", "", text)
    return letters.removesuffix("kreis") or letters


@cache
def _areas_by_name() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for key, name in _areas().items():
        found.setdefault(_plain(name), set()).add(current_key(key))
    return MappingProxyType({name: frozenset(keys) for name, keys in found.items()})


@cache
def _areas() -> Mapping[str, str]:
    """Names of all Kreise and municipalities by key, those that are no more among them."""
    known = [(kreis.ags5, kreis.name) for kreis in kreise()]
    known += [(unit.key, unit.name) for unit in (*dissolved_kreise(), *municipalities())]
    return MappingProxyType(dict(known))


def name_of_another(key: str, level: str, name: str) -> bool:
    """Whether a name belongs to other units of the level (kreis | municipality | youth_office) and not to the key's.

    False where the register does not know the key, the level or the name.
    """
    if not is_named(key, level):
        return False
    found = _owners()[level].get(proper_name(name), frozenset())
    return bool(found) and key not in found


def is_named(key: str, level: str) -> bool:
    """Whether the register knows a name for the key at this level."""
    return key in _keys(level)


def proper_name(name: str) -> str:
    """The proper name in the label of a region: `Kleve, Kreis`, `Kreis Kleve` and `Jugendamt Kleve` are kleve."""
    return _SUFFIX.sub("", _PREFIX.sub("", name.strip())).strip().casefold()


@cache
def _owners() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By level, the keys of the units that bear each proper name."""
    areas = [(kreis.ags5, kreis.name) for kreis in kreise()] + [(unit.key, unit.name) for unit in dissolved_kreise()]
    towns, offices = ([(unit.key, unit.name) for unit in units] for units in (municipalities(), youth_offices()))
    return MappingProxyType({"kreis": _by_name(areas), "municipality": _by_name(towns), "youth_office": _by_name(offices)})


@cache
def _keys(level: str) -> frozenset[str]:
    return frozenset(key for keys in _owners().get(level, {}).values() for key in keys)


def _by_name(units: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for key, name in units:
        found.setdefault(proper_name(name), set()).add(key)
    return MappingProxyType({name: frozenset(keys) for name, keys in found.items()})
