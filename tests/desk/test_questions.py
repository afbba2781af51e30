"""A question at a cell and its answer: kept in order, open until it is answered, never about a person; and the notice that something waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from faulty_home import DORMAGEN, DUESSELDORF, FAULTY, deliver, leavers, own_home
from mail_server import a_certificate, a_mailbox
from served import DeskClient, desk_of

from kkz_eval.desk.people import Person, Role
from kkz_eval.fetching.mail import mailer
from kkz_eval.line.at_the_desk import moment_of
from kkz_eval.settings import Settings
from kkz_eval.stewardship.notice import notice
from kkz_eval.stewardship.sight import EVERYTHING
from kkz_eval.stewardship.to_do import Kind

CLERK = Person("amt", frozenset({Role.CLERK}), frozenset({DUESSELDORF}), frozenset({"schulabgaenge"}))
STEWARD = Person("stelle", frozenset({Role.STEWARD}))
HERE = f"/tafel/schulabgaenge/{DUESSELDORF}/2012"


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return replace(own_home(made_once, tmp_path), reports_url="https://desk.example")


def asked(client: DeskClient, text: str, to: str = "frage", **fields: str) -> int:
    return client.post_form(HERE, f"{HERE}/{to}", {"text": text, **fields}).status_code


def test_a_question_of_the_steward_is_open_to_the_clerk_until_it_is_answered(settings: Settings) -> None:
    steward, clerk = desk_of(settings, STEWARD), desk_of(settings, CLERK)
    assert asked(steward, "Sind die Abendschulen dabei?") == 303
    assert "Datenstelle fragt: „Sind die Abendschulen dabei?“" in clerk.get("/zu-tun").text
    (question,) = moment_of(settings).remarks_at(FAULTY)
    assert asked(clerk, "Ja, beide.", "antwort", about=question.about, number=str(question.number)) == 303
    assert "Abendschulen" not in clerk.get("/zu-tun").text
    page = steward.get(HERE).text
    assert page.index("Sind die Abendschulen dabei?") < page.index("antwortet") < page.index("Ja, beide.")
    again = clerk.post_form(HERE, f"{HERE}/antwort", {"text": "Doch nicht.", "about": question.about, "number": "1"})
    assert again.status_code == 400
    assert "inzwischen beantwortet" in again.text
    assert asked(clerk, "Ja.", "antwort", about=question.about, number="x") == 400


def test_a_question_about_a_person_is_refused_with_a_sentence_and_nowhere_kept(settings: Settings) -> None:
    answer = desk_of(settings, CLERK).post_form(HERE, f"{HERE}/frage", {"text": "Was ist mit Anna Müller?"})
    assert answer.status_code == 400
    assert "deutet (Namen von Personen)" in answer.text
    assert not any("Müller".encode() in file.read_bytes() for file in settings.home.rglob("*") if file.is_file())


def test_what_is_asked_is_words_on_a_page_and_not_in_the_log(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    assert asked(client, "Wieso <script>alert(1)</script> 12?\nZweite Zeile") == 303
    page = client.get(HERE).text
    assert "&lt;script&gt;" in page
    assert "<p>Zweite Zeile</p>" in page
    log = "".join(file.read_text(encoding="utf-8") for file in (settings.home / "desk").rglob("*") if file.is_file())
    assert '"asked"' in log
    assert "Zeile" not in log


def test_a_question_where_nothing_came_stays_at_the_cell_when_something_does(settings: Settings) -> None:
    place, path = ("schulabgaenge", DUESSELDORF, 2013), f"/tafel/schulabgaenge/{DUESSELDORF}/2013"
    client = desk_of(settings, STEWARD)
    assert client.post_form(path, f"{path}/frage", {"text": "Wann kommt 2013?"}).status_code == 303
    deliver(settings, "duesseldorf_2013.csv", leavers(DUESSELDORF, 2013))
    assert [one.text for one in moment_of(settings).remarks_at(place)] == ["Wann kommt 2013?"]


def test_a_notice_says_what_waits_until_when_and_where_and_nothing_else(settings: Settings) -> None:
    deliver(settings, "Anna Meier 460.csv", leavers(DUESSELDORF, 2012, changed={19: "463"}))
    asked(desk_of(settings, STEWARD), "Warum 463?")
    moment = moment_of(settings)
    said = notice(DUESSELDORF, moment.to_do(EVERYTHING), moment.installation.contracts, "https://desk.example/zu-tun", False)
    assert said is not None
    assert "- Schulabgänge nach Abschluss, 2012: zu berichtigen, bitte bis zum " in said.text
    assert "- Schulabgänge nach Abschluss, 2012: offene Frage\n" in said.text
    assert "https://desk.example/zu-tun" in said.text
    assert not {"Anna", "Meier", "460", "463", "Warum"} & set(said.text.replace(",", " ").replace(".", " ").split())
    assert notice("05999999", moment.to_do(EVERYTHING), moment.installation.contracts, "x", False) is None


def test_a_click_sends_the_notice_encrypted_and_the_log_has_no_address(settings: Settings, tmp_path: Path) -> None:
    page, to = f"/briefe/{DUESSELDORF}", "schulamt@kommune.example"
    with a_mailbox(a_certificate(tmp_path)) as mailbox:
        client = desk_of(settings, STEWARD, send=mailer(mailbox.server()))
        answer = client.post_form(page, f"{page}/hinweis", {"to": to})
    assert answer.status_code == 303
    assert "dem Postausgang übergeben" in client.get(answer.headers["location"]).text
    (message,) = mailbox.messages
    assert f"To: {to}" in message
    assert len(mailbox.accounts) == 1
    again = client.post_form(page, f"{page}/hinweis", {"to": to})  # the server is gone
    assert again.status_code == 400
    assert "Es wurde nichts gesendet" in again.text
    log = "".join(file.read_text(encoding="utf-8") for file in (settings.home / "desk").rglob("*") if file.is_file())
    assert log.count('"notified"') == 1
    assert "schulamt@" not in log


def test_without_a_mail_server_the_notice_is_there_to_copy(settings: Settings) -> None:
    client, page = desk_of(settings, STEWARD), f"/briefe/{DUESSELDORF}"
    assert "für Ihre Lieferungen wartet noch etwas:" in client.get(page).text
    assert "Hinweis senden" not in client.get(page).text
    assert client.post_form(page, f"{page}/hinweis", {"to": "a@b.de"}).status_code == 404
    assert desk_of(settings, CLERK).get(f"/briefe/{DORMAGEN}").status_code == 404


def test_no_notice_asks_for_years_that_the_letter_says_nobody_expects(settings: Settings) -> None:
    neuss = "05162024"  # joined in 2017
    deliver(settings, "neuss.csv", leavers(neuss, 2012, changed={19: "463"}))
    moment = moment_of(settings)
    (task,) = (one for one in moment.to_do(EVERYTHING) if one.unit_id == neuss)
    assert task.kind is Kind.NOT_EXPECTED
    assert "werden nicht erwartet" in task.sentence.in_language("de")
    assert notice(neuss, moment.to_do(EVERYTHING), moment.installation.contracts, "x", False) is None
