"""`backup` and `restore` as they are called: the same reports in another place, and nothing to be put right there."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.cli import main


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


def test_a_home_that_is_not_there_has_no_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(tmp_path / "backups"), "--home", str(tmp_path / "fehlt")]) == 2
    assert "Den Ordner" in capsys.readouterr().err
    assert not (tmp_path / "backups").exists()
