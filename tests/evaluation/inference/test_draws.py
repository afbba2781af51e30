"""Drawn assignments: the same p as counting gives but for drawing, many statistics at once as each alone."""

import numpy as np
import pytest
from inkar import small_units

from kkz_eval.evaluation.inference import draws
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law, assignments_in_chunks, draw_assignments, standardised
from kkz_eval.evaluation.inference.draws import against_draws, drawn_test, drawn_tests, in_pieces, values_together
from kkz_eval.evaluation.inference.exact import exact_coefficient, exact_studentised
from kkz_eval.evaluation.inference.families import joint_quantile
from kkz_eval.evaluation.inference.statistics import Plain, coefficient, studentised
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

CLUSTERS = np.repeat(np.arange(7), [1, 2, 2, 3, 1, 2, 2])
DESIGNS = {
    "whole": small_units(sizes=((9, 4),)),
    "strata": small_units(),
    "baseline": small_units(baselines=1),
    "two baselines": small_units(baselines=2),  # studentised without sums
    "clusters": ComparedUnits.of(np.isin(CLUSTERS, [0, 3, 5]), cluster=CLUSTERS),
}


def statistics_of(units, count=3):
    columns = np.random.default_rng(4).normal(size=(units.n_units, count)).T
    return [kind(z, units) for z in columns for kind in (coefficient, studentised)]


@pytest.mark.parametrize("design", DESIGNS)
def test_statistics_together_are_those_of_each_alone(design):
    units = DESIGNS[design]
    every = np.concatenate(list(assignments_in_chunks(units)))[:200]
    statistics = statistics_of(units)
    together = values_together(statistics, every)
    for place, statistic in enumerate(statistics):
        assert together[:, place] == pytest.approx(statistic.values(every), rel=1e-9, nan_ok=True)


def test_statistics_without_sums_are_computed_for_each_assignment():
    units = DESIGNS["whole"]
    plain = Plain(units, lambda assignments: assignments.sum(axis=1).astype(float))
    assert values_together([plain], units.treated[None]) == pytest.approx(4.0)


@pytest.mark.parametrize("theta", [0.0, 0.7])
@pytest.mark.parametrize("baselines", [0, 1])
def test_draws_tell_what_counting_tells(baselines, theta):
    units = small_units(baselines=baselines, sizes=((9, 4), (8, 3)))
    z = np.random.default_rng(4).normal(size=units.n_units)
    law = UNIFORM if theta == 0 else Law(standardised(np.random.default_rng(9).normal(size=units.n_units)), theta)
    counted = exact_coefficient(z, units, law)
    counted_t = exact_studentised(z, units, law, counted)
    found, found_t = drawn_tests(
        [coefficient(z, units), studentised(z, units, counted.center)], units, law, 20_000, np.random.default_rng(1)
    )
    assert found.p == pytest.approx(counted.p, abs=4 * found.mc_error + 1e-3)
    assert found.p_greater == pytest.approx(counted.p_greater, abs=0.02)
    assert found.center == pytest.approx(counted.center, abs=0.05 * counted.sd)
    assert found.sd == pytest.approx(counted.sd, rel=0.05)
    assert found_t.observed == pytest.approx(counted_t.observed, rel=1e-9)
    assert not found.exact


def test_the_same_seed_gives_the_same_p_alone_or_among_others_and_in_pieces(monkeypatch):
    units = DESIGNS["whole"]
    statistics = statistics_of(units)
    together = drawn_tests(statistics, units, UNIFORM, 500, np.random.default_rng(7))
    alone = drawn_test(statistics[2], units, UNIFORM, 500, np.random.default_rng(7))
    assert alone.p == together[2].p
    monkeypatch.setattr(draws, "PIECE", 60)
    piecewise = drawn_tests(statistics, units, UNIFORM, 500, np.random.default_rng(7))
    assert [one.p for one in piecewise] == pytest.approx([one.p for one in together], abs=0.1)  # other draws
    assert {one.n_assignments for one in piecewise} == {500}


def test_the_real_value_counts_among_the_draws_and_so_do_ties_and_draws_without_a_value():
    values = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    assert against_draws(3.0, values).p == pytest.approx(1 / 6)
    assert against_draws(2.0, values).p == pytest.approx(3 / 6)
    assert against_draws(2.0, values).p_greater == pytest.approx(2 / 6)
    with_gaps = against_draws(3.0, values, without=4)
    assert with_gaps.p == pytest.approx(5 / 10)
    assert with_gaps.n_assignments == 9


def test_values_that_are_all_the_same_are_refused():
    with pytest.raises(Refused):
        against_draws(1.0, np.ones(5))


def test_the_joint_quantile_is_where_p_falls_to_the_level():
    statistics = np.column_stack([np.arange(1.0, 100.0), -0.5 * np.arange(1.0, 100.0)])  # 99 draws, largest 1 … 99
    width = joint_quantile(statistics, 0.95)
    largest = np.abs(statistics).max(axis=1)

    def p(value):
        return (1 + np.count_nonzero(largest >= value)) / 100

    assert width == 95.0
    assert p(width) > 0.05
    assert p(width + 1e-9) <= 0.05


def test_a_joint_quantile_is_no_smaller_than_that_of_any_part():
    statistics = np.random.default_rng(3).standard_t(9, size=(999, 6))
    joint = joint_quantile(statistics, 0.9)
    assert all(joint >= joint_quantile(statistics[:, [place]], 0.9) for place in range(6))
    assert joint_quantile(statistics[:5], 0.9) == np.inf


def test_draws_for_many_outcomes_taken_in_pieces_are_those_taken_at_once_to_the_last_digit(monkeypatch):
    units = small_units(sizes=((500, 60), (400, 30)))
    drawn, statistics = draw_assignments(units, UNIFORM, 700, np.random.default_rng(5)), statistics_of(units, 4)
    monkeypatch.setattr(draws, "PIECE", 100 * units.n_units)
    pieces = list(in_pieces(drawn))
    assert len(pieces) == 7
    together = np.concatenate([values_together(statistics, piece) for piece in pieces])
    assert np.array_equal(together, values_together(statistics, drawn))
