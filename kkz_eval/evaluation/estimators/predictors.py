"""Synthetic control with predictors: weights of units for given weights of predictors, and the latter chosen on the years before.

Belongs here: the nested choice of Abadie & Gardeazabal (2003). Does not belong here: effects, placebos (synthetic_control.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from kkz_eval.evaluation.arrays import PerRegressor, PerUnit, PerYear, UnitByCovariate, UnitByYear
from kkz_eval.evaluation.estimators.blocks import Blocks, Cohort
from kkz_eval.evaluation.estimators.simplex import solve_simplex
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample

RIDGE = 1e-12  # on unit weights, over the mean square of the weighted predictors: makes them unique, no more
SCATTERED, REFINED, POLISHED = 200, 6, 3  # starting points of the search for the weights of predictors, and those followed up
_FLOOR = 1e-8  # of a predictor's weight over the largest: from 0 it could not rise


@dataclass(frozen=True)
class Predictors:
    """Means before the start of a cohort, each column over its standard deviation. controls: (n0, k); treated: (n1, k)."""

    controls: UnitByCovariate
    treated: UnitByCovariate


def build_predictors(sample: Sample, blocks: Blocks, cohort: Cohort) -> Predictors:
    """Means of the outcome and of the covariates in the years used before the start. Raises Refused where one does not vary or overflows."""
    inside = np.isin(sample.year, blocks.years) & (sample.year < cohort.start)
    units, values = sample.unit[inside], np.column_stack([sample.outcome, sample.covariates])[inside]
    size = len(sample.unit_names)
    cells = np.bincount(units, minlength=size)
    sums = np.stack([np.bincount(units, column, minlength=size) for column in values.T], axis=1)
    members = np.concatenate([blocks.control_units, cohort.units])
    means = sums[members] / cells[members, None]
    with np.errstate(over="ignore", invalid="ignore"):
        spread = means.std(axis=0, ddof=1)
    if not np.isfinite(spread).all():
        raise Refused("too_large")
    for name, column_spread, column in zip(("value", *sample.covariate_names), spread, means.T, strict=True):
        if not column_spread > 1e-12 * np.abs(column).max():
            raise Refused("constant_predictor", term=name)
    scaled = (means - means.mean(axis=0)) / spread
    return Predictors(scaled[: len(blocks.control_units)], scaled[len(blocks.control_units) :])


def nested_weights(donors: UnitByCovariate, own: PerRegressor, before: UnitByYear, path: PerYear) -> PerUnit:
    """Unit weights (n,) with the weights v of predictors that minimise the mean squared gap before the start.

    W(v) minimises Σ v_k (x_k − X_k'w)² over the simplex (Abadie, Diamond & Hainmueller 2010, section 2.3). The outer problem is not
    convex and flat in places: v is searched from equal weights, from regressions of the outcomes on the predictors and from SCATTERED
    points of the simplex, always the same; the best of them go on by a quasi-Newton method (gradient of the active set), and the best ends
    by a simplex search. donors: X, (n, k); own: x, (k,); before: (n, T0) outcomes of donors; path: (T0,). Raises NotSolved.
    """
    search = _Search(donors, own, before, path)
    scattered = np.random.default_rng(0).dirichlet(np.full(donors.shape[1], 0.3), size=SCATTERED)
    starts = np.log(np.maximum([*_starts(donors, own, before, path), *scattered], _FLOOR))
    order = np.argsort([search.gap(start) for start in starts], kind="stable")
    ends = [starts[order[0]]]
    for place in order[:REFINED]:
        ends.append(optimize.minimize(search.gap_and_slope, starts[place], jac=True, method="L-BFGS-B").x)
    ends.sort(key=search.gap)
    options = {"maxfev": 20 * donors.shape[1], "adaptive": True, "xatol": 1e-6, "fatol": 1e-12}
    for end in ends[:POLISHED]:
        ends.append(optimize.minimize(search.gap, end, method="Nelder-Mead", options=options).x)
    return search.unit_weights(_simplex_of(min(ends, key=search.gap)))


@dataclass
class _Search:
    """What is minimised over the logarithms of predictors' weights. Arguments as in nested_weights; near: the unit weights found last,
    from which the next ones are looked for: a search takes small steps."""

    donors: UnitByCovariate
    own: PerRegressor
    before: UnitByYear
    path: PerYear
    near: PerUnit | None = None

    def unit_weights(self, shares: PerRegressor) -> PerUnit:
        """The unit weights for weights of the predictors."""
        root = np.sqrt(shares)
        design = (self.donors * root).T
        self.near = solve_simplex(design, self.own * root, RIDGE * float(np.mean(design**2)), self.near)
        return self.near

    def gap(self, logarithms: PerRegressor) -> float:
        """Mean squared gap before the start, over the unit of measurement."""
        weights = self.unit_weights(_simplex_of(logarithms))
        return float(np.mean((self.path - weights @ self.before) ** 2)) / _square(self.before, self.path)

    def gap_and_slope(self, logarithms: PerRegressor) -> tuple[float, PerRegressor]:
        """The gap and its gradient, the units with weight held fixed (implicit differentiation)."""
        shares = _simplex_of(logarithms)
        weights = self.unit_weights(shares)
        gap = self.path - weights @ self.before
        inside = np.flatnonzero(weights > 0)
        weighing = self.donors[inside]
        count = len(inside)
        system = np.zeros((count + 1, count + 1))
        system[:count, :count] = (weighing * shares) @ weighing.T
        system[:count, :count] += RIDGE * float(np.mean(self.donors**2 * shares)) * np.eye(count)
        system[count, :count] = system[:count, count] = 1.0
        slope = np.append(-2 * self.before[inside] @ gap / len(self.path), 0.0)
        adjoint = np.linalg.lstsq(system, slope, rcond=1e-13)[0][:count]
        by_share = (self.own - weights @ self.donors) * (adjoint @ weighing)
        scale = _square(self.before, self.path)
        return float(np.mean(gap**2)) / scale, shares * (by_share - shares @ by_share) / scale


def _square(before: UnitByYear, path: PerYear) -> float:
    """What squares are measured by: the mean square of the path, or that of the donors where the path is 0 throughout."""
    squares = (float(np.mean(path**2)), float(np.mean(before**2)))
    return next((square for square in squares if square > 0), 1.0)


def _simplex_of(logarithms: PerRegressor) -> PerRegressor:
    shares = np.exp(np.maximum(logarithms - logarithms.max(), np.log(_FLOOR)))
    return np.asarray(shares / shares.sum())


def _starts(donors: UnitByCovariate, own: PerRegressor, before: UnitByYear, path: PerYear) -> Sequence[PerRegressor]:
    """Equal weights, and the sums of squares of the coefficients of all years before on the predictors."""
    n_predictors = donors.shape[1]
    design = np.column_stack([np.ones(len(donors) + 1), np.vstack([own, donors])])
    coefficients = np.linalg.lstsq(design, np.vstack([path, before]), rcond=None)[0][1:]
    squares = (coefficients**2).sum(axis=1)
    equal = np.full(n_predictors, 1 / n_predictors)
    return (equal, squares / squares.sum()) if squares.sum() > 0 else (equal,)
