"""Backups of a home: everything once, nothing damaged, nothing that was purged, and the same home again."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.storage.backups import backups_in, make_backup, restore_backup
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.listing import PARTIAL
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import LOCK

SECRET = b"a;b\n1;geheim\n"


class Place:
    """A home with contracts beside it, and a place for backups."""

    def __init__(self, folder: Path) -> None:
        self.home, self.contracts, self.url = folder / "home", folder / "contracts", str(folder / "backups")
        self.inbox = self.home / "inbox"
        self.store, self.backups, self.gone = Store.at(str(self.home)), Store.at(self.url), set[str]()
        self.put("landing", SECRET)
        self.store.put_if_absent("register/batches/1.json", b'{"schema_version": 1}')
        self.store.put_if_absent("protocols/a/protokoll.html", b"<html>geheim</html>")
        (self.home / LOCK).write_bytes(b"")
        (self.contracts / "plans").mkdir(parents=True)
        (self.contracts / "plans" / "plan.yaml").write_bytes(b"id: plan\n")

    def put(self, folder: str, content: bytes) -> str:
        key = f"{folder}/{digest_of_bytes(content)}"
        self.store.put_if_absent(key, content)
        return key

    def back_up(self, keep: int = 0):
        return make_backup(self.backups, self.store, self.home, self.contracts, self.inbox, self.gone, "2026-11-29 12:00", keep)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_home_comes_back_as_it_was(place: Place, tmp_path: Path) -> None:
    place.back_up()
    restore_backup(
        place.backups, None, Store.at(str(tmp_path / "new" / "home")), tmp_path / "new" / "home", tmp_path / "new" / "contracts"
    )
    expected = content(place.home)
    del expected[LOCK]
    assert content(tmp_path / "new" / "home") == expected
    assert content(tmp_path / "new" / "contracts") == content(place.contracts)
    assert sorted(os.listdir(tmp_path / "new")) == ["contracts", "home"]


def test_only_what_is_new_is_copied(place: Place) -> None:
    first = place.back_up()
    assert (first.copied, first.backup.number) == (4, 1)
    assert place.back_up().copied == 0
    place.put("landing", b"neu")
    third = place.back_up()
    assert (third.copied, third.bytes, third.backup.number) == (1, 3, 3)


@pytest.mark.parametrize("inbox", ["inbox", "eingang/neu"])
def test_of_the_inbox_only_what_was_landed_is_in_a_backup_and_earlier_ones_lose_the_rest(
    place: Place, inbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.inbox = place.home / inbox
    place.inbox.mkdir(parents=True)
    (place.inbox / "taken.csv").write_bytes(SECRET)
    (place.inbox / "persons.csv").write_bytes(b"Name;Geburtstag\n")
    (place.inbox / "broken.xlsx").write_bytes(b"no workbook")
    with monkeypatch.context() as of_before:  # as backups were made by 0.8.0
        of_before.setattr("kkz_eval.storage.backups._is_not_landed", lambda *_: False)
        assert f"home/{inbox}/persons.csv" in place.back_up().backup.files
    made = place.back_up()
    assert (made.waiting, made.forgotten, made.damaged) == (2, 2, ())
    for one in backups_in(place.backups):
        assert [name for name in one.files if f"/{inbox}/" in name] == [f"home/{inbox}/taken.csv"]
    place.store.remove(f"landing/{digest_of_bytes(SECRET)}")  # purged, and the inbox is its owner's to clear
    place.gone.add(digest_of_bytes(SECRET))
    assert place.back_up().waiting == 3
    assert SECRET not in content(Path(place.url)).values()


def test_what_was_purged_leaves_all_backups_with_the_next_one(place: Place, tmp_path: Path) -> None:
    place.back_up()
    place.store.remove(f"landing/{digest_of_bytes(SECRET)}")
    place.store.remove("protocols/a/protokoll.html")  # what rests on it goes too, under whatever name
    place.gone.add(digest_of_bytes(SECRET))
    assert place.back_up().forgotten == 2
    held = content(Path(place.url))
    assert not [name for name, data in held.items() if b"geheim" in data]
    for backup in backups_in(place.backups):
        home = tmp_path / f"back{backup.number}" / "home"
        restore_backup(place.backups, backup.number, Store.at(str(home)), home, home.parent / "contracts")
        assert not [name for name, data in content(home).items() if b"geheim" in data]
        assert (home / "register" / "batches" / "1.json").is_file()


def test_so_many_backups_stay_as_were_asked_for(place: Place) -> None:
    for number in range(4):
        place.contracts.joinpath("plans", "plan.yaml").write_bytes(f"id: {number}\n".encode())
        place.back_up(keep=2)
    assert [one.number for one in backups_in(place.backups)] == [3, 4]
    assert len(place.backups.list("contents")) == 3 + 2


def test_backups_of_one_home_are_not_pushed_out_by_those_of_another(place: Place, tmp_path: Path) -> None:
    place.back_up(keep=1)
    kept = content(Path(place.url))
    Store.at(str(tmp_path / "other")).put_if_absent("register/batches/1.json", b'{"schema_version": 1, "of": "another"}')
    for elsewhere in ("empty", "other"):
        with pytest.raises(UserError) as error:
            make_backup(
                place.backups,
                Store.at(str(tmp_path / elsewhere)),
                tmp_path / elsewhere,
                place.contracts,
                place.inbox,
                (),
                "2026-11-30 12:00",
                1,
            )
        assert error.value.code == "backup_of_other"
    assert content(Path(place.url)) == kept
    place.store.put_if_absent("register/batches/2.json", b'{"schema_version": 1}')
    assert place.back_up(keep=1).backup.number == 2


def test_what_is_damaged_at_home_does_not_replace_what_was_whole(place: Place, tmp_path: Path) -> None:
    place.back_up()
    file = place.home / "register" / "batches" / "1.json"
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"1}", b"2}"))
    assert place.back_up().damaged == ("home/register/batches/1.json",)
    restore_backup(place.backups, None, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc")
    assert (tmp_path / "new" / "register" / "batches" / "1.json").read_bytes() == whole


def test_a_damaged_backup_is_not_restored_and_nothing_is_left(place: Place, tmp_path: Path) -> None:
    place.back_up()
    one = Path(place.url) / place.backups.list("contents")[0]
    os.chmod(one, 0o600)
    one.write_bytes(one.read_bytes() + b" ")
    with pytest.raises(UserError, match="damaged"):
        restore_backup(place.backups, None, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc")
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "newc").exists()
    assert not [name for name in os.listdir(tmp_path) if name.startswith(PARTIAL)]


def test_nothing_is_restored_over_something(place: Place, tmp_path: Path) -> None:
    place.back_up()
    with pytest.raises(UserError, match="something in"):
        restore_backup(place.backups, None, Store.at(str(place.home)), place.home, tmp_path / "newc")
    with pytest.raises(UserError, match="no such backup"):
        restore_backup(place.backups, 7, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc")


def test_a_database_is_copied_whole_while_others_write_in_it(place: Place, tmp_path: Path) -> None:
    history = place.home / "dagster" / "runs.db"
    history.parent.mkdir()
    with closing(sqlite3.connect(history)) as open_database:
        open_database.execute("pragma journal_mode=wal")
        open_database.execute("create table runs (id integer)")
        open_database.execute("insert into runs values (7)")
        open_database.commit()  # it stands in the log beside the database as yet
        place.back_up()
    restore_backup(place.backups, None, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc")
    with closing(sqlite3.connect(tmp_path / "new" / "dagster" / "runs.db")) as restored:
        assert restored.execute("select id from runs").fetchall() == [(7,)]
    assert sorted(os.listdir(tmp_path / "new" / "dagster")) == ["runs.db"]


@pytest.mark.parametrize("n_write", range(1, 12))
def test_a_backup_that_is_cut_short_spoils_none_and_the_next_one_is_whole(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_write: int
) -> None:
    place.back_up()
    place.put("landing", b"neu")
    place.store.remove(f"landing/{digest_of_bytes(SECRET)}")
    place.gone.add(digest_of_bytes(SECRET))
    count = 0

    def cut(name: str):
        real = getattr(os, name)

        def act(*arguments: object, **named: object) -> object:
            nonlocal count
            count += 1
            if count == n_write:
                raise KeyboardInterrupt
            return real(*arguments, **named)

        return act

    with monkeypatch.context() as patch:
        for name in ("link", "replace", "fsync", "unlink", "remove"):
            patch.setattr(os, name, cut(name))
        try:
            place.back_up()
        except KeyboardInterrupt:
            for backup in backups_in(place.backups):
                home = tmp_path / f"cut{backup.number}" / "home"
                patch.undo()
                restore_backup(place.backups, backup.number, Store.at(str(home)), home, home.parent / "contracts")
    place.back_up()
    restore_backup(place.backups, None, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc")
    assert (tmp_path / "new" / "landing" / digest_of_bytes(b"neu")).is_file()
    assert not [key for key in content(Path(place.url)) if PARTIAL in key]
    assert not [name for name, data in content(Path(place.url)).items() if data == SECRET]


def test_an_object_store_keeps_backups_as_a_folder_does(place: Place, tmp_path: Path) -> None:
    elsewhere = Store.at("memory://backups-of-a-test")
    make_backup(elsewhere, place.store, place.home, place.contracts, place.inbox, (), "2026-11-29 12:00", 0)
    restore_backup(elsewhere, None, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc")
    assert (tmp_path / "new" / "landing" / digest_of_bytes(SECRET)).read_bytes() == SECRET
