"""Least squares with unit and year effects, and its cluster-robust covariance. Unbalanced panels and weights are exact.

Belongs here: demeaning, estimation, covariance. Does not belong here: which dummies an estimator needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import statsmodels.api as sm
from statsmodels.stats.sandwich_covariance import cov_cluster

from kkz_eval.evaluation.problems import Refused

COLLINEAR = 1e-9  # share of a column's own variation that must be left once effects and the columns before it are taken out

CLEARLY_INDEPENDENT = 1e-6  # smallest eigenvalue of columns of length one; below it a QR decomposition tells
CANCELLED = 1e-20  # clustered variance over the classical one, below which it is nothing but rounding


@dataclass(frozen=True)
class Fit:
    """Coefficients (k,), their covariance (k, k), residuals (n,), cells n, clusters G, parameters K of the convention below."""

    coefficients: np.ndarray
    covariance: np.ndarray
    residuals: np.ndarray
    n_cells: int
    n_clusters: int
    n_parameters: int


def demean(columns: np.ndarray, unit: np.ndarray, year: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """What is left of columns (n, k) once unit and year effects are taken out by (weighted) least squares.

    unit, year: (n,) codes or years; weights: (n,) positive. Exact (Frisch–Waugh–Lovell): unit means are taken out of columns and year dummies,
    then the rest is projected off the dummies by their normal equations (years only, so small); the second pass takes out what rounding left.
    """
    units, unit_codes = np.unique(unit, return_inverse=True)
    years, year_codes = np.unique(year, return_inverse=True)
    share = np.ones(len(unit)) if weights is None else weights / weights.mean()
    member = scipy.sparse.csr_array((np.ones(len(unit)), (unit_codes, np.arange(len(unit)))), shape=(len(units), len(unit)))
    total = (member @ share)[:, None]

    def without_units(block: np.ndarray) -> np.ndarray:
        return np.asarray(block - ((member @ (share[:, None] * block)) / total)[unit_codes])

    dummies = without_units(np.eye(len(years))[year_codes][:, 1:])
    weighted = share[:, None] * dummies
    inverse = np.linalg.pinv(dummies.T @ weighted, rcond=1e-12, hermitian=True)
    left = np.asarray(columns, dtype="float64")
    for _ in range(2):
        left = without_units(left)
        left = left - dummies @ (inverse @ (weighted.T @ left))
    return left


def fit_fixed_effects(
    outcome: np.ndarray,
    regressors: np.ndarray,
    names: Sequence[str],
    *,
    unit: np.ndarray,
    year: np.ndarray,
    cluster: np.ndarray,
    weights: np.ndarray | None,
    small_sample: str,
) -> Fit:
    """OLS (WLS with weights) of outcome (n,) on regressors (n, k) with unit and year effects, clustered covariance.

    Small-sample factor of the covariance (Cameron & Miller 2015, finite-sample modifications, with the count of parameters of fixest's default):
    G/(G-1) · (n-1)/(n-K); K counts the regressors and the fixed effects, except those nested in the clusters. small_sample "none": factor 1.
    Raises Refused: fewer than two clusters, no cells to spare, collinear regressors, an outcome that the effects explain wholly, overflow,
    clusters so made that the scores cancel out in each of them (one cluster a year, for example).
    """
    n_cells, n_clusters = len(outcome), len(np.unique(cluster))
    if n_clusters < 2:
        raise Refused("few_clusters", clusters=n_clusters)
    parameters = _parameters(regressors.shape[1], unit, year, cluster)
    spent = regressors.shape[1] + len(np.unique(unit)) + len(np.unique(year)) - 1
    if n_cells <= max(spent, parameters):
        raise Refused("no_degrees", cells=n_cells, parameters=spent)
    block = np.column_stack([outcome, regressors])
    with np.errstate(over="ignore", invalid="ignore"):
        spread = _norms(block - np.average(block, axis=0, weights=weights), weights)
        left = demean(block, unit, year, weights)
        rest = _norms(left, weights)
    if not (np.isfinite(spread).all() and np.isfinite(left).all()):
        raise Refused("too_large")
    if rest[0] <= COLLINEAR * spread[0]:
        raise Refused("no_variation")
    _require_independent(left[:, 1:], spread[1:], rest[1:], names, weights)
    scale = rest[1:]  # columns of one length keep the solution accurate whatever the units of measurement
    endog, exog = left[:, 0], left[:, 1:] / scale
    model = sm.OLS(endog, exog, hasconst=False) if weights is None else sm.WLS(endog, exog, weights=weights, hasconst=False)
    result = model.fit(method="qr")
    factor = 1.0
    if small_sample == "fixest":
        factor = n_clusters / (n_clusters - 1) * (n_cells - 1) / (n_cells - parameters)
    clustered = np.asarray(cov_cluster(result, cluster, use_correction=False))
    cancelled = bool((np.diag(clustered) <= CANCELLED * np.diag(np.asarray(result.cov_params()))).any())
    if cancelled and float(result.rsquared) < 1 - COLLINEAR:  # a perfect fit has no standard error to speak of either way
        raise Refused("clusters_cancel")
    covariance = factor * clustered
    return Fit(
        coefficients=np.asarray(result.params) / scale,
        covariance=covariance / np.outer(scale, scale),
        residuals=np.asarray(left[:, 0] - left[:, 1:] @ (np.asarray(result.params) / scale)),
        n_cells=n_cells,
        n_clusters=n_clusters,
        n_parameters=parameters,
    )


def _parameters(n_regressors: int, unit: np.ndarray, year: np.ndarray, cluster: np.ndarray) -> int:
    """K of fixest (ssc: K.fixef "nested"): regressors, all effects but one for the second set, less the nested ones but one."""
    levels = [len(np.unique(unit)), len(np.unique(year))]
    nested = [_is_nested(unit, cluster), _is_nested(year, cluster)]
    effects = sum(levels) - 1
    inside = sum(count for count, is_inside in zip(levels, nested, strict=True) if is_inside)
    return n_regressors + effects - inside + (1 if any(nested) else 0)


def _is_nested(effect: np.ndarray, cluster: np.ndarray) -> bool:
    """Whether every level of the effect lies in one cluster."""
    pairs = np.unique(np.column_stack([effect, cluster]), axis=0)
    return len(pairs) == len(np.unique(effect))


def _norms(block: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    squares = block**2 if weights is None else weights[:, None] / weights.mean() * block**2
    return np.asarray(np.sqrt(squares.sum(axis=0)))


def _require_independent(
    columns: np.ndarray, spread: np.ndarray, rest: np.ndarray, names: Sequence[str], weights: np.ndarray | None
) -> None:
    """Raises Refused with the name of the first column that effects or the columns before it explain."""
    for position, name in enumerate(names):
        if not rest[position] > COLLINEAR * spread[position]:
            raise Refused("collinear", term=name)
    root = np.ones(len(columns)) if weights is None else np.sqrt(weights / weights.mean())
    unit_length = root[:, None] * columns / rest
    if np.linalg.eigvalsh(unit_length.T @ unit_length)[0] > CLEARLY_INDEPENDENT:
        return
    triangle = np.linalg.qr(unit_length).R
    for position, name in enumerate(names):
        if position >= triangle.shape[0] or abs(triangle[position, position]) <= COLLINEAR:
            raise Refused("collinear", term=name)
