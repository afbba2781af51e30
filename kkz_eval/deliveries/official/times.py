"""What a text says about time: kind and year. No tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from kkz_eval.deliveries.columns.readings import school_year_of

KINDS = ("year", "date", "month", "quarter", "school_year", "period")
VARIABLES = frozenset(
    (
        "jahr",
        "berichtsjahr",
        "stichtag",
        "schuljahr",
        "monat",
        "quartal",
        "semester",
        "year",
        "referencedate",
        "schoolyear",
        "month",
    )
)  # folded labels of a variable of time

_YEAR = "(?P<year>(?:18|19|20)[0-9]{2})"
_FORMS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("year", _YEAR),
        ("date", f"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"),
        ("date", rf"(?:0?[1-9]|[12][0-9]|3[01])\.(?:0?[1-9]|1[0-2])\.{_YEAR}"),
        ("month", f"{_YEAR}-(?:0[1-9]|1[0-2])"),
        ("quarter", f"{_YEAR}-?Q[1-4]"),
        ("period", f"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?(?:-[0-9]{{2}})?P[0-9]+[YMD]"),
        ("period", rf"(?:WS|SS|SoSe|WiSe)\s*{_YEAR}(?:/[0-9]{{2,4}})?"),
    )
)
_SAID = re.compile(
    r"(?:stichtage?|berichtsjahr|kalenderjahr|jahr|berichtszeitraum|zeitraum|berichtszeit|zeit|schuljahr|am|zum|reference date|reference year"
    r"|school year|year)\s*[:=]?\s*(?:(?:am|zum)\s+)?(?P<time>[0-9].*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Time:
    """kind: one of KINDS; year: of a school year the one in which it ends, of any other period the one in which it begins."""

    kind: str
    year: int


@lru_cache(maxsize=4096)
def time_of(text: str) -> Time | None:
    """What a text says about time: 2023, 2024-12-31, 31.12.2022, 2023-10P6M, 2022/23; None where it is no time."""
    stripped = text.strip()
    for kind, form in _FORMS:
        match = form.fullmatch(stripped)
        if match is not None:
            return Time(kind, int(match.group("year")))
    year = school_year_of(stripped) if "/" in stripped else None
    return None if year is None else Time("school_year", year)


def bare_time(text: str) -> str | None:
    """The time in a text that says nothing else: 31.12.2015, Stichtag: 31.12.2015, Schuljahr 2014/15; None for any other text.

    The day of a state (Stand) and of a territory (Gebietsstand) are no times of figures.
    """
    stripped = text.strip(" -–\u00a0")
    said = _SAID.fullmatch(stripped)
    bare = stripped if said is None else said.group("time").strip()
    return bare if time_of(bare) is not None else None


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """The day that a text names: 2024-12-31, 31.12.2024; None where it names no day that exists."""
    numbers = text.strip().split(".")[::-1] if "." in text else text.strip().split("-")
    try:
        year, month, day = map(int, numbers)
        return date(year, month, day)
    except ValueError:
        return None
