"""What a workbook's container holds, looked at before it is opened: passwords, bombs, far-away cells. No cell is read for its value.

The reading library lays a sheet out as a full rectangle, so a single cell far away would cost all the memory there is.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable

import numpy as np

from kkz_eval.deliveries.workbook.parts import ODS_CONTENT, ODS_MANIFEST, Parts, XmlError, local, plain_name, stream
from kkz_eval.model.identifiers import column_number

MOST_CELLS = 5_000_000  # of a sheet, empty ones before the last filled cell included
MOST_BYTES = 1_000_000_000  # of all parts, unpacked
MOST_XML = 400_000_000  # bytes of the sheets and texts, unpacked: what MOST_CELLS cells take, and half as much again
MOST_TEXT = 1 << 20  # bytes of a text between two tags; a cell holds 32,767 characters
_MOST_PARTS = 10_000
_LEAST_RATIO = 1_100  # no part can unpack to more than this many times its size (deflate: 1,032)
_CHUNK = 1 << 20
_MOST_REPEATED = 1_000  # times that a filled cell or row of an .ods may be repeated
_CELLS_OF_ODS = frozenset(["table:table-cell", "table:covered-table-cell"])  # the reading library knows them by these names only

_LOCAL_HEADER = 30  # bytes before the name
_FIRST_PARTS = (  # of .xlsx and of .ods; one of them comes first in an archive that was cut off
    *("[content_types].xml", "_rels/", "docprops/", "xl/", "customxml/", "theme/"),
    *("mimetype", "meta-inf/", "content.xml", "styles.xml", "meta.xml", "settings.xml", "thumbnails/", "configurations2/"),
)
_KINDS_READ = ("worksheet", "sharedStrings", "styles")  # relations of the workbook to the parts that are read
_NAMES_READ = ("worksheets/", "sharedstrings", "styles")  # what such parts are called, whatever the relations say

_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\sr\s*=\s*[\"']([0-9]{1,9})[\"']")
_CELL = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,9})[\"']")
_WIDE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{2,3})[0-9]")
_NARROW = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z])[0-9]")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,9})")
_CELL_BEGINS = (b"<c ", b"<c>", b":c ", b":c>", b"<c\t", b"<c\n", b"<c\r")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # stream of [MS-OFFCRYPTO] 2.3.4.4
_ENTRY = 128  # bytes of an entry of the directory, which begins with the name ([MS-CFB] 2.6.1); sectors are multiples of it
_FREE = 0xFFFFFFFF  # in the table of sectors
_HEADER = 512  # bytes; the list of table sectors in it holds 109 entries
_STREAM, _ROOT = 2, 5  # types of entries that have sectors


def fault_of_archive(data: bytes) -> str | None:
    """Why a zipped workbook must not be opened: archive (of other files), binary_workbook (.xlsb), broken_workbook, protected_workbook or
    oversized_workbook; None where it may."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            if any(part.flag_bits & 0x1 for part in listed):
                return "protected_workbook"
            if len(listed) > _MOST_PARTS or (len(data) * _LEAST_RATIO > MOST_BYTES and _unpacked(archive, listed) > MOST_BYTES):
                return "oversized_workbook"
            return _fault_of_parts(Parts(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError, XmlError):
        name = plain_name(_first_name(data))
        return "archive" if name and not name.startswith(_FIRST_PARTS) else "broken_workbook"


def _first_name(data: bytes) -> str:
    """The name of the first part of an archive, by its local header (APPNOTE.TXT 4.3.7), be the archive whole or cut."""
    if len(data) < _LOCAL_HEADER:
        return ""
    (length,) = struct.unpack_from("<H", data, 26)
    return data[_LOCAL_HEADER : _LOCAL_HEADER + length].decode("utf-8", "replace")


def _unpacked(archive: zipfile.ZipFile, listed: Iterable[zipfile.ZipInfo]) -> int:
    """Size of all parts, unpacked, by what they say of themselves and, where that is little, by unpacking them up to the limit."""
    said = sum(part.file_size for part in listed)
    if said > MOST_BYTES:
        return said
    total = 0
    for part in listed:
        with archive.open(part) as opened:
            while chunk := opened.read(_CHUNK):
                total += len(chunk)
                if total > MOST_BYTES:
                    return total
    return total


def _fault_of_parts(parts: Parts) -> str | None:
    workbook = None if ODS_CONTENT in parts.named else parts.workbook
    if workbook is None and ODS_CONTENT not in parts.named:
        return "broken_workbook" if any(name.startswith(_FIRST_PARTS) for name in parts.named) else "archive"
    if workbook is not None and workbook.endswith(".bin"):
        return "binary_workbook"
    related = [] if workbook is None else parts.related(workbook)
    read = {relation.target for relation in related if relation.kind in _KINDS_READ} | {
        name for name in parts.named if name == ODS_CONTENT or any(word in name for word in _NAMES_READ)
    }
    if _is_swollen(parts, read):
        return "oversized_workbook"
    if workbook is None:
        if b"encryption-data" in parts.read(ODS_MANIFEST):
            return "protected_workbook"
        return "oversized_workbook" if any(_repeats_without_end(content) for content in parts.all_of(ODS_CONTENT)) else None
    sheets = {relation.target for relation in related if relation.kind == "worksheet"}
    if not sheets:
        return "broken_workbook"
    sheets |= {name for name in parts.named if "worksheets/" in name and name.endswith(".xml")}
    return "oversized_workbook" if any(_is_vast(sheet) for name in sheets for sheet in parts.all_of(name)) else None


def _is_swollen(parts: Parts, names: Iterable[str]) -> bool:
    """Whether the parts that are read, unpacked bit by bit, are larger than any table, or hold a text longer than any cell's."""
    total = 0
    for part in (part for name in names for part in parts.chunks(name)):
        since = 0  # bytes since the last tag began
        for chunk in part:
            total += len(chunk)
            tags = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == ord("<"))
            ends = np.concatenate([[-since], tags, [len(chunk)]])
            if total > MOST_XML or int(np.diff(ends).max()) > MOST_TEXT:
                return True
            since = len(chunk) - int(ends[-2])
    return False


def _is_vast(sheet: bytes) -> bool:
    """Whether the rectangle from A1 to the last filled cell of a sheet has more cells than any table.

    The tags alone tell at most how many it has; only where that is too many are the filled cells told from those with a format only.
    """
    return _most_cells(sheet) > MOST_CELLS and _filled_cells(sheet) > MOST_CELLS


def _most_cells(sheet: bytes) -> int:
    """At most how many cells the rectangle from A1 to the last cell of a sheet has (ECMA-376 part 1, 18.3.1.4 and 18.3.1.73)."""
    letters = set(_WIDE.findall(sheet)) or set(_NARROW.findall(sheet))
    widest = max((column_number(found.decode("ascii")) for found in letters), default=1)
    rows = max((int(found) for found in _ROW.findall(sheet)), default=0)
    n_cells = sum(map(sheet.count, _CELL_BEGINS))
    if rows * widest <= MOST_CELLS and n_cells > MOST_CELLS:
        return n_cells
    if len(sheet) < _CHUNK or widest > 26:  # the row of a cell may differ from that of its row
        rows = max(rows, max((int(row) for _, row in _CELL.findall(sheet)), default=0))
    return max(rows, n_cells // widest) * widest


def _filled_cells(sheet: bytes) -> int:
    """How many cells the rectangle from A1 to the last filled cell has; a cell without an address follows the one before it.

    A cell is filled by a value, if only by an empty text, as the reading library has it; a format alone fills none.
    """
    place, last = [0, 0], [0, 0]  # row and column, 1-based
    kind, inside = "n", ""

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal kind, inside
        inside = local(element)
        if inside == "row":
            place[:] = [int(attributes.get("r", place[0] + 1)), 0]
        elif inside == "c":
            address = _ADDRESS.fullmatch(attributes.get("r", ""))
            place[:] = (
                [place[0], place[1] + 1] if address is None else [int(address.group(2)), column_number(address.group(1).upper())]
            )
            kind = attributes.get("t", "n")
        elif inside == "is" or (inside == "v" and kind != "n"):
            last[:] = map(max, last, place)

    def text(_: str) -> None:
        if inside == "v":
            last[:] = map(max, last, place)

    stream(sheet, start, text=text)
    return last[0] * last[1]


def _repeats_without_end(content: bytes) -> bool:
    """Whether an .ods repeats a filled cell or row so often, or fills a cell so far away, that it can be no table.

    ODF 1.3 part 3, 19.675 (columns) and 19.680 (rows).
    """
    row, column, last_row, last_column = 0, 0, 0, 0  # of the cell at hand and of the last filled one, 1-based
    rows, columns, most = 1, 1, 1  # how often the row and the cell at hand, and any filled one, are repeated
    vast = False

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, last_row, last_column, rows, columns, most, vast
        is_filled = element == "text:p"
        if element in _CELLS_OF_ODS:
            columns = int(attributes.get("table:number-columns-repeated", 1))
            column += columns
            is_filled = any(attribute.startswith("office:") for attribute in attributes)
        elif element == "table:table-row":
            rows = int(attributes.get("table:number-rows-repeated", 1))
            row, column = row + rows, 0
        elif element == "table:table":
            vast |= last_row * last_column > MOST_CELLS
            row, column, last_row, last_column = 0, 0, 0, 0
        if is_filled:
            last_row, last_column, most = row, max(last_column, column), max(most, rows, columns)

    stream(content, start)
    return vast or last_row * last_column > MOST_CELLS or most > _MOST_REPEATED


def fault_of_compound(data: bytes) -> str | None:
    """Why a workbook in a compound file must not be opened: truncated_workbook or protected_workbook; None where it may."""
    if _is_truncated(data):
        return "truncated_workbook"
    return "protected_workbook" if _is_encrypted(data) else None


def _is_encrypted(data: bytes) -> bool:
    """Whether a compound file is the envelope of a workbook with a password."""
    n_entries = len(data) // _ENTRY
    entries = np.frombuffer(data, np.uint8, n_entries * _ENTRY).reshape(n_entries, _ENTRY)
    likely = np.flatnonzero(entries[:, 0] == _ENCRYPTED[0]).tolist()
    return any(data.startswith(_ENCRYPTED, entry * _ENTRY) for entry in likely)


def _is_truncated(data: bytes) -> bool:
    """Whether a container lacks a sector that its own table of sectors counts as used, or bytes of its last one that hold something.

    Layout: Microsoft, [MS-CFB] Compound File Binary File Format, 2.2 (header), 2.3 (FAT), 2.5 (DIFAT) and 2.6 (directory).
    """
    if len(data) < _HEADER:
        return True
    shift, n_tables = int(struct.unpack_from("<H", data, 30)[0]), int(struct.unpack_from("<I", data, 44)[0])
    if shift not in (9, 12):
        return False  # not this format: the library says what is wrong
    size = 1 << shift
    n_there = max(-(-len(data) // size) - 1, 0)  # sectors after the header's, the last one whole or not
    tables = struct.unpack_from("<109I", data, 76)[: min(n_tables, 109)]
    if any((table + 2) * size > len(data) for table in tables):
        return True
    following = np.concatenate(
        [np.frombuffer(data, "<u4", size // 4, (table + 1) * size) for table in tables] or [np.zeros(0, "<u4")]
    )
    if bool((following[n_there:] != _FREE).any()):
        return True
    odd = len(data) % size  # bytes of the last sector, where they do not fill it
    return 0 < n_there <= len(following) and 0 < odd < _bytes_used(data, size, [*map(int, following)], n_there - 1)


def _bytes_used(data: bytes, size: int, following: list[int], sector: int) -> int:
    """How many bytes of a sector hold something: 0 of a free one, the end of a stream in its last one, all of any other.

    A stream ends where its entry of the directory says; what follows in its sector is padding, which not every program writes.
    """
    if following[sector] == _FREE:
        return 0
    directory, _, least = struct.unpack_from("<III", data, 48)  # a shorter stream has no sectors of its own
    for place in _chain(following, int(directory)):
        for entry in range((place + 1) * size, min((place + 2) * size, len(data)) - _ENTRY + 1, _ENTRY):
            first, length = map(int, struct.unpack_from("<II", data, entry + 116))
            has_sectors = data[entry + 66] == _ROOT or (data[entry + 66] == _STREAM and length >= least)
            chain = _chain(following, first) if has_sectors else []
            if sector in chain:
                return min(max(length - chain.index(sector) * size, 0), size)
    return size


def _chain(following: list[int], first: int) -> list[int]:
    """The sectors of a stream in their order; no further than the table goes, and no longer."""
    chain: list[int] = []
    while first < len(following) and len(chain) < len(following):
        chain.append(first)
        first = following[first]
    return chain
