"""Stored tables carry name and version; the same table gives the same bytes and the same digest."""

import pyarrow as pa
import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.model.tables import OBSERVATIONS, TableSpec
from kkz_eval.storage.digests import digest_of, digest_of_table
from kkz_eval.storage.tables import from_parquet, to_parquet

SPEC = TableSpec("things", 1, pa.schema([("name", pa.string()), ("value", pa.float64())]))
TABLE = pa.table({"value": [1.5, None], "name": ["a", "ä"]})


def test_round_trip_in_the_order_of_the_schema():
    back = from_parquet(to_parquet(TABLE, SPEC), SPEC)
    assert back.schema == SPEC.schema
    assert back.to_pylist() == [{"name": "a", "value": 1.5}, {"name": "ä", "value": None}]


def test_chunks_do_not_change_bytes_or_digest():
    chunked = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    assert to_parquet(chunked, SPEC) == to_parquet(TABLE, SPEC)
    assert digest_of_table(chunked) == digest_of_table(TABLE)


def test_a_slice_has_the_digest_of_a_copy():
    assert digest_of_table(TABLE.slice(1)) == digest_of_table(pa.table({"value": pa.array([None], pa.float64()), "name": ["ä"]}))


def test_another_value_gives_another_digest():
    assert digest_of_table(TABLE) != digest_of_table(pa.table({"value": [1.5, 0.0], "name": ["a", "ä"]}))


def test_another_table_or_a_newer_version_is_a_sentence():
    newer = TableSpec("things", 2, SPEC.schema)
    with pytest.raises(UserError, match="unknown version"):
        from_parquet(to_parquet(TABLE, newer), SPEC)
    with pytest.raises(UserError, match="unknown version"):
        from_parquet(to_parquet(TABLE, TableSpec("others", 1, SPEC.schema)), SPEC)


def test_a_table_without_its_columns_is_refused():
    with pytest.raises(KeyError):
        to_parquet(pa.table({"name": ["a"]}), SPEC)


def test_numbers_without_a_value_have_no_digest():
    with pytest.raises(ValueError, match="JSON"):
        digest_of([float("nan")])


def test_what_lies_before_a_slice_or_beneath_a_null_is_no_part_of_the_digest() -> None:
    slice_of_more = pa.table({"value": [1.0, None, 3.0, None, 2.0], "name": ["x", "yy", None, "zz", "q"]}).slice(1, 3)
    valid = slice_of_more["value"].combine_chunks().is_valid()
    bits = pa.array(valid).buffers()[1]
    beneath = pa.Array.from_buffers(pa.float64(), 3, [bits, pa.array([9.0, 3.0, 7.0]).buffers()[1]])
    alone = pa.table({"value": [None, 3.0, None], "name": ["yy", None, "zz"]})
    assert digest_of_table(slice_of_more) == digest_of_table(alone)
    assert digest_of_table(alone.set_column(0, "value", beneath)) == digest_of_table(alone)


def test_observations_of_version_1_say_no_day_since_which_they_are_known():
    first = TableSpec("observations", 1, pa.schema([f for f in OBSERVATIONS.schema if f.name not in ("known_day", "known_by")]))
    filled = {
        "observation_id": "a", "unit_id": "05111", "level": "kreis", "year": 2015, "dataset": "inkar", "measure": "m",
        "dimensions": [], "value": 6.8, "unit": "", "edition": "2018", "known_from": 1, "delivery_sha256": "b",
    }  # fmt: skip
    kept = to_parquet(pa.Table.from_pylist([filled], schema=first.schema), first)
    (row,) = from_parquet(kept, OBSERVATIONS).to_pylist()
    assert (row["edition"], row["value"], row["known_day"], row["known_by"]) == ("2018", 6.8, None, None)


def test_an_empty_table_comes_back_with_its_columns_and_is_told_from_another() -> None:
    nothing = TABLE.slice(0, 0)
    assert from_parquet(to_parquet(nothing, SPEC), SPEC).schema == SPEC.schema
    with pytest.raises(UserError):
        from_parquet(to_parquet(nothing, TableSpec("others", 1, SPEC.schema)), SPEC)
