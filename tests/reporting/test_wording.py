"""Sentences by rule: exact strings for every case, in both languages where the rule differs."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from kkz_eval.evaluation.plan import Checks
from kkz_eval.evaluation.statistical_checks import largest_difference, rows_of_methods
from kkz_eval.reporting import wording
from kkz_eval.reporting.document import plain
from kkz_eval.reporting.wording import Course, Kind

BASIS = " Grundlage: 14 Kreise und kreisfreie Städte, davon 6 in der Programmgruppe und 8 in der Vergleichsgruppe."
ASSUMPTION = " Dass das Programm der Grund ist, setzt voraus, dass sich beide Gruppen sonst gleich entwickelt hätten."


def verdict_of(inputs, indicator, estimates=None, headline=None):
    outcome = next(outcome for outcome in inputs.outcomes if outcome.indicator == indicator)
    found = wording.verdict(
        outcome,
        estimates=inputs.estimates if estimates is None else estimates,
        tests=inputs.tests,
        panel=inputs.panel,
        groups=inputs.groups,
        treated_cohorts=inputs.treated_cohorts,
        headline=headline,
        checks=Checks(),
    )
    return outcome, found


def sentence(inputs, indicator, language="de", estimates=None):
    outcome, found = verdict_of(inputs, indicator, estimates)
    return plain(wording.finding(found, outcome, "t", language))


def test_interval_without_zero(inputs):
    assert sentence(inputs, "leavers") == (
        "Schulabgänge ohne Abschluss: Der Wert ging in der Programmgruppe um 1,2 Prozentpunkte stärker zurück als in der "
        "Vergleichsgruppe (vereinbar: 0,5 bis 2,0). Das ist die erwünschte Richtung." + ASSUMPTION + BASIS
    )


def test_interval_without_zero_in_english(inputs):
    assert sentence(inputs, "leavers", "en") == (
        "Schulabgänge ohne Abschluss (en): the value fell by 1.2 percentage points more in the programme group than in the "
        "reference group (compatible: 0.5 to 2.0). This is the desired direction. That the programme is the reason presupposes "
        "that both groups would otherwise have developed alike. Based on 14 Kreise and cities, 6 of them in the programme group and 8 in the "
        "reference group."
    )


def test_interval_with_zero(inputs):
    assert sentence(inputs, "training") == (
        "Ausbildungsplätze je 100 Bewerbungen: Der geschätzte Unterschied beträgt −0,3 Prozentpunkte. Die Daten sind mit einem um "
        "1,5 Prozentpunkte niedrigeren Wert der Programmgruppe ebenso vereinbar wie mit einem um 0,9 Prozentpunkte höheren. "
        "Ob es einen Unterschied gibt, lässt sich damit nicht sagen." + BASIS
    )


def test_trend_before_the_start_and_exposed_years(inputs):
    assert sentence(inputs, "help") == (
        "Beginn der Hilfe unter 3 Jahren: Schon vor dem Start entwickelten sich beide Gruppen unterschiedlich (Test auf gleiche "
        "Entwicklung, Callaway/Sant’Anna: p = 0,012). Der geschätzte Unterschied (1,3 Prozentpunkte, vereinbar: 0,9 bis 1,7) kann diese "
        "Entwicklung fortsetzen. Wir ziehen deshalb keinen Schluss auf das Programm. Gewertet werden nur die Jahre ab 2014: "
        "Nach den Annahmen des Plans können Angebote des Programms in dieser Kennzahl frühestens dann zu sehen sein." + BASIS
    )


def test_refused(inputs):
    assert sentence(inputs, "visits") == (
        "Willkommensbesuche: Eine Schätzung wurde verweigert. Grund: fewer than two treated units have values"
    )


def test_without_an_estimate(inputs):
    assert sentence(inputs, "leavers", estimates=inputs.estimates.iloc[:0]) == (
        "Schulabgänge ohne Abschluss: Der Lauf enthält keine Schätzung, auf die sich eine Aussage stützen könnte."
    )


def test_exposed_row_decides(inputs):
    _, found = verdict_of(inputs, "help")
    assert found.row["aggregation"] == "exposed"


def test_without_an_exposed_row_nothing_is_said(inputs):
    unexposed = inputs.estimates[inputs.estimates["aggregation"] != "exposed"]
    _, found = verdict_of(inputs, "help", unexposed)
    assert found.kind is Kind.MISSING


def test_a_refusal_does_not_hand_over_to_another_method(inputs, row):
    estimates = pd.DataFrame(
        [
            row("leavers", status="refused", message="no controls"),
            row("leavers", method="twfe", estimator="twfe", aggregation="coefficient", estimate=-1, conf_low=-2, conf_high=-0.5),
        ]
    )
    _, found = verdict_of(inputs, "leavers", estimates)
    assert found.kind is Kind.REFUSED


@pytest.mark.parametrize(("low", "high", "kind"), [(0.0, 1.0, "unclear"), (-1.0, 0.0, "unclear"), (1e-9, 1.0, "difference")])
def test_zero_at_the_end_of_an_interval_is_in_it(inputs, row, low, high, kind):
    estimates = pd.DataFrame([row("leavers", estimate=(low + high) / 2, conf_low=low, conf_high=high)])
    _, found = verdict_of(inputs, "leavers", estimates)
    assert found.kind == kind


def test_an_interval_without_zero_never_shows_zero_as_its_end(inputs, row):
    estimates = pd.DataFrame([row("leavers", estimate=-0.5, conf_low=-0.996, conf_high=-0.004)])
    assert "(vereinbar: 0,004 bis 0,996)" in sentence(inputs, "leavers", estimates=estimates)


def test_inference_without_clusters_names_none(inputs, row):
    estimates = pd.DataFrame([row("leavers", estimate=-1, conf_low=-2, conf_high=-0.5, n_clusters=None)])
    assert sentence(inputs, "leavers", estimates=estimates).endswith(BASIS)


def test_undesirable_direction_is_said(inputs, row):
    estimates = pd.DataFrame([row("leavers", estimate=0.8, conf_low=0.2, conf_high=1.4)])
    assert "0,8 Prozentpunkte höher, als nach der Entwicklung" in sentence(inputs, "leavers", estimates=estimates)
    assert "Das ist nicht die erwünschte Richtung." in sentence(inputs, "leavers", estimates=estimates)


def test_no_judgement_without_a_desirable_direction(inputs):
    outcome, found = verdict_of(inputs, "leavers")
    said = plain(wording.finding(found, replace(outcome, desirable=None), "t", "de"))
    assert "Richtung" not in said


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


def with_another_method(inputs, indicator, low, high):
    _, headline = verdict_of(inputs, indicator)
    row = inputs.estimates.loc[[headline.row.name]]
    other = row.assign(estimator="es", method="event_study", conf_low=low, conf_high=high, estimate=(low + high) / 2)
    estimates = pd.concat([inputs.estimates, other], ignore_index=True)
    outcome, found = verdict_of(inputs, indicator, estimates)
    return plain(wording.elsewhere(found, outcome, estimates, "t", "de"))


def test_another_method_that_does_not_exclude_zero_is_named(inputs):
    assert with_another_method(inputs, "leavers", -2.1, 0.3) == (
        "Ein anderes Verfahren (Ereignisstudie) schließt null nicht aus (vereinbar: −2,1 bis 0,3); "
        "der Unterschied ist also nicht gesichert."
    )


def test_another_method_that_excludes_zero_is_named_as_well(inputs):
    assert with_another_method(inputs, "training", 0.1, 0.3) == (
        "Ein anderes Verfahren (Ereignisstudie) schließt null aus (vereinbar: 0,1 bis 0,3)."
    )


def test_methods_that_agree_need_no_word(inputs):
    assert with_another_method(inputs, "leavers", -2.1, -0.3) == ""


def with_estimate_of(inputs, row, estimate, **also):
    """The estimates with those of a second method for the leavers, of whom the first finds −1.2."""
    also = {"std_error": 0.4, "conf_low": estimate - 0.8, "conf_high": estimate + 0.8, **also}
    other = row("leavers", method="sdid", estimator="sdid", aggregation="coefficient", estimate=estimate, **also)
    return pd.concat([inputs.estimates, pd.DataFrame([other])], ignore_index=True)


def test_where_the_methods_disagree_the_finding_says_so_and_names_no_estimate_alone(inputs, row):
    estimates = with_estimate_of(inputs, row, 1.7, conf_low=-0.1, conf_high=3.5)
    outcome, found = verdict_of(inputs, "leavers", estimates, headline="cs")
    assert found.kind is Kind.DEPENDS
    assert plain(wording.finding(found, outcome, "t", "de")) == (
        "Schulabgänge ohne Abschluss: Das Ergebnis hängt vom Verfahren ab. 3 Verfahren schätzen den Unterschied über dieselben Jahre "
        "auf −1,2 bis 1,7 Prozentpunkte; bei 1 davon schließt der vereinbare Bereich null ein. Keine dieser Schätzungen steht allein "
        "für das Ergebnis. Nicht alle Schätzungen haben dasselbe Vorzeichen." + BASIS
    )
    assert wording.elsewhere(found, outcome, estimates, "t", "de") == ()
    assert wording.others(found, outcome, estimates, "t", "de") == ()


def test_methods_that_disagree_and_all_exclude_zero_are_said_to(inputs, row):
    estimates = with_estimate_of(inputs, row, -4.0)
    outcome, found = verdict_of(inputs, "leavers", estimates, headline="cs")
    own = estimates[(estimates["indicator"] != "leavers") | (estimates["conf_high"] < 0) | estimates["event_time"].notna()]
    _, found = verdict_of(inputs, "leavers", own, headline="cs")
    assert "ihre vereinbaren Bereiche schließen alle null aus" in plain(wording.finding(found, outcome, "t", "de"))


def test_the_finding_depends_on_the_method_exactly_where_the_check_says_so(inputs, row):
    for estimate in (-1.2, -0.9, -0.6, 0.3, 2.0):
        estimates = with_estimate_of(inputs, row, estimate)
        difference = largest_difference(rows_of_methods(estimates, "leavers", "all"))
        _, found = verdict_of(inputs, "leavers", estimates, headline="cs")
        assert (found.kind is Kind.DEPENDS) == (difference > Checks().agreement), estimate


def test_a_trend_before_the_start_is_told_by_the_test_of_the_method_that_decides(inputs, row):
    assert verdict_of(inputs, "leavers", headline="cs")[1].pre_trend == wording.PreTrend("cs", "callaway_santanna", 0.41)


def test_a_trend_that_another_test_sees_is_not_passed_over(inputs, row):
    estimates = with_estimate_of(inputs, row, -1.2)
    seen = {"indicator": "leavers", "estimator": "sdid", "test": "pre_trend", "statistic": 9.0, "df": 4, "p_value": 0.01}
    changed = replace(inputs, tests=pd.concat([inputs.tests, pd.DataFrame([seen])], ignore_index=True))
    _, found = verdict_of(changed, "leavers", estimates, headline="cs")
    assert (found.kind, found.pre_trend.estimator, found.pre_trend.p) == (Kind.PRE_TREND, "sdid", 0.01)


def others(inputs, row, *estimates, language="de"):
    """What is said of other estimators with these estimates and half widths of their intervals."""
    rows = [
        row("leavers", estimator=f"other-{n}", estimate=value, conf_low=value - half, conf_high=value + half)
        for n, (value, half) in enumerate(estimates)
    ]
    outcome, found = verdict_of(inputs, "leavers", headline="cs")
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
