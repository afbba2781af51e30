"""Least squares with unit and year effects, and its cluster-robust covariance. Unbalanced panels and weights are exact.

Belongs here: estimation, refusals, covariance. Does not belong here: taking out the effects (within.py), which dummies an estimator needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from scipy.linalg import solve_triangular

from kkz_eval.evaluation.arrays import CellByRegressor, CellCodes, PerCell, PerRegressor, RegressorByRegressor
from kkz_eval.evaluation.estimators.within import Columns, kept_years, meat, residuals, triangle
from kkz_eval.evaluation.problems import Refused

COLLINEAR = 1e-9  # share of a column's own variation that must be left once effects and the columns before it are taken out
CANCELLED = 1e-20  # clustered variance over the classical one, below which it is nothing but rounding


@dataclass(frozen=True)
class Fit:
    """Coefficients (k,), their covariance (k, k; 0 where the fit is perfect), residuals (n,), cells n, clusters G, parameters K of the convention below."""

    coefficients: PerRegressor
    covariance: RegressorByRegressor
    residuals: PerCell
    n_cells: int
    n_clusters: int
    n_parameters: int


def fit_fixed_effects(
    outcome: PerCell,
    regressors: CellByRegressor,
    names: Sequence[str],
    *,
    unit: CellCodes,
    year: CellCodes,
    cluster: CellCodes,
    weights: PerCell | None,
    small_sample: str,
    dummies: CellCodes | None = None,
) -> Fit:
    """OLS (WLS with weights) of outcome (n,) on dummies and regressors (n, k) with unit and year effects, clustered covariance.

    dummies: (n,) for each cell the code (from 0) of the one dummy that is 1, -1 for none: the columns before the regressors, without
    a column for each. names: of the dummies, then of the regressors. Exact for unbalanced panels (Frisch–Waugh–Lovell).
    Small-sample factor of the covariance (Cameron & Miller 2015, finite-sample modifications, with the count of parameters of fixest's default):
    G/(G-1) · (n-1)/(n-K); K counts the regressors and the fixed effects, except those nested in the clusters. small_sample "none": factor 1.
    Raises Refused: fewer than two clusters, no cells to spare, collinear regressors, an outcome that the effects explain wholly, overflow,
    clusters so made that the scores cancel out in each of them (one cluster a year, for example).
    """
    cluster_codes = _codes(cluster)
    n_cells, n_clusters = len(outcome), int(cluster_codes.max()) + 1
    if n_clusters < 2:
        raise Refused("few_clusters", clusters=n_clusters)
    order = slice(None) if (np.diff(unit) >= 0).all() else np.argsort(unit, kind="stable")
    dense = np.column_stack([regressors, outcome]) if regressors.shape[1] else outcome[:, None]
    columns = _columns(dense[order], unit[order], year[order], weights, dummies, order)
    parameters = _parameters(len(names), columns.unit, columns.year, cluster_codes[order])
    spent = len(names) + int(columns.unit[-1]) + len(columns.kept)
    if n_cells <= max(spent, parameters):
        raise Refused("no_degrees", cells=n_cells, parameters=spent)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = _spread(columns)
        if not np.isfinite(spread).all():
            raise Refused("too_large")
        whole = triangle(columns)
        core = whole[columns.n_years :, columns.n_years :]
        rest = np.sqrt((core**2).sum(axis=0))
    if not np.isfinite(whole).all() or not np.isfinite(rest).all():
        raise Refused("too_large")
    if rest[-1] <= COLLINEAR * spread[-1]:
        raise Refused("no_variation")
    _require_independent(core[:-1, :-1], spread[:-1], rest[:-1], names)
    scale = rest[:-1]  # columns of one length keep the solution accurate whatever the units of measurement
    least_squares = sm.OLS(core[:, -1], core[:, :-1] / scale).fit(method="qr")  # the triangle stands for all cells
    coefficients = np.asarray(least_squares.params) / scale
    inverse = np.asarray(least_squares.normalized_cov_params)  # (X'X)⁻¹ of the columns of one length
    on_years = solve_triangular(whole[: columns.n_years, : columns.n_years], whole[: columns.n_years, columns.n_years :])
    errors = residuals(columns, on_years[:, -1] - on_years[:, :-1] @ coefficients, coefficients)
    bread = inverse / scale[:, None]
    clustered = meat(columns, errors, on_years[:, :-1], cluster_codes[order], bread)
    classical = core[-1, -1] ** 2 / (n_cells - len(names)) * np.diag(inverse)
    if abs(core[-1, -1]) <= COLLINEAR * rest[-1]:  # a perfect fit: what is left is rounding and gives no standard error
        clustered[:] = 0.0
    elif (np.diag(clustered) <= CANCELLED * classical).any():
        raise Refused("clusters_cancel")
    factor = 1.0
    if small_sample == "fixest":
        factor = n_clusters / (n_clusters - 1) * (n_cells - 1) / (n_cells - parameters)
    if not isinstance(order, slice):
        errors[order] = errors.copy()
    return Fit(
        coefficients=coefficients,
        covariance=factor * clustered / np.outer(scale, scale),
        residuals=errors,
        n_cells=n_cells,
        n_clusters=n_clusters,
        n_parameters=parameters,
    )


def _columns(
    dense: CellByRegressor,
    unit: CellCodes,
    year: CellCodes,
    weights: PerCell | None,
    dummies: CellCodes | None,
    order: CellCodes | slice,
) -> Columns:
    """dense, unit, year: sorted by unit already; weights, dummies: not yet, by `order`."""
    unit_codes, year_codes = np.cumsum(np.diff(unit, prepend=unit[:1]) != 0, dtype="int32"), _codes(year)
    codes = np.full(len(unit), -1, dtype="int32") if dummies is None else dummies[order]
    return Columns(
        unit=unit_codes,
        year=year_codes,
        share=np.broadcast_to(1.0, len(unit)) if weights is None else weights[order] / weights.mean(),
        dummies=codes,
        n_dummies=int(codes.max()) + 1,
        dense=dense,
        kept=kept_years(unit_codes, year_codes),
    )


def _codes(values: CellCodes) -> CellCodes:
    """Codes from 0 of whole numbers, in half the memory that numpy takes."""
    lowest = int(values.min())
    if int(values.max()) - lowest >= max(len(values), 1000):
        return np.asarray(np.unique(values, return_inverse=True)[1].astype("int32"))
    apart = values - lowest
    places = np.cumsum(np.bincount(apart) > 0, dtype="int32") - 1
    return np.asarray(places[apart])


def _spread(columns: Columns) -> PerRegressor:
    """(k + 1,) lengths of the regressors and the outcome around their means."""
    total = columns.share.sum()
    inside = columns.dummies >= 0
    mass = np.bincount(columns.dummies[inside], columns.share[inside], columns.n_dummies)
    lengths = list(np.sqrt(mass * np.clip(1 - mass / total, 0, 1)))
    for column in columns.dense.T:
        centred = column - (columns.share @ column) / total
        lengths.append(np.sqrt(columns.share @ centred**2))
    return np.array(lengths)


def _parameters(n_regressors: int, unit: CellCodes, year: CellCodes, cluster: CellCodes) -> int:
    """K of fixest (ssc: K.fixef "nested"; unit, year, cluster: codes from 0): regressors, all effects but one for the second set, less the nested ones but one."""
    levels = [int(unit.max()) + 1, int(year.max()) + 1]
    nested = [_is_nested(unit, cluster), _is_nested(year, cluster)]
    effects = sum(levels) - 1
    inside = sum(count for count, is_inside in zip(levels, nested, strict=True) if is_inside)
    return n_regressors + effects - inside + (1 if any(nested) else 0)


def _is_nested(effect: CellCodes, cluster: CellCodes) -> bool:
    """Whether every level of the effect lies in one cluster."""
    one = np.empty(int(effect.max()) + 1, dtype=cluster.dtype)
    one[effect] = cluster
    return bool((one[effect] == cluster).all())


def _require_independent(core: RegressorByRegressor, spread: PerRegressor, rest: PerRegressor, names: Sequence[str]) -> None:
    """Raises Refused with the name of the first regressor that effects or the regressors before it explain. core: (k, k), triangular."""
    for position, name in enumerate(names):
        if not rest[position] > COLLINEAR * spread[position]:
            raise Refused("collinear", term=name)
    for position, name in enumerate(names):
        if abs(core[position, position]) <= COLLINEAR * rest[position]:
            raise Refused("collinear", term=name)
