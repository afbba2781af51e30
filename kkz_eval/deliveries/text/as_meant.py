"""A text as whoever typed it means it: without signs that nobody sees, and without what spreadsheet programs put around it.

Here is only what can't change the meaning; a sign that can stays, and `odd_signs` names it. Marks of footnotes are left out by raised.py.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from kkz_eval.deliveries.text.raised import without_marks

# Zero width spaces and joiners, marks of direction (those that turn the order of digits round stay: 12 would be 21), word joiner, byte order mark.
_UNSEEN = re.compile("[\u200b-\u200f\u202a\u202c\u202d\u2060\u2061-\u2064\u2066\u2068\u2069\ufeff\u061c\u180e\u034f]")
_HYPHEN = re.compile(
    "(?<=[^\\W\\d])\u00ad(?=[^\\W\\d])|\u00ad$"
)  # soft, in a word or at its end; before a number it may be a minus
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_FORMULA = re.compile(r'\s*="([^"]*)"\s*')  # ="05162024" keeps the zero in front when a program opens the file
_QUOTED = re.compile(r"""\s*(?:"([^"]+)"|'([^']+)'|['’‘´`]([^'’‘´`]+))\s*""")  # an apostrophe in front makes a text of a number


@lru_cache(maxsize=8192)
def as_meant(text: str) -> str:
    """A text without invisible signs, with ordinary spaces, out of `="…"` and quotes, and without marks of footnotes at its ends."""
    if not text.isascii():
        text = _SPACES.sub(" ", _HYPHEN.sub("", _UNSEEN.sub("", text)))
    if text.lstrip()[:1] in ("=", '"', "'", "’", "‘", "´", "`"):
        formula = _FORMULA.fullmatch(text)
        quoted = _QUOTED.fullmatch(text if formula is None else formula.group(1))
        if quoted is not None:
            text = next(part for part in quoted.groups() if part is not None)
        elif formula is not None:
            text = formula.group(1)
    return without_marks(text)


def odd_signs(text: str) -> tuple[str, ...]:
    """The names of the signs in a text that nobody sees, or that look like others: `ZERO WIDTH SPACE (U+200B)`."""
    if text.isascii() and text.isprintable():
        return ()
    return tuple(dict.fromkeys(f"{unicodedata.name(sign, '–')} (U+{ord(sign):04X})" for sign in text if _is_odd(sign)))


def _is_odd(sign: str) -> bool:
    if sign.isascii():
        return not sign.isprintable() and not sign.isspace()
    category = unicodedata.category(sign)
    if category == "Nd" or category[0] == "C" or sign == "\ufffd":
        return True
    return category[0] == "L" and not unicodedata.name(sign, "").startswith(("LATIN", "MICRO", "FEMININE", "MASCULINE"))
