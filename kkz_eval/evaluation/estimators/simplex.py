"""Exact least squares with weights that are not negative and sum to one, with a certificate.

Belongs here: min ‖A w − b‖² + ridge · ‖w‖² over the simplex, and how far a solution is from the optimum. Does not belong here: what
A and b are (weights.py), the early-stopped iteration of the reference implementation (frank_wolfe.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import (
    Design,
    Integers,
    Mask,
    PerProblem,
    PerWeight,
    ProblemByRow,
    ProblemByWeight,
    ProblemByWeightMask,
    Target,
)

TOLERANCE = 1e-9  # largest duality gap of a solution, as a share of the objective at equal weights
ROUNDING = 1e-13  # of the largest squared column: what double precision leaves of a gap of zero
_STALLED = 10  # sets in a row that come no lower, after which a solution with a certificate is taken
_NEWTON_STEPS = 60  # the number of pieces of the gradient passed on the way, in practice 5 to 20


class NotSolved(ArithmeticError):
    """The iteration ended without a certificate."""


def duality_gap(design: Design, target: Target, ridge: float, weights: PerWeight) -> float:
    """Upper bound on objective(weights) − minimum: 2 · (w'g − min g), g = A'(A w − b) + ridge · w (Jaggi 2013, eq. 2).

    Zero if and only if the conditions of Karush, Kuhn and Tucker hold. design: A, (m, k); target: b, (m,); weights: (k,).
    """
    gradient = design.T @ (design @ weights - target) + ridge * weights
    return float(2 * (weights @ gradient - gradient.min()))


def solve_simplex(design: Design, target: Target, ridge: float, start: PerWeight | None = None) -> PerWeight:
    """Weights w (k,), w ≥ 0, Σw = 1, that minimise ‖A w − b‖² + ridge · ‖w‖². design: A, (m, k); target: b, (m,); ridge ≥ 0.

    start: weights to begin from, such as the solution of a problem close by; they change the way and not the end.
    On the simplex A w − b = (A − b1')w, so w is the point of least norm in the hull of the columns of C = [A − b1'; √ridge I]:
    active set of Lawson & Hanson (1974, ch. 23) in the form of Wolfe (1976). Least squares by QR keep the digits that normal
    equations lose. Raises NotSolved where the duality gap stays above TOLERANCE.
    """
    n_weights = design.shape[1]
    shifted = design - target[:, None]
    nearest = int(np.argmin(np.einsum("ij,ij->j", shifted, shifted)))
    scale = float(np.sqrt(shifted[:, nearest] @ shifted[:, nearest] + ridge))
    if scale == 0.0:  # a column that is the target itself
        return np.asarray(np.eye(n_weights)[nearest])
    shifted, root = shifted / scale, np.sqrt(ridge) / scale
    weights = np.eye(n_weights)[nearest] if start is None else start
    active, lowest, stalled = [int(place) for place in np.flatnonzero(weights > 0)], np.inf, 0
    for _ in range(10 * (n_weights + 10)):
        weights, active = _least_inside(shifted, root, weights, active)
        gradient = shifted.T @ (shifted @ weights) + root**2 * weights
        level = float(weights @ gradient)
        # each set ends lower than the one before; where rounding hides that, they follow each other round and round
        stalled = 0 if level < lowest else stalled + 1
        lowest = min(lowest, level)
        if stalled > _STALLED and _is_certified(design, target, ridge, weights):
            break
        outside = np.ones(n_weights, dtype=bool)
        outside[active] = False
        entering = int(np.argmin(np.where(outside, gradient, np.inf)))
        # optimal where no gradient lies below w'g (Karush, Kuhn and Tucker), up to rounding: else the set would cycle
        if not outside[entering] or gradient[entering] >= level * (1 - 1e-12) - 1e-15:
            break
        active = [*active, entering]
    weights = np.asarray(np.maximum(weights, 0.0) / np.maximum(weights, 0.0).sum())
    _certify(design, target, ridge, weights)
    return weights


def _least_inside(shifted: Design, root: float, weights: PerWeight, active: list[int]) -> tuple[PerWeight, list[int]]:
    """From weights towards the point of least norm that the active columns span, without those that would fall below 0 on the way;
    the weights there, and the columns that are left."""
    while True:
        proposal = _affine_minimum(shifted[:, active], root)
        found = np.zeros(len(weights))
        if (proposal > 0).all():
            found[active] = proposal
            return found, active
        current = weights[active]
        falling = proposal <= 0
        # how far towards the proposal each falling weight stays above 0; 1e-300 against a division by 0
        until_zero = np.where(falling, current / np.where(falling, np.maximum(current - proposal, 1e-300), 1.0), np.inf)
        step = min(1.0, float(until_zero.min()))
        moved = np.maximum(current + step * (proposal - current), 0.0)
        moved[int(np.argmin(until_zero))] = 0.0  # exactly, whatever rounding made of it: it leaves the active set
        found[active] = moved
        weights, active = found, [place for place, value in zip(active, moved, strict=True) if value > 0]


def _affine_minimum(columns: Design, root: float) -> PerWeight:
    """Weights, summing to one but of any sign, that minimise ‖C w‖² for C = [columns; root · I].

    Few columns: w = e₁ + N v, N the differences to the first column, least squares in v. More columns than rows: the condition
    (D'D + ρI)w ∝ 1, ρ = root², with D = U S V' gives w ∝ (1 − VV'1) + V (ρ / (S² + ρ)) V'1.
    """
    n_rows, count = columns.shape
    if count == 1:
        return np.ones(1)
    if count <= n_rows + 1 or root == 0.0:
        stacked = np.vstack([columns, root * np.eye(count)])
        difference = stacked[:, 1:] - stacked[:, :1]
        free = np.linalg.lstsq(difference, -stacked[:, 0], rcond=1e-14)[0]
        return np.concatenate([[1.0 - free.sum()], free])
    _, singular, right = np.linalg.svd(columns, full_matrices=False)
    parts = right.sum(axis=1)
    proportional = 1.0 - right.T @ (parts * (singular**2 / (singular**2 + root**2)))
    return np.asarray(proportional / proportional.sum())


def _certify(design: Design, target: Target, ridge: float, weights: PerWeight) -> None:
    if not _is_certified(design, target, ridge, weights):
        raise NotSolved(f"duality gap {duality_gap(design, target, ridge, weights):.3g}")


def _is_certified(design: Design, target: Target, ridge: float, weights: PerWeight) -> bool:
    even = np.full(len(weights), 1.0 / len(weights))
    reference = float(((design @ even - target) ** 2).sum() + ridge * even @ even)
    gap = duality_gap(design, target, ridge, weights)
    largest = float(((design - target[:, None]) ** 2).sum(axis=0).max())
    return gap <= TOLERANCE * reference + ROUNDING * largest + 1e-300


def solve_simplex_batch(design: Design, targets: ProblemByRow, allowed: ProblemByWeightMask, ridge: float) -> ProblemByWeight:
    """Weights (b, k) of b problems that share A and the ridge and differ in the target and in which weights may be positive.

    design: A, (m, k); targets: (b, m); allowed: (b, k) bool; ridge > 0. Made for k much larger than m and a ridge that is not tiny:
    the dual has m unknowns r = A w − b, with w = Π(−A'r / ridge), Π the projection on the simplex; its gradient is piecewise linear,
    so Newton steps end at the exact solution (semi-smooth Newton, Qi & Sun 1993). Cost O(m²k) a step. What Newton leaves without
    a certificate goes to the active set. Raises NotSolved.
    """
    centre = design.mean(axis=1)  # the same shift of all columns and of b changes nothing, and keeps digits
    dual = _Dual(design - centre[:, None], targets - centre, allowed, ridge)
    every = np.arange(len(targets))
    point = dual.at(every, (allowed / allowed.sum(axis=1, keepdims=True)) @ dual.design.T - dual.targets)
    weights, unsolved = point.weights.copy(), every
    for _ in range(_NEWTON_STEPS):
        size = np.abs(dual.targets[unsolved]).max(axis=1) + np.abs(point.residual).max(axis=1)
        unfinished = np.abs(point.gradient).max(axis=1) > 1e-13 * size
        if not unfinished.any():
            break
        unsolved, point = unsolved[unfinished], point.of(unfinished)
        point = dual.step(unsolved, point)
        weights[unsolved] = point.weights
    for problem in range(len(targets)):
        places = np.flatnonzero(allowed[problem])
        columns, target = dual.design[:, places], dual.targets[problem]
        try:
            _certify(columns, target, ridge, weights[problem, places])
        except NotSolved:
            weights[problem] = 0.0
            weights[problem, places] = solve_simplex(columns, target, ridge)
    return weights


@dataclass(frozen=True)
class _Point:
    """Where b dual problems are: residual r and gradient (b, m), weights (b, k), value (b,)."""

    residual: ProblemByRow
    weights: ProblemByWeight
    gradient: ProblemByRow
    value: PerProblem

    def of(self, which: Mask) -> _Point:
        return _Point(self.residual[which], self.weights[which], self.gradient[which], self.value[which])


@dataclass(frozen=True)
class _Dual:
    """Minimise ½‖r‖² + r'b − min over w of (r'A w + ½ ridge ‖w‖²) in r, for many b at once."""

    design: Design
    targets: ProblemByRow
    allowed: ProblemByWeightMask
    ridge: float

    def at(self, problems: Integers, residual: ProblemByRow) -> _Point:
        slope = residual @ self.design
        weights = project_simplex(np.where(self.allowed[problems], -slope / self.ridge, -np.inf))
        targets = self.targets[problems]
        inner = np.einsum("bk,bk->b", slope, weights) + 0.5 * self.ridge * np.einsum("bk,bk->b", weights, weights)
        value = np.einsum("bi,bi->b", residual, 0.5 * residual + targets) - inner
        return _Point(residual, weights, residual + targets - weights @ self.design.T, value)

    def step(self, problems: Integers, point: _Point) -> _Point:
        """A Newton step, halved where it does not lower the dual enough (Armijo)."""
        direction = np.stack(
            [self._newton(weights, gradient) for weights, gradient in zip(point.weights, point.gradient, strict=True)]
        )
        decline = np.einsum("bi,bi->b", point.gradient, direction)
        length = np.ones(len(problems))
        for _ in range(30):  # 2⁻³⁰ of a step moves nothing that double precision sees
            moved = self.at(problems, point.residual + length[:, None] * direction)
            short = moved.value > point.value + 1e-4 * length * decline + 1e-13 * np.abs(point.value)
            if not short.any():
                break
            length[short] /= 2
        return moved

    def _newton(self, weights: PerWeight, gradient: Target) -> Target:
        inside = self.design[:, weights > 0]
        inside = inside - inside.mean(axis=1, keepdims=True)
        hessian = np.eye(len(gradient)) + inside @ inside.T / self.ridge
        return np.asarray(-np.linalg.solve(hessian, gradient))


def project_simplex(points: ProblemByWeight) -> ProblemByWeight:
    """Nearest points (b, k) of the simplex (Held, Wolfe & Crowder 1974). points: (b, k), −inf where a weight must be 0."""
    ordered = -np.sort(-points, axis=1)
    possible = np.isfinite(ordered)
    threshold = (np.cumsum(np.where(possible, ordered, 0.0), axis=1) - 1.0) / np.arange(1, points.shape[1] + 1)
    last = (possible & (ordered > threshold)).sum(axis=1) - 1
    return np.asarray(np.maximum(points - threshold[np.arange(len(points)), last][:, None], 0.0))
