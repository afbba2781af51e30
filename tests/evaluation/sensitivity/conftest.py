"""Event studies at random: the estimates of a panel whose units wander and are measured with noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kkz_eval.evaluation.sensitivity.event_coefficients import EventCoefficients, event_coefficients

Make = Callable[..., EventCoefficients]


@pytest.fixture(scope="session")
def random_event_study() -> Make:
    """Makes one from a seed: 2 to 6 periods before and 1 to 7 from the start on, or as many as are named."""

    def make(seed: int, pre: int | None = None, post: int | None = None) -> EventCoefficients:
        draw = np.random.default_rng(seed)
        before = int(draw.integers(2, 7)) if pre is None else pre
        after = int(draw.integers(1, 8)) if post is None else post
        years = before + after + 1
        noise, wandering = draw.uniform(0.3, 1), draw.uniform(0, 0.5)
        of_means = 0.05 * (noise * np.eye(years) + wandering * np.tril(np.ones((years, years))))
        to_reference = np.delete(np.eye(years), before, axis=0)
        to_reference[:, before] = -1
        root = to_reference @ of_means
        effects = np.concatenate([np.zeros(before), np.full(after, 0.2 * draw.normal())])
        covariance = root @ root.T
        return event_coefficients(effects + root @ draw.normal(size=years), (covariance + covariance.T) / 2, before, after)

    return make
