"""Several measures of one table as the columns of one parsed table. No reading, no judging.

A contract with two measures takes each from its own columns of a table of official statistics (a count and its rate side by side);
what is said of the same unit, year and members becomes one record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.model.parsed import COL, FLAG, ROW, TEXT

_PARTS = ("", TEXT, FLAG, ROW, COL)


def joined(parts: Mapping[str, pa.Table], contract: Contract) -> pa.Table:
    """One table of a contract from one per measure, by name of the measure; records in the order in which the parts first name them.

    A measure that a part does not give stays without value, text and address. Two records of one part with the same keys (a year
    twice) stay two, so that the rule of unique keys sees them.
    """
    if len(parts) == 1:
        (alone,) = parts.values()
        return alone
    keys = [p.name for p in contract.properties if p.role in {"key", "dimension"}]
    order: dict[tuple[object, ...], None] = {}
    places: dict[str, dict[tuple[object, ...], int]] = {}
    for measure, table in parts.items():
        seen: dict[tuple[object, ...], int] = {}
        places[measure] = {}
        for index, key in enumerate(zip(*(table.column(name).to_pylist() for name in keys), strict=True)):
            seen[key] = seen.get(key, -1) + 1
            place = (*key, seen[key])
            places[measure][place] = index
            order.setdefault(place)
    whole = pa.concat_tables([table.replace_schema_metadata() for table in parts.values()])
    offsets = dict(zip(parts, _offsets(list(parts.values())), strict=True))
    records = list(order)
    first = [next(offsets[m] + places[m][record] for m in parts if record in places[m]) for record in records]
    base = whole.take(pa.array(first, pa.int64()))
    for measure in parts:
        rows = [offsets[measure] + places[measure][r] if r in places[measure] else None for r in records]
        for part in _PARTS:
            name = measure + part
            column = whole.column(name).take(pa.array(rows, pa.int64()))
            base = base.set_column(base.schema.get_field_index(name), base.schema.field(name), column)
    return base.combine_chunks()


def _offsets(tables: Sequence[pa.Table]) -> list[int]:
    """Where each table begins when they stand one below the other."""
    return [sum(table.num_rows for table in tables[:index]) for index in range(len(tables))]
