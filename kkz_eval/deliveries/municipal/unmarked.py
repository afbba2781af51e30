"""Whether a table that was read as a delivery is rather that of an office, and only the word is missing that says so. No reading."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.parsed_table import unit_property
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import KREISFREIE_SUFFIX, as_whole_kreis, kreise, programme_units

_MOST_OUTSIDE = (
    10  # Kreise outside the programme: no delivery, not even one that puts together what several municipalities sent, lists more
)


def unmarked(parsed: ParsedTable, contracts: Mapping[str, Contract], name: str) -> Unclaimed | None:
    """Why a table is none of a municipality though it was read as one; None where it may be.

    An office lists all Kreise in the columns that a municipality delivers: taken for deliveries, its figures would take the place of those
    that the municipalities sent.
    """
    office = _office_with(frozenset(parsed.titles), contracts)
    unit = unit_property(contracts[parsed.contract_id])
    if office is None or unit is None or contracts[parsed.contract_id].source != "municipal":
        return None
    listed = pc.unique(parsed.table.column(unit.name)).to_pylist()
    outside = {key for key in listed if key in _whole_kreise_outside()}
    if len(outside) <= _MOST_OUTSIDE:
        return None
    told = {"name": name, "count": str(len(outside)), "contract": office.id, "marker": office.title_marker or ""}
    return Unclaimed("office_unmarked", told)


def _office_with(columns: frozenset[str], contracts: Mapping[str, Contract]) -> Contract | None:
    """The contract for the table of an office that demands no more than these columns."""
    for contract in contracts.values():
        required = {of.name for of in contract.properties if of.required}
        if contract.source == "official" and contract.title_marker is not None and required <= columns:
            return contract
    return None


@cache
def _whole_kreise_outside() -> frozenset[str]:
    """Keys of the Kreise, and of the cities that are one, that never joined the programme as a whole."""
    joined = {as_whole_kreis(unit.ags) for unit in programme_units()}
    outside = [kreis.ags5 for kreis in kreise() if kreis.ags5 not in joined]
    return frozenset((*outside, *(key + KREISFREIE_SUFFIX for key in outside)))
