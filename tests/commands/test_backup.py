"""`backup` and `restore` as they are called: the same reports in another place, and nothing to be put right there."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from kkz_eval.cli import main
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.settings import CHECKOUT
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import writing_alone


def test_a_finished_home_is_backed_up_and_restored_whole(
    finished_model_world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = finished_model_world / "home"
    new = tmp_path / "elsewhere" / "home"
    assert main(["backup", str(tmp_path / "backups"), "--home", str(home)]) == 0
    assert "Sicherung 1" in capsys.readouterr().out
    assert main(["restore", str(tmp_path / "backups"), "--home", str(new)]) == 0
    monkeypatch.setenv("KKZ_CONTRACTS", str(new.parent / "data_contracts"))
    assert main(["fsck", "--home", str(new)]) == 0
    reports = [file.relative_to(home) for file in home.joinpath("reports").rglob("*") if file.is_file()]
    assert reports
    assert all((new / file).read_bytes() == (home / file).read_bytes() for file in reports)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where two backups of a small home are."""
    monkeypatch.setenv("KKZ_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KKZ_CONTRACTS", str(tmp_path / "contracts"))
    monkeypatch.setenv("KKZ_BACKUPS", str(tmp_path / "backups"))
    (tmp_path / "contracts" / "corrections").mkdir(parents=True)
    (tmp_path / "contracts" / "corrections" / "a.yaml").write_text("old: 7\n")
    Store.at(str(tmp_path / "home")).put_if_absent("protocols/a/protokoll.html", b"<html></html>")
    assert main(["backup"]) == 0
    (tmp_path / "home" / "protocols" / "a" / "protokoll.html").unlink()
    assert main(["backup"]) == 0
    return tmp_path / "backups"


def test_all_backups_are_read_and_each_that_could_not_be_restored_is_named_as_restoring_it_does(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["backup", "--verify"]) == 0
    assert f"{place}: Alle Sicherungen sind ganz: 1–2." in capsys.readouterr().out
    (file,) = (one for one in place.glob("contents/*/*") if one.read_bytes() == b"old: 7\n")
    (page,) = (one for one in place.glob("contents/*/*") if one != file)
    page.unlink()
    assert main(["backup", "--verify"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Fehlt in Sicherung 1: home/protocols/a/protokoll.html ({page.relative_to(place)})."
    assert said[1].endswith(f"in {place} ist nicht ganz. Beschädigte Dateien: 0, fehlende: 1, von 2.")
    assert "Nur diese Sicherungen sind ganz: 2." in said[2]
    assert "kkz-eval backup" in said[3]
    assert main(["restore", "--number", "1", "--home", str(tmp_path / "new")]) == 2
    assert said[1] in capsys.readouterr().err
    file.unlink()
    assert main(["backup", "--verify"]) == 1
    assert f"{place}: Keine Sicherung ist ganz." in capsys.readouterr().out
    (place / "lists" / "000001.json").unlink()
    (place / "lists" / "000002.json").unlink()
    assert main(["backup", "--verify"]) == 2
    assert "liegt keine Sicherung" in capsys.readouterr().err


def test_a_backup_that_lost_decisions_with_a_removal_says_so_when_it_is_restored(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, lost = tmp_path / "home", digest_of_bytes(b"content")
    Store.at(str(home)).put_if_absent(landing_key(lost), b"content")
    shutil.copy(CHECKOUT / "data_contracts" / "netzwerk.odcs.yaml", tmp_path / "contracts")
    (tmp_path / "contracts" / "corrections" / "a.yaml").unlink()
    assert main(["purge", lost, "--reason", "Bitte der Kommune"]) == 0
    assert main(["backup"]) == 0
    capsys.readouterr()
    assert main(["restore", "--number", "1", "--home", str(tmp_path / "new"), "--contracts", str(tmp_path / "newc")]) == 0
    said = capsys.readouterr().out
    assert "hat diese Sicherung Dateien verloren: 2." in said
    assert "contracts/corrections/a.yaml" in said


def test_a_home_that_is_not_there_has_no_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(tmp_path / "backups"), "--home", str(tmp_path / "fehlt")]) == 2
    assert "Den Ordner" in capsys.readouterr().err
    assert not (tmp_path / "backups").exists()


@pytest.fixture
def taking_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """All disks as if they were mounted to be read only."""
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))


@pytest.mark.usefixtures("taking_nothing")
def test_a_home_whose_disk_takes_nothing_is_backed_up_without_a_lock_with_what_was_just_written_in_its_run_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, new = tmp_path / "home", tmp_path / "new" / "home"
    monkeypatch.setenv("KKZ_CONTRACTS", str(tmp_path / "contracts"))
    (tmp_path / "contracts").mkdir()
    (home / "dagster").mkdir(parents=True)
    with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as written:
        for statement in ("PRAGMA journal_mode=WAL", "CREATE TABLE runs (id)", "INSERT INTO runs VALUES (7)"):
            written.execute(statement)
        for file in tmp_path.glob("runs.db*"):  # as when the disk failed: the last of it is not in the database yet
            shutil.copyfile(file, home / "dagster" / file.name)
    before = sorted(home.rglob("*"))
    assert main(["backup", str(tmp_path / "backups"), "--home", str(home)]) == 0
    assert f"{home} lässt sich nur lesen" in capsys.readouterr().err
    assert sorted(home.rglob("*")) == before
    assert main(["restore", str(tmp_path / "backups"), "--home", str(new), "--contracts", str(tmp_path / "new" / "c")]) == 0
    with closing(sqlite3.connect(new / "dagster" / "runs.db")) as restored:
        assert restored.execute("SELECT id FROM runs").fetchall() == [(7,)]


@pytest.mark.usefixtures("taking_nothing")
def test_a_home_whose_disk_takes_nothing_is_not_backed_up_while_somebody_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing_alone(tmp_path / "home", "kkz-eval run", print):
        assert main(["backup", str(tmp_path / "backups"), "--home", str(tmp_path / "home")]) == 2
    assert "kkz-eval run" in capsys.readouterr().err
    assert not (tmp_path / "backups").exists()
