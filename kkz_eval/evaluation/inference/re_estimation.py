"""Other assignments for estimators of any kind: the whole estimate anew on a sample whose units start as drawn.

Belongs here: the sample as it would have been, the estimates of draws. Does not belong here: which estimator; two-way fixed effects, which need
no new fit (panels.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from kkz_eval.evaluation.arrays import AssignmentByUnitStart, Floats, PerUnit
from kkz_eval.evaluation.inference.estimates import Estimates
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample
from kkz_eval.evaluation.spread import Spread

Fit = Callable[[Sample], Mapping[str, tuple[float, float]]]
"""Estimates and errors of a sample by aggregation. Raises Refused."""


PIECE = 100  # assignments that are fitted together, wherever that is: about half a second for 44 units in 13 years


def estimates_anew(
    fit: Fit, sample: Sample, starts: AssignmentByUnitStart, aggregations: Sequence[str], spread: Spread = map
) -> Mapping[str, Estimates]:
    """The estimates and their errors, each (a,), under each assignment (a, N); NaN where the fit is refused or has none of the aggregation.

    spread: how the pieces are made; the assignments are drawn, so that no piece draws anything.
    """
    pieces = [starts[first : first + PIECE] for first in range(0, len(starts), PIECE)]
    found = np.concatenate(list(spread(partial(_fitted, fit, sample, tuple(aggregations)), pieces)), axis=2)
    return {name: Estimates(*of_one) for name, of_one in zip(aggregations, found, strict=True)}


def _fitted(fit: Fit, sample: Sample, aggregations: Sequence[str], starts: AssignmentByUnitStart) -> Floats:
    """(aggregations, 2, a) estimates and errors of one piece."""
    found = np.full((len(aggregations), 2, len(starts)), np.nan)
    for place, of_units in enumerate(starts):
        try:
            fitted = fit(started_as(sample, of_units))
        except Refused:
            continue  # NaN is no estimate: whoever asked counts them
        for row, name in enumerate(aggregations):
            found[row, :, place] = fitted.get(name, (np.nan, np.nan))
    return found


def started_as(sample: Sample, starts: PerUnit) -> Sample:
    """The sample, had its units started so: (N,) years by unit code, NaN for those that never do.

    Cells and gaps stay with their units. A unit of a cohort that the plan does not treat has no cell after its own start, and is in the others what
    it is in the real sample: one that is not treated.
    """
    of_cells = starts[sample.unit]
    return replace(sample, cohort=of_cells, start=of_cells, never=np.isnan(of_cells))
