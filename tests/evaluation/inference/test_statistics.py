"""The statistics by their definition, and their fast forms against it."""

import numpy as np
import pytest
import statsmodels.api as sm
from inkar import listed_plainly, small_units

from kkz_eval.evaluation.inference.assignments import assignments_in_chunks
from kkz_eval.evaluation.inference.statistics import (
    OfSums,
    Plain,
    Sum,
    coefficient,
    coefficients,
    difference,
    regression,
    studentised,
    studentised_difference,
    studentised_regression,
)
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

STRATA = [((7, 3),), ((5, 2), (4, 3)), ((4, 2), (4, 1), (3, 0))]


def outcome(units, seed=3):
    return 1000 + np.random.default_rng(seed).normal(size=units.n_units)


def clustered_units(sizes, baselines=0):
    """Six clusters of these sizes in two strata, one of each treated … the first of three."""
    cluster = np.repeat(np.arange(6), sizes)
    draws = np.random.default_rng(5).normal(size=(len(cluster), baselines))
    return ComparedUnits.of(np.isin(cluster, [0, 3]), (cluster >= 3).astype(int), draws, cluster)


@pytest.mark.parametrize("sizes", STRATA)
def test_the_difference_is_that_of_means_weighted_by_treated_units(sizes):
    units = small_units(sizes=sizes)
    z, every = outcome(units), listed_plainly(units)
    for assignment, value in zip(every, difference(every, z, units), strict=True):
        parts = []
        for stratum, n_treated in enumerate(units.treated_by_stratum):
            inside = units.stratum == stratum
            if n_treated:
                parts.append(n_treated * (z[inside & assignment].mean() - z[inside & ~assignment].mean()))
        assert value == pytest.approx(sum(parts) / units.n_treated, abs=1e-10)


def test_the_error_of_a_difference_is_the_clustered_one_of_two_groups():
    units = small_units(sizes=((8, 3),))
    z = outcome(units)
    fit = sm.OLS(z, sm.add_constant(units.treated.astype(float))).fit(cov_type="HC0")
    (value,) = studentised_difference(units.treated[None], z, units)
    assert value == pytest.approx(fit.tvalues[1], abs=1e-9)


@pytest.mark.parametrize("sizes", STRATA)
@pytest.mark.parametrize("baselines", [1, 2])
def test_the_regression_is_least_squares_beside_strata_and_baseline(sizes, baselines):
    units = small_units(sizes=sizes, baselines=baselines)
    z = outcome(units)
    dummies = (units.stratum[:, None] == np.arange(units.n_strata)).astype(float)
    fit = sm.OLS(z, np.column_stack([units.treated, dummies, units.baseline])).fit(cov_type="HC0")
    assert regression(units.treated[None], z, units)[0] == pytest.approx(fit.params[0], abs=1e-9)
    assert studentised_regression(units.treated[None], z, units)[0] == pytest.approx(fit.tvalues[0], abs=1e-8)


@pytest.mark.parametrize("sizes", [[1, 2, 3, 2, 2, 4], [2, 2, 2, 2, 2, 2]])
def test_errors_of_a_regression_are_by_cluster(sizes):
    units = clustered_units(sizes, baselines=1)
    z = outcome(units)
    dummies = (units.stratum[:, None] == np.arange(2)).astype(float)
    fit = sm.OLS(z, np.column_stack([units.treated, dummies, units.baseline])).fit(
        cov_type="cluster", cov_kwds={"groups": units.cluster, "use_correction": False}
    )
    assert coefficient(z, units).values(units.treated[None])[0] == pytest.approx(fit.params[0], abs=1e-9)
    assert studentised(z, units).values(units.treated[None])[0] == pytest.approx(fit.tvalues[0], abs=1e-7)


@pytest.mark.parametrize("center", [0.0, 0.3])
@pytest.mark.parametrize("units", [*(small_units(sizes=sizes) for sizes in STRATA), clustered_units([1, 2, 3, 2, 2, 4])])
def test_sums_over_the_treated_give_the_difference_under_every_assignment(units, center):
    z, every = outcome(units), np.concatenate(list(assignments_in_chunks(units)))
    fast, fast_studentised = coefficient(z, units), studentised(z, units, center)
    assert isinstance(fast, Sum)
    assert isinstance(fast_studentised, OfSums)
    assert fast.values(every) == pytest.approx(difference(every, z, units), abs=1e-10)
    assert fast_studentised.values(every) == pytest.approx(
        studentised_difference(every, z, units, center), rel=1e-9, abs=1e-9, nan_ok=True
    )


@pytest.mark.parametrize("center", [0.0, 0.3])
@pytest.mark.parametrize(
    ("units", "form"),
    [
        *((small_units(sizes=sizes, baselines=1), OfSums) for sizes in STRATA),
        *((small_units(sizes=sizes, baselines=2), Plain) for sizes in STRATA[:2]),
        (clustered_units([1, 2, 3, 2, 2, 4], baselines=1), Plain),
        (clustered_units([2, 2, 2, 3, 3, 3], baselines=1), Plain),
    ],
)
def test_sums_over_the_treated_give_the_regression_under_every_assignment(units, form, center):
    z, every = outcome(units), np.concatenate(list(assignments_in_chunks(units)))
    fast, fast_studentised = coefficient(z, units), studentised(z, units, center)
    assert isinstance(fast, OfSums)
    assert isinstance(fast_studentised, form)
    assert fast.values(every) == pytest.approx(regression(every, z, units), abs=1e-9)
    assert fast_studentised.values(every) == pytest.approx(studentised_regression(every, z, units, center), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize(
    "units",
    [small_units(sizes=STRATA[1]), small_units(sizes=STRATA[1], baselines=2), clustered_units([1, 2, 3, 2, 2, 4], baselines=1)],
)
def test_estimates_on_several_outcomes_are_those_on_each(units):
    outcomes, every = [outcome(units, seed) for seed in (3, 4, 5)], np.concatenate(list(assignments_in_chunks(units)))
    found = [number for made in coefficients(outcomes, units) for number in made.numbers(every)]
    assert found == [pytest.approx(coefficient(z, units).values(every), abs=1e-12) for z in outcomes]


def test_a_baseline_that_strata_say_already_changes_nothing():
    units = small_units(sizes=((5, 2), (4, 3)), baselines=1)
    z, every = outcome(units), listed_plainly(units)
    columns = np.column_stack([units.baseline, units.stratum, 2 * units.baseline[:, 0] + units.stratum])
    same = ComparedUnits.of(units.treated, units.stratum, columns)
    assert coefficient(z, same).values(every) == pytest.approx(coefficient(z, units).values(every), abs=1e-9)
    assert studentised(z, same).values(every) == pytest.approx(studentised(z, units).values(every), abs=1e-7)


def test_where_rounding_is_all_that_is_left_there_is_no_studentised_value():
    units = small_units(sizes=((5, 2),))
    z = 7.1 + 0.3 * units.treated
    assert np.isnan(studentised(z, units).values(units.treated[None])[0])
    assert coefficient(z, units).values(units.treated[None])[0] == pytest.approx(0.3, abs=1e-12)


def test_a_stratum_of_treated_units_only_is_refused():
    units = ComparedUnits.of(np.array([True, True, True, False]), np.array([0, 0, 1, 1]))
    with pytest.raises(Refused) as refused:
        coefficient(np.arange(4.0), units)
    assert refused.value.note.code == "refused.stratum_without_others"
