"""Rates and rounding, which both name a base: je 1.000 Einwohner, pro Kopf, EUR/Einwohner, Betrag / 1.000, auf volle Tausend gerundet."""

from __future__ import annotations

from kkz_eval.deliveries.text.wording.scales import factor_at, is_scale, money_at
from kkz_eval.deliveries.text.wording.shares import percent_at
from kkz_eval.deliveries.text.wording.statement import Hit, Kind, Statement
from kkz_eval.deliveries.text.wording.tokens import Before, Tokens, is_year, may_end, what_precedes
from kkz_eval.deliveries.text.wording.vocabulary import (
    ADJECTIVES,
    COUNTED,
    CURRENCIES,
    MEASURED,
    NEGATIONS,
    PER_WHAT,
    PLACES_OF_NUMBERS,
    ROUNDING,
    SIZES,
    VERBS,
)


def _base(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """(size, index behind it) of the number that a rate or a rounding names: 1.000, Tausend, volle Hundert, Tsd."""
    place = at
    while place < len(tokens) and (tokens[place].word in ADJECTIVES or tokens[place].word in ("-", "je")):
        place += 1
    read = factor_at(tokens, place)
    if read is not None:
        return read if is_scale(read[0]) else None
    size = SIZES.get(tokens[place].word) if place < len(tokens) else None
    return None if size is None or size < 1 else (size, place + 1)


def _multiple(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """The same of a number that is no power of ten: gerundet auf 5, auf ein Vielfaches von 3; not: auf 2 Stellen."""
    number = tokens[at] if at < len(tokens) else None
    behind = tokens[at + 1].word if at + 1 < len(tokens) else ""
    if number is None or number.value is None or number.value < 2 or is_year(number) or behind.startswith(PLACES_OF_NUMBERS):
        return None
    return float(number.value), at + 1


def _per_what(tokens: Tokens, at: int) -> bool:
    return any(token.word in PER_WHAT for token in tokens[at : at + 4])


def per(tokens: Tokens, at: int) -> Hit | None:
    """Je 1.000 Einwohner, pro Kopf, per cent, pro mille."""
    if at > 0 and tokens[at - 1].word in NEGATIONS:
        return None
    place = at + 1
    while place < len(tokens) and tokens[place].word == "-":
        place += 1
    word = tokens[place].word if place < len(tokens) else ""
    if word in ("cent", "mille", "mill"):
        return percent_at(tokens, at, place + 1, 100 if word == "cent" else 1000)
    base = _base(tokens, place)
    if base is not None:
        return Hit(Statement(Kind.RATE, base[0]), base[1]) if base[0] >= 100 else None
    if word in ("kopf", "capita"):
        return Hit(Statement(Kind.RATE, 1), place + 1)
    before = what_precedes(tokens, at)
    money = before in (Before.START, Before.CURRENCY, Before.VALUES) or (
        bool(tokens) and tokens[0].word in MEASURED - COUNTED and not any(token.word in VERBS for token in tokens)
    )
    money |= before == Before.MEASURED and may_end(tokens, place + 1)
    return Hit(Statement(Kind.RATE, 1), place + 1) if word in PER_WHAT and money else None


def slash(tokens: Tokens, at: int) -> Hit | None:
    """Betrag / 1.000; EUR/Einwohner."""
    if at == 0 or tokens[at - 1].is_number:
        return None
    if at + 1 < len(tokens) and tokens[at + 1].word in PER_WHAT and tokens[at - 1].word in CURRENCIES:
        return Hit(Statement(Kind.RATE, 1), at + 2)
    read = factor_at(tokens, at + 1)
    if read is None or not is_scale(read[0]):
        return None
    if _per_what(tokens, read[1]):
        return Hit(Statement(Kind.RATE, read[0]), read[1])
    return Hit(Statement(Kind.SCALE, read[0]), read[1]) if may_end(tokens, read[1]) else None


def upon(tokens: Tokens, at: int) -> Hit | None:
    """Auf volle Tausend gerundet; auf 1.000 Einwohner; Von 100 Kindern …"""
    rounds = any(token.word.startswith(ROUNDING) for token in tokens)
    base = _base(tokens, at + 1) or (_multiple(tokens, at + 1) if rounds else None)
    if base is None:
        return None
    size, end = base
    if rounds:
        negated = any(token.word in NEGATIONS for token in tokens)
        return Hit(None if negated else Statement(Kind.ROUNDED, size), money_at(tokens, end).end)
    of_values = what_precedes(tokens, at) in (
        Before.START,
        Before.BREAK,
        Before.VALUES,
        Before.MEASURED,
    )  # not: Ausbau auf 100 Plätze
    told = of_values if tokens[at].word == "auf" else tokens[at].word == "von" and at == 0
    return Hit(Statement(Kind.RATE, size), end) if told and size >= 100 and _per_what(tokens, end) else None
