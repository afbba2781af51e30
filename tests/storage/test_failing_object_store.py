"""An object store that is slow, busy or cuts its answers off: asked again where that is safe, a sentence otherwise, and nothing half believed."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable

import pytest
from fsspec.exceptions import FSTimeoutError
from fsspec.implementations.memory import MemoryFileSystem

from kkz_eval.line.soundness import _is_altered
from kkz_eval.model.errors import UserError
from kkz_eval.storage import store as store_module
from kkz_eval.storage.store import Store

RECORD, OTHER = b'{"schema_version": 1}', b'{"schema_version": 1, "a": 2}'
KEY = "register/batches/00000001.json"


class Busy:
    """An object store in memory of which calls fail. left: so many calls still fail; does: whether what was asked is done all the same."""

    def __init__(self, root: str) -> None:
        self.fs, self.root = MemoryFileSystem(skip_instance_cache=True), root
        self.left, self.does, self.calls = 0, False, 0
        self.error: Callable[[], Exception] = lambda: OSError(errno.EIO, "503 Slow Down")

    def __getattr__(self, name: str) -> object:
        found = getattr(self.fs, name)
        if name == "metadata" or name not in ("pipe_file", "cat_file", "info", "find", "rm_file"):
            return found

        def call(*arguments: object, **options: object) -> object:
            self.calls += 1
            if self.left:
                self.left -= 1
                if self.does:
                    found(*arguments, **options)
                raise self.error()
            return found(*arguments, **options)

        return call


@pytest.fixture
def busy(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Busy:
    monkeypatch.setattr(store_module, "_PAUSES", (0.0, 0.0, 0.0))
    return Busy(f"/{tmp_path.name}")


def _store(busy: Busy) -> Store:
    return Store(busy, busy.root)


ERRORS: dict[str, Callable[[], Exception]] = {
    "503": lambda: OSError(errno.EIO, "503 Slow Down"),
    "timeout": lambda: FSTimeoutError("no answer in time"),
    "connection": lambda: ConnectionResetError(errno.ECONNRESET, "reset by peer"),
}
CALLS: dict[str, Callable[[Store], object]] = {
    "put": lambda store: store.put_if_absent("new.json", OTHER),
    "replace": lambda store: store.replace("aktuell/index.html", b"<html></html>"),
    "get": lambda store: store.get(KEY),
    "exists": lambda store: (store.exists(KEY), store.exists("nothing")),
    "list": lambda store: store.list("register"),
    "remove": lambda store: store.remove(KEY),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("does", [False, True], ids=["not done", "done, and the answer lost"])
def test_what_fails_for_a_moment_ends_as_if_it_had_not(busy: Busy, name: str, error: str, does: bool) -> None:
    def begin() -> Store:
        busy.left = 0
        busy.fs.rm(busy.root, recursive=True) if busy.fs.exists(busy.root) else None
        store = _store(busy)
        store.put_if_absent(KEY, RECORD)
        return store

    undisturbed = begin()
    wanted, after = CALLS[name](undisturbed), {key: undisturbed.get(key) for key in undisturbed.everything()}
    busy.error = ERRORS[error]
    for failing in range(1, 4):
        store = begin()
        busy.left, busy.does = failing, does
        assert CALLS[name](store) == wanted
        busy.left = 0
        assert {key: store.get(key) for key in store.everything()} == after


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", CALLS)
def test_what_goes_on_failing_is_a_sentence_that_says_where(busy: Busy, name: str, error: str) -> None:
    store = _store(busy)
    store.put_if_absent(KEY, RECORD)
    busy.error, busy.left, busy.calls = ERRORS[error], 1000, 0
    with pytest.raises(UserError) as refused:
        CALLS[name](store)
    assert busy.root in refused.value.sentence.in_language("de")
    assert busy.calls < 10
    busy.left = 0
    assert store.everything() == [KEY]


def test_an_answer_that_was_cut_off_is_asked_for_again_and_damage_stays_damage(
    busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _store(busy)
    store.put_if_absent(KEY, RECORD)
    whole = busy.fs.cat_file(f"{busy.root}/{KEY}")
    answers = iter([whole[:-4], whole])
    monkeypatch.setattr(busy.fs, "cat_file", lambda _: next(answers))
    assert store.get(KEY) == RECORD
    monkeypatch.setattr(busy.fs, "cat_file", lambda _: whole[:-4])
    with pytest.raises(UserError) as damaged:
        store.get(KEY)
    assert damaged.value.code == "object_altered"


def test_who_else_put_something_there_meanwhile_was_first(busy: Busy) -> None:
    store = _store(busy)
    busy.left = 1
    original = busy.error

    def another_is_first() -> Exception:
        busy.fs.pipe_file(f"{busy.root}/{KEY}", OTHER)
        return original()

    busy.error = another_is_first
    assert not store.put_if_absent(KEY, RECORD)
    assert store.kept(KEY) == OTHER


def test_a_slow_store_is_waited_for(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    store = _store(busy)
    put = busy.fs.pipe_file

    def slow(*arguments: object, **options: object) -> None:
        time.sleep(0.05)
        put(*arguments, **options)

    monkeypatch.setattr(busy.fs, "pipe_file", slow)
    assert store.put_if_absent(KEY, RECORD)
    assert store.get(KEY) == RECORD


def test_an_object_store_that_does_not_answer_is_no_damage(busy: Busy) -> None:
    store = _store(busy)
    store.put_if_absent("derived/x.json", RECORD)
    busy.left = 1_000
    with pytest.raises(UserError) as silent:
        _is_altered(store, "derived/x.json")
    assert silent.value.code == "object_store_not_readable"
