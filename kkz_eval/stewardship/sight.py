"""Whose deliveries somebody may see. No people, no roles: who that is, the desk knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sight:
    """The units and datasets of which somebody sees deliveries; None for all."""

    units: frozenset[str] | None
    datasets: frozenset[str] | None = None

    def sees(self, dataset: str, unit_id: str) -> bool:
        """Whether a dataset of a unit is among them."""
        return (self.units is None or unit_id in self.units) and (self.datasets is None or dataset in self.datasets)


EVERYTHING = Sight(None)
NOTHING = Sight(frozenset())
