"""Averages of group-time effects: which cells enter, with which weights, and how estimated weights enter the error.

Belongs here: simple, dynamic, group, calendar, exposed. Does not belong here: group-time effects (group_time.py), inference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import Mask, PerCohort, PerEstimate, PerUnit, Years
from kkz_eval.evaluation.estimators.group_time import Cell


@dataclass(frozen=True)
class Average:
    """A weighted mean of cells. cohort, year, event_time: of its row, all empty for an overall row.

    weights: (c,) sum 1 over the cells; size_slope: (h,) derivative of the average by the total weight of each cohort.
    """

    aggregation: str
    weights: PerEstimate
    size_slope: PerCohort
    cohort: int | None = None
    year: int | None = None
    event_time: int | None = None


def most_averages(years: Years, cohort: PerUnit) -> int:
    """How many rows all aggregations can have at most. years: (T,); cohort: (n,), NaN unless of a treated cohort."""
    cohorts = np.unique(cohort[~np.isnan(cohort)])
    times = np.unique(np.subtract.outer(years, cohorts))
    return len(times) + len(cohorts) + len(years) + 5  # an overall row of dynamic, group, calendar; simple, exposed


class Averages:
    """Averages over estimated cells (c) of cohorts (h), by size of the cohort (Callaway & Sant'Anna 2021, section 3; `aggte` of `did`)."""

    def __init__(self, cells: Sequence[Cell], sizes: Mapping[int, float]) -> None:
        """cells: all, those refused too; sizes: weight of each cohort in the sample, positive."""
        self.cohorts = sorted(sizes)
        self._known = np.array([cell.refused is None for cell in cells])
        self._cohort = np.array([cell.cohort for cell in cells])
        self._year = np.array([cell.year for cell in cells])
        self._after = self._known & (self._year >= self._cohort)
        self._estimates = np.array([0.0 if cell.refused is not None else cell.estimate for cell in cells])
        self._cell_size = np.array([sizes[cell.cohort] for cell in cells])
        self._cohort_size = np.array([sizes[g] for g in self.cohorts])

    def of(self, aggregation: str) -> list[Average]:
        """The rows of an aggregation, its overall row last; empty where no cell enters. aggregation: simple | dynamic | group | calendar."""
        if aggregation == "simple":
            return self._mean("simple", self._after)
        if aggregation == "dynamic":
            times = self._year - self._cohort
            rows = [
                row
                for e in np.unique(times[self._known])
                for row in self._mean("dynamic", self._known & (times == e), event_time=int(e))
            ]
            return rows + self._equally("dynamic", [row for row in rows if row.event_time is not None and row.event_time >= 0])
        if aggregation == "calendar":
            years = np.unique(self._year[self._after])
            rows = [row for t in years for row in self._mean("calendar", self._after & (self._year == t), year=int(t))]
            return rows + self._equally("calendar", rows)
        rows = [row for g in self.cohorts for row in self._mean("group", self._after & (self._cohort == g), cohort=g)]
        return rows + self._over_groups(rows)

    def exposed(self, earliest: int) -> list[Average]:
        """The mean over cells from a year on, weighted by the size of the cohort; empty where there is none."""
        return self._mean("exposed", self._after & (self._year >= earliest))

    def estimate(self, average: Average) -> float:
        """The value of an average."""
        return float(average.weights @ self._estimates)

    def _mean(
        self,
        aggregation: str,
        entering: Mask,
        cohort: int | None = None,
        year: int | None = None,
        event_time: int | None = None,
    ) -> list[Average]:
        """Σ p_g ATT(g,t) / Σ p_g; its derivative by p_g is Σ_t (ATT(g,t) - mean) / Σ p (the paper's influence of estimated weights)."""
        if not entering.any():
            return []
        weights = np.where(entering, self._cell_size, 0.0)
        total = weights.sum()
        weights = weights / total
        deviations = np.where(entering, self._estimates - weights @ self._estimates, 0.0)
        size_slope = np.array([deviations[self._cohort == g].sum() / total for g in self.cohorts])
        return [Average(aggregation, weights, size_slope, cohort, year, event_time)]

    def _equally(self, aggregation: str, rows: list[Average]) -> list[Average]:
        if not rows:
            return []
        weights, size_slope = np.mean([row.weights for row in rows], axis=0), np.mean([row.size_slope for row in rows], axis=0)
        return [Average(aggregation, weights, size_slope)]

    def _over_groups(self, rows: list[Average]) -> list[Average]:
        """Σ p_g θ(g) / Σ p_g over the cohorts that have an average; its derivative by p_g is (θ(g) - mean) / Σ p."""
        if not rows:
            return []
        places = [self.cohorts.index(row.cohort) for row in rows if row.cohort is not None]
        share = self._cohort_size[places] / self._cohort_size[places].sum()
        weights = share @ np.array([row.weights for row in rows])
        effects = np.array([self.estimate(row) for row in rows])
        size_slope = np.zeros(len(self.cohorts))
        size_slope[places] = (effects - share @ effects) / self._cohort_size[places].sum()
        return [Average("group", weights, size_slope)]
