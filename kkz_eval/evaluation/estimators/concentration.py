"""How far the weight of a comparison group rests on few of its units. Does not belong here: how weights come about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import PerUnit
from kkz_eval.evaluation.balance import effective_sample_size
from kkz_eval.evaluation.problems import Figure, Note, Rounded
from kkz_eval.evaluation.sample import Sample


@dataclass(frozen=True)
class Concentration:
    """largest: share of the weight that one comparison unit carries, 0 to 1; effective: effective_sample_size; controls: units, those
    without weight too; comparison: "cohort/year" of the comparison that it was found in, empty where there is only one."""

    largest: float
    effective: float
    controls: int
    comparison: str = ""

    @property
    def figures(self) -> dict[str, float]:
        """By the names that they have in tests.csv."""
        return {"largest_control_weight": self.largest, "effective_controls": self.effective}

    @property
    def note(self) -> Note:
        """In words, rounded."""
        figures = {"percent": Rounded(100 * self.largest), "effective": Figure(self.effective, 1), "controls": self.controls}
        if self.comparison:
            return Note("notes.control_weights_of_comparison", {**figures, "comparison": self.comparison})
        return Note("notes.control_weights", figures)


def concentration_of(weights: PerUnit) -> Concentration | None:
    """weights: (n0,) of the comparison units, 0 or more, with a positive sum. None where all weigh the same: there is nothing to say."""
    if len(weights) == 0 or np.ptp(weights) <= 1e-12 * weights.max():  # sums of equal weights differ by rounding
        return None
    return Concentration(float(weights.max() / weights.sum()), effective_sample_size(weights), len(weights))


def weights_of_plan(sample: Sample) -> Concentration | None:
    """Of the mean weights, over their cells, of units that are treated in no year of the sample (of no treated cohort, or of one that starts
    later); None where the plan has no weights, there are no such units, or all weigh the same."""
    if sample.weights is None:
        return None
    control = ~(sample.cohort <= sample.year.max())
    _, unit = np.unique(sample.unit[control], return_inverse=True)
    sums, cells = np.bincount(unit, sample.weights[control]), np.bincount(unit)
    return concentration_of(sums / cells)
