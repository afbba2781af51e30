"""Exact p-values against all assignments listed plainly, and the reference values of INKAR."""

from dataclasses import replace

import numpy as np
import pytest
from inkar import after_less_before, listed_plainly, need, needs_inkar, small_units, units_within_kind

from kkz_eval.evaluation.inference import exact
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law, assignments_in_chunks, fit_theta, standardised
from kkz_eval.evaluation.inference.exact import (
    exact_coefficient,
    exact_coefficients,
    exact_studentised,
    exact_studentised_by_laws,
    is_countable,
)
from kkz_eval.evaluation.inference.intervals import exact_interval
from kkz_eval.evaluation.inference.statistics import (
    coefficient,
    difference,
    regression,
    studentised,
    studentised_difference,
    studentised_regression,
)
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

SIZES = [((9, 4),), ((6, 2), (5, 3)), ((4, 2), (4, 1), (3, 0), (2, 1))]
CLUSTERS = np.repeat(np.arange(7), [1, 2, 2, 3, 1, 2, 2])
CLUSTERED = ComparedUnits.of(np.isin(CLUSTERS, [0, 3, 5]), cluster=CLUSTERS)
CLUSTERED_WITH_BASELINE = replace(CLUSTERED, baseline=np.random.default_rng(6).normal(size=(len(CLUSTERS), 1)))

DESIGNS = [
    *(small_units(sizes=sizes) for sizes in SIZES),
    *(small_units(sizes=sizes, baselines=1) for sizes in SIZES),
    small_units(sizes=SIZES[1], baselines=2),
    CLUSTERED,
    CLUSTERED_WITH_BASELINE,
]


def outcome(units, seed=3):
    """Two decimals, so that different assignments tie."""
    return np.random.default_rng(seed).normal(size=units.n_units).round(1)


def law_of(units, theta):
    return Law(standardised(np.random.default_rng(9).normal(size=units.n_units)), theta)


def figures(found):
    return (found.observed, found.center, found.sd, found.p, found.p_greater, found.p_less)


def slow_test(values, observed, center, weights):
    """p, one-sided greater and less, by their definition."""
    distance = abs(observed - center) - 1e-10
    weights = weights / weights.sum()
    return (
        weights @ (np.abs(values - center) >= distance),
        weights @ (values >= observed - 1e-10),
        weights @ (values <= observed + 1e-10),
    )


def slow_tests(z, units, law, assigned=None):
    every = np.concatenate(list(assignments_in_chunks(assigned or units)))
    weights = np.exp(law.log_weight(every) - law.log_weight(every).max())
    plain, plain_studentised = (
        (regression, studentised_regression) if units.baseline.shape[1] else (difference, studentised_difference)
    )
    values = plain(every, z, units)
    center = weights @ values / weights.sum()
    sd = np.sqrt(weights @ (values - center) ** 2 / weights.sum())
    observed = plain(units.treated[None], z, units)[0]
    ratios = plain_studentised(every, z, units, center)
    real = plain_studentised(units.treated[None], z, units, center)[0]
    return (center, sd), slow_test(values, observed, center, weights), slow_test(ratios, real, 0.0, weights)


@pytest.mark.parametrize("theta", [0.0, 0.8, -1.5])
@pytest.mark.parametrize("units", DESIGNS)
def test_every_assignment_counts_with_its_probability(units, theta):
    z, law = outcome(units), law_of(units, theta)
    (center, sd), of_estimate, of_ratio = slow_tests(z, units, law)
    found = exact_coefficient(z, units, law)
    assert (found.center, found.sd) == pytest.approx((center, sd), abs=1e-12)
    assert (found.p, found.p_greater, found.p_less) == pytest.approx(of_estimate, abs=1e-12)
    found = exact_studentised(z, units, law, found)
    assert (found.p, found.p_greater, found.p_less) == pytest.approx(of_ratio, abs=1e-12)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("units", DESIGNS)
def test_laws_asked_together_say_what_each_says_alone(units, kept, monkeypatch):
    if not kept:
        monkeypatch.setattr(exact, "KEPT", 0)
        monkeypatch.setattr(exact, "BLOCK", 7)
    z, laws = outcome(units), [UNIFORM, law_of(units, 0.8), law_of(units, -40.0), law_of(units, 900.0)]
    together = exact_coefficients(z, units, laws)
    alone = [exact_coefficient(z, units, law) for law in laws]
    assert [figures(found) for found in together] == [pytest.approx(figures(found), abs=1e-12) for found in alone]
    together = exact_studentised_by_laws(z, units, laws, together)
    for law, found, of_estimate in zip(laws, together, alone, strict=True):
        assert figures(found) == pytest.approx(figures(exact_studentised(z, units, law, of_estimate)), abs=1e-12)
        assert (found.p, found.p_greater, found.p_less) == pytest.approx(slow_tests(z, units, law)[2], abs=1e-12)


def test_a_law_by_which_all_estimates_are_one_leaves_the_others_theirs():
    units = ComparedUnits.of(np.array([True, True, False, False, False, False]))
    z = np.array([0.3, 0.1, 0.0, 0.2, 0.5, 0.1])
    certain = Law(standardised(units.treated.astype(float)), 1e3)
    equal, by_force = exact_coefficients(z, units, [UNIFORM, certain])
    assert figures(equal) == figures(exact_coefficient(z, units))
    assert by_force.note.code == "refused.same_under_all"


@pytest.mark.parametrize("baselines", [0, 1])
def test_assignments_may_keep_finer_strata_than_the_estimate(baselines):
    assigned = small_units(sizes=((5, 2), (5, 3)), baselines=baselines)
    compared, z, law = assigned.without_strata(), outcome(assigned), law_of(assigned, 0.8)
    (center, sd), of_estimate, of_ratio = slow_tests(z, compared, law, assigned)
    found = exact_coefficient(z, compared, law, assigned)
    assert (found.center, found.sd, found.p) == pytest.approx((center, sd, of_estimate[0]), abs=1e-12)
    assert found.n_assignments == 100
    assert exact_studentised(z, compared, law, found, assigned).p == pytest.approx(of_ratio[0], abs=1e-12)
    inverted = exact_interval(z, compared, law, 0.9, assigned)
    assert exact_coefficient(z - inverted.middle * compared.treated, compared, law, assigned).p == 1.0


def test_values_computed_anew_for_each_question_are_those_kept(monkeypatch):
    units = small_units(sizes=SIZES[1], baselines=1)
    z, law = outcome(units), law_of(units, 0.8)
    kept = exact_coefficient(z, units, law)
    kept_studentised = exact_studentised(z, units, law, kept)
    monkeypatch.setattr(exact, "KEPT", 0)
    monkeypatch.setattr(exact, "BLOCK", 7)
    anew = exact_coefficient(z, units, law)
    assert (anew.p, anew.center, anew.sd) == pytest.approx((kept.p, kept.center, kept.sd), abs=1e-12)
    assert exact_studentised(z, units, law, anew).p == pytest.approx(kept_studentised.p, abs=1e-12)


@pytest.mark.parametrize("baselines", [0, 1])
def test_mirrored_data_give_mirrored_results(baselines):
    units = small_units(sizes=SIZES[1], baselines=baselines)
    z, law = outcome(units), law_of(units, 0.8)
    one, other = exact_coefficient(z, units, law), exact_coefficient(-z, units, law)
    for first, second in ((one, other), (exact_studentised(z, units, law, one), exact_studentised(-z, units, law, other))):
        assert (second.observed, second.center) == pytest.approx((-first.observed, -first.center), abs=1e-12)
        assert (second.p, second.p_greater, second.p_less) == pytest.approx((first.p, first.p_less, first.p_greater), abs=1e-12)


def test_ties_count_whatever_rounding_makes_of_them():
    units = ComparedUnits.of(np.array([True, True, False, False, False, False]))
    z = np.array([0.1, 0.2, 0.3, 0.0, 0.15, 0.15])  # 0.1 + 0.2 ties with 0.3 + 0.0 and 0.15 + 0.15, not so in binary
    found = exact_coefficient(z, units)
    sums = np.array([z[row].sum() for row in listed_plainly(units)]).round(6)
    assert found.n_assignments == 15
    assert found.p_greater == pytest.approx((sums >= 0.3).mean(), abs=1e-12)
    assert found.p == 1.0


@pytest.mark.parametrize("baselines", [0, 1, 2])
def test_a_law_with_extreme_weights_overflows_nowhere(baselines):
    units = small_units(sizes=SIZES[1], baselines=baselines)
    z, law = outcome(units), law_of(units, 900.0)
    (center, _), of_estimate, _ = slow_tests(z, units, law)
    found = exact_coefficient(z, units, law)
    assert (found.center, found.p) == pytest.approx((center, of_estimate[0]), abs=1e-12)


def test_the_real_assignment_is_among_those_counted():
    units = ComparedUnits.of(np.arange(8) < 3)
    found = exact_coefficient(np.where(units.treated, 50.0, 0.0) + np.arange(8.0), units)
    assert found.p_less == 1.0
    assert found.p_greater == pytest.approx(1 / 56)


def test_a_large_common_level_costs_no_digits():
    units = small_units(sizes=SIZES[1], baselines=1)
    z = outcome(units)
    for build in (units, units.without_baseline()):
        assert exact_coefficient(z + 1e7, build).p == pytest.approx(exact_coefficient(z, build).p, abs=1e-12)


@pytest.mark.parametrize(
    ("z", "units", "code"),
    [
        (np.full(6, 0.1), ComparedUnits.of(np.arange(6) < 2), "same_under_all"),
        (np.arange(200.0), ComparedUnits.of(np.arange(200) < 100), "assignments_uncountable"),
    ],
)
def test_what_can_not_be_tested_is_refused(z, units, code):
    with pytest.raises(Refused) as refused:
        exact_coefficient(z, units)
    assert refused.value.note.code == f"refused.{code}"
    assert "Zuordnung" in refused.value.note.sentence.in_language("de")


def test_a_studentised_value_that_some_assignment_leaves_undefined_is_refused():
    units = ComparedUnits.of(np.array([True, True, False, False]))
    z = np.array([1.0, 2.0, 1.0, 2.0])  # both ones against both twos: no spread within a group
    with pytest.raises(Refused) as refused:
        exact_studentised(z, units, UNIFORM, exact_coefficient(z, units))
    assert refused.value.note.code == "refused.statistic_undefined"


def test_strata_of_assignments_must_not_cross_those_of_the_statistic():
    units = small_units(sizes=((4, 2), (4, 2)))
    with pytest.raises(ValueError, match="several strata"):
        exact.distribution_of([coefficient(np.arange(8.0), units)], units.without_strata(), [UNIFORM])


def test_what_is_countable_is_known_before():
    within = ComparedUnits.of(np.tile(np.arange(22) < 5, 2), np.repeat([0, 1], 22))
    z = np.arange(44.0)
    assert is_countable(coefficient(z, within), within)
    assert not is_countable(studentised(z, within), within)


@needs_inkar
@pytest.mark.parametrize(
    ("indicator", "estimate", "p", "sd"),
    [("a_schul_oA", -0.065696833, 0.830311110, 0.301402075), ("q_auspl", -0.412261312, 0.648070969, 0.849572918)],
)
def test_over_all_kreise_p_is_the_reference(indicator, estimate, p, sd):
    units = units_within_kind().without_strata()
    found = exact_coefficient(after_less_before(indicator), units)
    assert found.observed == pytest.approx(estimate, abs=1e-9)
    assert found.p == pytest.approx(p, abs=1e-9)
    assert found.sd == pytest.approx(sd, abs=1e-8)
    assert (found.n_assignments, found.exact) == (119_759_850, True)


@needs_inkar
@pytest.mark.parametrize(
    ("indicator", "estimate", "p", "sd"),
    [("a_schul_oA", 0.035019231, 0.919633480, 0.337183122), ("q_auspl", -0.362663462, 0.722294555, 0.981925080)],
)
def test_within_kind_p_is_the_reference(indicator, estimate, p, sd):
    units = units_within_kind()
    found = exact_coefficient(after_less_before(indicator), units)
    assert found.observed == pytest.approx(estimate, abs=1e-9)
    assert found.p == pytest.approx(p, abs=1e-9)
    assert found.sd == pytest.approx(sd, abs=1e-8)


@needs_inkar
@pytest.mark.parametrize(("indicator", "p"), [("a_schul_oA", 0.826551044), ("q_auspl", 0.640467252)])
def test_over_all_kreise_the_studentised_p_is_the_reference(indicator, p):
    units, z = units_within_kind().without_strata(), after_less_before(indicator)
    found = exact_studentised(z, units, UNIFORM, exact_coefficient(z, units))
    assert found.p == pytest.approx(p, abs=1e-9)


@needs_inkar
def test_by_need_the_law_tilts_the_center_of_the_cities_as_of_a_plain_list():
    whole, law = units_within_kind(), fit_theta(units_within_kind(), need()).laws["hat"]
    cities = whole.stratum == whole.stratum[whole.treated][0]
    units = ComparedUnits.of(whole.treated[cities])
    z, of_cities = after_less_before("q_auspl")[cities], Law(law.x[cities], law.theta)
    _, of_estimate, of_ratio = slow_tests(z, units, of_cities)
    found = exact_coefficient(z, units, of_cities)
    assert (found.p, found.p_greater, found.p_less) == pytest.approx(of_estimate, abs=1e-12)
    assert exact_studentised(z, units, of_cities, found).p == pytest.approx(of_ratio[0], abs=1e-12)
