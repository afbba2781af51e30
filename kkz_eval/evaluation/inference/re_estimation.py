"""Other assignments for estimators of any kind: the whole estimate anew on a sample whose units start as drawn.

Belongs here: the sample as it would have been, the estimates of draws. Does not belong here: which estimator; two-way fixed effects, which need
no new fit (panels.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kkz_eval.evaluation.arrays import AssignmentByUnitStart, PerAssignment, PerUnit
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample

Estimate = Callable[[Sample], float]
"""One estimate of a sample. Raises Refused."""


def estimates_anew(estimate: Estimate, sample: Sample, starts: AssignmentByUnitStart) -> PerAssignment:
    """(a,) the estimate under each assignment (a, N); NaN where it is refused."""
    found = np.full(len(starts), np.nan)
    for place, of_units in enumerate(starts):
        try:
            found[place] = estimate(started_as(sample, of_units))
        except Refused:
            continue  # counted by whoever asked: NaN is no estimate
    return found


def started_as(sample: Sample, starts: PerUnit) -> Sample:
    """The sample, had its units started so: (N,) years by unit code, NaN for those that never do.

    Cells and gaps stay with their units. A unit of a cohort that the plan does not treat has no cell after its own start, and is in the others what
    it is in the real sample: one that is not treated.
    """
    of_cells = starts[sample.unit]
    return replace(sample, cohort=of_cells, start=of_cells, never=np.isnan(of_cells))
