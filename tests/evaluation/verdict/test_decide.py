"""Every row of the table and every domain of the rating, their order, what is not known, and mirrored values."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.evaluation.verdict.decide import verdict_of
from kkz_eval.evaluation.verdict.evidence import BreakState, Evidence, LockState, NegativeControl
from kkz_eval.evaluation.verdict.rules import DOMAINS, Code, Form, Level, rules

VETO = NegativeControl("births", holm_p=0.01, same_sign=True, size_ratio=0.5)

ROWS = [
    ({"role": "context"}, "none", "context", 0),
    ({"exposed_years": 1}, "none", "too_early", 0),
    ({"sources_mixed": True}, "none", "mixed_sources", 0),
    ({"break_state": BreakState.UNHANDLED}, "none", "break", 0),
    ({"coverage_share": 0.899}, "none", "few_cells", 0),
    ({"smallest_p": 0.0126}, "none", "refused_few_assignments", 1),
    ({"audit_cannot_tell": True, "audit_size": None}, "none", "audit_cannot_tell", 2),
    ({"audit_cannot_tell": True}, "none", "audit_cannot_tell", 2),
    ({"audit_cannot_tell": True, "audit_size": 0.2}, "not_comparable", "audit", 2),
    ({"audit_size": 0.1001}, "not_comparable", "audit", 2),
    ({"slope_p": 0.049, "slope_bias": 0.51}, "not_comparable", "slope", 3),
    ({"slope_p": 0.099, "slope_bias": 1.01}, "not_comparable", "slope", 3),
    ({"negative_controls": (VETO,)}, "not_comparable", "negative_control", 4),
    ({}, "difference_desired", "difference", 5),
    ({"desired_direction": "increase"}, "difference_undesired", "difference", 5),
    ({"p_adjusted": 0.051}, "not_distinguishable", "condition_failed:family", 6),
    ({"interval": (-2.0, 0.0)}, "not_distinguishable", "condition_failed:interval", 6),
    ({"specifications": {"two_way": 0.1}}, "not_distinguishable", "condition_failed:specifications", 6),
    ({"specifications": {"two_way": 0.0}}, "not_distinguishable", "condition_failed:specifications", 6),
    ({"scales": {"level": -1.6, "log": 0.1}}, "not_distinguishable", "condition_failed:scales", 6),
    ({"breakdown": 0.49}, "not_distinguishable", "condition_failed:breakdown", 6),
    ({"desired_direction": None}, "not_distinguishable", "condition_failed:direction", 6),
    ({"p_raw": 0.06, "p_adjusted": 0.2, "interval": (-0.7, 0.6)}, "not_distinguishable", "large_excluded", 7),
    ({"p_raw": 0.06, "p_adjusted": 0.2, "interval": (-0.8, 0.6)}, "not_distinguishable", "too_imprecise", 7),
]
AT_THE_LIMIT = [
    {"exposed_years": 2},
    {"break_state": BreakState.HANDLED},
    {"break_state": BreakState.IN_WINDOW},
    {"coverage_share": 0.9},
    {"smallest_p": 0.0125},
    {"audit_size": 0.10},
    {"slope_p": 0.049, "slope_bias": 0.5},
    {"slope_p": 0.05, "slope_bias": 1.0},
    {"slope_p": 0.10, "slope_bias": 3.0},
    {"negative_controls": (replace(VETO, holm_p=0.05),)},
    {"negative_controls": (replace(VETO, same_sign=False),)},
    {"negative_controls": (replace(VETO, size_ratio=0.49),)},
    {"negative_controls": ()},
    {"p_adjusted": 0.05},
    {"breakdown": 0.5},
    {"specifications": {}},
]


@pytest.mark.parametrize(("changes", "code", "form", "row"), ROWS)
def test_each_row_gives_its_verdict_and_form(sound: Evidence, changes: dict[str, object], code: str, form: str, row: int) -> None:
    found = verdict_of(replace(sound, **changes), rules())
    assert (found.code, found.written_form, found.row) == (code, form, row)


@pytest.mark.parametrize("changes", AT_THE_LIMIT)
def test_what_lies_on_a_limit_passes(sound: Evidence, changes: dict[str, object]) -> None:
    assert verdict_of(replace(sound, **changes), rules()).code == "difference_desired"


def test_the_first_row_that_applies_decides(sound: Evidence) -> None:
    spoiling = [(changes, row, form) for changes, _, form, row in ROWS if row < 5]
    for (first, row, form), (second, other, _) in product(spoiling, spoiling):
        if row < other and not first.keys() & second.keys():
            assert verdict_of(replace(sound, **first, **second), rules()).written_form == form


def test_a_known_cause_is_told_though_another_of_its_row_is_not_known(sound: Evidence) -> None:
    assert verdict_of(Evidence(role="context"), rules()).form is Form.CONTEXT
    assert verdict_of(replace(sound, role=None, coverage_share=0.5), rules()).form is Form.FEW_CELLS


NEEDED = {
    "role": 0,
    "coverage_share": 0,
    "sources_mixed": 0,
    "break_state": 0,
    "exposed_years": 0,
    "smallest_p": 1,
    "n_primaries": 1,
    "audit_size": 2,
    "slope_bias": None,
    "slope_p": None,
    "mde": None,
    "negative_controls": 4,
    "p_raw": None,
}


@pytest.mark.parametrize(("name", "row"), [(name, row) for name, row in NEEDED.items() if row is not None])
def test_what_a_row_needs_and_is_not_known_gives_no_verdict(sound: Evidence, name: str, row: int) -> None:
    found = verdict_of(replace(sound, **{name: None}), rules())
    assert (found.code, found.form, found.row) == ("none", "not_examined", row)
    assert found.missing


def test_an_unknown_slope_gives_no_verdict_where_it_could_decide(sound: Evidence) -> None:
    for changes in ({"slope_bias": None, "slope_p": 0.01}, {"slope_p": None, "slope_bias": 2.0}, {"mde": None, "slope_p": 0.04}):
        assert verdict_of(replace(sound, **changes), rules()).form is Form.NOT_EXAMINED
    assert verdict_of(replace(sound, slope_p=None), rules()).row == 5  # so small a slope can't decide, whatever its p


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("p_adjusted", "family"),
        ("interval", "interval"),
        ("specifications", "specifications"),
        ("scales", "scales"),
        ("breakdown", "breakdown"),
        ("desired_direction", "direction"),
    ],
)
def test_a_condition_that_was_not_examined_has_failed(sound: Evidence, name: str, condition: str) -> None:
    found = verdict_of(replace(sound, **{name: None}), rules())
    assert (found.written_form, found.row) == (f"condition_failed:{condition}", 6)


def test_a_named_specification_that_was_refused_does_not_pass(sound: Evidence) -> None:
    found = verdict_of(replace(sound, specifications={"two_way": -1.0, "need": None}), rules())
    assert (found.written_form, found.missing) == ("condition_failed:specifications", "specifications_against")


def test_values_without_a_logarithm_are_compared_in_their_level_alone(sound: Evidence) -> None:
    assert verdict_of(replace(sound, scales={}), rules()).row == 5
    assert verdict_of(replace(sound, scales={"log_2016": None}), rules()).written_form == "condition_failed:scales"


def test_large_differences_are_excluded_only_where_it_is_known_what_is_large(sound: Evidence) -> None:
    unclear = replace(sound, p_raw=0.3, p_adjusted=0.6, interval=(-0.2, 0.1))
    assert verdict_of(unclear, rules()).form is Form.LARGE_EXCLUDED
    assert verdict_of(replace(unclear, smallest_difference=None), rules()).form is Form.TOO_IMPRECISE
    assert verdict_of(replace(unclear, interval=None), rules()).form is Form.TOO_IMPRECISE


def test_evidence_without_anything_known_has_neither_verdict_nor_rating() -> None:
    found = verdict_of(Evidence(), rules())
    assert (found.code, found.form, found.rating) == (Code.NONE, Form.NOT_EXAMINED, Level.NO_INFORMATION)
    assert {domain.level for domain in found.domains} == {Level.NO_INFORMATION}


RATINGS = [
    ("confounding", {}, "moderate"),
    ("confounding", {"audit_size": 0.075}, "moderate"),
    ("confounding", {"audit_size": 0.0751}, "serious"),
    ("confounding", {"audit_size": 0.0}, "moderate"),
    ("confounding", {"audit_size": 0.11}, "critical"),
    ("confounding", {"audit_cannot_tell": True}, "no_information"),
    ("confounding", {"audit_cannot_tell": True, "audit_size": 0.09}, "serious"),
    ("confounding", {"slope_bias": 0.5}, "moderate"),
    ("confounding", {"slope_bias": 0.51}, "serious"),
    ("confounding", {"slope_bias": 1.1}, "critical"),
    ("confounding", {"years_before": 3}, "moderate"),
    ("confounding", {"years_before": 2}, "serious"),
    ("confounding", {"years_before": 0}, "critical"),
    ("confounding", {"breakdown": 1.0}, "moderate"),
    ("confounding", {"breakdown": 0.9}, "serious"),
    ("confounding", {"breakdown": 0.9, "p_raw": 0.5, "p_adjusted": 0.5}, "moderate"),  # of row 5 only
    ("selection", {}, "low"),
    ("selection", {"share_compared": 0.75}, "moderate"),
    ("selection", {"share_compared": 0.5}, "serious"),
    ("selection", {"share_compared": 0.4}, "critical"),
    ("classification", {}, "low"),
    ("classification", {"dose_distance": 1.5}, "moderate"),
    ("classification", {"dose_distance": 2.5}, "serious"),
    ("deviations", {}, "low"),
    ("deviations", {"co_treatments": {"a": -1.0, "b": 0.2}}, "serious"),
    ("deviations", {"co_treatments": {}}, "no_information"),
    ("missing", {"missing_share": 0.02}, "low"),
    ("missing", {"missing_share": 0.10}, "moderate"),
    ("missing", {"missing_share": 0.11}, "serious"),
    ("measurement", {}, "low"),
    ("measurement", {"break_state": BreakState.HANDLED}, "moderate"),
    ("measurement", {"break_state": BreakState.IN_WINDOW}, "serious"),
    ("measurement", {"break_state": BreakState.UNHANDLED}, "critical"),
    ("measurement", {"break_state": BreakState.AS_GIVEN}, "no_information"),
    ("reported_result", {}, "low"),
    ("reported_result", {"lock_state": LockState.DEVIATION_LISTED}, "moderate"),
    ("reported_result", {"lock_state": LockState.CHOSEN_AFTER}, "serious"),
]


@pytest.mark.parametrize(("name", "changes", "level"), RATINGS)
def test_each_domain_has_the_level_of_its_worst_number(
    sound: Evidence, name: str, changes: dict[str, object], level: str
) -> None:
    found = verdict_of(replace(sound, **changes), rules())
    domain = next(domain for domain in found.domains if domain.name == name)
    assert domain.level == level
    assert found.rating == max((domain.level for domain in found.domains), key=list(rules().levels).index)


def test_there_are_seven_domains_and_confounding_is_never_low(sound: Evidence) -> None:
    found = verdict_of(replace(sound, audit_size=0.0, slope_bias=0.0, years_before=50, breakdown=9.0), rules())
    assert tuple(domain.name for domain in found.domains) == DOMAINS
    assert (found.domains[0].level, found.rating) == (Level.MODERATE, Level.MODERATE)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("selection", "share_compared"),
        ("classification", "dose_distance"),
        ("deviations", "co_treatments"),
        ("missing", "missing_share"),
        ("measurement", "break_state"),
        ("reported_result", "lock_state"),
        ("confounding", "years_before"),
        ("confounding", "audit_size"),
    ],
)
def test_a_domain_of_which_nothing_is_known_is_not_good(sound: Evidence, name: str, field: str) -> None:
    found = verdict_of(replace(sound, **{field: None}), rules())
    assert next(domain.level for domain in found.domains if domain.name == name) is Level.NO_INFORMATION
    assert found.rating is Level.NO_INFORMATION


def test_what_is_known_to_be_serious_is_not_covered_by_what_is_not_known(sound: Evidence) -> None:
    assert verdict_of(replace(sound, lock_state=None, years_before=1), rules()).rating is Level.SERIOUS


MIRRORED = {
    "difference_desired": "difference_undesired",
    "difference_undesired": "difference_desired",
}
maybe = st.none() | st.floats(-2, 2, allow_nan=False)
share = st.none() | st.sampled_from([0.0, 0.01, 0.05, 0.08, 0.2, 0.9, 1.0])
named = st.none() | st.dictionaries(st.sampled_from(["a", "b"]), maybe, max_size=2)
GRID = st.builds(
    Evidence,
    role=st.sampled_from(["primary", "secondary", "context", None]),
    coverage_share=st.sampled_from([0.5, 0.95, 1.0]),
    sources_mixed=st.just(False),
    break_state=st.sampled_from(list(BreakState)),
    exposed_years=st.sampled_from([1, 3, 6]),
    smallest_p=st.sampled_from([1e-6, 1e-3]),
    n_primaries=st.sampled_from([1, 4]),
    audit_size=st.sampled_from([0.05, 0.09, 0.2, None]),
    audit_cannot_tell=st.booleans(),
    slope_bias=st.sampled_from([0.0, 0.6, 2.0]),
    slope_p=st.sampled_from([0.01, 0.07, 0.5]),
    mde=st.sampled_from([1.0, 3.0]),
    negative_controls=st.sampled_from([(), (VETO,), (replace(VETO, same_sign=None),), None]),
    estimate=maybe,
    p_raw=share,
    p_adjusted=share,
    interval=st.none() | st.tuples(maybe, maybe).filter(lambda ends: None not in ends and ends[0] <= ends[1]),
    specifications=named,
    scales=named,
    breakdown=st.sampled_from([0.2, 0.7, 1.4, None]),
    desired_direction=st.sampled_from(["increase", "decrease", None]),
    smallest_difference=st.sampled_from([0.5, 2.5, None]),
    years_before=st.sampled_from([1, 5]),
    share_compared=share,
    dose_distance=share,
    co_treatments=named,
    missing_share=share,
    lock_state=st.sampled_from([*LockState, None]),
)


@settings(max_examples=400, deadline=None)
@given(GRID)
def test_values_with_their_sign_turned_give_the_mirrored_verdict_and_the_same_rating(evidence: Evidence) -> None:
    found, turned = verdict_of(evidence, rules()), verdict_of(evidence.mirrored(), rules())
    assert turned.code == MIRRORED.get(found.code, found.code)
    assert (turned.written_form, turned.row, turned.missing, turned.rating) == (
        found.written_form,
        found.row,
        found.missing,
        found.rating,
    )
    assert [domain.level for domain in turned.domains] == [domain.level for domain in found.domains]


@settings(max_examples=400, deadline=None)
@given(GRID, st.sampled_from([one.name for one in fields(Evidence) if one.name not in ("audit_cannot_tell", "first_year")]))
def test_to_know_less_never_gives_a_difference_nor_a_better_rating(evidence: Evidence, name: str) -> None:
    known, less = verdict_of(evidence, rules()), verdict_of(replace(evidence, **{name: None}), rules())
    if less.row == 5:
        assert known.row == 5
    if less.form is Form.LARGE_EXCLUDED:
        assert known.row in (5, 7)
    good = (Level.LOW, Level.MODERATE)
    if known.row == less.row and less.rating in good:
        assert known.rating in good


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        Evidence(interval=(float("nan"), 1.0))
    with pytest.raises(ValueError, match="NaN"):
        NegativeControl("births", holm_p=float("nan"))
