"""What is packed into columns is read again as it was, each text once."""

from __future__ import annotations

import json

from kkz_eval.storage.columns import packed, unpacked

TABLES = {
    "a": {"name": ["Ahlen", "Neuss", "Ahlen", ""], "number": [1, 2, 3, 0], "is": [True, False, True, True]},
    "b": {"word": ["Neuss", "Köln"]},
    "none": {"name": [], "number": []},
}


def test_tables_come_back_as_they_were() -> None:
    kept = json.loads(json.dumps(packed(TABLES)))
    assert unpacked(kept) == TABLES
    assert kept["words"] == ["Ahlen", "Neuss", "", "Köln"]


def test_equal_texts_are_one() -> None:
    found = unpacked(json.loads(json.dumps(packed(TABLES))))
    assert found["a"]["name"][0] is found["a"]["name"][2]
    assert found["a"]["name"][1] is found["b"]["word"][0]
