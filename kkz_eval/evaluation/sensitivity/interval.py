"""A confidence interval as all of sensitivity gives it. Does not belong here: how one is found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """Both ends, in the unit of the outcome."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value is inside."""
        return self.low <= value <= self.high
