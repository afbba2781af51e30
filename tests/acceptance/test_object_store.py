"""A home whose objects lie in an object store is the same home: every command and page, and byte for byte the same objects."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from whole_runs import ALL_YEARS, CONTRACTS, OFFICIAL_2012, add, change, copy_of, settings_of, take_in_and_judge

sys.path.insert(0, str(Path(__file__).parents[1]))
from served import desk_of

from kkz_eval.cli import main
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.kept_reports import kept_report
from kkz_eval.line.report import make_edition
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.settings import Settings, load_settings
from kkz_eval.storage.store import ON_THIS_MACHINE, Store
from kkz_eval.storage.writer import LOCK


def objects(store: Store) -> dict[str, bytes]:
    return {key: store.kept(key) for key in store.everything() if key.partition("/")[0] not in (*ON_THIS_MACHINE, LOCK)}


def line_of(settings: Settings, world: Path) -> Installation:
    return open_installation(settings, [world / "plan.yaml"])


def test_a_correction_gives_the_same_objects_in_a_folder_and_in_an_object_store_with_workers(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, object_store: str, workers: str
) -> None:
    world, url, place = copy_of(finished, tmp_path / "world"), f"{object_store}/programm", str(tmp_path / "backups")
    monkeypatch.setenv("KKZ_CONTRACTS", str(CONTRACTS))
    assert main(["backup", place, "--home", str(world / "home")]) == 0
    monkeypatch.setenv("KKZ_STORE", url)
    assert main(["restore", place, "--home", str(tmp_path / "home"), "--contracts", str(tmp_path / "contracts")]) == 0
    assert list((tmp_path / "home").iterdir()) == []

    change(world / "deliveries" / OFFICIAL_2012, add("05114", "2012", {"ohne Hauptschulabschluss": 30}))
    alone = settings_of(world)
    for settings in (alone, replace(alone, home=tmp_path / "home", object_store=url, scheduler=workers)):
        line = line_of(settings, world)
        take_in_and_judge(line, ALL_YEARS)
        (plan,) = line.plans.values()
        edition = make_edition(Study(current_snapshot(line), plan))
        assert {step for step, _ in line.steps.journal.computed} >= {"effects_inference", "report"}
    store = line.steps.store
    assert objects(store) == objects(Store.at(str(world / "home")))
    assert kept_report(line, store.address_of(edition.page)) == kept_report(line, plan.id)
    assert desk_of(line.settings).get(f"/{edition.page}").content == store.kept(edition.page)


def test_every_command_and_page_works_on_an_object_store(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], object_store: str
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    names = [file.name for file in sorted((fresh / "deliveries").iterdir())[:3]]
    for name in names:
        (inbox / name).write_bytes((fresh / "deliveries" / name).read_bytes())
    monkeypatch.setenv("KKZ_CONTRACTS", str(CONTRACTS))
    monkeypatch.setenv("KKZ_STORE", f"{object_store}/home")
    home = ["--home", str(tmp_path / "home")]
    (tmp_path / "home").mkdir()
    settings = load_settings(home=tmp_path / "home", inbox=inbox)
    take_in_and_judge(line_of(settings, fresh), ALL_YEARS)
    kept = objects(Store.at(settings.store))

    assert main(["fsck", *home, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["objects"] == len(kept)
    assert main(["deliveries", "list", *home]) == 0
    assert all(name in capsys.readouterr().out for name in names[:1])
    desk = desk_of(settings)
    assert desk.get("/tafel").status_code == desk.get("/zu-tun").status_code == 200
    for address in (
        "/reports/../register/batches/00000001.json",
        "/register/batches/00000001.json",
        "/reports/fehlt.html",
        "/reports/",
    ):
        assert desk.get(address).status_code == 404, address

    sha256 = min(key for key in kept if key.startswith("landing/")).rpartition("/")[2]
    assert main(["purge", sha256, "--reason", "auf Wunsch der Kommune", *home]) == 0
    assert f"landing/{sha256[:2]}/{sha256}" not in objects(Store.at(settings.store))

    log = "desk/actions/2026-01-01.jsonl"
    (tmp_path / "home" / log).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "home" / log).write_bytes(b"{}\n")
    assert main(["backup", str(tmp_path / "backups"), *home]) == 0
    monkeypatch.setenv("KKZ_STORE", f"{object_store}/another")
    again = ["--home", str(tmp_path / "again"), "--contracts", str(tmp_path / "contracts")]
    assert main(["restore", str(tmp_path / "backups"), *again]) == 0
    assert objects(Store.at(f"{object_store}/another")) == objects(Store.at(settings.store))
    assert (tmp_path / "again" / log).read_bytes() == b"{}\n"
