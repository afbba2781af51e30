"""Every statistical check passes, fails at its threshold with a sentence that says what follows, and says where it can't know."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from kkz_eval.evaluation.matching import Matched
from kkz_eval.evaluation.plan import Checks, Comparison, EstimatorSpec, Matching, Measured, Outcome, Plan
from kkz_eval.evaluation.results import EffectsResult, result_of
from kkz_eval.evaluation.statistical_checks import DESIGN_CHECKS, EFFECT_CHECKS, StatisticalCheck, check_design, check_effects

PLAN = Plan("p", (Outcome("y"),), (EstimatorSpec("twfe", "twfe"),), treated_cohorts=(2012,))
HELD = replace(PLAN, comparison=Comparison(within=("kind",)))
MATCHED = replace(PLAN, matching=Matching("entropy_balancing", (Measured("y"),)))


def _design(**values: object) -> Matched:
    row = {"indicator": "y", "measure": "level", "smd": -0.2, "smd_after": float("nan"), "overlap": 1.0, "status": "ok"}
    empty = pd.DataFrame()
    return Matched(empty, empty, empty, pd.DataFrame([row | values]), 1.0, ())


def _row(**values: object) -> dict[str, object]:
    row = {"indicator": "y", "estimator": "twfe", "method": "twfe", "aggregation": "coefficient", "term": "att", "status": "ok"}
    return row | {"estimate": 1.0, "std_error": 0.5, "n_treated_clusters": 13} | values


def _effects(*rows: dict[str, object], p: float | None = 0.4) -> EffectsResult:
    tests = [] if p is None else [{"indicator": "y", "estimator": "es", "test": "pre_trend", "statistic": 1.0, "p_value": p}]
    return result_of(estimates=rows, tests=tests)


def _named(found: tuple[StatisticalCheck, ...], name: str) -> StatisticalCheck:
    (check,) = (check for check in found if check.name == name)
    assert check.sentence.in_language("de") != check.sentence.in_language("en")
    return check


@pytest.mark.parametrize(
    ("name", "design", "plan", "passed", "code"),
    [
        ("balance", _design(smd=0.25), PLAN, True, "met"),
        ("balance", _design(smd=-0.2501), PLAN, False, "far_before"),
        ("balance", _design(smd=-0.2501), HELD, False, "far_held"),
        ("balance", _design(smd=-0.2501), replace(PLAN, checks=Checks(smd=0.3)), True, "met"),
        ("balance", _design(smd=1.0, smd_after=0.1), MATCHED, True, "met"),
        ("balance", _design(smd=0.1, smd_after=0.3), MATCHED, False, "far_after"),
        ("balance", _design(status="refused"), PLAN, False, "unknown"),
        ("overlap", _design(overlap=0.9), PLAN, True, "met"),
        ("overlap", _design(overlap=0.89), PLAN, False, "apart"),
        ("overlap", _design(status="refused"), PLAN, False, "unknown"),
    ],
)
def test_design_checks(name: str, design: Matched, plan: Plan, passed: bool, code: str) -> None:
    found = check_design(design, plan)
    assert tuple(check.name for check in found) == DESIGN_CHECKS
    check = _named(found, name)
    assert (check.passed, check.code) == (passed, code)
    if not passed:
        assert "Niveau von y" in check.sentence.in_language("de")
        assert "y level" in check.sentence.in_language("en")


def test_who_has_chosen_a_comparison_is_not_advised_to_match() -> None:
    said = [_named(check_design(_design(smd=1.0), plan), "balance").sentence.in_language("de") for plan in (PLAN, HELD)]
    assert ["„matching“" in sentence for sentence in said] == [True, False]


@pytest.mark.parametrize(
    ("name", "effects", "passed", "code"),
    [
        ("pre_trends", _effects(_row(), p=0.05), True, "met"),
        ("pre_trends", _effects(_row(), p=0.0499), False, "seen"),
        ("pre_trends", _effects(_row(), p=None), False, "unknown"),
        ("pre_trends", _effects(_row(), p=float("nan")), False, "unknown"),
        ("treated_clusters", _effects(_row(n_treated_clusters=10)), True, "met"),
        ("treated_clusters", _effects(_row(n_treated_clusters=9)), False, "few"),
        ("treated_clusters", _effects(_row(status="refused")), False, "unknown"),
        ("agreement", _effects(_row()), False, "one_method"),
        ("agreement", _effects(_row(), _row(estimator="cs", aggregation="simple", estimate=1.5, std_error=0.2)), True, "met"),
        ("agreement", _effects(_row(), _row(estimator="cs", aggregation="simple", estimate=1.6, std_error=0.2)), False, "apart"),
        ("agreement", _effects(_row(), _row(estimator="d", method="dose", estimate=9.0)), False, "one_method"),
        (
            "agreement",
            _effects(_row(), _row(estimator="es", aggregation="dynamic", event_time=3, estimate=9.0)),
            False,
            "one_method",
        ),
        ("agreement", _effects(_row(), _row(estimator="es", aggregation="exposed", estimate=9.0)), False, "one_method"),
        ("agreement", _effects(_row(), _row(estimator="cs", status="refused", estimate=9.0)), False, "one_method"),
    ],
)
def test_effect_checks(name: str, effects: EffectsResult, passed: bool, code: str) -> None:
    found = check_effects(effects, PLAN)
    assert tuple(check.name for check in found) == EFFECT_CHECKS
    check = _named(found, name)
    assert (check.passed, check.code) == (passed, code)


def test_the_worst_comes_first() -> None:
    rows = pd.DataFrame(
        {
            "indicator": ["a", "b"],
            "measure": "level",
            "smd": [0.3, -2.0],
            "smd_after": float("nan"),
            "overlap": 1.0,
            "status": "ok",
        }
    )
    said = _named(check_design(replace(_design(), balance=rows), PLAN), "balance").sentence.in_language("en")
    assert said.index("b level (2)") < said.index("a level (0.3)")
