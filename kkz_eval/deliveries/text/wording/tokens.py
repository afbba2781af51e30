"""A text as tokens, and what stands before and behind one. No meaning of statements."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple

from kkz_eval.deliveries.text.wording.vocabulary import (
    ADJECTIVES,
    ARTICLES,
    BESIDE_MONEY,
    BREAKS,
    COMPARED,
    CURRENCIES,
    DENIED,
    EQUALS,
    FORMERLY,
    IN,
    LENGTHS,
    MEASURED,
    NEGATIONS,
    NUMBERED,
    OF_SOME,
    PERIODS,
    QUANTITIES,
    SHARES,
    SIZES,
    STEPS,
    VALUES,
    VERBS,
)


class Token(NamedTuple):  # of which there are many: quicker to make than a dataclass
    """word: folded, or a sign; value: of a whole number; is_number: of any; is_glued: no space before; is_capital, is_upper: its letters."""

    word: str
    value: int | None = None
    is_number: bool = False
    is_glued: bool = False
    is_capital: bool = False
    is_upper: bool = False


Tokens = tuple[Token, ...]

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_POWER = re.compile("(?<=10)[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED = str.maketrans(_SUPERSCRIPTS, "0123456789")
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("’‘´`ʼ′", "'"),
        **dict.fromkeys("×✕⋅·∙•", "*"),
        **dict.fromkeys(_SUPERSCRIPTS, " "),  # marks of footnotes
        "÷": "/",
        "_": " ",
        "\n": ";",
    }
)
_NOTE = re.compile(r"\s*(?:\*+\)|\*+\s|\(?[0-9a-z]{1,2}\))\s*(?=\S)")  # the mark that opens a footnote
_DASH = re.compile(r"(?:^|\s)[-‐‑‒−]+(?:\s|$)|[–—]")
_TOKEN = re.compile(r"(\d{1,3}([.,' ])\d{3}(?:\2\d{3})*(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)|([^\W\d_]+)|(\S)")
_INTEGER = re.compile(r"(\d{1,3}(?:([.,' ])\d{3}(?:\2\d{3})*)|\d+)(?:[.,]0{1,2})?")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_MONEY_ENDS = ("euros", "euro", "eur", "dm", "usd", "chf", "gbp")
_ENDS = (*_MONEY_ENDS, "werte", "werten", "betraege", "betraegen", "angaben", "zahlen", "einheiten")


def tokens_of(text: str) -> Tokens:
    """The words, numbers and signs of a text, in whatever typography: spaces of any width, marks of footnotes, points are gone."""
    plain = _POWER.sub(lambda power: "^" + power.group().translate(_RAISED), _INVISIBLE.sub("", text)).translate(_SIGNS)
    note = _NOTE.match(plain)
    plain = plain if note is None else plain[note.end() :]
    plain = _DASH.sub(" ; ", unicodedata.normalize("NFKC", plain))
    found: list[Token] = []
    for match in _TOKEN.finditer(plain):
        number, _, word, sign = match.groups()
        is_glued = match.start() > 0 and not plain[match.start() - 1].isspace()
        if number is not None:
            found.append(Token(number, _value(number), True, is_glued))
        elif word is not None:
            found += _words(word, is_glued)
        elif sign != ".":
            found.append(Token(sign, is_glued=is_glued))
    return tuple(found)


_MOST_DIGITS = 99  # int() refuses texts of thousands, float() numbers of hundreds
_JOINED = frozenset((*BESIDE_MONEY, *SIZES))


def _value(number: str) -> int | None:
    """The value of a whole number, grouped in any way; None of one with decimals. Of longer ones than any factor the first digits."""
    integer = _INTEGER.fullmatch(number)
    return None if integer is None else int("".join(filter(str.isdigit, integer.group(1)))[:_MOST_DIGITS])


def _words(word: str, is_glued: bool) -> list[Token]:
    """A word as one token, or as two where it joins a scale and a currency: `TEUR`, `TsdEuro`, `EURm`."""
    folded = word.casefold().translate(_UMLAUTS)
    last = Token(folded, None, False, is_glued, word[0].isupper(), word.isupper())
    if folded.endswith(_ENDS):
        end = max((end for end in _ENDS if folded.endswith(end)), key=len)
        scale = folded.removesuffix(end)
        if end in _MONEY_ENDS and scale in _JOINED:
            return [last._replace(word=scale), Token(end, is_glued=True)]
        if scale in SIZES:  # Tausenderwerte are Werte, Tausender
            return [last._replace(word=end), Token(scale, is_glued=True)]
    if folded.startswith(_MONEY_ENDS):
        for money in _MONEY_ENDS:
            if folded.removeprefix(money) in _JOINED:
                return [last._replace(word=money), Token(folded.removeprefix(money), is_glued=True)]
    return [last]


class Before(StrEnum):
    """What stands before a unit."""

    START = "start"
    BREAK = "break"
    IN = "in"
    VALUES = "values"
    MEASURED = "measured"
    CURRENCY = "currency"
    YEAR = "year"
    QUANTITY = "quantity"
    NEGATED = "negated"
    OTHER = "other"


UNITS_STAND_THERE = frozenset((Before.START, Before.BREAK, Before.VALUES, Before.MEASURED, Before.CURRENCY, Before.YEAR))
NOT_OF_THE_NUMBERS = frozenset((Before.QUANTITY, Before.NEGATED))


def what_precedes(tokens: Tokens, at: int) -> Before:
    """What stands before the token at an index, adjectives (in vollen Tausend) left out."""
    place = at - 1
    while place >= 0 and tokens[place].word in ADJECTIVES:
        place -= 1
    if place < 0:
        return Before.START
    token = tokens[place]
    if token.word in IN:
        return _before_in(tokens, place)
    if token.word in NEGATIONS or (token.word in ("of", "oder", "noch", "und", "bzw") and _negated_before(tokens, place)):
        return Before.NEGATED
    if token.is_number:
        return _before_number(tokens, place)
    if token.word == "von" and place > 0 and tokens[place - 1].word in STEPS:
        return Before.IN
    if token.word in QUANTITIES:
        return Before.QUANTITY
    if token.word in EQUALS:
        return Before.BREAK
    if token.word in BREAKS or token.word in "*-/'":
        numbered = place > 0 and tokens[place - 1].is_number and token.word in "-/'*" and token.is_glued
        return Before.QUANTITY if numbered else Before.BREAK if place > 0 else Before.START
    if token.word in CURRENCIES:
        return Before.CURRENCY
    if token.word in VALUES:
        return Before.VALUES
    return Before.MEASURED if token.word in MEASURED else Before.OTHER


def _before_in(tokens: Tokens, place: int) -> Before:
    """What `in` and `als` come to: mehr als, nicht in, nicht mehr in."""
    earlier = tokens[place - 1].word if place > 0 else ""
    if tokens[place].word == "als" and earlier in COMPARED:
        return Before.QUANTITY
    if earlier in ("mehr", "etwa", "laenger") or earlier in VALUES - OF_SOME:  # nicht mehr in; keine Angaben in
        earlier = tokens[place - 2].word if place > 1 else ""
    return Before.NEGATED if earlier in NEGATIONS or earlier in FORMERLY else Before.IN


def _negated_before(tokens: Tokens, place: int) -> bool:
    """Whether what `oder` joins is negated: nicht in Tausend oder Millionen; instead of thousands."""
    return any(token.word in NEGATIONS for token in tokens[max(place - 3, 0) : place])


def _before_number(tokens: Tokens, place: int) -> Before:
    """A number before a unit is a quantity, unless it is a year or the number of a table."""
    earlier = tokens[place - 1] if place > 0 else None
    if is_year(tokens[place]):
        return Before.YEAR
    if tokens[place].is_glued and earlier is not None and earlier.word.isalpha():  # U3, Q4
        return Before.OTHER
    if earlier is not None and earlier.word in ("/", "-") and place > 1 and is_year(tokens[place - 2]):
        return Before.YEAR
    return Before.BREAK if earlier is not None and earlier.word in NUMBERED else Before.QUANTITY


def is_year(token: Token) -> bool:
    """Whether a number is written as years are."""
    return token.value is not None and len(token.word) == 4 and 1900 <= token.value <= 2100


def is_period(token: Token) -> bool:
    """Whether a change may be against it: a year, the year before."""
    return is_year(token) or token.word in PERIODS


def may_end(tokens: Tokens, at: int) -> bool:
    """Whether a unit may end before a token: the text ends, a break follows, the mark of a footnote, or a year."""
    if at >= len(tokens):
        return True
    token = tokens[at]
    marked = token.is_number and at + 1 < len(tokens) and tokens[at + 1].word == ")"
    return (
        token.word in BREAKS or token.word in "*/" or marked or is_year(token) or (token.word == "-" and not _joins(tokens, at))
    )


def _joins(tokens: Tokens, at: int) -> bool:
    """Whether a hyphen makes a word of its neighbours (Tausender-Trennzeichen), and not of a unit and what it counts (Tsd.-Werte)."""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    glued = tokens[at].is_glued and following is not None and following.is_glued
    return glued and following is not None and not (following.word in VALUES or following.word in SHARES)


def is_denied(tokens: Tokens, at: int) -> bool:
    """Whether a word is said not to hold: keine Stichprobe, ohne jede Hochrechnung, Schätzungen sind nicht enthalten."""
    for step in (-1, 1):
        for place in range(at + step, at + step * (_NEAR + 1), step):
            if not 0 <= place < len(tokens) or tokens[place].word in BREAKS:
                break
            if tokens[place].word in NEGATIONS or tokens[place].word in DENIED:
                return True
    return False


_NEAR = 4  # tokens between a word and what denies it


def has_value_word(tokens: Tokens, at: int) -> bool:
    """Whether a word for the numbers of a table, or for what is measured, stands anywhere before."""
    return any(token.word in VALUES or token.word in MEASURED for token in tokens[:at])


def told_before_in(tokens: Tokens, at: int) -> bool:
    """Whether `in`, the next word before that is no adjective, stands at the start, after a break, or after a word for numbers."""
    place = at - 1
    while place > 0 and tokens[place].word in ADJECTIVES:
        place -= 1
    if place <= 0:
        return True
    earlier = tokens[place - 1]
    return any(earlier.word in words for words in (VALUES, MEASURED, BREAKS, CURRENCIES))


def is_counted_next(tokens: Tokens, at: int) -> bool:
    """Whether a noun follows that is counted (in 1.000 Kitas), or a length."""
    if at >= len(tokens):
        return False
    token = tokens[at]
    return token.word in LENGTHS or (token.is_capital and token.word not in CURRENCIES)


def heads(tokens: Tokens, at: int) -> bool:
    """Whether a noun heads a text or a part of it, and no sentence: at the start, behind the number of a table, behind a break."""
    if any(token.word in VERBS for token in tokens):
        return False
    place = at
    while place > 0 and (tokens[place - 1].is_number or tokens[place - 1].word in NUMBERED or tokens[place - 1].word in ARTICLES):
        place -= 1
    return what_precedes(tokens, place) in (Before.START, Before.BREAK)


def is_said_of_values(tokens: Tokens, at: int) -> bool:
    """Whether a noun says what the numbers are, wherever the text stands: Angaben als Anteile, Werte: Durchschnitt, Zahlen sind Quoten."""
    if len(tokens) == 1:
        return True
    before = what_precedes(tokens, at)
    named = before == Before.BREAK and at > 1 and tokens[at - 1].word in (":", "=") and tokens[at - 2].word in VALUES
    is_predicate = at > 1 and tokens[at - 1].word in ("sind", "are") and any(token.word in VALUES for token in tokens[:at])
    return named or is_predicate or before in (Before.IN, Before.VALUES)
