"""Cells that a person sees otherwise than they are stored, or does not see: formats, days, merged measures, hidden rows and columns."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise, product

import pytest
import xlrd
import xlwt
from contract_values import CASES, shipped
from hypothesis import given, settings
from hypothesis import strategies as st
from made_workbooks import (
    BY_YEAR,
    LEAVERS_BY_YEAR,
    RECORDS,
    SHEET,
    WIDE,
    findings_of,
    number_style,
    ods,
    ods_cell,
    rich,
    table_of,
    with_parts,
    xls,
    xlsx,
)
from openpyxl.comments import Comment
from openpyxl.formatting.rule import ColorScaleRule, DataBarRule, IconSetRule, Rule
from openpyxl.styles import Border, Color, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.contract import Rule as ContractRule
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import PersonRecords, Unclaimed, read_file
from kkz_eval.model.findings import Severity
from kkz_eval.model.parsed import ParsedTable

LEAVERS = [row[3] for row in RECORDS]
ADDED = (("05915000", 2016, "m", 99, 9.5), ("05915000", 2016, "w", 98, 9.5))


def told(table: ParsedTable) -> list[tuple[str, str, str]]:
    """(kind, cell, severity) of the findings."""
    return [(f.kind, f.cell, f.severity) for f in findings_of(table)]


# --- formats ---------------------------------------------------------------------------------------------------------------------------


def _with_format(code: str, column: int = 4, rows: Sequence[Sequence[object]] = RECORDS) -> list[bytes]:
    """The delivery with a number format in one column (1-based), as .xlsx and .xls."""

    def change(sheet: Worksheet) -> None:
        for row in range(2, 2 + len(rows)):
            sheet.cell(row, column).number_format = code

    def style(row: int, at: int) -> xlwt.XFStyle:
        return number_style(code if row and at == column - 1 else "General")

    return [xlsx(change, rows=rows), xls(style=style, rows=rows)]


@pytest.mark.parametrize(
    "code",
    [
        "0",
        "#,##0",
        "0.0",
        "#,##0.00",
        "#,##0_ ;[Red]\\-#,##0\\ ",
        '0" ¹⁾"',
        '0" Abgänge"',
        '#,##0" Personen"',
        '#,##0;-#,##0;"-"',
        "@",
    ],
)
def test_a_format_that_rounds_or_groups_is_no_finding(code: str) -> None:
    for data in _with_format(code):
        table = table_of(data, BY_YEAR)
        assert (table.values("leavers").to_pylist(), findings_of(table)) == (LEAVERS, [])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ('#,##0" T€"', "reader_format_unit"),
        ("#,##0\\ [$Tsd. €-407]", "reader_format_unit"),
        ('0.0" Mio."', "reader_format_unit"),
        ("#,##0,", "reader_format_number"),
        ("0.0,,", "reader_format_number"),
        ('0"000"', "reader_format_number"),
        ("0%", "reader_format_percent"),
        ("0.00\\ %", "reader_format_percent"),
        ('0"%"', "reader_format_unit"),
        (";;;", "reader_format_hidden"),
        ('[<1150]"*";0', "reader_format_number"),
    ],
)
def test_a_format_over_a_count_that_shows_another_number_is_one_error(code: str, kind: str) -> None:
    for data in _with_format(code):
        table = table_of(data, BY_YEAR)
        (finding,) = findings_of(table)
        n, place, text = (1, "Daten!D3", "1100") if code.startswith("[<1150]") else (4, "Daten!D2", "1200")
        assert (finding.kind, finding.cell, finding.severity, finding.field) == (kind, place, "error", "leavers")
        assert (finding.value, finding.allowed) == (text, f"{n} × {code}")
        assert text in finding.message().in_language("de")
        assert table.values("leavers").to_pylist() == LEAVERS  # the stored value holds


def test_words_that_say_nothing_of_the_unit_and_blank_zeros_are_warnings() -> None:
    words = ('0" (geprüft)"', '0" r"', '0" Std."')
    for code, kind in (*((code, "reader_format_words") for code in words), ("0;-0;;@", "reader_format_no_zero")):
        rows = [*RECORDS[:-1], ("05913000", 2016, "w", 0, 4.5)]
        for data in _with_format(code, rows=rows):
            ((found, _, severity),) = told(table_of(data, BY_YEAR))
            assert (found, severity) == (kind, "warning")


def test_per_cent_over_a_share_is_an_error_and_said_once() -> None:
    rows = [(*row[:4], float(str(row[4])) / 100) for row in RECORDS]
    for data in _with_format("0.0%", 5, rows):
        assert told(table_of(data, BY_YEAR)) == [("reader_format_percent", "Daten!E2", "error")]
    for data in _with_format('0.0"%"', 5):
        assert told(table_of(data, BY_YEAR)) == []


@pytest.mark.parametrize("formatted", [("E2", "E3"), ("E4",), ("E2", "E3", "E4")])
def test_per_cent_over_some_shares_does_not_let_the_others_pass(formatted: Sequence[str]) -> None:
    def change(sheet: Worksheet) -> None:
        for address in formatted:
            sheet[address].number_format = "0.0%"

    table = table_of(xlsx(change, rows=[(*row[:4], float(str(row[4])) / 100) for row in RECORDS]), BY_YEAR)
    assert {str(fate.status) for fate in judge_file(table, LEAVERS_BY_YEAR, {}).slices} == {"rejected"}
    assert {kind for kind, _, _ in told(table)} == {"reader_percent_scale", "reader_format_percent"}


def test_a_format_of_keys_and_years_is_no_finding() -> None:
    def change(sheet: Worksheet) -> None:
        for row in range(2, 6):
            sheet.cell(row, 1, int(str(sheet.cell(row, 1).value))).number_format = "00000000"
            sheet.cell(row, 2).number_format = '"Jahr "0'

    assert told(table_of(xlsx(change), BY_YEAR)) == []


@pytest.mark.parametrize(
    ("column", "stored", "code", "seen"),
    [
        (2, 6, '"20"00', "2006"),
        (2, 16, "2\\000", "2016"),
        (2, 16, '"20"00;"-20"00', "2016"),
        (2, 2016, '0"/17"', "2016/17"),
        (2, 2016, '"2017"', "2017"),
        (1, 911000, '"05"000000', "05911000"),
    ],
)
def test_a_year_or_key_whose_format_shows_other_digits_is_one_error_that_says_which(
    column: int, stored: int, code: str, seen: str
) -> None:
    rows = [(*row[: column - 1], stored, *row[column:]) for row in RECORDS]
    for data in _with_format(code, column, rows):
        (finding,) = [f for f in findings_of(table_of(data, BY_YEAR)) if f.severity == "error"]
        assert (finding.kind, finding.row, finding.value) == ("reader_format_key", 2, str(stored))
        assert finding.allowed == f"{seen} (4 × {code})"
        assert seen in finding.message().in_language("de")
        assert "was zu sehen ist" in finding.fix().in_language("de")


def test_a_key_whose_format_shows_what_was_read_is_no_finding() -> None:
    rows = [(int(str(row[0])), *row[1:]) for row in RECORDS]
    for code in ('"0"0000000', "00000000", '00" "000" "000'):
        for data in _with_format(code, 1, rows):
            assert told(table_of(data, BY_YEAR)) == []


def test_a_format_of_some_cells_rejects_their_units_and_years_and_no_others() -> None:
    def change(sheet: Worksheet) -> None:
        sheet["D2"].number_format = sheet["D3"].number_format = "0,"

    table = table_of(xlsx(change), BY_YEAR)
    assert [(f.unit_id, f.year) for f in findings_of(table)] == [("05911000", 2016)]
    fates = {fate.unit_id: str(fate.status) for fate in judge_file(table, LEAVERS_BY_YEAR, {}).slices}
    assert fates["05911000"] == "rejected"
    assert fates["05913000"] != "rejected"
    whole = judge_file(table_of(_with_format("0,")[0], BY_YEAR), LEAVERS_BY_YEAR, {})
    assert {str(fate.status) for fate in whole.slices} == {"rejected"}


def test_texts_are_shown_by_their_own_section() -> None:
    rows = [(*row[:3], str(row[3]), row[4]) for row in RECORDS]
    for data in _with_format('0;0;0;@" T€"', rows=rows):
        assert told(table_of(data, BY_YEAR)) == [("reader_format_unit", "Daten!D2", "error")]
    for data in _with_format('0;-0;"-";@', rows=rows):
        assert told(table_of(data, BY_YEAR)) == []


_NUMBER = '<number:number number:min-integer-digits="1" {}/>'
_ODS_FORMATS = {
    "reader_format_number": [
        '<number:number-style style:name="N1">' + _NUMBER.format('number:display-factor="1000"') + "</number:number-style>"
    ],
    "reader_format_percent": [
        '<number:percentage-style style:name="N1">'
        + _NUMBER.format("")
        + "<number:text>%</number:text></number:percentage-style>"
    ],
    "reader_format_unit": [
        '<number:number-style style:name="N1">' + _NUMBER.format("") + "<number:text> T€</number:text></number:number-style>",
        '<number:currency-style style:name="N1">'
        + _NUMBER.format("")
        + "<number:currency-symbol>Tsd. €</number:currency-symbol></number:currency-style>",
    ],
    "reader_format_hidden": [
        '<number:number-style style:name="N1"/>',
        '<number:number-style style:name="N1P0"/><number:text-style style:name="N1"><number:text-content/>'
        '<style:map style:condition="value()&gt;=0" style:apply-style-name="N1P0"/></number:text-style>',
    ],
    "": [
        '<number:number-style style:name="N1">'
        + _NUMBER.format('number:grouping="true" number:decimal-places="2"')
        + "</number:number-style>",
        '<number:date-style style:name="N1"><number:year/></number:date-style>',
        '<number:currency-style style:name="N1">'
        + _NUMBER.format("")
        + "<number:text> </number:text><number:currency-symbol>€</number:currency-symbol></number:currency-style>",
        '<number:number-style style:name="N1P0">'
        + _NUMBER.format("")
        + '</number:number-style><number:number-style style:name="N1"><number:text>-</number:text>'
        + _NUMBER.format("")
        + '<style:map style:condition="value()&gt;=0" style:apply-style-name="N1P0"/></number:number-style>',
    ],
}


@pytest.mark.parametrize(("kind", "data_style"), [(kind, one) for kind, styles in _ODS_FORMATS.items() for one in styles])
def test_formats_of_an_ods(kind: str, data_style: str) -> None:
    styles = (
        data_style
        + '<style:style style:name="ce1" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="N1"/>'
    )
    columns = '<table:table-column table:number-columns-repeated="3"/><table:table-column table:default-cell-style-name="ce1"/>'

    def by_cell(row: int, column: int, value: object) -> str:
        return ods_cell(value, 'table:style-name="ce1"' if row and column == 3 else "")

    for data in (ods(by_cell, styles=styles), ods(columns=columns, styles=styles)):
        table = table_of(data, BY_YEAR)
        assert told(table) == ([(kind, "Daten!D2", "error")] if kind else [])
        assert table.values("leavers").to_pylist() == LEAVERS


@pytest.mark.parametrize(
    "value", [datetime.date(2024, 5, 26), datetime.datetime(2024, 5, 26), datetime.time(12), datetime.timedelta(days=3)]
)
def test_a_count_that_shows_a_day_is_named_with_the_number_that_it_holds(value: object) -> None:
    rows = [(*RECORDS[0][:3], value, 6.5), *RECORDS[1:]]
    table = table_of(xlsx(rows=rows), BY_YEAR)
    (finding,) = findings_of(table)
    assert (finding.rule, finding.kind, finding.cell, finding.unit_id) == (
        "reader_number",
        "reader_format_day",
        "Daten!D2",
        "05911000",
    )
    assert (finding.allowed or "") in finding.message().in_language("de")
    assert finding.allowed in ("45438", "0.5", "3")


_COUNTS = [
    (key, year, sex, 36_500 + 7_919 * place * place % 8_500, 5.5)
    for place, (key, year, sex) in enumerate(product(("05911000", "05913000", "05334002"), range(2010, 2018), "mw"))
]
"""Counts that are days between 1999 and 2023 where a format shows days."""


@pytest.mark.parametrize("code", ["dd.mm.yyyy", "yyyy-mm-dd", "mmm yy", "d. mmmm yyyy", "hh:mm", "[$-407]dddd, d. mmmm yyyy"])
@pytest.mark.parametrize("n", [3, 48])
def test_a_column_of_counts_in_a_format_of_days_is_one_fault_of_its_format_and_no_days_of_birth(code: str, n: int) -> None:
    for data in _with_format(code, rows=_COUNTS[:n]):
        table = table_of(data, BY_YEAR)
        (finding,) = findings_of(table)
        about = (finding.rule, finding.kind, finding.cell, finding.severity, finding.allowed)
        assert about == ("reader_number", "reader_format_days", "Daten!D2", "error", str(n))
        assert "Zellformat" in finding.message().in_language("de")
        assert "„Zahl“" in finding.fix().in_language("de")
        assert table.values("leavers").null_count == n
        assert {str(fate.status) for fate in judge_file(table, LEAVERS_BY_YEAR, {}).slices} == {"rejected"}


def test_small_counts_and_counts_of_years_side_by_side_in_a_format_of_days_are_faults_of_their_formats() -> None:
    small = [(*row[:3], place % 47 + 1, row[4]) for place, row in enumerate(_COUNTS)]
    assert told(table_of(_with_format("dd.mm.yyyy", rows=small)[0], BY_YEAR)) == [("reader_format_days", "Daten!D2", "error")]

    def change(sheet: Worksheet) -> None:
        sheet.delete_rows(1, 9)
        for row in (
            ("AGS", "Geschlecht", 2015, 2016),
            *((f"059{n}000", sex, 37_000 + n, 41_000 + n) for n in range(11, 17) for sex in "mw"),
        ):
            sheet.append(list(row))
        for row in range(2, 14):
            sheet.cell(row, 3).number_format = sheet.cell(row, 4).number_format = "dd.mm.yyyy"

    assert {kind for kind, _, _ in told(table_of(xlsx(change), WIDE))} >= {"reader_format_days"}


@pytest.mark.parametrize("title", ["Geburtsdatum", "Geb. am", "Tag"])
def test_days_under_a_title_that_is_no_measure_stay_days_of_persons(title: str) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["F1"] = title
        for place in range(2, 50):
            sheet.cell(place, 6, 38_000 + 7_919 * place * place % 6_500).number_format = "dd.mm.yyyy"

    assert isinstance(read_file(xlsx(change, rows=_COUNTS), "x.xlsx", BY_YEAR), PersonRecords)


def test_days_in_a_measure_that_name_one_unit_and_year_again_and_again_are_those_of_persons() -> None:
    rows = [("05911000", 2016, "m", row[3], 5.5) for row in _COUNTS]
    data = _with_format("dd.mm.yyyy", rows=rows)[0]
    assert isinstance(read_file(data, "x.xlsx", BY_YEAR), PersonRecords)


def test_days_below_a_column_of_counts_are_those_of_persons() -> None:
    def change(sheet: Worksheet) -> None:
        for row in range(2, 50):
            sheet.cell(row, 4).number_format = "dd.mm.yyyy"
        for row in range(60, 80):
            sheet.cell(row, 4, 38_000 + 7_919 * row * row % 6_500).number_format = "dd.mm.yyyy"

    assert isinstance(read_file(xlsx(change, rows=_COUNTS), "x.xlsx", BY_YEAR), PersonRecords)


def test_a_sheet_that_could_not_be_looked_at_says_so() -> None:
    def declared(content: bytes) -> bytes:
        return content.replace(b"<worksheet", b"<!DOCTYPE x [<!ENTITY a 'A'>]><worksheet")

    data = with_parts(_with_format("0,")[0], {SHEET: declared})
    table = table_of(data, BY_YEAR)
    assert told(table) == [("reader_unseen", "Daten", "warning")]
    assert ".xlsx" in findings_of(table)[0].fix().in_language("de")


# --- fonts -----------------------------------------------------------------------------------------------------------------------------


def _styled(font: Font, fill: PatternFill | None = None, addresses: Sequence[str] = ("D3",)) -> bytes:
    def change(sheet: Worksheet) -> None:
        for address in addresses:
            sheet[address].font = font
            if fill is not None:
                sheet[address].fill = fill

    return xlsx(change)


def _fill(colour: Color | str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def _xls_styled(styling: str) -> bytes:
    return xls(style=lambda row, column: xlwt.easyxf(styling) if (row, column) == (2, 3) else xlwt.XFStyle())


def _ods_styled(text: str, cell: str = "", parent: str = "") -> bytes:
    """The delivery as .ods, one cell of it in a style with these properties, given by a style that it comes from where `parent` is."""
    said = f"<style:text-properties {text}/><style:table-cell-properties {cell}/>"
    styles = f'<style:style style:name="base" style:family="table-cell">{said if parent else ""}</style:style>'
    own = f'<style:style style:name="ce1" style:family="table-cell" style:parent-style-name="base">{"" if parent else said}</style:style>'
    return ods(
        lambda row, column, value: ods_cell(value, 'table:style-name="ce1"' if (row, column) == (2, 3) else ""),
        styles=styles + own,
    )


def _struck_text(row: int, column: int, value: object) -> str:
    inside = f'<text:p><text:span text:style-name="T1">{value}</text:span></text:p>'
    return ods_cell(value, inside=inside) if (row, column) == (2, 3) else ods_cell(value)


_STRUCK_SPAN = '<style:style style:name="T1" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>'
_TEXTS = [(*row[:3], str(row[3]), row[4]) for row in RECORDS]
_STRUCK = {
    "xlsx": lambda: _styled(Font(strike=True)),
    "xlsx, bold and red": lambda: _styled(Font(strike=True, bold=True, color="FFFF0000")),
    "xlsx, one run": lambda: xlsx(lambda sheet: sheet.__setitem__("D3", rich(("1100", "struck")))),
    "xls": lambda: _xls_styled("font: struck_out on"),
    "ods": lambda: _ods_styled('style:text-line-through-style="solid"'),
    "ods, by type": lambda: _ods_styled('style:text-line-through-type="single"'),
    "ods, inherited": lambda: _ods_styled('style:text-line-through-style="solid"', parent="yes"),
    "ods, one span": lambda: ods(_struck_text, styles=_STRUCK_SPAN, rows=_TEXTS),
}


@pytest.mark.parametrize("how", _STRUCK)
def test_a_number_that_is_struck_out_is_an_error_of_its_unit_and_year(how: str) -> None:
    table = table_of(_STRUCK[how](), BY_YEAR)
    (finding,) = findings_of(table)
    assert (finding.kind, finding.cell, finding.severity, finding.unit_id) == ("reader_struck", "Daten!D3", "error", "05911000")
    assert "1100 durchgestrichen" in finding.message().in_language("de")
    assert table.values("leavers").to_pylist() == LEAVERS


def test_a_row_that_is_struck_out_is_said_once_a_column_of_numbers_and_a_key_alone_is_said_too() -> None:
    row = table_of(_styled(Font(strike=True), None, [f"{column}3" for column in "ABCDE"]), BY_YEAR)
    assert [(kind, cell) for kind, cell, _ in told(row)] == [("reader_struck", "Daten!D3"), ("reader_struck", "Daten!E3")]
    key = table_of(_styled(Font(strike=True), None, ["A3"]), BY_YEAR)
    assert told(key) == [("reader_struck", "Daten!A3", "error")]


_OF_GROUND = {
    "xlsx, rgb": lambda: _styled(Font(color="FFFFFFFF")),
    "xlsx, nearly white": lambda: _styled(Font(color="FFFAFAFA")),
    "xlsx, theme": lambda: _styled(Font(color=Color(theme=0))),
    "xlsx, theme a little darker": lambda: _styled(Font(color=Color(theme=0, tint=-0.05))),
    "xlsx, indexed": lambda: _styled(Font(color=Color(indexed=9))),
    "xlsx, white on a white filling": lambda: _styled(Font(color="FFFFFFFF"), _fill(Color(theme=0))),
    "xlsx, on a filling of its colour": lambda: _styled(Font(color="FF1F4E78"), _fill("FF1F4E78")),
    "xlsx, on a filling of its theme": lambda: _styled(Font(color=Color(theme=4)), _fill(Color(theme=4))),
    "xls": lambda: _xls_styled("font: colour white"),
    "xls, on a filling": lambda: _xls_styled("font: colour red; pattern: pattern solid, fore_colour red"),
    "ods": lambda: _ods_styled('fo:color="#ffffff"'),
    "ods, inherited": lambda: _ods_styled('fo:color="#FFFFFF"', parent="yes"),
    "ods, on a filling": lambda: _ods_styled('fo:color="#1f4e78"', 'fo:background-color="#1f4e78"'),
}


@pytest.mark.parametrize("how", _OF_GROUND)
def test_a_number_in_the_colour_of_its_ground_is_an_error_of_its_unit_and_year(how: str) -> None:
    table = table_of(_OF_GROUND[how](), BY_YEAR)
    (finding,) = findings_of(table)
    about = (finding.kind, finding.cell, finding.severity, finding.unit_id, finding.allowed)
    assert about == ("reader_font_of_ground", "Daten!D3", "error", "05911000", "1")
    assert table.values("leavers").to_pylist() == LEAVERS


_PLAIN = {
    "xlsx, bold": lambda: _styled(Font(bold=True, strike=False)),
    "xlsx, white on blue": lambda: _styled(Font(color="FFFFFFFF"), _fill("FF1F4E78")),
    "xlsx, theme white on theme blue": lambda: _styled(Font(color=Color(theme=0)), _fill(Color(theme=4))),
    "xlsx, grey on white": lambda: _styled(Font(color="FF808080")),
    "xlsx, grey theme": lambda: _styled(Font(color=Color(theme=0, tint=-0.5))),
    "xlsx, black on yellow": lambda: _styled(Font(color=Color(theme=1)), _fill("FFFFFF00")),
    "xlsx, a pattern": lambda: _styled(Font(color="FFFFFFFF"), PatternFill("darkGrid", fgColor="FF000000")),
    "xlsx, titles and empty cells": lambda: _styled(Font(strike=True, color="FFFFFFFF"), None, ("D1", "F2", "D9")),
    "xls": lambda: _xls_styled("font: bold on, colour white; pattern: pattern solid, fore_colour dark_blue"),
    "ods": lambda: _ods_styled('fo:color="#ffffff" style:text-line-through-style="none"', 'fo:background-color="#1f4e78"'),
    "ods, transparent": lambda: _ods_styled('fo:color="#000000"', 'fo:background-color="transparent"'),
}


@pytest.mark.parametrize("how", _PLAIN)
def test_a_font_that_lets_the_number_be_seen_is_no_finding(how: str) -> None:
    table = table_of(_PLAIN[how](), BY_YEAR)
    assert (table.values("leavers").to_pylist(), findings_of(table)) == (LEAVERS, [])


def test_a_whole_column_that_nobody_sees_is_one_error() -> None:
    data = _styled(Font(color="FFFFFFFF"), None, [f"D{row}" for row in range(2, 6)])
    assert [(f.kind, f.allowed, f.unit_id) for f in findings_of(table_of(data, BY_YEAR))] == [
        ("reader_font_of_ground", "4", None)
    ]


# --- conditional formats, zeros --------------------------------------------------------------------------------------------------------

_WITH_ZERO = [*RECORDS[:-1], ("05913000", 2016, "w", 0, 4.5)]


def _ruled(rule: Rule, area: str = "D2:D5", rows: Sequence[Sequence[object]] = RECORDS) -> ParsedTable:
    return table_of(xlsx(lambda sheet: sheet.conditional_formatting.add(area, rule), rows=rows), BY_YEAR)


def _format(code: str) -> DifferentialStyle:
    return DifferentialStyle(numFmt=NumberFormat(numFmtId=200, formatCode=code))


def _when(operator: str, limits: Sequence[str], style: DifferentialStyle) -> Rule:
    return Rule(type="cellIs", operator=operator, formula=list(limits), dxf=style)  # type: ignore[arg-type]


def _formula(formula: str, style: DifferentialStyle) -> Rule:
    return Rule(type="expression", formula=[formula], dxf=style)


_UNSEEN_FONT = DifferentialStyle(font=Font(color="FFFFFFFF"))
_RULED: dict[str, tuple[Rule, str, str, str]] = {
    "thousands": (_when("greaterThan", ["0"], _format("0,")), "reader_format_number", "D2", "4 × 0,"),
    "nothing": (_when("between", ["1100", "1200"], _format(";;;")), "reader_format_hidden", "D2", "2 × ;;;"),
    "a unit": (_when("notEqual", ["1200"], _format('0" T€"')), "reader_format_unit", "D3", '3 × 0" T€"'),
    "by a formula about the cell": (_formula("D2>1350", _format(";;;")), "reader_format_hidden", "D5", "1 × ;;;"),
    "white": (_when("lessThan", ["1200"], _UNSEEN_FONT), "reader_font_of_ground", "D3", "1"),
    "struck out": (_when("equal", ["1300"], DifferentialStyle(font=Font(strike=True))), "reader_struck", "D4", "1"),
    "by another cell": (_formula("$F$1=1", _format(";;;")), "reader_format_conditional", "D2", "4"),
    "white by another cell": (_formula("E2>5", _UNSEEN_FONT), "reader_format_conditional", "D2", "4"),
    "a bar alone": (DataBarRule("min", None, "max", None, "FF638EC6", showValue=False), "reader_format_hidden", "D2", "4 × ;;;"),
    "signs alone": (IconSetRule("3Arrows", "percent", [0, 33, 67], showValue=False), "reader_format_hidden", "D2", "4 × ;;;"),
}


@pytest.mark.parametrize("how", _RULED)
def test_a_conditional_format_that_shows_a_number_otherwise_is_named(how: str) -> None:
    rule, kind, cell, allowed = _RULED[how]
    table = _ruled(rule)
    findings = findings_of(table)
    assert {(f.kind, f.cell, f.allowed) for f in findings} == {(kind, f"Daten!{cell}", allowed)}
    assert {str(f.severity) for f in findings} == {"warning" if kind == "reader_format_conditional" else "error"}
    assert table.values("leavers").to_pylist() == LEAVERS


@pytest.mark.parametrize(
    ("rule", "area"),
    [
        (_when("greaterThan", ["0"], DifferentialStyle(font=Font(color="FFFF0000", bold=True))), "D2:D5"),
        (
            _when("greaterThan", ["0"], DifferentialStyle(font=Font(color="FFFFFFFF"), fill=PatternFill(bgColor="FFC00000"))),
            "D2:D5",
        ),
        (_when("greaterThan", ["0"], DifferentialStyle(border=Border(left=Side("thin", color="FFFFFFFF")))), "D2:D5"),
        (_when("greaterThan", ["0"], _format("#,##0.00")), "D2:D5"),
        (_when("equal", ["0"], _format(";;;")), "D2:D5"),
        (_when("equal", ["0"], _UNSEEN_FONT), "D2:D5"),
        (_formula("D2=0", _UNSEEN_FONT), "D2:D5"),
        (_when("greaterThan", ["0"], _format(";;;")), "F2:G5"),
        (_formula("MOD(ROW(),2)=0", DifferentialStyle(fill=PatternFill(bgColor="FFDDEBF7"))), "A1:E5"),
        (DataBarRule("min", None, "max", None, "FF638EC6"), "D2:D5"),
        (ColorScaleRule("min", None, "FFF8696B", "max", None, "FF63BE7B"), "D2:D5"),
    ],
)
def test_a_conditional_format_that_shows_the_number_is_no_finding(rule: Rule, area: str) -> None:
    assert told(_ruled(rule, area)) == []


def test_a_zero_that_is_hidden_under_a_condition_is_a_warning() -> None:
    for rule in (_when("equal", ["0"], _UNSEEN_FONT), _formula("D2=0", _UNSEEN_FONT)):
        assert told(_ruled(rule, rows=_WITH_ZERO)) == [("reader_zero_unseen", "Daten!D5", "warning")]
    hidden = _ruled(_when("equal", ["0"], _format("0;-0;;@")), rows=_WITH_ZERO)
    assert told(hidden) == [("reader_format_no_zero", "Daten!D5", "warning")]


def _view(name: str, shown: str, *, of_sheet: str = "") -> str:
    item = f'<config:config-item config:name="{name}" config:type="boolean">{shown}</config:config-item>'
    table = f'<config:config-item-map-named config:name="Tables"><config:config-item-map-entry config:name="{of_sheet}">{item}</config:config-item-map-entry></config:config-item-map-named>'
    inner = table if of_sheet else item
    return (
        '<s xmlns:config="c"><config:config-item-map-indexed config:name="Views">'
        f"<config:config-item-map-entry>{inner}</config:config-item-map-entry></config:config-item-map-indexed></s>"
    )


def _zeros_hidden(rows: Sequence[Sequence[object]], *, shown: bool = False) -> dict[str, bytes]:
    """The delivery, whose view shows no zeros, or shows them."""

    def view(sheet: Worksheet) -> None:
        sheet.sheet_view.showZeros = shown

    def in_xls(_: xlwt.Workbook, sheet: xlwt.Worksheet) -> None:
        sheet.show_zero_values = int(shown)

    said = str(shown).lower()
    return {
        "xlsx": xlsx(view, rows=rows),
        "xls": xls(in_xls, rows=rows),
        "ods": with_parts(ods(rows=rows), {}, {"settings.xml": _view("ShowZeroValues", said)}),
        "ods, of the sheet": with_parts(ods(rows=rows), {}, {"settings.xml": _view("ShowZeroValues", said, of_sheet="Daten")}),
    }


@pytest.mark.parametrize("how", _zeros_hidden(RECORDS))
def test_zeros_that_the_view_of_the_sheet_does_not_show_are_a_warning(how: str) -> None:
    table = table_of(_zeros_hidden(_WITH_ZERO)[how], BY_YEAR)
    (finding,) = findings_of(table)
    assert (finding.kind, finding.cell, finding.severity, finding.allowed) == ("reader_zero_unseen", "Daten!D5", "warning", "1")
    assert table.values("leavers").to_pylist() == [*LEAVERS[:-1], 0]
    assert told(table_of(_zeros_hidden(RECORDS)[how], BY_YEAR)) == []
    assert told(table_of(_zeros_hidden(_WITH_ZERO, shown=True)[how], BY_YEAR)) == []


def test_the_view_of_another_sheet_says_nothing() -> None:
    other = with_parts(ods(rows=_WITH_ZERO), {}, {"settings.xml": _view("ShowZeroValues", "false", of_sheet="Notizen")})
    assert told(table_of(other, BY_YEAR)) == []


# --- merged ----------------------------------------------------------------------------------------------------------------------------


def _merged(block: str) -> Callable[[Worksheet], None]:
    return lambda sheet: sheet.merge_cells(block)


@pytest.mark.parametrize("block", ["D2:D3", "D3:D5", "D2:E2", "D2:E3"])
def test_one_number_for_several_cells_is_an_error_and_counts_for_none_but_the_first(block: str) -> None:
    table = table_of(xlsx(_merged(block)), BY_YEAR)
    found = [f for f in findings_of(table) if f.kind == "reader_merged_measure"]
    assert {(f.cell, f.severity, f.allowed) for f in found} == {(f"Daten!{block[:2]}", "error", block)}
    first = int(block[1]) - 2
    values = table.values("leavers").to_pylist()
    assert values[first] == LEAVERS[first]
    assert values[first + 1] == (None if block[-1] > block[1] else LEAVERS[first + 1])


@pytest.mark.parametrize("block", ["A2:A3", "B2:B5", "A2:B3"])
def test_keys_may_be_merged(block: str) -> None:
    table = table_of(xlsx(_merged(block)), BY_YEAR)
    if block != "A2:B3":
        assert table.values("unit_id").to_pylist() == [row[0] for row in RECORDS]
        assert table.values("year").to_pylist() == [2016] * 4
    assert "reader_merged_measure" not in {kind for kind, _, _ in told(table)}


def test_merged_titles_notes_and_empty_cells_are_no_numbers() -> None:
    def change(sheet: Worksheet) -> None:
        sheet["A7"] = "Hinweis: vorläufig"
        sheet.merge_cells("A7:E8")
        sheet["D4"] = sheet["D5"] = None
        sheet.merge_cells("D4:D5")
        sheet.merge_cells("E1:F1")

    assert "reader_merged_measure" not in {kind for kind, _, _ in told(table_of(xlsx(change), BY_YEAR))}


def test_merged_measures_of_an_ods_and_an_xls() -> None:
    def cell(row: int, column: int, value: object) -> str:
        if (row, column) == (2, 3):
            return "<table:covered-table-cell/>"
        return ods_cell(
            value, 'table:number-rows-spanned="2" table:number-columns-spanned="1"' if (row, column) == (1, 3) else ""
        )

    merged = xls(lambda book, sheet: sheet.write_merge(1, 2, 3, 3, 1200), left_out=frozenset([(1, 3), (2, 3)]))
    for data in (ods(cell), merged):
        table = table_of(data, BY_YEAR)
        assert ("reader_merged_measure", "Daten!D2", "error") in told(table)
        assert table.values("leavers").to_pylist() == [1200, None, *LEAVERS[2:]]


# --- formulas without a result --------------------------------------------------------------------------------------------------------


FILLED = replace(LEAVERS_BY_YEAR, rules=(ContractRule("leavers.not_null", "not_null", Severity.ERROR, {"column": "leavers"}),))


def _with_formula(sheet: Worksheet) -> None:
    sheet["D3"] = "=D2+1"


@pytest.mark.parametrize(
    "data",
    [
        xlsx(_with_formula),
        ods(
            lambda row, column, value: (
                '<table:table-cell table:formula="of:=[.D2]+1"/>' if (row, column) == (2, 3) else ods_cell(value)
            )
        ),
    ],
    ids=["xlsx", "ods"],
)
def test_a_formula_of_which_the_file_keeps_no_result_is_called_so_and_not_empty(data: bytes) -> None:
    table = table_of(data, {FILLED.id: FILLED})
    assert told(table) == [("reader_formula_without_result", "Daten!D3", "error")]
    assert table.values("leavers").to_pylist() == [LEAVERS[0], None, *LEAVERS[2:]]
    assert judge_file(table, FILLED, {}).findings.column("kind").to_pylist() == ["reader_formula_without_result"]


@pytest.mark.parametrize("result", ["<v>121</v>", "<v>0</v>"])
def test_a_formula_with_a_result_is_a_number(result: str) -> None:
    def computed(sheet: bytes) -> bytes:
        return re.sub(rb"<f>D2\+1</f><v\s*/>|<f>D2\+1</f><v></v>", b"<f>D2+1</f>" + result.encode(), sheet)

    table = table_of(with_parts(xlsx(_with_formula), {"xl/worksheets/sheet1.xml": computed}), {FILLED.id: FILLED})
    assert told(table) == []
    assert table.values("leavers").to_pylist()[1] == float(result[3:-4])


# --- error values ----------------------------------------------------------------------------------------------------------------------

_FAULT_OF_ODS = (
    '<table:table-cell xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
    'table:formula="of:=NA()" office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>{}</text:p></table:table-cell>'
)


def _with_fault(how: str, fault: str) -> bytes:
    if how == "ods":
        return ods(lambda row, column, value: _FAULT_OF_ODS.format(fault) if (row, column) == (2, 3) else ods_cell(value))
    code = next(code for code, text in xlrd.error_text_from_code.items() if text == fault)
    return xls(lambda book, sheet: sheet.row(2).set_cell_error(3, code), left_out=frozenset([(2, 3)]))


@pytest.mark.parametrize(
    ("how", "fault"),
    [("ods", "#N/A"), ("ods", "Err:502"), ("ods", "#DIV/0!"), ("xls", "#N/A"), ("xls", "#DIV/0!"), ("xls", "#REF!")],
)
def test_an_error_value_is_called_so_in_every_format(how: str, fault: str) -> None:
    (finding,) = findings_of(table_of(_with_fault(how, fault), BY_YEAR))
    assert (finding.kind, finding.value, finding.row, finding.column) == ("reader_missing_no_symbol", fault, 3, 4)


# --- comments --------------------------------------------------------------------------------------------------------------------------


def _with_comment(how: str, said: str, row: int = 0, column: int = 3) -> bytes:
    if how == "xlsx":
        return xlsx(lambda sheet: setattr(sheet.cell(row + 1, column + 1), "comment", Comment(said, "Amt")))
    note = "<office:annotation><dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>Amt</dc:creator>{}</office:annotation>"
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in said.splitlines())

    def cell(at: int, beside: int, value: object) -> str:
        return (
            ods_cell(value, inside=f"{note.format(paragraphs)}<text:p>{value}</text:p>")
            if (at, beside) == (row, column)
            else ods_cell(value)
        )

    return ods(cell)


@pytest.mark.parametrize("how", ["xlsx", "ods"])
@pytest.mark.parametrize("said", ["Angaben in Tausend", "Amt:\nWerte in Tsd.", "Zahlen x 1.000", "Angaben in TE"])
def test_a_comment_that_speaks_of_a_scale_is_heard(how: str, said: str) -> None:
    table = table_of(_with_comment(how, said), BY_YEAR)
    (finding,) = findings_of(table)
    assert (finding.severity, finding.row, finding.column, finding.field) == ("error", 1, 4, "leavers")
    assert finding.value == said.splitlines()[-1]


@pytest.mark.parametrize("how", ["xlsx", "ods"])
@pytest.mark.parametrize(
    "said", ["Amt:\nWert berichtigt", "ab 1.000 Einwohnern", "vorläufig, bitte prüfen", "Quote siehe Spalte E", "Stand 2016"]
)
def test_another_comment_says_nothing(how: str, said: str) -> None:
    assert findings_of(table_of(_with_comment(how, said), BY_YEAR)) == []
    assert findings_of(table_of(_with_comment(how, said, 2, 0), BY_YEAR)) == []


# --- hidden rows -----------------------------------------------------------------------------------------------------------------------


def _rows_hidden() -> dict[str, bytes]:
    rows = (*RECORDS, *ADDED)

    def hidden(sheet: Worksheet) -> None:
        sheet.row_dimensions[6].hidden = sheet.row_dimensions[7].hidden = True

    def flat(content: bytes) -> bytes:
        return re.sub(rb'<row r="([67])"', rb"<row r='\1' ht='0' customHeight='1'", content)

    def filtered(sheet: Worksheet) -> None:
        hidden(sheet)
        sheet.auto_filter.ref = "A1:E7"
        sheet.auto_filter.add_filter_column(0, ["05911000", "05913000"])

    def outlined(sheet: Worksheet) -> None:
        sheet.row_dimensions.group(6, 7, hidden=True)

    def flat_in_xls(book: xlwt.Workbook, sheet: xlwt.Worksheet) -> None:
        for row in (5, 6):
            sheet.row(row).height_mismatch = True
            sheet.row(row).height = 10  # twips: half a point

    def in_xls(book: xlwt.Workbook, sheet: xlwt.Worksheet) -> None:
        sheet.row(5).hidden = sheet.row(6).hidden = True

    def quoted(content: bytes) -> bytes:
        return re.sub(rb'<row r="([67])"', rb"<row hidden = 'true' r='\1'", content)

    def with_group(content: bytes) -> bytes:
        found = [match.start() for match in re.finditer(rb"<table:table-row", content)]
        at = found[5]
        return (
            content[:at]
            + b'<table:table-row-group table:display="false">'
            + content[at:].replace(b"</table:table>", b"</table:table-row-group></table:table>")
        )

    return {
        "hidden": xlsx(hidden, rows=rows),
        "flat": with_parts(xlsx(rows=rows), {SHEET: flat}),
        "filtered": xlsx(filtered, rows=rows),
        "outlined": xlsx(outlined, rows=rows),
        "quoted": with_parts(xlsx(rows=rows), {SHEET: quoted}),
        "nearly_flat": with_parts(xlsx(rows=rows), {SHEET: lambda content: flat(content).replace(b"ht='0'", b"ht='0.5'")}),
        "xls": xls(in_xls, rows=rows),
        "xls_nearly_flat": xls(flat_in_xls, rows=rows),
        "ods_nearly_flat": ods(
            row=lambda number: 'table:style-name="flat"' if number > 4 else "",
            styles='<style:style style:name="flat" style:family="table-row"><style:table-row-properties style:row-height="0.018cm"/></style:style>',
            rows=rows,
        ),
        "ods": ods(row=lambda number: 'table:visibility="collapse"' if number > 4 else "", rows=rows),
        "ods_filtered": ods(row=lambda number: 'table:visibility="filter"' if number > 4 else "", rows=rows),
        "ods_grouped": with_parts(ods(rows=rows), {"content.xml": with_group}),
    }


@pytest.mark.parametrize("how", list(_rows_hidden()))
def test_hidden_rows_of_records_are_not_read_and_counted(how: str) -> None:
    table = table_of(_rows_hidden()[how], BY_YEAR)
    assert table.values("leavers").to_pylist() == LEAVERS
    (finding,) = findings_of(table)
    assert (finding.kind, finding.severity, finding.row) == ("reader_rows_hidden", "warning", 6)
    assert (finding.value, finding.allowed) == ("6, 7", "2")
    assert "6, 7" in finding.message().in_language("de")


def test_hidden_rows_without_records_say_nothing() -> None:
    def change(sheet: Worksheet) -> None:
        sheet["A7"] = "Quelle: Statistik"
        for row in (6, 7, 8, 900):
            sheet.row_dimensions[row].hidden = True

    table = table_of(xlsx(change), BY_YEAR)
    assert (table.values("leavers").to_pylist(), findings_of(table)) == (LEAVERS, [])


def test_of_two_headers_the_visible_one_holds_and_a_hidden_one_if_it_is_the_only() -> None:
    def two(sheet: Worksheet) -> None:
        sheet.insert_rows(1)
        for column, title in enumerate(("unit_id", "year", "sex", "leavers", "share_without"), start=1):
            sheet.cell(1, column, title)
        sheet.row_dimensions[1].hidden = True

    def one(sheet: Worksheet) -> None:
        sheet.row_dimensions[1].hidden = True

    for change, first in ((two, 3), (one, 2)):
        table = table_of(xlsx(change), BY_YEAR)
        assert (table.values("leavers").to_pylist(), findings_of(table)) == (LEAVERS, [])
        assert table.table["leavers__row"].to_pylist()[0] == first


def test_a_key_merged_over_a_hidden_row_counts_for_the_visible_ones() -> None:
    def change(sheet: Worksheet) -> None:
        sheet.merge_cells("A2:A3")
        sheet.row_dimensions[2].hidden = True

    table = table_of(xlsx(change), BY_YEAR)
    assert table.values("unit_id").to_pylist() == ["05911000", "05913000", "05913000"]
    assert table.values("leavers").to_pylist() == LEAVERS[1:]
    assert [kind for kind, _, _ in told(table)] == ["reader_rows_hidden"]


def test_a_table_whose_rows_are_all_hidden_says_so() -> None:
    def change(sheet: Worksheet) -> None:
        for row in range(2, 6):
            sheet.row_dimensions[row].hidden = True

    assert {kind for kind, _, _ in told(table_of(xlsx(change), BY_YEAR))} == {"reader_no_rows", "reader_rows_hidden"}


# --- hidden columns --------------------------------------------------------------------------------------------------------------------


def _beside(title: str | None, hidden: str = "D", values: Sequence[object] = (11, 12, 13, 14)) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet["F1"] = title
        for row, value in enumerate(values, start=2):
            sheet.cell(row, 6, value)
        sheet.column_dimensions[hidden].hidden = True

    return change


@pytest.mark.parametrize("title", ["Abgänge (berichtigt)", "Abgänge neu", "korrigiert", "Abgänge"])
def test_a_hidden_column_of_numbers_beside_a_visible_one_of_the_same_meaning_is_an_error(title: str) -> None:
    table = table_of(xlsx(_beside(title)), BY_YEAR)
    found = [f for f in findings_of(table) if f.kind == "reader_column_hidden"]
    assert [(f.cell, f.severity, f.value, f.allowed) for f in found] == [("Daten!D1", "error", "Abgänge", f"{title} (F1)")]
    assert {f.kind for f in findings_of(table) if f.severity == "error"} == {"reader_column_hidden"}


def test_a_hidden_year_beside_a_visible_one_is_an_error() -> None:
    table = table_of(xlsx(_beside("Jahr (neu)", "B", (2017, 2017, 2017, 2017))), BY_YEAR)
    assert ("reader_column_hidden", "Daten!B1", "error") in told(table)


@pytest.mark.parametrize(("title", "values"), [("Kommune", ("Bochum", "Bochum", "Dortmund", "Dortmund")), ("PLZ", (44787,) * 4)])
def test_hidden_keys_beside_names_are_usual(title: str, values: Sequence[object]) -> None:
    table = table_of(xlsx(_beside(title, "A", values)), BY_YEAR)
    assert (table.values("leavers").to_pylist(), findings_of(table)) == (LEAVERS, [])


def test_a_hidden_column_of_numbers_alone_is_read_with_a_warning_and_one_that_nobody_reads_says_nothing() -> None:
    alone = table_of(xlsx(_beside("Bemerkung", values=("a", "b", "c", "d"))), BY_YEAR)
    assert told(alone) == [("reader_column_hidden_read", "Daten!D1", "warning")]
    other = table_of(xlsx(_beside("Bäume", "F")), BY_YEAR)
    assert (other.values("leavers").to_pylist(), told(other)) == (LEAVERS, [])


def test_hidden_columns_of_an_ods_and_an_xls() -> None:
    rows = [(*row, number) for number, row in enumerate(RECORDS)]

    def cell(row: int, column: int, value: object) -> str:
        return ods_cell(value) + (ods_cell("Abgänge neu" if row == 0 else 7) if column == 4 else "")

    columns = (
        '<table:table-column table:number-columns-repeated="3"/><table:table-column table:visibility="collapse"/>'
        '<table:table-column table:number-columns-repeated="2"/>'
    )

    def change(book: xlwt.Workbook, sheet: xlwt.Worksheet) -> None:
        sheet.write(0, 5, "Abgänge neu")
        sheet.col(3).hidden = True

    for data in (ods(cell, columns=columns), xls(change, rows=rows)):
        assert ("reader_column_hidden", "Daten!D1", "error") in told(table_of(data, BY_YEAR))


def _wide(hidden: str, titles: Sequence[object] = ("AGS", "Geschlecht", 2015, 2016, 2017)) -> bytes:
    def change(sheet: Worksheet) -> None:
        sheet.delete_rows(1, 9)
        for row in (titles, ("05911000", "m", 1100, 9999, 1300), ("05911000", "w", 1000, 9999, 1200)):
            sheet.append(list(row))
        sheet.column_dimensions[hidden].hidden = True

    return xlsx(change)


def test_a_hidden_year_of_a_wide_table_is_not_read() -> None:
    table = table_of(_wide("D"), WIDE)
    assert table.years() == (2015, 2017)
    assert ("reader_column_hidden_not_read", "Daten!D1", "warning") in told(table)
    assert 9999 not in table.values("leavers").to_pylist()


def test_a_hidden_year_of_a_wide_table_beside_the_same_year_is_an_error() -> None:
    result = read_file(_wide("D", ("AGS", "Geschlecht", 2015, 2016, 2016)), "x.xlsx", WIDE)
    if not isinstance(result, Unclaimed):
        kinds = {kind for table in result.parsed for kind, _, severity in told(table) if severity == "error"}  # type: ignore[union-attr]
        assert kinds


# --- official workbooks ----------------------------------------------------------------------------------------------------------------


def _inkar(change: Callable[[Worksheet], None]) -> bytes:
    def fill(sheet: Worksheet) -> None:
        sheet.delete_rows(1, 9)
        label = "Schulabgänger ohne Abschluss"
        for row in (
            ("Kennziffer", "Raumeinheit", "Aggregat", label, label),
            (None, None, None, "2015", "2016"),
            ("05111", "Düsseldorf, Stadt", "Kreise", 5.1, 5.4),
            ("05112", "Duisburg, Stadt", "Kreise", 6.1, 6.4),
            ("09162", "München", "Kreise", 4.1, 4.4),
        ):
            sheet.append(list(row))
        change(sheet)

    return xlsx(fill)


@pytest.mark.parametrize(
    ("change", "kind", "n_values"),
    [
        (lambda sheet: setattr(sheet.row_dimensions[4], "hidden", True), "reader_rows_hidden", 2),
        (lambda sheet: setattr(sheet.column_dimensions["D"], "hidden", True), "reader_column_hidden_not_read", 2),
        (lambda sheet: sheet.merge_cells("D3:D4"), "reader_merged_measure", 4),
        (lambda sheet: setattr(sheet["E3"], "number_format", "0,"), "reader_format_number", 4),
        (lambda sheet: setattr(sheet["E3"], "number_format", '0.0" Tsd."'), "reader_format_unit", 4),
        (lambda sheet: setattr(sheet.row_dimensions[5], "hidden", True), None, 4),
        (lambda sheet: setattr(sheet.column_dimensions["A"], "hidden", True), None, 4),
        (lambda sheet: setattr(sheet["E3"], "number_format", "0.0"), None, 4),
    ],
)
def test_what_a_person_sees_of_a_workbook_of_inkar(change: Callable[[Worksheet], None], kind: str | None, n_values: int) -> None:
    table = table_of(_inkar(change), BY_YEAR)
    own = [f.kind for f in findings_of(table) if f.kind != "official_units_missing"]
    assert own == ([kind] if kind else [])
    assert table.table.num_rows == n_values


def test_a_hidden_table_of_inkar_beside_a_visible_one_is_named_and_not_read() -> None:
    def change(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        old = sheet.parent.copy_worksheet(sheet)
        old.title, old.sheet_state = "alt", "hidden"
        old["D3"] = 99.9

    table = table_of(_inkar(change), BY_YEAR)
    assert sorted(table.values("value").to_pylist()) == [5.1, 5.4, 6.1, 6.4]
    assert ("reader_sheet_hidden", "alt", "warning") in told(table)


# --- any layout ------------------------------------------------------------------------------------------------------------------------

_JUNK = ("05954012", 2017, "m", 99_999, 99.9)
_HARMLESS = ("General", "0", "#,##0", "0.0", "#,##0.00", '#,##0;-#,##0;"-"')


@settings(max_examples=30, deadline=None)
@given(
    records=st.lists(
        st.tuples(
            st.sampled_from(["05911000", "05913000", "05334002"]),
            st.integers(2006, 2019),
            st.sampled_from(["m", "w"]),
            st.integers(1, 99_999).filter(lambda count: count != 10),
            st.integers(11, 999).map(lambda tenths: tenths / 10),
        ),
        min_size=2,
        max_size=6,
    ),
    draw=st.data(),
    is_scaled=st.booleans(),
)
def test_a_table_is_read_back_unchanged_whatever_is_merged_hidden_raised_or_formatted(
    records: list[tuple[object, ...]], draw: st.DataObject, is_scaled: bool
) -> None:
    is_junk = [draw.draw(st.booleans()) for _ in records]  # whether a hidden row stands before the record
    rows = [row for record, junk in zip(records, is_junk, strict=True) for row in ((_JUNK, record) if junk else (record,))]
    places = [2 + number for number, row in enumerate(rows) if row is not _JUNK]

    def change(sheet: Worksheet) -> None:
        for number, row in enumerate(rows, start=2):
            sheet.row_dimensions[number].hidden = row is _JUNK
            for column in range(1, 6):
                sheet.cell(number, column).number_format = draw.draw(st.sampled_from(_HARMLESS))
            if is_scaled:
                sheet.cell(number, 4).number_format = "#,##0,"
            elif row is not _JUNK and draw.draw(st.booleans()):
                at = draw.draw(st.integers(1, 4))
                sheet.cell(number, at).value = rich((str(row[at - 1]), ""), (draw.draw(st.sampled_from("14a")), "superscript"))
        for above, below in pairwise(places):
            alike = rows[above - 2][0] == rows[below - 2][0] and below == above + 1
            if alike and not any(above in range(block.min_row, block.max_row + 1) for block in sheet.merged_cells.ranges):
                sheet.merge_cells(start_row=above, end_row=below, start_column=1, end_column=1)

    table = table_of(xlsx(change, rows=rows), BY_YEAR)
    for name, place in zip(("unit_id", "year", "sex", "leavers", "share_without"), range(5), strict=True):
        assert table.values(name).to_pylist() == [record[place] for record in records]
        assert table.table[name + "__row"].to_pylist() == places
    expected = {"reader_rows_hidden"} if any(is_junk) else set()
    assert {kind for kind, _, _ in told(table)} == expected | ({"reader_format_number"} if is_scaled else set())


# --- the files that were once read wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("B6.xlsx", [("reader_format_unit", "Tabelle1!E2", "error")]),
        ("D1.xlsx", [("reader_column_hidden", "Tabelle1!D1", "error")]),
        ("D2.xlsx", [("reader_rows_hidden", "Tabelle1!6:6", "warning")]),
        ("D3.xlsx", [("reader_rows_hidden", "Tabelle1!6:6", "warning")]),
        ("E1.xlsx", [("reader_merged_measure", "Tabelle1!D2", "error")]),
    ],
)
def test_cases_of_formats_hidden_and_merged_cells(name: str, expected: list[tuple[str, str, str]]) -> None:
    table = table_of((CASES / name).read_bytes(), shipped(), name)
    assert told(table) == expected
    assert (
        99999
        not in table.values(next(p.name for p in shipped()[table.contract_id].properties if p.role == "measure")).to_pylist()
    )
