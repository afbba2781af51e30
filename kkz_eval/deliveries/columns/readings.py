"""What one text of a key, a year, a school year or a code says, each by its form. Numbers: text/numbers.py. No columns, no files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kkz_eval.contracts.contract import CODE_SEPARATOR, Property
from kkz_eval.deliveries.columns.header import code_names
from kkz_eval.deliveries.text.as_meant import as_meant
from kkz_eval.deliveries.text.numbers import symbol_of
from kkz_eval.model.identifiers import is_ags
from kkz_eval.model.spreadsheet_dates import DAY_ZERO, typed_school_year
from kkz_eval.model.symbols import DASHES
from kkz_eval.reference.named import names_another_area, names_area

_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?:[.,]0)?")
_WORDED_YEAR = re.compile(
    r"(?:(?:im\s+)?(?:kalender|haushalts|berichts)?jahr|ende|year)\s*:?\s*((?:19|20)[0-9]{2})", re.IGNORECASE
)
DAY_IN_YEAR = "reader_day_in_year"
"""The year was read from a day before its end: figures of that day are those of the year only where the contract counts on it."""
_SCHOOL_YEAR = re.compile(
    rf"(?:schuljahr|sj)?\.?\s*([0-9]{{4}}|[0-9]{{2}})\s*[/{DASHES}]\s*([0-9]{{4}}|[0-9]{{2}})", re.IGNORECASE
)
_YOUTH_OFFICE = re.compile(r"JH05[0-9]{6}", re.IGNORECASE)
_LIST = re.compile(r"[;,|+\n]")  # between the codes of one cell; no name of a code has one of them (lint)
_NUMBER_KEY = re.compile(r"0?5[0-9]+[.,]0")
_GROUPED_KEY = re.compile(r"5([.,])[0-9]{3}(?:\1[0-9]{3})?")
_SHORTENED_KEY = re.compile(r"5[.,][0-9]+E\+?[0-9]+", re.IGNORECASE)  # 5,11E+06: the last digits are gone
_REGIONAL_KEY = re.compile(r"0?5[0-9]{10}")
_KEY_AND_NAME = re.compile(r"(?P<key>(?:JH)?0?5[0-9]{3,7})\s*[-–:,;|]?\s+(?P<name>[^\W\d].*)", re.IGNORECASE)
_NAME_AND_KEY = re.compile(r"(?P<name>[^\W\d].*?)\s*[-–:,;|(\[ ]\s*(?P<key>(?:JH)?0?5[0-9]{3,7})\s*[)\]]?", re.IGNORECASE)
_LOST_ZERO = re.compile(r"5(?:[0-9]{3}|[0-9]{6})")


@dataclass(frozen=True)
class Reading:
    """What one text says: a value of the property's type, a symbol, or the kind of a finding."""

    value: str | int | None = None
    flag: str | None = None
    problem: str | None = None


def ags_of(text: str) -> str | None:
    """The key of a unit in North Rhine-Westphalia, spaces taken out, its leading zero restored; None where it is none.

    Restored only where nothing else can be meant: 4 or 7 digits that begin with 5. A key that went through a column of numbers
    (5911000.0, 5.911.000) and the 12 digits of the regional key (05 9 11 0000 000) are read too, as is that of a youth office (JH…).
    """
    digits = "".join(as_meant(text).split())
    if not digits.isascii():
        return None
    if _YOUTH_OFFICE.fullmatch(digits):
        return digits.upper()
    if _NUMBER_KEY.fullmatch(digits):
        digits = digits[:-2]
    elif _GROUPED_KEY.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", "")
    elif _REGIONAL_KEY.fullmatch(digits):
        return _of_regional_key(digits)
    if _LOST_ZERO.fullmatch(digits):
        return "0" + digits
    return digits if is_ags(digits) else None


def key_and_name(text: str) -> tuple[str, str] | tuple[()]:
    """The key and the name that stand in one cell, `05111000 Düsseldorf` or `Düsseldorf (05111000)`; () where the text is no such pair."""
    found = _KEY_AND_NAME.fullmatch(text.strip()) or _NAME_AND_KEY.fullmatch(text.strip())
    ags = None if found is None else ags_of(found.group("key"))
    return () if found is None or ags is None else (ags, found.group("name").strip())


def _of_regional_key(digits: str) -> str | None:
    """The municipality's key in a regional key (ARS), which holds that of its association too: here 0 and the same three digits."""
    regional = digits.zfill(12)
    return regional[:5] + regional[9:] if regional[5:9] == "0" + regional[9:] else None


def is_single_year(text: str) -> bool:
    """Whether a text is one year, 2016, and no school year, 2015/16."""
    return _YEAR.fullmatch(text.strip()) is not None


def school_year_of(text: str) -> int | None:
    """The year in which a school year ends: 2015/16, 2015/2016, 15/16 and 2016 are 2016; None where it is none, as 2015/18."""
    stripped = text.strip()
    if is_single_year(stripped):
        return int(stripped[:4])
    match = _SCHOOL_YEAR.fullmatch(stripped)
    if match is None:
        return None
    first, last = match.group(1), match.group(2)
    if len(first) < len(last):
        return None
    start = int(first) if len(first) == 4 else _century(int(first)) + int(first)
    follows = start + 1
    if not 1900 <= start < 2100 or int(last) != (follows if len(last) == 4 else follows % 100):
        return None
    return follows


def _century(year: int) -> int:
    return 2000 if year < 70 else 1900


def reader_of(of: Property, day_zero: date = DAY_ZERO) -> Callable[[str], Reading]:
    """How one text of a property is read, by its form; numbers aside (numbers.py). It is read as it is meant (as_meant.py).

    day_zero: from which a number is counted that stands for a day.
    """
    forms: Mapping[str, Callable[[str], Reading]] = {
        "ags": _read_ags,
        "year": lambda text: _read_year(text, day_zero),
        "school_year": lambda text: _read_school_year(text, day_zero),
        "code": _read_code(of),
        "codes": _read_codes(of),
    }
    read = forms.get(of.form, _read_plain)
    return lambda text: read(as_meant(text))


def _read_plain(text: str) -> Reading:
    return Reading(text.strip())


def _read_ags(text: str) -> Reading:
    ags = ags_of(text)
    if ags is not None:
        return Reading(ags)
    both = key_and_name(text)
    if both and names_area(*both):
        return Reading(both[0])
    if both and names_another_area(*both):
        return Reading(problem="reader_key_and_name")
    return _symbol_or(text, "reader_key_as_number" if _SHORTENED_KEY.fullmatch(text.strip()) else "reader_ags")


def _read_year(text: str, day_zero: date) -> Reading:
    stripped = text.strip()
    if _YEAR.fullmatch(stripped):
        return Reading(int(stripped[:4]))
    day = date_of(stripped)
    if day is not None:
        as_day = _year_as_day(stripped, day, day_zero)
        if as_day is not None:
            return as_day
        # 1.1.2017 may be the year 2017 in a column of dates, or the day after the end of 2016
        if (day.month, day.day) == (1, 1):
            return Reading(problem="reader_first_of_january")
        return Reading(day.year, problem=None if (day.month, day.day) == (12, 31) else DAY_IN_YEAR)
    worded = _WORDED_YEAR.fullmatch(stripped)
    if worded is not None:
        return Reading(int(worded.group(1)))
    if _SERIAL.fullmatch(stripped):
        day = day_zero + timedelta(days=int(stripped[:5]))
        if (day.month, day.day) == (1, 1):
            return Reading(problem="reader_first_of_january")
        is_likely = _FIRST_YEAR <= day.year <= _LAST_YEAR
        return Reading(day.year, problem="reader_serial_date") if is_likely else Reading(problem="reader_year")
    return _symbol_or(text, "reader_year")


def _year_as_day(text: str, day: date, day_zero: date) -> Reading | None:
    """The year that a cell holds as a number and shows as a day: 2016 is 8.7.1905; None for a day that is one."""
    number = (_shown_day(text, day) - day_zero).days
    return Reading(number, problem="reader_year_as_day") if _FIRST_YEAR <= number <= _LAST_YEAR else None


def _shown_day(text: str, day: date) -> date:
    """The day a hundred years earlier where a text shows two digits of the year and a day that nobody reports to: 8.7.05 may be 8.7.1905.

    The first, the middle and the last day of a month are taken for what they say: people report to them.
    """
    is_common = day.day in (1, 15) or (day + timedelta(days=1)).month != day.month
    if is_common or _FOUR_DIGITS.search(text) or not 2005 <= day.year <= 2009:
        return day
    return day.replace(year=day.year - 100)


_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"(?:(?:stichtag|stand|am)[ :]*)?([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})", re.IGNORECASE)
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00)?)?")
_SERIAL = re.compile(r"[345][0-9]{4}(?:[.,]0)?")
_FIRST_YEAR, _LAST_YEAR = 1990, 2049  # that a number of days, or a day in its place, is taken for


def date_of(text: str) -> date | None:
    """The day that a text is: 31.12.2016, Stichtag 31.12.16, 2016-12-31; None where it is none. 12/31/2016 is none: it has two readings."""
    german, iso = _DAY.fullmatch(text.strip()), _ISO_DAY.fullmatch(text.strip())
    if german is None and iso is None:
        return None
    if german is not None:
        day, month, written = german.groups()
        year = int(written) if len(written) == 4 else _century(int(written)) + int(written)
    else:
        assert iso is not None
        written, month, day = iso.groups()
        year = int(written)
    try:
        return date(year, int(month), int(day)) if 1900 <= year < 2100 else None
    except ValueError:
        return None


def _read_school_year(text: str, day_zero: date) -> Reading:
    year = school_year_of(text)
    if year is not None:
        return Reading(year)
    day = date_of(text)
    as_day = None if day is None else _year_as_day(text, day, day_zero)
    if as_day is not None:
        return as_day
    return _symbol_or(text, "reader_school_year" if typed_school_year(text) is None else "reader_school_year_as_date")


def _read_code(of: Property) -> Callable[[str], Reading]:
    known = code_names(of)

    def read(text: str) -> Reading:
        code = known.find(text)
        return Reading(flag=symbol_of(text)) if code is None else Reading(code)

    return read


def _read_codes(of: Property) -> Callable[[str], Reading]:
    known = code_names(of)
    order = [code.code for code in of.codes]

    def read(text: str) -> Reading:
        found = [known.find(part) for part in _LIST.split(text) if part.strip()]
        if not found or None in found:
            return Reading(flag=symbol_of(text))
        return Reading(CODE_SEPARATOR.join(code for code in order if code in found))

    return read


def _symbol_or(text: str, problem: str) -> Reading:
    symbol = symbol_of(text)
    return Reading(problem=problem) if symbol is None else Reading(flag=symbol)
