"""What makes numbers unclear or provisional: vorläufig, gewichtet, Vollzeitäquivalente, drei Nullen weggelassen."""

from __future__ import annotations

from kkz_eval.deliveries.text.wording.statement import Hit, Kind, Statement
from kkz_eval.deliveries.text.wording.tokens import Tokens, heads, is_denied, is_said_of_values, may_end
from kkz_eval.deliveries.text.wording.vocabulary import CUT, NEGATIONS, RESULTS, VALUES


def provisional(tokens: Tokens, at: int) -> Hit | None:
    """Vorläufige Zahlen, Werte geschätzt, Schätzung; not: vorläufige Schutzmaßnahmen, Zahlen in Klammern geschätzt, e = geschätzt."""
    return _of_results(tokens, at, Kind.PROVISIONAL)


def treated(tokens: Tokens, at: int) -> Hit | None:
    """Gewichtete Ergebnisse, Werte standardisiert; not: standardisierte Untersuchung."""
    return _of_results(tokens, at, Kind.UNCLEAR)


def _of_results(tokens: Tokens, at: int, kind: Kind) -> Hit | None:
    """A statement where a word that is said of many things is said of numbers. Alone, it may explain the mark of some of them."""
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    of_values = following in VALUES or following in RESULTS or may_end(tokens, at + 1)
    said_of_values = is_said_of_values(tokens, at) and len(tokens) > 1
    explained = at > 0 and (tokens[at - 1].word == "=" or (tokens[at - 1].word == ":" and tokens[at - 2].word not in VALUES))
    if not of_values or explained or not (said_of_values or heads(tokens, at)) or is_denied(tokens, at):
        return None
    return Hit(Statement(kind, is_heading=not said_of_values), at + 1)


def full_time(tokens: Tokens, at: int) -> Hit | None:
    """VZÄ, Angaben in Vollzeitäquivalenten, Stellen (Vollzeitäquivalente)."""
    said_of_values = is_said_of_values(tokens, at)
    told = said_of_values or (heads(tokens, at) and may_end(tokens, at + 1))
    return Hit(Statement(Kind.UNCLEAR, is_heading=not said_of_values), at + 1) if told and not is_denied(tokens, at) else None


def zeros_left_out(tokens: Tokens, at: int) -> Hit | None:
    """Drei Nullen weggelassen, um drei Stellen gekürzt; not: führende Nullen."""
    counted = at > 0 and (tokens[at - 1].is_number or tokens[at - 1].word in ("zwei", "drei", "sechs", "letzten"))
    are_cut = tokens[at].word == "nullen" or any(token.word in CUT for token in tokens)  # Stellen are jobs, too
    return Hit(Statement(Kind.UNCLEAR), at + 1) if counted and are_cut else None


def unclear(tokens: Tokens, at: int) -> Hit | None:
    """A word for a scale that does not say which; not where it is denied."""
    negated = at > 0 and tokens[at - 1].word in NEGATIONS
    return None if negated else Hit(Statement(Kind.UNCLEAR), at + 1)
