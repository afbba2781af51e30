"""A home that version 0.2.0 kept, whose objects carry no digests, opens as it is: no new verdicts, the same values."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kkz_eval.cli import main
from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.storage.store import Store

KEPT = Path(__file__).parents[1] / "cases" / "home_0_2_0"
YEARS = range(1995, 2025)
OBSERVATIONS, SUM = 90, 56572
"""Accepted observations of the three files and the sum of their values, as version 0.2.0 had them."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KEPT, tmp_path / "home"))


def _files(home: Path) -> dict[str, bytes]:
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_its_verdicts_stand_and_give_the_same_values(home: Path, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    for file in (home / "landing").rglob("*"):
        if file.is_file():
            shutil.copyfile(file, tmp_path / "inbox" / _names(home)[file.name])
    installation = open_installation(Settings(home, tmp_path / "inbox", CHECKOUT / "data_contracts"), [])
    land(installation, YEARS)
    parse_arrivals(installation, YEARS)
    judge_arrivals(installation, YEARS)
    kept = {name: content for name, content in _files(home).items() if not name.startswith("derived/")}
    assert kept == {name: content for name, content in _files(KEPT).items() if not name.startswith("derived/")}
    values = current_snapshot(installation).accepted("schulabgaenge").observations.column("value").to_pylist()
    assert len(values) == OBSERVATIONS
    assert sum(value or 0 for value in values) == SUM


def _names(home: Path) -> dict[str, str]:
    batches = [json.loads(file.read_bytes()) for file in sorted((home / "register" / "batches").iterdir())]
    return {row["sha256"]: row["name"] for batch in batches for row in batch["arrivals"]}


def test_its_register_is_listed_with_the_same_code(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deliveries", "list", "--home", str(home)]) == 0
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 3
    assert "Dortmund" in said


def test_what_comes_next_is_chained_to_what_it_holds(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "inbox").mkdir()
    old = next(file for file in (home / "landing").rglob("*") if file.is_file())
    new = tmp_path / "inbox" / _names(home)[old.name]
    new.write_bytes(old.read_bytes() + b"\r\n")
    installation = open_installation(Settings(home, tmp_path / "inbox", CHECKOUT / "data_contracts"), [])
    land(installation, YEARS)
    batches = Store.at(str(home)).list("register/batches")
    assert len(batches) == 3
    first = home / batches[0]
    first.write_bytes(first.read_bytes().replace(b"2012", b"2011", 1))
    copy = shutil.copytree(home, tmp_path / "seen_by_another_process")
    assert main(["deliveries", "list", "--home", str(copy)]) == 2
    assert "00000003.json" in capsys.readouterr().err
