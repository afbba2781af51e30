"""Other assignments for estimators of any kind: the whole estimate anew on a sample whose units start as drawn.

Belongs here: the sample as it would have been, the estimates of draws. Does not belong here: which estimator; two-way fixed effects, which need
no new fit (panels.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from kkz_eval.evaluation.arrays import AssignmentByUnitStart, PerUnit
from kkz_eval.evaluation.inference.estimates import Estimates
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample

Fit = Callable[[Sample], Mapping[str, tuple[float, float]]]
"""Estimates and errors of a sample by aggregation. Raises Refused."""


def estimates_anew(
    fit: Fit, sample: Sample, starts: AssignmentByUnitStart, aggregations: Sequence[str]
) -> Mapping[str, Estimates]:
    """The estimates and their errors, each (a,), under each assignment (a, N); NaN where the fit is refused or has none of the aggregation."""
    found = np.full((len(aggregations), 2, len(starts)), np.nan)
    for place, of_units in enumerate(starts):
        try:
            fitted = fit(started_as(sample, of_units))
        except Refused:
            continue  # NaN is no estimate: whoever asked counts them
        for row, name in enumerate(aggregations):
            found[row, :, place] = fitted.get(name, (np.nan, np.nan))
    return {name: Estimates(*of_one) for name, of_one in zip(aggregations, found, strict=True)}


def started_as(sample: Sample, starts: PerUnit) -> Sample:
    """The sample, had its units started so: (N,) years by unit code, NaN for those that never do.

    Cells and gaps stay with their units. A unit of a cohort that the plan does not treat has no cell after its own start, and is in the others what
    it is in the real sample: one that is not treated.
    """
    of_cells = starts[sample.unit]
    return replace(sample, cohort=of_cells, start=of_cells, never=np.isnan(of_cells))
