"""Names and kinds of what lies in an inbox: each that is no file with a name has a sentence of its own, and nothing is waited for."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from contract_values import CONTRACTS

from kkz_eval.deliveries.register import inbox as inbox_module
from kkz_eval.deliveries.register.inbox import (
    content_in,
    content_of,
    digests_in,
    fault_of_name,
    inbox_files,
    shown,
    twins,
    wait_until_settled,
)
from kkz_eval.deliveries.register.intake import Intake, fingerprint, take_in
from kkz_eval.deliveries.register.purging import purge
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.deliveries.results import Unreadable
from kkz_eval.model.errors import UserError
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import Store

TABLE = b"Gemeindeschl\xc3\xbcssel;Schuljahr;Geschlecht;Schulabg\xc3\xa4nge insgesamt;Anteil ohne Abschluss\n05111000;2015;insgesamt;40;5,5\n"
YEARS = range(1995, 2027)
LATIN = os.fsdecode("Büro.csv".encode("latin-1"))


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def _take_in(inbox: Path) -> Intake:
    return take_in(Store.at(str(inbox.parent / "home")), inbox, CONTRACTS, YEARS)


def _deliver(inbox: Path, name: str, data: bytes = TABLE) -> Path:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


def _socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # the path of a socket may have 107 bytes only
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


ODD_FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a device": ("link_outside", _link("/dev/zero")),
    "standard input": ("link_outside", _link("/dev/stdin")),
    "a link out of the inbox": ("link_outside", _link("../outside.csv")),
    "a link to a folder outside": ("link_outside", _link("..")),
    "a link to nothing": ("link_broken", _link("missing.csv")),
    "a link to itself": ("link_broken", _link("odd.csv")),
    "a link to the inbox": ("link_broken", _link(".")),
    "a pipe": ("no_file", os.mkfifo),
    "a link to a pipe": ("no_file", lambda path: (os.mkfifo(path.parent / ".pipe"), path.symlink_to(".pipe"))[1]),
    "a socket": ("no_file", _socket),
}


@pytest.mark.parametrize("kind", sorted(ODD_FILES))
def test_what_is_no_file_of_the_inbox_is_refused_at_once_and_the_others_are_taken(inbox: Path, kind: str) -> None:
    code, make = ODD_FILES[kind]
    (inbox.parent / "outside.csv").write_bytes(TABLE)
    _deliver(inbox, "right.csv")
    make(inbox / "odd.csv")
    found = content_in(inbox, "odd.csv")
    assert isinstance(found, Unreadable)
    assert found.reason_code == code
    intake = _take_in(inbox)
    assert intake.landed == ("right.csv",)
    assert [(notice.kind, notice.name) for notice in intake.notices] == [("refused", "odd.csv")]
    assert intake.notices[0].sentence.in_language("de").startswith("odd.csv")
    store = Store.at(str(inbox.parent / "home"))
    assert fingerprint(inbox, read_register(store)) is None
    (arrival,) = read_register(store).arrivals
    assert purge(store, inbox, arrival.sha256, "Test", date(2026, 1, 1)).in_inbox == ("right.csv",)


def test_a_link_within_the_inbox_is_its_file(inbox: Path) -> None:
    _deliver(inbox, "2015/a.csv")
    (inbox / "b.csv").symlink_to("2015/a.csv")
    intake = _take_in(inbox)
    assert intake.landed == ("2015/a.csv",)
    assert [notice.kind for notice in intake.notices] == ["same_content"]


def test_an_inbox_that_is_a_link_holds_its_files(inbox: Path) -> None:
    _deliver(inbox, "a.csv")
    (inbox / "b.csv").symlink_to("a.csv")
    other = inbox.parent / "eingang"
    other.symlink_to("inbox")
    assert _take_in(other).landed == ("a.csv",)


ODD_NAMES = {
    LATIN: ("name_not_utf8", "B\\xfcro.csv"),
    f"{LATIN}/a.csv": ("name_not_utf8", "B\\xfcro.csv/a.csv"),
    "zwei\nZeilen.csv": ("name_control", "zwei\\nZeilen.csv"),
    "rot\x1b[31m.csv": ("name_control", "rot\\x1b[31m.csv"),
    "zeile\u2028trenner.csv": ("name_control", "zeile\\u2028trenner.csv"),
    "rueckwaerts\u202evsc.exe": ("name_control", "rueckwaerts\\u202evsc.exe"),
    "c1\x85.csv": ("name_control", "c1\\x85.csv"),
    "ü" * 125 + "l.csv": ("name_too_long", "ü" * 125 + "l.csv"),
    "x" * 251 + ".csv": ("name_too_long", "x" * 251 + ".csv"),
}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_that_cannot_be_kept_or_shown_is_refused_under_one_that_can(inbox: Path, name: str) -> None:
    code, printable = ODD_NAMES[name]
    _deliver(inbox, name)
    _deliver(inbox, "right.csv", TABLE.replace(b"40", b"41"))
    found = content_in(inbox, name)
    assert isinstance(found, Unreadable)
    assert found.reason_code == code
    intake = _take_in(inbox)
    assert intake.landed == ("right.csv",)
    (notice,) = intake.notices
    assert notice.name == printable
    for sentence in (notice.sentence.in_language("de"), notice.sentence.in_language("en")):
        sentence.encode()
        assert sentence.startswith(printable)
        assert "\n" not in sentence


@pytest.mark.parametrize(
    "name",
    [
        *("Schulabgänge 2015.csv", "Schulabga\u0308nge.csv", "Köln\xa02019.csv", "-rf.csv", "%s{name}.csv", "'\"`$(x).csv"),
        *("ohne_endung", "Ærø Öl.csv", "名前.csv", "🏫.csv", "x" * 196 + ".csv", "weich\xadgetrennt.csv", " .csv", "a\\b.csv"),
    ],
)
def test_a_name_that_can_be_shown_is_none_of_our_business(inbox: Path, name: str) -> None:
    _deliver(inbox, name)
    assert fault_of_name(name) is None
    assert shown(name) == name
    intake = _take_in(inbox)
    assert (intake.landed, intake.notices) == ((name,), ())
    assert [arrival.name for arrival in read_register(Store.at(str(inbox.parent / "home"))).arrivals] == [name]


def test_files_in_folders_count_and_hidden_ones_and_locks_do_not(inbox: Path) -> None:
    for name in ("b/a.csv", ".versteckt.csv", ".ordner/x.csv", "~$offen.xls", "b/~$offen.xls", "z.csv"):
        _deliver(inbox, name)
    (inbox / "leer").mkdir()
    assert inbox_files(inbox) == ("b/a.csv", "z.csv")


@pytest.mark.parametrize("make", ["nothing", "a file"])
def test_an_inbox_that_is_no_folder_is_refused(tmp_path: Path, make: str) -> None:
    place = tmp_path / "eingang"
    if make == "a file":
        place.write_text("x", encoding="utf-8")
    with pytest.raises(UserError, match="eingang"):
        inbox_files(place)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not hold for root")
def test_what_may_not_be_opened_is_named(inbox: Path) -> None:
    _deliver(inbox, "zu.csv").chmod(0)
    _deliver(inbox, "ordner/a.csv").parent.chmod(0)
    try:
        assert [notice.name for notice in _take_in(inbox).notices] == ["ordner", "zu.csv"]
    finally:
        (inbox / "ordner").chmod(0o700)


def test_a_folder_that_cannot_be_listed_is_named(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _deliver(inbox, "ordner/a.csv")
    listed = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("ordner"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(inbox_module.os, "scandir", scandir)
    (notice,) = _take_in(inbox).notices
    assert (notice.kind, notice.name) == ("refused", "ordner")
    assert "die Rechte dafür fehlen" in notice.sentence.in_language("de")


def test_a_file_that_vanishes_before_it_is_read_is_named(inbox: Path) -> None:
    found = content_in(inbox, "weg.csv")
    assert isinstance(found, Unreadable)
    assert found.reason_code == "file_not_readable"


def test_a_file_that_changes_while_it_is_read_is_refused(inbox: Path) -> None:
    path = _deliver(inbox, "a.csv", b"x" * (1 << 20))
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            with open(path, "ab") as file:
                file.write(b"x")

    writer = threading.Thread(target=write)
    writer.start()
    found, until = content_of(path, "a.csv"), time.monotonic() + 10
    while isinstance(found, bytes) and time.monotonic() < until:
        found = content_of(path, "a.csv")
    done.set()
    writer.join()
    assert isinstance(found, Unreadable)
    assert found.reason_code == "file_changing"
    assert isinstance(content_of(path, "a.csv"), bytes)


@pytest.mark.parametrize(
    "names", [("KOELN.csv", "koeln.csv"), ("Köln.csv", "Ko\u0308ln.csv"), ("a/ÄPFEL.CSV", "a/a\u0308pfel.csv")]
)
def test_names_that_people_cannot_tell_apart_are_named_and_both_files_taken(inbox: Path, names: tuple[str, str]) -> None:
    for place, name in enumerate(names):
        _deliver(inbox, name, TABLE.replace(b"40", str(40 + place).encode()))
    intake = _take_in(inbox)
    assert sorted(intake.landed) == sorted(names)
    (notice,) = intake.notices
    assert notice.kind == "same_name"
    for name in names:
        assert name in notice.sentence.in_language("de")


def test_names_that_differ_for_people_are_no_twins() -> None:
    assert twins(["a.csv", "b.csv", "Straße.csv", "Strasse.csv", "b/a.csv", "Koln.csv", "Köln.csv"]) == {}


def _age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_files_that_were_not_changed_lately_are_not_waited_for(inbox: Path) -> None:
    _age(_deliver(inbox, "a.csv"), 60)
    said: list[str] = []
    assert wait_until_settled(inbox, 30, said.append) == frozenset()
    assert said == []


def test_fresh_files_are_taken_at_once_where_no_time_is_set(inbox: Path) -> None:
    _deliver(inbox, "a.csv")
    said: list[str] = []
    assert wait_until_settled(inbox, 0, said.append) == frozenset()
    assert said == []


@pytest.mark.parametrize("age", [0.0, -3600.0], ids=["just now", "in an hour"])
def test_a_fresh_file_is_waited_for_and_named_once(inbox: Path, age: float) -> None:
    _age(_deliver(inbox, "alt.csv"), 60)
    _age(_deliver(inbox, "neu.csv"), age)
    said: list[str] = []
    assert wait_until_settled(inbox, 0.8, said.append) == frozenset()
    assert said == ["neu.csv"]


def test_what_is_written_to_all_the_time_is_left_and_the_rest_is_not(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "PATIENCE", 3)
    _deliver(inbox, "fertig.csv", TABLE.replace(b"40", b"41"))
    path, done = _deliver(inbox, "waechst.csv"), threading.Event()

    def write() -> None:
        while not done.wait(0.02):
            with open(path, "ab") as file:
                file.write(b"\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        unsettled = wait_until_settled(inbox, 0.5, lambda _: None)
    finally:
        done.set()
        writer.join()
    assert unsettled == {"waechst.csv"}
    intake = take_in(Store.at(str(inbox.parent / "home")), inbox, CONTRACTS, YEARS, unsettled=unsettled)
    assert intake.landed == ("fertig.csv",)
    assert [(notice.kind, notice.name) for notice in intake.notices] == [("refused", "waechst.csv")]
    assert "wird gerade geschrieben" in intake.notices[0].sentence.in_language("de")


def test_what_is_no_file_is_not_waited_for(inbox: Path) -> None:
    os.mkfifo(inbox / "pipe.csv")
    (inbox / "missing.csv").symlink_to("nowhere")
    (inbox / "device.csv").symlink_to("/dev/zero")
    assert wait_until_settled(inbox, 30, lambda _: None) == frozenset()


def test_a_file_is_read_once_for_many_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_bytes(b"one")
    monkeypatch.setattr("kkz_eval.storage.writer._COARSEST", -1)  # as some seconds later
    before = dict(digests_in(tmp_path, ["a.csv", "gone.csv"]))
    monkeypatch.setattr("kkz_eval.deliveries.register.inbox.content_in", None)
    assert dict(digests_in(tmp_path, ["a.csv", "gone.csv"])) == before == {"a.csv": digest_of_bytes(b"one")}


def test_a_file_of_the_size_and_date_of_the_one_before_it_is_told_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kkz_eval.storage.writer._COARSEST", -1)
    file, other = tmp_path / "a.csv", tmp_path / "b.csv"
    file.write_bytes(b"one")
    before, times = dict(digests_in(tmp_path, ["a.csv"])), file.stat()
    other.write_bytes(b"two")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(file)
    assert dict(digests_in(tmp_path, ["a.csv"])) != before


def test_a_file_that_was_just_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_bytes(b"one")
    dict(digests_in(tmp_path, ["a.csv"]))
    looked = []
    monkeypatch.setattr("kkz_eval.deliveries.register.inbox.content_in", lambda _, name: looked.append(name) or b"two")
    assert dict(digests_in(tmp_path, ["a.csv"])) == {"a.csv": digest_of_bytes(b"two")}
    assert looked == ["a.csv"]
