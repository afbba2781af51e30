"""Three days in a browser, each from the first page to its end: a clerk, a steward with an approver, a researcher. Everything is real: the
servers, the queue, the sensor, Chromium.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser_days import SECONDS, Walk, served, until, walking
from openpyxl import load_workbook
from served import at_an_address
from steward_home import leavers
from whole_runs import AHLEN, DUESSELDORF, KREFELD, change, copy_of, delivery

from kkz_eval.desk.people import Person, Role
from kkz_eval.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LOCATION = "/dagster/locations/kkz_eval.definitions:defs"
CLERK = Person("schulamt", frozenset({Role.CLERK}), frozenset({DUESSELDORF}))
STEWARD = Person("datenstelle", frozenset({Role.STEWARD}))
APPROVER = Person("leitung", frozenset({Role.APPROVER}))
REASON = "Mit Externen gezählt"


@dataclass
class House:
    """The desk of a world, with Dagster beside it. files: a folder of its own for whoever sends and fetches files."""

    address: str
    settings: Settings
    world: Path
    browser: Browser
    files: Path

    @contextmanager
    def day_of(self, person: Person | None, name: str) -> Iterator[Walk]:
        """Somebody's page: of the one person at this machine, or at the same home of somebody with roles of their own."""
        if person is None:
            with walking(self.browser, self.address, name) as walk:
                yield walk
        else:
            with at_an_address(self.settings, person) as address, walking(self.browser, address, name) as walk:
                yield walk


@pytest.fixture(scope="module")
def house(chromium_browser: Browser, shortest: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Started, with a first run by a researcher in Dagster: launchpad, run, estimates, report."""
    folder = tmp_path_factory.mktemp("days")
    world = copy_of(shortest, folder / "world")
    (folder / "files").mkdir()
    with served(folder, world) as (address, settings):
        house = House(address, settings, world, chromium_browser, folder / "files")
        with house.day_of(None, "dagster") as walk:
            _first_run(walk, house)
        yield house


def _first_run(walk: Walk, house: House) -> None:
    page = walk.page
    walk.open("/dagster")
    page.get_by_text("Lineage").first.wait_for()
    walk.picture("first_page")
    assert not page.get_by_role("dialog").is_visible(), "a pop-up covers the first page"
    _switch_sensor(walk, False)  # so that the run is the researcher's own
    shutil.copytree(house.world / "deliveries", house.settings.inbox, dirs_exist_ok=True)
    walk.open(f"{LOCATION}/jobs/Jahreslauf/playground")
    launch = page.get_by_role("button", name="Launch Run")
    launch.wait_for()
    page.get_by_text("All defaults expanded").wait_for()
    for option in ("outcomes:", "plan:", "years:"):
        assert page.get_by_text(option).first.is_visible()
    walk.picture("launchpad")
    launch.click()
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(re.compile("/runs/[0-9a-f-]{36}"))
    page.get_by_text(re.compile("^(Success|Failure)$")).first.wait_for(timeout=SECONDS * 1000)
    walk.picture("run_ended")
    assert page.get_by_text("Success", exact=True).first.is_visible()
    walk.open("/dagster/assets/effects_modellwelt?view=overview")
    page.get_by_text("schulabgaenge_ohne_abschluss").first.wait_for()
    walk.picture("estimates")
    assert delivery(house.world, AHLEN).name not in _report_in_dagster(walk)
    walk.picture("report")


def _switch_sensor(walk: Walk, wanted: bool) -> None:
    walk.open(f"{LOCATION}/sensors/eingang")
    switch = walk.page.locator("input[type=checkbox]").first
    switch.wait_for(state="attached")
    if switch.is_checked() != wanted:
        switch.locator("xpath=..").click()
    until(lambda: switch.is_checked() == wanted, "the switch of the sensor did not move")


def _successful_runs(walk: Walk) -> int:
    """Runs that the page of runs shows as successful. An empty list can't be told from one that is still loading: ask again."""
    walk.open("/dagster/runs?q[0]=status%3ASUCCESS")
    walk.page.get_by_text("Filter").first.wait_for()
    walk.page.wait_for_timeout(2000)
    return walk.page.locator("a[href*='/runs/']").filter(has_text=re.compile("^[0-9a-f]{8}$")).count()


def _report_in_dagster(walk: Walk) -> str:
    """Follow the link on the page of the report's asset; the words of the report."""
    walk.open("/dagster/assets/report_modellwelt?view=overview")
    link = walk.page.locator("a[href*='bericht.html']").first
    link.wait_for()
    walk.page.goto(str(link.get_attribute("href")))
    walk.page.get_by_role("heading", level=1).wait_for()
    return str(walk.page.locator("main").inner_text())


def _spoil(file: Path) -> int:
    """The third count of a delivery becomes a word; its row in the file."""
    counts: list[str] = []

    def faulty(fields: list[str]) -> str | None:
        counts.append(fields[4])
        return "zwölf" if len(counts) == 3 else None

    change(file, faulty)
    lines = _text(file).splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith("zwölf"))


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8-sig" if file.read_bytes().startswith(b"\xef\xbb\xbf") else "cp1252")


def _faulty(house: House, unit: str) -> tuple[Path, int, str]:
    """A delivery with a word for a count; its row, and the count that was there."""
    file = Path(shutil.copyfile(delivery(house.world, unit), house.files / delivery(house.world, unit).name))
    good = _text(file).splitlines()
    row = _spoil(file)
    return file, row, good[row - 1].rpartition(";")[2]


def _corrected(copy: Path, cell: str, count: str) -> Path:
    """The marked copy with the right count in its cell, saved by LibreOffice where there is one."""
    book = load_workbook(copy)
    sheet = book.worksheets[-1]
    assert sheet[cell].value == "zwölf"
    sheet[cell] = int(count)
    book.save(copy)
    office = shutil.which("soffice")
    if office is None:
        return copy
    saved = copy.with_name("gespeichert")
    profile = f"-env:UserInstallation=file://{copy.parent}/profil"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", saved, copy],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return saved / copy.name


def test_a_clerks_day(house: House) -> None:
    file, row, count = _faulty(house, DUESSELDORF)
    with house.day_of(None, "clerk") as walk:
        page = walk.page
        walk.open("/")
        walk.look("first_page")
        page.get_by_role("main").get_by_role("link", name="Dateien prüfen und einreichen").click()
        walk.look("deliver")
        page.get_by_label("Dateien", exact=True).set_input_files(file)
        page.get_by_role("button", name="Prüfen").click()
        page.get_by_role("heading", name=f"Geprüft: {file.name}").wait_for()
        walk.look("checked")
        page.get_by_role("link", name=f"E{row}", exact=True).first.click()
        marked = page.locator("td:target")
        assert marked.is_visible()
        assert "zwölf" in marked.inner_text()
        checked = page.url
        page.get_by_role("link", name="Mehr zu dieser Regel").first.click()
        page.get_by_role("heading", name="Was zu tun ist").wait_for()
        walk.look("rule")
        page.goto(checked)
        copy = walk.fetched("Markierte Kopie holen", house.files)

        walk.open("/liefern")
        page.get_by_label("Dateien", exact=True).set_input_files(_corrected(copy, f"E{row}", count))
        page.get_by_role("button", name="Prüfen").click()
        page.get_by_role("heading", name="Geprüft:").wait_for()
        assert page.get_by_text("Zu keinem Befund ist darin etwas entschieden").is_visible()
        walk.look("checked_again")
        page.get_by_role("button", name="Einreichen").click()
        page.get_by_role("heading", name="Quittung Nr.").wait_for()
        walk.look("receipt")
        page.get_by_role("link", name="Rückmeldung: Düsseldorf").click()
        page.get_by_role("heading", level=1, name="Düsseldorf").wait_for()
        walk.look("return")
        assert walk.fetched("PDF", house.files).read_bytes().startswith(b"%PDF")
        assert load_workbook(walk.fetched("Excel", house.files)).sheetnames


def test_a_clerks_day_by_keyboard_alone(house: House) -> None:
    """Only the choice of a file in the window of the system is not a key of the page."""
    file, _, _ = _faulty(house, DUESSELDORF)
    with house.day_of(CLERK, "keyboard") as walk:
        page = walk.page
        walk.open("/")
        walk.look("first_page")
        walk.press("main a[href='/liefern']")
        page.wait_for_url("**/liefern")
        for sent, then in ((file, "checked"), (delivery(house.world, DUESSELDORF), "checked_again")):
            walk.go_to("#file")
            page.locator("#file").set_input_files(sent)
            walk.press("main form button")
            page.wait_for_url("**/geprueft/*")
            walk.picture(then)
            if sent == file:
                walk.press("a.cell")
                assert "zwölf" in page.evaluate("document.activeElement.textContent")
                walk.press("a.mark")  # back to the finding
                walk.press("a[href^='/lesen/regeln/']")
                page.wait_for_url("**/lesen/regeln/*")
                page.go_back()
                walk.press("main a[href='/liefern']")
                page.wait_for_url("**/liefern")
        walk.press(".acts button")
        page.get_by_role("heading", name="Quittung Nr.").wait_for()
        walk.press("main a[href^='/rueckmeldung/']")
        page.get_by_role("heading", level=1, name="Düsseldorf").wait_for()
        walk.look("return")
        with page.expect_download():
            walk.press("a[href$='.pdf']")


def test_a_stewards_day(house: House) -> None:
    with house.day_of(STEWARD, "steward") as walk:
        place = _to_a_rejected_place(walk, house)
        _decide(walk)
    with house.day_of(APPROVER, "approver") as walk:
        _approve(walk)
    with house.day_of(STEWARD, "steward_later") as walk:
        page = walk.page
        walk.open(place)
        assert page.get_by_text("Es gilt die Lieferung abgaenge_krefeld.csv").is_visible()
        assert page.get_by_text("eine zweite Stelle hat genehmigt").first.is_visible()
        page.get_by_label("Antwort", exact=True).fill("Ja, beide.")
        page.get_by_role("button", name="Antworten").click()
        page.wait_for_url("**#fragen")
        walk.look("answered")
        page.get_by_role("main").get_by_role("link", name="Schreiben und Vorlagen").click()
        walk.look("letter")
        assert walk.fetched("Als Textdatei holen", house.files).read_text(encoding="utf-8").strip()
        walk.open(place)
        _remove(walk)
        walk.open(place)
        walk.look("place_after_removal")
        assert page.get_by_text("abgaenge_krefeld.csv").count() == 0


def _to_a_rejected_place(walk: Walk, house: House) -> str:
    """Hand a faulty file in and find its place, from the tasks and from the board; the address of the place at the desk."""
    file, page = house.files / "abgaenge_krefeld.csv", walk.page
    file.write_bytes(leavers(KREFELD, 2012, changed={19: "460"}))
    walk.open("/")
    walk.look("first_page")
    page.get_by_role("main").get_by_role("link", name="Dateien prüfen und einreichen").click()
    page.get_by_label("Dateien", exact=True).set_input_files(file)
    page.get_by_role("button", name="Prüfen").click()
    page.get_by_role("button", name="Trotzdem einreichen").click()
    page.get_by_role("heading", name="Quittung Nr.").wait_for()
    walk.look("receipt_of_rejected")
    page.get_by_role("main").get_by_role("link", name="Zu tun").click()
    walk.look("to_do")
    page.get_by_role("link", name=re.compile("Krefeld.*2012")).first.click()
    place = page.url
    assert page.get_by_text("Simulierte Lieferungen").is_visible(), "of the delivery that counts, not of the newest"
    walk.look("place")
    page.get_by_role("navigation").get_by_role("link", name="Tafel", exact=True).click()
    for name, label in (("Datensatz", "Schulabgänge nach Abschluss"), ("Kommune", "Krefeld"), ("Jahr", "2012")):
        page.get_by_label(name).select_option(label=label)
    page.get_by_role("button", name="Anzeigen").click()
    walk.look("board")
    page.get_by_role("row", name="Krefeld").get_by_role("link").click()
    assert page.url == place
    return place.removeprefix(walk.address)


def _decide(walk: Walk) -> None:
    """See what changed, say of every finding that the value is right, and ask."""
    page = walk.page
    page.get_by_text("Werte, die anders sind als in der Lieferung davor").first.click()
    assert page.get_by_role("cell", name="460").first.is_visible()
    walk.look("changes")
    while page.get_by_text("Hier entscheiden").count():
        page.get_by_text("Hier entscheiden").first.click()
        page.get_by_label("Begründung").first.fill(REASON)
        page.get_by_role("button", name="Wert ist richtig").first.click()
        page.wait_for_url("**#entscheidungen")
    walk.look("decided")
    page.get_by_label("Neue Frage").fill("Sind die Abendschulen dabei?")
    page.get_by_role("button", name="Fragen", exact=True).click()
    page.wait_for_url("**#fragen")
    walk.look("asked")


def _approve(walk: Walk) -> None:
    """Approve all that waits, one after another."""
    page = walk.page
    walk.open("/")
    walk.look("first_page")
    page.get_by_role("main").get_by_role("link", name="Zu tun").click()
    walk.look("to_do")
    page.get_by_role("navigation").get_by_role("link", name="Entscheidungen").click()
    page.get_by_text(REASON).first.wait_for()
    walk.look("decisions")
    while page.get_by_role("button", name="Genehmigen").count():
        page.get_by_role("button", name="Genehmigen").first.click()
        page.wait_for_url("**#entscheidungen")
        walk.open("/entscheidungen")
    walk.look("approved")


def _remove(walk: Walk) -> None:
    """Purge the newest delivery of a place, with a reason and what is to be typed."""
    page = walk.page
    page.get_by_text("Diese Lieferung löschen").first.click()
    page.get_by_label("Grund", exact=True).first.fill("Auf Bitte der Kommune.")
    label = page.locator("label", has_text="abtippen").first
    page.get_by_label("Zur Sicherheit bitte abtippen").first.fill(label.inner_text().rpartition(" ")[2])
    page.get_by_role("button", name="Endgültig löschen").first.click()
    page.get_by_role("heading", name="Gelöscht").wait_for()
    walk.look("removed")


def test_a_researchers_day(house: House) -> None:
    file = _rejected_in_dagster(house)
    with house.day_of(None, "researcher") as walk:
        page = walk.page
        walk.open("/")
        page.get_by_role("main").get_by_role("link", name="Pläne, Urteile").click()
        walk.look("plans")
        page.get_by_role("link", name="Vorschau").click()
        walk.look("waiting")
        page.get_by_role("link", name=file.name).first.click()
        page.get_by_role("heading", name=f"Vorschau: {file.name}").wait_for()
        walk.look("preview")
        page.get_by_role("link", name="Lücken").click()
        walk.look("gaps")

        walk.open("/liefern")
        page.get_by_label("Dateien", exact=True).set_input_files(delivery(house.world, AHLEN))
        page.get_by_role("button", name="Prüfen").click()
        page.get_by_role("button", name="Einreichen").click()
        page.get_by_role("heading", name="Quittung Nr.").wait_for()
        _run_at_the_desk(walk, file.name)


def _rejected_in_dagster(house: House) -> Path:
    """A faulty file lies in the inbox: the sensor starts a run, Dagster's pages name the cell and the report the file."""
    file, row, _ = _faulty(house, AHLEN)
    with house.day_of(None, "dagster_later") as walk:
        page = walk.page
        shutil.copyfile(file, house.settings.inbox / file.name)
        before = _successful_runs(walk)
        _switch_sensor(walk, True)
        until(lambda: _successful_runs(walk) > before, "the sensor started no run that ended well")
        _switch_sensor(walk, False)
        walk.open("/dagster/assets/verdicts?view=checks&checkDetail=contract_schulabgaenge")
        sentence = page.get_by_text(re.compile(rf"\bE{row}\b")).first
        sentence.wait_for()
        walk.picture("check")
        assert file.name in sentence.inner_text()
        walk.open("/dagster/assets/delivery_status?view=overview")
        page.get_by_text("zurückgewiesen").first.wait_for()
        walk.picture("status")
        assert file.name in _report_in_dagster(walk)
        walk.picture("report_with_rejection")
    return file


def _run_at_the_desk(walk: Walk, rejected: str) -> None:
    """Launch a run of the plan with one outcome less, follow it, open its report, set it beside the one before."""
    page = walk.page
    page.get_by_role("navigation").get_by_role("link", name="Auswerten").click()
    page.get_by_role("link", name="Läufe").click()
    page.get_by_label("Schulabgänge mit Hauptschulabschluss").uncheck()
    walk.look("runs")
    page.get_by_role("button", name="Lauf starten").click()
    page.get_by_role("heading", name=re.compile("Lauf [0-9a-f]{8}")).wait_for()
    walk.look("run")
    page.get_by_text(re.compile("Der Lauf ist (fertig|gescheitert)")).wait_for(timeout=SECONDS * 1000)
    walk.look("run_ended")
    page.get_by_role("link", name="Bericht öffnen").click()
    page.get_by_role("heading", level=1).wait_for()
    walk.look("report")
    assert rejected not in page.locator("main").inner_text()
    walk.open("/auswerten")
    page.get_by_role("button", name="Nebeneinander stellen").click()
    page.get_by_role("heading", name="Was anders ist").wait_for()
    walk.look("comparison")
    page.get_by_role("navigation", name="Räume").get_by_role("link", name="Lesen").click()
    walk.look("reports")
