"""An event study as all of sensitivity takes it: estimates by event time, their covariance, and what is asked of them.

Belongs here: the value, its checks, making it of an estimate. Does not belong here: the estimate itself (estimators), any interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import EstimateByEstimate, Integers, PerEstimate
from kkz_eval.evaluation.estimators.event_study import fit_event_study
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample

FEWEST_BEFORE = 2  # of one change before the reference nobody can see how much changes differ
RANK = 1e-10  # eigenvalue of the correlations, as a share of the largest, that is not taken for 0


@dataclass(frozen=True)
class EventCoefficients:
    """Estimates against one event time of reference, where the estimate is 0 by definition and which is not among them.

    estimates: (r,); covariance: (r, r), symmetric, of full rank; event_times: (r,) sorted, at equal steps once the reference is among them.
    """

    estimates: PerEstimate
    covariance: EstimateByEstimate
    event_times: Integers
    reference: int = -1

    @property
    def pre_periods(self) -> int:
        """How many estimates are before the reference; they come first."""
        return int((self.event_times < self.reference).sum())

    @property
    def post_periods(self) -> int:
        """How many estimates are after the reference."""
        return len(self.event_times) - self.pre_periods

    @property
    def years(self) -> PerEstimate:
        """(r,) years since the reference."""
        return np.asarray(self.event_times - self.reference, dtype=float)

    def first_effect(self) -> PerEstimate:
        """(post_periods,) weights of the first period from the start on alone."""
        later = self._from_start()
        return np.asarray(later & (later.cumsum() == 1), dtype=float)

    def average_effect(self) -> PerEstimate:
        """(post_periods,) weights of the mean of all periods from the start on."""
        later = self._from_start()
        return np.asarray(later / later.sum(), dtype=float)

    def _from_start(self) -> np.ndarray:
        return np.asarray(self.event_times[self.pre_periods :] >= 0)


def event_coefficients(
    estimates: PerEstimate, covariance: EstimateByEstimate, pre_periods: int, post_periods: int
) -> EventCoefficients:
    """Of pre_periods and then post_periods yearly estimates, with the year before the start as reference. Raises as at_event_times."""
    return at_event_times(estimates, covariance, [*range(-pre_periods - 1, -1), *range(post_periods)], reference=-1)


def event_study_coefficients(sample: Sample, plan: Plan) -> EventCoefficients:
    """Of the event study with two-way fixed effects, without covariates' coefficients. Raises Refused as the study and at_event_times do."""
    fit, event_times = fit_event_study(sample, plan)
    count = len(event_times)
    return at_event_times(fit.coefficients[:count], fit.covariance[:count, :count], event_times, plan.event_reference)


def at_event_times(
    estimates: PerEstimate, covariance: EstimateByEstimate, event_times: Sequence[int], reference: int
) -> EventCoefficients:
    """The value, checked. event_times: sorted, without the reference. Raises ValueError where shapes don't fit.

    Raises Refused: a reference at or after the start, periods at unequal distances, fewer than two of them before the reference, none
    from the start on, an estimate that is missing or infinite, a covariance that is not of full rank (fewer clusters than coefficients,
    a perfect fit).
    """
    count = len(event_times)
    if estimates.shape != (count,) or covariance.shape != (count, count):
        raise ValueError(f"{count} event times, {estimates.shape} estimates, {covariance.shape} covariance")
    if reference >= 0:
        raise Refused("reference_not_before", reference=reference)
    times = np.array(event_times, dtype=int)
    if (times < reference).sum() < FEWEST_BEFORE:
        raise Refused("few_event_times_before", found=int((times < reference).sum()), fewest=FEWEST_BEFORE)
    if not (times >= 0).any():
        raise Refused("no_event_times_after")
    every = np.sort([*times, reference])
    if len(set(np.diff(every))) != 1:
        raise Refused("uneven_event_times", times=", ".join(str(time) for time in every))
    if not np.isfinite(estimates).all() or not np.isfinite(covariance).all():
        raise Refused("estimates_not_finite")
    rank = _rank(covariance)
    if rank < count:
        raise Refused("covariance_singular", coefficients=count, rank=rank)
    return EventCoefficients(estimates, (covariance + covariance.T) / 2, times, reference)


def _rank(covariance: EstimateByEstimate) -> int:
    """Of the correlations, so that the unit of measurement does not matter; 0 where it is no covariance at all."""
    variances = np.diag(covariance)
    if not (variances > 0).all():
        return int((variances > 0).sum())
    scale = np.sqrt(variances)
    correlations = covariance / np.outer(scale, scale)
    if not np.allclose(correlations, correlations.T, rtol=0, atol=RANK):
        return 0
    found = np.linalg.eigvalsh(correlations)
    return int((found > RANK * found[-1]).sum())
