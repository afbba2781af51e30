"""Unit and time weights of synthetic difference in differences, and the effect they give, for many treated paths at once.

Belongs here: algorithm 1 of Arkhangelsky et al. (2021) on one block. Does not belong here: cohorts, placebos, standard errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import (
    Design,
    PerProblem,
    PerUnit,
    ProblemByDesign,
    ProblemByRow,
    ProblemByUnit,
    ProblemByUnitMask,
    ProblemByYear,
    UnitByYear,
)
from kkz_eval.evaluation.estimators.frank_wolfe import reference_weights
from kkz_eval.evaluation.estimators.simplex import NotSolved, solve_simplex, solve_simplex_batch
from kkz_eval.evaluation.problems import Refused

ETA_LAMBDA = 1e-6  # ridge of the time weights over the noise: makes them unique, no more


@dataclass(frozen=True)
class Problems:
    """Effects wanted against the same comparison units.

    before, after: (n0, T0) and (n0,) outcomes of comparison units in the years before, and their mean after; path_before, path_after:
    (b, T0) and (b,) the same of each treated path; allowed: (b, n0) bool, comparison units of each; zeta_omega, zeta_lambda, noise:
    regularisation; omega_start, lambda_start: (b, n0), (b, T0) weights that the reference solver starts from.
    """

    before: UnitByYear
    after: PerUnit
    path_before: ProblemByYear
    path_after: PerProblem
    allowed: ProblemByUnitMask
    zeta_omega: float
    zeta_lambda: float
    noise: float
    omega_start: ProblemByUnit
    lambda_start: ProblemByYear


@dataclass(frozen=True)
class Solution:
    """effects: (b,); omega: (b, n0) unit weights and lambda_: (b, T0) time weights, each row on the simplex."""

    effects: PerProblem
    omega: ProblemByUnit
    lambda_: ProblemByYear


Solver = Callable[[Problems], tuple[ProblemByUnit, ProblemByYear]]


def noise_level(before: UnitByYear) -> float:
    """σ: standard deviation of the first differences of comparison units before the start (section 2.1, eq. 2.2). before: (n0, T0).

    Raises Refused where their paths are parallel: what differs then is rounding, and the regularisation would follow it.
    """
    noise = float(np.std(np.diff(before, axis=1), ddof=1))
    if not noise > 1e-12 * np.abs(before).max():
        raise Refused("no_noise")
    return noise


def solve(problems: Problems, solver: Solver) -> Solution:
    """Weights and effects τ = (ȳ_after − λ'y_before) of the treated path less ω times that of comparison units (algorithm 1, step 4).

    Raises Refused where the weights are not found.
    """
    try:
        omega, lambda_ = solver(problems)
    except NotSolved as failure:
        raise Refused("weights_not_found") from failure
    treated = problems.path_after - np.einsum("bt,bt->b", lambda_, problems.path_before)
    comparison = omega @ problems.after - np.einsum("bn,nt,bt->b", omega, problems.before, lambda_, optimize=True)
    return Solution(np.asarray(treated - comparison), omega, lambda_)


def exact(problems: Problems) -> tuple[ProblemByUnit, ProblemByYear]:
    """Unit and time weights at the optimum of eq. 2.1 and 2.3. Raises NotSolved."""
    design, targets = _unit_problem(problems)
    omega = solve_simplex_batch(design, targets, problems.allowed, len(design) * problems.zeta_omega**2)
    rows = problems.allowed.sum(axis=1)
    lambda_ = np.stack(
        [
            solve_simplex(triangle[:, :-1], triangle[:, -1], count * problems.zeta_lambda**2)
            for triangle, count in zip(_time_problem(problems), rows, strict=True)
        ]
    )
    return omega, lambda_


def reference(problems: Problems) -> tuple[ProblemByUnit, ProblemByYear]:
    """Unit and time weights where the reference implementation stops."""
    design, targets = _unit_problem(problems)
    n_problems, n_before = len(targets), len(design)
    omega = reference_weights(
        np.broadcast_to(design, (n_problems, *design.shape)),
        targets,
        problems.allowed,
        problems.zeta_omega,
        np.full(n_problems, float(n_before)),
        problems.noise,
        problems.omega_start,
    )
    triangles = _time_problem(problems)
    lambda_ = reference_weights(
        triangles[:, :, :-1],
        triangles[:, :, -1],
        np.ones((n_problems, n_before), dtype=bool),
        problems.zeta_lambda,
        problems.allowed.sum(axis=1).astype("float64"),
        problems.noise,
        problems.lambda_start,
    )
    return omega, lambda_


def _unit_problem(problems: Problems) -> tuple[Design, ProblemByRow]:
    """Design (T0, n0) and targets (b, T0); the intercept is taken out by centring over the years."""
    design = (problems.before - problems.before.mean(axis=1, keepdims=True)).T
    return design, problems.path_before - problems.path_before.mean(axis=1, keepdims=True)


def _time_problem(problems: Problems) -> ProblemByDesign:
    """Design and target of each problem, (b, rows, T0 + 1), target last; centred over its comparison units, and compressed by QR.

    With [A b] = Q R, ‖A w − b‖ = ‖R_A w − r_b‖ for every w.
    """
    table = np.column_stack([problems.before, problems.after])
    table = table - table.mean(axis=0)
    triangles = []
    for allowed in problems.allowed:
        rows = table[allowed]
        triangles.append(np.linalg.qr(rows - rows.mean(axis=0), mode="r"))
    return np.stack(triangles)
