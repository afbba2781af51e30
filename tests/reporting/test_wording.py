"""Sentences by the verdict: exact strings for every case, in both languages where they differ."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from kkz_eval.evaluation.verdict.evidence import NegativeControl
from kkz_eval.reporting import wording
from kkz_eval.reporting.build import build_document, render
from kkz_eval.reporting.document import join, numbers, plain
from kkz_eval.reporting.sections.key import key_section
from kkz_eval.reporting.wording import Course

BASIS = " Grundlage: 14 Kreise und kreisfreie Städte, davon 6 in der Programmgruppe und 8 in der Vergleichsgruppe."
ASSUMPTION = " Dass das Programm der Grund ist, setzt voraus, dass sich beide Gruppen sonst gleich entwickelt hätten."
RATING = " Risiko einer Verzerrung: erheblich; den Ausschlag gibt: Messung."


def finding_of(inputs, indicator, estimates=None, headline=None, verdicts=None):
    outcome = next(outcome for outcome in inputs.outcomes if outcome.indicator == indicator)
    found = wording.finding_of(
        outcome,
        verdicts=inputs.verdicts if verdicts is None else verdicts,
        estimates=inputs.estimates if estimates is None else estimates,
        tests=inputs.tests,
        panel=inputs.panel,
        groups=inputs.groups,
        treated_cohorts=inputs.treated_cohorts,
        messages=inputs.messages,
        headline=headline,
    )
    return outcome, found


def sentence(inputs, indicator, language="de", estimates=None, verdict=None):
    verdicts = None if verdict is None else {indicator: verdict}
    outcome, found = finding_of(inputs, indicator, estimates, verdicts=verdicts)
    return told(found, outcome, language)


def told(found, outcome, language="de"):
    """The verdict and what it rests on, in a row."""
    return plain(join(wording.verdict(found, outcome, "t", language), wording.rests_on(found, outcome, "t", language)))


def test_a_difference_is_told_by_the_course_of_both_groups_with_the_interval_of_the_verdict(inputs):
    assert sentence(inputs, "leavers") == (
        "Schulabgänge ohne Abschluss: Der Wert ging in der Programmgruppe um 1,2 Prozentpunkte stärker zurück als in der "
        "Vergleichsgruppe (vereinbar: 0,5 bis 2,0). Das ist die erwünschte Richtung." + ASSUMPTION + RATING + BASIS
    )


def test_a_difference_in_english(inputs):
    assert sentence(inputs, "leavers", "en") == (
        "Schulabgänge ohne Abschluss (en): the value fell by 1.2 percentage points more in the programme group than in the "
        "comparison group (compatible: 0.5 to 2.0). This is the desired direction. That the programme is the reason presupposes "
        "that both groups would otherwise have developed alike. Risk of bias: serious; decided by: measurement. Based on 14 Kreise and "
        "cities, 6 of them in the programme group and 8 in the comparison group."
    )


def test_a_difference_in_the_other_direction_is_told_in_the_same_words(inputs, verdict):
    mirrored = verdict(**vars(verdict().evidence.mirrored()))
    said = sentence(inputs, "leavers", verdict=mirrored)
    assert said == (
        "Schulabgänge ohne Abschluss: Der Wert lag in der Programmgruppe um 1,2 Prozentpunkte höher, als nach der Entwicklung der "
        "Vergleichsgruppe zu erwarten war (vereinbar: 0,5 bis 2,0). Das ist nicht die erwünschte Richtung."
        + ASSUMPTION
        + RATING
        + BASIS
    )


def test_what_is_too_imprecise_says_so_and_excludes_nothing(inputs):
    assert sentence(inputs, "training") == (
        "Ausbildungsplätze je 100 Bewerbungen: Nicht zu unterscheiden, zu unscharf: Erst Unterschiede, die 1,1 Prozentpunkte erreichen, "
        "hätte dieser Vergleich meist erkannt. Die Daten sind mit −1,5 ebenso vereinbar wie mit 0,9 (Prozentpunkte). Ob es einen "
        "Unterschied gibt, lässt sich damit nicht sagen." + RATING + BASIS
    )


def test_in_short_an_open_question_is_its_range_with_rating_and_units(inputs):
    outcome, found = finding_of(inputs, "training")
    assert plain(wording.in_short(found, outcome, "t", "de")) == (
        "Ausbildungsplätze je 100 Bewerbungen: Die Daten sind mit −1,5 ebenso vereinbar wie mit 0,9 (Prozentpunkte). Ob es einen "
        "Unterschied gibt, lässt sich damit nicht sagen. Risiko einer Verzerrung: erheblich; 14 Kreise und kreisfreie Städte, "
        "6 mit Programm und 8 zum Vergleich."
    )


@pytest.mark.parametrize("indicator", ["leavers", "help"])
def test_in_short_every_other_verdict_is_told_whole(inputs, indicator):
    outcome, found = finding_of(inputs, indicator)
    assert plain(wording.in_short(found, outcome, "t", "de")).startswith(plain(wording.verdict(found, outcome, "t", "de")))


def test_where_the_comparison_does_not_stand_no_estimate_is_told(inputs):
    assert sentence(inputs, "help") == (
        "Beginn der Hilfe unter 3 Jahren: Nicht vergleichbar, deshalb kein Urteil: Setzte sich nur fort, wie beide Gruppen schon vor dem "
        "Start auseinanderliefen, ergäbe das 1,30-mal den kleinsten Unterschied, den dieser Vergleich meist erkennt (p = 0,012). Gewertet "
        "werden nur die Jahre ab 2014: Nach den Annahmen des Plans können Angebote des Programms in dieser Kennzahl frühestens dann zu "
        "sehen sein. Risiko einer Verzerrung: kritisch; den Ausschlag gibt: Störgrößen." + BASIS
    )


def test_an_outcome_on_which_nothing_was_examined_has_no_verdict(inputs):
    outcome, found = finding_of(inputs, "leavers", verdicts={})
    said = told(found, outcome)
    assert said.startswith(
        "Schulabgänge ohne Abschluss: Kein Urteil: Ob der Vergleich trägt, wurde für diesen Plan nicht geprüft. Es fehlt: "
    )
    assert "1,2" not in said


@pytest.mark.parametrize(
    "changes",
    [
        {"audit_size": 0.21},
        {"negative_controls": (NegativeControl("births", 0.01, same_sign=True, size_ratio=1.0),)},
        {"role": "context"},
        {"exposed_years": 1},
        {"smallest_p": None},
    ],
)
def test_neither_estimate_nor_level_of_an_interval_stands_in_front_where_there_is_no_verdict(inputs, verdict, changes):
    without = replace(inputs, outcomes=inputs.outcomes[:1], verdicts={"leavers": verdict(**changes)})
    shown = {number.identifier.rpartition(".")[2] for number in numbers(key_section(without, "de"))}
    assert not shown & {"estimate_size", "conf_near", "conf_far", "level-1"}
    assert "1,2" not in sentence(inputs, "leavers", verdict=verdict(**changes))


def test_refused(inputs):
    assert sentence(inputs, "visits") == (
        "Willkommensbesuche: Eine Schätzung wurde verweigert. Grund: fewer than two treated units have values"
    )


def test_without_an_estimate(inputs):
    assert sentence(inputs, "leavers", estimates=inputs.estimates.iloc[:0]) == (
        "Schulabgänge ohne Abschluss: Der Lauf enthält keine Schätzung, auf die sich eine Aussage stützen könnte."
    )


def test_why_there_is_no_estimate_is_said_in_the_language_of_the_page(inputs):
    german = "Keine Vergleichseinheit im Fenster."
    said = {"indicator": "visits", "message": german, "de": german, "en": "No comparison unit in the window."}
    refused = inputs.estimates.assign(message=lambda rows: rows["message"].where(rows["status"] == "ok", german))
    made = replace(inputs, estimates=refused, messages=pd.DataFrame([said]))
    for language, other in (("de", "en"), ("en", "de")):
        page = render(build_document(made, language))
        assert said[language].rstrip(".") in page
        assert said[other].rstrip(".") not in page


def test_exposed_row_decides(inputs):
    _, found = finding_of(inputs, "help")
    assert found.row["aggregation"] == "exposed"


def test_without_an_exposed_row_nothing_is_said(inputs):
    unexposed = inputs.estimates[inputs.estimates["aggregation"] != "exposed"]
    _, found = finding_of(inputs, "help", unexposed)
    assert found.row is None


def test_a_refusal_does_not_hand_over_to_another_method(inputs, row):
    estimates = pd.DataFrame(
        [
            row("leavers", status="refused", message="no controls"),
            row("leavers", method="twfe", estimator="twfe", aggregation="coefficient", estimate=-1, conf_low=-2, conf_high=-0.5),
        ]
    )
    assert sentence(inputs, "leavers", estimates=estimates).endswith("verweigert. Grund: no controls")


def test_an_interval_without_zero_never_shows_zero_as_its_end(inputs, verdict):
    narrow = verdict(estimate=-0.5, interval=(-0.996, -0.004))
    assert "(vereinbar: 0,004 bis 0,996)" in sentence(inputs, "leavers", verdict=narrow)


def test_inference_without_clusters_names_none(inputs, row):
    estimates = pd.DataFrame([row("leavers", estimate=-1, conf_low=-2, conf_high=-0.5, n_clusters=None)])
    assert sentence(inputs, "leavers", estimates=estimates).endswith(BASIS)


@pytest.mark.parametrize(
    ("treated", "reference", "estimate", "expected"),
    [
        ((5, 3), (5, 4), -1, Course.FALL_MORE),
        ((5, 4), (5, 3), 1, Course.FALL_LESS),
        ((5, 8), (5, 6), 2, Course.RISE_MORE),
        ((5, 6), (5, 8), -2, Course.RISE_LESS),
        ((5, 6), (5, 4), 2, Course.OTHER_HIGHER),
        ((5, 4), (5, 6), -2, Course.OTHER_LOWER),
        ((5, 3), (5, 4), 1, Course.OTHER_HIGHER),  # raw means against the estimate: no claim about their course
    ],
)
def test_course_follows_both_groups(inputs, treated, reference, estimate, expected):
    outcome = replace(inputs.outcomes[0], window=(2011, 2012))
    panel = pd.DataFrame(
        [
            {"unit_id": unit, "year": year, "indicator": "leavers", "value": float(value)}
            for unit, values in (("a", treated), ("b", reference))
            for year, value in zip((2011, 2012), values, strict=True)
        ]
    )
    groups = pd.DataFrame({"unit_id": ["a", "b"], "group": ["treated", "reference"]})
    assert wording.course(panel, groups, outcome, 2012, estimate) is expected


def test_clusters_are_named_where_they_are_not_the_units(inputs, row):
    estimates = pd.DataFrame([row("leavers", estimate=-1, conf_low=-2, conf_high=-0.5, n_clusters=9)])
    assert "9 unabhängigen Gruppen" in sentence(inputs, "leavers", estimates=estimates)


@pytest.mark.parametrize(
    ("smd", "side"),
    [
        (0.0, "small"),
        (0.05, "small"),
        (-0.05, "small"),
        (0.0501, "adjust"),
        (-0.25, "adjust"),
        (0.2501, "large"),
        (-3.0, "large"),
    ],
)
def test_the_side_of_the_lines_does_not_depend_on_the_sign(smd, side):
    assert wording.distance(smd) == side


def test_a_level_far_apart_is_said_with_its_direction(inputs):
    said = {o.indicator: plain(wording.before(inputs.balance, o, "t", "de")) for o in inputs.outcomes}
    assert said["leavers"] == (
        "Schon vor dem Start lag der Wert in der Programmgruppe höher als in der Vergleichsgruppe "
        "(standardisierte Differenz 0,81)."
    )
    assert "niedriger" in said["visits"]
    assert said["training"] == said["help"] == ""


def test_the_test_of_the_years_before_is_that_of_the_method_that_decides_and_decides_nothing(inputs):
    outcome, found = finding_of(inputs, "leavers", headline="cs")
    assert found.pre_trend == wording.PreTrend("cs", "callaway_santanna", 0.41)
    seen = replace(inputs, tests=inputs.tests.assign(p_value=0.001))
    _, other = finding_of(seen, "leavers", headline="cs")
    assert told(other, outcome) == told(found, outcome)
    assert plain(wording.pre_trend_note(other, "t", "de")).startswith(
        "Test auf gleiche Entwicklung vor dem Start (Callaway/Sant’Anna): p = 0,001. Er entscheidet nichts"
    )


def others(inputs, row, *estimates, language="de"):
    """What is said of other estimators with these estimates and half widths of their intervals."""
    rows = [
        row("leavers", estimator=f"other-{n}", estimate=value, conf_low=value - half, conf_high=value + half)
        for n, (value, half) in enumerate(estimates)
    ]
    outcome, found = finding_of(inputs, "leavers", headline="cs")
    shown = pd.concat([inputs.estimates[inputs.estimates["estimator"] == "cs"], pd.DataFrame(rows)], ignore_index=True)
    return plain(wording.others(found, outcome, shown, "t", language))


def test_other_methods_are_counted_with_their_range(inputs, row):
    assert others(inputs, row, (-1.1, 0.5), (-0.8, 0.9)) == (
        "2 weitere Verfahren über dieselben Jahre schätzen −1,1 bis −0,8; bei 1 davon schließt der Bereich null ein."
    )


def test_a_range_that_would_show_one_number_twice_is_said_once(inputs, row):
    said = "2 weitere Verfahren über dieselben Jahre schätzen rund −0,8"
    assert others(inputs, row, (-0.81, 0.9), (-0.79, 0.9)) == f"{said}; ihre Bereiche schließen alle null ein."
    assert others(inputs, row, (-0.81, 0.2), (-0.79, 0.2)) == f"{said}; ihre Bereiche schließen alle null aus."
    assert others(inputs, row, (-0.81, 0.2), (-0.79, 0.9)) == f"{said}; bei 1 davon schließt der Bereich null ein."
    assert others(inputs, row, (-0.81, 0.2), (-0.79, 0.2), language="en") == (
        "2 other methods over the same years estimate about −0.8; all their ranges exclude zero."
    )
