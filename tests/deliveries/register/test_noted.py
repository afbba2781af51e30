"""What is said at the desk is kept in order, goes with what it is about, and speaks of nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kkz_eval.deliveries.municipal.returned import DecisionRow
from kkz_eval.deliveries.persons.typed import LONGEST, screened
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.noted import (
    NO_CONTENT,
    DeskDecision,
    Remark,
    desk_decisions,
    record_decision,
    record_remark,
    remarks,
    still_open,
)
from kkz_eval.deliveries.register.purging import purge
from kkz_eval.deliveries.register.register import NewArrival, read_register, record_arrivals, record_verdict
from kkz_eval.line.soundness import look
from kkz_eval.model.errors import UserError
from kkz_eval.model.verdicts import Slice, Status, Verdict
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import Store

A, B = (digest_of_bytes(name) for name in (b"a", b"b"))
ROW = DecisionRow("1", "Blatt!B17", "0", "leavers.range", "right", "right", "Die Schule war geschlossen.", "")
DECISION = DeskDecision(A, ROW, None, "Datenstelle", "x", "2026-11-29")
QUESTION = Remark("schulabgaenge", "05111000", 2015, A, "Sind die Abendschulen dabei?", "Datenstelle", "2026-11-29")


def store_with(tmp_path: Path, *contents: bytes) -> Store:
    store = Store.at(str(tmp_path / "home"))
    for content in contents:
        sha256 = digest_of_bytes(content)
        store.restore(landing_key(sha256), content)
        record_arrivals(
            store, read_register(store), [NewArrival(f"{content.decode()}.csv", sha256, "schulabgaenge", (2015,))], {}
        )
        part = Slice("05111000", 2015, Status.REJECTED, 1, 0)
        verdict = Verdict(sha256, "schulabgaenge", "1", "r", "", "p", "f", "municipal_text", "", Status.REJECTED, 1, 0, (part,))
        record_verdict(store, verdict)
    return store


def test_who_decides_again_takes_back_what_was_said_of_the_finding(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    other = replace(ROW, cell="Blatt!B18")
    again = replace(ROW, decision="corrected", reason="Verschrieben.")
    for row, new in ((ROW, None), (other, None), (again, 12.0), (again, 12.0)):
        record_decision(store, replace(DECISION, row=row, new=new))
    kept = desk_decisions(store)
    assert [(one.row.cell, one.row.decision, one.new) for one in kept] == [
        ("Blatt!B18", "right", None),
        ("Blatt!B17", "corrected", 12.0),
    ]
    assert len(store.list("register/decided")) == 3  # the same click twice is one


def test_a_question_is_open_until_it_is_answered(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    record_remark(store, QUESTION)
    record_remark(store, replace(QUESTION, text="Und die Förderschulen?"))
    record_remark(store, replace(QUESTION, about=NO_CONTENT, year=2016, text="Wann kommt 2016?"))
    assert [one.number for one in still_open(remarks(store))] == [1, 2, 1]
    record_remark(store, replace(QUESTION, role="Kommune", text="Ja.", answers=1))
    assert [one.text for one in still_open(remarks(store))] == ["Und die Förderschulen?", "Wann kommt 2016?"]
    assert [one.text for one in remarks(store)][:3] == [QUESTION.text, "Und die Förderschulen?", "Ja."]


def test_a_removed_content_takes_along_what_was_said_of_it_and_of_its_cells_before_it_came(tmp_path: Path) -> None:
    store = store_with(tmp_path, b"a", b"b")
    record_decision(store, DECISION)
    record_remark(store, QUESTION)
    record_remark(store, replace(QUESTION, about=NO_CONTENT, text="Wann kommt 2015?"))
    record_remark(store, replace(QUESTION, about=NO_CONTENT, year=2016, text="Wann kommt 2016?"))
    record_remark(store, replace(QUESTION, about=B, text="Warum so viele?"))
    purge(store, tmp_path / "inbox", A, "asked for", date(2026, 11, 29))
    assert desk_decisions(store) == ()
    assert {one.text for one in remarks(store)} == {"Wann kommt 2016?", "Warum so viele?"}


def test_a_look_at_the_home_knows_what_is_said_of_nothing_and_what_is_missing(tmp_path: Path) -> None:
    store = store_with(tmp_path, b"a")
    record_remark(store, QUESTION)
    record_remark(store, replace(QUESTION, text="Noch etwas?"))
    record_remark(store, replace(QUESTION, about=B))
    store.remove(f"register/asked/{A}/000001.json")
    about = [fault for fault in look(store, {}).faults if fault.key.startswith("register/asked")]
    assert {(fault.kind.value, fault.key.split("/")[2]) for fault in about} == {("missing", A), ("left_over", B)}
    store.remove(f"register/asked/{A}/000002.json")
    store.remove(f"register/asked/{B}/000001.json")
    record_remark(store, replace(QUESTION, about=NO_CONTENT))
    assert not [fault for fault in look(store, {}).faults if fault.key.startswith("register/asked")]


@pytest.mark.parametrize(
    "text",
    [
        "Bitte Anna Müller fragen.",
        "Kind Mia, geb. 12.03.2015",
        "Rückruf unter 0231 / 50 12345",
        "Die Antwort schickt anna.mueller@example.org.",
        "Zeile 4:\nMehmet Yılmaz 03.04.2011",
    ],
)
def test_a_text_about_a_person_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UserError) as refused:
        screened(text)
    said = refused.value.sentence.in_language("de")
    assert "nicht aufbewahrt" in said
    assert not {"Müller", "Mia", "12345", "example", "Mehmet"} & set(said.replace(".", " ").split())


def test_a_text_about_figures_is_kept_as_plain_lines() -> None:
    asked = "Warum sinkt die Zahl 2015 von 120 auf 12?\r\n\x07 Am 31.12.2015 gab es zwei Schulen mehr; das Schulamt weiß davon.  "
    assert screened(asked) == (
        "Warum sinkt die Zahl 2015 von 120 auf 12?\nAm 31.12.2015 gab es zwei Schulen mehr; das Schulamt weiß davon."
    )
    for refused in (" \n ", "a" * (LONGEST + 1)):
        with pytest.raises(UserError):
            screened(refused)
