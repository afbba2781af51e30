"""What readers find at the desk: reports, indicators with their series, rules, methods, words, a search; and a box that checks a text."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docx import Document as WordDocument
from five_years import make_five_years
from kept_editions import keep
from served import HOST, DeskClient, at_an_address, desk_of

from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.rule_pages import rule_examples
from kkz_eval.desk.actions import FOLDER
from kkz_eval.desk.desk import LANGUAGE
from kkz_eval.desk.pages.reading import rule_address
from kkz_eval.desk.people import Person, Role
from kkz_eval.line.current_pages import lead_to_report
from kkz_eval.line.installation import open_installation
from kkz_eval.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

READER = Person("leserin", frozenset({Role.READER}))
CONTRACTS = CHECKOUT / "data_contracts"
PAGES = (
    "/lesen",
    "/lesen/indikatoren",
    "/lesen/indikatoren/schulabgaenge_ohne_abschluss",
    "/lesen/methoden",
    "/lesen/glossar",
    "/lesen/regeln",
    "/lesen/regeln/range",
    "/lesen/text-pruefen",
    "/lesen/suche?q=abschluss",
)


@pytest.fixture(scope="module")
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with accepted official tables of five years, and two editions of a report."""
    world = Path(shutil.copytree(made_once("five_years", make_five_years), tmp_path_factory.mktemp("reading") / "world"))
    made = Settings(home=world / "home", inbox=world / "deliveries", contracts=CONTRACTS)
    installation = open_installation(made)
    plan = installation.plans["kekiz-2012"]
    keep(installation, plan, "aa", date(2026, 1, 2), [])
    change = {"kind": "data", "de": "<b>Neue</b> Lieferungen.", "en": "New deliveries."}
    lead_to_report(installation, plan, keep(installation, plan, "bb", date(2026, 3, 1), [change]))
    installation.steps.store.put_if_absent("reports/kekiz-2012/bb/estimates.csv", b"a;b\n")
    return made


@pytest.fixture
def reader(settings: Settings) -> DeskClient:
    return desk_of(settings, READER)


def text_of(page: str) -> str:
    """What a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.split("<main", 1)[1])).split())


def kept_in(home: Path) -> dict[str, bytes]:
    """Everything in a home but the log of the desk."""
    return {str(file): file.read_bytes() for file in home.rglob("*") if file.is_file() and FOLDER not in str(file)}


def test_the_first_page_leads_readers_to_this_room(reader: DeskClient) -> None:
    assert 'href="/lesen"' in reader.get("/").text


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_there_in_both_languages(reader: DeskClient, address: str) -> None:
    german = reader.get(address)
    reader.cookies.set(LANGUAGE, "en")
    english = reader.get(address)
    assert (german.status_code, english.status_code) == (200, 200)
    assert german.text.count("<h1>") == 1
    assert 'lang="en"' in english.text[:100]
    assert text_of(german.text) != text_of(english.text)
    assert not re.search(r"\{[a-z_]+\}|Sentence\(|Wording\(", german.text + english.text)


def test_a_report_is_offered_with_its_files_status_and_changes_the_present_edition_first(reader: DeskClient) -> None:
    page = reader.get("/lesen").text
    said = text_of(page)
    assert said.index("Ausgabe 2 vom 01.03.2026: die jetzige") < said.index("Ausgabe 1 vom 02.01.2026")
    assert "Entwurf: Niemand hat diese Ausgabe freigegeben." in said
    assert "<b>Neue</b> Lieferungen." in said  # as it was written, no mark of ours
    links = re.findall(r'href="(/(?:reports|aktuell)/[^"]+)"', page)
    assert any(link.endswith("estimates.csv") for link in links)
    assert len(links) == 2 * 6 + 1 + 1
    assert {reader.get(link).status_code for link in links} == {200}


def test_a_home_without_a_run_says_that_there_is_no_report_yet(tmp_path: Path) -> None:
    empty = Settings(tmp_path / "home", tmp_path / "inbox", CONTRACTS)
    client = desk_of(empty, READER)
    assert "Noch kein Bericht." in client.get("/lesen").text
    assert "keine amtliche Reihe" in client.get("/lesen/indikatoren/schulabgaenge_ohne_abschluss").text


def test_an_indicator_shows_its_series_source_breaks_and_plans(reader: DeskClient) -> None:
    page = reader.get("/lesen/indikatoren/schulabgaenge_ohne_abschluss").text
    said = text_of(page)
    assert "Gezählt werden: Schulabgänge (Abschluss: Ohne Hauptschulabschluss)." in said
    assert "A 2013: Doppelter Abiturjahrgang in Nordrhein-Westfalen (Schulstatistik NRW)" in said
    assert "Simuliert: Diese Zahlen sind erfunden" in said
    assert re.search(r"2014 (?:\d+,\d\d? ){4}53", said)
    assert page.count("<svg") == 2
    assert " style=" not in page
    assert "Hauptergebnis" in said
    assert "© Statistische Ämter" not in said  # what is made up is nobody's figure


def test_no_unit_of_the_programme_is_named_beside_a_series(reader: DeskClient) -> None:
    said = text_of(reader.get("/lesen/indikatoren/schulabgaenge_ohne_abschluss").text)
    assert not re.search(r"Düsseldorf|Bielefeld|\b05\d{3}\b", said)


def test_what_the_catalogue_or_the_rules_do_not_have_is_not_found(reader: DeskClient) -> None:
    for address in ("/lesen/indikatoren/gibt_es_nicht", "/lesen/regeln/gibt_es_nicht", "/lesen/regeln/..%2Frange"):
        assert reader.get(address).status_code in (400, 404)


def test_a_rule_shows_an_example_what_to_do_and_which_contracts_ask_it(reader: DeskClient) -> None:
    said = text_of(reader.get(rule_address("not_above_other")).text)
    for heading in (
        "Was das heißt",
        "Was zu tun ist",
        "Falsch",
        "Richtig",
        "Welche Erklärung meist genügt",
        "Wo das gefragt wird",
    ):
        assert heading in said
    assert "Ausbildung und Arbeit" in said
    assert "anderer Datensatz: „Bevölkerung nach Alter und Geschlecht“" in said
    assert "Danach wird jede Datei gelesen" in text_of(reader.get(rule_address("reader_number")).text)


def test_every_kind_of_finding_has_its_page(reader: DeskClient) -> None:
    index = reader.get("/lesen/regeln").text
    kinds = [example.kind for example in rule_examples(load_contracts(CONTRACTS))]
    assert all(f'href="{rule_address(kind)}"' in index for kind in kinds)
    for kind in kinds[::9]:
        assert reader.get(rule_address(kind)).status_code == 200


def test_the_address_that_protocols_name_leads_to_the_page_of_the_rule(reader: DeskClient) -> None:
    answer = reader.get("/regeln/reader_scale.html", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, rule_address("reader_scale"))


def test_a_protocol_opened_at_the_desk_leads_to_the_pages_of_its_rules_and_stays_as_it_is_kept(settings: Settings) -> None:
    kept = b"<html><td>[regeln/x.html]</td><td><code>persons.range [regeln/range.html]</code></td></html>"
    open_installation(settings).steps.store.put_if_absent("protocols/aa/protokoll.html", kept)
    as_kept = (settings.home / "protocols/aa/protokoll.html").read_bytes()
    steward = desk_of(settings, Person("pruefung", frozenset({Role.STEWARD})))
    page = steward.get("/protocols/aa/protokoll.html").text
    assert '<code>persons.range [<a href="/regeln/range.html">regeln/range.html</a>]</code>' in page
    assert "<td>[regeln/x.html]</td>" in page  # what somebody delivered is no rule
    assert steward.get("/regeln/range.html").url.path == rule_address("range")
    assert (settings.home / "protocols/aa/protokoll.html").read_bytes() == as_kept


def test_methods_tell_what_each_verdict_means_and_what_no_report_shows(reader: DeskClient) -> None:
    said = text_of(reader.get("/lesen/methoden").text)
    for word in ("Differenz von Differenzen", "nicht zu unterscheiden", "nicht vergleichbar", "Störgrößen", "ROBINS-I"):
        assert word in said
    assert "Der Bericht belegt keine Ursache." in said


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Abitur", "/lesen/indikatoren/"),
        ("HOCHSCHULREIFE schul", "/lesen/indikatoren/schulabgaenge_hochschulreife"),
        ("verzerrung", "/lesen/glossar#bias"),
        ("reader_scale", "/lesen/regeln/reader_scale"),
    ],
)
def test_a_search_finds_indicators_words_and_rules(reader: DeskClient, asked: str, found: str) -> None:
    assert f'href="{found}' in reader.get("/lesen/suche", params={"q": asked}).text


def test_a_search_repeats_what_was_asked_as_words_and_says_where_nothing_is(reader: DeskClient) -> None:
    page = reader.get("/lesen/suche", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
    assert "steht nichts im Katalog" in page
    assert reader.get("/lesen/suche").status_code == 200
    assert reader.get("/lesen/suche", params={"q": "x" * 5000}).status_code == 200


def test_a_typed_text_is_checked_and_its_words_stay_in_the_box(reader: DeskClient) -> None:
    text = "Das Programm wirkt in allen Städten. <i>Fertig.</i>"
    answer = reader.post_form("/lesen/text-pruefen", "/lesen/text-pruefen", {"text": text})
    said = text_of(answer.text)
    assert answer.status_code == 200
    assert "Zeile 1: „wirkt“ (behauptet eine Ursache)" in said
    assert "Stattdessen etwa: In den Kommunen des Programms" in said
    assert "&lt;i&gt;Fertig.&lt;/i&gt;</textarea>" in answer.text


def test_an_honest_text_passes_and_nobody_says_that_it_is_right(reader: DeskClient) -> None:
    honest = {"text": "Ob es einen Unterschied gibt, lässt sich mit diesen Daten nicht sagen."}
    assert "ist damit nicht geprüft" in reader.post_form("/lesen/text-pruefen", "/lesen/text-pruefen", honest).text


def test_a_document_of_word_is_read_in_its_own_language(reader: DeskClient) -> None:
    document, data = WordDocument(), io.BytesIO()
    document.add_paragraph("The results are here.")
    document.add_paragraph("The programme works in all of the towns.")
    document.save(data)
    files = {"file": ("press.docx", data.getvalue())}
    said = text_of(reader.post_form("/lesen/text-pruefen", "/lesen/text-pruefen", files=files).text)
    assert "Absatz 2: „works“" in said
    assert "In the municipalities of the programme" in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF-1.7", "ist ein PDF"),
        ("a.odt", b"x", "keine Datei, die hier gelesen wird"),
        ("../../etc/passwd.docx", b"PK\x03\x04", "lässt sich nicht als Word-Dokument lesen"),
        ("a.txt", b"", "enthält keinen Text"),
    ],
)
def test_what_can_not_be_read_gets_a_sentence(reader: DeskClient, name: str, content: bytes, said: str) -> None:
    answer = reader.post_form("/lesen/text-pruefen", "/lesen/text-pruefen", files={"file": (name, content)})
    assert answer.status_code == 200
    assert said in text_of(answer.text)
    assert "enthält keinen Text" in reader.post_form("/lesen/text-pruefen", "/lesen/text-pruefen", {"text": "  "}).text


def test_what_is_longer_than_any_press_release_is_not_looked_at(reader: DeskClient) -> None:
    long = "Das wirkt. " * 30_000
    for sent in ({"fields": {"text": long}}, {"files": {"file": ("a.txt", long.encode())}}):
        answer = reader.post_form("/lesen/text-pruefen", "/lesen/text-pruefen", **sent)
        assert "ist für eine Pressemitteilung zu groß" in text_of(answer.text)


def test_nothing_of_a_text_is_kept_and_the_log_has_no_word_of_it(settings: Settings, reader: DeskClient) -> None:
    before = kept_in(settings.home)
    reader.post_form("/lesen/text-pruefen", "/lesen/text-pruefen", {"text": "Geheimes wirkt."})
    assert kept_in(settings.home) == before
    lines = [line for file in (settings.home / FOLDER).glob("*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()]
    assert json.loads(lines[-1])["action"] == "checked_text"
    assert "Geheimes" not in "".join(lines)


def test_looking_at_pages_writes_nothing(settings: Settings, reader: DeskClient) -> None:
    before = kept_in(settings.home)
    for address in (*PAGES, "/lesen/indikatoren/geburten_je_1000"):
        reader.get(address)
    assert kept_in(settings.home) == before


def test_a_text_sent_without_a_form_of_ours_is_refused(reader: DeskClient) -> None:
    answer = reader.post("/lesen/text-pruefen", data={"text": "Das wirkt."}, headers={"origin": f"http://{HOST}"})
    assert answer.status_code == 400
    assert "Dieses Formular ist abgelaufen" in answer.text


def test_an_edited_catalogue_is_read_anew(tmp_path: Path) -> None:
    contracts = Path(shutil.copytree(CONTRACTS, tmp_path / "contracts"))
    client = desk_of(Settings(tmp_path / "home", tmp_path / "inbox", contracts), READER)
    assert "Anders genannt" not in client.get("/lesen/indikatoren").text
    file = contracts / "indicators.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("Betriebliche Ausbildungsplätze", "Anders genannt"), encoding="utf-8"
    )
    assert "Anders genannt" in client.get("/lesen/indikatoren").text


def test_the_pages_hold_at_320_px_and_by_keyboard_for_everyone(settings: Settings, chromium_browser: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with at_an_address(settings, READER) as address:
        for width in (1280, 320):
            page = chromium_browser.new_page(viewport={"width": width, "height": 800})
            problems: list[str] = []
            page.on("console", lambda message, found=problems: found.append(message.text))
            for path in PAGES if width == 320 else PAGES[:3]:
                page.goto(f"{address}{path}")
                assert Axe().run(page).response["violations"] == [], path
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            assert problems == []
            page.close()
        page = chromium_browser.new_page()
        page.goto(f"{address}/lesen/text-pruefen")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "text":
                break
        page.keyboard.type("Das Programm wirkt.")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".note.warning")
        assert "Eine Stelle sagt mehr" in page.inner_text(".note.warning")
        page.close()
