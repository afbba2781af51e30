"""Until when a delivery is due, from the words of a contract. No clock: the day of today is given."""

from __future__ import annotations

import re
from datetime import date, timedelta

DAYS_TO_CORRECT = 14
"""So long a municipality has at least to correct a rejected delivery."""

_MONTHS = (
    *("januar", "februar", "märz", "april", "mai", "juni", "juli"),
    *("august", "september", "oktober", "november", "dezember"),
)
_DAY = re.compile(r"(\d{1,2})\.\s*([A-Za-zä]+)\s+des\s+(Berichtsjahres|Folgejahres|Jahres nach\b.*)", re.IGNORECASE)


def deadline_of(words: str, year: int) -> date | None:
    """The day on which a delivery about a reporting year is due; None where the words name no day.

    words: such as "30. September des Berichtsjahres", "31. März des Folgejahres", "31. März des Jahres nach dem Ende des …".
    """
    match = _DAY.fullmatch(words.strip())
    if match is None or match[2].lower() not in _MONTHS:
        return None
    later = 0 if match[3].lower() == "berichtsjahres" else 1
    try:
        return date(year + later, _MONTHS.index(match[2].lower()) + 1, int(match[1]))
    except ValueError:  # a day that the month does not have
        return None


def correct_until(deadline: date | None, today: date) -> date:
    """Until when a rejected delivery is to be corrected: the deadline itself where enough time is left before it."""
    soonest = today + timedelta(days=DAYS_TO_CORRECT)
    return soonest if deadline is None else max(deadline, soonest)


def german_day(day: date) -> str:
    """A day as German letters write it: 30. September 2016."""
    return f"{day.day}. {_MONTHS[day.month - 1].capitalize()} {day.year}"
