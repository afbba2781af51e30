"""A researcher's room: what stands on its pages is what stands in the files, and looking at a preview changes nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from served import DeskClient, at_an_address, desk_of

from kkz_eval.deliveries.register.register import register_head
from kkz_eval.desk.actions import FOLDER
from kkz_eval.desk.app import desk_app
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.runs import Engine, Runs, RunSeen, RunState, RunStep
from kkz_eval.evaluation.verdict.sentences import Shown
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.storage.store import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "line"))

from five_years import LATER, OFFICIAL, make_five_years, make_three_editions

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OUTCOME = "schulabgaenge_ohne_abschluss"
SIMULATED = "Diese Zahlen sind simuliert"
WORKING = Engine({}, None, None, daemon_lives=True, code_lives=True)
RESEARCHER = Person("forscherin", frozenset({Role.RESEARCHER}))


@pytest.fixture(scope="module")
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the world with three editions, and contracts with its plan alone."""
    kept = made_once("three_editions", lambda world: make_three_editions(world, made_once("five_years", make_five_years)))
    world = Path(shutil.copytree(kept, tmp_path_factory.mktemp("research") / "world"))
    contracts = Path(shutil.copytree(CHECKOUT / "data_contracts", world / "contracts", ignore=shutil.ignore_patterns("plans")))
    (contracts / "plans").mkdir()
    shutil.copyfile(world / "plan.yaml", contracts / "plans" / "modellwelt.yaml")
    return Settings(world / "home", world / "deliveries", contracts)


@pytest.fixture
def desk(settings: Settings) -> DeskClient:
    return desk_of(settings, RESEARCHER)


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def estimates(settings: Settings, number: int) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """The rows of an edition's own file for all years of the outcome."""
    (record,) = (file for file in settings.home.glob("reports/*/*/edition.json") if f'"number": {number},' in file.read_text())
    rows = csv.DictReader(io.StringIO((record.parent / "estimates.csv").read_text(encoding="utf-8")))
    whole = (row for row in rows if row["indicator"] == OUTCOME and not (row["cohort"] or row["year"] or row["event_time"]))
    return {(row["estimator"], row["aggregation"]): row for row in whole}


def kept(settings: Settings) -> tuple[object, Mapping[str, str]]:
    """The head of the register, and every file of the home by its digest, but the log of actions."""
    files = (file for file in settings.home.rglob("*") if file.is_file() and FOLDER not in str(file))
    return register_head(Store.at(str(settings.home))), {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    }


def test_only_researchers_come_in(settings: Settings) -> None:
    paths = {route.path for route in desk_app(Desk(settings)).routes if route.path.startswith("/auswerten")}
    assert len(paths) > 6
    for role in set(Role) - {Role.RESEARCHER}:
        client = desk_of(settings, Person("andere", frozenset({role})))
        assert {client.get(path.replace("{run}", "1")).status_code for path in paths} == {403}
        assert "/auswerten" not in client.get("/").text


def test_the_page_of_plans_leads_to_locks_verdicts_reports_and_tables(desk: DeskClient) -> None:
    page = desk.get("/auswerten").text
    assert "ist nicht festgelegt" in page
    assert "Neueste Ausgabe: 3 vom 04.01.2026" in page
    assert "kein Urteil" in page
    links = [unescape(link) for link in re.findall(r'href="(/reports/[^"]+)"', page)]
    assert {link.rpartition("/")[2] for link in links} >= {"bericht.html", "bericht.pdf", "estimates.csv", "estimates.parquet"}
    assert {desk.get(link).status_code for link in links} == {200}


def test_two_editions_side_by_side_show_the_numbers_of_their_files(desk: DeskClient, settings: Settings) -> None:
    page = desk.get("/auswerten/vergleich?a=modellwelt/1&b=modellwelt/2").text
    told = text_of(page)
    assert SIMULATED in told
    assert "Bewegt hat sich das allein durch die Daten." in told
    assert OFFICIAL in told
    rows = list(csv.DictReader(io.StringIO(desk.get("/auswerten/vergleich.csv?a=modellwelt/1&b=modellwelt/2").text)))
    old, new = estimates(settings, 1), estimates(settings, 2)
    assert {key for row in rows if not row["event_time"] for key in [(row["estimator"], row["aggregation"])]} == old.keys()
    for row in (row for row in rows if not row["event_time"]):
        then, now = (side[(row["estimator"], row["aggregation"])] for side in (old, new))
        for name in ("estimate", "std_error", "conf_low", "conf_high", "n_units", "n_treated"):
            assert (row[f"{name}_before"], row[f"{name}_now"]) == (then[name], now[name])
        moved = float(now["estimate"]) - float(then["estimate"])
        assert float(row["difference"]) == moved
        for number in (float(then["estimate"]), float(now["estimate"]), moved):
            assert Shown(number, 3).in_language("de") in told or Shown(number, 4).in_language("de") in told
    assert desk.get("/auswerten/vergleich?a=modellwelt/1&b=modellwelt/9").status_code == 400
    desk.cookies.set("sprache", "en")
    assert "This was moved by the data alone." in desk.get("/auswerten/vergleich?a=modellwelt/1&b=modellwelt/2").text


def test_a_verdict_stands_with_the_range_of_the_report_and_not_with_that_of_the_estimator(settings: Settings) -> None:
    (file,) = (file for file in settings.home.glob("reports/*/*/edition.json") if '"number": 2,' in file.read_text())
    kept, key = file.read_bytes(), file.relative_to(settings.home).as_posix()
    record = json.loads(kept)
    del record["sha256"]  # sealed anew
    judged = {"verdict": "difference_desired", "form": "difference", "estimate": -1.052, "interval": [-1.6215, -0.4541]}
    record["results"][OUTCOME] |= judged
    try:
        file.unlink()
        Store.at(str(settings.home)).put_if_absent(key, json.dumps(record).encode())
        told = text_of(desk_of(settings, RESEARCHER).get("/auswerten/vergleich?a=modellwelt/1&b=modellwelt/2").text)
    finally:
        file.write_bytes(kept)
    assert "Unterschied in erwünschter Richtung −1,05 Prozentpunkte (vereinbar: −1,62 bis −0,45)" in told
    assert "Bereich, den das Verfahren selbst angibt" in told


def test_a_file_is_looked_at_and_nothing_is_kept(desk: DeskClient, settings: Settings) -> None:
    before = kept(settings)
    later = (settings.home.parent / "later" / LATER).read_bytes()
    answer = desk.post_form("/auswerten/vorschau", "/auswerten/vorschau", files={"datei": (LATER, later)})
    assert answer.status_code == 200
    assert "Kein Plan liest diese Daten" in answer.text
    assert "neu " in answer.text
    official = (settings.inbox / OFFICIAL).read_bytes().replace(b";weiblich;9", b";weiblich;8")
    told = text_of(desk.post_form("/auswerten/vorschau", "/auswerten/vorschau", files={"datei": (OFFICIAL, official)}).text)
    assert "Nach der Annahme" in told
    assert "Unverändert blieben" in told
    assert not re.search(r"−0,0+(?![0-9])", told), "nothing is less than nothing"
    assert SIMULATED in told
    persons = b"Name;Geburtsdatum\nErika Mustermann;12.03.2009\nMax Mustermann;01.04.2010\n"
    refused = desk.post_form("/auswerten/vorschau", "/auswerten/vorschau", files={"datei": ("kinder.csv", persons)})
    assert (refused.status_code, "Mustermann" in refused.text) == (400, False)
    assert desk.post_form("/auswerten/vorschau", "/auswerten/vorschau").status_code == 400
    assert desk.get("/auswerten/vorschau?datei=" + "0" * 64).status_code == 400
    assert kept(settings) == before
    log = "".join(file.read_text() for file in (settings.home / FOLDER).glob("*"))
    assert "previewed" in log
    assert LATER not in log, "the log names no file"


def test_gaps_are_narrowed_to_a_dataset(desk: DeskClient) -> None:
    page = desk.get("/auswerten/luecken")
    assert page.status_code == 200
    assert SIMULATED in page.text
    assert "Keiner Zielgröße eines Plans, zu dem Daten da sind, fehlt ein Wert." in page.text
    assert "0 von " in desk.get("/auswerten/luecken?datensatz=nichts").text


def test_runs_name_plans_and_outcomes_in_words(settings: Settings) -> None:
    asked = datetime(2026, 1, 4, 9, 30, tzinfo=UTC)
    run = RunSeen("0" * 36, "Auswertung_modellwelt", "modellwelt", (OUTCOME,), "", RunState.RUNNING, "", asked, asked)
    of_no_plan = replace(run, id="1" * 36, plan="frueher", outcomes=("gibt_es_nicht_mehr",), state=RunState.DONE)
    known = {one.id: one for one in (run, of_no_plan)}
    desk = desk_of(settings, RESEARCHER, runs=Runs(lambda *of: "", lambda: tuple(known.values()), known.get, lambda: WORKING))
    for path in ("/auswerten/laeufe", f"/auswerten/laeufe/{run.id}"):
        told = text_of(desk.get(path).text)
        assert "Modellwelt: Probelauf" in told, path
        assert "Schulabgänge ohne Hauptschulabschluss" in told, path
        assert OUTCOME not in told, path
    assert "04.01.2026, 10:30:00 – noch nicht zu Ende" in told
    assert "gibt_es_nicht_mehr" in text_of(desk.get(f"/auswerten/laeufe/{of_no_plan.id}").text)
    desk.cookies.set("sprache", "en")
    told = text_of(desk.get(f"/auswerten/laeufe/{run.id}").text)
    assert "School leavers without certificate" in told
    assert "4 Jan 2026, 10:30:00 – not at its end yet" in told


def test_what_keeps_a_run_from_beginning_stands_where_somebody_waits_for_it(settings: Settings) -> None:
    run = RunSeen("0" * 36, "Auswertung_modellwelt", "modellwelt", (), "", RunState.WAITING, "", datetime(2026, 1, 4, tzinfo=UTC))
    over = replace(run, id="1" * 36, state=RunState.DONE)
    known = {one.id: one for one in (run, over)}
    for engine, said in (
        (WORKING, ""),
        (replace(WORKING, daemon_lives=False), "Dagsters Dienst läuft nicht"),
        (replace(WORKING, code_lives=False), "Dagster hat das Programm nicht geladen"),
    ):
        runs = Runs(lambda *of: "", lambda: tuple(known.values()), known.get, lambda engine=engine: engine)
        desk = desk_of(settings, RESEARCHER, runs=runs)
        for path in ("/auswerten/laeufe", f"/auswerten/laeufe/{run.id}"):
            page = desk.get(path).text
            assert ("Läufe beginnen nicht" in page, said in page) == (bool(said), True), path
        assert "Läufe beginnen nicht" not in desk.get(f"/auswerten/laeufe/{over.id}").text


def test_a_run_that_is_done_without_a_report_says_so(settings: Settings) -> None:
    asked = datetime(2026, 1, 4, 9, 30, tzinfo=UTC)
    steps = (RunStep("design_modellwelt", RunState.DONE), RunStep("report_modellwelt", RunState.SKIPPED))
    run = RunSeen("0" * 36, "Auswertung_modellwelt", "modellwelt", (), "", RunState.DONE, "", asked, asked, asked, steps)
    desk = desk_of(settings, RESEARCHER, runs=Runs(lambda *of: "", lambda: (run,), lambda run_id: run, lambda: WORKING))
    assert "Ein Bericht ist nicht entstanden" in desk.get(f"/auswerten/laeufe/{run.id}").text
    assert replace(run, state=RunState.DONE, editions=(("modellwelt", "0" * 16),)).is_without_report is False
    assert replace(run, state=RunState.FAILED).is_without_report is False
    assert replace(run, steps=steps[:1]).is_without_report is False


def test_without_dagster_the_page_of_runs_says_so(desk: DeskClient) -> None:
    assert "läuft ohne Dagster" in desk.get("/auswerten/laeufe").text
    started = desk.post_form("/auswerten/laeufe", "/auswerten/laeufe", {"plan": "modellwelt", "zielgroesse": OUTCOME})
    assert started.status_code == 400
    assert desk.get("/auswerten/laeufe/1").status_code == 400


def test_the_room_can_be_read_at_any_width_and_walked_by_keyboard(settings: Settings, chromium_browser: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    places = ["", "/vergleich?a=modellwelt/1&b=modellwelt/3", "/vorschau", "/luecken", "/laeufe"]
    with at_an_address(settings, RESEARCHER) as address:
        for width in (1280, 320):
            page = chromium_browser.new_page(viewport={"width": width, "height": 800})
            faults: list[str] = []
            page.on("console", lambda message, to=faults: to.append(message.text) if message.type == "error" else None)
            for place in places:
                page.goto(f"{address}/auswerten{place}")
                found = Axe().run(page)
                assert found.response["violations"] == [], (width, place)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, place
            assert faults == []
            page.close()
        page = chromium_browser.new_page()
        page.goto(f"{address}/auswerten")
        for _ in range(40):  # from the skip link on, until the button that puts two editions side by side
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.tagName == 'BUTTON' && document.activeElement.form.method == 'get'"):
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/vergleich?*")
        assert "Was anders ist" in page.inner_text("main")
        page.close()
