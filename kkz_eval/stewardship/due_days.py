"""Until when a delivery is due, from the day that a contract names. No clock: the day of today is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kkz_eval.contracts.contract import MONTHS, Deadline
from kkz_eval.model.texts import Language, Localised

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
