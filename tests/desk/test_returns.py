"""What comes back stands in the browser, for those whose municipality it is; its files are fetched there and nowhere else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from returned_world import ARNSBERG, BIELEFELD, MOERS, make_world, settings_in
from served import at_an_address, desk_of

from kkz_eval.desk.actions import FOLDER
from kkz_eval.desk.people import Person, Role
from kkz_eval.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CLERK = Person("bielefeld", frozenset({Role.CLERK}), frozenset({BIELEFELD}))
NAMES = {"html": b"<!DOCTYPE html>", "pdf": b"%PDF", "xlsx": b"PK"}


@pytest.fixture(scope="module")
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a copy: the desk writes its log there, and keeps files."""
    world = made_once("municipal_return", make_world)
    return settings_in(Path(shutil.copytree(world, tmp_path_factory.mktemp("returned") / "world")))


def test_a_clerk_comes_to_the_own_municipality(settings: Settings) -> None:
    page = desk_of(settings, CLERK).get("/rueckmeldung")
    assert page.url.path == f"/rueckmeldung/{BIELEFELD}"
    assert "<h1>Rückmeldung: Bielefeld</h1>" in page.text
    assert "Simulierte Lieferungen" in page.text
    assert "Schulabgänge ohne Hauptschulabschluss (Prozent der Schulabgänge)" in page.text
    assert "Ähnlicher Bedarf: mittlere Hälfte" in page.text
    assert "Andere Kommunen" not in page.text


@pytest.mark.parametrize("form", NAMES)
def test_the_whole_is_fetched_as_page_paper_and_workbook(settings: Settings, form: str) -> None:
    client = desk_of(settings, CLERK)
    address = f"/rueckmeldung/{BIELEFELD}/rueckmeldung_{BIELEFELD}.{form}"
    assert f'href="{address}"' in client.get(f"/rueckmeldung/{BIELEFELD}").text
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.content.startswith(NAMES[form])
    assert ("attachment" in answer.headers.get("content-disposition", "")) == (form != "html")
    (log,) = (settings.home / FOLDER).glob("*.jsonl")
    last = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    assert (last["action"], last["about"], last["person"]) == ("return_fetched", f"{BIELEFELD} {form}", "bielefeld")


@pytest.mark.parametrize(
    "path", [ARNSBERG, f"{ARNSBERG}/rueckmeldung_{ARNSBERG}.pdf", f"{BIELEFELD}/rueckmeldung_{ARNSBERG}.pdf"]
)
def test_anothers_is_not_there(settings: Settings, path: str) -> None:
    client = desk_of(settings, CLERK)
    answer = client.get(f"/rueckmeldung/{path}")
    assert answer.status_code == 404
    assert answer.text == client.get(f"/rueckmeldung/{path}x").text.replace(
        f"{path}x", path
    )  # nor is it told from one that is nowhere
    assert "Arnsberg" not in answer.text


@pytest.mark.parametrize("name", ["..%2f..%2fwriter.lock", "%00", "rueckmeldung_05711000.html.bak", "return_05711000.csv"])
def test_a_name_is_one_of_the_files_of_a_return_and_never_a_path(settings: Settings, name: str) -> None:
    assert desk_of(settings, CLERK).get(f"/rueckmeldung/{BIELEFELD}/{name}").status_code in (400, 404)


def test_a_steward_chooses(settings: Settings) -> None:
    client = desk_of(settings, Person("datenstelle", frozenset({Role.STEWARD})))
    page = client.get("/rueckmeldung").text
    assert page.count('<li><a href="/rueckmeldung/') == 40
    assert "Arnsberg" in client.get(f"/rueckmeldung/{ARNSBERG}").text


def test_a_reader_and_a_clerk_of_nowhere_see_none(settings: Settings) -> None:
    assert desk_of(settings, Person("leserin", frozenset({Role.READER}))).get("/rueckmeldung").status_code == 403
    page = desk_of(settings, Person("neu", frozenset({Role.CLERK}))).get("/rueckmeldung").text
    assert "keine Kommune zugeordnet" in page


def test_an_office_sees_the_own_datasets_alone(settings: Settings) -> None:
    office = Person("schulamt", frozenset({Role.CLERK}), frozenset({BIELEFELD}), frozenset({"geburten_fruehe_hilfen"}))
    client = desk_of(settings, office)
    page = client.get(f"/rueckmeldung/{BIELEFELD}").text
    assert "Was andere Stellen Ihrer Kommune liefern" in page
    whole = client.get(f"/rueckmeldung/{BIELEFELD}/rueckmeldung_{BIELEFELD}.html").text
    assert "Willkommensbesuche" in whole
    assert "Begonnene Hilfen" not in whole


def test_who_has_nothing_accepted_is_told_what_to_deliver(settings: Settings) -> None:
    moers = Person("moers", frozenset({Role.CLERK}), frozenset({MOERS}))
    page = desk_of(settings, moers).get("/rueckmeldung").text
    assert "Von Moers ist bisher keine Lieferung angenommen." in page
    assert "Was Sie liefern können" in page


def test_english_is_there_too(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    client.cookies.set("sprache", "en")
    assert "What comes back: Bielefeld" in client.get(f"/rueckmeldung/{BIELEFELD}").text
    assert b"English" not in client.get(f"/rueckmeldung/{BIELEFELD}/return_{BIELEFELD}.html").content[:200]


@pytest.mark.parametrize("path", ["", f"/rueckmeldung_{BIELEFELD}.html"])
def test_page_and_whole_are_accessible_and_fit_a_narrow_screen(settings: Settings, chromium_browser: Browser, path: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with at_an_address(settings, CLERK) as address:
        page = chromium_browser.new_page(viewport={"width": 320, "height": 800})
        page.goto(f"{address}/rueckmeldung/{BIELEFELD}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.close()
