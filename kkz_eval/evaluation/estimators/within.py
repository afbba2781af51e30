"""The least-squares problem with unit and year effects, in pieces of units: its triangle, its residuals, its scores by cluster.

Belongs here: arithmetic that never holds all columns of all cells at once. Does not belong here: refusals, covariance (fixed_effects.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components

PIECE = 500_000  # numbers in the columns of a piece, so that memory grows with cells but not with cells × columns


@dataclass(frozen=True)
class Columns:
    """n cells sorted by unit.

    unit, year: codes from 0, (n,); share: (n,) weights over their mean; dummies: (n,) code of the one dummy that is 1, -1 for none;
    n_dummies: d; dense: (n, c) other regressors and, last, the outcome; kept: (T,) column of a year's dummy, -1 where it has none: one
    year of each connected part of the panel has none, so that the dummies of years are independent of the unit effects.
    """

    unit: np.ndarray
    year: np.ndarray
    share: np.ndarray
    dummies: np.ndarray
    n_dummies: int
    dense: np.ndarray
    kept: np.ndarray

    @property
    def n_years(self) -> int:
        """Dummies of years."""
        return int(self.kept.max()) + 1

    @property
    def total(self) -> np.ndarray:
        """(N,) weight of each unit."""
        return np.bincount(self.unit, self.share)

    def without_units(self, column: np.ndarray) -> np.ndarray:
        """A column (n,) less its weighted mean in each unit; the second pass takes out what rounding left."""
        total = self.total
        for _ in range(2):
            column = column - (np.bincount(self.unit, self.share * column) / total)[self.unit]
        return np.asarray(column)


def kept_years(unit: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Column of each year's dummy, -1 for the first year of each connected part. unit, year: codes from 0, (n,)."""
    n_units, n_years = int(unit.max()) + 1, int(year.max()) + 1
    if np.bincount(unit).max() == n_years:  # a unit with all years connects them
        return np.arange(n_years) - 1
    size = n_units + n_years
    links = scipy.sparse.csr_array((np.ones(len(unit), dtype="int8"), (unit, n_units + year)), shape=(size, size))
    _, part = connected_components(links, directed=False)
    _, first = np.unique(part[n_units:], return_index=True)
    keep = np.ones(n_years, dtype=bool)
    keep[first] = False
    return np.where(keep, np.cumsum(keep) - 1, -1)


def triangle(columns: Columns) -> np.ndarray:
    """R of the QR decomposition of dummies of years, dummies, dense columns, in this order, each less its mean in each unit.

    (p, p). Pieces of whole units are added one by one (sequential QR of a tall matrix), as accurate as one decomposition.
    """
    collapsed = _collapsed(columns)
    return _sequential(columns) if collapsed is None else _sequential(*collapsed)


def _collapsed(columns: Columns) -> tuple[Columns, np.ndarray] | None:
    """One unit, the mean, for all with the same dummies in a balanced panel without weights, and the triangle of what departs from it.

    Departures from means of units with the same dummies are orthogonal to dummies, so the two triangles together have the same R.
    None where units differ in years or weights, or hardly any share their dummies.
    """
    n_units, n_years = int(columns.unit[-1]) + 1, len(columns.kept)
    if len(columns.unit) != n_units * n_years or np.ptp(columns.share) > 0:
        return None
    if (columns.year.reshape(n_units, n_years) != np.arange(n_years)).any():
        return None
    paths, path = np.unique(columns.dummies.reshape(n_units, n_years), axis=0, return_inverse=True)
    if 2 * len(paths) > n_units:
        return None
    path, size = path.ravel(), np.bincount(path.ravel())
    left = np.empty(columns.dense.shape)
    for place, column in enumerate(columns.dense.T):
        left[:, place] = columns.without_units(column)
    dense = left.reshape(n_units, -1)
    member = scipy.sparse.csr_array((1 / size[path], (path, np.arange(n_units))), shape=(len(paths), n_units))
    means = member @ dense
    dense -= means[path]
    departing = np.linalg.qr(left, mode="r")
    lower = np.zeros((len(departing), columns.n_years + columns.n_dummies + len(departing)))
    lower[:, -len(departing) :] = departing * np.sqrt(columns.share[0])
    shared = replace(
        columns,
        unit=np.repeat(np.arange(len(paths)), n_years),
        year=np.tile(np.arange(n_years), len(paths)),
        share=np.repeat(size * columns.share[0], n_years),
        dummies=paths.ravel(),
        dense=means.reshape(-1, columns.dense.shape[1]),
    )
    return shared, lower


def _sequential(columns: Columns, found: np.ndarray | None = None) -> np.ndarray:
    """The triangle, on top of the rows `found`."""
    width = columns.n_years + columns.n_dummies + columns.dense.shape[1]
    starts = np.flatnonzero(np.diff(columns.unit, prepend=-1))
    bounds = np.append(starts, len(columns.unit))
    rows = np.zeros((0, width)) if found is None else found
    begin = 0
    while begin < len(starts):
        end = max(begin + 1, int(np.searchsorted(bounds, bounds[begin] + PIECE // width, side="right")) - 1)
        rows = np.asarray(np.linalg.qr(np.vstack([rows, _piece(columns, starts[begin:end], int(bounds[end]))]), mode="r"))
        begin = end
    return np.vstack([rows, np.zeros((width - len(rows), width))])


def _piece(columns: Columns, starts: np.ndarray, end: int) -> np.ndarray:
    """(m, p) columns of whole units, less their unit means, times the roots of the weights. starts: first cells of the units."""
    cells = slice(int(starts[0]), end)
    dense, share = columns.dense[cells], columns.share[cells, None]
    block = np.zeros((len(dense), columns.n_years + columns.n_dummies + dense.shape[1]))
    for place, codes in ((0, columns.kept[columns.year[cells]]), (columns.n_years, columns.dummies[cells])):
        rows = np.flatnonzero(codes >= 0)
        block[rows, place + codes[rows]] = 1.0
    block[:, block.shape[1] - dense.shape[1] :] = dense
    member = columns.unit[cells] - columns.unit[starts[0]]
    total = np.add.reduceat(share, starts - starts[0], axis=0)
    for _ in range(2):
        block -= (np.add.reduceat(share * block, starts - starts[0], axis=0) / total)[member]
    return np.asarray(np.sqrt(share) * block)


def residuals(columns: Columns, years: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """(n,) outcome less regressors (d + c - 1), years (T with a dummy) and unit effects."""
    left = columns.without_units(columns.dense[:, -1])
    for place, coefficient in enumerate(coefficients[columns.n_dummies :]):
        left -= coefficient * columns.without_units(columns.dense[:, place])
    left -= np.append(years, 0.0)[columns.kept[columns.year]]
    left -= np.append(coefficients[: columns.n_dummies], 0.0)[columns.dummies]
    return columns.without_units(left)


def scores(columns: Columns, errors: np.ndarray, projection: np.ndarray, cluster: np.ndarray, bread: np.ndarray) -> np.ndarray:
    """(G, k) sum over the cells of a cluster of weight × residual × regressor, the regressor less unit and year effects, times bread (k, k).

    errors: (n,) residuals; projection: (T with a dummy, k) coefficients of the regressors on the years; cluster: (n,) codes from 0.
    The regressors of a cell are one dummy and the dense ones, so sums by cluster and code do; unit means count only where a unit has
    cells in more than one cluster, as residuals sum to zero within units.
    """
    n_clusters, moment = int(cluster.max()) + 1, columns.share * errors
    found = np.empty((n_clusters, columns.n_dummies + columns.dense.shape[1] - 1))
    found[:, : columns.n_dummies] = _sums(cluster, columns.dummies, moment, columns.n_dummies)
    for place in range(columns.n_dummies, found.shape[1]):
        regressor = columns.without_units(columns.dense[:, place - columns.n_dummies])
        found[:, place] = np.bincount(cluster, moment * regressor, n_clusters)
    by_year = _sums(cluster, columns.kept[columns.year], moment, columns.n_years)
    first = np.flatnonzero(np.diff(columns.unit, prepend=-1))
    if (cluster[first][columns.unit] != cluster).any():
        weight = columns.share / columns.total[columns.unit]
        inside = scipy.sparse.csr_array((moment, (cluster, columns.unit)), shape=(n_clusters, len(first)))
        found[:, : columns.n_dummies] -= inside @ _sums(columns.unit, columns.dummies, weight, columns.n_dummies)
        by_year -= inside @ _sums(columns.unit, columns.kept[columns.year], weight, columns.n_years)
    size = max(1, PIECE // found.shape[1])
    for begin in range(0, n_clusters, size):  # in place: many clusters times many dummies are large
        part = slice(begin, begin + size)
        found[part] = (found[part] - by_year[part] @ projection) @ bread
    return found


def _sums(row: np.ndarray, code: np.ndarray, values: np.ndarray, n_codes: int) -> np.ndarray:
    """(rows, n_codes) sums of values by row and code; code -1 is left out."""
    inside, n_rows = code >= 0, int(row.max()) + 1
    place = row[inside].astype("int64") * n_codes + code[inside]
    return np.bincount(place, values[inside], n_rows * n_codes).reshape(n_rows, n_codes)
