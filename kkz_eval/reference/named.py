"""Whether the name beside a key is that of another unit: keys and names of a table that have slipped against each other.

Only a name that the register knows for other units of the level, and not for the key, speaks against the key; a spelling that it does
not know says nothing. No files, no findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from kkz_eval.reference.register import dissolved_kreise, municipalities, youth_offices
from kkz_eval.reference.tables import kreise

_PREFIX = re.compile(
    r"^(?:kreisjugendamt|jugendamt)\s+(?:des\s+kreises\s+|der\s+städteregion\s+)?|^(?:landkreis|kreis|städteregion)\s+",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:\s*[,(/]|-kreis\b|\s+(?:kreis|landkreis|krfr)\b).*$", re.IGNORECASE)


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
