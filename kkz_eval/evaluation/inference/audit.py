"""How often a plan's own test would find something under assignments that could have been: its size, on the real data.

Belongs here: the test of a regression on a balanced block, for any assignment, and the share of assignments in which it rejects. Does not
belong here: which comparison to choose by it, what a size allows to say (verdict).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import stats

from kkz_eval.evaluation.arrays import (
    AssignmentMask,
    Floats,
    Integers,
    PerEstimate,
    UnitByCovariate,
    UnitByEstimate,
    UnitCodes,
)
from kkz_eval.evaluation.inference.assignments import Law, assignments_in_chunks, draw_assignments, n_assignments
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.problems import Refused

MOST_LISTED = 5_000_000  # assignments that are all tried; above, they are drawn
ROWS = 2_048  # assignments in a chunk: its columns stay in the cache of the processor
FEWEST_EFFECTIVE = 200  # assignments, by 1 / Σ p²; a size from fewer is known to half a percentage point at best
PSEUDO_SHARE = 0.5  # of the units of a stratum may be pseudo-treated at most
_NOTHING = 1e-12  # of a unit's own variation: what is left of the treated is rounding


@dataclass(frozen=True, eq=False)
class OwnTest:
    """The test of D in a regression with unit effects and what is held fixed, on K contrasts of the years of a balanced block.

    contrasts: (N, K) Σ_t c_t Y_it; stratum: (N,) codes from 0, stratum × year is held fixed; baseline: (N, q), each times year is held fixed;
    n_years: T; regressors: dummies of D and of years in which an effect is not yet expected; level: of the test; small_sample as in Inference.
    """

    contrasts: UnitByEstimate
    stratum: UnitCodes
    baseline: UnitByCovariate
    cluster: UnitCodes
    n_years: int
    regressors: int = 1
    level: float = 0.05
    small_sample: str = "fixest"

    @cached_property
    def factor(self) -> float:
        """G/(G−1) · (n−1)/(n−K), K as fixest counts: D, effects of stratum × year, baselines × year but for one year.

        The unit effects are nested in the clusters and do not count (fixed_effects.fit_fixed_effects has the same).
        """
        if self.small_sample == "none":
            return 1.0
        n_strata, n_clusters = len(np.unique(self.stratum)), len(np.unique(self.cluster))
        cells = len(self.stratum) * self.n_years
        parameters = self.regressors + n_strata * self.n_years + self.baseline.shape[1] * (self.n_years - 1)
        if cells <= parameters:
            raise Refused("no_degrees", cells=cells, parameters=parameters)
        return float(n_clusters / (n_clusters - 1) * (cells - 1) / (cells - parameters))

    def statistics(self, assignments: AssignmentMask) -> tuple[UnitByEstimate, UnitByEstimate]:
        """(a, K) coefficients and their t under each assignment (a, N); NaN where the treated are wholly explained by what is held.

        β = A'Mz / A'MA, M = I − Q Q' the annihilator of what is held; variance Σ_c (Σ_{i∈c} a_i e_i)² / (A'MA)² · factor, a = MA,
        e = Mz − β a (Liang & Zeger 1986; Cameron & Miller 2015, equation 11).
        """
        treated = assignments.T.astype(np.float64)  # units in rows: sums over them go through neighbouring numbers
        left = treated - self._held @ (self._held.T @ treated)
        spread = np.einsum("na,na->a", left, left)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            coefficients = np.where(spread > _NOTHING * len(self.cluster), left.T @ self._outcome / spread, np.nan)
            squares = self._squares(left, coefficients)
            return coefficients, coefficients * spread / np.sqrt(self.factor * squares)

    @cached_property
    def _held(self) -> UnitByCovariate:
        """(N, r) an orthonormal basis of what is held fixed."""
        dummies = (self.stratum[:, None] == np.unique(self.stratum)).astype(np.float64)
        return _orthonormal(np.column_stack([dummies, self.baseline]))

    @cached_property
    def _outcome(self) -> UnitByEstimate:
        """(N, K) Mz."""
        return np.asarray(self.contrasts - self._held @ (self._held.T @ self.contrasts))

    @cached_property
    def _critical(self) -> float:
        """t(G−1)."""
        return float(stats.t.ppf(1 - self.level / 2, len(np.unique(self.cluster)) - 1))

    def _squares(self, left: Floats, coefficients: UnitByEstimate) -> UnitByEstimate:
        """(a, K) Σ_c (Σ_{i∈c} a_i e_i)², left: (N, a) the a_i. Where each unit is a cluster, multiplied out, which costs two products for all K:
        Σ a² r² − 2β Σ a³ r + β² Σ a⁴, r = Mz. Rounding may make that less than 0 where there are no residuals.
        """
        outcome, square = self._outcome, left * left
        if len(np.unique(self.cluster)) == len(self.cluster):
            fourth = np.einsum("na,na->a", square, square)[:, None]
            squares = square.T @ outcome**2 + coefficients * (coefficients * fourth - 2 * ((left * square).T @ outcome))
            return np.asarray(np.maximum(squares, 0.0))
        member = (self.cluster == np.arange(int(self.cluster.max()) + 1)[:, None]).astype(np.float64)
        scores = (member @ (left * r[:, None] - beta * square) for r, beta in zip(outcome.T, coefficients.T, strict=True))
        return np.stack([np.einsum("ca,ca->a", one, one) for one in scores], axis=1)

    def rejects(self, t: UnitByEstimate) -> UnitByEstimate:
        """(a, K) whether the test rejects, two-sided by t(G−1); a t that is not defined does not."""
        return np.asarray(np.abs(t) > self._critical)


@dataclass(frozen=True, eq=False)
class Size:
    """What a test does under one law. size: (K,) share of assignments in which it rejects; mean_estimate: (K,); effective: 1 / Σ p² over all
    assignments, not more than were drawn; mc_error: (K,) of the size, 0 where exact.
    """

    law: Law
    size: PerEstimate
    mean_estimate: PerEstimate
    n_assignments: int
    effective: float
    exact: bool
    mc_error: PerEstimate

    @property
    def can_tell(self) -> bool:
        """Whether there are enough assignments to know the size to half a percentage point."""
        return self.effective >= FEWEST_EFFECTIVE


Tried = Callable[[AssignmentMask], tuple[UnitByEstimate, UnitByEstimate]]
"""Estimates (a, K) and whether the test rejects (a, K) under each assignment (a, N)."""


def sizes(
    units: ComparedUnits, own: OwnTest | Tried, laws: Mapping[str, Law], *, draws: int, random: np.random.Generator
) -> dict[str, Size]:
    """The size of a test under assignments of these units within their strata, by the name of the law.

    Where all assignments can be listed and the test is one of OwnTest, each is tried once and the laws are only their weights; else
    `draws` of them are drawn by each law.
    """
    count = n_assignments(units)
    if isinstance(own, OwnTest):
        if count <= MOST_LISTED:
            return _listed(units, own, laws, count)
        tried: Tried = _of(own)
    else:
        tried = own
    return {name: _drawn(units, tried, law, count, draws, random) for name, law in laws.items()}


def _of(own: OwnTest) -> Tried:
    def tried(assignments: AssignmentMask) -> tuple[UnitByEstimate, UnitByEstimate]:
        coefficients, t = own.statistics(assignments)
        return coefficients, own.rejects(t)

    return tried


def _listed(units: ComparedUnits, own: OwnTest, laws: Mapping[str, Law], count: int) -> dict[str, Size]:
    log_weights = np.column_stack([law.log_weights(units) for law in laws.values()])
    totals = np.array([law.log_total(units) for law in laws.values()])
    n_estimates = own.contrasts.shape[1]
    rejected, means, squares = np.zeros((len(laws), n_estimates)), np.zeros((len(laws), n_estimates)), np.zeros(len(laws))
    for assignments in assignments_in_chunks(units, ROWS):
        treated = assignments.astype(np.float64)  # once: products of masks with numbers make numbers of them each time
        coefficients, t = own.statistics(assignments)
        probabilities = np.exp(treated @ log_weights - totals)
        rejected += probabilities.T @ own.rejects(t)
        means += probabilities.T @ np.nan_to_num(coefficients)
        squares += np.einsum("al,al->l", probabilities, probabilities)
    nothing = np.zeros(n_estimates)
    return {
        name: Size(law, rejected[place], means[place], count, float(1 / squares[place]), True, nothing)
        for place, (name, law) in enumerate(laws.items())
    }


def _drawn(units: ComparedUnits, tried: Tried, law: Law, count: int, draws: int, random: np.random.Generator) -> Size:
    rejected, estimates = [], []
    for assignments in _pieces(draw_assignments(units, law, draws, random)):
        found, rejects = tried(assignments)
        estimates.append(found)
        rejected.append(rejects)
    share = np.concatenate(rejected).mean(axis=0)
    return Size(
        law=law,
        size=share,
        mean_estimate=np.nanmean(np.concatenate(estimates), axis=0),
        n_assignments=count,
        effective=float(np.exp(min(law.log_effective(units), np.log(draws)))),
        exact=False,
        mc_error=np.sqrt(share * (1 - share) / draws),
    )


def _pieces(assignments: AssignmentMask) -> Iterator[AssignmentMask]:
    for first in range(0, len(assignments), ROWS):
        yield assignments[first : first + ROWS]


def pseudo_treated(available: Integers, treated: Integers) -> Integers:
    """(S,) how many units of each stratum act as treated where the real treated are left out.

    available, treated: (S,) units at hand and units really treated. The proportions of the treated are kept, and no stratum gives more than
    half of its units: a group of nearly all units of a stratum has hardly anyone to be compared with, and there are few such groups.
    Raises Refused: a stratum of the treated has fewer than two units at hand.
    """
    needed = treated > 0
    if (available[needed] < 2).any():
        raise Refused("blind_too_few", units=int(available[needed].min()))
    room = np.floor(available[needed] * PSEUDO_SHARE) / treated[needed]
    scale = min(1.0, float(room.min()))
    counts = np.zeros_like(treated)
    counts[needed] = np.maximum(1, np.rint(treated[needed] * scale)).astype(counts.dtype)
    return counts


def blind_units(stratum: UnitCodes, treated_by_stratum: Integers) -> ComparedUnits:
    """Units that were not treated in the years used, as many of each stratum marked as treated as `pseudo_treated` says.

    stratum: (N,) codes of the strata of the treated and the others alike. Which of them are marked does not matter: only assignments of
    them are looked at. Strata without treated units are kept, nobody in them is ever drawn. Raises Refused.
    """
    n_strata = len(treated_by_stratum)
    counts = pseudo_treated(np.bincount(stratum, minlength=n_strata), treated_by_stratum)
    marked = np.zeros(len(stratum), dtype=bool)
    for code, count in enumerate(counts):
        marked[np.flatnonzero(stratum == code)[:count]] = True
    _, codes = np.unique(stratum, return_inverse=True)
    return replace(ComparedUnits.of(marked), stratum=codes)


def _orthonormal(held: UnitByCovariate) -> UnitByCovariate:
    """(N, r) orthonormal basis of the columns, those that others explain left out."""
    scale = np.linalg.norm(held, axis=0)
    u, values, _ = np.linalg.svd(held[:, scale > 0] / scale[scale > 0], full_matrices=False)
    return np.asarray(u[:, values > 1e-10 * values[0]])
