"""Weights as the reference implementation of synthetic difference in differences finds them: Frank–Wolfe, stopped early.

Belongs here: that iteration, for many problems at once. Does not belong here: the optimum (simplex.py); the two differ on purpose.
"""

from __future__ import annotations

import numpy as np

from kkz_eval.evaluation.arrays import Mask, PerProblem, ProblemByDesign, ProblemByRow, ProblemByWeight, ProblemByWeightMask

FIRST_ROUND, SECOND_ROUND = 100, 10_000  # iterations before and after small weights are set to zero
SPARSE = 4.0  # weights of at most the largest over this are set to zero between the rounds
DECREASE = 1e-5  # times the noise: the root of the decrease per iteration at which the iteration ends


def reference_weights(
    designs: ProblemByDesign,
    targets: ProblemByRow,
    allowed: ProblemByWeightMask,
    zeta: float,
    rows: PerProblem,
    noise: float,
    start: ProblemByWeight,
) -> ProblemByWeight:
    """Weights (b, k) after two rounds of Frank–Wolfe with exact line search (Arkhangelsky et al. 2021, replication code; Jaggi 2013).

    Objective ‖A w − b‖² / rows + ζ² ‖w‖². Each round ends once an iteration lowers it by at most (DECREASE · noise)², or at its limit;
    between the rounds weights ≤ max/SPARSE are set to zero. designs: A, (b, m, k), may be a broadcast view; targets: (b, m); allowed:
    (b, k) bool; rows: (b,) number of rows before any compression; start: (b, k) on the simplex.
    """
    smallest = (DECREASE * noise) ** 2
    first = _round(designs, targets, allowed, zeta, rows, smallest, start, FIRST_ROUND)
    sparse = np.where(first <= first.max(axis=1, keepdims=True) / SPARSE, 0.0, first)
    sparse /= sparse.sum(axis=1, keepdims=True)
    return _round(designs, targets, allowed, zeta, rows, smallest, sparse, SECOND_ROUND)


def _round(
    designs: ProblemByDesign,
    targets: ProblemByRow,
    allowed: ProblemByWeightMask,
    zeta: float,
    rows: PerProblem,
    smallest: float,
    start: ProblemByWeight,
    limit: int,
) -> ProblemByWeight:
    """One round from `start`: each step goes towards the vertex of the simplex where the linearised objective is lowest."""
    result = start.copy()
    running = np.arange(len(start))
    design, target, may_weigh, weights = designs, targets, allowed, start.copy()
    ridge = rows * zeta**2
    fitted = _times(design, weights)
    value = np.full(len(start), np.inf)
    for iteration in range(limit):
        residual = fitted - target
        slope = np.matmul(residual[:, None, :], design)[:, 0, :] + ridge[:, None] * weights
        vertex = np.where(may_weigh, slope, np.inf).argmin(axis=1)
        every = np.arange(len(vertex))
        direction = -weights
        direction[every, vertex] += 1.0
        change = design[every, :, vertex] - fitted
        curvature = (change**2).sum(axis=1) + ridge * (direction**2).sum(axis=1)
        descent = -(slope * direction).sum(axis=1)
        length = np.clip(np.divide(descent, curvature, out=np.zeros_like(descent), where=curvature > 0), 0.0, 1.0)
        weights = weights + length[:, None] * direction
        fitted = fitted + length[:, None] * change
        new_value = ((fitted - target) ** 2).sum(axis=1) / rows[running] + zeta**2 * (weights**2).sum(axis=1)
        goes_on = np.full(len(vertex), True) if iteration == 0 else value - new_value > smallest
        value = new_value
        if not goes_on.all():
            result[running] = weights
            running, value, weights, fitted = running[goes_on], value[goes_on], weights[goes_on], fitted[goes_on]
            design, target, may_weigh, ridge = _designs_of(design, goes_on), target[goes_on], may_weigh[goes_on], ridge[goes_on]
            if not len(running):
                break
        if iteration % 500 == 499:  # fitted is updated, not computed: rounding would add up
            fitted = _times(design, weights)
    result[running] = weights
    return result


def _times(design: ProblemByDesign, weights: ProblemByWeight) -> ProblemByRow:
    return np.asarray(np.matmul(design, weights[:, :, None])[:, :, 0])


def _designs_of(designs: ProblemByDesign, which: Mask) -> ProblemByDesign:
    """Designs of some problems; a view where all share one."""
    if designs.strides[0] == 0:
        return np.broadcast_to(designs[0], (int(which.sum()), *designs.shape[1:]))
    return np.asarray(designs[which])
