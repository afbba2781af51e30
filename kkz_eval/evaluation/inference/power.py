"""What size of difference a comparison could have seen, and what more years or units would change in that.

Belongs here: minimum detectable effects from the spread of a statistic over assignments; that spread in panels longer or wider than the one
at hand. Does not belong here: the spread on the panel at hand (exact.py), counts of children (reporting).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats
from scipy.optimize import nnls

from kkz_eval.evaluation.arrays import Integers, UnitByCovariate, UnitByYear, YearByYear

PERSISTENCES = np.linspace(0.0, 0.99, 100)  # of the slow part of the errors from year to year, among which the best is taken
YEARS = (("before", 3), ("after", 3), ("after", 10))  # more of them, as scenarios
WORTH_IT = 0.1  # share by which a minimum detectable effect must fall to say that something would help


def minimum_detectable(spread: float, *, level: float = 0.05, power: float = 0.8) -> float:
    """The effect found with this power by a two-sided test at this level: (z_{1−α/2} + z_{power}) · spread.

    spread: standard deviation of the statistic over the assignments of the law, in the outcome's unit (Bloom 1995, Evaluation Review 19(5)).
    2.80158 times the spread at 5 % and 80 %.
    """
    return float(stats.norm.ppf(1 - level / 2) + stats.norm.ppf(power)) * spread


@dataclass(frozen=True)
class Errors:
    """How a unit's departures hang together over the years: their covariance at a distance of h years is slow · persistence^h, and noise more at 0.

    noise, slow: variances in the square of the outcome's unit; persistence: in [0, 1). What does not change over the years is in the unit effects.
    """

    noise: float
    slow: float
    persistence: float

    def covariance(self, n_years: int) -> YearByYear:
        """(T, T) of the departures in years one after the other."""
        distance = _distance(n_years)
        return np.asarray(self.slow * self.persistence**distance + self.noise * (distance == 0))


def fit_errors(outcome: UnitByYear, held: UnitByCovariate) -> Errors:
    """The errors of a balanced panel, by least squares of their autocovariances.

    outcome: (N, T); held: (N, h) what is held fixed year by year, with the constant. Departures from unit means and from what is held, year by
    year, have the covariance R Σ R (R takes out a unit's mean): Σ is looked for over `PERSISTENCES`, noise and slow part by non-negative
    least squares in all cells of the matrix, so that years used up by the unit effects are allowed for. Raises ValueError: fewer than three years.
    """
    n_units, n_years = outcome.shape
    if n_years < 3:
        raise ValueError("errors need three years")
    basis = np.linalg.qr(held)[0]
    left = outcome - basis @ (basis.T @ outcome)
    left = left - left.mean(axis=1, keepdims=True)
    found = left.T @ left / (n_units - held.shape[1])
    remove = np.eye(n_years) - 1 / n_years
    distance = _distance(n_years)
    noise = remove @ remove
    best = (np.inf, Errors(0.0, 0.0, 0.0))
    for persistence in PERSISTENCES[1:]:
        slow = remove @ persistence**distance @ remove
        parts, distance_left = nnls(np.column_stack([noise.ravel(), slow.ravel()]), found.ravel())
        if distance_left < best[0]:
            best = (distance_left, Errors(float(parts[0]), float(parts[1]), float(persistence)))
    return best[1]


def _distance(n_years: int) -> Integers:
    return np.abs(np.subtract.outer(np.arange(n_years), np.arange(n_years)))


@dataclass(frozen=True, eq=False)
class Reach:
    """A block as far as its power depends on it. n_before, n_after: years before the start and years that count, one after the other, with
    `gap` years between that do not; units, treated: (S,) of each stratum.
    """

    n_before: int
    n_after: int
    gap: int
    units: Integers
    treated: Integers

    def spread(self, errors: Errors) -> float:
        """Standard deviation over uniform assignments of the difference weighted by treated units, under these errors.

        sqrt(c'Σc · Σ_s (n_s/n)² (1/n_s + 1/(N_s − n_s))), c the years that count less the years before, over the strata with both groups.
        """
        contrast = np.concatenate(
            [np.full(self.n_before, -1 / self.n_before), np.zeros(self.gap), np.full(self.n_after, 1 / self.n_after)]
        )
        both = (self.treated > 0) & (self.units > self.treated)
        treated, control = self.treated[both], (self.units - self.treated)[both]
        share = treated / treated.sum()
        groups = (share**2 * (1 / treated + 1 / control)).sum()
        return float(np.sqrt(contrast @ errors.covariance(len(contrast)) @ contrast * groups))


@dataclass(frozen=True)
class Scenario:
    """One way to see more. more: before | after | controls | both_groups; amount: years, or factor of the units; mde: in the outcome's unit;
    share: of the minimum detectable effect now."""

    more: str
    amount: int
    mde: float
    share: float

    @property
    def worth_it(self) -> bool:
        """Whether it would lower the minimum detectable effect by a tenth or more."""
        return self.share <= 1 - WORTH_IT


def scenarios(mde: float, reach: Reach, errors: Errors) -> tuple[Scenario, ...]:
    """What the minimum detectable effect would be with more years, more comparison units, or more units of both groups.

    mde: of the panel at hand; each is that, times the ratio of the spreads to be expected, so that what the errors as fitted miss of the
    real spread cancels out.
    """
    now = reach.spread(errors)
    if not now > 0:
        return ()
    others = reach.units - reach.treated
    longer = [(more, amount, replace(reach, **{f"n_{more}": getattr(reach, f"n_{more}") + amount})) for more, amount in YEARS]
    wider = [
        ("controls", 2, replace(reach, units=reach.treated + 2 * others)),
        ("both_groups", 2, replace(reach, units=2 * reach.units, treated=2 * reach.treated)),
    ]
    found = [(more, amount, other.spread(errors) / now) for more, amount, other in (*longer, *wider)]
    return tuple(Scenario(more, amount, mde * share, share) for more, amount, share in found)
