"""The lint of claims: what it must find, and what it must let pass."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from kkz_eval.model.texts import LANGUAGES, Language, Wording, catalogue
from kkz_eval.reporting import claims
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.document import Figure

HITS = [
    ("Das Programm wirkt.", "causal"),
    ("Kein Kind zurücklassen bewirkte einen Rückgang.", "causal"),
    ("Die Zahlen beweisen den Erfolg.", "causal"),
    ("Prävention ist wirksam.", "causal"),
    ("Das Pro\u00adgramm wi\u00adrkt.", "causal"),
    ("Dank des Programms sank die Quote.", "causal"),
    ("Das Programm hat eine positive Wirkung.", "causal"),
    ("Es gab keinen Effekt.", "no_effect"),
    ("Das Programm hat keine messbare Wirkung.", "no_effect"),
    ("Prävention lohnt sich.", "value"),
    ("Dass sich das Programm lohnt, ist klar.", "value"),
    ("Jede Kommune spart 3 Millionen Euro.", "value"),
    ("So wurden 200 Euro eingespart.", "value"),
    ("Der Unterschied ist hochsignifikant.", "jargon"),
    ("Mit 95 % Wahrscheinlichkeit, dass der Wert sank.", "probability"),
    ("Mit einer Wahrscheinlichkeit von 95 Prozent sank der Wert.", "probability"),
    ("Kindern in Modellkommunen geht es besser.", "children"),
    ("Das hilft Kindern.", "children"),
    ("Die erfolgreichste Kommune liegt am Rhein.", "ranking"),
    ("In ganz NRW gilt dasselbe.", "transfer"),
    ("Beide Gruppen sind vergleichbar.", "balance"),
    ("The programme works.", "causal"),
    ("This proves it.", "causal"),
    ("The programme reduced the rate.", "causal"),
    ("There was no effect.", "no_effect"),
    ("Prevention pays off.", "value"),
    ("It saves 3 million euros.", "value"),
    ("The difference is significant.", "jargon"),
    ("There is a 95% probability that it fell.", "probability"),
    ("Children in model towns are better off.", "children"),
    ("The best municipality is in the west.", "ranking"),
    ("This holds throughout North Rhine-Westphalia.", "transfer"),
    ("The groups are comparable.", "balance"),
]

ALLOWED = [
    "Viele Stellen können mitwirken; die Stadt hat mitgewirkt.",
    "Ob das Programm eine Wirkung hat, lässt sich damit nicht sagen.",
    "Ob es einen Unterschied gibt, lässt sich damit nicht sagen.",
    "Kein Kind zurücklassen! Kommunen in NRW beugen vor",
    "Kinder unter 3 Jahren in Tagesbetreuung",
    "Der vereinbare Bereich reicht von 1 bis 2.",
    "Über einzelne Kinder sagen sie nichts.",
    "Auf ganz NRW lassen sich die Ergebnisse nicht übertragen.",
    "Vergleichsgruppe",
    "Die Jugendämter sparten nicht an Papier.",
    "The office works with schools.",
    "From birth to the start of working life, from school to work.",
    "They say nothing about single children.",
    "Networking of institutions",
    "Waren die Gruppen vergleichbar?",
    "Nicht vergleichbar, deshalb kein Urteil.",
    "Not comparable, hence no verdict.",
    "The lines are those of the What Works Clearinghouse.",
]


@pytest.mark.parametrize(("sentence", "reason"), HITS)
def test_forbidden_claims_are_found(sentence, reason):
    assert reason in {hit.reason for hit in claims.find(sentence)}


@pytest.mark.parametrize("sentence", ALLOWED)
def test_honest_sentences_pass(sentence):
    assert claims.find(sentence) == ()


def test_an_exception_holds_for_its_own_sentence_only():
    said = "Eine Wirkung lässt sich nicht zeigen. Das Programm hat keine Wirkung."
    assert [hit.sentence for hit in claims.find(said)] == ["Das Programm hat keine Wirkung."]


def test_results_of_single_units_are_found_by_name():
    names = ("Hamm", "Unna")
    assert claims.find("In Hamm ist die Quote gesunken.", names)[0].reason == "single_unit"
    assert claims.find("Hamm", names) == ()
    assert claims.find("Die Quote ist gesunken.", names) == ()


def test_a_text_of_the_plan_that_claims_too_much_is_named(inputs):
    changed = replace(inputs, texts={**inputs.texts, "question": {"de": "Das Programm wirkt.", "en": "It works."}})
    with pytest.raises(claims.ForbiddenTextError) as raised:
        build_document(changed, "de")
    assert raised.value.sentence.in_language("de") == (
        "Der Text „texts.question“ sagt mehr, als die Auswertung trägt: „wirkt“ (behauptet eine Ursache). "
        "Bitte umformulieren; es wurde kein Bericht geschrieben."
    )


def test_a_claim_that_comes_with_a_reason_stops_the_document(inputs):
    claim = "dort wirkt das Programm schon"
    why = {unit: Wording({"de": claim, "en": claim}) for unit in inputs.why_left_out}
    assert why
    with pytest.raises(claims.ForbiddenClaimError):
        build_document(replace(inputs, why_left_out=why), "de")


def test_finished_reports_are_free_of_forbidden_claims(page, inputs):
    _, document, _ = page
    claims.check_document(document, set(inputs.groups["name"]))


def test_without_its_figure_even_the_question_of_balance_is_a_claim(inputs):
    document = build_document(inputs, "de")
    without = tuple(
        replace(
            section,
            blocks=tuple(block for block in section.blocks if not isinstance(block, Figure)),
            sections=tuple(part for part in section.sections if part.identifier != "trend"),  # the checklist leads to the figure
        )
        for section in document.sections
    )
    with pytest.raises(claims.ForbiddenClaimError, match="balance: “vergleichbar”"):
        claims.check_document(replace(document, sections=without))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "package", ["kkz_eval.reporting", "kkz_eval.evaluation.verdict", "kkz_eval.evaluation", "kkz_eval.indicators"]
)
def test_no_sentence_of_a_catalogue_that_a_report_may_quote_claims_too_much(package: str, language: Language) -> None:
    """What a report can't show is left out: errors that end a run before it, and the reasons of this very lint."""
    sentences = {
        key: text for key, text in catalogue(package, language).items() if not key.startswith(("claims.", "errors.", "problems."))
    }
    said = {key: re.sub(r"\{\w+\}", "7", text) for key, text in sentences.items()}
    assert {key: hits for key, text in said.items() if (hits := claims.find(text))} == {}
