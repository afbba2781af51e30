"""From bytes to records of text: encoding, delimiter, quoting, with the row a spreadsheet program would show. No meaning of columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from kkz_eval.deliveries.text.misread import is_dos, misread

DELIMITERS = (";", "\t", ",")
MOST_COLUMNS = 16_384  # of a sheet in any spreadsheet program
HEAD = 20  # a header stands in the first 20 rows
SAMPLE = 500  # rows by whose values records of persons are known

_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_COMPRESSED = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
)  # gzip, bzip2, xz, 7z, rar, zstd
_TAB = np.uint8(9)
_LETTER_OF_UTF8 = re.compile(b"\xc3[\x84\x96\x9c\x9f\xa4\xb6\xbc]")  # ÄÖÜßäöü
_DECLARED = re.compile("sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)
_END_MARK = "\x1e"  # a control character: decode keeps it out of every decoded text
_PART = 1 << 18  # bytes looked at in one go
_HEAD_LENGTH = 16_384  # characters in which the first rows are looked for at first


class NotTextError(Exception):
    """The bytes are no text that can be read; code: key below `unreadable.` in the catalogue."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Decoded:
    """A text; encoding: how it was read; cut: whether the bytes end inside a character; utf8: its bytes, where they are at hand."""

    text: str
    encoding: str
    cut: bool
    utf8: bytes | None = None


@dataclass(frozen=True)
class Records:
    """All records of a text: record i stands in row i + 1; a blank line is an empty record.

    cut: the text ends inside a quoted cell or a character; ended: the last line has its line break.
    """

    rows: list[list[str]]
    delimiter: str
    cut: bool
    ended: bool


def decode(data: bytes) -> Decoded:
    """The text of a file: UTF-16 or UTF-8 by its mark, else UTF-8 where it is valid, else Windows-1252.

    Raises NotTextError: empty, markup, page, compressed, nul, undecodable, mixed, mac_roman, dos, doubled, control, wide.
    """
    if not data[:_HEAD_LENGTH].strip(b" \t\r\n\x0b\x0c") and not data.strip(b" \t\r\n\x0b\x0c"):
        raise NotTextError("empty")
    kind = _markup_or_page(data)
    if kind is not None:
        raise NotTextError(kind)
    decoded = _decode(data)
    if not decoded.text[:_HEAD_LENGTH].strip() and not decoded.text.strip():
        raise NotTextError("empty")
    if "\0" in decoded.text:
        raise NotTextError("nul")
    if _has_control(data if decoded.encoding in ("utf-8", "cp1252") else decoded.text.encode("utf-8")):
        raise NotTextError("control")
    if _is_too_wide(decoded.text):
        raise NotTextError("wide")
    otherwise = misread(decoded.text, decoded.encoding)
    if otherwise is not None:
        raise NotTextError(otherwise)
    return decoded


def _is_too_wide(text: str) -> bool:
    """Whether a line has more cells than a sheet has columns, by whichever delimiter."""
    start = 0
    while start < len(text):
        end = text.rfind("\n", start, start + MOST_COLUMNS)
        if end < 0:  # no line ends within so many characters: only such a line can hold so many delimiters
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            if any(text.count(delimiter, start, end) >= MOST_COLUMNS for delimiter in DELIMITERS):
                return True
        start = end + 1
    return False


def _has_control(data: bytes) -> bool:
    """Whether bytes of UTF-8 or Windows-1252, none of them 0, hold a control character other than white space (9 to 13)."""
    signs = np.frombuffer(data, dtype=np.uint8)
    for start in range(0, len(signs), _PART):
        part = signs[start : start + _PART]
        if (((part < 32) & (part - _TAB > 4)) | (part == 127)).any():  # below the tab the difference wraps round
            return True
    return False


def _markup_or_page(data: bytes) -> str | None:
    """What a file is that only bears the name of a table: markup (a web page), a printed page, compressed; None for any other."""
    start = data[:1024].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if data.startswith(_COMPRESSED):
        return "compressed"
    if start.startswith(b"%pdf-"):
        return "page"
    return "markup" if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<meta", b"<style")) else None


def _decode(data: bytes) -> Decoded:
    for mark, encoding in _UTF16:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding)
    if data.startswith(codecs.BOM_UTF8):
        return _decode_as(data[len(codecs.BOM_UTF8) :], "utf-8")
    try:
        decoded = _decode_as(data, "utf-8")
    except NotTextError:
        if b"\0" in data or _has_control(data):  # no text at all: what it seems to hold of letters says nothing
            raise NotTextError("nul" if b"\0" in data else "control") from None
        if _LETTER_OF_UTF8.search(data):  # read as Windows-1252 it would be two signs that no word has
            raise NotTextError("mixed") from None
        return _decode_as(data, "cp1252")
    if decoded.cut and decoded.text.isascii():  # a single byte above 127, at the very end: a letter of Windows-1252
        return _decode_as(data, "cp1252")
    return decoded


def _decode_as(data: bytes, encoding: str) -> Decoded:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        text = decoder.decode(data, final=False)
    except UnicodeDecodeError as error:
        raise NotTextError("dos" if is_dos(data) else "undecodable") from error
    return Decoded(text, encoding, cut=bool(decoder.getstate()[0]), utf8=data if encoding == "utf-8" else None)


def declared_delimiter(decoded: Decoded) -> tuple[str | None, Decoded]:
    """The delimiter that a first line `sep=;` declares, and the text after it: spreadsheet programs don't show that line."""
    declared = _DECLARED.match(decoded.text)
    if declared is None:
        return None, decoded
    return declared.group(1), replace(decoded, text=decoded.text[declared.end() :], utf8=None)


def head(decoded: Decoded, delimiter: str) -> list[list[str]]:
    """The first rows, for finding the header. Raises NotTextError (cell_too_long)."""
    return sample(decoded, delimiter, HEAD)


def sample(decoded: Decoded, delimiter: str, n_rows: int = SAMPLE) -> list[list[str]]:
    """The first `n_rows` rows; no more of the text is looked at than they need. Raises NotTextError (cell_too_long)."""
    length = _HEAD_LENGTH
    while True:
        try:
            rows = list(islice(_reader(decoded.text[:length], delimiter), n_rows + 1))
        except csv.Error as error:
            raise NotTextError("cell_too_long") from error
        if len(rows) > n_rows or length >= len(decoded.text):  # the last row of a part may be cut
            return rows[:n_rows]
        length *= 4


def cells_of_line(line: str, delimiter: str) -> list[str]:
    """The cells of a single line, whatever stands around it; what is quoted too long to be a cell is cut at every delimiter."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def split(decoded: Decoded, delimiter: str) -> Records:
    """All records of a text. Raises NotTextError (cell_too_long).

    A mark after the text tells whether the last quoted cell was closed: it comes back as a record of its own, or inside a cell.
    """
    ended = decoded.text.endswith(("\n", "\r"))
    tail = _END_MARK if ended else "\n" + _END_MARK
    try:
        rows = list(_reader(decoded.text + tail, delimiter))
    except csv.Error as error:
        raise NotTextError("cell_too_long") from error
    closed = rows[-1] == [_END_MARK]
    if closed:
        rows.pop()
    else:
        rows[-1][-1] = rows[-1][-1].removesuffix(tail)
    return Records(rows, delimiter, cut=decoded.cut or not closed, ended=ended)


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
