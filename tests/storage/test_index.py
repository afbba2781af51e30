"""An index is believed where the objects that it rests on are what they were, and nowhere else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kkz_eval.storage.index import index_key, keep_index, read_index
from kkz_eval.storage.store import DraftStore, Store

SAID = {"of": "three"}
KEYS = ("landing/a", "landing/b", "landing/c")


@pytest.fixture(params=["local", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr("kkz_eval.storage.index.WORTHWHILE", 3)
    if request.param == "s3":
        store = Store.at(request.getfixturevalue("object_store") + "/home")
    else:
        store = Store.at(str(tmp_path / "home") if request.param == "local" else f"memory://{tmp_path.name}")
        store.fs.makedirs(store.root + "/landing", exist_ok=True)
    for key in KEYS:
        store.fs.pipe_file(f"{store.root}/{key}", key.encode())
    assert keep_index(store, "x", ["landing"], KEYS, 3, lambda: SAID)
    return store


def test_what_is_as_it_was_is_believed(store: Store) -> None:
    index = read_index(store, "x", ["landing"])
    assert index is not None
    assert (index.unchanged, index.is_current, index.said) == (frozenset(KEYS), True, SAID)


def test_what_came_later_is_no_reason_to_doubt_it(store: Store) -> None:
    store.fs.pipe_file(f"{store.root}/landing/d", b"d")
    index = read_index(store, "x", ["landing"])
    assert index is not None
    assert index.is_current
    assert "landing/d" not in index.unchanged


def test_an_object_that_is_another_now_is_not_believed_to_be_what_it_was(store: Store) -> None:
    store.fs.pipe_file(f"{store.root}/landing/b", b"LANDING/b")  # as long as before
    index = read_index(store, "x", ["landing"])
    assert index is not None
    assert (index.unchanged, index.is_current) == (frozenset({"landing/a", "landing/c"}), False)


def test_an_object_that_went_is_not_believed_to_be_there(store: Store) -> None:
    store.fs.rm_file(f"{store.root}/landing/b")
    index = read_index(store, "x", ["landing"])
    assert index is not None
    assert "landing/b" not in index.unchanged
    assert not index.is_current


def test_of_few_new_objects_none_is_made(store: Store) -> None:
    before = store.kept(index_key("x"))
    assert not keep_index(store, "x", ["landing"], KEYS, 2, lambda: {"of": "others"})
    assert store.kept(index_key("x")) == before


def test_one_that_is_gone_damaged_or_of_another_version_is_none(store: Store) -> None:
    store.remove(index_key("x"))
    assert read_index(store, "x", ["landing"]) is None
    keep_index(store, "x", ["landing"], KEYS, 3, lambda: SAID)
    path = f"{store.root}/{index_key('x')}"
    store.fs.pipe_file(path, store.kept(index_key("x")).replace(b"three", b"eerht"))
    assert read_index(store, "x", ["landing"]) is None
    store.replace(index_key("x"), json.dumps({"version": 0}).encode())
    assert read_index(store, "x", ["landing"]) is None


def test_that_of_another_home_is_not_believed(store: Store, tmp_path: Path) -> None:
    other = Store.at(str(tmp_path / "other"))
    for key in KEYS:
        (tmp_path / "other" / "landing").mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / key).write_bytes(key.encode())
    other.put_if_absent(index_key("x"), store.get(index_key("x")))
    index = read_index(other, "x", ["landing"])
    assert index is not None
    assert (index.unchanged, index.is_current) == (frozenset(), False)


def test_a_file_with_the_size_and_date_of_what_was_there_is_not_taken_for_it(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path))
    file = tmp_path / "landing" / "a"
    file.parent.mkdir()
    file.write_bytes(b"one")
    before, times = store.marks(["landing/a"], ["landing"]), file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert store.marks(["landing/a"], ["landing"]) != before


def test_a_draft_has_no_mark(store: Store) -> None:
    draft = DraftStore.over(store)
    draft.replace("landing/a", b"drafted")
    draft.put_if_absent("landing/e", b"drafted")
    assert set(draft.marks([*KEYS, "landing/e"], ["landing"])) == {"landing/b", "landing/c"}
