"""Exact p-values: the probability, over all assignments that were possible, of a statistic as far out as the real one.

Belongs here: the distribution of a statistic under a law, without drawing. Does not belong here: what the statistic is (statistics.py), draws
(draws.py), intervals (intervals.py).

Where the statistic is a sum over the treated, its distribution comes from two lists of partial sums, met by searching the sorted one: nothing is
computed for each assignment. Else the statistic is computed under every assignment, in blocks that fit into the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate, pairwise
from typing import Protocol

import numpy as np

from kkz_eval.evaluation.arrays import Floats, Mask, PerUnit
from kkz_eval.evaluation.inference.assignments import (
    UNIFORM,
    Law,
    Product,
    assignments_in_chunks,
    listed,
    n_assignments,
    products,
)
from kkz_eval.evaluation.inference.polynomials import factors_of_pairs
from kkz_eval.evaluation.inference.statistics import OfSums, Plain, Statistic, Sum, coefficient, studentised
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

MOST_LISTED = 4_000_000  # partial sums on both sides: 130 MB with their weights
MOST_COMPUTED = 200_000_000  # assignments of a function of sums: some seconds
MOST_PLAIN = 5_000_000  # assignments of a statistic without such a form: some seconds
KEPT = 8_000_000  # values (64 MB) that stay in memory, in place of computing them for each question anew
BLOCK = 2**15  # values at once: several arrays of them fit into the cache
SAME = 1e-12  # of the scale: values this near are ties, which rounding must not tell apart


@dataclass(frozen=True)
class RandomizationTest:
    """A statistic of the real assignment against those of all that were possible.

    observed: the statistic; center, sd: mean and standard deviation of the estimate (not of the studentised statistic) under the law.
    p: of a statistic at least as far from its center, on either side, the real assignment included; p_greater, p_less: one-sided.
    n_assignments: possible ones, or drawn ones; exact: whether all were counted; mc_error: standard error of p from drawing, 0 where exact.
    """

    observed: float
    center: float
    sd: float
    p: float
    p_greater: float
    p_less: float
    n_assignments: int
    exact: bool
    mc_error: float


class Distribution(Protocol):
    """The distribution of several statistics of the same assignments, and of their combinations Σ_k factor_k · statistic_k."""

    @property
    def means(self) -> Floats:
        """(k,)."""

    @property
    def covariance(self) -> Floats:
        """(k, k)."""

    def tails(
        self, factors: Sequence[float], at_least: Sequence[float], at_most: Sequence[float]
    ) -> tuple[list[float], list[float]]:
        """P(combination ≥ bound) and P(combination ≤ bound), for each bound."""


def is_countable(statistic: Statistic, units: ComparedUnits) -> bool:
    """Whether all assignments can be counted within seconds and 200 MB; else they are to be drawn."""
    match statistic:
        case Sum():
            possible = n_assignments(units)  # asked first: the best cut of hundreds of units takes long to find
            return 4 * possible <= MOST_LISTED**2 and listed(units) <= MOST_LISTED
        case OfSums():
            return n_assignments(units) <= MOST_COMPUTED
        case Plain():
            return n_assignments(units) <= MOST_PLAIN


def exact_coefficient(
    z: PerUnit, compared: ComparedUnits, law: Law = UNIFORM, assigned: ComparedUnits | None = None
) -> RandomizationTest:
    """The estimate against its distribution over all assignments by a law: p = P(|estimate − mean| ≥ |real estimate − mean|).

    compared: strata and baseline of the estimate; assigned: whose strata every assignment keeps, finer ones, where they are not the same.
    Raises Refused: too many assignments to count (ask `is_countable`), a statistic that some assignment leaves undefined, or that is the
    same under all.
    """
    units = assigned or compared
    statistic = coefficient(z, compared)
    distribution = distribution_of([statistic], units, law)
    center, sd = float(distribution.means[0]), float(np.sqrt(max(0.0, distribution.covariance[0, 0])))
    observed = observed_of(statistic, units)
    scale = max(sd, abs(observed - center))
    if scale <= SAME * float(np.abs(z).max()):
        raise Refused("same_under_all")
    p, greater, less = tail_probabilities(distribution, [1.0], observed, center, scale)
    return RandomizationTest(observed, center, sd, p, greater, less, n_assignments(units), True, 0.0)


def exact_studentised(
    z: PerUnit, compared: ComparedUnits, law: Law, of_estimate: RandomizationTest, assigned: ComparedUnits | None = None
) -> RandomizationTest:
    """(estimate − its mean under the law) / its standard error against its distribution: p = P(|statistic| ≥ |the real one|).

    The mean is that of the estimate, so that the statistic has its center at 0 where no baseline is adjusted for and all assignments are equally
    likely. of_estimate: what `exact_coefficient` found for the same units and law. Raises Refused as that does.
    """
    units = assigned or compared
    statistic = studentised(z, compared, of_estimate.center)
    observed = observed_of(statistic, units)
    distribution = distribution_of([statistic], units, law)
    p, greater, less = tail_probabilities(distribution, [1.0], observed, 0.0, max(1.0, abs(observed)))
    return replace(of_estimate, observed=observed, p=p, p_greater=greater, p_less=less)


def tail_probabilities(
    distribution: Distribution, factors: Sequence[float], observed: float, center: float, scale: float
) -> tuple[float, float, float]:
    """P(|combination − center| ≥ |observed − center|), P(combination ≥ observed), P(combination ≤ observed); ties of the scale count."""
    tie, mirrored = SAME * scale, 2 * center - observed
    if observed >= center:
        (greater,), (less, far) = distribution.tails(factors, [observed - tie], [observed + tie, mirrored + tie])
        p = greater + far
    else:
        (greater, far), (less,) = distribution.tails(factors, [observed - tie, mirrored - tie], [observed + tie])
        p = less + far
    return (p if abs(observed - center) > tie else 1.0), greater, less


def observed_of(statistic: Statistic, units: ComparedUnits) -> float:
    """The statistic under the real assignment."""
    return float(statistic.values(units.treated[None])[0])


def distribution_of(statistics: Sequence[Statistic], units: ComparedUnits, law: Law) -> Distribution:
    """The joint distribution of statistics over all assignments. Raises Refused: too many to count."""
    for statistic in statistics:
        if not _keeps(statistic.units, units):
            raise ValueError("a stratum of the assignments lies in several strata of the statistic")
        if not is_countable(statistic, units):
            raise Refused("assignments_uncountable", assignments=f"{n_assignments(units):.1e}")
    sums = [statistic for statistic in statistics if isinstance(statistic, Sum)]
    return SumsMet(units, law, sums) if len(sums) == len(statistics) else Computed(units, law, statistics)


def _keeps(coarse: ComparedUnits, fine: ComparedUnits) -> bool:
    """Whether each stratum and each cluster of the fine units lies in one of the coarse ones."""
    pairs = {tuple(pair) for pair in np.column_stack([fine.stratum, coarse.stratum]).tolist()}
    return len(pairs) == fine.n_strata and np.array_equal(coarse.cluster, fine.cluster)


@dataclass(frozen=True, eq=False)
class _Weighted:
    """A product of parts and the weights of its parts, (a,) and (b,); the weight of an assignment is that of both, multiplied."""

    product: Product
    left: Floats
    right: Floats

    @property
    def total(self) -> float:
        """The weight of all its assignments."""
        return float(self.left.sum() * self.right.sum())


def _weighted(units: ComparedUnits, law: Law, columns: Floats) -> Iterator[_Weighted]:
    """The products of parts, with sums of columns (G, m) and weights by the law; uniform, each weight is exactly 1, and sums of them are counts."""
    log_weights = units.by_cluster(law.log_weights(units)[:, None])
    heaviest = _heaviest(units, law)
    for product in products(units, np.hstack([columns, log_weights])):
        largest = float(product.left[-1].max())
        yield _Weighted(
            Product(product.left[:-1], product.right[:-1]),
            np.exp(product.left[-1] - largest),
            np.exp(product.right[-1] + largest - heaviest),
        )


def _heaviest(units: ComparedUnits, law: Law) -> float:
    """The log weight of the likeliest assignment, against which weights are taken so that none overflows."""
    log_weights = units.by_cluster(law.log_weights(units)[:, None])[:, 0]
    total = 0.0
    for stratum in range(units.n_strata):
        inside = units.cluster_stratum == stratum
        total += float(np.sort(log_weights[inside])[::-1][: int(units.cluster_treated[inside].sum())].sum())
    return total


class SumsMet:
    """Statistics that are sums over the treated, from partial sums of both sides."""

    def __init__(self, units: ComparedUnits, law: Law, statistics: Sequence[Sum]) -> None:
        columns = units.by_cluster(np.column_stack([statistic.weights for statistic in statistics]))
        self._products = list(_weighted(units, law, columns))
        self._total = sum(product.total for product in self._products)

    @cached_property
    def means(self) -> Floats:
        """(k,). A mean over products of parts is made of the means of both sides."""
        total = np.zeros(len(self._products[0].product.left))
        for one in self._products:
            left, right = one.product.left @ one.left, one.product.right @ one.right
            total += left * one.right.sum() + one.left.sum() * right
        return np.asarray(total / self._total)

    @cached_property
    def covariance(self) -> Floats:
        """(k, k), likewise; the mean is taken off the left side."""
        total = np.zeros((len(self.means), len(self.means)))
        for one in self._products:
            left, right = one.product.left - self.means[:, None], one.product.right
            crossed = np.outer(left @ one.left, right @ one.right)
            total += (
                (left * one.left) @ left.T * one.right.sum()
                + (right * one.right) @ right.T * one.left.sum()
                + crossed
                + crossed.T
            )
        return np.asarray(total / self._total)

    def tails(
        self, factors: Sequence[float], at_least: Sequence[float], at_most: Sequence[float]
    ) -> tuple[list[float], list[float]]:
        """For each sum on the right, the weight of those on the left that reach the bound with it: one search in sorted sums."""
        above, below = np.zeros(len(at_least)), np.zeros(len(at_most))
        for one in self._products:
            left, right = (np.array(factors) @ side for side in (one.product.left, one.product.right))
            order, place = (
                np.argsort(left),
                np.argsort(right),
            )  # the right in order, too: neighbours search in the same part of the cache
            left, right, weights = left[order], right[place], one.right[place]
            up_to = np.concatenate([[0.0], np.cumsum(one.left[order])])
            for number, bound in enumerate(at_least):
                above[number] += weights @ (up_to[-1] - up_to[np.searchsorted(left, bound - right, side="left")])
            for number, bound in enumerate(at_most):
                below[number] += weights @ up_to[np.searchsorted(left, bound - right, side="right")]
        return (above / self._total).tolist(), (below / self._total).tolist()


@dataclass(frozen=True, eq=False)
class Block:
    """Each statistic under r × c assignments, whose weights are those of rows (r,) times those of columns (c,)."""

    values: Sequence[Floats]
    rows: Floats
    columns: Floats

    def weighed(self, numbers: Floats | Mask) -> float:
        """Σ weight · number over the assignments (r, c)."""
        return float(self.rows @ (numbers @ self.columns))


class Computed:
    """Statistics computed under every assignment."""

    def __init__(self, units: ComparedUnits, law: Law, statistics: Sequence[Statistic]) -> None:
        self._units, self._law, self._statistics = units, law, statistics
        self._kept = list(self._computed()) if len(statistics) * n_assignments(units) <= KEPT else None
        products = _weighted(units, law, np.empty((units.n_clusters, 0)))
        self.total = sum(product.total for product in products)

    @cached_property
    def _moments(self) -> tuple[Floats, Floats]:
        """Means (k,) and covariance (k, k), in one pass: around the first value, which costs few digits."""
        k = len(self._statistics)
        origin, sums, squares = np.empty(0), np.zeros(k), np.zeros((k, k))
        for block in self.blocks():
            origin = origin if origin.size else np.array([values.flat[0] for values in block.values])
            around = [values - start for values, start in zip(block.values, origin, strict=True)]
            sums += [block.weighed(one) for one in around]
            squares += [[block.weighed(one * other) for other in around] for one in around]
        means = sums / self.total
        return origin + means, squares / self.total - np.outer(means, means)

    @property
    def means(self) -> Floats:
        """(k,)."""
        return self._moments[0]

    @property
    def covariance(self) -> Floats:
        """(k, k)."""
        return self._moments[1]

    def tails(
        self, factors: Sequence[float], at_least: Sequence[float], at_most: Sequence[float]
    ) -> tuple[list[float], list[float]]:
        """The weight of the values that reach each bound, in one pass over all assignments."""
        above, below = np.zeros(len(at_least)), np.zeros(len(at_most))
        for block in self.blocks():
            values = reduce(np.add, (factor * values for factor, values in zip(factors, block.values, strict=True)))
            above += [block.weighed(values >= bound) for bound in at_least]
            below += [block.weighed(values <= bound) for bound in at_most]
        return (above / self.total).tolist(), (below / self.total).tolist()

    @property
    def is_kept(self) -> bool:
        """Whether all values are at hand; else each question computes them anew."""
        return self._kept is not None

    def blocks(self) -> Iterator[Block]:
        """All values, some at a time."""
        yield from self._computed() if self._kept is None else self._kept

    def _computed(self) -> Iterator[Block]:
        """Blocks of all assignments. Raises Refused: a value that is not a number."""
        forms = [statistic for statistic in self._statistics if isinstance(statistic, OfSums)]
        for block in self._of_sums(forms) if len(forms) == len(self._statistics) else self._plainly():
            if any(np.isnan(values.min()) for values in block.values):
                raise Refused("statistic_undefined")
            yield block

    def _of_sums(self, forms: Sequence[OfSums]) -> Iterator[Block]:
        spans = [slice(*place) for place in pairwise(accumulate((form.columns.shape[1] for form in forms), initial=0))]
        for one in _weighted(self._units, self._law, np.hstack([form.columns for form in forms])):
            factors = [
                [factors_of_pairs(polynomial, one.product.left[span], one.product.right[span]) for polynomial in form.polynomials]
                for form, span in zip(forms, spans, strict=True)
            ]
            for rows, columns in one.product.blocks(BLOCK):
                values = [
                    form.of([left[rows] @ right[:, columns] for left, right in of_form])
                    for form, of_form in zip(forms, factors, strict=True)
                ]
                yield Block(values, one.left[rows], one.right[columns])

    def _plainly(self) -> Iterator[Block]:
        heaviest = _heaviest(self._units, self._law)  # as in `_weighted`, so that weights add up to the same total
        for assignments in assignments_in_chunks(self._units):
            values = [statistic.values(assignments)[None] for statistic in self._statistics]
            yield Block(values, np.ones(1), np.exp(self._law.log_weight(assignments) - heaviest))
