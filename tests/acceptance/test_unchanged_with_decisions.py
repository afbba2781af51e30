"""A marked copy that comes back as it was, with decisions in its Status column: said to be that, and nobody is asked to correct anything."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from steward_home import decide, leavers, run
from whole_runs import ALL_YEARS, CONTRACTS

from kkz_eval.commands.deliveries import approve_request, list_arrivals, list_requests
from kkz_eval.deliveries.municipal.returned import SHEET
from kkz_eval.line.correspondence import make_board, write_marked_copies
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.weighed import weighed
from kkz_eval.model.verdicts import State
from kkz_eval.settings import Settings

DUESSELDORF = "05111000"
RIGHT, REASON = "Wert ist richtig", "mit Externen gezählt"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home in which Düsseldorf's total of 2014 is not what its parts make."""
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=tmp_path / "contracts")
    shutil.copytree(CONTRACTS, settings.contracts)
    settings.inbox.mkdir()
    (settings.inbox / "duesseldorf.csv").write_bytes(leavers(DUESSELDORF, 2014, changed={19: "460"}))
    run(settings)
    return settings


def marked(settings: Settings, name: str = "duesseldorf.csv") -> tuple[Path, list[int]]:
    """The marked copy beside the protocol, and the numbers of its findings."""
    line, _ = run(settings)
    snapshot = current_snapshot(line)
    copy = Path(line.steps.store.address_of(write_marked_copies(snapshot, weighed(snapshot, ALL_YEARS))[name]))
    return copy, [int(str(row[0].value)) for row in load_workbook(copy)[SHEET].iter_rows() if isinstance(row[0].value, int)]


def state_and_letter(settings: Settings) -> tuple[State, str]:
    line, _ = run(settings)
    snapshot = current_snapshot(line, date(2015, 6, 1))
    board = make_board(snapshot)
    letter = line.steps.store.get(f"{board.folders[DUESSELDORF]}/antwort.txt").decode()
    return snapshot.histories[("schulabgaenge", DUESSELDORF, 2014)].state, letter


def test_it_is_said_to_be_unchanged_and_its_requests_hold_cell_value_reason_and_who_decides(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    copy, numbers = marked(settings)
    decide(copy, dict.fromkeys(numbers, (RIGHT, REASON)), {}, settings.inbox / "zurueck.xlsx")
    _, said = run(settings)
    (notice,) = (sentence for sentence in said if sentence.startswith("Zurück: "))
    assert f"die markierte Kopie von duesseldorf.csv: unverändert, mit Entscheidungen ({len(numbers)})" in notice

    list_arrivals(settings)
    assert "unverändert, mit Entscheidungen (1/1)  zurueck.xlsx" in capsys.readouterr().out
    state, letter = state_and_letter(settings)
    assert state == State.DECIDED
    assert "2014 (unverändert, mit Entscheidungen), Datei zurueck.xlsx." in letter
    assert "Bitte berichtigt liefern" not in letter
    assert current_snapshot(run(settings)[0]).accepted("schulabgaenge").observations.num_rows == 0

    capsys.readouterr()
    assert list_requests(settings, "table") == 1
    lines = capsys.readouterr().out.splitlines()
    of_total = [line for line in lines if "E19 = „460“" in line]
    who = "Zu entscheiden von: einer zweiten Stelle, nicht Statistikstelle oder Schul"
    assert of_total
    assert all(f"Begründung: „{REASON}“. {who}" in line for line in of_total)
    list_requests(settings, "json")
    for request in json.loads(capsys.readouterr().out):
        assert request["place"]["cell"]
        assert request["reason"] == REASON
        assert request["decider"].startswith("einer zweiten Stelle, nicht ")
        approve_request(settings, request["id"], "Leitung der Evaluation", "2099-12-31")
    assert state_and_letter(settings)[0] == State.WAIVED


def test_a_finding_that_is_left_open_is_still_to_be_corrected(settings: Settings) -> None:
    copy, numbers = marked(settings)
    assert len(numbers) > 1
    decide(copy, {numbers[0]: (RIGHT, REASON)}, {}, settings.inbox / "zurueck.xlsx")
    state, letter = state_and_letter(settings)
    assert state == State.REJECTED
    assert "2014 (zurückgewiesen), Datei zurueck.xlsx. Bitte berichtigt liefern" in letter


def test_a_decision_on_one_sheet_decides_nothing_in_the_same_cell_of_another(settings: Settings) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for year in (2014, 2015):
        sheet = book.create_sheet(f"Tabelle {year}")
        for row in leavers(DUESSELDORF, year, changed={19: "460"}).decode("cp1252").splitlines():
            sheet.append(row.split(";"))
    (settings.inbox / "duesseldorf.csv").unlink()
    book.save(settings.inbox / "duesseldorf.xlsx")
    copy, numbers = marked(settings, "duesseldorf.xlsx")
    cells = {row[0].value: str(row[1].value) for row in load_workbook(copy)[SHEET].iter_rows()}
    of_2014 = [number for number in numbers if cells[number] == "Tabelle 2014!E19"]
    assert "Tabelle 2015!E19" in cells.values()
    decide(copy, dict.fromkeys(of_2014, (RIGHT, REASON)), {}, settings.inbox / "zurueck.xlsx")
    histories = current_snapshot(run(settings)[0], date(2016, 6, 1)).histories
    states = {year: histories[("schulabgaenge", DUESSELDORF, year)].state for year in (2014, 2015)}
    assert states == {2014: State.DECIDED, 2015: State.REJECTED}


def test_a_decision_without_a_reason_is_no_decision(settings: Settings) -> None:
    copy, numbers = marked(settings)
    decide(copy, dict.fromkeys(numbers, (RIGHT, "")), {}, settings.inbox / "zurueck.xlsx")
    assert state_and_letter(settings)[0] == State.REJECTED


def test_a_copy_that_comes_back_untouched_is_said_to_be_that(settings: Settings) -> None:
    copy, _ = marked(settings)
    shutil.copyfile(copy, settings.inbox / "zurueck.xlsx")
    _, said = run(settings)
    assert "Zurück: zurueck.xlsx ist die markierte Kopie von duesseldorf.csv, unverändert und ohne Entscheidung." in " ".join(
        said
    )


def test_a_copy_with_a_corrected_value_is_no_unchanged_one(settings: Settings) -> None:
    copy, numbers = marked(settings)
    decide(copy, dict.fromkeys(numbers, ("korrigiert", "verschrieben")), {"E19": "450"}, settings.inbox / "zurueck.xlsx")
    _, said = run(settings)
    (notice,) = (sentence for sentence in said if sentence.startswith("Zurück: "))
    assert "unverändert" not in notice
    assert state_and_letter(settings)[0] == State.ACCEPTED
