"""How often a comparison errs without any programme, in a sentence: the largest over the outcomes on which a finding rests."""

from __future__ import annotations

import pandas as pd
import pytest

from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.results import AUDIT_COLUMNS, result_frame
from kkz_eval.line.audits import Tried, tried


@pytest.fixture(scope="module")
def plan() -> Plan:
    return parse_plan(
        {
            "plan_version": 1,
            "id": "small",
            "outcomes": [{"indicator": "a", "role": "primary"}, {"indicator": "b"}, {"indicator": "c", "role": "context"}],
            "estimators": [{"id": "twfe", "method": "twfe"}],
            "comparison": {"within": ["kind"]},
            "audit": {"strata": ["kind"]},
            "specifications": [{"id": "all", "comparison": {}}],
        },
        "small",
    )


def _rows(*rows: tuple[str, str, str, float | None]) -> pd.DataFrame:
    cells = [
        {"indicator": name, "form": form, "within": within, "size": size, "status": "refused" if size is None else "ok"}
        for name, form, within, size in rows
    ]
    return result_frame(cells, AUDIT_COLUMNS)


def _said(one: Tried) -> str:
    return one.sentence.in_language("de")


def test_the_largest_size_of_each_comparison_counts_and_context_does_not(plan: Plan) -> None:
    rows = [("a", "full", "kind", 0.051), ("b", "full", "kind", 0.0746), ("c", "full", "kind", 0.9), ("a", "blind", "", 0.39)]
    full, blind, other = tried(_rows(*rows), plan)
    assert (full.size, full.indicator, full.own, full.form) == (0.0746, "b", True, "full")
    assert (blind.size, blind.own, other.size, other.own) == (None, True, 0.39, False)
    assert "höchstens 7,5 Prozent der Fälle an (b); das trägt" in _said(full)
    assert "anderer Vergleich (konstant: nichts)" in _said(other)
    assert "39,0 Prozent der Fälle an (a): mehr als die erlaubten 10 Prozent" in _said(other)


@pytest.mark.parametrize(
    ("size", "part"),
    [(0.075, "das trägt"), (0.0751, "das senkt die Bewertung"), (0.1001, "Diese Zielgröße ist nicht vergleichbar")],
)
def test_the_limits_are_those_of_the_verdict(plan: Plan, size: float, part: str) -> None:
    assert part in _said(next(tried(_rows(("a", "full", "kind", size)), plan)))


def test_what_cannot_be_told_is_no_pass(plan: Plan) -> None:
    none = next(tried(_rows(("a", "full", "kind", None)), plan))
    some = next(tried(_rows(("a", "full", "kind", None), ("b", "full", "kind", 0.05)), plan))
    assert "Bestanden ist das nicht" in _said(none)
    assert "Bei 1 von 2 Prüfungen lässt es sich nicht sagen" in _said(some)
