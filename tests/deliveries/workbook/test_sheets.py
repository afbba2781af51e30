"""Workbooks: cells at their true addresses, texts of cells, and what can't be opened."""

from __future__ import annotations

import io
import zipfile

import pytest
from contract_values import CONTRACTS

from kkz_eval.deliveries.reader import PersonRecords, Unclaimed, Unreadable, read_file
from kkz_eval.deliveries.workbook.sheets import Value, number_of, sheets, text_of

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _relationship(kind: str, target: str) -> str:
    one = f'<Relationship Id="rId1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{one}</Relationships>'


def xlsx(cells: dict[str, str]) -> bytes:
    """A workbook of one sheet with texts at the given addresses (in order of rows and columns)."""
    rows: dict[str, list[str]] = {}
    for address, text in cells.items():
        row = address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        rows.setdefault(row, []).append(f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>')
    data = "".join(f'<row r="{row}">{"".join(found)}</row>' for row, found in rows.items())
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": _relationship("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="Blatt" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relationship("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>',
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def test_a_cell_keeps_its_address_behind_empty_rows_and_columns() -> None:
    (sheet,) = sheets(xlsx({"C4": "erste", "D6": "letzte"}))
    assert sheet.name == "Blatt"
    filled = {
        (row, column): cell for row, cells in enumerate(sheet.rows, 1) for column, cell in enumerate(cells, 1) if cell != ""
    }
    assert filled == {(4, 3): "erste", (6, 4): "letzte"}


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [
        (12, "12", 12.0),
        (12.0, "12", 12.0),
        (6.82, "6.82", 6.82),
        ("", None, None),
        ("  ", None, None),
        ("-", "-", None),
        (True, "True", None),
    ],
)
def test_the_text_of_a_cell_is_the_shortest_that_gives_it_back(value: Value, text: str | None, number: float | None) -> None:
    assert (text_of(value), number_of(value)) == (text, number)


def test_records_of_persons_in_a_workbook_are_refused() -> None:
    assert isinstance(read_file(xlsx({"B3": "Nachname", "C3": "Vorname"}), "liste.xlsx", CONTRACTS), PersonRecords)


def test_a_workbook_of_unknown_columns_names_them() -> None:
    result = read_file(xlsx({"A1": "Bäume", "B1": "Bänke"}), "park.xlsx", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert "Bäume, Bänke" in result.in_language("en")


def test_a_truncated_archive_is_unreadable() -> None:
    data = xlsx({"A1": "Bäume", "B1": "Bänke"})
    for cut in range(5, len(data), len(data) // 30):
        result = read_file(data[:cut], "park.xlsx", CONTRACTS)
        assert isinstance(result, Unreadable), cut
        assert result.in_language("de")


def test_a_sheet_with_a_lost_cell_far_below_is_unreadable() -> None:
    result = read_file(xlsx({"A1": "eins", "K900000": "verirrt"}), "x.xlsx", CONTRACTS)
    assert isinstance(result, Unreadable)
    assert result.reason_code == "oversized_workbook"
