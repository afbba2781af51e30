"""Figures that are no level: index, average, change, cumulated, deflated, planned, a sample, a part of a year."""

from __future__ import annotations

from kkz_eval.deliveries.text.wording.statement import Hit, Kind, Statement
from kkz_eval.deliveries.text.wording.tokens import (
    NOT_OF_THE_NUMBERS,
    UNITS_STAND_THERE,
    Tokens,
    has_value_word,
    heads,
    is_denied,
    is_period,
    is_said_of_values,
    is_year,
    may_end,
    what_precedes,
)
from kkz_eval.deliveries.text.wording.vocabulary import FIGURES, LOOKED_INTO, MANY_YEARS, MONTHS, NEGATIONS, SHORT_PLANS, VERBS

_ENGLISH = ("change", "changes", "average", "averages")  # stand behind what they are of: three-year average


def figure(tokens: Tokens, at: int) -> Hit | None:
    """Index …, Mittelwerte, Veränderung zum Vorjahr; where they head a text, or say what the values are."""
    of, said_of_values = FIGURES[tokens[at].word], is_said_of_values(tokens, at)
    against = next((place for place in range(at + 1, min(at + 5, len(tokens))) if is_period(tokens[place])), None)
    if of == "change" and against is None and not may_end(tokens, at + 1):
        return None
    opens = at == 1 and tokens[0].word in ("im", "gleitender", "gleitende") and not any(token.word in VERBS for token in tokens)
    closes = tokens[at].word in _ENGLISH and may_end(tokens, at + 1) and not any(token.word in VERBS for token in tokens)
    if not (said_of_values or opens or closes or heads(tokens, at)):
        return None
    is_whole = of == "change" and at == 0 and against is not None and may_end(tokens, against + 1)
    return Hit(Statement(Kind.FIGURE, of=of, is_heading=not (said_of_values or is_whole)), at + 1)


def averaged(tokens: Tokens, at: int) -> Hit | None:
    """Monatsdurchschnitt, Fünfjahresmittel; an average over the year is what many contracts take."""
    said_of_values = is_said_of_values(tokens, at)
    told = said_of_values or heads(tokens, at)
    return Hit(Statement(Kind.FIGURE, of="average", is_heading=not said_of_values), at + 1) if told else None


def deflated(tokens: Tokens, at: int) -> Hit | None:
    """Preisbereinigt, saisonbereinigt, deflationiert."""
    negated = at > 0 and tokens[at - 1].word in NEGATIONS
    return None if negated else Hit(Statement(Kind.FIGURE, of="deflated"), at + 1)


def cumulated(tokens: Tokens, at: int) -> Hit | None:
    """Kumuliert, aufgelaufen."""
    negated = at > 0 and tokens[at - 1].word in NEGATIONS
    return None if negated else Hit(Statement(Kind.FIGURE, of="cumulated"), at + 1)


def _is_whole(tokens: Tokens, end: int) -> bool:
    """Whether a noun ends there, and is not explained by what follows (Ansatz: aufsuchend)."""
    return may_end(tokens, end) and (end >= len(tokens) or tokens[end].word not in ":=")


def plan(tokens: Tokens, at: int) -> Hit | None:
    """Planwerte, Haushaltsansatz 2016, Prognose; not: Plan und Ist."""
    said_of_values = is_said_of_values(tokens, at) and tokens[at].word not in SHORT_PLANS
    end = at + 1 + (at + 1 < len(tokens) and is_year(tokens[at + 1]))
    if is_denied(tokens, at) or not (said_of_values or (heads(tokens, at) and _is_whole(tokens, end))):
        return None
    return Hit(Statement(Kind.FIGURE, of="plan", is_heading=not said_of_values), end)


def sample(tokens: Tokens, at: int) -> Hit | None:
    """Stichprobe 10 %, 10-%-Stichprobe, Hochrechnung aus der Stichprobe; not: stichprobenartig geprüft."""
    looked_into = any(token.word.startswith(LOOKED_INTO) for token in tokens)
    sentence = any(token.word in VERBS for token in tokens) and not has_value_word(tokens, len(tokens))
    if looked_into or sentence or is_denied(tokens, at):
        return None
    return Hit(Statement(Kind.FIGURE, of="sample"), at + 1)


def part_of_year(tokens: Tokens, at: int) -> Hit | None:
    """1. Halbjahr 2016, Ausgaben im 3. Quartal; not: Stand 1. Quartal 2017."""
    if (
        at == 0
        or tokens[at - 1].value not in (1, 2, 3, 4)
        or any(token.word in VERBS or token.word in ("stand", "bericht", "seit", "ab") for token in tokens)
    ):
        return None
    before = what_precedes(tokens, at - 1)
    told = before in UNITS_STAND_THERE or (at > 1 and tokens[at - 2].word == "im")
    return Hit(Statement(Kind.FIGURE, of="part of a year", is_heading=True), at + 1) if told else None


def quarter(tokens: Tokens, at: int) -> Hit | None:
    """Q1 2016; not: the room Q1."""
    following = tokens[at + 1 : at + 3]
    told = len(following) == 2 and following[0].is_glued and following[0].value in (1, 2, 3, 4) and is_year(following[1])
    return Hit(Statement(Kind.FIGURE, of="part of a year", is_heading=True), at + 3) if told and heads(tokens, at) else None


def months(tokens: Tokens, at: int) -> Hit | None:
    """Januar bis Juni 2016; not: Januar bis Dezember 2016."""
    words = [token.word for token in tokens[at : at + 3]]
    if len(words) < 3 or words[1] not in ("bis", "-", ";", "/") or not words[2].startswith(MONTHS) or not heads(tokens, at):
        return None
    told = not (words[0].startswith("jan") and words[2].startswith("dez")) and may_end(tokens, at + 3)
    return Hit(Statement(Kind.FIGURE, of="part of a year", is_heading=True), at + 3) if told else None


def sum_of_years(tokens: Tokens, at: int) -> Hit | None:
    """Summe der Jahre 2014 bis 2016."""
    following = tokens[at + 1 : at + 4]
    told = any(token.word in MANY_YEARS for token in following) and heads(tokens, at)
    return Hit(Statement(Kind.FIGURE, of="cumulated", is_heading=True), at + 1) if told else None


def prices(tokens: Tokens, at: int) -> Hit | None:
    """In Preisen von 2010, zu konstanten Preisen."""
    earlier = tokens[at - 1].word if at > 0 else ""
    constant = earlier in ("konstanten", "constant") or (earlier == "in" and any(map(is_year, tokens[at + 1 : at + 4])))
    return Hit(Statement(Kind.FIGURE, of="deflated"), at + 1) if constant else None


def points(tokens: Tokens, at: int) -> Hit | None:
    """Veränderung in Prozentpunkten."""
    told = what_precedes(tokens, at) not in NOT_OF_THE_NUMBERS
    return Hit(Statement(Kind.FIGURE, of="change"), at + 1) if told else None
