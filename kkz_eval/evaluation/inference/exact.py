"""Exact p-values: the probability, over all assignments that were possible, of a statistic as far out as the real one.

Belongs here: the distribution of a statistic under a law, without drawing. Does not belong here: what the statistic is (statistics.py), draws
(draws.py), intervals (intervals.py).

Where the statistic is a sum over the treated, its distribution comes from two lists of partial sums, met by searching the sorted one: nothing is
computed for each assignment. Else the statistic is computed under every assignment, in blocks that fit into the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, combinations_with_replacement, pairwise
from typing import NamedTuple, Protocol

import numpy as np

from kkz_eval.evaluation.arrays import Floats, Mask, PerUnit
from kkz_eval.evaluation.inference.assignments import (
    UNIFORM,
    Law,
    Product,
    as_float,
    assignments_in_chunks,
    listed,
    n_assignments,
    products,
)
from kkz_eval.evaluation.inference.polynomials import factors_of_pairs
from kkz_eval.evaluation.inference.statistics import OfSums, Plain, Statistic, Sum, coefficient, over_its_error
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused, Rounded

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


class Tails(NamedTuple):
    """What is asked of a distribution: how much of it, by one of its laws, lies where Σ_k factor_k · number_k reaches bounds."""

    law: int
    factors: Sequence[float]
    at_least: Sequence[float]
    at_most: Sequence[float]


class Distribution(Protocol):
    """The distributions of several numbers of the same assignments, one by each of L laws, and of combinations Σ_k factor_k · number_k."""

    @property
    def means(self) -> Floats:
        """(L, k)."""

    @property
    def covariance(self) -> Floats:
        """(L, k, k)."""

    def tails(self, asked: Sequence[Tails]) -> list[tuple[list[float], list[float]]]:
        """P(combination ≥ bound) and P(combination ≤ bound), for each bound of each question; what is asked together costs one pass."""


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
    """`exact_coefficients` by one law. Raises Refused also where it has a refusal."""
    (found,) = exact_coefficients(z, compared, [law], assigned)
    if isinstance(found, Refused):
        raise found
    return found


def exact_coefficients(
    z: PerUnit, compared: ComparedUnits, laws: Sequence[Law], assigned: ComparedUnits | None = None
) -> list[RandomizationTest | Refused]:
    """The estimate against its distribution over all assignments by each law: p = P(|estimate − mean| ≥ |real estimate − mean|).

    compared: strata and baseline of the estimate; assigned: whose strata every assignment keeps, finer ones, where they are not the same.
    A refusal stands for a law by which the estimate is the same under all. Raises Refused: too many assignments to count (ask `is_countable`),
    a statistic that some assignment leaves undefined.
    """
    units = assigned or compared
    statistic = coefficient(z, compared)
    distribution = distribution_of([statistic], units, laws)
    (observed,) = observed_of(statistic, units)
    spreads = np.sqrt(np.maximum(0.0, distribution.covariance[:, 0, 0])).tolist()
    reals = [
        _Real(law, (1.0,), observed, center, max(spread, abs(observed - center)))
        for law, (center, spread) in enumerate(zip(distribution.means[:, 0].tolist(), spreads, strict=True))
    ]
    told = [real for real in reals if real.scale > SAME * float(np.abs(z).max())]
    found: list[RandomizationTest | Refused] = [Refused("same_under_all") for _ in laws]
    for real, (p, greater, less) in zip(told, _probabilities(distribution, told), strict=True):
        sd, count = spreads[real.law], n_assignments(units)
        found[real.law] = RandomizationTest(observed, real.center, sd, p, greater, less, count, True, 0.0)
    return found


def exact_studentised(
    z: PerUnit, compared: ComparedUnits, law: Law, of_estimate: RandomizationTest, assigned: ComparedUnits | None = None
) -> RandomizationTest:
    """`exact_studentised_by_laws` by one law."""
    (found,) = exact_studentised_by_laws(z, compared, [law], [of_estimate], assigned)
    return found


def exact_studentised_by_laws(
    z: PerUnit,
    compared: ComparedUnits,
    laws: Sequence[Law],
    of_estimates: Sequence[RandomizationTest],
    assigned: ComparedUnits | None = None,
) -> list[RandomizationTest]:
    """(estimate − its mean under the law) / its standard error against its distribution: p = P(|statistic| ≥ |the real one|), by each law.

    The mean is that of the estimate, so that the statistic has its center at 0 where no baseline is adjusted for and all assignments are equally
    likely. of_estimates: what `exact_coefficients` found for the same units and laws. Raises Refused as that does.
    """
    units = assigned or compared
    statistic = over_its_error(z, compared)
    over_error, per_error = observed_of(statistic, units)
    reals = [
        _Real(law, (1.0, -found.center), value := over_error - found.center * per_error, 0.0, max(1.0, abs(value)))
        for law, found in enumerate(of_estimates)
    ]
    ps = _probabilities(distribution_of([statistic], units, laws), reals)
    return [
        replace(found, observed=real.value, p=p, p_greater=greater, p_less=less)
        for found, real, (p, greater, less) in zip(of_estimates, reals, ps, strict=True)
    ]


@dataclass(frozen=True)
class _Real:
    """A combination under the real assignment, and its center by one of the laws. scale: of values, for ties."""

    law: int
    factors: Sequence[float]
    value: float
    center: float
    scale: float

    @property
    def tails(self) -> Tails:
        """At least and at most as large, and as far out on the other side; ties of the scale count."""
        tie, mirrored = SAME * self.scale, 2 * self.center - self.value
        at_least, at_most = [self.value - tie], [self.value + tie]
        if self.value >= self.center:
            at_most.append(mirrored + tie)
        else:
            at_least.append(mirrored - tie)
        return Tails(self.law, self.factors, at_least, at_most)


def _probabilities(distribution: Distribution, reals: Sequence[_Real]) -> list[tuple[float, float, float]]:
    """P(|combination − center| ≥ |value − center|), P(combination ≥ value), P(combination ≤ value), of each."""
    found = []
    for real, (above, below) in zip(reals, distribution.tails([real.tails for real in reals]), strict=True):
        p = above[0] + below[1] if real.value >= real.center else below[0] + above[1]
        found.append((p if abs(real.value - real.center) > SAME * real.scale else 1.0, above[0], below[0]))
    return found


def observed_of(statistic: Statistic, units: ComparedUnits) -> list[float]:
    """The numbers of the statistic under the real assignment."""
    return [float(one[0]) for one in statistic.numbers(units.treated[None])]


def distribution_of(statistics: Sequence[Statistic], units: ComparedUnits, laws: Sequence[Law]) -> Distribution:
    """The joint distribution of the numbers of statistics over all assignments, by each law. Raises Refused: too many to count."""
    for statistic in statistics:
        if not _keeps(statistic.units, units):
            raise ValueError("a stratum of the assignments lies in several strata of the statistic")
        if not is_countable(statistic, units):
            raise Refused("assignments_uncountable", assignments=Rounded(as_float(n_assignments(units)), 2))
    sums = [statistic for statistic in statistics if isinstance(statistic, Sum)]
    return SumsMet(units, laws, sums) if len(sums) == len(statistics) else Computed(units, laws, statistics)


def _keeps(coarse: ComparedUnits, fine: ComparedUnits) -> bool:
    """Whether each stratum and each cluster of the fine units lies in one of the coarse ones."""
    pairs = {tuple(pair) for pair in np.column_stack([fine.stratum, coarse.stratum]).tolist()}
    return len(pairs) == fine.n_strata and np.array_equal(coarse.cluster, fine.cluster)


@dataclass(frozen=True, eq=False)
class _Weighted:
    """A product of parts and the weights of its parts by each law, (L, a) and (L, b); the weight of an assignment is that of both, multiplied."""

    product: Product
    left: Floats
    right: Floats

    @property
    def totals(self) -> Floats:
        """(L,) the weight of all its assignments."""
        return np.asarray(self.left.sum(axis=1) * self.right.sum(axis=1))


def _weighted(units: ComparedUnits, laws: Sequence[Law], columns: Floats) -> Iterator[_Weighted]:
    """The products of parts, with sums of columns (G, m) and weights by the laws; uniform, each weight is exactly 1, and sums of them are counts."""
    log_weights = units.by_cluster(np.column_stack([law.log_weights(units) for law in laws]))
    heaviest, m = _heaviest(units, laws), columns.shape[1]
    for product in products(units, np.hstack([columns, log_weights])):
        largest = product.left[m:].max(axis=1, keepdims=True)
        yield _Weighted(
            Product(product.left[:m], product.right[:m]),
            np.exp(product.left[m:] - largest),
            np.exp(product.right[m:] + largest - heaviest[:, None]),
        )


def _heaviest(units: ComparedUnits, laws: Sequence[Law]) -> Floats:
    """(L,) the log weight of the likeliest assignment, against which weights are taken so that none overflows."""
    log_weights = units.by_cluster(np.column_stack([law.log_weights(units) for law in laws]))
    total = np.zeros(len(laws))
    for stratum in range(units.n_strata):
        inside = units.cluster_stratum == stratum
        total += np.sort(log_weights[inside], axis=0)[::-1][: int(units.cluster_treated[inside].sum())].sum(axis=0)
    return total


class SumsMet:
    """Statistics that are sums over the treated, from partial sums of both sides."""

    def __init__(self, units: ComparedUnits, laws: Sequence[Law], statistics: Sequence[Sum]) -> None:
        columns = units.by_cluster(np.column_stack([statistic.weights for statistic in statistics]))
        self._products = list(_weighted(units, laws, columns))
        self._totals = np.sum([one.totals for one in self._products], axis=0)

    @cached_property
    def means(self) -> Floats:
        """(L, k). A mean over products of parts is made of the means of both sides."""
        sums = [
            (one.left @ one.product.left.T) * one.right.sum(axis=1)[:, None]
            + (one.right @ one.product.right.T) * one.left.sum(axis=1)[:, None]
            for one in self._products
        ]
        return np.asarray(np.sum(sums, axis=0) / self._totals[:, None])

    @cached_property
    def covariance(self) -> Floats:
        """(L, k, k), likewise; the mean is taken off the left side."""
        return np.stack([self._covariance(law) for law in range(len(self._totals))])

    def _covariance(self, law: int) -> Floats:
        mean = self.means[law]
        total = np.zeros((len(mean), len(mean)))
        for one in self._products:
            left, right = one.product.left - mean[:, None], one.product.right
            by_left, by_right = one.left[law], one.right[law]
            crossed = np.outer(left @ by_left, right @ by_right)
            total += (
                (left * by_left) @ left.T * by_right.sum() + (right * by_right) @ right.T * by_left.sum() + crossed + crossed.T
            )
        return np.asarray(total / self._totals[law])

    def tails(self, asked: Sequence[Tails]) -> list[tuple[list[float], list[float]]]:
        """Each question in turn: a search in sorted sums is quick."""
        return [self._tails(*one) for one in asked]

    def _tails(
        self, law: int, factors: Sequence[float], at_least: Sequence[float], at_most: Sequence[float]
    ) -> tuple[list[float], list[float]]:
        """For each sum on the right, the weight of those on the left that reach the bound with it: one search in sorted sums."""
        above, below = np.zeros(len(at_least)), np.zeros(len(at_most))
        for one in self._products:
            left, right = (np.array(factors) @ side for side in (one.product.left, one.product.right))
            order, place = (
                np.argsort(left),
                np.argsort(right),
            )  # the right in order, too: neighbours search in the same part of the cache
            left, right, weights = left[order], right[place], one.right[law, place]
            up_to = np.concatenate([[0.0], np.cumsum(one.left[law, order])])
            for number, bound in enumerate(at_least):
                above[number] += weights @ (up_to[-1] - up_to[np.searchsorted(left, bound - right, side="left")])
            for number, bound in enumerate(at_most):
                below[number] += weights @ up_to[np.searchsorted(left, bound - right, side="right")]
        return (above / self._totals[law]).tolist(), (below / self._totals[law]).tolist()


@dataclass(frozen=True, eq=False)
class Block:
    """Each number under r × c assignments, whose weights by a law are those of rows (L, r) times those of columns (L, c).

    equal: for each law, whether each weight is 1.
    """

    values: Sequence[Floats]
    rows: Floats
    columns: Floats
    equal: Sequence[bool]

    def weighed(self, numbers: Floats | Mask, law: int) -> float:
        """Σ weight by the law · number over the assignments (r, c)."""
        if self.equal[law] and numbers.dtype == np.bool_:
            return float(np.count_nonzero(numbers))  # in an eighth of the time
        return float(self.rows[law] @ (numbers @ self.columns[law]))


class Computed:
    """Statistics computed under every assignment."""

    def __init__(self, units: ComparedUnits, laws: Sequence[Law], statistics: Sequence[Statistic]) -> None:
        self._units, self._laws, self._statistics = units, laws, statistics
        self._equal = [not law.log_weights(units).any() for law in laws]
        self._k = sum(len(observed_of(statistic, units)) for statistic in statistics)
        self._kept = list(self._computed()) if self._k * n_assignments(units) <= KEPT else None
        products = _weighted(units, laws, np.empty((units.n_clusters, 0)))
        self.totals = np.sum([product.totals for product in products], axis=0)

    @cached_property
    def _moments(self) -> tuple[Floats, Floats]:
        """Means (L, k) and covariance (L, k, k), in one pass: around the first value, which costs few digits."""
        laws, k = range(len(self._laws)), self._k
        pairs = list(combinations_with_replacement(range(k), 2))
        origin, sums, squares = np.empty(0), np.zeros((len(laws), k)), np.zeros((len(laws), k, k))
        for block in self.blocks():
            origin = origin if origin.size else np.array([values.flat[0] for values in block.values])
            around = [values - start for values, start in zip(block.values, origin, strict=True)]
            sums += [[block.weighed(one, law) for one in around] for law in laws]
            for one, other in pairs:
                squares[:, one, other] += [block.weighed(around[one] * around[other], law) for law in laws]
        for one, other in pairs:
            squares[:, other, one] = squares[:, one, other]
        means = sums / self.totals[:, None]
        return origin + means, squares / self.totals[:, None, None] - means[:, :, None] * means[:, None, :]

    @property
    def means(self) -> Floats:
        """(L, k)."""
        return self._moments[0]

    @property
    def covariance(self) -> Floats:
        """(L, k, k)."""
        return self._moments[1]

    def tails(self, asked: Sequence[Tails]) -> list[tuple[list[float], list[float]]]:
        """The weight of the values that reach each bound, in one pass over all assignments for all questions."""
        above, below = [np.zeros(len(one.at_least)) for one in asked], [np.zeros(len(one.at_most)) for one in asked]
        for block in self.blocks():
            for number, (law, factors, at_least, at_most) in enumerate(asked):
                values = combined(factors, block.values)
                above[number] += [block.weighed(values >= bound, law) for bound in at_least]
                below[number] += [block.weighed(values <= bound, law) for bound in at_most]
        totals = [self.totals[one.law] for one in asked]
        return [((high / total).tolist(), (low / total).tolist()) for high, low, total in zip(above, below, totals, strict=True)]

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
        for one in _weighted(self._units, self._laws, np.hstack([form.columns for form in forms])):
            factors = [
                [factors_of_pairs(polynomial, one.product.left[span], one.product.right[span]) for polynomial in form.polynomials]
                for form, span in zip(forms, spans, strict=True)
            ]
            for rows, columns in one.product.blocks(BLOCK):
                values = [
                    number
                    for form, of_form in zip(forms, factors, strict=True)
                    for number in form.of([left[rows] @ right[:, columns] for left, right in of_form])
                ]
                yield Block(values, one.left[:, rows], one.right[:, columns], self._equal)

    def _plainly(self) -> Iterator[Block]:
        heaviest = _heaviest(self._units, self._laws)  # as in `_weighted`, so that weights add up to the same totals
        for assignments in assignments_in_chunks(self._units):
            values = [number[None] for statistic in self._statistics for number in statistic.numbers(assignments)]
            log_weights = np.stack([law.log_weight(assignments) for law in self._laws])
            yield Block(values, np.ones((len(self._laws), 1)), np.exp(log_weights - heaviest[:, None]), self._equal)


def combined(factors: Sequence[float], values: Sequence[Floats]) -> Floats:
    """Σ_k factor_k · values_k; in place and without multiplying by 1, since memory costs more than sums."""
    if tuple(factors) == (1.0,):
        return values[0]
    total = factors[-1] * values[-1]
    for factor, one in zip(factors[:-1], values[:-1], strict=True):
        total += one if factor == 1.0 else factor * one
    return total
