"""Least squares with unit and year effects, years within strata where there are any, and its cluster-robust covariance. Unbalanced panels and weights are exact.

Belongs here: estimation, refusals, covariance. Does not belong here: taking out the effects (within.py), which dummies an estimator needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from statsmodels.regression.linear_model import OLS

from kkz_eval.evaluation.arrays import CellByRegressor, CellCodes, PerRegressor, RegressorByRegressor
from kkz_eval.evaluation.estimators.held_fixed import baseline_by_year, codes, periods
from kkz_eval.evaluation.estimators.within import Columns, meat, residuals, triangle, year_dummies
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample

COLLINEAR = 1e-9  # share of a column's own variation that must be left once effects and the columns before it are taken out
CANCELLED = 1e-20  # clustered variance over the classical one, below which it is nothing but rounding


@dataclass(frozen=True)
class Fit:
    """Coefficients (k,), their covariance (k, k; 0 where the fit is perfect), clusters G."""

    coefficients: PerRegressor
    covariance: RegressorByRegressor
    n_clusters: int


def fit_fixed_effects(
    sample: Sample,
    regressors: CellByRegressor,
    names: Sequence[str],
    *,
    small_sample: str,
    dummies: CellCodes | None = None,
) -> Fit:
    """OLS (WLS with weights) of the outcome on dummies and regressors (n, k) with unit and year effects, clustered covariance.

    With strata, the effects are those of years in strata; baseline values are regressors by year, of which no coefficient is returned.
    dummies: (n,) for each cell the code (from 0) of the one dummy that is 1, -1 for none: the columns before the regressors, without
    a column for each. names: of the dummies, then of the regressors. Exact for unbalanced panels (Frisch–Waugh–Lovell).
    Small-sample factor of the covariance (Cameron & Miller 2015, finite-sample modifications, with the count of parameters of
    fixest's default): G/(G-1) · (n-1)/(n-K); K counts the regressors (baseline values by year among them) and the fixed effects, except
    those nested in the clusters.
    small_sample "none": factor 1. Raises Refused: fewer than two clusters, no cells to spare, collinear regressors, an outcome
    that the effects explain wholly, overflow, clusters so made that the scores cancel out in each of them (one cluster a year,
    for example).
    """
    cluster, wanted = codes(sample.cluster), len(names)
    n_cells, n_clusters = len(sample.outcome), int(cluster.max()) + 1
    if n_clusters < 2:
        raise Refused("few_clusters", clusters=n_clusters)
    baseline, baseline_names = baseline_by_year(sample, np.unique(sample.year))
    names = (*names, *baseline_names)
    columns = _columns(sample, np.column_stack([regressors, baseline]) if baseline_names else regressors, dummies)
    parameters = _parameters(len(names), columns.unit, columns.year, cluster)
    spent = len(names) + int(columns.unit[-1]) + len(columns.year_dummy)
    if n_cells <= max(spent, parameters):
        raise Refused("no_degrees", cells=n_cells, parameters=spent)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = _lengths(columns)
        if not np.isfinite(lengths).all():
            raise Refused("too_large")
        r = triangle(columns)  # R of the QR decomposition: years first, then dummies and regressors, the outcome last
        r_years, r_across = r[: columns.n_years, : columns.n_years], r[: columns.n_years, columns.n_years :]
        partialled = r[columns.n_years :, columns.n_years :]  # R of what both effects leave of regressors and outcome
        left = np.sqrt((partialled**2).sum(axis=0))  # their lengths
    if not np.isfinite(r).all() or not np.isfinite(left).all():
        raise Refused("too_large")
    if left[-1] <= COLLINEAR * lengths[-1]:
        raise Refused("no_variation")
    _require_independent(partialled[:-1, :-1], lengths[:-1], left[:-1], names)
    scale = left[:-1]  # columns of one length keep the solution accurate whatever the units of measurement
    least_squares = OLS(partialled[:, -1], partialled[:, :-1] / scale).fit(method="qr")  # the triangle stands for all cells
    coefficients = np.asarray(least_squares.params) / scale
    inverse = np.asarray(least_squares.normalized_cov_params)  # (X'X)⁻¹ of the columns of one length
    on_years = solve_triangular(r_years, r_across)  # coefficients of regressors and outcome on the dummies of years
    errors = residuals(columns, on_years[:, -1] - on_years[:, :-1] @ coefficients, coefficients)
    clustered = meat(columns, errors, on_years[:, :-1], cluster, inverse / scale[:, None])
    classical = partialled[-1, -1] ** 2 / (n_cells - len(names)) * np.diag(inverse)
    if abs(partialled[-1, -1]) <= COLLINEAR * left[-1]:  # a perfect fit: what is left is rounding and gives no standard error
        clustered[:] = 0.0
    elif (np.diag(clustered) <= CANCELLED * classical).any():
        raise Refused("clusters_cancel")
    factor = 1.0
    if small_sample == "fixest":
        factor = n_clusters / (n_clusters - 1) * (n_cells - 1) / (n_cells - parameters)
    covariance = factor * clustered / np.outer(scale, scale)
    return Fit(coefficients[:wanted], covariance[:wanted, :wanted], n_clusters)


def _columns(sample: Sample, regressors: CellByRegressor, dummies: CellCodes | None) -> Columns:
    unit = np.cumsum(np.diff(sample.unit, prepend=sample.unit[:1]) != 0, dtype="int32")  # a sample is sorted by unit
    year, n_cells, outcome = periods(sample), len(sample.unit), sample.outcome
    dummy = np.full(n_cells, -1, dtype="int32") if dummies is None else dummies
    return Columns(
        unit=unit,
        year=year,
        weight=np.broadcast_to(1.0, n_cells) if sample.weights is None else sample.weights / sample.weights.mean(),
        dummies=dummy,
        n_dummies=int(dummy.max()) + 1,
        dense=np.column_stack([regressors, outcome]) if regressors.shape[1] else outcome[:, None],
        year_dummy=year_dummies(unit, year),
    )


def _lengths(columns: Columns) -> PerRegressor:
    """(k + 1,) lengths of the regressors and the outcome around their means."""
    total = columns.weight.sum()
    inside = columns.dummies >= 0
    mass = np.bincount(columns.dummies[inside], columns.weight[inside], columns.n_dummies)
    found = list(np.sqrt(mass * np.clip(1 - mass / total, 0, 1)))
    for column in columns.dense.T:
        centred = column - (columns.weight @ column) / total
        found.append(np.sqrt(columns.weight @ centred**2))
    return np.array(found)


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


def _require_independent(
    partialled: RegressorByRegressor, lengths: PerRegressor, left: PerRegressor, names: Sequence[str]
) -> None:
    """Raises Refused with the name of the first regressor that effects or the regressors before it explain.

    partialled: (k, k), triangular; lengths, left: (k,) of the columns around their means, and of what both effects leave of them.
    """
    for position, name in enumerate(names):
        if not left[position] > COLLINEAR * lengths[position]:
            raise Refused("collinear", term=name)
    for position, name in enumerate(names):
        if abs(partialled[position, position]) <= COLLINEAR * left[position]:
            raise Refused("collinear", term=name)
