"""Two-way fixed effects on any panel under other assignments: with gaps, weights, covariates, several starts; where no contrast of years does.

Belongs here: taking out what a panel holds fixed, once, and the estimate and its error under many assignments. Does not belong here: balanced
blocks (statistics.py), which assignments there are (assignments.py), estimators that are no regression (re_estimation.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from scipy.linalg import qr

from kkz_eval.evaluation.arrays import (
    AssignmentByCell,
    AssignmentByCellMask,
    AssignmentByUnitStart,
    AssignmentMask,
    CellByRegressor,
    CellCodes,
    CellMask,
    Floats,
    Integers,
    PerAssignment,
    PerCell,
)
from kkz_eval.evaluation.estimators.held_fixed import baseline_by_year, periods
from kkz_eval.evaluation.inference.estimates import Estimates
from kkz_eval.evaluation.inference.wild_bootstrap import ClusterSums
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample
from kkz_eval.evaluation.spread import Spread

COLLINEAR = 1e-9  # share of a column's length below which what is left of it is nothing but rounding
PERFECT = 1e-10  # share of the outcome's length below which an error is nothing but rounding
MOST_HELD = 50_000_000  # numbers in the columns that are held fixed (400 MB)
PIECE = 2_000_000  # numbers in a piece of assignments by cells, wherever it is computed: 16 MB in each of some arrays, a fifth of a second or less

Assignments = TypeVar("Assignments", AssignmentByUnitStart, AssignmentMask)


@dataclass(frozen=True, eq=False)
class HeldFixed:
    """What is taken out of columns of n cells: means of units, and a basis (n, q), orthonormal, of all else that is held fixed less its means of units.

    root: (n,) of the weights, by which the basis and what is left are multiplied; first_of_unit: (N,) places where units begin.
    """

    root: PerCell
    first_of_unit: Integers
    basis: CellByRegressor

    @classmethod
    def of(cls, columns: CellByRegressor, root: PerCell, first_of_unit: Integers) -> HeldFixed:
        """columns: (n, p) of what is held fixed besides units; they may say the same twice."""
        units_only = cls(root, first_of_unit, np.empty((len(root), 0)))
        left = units_only.left_of(columns.T).T
        lengths = np.linalg.norm(left, axis=0)
        left = left[:, lengths > COLLINEAR * np.linalg.norm(columns * root[:, None], axis=0)]
        if not left.shape[1]:
            return units_only
        basis, triangle, _ = qr(left / np.linalg.norm(left, axis=0), mode="economic", pivoting=True)
        return cls(root, first_of_unit, np.asarray(basis[:, np.abs(np.diag(triangle)) > COLLINEAR]))

    def left_of(self, rows: AssignmentByCell | AssignmentByCellMask) -> AssignmentByCell:
        """(a, n) what is left of a column of cells in each row, times the roots of the weights."""
        of_unit = np.add.reduceat(self.root**2, self.first_of_unit)
        cells = np.diff(self.first_of_unit, append=len(self.root))
        left = rows * self.root
        for _ in range(2):  # the second pass takes out what rounding left
            means = np.add.reduceat(left * self.root, self.first_of_unit, axis=1) / of_unit
            left = left - np.repeat(means, cells, axis=1) * self.root
            left -= (left @ self.basis) @ self.basis.T
        return np.asarray(left)


@dataclass(frozen=True, eq=False)
class Panel:
    """n cells in an order in which clusters, and units in them, lie together.

    unit: (n,) codes of the sample's units; year: (n,); exposed: (n,) cells in which an effect could show, were they treated; outcome: (n,) what
    all that is held fixed leaves of it, times the roots of the weights; cluster: (n,) codes from 0 in the order of the cells.
    """

    unit: CellCodes
    year: CellCodes
    exposed: CellMask
    held: HeldFixed
    outcome: PerCell
    cluster: CellCodes

    @classmethod
    def of(cls, sample: Sample) -> Panel:
        """The panel of a sample. Fixed are units, years (in strata where there are any), baseline values by year, covariates.

        Raises Refused: clusters that cut units, more effects of years in strata than memory has room for, an outcome that what is fixed explains.
        """
        order = np.lexsort((sample.year, sample.unit, sample.cluster))
        unit, cluster, year = sample.unit[order], sample.cluster[order], sample.year[order]
        first_of_unit = np.flatnonzero(np.diff(unit, prepend=-1))
        if len(first_of_unit) != len(np.unique(unit)):
            raise Refused("cluster_divided")
        period = periods(sample)
        columns_by_year = 1 if sample.baseline is None else 1 + sample.baseline.shape[1]
        if len(order) * (int(period.max()) + 1) * columns_by_year > MOST_HELD:
            raise Refused("held_fixed_too_much", effects=int(period.max()) + 1, cells=len(order))
        dummies = period[:, None] == np.arange(int(period.max()) + 1)
        columns = np.column_stack([dummies, baseline_by_year(sample, np.unique(sample.year))[0], sample.covariates])
        root = np.ones(len(order)) if sample.weights is None else np.sqrt(sample.weights[order] / sample.weights.mean())
        held = HeldFixed.of(columns[order], root, first_of_unit)
        values = sample.outcome[order] - sample.outcome.mean()
        outcome = held.left_of(values[None])[0]
        if not np.linalg.norm(outcome) > COLLINEAR * np.linalg.norm(root * values):
            raise Refused("no_variation")
        return cls(
            unit=unit,
            year=year,
            exposed=np.ones(len(order), dtype=bool) if sample.earliest is None else year >= sample.earliest,
            held=held,
            outcome=outcome,
            cluster=np.cumsum(np.diff(cluster, prepend=cluster[:1]) != 0),
        )

    def estimates(self, starts: AssignmentByUnitStart, aggregation: str, spread: Spread = map) -> Estimates:
        """The coefficient under each assignment (a, N), by Frisch–Waugh–Lovell: β = m'y / m'm, m and y what is left of treatment and outcome.

        aggregation: coefficient | exposed, of which the second has a dummy of its own for treated cells before any effect could show. Error:
        sqrt(Σ_g (Σ_{cells of g} m e)²) / m'm with e = y − β m. spread: how the pieces are made, in which nothing is drawn.
        """
        pieces = list(spread(partial(self._estimates, aggregation), self._pieces(starts)))
        return Estimates(
            np.concatenate([piece.coefficient for piece in pieces]), np.concatenate([piece.error for piece in pieces])
        )

    def slopes(self, assignments: AssignmentMask, spread: Spread = map) -> PerAssignment:
        """(a,) by how much more a year the treated of each assignment (a, N) move than the others, over all years of the panel. spread: likewise."""
        return np.concatenate(list(spread(self._slopes, self._pieces(assignments))))

    def cluster_sums(self, starts: Floats, aggregation: str) -> ClusterSums:
        """What the wild bootstrap needs of the regression on treatment as it really was. starts: (N,)."""
        treated = self.year >= starts[self.unit]
        beside, m, y = self._left(treated[None], aggregation)
        length = np.linalg.norm(beside[0])
        basis = self.held.basis if not length > 0 else np.column_stack([self.held.basis, beside[0] / length])
        n_treated = len(np.unique(self.cluster[treated]))
        return ClusterSums.of(m[0], y[0][:, None], basis, self.cluster, n_treated)

    def _pieces(self, assignments: Assignments) -> Iterator[Assignments]:
        """Some rows at a time, as many as the cells allow, whoever computes them: a product of other rows may be rounded otherwise."""
        rows = max(1, PIECE // len(self.unit))
        for first in range(0, len(assignments), rows):
            yield assignments[first : first + rows]

    def _slopes(self, assignments: AssignmentMask) -> PerAssignment:
        distance = self.year - self.year.mean()
        m = self.held.left_of(assignments[:, self.unit] * distance)
        length = (m * m).sum(axis=1)
        length[~(length > COLLINEAR**2 * (distance**2).sum())] = np.nan
        return np.asarray(m @ self.outcome / length)

    def _estimates(self, aggregation: str, starts: AssignmentByUnitStart) -> Estimates:
        treated = self.year >= starts[:, self.unit]  # NaN, never treated, is no year
        _, m, y = self._left(treated, aggregation)
        length = (m * m).sum(axis=1)
        length[~(length > COLLINEAR**2 * treated.sum(axis=1))] = np.nan
        coefficient = (m * y).sum(axis=1) / length
        first_of_cluster = np.flatnonzero(np.diff(self.cluster, prepend=-1))
        scores = np.add.reduceat(m * (y - coefficient[:, None] * m), first_of_cluster, axis=1)
        error = np.sqrt((scores**2).sum(axis=1) / length)
        error[~(error > PERFECT * np.linalg.norm(self.outcome))] = np.nan
        return Estimates(coefficient, error / np.sqrt(length))

    def _left(
        self, treated: AssignmentByCellMask, aggregation: str
    ) -> tuple[AssignmentByCell, AssignmentByCell, AssignmentByCell]:
        """(a, n) what is left of the dummy beside that of the coefficient (0 where there is none), of that dummy, and of the outcome."""
        counted = treated if aggregation == "coefficient" else treated & self.exposed
        m, y = self.held.left_of(counted), np.broadcast_to(self.outcome, treated.shape)
        if not (treated & ~counted).any():
            return np.zeros_like(m), m, y
        beside = self.held.left_of(treated & ~counted)
        length = (beside**2).sum(axis=1)
        beside[~(length > COLLINEAR**2 * treated.sum(axis=1))] = 0.0
        length = np.where(length > 0, length, 1.0)
        along_m, along_y = ((beside * of).sum(axis=1) / length for of in (m, y))
        return beside, m - along_m[:, None] * beside, y - along_y[:, None] * beside
