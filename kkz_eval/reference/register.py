"""The register of regional units by day: municipalities, youth offices, dissolved Kreise, and what became of those that are no more.

Belongs here: which unit existed when, which office serves which municipality, the one key of a unit. Does not belong here: figures.
A year means its 31 December, the day of most stocks; a flow of 2009 may therefore still stand under a key that ended in that year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from kkz_eval.reference.rows import rows

OUTSIDE_LAND = "05999998"  # persons who live outside North Rhine-Westphalia: no unit, never part of a sum over units
_REST = "999"


@dataclass(frozen=True, order=True)
class Unit:
    """A unit of the register.

    key: 5 digits (Kreis), 8 digits (municipality) or JH and 8 digits (youth office; of a city the city's 8 digits).
    valid_from, valid_until: first and last day, None where before 1990 or until today. successor: key of the unit that took it over.
    """

    key: str
    name: str
    kreis_ags5: str
    valid_from: date | None = None
    valid_until: date | None = None
    successor: str | None = None

    def exists(self, day: date) -> bool:
        """Whether the unit existed on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_until is None or day <= self.valid_until)


@cache
def municipalities() -> tuple[Unit, ...]:
    """All municipalities since 1990 by key, those that are no more among them."""
    return _units("municipalities.csv", "ags")


@cache
def youth_offices() -> tuple[Unit, ...]:
    """All youth offices of the statistics of educational support by key, founded and closed ones among them."""
    return _units("youth_offices.csv", "key")


@cache
def all_kreise() -> tuple[Unit, ...]:
    """All Kreise since 1990 by key, those that are no more among them."""
    return tuple(Unit(row["ags5"], row["name"], row["ags5"], *_life(row)) for row in rows("kreise.csv"))


@cache
def dissolved_kreise() -> tuple[Unit, ...]:
    """The Kreise that are no more: the two that became the Städteregion Aachen on 21.10.2009. One that was divided has no successor."""
    return tuple(kreis for kreis in all_kreise() if kreis.valid_until is not None)


def existing(units: Iterable[Unit], year: int) -> tuple[Unit, ...]:
    """The units that existed on 31 December of that year, in their order."""
    day = date(year, 12, 31)
    return tuple(unit for unit in units if unit.exists(day))


@cache
def municipalities_of_kreis(kreis_ags5: str, year: int) -> tuple[str, ...]:
    """Keys of the municipalities of a Kreis on 31 December of that year; a kreisfreie Stadt is its own only one; () for no Kreis."""
    return tuple(unit.key for unit in existing(municipalities(), year) if unit.kreis_ags5 == kreis_ags5)


def municipalities_of_office(key: str, year: int) -> tuple[str, ...]:
    """Keys of the municipalities that a youth office served on 31 December of that year; () where it did not exist.

    JH…999 serves those of the Kreis without an office of their own. Offices that closed before 2003 are not in the source: Sprockhövel
    has none before December 2002. Raises KeyError for an unknown key.
    """
    office = _offices_by_key()[key]
    if not office.exists(date(year, 12, 31)):
        return ()
    served = {town: _office_in_kreis(town, year) for town in municipalities_of_kreis(office.kreis_ags5, year)}
    return tuple(town for town, of in served.items() if of == key)


def current_key(key: str) -> str:
    """The key of today for a Kreis, municipality or office JH… that was dissolved, else the key itself; 05354 and 05313 become 05334."""
    return _of_areas().get(key, key)


def current_office_key(key: str) -> str:
    """The key of today for a youth office; 05313000 as an office became JH05334002, as a municipality 05334002."""
    return _of_offices().get(key, key)


def _office_in_kreis(town: str, year: int) -> str:
    keys = _offices_in_kreis(town[:5], year)
    own = _served_elsewhere().get(town, town if town in keys else "JH" + town)
    return own if own in keys else "JH" + town[:5] + _REST


@cache
def _served_elsewhere() -> Mapping[str, str]:
    """The office of each municipality whose office is neither its own nor that of its Kreis."""
    return MappingProxyType({row["ags"]: row["office"] for row in rows("municipalities.csv") if row["office"]})


@cache
def _offices_by_key() -> Mapping[str, Unit]:
    return MappingProxyType({unit.key: unit for unit in youth_offices()})


@cache
def _offices_in_kreis(kreis_ags5: str, year: int) -> frozenset[str]:
    return frozenset(unit.key for unit in existing(youth_offices(), year) if unit.kreis_ags5 == kreis_ags5)


def _with_own_key() -> tuple[Unit, ...]:
    return tuple(unit for unit in youth_offices() if unit.key.startswith("JH"))


@cache
def _of_areas() -> Mapping[str, str]:
    return _successors((*dissolved_kreise(), *municipalities(), *_with_own_key()))


@cache
def _of_offices() -> Mapping[str, str]:
    return _successors(youth_offices())


def _successors(units: tuple[Unit, ...]) -> Mapping[str, str]:
    """The key of today of each unit that is no more; a successor may have been taken over in its turn."""
    found = {unit.key: unit.successor for unit in units if unit.successor is not None}
    for _ in range(len(found)):  # as long as a chain can be; consistent.py refuses one that comes back to its beginning
        if found.keys().isdisjoint(found.values()):
            break
        found = {key: found.get(successor, successor) for key, successor in found.items()}
    return MappingProxyType(found)


def _units(file_name: str, key: str) -> tuple[Unit, ...]:
    return tuple(Unit(row[key], row["name"], row["kreis_ags5"], *_life(row)) for row in rows(file_name))


def _life(row: Mapping[str, str]) -> tuple[date | None, date | None, str | None]:
    """First and last day, and who took the unit over."""
    return _day(row["valid_from"]), _day(row["valid_until"]), row["successor"] or None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
