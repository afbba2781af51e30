"""The group of each unit of any level, derived from the programme units and the register. No figures, no choice of a reference period.

Belongs here: who counts as treated from when at the level of municipalities and youth offices, by the plan's rule for nested units;
the level Kreis has its own rule (exposure.py) and is brought into the same form. Does not belong here: the roles of a plan.

A nested unit lies in a Kreis that is a programme unit itself. At the level youth_office that is a town with an office of its own;
the office of the Kreis (JH…999) is the programme unit's own, although its district leaves those towns out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from kkz_eval.model.texts import AtTheBeginning, Language, Localised, Sentence, Wording
from kkz_eval.reference import say
from kkz_eval.reference.exposure import Group, KreisGroup, kreis_groups
from kkz_eval.reference.register import (
    Unit,
    current_key,
    current_office_key,
    existing,
    municipalities,
    municipalities_of_office,
    youth_offices,
)
from kkz_eval.reference.tables import DISTRICT_SUFFIX, Kind, kreis_of, programme_units, unit_name


class Nested(StrEnum):
    """What becomes of a unit in a Kreis that is a programme unit itself; at two different starts of town and Kreis, which holds.

    EARLIEST_START, OWN_START, LEAVE_OUT_DOUBLE: it counts from the start of its Kreis; a town with another start of its own counts from
    the earlier of the two, from its own, or is left out. LEAVE_OUT: every nested unit is left out.
    """

    EARLIEST_START = "earliest_start"
    OWN_START = "own_start"
    LEAVE_OUT_DOUBLE = "leave_out_double"
    LEAVE_OUT = "leave_out"


class UnitReason(StrEnum):
    """Why a unit is in its group; key of the sentence below `units.` in the catalogue."""

    JOINED = "joined"
    WITH_KREIS = "with_kreis"
    EARLIEST_OF_TWO = "earliest_of_two"
    OWN_OF_TWO = "own_of_two"
    TWO_STARTS_LEFT_OUT = "two_starts_left_out"
    NESTED_LEFT_OUT = "nested_left_out"
    NEITHER = "neither"
    SERVES_PARTLY = "serves_partly"
    NOT_ALL_YEARS = "not_all_years"
    OTHER_TOWNS = "other_towns"


@dataclass(frozen=True)
class UnitGroup:
    """A unit of any level and its group.

    cohort: year of its first treatment by the rule, None for never treated and left out. own, kreis_start: year in which the unit
    itself and its Kreis joined, None where they did not. kreis: of the level kreis, its exposure there, with shares for a dose.
    """

    unit_id: str
    name: str
    group: Group
    cohort: int | None
    reason: UnitReason | None
    own: int | None = None
    kreis_start: int | None = None
    years: tuple[int, int] | None = None
    kreis: KreisGroup | None = None

    @property
    def sentence(self) -> Localised:
        """The reason as a sentence for people."""
        if self.reason is None:
            return self.kreis.sentence if self.kreis is not None else Wording({})
        first, last = self.years or (0, 0)
        return say(
            f"units.{self.reason}",
            unit=self.name,
            own=self.own,
            kreis=unit_name(kreis_of(self.unit_id)),
            kreis_start=self.kreis_start,
            first=first,
            last=last,
        )


def unit_words(level: str, language: Language) -> dict[str, str]:
    """How people call the units of a level: unit (one), units (several), all_units (several, cities of their own right named)."""
    return {
        word: say(f"levels.{level}.{number}").in_language(language)
        for word, number in (("unit", "one"), ("units", "many"), ("all_units", "full"))
    }


def nested_sentence(nested: Nested, level: str) -> Sentence:
    """The rule for nested units of a level as a sentence for people."""
    return say(f"nested.{nested}", units=AtTheBeginning(say(f"levels.{level}.many")))


def whole_kreise(known_until: int) -> tuple[UnitGroup, ...]:
    """The group of each of the 53 Kreise, by the rule of exposure.py."""
    return tuple(UnitGroup(row.kreis_ags5, row.name, row.group, row.cohort, None, kreis=row) for row in kreis_groups(known_until))


@cache
def municipality_groups(nested: Nested, known_until: int) -> tuple[UnitGroup, ...]:
    """The group of each of the 396 municipalities of the last known year, by key. known_until: units that join later are not treated."""
    own, of_kreis = _starts(known_until)
    return tuple(
        _judged(unit.key, unit.name, own.get(unit.key), of_kreis.get(unit.kreis_ags5), nested)
        for unit in existing(municipalities(), known_until)
    )


@cache
def youth_office_groups(nested: Nested, known_until: int, years: tuple[int, int]) -> tuple[UnitGroup, ...]:
    """The group of each youth office that existed on 31 December of one of these years (first and last), by its key of today.

    Left out: an office that did not exist in all of them, or served other towns in one of them; one that serves a town of the programme
    beside others. An office that only got another key, with the Städteregion Aachen, is one office.
    """
    own, of_kreis = _starts(known_until)
    rows = []
    for key, unit in _offices(years).items():
        served = [_served(key, year) for year in range(years[0], years[1] + 1)]
        if not all(served):
            reason = UnitReason.NOT_ALL_YEARS
        elif len(set(served)) > 1:
            reason = UnitReason.OTHER_TOWNS
        elif not key.endswith(DISTRICT_SUFFIX) and len(served[-1]) == 1:
            rows.append(_judged(key, unit.name, own.get(next(iter(served[-1]))), of_kreis.get(unit.kreis_ags5), nested))
            continue
        elif any(town in own for town in served[-1]):
            reason = UnitReason.SERVES_PARTLY
        elif key.endswith(DISTRICT_SUFFIX):
            rows.append(_judged(key, unit.name, of_kreis.get(unit.kreis_ags5), None, nested))
            continue
        else:
            rows.append(_judged(key, unit.name, None, of_kreis.get(unit.kreis_ags5), nested))
            continue
        rows.append(UnitGroup(key, unit.name, Group.LEFT_OUT, None, reason, years=years))
    return tuple(rows)


def _judged(key: str, name: str, own: int | None, kreis: int | None, nested: Nested) -> UnitGroup:
    """A unit by its own start and that of the Kreis around it."""
    group, cohort, reason = _rule(own, kreis, nested)
    return UnitGroup(key, name, group, cohort, reason, own, kreis)


def _rule(own: int | None, kreis: int | None, nested: Nested) -> tuple[Group, int | None, UnitReason]:
    if kreis is None:
        return (Group.NEVER, None, UnitReason.NEITHER) if own is None else (Group.TREATED, own, UnitReason.JOINED)
    if nested is Nested.LEAVE_OUT:
        return Group.LEFT_OUT, None, UnitReason.NESTED_LEFT_OUT
    if own is None or own == kreis:
        return Group.TREATED, kreis, UnitReason.WITH_KREIS
    if nested is Nested.LEAVE_OUT_DOUBLE:
        return Group.LEFT_OUT, None, UnitReason.TWO_STARTS_LEFT_OUT
    if nested is Nested.OWN_START:
        return Group.TREATED, own, UnitReason.OWN_OF_TWO
    return Group.TREATED, min(own, kreis), UnitReason.EARLIEST_OF_TWO


def _starts(known_until: int) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Year in which a municipality joined by itself, by its 8 digits, and a Kreis around municipalities, by its 5."""
    units = [unit for unit in programme_units() if unit.cohort <= known_until]
    own = {unit.ags: unit.cohort for unit in units if len(unit.ags) == 8}
    kreise = {unit.kreis_ags5: unit.cohort for unit in units if unit.is_whole_kreis and unit.kind is not Kind.KREISFREIE_STADT}
    return own, kreise


def _offices(years: tuple[int, int]) -> dict[str, Unit]:
    """Each office of these years under its key of today, in the order of the keys."""
    named = {unit.key: unit for unit in youth_offices()}
    keys = {current_office_key(unit.key) for year in range(years[0], years[1] + 1) for unit in existing(youth_offices(), year)}
    return {key: named[key] for key in sorted(keys, key=lambda key: key.removeprefix("JH"))}


def _served(key: str, year: int) -> frozenset[str]:
    """Today's keys of the municipalities that an office, under this key or an earlier one, served at the end of a year."""
    return frozenset(current_key(town) for office in _held(year).get(key, ()) for town in municipalities_of_office(office, year))


@cache
def _held(year: int) -> Mapping[str, tuple[str, ...]]:
    """The keys that existed at the end of a year, by the key of today."""
    found: dict[str, tuple[str, ...]] = {}
    for unit in existing(youth_offices(), year):
        key = current_office_key(unit.key)
        found[key] = (*found.get(key, ()), unit.key)
    return MappingProxyType(found)


STRATUM_PARTS = ("kind", "government_district")
"""What units may be compared within."""


def stratum_parts(unit_id: str, kreis_kind: Mapping[str, Kind]) -> dict[str, str]:
    """STRATUM_PARTS of a unit: its kind, and its government_district (the first three digits of the key).

    kind: kreisfrei; of municipalities and towns' offices kreisangehoerig, of Kreise and their offices kreis.
    """
    key = unit_id.removeprefix("JH")
    if kreis_kind[key[:5]] is Kind.KREISFREIE_STADT:
        kind = "kreisfrei"
    elif len(key) == 5 or key.endswith(DISTRICT_SUFFIX):
        kind = "kreis"
    else:
        kind = "kreisangehoerig"
    return {"kind": kind, "government_district": key[:3]}
