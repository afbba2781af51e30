"""Several outcomes at once: p-values that hold for a family, from the joint distribution of its statistics over the same assignments.

Belongs here: adjustments. Does not belong here: which outcomes are a family, the statistics.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from kkz_eval.evaluation.arrays import AssignmentByStatistic, Floats, Integers, PerAssignment, PerEstimate

SAME = 1e-12  # of the observed value: values this near are ties


@dataclass
class StepDown:
    """Romano–Wolf step-down, fed with assignments piece by piece.

    observed: (K,) absolute statistics of the real assignment, each centred and in standard deviations of its own distribution, so that they
    are of one size; adjusted p-values come from the distribution of the largest of those not yet passed (Romano & Wolf 2005, Econometrica 73(4),
    algorithm 4.1; with randomization Clarke, Romano & Wolf 2020).
    """

    observed: PerEstimate
    _order: Integers = field(init=False)
    _reached: PerEstimate = field(init=False)
    _weight: float = field(init=False, default=0.0)
    _pieces: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._order = np.argsort(-self.observed, kind="stable")
        self._reached = np.zeros(len(self.observed))

    def add(self, statistics: Floats, weights: PerAssignment | None = None) -> None:
        """statistics: (a, K) centred and scaled as the observed ones; weights: (a,) of the assignments, all alike without."""
        sizes = np.abs(statistics[:, self._order])
        largest = np.maximum.accumulate(sizes[:, ::-1], axis=1)[:, ::-1]  # over this one and all that come after it
        bound = self.observed[self._order] * (1 - SAME)
        mass = np.ones(len(statistics)) if weights is None else weights
        self._reached += mass @ (largest >= bound)
        self._weight += float(mass.sum())
        self._pieces += len(statistics)

    def adjusted(self, *, drawn: bool) -> PerEstimate:
        """(K,) adjusted p-values; drawn: whether the real assignment is still to be counted among them."""
        one = self._weight / self._pieces if drawn else 0.0  # the weight of a drawn assignment
        shares = np.maximum.accumulate((self._reached + one) / (self._weight + one))
        found = np.empty_like(shares)
        found[self._order] = np.minimum(shares, 1.0)
        return found


def romano_wolf(observed: PerEstimate, pieces: Iterable[tuple[Floats, PerAssignment | None]], *, drawn: bool) -> PerEstimate:
    """(K,) adjusted p-values of a family. pieces: statistics (a, K) and weights (a,) of assignments, as StepDown takes them."""
    steps = StepDown(observed)
    for statistics, weights in pieces:
        steps.add(statistics, weights)
    return steps.adjusted(drawn=drawn)


def joint_quantile(statistics: AssignmentByStatistic, level: float) -> float:
    """c such that no |statistic| of a family is above it in `level` of all assignments, those drawn (a, K) and the real one: the half width of bands
    that hold for all at once, in units of the statistics ("sup-t"; Montiel Olea & Plagborg-Møller 2019, Journal of Applied Econometrics 34(1), 1–17).

    Effects outside a band of that width are those whose p = (1 + #{max ≥ |statistic|}) / (1 + a) is at most 1 − level. Infinite where the draws
    are too few for that.
    """
    largest = np.sort(np.abs(statistics).max(axis=1))[::-1]
    rejected = int((1 - level) * (1 + len(largest)) + SAME)
    return float(largest[rejected - 1]) if rejected else np.inf


def benjamini_hochberg(p: PerEstimate) -> PerEstimate:
    """(K,) p-values adjusted for the false discovery rate. Benjamini & Hochberg (1995), JRSS B 57(1), 289–300."""
    count = len(p)
    order = np.argsort(p, kind="stable")[::-1]
    scaled = p[order] * count / np.arange(count, 0, -1)
    found = np.empty(count)
    found[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return found


def holm(p: PerEstimate) -> PerEstimate:
    """(K,) p-values adjusted for the family-wise error under any dependence. Holm (1979), Scandinavian Journal of Statistics 6(2), 65–70."""
    count = len(p)
    order = np.argsort(p, kind="stable")
    found = np.empty(count)
    found[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(count, 0, -1)), 1.0)
    return found
