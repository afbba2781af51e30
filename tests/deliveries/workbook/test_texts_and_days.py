"""What a person sees in the cells of a workbook: raised signs are no digits, and a workbook counts its days from its own day 0."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
import xlwt
from contract_values import CASES, SCHOOL_LEAVERS, shipped
from made_workbooks import (
    BY_YEAR,
    RECORDS,
    SHEET,
    WIDE,
    findings_of,
    number_style,
    ods,
    ods_cell,
    replaced,
    rich,
    table_of,
    with_parts,
    xls,
    xlsx,
)
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.deliveries.workbook.sheets import sheets

LEAVERS = [row[3] for row in RECORDS]


def _marked(sheet: Worksheet) -> None:
    """Marks behind a title, a key, a year, a code, a count and before a share."""
    marks = {"A1": "AGS", "D1": "Abgänge", "A2": "05911000", "B3": "2016", "C3": "w", "D2": "1200", "D4": "1300"}
    for address, text in marks.items():
        sheet[address] = rich((text, ""), ("1", "superscript"))
    sheet["E5"] = rich(("2)", "superscript"), ("4,5", ""))


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SHARED = "xl/sharedStrings.xml"


def _shared(data: bytes) -> bytes:
    """The same workbook with all its texts among the shared ones."""
    texts: list[str] = []

    def moved(found: re.Match[bytes]) -> bytes:
        texts.append(f"<si>{found[2].decode()}</si>")
        return found[1].replace(b"inlineStr", b"s") + f"<v>{len(texts) - 1}</v></c>".encode()

    data = with_parts(data, {SHEET: lambda sheet: re.sub(rb'(<c [^>]*t="inlineStr"[^>]*>)<is>(.*?)</is></c>', moved, sheet)})
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = f'<Relationship Type="{kind}" Target="sharedStrings.xml" Id="rId99"/></Relationships>'
    change = {"xl/_rels/workbook.xml.rels": replaced("</Relationships>", relation)}
    return with_parts(data, change, {_SHARED: f'<sst xmlns="{_MAIN}">{"".join(texts)}</sst>'})


def _prefixed(content: bytes) -> bytes:
    return re.sub(rb"<(/?)(\w)", rb"<\1x:\2", content).replace(b" xmlns=", b" xmlns:x=")


def _single_quoted(content: bytes) -> bytes:
    return re.sub(rb'([\w:]+) ?="([^"\']*)"', rb"\1 = '\2'", content)


def _parted(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return with_parts(data, dict.fromkeys((SHEET, _SHARED), change))


@pytest.mark.parametrize(
    "data",
    [
        xlsx(_marked),
        _shared(xlsx(_marked)),
        _parted(_shared(xlsx(_marked)), _prefixed),
        _parted(_shared(xlsx(_marked)), _single_quoted),
        _parted(_shared(xlsx(_marked)), replaced(_MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")),
        with_parts(_shared(xlsx(_marked)), {_SHARED: replaced("</t>", "</t><!-- 2 -->")}),
    ],
    ids=["inline", "shared", "prefixed", "single_quoted", "strict", "commented"],
)
def test_marks_of_footnotes_are_read_as_marks_however_the_xml_is_written(data: bytes) -> None:
    table = table_of(data, BY_YEAR)
    assert table.values("leavers").to_pylist() == LEAVERS
    assert table.texts("leavers").to_pylist()[:3] == ["1200¹", "1100", "1300¹"]
    assert table.values("unit_id").to_pylist() == [row[0] for row in RECORDS]
    assert table.values("sex").to_pylist() == ["m", "w", "m", "w"]
    assert table.values("share_without").to_pylist() == [row[4] for row in RECORDS]
    assert findings_of(table) == []


def test_marks_in_an_ods_are_read_as_marks() -> None:
    styles = (
        '<style:style style:name="T1" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>'
        '<style:style style:name="T2" style:family="text"><style:text-properties style:text-position="33% 58%"/></style:style>'
    )

    def cell(row: int, column: int, value: object) -> str:
        if column != 3:
            return ods_cell(value)
        note = "<office:annotation><text:p>9</text:p></office:annotation>"
        mark = f'<text:span text:style-name="T{row % 2 + 1}">1</text:span>'
        return ods_cell(str(value), inside=f"{note}<text:p>{value}{mark}</text:p>")

    table = table_of(ods(cell, styles=styles), BY_YEAR)
    assert table.texts("leavers").to_pylist() == ["1200¹", "1100¹", "1300¹", "1400¹"]
    assert table.values("leavers").to_pylist() == LEAVERS
    assert findings_of(table) == []


def test_marks_in_an_xls_are_read_as_marks() -> None:
    raised = xlwt.Font()
    raised.escapement = xlwt.Font.ESCAPEMENT_SUPERSCRIPT
    places = {(0, 3): "Abgänge", (1, 3): "1200", (2, 0): "05911000"}

    def change(book: xlwt.Workbook, sheet: xlwt.Worksheet) -> None:
        for (row, column), text in places.items():
            sheet.write_rich_text(row, column, (text, ("1", raised)))

    table = table_of(xls(change, left_out=frozenset(places)), BY_YEAR)
    assert table.texts("leavers").to_pylist()[0] == "1200¹"
    assert table.values("leavers").to_pylist() == LEAVERS
    assert findings_of(table) == []


@pytest.mark.parametrize(
    "runs",
    [
        [("1", ""), ("2", "superscript"), ("00", "")],
        [("12", "struck"), ("1200", "")],
        [("1200", ""), ("50", "superscript")],
    ],
)
def test_what_a_raised_or_struck_out_run_means_is_not_guessed(runs: list[tuple[str, str]]) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["D2"] = rich(*runs)

    table = table_of(xlsx(change), BY_YEAR)
    assert table.values("leavers").to_pylist() == [None, *LEAVERS[1:]]
    assert [(f.kind, f.cell) for f in findings_of(table)] == [("reader_number", "Daten!D2")]


def test_the_readings_of_east_asian_signs_and_bold_runs_are_no_raised_signs() -> None:
    def change(sheet: Worksheet) -> None:
        sheet["D2"] = rich(("12", ""), ("00", "baseline"))

    assert table_of(xlsx(change), BY_YEAR).texts("leavers").to_pylist()[0] == "1200"


def test_marks_typed_as_signs_are_read_as_marks_too() -> None:
    rows = [(f"{unit}²", f"{year}¹", sex, f"{count}³", share) for unit, year, sex, count, share in RECORDS]
    table = table_of(xlsx(rows=rows), BY_YEAR)
    assert table.values("leavers").to_pylist() == LEAVERS
    assert table.values("year").to_pylist() == [2016] * 4
    assert findings_of(table) == []


DAYS_1904 = [(unit, 41273, sex, count, share) for unit, _, sex, count, share in RECORDS]  # 31.12.2016


def _counted_from_1904() -> list[bytes]:
    def mac(content: bytes) -> bytes:
        return content.replace(b"<workbookPr />", b"<workbookPr date1904='true'/>").replace(
            b"<workbookPr/>", b"<workbookPr date1904='1'/>"
        )

    def change(book: xlwt.Workbook, sheet: xlwt.Worksheet) -> None:
        book.dates_1904 = True

    null_date = '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    return [
        with_parts(xlsx(rows=DAYS_1904), {"xl/workbook.xml": mac}),
        with_parts(xlsx(rows=DAYS_1904), {"xl/workbook.xml": lambda content: _prefixed(mac(content))}),
        ods(rows=DAYS_1904, settings=null_date),
        xls(change, rows=DAYS_1904),
    ]


@pytest.mark.parametrize("data", _counted_from_1904(), ids=["xlsx", "prefixed", "ods", "xls"])
def test_a_number_of_days_counts_from_the_day_of_its_workbook(data: bytes) -> None:
    table = table_of(data, BY_YEAR)
    assert table.values("year").to_pylist() == [2016] * 4
    assert [(f.kind, f.severity, f.year) for f in findings_of(table)] == [("reader_serial_date", "warning", 2016)] * 4


def test_a_day_of_a_workbook_that_counts_from_1904_is_that_day() -> None:
    def change(sheet: Worksheet) -> None:
        sheet.parent.epoch = datetime.datetime(1904, 1, 1)  # type: ignore[union-attr]
        for row in range(2, 6):
            sheet.cell(row, 2, datetime.date(2016, 12, 31))

    table = table_of(xlsx(change), BY_YEAR)
    assert table.values("year").to_pylist() == [2016] * 4
    assert findings_of(table) == []


@pytest.mark.parametrize("code", ["YYYY", "dd.mm.yyyy", "[$-407]mmmm yyyy"])
def test_a_year_in_a_cell_that_shows_days_is_named_as_that(code: str) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["B3"].number_format = code

    for data in (xlsx(change), xls(style=lambda row, column: number_style(code if (row, column) == (2, 1) else "General"))):
        table = table_of(data, BY_YEAR)
        (finding,) = findings_of(table)
        assert (finding.kind, finding.cell, finding.severity, finding.year) == ("reader_year_as_day", "Daten!B3", "error", 2016)
        assert "2016" in finding.message().in_language("de")
        assert "Zellformat" in finding.fix().in_language("de")


def test_a_school_year_and_the_year_of_a_wide_table_in_cells_that_show_days_are_named_as_that() -> None:
    def change(sheet: Worksheet) -> None:
        sheet["B3"].number_format = "dd.mm.yyyy"

    found = findings_of(table_of(xlsx(change), {"schulabgaenge": SCHOOL_LEAVERS}))
    assert [(f.kind, f.cell) for f in found if f.severity == "error"] == [("reader_year_as_day", "Daten!B3")]

    def wide(sheet: Worksheet) -> None:
        sheet.delete_rows(1, 9)
        for row in (("AGS", "Geschlecht", 2015, 2016, 2017), ("05911000", "m", 1100, 1200, 1300)):
            sheet.append(list(row))
        for column in "CDE":
            sheet[f"{column}1"].number_format = "YYYY"

    table = table_of(xlsx(wide), WIDE)
    assert [(f.kind, f.cell, f.year) for f in findings_of(table) if f.severity == "error"] == [
        ("reader_year_as_day", f"Daten!{column}1", year) for column, year in (("C", 2015), ("D", 2016), ("E", 2017))
    ]


def test_cases_of_raised_signs_and_days() -> None:
    raised = table_of((CASES / "C1.xlsx").read_bytes(), shipped(), "C1.xlsx")
    assert raised.values("persons").to_pylist() == [45438, 11853, 46720, 12177]
    days = table_of((CASES / "W1.xlsx").read_bytes(), shipped(), "W1.xlsx")
    assert days.years() == (2016, 2017)
    shown = table_of((CASES / "S4.xlsx").read_bytes(), shipped(), "S4.xlsx")
    assert {f.kind for f in findings_of(shown)} == {"reader_year_as_day"}


def test_a_sheet_whose_xml_our_parser_refuses_is_read_and_said_to_be_unknown() -> None:
    data = with_parts(
        xlsx(_marked), {SHEET: lambda content: content.replace(b"<worksheet", b"<!DOCTYPE x [<!ENTITY a 'A'>]><worksheet")}
    )
    (sheet,) = sheets(data)
    assert not sheet.seen.is_known
    assert sheet.rows[0][1] == "Jahr"
