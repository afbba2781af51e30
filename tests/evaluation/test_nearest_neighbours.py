"""Nearest neighbours against a search by hand over all pairs; ties by position; every rule of the caliper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from kkz_eval.evaluation.nearest_neighbours import distances, nearest, nearest_once
from kkz_eval.evaluation.problems import Refused


def _groups(seed: int, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    mixing = draw.normal(size=(k, k))
    return draw.normal(0.5, 1, size=(13, k)) @ mixing, draw.normal(size=(17, k)) @ mixing


@pytest.mark.parametrize("seed", range(5))
def test_distances_agree_with_scipy(seed: int) -> None:
    treated, reference = _groups(seed)
    pooled = (12 * np.cov(treated.T) + 16 * np.cov(reference.T)) / 28
    wanted = cdist(treated, reference, "mahalanobis", VI=np.linalg.inv(pooled))
    np.testing.assert_allclose(distances(treated, reference, "mahalanobis"), wanted, atol=1e-8)
    variance = (treated.var(axis=0, ddof=1) + reference.var(axis=0, ddof=1)) / 2
    wanted = cdist(treated, reference, "seuclidean", V=variance)
    np.testing.assert_allclose(distances(treated, reference, "standardised"), wanted, atol=1e-8)


def test_units_of_measurement_change_no_distance() -> None:
    treated, reference = _groups(1)
    scale = np.array([1e-6, 1.0, 1e6])
    for metric in ("mahalanobis", "standardised"):
        np.testing.assert_allclose(
            distances(treated * scale, reference * scale, metric), distances(treated, reference, metric), atol=1e-7
        )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("neighbours", [1, 3])
@pytest.mark.parametrize("caliper", [None, 1.0])
def test_with_replacement_every_unit_has_its_nearest(seed: int, neighbours: int, caliper: float | None) -> None:
    distance = distances(*_groups(seed), "standardised")
    found = {(p.treated, p.rank): p.reference for p in nearest(distance, neighbours=neighbours, caliper=caliper)}
    for row in range(13):
        best = sorted(
            (distance[row, column], column) for column in range(17) if caliper is None or distance[row, column] <= caliper
        )
        for rank in range(1, neighbours + 1):
            assert found.get((row, rank)) == (best[rank - 1][1] if len(best) >= rank else None)


@pytest.mark.parametrize("seed", range(5))
def test_without_replacement_the_closest_pair_of_all_comes_first(seed: int) -> None:
    distance = distances(*_groups(seed), "mahalanobis")
    left, right, wanted = set(range(13)), set(range(17)), set()
    while left:
        _, row, column = min((distance[r, c], r, c) for r in left for c in right)
        wanted.add((row, column))
        left.discard(row)
        right.discard(column)
    found = nearest_once(distance, neighbours=1, caliper=None)
    assert {(pair.treated, pair.reference) for pair in found} == wanted


def test_without_replacement_nobody_is_used_twice_and_some_go_without() -> None:
    distance = distances(*_groups(7), "mahalanobis")
    found = nearest_once(distance, neighbours=2, caliper=None)
    references = [pair.reference for pair in found]
    assert len(references) == len(set(references)) == 17
    assert {pair.rank for pair in found} == {1, 2}


def test_equal_distances_go_to_the_first_position_whatever_the_rounding() -> None:
    distance = np.round(np.array([[0.1 + 0.2, 0.3, 0.5], [0.3, 0.3, 0.3]]), 9)
    assert [pair.reference for pair in nearest(distance, neighbours=1, caliper=None)] == [0, 0]
    assert [pair.reference for pair in nearest_once(distance, neighbours=1, caliper=None)] == [0, 1]


def test_the_caliper_is_inclusive_and_infinite_distances_never_match() -> None:
    distance = np.array([[0.5, np.inf], [np.inf, np.inf]])
    assert [(pair.treated, pair.reference) for pair in nearest(distance, neighbours=2, caliper=0.5)] == [(0, 0)]
    assert nearest(distance, neighbours=1, caliper=0.49) == []
    assert [(pair.treated, pair.reference) for pair in nearest_once(distance, neighbours=2, caliper=None)] == [(0, 0)]


@pytest.mark.parametrize("metric", ["mahalanobis", "standardised"])
def test_a_covariate_without_spread_or_a_lone_unit_is_refused(metric: str) -> None:
    treated, reference = _groups(2)
    treated[:, 1] = reference[:, 1] = 3.0
    with pytest.raises(Refused) as refused:
        distances(treated, reference, metric)
    assert refused.value.note.code == "refused.distance_singular"
    with pytest.raises(Refused) as refused:
        distances(treated[:1], reference, metric)
    assert refused.value.note.code == "refused.few_for_distance"


def test_collinear_covariates_have_no_mahalanobis_distance() -> None:
    treated, reference = (np.column_stack([group, group @ [1.0, 2.0, -1.0]]) for group in _groups(3))
    with pytest.raises(Refused):
        distances(treated, reference, "mahalanobis")
