"""A sample as a balanced block: every unit in every year, one start, and others untreated throughout. Then estimates are contrasts of years.

Belongs here: whether a sample is one, and its arrays. Does not belong here: which contrast an estimate is (contrasts.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kkz_eval.evaluation.arrays import (
    CellByRegressor,
    CellCodes,
    PerUnit,
    UnitByCovariate,
    UnitByYear,
    UnitCodes,
    YearMask,
    Years,
)
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample


@dataclass(frozen=True, eq=False)
class Block:
    """N units, T years. outcome: (N, T); years: (T,) calendar years; start: first treated year; earliest: first year in which an effect could
    show, None for the start; compared: the units with strata and baseline of the comparison; assigned: the same units with the strata in which the
    programme was assigned; law: (N, l) columns law_names on which the assignment may depend, NaN where missing.
    """

    outcome: UnitByYear
    years: Years
    start: int
    earliest: int | None
    compared: ComparedUnits
    assigned: ComparedUnits
    law: UnitByCovariate
    law_names: tuple[str, ...]
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

    @property
    def counted(self) -> YearMask:
        """(T,) years that count for the verdict, by the aggregation that decides."""
        return self.exposed

    @cached_property
    def assigned_within(self) -> ComparedUnits:
        """The units in the strata of the assignment, crossed with those of the comparison where it has finer ones."""
        crossed = np.column_stack([self.assigned.stratum, self.compared.stratum])
        return replace(self.assigned, stratum=np.unique(crossed, axis=0, return_inverse=True)[1].ravel())

    def law_column(self, name: str) -> PerUnit:
        """(N,). Raises Refused: a unit has no value."""
        column = self.law[:, self.law_names.index(name)]
        if np.isnan(column).any():
            raise Refused("law_missing", column=name, units=int(np.isnan(column).sum()))
        return np.asarray(column)


def block_of(sample: Sample) -> Block:
    """The sample as a block.

    Raises Refused where it is none: covariates, weights, starts in several years, units treated before the first year, gaps, clusters
    that cut a unit.
    """
    if sample.covariate_names:
        raise Refused("block_covariates")
    if sample.weights is not None:
        raise Refused("block_weights")
    years = np.unique(sample.year)
    first = np.flatnonzero(np.diff(sample.unit, prepend=-1))
    if len(sample.unit) != len(first) * len(years):
        raise Refused("block_gaps", cells=len(first) * len(years) - len(sample.unit))
    starts = np.unique(sample.start[first][~np.isnan(sample.start[first])])
    inside = starts[starts <= years[-1]]
    if len(inside) != 1 or not np.isin(sample.cohort[first][~np.isnan(sample.cohort[first])], inside).any():
        raise Refused("block_starts", years=", ".join(str(int(year)) for year in inside))
    if inside[0] <= years[0]:
        raise Refused("no_years_before")
    treated = sample.cohort[first] == inside[0]
    cluster = _codes(sample.cluster[first])
    return Block(
        outcome=sample.outcome.reshape(len(first), len(years)),
        years=years,
        start=int(inside[0]),
        earliest=sample.earliest,
        compared=ComparedUnits.of(treated, _of_units(sample.stratum, first), _baseline(sample.baseline, first), cluster),
        assigned=ComparedUnits.of(treated, _of_units(sample.assigned_stratum, first), None, cluster),
        law=np.empty((len(first), 0)) if sample.law is None else sample.law[first],
        law_names=sample.law_names,
        unit_names=tuple(sample.unit_names[code] for code in sample.unit[first]),
    )


def _of_units(codes: CellCodes | None, first: CellCodes) -> UnitCodes | None:
    return None if codes is None else _codes(codes[first])


def _codes(values: CellCodes) -> UnitCodes:
    """Codes from 0 without gaps."""
    return np.unique(values, return_inverse=True)[1]


def _baseline(baseline: CellByRegressor | None, first: CellCodes) -> UnitByCovariate | None:
    return None if baseline is None else baseline[first]
