"""How many people live in a unit, as an order of magnitude that is always known: one census. No time series, no denominator of a rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from kkz_eval.reference.register import current_key
from kkz_eval.reference.rows import rows

_OFFICE, _OF_KREIS = "JH", "999"


def inhabitants_of(unit_id: str) -> int:
    """Inhabitants of a municipality, a Kreis, or the area of a youth office, in the territory of today; of all together where it is none of them.

    Of the office of a Kreis (JH…999) those of the whole Kreis: never fewer than it serves.
    """
    key = unit_id.removeprefix(_OFFICE)
    if key != unit_id and key.endswith(_OF_KREIS):
        key = key[:5]
    served = sum(_inhabitants().get(town, 0) for town in _served_by().get(unit_id, ()))
    return _inhabitants().get(current_key(key), 0) + served or sum(_inhabitants().get(kreis, 0) for kreis in _kreise())


@cache
def _inhabitants() -> Mapping[str, int]:
    """By key of today, of municipalities and of Kreise."""
    counted: Counter[str] = Counter()
    for row in rows("inhabitants.csv"):
        key = current_key(row["ags"])
        counted[key] += int(row["inhabitants"])
        counted[current_key(key[:5])] += int(row["inhabitants"])
    return MappingProxyType(dict(counted))


def _kreise() -> tuple[str, ...]:
    return tuple(key for key in _inhabitants() if len(key) == 5)


@cache
def _served_by() -> Mapping[str, tuple[str, ...]]:
    """The municipalities that an office serves besides its own."""
    offices = {row["office"] for row in rows("municipalities.csv") if row["office"]}
    return {office: tuple(row["ags"] for row in rows("municipalities.csv") if row["office"] == office) for office in offices}
