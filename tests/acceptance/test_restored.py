"""A home is restored in another place, and goes on there: the same reports at another address, nothing to be put right, nothing computed differently, with
the history of runs in a database of its own."""

from __future__ import annotations

import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from whole_runs import settings_of, tree, whole_run

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgres import Postgres, a_postgres, needs_postgres
from served import at_an_address

from kkz_eval.cli import main
from kkz_eval.line.installation import open_installation
from kkz_eval.run_history import open_instance
from kkz_eval.settings import load_settings

WORLD = Path(__file__).parents[1] / "cases" / "home_0_7_0.tar.xz"
"""Of which contracts, plan and deliveries are used, and not the home."""
YEARS = "2010-2013"


def make(folder: Path) -> None:
    """A small world with its reports, after one run."""
    with tarfile.open(WORLD) as kept:
        kept.extractall(folder, filter="data")
    shutil.rmtree(folder / "home")
    whole_run(open_installation(replace(settings_of(folder), contracts=folder / "data_contracts")))


@pytest.fixture(scope="module")
def world(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    return made_once("world_to_be_restored", make)


@pytest.fixture
def elsewhere(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place where that home was restored from a backup, with its contracts and its inbox; settings are those of the new place."""
    monkeypatch.setenv("KKZ_BACKUPS", str(tmp_path / "backups"))
    monkeypatch.setenv("KKZ_CONTRACTS", str(world / "data_contracts"))
    assert main(["backup", "--home", str(world / "home")]) == 0
    new = tmp_path / "elsewhere"
    assert main(["restore", "--home", str(new / "home")]) == 0
    shutil.copytree(world / "deliveries", new / "deliveries")
    monkeypatch.setenv("KKZ_CONTRACTS", str(new / "data_contracts"))
    return new


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with a_postgres() as running:
        yield running


def test_the_same_reports_are_read_at_another_address(world: Path, elsewhere: Path) -> None:
    assert tree(elsewhere / "home" / "reports") == tree(world / "home" / "reports")
    assert main(["fsck", "--home", str(elsewhere / "home")]) == 0
    (page,) = (elsewhere / "home" / "reports").glob("klein/*/bericht.html")
    key = page.relative_to(elsewhere / "home").as_posix()
    with at_an_address(load_settings(home=elsewhere / "home")) as address, urlopen(f"{address}/{key}") as answer:
        assert answer.read() == page.read_bytes()


@needs_postgres
def test_it_runs_on_with_its_history_in_another_database(
    world: Path, elsewhere: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(elsewhere / "home", without="dagster")
    monkeypatch.setenv("KKZ_HOME", str(elsewhere / "home"))
    monkeypatch.setenv("KKZ_DATABASE", server.database("restored"))
    line = ["--home", str(elsewhere / "home"), "--inbox", str(elsewhere / "deliveries"), "--years", YEARS]
    assert main(["run", *line]) == 0
    now = tree(elsewhere / "home", without="dagster")
    kept = {name for name in before if not name.startswith("aktuell/")}
    assert {name: now[name] for name in kept} == {name: before[name] for name in kept}
    assert tree(elsewhere / "home" / "reports") == tree(world / "home" / "reports")
    assert main(["fsck", "--home", str(elsewhere / "home")]) == 0
    with open_instance(load_settings()) as instance:
        assert instance.get_runs_count() == 1
