"""Since when a figure was known: what an edition, the state a file names, or its arrival says of the day. No files, no choice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_YEAR = re.compile("(?:19|20)[0-9]{2}")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

STAND, EDITION, ARRIVAL = "stand", "edition", "arrival"


@dataclass(frozen=True)
class Asked:
    """Which of the accepted figures are asked for. as_of: only those known on that day; edition: only that one; None for all."""

    as_of: date | None = None
    edition: str | None = None


NOW = Asked()


@dataclass(frozen=True)
class Known:
    """day: ISO, None where nothing says it; by: stand (the file names a day) | edition (a year) | arrival, None without a day."""

    day: str | None
    by: str | None


def edition_day(edition: str) -> date | None:
    """The day of an edition: the day it names (`Stand`), or the last day of the year it names; None where it names neither.

    The last day of the year, because an edition that names a year says no more: on that day it was known for certain.
    """
    if _YEAR.fullmatch(edition):
        return date(int(edition), 12, 31)
    if not _DAY.fullmatch(edition):
        return None
    try:
        return date.fromisoformat(edition)
    except ValueError:
        return None


def known_since(edition: str, arrival: str) -> Known:
    """Since when a figure was known. edition: of the figure, "" for none; arrival: ISO day on which its file came, "" for none.

    The earlier of both days: what lies here is known, though its edition bears the name of the year that still runs.
    """
    named = edition_day(edition)
    if named is None or (arrival and arrival < named.isoformat()):
        return Known(arrival or None, ARRIVAL if arrival else None)
    return Known(named.isoformat(), EDITION if len(edition) == 4 else STAND)
