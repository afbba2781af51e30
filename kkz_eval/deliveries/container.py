"""What a workbook's container holds, looked at before it is opened: passwords, bombs, far-away cells. No cell is read for its value.

The reading library lays a sheet out as a full rectangle, so a single cell far away would cost all the memory there is.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np

from kkz_eval.model.identifiers import column_number

MOST_CELLS = 5_000_000  # of a sheet, empty ones before the last filled cell included
MOST_BYTES = 1_000_000_000  # of all parts, unpacked
MOST_XML = 400_000_000  # bytes of the sheets and texts, unpacked: what MOST_CELLS cells take, and half as much again
MOST_TEXT = 1 << 20  # bytes of a text between two tags; a cell holds 32,767 characters
_MOST_PARTS = 10_000
_LEAST_RATIO = 1_100  # no part can unpack to more than this many times its size (deflate: 1,032)
_CHUNK = 1 << 20
_MOST_REPEATED = 1_000  # times that a filled cell or row of an .ods may be repeated

_LOCAL_HEADER = 30  # bytes before the name
_WORKBOOK_PARTS = (
    *("[Content_Types].xml", "_rels/", "docProps/", "xl/", "customXml/", "theme/"),  # .xlsx
    *(
        "mimetype",
        "META-INF/",
        "content.xml",
        "styles.xml",
        "meta.xml",
        "settings.xml",
        "Thumbnails/",
        "Configurations2/",
    ),  # .ods
)  # one of them comes first

_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\sr="([0-9]{1,9})"')
_CELL = re.compile(rb'\sr="([A-Za-z]{1,3})([0-9]{1,9})"')
_WIDE = re.compile(rb'\sr="([A-Za-z]{2,3})[0-9]')
_NARROW = re.compile(rb'\sr="([A-Za-z])[0-9]')
_REPEATED_CELL = re.compile(rb"<table:table-cell\b[^>]*number-columns-repeated=\"([0-9]{4,})\"[^>]*?(/?)>")
_REPEATED_ROW = re.compile(
    rb"<table:table-row\b[^>]*number-rows-repeated=\"([0-9]{4,})\"[^>]*>(.*?)</table:table-row>", re.DOTALL
)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # stream of [MS-OFFCRYPTO] 2.3.4.4
_ENTRY = 128  # bytes of an entry of the directory, which begins with the name ([MS-CFB] 2.6.1); sectors are multiples of it


def fault_of_archive(data: bytes) -> str | None:
    """Why a zipped workbook must not be opened: archive (of other files), broken_workbook, protected_workbook or oversized_workbook;
    None where it may."""
    name = _first_name(data)
    if name and not name.startswith(_WORKBOOK_PARTS):
        return "archive"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 0x1 for part in parts):
                return "protected_workbook"
            if len(parts) > _MOST_PARTS or (len(data) * _LEAST_RATIO > MOST_BYTES and _unpacked(archive, parts) > MOST_BYTES):
                return "oversized_workbook"
            return _fault_of_parts(archive, {part.filename for part in parts})
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError):
        return "broken_workbook"


def _first_name(data: bytes) -> str:
    """The name of the first part of an archive, by its local header (APPNOTE.TXT 4.3.7), be the archive whole or cut."""
    if len(data) < _LOCAL_HEADER:
        return ""
    (length,) = struct.unpack_from("<H", data, 26)
    return data[_LOCAL_HEADER : _LOCAL_HEADER + length].decode("utf-8", "replace")


def is_encrypted_compound(data: bytes) -> bool:
    """Whether a compound file is the envelope of a workbook with a password."""
    n_entries = len(data) // _ENTRY
    entries = np.frombuffer(data, np.uint8, n_entries * _ENTRY).reshape(n_entries, _ENTRY)
    likely = np.flatnonzero(entries[:, 0] == _ENCRYPTED[0]).tolist()
    return any(data.startswith(_ENCRYPTED, entry * _ENTRY) for entry in likely)


def _unpacked(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> int:
    """Size of all parts, unpacked, by what they say of themselves and, where that is little, by unpacking them up to the limit."""
    said = sum(part.file_size for part in parts)
    if said > MOST_BYTES:
        return said
    total = 0
    for part in parts:
        for chunk in _chunks(archive, part.filename):
            total += len(chunk)
            if total > MOST_BYTES:
                return total
    return total


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _fault_of_parts(archive: zipfile.ZipFile, names: set[str]) -> str | None:
    if _is_swollen(archive, [name for name in names if name == "content.xml" or name.startswith(_PARTS_READ)]):
        return "oversized_workbook"
    if "content.xml" in names:
        manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
        if b"encryption-data" in manifest:
            return "protected_workbook"
        return "oversized_workbook" if _is_repeated(archive.read("content.xml")) else None
    if "xl/workbook.xml" not in names:
        return "broken_workbook"
    sheets = [name for name in names if name.startswith("xl/worksheets/") and name.endswith(".xml")]
    return "oversized_workbook" if any(_extent(archive.read(name)) > MOST_CELLS for name in sheets) else None


_PARTS_READ = ("xl/worksheets/", "xl/sharedStrings")


def _is_swollen(archive: zipfile.ZipFile, names: list[str]) -> bool:
    """Whether the parts that are read, unpacked bit by bit, are larger than any table, or hold a text longer than any cell's."""
    total = 0
    for name in names:
        since = 0  # bytes since the last tag began
        for chunk in _chunks(archive, name):
            total += len(chunk)
            tags = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == ord("<"))
            ends = np.concatenate([[-since], tags, [len(chunk)]])
            if total > MOST_XML or int(np.diff(ends).max()) > MOST_TEXT:
                return True
            since = len(chunk) - int(ends[-2])
    return False


def _extent(sheet: bytes) -> int:
    """At most how many cells the rectangle from A1 to the last cell of a sheet has (ECMA-376 part 1, 18.3.1.4 and 18.3.1.73)."""
    letters = set(_WIDE.findall(sheet)) or set(_NARROW.findall(sheet))
    widest = max((column_number(found.decode("ascii")) for found in letters), default=1)
    rows = max((int(found) for found in _ROW.findall(sheet)), default=0)
    n_cells = sheet.count(b"<c ") + sheet.count(b":c ")
    if rows * widest <= MOST_CELLS and n_cells > MOST_CELLS:
        return n_cells
    if len(sheet) < _CHUNK or widest > 26:  # the row of a cell may differ from that of its row
        rows = max(rows, max((int(row) for _, row in _CELL.findall(sheet)), default=0))
    return max(rows, n_cells // widest) * widest


def _is_repeated(content: bytes) -> bool:
    """Whether an .ods repeats a filled cell or row so often that it can be no table (ODF 1.3 part 3, 19.675 and 19.680)."""
    for match in _REPEATED_CELL.finditer(content):
        if b"office:value" in match.group(0) and int(match.group(1)) > _MOST_REPEATED:
            return True
    return any(
        int(match.group(1)) > _MOST_REPEATED and (b"office:value" in match.group(2) or b"<text:p" in match.group(2))
        for match in _REPEATED_ROW.finditer(content)
    )
