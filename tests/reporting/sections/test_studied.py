"""Who was studied: those of other years are called by when they started, as seen from the group that is evaluated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kkz_eval.evaluation.plan import Comparison, Plan
from kkz_eval.indicators.catalogue import load_catalogue
from kkz_eval.line.sentences import held_fixed
from kkz_eval.model.texts import Language
from kkz_eval.reporting.document import Listing, Paragraph, plain
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.studied import studied_section

FOLDER = Path(__file__).parents[3] / "data_contracts"


def test_a_report_says_what_its_comparison_holds_fixed(inputs: ReportInputs) -> None:
    plan = Plan("p", (), (), comparison=Comparison(("kind",), ("q_PBG_bev:2007-2010", "q_PBG_bev:2011")))
    said = held_fixed(plan, load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml"))
    bare, shown = (
        [plain(block.parts) for block in studied_section(each, "de").blocks if isinstance(block, Paragraph)]
        for each in (inputs, replace(inputs, held_fixed=said))
    )
    kind, mean, one_year = (sentence for sentence in shown if sentence not in bare)
    assert kind.startswith("Verglichen wird nur innerhalb derselben Art: kreisfreie Städte mit kreisfreien Städten")
    assert "(Mittel von 2007 bis 2010)" in mean
    assert "Ausgangswert von 2011" in one_year
    assert set(bare) < set(shown)


@pytest.mark.parametrize(("evaluated", "said"), [(2012, "Später gestartet (1)"), (2018, "In einem anderen Jahr gestartet (1)")])
def test_nobody_who_started_before_the_group_that_is_evaluated_is_said_to_have_started_later(
    inputs: ReportInputs, evaluated: int, said: str
) -> None:
    section = studied_section(replace(inputs, treated_cohorts=(evaluated,)), "de")
    assert said in [plain(part.title) for part in section.sections[0].sections]


@pytest.mark.parametrize(
    ("language", "said"), [("de", "Kreis Dorn: nur zum Teil dabei"), ("en", "Kreis Dorn: takes part in part")]
)
def test_why_a_unit_is_left_out_is_said_in_the_language_of_the_page(inputs: ReportInputs, language: Language, said: str) -> None:
    *_, left_out = studied_section(inputs, language).sections[0].sections
    assert said in [plain(item) for block in left_out.blocks if isinstance(block, Listing) for item in block.items]
