"""Entropy balancing: weights of reference units that meet the means of the treated exactly. No data frames, no plan.

Source: Hainmueller (2012), Political Analysis 20(1), 25–46: the scheme of section 3.2 with equal base weights, solved in its dual.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.special import logsumexp

from kkz_eval.evaluation.problems import Refused

TOLERANCE = 1e-9  # of a weighted mean, in standard deviations of the covariate
STEPS = 200


def entropy_weights(covariates: np.ndarray, target: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Weights closest to equal ones (in Kullback–Leibler divergence) whose weighted means are the target.

    covariates: (n, k) of the reference units; target: (k,) means of the treated; returns (n,), positive, with sum 1. The dual
    log Σ exp(λ'(x_i − target)) is convex; Newton's method with halved steps. Raises Refused where no weights meet the target, naming
    the covariates whose target lies outside the range of the reference units, and where the method does not converge.
    """
    outside = [
        name
        for name, low, high, wanted in zip(names, covariates.min(axis=0), covariates.max(axis=0), target, strict=True)
        if not low <= wanted <= high
    ]
    if outside:
        raise Refused("balance_outside", covariates=", ".join(outside))
    spread = covariates.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    distance = (covariates - target) / scale
    if not _feasible(distance):
        raise Refused("balance_infeasible", covariates=", ".join(names), units=len(covariates))
    dual = np.zeros(distance.shape[1])
    for _ in range(STEPS):
        weights = _weights(distance, dual)
        gradient = distance.T @ weights
        if np.abs(gradient).max(initial=0.0) <= TOLERANCE:
            return weights
        curvature = (distance * weights[:, None]).T @ distance - np.outer(gradient, gradient)
        dual = _step(distance, dual, np.linalg.lstsq(curvature, -gradient, rcond=None)[0], gradient)
    raise Refused("balance_not_converged", covariates=", ".join(names), units=len(covariates))


def _weights(distance: np.ndarray, dual: np.ndarray) -> np.ndarray:
    scores = distance @ dual
    return np.asarray(np.exp(scores - logsumexp(scores)))


def _step(distance: np.ndarray, dual: np.ndarray, direction: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """The dual after a step that is halved until the objective falls as Armijo's rule demands."""
    start, slope, length = float(logsumexp(distance @ dual)), float(gradient @ direction), 1.0
    while length > 1e-12 and logsumexp(distance @ (dual + length * direction)) > start + 1e-4 * length * slope:
        length /= 2
    return np.asarray(dual + length * direction)


def _feasible(distance: np.ndarray) -> bool:
    """Whether weights without a negative one meet the target at all."""
    n, k = distance.shape
    equations = np.vstack([distance.T, np.ones(n)])
    found = linprog(np.zeros(n), A_eq=equations, b_eq=np.append(np.zeros(k), 1.0), bounds=(0, None), method="highs")
    return bool(found.status == 0)
