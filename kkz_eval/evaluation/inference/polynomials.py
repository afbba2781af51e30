"""Polynomials of sums over the treated, for all pairs of two parts of an assignment at once.

Belongs here: the arithmetic. Does not belong here: which polynomials a statistic is made of (statistics.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import combinations
from typing import TypeAlias

import numpy as np

from kkz_eval.evaluation.arrays import Floats

Polynomial: TypeAlias = Mapping[tuple[int, ...], float]
"""Coefficients by monomial, which names each of its factors by its place among the sums: {(): 2.0, (0,): 1.0, (0, 1, 1): 3.0} is 2 + s₀ + 3 s₀ s₁²."""


def plus(*polynomials: Polynomial) -> Polynomial:
    """Their sum."""
    total: dict[tuple[int, ...], float] = defaultdict(float)
    for polynomial in polynomials:
        for monomial, factor in polynomial.items():
            total[monomial] += factor
    return dict(total)


def times(one: Polynomial, other: Polynomial) -> Polynomial:
    """Their product."""
    return plus(*({tuple(sorted(a + b)): x * y} for a, x in one.items() for b, y in other.items()))


def in_powers(variable: Polynomial, *coefficients: Polynomial) -> Polynomial:
    """coefficients[0] + variable · (coefficients[1] + variable · (…))."""
    return reduce(lambda inner, coefficient: plus(coefficient, times(variable, inner)), reversed(coefficients))


def value_of(polynomial: Polynomial, sums: Floats) -> Floats:
    """(a,) the polynomial of sums (m, a)."""
    total = np.zeros(sums.shape[1])
    for monomial, factor in polynomial.items():
        total += factor * _product(monomial, sums)
    return total


def factors_of_pairs(polynomial: Polynomial, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """(a, K) and (K, b), whose matrix product is the polynomial of left[:, i] + right[:, j], for all pairs.

    left: (m, a), right: (m, b) sums. Each monomial is multiplied out, Π (l + r): what stands beside the same product of left sums is one column.
    """
    beside: dict[tuple[int, ...], Floats] = {}
    for monomial, factor in polynomial.items():
        places = range(len(monomial))
        for chosen in (set(some) for size in range(len(monomial) + 1) for some in combinations(places, size)):
            on_left, on_right = (
                tuple(monomial[place] for place in places if (place in chosen) is side) for side in (True, False)
            )
            beside[on_left] = beside.get(on_left, np.zeros(right.shape[1])) + factor * _product(on_right, right)
    return np.stack([_product(monomial, left) for monomial in beside], axis=1), np.stack(list(beside.values()))


def _product(monomial: Sequence[int], sums: Floats) -> Floats:
    return np.asarray(np.prod(sums[list(monomial)], axis=0)) if monomial else np.ones(sums.shape[1])
