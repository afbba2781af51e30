"""The least-squares problem with unit and year effects, in pieces of units: its triangle, its residuals, its scores by cluster.

Belongs here: arithmetic that never holds all columns of all cells at once. Does not belong here: refusals, covariance (fixed_effects.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components

from kkz_eval.evaluation.arrays import (
    CellByRegressor,
    CellCodes,
    Floats,
    Integers,
    PerCell,
    PerRegressor,
    PerUnit,
    PerYear,
    RegressorByRegressor,
    UnitCodes,
    YearByRegressor,
)

PIECE = 500_000  # numbers in the columns of a piece, so that memory grows with cells but not with cells × columns
_FACTOR = 0x9E3779B97F4A7C15  # odd, so that a row of codes is one number and hardly any two rows share it


@dataclass(frozen=True)
class Columns:
    """n cells sorted by unit.

    unit, year: codes from 0, (n,); weight: (n,), over the mean weight; dummies: (n,) code of the one dummy that is 1, -1 for none;
    n_dummies: d; dense: (n, c) other regressors and, last, the outcome; year_dummy: (T,) column of a year's dummy, -1 where it has none: one
    year of each connected part of the panel has none, so that the dummies of years are independent of the unit effects.
    """

    unit: CellCodes
    year: CellCodes
    weight: PerCell
    dummies: CellCodes
    n_dummies: int
    dense: CellByRegressor
    year_dummy: Integers

    @property
    def n_years(self) -> int:
        """Dummies of years."""
        return int(self.year_dummy.max()) + 1

    @cached_property
    def starts(self) -> UnitCodes:
        """(N,) first cell of each unit."""
        return np.flatnonzero(np.diff(self.unit, prepend=-1))

    @cached_property
    def unit_weight(self) -> PerUnit:
        """(N,) weight of each unit."""
        return np.asarray(np.add.reduceat(self.weight, self.starts))

    def without_units(self, column: PerCell) -> PerCell:
        """A column (n,) less its weighted mean in each unit; the second pass takes out what rounding left."""
        demeaned = column.copy()
        for _ in range(2):
            demeaned -= (np.add.reduceat(self.weight * demeaned, self.starts) / self.unit_weight)[self.unit]
        return demeaned


def year_dummies(unit: CellCodes, year: CellCodes) -> Integers:
    """Column of each year's dummy, -1 for the first year of each connected part. unit, year: codes from 0, (n,)."""
    n_units, n_years = int(unit.max()) + 1, int(year.max()) + 1
    if np.bincount(unit).max() == n_years:  # a unit with all years connects them
        return np.arange(n_years) - 1
    _, part = parts_of_panel(unit, year, n_units, n_years)
    _, first = np.unique(part, return_index=True)
    keep = np.ones(n_years, dtype=bool)
    keep[first] = False
    return np.where(keep, np.cumsum(keep) - 1, -1)


def parts_of_panel(unit: CellCodes, year: CellCodes, n_units: int, n_years: int) -> tuple[Integers, Integers]:
    """(N,) and (T,) the connected part that units and years lie in: cells link them. unit, year: codes from 0, (n,)."""
    size = n_units + n_years
    links = scipy.sparse.csr_array((np.ones(len(unit), dtype="int8"), (unit, n_units + year)), shape=(size, size))
    _, part = connected_components(links, directed=False)
    return part[:n_units], part[n_units:]


def triangle(columns: Columns) -> RegressorByRegressor:
    """R of the QR decomposition of dummies of years, dummies, dense columns, in this order, each less its mean in each unit.

    (p, p). Pieces of whole units are added one by one (sequential QR of a tall matrix), as accurate as one decomposition.
    """
    collapsed = _collapsed(columns)
    return _sequential(columns) if collapsed is None else _sequential(*collapsed)


def _collapsed(columns: Columns) -> tuple[Columns, RegressorByRegressor] | None:
    """One unit, the mean, for all with the same dummies in a balanced panel without weights, and the triangle of what departs from it.

    Departures from means of units with the same dummies are orthogonal to dummies, so the two triangles together have the same R.
    None where units differ in years or weights, or hardly any share their dummies.
    """
    n_units, n_years = int(columns.unit[-1]) + 1, len(columns.year_dummy)
    if len(columns.unit) != n_units * n_years or np.ptp(columns.weight) > 0:
        return None
    if (columns.year.reshape(n_units, n_years) != np.arange(n_years)).any():
        return None
    paths, path = _distinct_rows(columns.dummies.reshape(n_units, n_years))
    if 2 * len(paths) > n_units:
        return None
    size = np.bincount(path)
    cells = columns.dense.reshape(n_units, n_years, -1).copy()
    for _ in range(2):  # as in Columns.without_units
        cells -= cells.mean(axis=1, keepdims=True)
    departures, dense = cells.reshape(columns.dense.shape), cells.reshape(n_units, -1)  # two views of the same cells
    member = scipy.sparse.csr_array((1 / size[path], (path, np.arange(n_units))), shape=(len(paths), n_units))
    means = member @ dense
    dense -= means[path]
    of_departures = np.linalg.qr(departures, mode="r")
    lower = np.zeros((len(of_departures), columns.n_years + columns.n_dummies + len(of_departures)))
    lower[:, -len(of_departures) :] = of_departures * np.sqrt(columns.weight[0])
    shared = replace(
        columns,
        unit=np.repeat(np.arange(len(paths)), n_years),
        year=np.tile(np.arange(n_years), len(paths)),
        weight=np.repeat(size * columns.weight[0], n_years),
        dummies=paths.ravel(),
        dense=means.reshape(-1, columns.dense.shape[1]),
    )
    return shared, lower


def _distinct_rows(codes: Integers) -> tuple[Integers, UnitCodes]:
    """(m, T) different rows of codes (n, T), and which of them each row is, (n,)."""
    number = np.zeros(len(codes), dtype="uint64")
    for column in codes.T:
        number = number * np.uint64(_FACTOR) + (column + 1).astype("uint64")
    _, first, place = np.unique(number, return_index=True, return_inverse=True)
    rows = codes[first]
    if (rows[place] == codes).all():
        return rows, place
    rows, place = np.unique(codes, axis=0, return_inverse=True)  # two rows share a number: rare, and slower to tell apart
    return rows, place.ravel()


def _sequential(columns: Columns, upper: RegressorByRegressor | None = None) -> RegressorByRegressor:
    """The triangle of the columns together with the rows `upper`."""
    width = columns.n_years + columns.n_dummies + columns.dense.shape[1]
    starts = columns.starts
    bounds = np.append(starts, len(columns.unit))
    rows = np.zeros((0, width)) if upper is None else upper
    begin = 0
    while begin < len(starts):
        end = max(begin + 1, int(np.searchsorted(bounds, bounds[begin] + PIECE // width, side="right")) - 1)
        rows = np.asarray(np.linalg.qr(np.vstack([rows, _piece(columns, starts[begin:end], int(bounds[end]))]), mode="r"))
        begin = end
    return np.vstack([rows, np.zeros((width - len(rows), width))])


def _piece(columns: Columns, starts: UnitCodes, end: int) -> CellByRegressor:
    """(m, p) columns of whole units, less their unit means, times the roots of the weights. starts: first cells of the units."""
    cells = slice(int(starts[0]), end)
    dense, weight = columns.dense[cells], columns.weight[cells, None]
    block = np.zeros((len(dense), columns.n_years + columns.n_dummies + dense.shape[1]))
    for place, codes in ((0, columns.year_dummy[columns.year[cells]]), (columns.n_years, columns.dummies[cells])):
        rows = np.flatnonzero(codes >= 0)
        block[rows, place + codes[rows]] = 1.0
    block[:, block.shape[1] - dense.shape[1] :] = dense
    member = columns.unit[cells] - columns.unit[starts[0]]
    unit_weight = np.add.reduceat(weight, starts - starts[0], axis=0)
    for _ in range(2):  # as in Columns.without_units
        block -= (np.add.reduceat(weight * block, starts - starts[0], axis=0) / unit_weight)[member]
    return np.asarray(np.sqrt(weight) * block)


def residuals(columns: Columns, years: PerYear, coefficients: PerRegressor) -> PerCell:
    """(n,) outcome less regressors (d + c - 1), years (T with a dummy) and unit effects."""
    residual = columns.without_units(columns.dense[:, -1])
    for place, coefficient in enumerate(coefficients[columns.n_dummies :]):
        residual -= coefficient * columns.without_units(columns.dense[:, place])
    # codes are -1 where there is no dummy: the 0 appended at the end
    residual -= np.append(years, 0.0)[columns.year_dummy[columns.year]]
    residual -= np.append(coefficients[: columns.n_dummies], 0.0)[columns.dummies]
    return columns.without_units(residual)


def meat(
    columns: Columns, errors: PerCell, projection: YearByRegressor, cluster: CellCodes, bread: RegressorByRegressor
) -> RegressorByRegressor:
    """(k, k) S'S of the scores S (G, k): sums over the cells of a cluster of weight × residual × regressor, times bread (k, k).

    Regressors less unit and year effects. errors: (n,) residuals; projection: (T with a dummy, k) coefficients of the regressors on
    the years; cluster: (n,) codes from 0. The scores of some clusters at a time, so that many clusters times many dummies are never held.
    """
    weighted = columns.weight * errors
    dense = [columns.without_units(column) for column in columns.dense.T[:-1]]
    # within a unit the weighted residuals sum to zero: its means cancel unless its cells are in several clusters
    means = _unit_means(columns) if (cluster[columns.starts][columns.unit] != cluster).any() else None
    order = None if (np.diff(cluster) >= 0).all() else np.argsort(cluster, kind="stable")
    bounds = np.searchsorted(cluster, np.arange(int(cluster.max()) + 2), sorter=order)
    middle = np.zeros(bread.shape)
    begin, size = 0, max(1, PIECE // len(bread))
    while begin < len(bounds) - 1:
        end = max(begin + 1, int(np.searchsorted(bounds, bounds[begin] + PIECE, side="right")) - 1)
        end = min(end, begin + size, len(bounds) - 1)
        place = slice(int(bounds[begin]), int(bounds[end]))
        cells = place if order is None else order[place]
        scores = _scores(columns, cells, weighted[cells], cluster[cells] - begin, dense, projection)
        if means is not None:
            at = (cluster[cells] - begin, columns.unit[cells])
            inside = scipy.sparse.csr_array((weighted[cells], at), shape=(end - begin, len(columns.starts)))
            scores[:, : columns.n_dummies] -= (inside @ means[0]).toarray()
            scores += (inside @ means[1]).toarray() @ projection
        scores = scores @ bread  # before the square, so that scores that cancel leave nothing but rounding
        middle += scores.T @ scores
        begin = end
    return middle


def _scores(
    columns: Columns,
    cells: CellCodes | slice,
    weighted: PerCell,
    cluster: CellCodes,
    dense: list[PerCell],
    projection: YearByRegressor,
) -> Floats:
    """(g, k) scores of the cells of g clusters, codes from 0; dummies less year effects only, dense regressors less both.

    The regressors of a cell are one dummy and the dense ones, so sums by cluster and code do. Unit means of dummies and years count
    only where a unit has cells in more than one cluster, as residuals sum to zero within units (_unit_means).
    """
    scores = np.empty((int(cluster.max()) + 1, columns.n_dummies + len(dense)))
    scores[:, : columns.n_dummies] = _sums(cluster, columns.dummies[cells], weighted, columns.n_dummies)
    for place, regressor in enumerate(dense, start=columns.n_dummies):
        scores[:, place] = np.bincount(cluster, weighted * regressor[cells])
    scores -= _sums(cluster, columns.year_dummy[columns.year[cells]], weighted, columns.n_years) @ projection
    return scores


def _unit_means(columns: Columns) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array]:
    """(N, d) and (N, T with a dummy): weighted mean of each dummy, and of each dummy of a year, in each unit."""
    within_unit = columns.weight / columns.unit_weight[columns.unit]

    def means(codes: CellCodes, n_codes: int) -> scipy.sparse.csr_array:
        has_dummy = codes >= 0
        return scipy.sparse.csr_array(
            (within_unit[has_dummy], (columns.unit[has_dummy], codes[has_dummy])), shape=(len(columns.starts), n_codes)
        )

    return means(columns.dummies, columns.n_dummies), means(columns.year_dummy[columns.year], columns.n_years)


def _sums(row: CellCodes, code: CellCodes, values: PerCell, n_codes: int) -> Floats:
    """(rows, n_codes) sums of values by row and code; code -1 is left out."""
    inside, n_rows = code >= 0, int(row.max()) + 1
    place = row[inside].astype("int64") * n_codes + code[inside]
    return np.asarray(np.bincount(place, values[inside], n_rows * n_codes).reshape(n_rows, n_codes), dtype="float64")
