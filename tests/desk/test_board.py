"""The board in the browser: every cell opens its story, a clerk sees the own one only, and it is never old."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faulty_home import DORMAGEN, DUESSELDORF, FAULTY, MISSING, deliver, findings_at, leavers, own_home, run
from served import at_an_address, desk_of

from kkz_eval.deliveries.register import accepted
from kkz_eval.deliveries.register.register import forget_registers
from kkz_eval.desk.pages import board as pages_board
from kkz_eval.desk.people import Person, Role
from kkz_eval.line import at_the_desk
from kkz_eval.line.at_the_desk import moment_of, story_of
from kkz_eval.settings import Settings
from kkz_eval.stewardship import board as stewardship_board
from kkz_eval.stewardship import history
from kkz_eval.storage import listing
from kkz_eval.storage.recent import RecentContents
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import DraftStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CLERK = Person("amt", frozenset({Role.CLERK}), frozenset({DUESSELDORF}), frozenset({"schulabgaenge"}))
HERE = f"/tafel/schulabgaenge/{DUESSELDORF}/2012"
OF_OTHERS = f"/tafel/schulabgaenge/{DORMAGEN}/2012"


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return replace(own_home(made_once, tmp_path), reports_url="https://desk.example")


def test_a_story_has_all_arrivals_in_order_what_changed_and_what_counts(settings: Settings) -> None:
    deliver(settings, "duesseldorf_neu.csv", leavers(DUESSELDORF, 2012, changed={5: "21", 6: "41", 7: "62"}))
    deliver(settings, "duesseldorf_recht.csv", leavers(DUESSELDORF, 2012))
    steps = story_of(moment_of(settings), FAULTY).steps
    assert [step.arrival.name for step in steps] == ["duesseldorf.csv", "duesseldorf_neu.csv", "duesseldorf_recht.csv"]
    assert [step.fate.status.value for step in steps] == ["rejected", "rejected", "accepted"]
    assert [step.counts for step in steps] == [False, False, True]
    assert steps[0].changes is None
    assert {(one.old, one.new) for one in steps[2].changes or ()} == {("21", "20"), ("41", "40"), ("62", "60")}


def test_the_page_of_a_cell_says_what_came_what_was_found_and_what_counts(settings: Settings) -> None:
    deliver(settings, "duesseldorf_recht.csv", leavers(DUESSELDORF, 2012))
    deliver(settings, "duesseldorf_spaeter.csv", leavers(DUESSELDORF, 2012, changed={19: "470"}))
    page = desk_of(settings).get(HERE).text
    assert "Es gilt die Lieferung duesseldorf_recht.csv (Nr. " in page
    assert (
        page.index("duesseldorf_spaeter.csv")
        < page.index("Werte, die anders sind als in der Lieferung davor: 1 ")
        < page.index("duesseldorf.csv</strong>")
    )
    assert "E19: „470“" in page
    assert "die Teile nach „Abschluss“ ergeben zusammen 450" in page
    assert '<td class="number">450</td><td class="number">470</td>' in page
    assert '<th scope="row">Schulabgänge, Insgesamt, insgesamt, insgesamt</th>' in page
    assert 'href="/lesen/regeln/parts_sum_to_total"' in page


def test_names_of_files_are_words_on_a_page_and_nothing_else(settings: Settings) -> None:
    deliver(settings, "<b onclick=x>.csv", leavers(DUESSELDORF, 2012, changed={19: "471"}))
    page = desk_of(settings).get(HERE).text
    assert "&lt;b onclick=x&gt;.csv" in page
    assert "<b onclick" not in page


def test_the_board_after_each_delivery_is_that_of_a_desk_that_was_never_asked_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boards() -> list[str]:
        asked = [(None, ""), (None, "?jahr=2012"), (None, f"?kommune={DUESSELDORF}"), (CLERK, ""), (CLERK, "?jahr=2013")]
        pages = [desk_of(settings, person).get(f"/tafel{query}").text for person, query in asked]
        return [page[page.index("<h2") : page.index("</main>")] for page in pages]

    said = []
    for number, rows in enumerate(({5: "21"}, {}, {5: "20", 19: "451"})):
        deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012, changed=rows))
        said.append(boards())
        with monkeypatch.context() as never_asked:
            for module, name in (
                (at_the_desk, "_known"),
                (accepted, "_last"),
                (history, "_said_last"),
                (stewardship_board, "_made_last"),
                (pages_board, "_rows_last"),
                (listing, "_last"),
            ):
                never_asked.setattr(module, name, {})
            forget_registers()
            assert boards() == said[number]
    assert len({page[0] for page in said}) > 1, "the deliveries do change the board"


def test_what_is_computed_for_pages_is_bounded_over_many_deliveries_and_no_page_computes_more_for_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_the_desk, "_DRAFTED", 40_000)  # more than what is in use
    made, computed, drafted = Steps._made, list[int](), list[int]()

    def counted(*arguments: Any) -> bytes:
        computed[-1] += 1
        return made(*arguments)

    monkeypatch.setattr(Steps, "_made", counted)
    for number in range(12):
        computed.append(0)
        deliver(settings, "dormagen.csv", leavers(DORMAGEN, 2012, 2013, changed={5: str(20 + number % 2)}))
        snapshot = moment_of(settings).snapshot
        assert snapshot.accepted("schulabgaenge").observations.num_rows > 0
        assert isinstance(snapshot.steps.store, DraftStore)
        assert isinstance(snapshot.steps.store.drafts, RecentContents)
        drafted.append(snapshot.steps.store.drafts.size)
    assert set(computed[2:]) == {3}, "of the file, of the dataset, and what is to be said of it"
    assert max(drafted) < 3 * 40_000 < 12 * drafted[0], "if all were kept, there would be more"


def test_every_cell_of_the_board_leads_to_its_story(settings: Settings) -> None:
    client = desk_of(settings)
    board = client.get("/tafel").text
    assert f'class="sign rejected" href="{HERE}"' in board
    links = set(re.findall(r'href="(/tafel/[^"?]+)"', board))
    assert len(links) == len(moment_of(settings).cells)
    for link in sorted(links)[::40]:
        assert client.get(link).status_code == 200


def test_filters_show_what_was_asked_for_and_a_value_that_there_is_not_counts_as_none(settings: Settings) -> None:
    client = desk_of(settings)
    of_one = client.get(f"/tafel?datensatz=schulabgaenge&kommune={DUESSELDORF}&jahr=2012").text
    assert set(re.findall(r'href="(/tafel/[^"?]+)"', of_one)) == {HERE}
    assert client.get("/tafel?kommune=<x>&jahr=abc").text.count("<tr>") == client.get("/tafel").text.count("<tr>")
    tasks = client.get(f"/zu-tun?kommune={DUESSELDORF}&jahr=2012&datensatz=schulabgaenge").text
    assert "<h1>1 zu tun</h1>" in tasks
    assert "duesseldorf.csv" in tasks


def test_a_clerk_sees_the_own_municipality_and_dataset_and_of_others_not_even_that_there_is_something(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    board = client.get("/tafel").text
    assert HERE in board
    assert "Dormagen" not in board
    assert "kindertagesbetreuung" not in board
    assert client.get(HERE).status_code == 200
    for path in (
        OF_OTHERS,
        f"/tafel/schulabgaenge/{DUESSELDORF}/1950",
        f"/tafel/kindertagesbetreuung/{DUESSELDORF}/2012",
        f"{OF_OTHERS}/markiert",
        f"/briefe/{DORMAGEN}",
        f"/briefe/{DORMAGEN}/antwort.txt",
        f"/briefe/{DORMAGEN}/vorlage/schulabgaenge",
        f"/briefe/{DUESSELDORF}/vorlage/kindertagesbetreuung",
        "/tafel/..%2f..%2fetc/passwd/2012",
    ):
        answer = client.get(path)
        assert answer.status_code in (404, 400), path
        assert "Dormagen" not in answer.text.replace(path, "")
    for path, fields in (
        (f"{OF_OTHERS}/frage", {"text": "Wie viele?"}),
        (f"{OF_OTHERS}/entscheiden", {"decision": "right", "reason": "stimmt"}),
    ):
        assert client.post_form(HERE, path, fields).status_code == 404
    assert client.post_form(HERE, f"{HERE}/loeschen/{'0' * 64}").status_code == 403
    assert not (settings.home / "register" / "asked").exists()


def test_a_marked_copy_of_several_municipalities_is_for_nobody_of_them(settings: Settings) -> None:
    rows = leavers(DORMAGEN, 2012).split(b"\r\n")[1:]
    deliver(settings, "beide.csv", leavers(DUESSELDORF, 2012, changed={19: "460"}) + b"\r\n" + b"\r\n".join(rows))
    assert desk_of(settings, CLERK).get(f"{HERE}/markiert").status_code == 404
    fetched = desk_of(settings).get(f"{HERE}/markiert")
    assert fetched.status_code == 200
    assert fetched.content.startswith(b"PK")


def test_a_file_in_which_the_year_of_another_municipality_is_unreadable_is_for_nobody_of_them_either(settings: Settings) -> None:
    rows = leavers(DORMAGEN, 2012).replace(b";2011/12;", b";2O11/12;").split(b"\r\n")[1:]
    deliver(settings, "beide.csv", leavers(DUESSELDORF, 2012) + b"\r\n" + b"\r\n".join(rows))
    assert desk_of(settings, CLERK).get(HERE).status_code == 200
    assert desk_of(settings).get(f"{HERE}/markiert").status_code == 200
    assert desk_of(settings, CLERK).get(f"{HERE}/markiert").status_code == 404


def test_a_finding_of_a_shared_file_that_names_no_municipality_is_for_those_who_see_all_of_it(settings: Settings) -> None:
    rows = leavers(DORMAGEN, 2012).replace(b"05162004;", b"Dormgen;", 1).split(b"\r\n")[1:]
    deliver(settings, "beide.csv", leavers(DUESSELDORF, 2012) + b"\r\n" + b"\r\n".join(rows))
    assert "Dormgen" in desk_of(settings).get(HERE).text
    assert "Dormgen" not in desk_of(settings, CLERK).get(HERE).text


def test_a_reader_sees_no_board_and_an_approver_and_a_researcher_do(settings: Settings) -> None:
    answers = {role: desk_of(settings, Person("x", frozenset({role}))).get("/tafel").status_code for role in Role}
    assert answers == {role: 403 if role is Role.READER else 200 for role in Role}


def test_it_is_never_old(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the clock of the file system tells two writers apart or not."""
    page = desk_of(settings)
    for are_old in (lambda _: False, lambda _: True):
        monkeypatch.setattr(at_the_desk, "is_long_ago", are_old)
        monkeypatch.setattr("kkz_eval.storage.writer.is_long_ago", are_old)
        before = moment_of(settings)
        assert moment_of(settings) is before, "nothing happened"
        run(settings)
        assert moment_of(settings).tables == before.tables, "a run that brings nothing changes nothing"
        deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012))
        assert f'class="sign accepted" href="{HERE}"' in page.get("/tafel").text
        deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012, changed={19: "460"}))
        assert f'class="sign accepted" href="{HERE}"' not in page.get("/tafel").text
        contract = settings.contracts / "schulabgaenge.odcs.yaml"
        contract.write_text(
            contract.read_text(encoding="utf-8").replace("name: Schulabgänge nach", "name: Abgänge nach"), encoding="utf-8"
        )
        assert "Abgänge nach" in page.get("/tafel").text


def test_before_the_first_delivery_the_pages_say_that_there_is_nothing(settings: Settings, tmp_path: Path) -> None:
    client = desk_of(replace(settings, home=tmp_path / "new" / "home"))
    assert "Hier liegt nichts vor." in client.get("/tafel").text
    assert "<h1>Nichts zu tun</h1>" in client.get("/zu-tun").text
    assert "Es ist nichts entschieden." in client.get("/entscheidungen").text
    assert client.get("/briefe").status_code == 200
    assert not (tmp_path / "new" / "home" / "register").exists(), "reading keeps nothing"


def test_letter_template_and_marked_copy_can_be_fetched(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    assert client.get("/briefe", follow_redirects=False).headers["location"] == f"/briefe/{DUESSELDORF}"
    letter = client.get(f"/briefe/{DUESSELDORF}/antwort.txt").text
    assert "Zu berichtigen sind:" in letter
    assert "Dormagen" not in letter
    assert "460" not in letter
    template = client.get(f"/briefe/{DUESSELDORF}/vorlage/schulabgaenge")
    assert template.status_code == 200
    assert template.content.startswith(b"PK")
    assert findings_at(settings, "E19")[0].sha256[:8] in client.get(f"{HERE}/markiert").headers["content-disposition"]
    assert desk_of(settings, CLERK).get(f"/briefe/{DUESSELDORF}").text.count("Hinweis ohne Inhalt") == 0


def test_pages_open_without_a_mistake_for_those_who_read_them_by_other_means(
    settings: Settings, chromium_browser: Browser
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    pages = (
        "/zu-tun",
        "/zustand",
        "/tafel",
        HERE,
        "/entscheidungen",
        f"/briefe/{DUESSELDORF}",
        f"/tafel/{MISSING[0]}/{MISSING[1]}/{MISSING[2]}",
    )
    with at_an_address(settings) as address:
        page = chromium_browser.new_page(viewport={"width": 320, "height": 800})
        try:
            page.goto(f"{address}{HERE}")
            page.locator("summary").first.focus()
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            page.keyboard.type("mit Externen")
            for _ in range(2):
                page.keyboard.press("Tab")
            page.keyboard.press("Enter")  # "Wert ist richtig"
            page.wait_for_url(f"{address}{HERE}#entscheidungen")
            page.locator("#frage").focus()
            page.keyboard.type("Sind die Abendschulen dabei?")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}{HERE}#fragen")
            assert "Sind die Abendschulen dabei?" in page.content()
            for path in pages:
                page.goto(f"{address}{path}")
                page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
                assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
                found = Axe().run(page).response["violations"]
                assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == [], path
        finally:
            page.close()
