"""The one page: what it says for each verdict and each of its forms, in which order, and where little or nothing is known."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from kkz_eval.evaluation.verdict.evidence import BreakState, NegativeControl
from kkz_eval.evaluation.verdict.rules import Form, rules
from kkz_eval.evaluation.verdict.sentences import verdict_sentence
from kkz_eval.model.texts import LANGUAGES, Wording, catalogue
from kkz_eval.reporting import claims
from kkz_eval.reporting.build import build_document, render
from kkz_eval.reporting.document import Listing, Paragraph, Section, numbers, plain, readable_texts
from kkz_eval.reporting.inputs import Among, Change, EditionInfo, ReportInputs
from kkz_eval.reporting.sections.front import Kind, front_of, headline, in_order_of_the_chain
from kkz_eval.reporting.sections.key import key_section
from kkz_eval.reporting.sections.parts import written_day

LEAVERS = Among({"de": "Schulabgängen", "en": "school leavers"}, 100, 34200, 2016)
OPEN = {"estimate": -0.31, "interval": (-1.5, 0.88), "p_raw": 0.6, "p_adjusted": 0.9}
FOUND = {"estimate": -1.24, "interval": (-2.02, -0.46), "p_raw": 0.004}
ALREADY = "2016 waren es in der Programmgruppe im Mittel der Kreise 41. Die Rede ist von 34.200 Schulabgängen (2016)."
FORMS = {
    Form.DIFFERENCE: (
        {},
        f"Etwa 12 von 1.000 Schulabgängen weniger, als nach der Vergleichsgruppe zu erwarten war (5 bis 20). {ALREADY}",
    ),
    Form.LARGE_EXCLUDED: (
        {**OPEN, "smallest_difference": 2.0},
        "Offen: Zu den Daten passen 15 weniger ebenso wie 9 mehr, von 1.000 Schulabgängen. "
        f"Einen Unterschied von 20 von 1.000 oder mehr schließen sie aus. {ALREADY}",
    ),
    Form.TOO_IMPRECISE: (
        {**OPEN, "smallest_difference": 1.0},
        "Offen: Zu den Daten passen 15 weniger ebenso wie 9 mehr, von 1.000 Schulabgängen. "
        f"Der Vergleich ist zu unscharf: Meist hätte er erst 11 von 1.000 erkannt. {ALREADY}",
    ),
    Form.CONDITION_FAILED: (
        {**FOUND, "p_adjusted": 0.2},
        "Offen: Zu den Daten passen 20 weniger ebenso wie 5 weniger, von 1.000 Schulabgängen. "
        f"Bei mehreren Fragen zugleich bringt der Zufall so etwas öfter hervor. {ALREADY}",
    ),
    Form.AUDIT: (
        {"audit_size": 0.31},
        "Kein Urteil: Dieselbe Rechnung fände auch ohne Programm in 31 von hundert Fällen einen Unterschied.",
    ),
    Form.SLOPE: (
        {"slope_p": 0.012, "slope_bias": 1.43},
        "Kein Urteil: Beide Gruppen liefen schon vor dem Start auseinander.",
    ),
    Form.NEGATIVE_CONTROL: (
        {"negative_controls": (NegativeControl("births", 0.01, True, 0.9),)},
        "Kein Urteil: Dieselbe Rechnung findet auch dort einen Unterschied, wo das Programm nichts ändern kann.",
    ),
    Form.TOO_EARLY: (
        {"exposed_years": 1, "first_year": 2028},
        "Noch zu früh für ein Urteil: Von 2 nötigen Jahren gibt es bisher 1. Mit den Zahlen für 2028 kann es so weit sein.",
    ),
    Form.MIXED_SOURCES: (
        {"sources_mixed": True},
        "Kein Urteil: Die Zahlen stammen aus verschiedenen Quellen. Allein daran kann ein Unterschied liegen.",
    ),
    Form.BREAK: (
        {"break_state": BreakState.UNHANDLED},
        "Kein Urteil: Zwischendurch wurde anders gezählt. Allein daran kann ein Unterschied liegen.",
    ),
    Form.FEW_CELLS: (
        {"coverage_share": 0.8},
        "Kein Urteil: Von hundert Zahlen liegen nur 80 vor, nötig sind 90.",
    ),
    Form.REFUSED_FEW_ASSIGNMENTS: (
        {"smallest_p": 0.05},
        "Kein Urteil: Die Gruppen sind zu klein. Zufall ließe sich nie ausschließen.",
    ),
    Form.AUDIT_CANNOT_TELL: (
        {"audit_cannot_tell": True},
        "Kein Urteil: Die Gruppen sind zu klein. Ob der Vergleich trägt, lässt sich nicht prüfen.",
    ),
    Form.NOT_EXAMINED: (
        {"audit_size": None},
        "Kein Urteil: Ob der Vergleich trägt, wurde nicht geprüft.",
    ),
}
CONDITIONS = {
    "interval": {"interval": (-2.02, 0.0)},
    "specifications": {"specifications": {"two_way": 0.4}},
    "scales": {"scales": {"level": -1.2, "log": 0.2}},
    "breakdown": {"breakdown": 0.1},
    "direction": {"desired_direction": None},
}


@pytest.fixture
def alone(inputs):
    """Makes inputs with one primary outcome, a share of school leavers, on which the verdict is given."""

    def made(verdict, **changes) -> ReportInputs:
        outcome = replace(inputs.outcomes[0], among=LEAVERS)
        only = replace(inputs, outcomes=(outcome,), verdicts={"leavers": verdict}, balance=inputs.balance.head(0))
        return replace(only, **changes)

    return made


def test_where_nobody_counts_the_children_it_says_so_and_what_would(alone, verdict):
    made = alone(verdict(**FORMS[next(iter(FORMS))][0]))
    table = {"de": "Bevölkerung", "en": "Population"}

    def told(language, *tables):
        among = Among(LEAVERS.words, LEAVERS.per, brought_by=tables)
        given = replace(made, outcomes=(replace(made.outcomes[0], among=among),))
        return plain(front_of(given, language).results[0].children)

    assert told("de", table).endswith(
        "Wie viele es sind, fehlt hier: Es liegt nur der Anteil vor. Die Zahl käme mit der Tabelle „Bevölkerung“."
    )
    assert told("de", table, table).endswith("mit der Tabelle „Bevölkerung“ oder „Bevölkerung“.")
    assert told("en", table).endswith("The number would come with the table “Population”.")
    assert told("de").endswith("Wie viele es sind, sagt keine der amtlichen Tabellen, die hier gelesen werden.")


@pytest.mark.parametrize("form", FORMS)
def test_each_verdict_is_told_in_children_or_says_why_there_is_none(alone, verdict, form):
    changes, said = FORMS[form]
    given = verdict(**changes)
    assert given.form is form
    (result,) = front_of(alone(given), "de").results
    assert plain(result.children) == said


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("form", FORMS)
def test_what_a_row_calls_too_blurred_is_named_where_it_is_stuck(alone, verdict, form, language):
    made = alone(verdict(**FORMS[form][0]))
    (result,) = front_of(made, language).results
    comparison = _parts(made, language)["stuck"][2]
    if {"de": "zu unscharf", "en": "too blurred"}[language] in plain(result.children):
        assert made.outcomes[0].label[language] in comparison


def test_every_form_of_a_verdict_on_a_primary_outcome_has_its_sentence():
    assert set(Form) - set(FORMS) == {Form.CONTEXT}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_that_fails_is_named_in_common_words(alone, verdict, condition):
    given = verdict(**CONDITIONS[condition])
    assert (given.form, given.failed) == (Form.CONDITION_FAILED, condition)
    (result,) = front_of(alone(given), "de").results
    assert catalogue("kkz_eval.reporting", "de")[f"front.open.{condition}"] in plain(result.children)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_no_form_claims_too_much_and_none_but_a_verdict_shows_a_bar(alone, verdict, form, language):
    given = alone(verdict(**FORMS[form][0]))
    front = front_of(given, language)
    assert (front.results[0].bar is not None) == (
        form in (Form.DIFFERENCE, Form.LARGE_EXCLUDED, Form.TOO_IMPRECISE, Form.CONDITION_FAILED)
    )
    assert bool(front.reading) == (front.results[0].bar is not None)
    document = replace(build_document(replace(given, outcomes=()), language), sections=(), front=front)
    texts = tuple(readable_texts(document))
    assert {text: hits for text in texts if (hits := claims.find(text))} == {}


def test_without_a_verdict_no_number_of_the_estimate_is_on_the_page(alone, verdict):
    for form in (Form.AUDIT, Form.SLOPE, Form.NEGATIVE_CONTROL, Form.TOO_EARLY, Form.NOT_EXAMINED):
        shown = {number.value for number in numbers(front_of(alone(verdict(**FORMS[form][0])), "de"))}
        assert not {abs(value * factor) for value in (-1.24, -2.02, -0.46) for factor in (1, 10)} & {abs(v) for v in shown}


def test_the_mirrored_difference_is_told_by_the_same_words(alone, verdict):
    less, more = verdict(), verdict(estimate=1.24, interval=(0.46, 2.02), specifications={"a": 1.0}, scales={"log": 0.2})
    told = [plain(front_of(alone(one), "de").results[0].children) for one in (less, more)]
    assert told[0].replace("weniger", "mehr") == told[1]


def test_small_results_are_told_of_more_children(alone, verdict):
    (result,) = front_of(alone(verdict(estimate=-0.04, interval=(-0.07, -0.012))), "de").results
    assert plain(result.children).startswith("Etwa 4 von 10.000 Schulabgängen weniger")


def test_a_range_below_what_matters_never_seems_to_reach_it(alone, verdict):
    given = verdict(**{**OPEN, "interval": (-0.61, 1.98), "smallest_difference": 2.03})
    assert given.form is Form.LARGE_EXCLUDED
    (result,) = front_of(alone(given), "de").results
    assert "61 weniger ebenso wie 198 mehr, von 10.000" in plain(result.children)
    assert "Einen Unterschied von 203 von 10.000 oder mehr" in plain(result.children)
    (key, *_) = key_section(alone(given), "de").blocks
    assert isinstance(key, Paragraph)
    assert "mit −0,61 ebenso vereinbar wie mit 1,98" in plain(key.parts)
    told = verdict_sentence(given, rules(), Wording({"de": "Prozentpunkte", "en": "percentage points"}), 1).in_language("de")
    assert "die 2,03 Prozentpunkte erreichen" in told
    assert "mit −0,61 ebenso vereinbar wie mit 1,98" in told


def test_what_matters_is_never_told_as_nothing(alone, verdict):
    (result,) = front_of(alone(verdict(**{**OPEN, "smallest_difference": 0.04})), "de").results
    assert result.bar is not None
    assert plain(result.bar.caption) == "Nach dem Plan zählt ein Abstand ab 4 von 10.000."


def test_a_share_below_what_is_needed_is_not_told_as_enough(alone, verdict):
    given = alone(verdict(coverage_share=0.8996))
    assert "nur 89,96 vor, nötig sind 90." in plain(front_of(given, "de").results[0].children)
    (key, *_) = key_section(given, "de").blocks
    assert isinstance(key, Paragraph)
    assert "Nur 89,96 Prozent der Werte liegen vor; nötig sind 90 Prozent." in plain(key.parts)


def test_where_nobody_counts_children_it_is_a_percentage_of_the_level_and_of_a_logarithm_one_of_the_count(alone, verdict):
    given = alone(verdict())
    share = replace(given, outcomes=(replace(given.outcomes[0], among=None),))
    assert plain(front_of(share, "de").results[0].children) == (
        "Etwa 30 Prozent weniger, als nach der Vergleichsgruppe zu erwarten war (11 bis 49 Prozent). "
        "Gemessen ist das am Stand der Programmgruppe von 2016."
    )
    logged = replace(given, outcomes=(replace(given.outcomes[0], among=None, logarithm=True),))
    assert plain(front_of(logged, "de").results[0].children) == (
        "Etwa 1,2 Prozent weniger, als nach der Vergleichsgruppe zu erwarten war (0,5 bis 2,0 Prozent)."
    )
    assert round(100 * math.expm1(-0.0124), 1) == -1.2


def test_the_headline_counts_verdicts_in_words_and_one_fixed_order(inputs):
    def told(language, **counts):
        kinds = [Kind(kind) for kind, n in counts.items() for _ in range(n)]
        return plain(headline(kinds, inputs, language))

    assert (
        told("de", not_comparable=1, open=3, difference=1)
        == "Ein Unterschied, drei offene Fragen, ein Vergleich, der nicht trägt"
    )
    assert told("en", not_comparable=2, none=1) == "Two comparisons that do not hold, one question without a verdict"
    assert told("de", none=4) == "Vier Fragen, zu keiner ein Urteil"
    assert told("de", none=1) == "Eine Frage, kein Urteil"
    assert told("de", open=13) == "13 offene Fragen"
    assert told("de") == "Kein Hauptergebnis im Plan, deshalb kein Befund"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_combination_of_verdicts_has_a_headline_that_claims_nothing(inputs, language):
    for counts in product(range(4), repeat=4):
        said = plain(headline([kind for kind, n in zip(Kind, counts, strict=True) for _ in range(n)], inputs, language))
        assert said[0].isupper()
        assert "{" not in said
        assert claims.find(said) == ()


def test_rows_stand_in_the_order_of_the_chain_whatever_their_verdict(inputs):
    order = [outcome.indicator for outcome in in_order_of_the_chain(inputs)]
    assert order == ["leavers", "help", "training", "visits"]
    turned = replace(inputs, outcomes=inputs.outcomes[::-1], verdicts=dict(reversed(inputs.verdicts.items())))
    assert [outcome.indicator for outcome in in_order_of_the_chain(turned)] == ["help", "leavers", "training", "visits"]
    off_the_chain = replace(inputs, chain=inputs.chain[2:])
    assert [outcome.indicator for outcome in in_order_of_the_chain(off_the_chain)] == ["training", "visits", "leavers", "help"]


def test_what_a_check_knows_stands_in_the_row(inputs):
    leavers = next(result for result in front_of(inputs, "de").results if plain(result.label).startswith("Schulabgänge"))
    assert "Schon vor dem Start lagen beide Gruppen weit auseinander." in plain(leavers.children)
    apart = inputs.estimates.copy()
    apart.loc[(apart["indicator"] == "leavers") & (apart["estimator"] == "twfe"), ["estimate", "conf_low", "conf_high"]] = [
        3,
        2,
        4,
    ]
    result = front_of(replace(inputs, estimates=apart), "de").results[0]
    assert "Je nach Verfahren fällt das Ergebnis anders aus." in plain(result.children)


def test_the_strip_says_which_paper_this_is_and_whose(inputs):
    edition = EditionInfo(3, date(2026, 11, 29), publisher="Stiftung <i>A</i>", contact="a@example.org")
    strip = [plain(item) for item in front_of(replace(inputs, edition=edition), "de").strip]
    assert strip == [
        *("simuliert", "Ausgabe 3", written_day("2026-11-29", "de"), "Entwurf"),
        *("Herausgeber: Stiftung <i>A</i>", "Kontakt: a@example.org"),
    ]
    nobody = replace(inputs, edition=EditionInfo(1, date(2026, 11, 29)), simulated=False)
    assert [plain(item) for item in front_of(nobody, "de").strip] == [
        *("Ausgabe 1", written_day("2026-11-29", "de")),
        "Entwurf, solange die Liste der Ausgaben keine Freigabe nennt",  # which stays true when somebody releases it
        *("Herausgeber nicht angegeben", "Kontakt nicht angegeben"),
    ]


def test_who_was_compared_is_one_sentence(inputs):
    named = {**inputs.texts, "reference_group": {"de": "Kreise, die nie teilnahmen.", "en": "Kreise that never took part."}}
    assert plain(front_of(replace(inputs, texts=named), "de").compared) == (
        "Verglichen sind 6 Kreise und kreisfreie Städte, die 2012 mit dem Programm begannen, mit 8 anderen "
        "(Kreise, die nie teilnahmen), in den Jahren 2007 bis 2016."
    )


def _said(section: Section) -> list[str]:
    texts: list[str] = []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            texts.append(plain(block.parts))
        elif isinstance(block, Listing):
            texts += map(plain, block.items)
    return texts


def _parts(inputs: ReportInputs, language="de") -> dict[str, list[str]]:
    return {part.identifier.removeprefix("front."): _said(part) for part in front_of(inputs, language).parts}


def test_what_arrives_always_says_of_how_many_that_delivered(inputs):
    assert _parts(inputs)["arrives"] == [
        "Nur beschrieben, nicht verglichen. Wer nicht geliefert hat, zählt nicht mit.",
        "Von hundert Berechtigten erreichten Angebote 2016: Schwangerschaft und Geburt 21 (4). "
        "In Klammern, wie viele Kommunen Zahlen nennen; von 6 haben 5 geliefert.",
        "Wo die Übergabe von Familien 2015 geregelt war: Schwangerschaft und Geburt 3 von 4; Weiterführende Schule 0 von 4. "
        "Gezählt sind die Kommunen, die es sagen; von 6 haben 4 geliefert.",
    ]


def test_a_reach_that_must_not_leave_is_nowhere_on_the_page(inputs):
    assert not any(
        "secondary" in number.identifier and "reach" in number.identifier for number in numbers(front_of(inputs, "de"))
    )


def test_where_it_is_stuck_looks_at_practice_data_and_comparison(inputs):
    practice, data, comparison = _parts(inputs)["stuck"]
    assert practice == (
        "In der Praxis: An der Station „Schwangerschaft und Geburt“ erreichen die Angebote 21 von hundert Berechtigten. "
        "An der Station „Weiterführende Schule“ ist die Übergabe in 4 von 4 Kommunen nicht geregelt. "
        "An der Station „Übergang in Ausbildung und Arbeit“ nennen 5 von 5 Kommunen kein Angebot."
    )
    assert data == "In den Daten: 2 von 6 Lieferungen fehlen oder gelten nicht, aus 2 Kommunen."
    assert comparison == (
        "Im Vergleich: Für „Beginn der Hilfe unter 3 Jahren“ trägt der Vergleich nicht. Zu „Willkommensbesuche“ gibt es kein Urteil. "
        "Für „Ausbildungsplätze je 100 Bewerbungen“ ist er zu unscharf."
    )


def test_what_may_be_said_follows_from_each_verdict(inputs):
    said = _parts(inputs)["say"]
    at = said.index("Das nicht:")
    assert said[:at] == [
        "Das können Sie sagen:",
        "„Schulabgänge ohne Abschluss“: In der Programmgruppe war es weniger, als nach der Vergleichsgruppe zu erwarten war; "
        "Risiko, dass das Bild verzerrt ist: erheblich. Schon vor dem Start lagen beide Gruppen weit auseinander.",
        "„Ausbildungsplätze je 100 Bewerbungen“: Ob es einen Unterschied gibt, ist offen.",
        "„Beginn der Hilfe unter 3 Jahren“: Mit dieser Vergleichsgruppe lässt sich die Frage nicht beantworten.",
        "„Willkommensbesuche“: Dazu gibt es in dieser Ausgabe kein Urteil.",
    ]
    assert said[at + 1] == "etwas über wirkliche Kommunen. Die Zahlen sind erfunden."
    assert said[-1].startswith("etwas über einzelne Kinder")


def test_differences_are_quoted_together_only_where_the_same_is_known_of_them(inputs, verdict):
    def said(language="de", **verdicts):
        two = replace(inputs, verdicts={**inputs.verdicts, **verdicts}, balance=inputs.balance.head(0))
        return [one for one in _parts(two, language)["say"] if "programme group it" in one or "Programmgruppe war" in one]

    assert said(leavers=verdict(), help=verdict()) == [
        "„Schulabgänge ohne Abschluss“, „Beginn der Hilfe unter 3 Jahren“: In der Programmgruppe war es weniger, "
        "als nach der Vergleichsgruppe zu erwarten war; Risiko, dass das Bild verzerrt ist: erheblich."
    ]
    critical = {"leavers": verdict(), "help": verdict(share_compared=0.4)}
    assert [one.rsplit(": ", 1)[1] for one in said(**critical)] == ["erheblich.", "kritisch."]
    assert [one.rsplit(": ", 1)[1] for one in said("en", **critical)] == ["serious.", "critical."]


def test_what_changed_is_told_or_that_nothing_was_before(inputs):
    day = date(2026, 11, 29)
    assert _parts(inputs)["changed"] == ["Diese Fassung ist keine Ausgabe; verglichen ist sie mit keiner."]
    assert _parts(replace(inputs, edition=EditionInfo(1, day)))["changed"] == ["Dies ist die erste Ausgabe."]
    changes = (
        Change("verdict", Wording({"de": "Neues Urteil.", "en": "New verdict."})),
        Change("data", Wording({"de": "Neue Daten.", "en": "New data."})),
    )
    later = EditionInfo(3, day, previous=(2, date(2026, 1, 5)), changes=changes)
    compared, verdict_changed = _parts(replace(inputs, edition=later))["changed"]
    assert compared.startswith("Verglichen ist mit der Ausgabe 2 vom ")
    assert verdict_changed == "Neues Urteil."


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_without_a_main_outcome_still_has_its_page(inputs, language):
    context = replace(inputs, outcomes=tuple(replace(outcome, role="context") for outcome in inputs.outcomes), verdicts={})
    front = front_of(context, language)
    assert front.results == ()
    assert plain(front.headline) == catalogue("kkz_eval.reporting", language)["front.headline.context_only"]
    assert 'id="front"' in render(build_document(context, language))


def test_a_page_with_everything_refused_and_nothing_delivered_says_so(inputs):
    refused = inputs.estimates.assign(status="refused", estimate=None, message="too few")
    nothing = replace(inputs, estimates=refused, offers=None, deliveries=inputs.deliveries.head(0), verdicts={}, chain=())
    front = front_of(nothing, "de")
    assert plain(front.headline) == "Vier Fragen, zu keiner ein Urteil"
    assert [result.bar for result in front.results] == [None] * 4
    assert {plain(result.children) for result in front.results} == {"Kein Urteil: Eine Schätzung war nicht möglich."}
    parts = _parts(nothing)
    assert parts["arrives"] == ["Dazu hat keine Kommune geliefert. Was ankommt, ist nicht bekannt."]
    assert parts["next"][0].startswith("Stiftung und Kommunen: Sollen die Kommunen ihre Angebote und ihr Netzwerk liefern?")
    assert parts["stuck"][1] == "In den Daten: Lieferungen von Kommunen gehen nicht ein."


def test_an_outcome_without_figures_is_not_called_too_early(inputs, verdict):
    without = replace(
        inputs,
        panel=inputs.panel[inputs.panel["indicator"] != "visits"],
        verdicts={**inputs.verdicts, "visits": verdict(exposed_years=0, first_year=2013)},
    )
    assert plain(front_of(without, "de").results[-1].children) == "Kein Urteil: Zahlen dazu liegen nicht vor."
    assert not any("2013" in said for said in _parts(without)["next"])


def test_names_that_look_like_markup_come_out_as_themselves(inputs):
    hostile = "<script>alert(\"ü\")</script> & 'Söhne' {n} $x$ #1"
    outcomes = tuple(replace(outcome, label={"de": hostile, "en": hostile}) for outcome in inputs.outcomes)
    edition = EditionInfo(1, date(2026, 11, 29), publisher=hostile, contact=hostile)
    html = render(build_document(replace(inputs, outcomes=outcomes, edition=edition), "de"))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
