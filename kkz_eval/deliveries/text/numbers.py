"""Strict reading of numbers as people write them, German or English, and of statistical symbols. No files, no contracts.

A number whose separators can be read in two ways is refused unless the style of its file is known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.text.as_meant import as_meant
from kkz_eval.model.parsed import QUALITIES
from kkz_eval.model.symbols import DASHES, standard_symbol


class Style(StrEnum):
    """Which sign stands before the decimals; the other one, or a space, may group thousands."""

    COMMA = "comma"
    POINT = "point"


UNREADABLE = "reader_number"
AMBIGUOUS = "reader_ambiguous_number"

# Symbols of official statistics (SYMBOLS are compared without case and spaces).
SYMBOLS = frozenset({"-", ".", "/", "x", "...", "*", "()", "k.a.", "k.a"})

_SPACE = "[ \u00a0\u2009\u202f'’]"  # an apostrophe groups thousands too
_GROUP = "[1-9][0-9]{0,2}"
_PLAIN = re.compile(f"[0-9]+|{_GROUP}(?:{_SPACE}[0-9]{{3}})+")
_EITHER = re.compile(f"{_GROUP}[.,][0-9]{{3}}")


def _definite(decimal: str, group: str) -> re.Pattern[str]:
    before = f"(?:[0-9]+|{_GROUP}(?:{group}[0-9]{{3}})+|{_GROUP}(?:{_SPACE}[0-9]{{3}})+)"
    return re.compile(f"{before}{decimal}[0-9]+|{_GROUP}(?:{group}[0-9]{{3}}){{2,}}")


_COMMA = _definite(",", r"\.")
_POINT = _definite(r"\.", ",")
_SIGNED = re.compile(f"([+{DASHES}]?)(.*)", re.DOTALL)
_BRACKETED = re.compile(r"\((.*)\)", re.DOTALL)
_QUALITY = re.compile(r"(.*[0-9)])\s*([prse])", re.DOTALL)
_SYMBOL_AND_QUALITY = re.compile(r"(.*?)(\s*)([prse])", re.DOTALL)
_SPACES = re.compile(r"\s+")
_AMOUNT = re.compile(
    rf"(?:€|euro?)\s*(?P<behind>[+(0-9{DASHES}].*)|(?P<before>.*[0-9){DASHES}])\s*(?:€|euro?)", re.IGNORECASE | re.DOTALL
)
_NO_CENTS = re.compile(rf"(?<=[0-9])[,.]\s?[{DASHES}]{{1,2}}$")
_GROUPING = re.compile(r"[\s'’]+")


@dataclass(frozen=True)
class NumberReading:
    """What one text says: a number, a symbol, a number with a symbol, nothing, or a problem (UNREADABLE, AMBIGUOUS)."""

    value: float | None = None
    flag: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class NumberColumn:
    """Readings of a column: values (float64), flags and problems (string), each null where there is none."""

    values: pa.Array
    flags: pa.Array
    problems: pa.Array


def symbol_of(text: str) -> str | None:
    """The symbol that `text` is, without surrounding spaces and as official statistics write it (`–` is `-`); None where it is no symbol."""
    stripped = standard_symbol(text.strip())
    return stripped if _SPACES.sub("", stripped).lower() in SYMBOLS else None


def parts_of(flag: str) -> tuple[str | None, str | None]:
    """(symbol, letter of quality) of a flag, which holds either or both: `()`, `p`, `() p`."""
    if flag in QUALITIES:
        return None, flag
    symbol, space, letter = flag.rpartition(" ")
    return (symbol, letter) if space and letter in QUALITIES else (flag, None)


def _symbol_with_quality(text: str) -> str | None:
    """`. r` and `/p`: the symbol and the letter with one space between; None where the text is no such pair."""
    match = _SYMBOL_AND_QUALITY.fullmatch(text)
    symbol = None if match is None else symbol_of(match.group(1))
    if match is None or symbol is None or (symbol[-1].isalpha() and not match.group(2)):
        return None
    return f"{symbol} {match.group(3)}"


def without_euro(text: str) -> str:
    """An amount without the sign of the currency and without a dash for no cents: `526,88 €`, `€ 5` and `5,– EUR`. `5- €` stays."""
    found = _AMOUNT.fullmatch(text)
    amount = text if found is None else found.group("behind") or found.group("before")
    return _NO_CENTS.sub("", amount)


def style_shown(text: str) -> Style | None:
    """The style that a text can only be written in; None where it shows none (12, 1.234) or is no number. 12,5 % and 12,5 € show it too."""
    bare = _undress(without_euro(as_meant(text).strip().removesuffix("%").rstrip()))[0]
    if _EITHER.fullmatch(bare):
        return None
    if _COMMA.fullmatch(bare):
        return Style.COMMA
    return Style.POINT if _POINT.fullmatch(bare) else None


def style_of(columns: Sequence[pa.Array]) -> Style | None:
    """The style that the numbers of a file show: that of the majority; None where none shows one, or as many show either.

    columns: texts, as string or dictionary of string.
    """
    shown = {Style.COMMA: 0, Style.POINT: 0}
    for column in columns:
        for style, n in _shown_in(column).items():
            shown[style] += n
    if shown[Style.COMMA] == shown[Style.POINT]:
        return None
    return max(shown, key=lambda style: shown[style])


# What style_shown says without a look at each text: digits, one separator, and not three digits behind it.
_CLEARLY = {
    style: f"^-?[0-9]+{sign}([0-9]{{1,2}}|[0-9]{{4,}})( ?(€|EUR|Euro|%))?$"
    for style, sign in ((Style.COMMA, ","), (Style.POINT, "[.]"))
}


def _shown_in(column: pa.Array) -> dict[Style, int]:
    """How many texts of a column show each style."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = encoded.dictionary
    candidates = pc.match_substring_regex(texts, "[.,]").fill_null(False)
    if not pc.any(candidates, min_count=0).as_py():
        return {}
    present = np.bincount(encoded.indices.drop_null().to_numpy(zero_copy_only=False), minlength=len(texts))
    shown: dict[Style, int] = {}
    unclear = candidates
    for style, pattern in _CLEARLY.items():
        clear = pc.match_substring_regex(texts, pattern).fill_null(False)
        shown[style] = int(present[clear.to_numpy(zero_copy_only=False)].sum())
        unclear = pc.and_not(unclear, clear)
    for place in np.flatnonzero(unclear.to_numpy(zero_copy_only=False)):
        found = style_shown(texts[int(place)].as_py())
        if found is not None:
            shown[found] += int(present[place])
    return shown


def parse_number(text: str, style: Style | None) -> NumberReading:
    """The number or symbol that one text is, in a file of that style (None: unknown, then 1.234 and 1,234 are ambiguous).

    A mark of a footnote beside it (45438¹) is none of it.
    """
    stripped = as_meant(text).strip()
    if not stripped:
        return NumberReading()
    symbol = symbol_of(stripped) or _symbol_with_quality(stripped)
    if symbol is not None:
        return NumberReading(flag=symbol)
    bare, sign, flag = _undress(stripped)
    separators = _separators(bare, style)
    if isinstance(separators, str):
        return NumberReading(problem=separators)
    decimal, group = separators
    value = float(_GROUPING.sub("", bare).replace(group, "").replace(decimal, "."))
    if not math.isfinite(value):
        return NumberReading(problem=UNREADABLE)
    return NumberReading(value=sign * value, flag=flag)


def _undress(stripped: str) -> tuple[str, float, str | None]:
    """The digits and separators of a number, its sign, and what stands around it: brackets, a letter of quality, or both (`() p`)."""
    stripped, letter = _without_quality(stripped)
    bracketed = _BRACKETED.fullmatch(stripped)
    if bracketed:
        stripped, inside = _without_quality(bracketed.group(1).strip())
        letter = letter or inside
    flag = " ".join(filter(None, ("()" if bracketed else None, letter))) or None
    signed = _SIGNED.fullmatch(stripped)
    if signed is None:
        return stripped, 1.0, flag
    return signed.group(2), 1.0 if signed.group(1) in ("", "+") else -1.0, flag


def _without_quality(text: str) -> tuple[str, str | None]:
    quality = _QUALITY.fullmatch(text)
    return (text, None) if quality is None else (quality.group(1).rstrip(), quality.group(2))


def _separators(bare: str, style: Style | None) -> tuple[str, str] | str:
    """(decimal sign, sign of thousands) by which to read, or the problem."""
    by_style = {Style.COMMA: (",", "."), Style.POINT: (".", ",")}
    if _PLAIN.fullmatch(bare):
        return (",", ".")
    if _EITHER.fullmatch(bare):
        return AMBIGUOUS if style is None else by_style[style]
    for own, pattern in ((Style.COMMA, _COMMA), (Style.POINT, _POINT)):
        if pattern.fullmatch(bare):
            if style is None:
                return AMBIGUOUS
            return by_style[own] if own is style else UNREADABLE
    return UNREADABLE


_ORDINARY = {
    None: r"^-?[0-9]{1,15}$",
    Style.COMMA: r"^-?[0-9]{1,15}(,[0-9]{1,15})?$",
    Style.POINT: r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$",
}


def are_digits(texts: pa.Array) -> pa.Array:
    """Which texts (string) are nothing but digits, and so few that a float64 holds them (bool; null: no)."""
    digits = pc.and_(pc.and_(pc.string_is_ascii(texts), pc.utf8_is_decimal(texts)), pc.less_equal(pc.binary_length(texts), 15))
    return digits.fill_null(False)


def _ordinary(texts: pa.Array, style: Style | None) -> pa.Array:
    """Which texts are ordinary numbers (null: none); only those that are not all digits are held against the pattern."""
    digits = are_digits(texts)
    not_digits = pc.invert(digits)
    matched = pc.match_substring_regex(texts.filter(not_digits), _ORDINARY[style]).fill_null(False)
    return pc.replace_with_mask(digits, not_digits, matched)


def parse_numbers(texts: pa.Array, style: Style | None) -> NumberColumn:
    """The same as parse_number for a column (string, nulls stay null): ordinary numbers at once, the rest one by one."""
    ordinary = _ordinary(texts, style)
    plain = pc.if_else(ordinary, texts, pa.scalar(None, pa.string()))
    if style is Style.COMMA:
        plain = pc.replace_substring(plain, ",", ".")
    values = pc.cast(plain, pa.float64())
    odd = pc.if_else(ordinary, pa.scalar(None, pa.string()), texts)
    if odd.null_count == len(odd):
        nothing = pa.nulls(len(odd), pa.string())
        return NumberColumn(values, nothing, nothing)
    encoded = odd.dictionary_encode()
    readings = [parse_number(text, style) for text in encoded.dictionary.to_pylist()]
    others = pa.array([reading.value for reading in readings], pa.float64()).take(encoded.indices)
    flags = pa.array([reading.flag for reading in readings], pa.string()).take(encoded.indices)
    problems = pa.array([reading.problem for reading in readings], pa.string()).take(encoded.indices)
    return NumberColumn(pc.coalesce(values, others), flags, problems)
