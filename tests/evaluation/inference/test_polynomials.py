"""Polynomials of sums, and the same for all pairs of two parts."""

import numpy as np
import pytest

from kkz_eval.evaluation.inference.polynomials import factors_of_pairs, in_powers, plus, times, value_of

POLYNOMIAL = {(): 2.0, (0,): -1.0, (1, 1): 3.0, (0, 1, 2): 0.5, (2, 2, 2, 2): -0.25}


def plainly(s):
    return 2 - s[0] + 3 * s[1] ** 2 + 0.5 * s[0] * s[1] * s[2] - 0.25 * s[2] ** 4


def test_sums_products_and_powers_are_those_of_numbers():
    sums = np.random.default_rng(1).normal(size=(3, 50))
    other, variable = {(): 1.0, (2,): 4.0}, {(0,): 2.0, (): -1.0}
    one, two, x = (value_of(polynomial, sums) for polynomial in (POLYNOMIAL, other, variable))
    assert one == pytest.approx(plainly(sums))
    assert value_of(plus(POLYNOMIAL, other, other), sums) == pytest.approx(one + 2 * two)
    assert value_of(times(POLYNOMIAL, other), sums) == pytest.approx(one * two)
    assert value_of(in_powers(variable, POLYNOMIAL, other, POLYNOMIAL), sums) == pytest.approx(one + x * two + x**2 * one)


def test_pairs_have_the_value_at_the_sum_of_their_parts():
    random = np.random.default_rng(2)
    left, right = random.normal(size=(3, 4)), random.normal(size=(3, 5))
    one, other = factors_of_pairs(POLYNOMIAL, left, right)
    assert one @ other == pytest.approx(plainly(left[:, :, None] + right[:, None, :]))
