"""A sample as a balanced block: every unit in every year, one start, and others untreated throughout. Then estimates are contrasts of years.

Belongs here: whether a sample is one, and its arrays. Does not belong here: which contrast an estimate is (contrasts.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import UnitByYear, YearMask, Years
from kkz_eval.evaluation.examination.exchangeable import Exchangeable, exchangeable, first_cells
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample, require_squares, without_cells


@dataclass(frozen=True, eq=False)
class Block(Exchangeable):
    """N units, T years. outcome: (N, T); years: (T,) calendar years; start: first treated year; earliest: first year in which an effect could
    show, None for the start.
    """

    outcome: UnitByYear
    years: Years
    start: int
    earliest: int | None
    unit_names: tuple[str, ...]

    @property
    def before(self) -> YearMask:
        """(T,) years before the start."""
        return np.asarray(self.years < self.start)

    @property
    def after(self) -> YearMask:
        """(T,) years from the start on."""
        return ~self.before

    @property
    def exposed(self) -> YearMask:
        """(T,) years in which an effect could show."""
        return self.after if self.earliest is None else self.after & (self.years >= self.earliest)


def block_of(sample: Sample) -> Block:
    """The sample as a block.

    Raises Refused where it is none: no cells, numbers without squares, covariates, weights, starts in several years, units treated before
    the first year, gaps, clusters that cut a unit.
    """
    if not len(sample.year):
        raise without_cells(sample)
    require_squares(sample)
    if sample.covariate_names:
        raise Refused("block_covariates")
    if sample.weights is not None:
        raise Refused("block_weights")
    years = np.unique(sample.year)
    first = first_cells(sample)
    if len(sample.unit) != len(first) * len(years):
        raise Refused("block_gaps", cells=len(first) * len(years) - len(sample.unit))
    starts = np.unique(sample.start[first][~np.isnan(sample.start[first])])
    inside = starts[starts <= years[-1]]
    if len(inside) != 1 or not np.isin(sample.cohort[first][~np.isnan(sample.cohort[first])], inside).any():
        raise Refused("block_starts", years=", ".join(str(int(year)) for year in inside))
    if inside[0] <= years[0]:
        raise Refused("no_years_before")
    units = exchangeable(sample, sample.cohort[first] == inside[0])
    return Block(
        compared=units.compared,
        assigned=units.assigned,
        law=units.law,
        law_names=units.law_names,
        outcome=sample.outcome.reshape(len(first), len(years)),
        years=years,
        start=int(inside[0]),
        earliest=sample.earliest,
        unit_names=tuple(sample.unit_names[code] for code in sample.unit[first]),
    )
