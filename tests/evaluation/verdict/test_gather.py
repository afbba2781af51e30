"""The evidence of an outcome from tables of results: which row counts, and what stays unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.evaluation.plan import Audit, Comparison, EstimatorSpec, Inference, Outcome, Plan, SmallestDifference, Specification
from kkz_eval.evaluation.results import EffectsResult, result_of
from kkz_eval.evaluation.verdict.decide import verdict_of
from kkz_eval.evaluation.verdict.evidence import BreakState, Evidence
from kkz_eval.evaluation.verdict.gather import evidence_of
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.evaluation.verdict.sentences import verdict_sentence
from kkz_eval.evaluation.verdict.table import UNIT_OF_PANEL

OUTCOME = Outcome("y", "primary", expected_direction="decrease", smallest_difference=SmallestDifference(0.5, {}, "board"))
PLAN = Plan("p", (OUTCOME, Outcome("z", "primary"), Outcome("c", "context")), (EstimatorSpec("twfe", "twfe"),))
AUDITED = replace(PLAN, comparison=Comparison(("kind",), ("need",)), audit=Audit(None, "need", ()))
ESTIMATE = {"indicator": "y", "estimator": "twfe", "method": "twfe", "aggregation": "coefficient", "term": "att", "status": "ok"}
CHANCE = {"indicator": "y", "estimator": "twfe", "aggregation": "coefficient", "method": "randomization", "status": "ok"}
KNOWN = Evidence(coverage_share=1.0, sources_mixed=False, break_state=BreakState.NONE, exposed_years=4)


TITLE = {"de": "Alle mit allen", "en": "All with all"}


def chance(statistic: str, within: str, theta: str, p: float) -> dict[str, object]:
    of_law = {"statistic": statistic, "within": within, "theta": theta, "n_assignments": 1_000}
    return {**CHANCE, **of_law, "estimate": -0.3, "p_value": p, "p_adjusted": 2 * p, "conf_low": -1.0, "conf_high": 0.4}


def audited(theta: str, size: float | None, form: str = "full") -> dict[str, object]:
    status = "refused" if size is None else "ok"
    return {"indicator": "y", "estimator": "twfe", "form": form, "within": "kind", "theta": theta, "size": size, "status": status}


def results(**tables: list[dict[str, object]]) -> EffectsResult:
    rows = [{**ESTIMATE, "estimate": -0.25, "std_error": 0.2, "conf_low": -0.6, "conf_high": 0.1}]
    return result_of(**{"estimates": rows, **tables})


def test_a_plan_without_randomization_leaves_chance_unknown_and_has_no_verdict() -> None:
    found = evidence_of(OUTCOME, PLAN, results(), KNOWN)
    assert (found.estimate, found.interval, found.p_raw, found.audit_size, found.mde) == (-0.25, None, None, None, None)
    assert (found.role, found.n_primaries, found.desired_direction, found.smallest_difference) == ("primary", 2, "decrease", 0.5)
    assert (found.specifications, found.co_treatments, found.scales, found.negative_controls) == ({}, {}, None, ())
    verdict = verdict_of(found, rules())
    assert (verdict.code, verdict.form, verdict.row) == ("none", "not_examined", 1)


RANDOMIZED = replace(AUDITED, inference=Inference(method="randomization"))
REFUSED_ROW = {**ESTIMATE, "status": "refused", "message": "Kein Wert."}


@pytest.mark.parametrize(
    ("plan", "estimates", "inference", "said"),
    [
        (RANDOMIZED, [REFUSED_ROW], [], "Kein Urteil: Kein Wert."),
        (
            RANDOMIZED,
            [{**ESTIMATE, "method": "event_study", "aggregation": "dynamic", "event_time": 0}],
            [],
            "keinen Schätzwert über",
        ),
        (replace(RANDOMIZED, inference=Inference(method="randomization", theta=("zero",))), None, [], "fehlt „hat“"),
        (RANDOMIZED, None, [{**CHANCE, "status": "refused", "theta": "hat", "message": "Zu hoch."}], "Kein Urteil: Zu hoch."),
        (RANDOMIZED, None, [{**CHANCE, "status": "refused", "message": "Keine Ziehungen."}], "Kein Urteil: Keine Ziehungen."),
        (RANDOMIZED, None, [{**CHANCE, "status": "refused", "theta": "upper", "message": "Zu hoch."}], "Es fehlt:"),
    ],
)
def test_no_verdict_names_its_cause(plan: Plan, estimates: list | None, inference: list, said: str) -> None:
    rows = results().estimates if estimates is None else result_of(estimates=estimates).estimates
    found = verdict_of(evidence_of(OUTCOME, plan, replace(results(inference=inference), estimates=rows), KNOWN), rules())
    assert said in verdict_sentence(found, rules(), UNIT_OF_PANEL, 1).in_language("de")


def test_p_and_interval_are_those_of_the_coefficient_within_the_strata_by_the_fitted_law() -> None:
    rows = [
        chance("coefficient", "", "hat", 0.5),
        chance("studentised", "kind", "hat", 0.4),
        chance("coefficient", "kind", "zero", 0.3),
        chance("coefficient", "kind", "hat", 0.02),
    ]
    power = [
        {"indicator": "y", "estimator": "twfe", "within": within, "theta": theta, "permutation_sd": spread}
        for within, theta, spread in (("", "hat", 9.0), ("kind", "zero", 8.0), ("kind", "hat", 1.3))
    ]
    found = evidence_of(OUTCOME, AUDITED, results(inference=rows, power=power), KNOWN)
    assert (found.p_raw, found.p_adjusted, found.interval, found.estimate) == (0.02, 0.04, (-1.0, 0.4), -0.3)
    assert found.mde == pytest.approx(1.3 * 2.80158, rel=1e-5)
    assert found.smallest_p is None  # by that law only who knows the assignment can say


def test_without_a_law_the_assignments_are_equally_probable() -> None:
    smallest = {"indicator": "y", "estimator": "twfe", "test": "smallest_p", "p_value": 0.001}
    rows = [chance("coefficient", "", "zero", 0.2)]
    found = evidence_of(OUTCOME, PLAN, results(inference=rows, tests=[smallest]), KNOWN)
    assert (found.p_raw, found.smallest_p) == (0.2, 0.001)


def test_trend_violations_and_other_specifications_are_those_of_the_tables() -> None:
    tests = [{"indicator": "y", "estimator": "twfe", "test": "slope_bias", "statistic": -0.7, "p_value": 0.03}]
    others = [("two_way", "specification", 1.0, 3.0), ("log", "specification", -0.2, -0.1), ("aid", "co_treatment", None, None)]
    sensitivity: list[dict[str, object]] = [
        {"indicator": "y", "method": "specification", "parameter": name, "target": target, "conf_low": low, "conf_high": high}
        for name, target, low, high in others
    ]
    broken = {"indicator": "y", "estimator": "es", "method": "breakdown", "parameter": "", "target": "first", "conf_low": None}
    plan = replace(
        AUDITED, specifications=(Specification("two_way", TITLE), Specification("log", scale="log"), Specification("aid"))
    )
    found = evidence_of(OUTCOME, plan, results(tests=tests, sensitivity=[*sensitivity, broken]), KNOWN)
    assert (found.slope_bias, found.slope_p) == (0.7, 0.03)
    assert found.specifications == {"two_way": 2.0}
    assert found.titles["two_way"].in_language("de") == "Alle mit allen"
    assert found.scales == {"log": pytest.approx(-0.15)}
    assert found.co_treatments == {"aid": None}
    assert found.breakdown == 0.0  # not even without a violation does the interval leave 0 out


def test_another_scale_without_an_estimate_is_none_that_values_admit_unless_more_is_asked_of_it() -> None:
    rows: list[dict[str, object]] = [
        {"indicator": "y", "method": "specification", "parameter": name, "target": "specification"} for name in ("ratios", "late")
    ]
    asked = (Specification("ratios", TITLE, scale="log"), Specification("late", scale="log", window=(2014, 2016)))
    found = evidence_of(OUTCOME, replace(AUDITED, specifications=asked), results(sensitivity=rows), KNOWN)
    assert found.scales == {"late": None}


def test_a_narrow_interval_of_the_plan_says_nothing_to_the_table() -> None:
    for level, known in ((0.99, True), (0.95, True), (0.5, False)):
        rows = [{**chance("coefficient", "kind", "hat", 0.02), "conf_level": level}]
        assert (evidence_of(OUTCOME, AUDITED, results(inference=rows), KNOWN).interval is not None) is known


def test_differences_of_logarithms_are_not_held_against_a_size_in_the_outcomes_unit() -> None:
    for scale, known in (("level", 0.5), ("logged", 0.5), ("log", None)):
        assert evidence_of(replace(OUTCOME, scale=scale), AUDITED, results(), KNOWN).smallest_difference == known


def test_negative_controls_are_told_by_their_p_among_them_and_by_their_size_in_their_own_spread() -> None:
    names = ("y", "beds", "product")
    rows = [{**chance("coefficient", "", "zero", p), "indicator": name} for name, p in zip(names, (0.2, 0.01, 0.04), strict=True)]
    tests = [
        {"indicator": name, "estimator": "twfe", "test": "spread_before", "statistic": spread}
        for name, spread in zip(names, (1.0, 2.0, 0.5), strict=True)
    ]
    outcomes = (*PLAN.outcomes, *(Outcome(name, role="context") for name in names[1:]))
    plan = replace(PLAN, outcomes=outcomes, negative_controls=names[1:])
    numbers = {"estimate": -0.25, "std_error": 0.2, "conf_low": -0.6, "conf_high": 0.1}
    estimates = [{**ESTIMATE, **numbers, "indicator": name} for name in names]
    found = evidence_of(OUTCOME, plan, results(estimates=estimates, inference=rows, tests=tests), KNOWN).negative_controls
    assert found is not None
    assert [(one.name, one.holm_p, one.same_sign, one.size_ratio) for one in found] == [
        ("beds", pytest.approx(0.02), True, pytest.approx(0.5)),
        ("product", pytest.approx(0.04), True, pytest.approx(2.0)),
    ]
    assert evidence_of(outcomes[-1], plan, results(estimates=estimates), KNOWN).role == "context"


def test_an_outcome_is_held_against_its_own_negative_controls_where_it_names_any() -> None:
    others = (Outcome("beds", role="context"), Outcome("product", role="context"))
    plan = replace(PLAN, negative_controls=("beds",))
    named = {
        own: evidence_of(outcome, replace(plan, outcomes=(outcome, *others)), results(), KNOWN).negative_controls
        for own in (None, (), ("product",))
        for outcome in [replace(OUTCOME, negative_controls=own)]
    }
    assert {own: [one.name for one in found or ()] for own, found in named.items()} == {
        None: ["beds"],
        (): [],
        ("product",): ["product"],
    }


@pytest.mark.parametrize(
    ("rows", "size", "cannot_tell"),
    [
        ([], None, False),
        ([audited("zero", 0.05), audited("hat", 0.12), audited("upper", 0.09)], 0.12, False),
        ([audited("zero", 0.05), audited("hat", 0.3, form="blind")], 0.05, False),
        ([audited("zero", None), audited("hat", None)], None, True),
        ([audited("zero", 0.05), audited("hat", None)], 0.05, True),
    ],
)
def test_the_largest_size_of_the_full_audit_counts(rows: list[dict[str, object]], size: float | None, cannot_tell: bool) -> None:
    found = evidence_of(OUTCOME, AUDITED, results(audit=rows), KNOWN)
    assert (found.audit_size, found.audit_cannot_tell) == (size, cannot_tell)


def test_what_the_caller_knows_is_not_overwritten() -> None:
    known = replace(KNOWN, desired_direction="increase", smallest_p=0.01, estimate=-0.7)
    found = evidence_of(OUTCOME, PLAN, results(inference=[chance("coefficient", "", "zero", 0.2)]), known)
    assert (found.desired_direction, found.smallest_p, found.estimate) == ("increase", 0.01, -0.7)
    assert (found.coverage_share, found.exposed_years) == (1.0, 4)


def test_the_distance_of_an_estimate_by_dose_is_measured_in_the_larger_error() -> None:
    rows = [
        {**ESTIMATE, "estimate": -0.25, "std_error": 0.2},
        {**ESTIMATE, "estimator": "dose", "method": "dose", "estimate": -0.5, "std_error": 0.5},
    ]
    found = evidence_of(OUTCOME, replace(PLAN, headline="twfe"), results(estimates=rows), KNOWN)
    assert found.dose_distance == pytest.approx(0.5)


def test_a_refused_estimate_gives_no_evidence_of_its_own() -> None:
    refused = [{**ESTIMATE, "status": "refused", "message": "no controls"}]
    found = evidence_of(OUTCOME, PLAN, results(estimates=refused, inference=[chance("coefficient", "", "zero", 0.2)]), KNOWN)
    assert (found.estimate, found.p_raw) == (None, None)
