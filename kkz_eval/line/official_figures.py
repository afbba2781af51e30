"""What official statistics at hand say for a dataset that municipalities deliver too, under the keys of those who owe it.

Belongs here: which figures are shown to a municipality to be confirmed. Nothing of it is counted as a delivery, and nothing is estimated from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from kkz_eval.contracts.contract import Contract
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.reference.tables import municipality_key
from kkz_eval.stewardship.due_days import owed_by
from kkz_eval.stewardship.history import Place

Figures = Mapping[tuple[str, int], list[Mapping[str, object]]]
"""Observations of official statistics by the unit that owes them and the year."""


def official_places(snapshot: Snapshot) -> frozenset[Place]:
    """The datasets, units and years of which official statistics at hand have a figure that municipalities are asked for too."""
    return frozenset(
        (contract.dataset, *place) for contract in snapshot.contracts.values() for place in official_figures(snapshot, contract)
    )


def official_figures(snapshot: Snapshot, contract: Contract) -> Figures:
    """What the official datasets that a contract names hold for those who owe its dataset, since they joined; values alone, no symbols.

    A city has 8 digits where it delivers and 5 in official tables; a town within a Kreis has figures only where a table names towns.
    """
    owed, measures = owed_by(contract), {p.name for p in contract.properties if p.role == "measure"}
    codes = {p.name: {code.code for code in p.codes} for p in contract.properties if p.role == "dimension"}
    known = {one.dataset for one in snapshot.contracts.values()}
    found: dict[tuple[str, int], list[Mapping[str, object]]] = {}
    for dataset in (name for name in contract.terms.official_datasets if name in known):
        for row in snapshot.accepted(dataset).observations.to_pylist():
            unit = row["unit_id"] if row["unit_id"] in owed else _city(row["unit_id"])
            if unit not in owed or row["year"] not in owed[unit] or row["value"] is None or row["measure"] not in measures:
                continue
            if all(code in codes.get(name, ()) for name, code in row["dimensions"]):
                found.setdefault((unit, row["year"]), []).append(row)
    return found


def _city(unit_id: str) -> str:
    """The key under which a kreisfreie Stadt delivers, of that which official tables write; any other key as it is."""
    return municipality_key(unit_id) or unit_id if len(unit_id) == 5 else unit_id
