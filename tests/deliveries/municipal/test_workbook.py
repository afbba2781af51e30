"""Deliveries as workbooks: true addresses, several sheets, merged cells, numbers and dates as Excel keeps them."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace

import openpyxl
import pytest
from contract_values import CONTRACTS, SCHOOL_LEAVERS
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, PersonRecords, ReadResult, Unclaimed, Unreadable, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable

TITLES = ("AGS", "Abgangsjahr", "Geschlecht", "Abgänge", "Anteil ohne Abschluss")
BY_YEAR = {
    "schulabgaenge": replace(
        SCHOOL_LEAVERS, properties=tuple(replace(p, form="year") if p.name == "year" else p for p in SCHOOL_LEAVERS.properties)
    )
}


def workbook(**sheets: Callable[[Worksheet], None]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, fill in sheets.items():
        fill(book.create_sheet(name))
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def filled(*rows: tuple[object, ...], at: str = "A1", header: tuple[str, ...] = TITLES) -> Callable[[Worksheet], None]:
    def fill(sheet: Worksheet) -> None:
        top = sheet[at]
        for i, row in enumerate((header, *rows)):
            for j, value in enumerate(row):
                if value is not None:
                    sheet.cell(top.row + i, top.column + j, value)

    return fill


def read(data: bytes, contracts: Mapping[str, Contract] = CONTRACTS) -> ReadResult:
    return read_file(data, "lieferung.xlsx", contracts)


def parsed(data: bytes, contracts: Mapping[str, Contract] = CONTRACTS) -> ParsedTable:
    result = read(data, contracts)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def found(table: ParsedTable) -> list[Finding]:
    return list(iter_findings(table.findings))


def test_a_table_that_starts_at_c5_keeps_its_addresses() -> None:
    table = parsed(workbook(Daten=filled((5911000, "2015/16", "m", 12, 1.5), ("05913000", 2016, "w", "viele", "-"), at="C5")))
    assert table.values("unit_id").to_pylist() == ["05911000", "05913000"]
    assert table.texts("unit_id").to_pylist() == ["5911000", "05913000"]
    assert table.values("year").to_pylist() == [2016, 2016]
    assert table.values("leavers").to_pylist() == [12, None]
    assert table.values("share_without").to_pylist() == [1.5, None]
    assert table.flags("share_without").to_pylist() == [None, "-"]
    assert [(f.kind, f.cell, f.unit_id) for f in found(table)] == [("reader_number", "Daten!F7", "05913000")]
    assert table.table["__sheet"].to_pylist() == ["Daten", "Daten"]


@pytest.mark.parametrize("dash", ["–", "—", "−", "‐", "‑"])
def test_a_dash_of_any_width_is_the_sign_for_nothing_and_no_number(dash: str) -> None:
    table = parsed(workbook(Daten=filled((5911000, "2015/16", "m", f"{dash}5", dash))))
    assert table.flags("share_without").to_pylist() == ["-"]
    assert table.texts("share_without").to_pylist() == [dash], "as delivered"
    assert table.values("leavers").to_pylist() == [-5]
    assert found(table) == []


def test_cells_merged_over_rows_count_for_each_of_them_and_a_merged_header_is_one() -> None:
    def fill(sheet: Worksheet) -> None:
        filled((), ("05911000", 2016, "m", 1, 1.5), (None, None, "w", 2, 1.5), ("05913000", 2016, "m", 3, 1.5))(sheet)
        for column in range(1, 6):
            sheet.merge_cells(start_row=1, end_row=2, start_column=column, end_column=column)
        sheet.merge_cells("A3:A4")
        sheet.merge_cells("B3:B4")

    table = parsed(workbook(Daten=fill))
    assert table.values("unit_id").to_pylist() == ["05911000", "05911000", "05913000"]
    assert table.values("year").to_pylist() == [2016, 2016, 2016]
    assert table.table["unit_id__row"].to_pylist() == [3, 4, 5]
    assert found(table) == []


def test_sheets_of_one_contract_become_one_table_and_others_are_named_where_they_hold_data() -> None:
    data = workbook(
        Hinweise=filled(header=("Bitte beachten", "Stand 2016")),
        J2015=filled(("05911000", 2015, "m", 1, 1.5)),
        J2016=filled(("05911000", 2016, "m", 2, 1.5)),
        Anderes=filled(("05911000", 7, 8), header=("AGS", "Bäume", "Bänke")),
    )
    table = parsed(data)
    assert table.values("leavers").to_pylist() == [1, 2]
    assert table.table["__sheet"].to_pylist() == ["J2015", "J2016"]
    assert [(f.kind, f.cell, f.severity) for f in found(table)] == [("reader_sheet_unused", "Anderes", "warning")]


def test_a_hidden_sheet_is_named_and_not_read() -> None:
    def hidden(sheet: Worksheet) -> None:
        filled(("05911000", 2015, "m", 99, 1.5))(sheet)
        sheet.sheet_state = "hidden"

    table = parsed(workbook(Alt=hidden, Neu=filled(("05911000", 2016, "m", 1, 1.5))))
    assert table.values("leavers").to_pylist() == [1]
    assert [(f.kind, f.cell) for f in found(table)] == [("reader_sheet_hidden", "Alt")]


@pytest.mark.parametrize("row", [("05911000", 99), ("05911000", "99"), (5911000, 99)])
@pytest.mark.parametrize("state", ["hidden", "visible"])
def test_one_number_beside_a_key_is_data_however_both_are_typed(row: tuple[object, ...], state: str) -> None:
    def beside(sheet: Worksheet) -> None:
        filled(row, header=("AGS", "Bäume"))(sheet)
        sheet.sheet_state = state

    table = parsed(workbook(Neu=filled(("05911000", 2016, "m", 1, 1.5)), Alt=beside))
    assert [f.cell for f in found(table)] == ["Alt"]


def test_keys_with_names_are_no_data() -> None:
    table = parsed(workbook(Neu=filled(("05911000", 2016, "m", 1, 1.5)), Alt=filled((5911000, "Bochum"), header=("AGS", "Name"))))
    assert found(table) == []


def test_the_name_of_a_sheet_is_a_title() -> None:
    alike = {
        name: replace(SCHOOL_LEAVERS, id=name, title_de=f"Abgänge {name}", title_en=f"Leavers {name}")
        for name in ("eins", "zwei")
    }
    assert parsed(workbook(**{"Abgänge zwei": filled(("05911000", 2016, "m", 1, 1.5))}), alike).contract_id == "zwei"
    assert isinstance(read(workbook(Daten=filled(("05911000", 2016, "m", 1, 1.5))), alike), Unclaimed)


@pytest.mark.parametrize(
    ("value", "year", "kinds"),
    [
        (2016, 2016, []),
        (2016.0, 2016, []),
        (datetime.date(2016, 12, 31), 2016, []),
        (datetime.datetime(2016, 12, 31), 2016, []),
        (42735, 2016, ["reader_serial_date"]),
        (datetime.date(2017, 1, 1), None, ["reader_first_of_january"]),
        (0.5, None, ["reader_year"]),
        (True, None, ["reader_year"]),
    ],
)
def test_a_date_of_excel_tells_its_year(value: object, year: int | None, kinds: list[str]) -> None:
    table = parsed(workbook(Daten=filled(("05911000", value, "m", 1, 1.5))), BY_YEAR)
    assert table.values("year").to_pylist() == [year]
    assert [f.kind for f in found(table)] == kinds


def test_a_school_year_that_excel_made_a_date_of_is_a_finding() -> None:
    table = parsed(workbook(Daten=filled(("05911000", datetime.date(2026, 12, 11), "m", 1, 1.5))))
    (finding,) = found(table)
    assert (finding.rule, finding.kind, finding.cell) == ("reader_school_year", "reader_school_year_as_date", "Daten!B2")


def test_a_count_that_excel_made_a_date_of_is_a_finding() -> None:
    table = parsed(workbook(Daten=filled(("05911000", 2016, "m", datetime.date(2016, 5, 1), 1.5))))
    assert [(f.rule, f.kind, f.cell, f.value, f.allowed) for f in found(table)] == [
        ("reader_number", "reader_format_day", "Daten!D2", "2016-05-01", "42491")
    ]


def test_shares_that_excel_shows_as_percent_are_a_finding() -> None:
    rows = [("05911000", 2016, "m", 1, 0.123), ("05913000", 2016, "m", 1, 1)]
    assert [(f.kind, f.cell) for f in found(parsed(workbook(Daten=filled(*rows))))] == [("reader_percent_scale", "Daten!E2")]
    assert found(parsed(workbook(Daten=filled(*rows, ("05915000", 2016, "m", 1, 12.3))))) == []


def test_shares_that_may_be_per_cent_reject_every_unit_and_year_of_their_column() -> None:
    rows = [("05911000", 2016, "m", 1, 0.123), ("05913000", 2016, "m", 1, 0.2)]
    judged = judge_file(parsed(workbook(Daten=filled(*rows))), CONTRACTS["schulabgaenge"], {})
    assert {str(fate.status) for fate in judged.slices} == {"rejected"}


def test_the_finding_on_percent_says_what_to_deliver_instead() -> None:
    (finding,) = found(parsed(workbook(Daten=filled(("05911000", 2016, "m", 1, 0.123)))))
    assert "0.123" in finding.message().in_language("de")
    for said in ("Zähler und Nenner", "12,3 statt 0,123", "Zellformat"):
        assert said in finding.fix().in_language("de")
    assert "numerator and denominator" in finding.fix().in_language("en")


def test_numbers_written_as_text_are_read_in_the_style_of_the_other_texts() -> None:
    table = parsed(workbook(Daten=filled(("05911000", 2016, "m", "1.234", "12,5"), ("05913000", 2016, "m", 7, 12.5))))
    assert table.values("leavers").to_pylist() == [1234, 7]
    assert table.values("share_without").to_pylist() == [12.5, 12.5]
    assert found(table) == []


def test_totals_and_footnotes_of_a_sheet() -> None:
    rows = [("05911000", 2016, "m", 1, 2.5), ("05913000", 2016, "m", 2, 1.5), ("Summe", 2016, "m", 3, None), (), ("* vorläufig",)]
    table = parsed(workbook(Daten=filled(*rows)))
    assert table.values("leavers").to_pylist() == [1, 2]
    assert found(table) == []


def test_a_number_beside_the_table_is_a_finding() -> None:
    table = parsed(workbook(Daten=filled(("05911000", 2016, "m", 1, 1.5, None, 99))))
    assert [(f.kind, f.cell, f.value) for f in found(table)] == [("reader_long_row", "Daten!G2", "99")]


def test_a_macro_workbook_and_a_formula_are_read_by_what_they_last_showed() -> None:
    table = parsed(workbook(Daten=filled(("05911000", 2016, "m", "=1+1", 1.5))))
    assert table.values("leavers").to_pylist() == [None]  # never computed: nothing was shown
    assert table.texts("leavers").to_pylist() == [None]


def test_records_of_persons_on_any_sheet_are_refused() -> None:
    people = filled(("Meier", "Ida", 1), header=("Nachname", "Vorname", "Klasse"))

    def hidden(sheet: Worksheet) -> None:
        people(sheet)
        sheet.sheet_state = "veryHidden"

    for fill in (people, hidden):
        assert isinstance(read(workbook(Daten=filled(("05911000", 2016, "m", 1, 1.5)), Liste=fill)), PersonRecords)


def test_a_workbook_without_any_table_says_so() -> None:
    assert isinstance(read(workbook(Leer=lambda sheet: None)), Unreadable)


_RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["05911000", "05913000", "05334002", "05358"]),
        st.integers(2006, 2019),
        st.sampled_from(["m", "w", "total"]),
        st.one_of(st.integers(0, 99_999), st.just(".")),
        st.integers(0, 999).map(lambda tenths: tenths / 10 + 1),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(_RECORDS, st.integers(1, 19), st.integers(1, 30), st.booleans(), st.permutations(range(5)))
def test_a_table_at_any_place_is_read_back_with_its_addresses(
    records: list[tuple[object, ...]], top: int, left: int, as_numbers: bool, order: list[int]
) -> None:
    def fill(sheet: Worksheet) -> None:
        for j, place in enumerate(order):
            sheet.cell(top, left + j, TITLES[place])
            for i, record in enumerate(records):
                value = record[place]
                sheet.cell(top + 1 + i, left + j, int(str(value)) if as_numbers and place == 0 else value)

    table = parsed(workbook(Blatt=fill))
    for name, place in zip(("unit_id", "year", "sex", "leavers", "share_without"), range(5), strict=True):
        expected = [None if record[place] == "." else record[place] for record in records]
        assert table.values(name).to_pylist() == expected
        assert table.table[name + "__row"].to_pylist() == [top + 1 + i for i in range(len(records))]
        assert table.table[name + "__col"].to_pylist() == [left + order.index(place)] * len(records)
    assert found(table) == []


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_mangled_workbooks_never_raise(data: st.DataObject) -> None:
    whole = bytearray(_PLAIN)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    result = read(bytes(whole))
    assert isinstance(result, Claimed | Unclaimed | Unreadable | PersonRecords)
    if isinstance(result, Claimed):
        for table in result.parsed:
            assert table.table.schema.equals(SCHOOL_LEAVERS.schema)
    else:
        assert result.in_language("de")


_PLAIN = workbook(Daten=filled(*[(f"059{n:05d}", 2016, "m", n, 1.5) for n in range(11000, 11020)]))


def _ods(rows: str) -> bytes:
    """A spreadsheet of LibreOffice's format with one sheet `Daten`."""
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Daten">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def _ods_row(*cells: object) -> str:
    written = []
    for cell in cells:
        if isinstance(cell, datetime.date):
            written.append(f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}"/>')
        elif isinstance(cell, int | float):
            written.append(f'<table:table-cell office:value-type="float" office:value="{cell}"/>')
        elif cell is None:
            written.append("<table:table-cell/>")
        else:
            written.append(f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>')
    return f"<table:table-row>{''.join(written)}</table:table-row>"


def test_a_spreadsheet_of_libreoffice_is_read_with_its_addresses() -> None:
    empty = (
        '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="7"/></table:table-row>'
    )
    rows = [
        _ods_row(None, *TITLES),
        _ods_row(None, 5911000, datetime.date(2016, 12, 31), "m", 12, 1.5),
        _ods_row(None, "05913000", 2016, "w", "viele", "-"),
    ]
    table = parsed(_ods(empty + "".join(rows) + empty), BY_YEAR)
    assert table.values("unit_id").to_pylist() == ["05911000", "05913000"]
    assert table.values("year").to_pylist() == [2016, 2016]
    assert [(f.kind, f.cell) for f in found(table)] == [("reader_number", "Daten!E6")]
