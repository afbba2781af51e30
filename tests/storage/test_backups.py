"""Backups of a home: everything once, nothing damaged, nothing that was purged, and the same home again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from kkz_eval.deliveries.register.decisions import CORRECTIONS, WAIVERS
from kkz_eval.model.errors import UserError
from kkz_eval.storage import backups
from kkz_eval.storage.backups import Backup, backups_in, look_over_backups, make_backup, restore_backup
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


def test_what_rests_on_no_delivery_stays_in_earlier_backups_and_they_say_what_went(place: Place) -> None:
    edited = ("schulabgaenge.odcs.yaml", "indicators.yaml", "plans/plan.yaml", "plans/plan.lock", "reference/kreise.csv")
    for folder in ("plans", "reference", WAIVERS, CORRECTIONS):
        (place.contracts / folder).mkdir(exist_ok=True)
    decided = (f"{WAIVERS}/a.yaml", f"{CORRECTIONS}/a.yaml")
    for name in (*edited, *decided, f"{WAIVERS}/b.yaml", "notes.csv"):
        (place.contracts / name).write_bytes(b"before " + name.encode())
    (place.home / "desk").mkdir()
    (place.home / "desk" / "2026-11-29.jsonl").write_bytes(b"a line\n")
    before = place.back_up().backup.files
    for name in (*edited, *decided, "notes.csv"):
        (place.contracts / name).write_bytes(b"after")
    (place.home / "desk" / "2026-11-29.jsonl").write_bytes(b"a line\nanother\n")
    place.store.remove(f"landing/{digest_of_bytes(SECRET)}")
    place.gone.add(digest_of_bytes(SECRET))
    place.back_up()
    (first, second) = backups_in(place.backups)
    gone = {f"home/landing/{digest_of_bytes(SECRET)}", "contracts/notes.csv", *(f"contracts/{name}" for name in decided)}
    assert first.files == {name: digest for name, digest in before.items() if name not in gone}
    assert (first.lost, first.lost_decisions) == (4, ("contracts/corrections/a.yaml", "contracts/waivers/a.yaml"))
    assert (second.lost, second.lost_decisions) == (0, ())


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


@pytest.fixture(params=["folder", "object store"])
def damaged(request: pytest.FixtureRequest, place: Place) -> Iterator[Place]:
    """Two backups: of the first the protocol is damaged and a plan missing, and both have a damaged delivery; a third is whole but for that."""
    if request.param == "object store":
        place.backups = Store.at("memory://damaged-backups-of-a-test")
    place.back_up()
    place.store.remove("protocols/a/protokoll.html")
    (place.contracts / "plans" / "plan.yaml").write_bytes(b"id: another\n")
    place.back_up()
    first, second = backups_in(place.backups)
    for name, content in (("home/protocols/a/protokoll.html", b""), (f"home/landing/{digest_of_bytes(SECRET)}", SECRET + b" ")):
        _replace(place.backups, _key(first, name), content)
    place.backups.remove(_key(first, "contracts/plans/plan.yaml"))
    assert (len(first.files), len(second.files)) == (4, 3)
    yield place
    for key in place.backups.everything():
        place.backups.remove(key)


def _key(backup: Backup, name: str) -> str:
    return f"contents/{backup.files[name][:2]}/{backup.files[name]}"


def _replace(store: Store, key: str, content: bytes) -> None:
    store.remove(key)
    store.put_as_kept(key, content)


def test_all_is_read_without_restoring_it_and_what_is_not_whole_is_named(damaged: Place) -> None:
    before = {key: damaged.backups.kept(key) for key in damaged.backups.everything()}
    found = look_over_backups(damaged.backups)
    first, second = found.backups
    assert [(one.is_missing, one.names, one.numbers) for one in found.damages] == sorted(
        [
            (False, (f"home/landing/{digest_of_bytes(SECRET)}",), (1, 2)),
            (False, ("home/protocols/a/protokoll.html",), (1,)),
            (True, ("contracts/plans/plan.yaml",), (1,)),
        ],
        key=lambda one: first.files[one[1][0]],
    )
    assert str(found.said_of(first)).endswith("Damaged files: 2, missing: 1, of 4.")
    assert str(found.said_of(second)).endswith("Damaged files: 1, missing: 0, of 3.")
    assert (found.is_whole, found.contents, found.lists) == (False, 5, ())
    assert {key: damaged.backups.kept(key) for key in damaged.backups.everything()} == before
    # the next step that is named: what the home still has comes back, for the earlier backups, too
    damaged.backups.remove(_key(first, f"home/landing/{digest_of_bytes(SECRET)}"))
    damaged.back_up()
    found = look_over_backups(damaged.backups)
    assert [found.said_of(one) is None for one in found.backups] == [False, True, True]


def test_a_backup_that_is_not_whole_is_refused_in_the_same_words_and_nothing_is_left(damaged: Place, tmp_path: Path) -> None:
    found = look_over_backups(damaged.backups)
    for backup in found.backups:
        with pytest.raises(UserError) as refused:
            restore_backup(damaged.backups, backup.number, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc")
        assert str(refused.value).startswith(str(found.said_of(backup)))
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "newc").exists()
    assert not [name for name in os.listdir(tmp_path) if name.startswith(PARTIAL)]


def test_what_a_disk_reads_at_the_second_look_only_is_damaged_all_the_same(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.back_up()
    kept = Store.kept

    def fails_once(store: Store, key: str) -> bytes:
        if not key.startswith("contents/"):
            return kept(store, key)
        monkeypatch.setattr(Store, "kept", kept)
        raise UserError("storage_not_readable", place=key, reason="I/O error")

    monkeypatch.setattr(Store, "kept", fails_once)
    with pytest.raises(UserError) as refused:
        restore_backup(place.backups, None, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc")
    assert "Damaged files: 1, missing: 0, of 4." in str(refused.value)
    assert not (tmp_path / "new").exists()


def test_what_somebody_has_no_right_to_read_is_not_called_damaged(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.back_up()
    read = LocalFileSystem.cat_file

    def refused(system: LocalFileSystem, path: str) -> bytes:
        if "/contents/" in path:
            raise PermissionError(13, "Permission denied", path)
        return bytes(read(system, path))

    monkeypatch.setattr(LocalFileSystem, "cat_file", refused)
    with pytest.raises(UserError) as error:
        look_over_backups(place.backups)
    assert error.value.code == "storage_not_readable"


@pytest.mark.parametrize("left", [b"", b"{", b'{"sha', None])
def test_a_list_that_is_damaged_is_named_and_costs_its_own_backup_only(place: Place, tmp_path: Path, left: bytes | None) -> None:
    place.back_up()
    place.back_up()
    key = "lists/000001.json"
    _replace(place.backups, key, place.backups.kept(key)[:-9] if left is None else left)
    found = look_over_backups(place.backups)
    assert [(error.code, error.parameters["key"]) for error in found.lists] == [("backup_list_altered", key)]
    assert ([one.number for one in found.backups], found.damages, found.is_whole) == ([2], (), False)
    for act in (
        place.back_up,
        lambda: restore_backup(place.backups, 2, Store.at(str(tmp_path / "new")), tmp_path / "new", tmp_path / "newc"),
    ):
        with pytest.raises(UserError) as refused:
            act()
        assert str(refused.value) == str(found.lists[0])
    place.backups.remove(key)  # as it says
    assert place.back_up().backup.number == 3
    assert look_over_backups(place.backups).is_whole


def test_where_there_is_no_backup_nothing_is_called_whole(place: Place) -> None:
    with pytest.raises(UserError) as none:
        look_over_backups(place.backups)
    assert none.value.code == "backup_none"


@pytest.mark.parametrize(("keep", "looked_over"), [(1, [3]), (2, [2])])
def test_a_backup_that_goes_while_all_are_read_is_not_missed(
    place: Place, monkeypatch: pytest.MonkeyPatch, keep: int, looked_over: list[int]
) -> None:
    place.back_up()
    place.back_up()
    read = backups._content_of

    def meanwhile(*arguments: Any) -> bytes:
        place.store.remove("protocols/a/protokoll.html")
        monkeypatch.setattr(backups, "_content_of", read)
        place.back_up(keep)
        return read(*arguments)

    monkeypatch.setattr(backups, "_content_of", meanwhile)
    found = look_over_backups(place.backups)
    assert ([one.number for one in found.backups], found.damages, found.is_whole) == (looked_over, (), True)


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
