"""The reference tables as values: 53 Kreise, 40 programme units, their keys and names; names of the whole register (register.py).
No rule about treatment (exposure.py).

One place has two keys where it is a kreisfreie Stadt: 5 digits as a Kreis, 8 digits (the Kreis key and "000") as a municipality.
Deliveries of these cities come under 8 digits, official Kreis tables under 5; `kreis_of`, `as_whole_kreis` and `municipality_key` translate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from kkz_eval.reference.register import Unit, all_kreise, current_key, dissolved_kreise, municipalities, youth_offices
from kkz_eval.reference.rows import rows

KREISFREIE_SUFFIX = "000"
YOUTH_OFFICE_PREFIX, DISTRICT_SUFFIX = "JH", "999"


class Kind(StrEnum):
    """Kind of a regional unit."""

    KREISFREIE_STADT = "kreisfreie_stadt"
    KREIS = "kreis"
    STAEDTEREGION = "staedteregion"
    KREISANGEHOERIGE_STADT = "kreisangehoerige_stadt"


@dataclass(frozen=True, order=True)
class Kreis:
    """A Kreis, the Städteregion or a kreisfreie Stadt under its key of 5 digits."""

    ags5: str
    name: str
    kind: Kind


@dataclass(frozen=True, order=True)
class ProgrammeUnit:
    """A unit of the programme.

    ags: 5 digits where the unit is a Kreis, 8 where it is a city or town. cohort: year it joined.
    share_of_kreis_population: share of the Kreis' population (Zensus 2022) that lives in the unit, 1.0 where it is the Kreis itself.
    """

    ags: str
    name: str
    cohort: int
    kind: Kind
    kreis_ags5: str
    share_of_kreis_population: float

    @property
    def is_whole_kreis(self) -> bool:
        """Whether the unit covers its whole Kreis (a Kreis or a kreisfreie Stadt)."""
        return self.kind is not Kind.KREISANGEHOERIGE_STADT


@cache
def kreise() -> tuple[Kreis, ...]:
    """The 53 Kreise of North Rhine-Westphalia today, by key."""
    return tuple(Kreis(row["ags5"], row["name"], Kind(row["kind"])) for row in rows("kreise.csv") if not row["valid_until"])


@cache
def programme_units() -> tuple[ProgrammeUnit, ...]:
    """The 40 units of the programme, by cohort and key; of those whose territory changed, what they are today."""
    return tuple(unit for unit in all_programme_units() if _lives()[unit.ags].valid_until is None)


@cache
def all_programme_units() -> tuple[ProgrammeUnit, ...]:
    """The units of the programme, with those that are no more: they delivered under their key while they were there."""
    return tuple(
        ProgrammeUnit(
            ags=row["ags"],
            name=row["name"],
            cohort=int(row["cohort"]),
            kind=Kind(row["kind"]),
            kreis_ags5=row["kreis_ags5"],
            share_of_kreis_population=float(row["share_of_kreis_population"]),
        )
        for row in rows("programme_units.csv")
    )


@cache
def known_units() -> Mapping[str, frozenset[str]]:
    """Keys that may deliver, by level: "kreis" (5 digits), "municipality" (kreisfreie Städte, the programme's towns), "youth_office".

    A youth office has a key of its own (JH…), that of a kreisfreie Stadt is the city's: the statistical offices key them so.
    """
    return _by_level(_names_of_deliverers())


@cache
def official_units() -> Mapping[str, frozenset[str]]:
    """Keys that official statistics may name, by level as in `known_units`: all 396 municipalities, all youth offices, dissolved units."""
    return _by_level(_names())


def units_known_to(source: str) -> Mapping[str, frozenset[str]]:
    """The keys that a dataset of that source (municipal | official) may name: a slip that gives another town's key is then seen."""
    return known_units() if source == "municipal" else official_units()


def _by_level(names: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType(
        {
            "kreis": frozenset(key for key in names if len(key) == 5),
            "municipality": frozenset(key for key in names if len(key) == 8),
            "youth_office": frozenset(
                key for key in names if key.startswith(YOUTH_OFFICE_PREFIX) or (len(key) == 8 and key.endswith(KREISFREIE_SUFFIX))
            ),
        }
    )


def youth_office_of(unit: ProgrammeUnit) -> str | None:
    """The key of the youth office of a programme unit: of the city, the town, or the Kreis without the towns that have their own.

    None where the Kreis has no youth office.
    """
    if unit.kind is Kind.KREISFREIE_STADT:
        return unit.ags
    if unit.kind is Kind.KREISANGEHOERIGE_STADT:
        return YOUTH_OFFICE_PREFIX + unit.ags
    key = YOUTH_OFFICE_PREFIX + unit.ags + DISTRICT_SUFFIX
    return key if any(office.key == key for office in youth_offices()) else None


def years_of(unit_id: str) -> tuple[int | None, int | None]:
    """First and last year on whose 31 December a unit was there, None where before 1990 or until today, and for a key that the register has not."""
    unit = _lives().get(unit_id)
    first, last = (None, None) if unit is None else (unit.valid_from, unit.valid_until)
    ends_in_its_year = last is not None and (last.month, last.day) == (12, 31)
    return None if first is None else first.year, None if last is None else last.year - (not ends_in_its_year)


@cache
def _lives() -> Mapping[str, Unit]:
    return MappingProxyType({unit.key: unit for unit in (*all_kreise(), *municipalities())})


def unit_name(unit_id: str) -> str:
    """The name of a known unit. Raises KeyError for an unknown key."""
    return _names()[unit_id]


def unit_label(unit_id: str) -> str:
    """The name of a unit, or its key where the tables do not know it: a key that nobody knows is just what some findings are about."""
    return _names().get(unit_id, unit_id)


def level_of(unit_id: str) -> str:
    """The level of a known unit: "kreis", "municipality" or "youth_office". Raises KeyError for an unknown key."""
    if unit_id not in _names():
        raise KeyError(unit_id)
    if unit_id.startswith(YOUTH_OFFICE_PREFIX):
        return "youth_office"
    return "kreis" if len(unit_id) == 5 else "municipality"


def kreis_of(unit_id: str) -> str:
    """The 5-digit key of the Kreis that a known unit is or lies in. Raises KeyError for an unknown key."""
    level_of(unit_id)
    return unit_id.removeprefix(YOUTH_OFFICE_PREFIX)[:5]


def as_whole_kreis(unit_id: str) -> str | None:
    """The 5-digit key where a known unit covers a whole Kreis, None for a town in a Kreis. Raises KeyError for an unknown key."""
    kreis = kreis_of(unit_id)
    return kreis if unit_id in (kreis, kreis + KREISFREIE_SUFFIX) else None


def municipality_key(kreis_ags5: str) -> str | None:
    """The 8-digit key of a kreisfreie Stadt, None for other Kreise. Raises KeyError for an unknown key."""
    if level_of(kreis_ags5) != "kreis":
        raise KeyError(kreis_ags5)
    key = kreis_ags5 + KREISFREIE_SUFFIX
    return key if key in _names() else None


@cache
def city_keys() -> Mapping[str, str]:
    """The 8-digit key of each kreisfreie Stadt by that of 5 digits: one place, whichever of them a delivery writes."""
    cities = (kreis.ags5 for kreis in kreise() if kreis.kind is Kind.KREISFREIE_STADT)
    return MappingProxyType({key: key + KREISFREIE_SUFFIX for key in cities})


@cache
def _names() -> Mapping[str, str]:
    """Names by key of every unit that is or was; the names of those that deliver go before."""
    units = (*dissolved_kreise(), *municipalities(), *youth_offices())
    return MappingProxyType({unit.key: unit.name for unit in units} | dict(_names_of_deliverers()))


@cache
def _names_of_deliverers() -> Mapping[str, str]:
    """Names by key: Kreise, kreisfreie Städte under their municipality key, programme units and their youth offices."""
    names = {kreis.ags5: kreis.name for kreis in kreise()}
    names |= {city: names[key] for key, city in city_keys().items()}
    names |= {unit.ags: unit.name for unit in all_programme_units()}
    for unit in all_programme_units():
        if current_key(unit.ags) != unit.ags and unit.name == names.get(current_key(unit.ags)):
            names[unit.ags] = f"{unit.name} (–{years_of(unit.ags)[1]})"  # two keys of one name would be one row for people
    offices = {youth_office_of(unit): f"Jugendamt {unit.name}" for unit in all_programme_units()}
    names |= {key: name for key, name in offices.items() if key is not None and key not in names}
    return MappingProxyType(names)
