"""Workbooks made for tests: a small delivery of one contract as .xlsx, .ods and .xls, whose XML or formats may be changed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import openpyxl
import xlwt
from contract_values import INKAR, SCHOOL_LEAVERS
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable

TITLES = ("AGS", "Jahr", "Geschlecht", "Abgänge", "Anteil ohne Abschluss")
LEAVERS_BY_YEAR = replace(
    SCHOOL_LEAVERS, properties=tuple(replace(p, form="year") if p.name == "year" else p for p in SCHOOL_LEAVERS.properties)
)
BY_YEAR: Mapping[str, Contract] = {INKAR.id: INKAR, LEAVERS_BY_YEAR.id: LEAVERS_BY_YEAR}
"""The contracts of these tests; the years of this one are years, not school years."""

WIDE: Mapping[str, Contract] = {
    SCHOOL_LEAVERS.id: replace(
        SCHOOL_LEAVERS,
        layouts=("municipal_text", "municipal_wide"),
        properties=tuple(p for p in LEAVERS_BY_YEAR.properties if p.name != "share_without"),
    )
}
"""The same with one measure, whose years may stand in titles."""

RECORDS: tuple[tuple[object, ...], ...] = (
    ("05911000", 2016, "m", 1200, 6.5),
    ("05911000", 2016, "w", 1100, 5.5),
    ("05913000", 2016, "m", 1300, 7.5),
    ("05913000", 2016, "w", 1400, 4.5),
)
SHEET = "xl/worksheets/sheet1.xml"
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in {
        **{name: name for name in ("office", "table", "text", "style", "meta")},
        "fo": "xsl-fo-compatible",
        "number": "datastyle",
    }.items()
)


def xlsx(change: Callable[[Worksheet], None] = lambda sheet: None, rows: Sequence[Sequence[object]] = RECORDS) -> bytes:
    """The table as .xlsx on one sheet `Daten`, header in row 1."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Daten"
    for row in (TITLES, *rows):
        sheet.append(list(row))
    change(sheet)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def with_parts(data: bytes, change: Mapping[str, Callable[[bytes], bytes]], added: Mapping[str, str] | None = None) -> bytes:
    """An archive with some parts changed and some added; each change must change something."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        assert set(change) <= set(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            if name in change:
                changed = change[name](content)
                assert changed != content
                content = changed
            new.writestr(name, content)
        for name, text in (added or {}).items():
            new.writestr(name, text)
    return out.getvalue()


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    """A change of all places of a text."""
    return lambda content: content.replace(old.encode(), new.encode())


def rich(*runs: tuple[str, str]) -> CellRichText:
    """A text for a cell from runs (text, superscript | subscript | struck | "")."""
    fonts = {"": None, "struck": InlineFont(strike=True)}
    return CellRichText(
        *(
            text if style == "" else TextBlock(fonts.get(style) or InlineFont(vertAlign=style), text)  # type: ignore[arg-type]
            for text, style in runs
        )
    )


def ods_cell(value: object, attributes: str = "", inside: str | None = None) -> str:
    """A cell of an .ods; inside: its XML in place of the text."""
    if value is None:
        return f"<table:table-cell {attributes}/>"
    if isinstance(value, int | float):
        return f'<table:table-cell {attributes} office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    text = f"<text:p>{value}</text:p>" if inside is None else inside
    return f'<table:table-cell {attributes} office:value-type="string">{text}</table:table-cell>'


def ods(
    cell: Callable[[int, int, object], str] = lambda row, column, value: ods_cell(value),
    *,
    row: Callable[[int], str] = lambda number: "",
    columns: str = "",
    styles: str = "",
    settings: str = "",
    rows: Sequence[Sequence[object]] = RECORDS,
) -> bytes:
    """The table as .ods on one sheet `Daten`. cell: XML of a cell by 0-based row and column; row: attributes of a row."""
    lines = "".join(
        f"<table:table-row {row(number)}>{''.join(cell(number, column, value) for column, value in enumerate(values))}</table:table-row>"
        for number, values in enumerate((TITLES, *rows))
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {SPACES} office:version="1.3">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>{settings}"
        f'<table:table table:name="Daten">{columns}{lines}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>',
        )
    return out.getvalue()


def xls(
    change: Callable[[xlwt.Workbook, xlwt.Worksheet], None] = lambda book, sheet: None,
    *,
    style: Callable[[int, int], xlwt.XFStyle] = lambda row, column: xlwt.XFStyle(),
    left_out: frozenset[tuple[int, int]] = frozenset(),
    rows: Sequence[Sequence[object]] = RECORDS,
) -> bytes:
    """The table as .xls on one sheet `Daten`. style: of each cell; left_out: 0-based places of cells that `change` writes."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Daten")
    for row, values in enumerate((TITLES, *rows)):
        for column, value in enumerate(values):
            if value is not None and (row, column) not in left_out:
                sheet.write(row, column, value, style(row, column))
    change(book, sheet)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def number_style(code: str) -> xlwt.XFStyle:
    """A style of .xls with a number format."""
    style = xlwt.XFStyle()
    style.num_format_str = code
    return style


def table_of(data: bytes, contracts: Mapping[str, Contract], name: str = "lieferung.xlsx") -> ParsedTable:
    """The one table that the contracts make of a file."""
    result = read_file(data, name, contracts)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def findings_of(table: ParsedTable) -> list[Finding]:
    """What the reader found."""
    return list(iter_findings(table.findings))
