"""Arrow tables as Parquet with the name and version of their schema; the same table gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq

from kkz_eval.model.errors import UserError
from kkz_eval.model.tables import OBSERVATIONS, TableSpec

_NAME, _VERSION = b"kkz_table", b"kkz_schema_version"

_MANY_ROWS = 1000  # below, dictionaries of values make a file larger, and lz4 reads and writes twice as fast as zstd for a fifth more bytes

Migration = Callable[[pa.Table], pa.Table]


def _without_known_day(table: pa.Table) -> pa.Table:
    """Observations of version 1 say no day from which they were known."""
    nothing = pa.nulls(table.num_rows, pa.string())
    return table.append_column("known_day", nothing).append_column("known_by", nothing).select(OBSERVATIONS.schema.names)


def _without_titles(table: pa.Table) -> pa.Table:
    """Findings of version 1 do not say how the column is called in the file."""
    return table.append_column("title", pa.nulls(table.num_rows, pa.string()))


MIGRATIONS: Mapping[tuple[str, int], Migration] = {(OBSERVATIONS.name, 1): _without_known_day, ("findings", 1): _without_titles}
"""(table, version) -> the step to the next version."""


def to_parquet(table: pa.Table, spec: TableSpec) -> bytes:
    """Parquet bytes of a table with exactly the columns of its specification.

    Raises pyarrow.ArrowInvalid or ValueError where the table does not fit the schema.
    """
    as_specified = table.select(spec.schema.names).cast(spec.schema).combine_chunks()
    return _parquet_of(as_specified, spec) if as_specified.num_rows else _parquet_of_nothing(spec)


@lru_cache(maxsize=64)  # most deliveries have no findings
def _parquet_of_nothing(spec: TableSpec) -> bytes:
    return _parquet_of(spec.schema.empty_table(), spec)


def _parquet_of(table: pa.Table, spec: TableSpec) -> bytes:
    marked = table.replace_schema_metadata({_NAME: spec.name.encode(), _VERSION: str(spec.version).encode()})
    sink = pa.BufferOutputStream()
    repeats = table.num_rows >= _MANY_ROWS
    compression = "zstd" if repeats else "lz4"
    pq.write_table(
        marked, sink, compression=compression, row_group_size=1 << 20, use_dictionary=repeats, write_page_checksum=True
    )
    return bytes(sink.getvalue().to_pybytes())


def read_parquet(data: bytes) -> pa.Table:
    """The table as it was written. One file, one thread: most tables are small, and pyarrow's data sets and threads cost more than they."""
    return pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True).read(use_threads=False)


def from_parquet(data: bytes, spec: TableSpec) -> pa.Table:
    """The table in the current version of its schema, migrated step by step where it is older.

    Raises UserError where it is another table, or newer than this program.
    """
    if data == _parquet_of_nothing(spec):
        return spec.schema.empty_table()
    table = read_parquet(data)
    metadata = table.schema.metadata or {}
    name = metadata.get(_NAME, b"?").decode()
    version = int(metadata.get(_VERSION, b"0"))
    if name != spec.name or version > spec.version:
        raise UserError("table_unknown_version", table=spec.name, found=f"{name} v{version}", known=spec.version)
    while version < spec.version:
        table = MIGRATIONS[(spec.name, version)](table)
        version += 1
    return table.replace_schema_metadata(None).cast(spec.schema)
