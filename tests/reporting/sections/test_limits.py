"""What a report can't tell, and how often its comparison errs where worlds with a known truth were compared likewise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.evaluation.plan import Comparison
from kkz_eval.evaluation.verdict.study import studied_as, study_of_comparisons
from kkz_eval.model.texts import LANGUAGES, Language
from kkz_eval.reporting import claims, numbers
from kkz_eval.reporting.document import Listing, Paragraph, plain
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.limits import limits_section


def said(inputs: ReportInputs) -> list[str]:
    return [plain(block.parts) for block in limits_section(inputs, "de").blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize(
    ("comparison", "studied"),
    [
        (Comparison(), "two_way"),
        (Comparison(within=("kind",)), "kind"),
        (Comparison(adjust=("q_PBG_bev:2007-2010",)), "need"),
        (Comparison(("kind",), ("sgbii_quote:2007-2010",)), "kind_and_need"),
        (Comparison(("government_district",)), None),
        (Comparison(("kind",), ("q_alo:2010",)), None),
        (Comparison(("kind",), ("q_PBG_bev:2010", "q_alo:2010")), None),
    ],
)
def test_a_plan_is_told_what_was_found_of_its_own_comparison(comparison: Comparison, studied: str | None) -> None:
    assert studied_as(comparison) == studied


def test_a_comparison_that_was_not_studied_says_nothing_of_it(inputs: ReportInputs) -> None:
    assert said(replace(inputs, studied_as=None)) == []


@pytest.mark.parametrize("comparison", ["two_way", "kind", "need"])
def test_the_share_of_errors_is_that_of_the_study(inputs: ReportInputs, comparison: str) -> None:
    (sentence,) = said(replace(inputs, studied_as=comparison))
    percent = f"{100 * study_of_comparisons().largest_size(comparison):.0f}"
    assert f"in bis zu {percent} Prozent der Fälle" in sentence
    assert "simulierte Vergleiche" in sentence


def test_the_chosen_comparison_names_what_the_others_would_do(inputs: ReportInputs) -> None:
    (sentence,) = said(replace(inputs, studied_as="kind_and_need"))
    low, high = study_of_comparisons().law_sizes()
    assert f"in {100 * low:.0f} bis {100 * high:.0f} Prozent" in sentence
    assert f"bis zu {100 * study_of_comparisons().largest_size('two_way'):.0f} Prozent" in sentence


def test_it_says_beside_it_what_the_audit_found_on_the_series_of_the_report(inputs: ReportInputs) -> None:
    studied = replace(inputs, studied_as="kind_and_need")
    sizes = [one.evidence.audit_size for one in inputs.verdicts.values() if one.evidence.role != "context"]
    largest = max(size for size in sizes if size is not None)
    (sentence,) = said(studied)
    assert f"bis zu {numbers.measured('x', 100 * largest, 1, 'de').text} Prozent; unter „Wie belastbar" in sentence
    (untried,) = said(replace(studied, verdicts={}))
    assert "Reihen dieses Berichts selbst" not in untried


@pytest.mark.parametrize("comparison", ["two_way", "kind", "need", "kind_and_need"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_it_claims_too_much(inputs: ReportInputs, comparison: str, language: Language) -> None:
    section = limits_section(replace(inputs, studied_as=comparison), language)
    texts = [plain(block.parts) for block in section.blocks if isinstance(block, Paragraph)]
    texts += [plain(item) for block in section.blocks if isinstance(block, Listing) for item in block.items]
    assert [hit for text in texts for hit in claims.find(text)] == []
