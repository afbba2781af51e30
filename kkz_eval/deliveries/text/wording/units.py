"""Units that contracts take: a currency, a count."""

from __future__ import annotations

from kkz_eval.deliveries.text.wording.statement import Hit, Kind, Statement
from kkz_eval.deliveries.text.wording.tokens import (
    NOT_OF_THE_NUMBERS,
    Before,
    Tokens,
    is_year,
    may_end,
    told_before_in,
    what_precedes,
)
from kkz_eval.deliveries.text.wording.vocabulary import ABSOLUTE, CURRENCIES, IN, OPENING, VALUES


def currency(tokens: Tokens, at: int) -> Hit | None:
    """In Euro, (DM), Angaben €; €m and EURm are scales."""
    named, before, ends = CURRENCIES[tokens[at].word], what_precedes(tokens, at), may_end(tokens, at + 1)
    is_explained = at + 1 < len(tokens) and tokens[at + 1].word == "="  # a legend
    if before == Before.NEGATED and tokens[at - 1].word in IN and ends:
        return Hit(Statement(Kind.CURRENCY, of=named, is_denied=True), at + 1)
    if before in NOT_OF_THE_NUMBERS or is_explained:
        return None
    if before == Before.IN:
        of_year = at > 1 and is_year(tokens[at - 2]) and ends  # 2016 in Euro
        told = told_before_in(tokens, at) or of_year or named != "EUR"
    else:
        opened = at > 0 and tokens[at - 1].word in OPENING
        told = ends and (before in (Before.START, Before.VALUES, Before.YEAR) or opened or named != "EUR")
    return Hit(Statement(Kind.CURRENCY, of=named), at + 1) if told else None


def count(tokens: Tokens, at: int) -> Hit | None:
    """Anzahl, Angaben absolut; nicht absolut."""
    before = what_precedes(tokens, at)
    if before == Before.NEGATED and tokens[at].word in ABSOLUTE:
        of_values = at + 1 < len(tokens) and tokens[at + 1].word in VALUES and may_end(tokens, at + 2)
        return Hit(Statement(Kind.COUNT, is_denied=True), at + 1) if of_values or may_end(tokens, at + 1) else None
    return None if before in (*NOT_OF_THE_NUMBERS, Before.OTHER) else Hit(Statement(Kind.COUNT, is_heading=True), at + 1)
