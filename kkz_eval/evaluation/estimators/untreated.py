"""The outcome without treatment: fitted on untreated cells, and said of all cells for which they say something.

Belongs here: the fit and the weights that it puts on untreated cells. Does not belong here: effects and their errors (imputation.py),
synthetic comparisons (blocks.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from kkz_eval.evaluation.arrays import (
    CellByRegressor,
    CellCodes,
    CellMask,
    Floats,
    PerCell,
    PerUnit,
    RegressorByRegressor,
)
from kkz_eval.evaluation.estimators.held_fixed import baseline_by_year, codes, periods
from kkz_eval.evaluation.estimators.within import parts_of_panel
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample

COLLINEAR = 1e-9  # share of a column's own variation that must be left once units and the columns before it are taken out


@dataclass(frozen=True)
class Untreated:
    """Unit effects, effects of periods (years, or years in strata), baseline values by year and covariates, by least squares on untreated cells.

    common: (n,) the outcome without treatment less the unit's effect; fitted: (n,) with it; both NaN where no untreated cells say what it
    would be. fit_on: (n,) untreated cells. departures: (n, p) columns less their means over the unit's untreated cells; bread: (p, p) inverse
    of their squares over untreated cells; weight: (n,); mass: (N,) weight of a unit's untreated cells.
    """

    common: PerCell
    fitted: PerCell
    fit_on: CellMask
    unit: CellCodes
    departures: CellByRegressor
    bread: RegressorByRegressor
    weight: PerCell
    mass: PerUnit

    def weights(self, of_treated: CellByRegressor) -> CellByRegressor:
        """(n, r) weights of all cells in r sums of effects, with those of the untreated filled in. of_treated: (n, r), 0 in untreated cells.

        A sum Σ w (Y − fitted) is linear in the outcomes; of the untreated cells it takes −Z(Z'Z)⁻¹Z₁'w (Borusyak, Jaravel & Spiess 2024,
        proposition A3), here with unit effects partialled out.
        """
        by_unit = _sums_of_units(of_treated, self.unit)
        slopes = self.bread @ (self.departures.T @ of_treated)
        mass = np.where(self.mass > 0, self.mass, 1.0)
        implied = self.weight[:, None] * ((by_unit / mass[:, None])[self.unit] + self.departures @ slopes)
        return np.where(self.fit_on[:, None], -implied, of_treated)


def fit_untreated(sample: Sample, covariates: CellByRegressor, names: Sequence[str]) -> Untreated:
    """The fit on the untreated cells of a sample. covariates: (n, k), columns names.

    A cell is said something of where its unit has untreated cells and its period some that are linked to these by units and periods.
    Raises Refused: columns that the effects or others explain, overflow.
    """
    free = ~sample.treated
    unit, period = codes(sample.unit), periods(sample)
    weight = np.ones(len(unit)) if sample.weights is None else sample.weights / sample.weights.mean()
    n_units, n_periods = int(unit.max()) + 1, int(period.max()) + 1
    unit_part, period_part = parts_of_panel(unit[free], period[free], n_units, n_periods)
    said = (unit_part[unit] == period_part[period]) & (np.bincount(period[free], minlength=n_periods) > 0)[period]
    baseline, baseline_names = baseline_by_year(sample, np.unique(sample.year[free]))
    dummies = _dummies(period, np.bincount(period[free], minlength=n_periods) > 0, period_part)
    n_dummies = dummies.shape[1]
    columns = np.column_stack([dummies, covariates, baseline])
    del dummies  # of all cells of a country these matrices are what memory is needed for
    mass: PerUnit = np.asarray(np.bincount(unit[free], weight[free], n_units), dtype="float64")
    with np.errstate(over="ignore", invalid="ignore"):
        departures = _less_unit_means(columns, unit, free, weight, mass)
        outcome = _less_unit_means(sample.outcome[:, None], unit, free, weight, mass)[:, 0]
        root = np.sqrt(weight[free])
        rows = root[:, None] * departures[free]
        lengths = np.sqrt((rows**2).sum(axis=0))
    if not np.isfinite(lengths).all() or not np.isfinite(outcome[free]).all():
        raise Refused("too_large")
    _require_variation(columns, weight, free, lengths, n_dummies, (*names, *baseline_names))
    rows /= np.where(lengths > 0, lengths, 1.0)
    q, triangle = np.linalg.qr(rows)
    del rows
    for position, name in enumerate((*names, *baseline_names), start=n_dummies):
        if abs(triangle[position, position]) <= COLLINEAR:
            raise Refused("collinear", term=name)
    inverse = solve_triangular(triangle, np.eye(len(triangle)))
    coefficients = (inverse @ (q.T @ (root * outcome[free]))) / lengths
    level = np.bincount(unit[free], weight[free] * (sample.outcome - columns @ coefficients)[free], n_units)
    common = np.where(said, columns @ coefficients, np.nan)
    return Untreated(
        common=common,
        fitted=common + (level / np.where(mass > 0, mass, 1.0))[unit],
        fit_on=free,
        unit=unit,
        departures=departures,
        bread=(inverse @ inverse.T) / np.outer(lengths, lengths),
        weight=weight,
        mass=mass,
    )


def _dummies(period: CellCodes, present: CellMask, part: CellCodes) -> CellByRegressor:
    """(n, d) one column for each period with untreated cells, but for the first of each part of the panel, which unit effects stand for."""
    found = np.flatnonzero(present)
    _, first = np.unique(part[found], return_index=True)
    return np.asarray(period[:, None] == np.delete(found, first), dtype="float64")


def _less_unit_means(
    columns: CellByRegressor, unit: CellCodes, free: CellMask, weight: PerCell, mass: PerUnit
) -> CellByRegressor:
    """Columns less their weighted means over each unit's untreated cells; 0 for units without any. The second pass takes out rounding."""
    left = columns.copy()
    share = np.where(free, weight, 0.0) / np.where(mass > 0, mass, 1.0)[unit]
    for _ in range(2):
        left -= _sums_of_units(share[:, None] * left, unit)[unit]
    left[(mass == 0)[unit]] = 0.0
    return left


def _sums_of_units(values: CellByRegressor, unit: CellCodes) -> Floats:
    """(N, r) sums over the cells of each unit. unit: codes from 0, in order and without gaps."""
    return np.asarray(np.add.reduceat(values, np.flatnonzero(np.diff(unit, prepend=-1)), axis=0))


def _require_variation(
    columns: CellByRegressor, weight: PerCell, free: CellMask, lengths: PerCell, n_dummies: int, names: Sequence[str]
) -> None:
    """Raises Refused by the name of a covariate or baseline value of which unit effects leave nothing."""
    for position, name in enumerate(names, start=n_dummies):
        column = columns[free, position]
        around = np.sqrt(weight[free] @ (column - np.average(column, weights=weight[free])) ** 2)
        if not lengths[position] > COLLINEAR * around:
            raise Refused("collinear", term=name)
