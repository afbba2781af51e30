"""What a number format shows of a cell besides its rounded number: another scale, per cent, words, nothing. No files, no contracts.

Codes as spreadsheet programs keep them, in English notation (ECMA-376 part 1, 18.8.31). How many decimals a format shows is no matter:
the stored value holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from kkz_eval.model.symbols import DASHES

GENERAL = "General"
BUILT_IN = {
    9: "0%",
    10: "0.00%",
}  # of the formats without a code (18.8.30), those that show more than digits; dates come as dates


class Shown(StrEnum):
    """What a person sees of a number beside its digits."""

    AS_STORED = "as_stored"
    HUNDREDFOLD = "hundredfold"  # a per cent sign that multiplies
    OTHER_NUMBER = "other_number"  # thousandths, digits or a sign that are not stored, a word in place of the number
    NOTHING = "nothing"
    NO_ZERO = "no_zero"  # nothing in place of a zero
    WORDS = "words"  # the number, and words beside it


_TOKEN = (
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.)"
    r"|[_*](?P<width>.?)"
    r"|\[\$(?P<currency>[^\]\-]*)(?:-[^\]]*)?\]"
    r"|\[(?P<operator>[<>=]{1,2})(?P<limit>-?[0-9.]+)\]"
    r"|\[(?P<setting>[^\]]*)\]"
    r"|(?P<general>General)"
    r"|(?P<exponent>E[+-])"
    r"|(?P<date>AM/PM|A/P|[ymdhs])"
    r"|(?P<place>[0#?])"
    r"|(?P<sign>[.,%@/])"
    r"|(?P<plain>.)"
)
_USUAL = frozenset([GENERAL, "0", "0.0", "0.00", "#,##0", "#,##0.00", "@"])  # known without being taken apart
_HARMLESS = frozenset(["", "€", "eur", "euro", "person", "personen", "pers"])
_TESTS = {
    "<": lambda value, limit: value < limit,
    ">": lambda value, limit: value > limit,
    "=": lambda value, limit: value == limit,
    "<=": lambda value, limit: value <= limit,
    ">=": lambda value, limit: value >= limit,
    "<>": lambda value, limit: value != limit,
}


@dataclass(frozen=True)
class Section:
    """One section of a format. digits: its places and signs in order, `"` for each literal among them; words: the literals, joined.
    parts: places, one each, and literals in order, as (is a place, text).

    before: the literals before the first place; condition: (operator, limit), None without one; has_number, has_text: whether it shows
    the number, the text; is_date: whether it shows a number as a day or a time; is_coloured: whether it sets a colour.
    """

    digits: str
    words: str
    before: str
    condition: tuple[str, float] | None
    has_number: bool
    has_text: bool
    is_date: bool
    is_coloured: bool
    parts: tuple[tuple[bool, str], ...] = ()

    def holds(self, value: float) -> bool:
        """Whether the section's condition admits a number; without one it admits any."""
        return self.condition is None or _TESTS[self.condition[0]](value, self.condition[1])


@lru_cache(maxsize=4096)
def sections_of(code: str) -> tuple[Section, ...]:
    """The sections of a format, at least one."""
    found: list[Section] = []
    tokens: list[re.Match[str]] = []
    for token in re.finditer(_TOKEN, code, re.IGNORECASE | re.DOTALL):  # compiled when needed
        if token.group("plain") == ";":
            found.append(_section(tokens))
            tokens = []
        else:
            tokens.append(token)
    return (*found, _section(tokens))


def _section(tokens: Sequence[re.Match[str]]) -> Section:
    digits, words, before = "", "", ""
    condition: tuple[str, float] | None = None
    general = text = date = coloured = False
    parts: list[tuple[bool, str]] = []
    for token in tokens:
        group, value = token.lastgroup, token.group(token.lastgroup or 0)
        if group in ("place", "quoted", "escaped", "plain", "currency"):
            parts.append((group == "place", value or ""))
        if group == "limit":
            condition = _condition(token)
        elif group == "setting":
            elapsed = value.casefold() in ("h", "hh", "m", "mm", "s", "ss")
            date |= elapsed
            coloured |= not elapsed
        elif group == "date":
            date = True
        elif group in ("place", "exponent") or (group == "sign" and value != "@"):
            digits += "E" if group == "exponent" else value
            before = before if any(sign in "0#?" for sign in digits) else words
        elif group == "general":
            general = True
        elif value == "@":
            text = True
        elif group != "width":  # a space as wide as the sign, or the sign repeated to fill the cell
            words += value or ""
            digits += '"' if value and not value.isspace() else ""
            if not (general or any(sign in "0#?" for sign in digits)):
                before = words
    places = any(sign in "0#?" for sign in digits)
    return Section(digits, words.strip(), before.strip(), condition, places or general, text, date, coloured, tuple(parts))


def _condition(token: re.Match[str]) -> tuple[str, float] | None:
    try:
        limit = float(token.group("limit"))
    except ValueError:
        return None
    return (token.group("operator"), limit) if token.group("operator") in _TESTS else None


@lru_cache(maxsize=4096)
def is_telling(code: str) -> bool:
    """Whether a format can show any number or text otherwise than it is stored; rounding, a currency of here and dashes for 0 do not."""
    return code not in _USUAL and _tells(code)


def _tells(code: str) -> bool:
    return any(
        not section.is_date
        and (
            section.condition is not None
            or not (section.has_number or section.has_text or set(section.words) & set(DASHES))
            or _factor(section) != 1.0
            or _has_foreign_digits(section)
            or _bare(section.words) not in _HARMLESS
            or ("-" in section.before and number == 0)
        )
        for number, section in enumerate(sections_of(code))
    ) or _loses_sign(code)


def shown(code: str, value: float | str) -> Shown:
    """What a format shows of the number or text that a cell holds; of a day or time it says nothing."""
    if isinstance(value, str):
        return _shown_of_text(sections_of(code))
    section = _section_for(sections_of(code), value)
    if section is None or section.is_date:
        return Shown.AS_STORED
    if not section.has_number:
        return _shown_without_number(section, value)
    if value and (factor := _factor(section)) != 1.0:
        return Shown.HUNDREDFOLD if factor == 100.0 else Shown.OTHER_NUMBER
    if _has_foreign_digits(section) or (value and _changes_sign(code, section, value)):
        return Shown.OTHER_NUMBER
    return Shown.AS_STORED if _bare(section.words) in _HARMLESS else Shown.WORDS


def words_shown(code: str, value: float | str) -> str:
    """The words that stand beside a number or text in its cell, without the signs that belong to a number."""
    section = _section_for(sections_of(code), value) if not isinstance(value, str) else sections_of(code)[-1]
    return "" if section is None else _bare(section.words, keep_case=True)


def text_shown(code: str, value: float) -> str | None:
    """What a format of whole places and literals shows of a whole number, `2006` of 6 by `"20"00`; None where it has anything else."""
    section = _section_for(sections_of(code), value)
    if section is None or section.is_date or section.has_text or not float(value).is_integer() or _factor(section) != 1.0:
        return None
    if any(sign in "E/%." for sign in section.digits) or (
        section.has_number and not any(is_place for is_place, _ in section.parts)
    ):
        return None
    digits = list(str(abs(int(value)))) if value else []
    shown: list[str] = []
    first = next((at for at, (is_place, _) in enumerate(section.parts) if is_place), -1)
    for at in reversed(range(len(section.parts))):
        is_place, text = section.parts[at]
        filled = digits.pop() if is_place and digits else {"0": "0", "?": " "}.get(text, "") if is_place else text
        shown.append("".join([*digits, filled]) if at == first else filled)
    is_by_sign = len(sections_of(code)) > 1 and section.condition is None
    return ("-" if value < 0 and not is_by_sign else "") + "".join(reversed(shown)).strip()


def _shown_of_text(sections: Sequence[Section]) -> Shown:
    last = sections[-1]
    if len(sections) < 4 and not last.has_text:
        return Shown.AS_STORED
    if not last.has_text:
        return Shown.OTHER_NUMBER if last.words else Shown.NOTHING
    return Shown.AS_STORED if _bare(last.words) in _HARMLESS else Shown.WORDS


def _shown_without_number(section: Section, value: float) -> Shown:
    if section.has_text:
        return Shown.AS_STORED
    if value:
        return Shown.OTHER_NUMBER if section.words else Shown.NOTHING
    if not section.words:
        return Shown.NO_ZERO
    is_dash = bool(set(section.words) & set(DASHES)) and _bare(section.words) in _HARMLESS
    return Shown.AS_STORED if is_dash or section.words in ("0", "0,0", "0.0") else Shown.OTHER_NUMBER


def _section_for(sections: Sequence[Section], value: float) -> Section | None:
    """The section that a number is shown by (18.8.31): by conditions where there are any, else by its sign."""
    numeric = [section for section in sections[:3] if section.has_number or not section.has_text] or list(sections[:1])
    if any(section.condition for section in numeric):
        return next((section for section in numeric if section.holds(value)), None)
    if len(numeric) == 1:
        return numeric[0]
    if len(numeric) == 2:
        return numeric[0 if value >= 0 else 1]
    return numeric[0 if value > 0 else 1 if value < 0 else 2]


def _factor(section: Section) -> float:
    """By how much the number shown differs from the one stored: a comma behind the last place is a thousandth, each % hundredfold."""
    places = section.digits.replace('"', "").replace("%", "").partition(".")
    behind = len(places[0]) - len(places[0].rstrip(",")) if section.has_number else 0
    behind += len(places[2]) - len(places[2].rstrip(",")) if places[1] else 0
    return float(100.0 ** section.digits.count("%") / 1000.0**behind)


def _has_foreign_digits(section: Section) -> bool:
    """Whether digits or a „<“ are shown that are not stored, or a sign among the places reads as another decimal separator."""
    if any(sign.isdecimal() or sign in "<>≤≥" for sign in section.words):  # a raised one is a mark of a footnote
        return True
    if "E" in section.digits or "/" in section.digits:
        return False
    groups = [group for group in re.split(r'[",]+', section.digits.partition(".")[0].strip('",%')) if group]
    literal = '"' in section.digits.strip('",%')
    among = literal and any(sign in ".,·'’" for sign in section.words)
    return among and any(len(group) != 3 for group in groups[1:])


def _changes_sign(code: str, section: Section, value: float) -> bool:
    has_minus = any(dash in section.before for dash in DASHES)
    if value > 0:
        return has_minus
    by_sign = len(sections_of(code)) > 1 and section.condition is None
    return by_sign and not (has_minus or "(" in section.words or section.is_coloured or any(d in section.words for d in DASHES))


def _loses_sign(code: str) -> bool:
    sections = sections_of(code)
    return len(sections) > 1 and sections[1].has_number and _changes_sign(code, sections[1], -1.0)


def _bare(words: str, *, keep_case: bool = False) -> str:
    """Words without what stands for the sign of the number or between its thousands."""
    bare = words.strip(" \u00a0\u202f()+/.'’" + DASHES)
    return bare if keep_case else bare.casefold()
