"""A home whose objects lie in an object store is the same home: every command and page, and byte for byte the same objects."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from whole_runs import ALL_YEARS, CONTRACTS, KREFELD, add, change, copy_of, delivery, settings_of, take_in_and_judge

sys.path.insert(0, str(Path(__file__).parents[1]))
from served import desk_of

from kkz_eval.cli import main
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.kept_reports import kept_report
from kkz_eval.line.report import make_edition
from kkz_eval.line.snapshot import current_snapshot, keep_snapshot
from kkz_eval.line.study import Study
from kkz_eval.line.verification import verify
from kkz_eval.storage.store import ON_THIS_MACHINE, Store
from kkz_eval.storage.writer import LOCK


def objects(store: Store) -> dict[str, bytes]:
    return {key: store.kept(key) for key in store.everything() if key.partition("/")[0] not in (*ON_THIS_MACHINE, LOCK)}


def opened(world: Path, object_store: str = "") -> Installation:
    return open_installation(replace(settings_of(world), object_store=object_store), [world / "plan.yaml"])


def test_a_home_moves_into_an_object_store_and_is_the_same_there(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], object_store: str
) -> None:
    world, url = copy_of(finished, tmp_path / "world"), f"{object_store}/programm"
    beside = tmp_path / "beside"
    beside.mkdir()
    shutil.copy(world / "plan.yaml", beside)
    (beside / "deliveries").symlink_to(world / "deliveries")
    monkeypatch.setenv("KKZ_CONTRACTS", str(CONTRACTS))

    # backup from the folder, restored into the object store
    assert main(["backup", str(tmp_path / "backups"), "--home", str(world / "home")]) == 0
    monkeypatch.setenv("KKZ_STORE", url)
    there = ["--home", str(beside / "home")]
    assert main(["restore", str(tmp_path / "backups"), *there, "--contracts", str(beside / "contracts")]) == 0
    kept = Store.at(url)
    assert objects(kept) == objects(Store.at(str(world / "home")))
    assert [path.name for path in (beside / "home").iterdir()] == []

    # a correction, taken in and followed to the report
    change(delivery(world, KREFELD), add(KREFELD, "2013", {"ohne_hsa": 9}))
    for line in (opened(world), opened(beside, url)):
        take_in_and_judge(line, ALL_YEARS)
        (plan,) = line.plans.values()
        snapshot = current_snapshot(line)
        keep_snapshot(snapshot)
        edition = make_edition(Study(snapshot, plan))
    assert objects(kept) == objects(Store.at(str(world / "home")))
    assert kept_report(line, kept.address_of(edition.page)) == kept_report(line, plan.id)
    assert verify(line, kept_report(line, plan.id)).count == 0

    capsys.readouterr()
    assert main(["fsck", *there, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["objects"] == len(objects(kept))
    assert main(["deliveries", "list", *there]) == 0
    monkeypatch.delenv("KKZ_STORE")
    listed = capsys.readouterr().out
    assert main(["deliveries", "list", "--home", str(world / "home")]) == 0
    assert capsys.readouterr().out == listed

    desk, in_folder = (desk_of(line.settings) for line in (opened(beside, url), opened(world)))
    for address in ("/", f"/{edition.page}", "/tafel", "/zu-tun", "/auswerten"):
        print(address, desk.get(address).status_code, desk.get(address).content == in_folder.get(address).content)
    for address in (
        "/reports/../register/batches/000001.json",
        "/register/batches/000001.json",
        "/reports/fehlt.html",
        "/reports/",
    ):
        assert desk.get(address).status_code == 404, address
