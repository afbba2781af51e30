"""Entropy balancing against a general optimiser of the primal problem; refused in words where no weights exist."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, linprog, minimize

from kkz_eval.evaluation.entropy_balancing import entropy_weights
from kkz_eval.evaluation.problems import Refused


def _primal(covariates: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Minimise Σ w log(n w) under the constraints, with no use of the dual."""
    n = len(covariates)
    constraints = LinearConstraint(np.vstack([covariates.T, np.ones(n)]), np.append(target, 1.0), np.append(target, 1.0))
    found = minimize(
        lambda w: float((w * np.log(n * np.clip(w, 1e-300, None))).sum()),
        np.full(n, 1 / n),
        jac=lambda w: np.log(n * np.clip(w, 1e-300, None)) + 1,
        bounds=[(1e-12, 1)] * n,
        constraints=[constraints],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert found.success
    return np.asarray(found.x)


@pytest.mark.parametrize(("seed", "n", "k"), [(1, 17, 1), (2, 17, 2), (3, 31, 3), (4, 60, 5), (5, 400, 6)])
def test_weights_agree_with_a_general_optimiser(seed: int, n: int, k: int) -> None:
    draw = np.random.default_rng(seed)
    covariates = draw.normal(size=(n, k)) * draw.uniform(0.01, 1000, size=k)
    target = draw.dirichlet(np.ones(n) * 2) @ covariates
    weights = entropy_weights(covariates, target, tuple("abcdef"[:k]))
    assert weights.min() > 0
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights @ covariates, target, atol=1e-8 * covariates.std())
    if n <= 60:
        scaled = (covariates - target) / covariates.std(axis=0)
        np.testing.assert_allclose(weights, _primal(scaled, np.zeros(k)), atol=2e-5)


def test_equal_means_give_equal_weights() -> None:
    covariates = np.random.default_rng(3).normal(size=(10, 2))
    np.testing.assert_allclose(entropy_weights(covariates, covariates.mean(axis=0), ("a", "b")), 0.1, atol=1e-8)


def test_the_same_covariate_twice_changes_nothing() -> None:
    covariates = np.random.default_rng(4).normal(size=(12, 1))
    target = np.array([0.3])
    once = entropy_weights(covariates, target, ("a",))
    twice = entropy_weights(np.hstack([covariates, 2 * covariates]), np.array([0.3, 0.6]), ("a", "b"))
    np.testing.assert_allclose(once, twice, atol=1e-7)


def test_a_target_outside_the_range_is_refused_with_its_name() -> None:
    with pytest.raises(Refused) as refused:
        entropy_weights(np.array([[1.0, 1.0], [2.0, 5.0]]), np.array([1.5, 6.0]), ("need", "trend"))
    assert (refused.value.note.code, refused.value.note.parameters["covariates"]) == ("refused.balance_outside", "trend")


def test_a_target_outside_the_hull_is_refused() -> None:
    triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(Refused) as refused:
        entropy_weights(triangle, np.array([0.9, 0.9]), ("a", "b"))
    assert refused.value.note.code == "refused.balance_infeasible"


def test_a_covariate_without_spread_is_met_or_refused() -> None:
    flat = np.column_stack([np.ones(5), np.arange(5.0)])
    weights = entropy_weights(flat, np.array([1.0, 3.0]), ("flat", "x"))
    assert weights @ flat[:, 1] == pytest.approx(3)
    with pytest.raises(Refused):
        entropy_weights(flat, np.array([1.1, 3.0]), ("flat", "x"))


@pytest.mark.parametrize("seed", range(40))
def test_weights_are_found_exactly_where_some_exist(seed: int) -> None:
    draw = np.random.default_rng(seed)
    covariates = np.round(draw.normal(size=(6, 3)), 1)
    target = np.round(draw.normal(size=3) * 0.7, 1)
    outside = ((target < covariates.min(axis=0)) | (target > covariates.max(axis=0))).any()
    found = linprog(np.zeros(6), A_eq=np.vstack([covariates.T, np.ones(6)]), b_eq=np.append(target, 1.0), method="highs")
    if outside or found.status != 0:
        with pytest.raises(Refused, match=r"comparison (group|units)"):
            entropy_weights(covariates, target, ("a", "b", "c"))
    else:
        np.testing.assert_allclose(entropy_weights(covariates, target, ("a", "b", "c")) @ covariates, target, atol=1e-8)
