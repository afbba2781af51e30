"""Dates that spreadsheet programs make of what people type: "3-6" becomes 3 June and is shown as "03. Jun", "2010/11" is 1 November 2010.

Belongs here: what may have been typed before. Does not belong here: dates that were meant as dates. Nothing here changes a value;
what was typed is only asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = (
    *(
        "jan",
        "feb",
        "mrz mär mar maerz märz march",
        "apr",
        "mai may",
        "jun",
        "jul",
        "aug",
        "sep sept",
        "okt oct",
        "nov",
        "dez dec",
    ),
    *("januar january", "februar february", "", "april", "", "juni june", "juli july", "august", "september", "oktober october"),
    *("november", "dezember december"),
)
_MONTH_OF = {name: place % 12 + 1 for place, names in enumerate(_MONTHS) for name in names.split()}
_NAME = r"([a-zä]{3,9})\.?"
_DAY_MONTH = re.compile(rf"([0-9]{{1,2}})\.?[ \-/]?{_NAME}(?:[ \-/]([0-9]{{4}}|[0-9]{{2}}))?")  # 03. Jun, 3-Jun, 03. Jun 24
_MONTH_NUMBER = re.compile(rf"{_NAME}[ \-/]?([0-9]{{4}}|[0-9]{{1,2}})")  # Jun 03, Nov 10, Nov-10, Jun 2015
_GERMAN = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})?")  # 03.06.2024, 03.06.
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_AMERICAN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_MIDNIGHT = re.compile(r"[t ]0?0:00(?::00(?:\.0+)?)?$")
_SERIAL = re.compile(r"[345][0-9]{4}(?:[.,]0)?")

DAY_ZERO = date(1899, 12, 30)
"""Day 0 of Excel for days from 1.3.1900 on."""
DAY_ZERO_1904 = date(1904, 1, 1)
"""Day 0 of workbooks that count their days from 1904."""


@dataclass(frozen=True)
class Shown:
    """A day or month that a text shows; None for what it does not show. swapped: whether day and month may be the other way round."""

    month: int
    day: int | None = None
    year: int | None = None
    swapped: bool = False


def shown_date(text: str) -> Shown | None:
    """The date that a text is as a spreadsheet program writes it, a serial number too; None where it is none."""
    said = _MIDNIGHT.sub("", " ".join(text.casefold().split()))
    if match := _ISO.fullmatch(said):
        year, month, day = map(int, match.groups())
        return _valid(Shown(month, day, year))
    if match := _GERMAN.fullmatch(said):
        return _valid(Shown(int(match[2]), int(match[1]), _year(match[3])))
    if match := _AMERICAN.fullmatch(said):
        first, second = int(match[1]), int(match[2])
        return _valid(Shown(first, second, int(match[3]), swapped=True)) or _valid(Shown(second, first, int(match[3])))
    if (match := _DAY_MONTH.fullmatch(said)) and match[2] in _MONTH_OF:
        return _valid(Shown(_MONTH_OF[match[2]], int(match[1]), _year(match[3])))
    if (match := _MONTH_NUMBER.fullmatch(said)) and match[1] in _MONTH_OF:
        return Shown(_MONTH_OF[match[1]], year=_year(match[2]))
    if _SERIAL.fullmatch(said):
        day_of = DAY_ZERO + timedelta(days=int(said[:5]))
        return Shown(day_of.month, day_of.day, day_of.year)
    return None


def _year(digits: str | None) -> int | None:
    if digits is None:
        return None
    return int(digits) if len(digits) == 4 else (2000 if int(digits) < 70 else 1900) + int(digits)


def _valid(shown: Shown) -> Shown | None:
    try:
        date(2000 if shown.year is None else shown.year, shown.month, shown.day or 1)
    except ValueError:
        return None
    return shown


def typed_span(text: str) -> tuple[str, ...]:
    """The spans ("3-6", "6-15") that may have become the date that a text is, likeliest first; () where it is no date."""
    shown = shown_date(text)
    if shown is None:
        return ()
    month, year = shown.month, shown.year
    pairs = []
    if shown.day is not None and not (shown.day == 1 and year is not None and year % 100 > 12):
        pairs += [(shown.day, month), (month, shown.day)]
        if shown.swapped:
            pairs.reverse()
    if year is not None and shown.day in (None, 1):
        pairs += [(month, year % 100), (year % 100, month)]
    pairs.sort(key=lambda pair: pair[0] >= pair[1])  # a span rises; sorting is stable
    return tuple(dict.fromkeys(f"{first}-{second}" for first, second in pairs))


def typed_school_year(text: str) -> str | None:
    """The school year ("2010/11", "10/11") that may have become the date that a text is; None where it is no such date."""
    shown = shown_date(text)
    if shown is None:
        return None
    if shown.year is not None and shown.day in (None, 1) and (shown.year + 1) % 100 == shown.month:
        return f"{shown.year}/{shown.month:02d}"
    for first, second in ((shown.day, shown.month), (shown.month, shown.day)):
        if first is not None and second == first + 1:
            return f"{first:02d}/{second:02d}"
    return None


def typed_decimal(text: str) -> str | None:
    """The decimal number ("3,5" for 3 May) that may have become the date that a text is; None where it is no date."""
    shown = shown_date(text)
    return None if shown is None or shown.day is None else f"{shown.day},{shown.month}"
