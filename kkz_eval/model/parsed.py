"""The table that a reader makes of a file: typed columns, the text as delivered, the symbol, and the address of each cell.

One arrow table holds it all, so that it is stored as it is. For every property `p` of the contract:
    p          typed by the contract (string, int64, float64); null where empty, a symbol, or not convertible
    p__text    the text as delivered; null where the file has no such cell
    p__flag    the statistical symbol (`-`, `.`, `/` …), a letter of quality (`p`), or both (`() p`); null without one.
               Symbols are never numbers.
    p__row     row of the cell in the file, int32, 1-based; null where the file has no such cell
    p__col     column of the cell, int32, 1-based
and `__sheet`, the sheet of the record (null for text files). Every property of the contract is there, in its order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

TEXT, FLAG, ROW, COL, SHEET = "__text", "__flag", "__row", "__col", "__sheet"

QUALITIES = frozenset("prse")  # letters of quality: provisional, revised, estimated, final

ARROW_TYPES: Mapping[str, pa.DataType] = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64()}


def parsed_schema(properties: Sequence[tuple[str, str]]) -> pa.Schema:
    """The schema of a parsed table.

    properties: (name, logical type) in the contract's order; logical type is string, integer or number.
    """
    columns: list[pa.Field] = []
    for name, logical_type in properties:
        columns += [
            pa.field(name, ARROW_TYPES[logical_type]),
            pa.field(name + TEXT, pa.string()),
            pa.field(name + FLAG, pa.string()),
            pa.field(name + ROW, pa.int32()),
            pa.field(name + COL, pa.int32()),
        ]
    columns.append(pa.field(SHEET, pa.string()))
    return pa.schema(columns)


@dataclass(frozen=True)
class ParsedTable:
    """A file as its contract sees it.

    contract_id: whose properties the columns are; layout: which reader made it; table: as parsed_schema says;
    findings: what the reader itself found (unreadable numbers, ambiguity, missing columns), FINDINGS_SCHEMA;
    edition: of an official source (e.g. "2024"), "" where the file names none;
    titles: property -> header of its column as delivered, of those that have a column of their own with one.
    """

    contract_id: str
    layout: str
    table: pa.Table
    findings: pa.Table
    edition: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)

    def property_names(self) -> tuple[str, ...]:
        """The properties of the contract, in its order."""
        return tuple(name.removesuffix(TEXT) for name in self.table.column_names if name.endswith(TEXT))

    def values(self, name: str) -> pa.ChunkedArray:
        """Typed values of a property."""
        return self.table.column(name)

    def texts(self, name: str) -> pa.ChunkedArray:
        """Values of a property as delivered."""
        return self.table.column(name + TEXT)

    def flags(self, name: str) -> pa.ChunkedArray:
        """Statistical symbols of a property."""
        return self.table.column(name + FLAG)

    def years(self) -> tuple[int, ...]:
        """The reporting years that the file speaks about, ascending."""
        years = self.table.column("year").drop_null().unique().to_numpy(zero_copy_only=False)
        return tuple(int(year) for year in np.sort(years))
