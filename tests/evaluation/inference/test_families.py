"""p-values that hold for several outcomes at once."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from kkz_eval.evaluation.inference.families import benjamini_hochberg, holm, romano_wolf


def by_definition(observed, statistics, weights):
    """Romano–Wolf written out: for each place in the order, the largest of those that are left."""
    order = np.argsort(-observed)
    p, largest_so_far = np.empty(len(observed)), 0.0
    for place, outcome in enumerate(order):
        left = np.abs(statistics[:, order[place:]]).max(axis=1)
        largest_so_far = max(largest_so_far, weights[left >= observed[outcome] * (1 - 1e-12)].sum() / weights.sum())
        p[outcome] = largest_so_far
    return p


@pytest.mark.parametrize("seed", range(5))
def test_step_down_is_that_of_the_definition_in_any_pieces(seed):
    random = np.random.default_rng(seed)
    statistics, weights = random.normal(size=(500, 4)) @ random.normal(size=(4, 4)), random.random(500)
    observed = np.abs(statistics[17])
    expected = by_definition(observed, statistics, weights)
    pieces = [(statistics[:100], weights[:100]), (statistics[100:], weights[100:])]
    assert romano_wolf(observed, pieces, drawn=False) == pytest.approx(expected)


def test_one_outcome_keeps_its_p_and_copies_of_it_change_nothing():
    statistics = np.random.default_rng(1).normal(size=(400, 1))
    observed = np.array([1.2])
    alone = romano_wolf(observed, [(statistics, None)], drawn=False)
    assert alone == pytest.approx((np.abs(statistics) >= 1.2).mean())
    copied = romano_wolf(np.repeat(observed, 3), [(np.repeat(statistics, 3, axis=1), None)], drawn=False)
    assert copied == pytest.approx(np.repeat(alone, 3))


def test_drawn_assignments_count_the_real_one():
    assert romano_wolf(np.array([9.0]), [(np.zeros((99, 1)), None)], drawn=True) == pytest.approx(0.01)


def test_independent_outcomes_cost_about_what_holm_says_and_never_more():
    random = np.random.default_rng(2)
    statistics = random.normal(size=(200_000, 3))
    observed = np.array([2.6, 2.2, 0.3])
    raw = (np.abs(statistics) >= observed).mean(axis=0)
    found = romano_wolf(observed, [(statistics, None)], drawn=False)
    assert (found <= holm(raw) + 1e-3).all()
    assert found == pytest.approx(holm(raw), abs=6e-3)
    assert (found >= raw).all()


def test_the_family_errs_in_five_of_a_hundred_worlds_without_effects():
    random, wrong = np.random.default_rng(3), 0
    for _ in range(400):
        shared = random.normal(size=(400, 1))
        statistics = 0.7 * shared + 0.7 * random.normal(size=(400, 4))
        wrong += romano_wolf(np.abs(statistics[0]), [(statistics, None)], drawn=False).min() <= 0.05
    assert 0.02 <= wrong / 400 <= 0.08


def test_false_discoveries_are_adjusted_as_scipy_does():
    p = np.random.default_rng(4).random(9) ** 2
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p, method="bh"))
    assert benjamini_hochberg(np.array([0.5])) == pytest.approx([0.5])
