"""Distances of treated from reference units, and the nearest of them. No data frames, no plan.

Ties are broken by position, so the caller sorts units by their key; distances that differ by rounding alone count as equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.problems import Refused

DIGITS = 9  # of a distance: what differs later is rounding


@dataclass(frozen=True)
class Pair:
    """A match: positions of a treated and a reference unit, their distance, and the rank of the match for the treated unit (from 1)."""

    treated: int
    reference: int
    distance: float
    rank: int


def distances(treated: np.ndarray, reference: np.ndarray, metric: str) -> np.ndarray:
    """(n_treated, n_reference) distances over k covariates; inputs (n, k).

    mahalanobis: with the covariance pooled within both groups, (n_t − 1)S_t + (n_r − 1)S_r over n_t + n_r − 2: Rubin (1980), Biometrics
    36(2), 293–298. standardised: Euclid's, each covariate divided by sqrt((s_t² + s_r²) / 2), the scale of the SMD.
    Raises Refused where a group has fewer than two units, or covariates have no spread or are collinear within the groups.
    """
    if min(len(treated), len(reference)) < 2:
        raise Refused("few_for_distance")
    if metric == "standardised":
        scale = np.sqrt((treated.var(axis=0, ddof=1) + reference.var(axis=0, ddof=1)) / 2)
        if not (scale > 0).all():
            raise Refused("distance_singular")
        half = np.diag(1 / scale)
    else:
        half = _inverse_root(treated, reference)
    differences = (treated @ half)[:, None, :] - (reference @ half)[None, :, :]
    return np.asarray(np.round(np.sqrt((differences**2).sum(axis=2)), DIGITS))


def nearest(distance: np.ndarray, *, neighbours: int, caliper: float | None) -> list[Pair]:
    """For each treated unit its nearest reference units within the caliper, each as often as it is near. distance: inf where not allowed."""
    pairs = []
    for row in range(distance.shape[0]):
        order = np.lexsort((np.arange(distance.shape[1]), distance[row]))
        allowed = [int(column) for column in order if _allowed(distance[row, column], caliper)]
        pairs += [
            Pair(row, column, float(distance[row, column]), rank) for rank, column in enumerate(allowed[:neighbours], start=1)
        ]
    return pairs


def nearest_once(distance: np.ndarray, *, neighbours: int, caliper: float | None) -> list[Pair]:
    """Matches in which every reference unit is used at most once: the closest pair of all first, round by round.

    In each round every treated unit gets at most one reference unit. Greedy: no smaller distance is passed over for a smaller sum.
    """
    free = np.ones(distance.shape[1], dtype=bool)
    pairs: list[Pair] = []
    rows, columns = np.indices(distance.shape)
    order = np.lexsort((columns.ravel(), rows.ravel(), distance.ravel()))
    for rank in range(1, neighbours + 1):
        waiting = np.ones(distance.shape[0], dtype=bool)
        for place in order:
            row, column = divmod(int(place), distance.shape[1])
            if waiting[row] and free[column] and _allowed(distance[row, column], caliper):
                waiting[row] = free[column] = False
                pairs.append(Pair(row, column, float(distance[row, column]), rank))
    return sorted(pairs, key=lambda pair: (pair.treated, pair.rank))


def _allowed(distance: float, caliper: float | None) -> bool:
    return bool(np.isfinite(distance)) and (caliper is None or distance <= caliper)


def _inverse_root(treated: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """A matrix L with L L' = S⁻¹, of covariates in their own spread, so that their units do not matter for the precision."""
    parts = [group - group.mean(axis=0) for group in (treated, reference)]
    pooled = sum(part.T @ part for part in parts) / (len(treated) + len(reference) - 2)
    scale = np.sqrt(np.diag(pooled))
    if not (scale > 0).all():
        raise Refused("distance_singular")
    values, vectors = np.linalg.eigh(pooled / np.outer(scale, scale))
    if values[0] <= 1e-10 * values[-1]:
        raise Refused("distance_singular")
    return np.asarray((vectors / np.sqrt(values)) / scale[:, None])
