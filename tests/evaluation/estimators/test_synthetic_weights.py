"""The weights are the optimum: against a slow solution by other means, by the conditions of the optimum, and in odd cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from kkz_eval.evaluation.estimators import simplex
from kkz_eval.evaluation.estimators.frank_wolfe import reference_weights
from kkz_eval.evaluation.estimators.simplex import duality_gap, project_simplex, solve_simplex, solve_simplex_batch


def plain_optimum(design: np.ndarray, target: np.ndarray, ridge: float) -> np.ndarray:
    """The same problem by sequential quadratic programming, from the middle of the simplex."""
    count = design.shape[1]
    quadratic = design.T @ design + ridge * np.eye(count)

    def value(weights: np.ndarray) -> float:
        return float(((design @ weights - target) ** 2).sum() + ridge * weights @ weights)

    found = optimize.minimize(
        value,
        np.full(count, 1 / count),
        jac=lambda weights: 2 * (quadratic @ weights - design.T @ target),
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"maxiter": 1000, "ftol": 1e-15},
    )
    return np.asarray(found.x)


def _problem(seed: int, rows: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    design = draw.normal(size=(rows, count)) + 3 * draw.normal(size=(rows, 1))
    return design, design @ draw.dirichlet(np.full(count, 0.3)) + 0.5 * draw.normal(size=rows)


@pytest.mark.parametrize("seed", range(50))
def test_exact_weights_are_those_of_a_plain_solution(seed: int) -> None:
    rows, count = 4 + seed % 9, 3 + seed % 13
    design, target = _problem(seed, rows, count)
    ridge = [5.0, 0.5, 0.05][seed % 3]
    plain = plain_optimum(design, target, ridge)
    assert solve_simplex(design, target, ridge) == pytest.approx(plain, abs=2e-6)
    batch = solve_simplex_batch(design, target[None], np.ones((1, count), dtype=bool), ridge)
    assert batch[0] == pytest.approx(plain, abs=2e-6)
    assert batch[0] == pytest.approx(solve_simplex(design, target, ridge), abs=1e-9)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 12),
    count=st.integers(1, 30),
    ridge=st.sampled_from([1e-12, 1e-6, 1e-2, 1.0, 1e3]),
    scale=st.sampled_from([1e-9, 1.0, 1e9]),
)
def test_the_conditions_of_the_optimum_hold(seed: int, rows: int, count: int, ridge: float, scale: float) -> None:
    design, target = _problem(seed, rows, count)
    weights = solve_simplex(scale * design, scale * target, scale**2 * ridge)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    even = np.full(count, 1 / count)
    worst = ((design @ even - target) ** 2).sum() + ridge * even @ even
    assert duality_gap(design, target, ridge, weights) <= 1e-9 * worst


@pytest.mark.parametrize("seed", range(20))
def test_weights_that_match_exactly_are_found_in_few_steps_and_from_anywhere(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target among many columns of few rows: the norm ends at 0, where rounding hides whether a step goes down."""
    draw = np.random.default_rng(seed)
    design = draw.normal(size=(3, 40)) * np.array([[1.0], [0.1], [0.003]])
    target = design @ draw.dirichlet(np.full(40, 0.3))
    ridge = 1e-12 * float(np.mean(design**2))
    steps: list[int] = []
    one_step = simplex._affine_minimum
    monkeypatch.setattr(simplex, "_affine_minimum", lambda *given: steps.append(1) or one_step(*given))
    cold = solve_simplex(design, target, ridge)
    assert len(steps) < 200
    warm = solve_simplex(design, target, ridge, draw.dirichlet(np.full(40, 1.0)))
    for weights in (cold, warm):
        assert design @ weights == pytest.approx(target, abs=1e-7)
        assert duality_gap(design, target, ridge, weights) < 1e-12


def test_the_gap_tells_a_wrong_solution() -> None:
    design, target = _problem(1, 6, 5)
    weights = solve_simplex(design, target, 0.1)
    moved = 0.9 * weights + 0.1 / 5
    assert duality_gap(design, target, 0.1, moved) > 1e-3
    assert abs(duality_gap(design, target, 0.1, weights)) < 1e-9


def test_units_that_are_not_allowed_have_no_weight_and_change_nothing_else() -> None:
    design, target = _problem(2, 6, 9)
    allowed = np.ones((2, 9), dtype=bool)
    allowed[1, [0, 4]] = False
    batch = solve_simplex_batch(design, np.stack([target, target]), allowed, 0.3)
    assert (batch[1, [0, 4]] == 0).all()
    assert batch[1, allowed[1]] == pytest.approx(solve_simplex(design[:, allowed[1]], target, 0.3), abs=1e-9)


def test_a_column_that_is_the_target_gets_all_the_weight() -> None:
    design, _ = _problem(3, 6, 5)
    assert solve_simplex(design, design[:, 2], 0.0).tolist() == [0, 0, 1, 0, 0]


def test_equal_columns_share_their_weight() -> None:
    design, target = _problem(4, 6, 3)
    weights = solve_simplex(np.column_stack([design, design]), target, 1e-3)
    assert weights[:3] == pytest.approx(weights[3:], abs=1e-6)


def test_projection_is_the_nearest_point() -> None:
    points = np.array([[0.2, 0.3, 0.5], [2.0, 0.0, -np.inf], [0.4, 0.4, -np.inf], [0.0, 0.0, 0.0]])
    expected = [[0.2, 0.3, 0.5], [1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]]
    assert project_simplex(points) == pytest.approx(np.array(expected))


def test_the_reference_iteration_ends_near_the_optimum_and_stops_early() -> None:
    """Its first step and its stop, calculated by hand for two weights; and close to the optimum on a larger problem."""
    one_step = reference_weights(
        np.array([[[0.0, 1.0]]]), np.array([[0.8]]), np.ones((1, 2), dtype=bool), 0.0, np.ones(1), 1.0, np.array([[0.5, 0.5]])
    )
    assert one_step == pytest.approx(np.array([[0.2, 0.8]]), abs=1e-9) or one_step.tolist() == [[0.0, 1.0]]
    design, target = _problem(5, 10, 8)
    even = np.full((1, 8), 1 / 8)
    found = reference_weights(design[None], target[None], even > 0, 1.0, np.array([10.0]), 1.0, even)[0]
    assert found == pytest.approx(solve_simplex(design, target, 10.0), abs=1e-3)
    assert np.abs(found - solve_simplex(design, target, 10.0)).max() > 0
