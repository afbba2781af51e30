"""Rows of what chance could have done to one estimate."""

import numpy as np
import pytest
from panels import small_panel, small_plan

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.examination import chance
from kkz_eval.evaluation.examination.chance import Exchange, chance_rows
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law, standardised
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Note

UNITS = ComparedUnits.of(np.array([True, True, False, False, False, False]))
CERTAIN = Law(standardised(UNITS.treated.astype(float)), 1e3)  # hardly any other assignment than the real one


def rows_of(z, laws, units=UNITS, **sections):
    exchange = Exchange("", units, units, laws)
    return list(chance_rows(np.array(z), exchange, small_plan(("a",), ("twfe",), **sections), seed=1))


def test_a_law_that_can_not_tell_is_refused_for_each_statistic_and_the_others_are_told():
    rows = rows_of([0.3, 0.1, 0.0, 0.2, 0.5, 0.1], {"zero": UNIFORM, "hat": CERTAIN, "upper": Note("refused.law_separates")})
    assert [(row["theta"], row["statistic"], row["status"]) for row in rows] == [
        (theta, statistic, "ok" if theta == "zero" else "refused")
        for theta in ("zero", "hat", "upper")
        for statistic in ("coefficient", "studentised")
    ]
    assert all("p_value" not in row and row["message"] for row in rows if row["status"] == "refused")


def test_an_error_that_some_assignment_lacks_leaves_the_estimate_its_chance():
    coefficient, studentised = rows_of([1.0, 2.0, 1.0, 2.0, 1.0, 1.0], {"zero": UNIFORM})
    assert (coefficient["status"], coefficient["n_assignments"]) == ("ok", 15)
    assert studentised["status"] == "refused"


def test_without_any_law_each_statistic_says_why():
    rows = rows_of([0.3, 0.1, 0.0, 0.2, 0.5, 0.1], {"hat": Note("refused.law_separates")})
    assert [(row["statistic"], row["status"]) for row in rows] == [("coefficient", "refused"), ("studentised", "refused")]


@pytest.mark.parametrize(("within", "inverted"), [([], {"hat"}), (["kind"], set())])
def test_where_an_interval_takes_long_it_is_that_of_the_law_and_comparison_that_count(within, inverted, monkeypatch):
    random = np.random.default_rng(4)
    units = ComparedUnits.of(np.arange(9) < 4, baseline=random.normal(size=(9, 1)))
    law = Law(standardised(units.baseline[:, 0]), 0.5)
    z, laws = random.normal(size=9), {"zero": UNIFORM, "hat": law, "upper": Law(law.x, 1.0)}
    rows = rows_of(z, laws, units, comparison={"within": within, "adjust": ["need"]}, audit={"law": "need"})
    assert {row["theta"] for row in rows if "conf_low" in row} == {"zero", "hat", "upper"}
    monkeypatch.setattr(chance, "MOST_KEPT", 100)
    rows = rows_of(z, laws, units, comparison={"within": within, "adjust": ["need"]}, audit={"law": "need"})
    assert {row["theta"] for row in rows if "conf_low" in row} == inverted
    assert all(row["exact"] for row in rows)


@pytest.mark.parametrize("named", [["hat"], ["zero", "hat", "upper"]])
def test_without_a_column_of_the_law_assignments_are_equally_likely_whatever_is_named(named):
    plan = small_plan(inference={"method": "randomization", "theta": named})
    assert set(run_effects(small_panel(), plan).inference["theta"]) == {"zero"}
