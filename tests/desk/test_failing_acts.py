"""A click at the desk while a disk or an object store fails, or the process is killed: whoever clicked is told what is true, and the same click ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faulty_home import FAULTY, findings_at, make_home, own_home
from served import DeskClient, desk_of

from benchmarks.desk_faults import ACTS, Home, desk_failures, in_memory
from benchmarks.faults import How, storage
from kkz_eval.deliveries.register.purging import purge
from kkz_eval.deliveries.register.register import Purge, begin_purge
from kkz_eval.desk import actions
from kkz_eval.desk.pages.decisions import END_REMOVALS
from kkz_eval.desk.people import Person, Role
from kkz_eval.line import desk_acts
from kkz_eval.settings import Settings
from kkz_eval.storage.store import Store

HERE = f"/tafel/{'/'.join(map(str, FAULTY))}"
MadeOnce = Callable[[str, Callable[[Path], object]], Path]
A_SAMPLE = {How.ERROR: 113, How.FULL: 29, How.KILL: 37}
"""Each so-manieth call; all of them: `make bench`."""


@pytest.fixture
def settings(made_once: MadeOnce, tmp_path: Path) -> Settings:
    return own_home(made_once, tmp_path)


@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("act", ACTS)
def test_whichever_call_fails_the_click_is_told_truly_and_the_same_click_ends_it(
    made_once: MadeOnce, tmp_path: Path, act: str, how: How
) -> None:
    kept, step = Home(made_once("faulty_home", make_home)), A_SAMPLE[how]
    assert list(desk_failures(kept, act, how, tmp_path, lambda number: number % step == 3))


@pytest.mark.parametrize("how", [How.ERROR, How.FULL])
@pytest.mark.parametrize("act", ["hands_in", "approves", "removes"])
def test_an_object_store_that_goes_away_in_the_middle_of_an_act_loses_nothing_and_doubles_nothing(
    settings: Settings, tmp_path: Path, act: str, how: How
) -> None:
    kept = in_memory(Home(settings.home.parent), f"/{tmp_path.name}")
    assert list(desk_failures(kept, act, how, tmp_path / act, lambda number: number % 19 == 1))


def test_while_a_removal_is_not_at_its_end_whoever_looks_after_deliveries_ends_it_and_others_are_told_who_does(
    settings: Settings,
) -> None:
    sha256 = findings_at(settings, "E19")[0].sha256
    begin_purge(Store.at(settings.store), Purge((sha256,), "auf Wunsch", "2026-01-01"))
    clerk = desk_of(settings, Person("amt", frozenset({Role.CLERK}), frozenset({FAULTY[1]}))).get(HERE)
    assert clerk.status_code == 400
    assert "Bis dahin beginnt kein Lauf" in clerk.text
    assert (END_REMOVALS in clerk.text, sha256 in clerk.text, "auf Wunsch" in clerk.text) == (False, False, False)
    client = desk_of(settings)
    ended = client.post_form(HERE, END_REMOVALS)
    assert ended.status_code == 200
    assert f"Gelöscht: {sha256}" in ended.text
    assert client.get(HERE).status_code in (200, 404)
    assert "Kein Löschen ist mehr offen" in client.post_form("/", END_REMOVALS).text


def test_a_removal_that_another_process_ends_while_the_click_waits_is_not_done_once_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256, store, writing = findings_at(settings, "E19")[0].sha256, Store.at(settings.store), desk_acts._writing
    begin_purge(store, Purge((sha256,), "auf Wunsch", "2026-01-01"))

    @contextmanager
    def after_another(of: Settings) -> Iterator[None]:
        purge(store, of.inbox, sha256, "auf Wunsch", of.day)
        with writing(of):
            yield

    monkeypatch.setattr(desk_acts, "_writing", after_another)
    assert desk_acts.end_removals(settings) == ()


def test_what_is_refused_is_answered_where_the_log_cannot_be_written_too(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = desk_of(settings)
    served = DeskClient(
        client.app, base_url=client.base_url
    )  # what would reach the server, and its log page by page, would be raised here
    with storage(settings.home / actions.FOLDER, how=How.FULL, at=1):
        answer = served.get("/", headers={"host": "anderswo"})
    assert answer.status_code == 500
    assert "host: refused, and not recorded: OSError" in caplog.text
