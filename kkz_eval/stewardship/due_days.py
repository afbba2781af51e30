"""Who owes a delivery from when on, and until when: from the day that a contract names. No clock: the day of today is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

from kkz_eval.contracts.contract import MONTHS, Contract, Deadline
from kkz_eval.model.texts import Language, Localised
from kkz_eval.reference.tables import ProgrammeUnit, all_programme_units, years_of, youth_office_of
from kkz_eval.storage.digests import digest_of_tables

DAYS_TO_CORRECT = 14
"""So long a municipality has at least to correct a rejected delivery."""


def deadline_of(due: Deadline | None, year: int) -> date | None:
    """The day on which a delivery about a reporting year is due; None where the contract names none, or the year does not have it."""
    if due is None:
        return None
    try:
        return date(year + due.years_after, due.month, due.day)
    except ValueError:  # 29 February
        return None


LAST_YEAR = 9999
"""Of a unit that owes for ever."""


def owed_by(contract: Contract) -> Mapping[str, range]:
    """Who owes a dataset, and for which reporting years: each unit of the programme, or its youth office where these deliver, since it joined.

    A unit whose territory changed owes them under its key of that time: for years on whose 31 December it was there.

    A dataset whose contract names no day is delivered by whom it concerns (goals that a municipality set itself, a survey that it made): nobody
    owes it, so nobody is late with it or reminded of it.
    """
    if contract.terms.due is None:
        return {}
    return _owed_by("youth_office" in contract.levels, digest_of_tables())


@lru_cache(maxsize=8)  # asked for each delivery of a list
def _owed_by(offices: bool, _: str) -> Mapping[str, range]:
    """Who owes a dataset that youth offices deliver, or all others; the digest is that of the tables that say who is of the programme."""
    owing = {_key_of(offices, unit): _years_in(unit) for unit in all_programme_units()}
    return MappingProxyType({unit: years for unit, years in owing.items() if unit is not None})


def _years_in(unit: ProgrammeUnit) -> range:
    """The years of a unit in the programme under this key."""
    first, last = years_of(unit.ags)
    return range(max(unit.cohort, first or unit.cohort), (last or LAST_YEAR) + 1)


def delivers_as(contract: Contract, unit: ProgrammeUnit) -> str | None:
    """The key under which a unit delivers a dataset: its own, or that of its youth office where these deliver, None where it has none."""
    return _key_of("youth_office" in contract.levels, unit)


def _key_of(offices: bool, unit: ProgrammeUnit) -> str | None:
    return youth_office_of(unit) if offices else unit.ags


def owed_until(contract: Contract, owed: range | None, year: int) -> date | None:
    """The day by which a unit owes a reporting year; None where nobody waits for it: before it joined, or where official statistics have it.

    owed: years for which the unit owes the dataset, None where it never does.
    """
    if contract.source != "municipal" or contract.terms.official_datasets or year not in (owed or ()):
        return None
    return deadline_of(contract.terms.due, year)


def is_past(deadline: date | None, day: date | None) -> bool:
    """Whether a day is after a deadline; not where either is not known."""
    return deadline is not None and day is not None and deadline < day


def correct_until(deadline: date | None, today: date) -> date:
    """Until when a rejected delivery is to be corrected: the deadline itself where enough time is left before it."""
    soonest = today + timedelta(days=DAYS_TO_CORRECT)
    return soonest if deadline is None else max(deadline, soonest)


@dataclass(frozen=True)
class Day(Localised):
    """A day in a sentence."""

    day: date

    def in_language(self, language: Language) -> str:
        """As letters write it in German, as a standard date in English."""
        return german_day(self.day) if language == "de" else self.day.isoformat()


def german_day(day: date) -> str:
    """A day as German letters write it: 30. September 2016."""
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"
