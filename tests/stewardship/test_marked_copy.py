"""The marked copy: the very file, every faulty cell marked, the protocol in front, nothing that a program would compute."""

import io
import time
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from printed import needs_printer, printed_sizes

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.outgoing import A4, PAGES
from kkz_eval.deliveries.municipal.returned import COLUMNS, SHEET, read_returned
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, Severity, findings_table, iter_findings
from kkz_eval.model.verdicts import Slice, Status
from kkz_eval.reference.tables import known_units
from kkz_eval.stewardship.marked_copy import Judged, marked_copy
from kkz_eval.storage.digests import digest_of_bytes

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
LEAVERS = CONTRACTS["schulabgaenge"]
HEADER = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"
CERTIFICATES = (
    *("ohne Hauptschulabschluss", "Hauptschulabschluss", "mittlerer Abschluss"),
    *("Fachhochschulreife", "allgemeine Hochschulreife", "Insgesamt"),
)


def text_file(count: str = "1O1", years: int = 1) -> bytes:
    rows = [HEADER]
    for year in range(2006, 2006 + years):
        rows += [f"05162024;{year};{c};{s};{count}" for c in CERTIFICATES for s in ("männlich", "weiblich", "insgesamt")]
    return "\r\n".join(rows).encode("cp1252")


def judged(data: bytes) -> Judged:
    result = read_file(data, "a.csv", {"schulabgaenge": LEAVERS})
    assert isinstance(result, Claimed)
    judgement = judge_file(result.parsed[0], LEAVERS, known_units())
    return Judged(LEAVERS, judgement.findings, judgement.status, judgement.slices)


def copy_of(data: bytes, one: Judged | None = None) -> Workbook:
    return load_workbook(io.BytesIO(marked_copy(data, "a.csv", [one or judged(data)], "de")))


def table(book: Workbook) -> list[dict[str, object]]:
    rows = [[cell.value for cell in row] for row in book[SHEET].iter_rows()]
    start = next(index for index, row in enumerate(rows) if row[0] == "Nr.")
    return [dict(zip(COLUMNS, row, strict=False)) for row in rows[start + 1 :]]


def head(book: Workbook) -> dict[str, str]:
    return {str(row[0].value): str(row[2].value) for row in book[SHEET].iter_rows(max_row=12) if row[0].value and row[2].value}


def found(rule: str, cell: tuple[int, int], *, sheet: str | None = None, value: str | None = None) -> Finding:
    severity = Severity.ERROR
    return Finding(rule, "range", severity, sheet, *cell, "leavers", "05162024", 2006, value, "0–9")


def one_finding(finding: Finding) -> Judged:
    return Judged(LEAVERS, findings_table([finding]), Status.REJECTED, (Slice("05162024", 2006, Status.REJECTED, 1, 0),))


def test_every_faulty_cell_is_coloured_commented_and_linked() -> None:
    data = text_file()
    book, findings = copy_of(data), judged(data).findings
    assert book.sheetnames == [SHEET, "Daten"]
    rows = table(book)
    assert len(rows) == findings.num_rows > 0
    for row in rows:
        cell = book["Daten"][str(row["cell"]).partition("!")[2]]
        assert cell.fill.fgColor.rgb == "FFF4B6B6"
        assert f"{row['number']}. {row['message']} {row['fix']}" in cell.comment.text
        assert row["status"] == "offen"
    first = next(row for row in book[SHEET].iter_rows() if row[0].value == 1)
    assert first[1].hyperlink.location == "'Daten'!E2"


def test_the_protocol_has_room_for_its_sentences() -> None:
    sheet = copy_of(text_file(), one_finding(found("r", (3, 5))))[SHEET]
    (row,) = [cell.row for cell in sheet["B"] if cell.value == "Daten!E3"]
    longest = max(len(str(cell.value or "")) / sheet.column_dimensions[cell.column_letter].width for cell in sheet[row])
    assert sheet.row_dimensions[row].height >= 15 * longest
    assert all(dimension.height is None or dimension.height <= 409 for dimension in sheet.row_dimensions.values())


def test_the_protocol_is_printed_on_landscape_pages_from_its_head_to_its_status() -> None:
    sheet = copy_of(text_file())[SHEET]
    (head_row,) = [cell.row for cell in sheet["A"] if cell.value == "Nr."]
    assert sheet.print_area == f"'{SHEET}'!$A$1:$K${sheet.max_row}"
    assert sheet.cell(head_row, 11).value == "Status"
    assert sheet.print_title_rows == f"${head_row}:${head_row}"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == ("landscape", 1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sum(sheet.column_dimensions[letter].width for letter in "ABCDEFGHIJK") <= PAGES[A4]


@needs_printer
def test_no_letter_of_the_printed_protocol_is_smaller_than_nine_points(tmp_path: Path) -> None:
    (tmp_path / "copy.xlsx").write_bytes(marked_copy(text_file(), "a.csv", [judged(text_file())], "de"))
    assert min(printed_sizes(tmp_path / "copy.xlsx", pages=1)) >= 9


def test_cells_without_a_finding_are_not_marked() -> None:
    book = copy_of(text_file(), one_finding(found("r", (3, 5))))
    marked = {cell.coordinate for row in book["Daten"].iter_rows() for cell in row if cell.comment or cell.fill.patternType}
    assert marked == {"E3"}


def test_the_head_says_what_is_blocked_whom_to_ask_and_until_when() -> None:
    data = text_file()
    said = head(copy_of(data))
    assert said["Datei"] == "a.csv"
    assert said["Prüfsumme (SHA-256)"] == digest_of_bytes(data)
    assert "ganze Lieferung" in said["Was ist gesperrt?"]
    assert said["Ansprechstelle"] == LEAVERS.terms.contact_role != ""
    assert said["Frist"] == LEAVERS.terms.deadline != ""


def test_a_part_that_is_blocked_is_named() -> None:
    parts = (Slice("05162024", 2006, Status.REJECTED, 1, 0), Slice("05162024", 2007, Status.ACCEPTED, 0, 0))
    one = Judged(LEAVERS, findings_table([found("r", (2, 5))]), Status.ACCEPTED_WITH_WARNINGS, parts)
    assert "Neuss 2006" in head(copy_of(text_file(), one))["Was ist gesperrt?"]


def test_a_text_file_stays_text_in_every_cell_at_its_place() -> None:
    data = (HEADER + "\r\n05162024;2006;Insgesamt;insgesamt;1.234,50").encode("cp1252")
    sheet = copy_of(data)["Daten"]
    assert [cell.value for cell in sheet[2]] == ["05162024", "2006", "Insgesamt", "insgesamt", "1.234,50"]
    assert {cell.data_type for cell in sheet[2]} == {"s"}
    assert {cell.number_format for cell in sheet[2]} == {"@"}


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_what_begins_like_a_formula_is_text_in_the_data_and_in_the_protocol(value: str) -> None:
    data = (HEADER + f"\r\n05162024;2006;Insgesamt;insgesamt;{value}").encode("cp1252")
    book = copy_of(data, one_finding(found("r", (2, 5), value=value)))
    shown = next(cell for row in book[SHEET].iter_rows() for cell in row if cell.value == value)
    for cell in (book["Daten"]["E2"], shown):
        assert (cell.value, cell.data_type, cell.quotePrefix) == (value, "s", True)
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def workbook_file() -> bytes:
    book = Workbook()
    notes = book.worksheets[0]
    notes.title = "Notizen"
    notes["B2"] = "bleibt"
    sheet = book.create_sheet("Kita & Co's")
    sheet.append(["Gemeindeschlüssel", "Anzahl"])
    sheet.append(["05162024", 7])
    sheet["A2"].number_format = "@"
    sheet["B2"].font = Font(bold=True)
    sheet.merge_cells("A4:B4")
    drawn = io.BytesIO()
    book.save(drawn)
    return drawn.getvalue()


def test_a_workbook_keeps_formats_and_other_sheets() -> None:
    book = copy_of(workbook_file(), one_finding(found("r", (2, 2), sheet="Kita & Co's")))
    assert book.sheetnames == [SHEET, "Notizen", "Kita & Co's"]
    sheet = book["Kita & Co's"]
    assert book["Notizen"]["B2"].value == "bleibt"
    assert (sheet["A2"].value, sheet["A2"].number_format) == ("05162024", "@")
    assert (sheet["B2"].value, sheet["B2"].font.bold) == (7, True)
    assert sheet["B2"].comment is not None
    first = next(row for row in book[SHEET].iter_rows() if row[0].value == 1)
    assert first[1].hyperlink.location == "'Kita & Co''s'!B2"


def test_a_finding_in_merged_cells_is_marked_where_their_value_stands() -> None:
    book = copy_of(workbook_file(), one_finding(found("r", (4, 2), sheet="Kita & Co's")))
    assert book["Kita & Co's"]["A4"].comment is not None


def test_only_the_protocol_is_selected() -> None:
    book = copy_of(workbook_file(), one_finding(found("r", (2, 2), sheet="Kita & Co's")))
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == [SHEET]


def test_the_same_inputs_give_the_same_bytes() -> None:
    data = text_file()
    assert marked_copy(data, "a.csv", [judged(data)], "de") == marked_copy(data, "a.csv", [judged(data)], "de")


def test_a_marked_copy_that_is_marked_again_has_one_protocol() -> None:
    first = marked_copy(text_file(), "a.csv", [judged(text_file())], "de")
    again = copy_of(first, one_finding(found("r", (3, 5), sheet="Daten")))
    assert again.sheetnames == [SHEET, "Daten"]
    assert head(again)["Prüfsumme (SHA-256)"] == digest_of_bytes(first)


def test_what_a_copy_quotes_at_its_cells_is_not_heard_again_once_it_is_corrected() -> None:
    title = b"Angaben in Tausend\r\n"
    one = judged(title + text_file("12"))
    assert "reader_scale" in one.findings.column("kind").to_pylist()
    book = load_workbook(io.BytesIO(marked_copy(title + text_file("12"), "a.csv", [one], "de")))
    assert "in Tausend" in book["Daten"]["A1"].comment.text
    book["Daten"]["A1"] = None
    corrected = io.BytesIO()
    book.save(corrected)
    result = read_file(corrected.getvalue(), "a.xlsx", {"schulabgaenge": LEAVERS})
    assert isinstance(result, Claimed)
    assert "reader_scale" not in result.parsed[0].findings.column("kind").to_pylist()


def test_a_comment_that_speaks_of_a_scale_stays_in_the_copy_without_its_author() -> None:
    book = Workbook()
    for row in text_file("12").decode("cp1252").splitlines():
        book.worksheets[0].append(row.split(";"))
    book.worksheets[0]["E1"].comment = Comment("Sabine Meier:\nAngaben in Tausend", "Sabine Meier")
    saved = io.BytesIO()
    book.save(saved)
    copy = marked_copy(saved.getvalue(), "a.xlsx", [judged(saved.getvalue())], "de")
    said = load_workbook(io.BytesIO(copy)).worksheets[1]["E1"].comment
    assert said.text.startswith("Angaben in Tausend")
    assert "Meier" not in said.text + said.author
    assert [f.value for f in iter_findings(judged(copy).findings) if f.kind == "reader_scale"] == ["Angaben in Tausend"]


def test_what_was_decided_is_read_back_in_either_language() -> None:
    data = text_file()
    for language, words in (("de", ("Wert ist richtig", "korrigiert")), ("en", ("value is right", "corrected"))):
        book = load_workbook(io.BytesIO(marked_copy(data, "a.csv", [judged(data)], language)))  # type: ignore[arg-type]
        rows = [row for row in book[SHEET].iter_rows() if isinstance(row[0].value, int)]
        rows[0][10].value, rows[0][11].value = words[0], "Zählung bestätigt"
        rows[1][10].value = f" {words[1].upper()} "
        rows[2][10].value = "vielleicht"
        drawn = io.BytesIO()
        book.save(drawn)
        returned = read_returned(drawn.getvalue())
        assert returned is not None
        assert returned.original == digest_of_bytes(data)
        assert [(row.number, row.decision, row.reason) for row in returned.rows] == [
            ("1", "right", "Zählung bestätigt"),
            ("2", "corrected", ""),
            ("3", "", ""),
        ]


def test_other_files_are_no_returned_copy() -> None:
    assert read_returned(text_file()) is None
    assert read_returned(workbook_file()) is None
    assert read_returned(b"PK\x03\x04 no workbook") is None


def test_a_file_that_is_too_large_gets_the_protocol_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkz_eval.stewardship.source_sheets.MOST_CELLS", 10)
    data = text_file()
    book = copy_of(data)
    assert book.sheetnames == [SHEET]
    assert len(table(book)) > judged(data).findings.num_rows - 1
    assert any("zu groß" in str(cell.value) for row in book[SHEET].iter_rows(max_row=14) for cell in row)


def test_six_hundred_findings_take_well_under_two_seconds() -> None:
    data = text_file("1O1", years=40)
    one = judged(data)
    few = Judged(LEAVERS, one.findings.slice(0, 600), one.status, one.slices)
    assert few.findings.num_rows == 600
    start = time.process_time()
    marked_copy(data, "a.csv", [few], "de")
    assert time.process_time() - start < 2


def test_of_very_many_findings_each_rule_is_marked_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkz_eval.stewardship.marked_copy.LISTED", 4)
    findings = findings_table([*(found("many", (row, 5)) for row in range(2, 20)), found("last", (3, 4))])
    book = copy_of(text_file(), Judged(LEAVERS, findings, Status.REJECTED, ()))
    assert [row["rule"] for row in table(book)] == ["many", "many", "many", "last"]
    counted = head(book)["Alle Befunde nach Regel und Spalte"].splitlines()
    assert "15" in counted[0]
    assert counted[1:] == ["18 × many, Schulabgänge (Daten!E2)", "1 × last, Schulabgänge (Daten!D3)"]


def test_a_text_file_far_too_large_is_not_even_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkz_eval.stewardship.source_sheets.MOST_CELLS", 10)
    monkeypatch.setattr("kkz_eval.stewardship.delivered_rows.split", lambda *_: pytest.fail("split"))
    assert copy_of(text_file()).sheetnames == [SHEET]
