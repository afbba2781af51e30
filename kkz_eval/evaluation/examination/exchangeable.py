"""The units of a sample as chance could have assigned them, whatever their cells: strata, baseline, the columns that drove who was treated.

Belongs here: what every sample has of it. Does not belong here: balanced blocks (block.py), laws and assignments (inference).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kkz_eval.evaluation.arrays import CellByRegressor, CellCodes, PerUnit, UnitByCovariate, UnitCodes, UnitMask
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample


@dataclass(frozen=True, eq=False)
class Exchangeable:
    """N units. compared: with strata and baseline of the comparison; assigned: the same units with the strata in which the programme was assigned;
    law: (N, l) columns law_names on which the assignment may depend, NaN where missing.
    """

    compared: ComparedUnits
    assigned: ComparedUnits
    law: UnitByCovariate
    law_names: tuple[str, ...]

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


def exchangeable(sample: Sample, treated: UnitMask) -> Exchangeable:
    """The units of a sample. treated: (N,). Raises Refused: clusters that cut a unit, nobody treated, everybody."""
    first = first_cells(sample)
    if not np.array_equal(sample.cluster[first][sample.unit], sample.cluster):
        raise Refused("cluster_divided")
    cluster = _codes(sample.cluster[first])
    return Exchangeable(
        compared=ComparedUnits.of(treated, _of_units(sample.stratum, first), _baseline(sample.baseline, first), cluster),
        assigned=ComparedUnits.of(treated, _of_units(sample.assigned_stratum, first), None, cluster),
        law=np.empty((len(first), 0)) if sample.law is None else sample.law[first],
        law_names=sample.law_names,
    )


def first_cells(sample: Sample) -> UnitCodes:
    """(N,) the first cell of each unit."""
    return np.flatnonzero(np.diff(sample.unit, prepend=-1))


def _of_units(codes: CellCodes | None, first: CellCodes) -> UnitCodes | None:
    return None if codes is None else _codes(codes[first])


def _codes(values: CellCodes) -> UnitCodes:
    """Codes from 0 without gaps."""
    return np.unique(values, return_inverse=True)[1]


def _baseline(baseline: CellByRegressor | None, first: CellCodes) -> UnitByCovariate | None:
    return None if baseline is None else baseline[first]
