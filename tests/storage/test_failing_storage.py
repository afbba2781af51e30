"""Whatever call of the disk fails, and however: what was kept stays, an error is never taken for "not there", and the same call again ends well."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.faults import How, Killed, calls_of, failures_of
from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import files_in
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import other_writer, quiet_since, writing_alone

KEPT = {"register/batches/00000001.json": b'{"a": 1}', "landing/ab/abc": b"content", "aktuell/index.html": b"<html>1</html>"}
NEW = "derived/parsed/x/about.json"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _fill(home: Path) -> Store:
    shutil.rmtree(home, ignore_errors=True)
    store = Store.at(str(home))
    for key, content in KEPT.items():
        store.put_if_absent(key, content)
    return store


def _files(home: Path) -> dict[str, bytes]:
    found = {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return {name: content for name, content in found.items() if ".partial-" not in name}


LOOKS: dict[str, Callable[[Store], object]] = {
    "exists": lambda store: [store.exists(key) for key in (*KEPT, NEW)],
    "get": lambda store: store.get("register/batches/00000001.json"),
    "list": lambda store: [store.list("register"), store.list(NEW), store.list("landing/ab/abc"), store.list("nothing")],
    "everything": lambda store: store.everything(),
    "unfinished": lambda store: store.unfinished(),
}


@pytest.mark.parametrize("name", LOOKS)
def test_where_the_disk_fails_nothing_looks_as_if_it_were_not_there(home: Path, name: str) -> None:
    look, store = LOOKS[name], _fill(home)
    failures = list(failures_of(lambda: None, lambda: look(store), home, how=How.ERROR))
    assert failures
    for failure in failures:
        assert isinstance(failure.error, UserError), failure
        assert "kann nicht gelesen werden: der Datenträger" in failure.error.sentence.in_language("de"), failure


CHANGES: dict[str, Callable[[Store], object]] = {
    "put": lambda store: store.put_if_absent(NEW, b'{"b": 2}'),
    "replace": lambda store: store.replace("aktuell/index.html", b"<html>2</html>"),
    "replace anew": lambda store: store.replace("aktuell/berichte/index.html", b"<html>2</html>"),
    "remove": lambda store: store.remove("landing/ab/abc"),
    "restore": lambda store: store.restore("landing/ab/abc", b"other"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("how", How)
def test_a_change_that_fails_is_whole_or_absent_and_the_same_call_ends_it(home: Path, name: str, how: How) -> None:
    change = CHANGES[name]
    before = _files(Path(_fill(home).address_of("x")).parent)
    change(_fill(home))
    after = _files(home)
    possible = [before, after] if name != "restore" else [before, {k: v for k, v in before.items() if "landing" not in k}, after]
    number = 0
    for failure in failures_of(lambda: _fill(home), lambda: change(Store.at(str(home))), home, how=how):
        number += 1
        assert isinstance(failure.error, (UserError, Killed)), failure
        assert _files(home) in possible, failure
        change(Store.at(str(home)))
        assert _files(home) == after, failure
        if how is not How.KILL:
            assert Store.at(str(home)).unfinished() == [] or failure.call.kind == "delete", failure
    assert number >= 1


def test_what_a_folder_could_not_be_synced_for_is_not_there(home: Path) -> None:
    store = _fill(home)
    calls = calls_of(lambda: store.put_if_absent("landing/ab/new", b"new"), home)
    last = max(number for number, call in enumerate(calls, 1) if call.kind == "sync")
    store.remove("landing/ab/new")
    for failure in failures_of(
        lambda: None, lambda: store.put_if_absent("landing/ab/new", b"new"), home, how=How.ERROR, numbers=lambda n: n >= last
    ):
        assert not store.exists("landing/ab/new"), failure
        break


def test_every_new_folder_is_synced_into_the_one_that_it_lies_in(home: Path) -> None:
    store = _fill(home)
    calls = calls_of(lambda: store.put_if_absent(NEW, b'{"b": 2}'), home)
    synced = [Path(call.place) for call in calls if call.kind == "sync"]
    for folder in (home, home / "derived", home / "derived" / "parsed", home / "derived" / "parsed" / "x"):
        assert folder in synced


@pytest.mark.parametrize("how", How)
def test_a_lock_that_fails_is_free_again_and_says_why(home: Path, how: How) -> None:
    done: list[int] = []

    def act() -> None:
        with writing_alone(home, "Probe", lambda _: None):
            done.append(1)

    def fresh() -> None:
        shutil.rmtree(home, ignore_errors=True)
        done.clear()

    for failure in failures_of(fresh, act, home, how=how):
        assert done or isinstance(failure.error, (UserError, Killed)), failure
        assert other_writer(home) is None, failure
        act()


def test_whether_somebody_writes_is_not_answered_by_an_error_with_nobody(home: Path) -> None:
    with writing_alone(home, "Probe", lambda _: None):
        for look in (other_writer, quiet_since):
            for failure in failures_of(lambda: None, lambda look=look: look(home), home, how=How.ERROR):
                assert isinstance(failure.error, UserError) or failure.call.kind == "read", failure
        assert other_writer(home) is not None


def test_decisions_that_cannot_be_listed_are_not_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_bytes(b"")
    assert [path.name for path in files_in(tmp_path, ".yaml")] == ["a.yaml"]
    assert files_in(tmp_path / "none", ".yaml") == []

    def refuse(_: object) -> object:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match="cannot be read"):
        files_in(tmp_path, ".yaml")
