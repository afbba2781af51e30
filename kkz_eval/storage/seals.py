"""Seals: kept bytes that say themselves whether they are still what was written there, in a form that every other program reads past.

A seal is the digest of a key and its content: an object in the place of another is as altered as one of which a byte is another. A record
(JSON), a lock and a list of sums begin with it, a Parquet file has it before its footer, pages and pictures end with it as a comment. Landing
and snapshots have the digest of their content as their name, and what can carry none (CSV, letters, workbooks, which have sums of their own
for damage only) is listed in the SHA256SUMS of its folder, as `sha256sum -c` reads it. What was kept before there were seals is taken as it
is, if it can be read.
Does not belong here: where objects lie (store), what to do about damage (line.soundness).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from kkz_eval.storage.digests import digest_of_bytes

SUMS = "SHA256SUMS"
"""Name of the list of all files of a folder with their digests."""

_NAMED_BY_CONTENT = ("landing/", "snapshots/")
_DIGITS = 64
_LIKE_A_DIGEST = re.compile(rb"[0-9a-f]{40}")
_WORD = b"sha256"
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")


@dataclass(frozen=True)
class _Form:
    """How a seal is written: between these bytes stand the 64 digits. place: behind so many bytes of the content, None for its end."""

    before: bytes
    after: bytes
    place: int | None

    @property
    def length(self) -> int:
        """Bytes of the seal."""
        return len(self.before) + _DIGITS + len(self.after)

    def of(self, key: str, content: bytes) -> bytes:
        """The seal of a content that is kept under a key."""
        return self.before + digest_of_bytes(key.encode() + b"\n" + content).encode() + self.after


_RECORD = _Form(b'"sha256":"', b'",', 1)
_TABLE = _Form(b"kkz-sha256:", b"", None)
_COMMENT = _Form(b"# sha256: ", b"\n", 0)
_MARKUP = _Form(b"<!-- sha256: ", b" -->\n", None)
_FORMS: Mapping[str, _Form] = {
    ".json": _RECORD,
    ".parquet": _TABLE,
    ".lock": _COMMENT,
    SUMS: _COMMENT,
    ".html": _MARKUP,
    ".svg": _MARKUP,
}
"""By the end of a name, or a whole name."""

_SAYS: Mapping[str, str] = {
    "register/": "schema_version",
    "derived/parsed/": "layout",
    "derived/corrected/": "layout",
    "derived/observations_about/": "conflicts",
}
"""A key that every record of a folder has, those of earlier versions too: one that lacks it, such as `{}`, was written by nobody here."""

_ENDS: Mapping[str, bytes] = {".html": b"</html>", ".svg": b"</svg>"}
"""What a whole page or picture ends with."""


def sealed(key: str, content: bytes) -> bytes:
    """A content as it is kept under a key: with its seal, if its kind has one. A list or an empty record has none."""
    form = _form_of(key)
    if form is None or key.startswith(_NAMED_BY_CONTENT) or (form is _RECORD and (content[:1] != b"{" or content[1:2] == b"}")):
        return content
    place = _place(form, content, 0)
    return content[:place] + form.of(key, content) + content[place:]


def content_of(key: str, kept: bytes) -> bytes | None:
    """The content of what is kept under a key, without its seal; None where it is not what was written or can't be read."""
    if key.startswith(_NAMED_BY_CONTENT):
        return kept if digest_of_bytes(kept) == _stem(key) else None
    form = _form_of(key)
    if form is None:
        return kept if not key.endswith(".xlsx") or _is_whole_archive(kept) else None
    place = _place(form, kept, form.length)
    if place >= 0 and not (form is _RECORD and kept.startswith(b"[")):  # lists had no seal, and may be of digests
        seal, content = kept[place : place + form.length], kept[:place] + kept[place + form.length :]
        if seal == form.of(key, content):
            return content
        if _WORD in seal or _LIKE_A_DIGEST.search(seal):  # one byte of it may be another, too
            return None
        if form is _COMMENT and form.before.startswith(seal):  # cut off within it, or before it
            return None
    return kept if _can_be_read(key, kept) else None


def is_sealed(key: str, kept: bytes) -> bool:
    """Whether what is kept under a key is whole and has a seal: it is not of a time before there were any."""
    return content_of(key, kept) not in (None, kept)


def sums_of(folder: str, files: Mapping[str, bytes]) -> bytes:
    """The list of digests of a folder's files as they are kept, by their names in it."""
    rows = (f"{digest_of_bytes(sealed(f'{folder}/{name}', content))}  {name}\n" for name, content in sorted(files.items()))
    return "".join(rows).encode()


def listed_sums(content: bytes) -> dict[str, str]:
    """Digest by name, as sums_of has listed them."""
    found = (_SUM.fullmatch(line) for line in content.decode().splitlines())
    return {match.group(2): match.group(1) for match in found if match}


def _form_of(key: str) -> _Form | None:
    name = key.rpartition("/")[2]
    return _FORMS.get(name[name.rfind(".") :] if "." in name else name)


def _stem(key: str) -> str:
    return key.rpartition("/")[2].removesuffix(".json")


def _place(form: _Form, data: bytes, length: int) -> int:
    """Where a seal of this length begins, below 0 where there is no room for one.

    The footer of a Parquet file is found from the end, its pages from the beginning: between them there may be anything.
    """
    if form.place is not None:
        return form.place
    behind = int.from_bytes(data[-8:-4], "little") + 8 if form is _TABLE else 0
    return len(data) - behind - length


def _can_be_read(key: str, kept: bytes) -> bool:
    """Whether what has no seal can be read at all; such are objects of earlier versions, which knew no lists of sums."""
    if key.endswith(SUMS):
        return False
    if key.endswith(".json"):
        return _is_record(key, kept)
    if key.endswith(".parquet"):
        try:
            pq.ParquetFile(pa.BufferReader(kept), page_checksum_verification=True).read(use_threads=False)
        except (pa.ArrowException, OSError):
            return False
        return _TABLE.before not in kept
    end = _ENDS.get(key[key.rfind(".") :], b"")
    return kept.rstrip().endswith(end)


def _is_record(key: str, kept: bytes) -> bool:
    try:
        said = json.loads(kept)
    except (ValueError, RecursionError):
        return False
    if isinstance(said, dict):
        return all(name in said for folder, name in _SAYS.items() if key.startswith(folder))
    return key.startswith("reports/")  # there, a list was a record once


def _is_whole_archive(kept: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(kept)) as archive:
            return archive.testzip() is None
    # What the library raises for damage depends on where it is: in a header, in a stream, in a flag that it doesn't know.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError):
        return False
