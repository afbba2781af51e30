"""One figure of a benchmark. What is measured is in bench.py and bench_official.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure. measured, reference: seconds (or MB, as the name says); ratio: measured / reference."""

    name: str
    measured: float
    against: str
    reference: float

    @property
    def ratio(self) -> float:
        """How often the reference fits into what was measured."""
        return self.measured / self.reference
