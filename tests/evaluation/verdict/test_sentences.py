"""What people read of a verdict: its sentence by form, the rating, a sentence for each domain, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.evaluation.verdict.decide import verdict_of
from kkz_eval.evaluation.verdict.evidence import BreakState, Evidence, LockState, NegativeControl
from kkz_eval.evaluation.verdict.rules import CONDITIONS, Form, rules
from kkz_eval.evaluation.verdict.sentences import domain_sentence, rating_sentence, verdict_sentence, verdict_word, why_word
from kkz_eval.model.texts import LANGUAGES, Language, Wording

POINTS = Wording({"de": "Prozentpunkte", "en": "percentage points"})


def said(evidence: Evidence, language: Language = "de") -> str:
    return verdict_sentence(verdict_of(evidence, rules()), rules(), POINTS, 1).in_language(language)


COMPATIBLE = (
    "Die Daten sind mit −2,6 ebenso vereinbar wie mit −0,5 (Prozentpunkte). Ob es einen Unterschied gibt, lässt sich damit "
    "nicht sagen."
)
FAILED = "Nicht zu unterscheiden: Für sich allein betrachtet brächte der Zufall einen so großen Unterschied selten hervor (p = 0,004), doch "
SAID = [
    (
        {"sources_mixed": None},
        "Kein Urteil: Ob der Vergleich trägt, wurde für diesen Plan nicht geprüft. Es fehlt: ob alle Werte aus einer Quelle stammen.",
    ),
    ({"role": "context"}, "Kein Urteil: Die Kennzahl beschreibt das Umfeld und ist kein Ergebnis des Programms."),
    (
        {"exposed_years": 1, "first_year": 2026},
        "Kein Urteil, noch zu früh: Jahre, in denen Angebote des Programms in dieser Kennzahl zu sehen sein können, gibt es bisher 1; "
        "nötig sind 2. Mit den Zahlen für 2026 ist ein Urteil frühestens möglich.",
    ),
    ({"coverage_share": 0.847}, "Kein Urteil: Nur 84,7 Prozent der Werte liegen vor; nötig sind 90 Prozent."),
    (
        {"smallest_p": 0.02},
        "Kein Urteil: Beide Gruppen hätten auf zu wenige Arten gebildet werden können. Auch der größtmögliche Unterschied ergäbe nur "
        "p = 0,080 (auf die Zahl der Hauptergebnisse umgerechnet); nötig wäre höchstens 0,05.",
    ),
    (
        {"audit_size": 0.2},
        "Nicht vergleichbar, deshalb kein Urteil: Dieselbe Rechnung fände auch ohne Programm in 20,0 von hundert Fällen einen Unterschied; "
        "hinnehmbar sind 10.",
    ),
    (
        {"slope_p": 0.0004, "slope_bias": 1.5},
        "Nicht vergleichbar, deshalb kein Urteil: Setzte sich nur fort, wie beide Gruppen schon vor dem Start auseinanderliefen, ergäbe "
        "das 1,50-mal den kleinsten Unterschied, den dieser Vergleich meist erkennt (p < 0,001).",
    ),
    *(
        (
            {
                "negative_controls": (NegativeControl(name, 0.012, same_sign=True, size_ratio=0.8),),
                "titles": {"births": Wording({"de": "Geburten"})},
            },
            f"Nicht vergleichbar, deshalb kein Urteil: Auch {where} liegt ein Unterschied in derselben Richtung vor (0,80-mal so groß, "
            "gemessen an der üblichen Streuung; p = 0,012).",
        )
        for name, where in {
            "births": "bei „Geburten“, woran das Programm nichts ändern kann,",
            "placebo_time": "bei derselben Zielgröße in den Jahren vor dem Beginn, als es das Programm noch nicht gab,",
            "placebo_space": "zwischen Vergleichskreisen, die an beteiligte Kreise grenzen, und den übrigen, also unter Kreisen ohne "
            "das Programm,",
        }.items()
    ),
    ({}, "Unterschied in erwünschter Richtung: −1,6 Prozentpunkte (vereinbar: −2,6 bis −0,5)."),
    (
        {"p_adjusted": 0.08},
        FAILED
        + "eine Bedingung ist nicht erfüllt: Werden alle Ergebnisse seiner Gruppe zusammen betrachtet, bringt der Zufall so etwas "
        "öfter hervor (p = 0,080). " + COMPATIBLE,
    ),
    (
        {"specifications": {"two_way": 0.2, "need": -1.0, "one_less:05111": 0.1, "one_less:05112": 0.1}},
        FAILED
        + "eine Bedingung ist nicht erfüllt: Nicht alle Rechenwege des Plans zeigen in dieselbe Richtung; anders: two_way, "
        "one_less. " + COMPATIBLE,
    ),
    (
        {"breakdown": None},
        FAILED + "eine Bedingung ist nicht geprüft: wie große Abweichungen von gleicher Entwicklung er aushielte. " + COMPATIBLE,
    ),
    (
        {"p_raw": 0.4, "p_adjusted": 0.9, "interval": (-0.4, 0.3)},
        "Nicht zu unterscheiden, große Unterschiede ausgeschlossen: Mit Unterschieden, die 0,8 Prozentpunkte erreichen, dem im Plan "
        "genannten bedeutsamen Maß, sind die Daten nicht vereinbar. Die Daten sind mit −0,4 ebenso vereinbar wie mit 0,3 (Prozentpunkte). Ob "
        "es einen Unterschied gibt, lässt sich damit nicht sagen.",
    ),
    (
        {"p_raw": 0.4, "p_adjusted": 0.9},
        "Nicht zu unterscheiden, zu unscharf: Erst Unterschiede, die 1,0 Prozentpunkte erreichen, hätte dieser Vergleich meist erkannt. "
        + COMPATIBLE,
    ),
    (
        {"p_raw": 0.4, "p_adjusted": 0.9, "slope_p": 0.5, "slope_bias": 0.0, "interval": None},
        "Nicht zu unterscheiden, zu unscharf: Erst Unterschiede, die 1,0 Prozentpunkte erreichen, hätte dieser Vergleich meist erkannt. Ob es einen "
        "Unterschied gibt, lässt sich mit diesen Daten nicht sagen.",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), SAID)
def test_the_sentence_follows_the_form(sound: Evidence, changes: dict[str, object], sentence: str) -> None:
    assert said(replace(sound, **changes)) == sentence


@pytest.mark.parametrize("changes", [changes for changes, _ in SAID])
def test_each_sentence_is_said_in_english_too(sound: Evidence, changes: dict[str, object]) -> None:
    assert said(replace(sound, **changes), "en").endswith((".", "?"))


def test_a_verdict_that_does_not_tell_a_difference_names_none(sound: Evidence) -> None:
    for changes, sentence in SAID:
        if verdict_of(replace(sound, **changes), rules()).code in ("none", "not_comparable"):
            assert "−1,6" not in sentence
            assert "vereinbar:" not in sentence


def test_the_rating_names_the_domains_that_give_it(sound: Evidence) -> None:
    found = verdict_of(replace(sound, lock_state=LockState.CHOSEN_AFTER, years_before=2), rules())
    assert rating_sentence(found).in_language("de") == (
        "Risiko einer Verzerrung: erheblich; den Ausschlag gibt: Störgrößen, Auswahl des Berichteten."
    )


DOMAINS = [
    (
        "confounding",
        {},
        "Dieselbe Rechnung fände auch ohne Programm in 6,0 von hundert Fällen einen Unterschied. Der Verlauf vor dem Start könnte 0,20-mal "
        "den kleinsten Unterschied ausmachen, den der Vergleich meist erkennt. Jahre vor dem Start: 5. Er hielte Abweichungen stand, "
        "die 1,20-mal so groß sind wie die vor dem Start.",
    ),
    (
        "confounding",
        {"audit_size": None},
        "Nicht bekannt: wie oft dieselbe Rechnung auch ohne Programm einen Unterschied fände. Der Verlauf vor dem Start könnte 0,20-mal "
        "den kleinsten Unterschied ausmachen, den der Vergleich meist erkennt. Jahre vor dem Start: 5.",
    ),
    ("selection", {}, "Verglichen werden 97,0 Prozent der Einheiten, um die es geht."),
    ("classification", {}, "Eine Rechnung nach dem Anteil Beteiligter weicht um 0,30 Standardfehler ab."),
    ("deviations", {}, "Andere Programme zur selben Zeit, ohne deren Einheiten sich die Richtung ändert: 0."),
    (
        "deviations",
        {"co_treatments": {}},
        "Nicht bekannt: ob andere Programme zur selben Zeit die Richtung ändern.",
    ),
    ("missing", {}, "Es fehlen 1,0 Prozent der Werte."),
    ("measurement", {}, "Kein bekannter Bruch der Reihe im Zeitraum."),
    (
        "measurement",
        {"break_state": BreakState.IN_WINDOW, "n_breaks": 2},
        "Brüche der Reihe und Wechsel der Ausgabe im Zeitraum: 2.",
    ),
    ("reported_result", {}, "Festgelegt, bevor die Jahre nach dem Start angesehen wurden."),
    (
        "reported_result",
        {"lock_state": LockState.DEVIATION_LISTED, "n_deviations": 3},
        "Festgelegt, bevor die Jahre nach dem Start angesehen wurden; Abweichungen davon, alle aufgeführt: 3.",
    ),
]


@pytest.mark.parametrize(("name", "changes", "sentence"), DOMAINS)
def test_each_domain_gives_its_number_in_a_sentence(
    sound: Evidence, name: str, changes: dict[str, object], sentence: str
) -> None:
    found = verdict_of(replace(sound, **changes), rules())
    domain = next(domain for domain in found.domains if domain.name == name)
    assert domain_sentence(domain, found).in_language("de") == sentence
    assert domain_sentence(domain, found).in_language("en")


def test_every_state_and_every_quantity_has_its_words(sound: Evidence) -> None:
    evidences = [
        *(replace(sound, break_state=state) for state in BreakState),
        *(replace(sound, lock_state=state) for state in LockState),
        Evidence(),
    ]
    for evidence in evidences:
        found = verdict_of(evidence, rules())
        for language in ("de", "en"):
            assert verdict_word(found).in_language(language)
            assert all(domain_sentence(domain, found).in_language(language) for domain in found.domains)


def test_why_nothing_is_told_has_words_for_every_form_and_condition_and_none_where_something_is_told() -> None:
    silent = {Form.DIFFERENCE, Form.CONTEXT}
    forms = [form.value for form in Form if form not in silent] + [f"{Form.CONDITION_FAILED}:{one}" for one in CONDITIONS]
    said = [why_word(form) for form in forms]
    assert all(one is not None and one.in_language(language) for one in said for language in LANGUAGES)
    assert len({str(one) for one in said}) == len(forms)
    assert {why_word(form.value) for form in silent} == {None}
