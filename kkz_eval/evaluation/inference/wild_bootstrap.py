"""The wild cluster bootstrap of a regression on treatment, with the null imposed: signs of whole clusters' residuals are drawn anew.

Belongs here: weights of the bootstrap, its t statistics, its p-value. Does not belong here: other assignments of the programme (draws.py), taking
out what a panel holds fixed (panels.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from kkz_eval.evaluation.arrays import (
    ClusterByEstimate,
    ClusterByRegressor,
    DrawByCluster,
    DrawByEstimate,
    Floats,
    PerEstimate,
    UnitByEstimate,
)
from kkz_eval.evaluation.inference.statistics import left_of, residuals_of, taken_out
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

RADEMACHER, WEBB = "rademacher", "webb"
POINTS: Mapping[str, Floats] = {
    RADEMACHER: np.array([-1.0, 1.0]),
    WEBB: np.multiply.outer([-1.0, 1.0], np.sqrt([0.5, 1.0, 1.5])).ravel(),
}
"""What a cluster's residuals are multiplied with, each as likely. Webb (2023), Canadian Journal of Economics 56(3), 839–858."""
SAME = 1e-12  # of the observed t, where nothing cancels out: values this near are ties, which rounding must not tell apart
NOTHING = 1e-10  # share of a length that rounding leaves of what is nothing
PIECE = 4_000_000  # numbers in a piece of draws: 32 MB


@dataclass(frozen=True, eq=False)
class ClusterSums:
    """A regression of K outcomes on treatment, summed by cluster: all that the bootstrap needs of the data. All else that is held fixed is taken out.

    m: treatment, r: an outcome, both less what is held fixed; Q: an orthonormal basis of that, without what lies within clusters (unit
    effects). treatment: (G,) Σ m²; outcome: (G, K) Σ m r; held: (G, q) Σ m Q; drawn: (G, q, K) Σ Q r; n_treated_clusters: with treated units.
    """

    treatment: Floats
    outcome: ClusterByEstimate
    held: ClusterByRegressor
    drawn: Floats
    n_treated_clusters: int

    @classmethod
    def of(cls, m: Floats, r: UnitByEstimate, basis: Floats, cluster: np.ndarray, n_treated_clusters: int) -> ClusterSums:
        """Summed from rows: m (n,), r (n, K), basis (n, q), cluster (n,) codes from 0 without gaps."""
        order = np.argsort(cluster, kind="stable")
        starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))

        def summed(rows: Floats) -> Floats:
            return np.asarray(np.add.reduceat(rows[order], starts, axis=0))

        held_by_outcome = [summed(basis * column[:, None]) for column in r.T]
        return cls(
            treatment=summed(m**2),
            outcome=summed(m[:, None] * r),
            held=summed(m[:, None] * basis),
            drawn=np.stack(held_by_outcome, axis=2),
            n_treated_clusters=n_treated_clusters,
        )

    @property
    def n_clusters(self) -> int:
        """G."""
        return len(self.treatment)


@dataclass(frozen=True, eq=False)
class WildTest:
    """p: (K,) two-sided p-values of no effect; t: (K,) observed statistics; estimate: (K,) coefficients; mc_error: (K,) of p, 0 where enumerated.

    n_draws: drawn weights, or all there are where enumerated. Where few clusters are treated the test hardly ever rejects: n_treated_clusters
    belongs beside its p (MacKinnon & Webb 2017, Journal of Applied Econometrics 32(2), 233–254).
    """

    estimate: PerEstimate
    t: PerEstimate
    p: PerEstimate
    mc_error: PerEstimate
    n_draws: int
    enumerated: bool
    n_clusters: int
    n_treated_clusters: int


def collapsed(z: UnitByEstimate, units: ComparedUnits) -> ClusterSums:
    """On a block: the regression of contrasts of years (N, K) on treatment, beside strata and baseline.

    For two-way fixed effects it is the regression on all cells: residualised treatment is the product of its part across units and the contrast, so
    that nothing else of the years enters a coefficient, its scores or their bootstrap.
    """
    treated = units.cluster_treated
    return ClusterSums.of(
        left_of(units.treated[None], units)[0],
        np.column_stack([residuals_of(column, units) for column in z.T]),
        taken_out(units),
        units.cluster,
        int(treated.sum()),
    )


def wild_bootstrap(sums: ClusterSums, weights: str, draws: int, random: np.random.Generator) -> WildTest:
    """The restricted wild cluster bootstrap-t: p of |t| at least as large, among all weights where these are no more than `draws`, else drawn ones.

    weights: rademacher | webb. Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90(3), 414–427, with residuals under the null. The
    coefficient of drawn residuals v r is Σ_g v_g Σ m r / Σ m²; a cluster's score v_g Σ m r − h'Σ m Q − β Σ m² with h = Σ_g v_g Σ Q r; so t
    needs sums of v and v² over the clusters only, for all outcomes by one matrix product (Roodman et al. 2019, Stata Journal 19(1), section 5).
    Raises Refused: fewer than two clusters, treatment or an outcome that what is held fixed explains.
    """
    if sums.n_clusters < 2:
        raise Refused("few_clusters", clusters=sums.n_clusters)
    total = float(sums.treatment.sum())
    if not total > NOTHING:
        raise Refused("statistic_undefined")
    points = POINTS[weights]
    enumerated = len(points) ** sums.n_clusters <= draws
    statistic = _Statistic(sums, total)
    (observed,), (lost,) = statistic.of(np.ones((1, sums.n_clusters)))
    if not np.isfinite(observed).all():
        raise Refused("statistic_undefined")
    bound = np.abs(observed) * (1 - SAME * lost)
    reached, count = np.zeros(len(observed)), 0
    for piece in _pieces(points, sums.n_clusters, draws, random, enumerated, statistic.width):
        t, _ = statistic.of(piece)
        reached += (~(np.abs(t) < bound)).sum(axis=0)  # where it is not defined nothing speaks against the null
        count += len(piece)
    # the observed residuals are one of the enumerated: all weights 1
    p = reached / count if enumerated else (1 + reached) / (1 + count)
    return WildTest(
        estimate=sums.outcome.sum(axis=0) / total,
        t=observed,
        p=p,
        mc_error=np.zeros(len(p)) if enumerated else np.sqrt(p * (1 - p) / count),
        n_draws=count,
        enumerated=enumerated,
        n_clusters=sums.n_clusters,
        n_treated_clusters=sums.n_treated_clusters,
    )


class _Statistic:
    """t of weights (draws, G), for K outcomes. With B = (Σ m Q, Σ m²), a = Σ m r and k = (h, β): Σ score² = Σ v² a² − 2 k'Σ v a B + k'B'B k."""

    def __init__(self, sums: ClusterSums, total: float) -> None:
        n_clusters, n_outcomes = sums.outcome.shape
        self.sides = np.column_stack([sums.held, sums.treatment])
        self.gram = self.sides.T @ self.sides
        self.shape = (n_outcomes, self.sides.shape[1])
        moments = np.concatenate([sums.drawn, sums.outcome[:, None, :] / total], axis=1)  # what v is summed with for k
        crossed = sums.outcome[:, None, :] * self.sides[:, :, None]
        by_outcome = (moments.transpose(0, 2, 1).reshape(n_clusters, -1), crossed.transpose(0, 2, 1).reshape(n_clusters, -1))
        self.linear = np.hstack(by_outcome)
        self.squared = sums.outcome**2
        self.width = n_clusters + self.linear.shape[1] + 2 * n_outcomes
        self.total = total

    def of(self, v: DrawByCluster) -> tuple[DrawByEstimate, DrawByEstimate]:
        """(draws, K) t, NaN where the error is nothing but rounding; and how many times larger what cancels out in the error is, which costs digits."""
        k, crossed = (half.reshape(len(v), *self.shape) for half in np.split(v @ self.linear, 2, axis=1))
        own = v**2 @ self.squared
        squares = own - 2 * (k * crossed).sum(axis=2) + ((k @ self.gram) * k).sum(axis=2)
        squares = np.where(squares > NOTHING * own, squares, np.nan)
        return np.asarray(k[:, :, -1] * self.total / np.sqrt(squares)), np.asarray(own / squares)


def _pieces(
    points: Floats, n_clusters: int, draws: int, random: np.random.Generator, enumerated: bool, width: int
) -> Iterator[DrawByCluster]:
    """Weights (draws, G), all there are or drawn ones, in pieces of bounded memory."""
    if enumerated:
        yield np.array(list(product(points, repeat=n_clusters)))
        return
    rows = max(1, PIECE // width)
    for first in range(0, draws, rows):
        size = (min(rows, draws - first), n_clusters)
        yield points[random.integers(0, len(points), size=size)]
