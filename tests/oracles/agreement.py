"""Comparison of our numbers with those of another package: the assertion, and what is kept of it for the summary of the run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import ArrayLike


@dataclass
class Deviations:
    """Of one package under one tolerance: how many numbers were compared and how far apart they were at most, as the tolerance counts."""

    numbers: int = 0
    largest: float = 0.0


@dataclass
class Agreement:
    """All comparisons of a run; by package and tolerance in words."""

    found: dict[tuple[str, str], Deviations] = field(default_factory=dict)

    def within(self, package: str, own: ArrayLike, theirs: ArrayLike, *, absolute: float = 0.0, relative: float = 0.0) -> None:
        """Asserts |own - theirs| <= absolute, or <= relative · |theirs|: one of both is given. Values: numbers or arrays of one shape."""
        left, right = np.asarray(own, dtype=float), np.asarray(theirs, dtype=float)
        assert left.shape == right.shape
        apart = np.abs(left - right) / (1.0 if absolute else np.abs(right))
        kept = self.found.setdefault((package, f"absolute {absolute:g}" if absolute else f"relative {relative:g}"), Deviations())
        kept.numbers += left.size
        kept.largest = max(kept.largest, float(np.max(apart, initial=0.0)))
        assert left == pytest.approx(right, abs=absolute, rel=relative)

    def lines(self) -> list[str]:
        """A line for each package and tolerance."""
        return [
            f"{package}, tolerance {tolerance}: {kept.numbers} numbers, largest deviation {kept.largest:.1e}"
            for (package, tolerance), kept in sorted(self.found.items())
        ]
