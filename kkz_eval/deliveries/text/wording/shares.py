"""Shares: in Prozent, v. H., Anteil der Kinder, relative Häufigkeit. A share from 0 to 1 is a number that scales.py reads."""

from __future__ import annotations

from kkz_eval.deliveries.text.wording.statement import Hit, Kind, Statement
from kkz_eval.deliveries.text.wording.tokens import (
    NOT_OF_THE_NUMBERS,
    Before,
    Tokens,
    heads,
    is_said_of_values,
    may_end,
    what_precedes,
)
from kkz_eval.deliveries.text.wording.vocabulary import PERCENT


def percent(tokens: Tokens, at: int) -> Hit | None:
    """Prozent, %, Promille."""
    return percent_at(tokens, at, at + 1, PERCENT[tokens[at].word])


def percent_at(tokens: Tokens, at: int, end: int, whole: int) -> Hit | None:
    """In Prozent, (%), Anteil %; not 30 Prozent."""
    before = what_precedes(tokens, at)
    is_explained = end < len(tokens) and tokens[end].word == "="  # a legend
    if before in NOT_OF_THE_NUMBERS or is_explained:
        return Hit(None, end)
    heads = before == Before.START and end < len(tokens) and tokens[end].word in ("der", "aller", "des", "von", "an", "of")
    told = before == Before.IN or heads or may_end(tokens, end)
    return Hit(Statement(Kind.SHARE, whole), end) if told else None


def of_hundred(tokens: Tokens, at: int) -> Hit | None:
    """v. H., v. T., vom Hundert, vom Tausend."""
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    letters = {"h": 100, "t": 1000} if tokens[at].word == "v" else {"hundert": 100, "tausend": 1000}
    return percent_at(tokens, at, at + 2, letters[following]) if following in letters else None


def share(tokens: Tokens, at: int) -> Hit | None:
    """Anteil der Kinder, Übergangsquote; relative Häufigkeit; Werte sind Anteile."""
    said_of_values = is_said_of_values(tokens, at)
    if not said_of_values and (not heads(tokens, at) or tokens[at].word.endswith(("angabe", "angaben"))):
        return None
    return Hit(Statement(Kind.SHARE, is_heading=not said_of_values), at + 1)


def relative(tokens: Tokens, at: int) -> Hit | None:
    """Relative Häufigkeit, relative Werte."""
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    return share(tokens, at) if following.startswith(("haeufigkeit", "frequenc", "anteil", "werte", "zahlen")) else None
