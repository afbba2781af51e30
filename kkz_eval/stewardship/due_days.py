"""Until when a delivery is due, from the day that a contract names. No clock: the day of today is given."""

from __future__ import annotations

from datetime import date, timedelta

from kkz_eval.contracts.contract import MONTHS, Deadline

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


def german_day(day: date) -> str:
    """A day as German letters write it: 30. September 2016."""
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"
