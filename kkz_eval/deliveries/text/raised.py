"""Raised, lowered and struck-out signs: how runs of a cell become one text, and which signs are marks of footnotes.

A raised 1 behind 45438 is no digit of it. Runs become the signs that Unicode has for what a person sees; who reads numbers, keys and
titles leaves out the marks at their ends. No cells, no files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kkz_eval.model.parsed import QUALITIES

RAISED, LOWERED, STRUCK = "superscript", "subscript", "struck"  # of a run; "" of a plain one

_DIGITS_ABOVE, _DIGITS_BELOW = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
_LETTERS = "abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW"
_LETTERS_ABOVE = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ"
_ABOVE = str.maketrans("0123456789+-=()–−" + _LETTERS, _DIGITS_ABOVE + "⁺⁻⁼⁽⁾⁻⁻" + _LETTERS_ABOVE)
_BELOW = str.maketrans("0123456789+-=()", _DIGITS_BELOW + "₊₋₌₍₎")
_STROKE = "\u0336"  # combining: through the sign before it

_SMALL = f"{_DIGITS_ABOVE}{_DIGITS_BELOW}{_LETTERS_ABOVE}⁺⁻⁼⁽⁾₊₋₌₍₎"
_SIGNS = frozenset(_SMALL)
_DIGIT = f"[{_DIGITS_ABOVE}{_DIGITS_BELOW}]"


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A text with marks behind it, with marks before it, one that ends in a power (m², 10⁶), two raised digits; made when needed."""
    mark = rf"[⁽₍]?(?:{_DIGIT}{{1,2}}|[{_LETTERS_ABOVE}])[⁾₎)]?"
    marks = rf"(?P<marks>{mark}(?:\s*[,;/]\s*{mark})*)"
    return (
        re.compile(rf"(?P<bare>.*?[^\s{_SMALL}])\s*{marks}\s*", re.DOTALL),
        re.compile(rf"\s*{marks}\s*(?P<bare>[^\s{_SMALL}].*)", re.DOTALL),
        re.compile(r"(?:.*\W)?(?:[cdkm]?m[²³]|10[⁰¹²³⁴⁵⁶⁷⁸⁹])", re.DOTALL),
        re.compile(f"{_DIGIT}{{2}}"),
    )


def joined(runs: Sequence[tuple[str, str]]) -> str:
    """One text from runs (text, RAISED | LOWERED | STRUCK | ""): what is raised, lowered or struck out beside other text stays so.

    A letter of quality (`p`) is one wherever it stands, and a cell whose whole text is raised has nothing that it is glued to.
    """
    if len({style for text, style in runs if text.strip()}) < 2:
        return "".join(text for text, _ in runs)
    return "".join(_written(text, style) for text, style in runs)


def _written(text: str, style: str) -> str:
    if style == RAISED:
        return text if text.strip() in QUALITIES else text.translate(_ABOVE)
    if style == LOWERED:
        return text.translate(_BELOW)
    return "".join(sign + _STROKE for sign in text) if style == STRUCK else text


def without_marks(text: str) -> str:
    """A text without marks of footnotes at its ends: `45438¹` is `45438`, `¹⁾ Anzahl` is `Anzahl`; `km²` and `10⁶` stay.

    Two raised digits behind a number may be its hundredths as well: they stay.
    """
    if text.isascii() or _SIGNS.isdisjoint(text):
        return text
    behind, before, power, two_digits = _patterns()
    found = behind.fullmatch(text)
    if found is not None:
        bare, marks = found.group("bare", "marks")
        is_power = power.fullmatch(bare + marks[0]) is not None
        if not is_power and not (bare[-1].isdigit() and two_digits.search(marks)):
            text = bare
    found = before.fullmatch(text)
    if found is not None and not (found.group("bare")[0].isdigit() and two_digits.search(found.group("marks"))):
        text = found.group("bare")
    return text
