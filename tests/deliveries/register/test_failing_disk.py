"""An inbox or a home that can't be read for a moment: nothing is taken for absent, for new, or for nobody's, and the next call does what was left."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from contract_values import CONTRACTS

from benchmarks.faults import How, Killed, failures_of, storage
from kkz_eval.deliveries.register.inbox import inbox_files
from kkz_eval.deliveries.register.intake import Intake, fingerprint, take_in
from kkz_eval.deliveries.register.purging import SOURCES, purge
from kkz_eval.deliveries.register.register import open_purges, read_register
from kkz_eval.model.errors import UserError
from kkz_eval.storage.store import Store

ROW = "05111000;2015;insgesamt;{count};5,5\n"
TABLE = "Gemeindeschlüssel;Abgangsjahr;Geschlecht;Schulabgänge insgesamt;Anteil ohne Abschluss\n" + ROW
YEARS = range(1995, 2027)
DAY = date(2026, 1, 1)


def some(number: int) -> bool:
    """A sample of the calls; all of them: benchmarks.bench_faults."""
    return number % 7 == 1


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    (folder / "unter").mkdir(parents=True)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.at(str(tmp_path / "home"))


def _deliver(inbox: Path, name: str, count: int) -> None:
    (inbox / name).write_text(TABLE.format(count=count), encoding="utf-8")


def _take_in(store: Store, inbox: Path) -> Intake:
    return take_in(store, inbox, CONTRACTS, YEARS)


def _newest(store: Store) -> str:
    return max(read_register(store).arrivals).name


@pytest.mark.parametrize("place", ["alt.csv", "unter"])
def test_a_file_that_could_not_be_read_once_does_not_come_back_as_newer_than_its_correction(
    store: Store, inbox: Path, place: str
) -> None:
    _deliver(inbox, "alt.csv" if place == "alt.csv" else "unter/alt.csv", 40)
    _take_in(store, inbox)
    _deliver(inbox, "korrektur.csv", 41)
    for at in range(1, 10_000, 2):  # the first call about it that says so in a notice, and the run goes on
        copy = Store.at(f"{store.root}_{at}")
        shutil.copytree(store.root, copy.root)
        with storage(inbox / place, at=at) as seen:
            scan = _take_in(copy, inbox)
        if not seen.has_failed:
            break
        (notice,) = scan.notices
        assert (notice.kind, notice.name) in {("refused", place), ("refused", "unter/alt.csv")}
        assert scan.landed == ("korrektur.csv",)
        again = _take_in(copy, inbox)
        assert (again.landed, _newest(copy)) == ((), "korrektur.csv")
    assert at > 1


def test_an_inbox_that_cannot_be_listed_is_not_an_empty_one(store: Store, inbox: Path) -> None:
    _deliver(inbox, "a.csv", 40)
    register = read_register(store)
    for look in (lambda: inbox_files(inbox), lambda: fingerprint(inbox, register), lambda: _take_in(store, inbox)):
        with storage(inbox, at=1), pytest.raises(UserError, match="cannot be read: the disk reports an error"):
            look()
    for failure in failures_of(lambda: None, lambda: inbox_files(inbox), inbox, how=How.ERROR):
        assert isinstance(failure.error, UserError) or failure.call.place.endswith("unter"), failure


@pytest.mark.parametrize("how", How)
def test_a_scan_that_fails_at_any_call_is_done_again_and_nothing_is_lost_or_twice(tmp_path: Path, inbox: Path, how: How) -> None:
    _deliver(inbox, "a.csv", 40)
    home, whole = tmp_path / "home", Store.at(str(tmp_path / "whole"))
    _take_in(whole, inbox)
    expected = {key: whole.get(key) for key in whole.everything()}
    store = Store.at(str(home))
    for failure in failures_of(
        lambda: shutil.rmtree(home, True), lambda: _take_in(store, inbox), home, inbox, how=how, numbers=some
    ):
        if failure.error is not None:
            assert isinstance(failure.error, (UserError, Killed)), failure
        _take_in(store, inbox)
        assert {key: store.get(key) for key in store.everything()} == expected, failure


def test_a_removal_takes_no_report_for_one_to_go_because_the_disk_fails(tmp_path: Path, inbox: Path) -> None:
    home, kept = tmp_path / "home", tmp_path / "kept"
    _deliver(inbox, "a.csv", 40)
    _deliver(inbox, "b.csv", 41)
    store = Store.at(str(kept))
    _take_in(store, inbox)
    a, b = (arrival.sha256 for arrival in read_register(store).arrivals)
    for name, sha256 in (("a", a), ("b", b)):
        store.put_if_absent(f"reports/plan/{name}/{SOURCES}", json.dumps({"deliveries": [sha256]}).encode())
        store.put_if_absent(f"protocols/{name}/protokoll.html", f"<html>{sha256}</html>".encode())
    store = Store.at(str(home))

    def fresh() -> None:
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(kept, home)

    def remove() -> None:
        purge(store, inbox, a, "Grund", DAY)

    fresh()
    remove()
    expected = {key: store.kept(key) for key in store.everything()}
    assert f"reports/plan/b/{SOURCES}" in expected
    assert "protocols/b/protokoll.html" in expected
    for how in How:
        for failure in failures_of(fresh, remove, home, how=how, numbers=some):
            if failure.error is None:
                assert {key: store.kept(key) for key in store.everything()} == expected, failure
                continue
            assert isinstance(failure.error, (UserError, Killed)), failure
            if open_purges(store):
                assert f"reports/plan/b/{SOURCES}" in store.everything(), failure
            remove()
            assert {key: store.kept(key) for key in store.everything()} == expected, failure
