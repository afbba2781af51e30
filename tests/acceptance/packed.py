"""What a file holds, however packed. No expectations here."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator

import pyarrow.parquet as pq


def views(data: bytes) -> Iterator[bytes]:
    """The bytes, and what they hold packed: members of archives, columns of Parquet, cells of SQLite, deflated streams."""
    yield data
    if data.startswith(b"PK\x03\x04") and zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from views(archive.read(name))
    elif data.startswith(b"PAR1"):
        table = pq.read_table(io.BytesIO(data))
        yield str(table.schema.metadata).encode()
        yield json.dumps(table.to_pylist(), default=str, ensure_ascii=False).encode()
    elif data.startswith(b"SQLite format 3\0"):
        base = sqlite3.connect(":memory:")
        base.deserialize(data[:18] + b"\1\1" + data[20:])  # as if without a write-ahead log, which is a file of its own
        for (table,) in base.execute("select name from sqlite_master where type = 'table'").fetchall():
            for cells in base.execute(f'select * from "{table}"'):
                for cell in cells:
                    if isinstance(cell, bytes):
                        yield from views(cell)
        base.close()
    elif data[:1] == b"x" or data[:2] == b"\x1f\x8b":
        try:
            yield from views(zlib.decompress(data, 47))  # zlib or gzip, as the header says
        except zlib.error:
            return
