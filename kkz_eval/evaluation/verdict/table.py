"""A verdict as a row of the results' table of verdicts. Not how it came about."""

from __future__ import annotations

from kkz_eval.evaluation.verdict import say
from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.evaluation.verdict.rules import Rules
from kkz_eval.evaluation.verdict.sentences import rating_sentence, verdict_sentence
from kkz_eval.model.texts import Joined, Language, Localised

UNIT_OF_PANEL = say("unit_of_panel")
"""The unit in sentences on a panel, which names none."""
UNIT_OF_LOGARITHMS = say("unit_of_logarithms")
"""The same of an outcome that is compared in logarithms."""


def verdict_record(
    verdict: Verdict, rules: Rules, *, question: str, indicator: str, unit: Localised, decimals: int, language: Language
) -> dict[str, object]:
    """The row: columns as in results.VERDICT_COLUMNS; message: verdict and rating in words of that language."""
    said = Joined((verdict_sentence(verdict, rules, unit, decimals), rating_sentence(verdict)), " ")
    return {
        "question": question,
        "indicator": indicator,
        "verdict": verdict.code.value,
        "form": verdict.written_form,
        "row": verdict.row,
        "rating": verdict.rating.value,
        **{domain.name: domain.level.value for domain in verdict.domains},
        "message": said.in_language(language),
    }
