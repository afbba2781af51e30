"""The mark of made-up figures in tables: a column more, and nothing else is another than before."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq

from kkz_eval.line.simulated_tables import said_in_each_row


def test_cells_stay_as_they_are_whatever_stands_in_them() -> None:
    rows = [["a", "b"], ["1.25", 'sagt "nein", und\nnoch eine Zeile'], ["", "ä"]]
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    (marked,) = said_in_each_row({"t.csv": written.getvalue().encode()}).values()
    read = list(csv.reader(io.StringIO(marked.decode(), newline="")))
    assert read == [["a", "b", "simulated"], [*rows[1], "true"], [*rows[2], "true"]]


def test_a_parquet_file_keeps_its_types_and_other_files_their_bytes() -> None:
    table = pa.table({"n": pa.array([1, None], pa.int64()), "x": pa.array([0.1, 2.0])})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    files = said_in_each_row({"t.parquet": sink.getvalue().to_pybytes(), "bericht.html": b"<p>"})
    marked = pq.read_table(io.BytesIO(files["t.parquet"]))
    assert marked.drop_columns("simulated").equals(table)
    assert marked.column("simulated").to_pylist() == ["true", "true"]
    assert files["bericht.html"] == b"<p>"
