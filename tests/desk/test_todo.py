"""What is to be done: the states of the board as tasks, each with where, since when and what next; filters; nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads

import pytest
from faulty_home import CLERK, DORMAGEN, DUESSELDORF, FAULTY, MISSING, deliver, findings_at, leavers, own_home
from served import desk_of

from kkz_eval.deliveries.municipal.returned import Decision
from kkz_eval.desk.ahead import Ahead
from kkz_eval.desk.people import Person, Role
from kkz_eval.line.at_the_desk import moment_of
from kkz_eval.line.desk_acts import ask, decide, purge_here
from kkz_eval.model.verdicts import State
from kkz_eval.settings import Settings
from kkz_eval.stewardship.sight import EVERYTHING, Sight
from kkz_eval.stewardship.to_do import Kind, ToDo

OF_DUESSELDORF = Sight(frozenset({DUESSELDORF}), frozenset({"schulabgaenge"}))


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return own_home(made_once, tmp_path)


def tasks(settings: Settings, sight: Sight = OF_DUESSELDORF) -> dict[Kind, list[ToDo]]:
    found: dict[Kind, list[ToDo]] = {}
    for one in moment_of(settings).to_do(sight):
        found.setdefault(one.kind, []).append(one)
    return found


def test_a_rejected_delivery_says_which_file_since_when_and_until_when_it_is_to_be_corrected(settings: Settings) -> None:
    (one,) = tasks(settings)[Kind.REJECTED]
    assert (one.place, one.years_named, one.since) == (FAULTY, "2012", settings.day)
    said = one.sentence.in_language("de")
    assert "duesseldorf.csv" in said
    assert "zurückgewiesen" in said
    assert "13. Dezember 2026" in said  # a fortnight from today


def test_a_delivery_that_was_corrected_since_is_no_task(settings: Settings) -> None:
    deliver(settings, "duesseldorf_neu.csv", leavers(DUESSELDORF, 2012))
    assert Kind.REJECTED not in tasks(settings)


def test_what_is_overdue_is_one_task_with_all_its_years(settings: Settings) -> None:
    deliver(settings, "dormagen_neu.csv", leavers(DORMAGEN, 2014, 2015))
    (one,) = tasks(settings)[Kind.OVERDUE]
    assert one.place == MISSING
    assert one.years_named == "2013–2015"
    assert one.since is not None
    assert one.since < settings.day


def test_each_task_has_the_state_that_the_board_has(settings: Settings) -> None:
    deliver(settings, "duesseldorf_anders.csv", leavers(DUESSELDORF, 2012, changed={5: "1O1"}))
    moment = moment_of(settings)
    of_kind = {
        Kind.REJECTED: {State.REJECTED, State.EARLIER_HOLDS},
        Kind.OVERDUE: {State.MISSING},
        Kind.DUE_SOON: {State.MISSING},
    }
    for one in moment.to_do(EVERYTHING):
        for year in one.years:
            assert moment.cells[(one.dataset, one.unit_id, year)].state in of_kind[one.kind]
    in_tasks = {(one.dataset, one.unit_id, year) for one in moment.to_do(EVERYTHING) for year in one.years}
    rejected = {place for place, cell in moment.cells.items() if cell.state in of_kind[Kind.REJECTED]}
    assert rejected <= in_tasks


def test_a_decided_delivery_waits_for_its_approval_and_for_nothing_else(settings: Settings) -> None:
    for named in findings_at(settings, "E19"):
        decide(settings, FAULTY, named, Decision.RIGHT, "mit Externen", "", CLERK)
    found = tasks(settings)
    assert Kind.REJECTED not in found
    assert {one.place for one in found[Kind.TO_APPROVE]} == {FAULTY}
    assert "Zu entscheiden von: einer zweiten Stelle" in found[Kind.TO_APPROVE][0].sentence.in_language("de")


def test_a_question_is_a_task_until_it_is_answered_and_a_removal_asks_for_the_delivery_again(settings: Settings) -> None:
    ask(settings, FAULTY, "Sind die Abendschulen dabei?", CLERK)
    (one,) = tasks(settings)[Kind.QUESTION]
    assert "Schulverwaltungsamt fragt: „Sind die Abendschulen dabei?“" in one.sentence.in_language("de")
    sha256 = findings_at(settings, "E19")[0].sha256
    purge_here(settings, sha256, sha256[:8], "Bitte der Kommune")
    found = tasks(settings)
    assert Kind.QUESTION not in found
    (gone,) = found[Kind.PURGED]
    assert (gone.place, gone.since) == (FAULTY, settings.day)
    assert "Bitte neu liefern" in gone.sentence.in_language("de")


def test_nobody_sees_the_tasks_of_another_municipality_or_dataset(settings: Settings) -> None:
    everything = moment_of(settings).to_do(EVERYTHING)
    assert {one.unit_id for one in everything} > {DUESSELDORF}
    assert {one.unit_id for one in moment_of(settings).to_do(OF_DUESSELDORF)} == {DUESSELDORF}
    of_day_care = moment_of(settings).to_do(Sight(frozenset({DUESSELDORF}), frozenset({"kindertagesbetreuung"})))
    assert {one.dataset for one in of_day_care} == {"kindertagesbetreuung"}
    assert moment_of(settings).to_do(Sight(frozenset())) == ()


def test_what_presses_most_and_waits_longest_comes_first(settings: Settings) -> None:
    order = [(list(Kind).index(one.kind), one.since or date.min) for one in moment_of(settings).to_do(EVERYTHING)]
    assert order == sorted(order)


def test_the_first_page_says_how_much_is_to_do_as_soon_as_somebody_has_looked_and_does_not_wait_for_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kkz_eval.storage.writer._COARSEST", 0)  # the home was copied a moment ago
    asked: list[Settings] = []
    clerk = Person("amt", frozenset({Role.CLERK}), frozenset({DUESSELDORF}), frozenset({"schulabgaenge"}))
    reader = Person("leserin", frozenset({Role.READER}))
    client = desk_of(settings, clerk, ahead=asked.append)
    assert "<strong>" not in client.get("/").text
    assert [one.home for one in asked] == [settings.home]
    title = re.search(r"<h1>(.*? zu tun)</h1>", client.get("/zu-tun").text)
    assert title is not None
    assert f"<strong>{title[1]}</strong>" in client.get("/").text
    assert (
        "<strong>Nichts zu tun"
        in desk_of(settings, Person("leitung", frozenset({Role.APPROVER})), ahead=asked.append).get("/").text
    )
    assert "<strong>" not in desk_of(settings, reader, ahead=asked.append).get("/").text
    deliver(settings, "duesseldorf_neu.csv", leavers(DUESSELDORF, 2012))
    assert f"<strong>{title[1]}</strong>" not in client.get("/").text, "what was before is not shown"
    assert len(asked) == 2


def test_what_pages_would_wait_for_is_looked_at_once_at_a_time_and_its_faults_quote_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    begun, go_on, done = Event(), Event(), Event()
    looked: list[str] = []

    def first(_: Settings) -> None:
        looked.append("first")
        begun.set()
        go_on.wait(20)

    def second(_: Settings) -> None:
        looked.append("second")
        done.set()
        raise ValueError("Erika Muster")

    ahead = Ahead(first, second)
    ahead(settings)
    begun.wait(20)
    ahead(settings)  # somebody opens the first page meanwhile
    go_on.set()
    done.wait(20)
    for thread in enumerate_threads():
        if thread.daemon and "_look" in thread.name:
            thread.join(20)
    assert looked == ["first", "second"]
    assert "ValueError" in caplog.text
    assert "Erika" not in caplog.text
