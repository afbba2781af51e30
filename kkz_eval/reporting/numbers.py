"""Numbers and days as people read them. German: decimal comma, point for thousands; both languages: the true minus sign. No units."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal

from kkz_eval.evaluation.verdict.sentences import MAX_EXTRA_DECIMALS
from kkz_eval.model.texts import Language
from kkz_eval.reporting.document import Number

MINUS = "−"
_LOCALES = {"de": "de_DE", "en": "en_GB"}


def format_number(value: float, decimals: int, language: Language) -> str:
    """`value` with exactly `decimals` digits after the decimal sign. What rounds to zero has no minus sign."""
    shown = _without_sign(abs(value), decimals, language)
    negative = value < 0 and any(digit in shown for digit in "123456789")
    return f"{MINUS}{shown}" if negative else shown


@lru_cache(maxsize=4096)  # a figure says each number in its picture, beside it and in its table
def _without_sign(value: float, decimals: int, language: Language) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(value, format=pattern, locale=_LOCALES[language]))


def decimals_that_show(values: tuple[float, ...], decimals: int) -> int:
    """The fewest digits, from `decimals` on, with which no value other than zero is shown as zero."""
    for digits in range(decimals, decimals + MAX_EXTRA_DECIMALS):
        if all(value == 0 or format_number(abs(value), digits, "en").strip("0.") for value in values):
            return digits
    return decimals + MAX_EXTRA_DECIMALS


def measured(identifier: str, value: float, decimals: int, language: Language) -> Number:
    """A number with digits after the decimal sign."""
    return Number(identifier, float(value), format_number(float(value), decimals, language))


def count(identifier: str, value: float, language: Language) -> Number:
    """A whole number, with thousands separated."""
    return Number(identifier, float(value), format_number(float(value), 0, language))


def day(on: date, language: Language) -> str:
    """A day as short as it is clear: 02.01.2026, 2 Jan 2026."""
    return str(format_date(on, format="medium", locale=_LOCALES[language]))


def year(identifier: str, value: float) -> Number:
    """A year or another whole number without separators."""
    return Number(identifier, float(value), str(int(value)).replace("-", MINUS))


def p_value(identifier: str, value: float, language: Language) -> Number:
    """A p value with three digits; "< 0,001" is written as such."""
    shown = f"< {format_number(0.001, 3, language)}" if value < 0.001 else f"= {format_number(value, 3, language)}"
    return Number(identifier, float(value), shown)
