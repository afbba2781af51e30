"""Tables that are handed on with a report: made-up figures say so in every row, for a file is passed on without the page beside it.

Does not belong here: whether figures are made up (study); what stands in the tables.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from kkz_eval.model.simulated import COLUMN, IN_ROWS


def said_in_each_row(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files by name, each table (.csv, .parquet) with the column `simulated` after all others, "true" in every row; other files as they are."""
    return {
        name: _SAYING[kind](content) if (kind := name.rpartition(".")[2]) in _SAYING else content
        for name, content in files.items()
    }


def _csv(content: bytes) -> bytes:
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([[*header, COLUMN], *([*row, IN_ROWS] for row in rows)])
    return written.getvalue().encode("utf-8")


def _parquet(content: bytes) -> bytes:
    table = pq.read_table(io.BytesIO(content))
    sink = pa.BufferOutputStream()
    pq.write_table(table.append_column(COLUMN, pa.array([IN_ROWS] * table.num_rows, pa.string())), sink)
    return bytes(sink.getvalue().to_pybytes())


_SAYING = {"csv": _csv, "parquet": _parquet}
