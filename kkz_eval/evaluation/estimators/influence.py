"""Influence functions of several estimates of one sample: covariance, and the multiplier bootstrap on them.

Belongs here: what follows from influence functions alone. Does not belong here: how an estimator comes by them, rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from scipy import special, stats

from kkz_eval.evaluation.arrays import (
    ClusterByEstimate,
    DrawByEstimate,
    EstimateByEstimate,
    PerEstimate,
    UnitByEstimate,
    UnitCodes,
)

CHUNK = 500_000  # numbers drawn at a time, so that memory does not grow with draws × clusters
_ROOT5 = np.sqrt(5.0)
_QUARTILES = float(stats.norm.ppf(0.75) - stats.norm.ppf(0.25))


@dataclass(frozen=True)
class Influence:
    """values: (G, r), contribution of each cluster to the error of each of r estimates (influence function summed in the cluster / n).

    Column by column in memory, so that some estimates are a view of all.
    """

    values: ClusterByEstimate

    @property
    def covariance(self) -> EstimateByEstimate:
        """(r, r), S'S with the contributions S; no small-sample factor (as `did`: mean of squared influence functions, over n)."""
        return np.asarray(self.values.T @ self.values)

    @property
    def std_errors(self) -> PerEstimate:
        """(r,), square roots of the diagonal of the covariance."""
        return np.asarray(np.sqrt(np.einsum("ij,ij->j", self.values, self.values)))

    def correlation(self, places: Sequence[int], std_errors: PerEstimate) -> EstimateByEstimate:
        """(p, p) covariance of some estimates over the products of their standard errors (p,), some clusters at a time."""
        found = np.zeros((len(places), len(places)))
        step = max(1, CHUNK // max(1, len(places)))
        for first in range(0, len(self.values), step):
            part = self.values[first : first + step, places] / std_errors
            found += part.T @ part
        return found

    def draws(self, number: int, seed: int) -> DrawByEstimate:
        """(number, r) errors of the estimates under Mammen's two-point multipliers, one for each cluster.

        Callaway & Sant'Anna 2021, algorithm 1; Mammen 1993: (1-√5)/2 with probability (1+√5)/(2√5), else (1+√5)/2: mean 0,
        variance 1, third moment 1. One matrix product, in pieces of at most CHUNK multipliers; the pieces do not change the draws.
        """
        random = np.random.default_rng(seed)
        clusters, estimates = self.values.shape
        errors = np.empty((number, estimates))
        total = self.values.sum(axis=0) * (1 + _ROOT5) / 2
        step = max(1, CHUNK // max(1, clusters))
        for first in range(0, number, step):
            last = min(number, first + step)
            low = random.random((last - first, clusters)) < (1 + _ROOT5) / (2 * _ROOT5)
            errors[first:last] = total - _ROOT5 * (low.astype("float64") @ self.values)
        return errors


@dataclass(frozen=True)
class Reference:
    """What estimate / standard error is compared with: t with `df` degrees of freedom, or the standard normal without.

    t(G-1) for few clusters: Cameron & Miller 2015, section VI.D.
    """

    df: int | None = None

    def quantile(self, level: float) -> float:
        """Half the width of a two-sided interval of that level, in standard errors."""
        upper = 0.5 + level / 2
        return float(special.ndtri(upper) if self.df is None else special.stdtrit(self.df, upper))

    def p_value(self, statistic: float) -> float:
        """Two-sided."""
        below = -abs(statistic)
        return float(2 * (special.ndtr(below) if self.df is None else special.stdtr(self.df, below)))


def by_cluster(values: UnitByEstimate, cluster: UnitCodes) -> Influence:
    """Contributions of units (n, r) summed by cluster, codes (n,); the same array where every unit is a cluster."""
    codes, position = np.unique(cluster, return_inverse=True)
    if len(codes) == len(cluster):
        return Influence(values)
    member = scipy.sparse.csr_array(
        (np.ones(len(cluster)), (position, np.arange(len(cluster)))), shape=(len(codes), len(cluster))
    )
    summed = np.empty((len(codes), values.shape[1]), order="F")
    for place, column in enumerate(values.T):
        summed[:, place] = member @ column
    return Influence(summed)


def quartile_errors(draws: DrawByEstimate) -> PerEstimate:
    """Standard errors (r,) of draws (B, r): inter-quartile range over that of the standard normal, as `did` (quantiles of type 1)."""
    low, high = np.quantile(draws, [0.25, 0.75], axis=0, method="inverted_cdf")
    return np.asarray((high - low) / _QUARTILES)


def critical_value(draws: DrawByEstimate, std_errors: PerEstimate, level: float) -> float:
    """Quantile `level` of the largest |t| over the estimates in each draw, never below the pointwise one.

    draws: (B, r); std_errors: (r,), those above zero count. Callaway & Sant'Anna 2021, section 4.1. NaN where there are none.
    """
    varying = std_errors > 0
    if not varying.any():
        return np.nan
    largest = np.abs(draws[:, varying] / std_errors[varying]).max(axis=1)
    found = float(np.quantile(largest, level, method="inverted_cdf"))
    return max(found, float(stats.norm.ppf(0.5 + level / 2)))
