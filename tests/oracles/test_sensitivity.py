"""Intervals under violations against moderndid, where it is installed beside the others; it is in no extra.

moderndid 0.2.0 leaves out the earliest move before the reference when it looks for the largest, which Rambachan and Roth's package does
not: with estimates of 1, 0.05, 0 before the reference, an effect of 1 and M̄ = 1, it gives [0.88, 1.12] where [-0.02, 2.02] is right. So
relative magnitudes are compared on the same estimates without the earliest one, which leaves both the same moves.
"""

from __future__ import annotations

import numpy as np
import pytest
from agreement import Agreement
from moderndid.didhonest.delta.rm.rm import compute_conditional_cs_rm
from moderndid.didhonest.fixed_length_ci import compute_flci

from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients, event_coefficients
from kkz_eval.evaluation.sensitivity.relative_magnitudes import relative_magnitudes_interval
from kkz_eval.evaluation.sensitivity.smoothness import smoothness_interval

pytestmark = pytest.mark.filterwarnings("ignore")
BEFORE, AFTER = 3, 2
EFFECTS = 400


def wandering(seed: int) -> EventCoefficients:
    """Estimates of units that wander, with an effect."""
    draw, years = np.random.default_rng(seed), BEFORE + AFTER + 1
    to_reference = np.delete(np.eye(years), BEFORE, axis=0)
    to_reference[:, BEFORE] = -1
    root = 0.2 * to_reference @ (np.eye(years) + draw.uniform(0, 0.5) * np.tril(np.ones((years, years))))
    estimates = np.repeat([0.0, draw.normal()], [BEFORE, AFTER]) + root @ draw.normal(size=years)
    return event_coefficients(estimates, (root @ root.T + (root @ root.T).T) / 2, BEFORE, AFTER)


@pytest.mark.parametrize("seed", range(6))
def test_smoothness_agrees_and_is_never_longer(agreement: Agreement, seed: int) -> None:
    """The other searches for the best estimator step by step; where lengths hardly differ, its centre may be a little beside."""
    event = wandering(seed)
    for weights in (event.first_effect(), event.average_effect()):
        for m in (0.02, 0.1, 0.5):
            low, high = compute_flci(
                event.estimates, event.covariance, m, BEFORE, AFTER, post_period_weights=weights[:, None]
            ).flci
            own = smoothness_interval(event, weights, m, 0.05)
            length = own.high - own.low
            agreement.within("moderndid, length under smoothness", length, high - low, relative=1e-4)
            assert length <= (high - low) * (1 + 1e-7)
            agreement.within(
                "moderndid, ends in lengths", ((own.low - low) / length, (own.high - high) / length), (0, 0), absolute=5e-3
            )


@pytest.mark.parametrize("seed", range(3))
def test_relative_magnitudes_agree_to_the_grid_and_the_draws_of_the_other(agreement: Agreement, seed: int) -> None:
    event = wandering(seed)
    fewer = event_coefficients(event.estimates[1:], event.covariance[1:, 1:], BEFORE - 1, AFTER)
    for m_bar, weights in ((0.5, event.first_effect()), (1.0, event.average_effect())):
        theirs = compute_conditional_cs_rm(
            event.estimates, event.covariance, BEFORE, AFTER, l_vec=weights[:, None], m_bar=m_bar, grid_points=EFFECTS, seed=0
        )
        grid = theirs["grid"][theirs["accept"] > 0]
        own = relative_magnitudes_interval(fewer, weights, m_bar, 0.05)
        apart = (own.low - grid[0], own.high - grid[-1])
        step = theirs["grid"][1] - theirs["grid"][0]
        agreement.within("moderndid, relative magnitudes, in steps of its grid", np.array(apart) / step, (0, 0), absolute=3)
