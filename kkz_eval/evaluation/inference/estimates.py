"""Estimates under many assignments, with their errors. Nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.arrays import PerAssignment


@dataclass(frozen=True, eq=False)
class Estimates:
    """coefficient, error: (a,) of each assignment. NaN where there is none."""

    coefficient: PerAssignment
    error: PerAssignment

    def studentised(self, center: float) -> PerAssignment:
        """(a,) distance from a center in errors."""
        return np.asarray((self.coefficient - center) / self.error)
