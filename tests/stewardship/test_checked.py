"""The check of one file as a value: findings, sentence, and the delivered sheet with its marked cells."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.decisions import NONE
from kkz_eval.deliveries.results import PersonRecords, Unclaimed, Unreadable
from kkz_eval.model.findings import Severity
from kkz_eval.model.verdicts import State
from kkz_eval.stewardship import checked_sheet
from kkz_eval.stewardship.checked import Checked, checked
from kkz_eval.stewardship.checked_sheet import SheetShown, numbered, sheets_shown

CASES = Path(__file__).parents[1] / "cases"
CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
HEADER = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"
CERTIFICATES = (
    *("ohne Hauptschulabschluss", "Hauptschulabschluss", "mittlerer Abschluss"),
    *("Fachhochschulreife", "allgemeine Hochschulreife", "Insgesamt"),
)
ROWS = [
    f"05162024;2005/06;{c};{s};{12 if s == 'insgesamt' else 6}"
    for c in CERTIFICATES
    for s in ("männlich", "weiblich", "insgesamt")
]
ROWS[-3:] = [
    "05162024;2005/06;Insgesamt;männlich;30",
    "05162024;2005/06;Insgesamt;weiblich;30",
    "05162024;2005/06;Insgesamt;insgesamt;60",
]


def delivered(*rows: str, above: tuple[str, ...] = ()) -> bytes:
    return "\r\n".join([*above, HEADER, *rows]).encode("cp1252")


def with_fault(at: int = 7) -> bytes:
    rows = list(ROWS)
    rows[at] = rows[at].rpartition(";")[0] + ";1O"
    return delivered(*rows)


def look(data: bytes, name: str = "a.csv", most: int = 1000) -> Checked:
    found = checked(data, name, CONTRACTS, NONE, date(2020, 1, 1), most)
    assert isinstance(found, Checked), found
    return found


def only(data: bytes) -> tuple[Checked, SheetShown]:
    found = look(data)
    (sheet,) = sheets_shown(data, found)
    return found, sheet


def test_a_clean_file_says_which_years_hold() -> None:
    found = look(delivered(*ROWS))
    (table,) = found.tables
    assert found.is_clean
    assert (table.contract.id, table.state, table.units) == ("schulabgaenge", State.ACCEPTED, {"05162024"})
    assert table.summary.valid == 1
    assert found.returned is None


def test_the_faulty_cell_is_marked_at_its_address_and_rows_without_findings_are_folded() -> None:
    found, sheet = only(with_fault())
    (table,) = found.tables
    assert not found.is_clean
    assert table.state == State.REJECTED
    (number,) = {n for n, t, f in numbered(found) if found.tables[t].findings[f].finding.rule == "reader_number"}
    assert sheet.marked(9, 5) == (number,)
    assert sheet.address(9, 5) == "E9" == table.findings[number - 1].cells[0]
    assert [(stretch.first, stretch.n_rows, stretch.is_folded) for stretch in sheet.stretches] == [
        *((1, 1, False), (2, 7, True), (9, 1, False), (10, 10, True)),
    ]
    assert sheet.stretches[0].rows[0] == tuple(HEADER.split(";"))
    assert sheet.stretches[2].rows[0][4] == "1O"


def test_titles_above_the_table_are_shown_as_they_were_delivered() -> None:
    _, sheet = only(delivered(*ROWS, above=("Schulabgänge der Stadt;;;;",)))
    assert sheet.stretches[0].rows[0][0] == "Schulabgänge der Stadt"
    assert [(stretch.first, stretch.n_rows, stretch.is_folded) for stretch in sheet.stretches] == [(1, 2, False), (3, 18, True)]


def test_findings_of_one_cause_are_one_entry_and_all_their_cells_are_marked() -> None:
    rows = [row.rpartition(";")[0] + ";1O" for row in ROWS]
    found, sheet = only(delivered(*rows))
    (one,) = [entry for entry in found.tables[0].findings if entry.finding.rule == "reader_number"]
    assert one.count == len(ROWS)
    number = found.tables[0].findings.index(one) + 1
    assert all(number in sheet.marked(row, 5) for row in range(2, 2 + len(ROWS)))


def workbook() -> bytes:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Anleitung"
    book.active["A1"] = "Bitte ausfüllen"
    sheet = book.create_sheet("Daten")
    for line in [HEADER, *ROWS]:
        sheet.append([int(cell) if cell.isdigit() and len(cell) < 3 else cell for cell in line.split(";")])
    sheet["E9"] = "=1+1"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def test_of_a_workbook_the_sheets_that_were_read_are_shown_at_their_addresses() -> None:
    found, sheet = only(workbook())
    assert sheet.name == "Daten"
    assert sheet.address(9, 5) == "Daten!E9"
    assert sheet.marked(9, 5)
    assert {place[0] for entry in found.tables[0].findings for place in entry.places} <= {"Daten", None}


def test_of_a_large_file_the_rows_with_findings_are_shown_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_sheet, "MOST_CELLS", 15)
    _, sheet = only(with_fault(at=17))
    assert [(stretch.first, len(stretch.rows), stretch.n_left_out) for stretch in sheet.stretches] == [
        (1, 1, 0),
        (2, 1, 16),
        (19, 1, 0),
    ]
    monkeypatch.setattr(checked_sheet, "MOST_CELLS", 5)
    _, sheet = only(with_fault(at=17))
    assert [stretch.n_left_out_marked for stretch in sheet.stretches] == [0, 0, 1]


def test_a_file_far_too_large_is_not_split_to_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_sheet, "MOST_SPLIT", 10)
    data = with_fault()
    assert sheets_shown(data, look(data)) == ()


def test_a_row_as_a_whole_can_be_marked() -> None:
    rows = list(ROWS)
    rows[3] = rows[3].rpartition(";")[0]
    rows[4] = rows[4].rpartition(";")[0]
    _, sheet = only(delivered(*rows))
    assert any(column == 0 for _, column in sheet.marks) or any(row in (5, 6) for row, _ in sheet.marks)


@pytest.mark.parametrize("name", sorted(file.name for file in (CASES / "persons").iterdir()))
def test_of_a_file_with_records_of_persons_nothing_but_a_sentence_is_left(name: str) -> None:
    found = checked((CASES / "persons" / name).read_bytes(), name, CONTRACTS, NONE, date(2020, 1, 1), 1000)
    assert isinstance(found, PersonRecords)


@pytest.mark.parametrize(("data", "kind"), [(b"", Unreadable), (b"a;b\n1;2\n", Unclaimed), (b"PK\x03\x04", Unreadable)])
def test_what_is_no_delivery_is_a_sentence(data: bytes, kind: type) -> None:
    found = checked(data, "a.csv", CONTRACTS, NONE, date(2020, 1, 1), 1000)
    assert isinstance(found, kind)
    assert not isinstance(found, Checked)
    assert "a.csv" in found.in_language("de")


@pytest.mark.parametrize("name", sorted(file.name for file in (CASES / "deliveries").iterdir()))
def test_every_marked_cell_lies_in_the_sheet_that_is_shown(name: str) -> None:
    data = (CASES / "deliveries" / name).read_bytes()
    found = checked(data, name, CONTRACTS, NONE, date(2020, 1, 1), 1000)
    if not isinstance(found, Checked):
        return
    shown = {sheet.name: sheet for sheet in sheets_shown(data, found)}
    for table in found.tables:
        for entry in table.findings:
            assert entry.finding.severity in set(Severity)
            for sheet, row, column in entry.places:
                if row is not None and column is not None:
                    rows = {stretch.first + at for stretch in shown[sheet].stretches for at in range(len(stretch.rows))}
                    assert row in rows, (name, entry.finding.cell)
