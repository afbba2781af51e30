"""Deliver in the browser: what was found stands at its cells, nothing is kept of what is only checked, handing in leads to a receipt."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from openpyxl import Workbook, load_workbook
from served import HOST, DeskClient, at_an_address, desk_of

from kkz_eval.deliveries.municipal.returned import COLUMNS, SHEET, Decision, status_word
from kkz_eval.deliveries.register.register import read_register, returned_protocols
from kkz_eval.desk import held as held_module
from kkz_eval.desk.actions import FOLDER
from kkz_eval.desk.held import Held
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.transfers import MOST_FILES
from kkz_eval.line.desk_acts import purge_here
from kkz_eval.model.simulated import SIGN
from kkz_eval.model.verdicts import State
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import writing_alone

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CASES = Path(__file__).parents[1] / "cases"
HEADER = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"
CERTIFICATES = (
    *("ohne Hauptschulabschluss", "Hauptschulabschluss", "mittlerer Abschluss"),
    *("Fachhochschulreife", "allgemeine Hochschulreife"),
)
NEUSS, AHLEN = "05162024", "05570004"
CLERK = Person("neuss", frozenset({Role.CLERK}), frozenset({NEUSS}))


@pytest.fixture(scope="module")
def only_checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A desk at which nobody hands anything in, for all tests that only check: opened once, and empty in the end."""
    home = tmp_path_factory.mktemp("only_checked") / "home"
    made = Settings(home, home / "inbox", CHECKOUT / "data_contracts")
    yield made
    assert kept(made) == []


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "home" / "inbox", CHECKOUT / "data_contracts")


def delivery(count: str = "6", unit: str = NEUSS, year: str = "2005/06") -> bytes:
    number = int(count.replace("O", "0"))
    counts = {"männlich": number, "weiblich": number, "insgesamt": 2 * number}
    rows = [f"{unit};{year};{c};{sex};{n}" for c in CERTIFICATES for sex, n in counts.items()]
    rows += [f"{unit};{year};Insgesamt;{sex};{len(CERTIFICATES) * n}" for sex, n in counts.items()]
    if "O" in count:
        rows[6] = rows[6].rpartition(";")[0] + f";{count}"
    return "\r\n".join([HEADER, *rows]).encode()


def check(client: DeskClient, *files: tuple[str, bytes]) -> tuple[str, str]:
    """The address of what was found, and its page."""
    answer = client.post_form("/liefern", "/liefern/pruefen", files=[("file", file) for file in files])
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    return answer.headers["location"], page.text


def hand_in(client: DeskClient, *files: tuple[str, bytes]):
    """The answer to handing in the first of these files."""
    address, _ = check(client, *files)
    return client.post_form(address, f"{address}/0/einreichen")


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))


def kept(settings: Settings) -> list[str]:
    """All files of the home but the log."""
    files = (file.relative_to(settings.home) for file in settings.home.rglob("*") if file.is_file())
    return sorted(str(file) for file in files if not str(file).startswith(FOLDER) and file.name != "writer.lock")


def test_the_room_is_offered_to_those_who_deliver_and_to_nobody_else(only_checked: Settings) -> None:
    assert 'href="/liefern"' in desk_of(only_checked, CLERK).get("/").text
    assert desk_of(only_checked, CLERK).get("/liefern").status_code == 200
    for role in (Role.APPROVER, Role.RESEARCHER, Role.READER):
        assert desk_of(only_checked, Person("x", frozenset({role}))).get("/liefern").status_code == 403


def test_a_finding_stands_with_its_sentence_at_its_cell_and_leads_there_and_back(only_checked: Settings) -> None:
    _, page = check(desk_of(only_checked, CLERK), ("neuss.csv", delivery("1O")))
    assert "Prüfung als „Schulabgänge nach Abschluss“: zurückgewiesen." in words(page)
    assert "1 Zelle zu berichtigen" in words(page)
    assert "Gilt nicht: Neuss 2006" in words(page)
    (finding,) = re.findall(r'<li id="(b0-\d+)".*?</li>', page, re.DOTALL)
    assert '<a class="cell" href="#z0-0-8-5">E8</a>' in page
    assert f'href="#{finding}"' in page
    cell = re.search(r'<td id="z0-0-8-5" class="error"[^>]*>(.*?)</td>', page)
    assert cell is not None
    assert cell.group(1).startswith("1O")
    assert 'href="/lesen/regeln/reader_number"' in page
    assert "… 6 Zeilen ohne Befund" in page


def test_a_file_whose_figures_are_made_up_says_so(only_checked: Settings) -> None:
    client = desk_of(only_checked, CLERK)
    assert "sind simuliert" not in check(client, ("neuss.csv", delivery()))[1]
    assert "sind simuliert" in check(client, ("neuss.csv", f"{SIGN};;;;\r\n".encode() + delivery()))[1]


def test_a_clean_file_is_said_to_be_ready(only_checked: Settings) -> None:
    _, page = check(desk_of(only_checked, CLERK), ("neuss.csv", delivery()))
    assert "Eingereicht ist die Datei noch nicht. Sie kann so eingereicht werden." in page
    assert "Gilt nach dem Einreichen: Neuss 2006" in words(page)
    assert "Markierte Kopie" not in page


def on_disk(file: object) -> None:
    pytest.fail("an upload was written to the disk before anybody looked into it")


def test_nothing_is_kept_of_what_is_only_checked(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", on_disk)
    large = delivery() + b"\r\n" * 1_200_000  # more than forms usually keep in memory
    address, _ = check(desk_of(settings, CLERK), ("neuss.csv", delivery("1O")), ("gross.csv", large))
    assert address.startswith("/liefern/geprueft/")
    assert list(spool.iterdir()) == []
    assert kept(settings) == []
    log = "".join(file.read_text(encoding="utf-8") for file in (settings.home / FOLDER).iterdir())
    assert "neuss.csv" not in log
    assert [json.loads(line)["action"] for line in log.splitlines()] == ["checked"]


def test_several_files_stand_side_by_side_and_a_broken_one_stops_none(only_checked: Settings) -> None:
    files = [("neuss.csv", delivery()), ("kaputt.xlsx", b"PK\x03\x04 nothing"), ("leer.csv", b""), ("fremd.csv", b"a;b\n1;2\n")]
    _, page = check(desk_of(only_checked, CLERK), *files)
    assert all(f">{name}</a>" in page for name, _ in files)
    assert page.count("nicht gelesen") == 3
    assert page.count("/einreichen") == 1


@pytest.mark.parametrize("name", sorted(file.name for file in (CASES / "persons").iterdir()))
def test_of_a_file_with_records_of_persons_nothing_is_shown_held_or_handed_in(only_checked: Settings, name: str) -> None:
    client = desk_of(only_checked, CLERK)
    address, page = check(client, (name, (CASES / "persons" / name).read_bytes()))
    assert "Personen" in words(page) or "Person" in words(page)
    assert "Von dieser Datei wurde nichts aufbewahrt" in page
    assert "<table>" not in page
    assert "/einreichen" not in page
    assert client.post_form(address, f"{address}/0/einreichen").status_code == 404
    assert client.get(f"{address}/0/kopie").status_code == 404
    assert kept(only_checked) == []


def test_a_name_is_no_path(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    names = {"../../etc/passwd.csv": "passwd.csv", "C:\\Users\\x\\a.csv": "a.csv", "a%00b%2e%2e%2f.csv": "a%00b%2e%2e%2f.csv"}
    for number, (name, shown) in enumerate(names.items(), 6):
        answer = hand_in(client, (name, delivery(str(number))))
        assert f"<dd>{shown}</dd>" in client.get(answer.headers["location"]).text
    assert [arrival.name for arrival in read_register(Store.at(str(settings.home))).arrivals] == list(names.values())


def test_names_that_can_not_be_kept_or_look_like_markup_come_to_nothing(only_checked: Settings) -> None:
    client = desk_of(only_checked, CLERK)
    _, page = check(client, ("x" * 300 + ".csv", delivery()), ("<script>alert(1)</script>.csv", delivery()))
    assert "nicht gelesen" in page
    assert "<script>alert" not in page
    assert page.count("/einreichen") == 1


def test_what_stands_in_cells_is_text(only_checked: Settings) -> None:
    above = b"<b>Neuss</b>;<img src=x onerror=alert(1)>;;;\r\n"
    _, page = check(desk_of(only_checked, CLERK), ("neuss.csv", above + delivery("1O").replace(b"1O", b"<i>1O</i>")))
    assert "&lt;b&gt;Neuss&lt;/b&gt;</td><td>&lt;img" in page
    assert "&lt;i&gt;1O" in page
    assert not {"<b>", "<i>", "<img"} & set(re.findall(r"<\w+>?", page))


def test_an_archive_is_no_delivery(only_checked: Settings) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("neuss.csv", delivery())
    _, page = check(desk_of(only_checked, CLERK), ("neuss.zip", archive.getvalue()))
    assert "/einreichen" not in page


def test_no_file_is_said_so(only_checked: Settings) -> None:
    answer = desk_of(only_checked, CLERK).post_form("/liefern", "/liefern/pruefen", files=[("file", ("", b""))])
    assert answer.status_code == 400
    assert "keine Datei ausgewählt" in answer.text


def test_what_is_too_much_at_once_is_said_before_it_is_sent_and_after(only_checked: Settings, chromium_browser: Browser) -> None:
    client = desk_of(only_checked, CLERK)
    refused = client.post_form(
        "/liefern", "/liefern/pruefen", files=[("file", (f"{n}.csv", b"a")) for n in range(MOST_FILES + 1)]
    )
    assert refused.status_code == 400
    assert f"{MOST_FILES} Dateien" in refused.text
    with at_an_address(only_checked, CLERK) as address:
        page = chromium_browser.new_page()
        page.goto(f"{address}/liefern")
        assert page.get_by_text("bis zu 50 auf einmal, zusammen höchstens 100 MB").is_visible()
        files = [{"name": f"{n}.csv", "mimeType": "text/csv", "buffer": b"a"} for n in range(MOST_FILES + 1)]
        page.set_input_files("#file", files)
        assert "höchstens 50 Dateien" in page.eval_on_selector("#file", "field => field.validationMessage")
        page.set_input_files("#file", files[:MOST_FILES])
        assert page.eval_on_selector("#file", "field => field.validationMessage") == ""
        page.close()


def formula_book() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in delivery().decode().split("\r\n"):
        sheet.append(line.split(";"))
    sheet["C3"] = '=HYPERLINK("http://evil.example")'
    sheet["C3"].data_type = "s"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def test_the_marked_copy_has_the_findings_and_no_formula(only_checked: Settings) -> None:
    client = desk_of(only_checked, CLERK)
    data = formula_book()
    address, _ = check(client, ("formel.xlsx", data))
    answer = client.get(f"{address}/0/kopie")
    assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")
    digest = digest_of_bytes(data)[:8]
    assert f"formel_{digest}" in unquote(answer.headers["content-disposition"])
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames[0] == SHEET
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert kept(only_checked) == []


def test_what_is_handed_in_lands_with_a_receipt_that_says_what_counts(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    answer = hand_in(client, ("neuss.csv", delivery()))
    assert answer.headers["location"] == "/liefern/quittung/1"
    page = words(client.get("/liefern/quittung/1").text)
    assert "Quittung Nr. 1" in page
    assert digest_of_bytes(delivery())[:12] in page
    assert re.search(r"Eingegangen\d\d?\. \w+ \d{4}, \d\d:\d\d Uhr", page)
    assert "Sie gilt für Neuss 2006" in page
    answer = hand_in(client, ("neuss.csv", delivery("7")))
    assert "an die Stelle von neuss.csv" in words(client.get(answer.headers["location"]).text)
    assert State.SUPERSEDED.said.in_language("de") in words(client.get("/liefern/quittung/1").text)


def test_the_same_file_again_is_said_and_does_not_count_twice(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    hand_in(client, ("neuss.csv", delivery()))
    before = kept(settings)
    answer = hand_in(client, ("noch-einmal.csv", delivery()))
    assert "schon eingereicht" in client.get(answer.headers["location"]).text
    assert kept(settings) == before


def test_once_handed_in_the_check_leads_to_the_receipt_and_holds_no_bytes(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    address, _ = check(client, ("neuss.csv", delivery("1O")))
    client.post_form(address, f"{address}/0/einreichen")
    page = client.get(address).text
    assert 'href="/liefern/quittung/1"' in page
    assert "/einreichen" not in page
    assert "noch nicht" not in words(page)
    assert "Gilt nach dem Einreichen" not in words(page)
    assert client.get(f"{address}/0/kopie").status_code == 404


def test_a_form_that_is_sent_twice_leads_to_its_receipt(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    address, _ = check(client, ("neuss.csv", delivery()))
    to = [client.post_form(address, f"{address}/0/einreichen").headers["location"] for _ in range(2)]
    assert to == ["/liefern/quittung/1"] * 2


def test_that_another_municipality_handed_a_file_in_is_not_to_be_learned_by_handing_it_in(settings: Settings) -> None:
    hand_in(desk_of(settings), ("ahlen.csv", delivery(unit=AHLEN)))
    answer = hand_in(desk_of(settings, CLERK), ("ahlen.csv", delivery(unit=AHLEN)))
    assert answer.status_code == 400
    assert "spricht von Ahlen" in words(answer.text)
    assert "schon eingereicht" not in answer.text


def test_a_refused_form_is_answered_on_its_page_and_where_that_is_gone_it_is_one_click_away(only_checked: Settings) -> None:
    client = desk_of(only_checked, CLERK)
    chosen = client.post_form("/liefern", "/liefern/pruefen")
    assert chosen.status_code == 400
    assert "Es war keine Datei ausgewählt" in chosen.text
    assert 'type="file"' in chosen.text
    gone = client.post_form("/liefern", "/liefern/geprueft/x/0/einreichen").text
    assert '<a href="/liefern/geprueft/x">' in gone.partition("<main")[2]
    assert '<a href="/liefern">Zu „Liefern“</a>' in gone.partition("<main")[2]
    for page, back in ((chosen.text, "/liefern"), (gone, "/liefern/geprueft/x")):
        assert f'name="back" value="{back}"' in page, "the switch of language leads to a page, not to where forms go"


def test_quotes_in_a_name_are_quotes_again(only_checked: Settings) -> None:
    """Browsers write them as %22 in a form."""
    _, page = check(desk_of(only_checked, CLERK), ('"neu" Neuß.csv', delivery()))
    assert "Geprüft: &#34;neu&#34; Neuß.csv" in page


def test_a_file_with_another_unit_is_refused_before_landing_and_names_it(only_checked: Settings) -> None:
    client = desk_of(only_checked, CLERK)
    mixed = delivery() + b"\r\n" + delivery(unit=AHLEN).partition(b"\r\n")[2]
    address, page = check(client, ("beide.csv", mixed))
    assert "spricht von Ahlen (05570004)" in words(page)
    assert "/einreichen" not in page
    assert "Gilt nach dem Einreichen" not in words(page)
    assert "kann so eingereicht werden" not in words(page)
    answer = client.post_form(address, f"{address}/0/einreichen")
    assert answer.status_code == 400
    assert "spricht von Ahlen" in words(answer.text)
    assert kept(only_checked) == []


def test_a_town_hands_in_what_its_youth_office_delivers_under_a_key_of_its_own(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    head = "Jugendamt;Berichtsjahr;Alter bei Hilfebeginn;§ 27;§ 28;§ 29;§ 30;§ 31;§ 32;§ 33;§ 34;§ 35;§ 35a;Hilfen insgesamt;§ 42;§ 8a"
    row = f"JH{NEUSS};2012;unter 3 Jahre;7;103;1;11;14;1;5;18;1;19;180;16;34"
    answer = hand_in(client, ("hilfen.csv", f"{head}\r\n{row}\r\n".encode("utf-8-sig")))
    assert answer.status_code == 303
    assert "Jugendamt Neuss" in words(client.get(answer.headers["location"]).text)
    other = row.replace(NEUSS, "05374012")
    _, page = check(client, ("andere.csv", f"{head}\r\n{other}\r\n".encode("utf-8-sig")))
    assert "Einreichen können Sie für Neuss (05162024), Jugendamt Neuss (JH05162024)." in words(page)
    assert "/einreichen" not in page
    _, page = check(desk_of(settings, Person("stadt", CLERK.roles, frozenset({"05111000"}))), ("neuss.csv", delivery()))
    assert "Einreichen können Sie für Düsseldorf (05111000)." in words(page), "a city delivers under its own key"
    kreis = desk_of(settings, Person("kreis", CLERK.roles, frozenset({"05358"})))
    _, page = check(kreis, ("kreis.csv", f"{head}\r\n{row.replace(NEUSS, '05358999')}\r\n".encode("utf-8-sig")))
    assert "/einreichen" in page, "that of a Kreis without the towns that have their own"


def test_the_receipt_of_another_municipality_is_not_there(settings: Settings) -> None:
    hand_in(desk_of(settings), ("ahlen.csv", delivery(unit=AHLEN)))
    assert desk_of(settings).get("/liefern/quittung/1").status_code == 200
    assert desk_of(settings, CLERK).get("/liefern/quittung/1").status_code == 404
    other_office = Person("kita", frozenset({Role.CLERK}), frozenset({AHLEN}), frozenset({"kita"}))
    assert desk_of(settings, other_office).get("/liefern/quittung/1").status_code == 404
    digest = digest_of_bytes(delivery(unit=AHLEN))
    purge_here(settings, digest, digest[:8], "Auf Antrag gelöscht")
    receipt = desk_of(settings, replace(other_office, datasets=None)).get("/liefern/quittung/1")
    assert receipt.status_code == 200
    assert re.search(r"wurde am \d\d?\. \w+ \d{4} gelöscht: Auf Antrag gelöscht", receipt.text), (
        "the day as in all other sentences"
    )
    assert desk_of(settings, other_office).get("/liefern/quittung/1").status_code == 404, "nor of what was removed"
    for number in (0, 2, 10**30):
        assert desk_of(settings).get(f"/liefern/quittung/{number}").status_code == 404


def test_a_check_is_its_senders_alone(only_checked: Settings) -> None:
    from kkz_eval.desk.app import guarded
    from kkz_eval.desk.desk import Desk

    who = [CLERK]
    client = DeskClient(guarded(Desk(only_checked), frozenset({HOST}), lambda scope: who[0]), base_url=f"http://{HOST}")
    address, _ = check(client, ("neuss.csv", delivery()))
    assert client.get(f"{address}/1/kopie").status_code == 404
    who[0] = Person("ahlen", frozenset({Role.CLERK}), frozenset({AHLEN}))
    for answer in (
        client.get(address),
        client.get(f"{address}/0/kopie"),
        client.post_form("/liefern", f"{address}/0/einreichen"),
    ):
        assert answer.status_code == 400
        assert "nicht mehr vorgehalten" in answer.text
    assert kept(only_checked) == []


def test_a_marked_copy_that_comes_back_is_taken_as_in_the_inbox(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    original = delivery("1O")
    address, _ = check(client, ("neuss.csv", original))
    book = load_workbook(io.BytesIO(client.get(f"{address}/0/kopie").content))
    client.post_form(address, f"{address}/0/einreichen")
    sheet = book[SHEET]
    header = next(row for row in sheet.iter_rows() if row[0].value == "Nr.")
    sheet.cell(header[0].row + 1, COLUMNS.index("status") + 1).value = status_word(Decision.CORRECTED, "de")
    book["Daten"]["E8"] = "10"
    back = io.BytesIO()
    book.save(back)
    _, page = check(client, ("zurueck.xlsx", back.getvalue()))
    assert "Befunde, die als korrigiert bezeichnet sind: 1;" in page
    answer = hand_in(client, ("zurueck.xlsx", back.getvalue()))
    assert answer.status_code == 303
    (returned,) = returned_protocols(Store.at(str(settings.home))).values()
    assert returned.original == digest_of_bytes(original)
    assert [row.decision for row in returned.rows] == [Decision.CORRECTED]


def test_while_a_run_writes_the_file_is_still_held(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkz_eval.desk.pages.deliver.PATIENCE", 0)
    client = desk_of(settings, CLERK)
    address, _ = check(client, ("neuss.csv", delivery()))
    with writing_alone(settings.home, "kkz-eval run", lambda _: None):
        answer = client.post_form(address, f"{address}/0/einreichen")
    assert answer.status_code == 400
    assert "kkz-eval run" in answer.text
    assert client.post_form(address, f"{address}/0/einreichen").status_code == 303


def test_english_is_spoken_too(only_checked: Settings) -> None:
    client = desk_of(only_checked, CLERK)
    client.cookies.set("sprache", "en")
    _, page = check(client, ("neuss.csv", delivery("1O")))
    assert "rows without findings" in page
    assert "Hand in all the same" in words(page)


def some_file(name: str, size: int):
    from kkz_eval.deliveries.results import Unreadable
    from kkz_eval.desk.held import CheckedFile

    return CheckedFile(name, size, Unreadable("empty", {"name": name}), (), b"x" * size)


def test_what_is_held_ends_with_its_minutes_and_within_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    held = Held(lambda: clock[0])
    first = held.hold("a", (some_file("1", 10),))
    clock[0] = held_module.SECONDS - 1
    assert held.of("a", first) is not None
    clock[0] += 1
    assert held.of("a", first) is None
    monkeypatch.setattr(held_module, "MOST_OF_ONE", 25)
    monkeypatch.setattr(held_module, "MOST_OF_ALL", 45)
    mine = [held.hold("a", (some_file("1", 10),)) for _ in range(3)]
    assert [held.of("a", token) is not None for token in mine] == [False, True, True]
    other = [held.hold(person, (some_file("1", 15),)) for person in "bc"]
    assert [held.of("a", token) is not None for token in mine] == [False, False, True]
    assert all(held.of(person, token) is not None for person, token in zip("bc", other, strict=True))
    assert held.of("b", other[1]) is None


SETTLED = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest.mark.parametrize("width", [1280, 320])
def test_in_a_browser_files_are_checked_and_handed_in_by_keyboard(
    settings: Settings, chromium_browser: Browser, tmp_path: Path, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    files = {"neuss.csv": delivery("1O"), "formel.xlsx": formula_book(), "leer.csv": b""}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    def holds() -> None:
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate(SETTLED)

    def go_to(selector: str) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(60):
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"{selector} can't be reached by keyboard")

    page = chromium_browser.new_page(viewport={"width": width, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    with at_an_address(settings, CLERK) as address:
        page.goto(f"{address}/liefern")
        holds()
        go_to("#file")
        page.locator("#file").set_input_files([str(tmp_path / name) for name in files])
        go_to("main form button")
        page.keyboard.press("Enter")
        page.wait_for_url("**/geprueft/*")
        holds()
        go_to('a.cell[href="#z0-0-8-5"]')
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "z0-0-8-5"
        assert page.locator("#z0-0-8-5").is_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # back to the finding
        assert page.evaluate("document.activeElement.id").startswith("b0-")
        assert not page.locator("tbody.folded tr").first.is_visible()
        go_to(".fold input")
        page.keyboard.press("Space")
        assert page.locator("tbody.folded tr").first.is_visible()
        holds()
        page.keyboard.press("Home")
        page.evaluate("document.activeElement.blur()")
        page.locator("h1").click()
        go_to(".acts button")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Quittung Nr. 1").wait_for()
        holds()
    assert said == []
    page.close()


def test_without_a_script_files_are_checked_all_the_same(
    only_checked: Settings, chromium_browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "neuss.csv").write_bytes(delivery("1O"))
    context = chromium_browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with at_an_address(only_checked, CLERK) as address:
        page.goto(f"{address}/liefern")
        page.locator("#file").set_input_files(str(tmp_path / "neuss.csv"))
        page.get_by_role("button", name="Prüfen").click()
        page.get_by_role("link", name="E8").click()
        assert page.locator("#z0-0-8-5").is_visible()
        page.get_by_role("checkbox").first.check()
        assert page.locator("tbody.folded tr").first.is_visible()
    context.close()
