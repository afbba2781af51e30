"""A step is computed once for what it depends on, and the journal says so."""

import pyarrow as pa

from kkz_eval.model.tables import TableSpec
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

SPEC = TableSpec("things", 1, pa.schema([("value", pa.int64())]))


def test_the_same_parts_are_computed_once(tmp_path):
    steps = Steps(Store.at(str(tmp_path)))
    calls = []

    def make():
        calls.append(1)
        return pa.table({"value": [7]})

    first, _ = steps.table("s", "x", ["a", 1], SPEC, make)
    again, table = steps.table("s", "x", ["a", 1], SPEC, make)
    assert first == again
    assert table.to_pylist() == [{"value": 7}]
    assert len(calls) == 1
    assert steps.journal.computed == [("s", "x")]
    assert steps.journal.reused == [("s", "x")]


def test_other_parts_or_another_version_are_computed_anew(tmp_path):
    steps = Steps(Store.at(str(tmp_path)))
    keys = {
        steps.table("s", "x", parts, spec, lambda: pa.table({"value": [7]}))[0]
        for parts, spec in [(["a"], SPEC), (["b"], SPEC), (["a"], TableSpec("things", 2, SPEC.schema))]
    }
    assert len(keys) == 3
