"""Containers of workbooks that must not be opened: passwords, bombs, cells far away. All within bounded memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from contract_values import CASES, CONTRACTS, shipped

from kkz_eval.deliveries.reader import Claimed, Unreadable, read_file
from kkz_eval.deliveries.workbook import container
from kkz_eval.deliveries.workbook.sheets import sheets

_SHEET = "xl/worksheets/sheet1.xml"


def _xlsx(sheet: bytes | None = None) -> bytes:
    """A workbook of one sheet, whose XML may be replaced."""
    book = openpyxl.Workbook()
    book.active["A1"] = "AGS"  # type: ignore[index]
    saved = io.BytesIO()
    book.save(saved)
    if sheet is None:
        return saved.getvalue()
    return _with_parts(saved.getvalue(), {_SHEET: sheet})


def _with_parts(data: bytes, parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def _sheet_of(cells: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><dimension ref="A1"/><sheetData>{cells}</sheetData></worksheet>'.encode()


def _code(data: bytes) -> str:
    result = read_file(data, "mappe.xlsx", CONTRACTS)
    assert isinstance(result, Unreadable), result
    assert result.in_language("de").startswith("mappe.xlsx")
    assert result.in_language("en").startswith("mappe.xlsx")
    return result.reason_code


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>',  # the row of the cell is not that of its row
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="ZZ900000"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="Z1048576"><v>1</v></c></row>',
    ],
)
def test_a_cell_far_away_is_refused_before_the_sheet_is_laid_out(cells: str) -> None:
    assert _code(_xlsx(_sheet_of(cells))) == "oversized_workbook"


def test_a_million_empty_rows_are_no_table_and_cost_nothing() -> None:
    rows = "".join(f'<row r="{number}"/>' for number in range(1, 100_001))
    assert _code(_xlsx(_sheet_of(rows))) == "no_table"


def test_a_part_that_unpacks_to_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MOST_BYTES", 5_000_000)
    assert _code(_with_parts(_xlsx(), {"xl/media/bomb.bin": b"\0" * 6_000_000})) == "oversized_workbook"


def test_a_part_that_lies_about_its_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MOST_BYTES", 5_000_000)
    bomb = bytearray(_with_parts(_xlsx(), {"xl/media/bomb.bin": b"\0" * 6_000_000}))
    for position in range(len(bomb) - 4):
        if bomb[position : position + 4] == struct.pack("<I", 6_000_000):
            bomb[position : position + 4] = struct.pack("<I", 10)
    assert _code(bytes(bomb)) in ("oversized_workbook", "broken_workbook")


def test_entities_of_xml_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "AAAAAAAAAA"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + _sheet_of(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
    )
    assert _code(_xlsx(bomb)) in ("broken_workbook", "no_table")


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../etwas.txt", "x")
    assert _code(out.getvalue()) == "archive"


def test_an_encrypted_part_is_a_password() -> None:
    data = bytearray(_xlsx())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        offsets = [info.header_offset for info in archive.infolist()]
    for offset in offsets:
        data[offset + 6] |= 1
    start = bytes(data).find(b"PK\x01\x02")
    while start >= 0:
        data[start + 8] |= 1
        start = bytes(data).find(b"PK\x01\x02", start + 4)
    assert _code(bytes(data)) == "protected_workbook"


def test_the_envelope_of_a_workbook_with_a_password_says_so() -> None:
    assert _code(_compound(["EncryptionInfo", "EncryptedPackage"])) == "protected_workbook"


def _compound(names: list[str]) -> bytes:
    """A compound file with empty streams ([MS-CFB] 2.2, 2.3, 2.6): header, one table of sectors, one sector of the directory."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = b""
    for number, name in enumerate(["Root Entry", *names]):
        text = name.encode("utf-16-le") + b"\0\0"
        child = 1 if number == 0 else 0xFFFFFFFF
        right = number + 1 if 0 < number < len(names) else 0xFFFFFFFF
        directory += text.ljust(64, b"\0") + struct.pack(
            "<HBBIII", len(text), 5 if number == 0 else 2, 1, 0xFFFFFFFF, right, child
        )
        directory += bytes(36) + struct.pack("<IQ", 0xFFFFFFFE, 0)
    return header + table + directory.ljust(512, b"\0")


_ODS = '<office:spreadsheet><table:table table:name="T">{}</table:table></office:spreadsheet>'


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (
            '<table:table-row><table:table-cell table:number-columns-repeated="16000" office:value="1"/></table:table-row>',
            "oversized_workbook",
        ),
        (
            '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value="1"/></table:table-row>',
            "oversized_workbook",
        ),
        ('<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row>', None),
        ('<table:table-row><table:table-cell table:number-columns-repeated="16000"/></table:table-row>', None),
    ],
)
def test_a_filled_cell_repeated_without_end_is_refused(rows: str, fault: str | None) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", _ODS.format(rows))
    assert container.fault_of_archive(out.getvalue()) == fault


def test_a_good_workbook_has_no_fault() -> None:
    assert container.fault_of_archive(_xlsx()) is None


def test_a_text_longer_than_any_cell_is_refused_before_it_is_read() -> None:
    def with_text(length: int) -> bytes:
        return _xlsx(_sheet_of(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"a" * length}</t></is></c></row>'))

    assert container.fault_of_archive(with_text(container.MOST_TEXT + 1)) == "oversized_workbook"
    assert container.fault_of_archive(with_text(3 * (1 << 20))) == "oversized_workbook"
    assert container.fault_of_archive(with_text(32_767)) is None


def test_the_texts_of_a_workbook_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{"a" * 100}</t></is></c></row>' for row in range(1, 101))
    assert container.fault_of_archive(_xlsx(_sheet_of(cells))) is None
    monkeypatch.setattr(container, "MOST_XML", 10_000)
    assert container.fault_of_archive(_xlsx(_sheet_of(cells))) == "oversized_workbook"


@pytest.mark.parametrize("name", ["12411-0001_de_flat.csv", "Kreise/21111.csv"])
def test_an_archive_of_tables_is_to_be_unpacked(name: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "statistics_code;statistics_label\n")
    assert _code(out.getvalue()) == "archive"
    assert _code(out.getvalue()[:-30]) == "archive"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_table_is_to_be_unpacked(pack: Callable[[bytes], bytes]) -> None:
    assert _code(pack("AGS;Jahr;Köpfe\n".encode("cp1252"))) == "compressed"


def _renamed(data: bytes, rename: Callable[[str], str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(rename(name), old.read(name))
    return out.getvalue()


def _changed(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read(part)
    assert old in content
    return _with_parts(data, {part: content.replace(old, new)})


@pytest.mark.parametrize("name", ["I1.xls", "O1.xlsx", "O3.xlsx"])
def test_what_the_reading_library_reads_is_read(name: str) -> None:
    assert isinstance(read_file((CASES / name).read_bytes(), name, shipped()), Claimed)


_RELATIONS = "xl/_rels/workbook.xml.rels"


@pytest.mark.parametrize(
    "data",
    [
        _renamed(_xlsx(), lambda name: name.replace("/", "\\")),
        _renamed(_xlsx(), lambda name: name.upper() if name.startswith("xl") else name),
        _with_parts(_xlsx(), {"readme.txt": b"x"}),
        _changed(_xlsx(), "xl/workbook.xml", b'<calcPr calcId="124519" fullCalcOnLoad="1"', b"<calcPr"),
        _changed(_xlsx(), _RELATIONS, b'Target="/xl/worksheets/sheet1.xml"', b'Target="worksheets/sheet1.xml"'),
        _changed(_xlsx(), _RELATIONS, b'Target="/xl/worksheets/sheet1.xml"', b"Target='/XL/Worksheets/Sheet1.xml'"),
    ],
)
def test_names_of_parts_are_free_as_long_as_the_relations_find_them(data: bytes) -> None:
    (sheet,) = sheets(data)
    assert sheet.rows == [["AGS"]]


def test_parts_in_another_folder_are_found_and_bounded() -> None:
    def moved(data: bytes) -> bytes:
        data = _renamed(data, lambda name: name.replace("xl/", "mappe/").replace("worksheets/sheet1", "blatt"))
        data = _changed(data, "_rels/.rels", b"xl/workbook.xml", b"mappe/workbook.xml")
        return _changed(data, "mappe/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"/mappe/blatt.xml")

    assert [sheet.rows for sheet in sheets(moved(_xlsx()))] == [[["AGS"]]]
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="ZZ900000"><v>1</v></c></row>'
    assert _code(moved(_xlsx(_sheet_of(far)))) == "oversized_workbook"


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576" s="0"/></row>',
        '<row r="1048576"><c r="XFD1048576" s="0"></c></row>',
        '<row r="1048576"><c r="XFD1048576" s="0"><v></v></c></row>',
        '<row r="1048576" spans="1:16384" s="1" customFormat="1"><c r="A1048576" s="0" t="n" /><c s="0"/><c r="XFD1048576"/></row>',
        "<row r='1048576'><c r='XFD1048576' s='0'/></row>",
    ],
)
def test_a_cell_far_away_that_has_a_format_only_is_no_cell_of_the_table(far: str) -> None:
    cells = '<row r="1"><c r="A1" t="inlineStr"><is><t>AGS</t></is></c></row>'
    (sheet,) = sheets(_xlsx(_sheet_of(cells + far)))
    assert sheet.rows == [["AGS"]]


@pytest.mark.parametrize(
    "far",
    [
        "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        '<row r="1048576"><c r="XFD1048576" t="str"><f>A1</f><v></v></c></row>',
        '<row r="1048575"/><row>' + "<c/>" * 20 + '<c t="inlineStr"><is><t></t></is></c></row>',
        '<x:row xmlns:x="x" r="1048576"><x:c r = "XFD1048576"><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_however_a_filled_cell_far_away_is_written_it_is_refused(far: str) -> None:
    assert _code(_xlsx(_sheet_of('<row r="1"><c r="A1"><v>1</v></c></row>' + far))) == "oversized_workbook"


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (
            "<table:table-row table:number-rows-repeated='900000'><table:table-cell/></table:table-row>"
            "<table:table-row><table:table-cell table:number-columns-repeated='100'/><table:table-cell office:value='1'/>"
            "</table:table-row>",
            "oversized_workbook",
        ),
        (
            "<table:table-row table:number-rows-repeated='900'><table:table-cell table:number-columns-repeated='100'/></table:table-row>"
            "<table:table-row><table:table-cell><text:p>eins</text:p></table:table-cell></table:table-row>",
            None,
        ),
    ],
)
def test_a_filled_cell_of_an_ods_far_away_is_refused(rows: str, fault: str | None) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", _ODS.format(rows))
    assert container.fault_of_archive(out.getvalue()) == fault


def test_an_xls_that_lacks_padding_only_is_whole_and_one_that_lacks_a_byte_more_is_not() -> None:
    whole = Path(CASES / "I1.xls").read_bytes()
    for n in (1, 100, 512 - len(whole) % 512):
        assert container.fault_of_compound(whole + bytes(n)) is None
    for cut in (1, 2, len(whole) % 512, 512, 5_000):
        assert container.fault_of_compound(whole[:-cut]) == "truncated_workbook"


def test_a_binary_workbook_is_to_be_saved_otherwise() -> None:
    data = _renamed(_xlsx(), lambda name: name.replace("workbook.xml", "workbook.bin"))
    assert _code(_changed(data, "_rels/.rels", b"workbook.xml", b"workbook.bin")) == "binary_workbook"
