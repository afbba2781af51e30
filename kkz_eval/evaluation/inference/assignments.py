"""Which assignments of the programme were possible, and how likely each: counted, listed, drawn; and how strongly need drove the real one.

Belongs here: laws of assignments, and the assignments. Does not belong here: outcomes, statistics, p-values (exact.py, draws.py).
In every assignment as many clusters of each stratum are treated as were; P(A) ∝ exp(θ Σ x over the treated units): for θ = 0 all are equally
likely, else this is the conditional Bernoulli law (Chen, Dempster & Liu 1994, Biometrika 81(3), 457–469).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import chi2

from kkz_eval.evaluation.arrays import AssignmentByUnitStart, AssignmentMask, Floats, Mask, PerAssignment, PerUnit
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

ROWS = 2**15  # assignments in a chunk
NARROW = 2**9  # pairs of one left part in a block, where there are more of either: matrix products of few rows are slow
SAME = 1e-12  # share of the spread below which two sums of x are one
Sums: TypeAlias = npt.NDArray[Any]
"""Numbers, or masks, whose sum is their union."""
LARGEST_THETA = 1e3  # a standardised x under which the treated are certain long before


@dataclass(frozen=True, eq=False)
class Law:
    """P(A) ∝ exp(theta · Σ x over the treated). x: (N,) standardised over the units compared, None where theta is 0."""

    x: PerUnit | None
    theta: float

    def __post_init__(self) -> None:
        if self.x is None and self.theta != 0:
            raise ValueError("a law with theta needs x")

    def log_weights(self, units: ComparedUnits) -> PerUnit:
        """(N,) θ x of each unit."""
        return np.zeros(units.n_units) if self.x is None else self.theta * self.x

    def log_weight(self, assignments: AssignmentMask) -> PerAssignment:
        """(a,) θ Σ x over the treated of each assignment; the log of its probability up to a constant."""
        return np.zeros(len(assignments)) if self.x is None else np.asarray(assignments @ (self.theta * self.x))

    def log_total(self, units: ComparedUnits) -> float:
        """log Σ exp(θ Σ x) over all assignments: what log_weight lacks to the log of a probability."""
        return _log_total(units, self.log_weights(units))

    def log_effective(self, units: ComparedUnits) -> float:
        """log 1 / Σ p²: of how many equally likely assignments would be as concentrated. Σ exp(2 θ Σ x) is the total at twice θ."""
        return 2 * self.log_total(units) - Law(self.x, 2 * self.theta).log_total(units)


UNIFORM = Law(None, 0.0)


def standardised(covariate: PerUnit) -> PerUnit:
    """(N,) less its mean, over its standard deviation (ddof 0). Raises Refused: it does not vary."""
    spread = float(covariate.std())
    if not spread > SAME * float(np.abs(covariate).max()):
        raise Refused("law_constant")
    return np.asarray((covariate - covariate.mean()) / spread)


def n_assignments(units: ComparedUnits) -> int:
    """How many assignments are possible, the real one among them: Π_s C(G_s, g_s) over the clusters of each stratum."""
    return math.prod(math.comb(*size) for size in _sizes(units))


def as_float(count: int) -> float:
    """A number of assignments as a number of a table: infinite where a float holds none so large, as from about 2,500 units on."""
    try:
        return float(count)
    except OverflowError:
        return math.inf


def as_integer(count: int) -> int | None:
    """A number of assignments as an integer of a table; None where 64 bits hold none so large, as from 70 units on, half of them treated."""
    return count if count < 2**63 else None


def smallest_p(units: ComparedUnits, law: Law = UNIFORM) -> float:
    """The probability of the assignments that always count, so that no two-sided p-value is smaller, whatever the outcome.

    The real one counts. Where all assignments are equally likely and half of each stratum is treated, so does that of the other halves: it
    has the estimate of the real one with its sign turned, and the mean of all estimates is 0.
    """
    real = math.exp(float(law.log_weights(units)[units.treated].sum()) - law.log_total(units))
    halves = all(2 * treated == clusters for clusters, treated in _sizes(units) if 0 < treated < clusters)
    return 2 * real if halves and not law.log_weights(units).any() else real


@dataclass(frozen=True, eq=False)
class Product:
    """Each assignment of some clusters with each assignment of the others: sums over their treated.

    left: (m, a), right: (m, b); the sums of assignment (i, j) are left[:, i] + right[:, j].
    """

    left: Sums
    right: Sums

    def blocks(self, size: int) -> Iterator[tuple[slice, slice]]:
        """Slices of left and right that cover all pairs, with about `size` pairs each."""
        a, b = self.left.shape[1], self.right.shape[1]
        wide = min(b, size, max(NARROW, size // a))
        high = max(1, size // wide)
        for first in range(0, a, high):
            for start in range(0, b, wide):
                yield slice(first, min(first + high, a)), slice(start, min(start + wide, b))


def listed(units: ComparedUnits) -> int:
    """How many sums `products` makes on both sides together: what meeting in the middle costs. At least 2 sqrt(assignments)."""
    return sum(left + right for left, right in _sides(units, _cut(units)))


def smallest_p_of_starts(units: ComparedUnits, starts: PerUnit, law: Law = UNIFORM) -> float:
    """The same of assignments that say in which year each of the treated starts, too: the years of a stratum in any order, all as likely.

    starts: (N,) years, NaN for those not treated.
    """
    of_clusters, orders = starts[units.first_of_cluster], 1
    for stratum in range(units.n_strata):
        years = of_clusters[(units.cluster_stratum == stratum) & units.cluster_treated]
        orders *= math.factorial(len(years)) // math.prod(math.factorial(int(n)) for n in np.unique(years, return_counts=True)[1])
    real = math.exp(float(law.log_weights(units)[units.treated].sum()) - law.log_total(units))
    return smallest_p(units, law) if orders == 1 else real / as_float(orders)


def products(units: ComparedUnits, columns: Sums) -> Iterator[Product]:
    """All assignments as products of few of their parts; each assignment is in one of them, once. columns: (G, m) by cluster.

    The clusters, in the order of their strata, are cut in two: a stratum that the cut divides has 0, 1, … of its treated on the left, which makes
    a product each. For 13 of 30 units these are 14 products of at most 6,435 × 6,435 parts, in place of 1.2e8 assignments
    (Pagano & Tritchler 1983, JASA 78(382), 435–440, count permutations by parts; halves as in Horowitz & Sahni 1974, JACM 21(2)).
    """
    cut = _cut(units)
    order = np.argsort(units.cluster_stratum, kind="stable")
    sizes = _sizes(units)
    ends = np.cumsum([0, *(size for size, _ in sizes)])
    parts = [columns[order[start:end]] for start, end in pairwise(ends)]
    treated = [count for _, count in sizes]
    stratum, inside = cut
    before = [_sums(part, count, count)[count] for part, count in zip(parts[:stratum], treated[:stratum], strict=True)]
    after = [_sums(part, count, count)[count] for part, count in zip(parts[stratum + 1 :], treated[stratum + 1 :], strict=True)]
    divided, count = parts[stratum], treated[stratum]
    lowest, highest = max(0, count - (len(divided) - inside)), min(count, inside)
    on_left = _sums(divided[:inside], lowest, highest)
    on_right = _sums(divided[inside:], count - highest, count - lowest)
    for k in range(lowest, highest + 1):
        yield Product(_joined([*before, on_left[k]]), _joined([on_right[count - k], *after]))


def assignments_in_chunks(units: ComparedUnits, rows: int = ROWS) -> Iterator[AssignmentMask]:
    """All assignments, (a, N) masks of the treated with at most `rows` rows; the real one is among them, at no special place."""
    members = np.arange(units.n_clusters)[:, None] == units.cluster
    for product in products(units, members):
        for left, right in product.blocks(rows):
            pairs = product.left[:, left, None] | product.right[:, None, right]
            yield pairs.reshape(units.n_units, -1).T


def draw_assignments(units: ComparedUnits, law: Law, draws: int, random: np.random.Generator) -> AssignmentMask:
    """(draws, N) independent assignments, exactly by the law.

    Cluster by cluster, each with its probability given how many of its stratum are still to be treated (Chen, Dempster & Liu 1994, procedure 3).
    """
    weights = units.by_cluster(law.log_weights(units)[:, None])[:, 0]
    drawn = np.empty((units.n_clusters, draws), dtype=bool)
    for stratum, (_, count) in enumerate(_sizes(units)):
        members = np.flatnonzero(units.cluster_stratum == stratum)
        drawn[members] = _drawn_by_weight(weights[members], count, draws, random)
    return drawn[units.cluster].T


def draw_starts(
    units: ComparedUnits, starts: PerUnit, law: Law, draws: int, random: np.random.Generator
) -> AssignmentByUnitStart:
    """(draws, N) independent years of start, NaN for units that are not treated: the treated by the law, in each stratum in the years in which its
    treated clusters really started, in any order.

    starts: (N,) real years, NaN for those not treated. Raises Refused: units of a cluster start in different years.
    """
    return starts_of(units, draw_assignments(units, law, draws, random), starts, random)


def starts_of(
    units: ComparedUnits, assignments: AssignmentMask, starts: PerUnit, random: np.random.Generator
) -> AssignmentByUnitStart:
    """(a, N) years of start of the treated of each assignment (a, N), as draw_starts has them. Raises Refused likewise."""
    of_clusters = starts[units.first_of_cluster]
    if not np.array_equal(of_clusters[units.cluster], starts, equal_nan=True):
        raise Refused("cluster_divided")
    treated = assignments[:, units.first_of_cluster]
    draws, drawn = len(treated), np.full(treated.shape, np.nan)
    for stratum in range(units.n_strata):
        members = np.flatnonzero(units.cluster_stratum == stratum)
        years = of_clusters[members][units.cluster_treated[members]]
        in_stratum = np.full((draws, len(members)), np.nan)
        in_stratum[treated[:, members]] = random.permuted(
            np.tile(years, (draws, 1)), axis=1
        ).ravel()  # a row has as many places as years
        drawn[:, members] = in_stratum
    return drawn[:, units.cluster]


@dataclass(frozen=True, eq=False)
class FittedTheta:
    """How strongly x drove who was treated. x: (N,) standardised; theta: conditional maximum likelihood; lower, upper: interval by profile
    likelihood; lr_p: p-value of the likelihood ratio against θ = 0.
    """

    x: PerUnit
    theta: float
    lower: float
    upper: float
    lr_p: float

    @property
    def laws(self) -> Mapping[str, Law]:
        """By the name in a plan: all assignments equally likely, by the estimate, by its upper bound."""
        return {"zero": UNIFORM, "hat": Law(self.x, self.theta), "upper": Law(self.x, self.upper)}


def fit_theta(units: ComparedUnits, covariate: PerUnit, level: float = 0.95) -> FittedTheta:
    """θ of the law by which the real assignment is the likeliest, given how many of each stratum are treated.

    covariate: (N,), standardised here. Log-likelihood ℓ(θ) = θ Σ x over the treated − Σ_s log e(θ), e the elementary symmetric polynomial of
    exp(θ x) in the clusters of the stratum; bounds are the roots of 2(ℓ(θ̂) − ℓ(θ)) = χ²₁(level).
    Raises Refused: the covariate is constant within all strata, or the treated have the highest (or lowest) values of each stratum, so
    that no θ is the best.
    """
    x = standardised(covariate)
    sums, strata = units.by_cluster(x[:, None])[:, 0], units.cluster_stratum
    observed = float(sums[units.cluster_treated].sum())
    by_size = [np.sort(sums[strata == stratum]) for stratum in range(units.n_strata)]
    counts = [count for _, count in _sizes(units)]
    highest = sum(float(values[len(values) - count :].sum()) for values, count in zip(by_size, counts, strict=True))
    lowest = sum(float(values[:count].sum()) for values, count in zip(by_size, counts, strict=True))
    if highest - lowest <= SAME * len(x):
        raise Refused("law_constant")
    if min(highest - observed, observed - lowest) <= SAME * len(x):
        raise Refused("law_separates")

    def score(theta: float) -> float:
        slopes = (_log_symmetric(theta * values, count, values)[1][-1] for values, count in zip(by_size, counts, strict=True))
        return observed - float(sum(slopes))

    def log_likelihood(theta: float) -> float:
        return theta * observed - _log_total(units, theta * x)

    theta = _root(score, 0.0, 1.0 if score(0.0) > 0 else -1.0)
    best = log_likelihood(theta)

    def short_of_best(other: float) -> float:
        return float(chi2.ppf(level, 1)) - 2 * (best - log_likelihood(other))

    return FittedTheta(
        x=x,
        theta=theta,
        lower=_root(short_of_best, theta, -1.0),
        upper=_root(short_of_best, theta, 1.0),
        lr_p=float(chi2.sf(max(0.0, 2 * (best - log_likelihood(0.0))), 1)),
    )


def _sizes(units: ComparedUnits) -> list[tuple[int, int]]:
    """Of each stratum its clusters, and how many of them are treated."""
    clusters = np.bincount(units.cluster_stratum)
    treated = np.bincount(units.cluster_stratum[units.cluster_treated], minlength=len(clusters))
    return [(int(size), int(count)) for size, count in zip(clusters, treated, strict=True)]


def _log_total(units: ComparedUnits, log_weights: PerUnit) -> float:
    by_cluster, total = units.by_cluster(log_weights[:, None])[:, 0], 0.0
    for stratum, (_, count) in enumerate(_sizes(units)):
        values = by_cluster[units.cluster_stratum == stratum]
        total += float(_log_symmetric(values, count, np.zeros_like(values))[0][-1])
    return total


def _log_symmetric(log_weights: Floats, count: int, slopes: Floats) -> tuple[Floats, Floats]:
    """(count + 1,) logs of the elementary symmetric polynomials of exp(log_weights), and their derivatives where those of log_weights are slopes.

    e_k of one weight more is e_k + w e_{k−1}; in logs, so that hundreds of weights neither overflow nor vanish.
    """
    logs = np.full(count + 1, -np.inf)
    logs[0] = 0.0
    derivatives = np.zeros(count + 1)
    for weight, slope in zip(log_weights, slopes, strict=True):
        with_it = logs[:-1] + weight
        sums = np.logaddexp(logs[1:], with_it)
        share = np.exp(with_it - np.where(np.isfinite(sums), sums, 0.0))  # of the sets with this one among those of k
        derivatives[1:] = (1 - share) * derivatives[1:] + share * (derivatives[:-1] + slope)
        logs[1:] = sums
    return logs, derivatives


def _root(function: Callable[[float], float], start: float, step: float) -> float:
    """Where the function changes its sign, looked for from the start ever farther in the direction of the step."""
    near = start
    while abs(step) < LARGEST_THETA:
        far = near + step
        if function(near) * function(far) <= 0:
            return float(brentq(function, near, far, xtol=1e-13, rtol=1e-14))
        near, step = far, 2 * step
    raise Refused("law_separates")


def _cut(units: ComparedUnits) -> tuple[int, int]:
    """Stratum, and how many of its clusters lie left of the cut, with the fewest sums on both sides together."""
    cuts = [(stratum, inside) for stratum, (size, _) in enumerate(_sizes(units)) for inside in range(size)]
    return min(cuts, key=lambda cut: sum(left + right for left, right in _sides(units, cut)))


def _sides(units: ComparedUnits, cut: tuple[int, int]) -> list[tuple[int, int]]:
    """How many sums each product has left and right, by the treated on the left of the stratum that the cut divides."""
    sizes = _sizes(units)
    stratum, inside = cut
    size, count = sizes[stratum]
    before, after = (math.prod(math.comb(*other) for other in some) for some in (sizes[:stratum], sizes[stratum + 1 :]))
    return [
        (before * math.comb(inside, k), after * math.comb(size - inside, count - k))
        for k in range(max(0, count - size + inside), min(count, inside) + 1)
    ]


def _sums(columns: Sums, fewest: int, most: int) -> dict[int, Sums]:
    """(m, c) sums over every set of k rows of the columns (g, m), by k from fewest to most; of masks, their union.

    Sets of k of the rows so far are those without the last, then those with it; sets that can't reach `fewest` any more are dropped.
    """
    sums = {0: np.zeros((columns.shape[1], 1), dtype=columns.dtype)}
    for row, column in enumerate(columns):
        still = len(columns) - row - 1
        sums = {
            k: np.concatenate(
                [part for part in (sums.get(k), sums[k - 1] + column[:, None] if k - 1 in sums else None) if part is not None],
                axis=1,
            )
            for k in range(max(0, fewest - still), min(row + 1, most) + 1)
        }
    return sums


def _joined(parts: Sequence[Sums]) -> Sums:
    """(m, c) sums of one set of each part, in all combinations."""
    return reduce(lambda one, other: (one[:, :, None] + other[:, None, :]).reshape(len(one), -1), parts)


def _drawn_by_weight(log_weights: Floats, count: int, draws: int, random: np.random.Generator) -> Mask:
    """(g, draws) masks of `count` of the g clusters of a stratum, P ∝ exp(Σ log_weights)."""
    size = len(log_weights)
    logs = np.full((size + 1, count + 2), -np.inf)  # of symmetric polynomials of the clusters from each on, of k = −1, 0, …
    logs[:, 1] = 0.0
    for place in range(size - 1, -1, -1):
        logs[place, 2:] = np.logaddexp(logs[place + 1, 2:], logs[place + 1, 1:-1] + log_weights[place])
    drawn = np.empty((size, draws), dtype=bool)
    left = np.full(draws, count)
    for place, weight in enumerate(log_weights):
        sets = logs[place, 1:]  # where there is none of k clusters, there is none with this one either
        with_it = np.exp(weight + logs[place + 1, :-1] - np.where(np.isfinite(sets), sets, 0.0))
        drawn[place] = random.random(draws) < with_it[left]
        left -= drawn[place]
    return drawn
