"""A decision by click is the same request as one in a marked copy, and a second person approves it, here or on the command line."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from faulty_home import (
    CLERK,
    DORMAGEN,
    DUESSELDORF,
    FAULTY,
    SECOND,
    STEWARD,
    deliver,
    findings_at,
    leavers,
    own_home,
    run,
    state_of,
)
from openpyxl import load_workbook
from openpyxl.cell import Cell
from served import DeskClient, desk_of

from kkz_eval.commands.deliveries import approve_request, list_requests
from kkz_eval.deliveries.municipal.returned import Decision
from kkz_eval.desk.people import Person, Role
from kkz_eval.line.at_the_desk import moment_of
from kkz_eval.line.desk_acts import answer, approve_here, ask, decide, decline_here, purge_here
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings
from kkz_eval.stewardship.requests import is_approved
from kkz_eval.stewardship.sight import EVERYTHING
from kkz_eval.stewardship.to_do import Kind
from kkz_eval.storage.writer import writing_alone

LAST = date(2099, 12, 31)


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return own_home(made_once, tmp_path)


def all_right(settings: Settings, reason: str = "mit Externen") -> None:
    """The clerk says of every finding of the faulty delivery that the value is right."""
    for named in findings_at(settings, "E19"):
        decide(settings, FAULTY, named, Decision.RIGHT, reason, "", CLERK)


def on_the_command_line(settings: Settings, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    list_requests(settings, "json")
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


def test_a_click_shows_on_the_board_as_decided_and_on_the_command_line_as_waiting(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert state_of(moment_of(settings), FAULTY) == "rejected"
    all_right(settings)
    moment = moment_of(settings)
    assert state_of(moment, FAULTY) == "decided"
    rows = on_the_command_line(settings, capsys)
    assert {(row["kind"], row["state"], row["requested_by"], row["reason"]) for row in rows} == {
        ("waiver", "waiting", CLERK.role, "mit Externen")
    }
    waiting = [one for one in moment.to_do(EVERYTHING) if one.kind == Kind.TO_APPROVE]
    assert {one.request for one in waiting} == {row["id"] for row in rows}
    assert {one.since for one in waiting} == {settings.day}


def test_what_is_approved_at_the_desk_counts_at_once_and_is_approved_on_the_command_line_too(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    all_right(settings)
    for request in moment_of(settings).requests:
        path = approve_here(settings, request.id, request.said, LAST, SECOND)
        assert path.parent == settings.contracts / "waivers"
    assert state_of(moment_of(settings), FAULTY) == "waived"
    assert {row["state"] for row in on_the_command_line(settings, capsys)} == {"approved"}
    page = desk_of(settings).get(f"/tafel/{'/'.join(map(str, FAULTY))}").text
    assert "eine zweite Stelle hat genehmigt" in page
    assert "Zu entscheiden von" not in page
    assert "Entscheidung zurücknehmen" not in page, "what is approved is not taken back by a click"
    list_requests(settings, "text")
    assert "Zu entscheiden von" not in capsys.readouterr().out, "on the command line neither"
    before = moment_of(settings).snapshot.register.verdicts
    run(settings)
    assert moment_of(settings).snapshot.register.verdicts == before, "the next run judges nothing else"


def test_what_is_approved_on_the_command_line_is_approved_at_the_desk(settings: Settings) -> None:
    all_right(settings)
    for request in moment_of(settings).requests:
        approve_request(settings, request.id, "Leitung", "2099-12-31")
    moment = moment_of(settings)
    assert all(is_approved(request, moment.installation.decisions) for request in moment.requests)
    assert not [one for one in moment.to_do(EVERYTHING) if one.kind == Kind.TO_APPROVE]


def test_nobody_approves_what_they_decided_but_alone_at_a_machine_and_then_the_file_says_so(settings: Settings) -> None:
    all_right(settings)
    request = moment_of(settings).requests[0]
    myself = replace(SECOND, person=CLERK.person)
    with pytest.raises(UserError, match="yourself"):
        approve_here(settings, request.id, request.said, LAST, myself)
    path = approve_here(settings, request.id, request.said, LAST, replace(myself, may_be_the_same=True))
    assert "approved_by: Genehmigung (dieselbe Person, die auch entschieden hat)" in path.read_text(encoding="utf-8")
    assert f"requested_by: {CLERK.role}" in path.read_text(encoding="utf-8")


def test_a_value_that_was_mistyped_is_replaced_once_it_is_approved_and_stays_known(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012, changed={5: "1O1"}))
    decide(settings, FAULTY, findings_at(settings, "E5")[0], Decision.CORRECTED, "Buchstabe O", "20", STEWARD)
    (request,) = moment_of(settings).requests
    assert (request.kind, request.old, request.new, request.requested_by) == ("correction", "1O1", 20.0, "Datenstelle")
    approve_here(settings, request.id, request.said, None, SECOND)
    moment = moment_of(settings)
    assert state_of(moment, FAULTY) == "accepted_with_warnings"
    row = next(one for one in moment.snapshot.accepted("schulabgaenge").observations.to_pylist() if one["correction_id"])
    assert (row["value"], row["value_delivered"], row["unit_id"]) == (20.0, "1O1", DUESSELDORF)
    assert [one["state"] for one in on_the_command_line(settings, capsys)] == ["approved"]


def test_who_decides_again_or_takes_it_back_leaves_no_request_behind(settings: Settings) -> None:
    all_right(settings)
    asked = moment_of(settings).requests
    all_right(settings, "Abendschulen zählen mit")
    again = moment_of(settings).requests
    assert {one.id for one in again} == {one.id for one in asked}
    assert {one.reason for one in again} == {"Abendschulen zählen mit"}
    for named in findings_at(settings, "E19"):
        decide(settings, FAULTY, named, Decision.OPEN, "", "", CLERK)
    assert moment_of(settings).requests == ()
    assert state_of(moment_of(settings), FAULTY) == "rejected"


@pytest.mark.parametrize(
    ("decision", "reason", "new", "said"),
    [
        (Decision.RIGHT, "", "", "fehlt ein Text"),
        (Decision.RIGHT, "sagt Anna Müller", "", "auf eine Person deutet"),
        (Decision.CORRECTED, "verschrieben", "1.234", "nur auf eine Weise"),
        (Decision.CORRECTED, "verschrieben", "zwölf", "nur auf eine Weise"),
        (Decision.CORRECTED, "verschrieben", "12,5", "nicht eintragen"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_a_sentence_and_nothing_is_kept(
    settings: Settings, decision: Decision, reason: str, new: str, said: str
) -> None:
    with pytest.raises(UserError) as refused:
        decide(settings, FAULTY, findings_at(settings, "E19")[0], decision, reason, new, CLERK)
    assert said in refused.value.sentence.in_language("de")
    assert not (settings.home / "register" / "decided").exists()


def test_what_cannot_be_read_cannot_be_right(settings: Settings) -> None:
    deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012, changed={5: "1O1"}))
    with pytest.raises(UserError, match="nobody can say"):
        decide(settings, FAULTY, findings_at(settings, "E5")[0], Decision.RIGHT, "doch", "", CLERK)


def test_a_decision_about_a_delivery_that_is_not_the_newest_any_more_or_a_made_up_finding_is_refused(settings: Settings) -> None:
    named = findings_at(settings, "E19")[0]
    with pytest.raises(UserError, match="no finding"):
        decide(settings, FAULTY, replace(named, value="461"), Decision.RIGHT, "mit Externen", "", CLERK)
    deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012))
    with pytest.raises(UserError, match="Another delivery"):
        decide(settings, FAULTY, named, Decision.RIGHT, "mit Externen", "", CLERK)


def test_a_click_at_a_place_that_is_no_place_of_the_board_any_more_is_refused_with_a_sentence(settings: Settings) -> None:
    named, gone = findings_at(settings, "E19")[0], (*FAULTY[:2], 1901)
    for click in (
        lambda: decide(settings, gone, named, Decision.RIGHT, "mit Externen", "", CLERK),
        lambda: ask(settings, gone, "Wie viele?", CLERK),
        lambda: answer(settings, gone, named.sha256, 1, "Zwölf", CLERK),
    ):
        with pytest.raises(UserError, match="nothing at this place"):
            click()
    assert not (settings.home / "register" / "decided").exists()
    assert not (settings.home / "register" / "asked").exists()


def test_a_removal_needs_the_beginning_of_the_checksum_and_takes_the_decisions_along(settings: Settings) -> None:
    all_right(settings)
    sha256 = findings_at(settings, "E19")[0].sha256
    with pytest.raises(UserError, match="Nothing was removed"):
        purge_here(settings, sha256, "00000000", "Bitte der Kommune")
    with pytest.raises(UserError, match="points to a person"):
        purge_here(settings, sha256, sha256[:8], "Bitte von Anna Müller")
    assert state_of(moment_of(settings), FAULTY) == "decided"
    said = purge_here(settings, sha256, sha256[:8].upper(), "Bitte der Kommune")
    assert "duesseldorf.csv" in said[0].in_language("de")
    moment = moment_of(settings)
    assert state_of(moment, FAULTY) == "purged"
    assert moment.requests == ()


HERE = f"/tafel/schulabgaenge/{DUESSELDORF}/2012"


def form_of(settings: Settings, **fields: str) -> dict[str, str]:
    """The form beside the first finding of the faulty delivery."""
    named = findings_at(settings, "E19")[0]
    return {"sha256": named.sha256, "rule": named.rule, "cell": named.cell, "value": named.value, **fields}


def hand_in_marked(client: DeskClient, here: str = HERE, change: Callable[[dict[str, Cell]], None] = lambda _: None) -> None:
    """Fetch the marked copy, say of everything in it that the value is right, and hand it in. change: does more to a row, given by column."""
    book = load_workbook(io.BytesIO(client.get(f"{here}/markiert").content))
    sheet = book.worksheets[0]
    head = next(row for row in sheet.iter_rows() if {"Status", "Begründung"} <= {cell.value for cell in row})
    columns = {cell.value: cell.column for cell in head}
    for row in range(head[0].row + 1, sheet.max_row + 1):
        sheet.cell(row, columns["Status"]).value, sheet.cell(row, columns["Begründung"]).value = (
            "Wert ist richtig",
            "mit Externen",
        )
        change({name: sheet.cell(row, column) for name, column in columns.items()})
    filled = io.BytesIO()
    book.save(filled)
    checked = client.post_form("/liefern", "/liefern/pruefen", files=[("file", ("zurück.xlsx", filled.getvalue()))]).headers[
        "location"
    ]
    assert client.post_form(checked, f"{checked}/0/einreichen").status_code == 303


def test_three_people_decide_approve_and_see_it_in_the_browser(settings: Settings) -> None:
    clerk = desk_of(settings, Person("amt", frozenset({Role.CLERK}), frozenset({DUESSELDORF})))
    approver = desk_of(settings, Person("leitung", frozenset({Role.APPROVER})))
    for named in findings_at(settings, "E19"):
        fields = {"sha256": named.sha256, "rule": named.rule, "cell": named.cell, "value": named.value}
        answer = clerk.post_form(HERE, f"{HERE}/entscheiden", {**fields, "decision": "right", "reason": "mit Externen"})
        assert answer.status_code == 303
    assert "<h1>2 zu tun</h1>" in approver.get("/zu-tun").text
    for request in moment_of(settings).requests:
        to = f"/entscheidungen/{request.id}/genehmigen"
        assert clerk.post_form(HERE, to, {"expires": "2099-12-31", "said": request.said}).status_code == 403
        assert approver.post_form("/entscheidungen", to, {"expires": "31.12.", "said": request.said}).status_code == 400
        assert approver.post_form("/entscheidungen", to, {"expires": "2099-12-31", "said": request.said}).status_code == 303
    assert "Nichts zu tun" in approver.get("/zu-tun").text
    assert 'class="sign waived"' in clerk.get("/tafel").text
    assert clerk.get("/entscheidungen").text.count("genehmigt ·") == 2


def test_who_is_alone_at_this_machine_is_told_to_be_the_same_person(settings: Settings) -> None:
    client = desk_of(settings)
    assert client.post_form(HERE, f"{HERE}/entscheiden", form_of(settings, decision="right", reason="ja")).status_code == 303
    assert "Diese Entscheidung haben Sie selbst getroffen." in client.get(HERE).text
    (request,) = moment_of(settings).requests
    answer = client.post_form(HERE, f"/entscheidungen/{request.id}/genehmigen", {"expires": "2099-12-31", "said": request.said})
    assert answer.status_code == 303
    log = "".join(file.read_text(encoding="utf-8") for file in (settings.home / "desk").rglob("*") if file.is_file())
    assert "approved_by_same_person" in log
    (file,) = (settings.contracts / "waivers").iterdir()
    assert "dieselbe Person" in file.read_text(encoding="utf-8")


def test_who_approves_a_value_that_was_decided_anew_since_they_read_the_page_is_asked_to_look_again(settings: Settings) -> None:
    deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012, changed={5: "1O1"}))
    (named,) = findings_at(settings, "E5")
    decide(settings, FAULTY, named, Decision.CORRECTED, "Buchstabe O", "20", STEWARD)
    (read,) = moment_of(settings).requests
    decide(settings, FAULTY, named, Decision.CORRECTED, "Buchstabe O", "999", STEWARD)
    (now,) = moment_of(settings).requests
    assert now.id == read.id
    approver = desk_of(settings, Person("leitung", frozenset({Role.APPROVER})))
    refused = approver.post_form(HERE, f"/entscheidungen/{read.id}/genehmigen", {"said": read.said})
    assert refused.status_code == 400
    assert "Bitte die Seite neu laden" in refused.text
    with pytest.raises(UserError, match="decided otherwise"):
        approve_here(settings, read.id, read.said, None, SECOND)
    assert not (settings.contracts / "corrections").exists()
    assert f'name="said" value="{now.said}"' in approver.get(HERE).text


def seen_at(client: DeskClient, cell: str) -> list[str]:
    """What each form of a place says of the decision that stands there, for the findings in a cell."""
    return re.findall(rf'name="cell" value="{cell}">.*?name="seen" value="(.*?)"', client.get(HERE).text, re.DOTALL)


def test_who_decides_on_a_page_that_is_old_does_not_write_over_what_another_decided_meanwhile(settings: Settings) -> None:
    clerk = desk_of(settings, Person("amt", frozenset({Role.CLERK}), frozenset({DUESSELDORF})))
    steward = desk_of(settings, Person("datenstelle", frozenset({Role.STEWARD})))
    old = form_of(settings, decision="right", seen="")
    to = f"{HERE}/entscheiden"
    assert steward.post_form(HERE, to, {**old, "reason": "mit Externen"}).status_code == 303
    for fields in ({**old, "reason": "anders"}, {**old, "decision": "corrected", "reason": "anders", "new": "450"}):
        refused = clerk.post_form(HERE, to, fields)
        assert refused.status_code == 400
        assert "inzwischen jemand anders" in refused.text
    (request,) = moment_of(settings).requests
    assert (request.kind, request.reason, request.decided_by) == ("waiver", "mit Externen", "datenstelle")
    seen = next(one for one in seen_at(clerk, "E19") if one)
    taken_back = {**old, "decision": "open", "seen": seen}
    assert clerk.post_form(HERE, to, taken_back).status_code == 303
    assert steward.post_form(HERE, to, {**old, "reason": "anders", "seen": seen}).status_code == 400, (
        "what they saw was taken back"
    )
    assert moment_of(settings).requests == ()


def test_a_decision_that_is_sent_twice_is_kept_once(settings: Settings) -> None:
    client = desk_of(settings)
    for _ in range(2):
        fields = form_of(settings, decision="right", reason="mit Externen", seen="")
        assert client.post_form(HERE, f"{HERE}/entscheiden", fields).status_code == 303
    assert len(list((settings.home / "register" / "decided").rglob("*.json"))) == 1


def test_what_was_approved_meanwhile_is_not_taken_back_on_a_page_that_is_old(settings: Settings) -> None:
    client = desk_of(settings)
    client.post_form(HERE, f"{HERE}/entscheiden", form_of(settings, decision="right", reason="ja", seen=""))
    seen = next(one for one in seen_at(client, "E19") if one)
    (request,) = moment_of(settings).requests
    approve_here(settings, request.id, request.said, LAST, SECOND)
    refused = client.post_form(HERE, f"{HERE}/entscheiden", form_of(settings, decision="open", seen=seen))
    assert refused.status_code == 400
    assert "genehmigt und in Kraft" in refused.text
    assert moment_of(settings).requests == (request,)


def test_a_value_that_was_typed_is_not_dropped_by_saying_that_the_delivered_one_is_right(settings: Settings) -> None:
    """As by Enter in the field of the right value, which is the first button of the form."""
    client, to = desk_of(settings), f"{HERE}/entscheiden"
    refused = client.post_form(HERE, to, form_of(settings, decision="right", reason="ja", new="450"))
    assert refused.status_code == 400
    assert "Eingetragen ist 450" in refused.text
    assert "Hier fehlt der Wert" in client.post_form(HERE, to, form_of(settings, decision="corrected", reason="ja", new=" ")).text
    assert not (settings.home / "register" / "decided").exists()
    assert client.post_form(HERE, to, form_of(settings, decision="right", reason="ja", new="460")).status_code == 303


def test_about_what_a_correction_did_nothing_is_decided_by_click(settings: Settings) -> None:
    deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012, changed={5: "1O1"}))
    decide(settings, FAULTY, findings_at(settings, "E5")[0], Decision.CORRECTED, "Buchstabe O", "20", STEWARD)
    (request,) = moment_of(settings).requests
    approve_here(settings, request.id, request.said, None, SECOND)
    page = desk_of(settings).get(HERE).text
    assert "ausgewertet wird 20" in page
    assert "Hier entscheiden" not in page
    assert "eine zweite Stelle hat genehmigt" in page
    for decision, new in ((Decision.RIGHT, ""), (Decision.CORRECTED, "21")):
        with pytest.raises(UserError):
            decide(settings, FAULTY, findings_at(settings, "E5")[0], decision, "doch nicht", new, STEWARD)


def test_an_exception_holds_until_a_day_to_come_and_is_renewed_when_it_is_over(settings: Settings) -> None:
    all_right(settings)
    approver = desk_of(settings, Person("leitung", frozenset({Role.APPROVER})))
    request = moment_of(settings).requests[0]
    to = f"/entscheidungen/{request.id}/genehmigen"
    refused = approver.post_form(HERE, to, {"said": request.said, "expires": "2026-11-28"})
    assert refused.status_code == 400
    assert "28. November 2026 ist schon vorbei" in refused.text
    assert not (settings.contracts / "waivers").exists()
    with pytest.raises(UserError, match="is over already"):
        approve_request(settings, request.id, "Leitung", "2026-11-28")
    path = approve_here(settings, request.id, request.said, date(2026, 11, 30), SECOND)
    with pytest.raises(UserError, match="approved already"):
        approve_here(settings, request.id, request.said, LAST, SECOND)
    later = replace(settings, day=date(2026, 12, 1))
    assert not is_approved(request, moment_of(later).installation.decisions)
    assert approve_here(later, request.id, request.said, LAST, SECOND) == path
    assert "expires: 2099-12-31" in path.read_text(encoding="utf-8")
    assert is_approved(request, moment_of(later).installation.decisions)


def test_one_with_two_roles_on_a_server_does_not_approve_what_they_decided(settings: Settings) -> None:
    both = desk_of(settings, Person("beides", frozenset({Role.STEWARD, Role.APPROVER})))
    both.post_form(HERE, f"{HERE}/entscheiden", form_of(settings, decision="right", reason="ja"))
    (request,) = moment_of(settings).requests
    refused = both.post_form(HERE, f"/entscheidungen/{request.id}/genehmigen", {"expires": "2099-12-31", "said": request.said})
    assert refused.status_code == 400
    assert "durch eine andere Person genehmigen" in refused.text
    assert "/genehmigen" not in both.get(HERE).text
    assert "durch eine andere Person genehmigen" in both.get("/entscheidungen").text
    assert not (settings.contracts / "waivers").exists()


def test_who_may_hand_in_does_not_approve_on_a_server_what_a_marked_copy_decides(settings: Settings) -> None:
    both = desk_of(settings, Person("beides", frozenset({Role.STEWARD, Role.APPROVER})))
    hand_in_marked(both)
    request = moment_of(settings).requests[0]
    assert (request.problem, request.decided_by) == ("", ""), "the copy names nobody"
    to, fields = f"/entscheidungen/{request.id}/genehmigen", {"expires": "2099-12-31", "said": request.said}
    refused = both.post_form(HERE, to, fields)
    assert refused.status_code == 400
    assert "nicht, wer in ihr entschieden hat" in refused.text
    page = both.get(HERE).text
    assert "nicht, wer in ihr entschieden hat" in page, "the page says so before anybody clicks"
    assert "/genehmigen" not in page
    assert desk_of(settings, Person("leitung", frozenset({Role.APPROVER}))).post_form(HERE, to, fields).status_code == 303


def test_a_clerk_who_is_a_researcher_too_reads_of_all_and_decides_of_the_own_alone(settings: Settings) -> None:
    both = desk_of(settings, Person("beides", frozenset({Role.CLERK, Role.RESEARCHER}), frozenset({"05162004"})))
    assert f'action="{HERE}' not in both.get(HERE).text, "no form is shown that would be refused"
    assert "/tafel/schulabgaenge/05162004/2012/frage" in both.get("/tafel/schulabgaenge/05162004/2012").text
    assert DUESSELDORF not in both.get("/zu-tun").text, "what is to be done is the own"
    assert both.post_form(HERE, f"{HERE}/entscheiden", form_of(settings, decision="right", reason="ja")).status_code == 404
    assert not (settings.home / "register" / "decided").exists()


def test_what_a_second_person_declines_is_open_again_with_the_reason_and_may_be_decided_anew(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    all_right(settings)
    approver = desk_of(settings, Person("leitung", frozenset({Role.APPROVER})))
    clerk = desk_of(settings, Person(CLERK.person, frozenset({Role.CLERK}), frozenset({DUESSELDORF})))
    read = moment_of(settings).requests
    for request in read:
        to, fields = f"/entscheidungen/{request.id}/ablehnen", {"said": request.said}
        assert approver.post_form(HERE, to, fields).status_code == 400, "not without a reason"
        assert clerk.post_form(HERE, to, {**fields, "reason": "nein"}).status_code == 403
        assert approver.post_form(HERE, to, {**fields, "reason": "Die Summe kann nicht stimmen"}).status_code == 303
        assert approver.post_form(HERE, to, {**fields, "reason": "noch einmal"}).status_code == 400, "it is declined already"
        assert (
            approver.post_form(HERE, to.replace("ablehnen", "genehmigen"), {**fields, "expires": "2099-12-31"}).status_code == 400
        )
    moment = moment_of(settings)
    assert {one.id for one in moment.requests} == {one.id for one in read}
    assert {(one.kind, one.problem, one.reason) for one in moment.requests} == {
        ("waiver", "declined", "Die Summe kann nicht stimmen")
    }
    assert state_of(moment, FAULTY) == "rejected"
    assert {row["state"] for row in on_the_command_line(settings, capsys)} == {"declined"}
    assert "Die Summe kann nicht stimmen" in clerk.get("/zu-tun").text
    assert "Die Summe kann nicht stimmen" not in approver.get("/zu-tun").text
    page = clerk.get(HERE).text
    assert "Eine zweite Stelle hat abgelehnt" in page
    assert 'value="right"' in page, "it may be decided anew"
    assert not (settings.contracts / "waivers").exists()
    all_right(settings, "mit Abendschulen, siehe Erlass")
    assert {one.problem for one in moment_of(settings).requests} == {""}
    assert state_of(moment_of(settings), FAULTY) == "decided"


def test_what_a_marked_copy_decides_can_be_declined_too(settings: Settings) -> None:
    hand_in_marked(desk_of(settings, Person("amt", frozenset({Role.CLERK}), frozenset({DUESSELDORF}))))
    approver = desk_of(settings, Person("leitung", frozenset({Role.APPROVER})))
    read = moment_of(settings).requests
    assert {one.problem for one in read} == {""}
    for request in read:
        to = f"/entscheidungen/{request.id}/ablehnen"
        assert approver.post_form(HERE, to, {"said": request.said, "reason": "nicht belegt"}).status_code == 303
    assert {(one.id, one.problem, one.reason) for one in moment_of(settings).requests} == {
        (one.id, "declined", "nicht belegt") for one in read
    }
    assert state_of(moment_of(settings), FAULTY) == "rejected"


@pytest.mark.parametrize(("cell", "seen_by"), [("", {DORMAGEN}), ("A99", set())])
def test_what_a_copy_of_several_municipalities_names_that_was_not_found_is_shown_to_nobody_else(
    settings: Settings, cell: str, seen_by: set[str]
) -> None:
    dormagen = leavers(DORMAGEN, 2014, changed={19: "470"}).split(b"\r\n", 1)[1]
    deliver(settings, "beide.csv", leavers(DUESSELDORF, 2014, changed={19: "460"}) + b"\r\n" + dormagen)

    def change(row: dict[str, Cell]) -> None:
        if row["Ist-Wert"].value == "470":
            row["Ist-Wert"].value = "471"
            row["Zelle"].value = cell or row["Zelle"].value

    steward = desk_of(settings, Person("pruefung", frozenset({Role.STEWARD})))
    hand_in_marked(steward, f"/tafel/schulabgaenge/{DUESSELDORF}/2014", change)
    problems = {one.id for one in moment_of(settings).requests if one.problem == "unknown_finding"}
    assert problems
    for unit in (DUESSELDORF, DORMAGEN):
        client = desk_of(settings, Person("amt", frozenset({Role.CLERK}), frozenset({unit})))
        for page in ("/entscheidungen", "/zu-tun"):
            assert ("Ist-Wert und Regel nicht ändern" in client.get(page).text) == (unit in seen_by), (unit, page)
    both = desk_of(settings, Person("koordination", frozenset({Role.CLERK}), frozenset({DUESSELDORF, DORMAGEN})))
    for client in (steward, both):
        assert all(one in client.get("/entscheidungen").text for one in problems)


def test_nobody_declines_what_they_decided_themselves_nor_what_is_approved(settings: Settings) -> None:
    all_right(settings)
    own, other = moment_of(settings).requests
    with pytest.raises(UserError, match="yourself"):
        decline_here(settings, own.id, own.said, "doch nicht", replace(SECOND, person=CLERK.person))
    approve_here(settings, other.id, other.said, LAST, SECOND)
    with pytest.raises(UserError, match="approved"):
        decline_here(settings, other.id, other.said, "zu spät", SECOND)


def test_a_form_that_says_something_else_is_refused_and_keeps_nothing(settings: Settings) -> None:
    client = desk_of(settings)
    for fields in (
        form_of(settings, decision="delete", reason="x"),
        form_of(settings, decision="right", reason=""),
        form_of(settings, decision="corrected", reason="x", new="viel"),
        {"decision": "right", "reason": "x"},
        {**form_of(settings, decision="right", reason="x"), "sha256": "0" * 64},
    ):
        assert client.post_form(HERE, f"{HERE}/entscheiden", fields).status_code == 400
    assert client.post_form(HERE, "/entscheidungen/abc/genehmigen", {}).status_code == 404
    assert not (settings.home / "register" / "decided").exists()


def test_a_removal_by_click_says_what_went_and_what_is_left(settings: Settings) -> None:
    client, sha256 = desk_of(settings), findings_at(settings, "E19")[0].sha256
    fields, form = {"reason": "Bitte der Kommune", "typed": sha256[:8]}, f"{HERE}/loeschen/{sha256}"
    assert form in client.get(HERE).text
    assert client.post_form(HERE, f"{HERE}/loeschen/{'0' * 64}", fields).status_code == 404
    refused = client.post_form(HERE, form, {**fields, "typed": ""}).text
    assert "stimmen nicht" in refused
    assert 'value="Bitte der Kommune"' in refused
    going = re.findall(r"<li>(\w[^<]*: [0-9.]+)</li>", client.get(form).text)
    assert {"Dateien, wie sie eingingen: 1", "Urteile: 1"} <= set(going)
    removed = client.post_form(HERE, form, fields)
    assert removed.status_code == 200
    assert f"Gelöscht: {sha256} (duesseldorf.csv)" in removed.text
    went = re.search(r"Entfernt sind: (.*?)\. Der", removed.text)
    assert went is not None
    assert went.group(1) == "; ".join(going), "as many as were announced"
    assert "liegt noch im Eingang" in removed.text
    assert 'class="sign purged"' in client.get("/tafel").text
    twice = client.post_form(HERE, form, fields)
    assert twice.status_code == 400
    assert "Diese Lieferung ist schon gelöscht (am " in twice.text
    assert (
        "oder die auf Ihrer Seite wurde gelöscht"
        in client.post_form(HERE, f"{HERE}/entscheiden", {**fields, "sha256": sha256, "decision": "open"}).text
    )


def test_a_click_while_another_writes_is_refused_with_who_that_is(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkz_eval.line.desk_acts._PATIENCE", 0.0)
    client, fields = desk_of(settings), form_of(settings, decision="right", reason="ja")
    with writing_alone(settings.home, "kkz-eval run", lambda _: None):
        refused = client.post_form(HERE, f"{HERE}/entscheiden", fields)
    assert refused.status_code == 400
    assert "kkz-eval run" in refused.text
    assert not (settings.home / "register" / "decided").exists()
