"""What every page of the desk holds to: roles, tokens, languages, sentences where something does not go, files that may be read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from served import HOST, DeskClient, at_an_address, desk_of

from kkz_eval.desk.actions import FOLDER
from kkz_eval.desk.app import desk_app
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.runs import Runs, RunSeen
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.storage.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = {"origin": f"http://{HOST}"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "home" / "inbox", CHECKOUT / "data_contracts")


def actions(settings: Settings) -> list[dict[str, object]]:
    files = sorted((settings.home / FOLDER).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_first_page_asks_what_somebody_wants_to_do(settings: Settings) -> None:
    page = desk_of(settings).get("/")
    assert page.status_code == 200
    assert "Was möchten Sie tun?" in page.text


def test_below_a_wish_of_the_first_page_no_room_is_called_like_it(settings: Settings) -> None:
    main = desk_of(settings).get("/").text.partition("<main")[2]
    for wish, rooms in re.findall(r"<h2[^>]*>(.*?)</h2>(.*?)</section>", main, re.DOTALL):
        assert f">{wish}</a>" not in rooms
    assert '<a href="/liefern">Dateien prüfen und einreichen</a>' in main


def test_nobody_sees_a_page_of_a_role_they_lack(settings: Settings) -> None:
    reader = Person("leserin", frozenset({Role.READER}))
    assert "/dagster" not in desk_of(settings, reader).get("/").text
    refused = desk_of(settings, reader).get("/board/x/lieferstand.html")
    assert refused.status_code == 403
    assert "Rolle, die Sie nicht haben" in refused.text
    assert actions(settings)[-1] == actions(settings)[-1] | {"person": "leserin", "action": "refused:role"}


def test_a_fault_is_a_sentence_and_its_words_come_into_no_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    def listed() -> tuple[RunSeen, ...]:
        raise ValueError("could not convert: Erika Muster")

    client = desk_of(settings, runs=Runs(lambda *_: "", listed, lambda _: None, listed))
    served = DeskClient(client.app, base_url=f"http://{HOST}")  # what still reaches the server would be raised here
    answer = served.get("/auswerten/laeufe")
    assert answer.status_code == 500
    assert "Erika" not in answer.text
    assert "GET /auswerten: ValueError" in caplog.text
    assert "Erika" not in caplog.text


def test_a_fault_of_a_form_and_of_the_page_that_it_came_from_is_the_same_sentence(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("could not convert: Erika Muster")

    client = desk_of(settings, runs=Runs(broken, broken, lambda _: None, broken))
    answer = client.post_form("/", "/auswerten/laeufe", {"plan": "probe", "zielgroesse": "y", "jahre": "2012-2014"})
    assert answer.status_code == 500
    assert "Hier ist uns ein Fehler unterlaufen" in answer.text
    assert "2012-2014" in answer.text
    assert "Erika" not in answer.text + caplog.text


def test_every_address_names_the_roles_that_may_see_it(settings: Settings) -> None:
    nobody = Person("niemand")
    client = desk_of(settings, nobody)
    for route in desk_app(Desk(settings)).routes:
        path = re.sub(r"\{[^}]*\}", "1", getattr(route, "path", ""))
        if path != "/static":
            method = "POST" if "POST" in (getattr(route, "methods", None) or ()) else "GET"
            assert client.request(method, path, headers=HERE, data={"x": "y"} if method == "POST" else None).status_code == 403, (
                path
            )


def test_the_language_is_switched_by_a_form_and_kept(settings: Settings) -> None:
    client = desk_of(settings)
    answer = client.post_form("/", "/sprache", {"language": "en", "back": "/"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "What would you like to do?" in client.get("/").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_the_switch_leads_to_no_other_site(settings: Settings, back: str) -> None:
    assert desk_of(settings).post_form("/", "/sprache", {"language": "en", "back": back}).headers["location"] == "/"


@pytest.mark.parametrize("token", [None, "", "0" * 64, "ü"])
def test_a_form_without_its_token_does_nothing(settings: Settings, token: str | None) -> None:
    fields = {"language": "en"} | ({} if token is None else {"token": token})
    answer = desk_of(settings).post("/sprache", data=fields, headers=HERE, follow_redirects=False)
    assert answer.status_code == 400
    assert "abgelaufen" in answer.text
    assert "set-cookie" not in answer.headers
    assert actions(settings)[-1]["action"] == "refused:token"


def test_the_form_of_one_person_is_none_of_another(settings: Settings) -> None:
    desk = Desk(settings)
    assert not desk.is_token(Person("a"), desk.token(Person("b")))
    assert desk.is_token(Person("a"), desk.token(Person("a")))


def test_an_address_with_nothing_behind_it_says_so_in_a_sentence(settings: Settings) -> None:
    page = desk_of(settings).get("/gibt-es-nicht")
    assert page.status_code == 404
    assert "Unter dieser Adresse ist nichts" in page.text


def test_reports_are_served_with_what_stands_in_them_and_nothing_else(settings: Settings) -> None:
    report = settings.home / "reports" / "plan" / "bericht.html"
    report.parent.mkdir(parents=True)
    report.write_bytes(b"<html><title>Bericht</title><script>var a = 1;</script></html>")
    (settings.home / "geheim.html").write_bytes(b"<title>x</title>")
    (settings.home / "reports" / "plan" / "daten.csv").write_bytes(b"a;b\n")
    (settings.home / "reports" / "plan" / "fort").symlink_to(settings.home / "geheim.html")
    client = desk_of(settings, Person("leserin", frozenset({Role.READER})))
    page = client.get("/reports/plan/bericht.html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "'sha256-" in page.headers["content-security-policy"]
    assert "font-src 'self' data:" in page.headers["content-security-policy"]
    assert client.get("/reports/plan/daten.csv").headers["content-disposition"] == "attachment"
    for address in ("/reports/plan", "/reports/plan/", "/reports/plan/fort", "/geheim.html", "/reports/plan/fehlt.html"):
        assert client.get(address).status_code == 404, address
    Store.at(str(settings.home)).put_if_absent("reports/plan/zahl.html", b"<title>12</title>")
    kept = settings.home / "reports" / "plan" / "zahl.html"
    kept.write_bytes(kept.read_bytes().replace(b"12", b"13"))
    damaged = client.get("/reports/plan/zahl.html")
    assert (damaged.status_code, "beschädigt" in damaged.text, "<title>13" in damaged.text) == (400, True, False)


def test_in_a_browser_nothing_is_refused_and_everything_can_be_read(settings: Settings, chromium_browser: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for width in (1280, 320):
        page = chromium_browser.new_page(viewport={"width": width, "height": 800})
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text))
        with at_an_address(settings) as address:
            page.goto(f"{address}/")
            page.wait_for_load_state("networkidle")
            assert Axe().run(page).response["violations"] == []
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert page.evaluate("document.fonts.check('600 16px \"Source Sans Pro\"')")
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip"
            page.get_by_role("button", name="English").click()
            page.get_by_role("heading", name="What would you like to do?").wait_for()
        assert said == []
        page.close()
