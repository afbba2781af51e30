"""Values that their source marks as not final: provisional, revised, estimated, uncertain. No symbols that stand for a number."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

MARKS = ("p", "r", "s", "e")  # provisional, revised, estimated (geschätzt), estimated; letters as the sources write them


def marks_of(table: pa.Table, units: frozenset[str], years: tuple[int, int] | None) -> dict[str, int]:
    """How many values carry each letter, by letter. table: model.tables.INDICATORS; units: those compared; years: first and last."""
    columns = [table.column(name).to_pylist() for name in ("unit_id", "year", "value", "flag")]
    found = Counter(
        str(flag).strip().casefold()
        for unit, year, value, flag in zip(*columns, strict=True)
        if flag is not None and value is not None and unit in units and (years is None or years[0] <= year <= years[1])
    )
    return {mark: found[mark] for mark in MARKS if found[mark]}
