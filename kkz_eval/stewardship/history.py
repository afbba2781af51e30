"""What the register said of each unit and year of a dataset, delivery by delivery. No storage, no pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.register.accepted import sources_of
from kkz_eval.deliveries.register.register import Arrival, Register
from kkz_eval.model.verdicts import Slice, Verdict


@dataclass(frozen=True)
class History:
    """All that was judged of a unit and year of a dataset. entries: (number of the arrival, fate), the newest last."""

    dataset: str
    unit_id: str
    year: int
    entries: tuple[tuple[int, Slice], ...]
    newest: Arrival
    verdict: Verdict


def histories(register: Register, contracts: Mapping[str, Contract]) -> list[History]:
    """The histories of all units and years that were ever delivered, by dataset, unit and year."""
    found: list[History] = []
    for contract in sorted(contracts.values(), key=lambda one: one.dataset):
        entries: dict[tuple[str, int], list[tuple[int, Slice]]] = {}
        newest: dict[tuple[str, int], tuple[Arrival, Verdict]] = {}
        for source in sources_of(register, contract):
            for part in source.verdict.slices:
                entries.setdefault((part.unit_id, part.year), []).append((source.arrival.number, part))
                newest[(part.unit_id, part.year)] = (source.arrival, source.verdict)
        found += [History(contract.dataset, *key, tuple(entries[key]), *newest[key]) for key in sorted(entries)]
    return found
