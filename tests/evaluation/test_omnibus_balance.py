"""All differences before the start together: d² and its p by hand, within strata, against every assignment, and when there is none."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from kkz_eval.evaluation.baseline import Baseline
from kkz_eval.evaluation.omnibus_balance import omnibus_of
from kkz_eval.evaluation.plan import EstimatorSpec, Outcome, Plan

PLAN = Plan("p", (Outcome("y"), Outcome("z")), (EstimatorSpec("twfe", "twfe"),), treated_cohorts=(2012,))
UNITS = [f"u{n:02d}" for n in range(12)]
TREATED = {"u00", "u01", "u02", "u06", "u07"}
KINDS = {unit: "city" if unit < "u06" else "county" for unit in UNITS}


def baseline(years: int = 2, without: str = "") -> Baseline:
    random = np.random.default_rng(3)
    rows = [
        (indicator, unit, "treated" if unit in TREATED else "reference", 2009 + year, float(random.normal(5, 2)))
        for indicator in ("y", "z")
        for unit in UNITS
        for year in range(years)
        if (indicator, unit) != ("z", without)
    ]
    return Baseline(pd.DataFrame(rows, columns=["indicator", "unit_id", "group", "year", "value"]), 2012)


def levels_and_trends(values: pd.DataFrame) -> np.ndarray:
    columns = []
    for indicator in ("y", "z"):
        wide = values[values["indicator"] == indicator].pivot(index="unit_id", columns="year", values="value").loc[UNITS]
        columns += [wide.mean(axis=1), wide[2010] - wide[2009]]
    return np.column_stack(columns)


def d2(x: np.ndarray, treated: list[int], strata: list[list[int]]) -> float:
    """As Hansen and Bowers (2008), equations 6 and 9 in words: sums over the treated less what is expected, in their covariance."""
    t, v = np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
    for members in strata:
        inside = [unit for unit in members if unit in treated]
        n, m = len(members), len(inside)
        t += x[inside].sum(axis=0) - m * x[members].mean(axis=0)
        v += m * (n - m) / n * np.cov(x[members], rowvar=False)
    return float(t @ np.linalg.inv(v) @ t)


def test_it_is_the_test_of_hansen_and_bowers_against_every_assignment_within_strata() -> None:
    found = omnibus_of(baseline(), PLAN, KINDS)
    assert found is not None
    x, strata = levels_and_trends(baseline().values), [list(range(6)), list(range(6, 12))]
    real = [UNITS.index(unit) for unit in sorted(TREATED)]
    assert found.statistic == pytest.approx(d2(x, real, strata))
    assert (found.df, found.n_units, found.left_out, found.exact) == (4, 12, (), True)
    assert found.p_approximate == pytest.approx(chi2.sf(found.statistic, 4))
    every = [d2(x, [*a, *b], strata) for a in combinations(range(6), 3) for b in combinations(range(6, 12), 2)]
    assert found.n_assignments == len(every)
    assert found.p == pytest.approx(np.mean(np.array(every) >= found.statistic - 1e-9))


def test_by_a_law_assignments_count_as_likely_as_they_are() -> None:
    law = {unit: float(n % 5) for n, unit in enumerate(UNITS)}
    found, alike = omnibus_of(baseline(), PLAN, KINDS, law), omnibus_of(baseline(), PLAN, KINDS)
    assert found is not None
    assert alike is not None
    assert (found.by_law, alike.by_law) == (True, False)
    assert found.statistic == alike.statistic
    assert found.p != alike.p


def test_the_unit_of_a_measure_and_its_sign_change_nothing() -> None:
    one = baseline()
    other = Baseline(
        one.values.assign(value=one.values["value"].where(one.values["indicator"] == "y", -1e6 * one.values["value"])), 2012
    )
    first, second = omnibus_of(one, PLAN, KINDS), omnibus_of(other, PLAN, KINDS)
    assert first is not None
    assert second is not None
    assert (second.statistic, second.p) == pytest.approx((first.statistic, first.p))


def test_a_measure_that_a_unit_lacks_is_left_out_and_named() -> None:
    found = omnibus_of(baseline(without="u03"), PLAN, KINDS)
    assert found is not None
    assert (found.df, found.left_out) == (2, ("z level", "z trend"))


def test_a_measure_told_twice_counts_once() -> None:
    one = baseline().values
    twice = pd.concat([one, one[one["indicator"] == "y"].assign(indicator="w", value=lambda rows: 2 * rows["value"] + 1)])
    plan = Plan("p", (*PLAN.outcomes, Outcome("w")), PLAN.estimators, treated_cohorts=(2012,))
    found, alone = omnibus_of(Baseline(twice, 2012), plan, KINDS), omnibus_of(Baseline(one, 2012), PLAN, KINDS)
    assert found is not None
    assert alone is not None
    assert (found.df, found.statistic) == (4, pytest.approx(alone.statistic))


def test_nothing_is_said_where_no_assignment_could_differ() -> None:
    assert omnibus_of(baseline(years=0), PLAN, KINDS) is None
    few = Baseline(baseline().values[lambda rows: rows["unit_id"].isin(["u00", "u01", "u03", "u04", "u05"])], 2012)
    assert omnibus_of(few, PLAN, {}) is None  # as many measures as units can differ in
    of_one_group = Baseline(baseline().values[lambda rows: rows["group"] == "treated"], 2012)
    assert omnibus_of(of_one_group, PLAN, {}) is None
