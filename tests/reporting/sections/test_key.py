"""What is said first of all: where the years before the start were not tested, the finding says so itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.reporting.document import Paragraph, plain
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.key import key_section

UNTESTED = "Ob sich beide Gruppen vor dem Start gleich entwickelten, wurde nicht geprüft."


def findings(inputs: ReportInputs) -> list[str]:
    blocks = key_section(inputs, "de").blocks
    return [plain(block.parts) for block in blocks if isinstance(block, Paragraph) and block.kind == "finding"]


def test_a_finding_whose_years_before_were_not_tested_says_so(inputs: ReportInputs, verdict: Callable[..., Verdict]) -> None:
    untested = {name: verdict(slope_p=None) for name in inputs.verdicts}
    with_tests, without = findings(inputs), findings(replace(inputs, tests=inputs.tests.iloc[:0], verdicts=untested))
    assert any(UNTESTED not in said for said in with_tests)
    assert without
    rated = [said for said in without if "Risiko einer Verzerrung:" in said]
    assert rated
    assert [said for said in rated if UNTESTED not in said] == []


def test_what_a_finding_rests_on_is_folded_below(inputs: ReportInputs) -> None:
    section = key_section(inputs, "de")
    (below,) = section.sections
    assert below.kind == "technical"
    assert [said for said in findings(inputs) if "Grundlage:" in said or "standardisierte Differenz" in said] == []
    said = [plain(block.parts) for block in below.blocks if isinstance(block, Paragraph)]
    assert any("Grundlage:" in one and "standardisierte Differenz" in one for one in said)


def test_that_the_groups_were_far_apart_before_stands_in_the_finding(inputs: ReportInputs) -> None:
    apart = "Schon vor dem Start lagen beide Gruppen weit auseinander."
    assert any(apart in said for said in findings(inputs))
    assert not any(apart in said for said in findings(replace(inputs, balance=inputs.balance.iloc[:0])))


def test_what_was_known_when_the_plan_was_written_stands_beside_the_findings(inputs: ReportInputs) -> None:
    known = {"de": "Ergebnisse einer früheren Fassung waren bekannt.", "en": "Results of an earlier version were known."}
    blocks = key_section(replace(inputs, texts={**inputs.texts, "earlier_version": known}), "de").blocks
    assert known["de"] in [plain(block.parts) for block in blocks if isinstance(block, Paragraph)]


def test_what_the_check_of_the_methods_says_stands_beside_the_finding(inputs: ReportInputs) -> None:
    said = "Das Ergebnis hängt vom Verfahren ab"
    strict, lenient = (findings(replace(inputs, checks=replace(inputs.checks, agreement=limit))) for limit in (0.0, 1e9))
    assert any(said in one for one in strict)
    assert not any(said in one for one in lenient)
