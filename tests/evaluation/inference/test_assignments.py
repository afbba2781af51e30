"""Assignments counted, listed and drawn, against itertools; and how strongly need drove the real one."""

from dataclasses import replace

import numpy as np
import pytest
from inkar import listed_plainly, need, needs_inkar, small_units, units_within_kind

from kkz_eval.evaluation.inference.assignments import (
    UNIFORM,
    Law,
    as_float,
    as_integer,
    assignments_in_chunks,
    draw_assignments,
    fit_theta,
    listed,
    n_assignments,
    smallest_p,
    smallest_p_of_starts,
    standardised,
)
from kkz_eval.evaluation.inference.exact import exact_coefficient
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

DESIGNS = [((6, 2),), ((5, 2), (4, 3)), ((3, 1), (4, 2), (2, 0), (2, 2)), ((7, 6), (1, 0)), ((2, 1), (2, 1), (2, 1))]


def as_set(assignments):
    return {tuple(np.flatnonzero(row).tolist()) for row in assignments}


@pytest.mark.parametrize("sizes", DESIGNS)
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_every_assignment_is_listed_once(sizes, rows):
    units = small_units(sizes=sizes)
    chunks = list(assignments_in_chunks(units, rows))
    plainly = listed_plainly(units)
    assert max(len(chunk) for chunk in chunks) <= rows
    assert sum(len(chunk) for chunk in chunks) == len(plainly) == n_assignments(units)
    assert as_set(np.concatenate(chunks)) == as_set(plainly)
    assert tuple(np.flatnonzero(units.treated).tolist()) in as_set(plainly)


def test_units_of_a_cluster_are_assigned_together():
    treated = np.array([True, True, False, False, False, True])
    units = ComparedUnits.of(treated, cluster=np.array([2, 2, 0, 1, 1, 3]))
    found = as_set(np.concatenate(list(assignments_in_chunks(units))))
    assert found == {(2, 3, 4), (0, 1, 2), (2, 5), (0, 1, 3, 4), (3, 4, 5), (0, 1, 5)}
    drawn = draw_assignments(units, UNIFORM, 500, np.random.default_rng(1))
    assert as_set(drawn) == found


@pytest.mark.parametrize("theta", [0.0, 1.3, -0.7])
@pytest.mark.parametrize("sizes", DESIGNS[:3])
def test_the_total_of_a_law_is_that_of_all_assignments(theta, sizes):
    units = small_units(sizes=sizes)
    law = Law(standardised(np.random.default_rng(2).normal(size=units.n_units)), theta)
    weights = np.exp(law.log_weight(listed_plainly(units)))
    assert law.log_total(units) == pytest.approx(np.log(weights.sum()), abs=1e-12)
    real = np.exp(law.log_weight(units.treated[None])[0])
    assert smallest_p(units, law) == pytest.approx(real / weights.sum(), rel=1e-12)


@pytest.mark.parametrize("theta", [0.0, 1.3])
def test_draws_come_as_often_as_the_law_says(theta):
    units = small_units(sizes=((4, 2), (2, 1), (1, 1), (1, 0)))
    law = Law(standardised(np.random.default_rng(3).normal(size=8)), theta)
    every = listed_plainly(units)
    expected = np.exp(law.log_weight(every) - law.log_total(units))
    drawn = draw_assignments(units, law, 40_000, np.random.default_rng(4))
    keys = 2 ** np.arange(8)
    found = np.array([(drawn @ keys == key).mean() for key in every @ keys])
    assert found.sum() == pytest.approx(1.0)
    assert np.abs(found - expected).max() < 5 * np.sqrt(expected.max() / 40_000)


def test_a_law_with_extreme_weights_neither_overflows_nor_vanishes():
    random = np.random.default_rng(5)
    units = ComparedUnits.of(np.arange(400) < 100)
    law = Law(standardised(random.normal(size=400)), 40.0)
    drawn = draw_assignments(units, law, 20, random)
    assert (drawn.sum(axis=1) == 100).all()
    assert 0 <= smallest_p(units, law) < 1
    assert np.isfinite(law.log_total(units))


def test_the_real_assignment_is_the_likeliest_at_the_fitted_theta():
    units = small_units(seed=8, sizes=((6, 3), (5, 2)))
    fitted = fit_theta(units, np.random.default_rng(9).normal(size=11))
    every = listed_plainly(units)

    def log_likelihood(theta):
        law = Law(fitted.x, theta)
        return law.log_weight(units.treated[None])[0] - np.log(np.exp(law.log_weight(every)).sum())

    best = log_likelihood(fitted.theta)
    expected = np.exp(Law(fitted.x, fitted.theta).log_weight(every)) @ (every @ fitted.x)
    expected /= np.exp(Law(fitted.x, fitted.theta).log_weight(every)).sum()
    assert expected == pytest.approx(fitted.x[units.treated].sum(), abs=1e-9)
    assert fitted.lower < fitted.theta < fitted.upper
    for bound in (fitted.lower, fitted.upper):
        assert 2 * (best - log_likelihood(bound)) == pytest.approx(3.841458820694124, abs=1e-8)


def test_mirrored_need_has_the_mirrored_theta():
    units = small_units(seed=8, sizes=((6, 3), (5, 2)))
    covariate = np.random.default_rng(9).normal(size=11)
    one, other = fit_theta(units, covariate), fit_theta(units, -covariate)
    assert (one.theta, one.lower, one.upper) == pytest.approx((-other.theta, -other.upper, -other.lower), abs=1e-9)
    assert one.lr_p == pytest.approx(other.lr_p, abs=1e-12)


@pytest.mark.parametrize(
    ("covariate", "code"),
    [([3.0] * 5, "law_constant"), ([1.0, 1.0, 1.0, 2.0, 2.0], "law_constant"), ([1.0, 2.0, 9.0, 3.0, 4.0], "law_separates")],
    ids=["one value", "one value in each stratum", "the treated highest"],
)
def test_a_need_that_says_nothing_or_everything_is_refused(covariate, code):
    units = ComparedUnits.of(np.array([False, False, True, False, True]), np.array([0, 0, 0, 1, 1]))
    with pytest.raises(Refused) as refused:
        fit_theta(units, np.array(covariate))
    assert refused.value.note.code == f"refused.{code}"


@pytest.mark.parametrize("sizes", [((6, 3),), ((4, 2), (2, 1)), ((4, 2), (3, 0)), ((6, 2),), ((4, 2), (3, 1))])
@pytest.mark.parametrize("baselines", [0, 1])
def test_no_assignment_of_any_outcome_has_a_smaller_p_than_the_smallest(sizes, baselines):
    units = small_units(seed=3, sizes=sizes, baselines=baselines)
    halves = all(2 * treated == size or not treated for size, treated in sizes)
    z = np.random.default_rng(4).normal(size=units.n_units)
    found = [exact_coefficient(z, replace(units, treated=real)).p for real in listed_plainly(units)]
    assert min(found) == pytest.approx(smallest_p(units))
    assert smallest_p(units) == pytest.approx((2 if halves else 1) / n_assignments(units))


@pytest.mark.parametrize("theta", [0.0, 1.3])
def test_with_several_starts_each_order_of_the_years_is_an_assignment_of_its_own(theta):
    units = small_units(sizes=((5, 3), (4, 2)))
    law = Law(standardised(np.random.default_rng(2).normal(size=9)), theta)
    starts = np.where(units.treated, 2012.0, np.nan)
    assert smallest_p_of_starts(units, starts, law) == pytest.approx(smallest_p(units, law))
    starts[np.flatnonzero(units.treated & (units.stratum == 0))[0]] = 2014.0  # 3 orders of 2012, 2012, 2014
    assert smallest_p_of_starts(units, starts, law) == pytest.approx(smallest_p(units, law) / 3)


@pytest.mark.parametrize("theta", [0.0, 1.3])
def test_a_law_is_as_concentrated_as_that_many_assignments_alike(theta):
    units = small_units(sizes=((5, 2), (4, 3)))
    law = Law(standardised(np.random.default_rng(2).normal(size=9)), theta)
    p = np.exp(law.log_weight(listed_plainly(units)) - law.log_total(units))
    assert np.exp(law.log_effective(units)) == pytest.approx(1 / (p**2).sum())


@needs_inkar
def test_need_drove_the_choice_of_2012_within_kind():
    units = units_within_kind()
    assert n_assignments(units) == 1_366_365
    assert n_assignments(units.without_strata()) == 119_759_850
    assert listed(units.without_strata()) < 100_000
    fitted = fit_theta(units, need())
    assert fitted.theta == pytest.approx(1.4440411763, abs=1e-9)
    assert fitted.lr_p == pytest.approx(0.0398, abs=5e-5)


def test_more_assignments_than_a_number_of_a_table_holds_are_said_to_be_so():
    assert (as_integer(2**63 - 1), as_integer(2**63)) == (2**63 - 1, None)
    units = small_units(sizes=((2_600, 1_300),))
    assert (as_float(119_759_850), as_float(n_assignments(units))) == (119_759_850.0, np.inf)


def test_no_p_is_too_small_where_starts_of_many_units_can_be_in_more_orders_than_a_float_holds():
    units = small_units(sizes=((400, 200),))
    starts = np.where(units.treated, np.where(np.cumsum(units.treated) % 2 == 0, 2012.0, 2016.0), np.nan)
    assert 0 < smallest_p_of_starts(units, starts) < 1e-170
    many = small_units(sizes=((2_600, 1_300),))
    starts = np.where(many.treated, np.where(np.cumsum(many.treated) % 2 == 0, 2012.0, 2016.0), np.nan)
    assert smallest_p_of_starts(many, starts) == 0.0
