"""Run history in Postgres, objects in an object store, draws on workers of a scheduler: the bytes of a home in a folder, though the database goes and
a worker is killed on the way; and every command and page works there as on a folder."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ending_workers import OneEnds
from postgres import WRITTEN, Postgres, a_postgres, needs_postgres
from served import desk_of
from three_files import INDICATOR, three_files
from whole_runs import OFFICIAL_2012, copy_of

from kkz_eval.cli import main
from kkz_eval.settings import load_settings
from kkz_eval.storage.store import ON_THIS_MACHINE, Store
from kkz_eval.storage.writer import LOCK

DRAWN = {"method": "randomization", "draws": 110, "theta": ["zero"], "statistics": ["coefficient"]}
"""Of an estimator that is fitted anew for each draw: two pieces that workers compute."""


class Hearing(io.StringIO):
    """What is printed, and what happens once a word of it is heard."""

    def __init__(self, word: str, then: Callable[[], None]) -> None:
        super().__init__()
        self._word, self._then = word, then

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._word and self._word in text:
            self._word = ""
            self._then()
        return written


def with_draws(world: Path) -> Path:
    """A world whose plan draws assignments."""
    plan = yaml.safe_load((world / "plan.yaml").read_text(encoding="utf-8"))
    plan |= {"estimators": [*plan["estimators"], {"id": "sdid", "method": "sdid"}], "inference": DRAWN}
    (world / "plan.yaml").write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return world


def objects(store: Store) -> dict[str, bytes]:
    """What is kept, wherever that is, without what only a machine itself needs."""
    return {key: store.kept(key) for key in store.everything() if key.partition("/")[0] not in (*ON_THIS_MACHINE, LOCK)}


def run(world: Path, home: Path) -> int:
    """The yearly run of a world, as in a terminal; its exit code."""
    return main(["run", "--inbox", str(world / "deliveries"), "--home", str(home), "--plan", str(world / "plan.yaml")])


@needs_postgres
def test_the_same_bytes_with_everything_together_and_every_command_on_them(
    made_once,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    object_store: str,
    workers: str,
) -> None:
    world, in_files, home = (
        with_draws(copy_of(made_once("three_files", three_files), tmp_path / "world")),
        tmp_path / "files",
        tmp_path / "home",
    )
    url, one_ends = f"{object_store}/programm", OneEnds(workers)
    monkeypatch.setenv("KKZ_CONTRACTS", str(world / "contracts"))
    assert run(world, in_files) == 0
    expected = objects(Store.at(str(in_files)))
    assert len([key for key in expected if key.endswith("/bericht.html")]) == 1

    monkeypatch.setenv("KKZ_STORE", url)
    home.mkdir()
    with a_postgres() as server:
        monkeypatch.setenv("KKZ_DATABASE", server.database("kkz"))
        monkeypatch.setenv("KKZ_SCHEDULER", workers)
        monkeypatch.setattr("kkz_eval.line.installation.spread_over", lambda _: one_ends)
        lost_in_the_middle(server, world, home, monkeypatch, capsys)
        server.start()
        assert not one_ends.ended
        assert run(world, home) == 0
        assert len(one_ends.ended) == 1
        assert server.ask("kkz", "SELECT status, count(*) FROM runs GROUP BY 1 ORDER BY 1") == "STARTED|1\nSUCCESS|1"
    found = objects(Store.at(url))
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []
    assert {path.name for path in home.iterdir()} <= {*ON_THIS_MACHINE, LOCK}

    monkeypatch.delenv("KKZ_DATABASE")
    (said,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Bericht: ")]
    read_there(world, home, said.removeprefix("Bericht: "), found, capsys)
    removed_there(home, url, capsys)
    moved_on(home, url, f"{object_store}/another", tmp_path, monkeypatch)


def lost_in_the_middle(
    server: Postgres, world: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run whose database goes once the files are judged: a sentence without a password, exit code 2, and a home that is sound."""
    monkeypatch.setattr("dagster_postgres.utils.calculate_delay", lambda **_: 0.0)  # it asks again as often, without waiting
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", heard := Hearing("Geprüft: 3 angenommen", server.stop))
        assert run(world, home) == 2
    assert "Geprüft" in heard.getvalue()
    assert "Bericht:" not in heard.getvalue()
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith(f"Die Datenbank der Laufgeschichte, 127.0.0.1:{server.port}/kkz, antwortet nicht")
    assert [word for word in (WRITTEN, "Traceback", "Retrying") if word in said] == []
    assert main(["fsck", "--home", str(home)]) == 0


def read_there(world: Path, home: Path, report: str, kept: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:
    """Commands and pages that only read. report: its address, as the run said it; its plan stands beside the contracts by now."""
    shutil.copy(world / "plan.yaml", world / "contracts" / "plans")
    at = ["--home", str(home)]
    delivered = str(world / "deliveries" / OFFICIAL_2012)
    capsys.readouterr()
    assert main(["fsck", *at, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["objects"] == len(kept)
    page = next(key for key in kept if report.endswith(key))
    assert main(["verify", report, *at]) == 0
    assert f"Der Bericht {page.rpartition('/')[0]} wird nachgerechnet" in capsys.readouterr().out
    assert main(["check", delivered]) == 0
    assert main(["deliveries", "list", *at]) == 0
    assert OFFICIAL_2012 in capsys.readouterr().out

    desk = desk_of(load_settings(home=home))
    assert desk.get(f"/{page}").content == kept[page]
    assert INDICATOR.encode() in kept[page]
    assert desk.get("/tafel").status_code == desk.get("/zu-tun").status_code == 200
    for address in (
        "/reports/../register/batches/00000001.json",
        "/register/batches/00000001.json",
        "/reports/fehlt.html",
        "/reports/",
    ):
        assert desk.get(address).status_code == 404, address


def removed_there(home: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A content that somebody asks to remove."""
    sha256 = min(key for key in objects(Store.at(url)) if key.startswith("landing/")).rpartition("/")[2]
    assert main(["purge", sha256, "--reason", "auf Wunsch der Kommune", "--home", str(home)]) == 0
    assert f"landing/{sha256[:2]}/{sha256}" not in objects(Store.at(url))


def moved_on(home: Path, url: str, another: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an object store into another one, with what only the machine keeps."""
    log = "desk/actions/2026-01-01.jsonl"
    (home / log).parent.mkdir(parents=True, exist_ok=True)
    (home / log).write_bytes(b"{}\n")
    place, again = str(tmp_path / "of_store"), tmp_path / "again"
    assert main(["backup", place, "--home", str(home)]) == 0
    monkeypatch.setenv("KKZ_STORE", another)
    assert main(["restore", place, "--home", str(again), "--contracts", str(tmp_path / "contracts_again")]) == 0
    assert objects(Store.at(another)) == objects(Store.at(url))
    assert (again / log).read_bytes() == b"{}\n"
