"""Acts of stewards that are killed at any write: done again, all is as if nothing had happened. A removal that was cut short blocks all else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from packed import views
from whole_runs import ALL_YEARS, CONTRACTS, take_in_and_judge, tree

from benchmarks.faults import kills_of
from kkz_eval.cli import main
from kkz_eval.commands.check_files import check_files
from kkz_eval.deliveries.municipal.returned import SHEET
from kkz_eval.deliveries.register.decisions import load_decisions
from kkz_eval.deliveries.register.purging import SOURCES, Holding, purge
from kkz_eval.deliveries.register.register import Purge, begin_purge
from kkz_eval.line.alone import obstacle
from kkz_eval.line.correspondence import make_board, make_templates, write_marked_copies, write_protocols
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import land
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.line.weighed import weighed
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings
from kkz_eval.stewardship.requests import approve, requests_of
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store

DAY = date(2026, 1, 1)
NEUSS, AHLEN = "05162024", "05570004"
CERTIFICATES = (
    *("ohne Hauptschulabschluss", "Hauptschulabschluss", "mittlerer Abschluss"),
    *("Fachhochschulreife", "allgemeine Hochschulreife"),
)
REJECTED_VALUE, ACCEPTED_VALUE = 7919353, 51347
"""Numbers that no other file and nothing else holds."""


def _leavers(unit: str, boys: int, total: int) -> bytes:
    """School leavers of 2012: so many boys without certificate; the total of the boys as it is told."""
    rows = ["Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"]
    counts = {name: (boys if name == CERTIFICATES[0] else 10, 20) for name in CERTIFICATES}
    counts["Insgesamt"] = (total, 100)
    for name, (male, female) in counts.items():
        rows += [
            f"{unit};2011/12;{name};{sex};{n}"
            for sex, n in (("männlich", male), ("weiblich", female), ("insgesamt", male + female))
        ]
    return "\r\n".join(rows).encode("cp1252")


def _opened(world: Path) -> Installation:
    return open_installation(_settings(world), [])


def _settings(world: Path) -> Settings:
    return Settings(home=world / "home", inbox=world / "inbox", contracts=world / "contracts")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three deliveries, of which one is a marked copy that came back, with all that stewards get of them; and two reports, one of each file."""
    world = tmp_path_factory.mktemp("acts")
    shutil.copytree(CONTRACTS, world / "contracts")
    inbox = world / "inbox"
    inbox.mkdir()
    (inbox / "neuss.csv").write_bytes(_leavers(NEUSS, 10, REJECTED_VALUE))
    (inbox / "ahlen.csv").write_bytes(_leavers(AHLEN, ACCEPTED_VALUE, ACCEPTED_VALUE + 40))
    assert check_files(_settings(world), [inbox / "neuss.csv"], None, "json", world / "copy.xlsx") == 1
    book = load_workbook(world / "copy.xlsx")
    for row in book[SHEET].iter_rows():
        if isinstance(row[0].value, int):
            row[10].value, row[11].value = "Wert ist richtig", "gezählt"
    book.save(inbox / "neuss_zurueck.xlsx")
    line = _opened(world)
    take_in_and_judge(line)
    _correspond(line)
    for arrival in line.register().arrivals:
        folder = f"reports/plan/{arrival.name}"
        line.steps.store.put_if_absent(f"{folder}/{SOURCES}", json.dumps({"deliveries": [arrival.sha256]}).encode())
        line.steps.store.put_if_absent(f"{folder}/estimates.csv", b"1")
    (world / "home" / "derived" / ".partial-left").write_bytes(_leavers(NEUSS, 10, REJECTED_VALUE))
    return world


def _correspond(line: Installation) -> None:
    """All that is written of what was judged."""
    snapshot = current_snapshot(line)
    rows = weighed(snapshot, ALL_YEARS)
    write_protocols(snapshot, rows)
    write_marked_copies(snapshot, rows)
    make_board(snapshot)
    make_templates(snapshot)


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "world"))


@pytest.fixture(scope="module")
def line(made: Path) -> Installation:
    """The installation of `made`, opened once."""
    return _opened(made)


def _at(line: Installation, world: Path) -> Installation:
    """The same installation in another world."""
    return replace(line, settings=_settings(world), steps=Steps(Store.at(str(world / "home"))))


def _digests(line: Installation) -> dict[str, str]:
    """Digest of each delivery by its name."""
    return {arrival.name: arrival.sha256 for arrival in line.register().arrivals}


def _holding(home: Path, value: int) -> list[str]:
    """Files of a home that hold a number, however packed."""
    return [name for name, data in tree(home).items() if any(str(value).encode() in view for view in views(data))]


@pytest.mark.parametrize(("name", "value"), [("neuss.csv", REJECTED_VALUE), ("ahlen.csv", ACCEPTED_VALUE)])
def test_a_removal_killed_at_any_write_blocks_all_else_and_the_same_call_ends_it(
    made: Path, line: Installation, world: Path, name: str, value: int
) -> None:
    home, sha256 = world / "home", _digests(line)[name]
    here = _at(line, world)

    def fresh() -> None:
        shutil.rmtree(home)
        shutil.copytree(made / "home", home)

    def remove(reason: str = "Grund") -> None:
        purge(here.steps.store, world / "inbox", sha256, reason, DAY)

    assert len(_holding(home, value)) >= 5
    remove()
    assert _holding(home, value) == []
    expected = tree(home)
    blocked = 0
    for write in kills_of(fresh, remove, world):
        said = obstacle(here)
        blocked += said is not None
        if said is not None:
            assert f"kkz-eval purge {sha256} --reason Grund --home {home}" in said.in_language("de")
            for begin in (lambda: land(here, ALL_YEARS), lambda: current_snapshot(here)):
                with pytest.raises(UserError, match="has not been brought to its end"):
                    begin()
        remove("ein anderer Grund")
        assert obstacle(here) is None, write
        if said is not None:
            assert tree(home) == expected, write
    assert blocked > 10


def test_after_a_removal_every_later_run_works_without_the_content(made: Path, line: Installation, world: Path) -> None:
    here = _at(line, world)
    purged = purge(here.steps.store, world / "inbox", _digests(line)["neuss.csv"], "Grund", DAY)
    assert purged.copies == (_digests(line)["neuss_zurueck.xlsx"],)
    assert purged.names == purged.in_inbox == ("neuss.csv", "neuss_zurueck.xlsx")
    assert purged.counts[Holding.REPORT] == 2
    assert not any("neuss" in key for key in here.steps.store.list("reports"))
    for _ in range(2):
        take_in_and_judge(here)
        _correspond(here)
        current_snapshot(here).accepted("schulabgaenge")
    assert _holding(world / "home", REJECTED_VALUE) == []
    assert _holding(world / "home", ACCEPTED_VALUE)
    assert set(here.register().tombstones) == {purged.sha256, *purged.copies}
    judged = current_snapshot(here).sources(here.contract_of("schulabgaenge"))
    assert [source.arrival.name for source in judged] == ["ahlen.csv"]


def test_the_original_of_a_removed_marked_copy_stays_and_is_named(line: Installation, world: Path) -> None:
    digests, here = _digests(line), _at(line, world)
    purged = purge(here.steps.store, world / "inbox", digests["neuss_zurueck.xlsx"], "Grund", DAY)
    assert (purged.copies, purged.original) == ((), digests["neuss.csv"])
    assert here.steps.store.exists(f"landing/{purged.original[:2]}/{purged.original}")


def test_commands_say_that_a_removal_has_to_be_ended_first(
    line: Installation, world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KKZ_CONTRACTS", str(world / "contracts"))
    sha256 = _digests(line)["neuss.csv"]
    begin_purge(Store.at(str(world / "home")), Purge((sha256,), "Angaben zu einer Person", "2026-01-01"))
    at = ["--home", str(world / "home")]
    plan = ["plan", "lock", str(CONTRACTS / "plans" / "modellwelt.yaml"), "--inbox", str(world / "inbox")]
    for command in (plan, ["deliveries", "approve", "abc", "--role", "x"]):
        capsys.readouterr()
        assert main([*command, *at]) == 2
        said = capsys.readouterr().err
        assert f"kkz-eval purge {sha256} --reason 'Angaben zu einer Person' --home {world / 'home'}" in said
    assert main(["deliveries", "diff", sha256[:12], str(world / "inbox" / "ahlen.csv"), *at]) == 2
    assert main(["deliveries", "list", *at]) == 0
    assert main(["purge", sha256, "--reason", "Grund", "--inbox", str(world / "inbox"), *at]) == 0
    assert main(["deliveries", "approve", "abc", "--role", "x", *at]) == 2
    assert "abc" in capsys.readouterr().err


def test_a_home_that_is_not_there_is_not_made_by_a_removal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["purge", "0" * 64, "--reason", "Grund", "--home", str(tmp_path / "home")]) == 2
    assert "gibt es nicht" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def test_an_approval_killed_at_any_write_is_whole_or_absent_and_the_same_call_ends_it(line: Installation, world: Path) -> None:
    here, waivers = _at(line, world), world / "contracts" / "waivers"
    request = next(r for r in requests_of(here.steps.store, here.register(), here.contracts) if not r.problem)

    def agree() -> None:
        approve(request, world / "contracts", "Leitung", date(2099, 1, 1), here.decisions)

    agree()
    expected = tree(waivers)
    assert len(expected) == 1
    for _ in kills_of(lambda: shutil.rmtree(waivers), agree, world):
        found = tree(waivers) if waivers.exists() else {}
        assert {name: data for name, data in found.items() if name.endswith(".yaml")} in ({}, expected)
        load_decisions(world / "contracts", here.contracts, DAY)
        agree()
        assert {name: data for name, data in tree(waivers).items() if name.endswith(".yaml")} == expected


def test_another_approval_of_the_same_request_is_refused(line: Installation, world: Path) -> None:
    here = _at(line, world)
    request = next(r for r in requests_of(here.steps.store, here.register(), here.contracts) if not r.problem)
    path = approve(request, world / "contracts", "Leitung", date(2099, 1, 1), here.decisions)
    with pytest.raises(UserError, match="approved already"):
        approve(request, world / "contracts", "Leitung", date(2099, 1, 2), here.decisions)
    assert "2099-01-01" in path.read_text(encoding="utf-8")
    other = world / "other"
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode, "a decision is read by others as any file of the folder is"


@pytest.mark.parametrize(("make", "step"), [(make_board, 29), (make_templates, 151)], ids=["board", "templates"])
def test_what_is_written_for_stewards_ends_alike_after_a_kill_at_any_write(
    line: Installation, world: Path, make: Callable[[Snapshot], object], step: int
) -> None:
    here, board = _at(line, world), world / "home" / "board"
    shutil.rmtree(board)
    make(current_snapshot(here))
    expected = tree(board)
    assert expected
    for write in kills_of(lambda: shutil.rmtree(board), lambda: make(current_snapshot(here)), world, step=step):
        make(current_snapshot(here))
        assert {name: data for name, data in tree(board).items() if ".partial-" not in name} == expected, write
