"""How all stands: the page and what machines get have the same figures, and both those of board and list of tasks; whether all lives."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from faulty_home import DORMAGEN, DUESSELDORF, own_home
from prometheus_client.parser import text_string_to_metric_families
from served import desk_of
from starlette.testclient import TestClient

from kkz_eval.cli import main
from kkz_eval.desk import health as module
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.health import MINUTES_BETWEEN_SIZES, Disk, Form, Health, concerns, figures, health, health_of, is_alive
from kkz_eval.desk.metrics import metrics_app, written
from kkz_eval.desk.pages.health import name_of, value_of
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.runs import Engine, Runs, RunState
from kkz_eval.line.at_the_desk import moment_of
from kkz_eval.model.day import BERLIN
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Sentence
from kkz_eval.reference.tables import unit_label
from kkz_eval.settings import Settings
from kkz_eval.stewardship.sight import EVERYTHING
from kkz_eval.stewardship.to_do import Kind, ToDo
from kkz_eval.storage import backups
from kkz_eval.storage.store import Store

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENGINE = Engine({RunState.WAITING: 2, RunState.DONE: 7, RunState.FAILED: 1}, 3, NOW - timedelta(seconds=20), True, True)
DISK = Disk(5 * 1024**3, 80 * 1024**3, 100 * 1024**3)
STEWARD = Person("pruefung", frozenset({Role.STEWARD}))


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return own_home(made_once, tmp_path)


def task(kind: Kind, since: date | None) -> ToDo:
    return ToDo(kind, "schulabgaenge", DUESSELDORF, (2012,), Sentence("kkz_eval.stewardship", "to_do.question"), since)


def well(**changes: object) -> Health:
    """A health in which nothing needs anybody, but for what is changed."""
    return replace(health(ENGINE, [], NOW.date(), DISK, "2026-11-29 03:00"), **changes)


def test_a_home_that_is_gone_is_the_first_that_somebody_should_see_to(settings: Settings) -> None:
    gone = health_of(Desk(replace(settings, home=settings.home / "not mounted"), runs_with(lambda: ENGINE)))
    assert not gone.is_alive
    assert "KKZ_HOME" in next(iter(concerns(gone, NOW))).in_language("de")
    assert next(one.value for one in figures(gone) if one.metric == "kkz_home_up") == 0


def test_a_home_is_added_up_and_the_list_of_a_backup_read_only_now_and_then(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, clock = settings.home.parent / "backups", [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module, "_size_last", {})
    assert main(["backup", str(place), "--home", str(settings.home)]) == 0
    desk = Desk(replace(settings, backups=str(place)))
    before = health_of(desk)
    (settings.home / "landing" / "more").write_bytes(b"x" * 1000)
    with monkeypatch.context() as nothing_is_read:
        nothing_is_read.setattr(backups, "_read", None)
        clock[0] += 60 * MINUTES_BETWEEN_SIZES - 1
        now = health_of(desk)
        assert (now.disk.used_by_home, now.backup) == (before.disk.used_by_home, before.backup)
        clock[0] += 1
        assert health_of(desk).disk.used_by_home == before.disk.used_by_home + 1000
    (place / "lists" / "000001.json").unlink()
    Store.at(str(place)).put_if_absent(
        "lists/000001.json", b'{"schema_version": 1, "number": 1, "made": "2026-11-28 03:00", "files": {}, "gone": []}'
    )
    assert health_of(desk).backup == datetime(2026, 11, 28, 3, tzinfo=BERLIN), "another list under the same number is read"


def runs_with(engine: Callable[[], Engine]) -> Runs:
    return Runs(lambda *_: "", lambda: (), lambda _: None, engine)


def by_metric(text: str) -> dict[tuple[str, str], float]:
    """The values of what machines get, by name and the value of the one label."""
    families = text_string_to_metric_families(text)
    return {(row.name, next(iter(row.labels.values()), "")): row.value for family in families for row in family.samples}


def on_page(page: str) -> dict[str, str]:
    return dict(re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td></tr>', page))


def test_page_and_machines_get_the_same_figures_and_those_of_the_list_of_tasks(settings: Settings) -> None:
    assert main(["backup", str(settings.home.parent / "backups"), "--home", str(settings.home)]) == 0
    settings = replace(settings, backups=str(settings.home.parent / "backups"))
    runs = runs_with(lambda: ENGINE)
    page = desk_of(settings, STEWARD, runs=runs).get("/zustand").text
    desk = Desk(settings, runs)
    now = health_of(desk)
    got = by_metric(written(now).decode())
    shown = on_page(page)
    for figure in figures(now):
        assert got.get((figure.metric, figure.of)) == figure.value
        value = value_of(figure)
        if figure.name != "disk_free":  # others write on this disk, too
            assert shown[name_of(figure).in_language("de")] == (value if isinstance(value, str) else value.in_language("de"))
    assert got["kkz_runs", "waiting"] == 2
    assert got["kkz_failed_checks", ""] == 3
    tasks = moment_of(desk.settings).to_do(EVERYTHING)
    assert sum(value for (name, _), value in got.items() if name == "kkz_tasks") == len(tasks)
    listed = desk_of(settings, STEWARD).get("/zu-tun").text
    assert f"<h1>{len(tasks)} zu tun</h1>" in listed
    oldest = min(one.since for one in tasks if one.kind is Kind.REJECTED)
    assert got["kkz_oldest_unanswered_delivery_days", ""] == (desk.settings.day - oldest).days


def test_no_figure_names_a_municipality_or_a_file(settings: Settings) -> None:
    text = written(health_of(Desk(settings))).decode()
    for name in (DUESSELDORF, DORMAGEN, unit_label(DUESSELDORF), "duesseldorf.csv", str(settings.home)):
        assert name not in text
    assert 'kkz_tasks{kind="rejected"} 1.0' in text


def test_a_delivery_waits_until_it_is_answered_and_what_never_came_is_no_delivery() -> None:
    today, longest = NOW.date(), NOW.date() - timedelta(40)
    tasks = [task(Kind.QUESTION, today - timedelta(3)), task(Kind.OVERDUE, longest), task(Kind.REJECTED, today - timedelta(9))]
    assert health(ENGINE, tasks, today, DISK, None).unanswered_days == 9
    assert health(ENGINE, tasks[1:2], today, DISK, None).unanswered_days is None
    assert health(ENGINE, [task(Kind.CONFLICT, None)], today, DISK, None).unanswered_days is None  # the day was not recorded


@pytest.mark.parametrize(
    ("changes", "concern"),
    [
        ({}, None),
        ({"history_answers": False, "engine": None}, "history"),
        ({"engine": replace(ENGINE, daemon_lives=False)}, "daemon"),
        ({"engine": replace(ENGINE, code_lives=False)}, "code"),
        ({"tasks": None}, "deliveries"),
        ({"disk": replace(DISK, free=9 * 1024**3)}, "disk"),
        ({"has_backups": False, "backup": None}, "no_place"),
        ({"backup": None}, "no_backup"),
        ({"backup": NOW - timedelta(9)}, "old_backup"),
    ],
)
def test_what_needs_somebody_is_one_sentence_with_the_next_step(changes: dict[str, object], concern: str | None) -> None:
    found = [one.key.removeprefix("health.concern.") for one in concerns(well(**changes), NOW) if isinstance(one, Sentence)]
    assert found == ([] if concern is None else [concern])


def test_the_page_says_what_needs_somebody_and_is_there_while_all_else_is_down(settings: Settings) -> None:
    def gone() -> Engine:
        raise UserError("history_not_writable", place="dagster", reason="x")

    (settings.contracts / "schulabgaenge.odcs.yaml").write_text("id: [", encoding="utf-8")
    page = desk_of(settings, STEWARD, runs=runs_with(gone)).get("/zustand")
    assert page.status_code == 200
    assert "Verlauf der Läufe lässt sich nicht lesen" in page.text
    assert "Lieferungen lassen sich nicht zeigen" in page.text
    assert on_page(page.text)["Läufe: wartet"] == "–"


def test_only_those_who_see_all_deliveries_see_it(settings: Settings) -> None:
    seen = {role: desk_of(settings, Person("x", frozenset({role}))).get("/zustand").status_code for role in Role}
    assert {role for role, status in seen.items() if status == 200} == {Role.STEWARD, Role.APPROVER, Role.RESEARCHER}
    assert "/zustand" not in desk_of(settings, Person("x", frozenset({Role.READER}))).get("/").text


def test_whoever_watches_is_answered_with_a_status_alone(settings: Settings) -> None:
    def answer(engine: Callable[[], Engine], host: str = "127.0.0.1:9111") -> tuple[int, bytes]:
        desk = Desk(settings, runs_with(engine))
        app = metrics_app(partial(health_of, desk), partial(is_alive, desk), ("127.0.0.1", "localhost"))
        answered = TestClient(app, base_url=f"http://{host}").get("/gesund")
        return answered.status_code, answered.content

    def gone() -> Engine:
        raise UserError("history_not_writable", place="dagster", reason="x")

    assert answer(lambda: ENGINE) == (200, b"")
    assert answer(lambda: replace(ENGINE, daemon_lives=False)) == (503, b"")
    assert answer(lambda: replace(ENGINE, code_lives=False)) == (503, b"")
    assert answer(gone) == (503, b"")
    settings = replace(settings, home=settings.home / "not mounted")
    assert answer(lambda: ENGINE) == (503, b"")
    assert answer(lambda: ENGINE, "desk.example.org")[0] == 400  # a page of another site that leads here


def test_a_fault_is_answered_and_its_words_come_into_no_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Health:
        raise ValueError("could not convert: Erika Muster")

    answered = TestClient(metrics_app(broken, lambda: True, ("127.0.0.1",)), base_url="http://127.0.0.1:9111").get("/metrics")
    assert answered.status_code == 500
    assert "/metrics: ValueError" in caplog.text
    assert "Erika" not in caplog.text + answered.text


def test_every_figure_has_a_form_and_a_name_of_its_own() -> None:
    seen = [(one.metric, one.of) for one in figures(well())]
    assert len(seen) == len(set(seen))
    assert {one.form for one in figures(well())} == set(Form)


def test_the_port_is_this_machines_alone_and_gone_with_the_desk(settings: Settings) -> None:
    from kkz_eval.commands.ui import _for_watchers, _watched  # loads Dagster

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with _for_watchers(port) as listening, _watched(Desk(settings, runs_with(lambda: ENGINE)), listening):
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert 'kkz_runs{state="waiting"} 2.0' in answer.read().decode()
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://127.0.0.1:{port}/zustand")
        others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
        for other in others:
            with pytest.raises(OSError, match="refused"):
                socket.create_connection((other, port), timeout=2)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=2)
