"""What several parts of the page of a municipality are written with: words for what a delivery says, columns, nothing. No sections."""

from __future__ import annotations

from collections.abc import Sequence

from kkz_eval.indicators.offers import Answers
from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import (
    Column,
    Parts,
    Quoted,
)
from kkz_eval.reporting.inputs import in_language
from kkz_eval.reporting.returned.values import DatasetReturn, Returned

NOTHING = "–"


def yes_said(answers: Answers, language: Language) -> str:
    return say("returned.unknown" if not answers.of else "returned.yes" if answers.yes else "returned.no").in_language(language)


def code_said(returned: Returned, key: str, language: Language) -> Quoted:
    return Quoted(in_language(returned.labels[key], language, key))


def title_of(row: DatasetReturn, language: Language) -> Parts:
    return (Quoted(in_language(row.title, language, row.dataset)),)


def columns_of(keys: Sequence[str], language: Language, numbers_from: int | None = None) -> tuple[Column, ...]:
    """Columns by their keys; from a place on they hold numbers."""
    return tuple(
        Column(
            say(f"returned.column.{key}").in_language(language),
            "number" if numbers_from is not None and place >= numbers_from else "text",
        )
        for place, key in enumerate(keys)
    )
