"""What words beside a table say of its numbers: scale, share, rate, currency, kind of figure. No contracts, no findings.

A small grammar over tokens: what a word means stands in tables, whether it speaks of the numbers is told by its neighbours. `Tsd. EUR`
does, unless it is a quantity (`50 Tsd. EUR`); `Tausend` and `1.000` do only where a unit stands: after `in`, in brackets, after a comma,
alone. A text that speaks of a scale without saying which is UNCLEAR, not silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from kkz_eval.deliveries.text.wording import figures, rates, reservations, scales, shares, units
from kkz_eval.deliveries.text.wording.statement import Hit, Kind, Reader, Statement
from kkz_eval.deliveries.text.wording.tokens import Before, Token, Tokens, may_end, tokens_of, what_precedes
from kkz_eval.deliveries.text.wording.vocabulary import (
    AVERAGE_ENDS,
    BESIDE_MONEY,
    COUNTED,
    CUMULATED,
    CURRENCIES,
    DEFLATED,
    FIGURES,
    FULL_TIME,
    KNOWN,
    MONTHS,
    OTHER_UNITS,
    PARTS_OF_YEAR,
    PER,
    PERCENT,
    PLANS,
    PROVISIONAL,
    PURE_COUNT,
    SAMPLES,
    SHARE_ENDS,
    SHARES,
    SIZES,
    TREATED,
    UNCLEAR,
    VALUES,
)

_LONGEST = 2_000  # characters that are read together; a word is seen in the light of the whole text, which must not cost the square of it


@lru_cache(maxsize=8192)
def statements(text: str) -> tuple[Statement, ...]:
    """What a title, a header or a footnote says of numbers, in the order of the text; () for most."""
    if len(text) > _LONGEST:
        return tuple(dict.fromkeys(said for piece in _pieces(text) for said in statements(piece)))
    tokens = tokens_of(text)
    found: list[Statement] = []
    at = 0
    while at < len(tokens):
        read = _reader_of(tokens[at])
        hit = None if read is None else read(tokens, at)
        if hit is None:
            at += 1
        else:
            found += [] if hit.said is None else [hit.said]
            at = max(hit.end, at + 1)
    return tuple(dict.fromkeys(found))


def _pieces(text: str) -> Iterator[str]:
    """A long text, cut between words where there are any."""
    start = 0
    while start < len(text):
        limit = start + _LONGEST
        end = limit if limit >= len(text) else text.rfind(" ", start, limit) + 1 or limit
        yield text[start:end]
        start = end


@lru_cache(maxsize=1024)
def unit_statements(text: str) -> tuple[Statement, ...]:
    """The same of a text that is a unit and nothing else, where `1000`, `Tausend` and `%` need no context."""
    return statements(f"in {text.strip()}")


def _in(tokens: Tokens, at: int) -> Hit | None:
    """Angaben in Personen; Angaben in TE, which no table knows."""
    place = at + 1
    if place >= len(tokens) or _reader_of(tokens[place]) is not None or not may_end(tokens, place + 1):
        return None
    token = tokens[place]
    if place + 1 < len(tokens) and tokens[place + 1].word == "-" and tokens[place + 1].is_glued:  # in US-Dollar
        return None
    before = what_precedes(tokens, place)
    if before == Before.NEGATED and token.word in COUNTED and (at == 1 or any(earlier.word in VALUES for earlier in tokens[:at])):
        return Hit(Statement(Kind.COUNT, is_denied=True), place + 1)
    if before != Before.IN:
        return None
    if token.word in COUNTED:
        return Hit(Statement(Kind.COUNT, is_heading=True), place + 1)
    told = at == 0 or tokens[at - 1].word in VALUES
    other = token.word in OTHER_UNITS or _is_abbreviation(tokens, place, 4)
    return Hit(Statement(Kind.UNCLEAR), place + 1) if told and other else None


def _unit_named(tokens: Tokens, at: int) -> Hit | None:
    """Einheit: TE. What the tables know is read by itself."""
    if at + 1 >= len(tokens) or tokens[at + 1].word not in ":=":
        return None
    place = at + 2
    token = tokens[place] if place < len(tokens) else None
    if token is None or _reader_of(token) is not None or not may_end(tokens, place + 1):
        return None
    longest = 2 if tokens[at].word == "einheit" else 4  # the name of an office is no unit
    return Hit(Statement(Kind.UNCLEAR), place + 1) if _is_abbreviation(tokens, place, longest) else None


def _is_abbreviation(tokens: Tokens, at: int, longest: int) -> bool:
    """Whether a word is capitals that no table knows, among other words that are not."""
    token = tokens[at]
    among = any(other.word.isalpha() and not other.is_upper for other in tokens)
    return among and token.is_upper and len(token.word) <= longest and token.word not in KNOWN and token.word not in COUNTED


def _reader_of(token: Token) -> Reader | None:
    """What reads a statement that begins with a token; None for most words."""
    if token.is_number:
        return scales.number
    read = _READERS.get(token.word)
    if read is None and token.word.endswith(SHARE_ENDS):
        return shares.share
    is_average = token.word.endswith(AVERAGE_ENDS) and not token.word.startswith("jahres")
    if read is None and token.is_capital and token.word.startswith(MONTHS):
        return figures.months
    return figures.averaged if read is None and is_average else read


_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(SIZES, scales.scale),
    **dict.fromkeys(BESIDE_MONEY, scales.letter),
    **dict.fromkeys(CURRENCIES, units.currency),
    **dict.fromkeys(PERCENT, shares.percent),
    **dict.fromkeys(SHARES, shares.share),
    **dict.fromkeys(FIGURES, figures.figure),
    **dict.fromkeys(PLANS, figures.plan),
    **dict.fromkeys(SAMPLES, figures.sample),
    **dict.fromkeys(PROVISIONAL, reservations.provisional),
    **dict.fromkeys(TREATED, reservations.treated),
    **dict.fromkeys(PARTS_OF_YEAR, figures.part_of_year),
    **dict.fromkeys(FULL_TIME, reservations.full_time),
    **dict.fromkeys(("summe", "sum"), figures.sum_of_years),
    "q": figures.quarter,
    **dict.fromkeys(("preisen", "preise", "prices"), figures.prices),
    **dict.fromkeys(CUMULATED, figures.cumulated),
    **dict.fromkeys(UNCLEAR, reservations.unclear),
    **dict.fromkeys(("nullen", "stellen"), reservations.zeros_left_out),
    **dict.fromkeys(DEFLATED, figures.deflated),
    **dict.fromkeys(PER, rates.per),
    **dict.fromkeys(PURE_COUNT, units.count),
    **dict.fromkeys(("x", "*", "mal", "times"), scales.times),
    **dict.fromkeys(("auf", "to", "von"), rates.upon),
    **dict.fromkeys(("durch", "by"), scales.divided),
    **dict.fromkeys(("faktor", "factor", "multiplikator"), scales.by_factor),
    **dict.fromkeys(("v", "vom"), shares.of_hundred),
    **dict.fromkeys(("relative", "relativer"), shares.relative),
    **dict.fromkeys(("prozentpunkt", "prozentpunkte", "prozentpunkten"), figures.points),
    **dict.fromkeys(("einheit", "masseinheit", "mengeneinheit", "dimension", "unit"), _unit_named),
    "/": rates.slash,
    "e": scales.exponent,
    "in": _in,
}
