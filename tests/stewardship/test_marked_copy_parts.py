"""A marked copy is written from a list of what may stay: no other part, link or element, whatever the file held, and it never fails."""

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from outgoing_parts import require_nothing_else
from raw_workbook import (
    CANARY,
    MAIN,
    STYLES,
    content_types,
    header_row,
    nasty_parts,
    packed,
    plain_parts,
    record_row,
    relationships,
    row,
    sheet,
    text_cell,
)

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.template_book import template_bytes
from kkz_eval.deliveries.municipal.returned import SHEET, data_sheets, read_returned
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.workbook.sheets import Sheet, sheets
from kkz_eval.model.findings import Finding, Severity, findings_table
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.verdicts import Slice, Status
from kkz_eval.reference.tables import units_known_to
from kkz_eval.stewardship.marked_copy import Judged, marked_copy
from kkz_eval.stewardship.next_template import Asked, next_template
from kkz_eval.storage.digests import digest_of_bytes

CASES = Path(__file__).parents[1] / "cases" / "deliveries"
CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
MUNICIPAL = {name: contract for name, contract in CONTRACTS.items() if contract.source == "municipal"}
LEAVERS = CONTRACTS["schulabgaenge"]
Parts = Mapping[str, str | bytes]


def judged(sheet_name: str | None = "Daten", value: str | None = "7") -> Judged:
    finding = Finding("r", "range", Severity.ERROR, sheet_name, 2, 5, "leavers", "05162024", 2006, value, "0–9")
    return Judged(LEAVERS, findings_table([finding]), Status.REJECTED, (Slice("05162024", 2006, Status.REJECTED, 1, 0),))


def copied(data: bytes, sheet_name: str | None = "Daten", value: str | None = "7") -> bytes:
    return marked_copy(data, "a.xlsx", [judged(sheet_name, value)], "de")


def as_read(found: Sheet) -> tuple[object, ...]:
    """All of a sheet that decides how it is read."""
    seen = found.seen
    return (found.name, found.rows, found.merged, found.visible, seen.hidden_rows, seen.hidden_columns, seen.formats.codes)


def test_nothing_that_travels_along_in_a_workbook_comes_back() -> None:
    parts = require_nothing_else(copied(packed(nasty_parts())))
    assert not [name for name, text in parts.items() if CANARY in text or "example" in text]


def test_the_values_of_a_workbook_come_back_as_they_were_read() -> None:
    data = packed(nasty_parts())
    assert [*map(as_read, data_sheets(sheets(copied(data))))] == [*map(as_read, sheets(data))]
    seen = sheets(data)[0].seen
    assert seen.formats.codes
    assert seen.hidden_rows
    assert seen.hidden_columns


def test_a_formula_comes_back_as_its_result_and_without_one_the_empty_cell_says_so() -> None:
    book = load_workbook(io.BytesIO(copied(packed(nasty_parts()))))
    assert not [cell for found in book for cells in found.iter_rows() for cell in cells if cell.data_type == "f"]
    assert book["Daten"]["E3"].value == 8
    assert book["Daten"]["G10"].value == "Ergebnis 10"
    assert "Formel ohne Ergebnis" in book["Daten"]["E4"].comment.text
    assert any("Daten!E4" in str(cell.value) for cells in book[SHEET].iter_rows(max_row=14) for cell in cells)


def test_what_a_person_sees_of_a_cell_comes_back() -> None:
    book = load_workbook(io.BytesIO(copied(packed(nasty_parts()))))
    found = book["Daten"]
    assert (found["E2"].number_format, found["E2"].font.strike, found["E2"].font.bold) == ('#,##0" T€"', True, True)
    assert found["B5"].value == datetime(2006, 1, 1)
    assert found.column_dimensions["A"].width == 22.5
    assert (found.column_dimensions["C"].hidden, found.column_dimensions["C"].min, found.column_dimensions["C"].max) == (
        True,
        3,
        4,
    )
    assert (found.row_dimensions[5].height, found.row_dimensions[5].hidden) == (30, True)
    assert found.freeze_panes == "A2"
    assert [str(merged) for merged in found.merged_cells.ranges] == ["A20:B21"]
    assert found["A8"].value == "12¹"
    assert (found["A7"].value, found["A7"].data_type) == ("#N/A", "e")
    assert book["Notizen"].sheet_state == "hidden"


def test_what_looks_like_a_formula_stays_a_text_under_the_looks_of_its_cell() -> None:
    book = load_workbook(io.BytesIO(copied(packed(nasty_parts()))))
    for cell in book["Daten"][6][:5]:
        assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_a_table_that_counts_its_days_from_1904_still_does() -> None:
    parts = {**plain_parts(header_row() + record_row(2, '<c r="E2" s="2"><v>40000</v></c>')), "xl/styles.xml": STYLES}
    parts["xl/workbook.xml"] = str(parts["xl/workbook.xml"]).replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    parts["xl/_rels/workbook.xml.rels"] = relationships(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"))
    data = packed(parts)
    assert data_sheets(sheets(copied(data)))[0].rows[1][4] == sheets(data)[0].rows[1][4] == date(2013, 7, 7)
    assert load_workbook(io.BytesIO(copied(data))).epoch.year == 1904


def _with_styles(styles: str) -> Parts:
    links = relationships(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"))
    return {**plain_parts(), "xl/_rels/workbook.xml.rels": links, "xl/styles.xml": styles}


def _shared(text: str = "<t>7</t>") -> Parts:
    rows = header_row() + record_row(2, '<c r="E2" t="s"><v>0</v></c>')
    links = relationships(("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"))
    return {
        **plain_parts(rows),
        "xl/_rels/workbook.xml.rels": links,
        "xl/sharedStrings.xml": f"<sst {MAIN}><si>{text}</si></sst>",
    }


def _absolute() -> Parts:
    return {**plain_parts(), "xl/_rels/workbook.xml.rels": relationships(("worksheet", "/xl/worksheets/sheet1.xml"))}


def _strict() -> Parts:
    strict = {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "http://purl.oclc.org/ooxml/officeDocument/relationships",
    }
    parts = {name: str(content) for name, content in plain_parts().items()}
    for usual, other in strict.items():
        parts = {name: content.replace(usual, other) for name, content in parts.items()}
    return parts


def _prefixed() -> Parts:
    parts = dict(plain_parts(header_row() + record_row(2, '<c r="E2"><v>7</v></c>')))
    whole = str(parts["xl/worksheets/sheet1.xml"]).replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
    return {**parts, "xl/worksheets/sheet1.xml": whole.replace(" xmlns=", " xmlns:x=")}


def _far_away() -> Parts:
    rows = header_row() + record_row(2, '<c r="E2"><v>7</v></c>') + row(3, text_cell("A3", "Ende"))
    return {**_with_styles(STYLES), **{"xl/worksheets/sheet1.xml": sheet(rows + row(60_000, '<c r="A60000" s="1"/>'))}}


def _protected() -> Parts:
    locked = (
        '<sheetProtection sheet="1" objects="1" scenarios="1" algorithmName="SHA-512" hashValue="x" saltValue="y" spinCount="1"/>'
    )
    rows = header_row() + record_row(2, '<c r="E2"><v>7</v></c>')
    return {**plain_parts(), "xl/worksheets/sheet1.xml": sheet(rows, after=locked)}


def _merged_far() -> Parts:
    rows = header_row() + record_row(2, '<c r="E2"><v>7</v></c>')
    merged = '<mergeCells count="3"><mergeCell ref="A9:XFD900000"/><mergeCell ref="A4:B5"/><mergeCell ref="B5:C6"/></mergeCells>'
    return {**plain_parts(), "xl/worksheets/sheet1.xml": sheet(rows, after=merged)}


ODD = {
    "without styles, shared texts, theme, properties and calcPr": plain_parts,
    "with an empty calcPr": lambda: {
        **plain_parts(),
        "xl/workbook.xml": str(plain_parts()["xl/workbook.xml"]).replace("</sheets>", "</sheets><calcPr/>"),
    },
    "shared texts": _shared,
    "shared texts without a text": lambda: _shared(""),
    "targets from the root": _absolute,
    "strict names": _strict,
    "prefixed names": _prefixed,
    "styles of another library": lambda: _with_styles(STYLES.replace('rgb="FF00FF00"', 'rgb="lime"')),
    "a formatted empty cell far away": _far_away,
    "a protected sheet": _protected,
    "merged without measure and merged twice": _merged_far,
    "unknown content types": lambda: {**plain_parts(), "[Content_Types].xml": content_types(**{"/xl/x.bin": "application/x"})},
}


@pytest.mark.parametrize("parts", ODD.values(), ids=ODD.keys())
def test_a_workbook_that_was_read_is_copied_however_it_was_written(parts: Callable[[], Parts]) -> None:
    data = packed(parts())
    content = copied(data, value=None)
    require_nothing_else(content)
    (found,) = data_sheets(sheets(content))
    (delivered,) = sheets(data)
    assert (found.name, [cells[:5] for cells in found.rows[:3]]) == (delivered.name, [cells[:5] for cells in delivered.rows[:3]])
    assert load_workbook(io.BytesIO(content))["Daten"]["E2"].comment is not None


def test_a_copy_that_could_not_take_the_looks_says_so() -> None:
    plain = load_workbook(io.BytesIO(copied(packed(_with_styles(STYLES.replace('rgb="FF00FF00"', 'rgb="lime"'))))))
    assert any(
        "ließen sich nicht übernehmen" in str(cell.value) for cells in plain[SHEET].iter_rows(max_row=14) for cell in cells
    )


def _as_judged(data: bytes, name: str) -> list[tuple[Judged, ParsedTable]]:
    result = read_file(data, name, MUNICIPAL)
    found = []
    for table in result.parsed if isinstance(result, Claimed) else ():
        contract = MUNICIPAL[table.contract_id]
        judgement = judge_file(table, contract, units_known_to(contract.source))
        found.append((Judged(contract, judgement.findings, judgement.status, judgement.slices), table))
    return found


def _claimed_cases() -> list[str]:
    return sorted(path.name for path in CASES.iterdir() if path.suffix != ".md" and _as_judged(path.read_bytes(), path.name))


@pytest.mark.parametrize("name", _claimed_cases())
def test_an_unchanged_copy_of_every_case_is_judged_like_its_original(name: str) -> None:
    data = (CASES / name).read_bytes()
    delivered = _as_judged(data, name)
    content = marked_copy(data, name, [one for one, _ in delivered], "de")
    require_nothing_else(content)
    returned = _as_judged(content, "copy.xlsx")
    assert [one.status for one, _ in returned] == [one.status for one, _ in delivered]
    told = ["rule", "row", "column", "field", "unit_id", "year"]
    for (after, copy), (before, table) in zip(returned, delivered, strict=True):
        assert after.findings.select(told).sort_by([(of, "ascending") for of in told]) == before.findings.select(told).sort_by(
            [(of, "ascending") for of in told]
        )
        values = [of for of in table.table.column_names if "__" not in of]
        assert copy.table.select(values).to_pylist() == table.table.select(values).to_pylist()


@pytest.mark.parametrize(
    "value", ["=cmd|' /C calc'!A0", "@SUM(1)", "1\x0b2", "a\rb", "\t=1", "_x0041_", "#N/A", "TRUE", " 7 ", "\x00", "a\r\nb"]
)
def test_what_was_decided_of_a_value_is_read_back_however_it_is_written(value: str) -> None:
    data = ("Gemeindeschlüssel;Anzahl\n05162024;7").encode()
    book = load_workbook(io.BytesIO(copied(data, None, value)))
    sheet_of_findings = book[SHEET]
    first = next(cells for cells in sheet_of_findings.iter_rows() if cells[0].value == 1)
    first[10].value = "Wert ist richtig"
    drawn = io.BytesIO()
    book.save(drawn)
    returned = read_returned(drawn.getvalue())
    assert returned is not None
    assert returned.original == digest_of_bytes(data)
    assert [(row.value, row.decision) for row in returned.rows] == [(value.strip(), "right")]


def test_an_open_document_comes_back_with_its_values_alone() -> None:
    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "meta", "manifest")
    )
    cells = (
        '<table:table-cell office:value-type="string"><text:p>=cmd|x</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="7.5"><text:p>7,5</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2006-01-31"><text:p>31.01.06</text:p></table:table-cell>'
        f'<table:table-cell table:formula="of:=WEBSERVICE(&quot;{CANARY}&quot;)" office:value-type="float" office:value="8"/>'
        f'<table:table-cell office:value-type="string"><office:annotation><text:p>{CANARY}</text:p></office:annotation><text:p>x</text:p></table:table-cell>'
    )
    rows = f'<table:table table:name="Daten"><table:table-column/><table:table-column table:visibility="collapse"/><table:table-row>{cells}</table:table-row></table:table>'
    content = f"<office:document-content {namespaces}><office:body><office:spreadsheet>{rows}</office:spreadsheet></office:body></office:document-content>"
    data = packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "meta.xml": f"<office:document-meta {namespaces}><meta:initial-creator>{CANARY}</meta:initial-creator></office:document-meta>",
            "META-INF/manifest.xml": f"<manifest:manifest {namespaces}/>",
        }
    )
    (delivered,) = sheets(data)
    parts = require_nothing_else(copied(data))
    assert as_read(data_sheets(sheets(copied(data)))[0]) == as_read(delivered)
    assert delivered.seen.hidden_columns == ((1, 1),)
    assert delivered.rows[0] == ["=cmd|x", 7.5, date(2006, 1, 31), 8.0, "x"]
    assert not [name for name, text in parts.items() if CANARY in text]


def test_names_of_sheets_that_a_program_does_not_take_are_changed_and_the_marks_follow() -> None:
    names = ("[1] Übersicht: Kita/Schule und noch viel mehr Text", "'a'", "A", "a")
    links = relationships(*(("worksheet", "worksheets/sheet1.xml") for _ in names))
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, start=1))
    whole = str(plain_parts()["xl/workbook.xml"])
    whole = whole[: whole.index("<sheet ")] + listed + "</sheets></workbook>"
    data = packed({**plain_parts(), "xl/workbook.xml": whole, "xl/_rels/workbook.xml.rels": links})
    for name in names:
        book = load_workbook(io.BytesIO(copied(data, name)))
        assert len({title.casefold() for title in book.sheetnames}) == len(names) + 1
        assert [title for title in book.sheetnames[1:] if book[title]["E2"].comment] == [book.sheetnames[1 + names.index(name)]]


def test_templates_hold_nothing_else_either() -> None:
    require_nothing_else(template_bytes(LEAVERS))
    place = {"delivery_sha256": "a", "sheet": None, "row": 2, "column": 5}
    last = [{"year": 2006, "dimensions": [["certificate", "=1+1"]], "measure": "leavers", "value_delivered": "+7", **place}]
    asked = Asked("05162024", 2007, "=1+1", date(2008, 1, 1))
    require_nothing_else(next_template(LEAVERS, asked, last))
    require_nothing_else(next_template(LEAVERS, asked, []))
