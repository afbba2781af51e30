"""The parts of a zipped workbook: by name and by relation, their XML as a stream. No meaning of cells, no limits.

Programs write the names of parts with either slash, in any case, and put them where they like: the relations say which part is which
(ECMA-376 part 2, 6.2 and 6.5).
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

_CHUNK = 1 << 20
_ROOT = ""  # the package itself, whose relations stand in _rels/.rels

ODS_CONTENT, ODS_MANIFEST = "content.xml", "meta-inf/manifest.xml"  # in the form of plain_name


class XmlError(Exception):
    """A part is no well-formed XML, or declares entities of its own."""


@dataclass(frozen=True)
class Relation:
    """One relation of a part. kind: last word of its type (worksheet, styles …); target: name of the other part, as plain_name says."""

    identifier: str
    kind: str
    target: str


def plain_name(name: str) -> str:
    """The name of a part without the freedoms that programs take: `XL\\Workbook.xml` is `xl/workbook.xml`."""
    return name.replace("\\", "/").lstrip("/").casefold()


class Parts:
    """The parts of an archive by plain name; where several have the same, the last one counts."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.named: dict[str, list[zipfile.ZipInfo]] = {}
        for part in archive.infolist():
            self.named.setdefault(plain_name(part.filename), []).append(part)

    def read(self, name: str) -> bytes:
        """The bytes of a part, b"" where there is none."""
        found = self.named.get(name)
        return self._archive.read(found[-1]) if found else b""

    def all_of(self, name: str) -> Iterator[bytes]:
        """The bytes of every part of this name."""
        for part in self.named.get(name, ()):
            yield self._archive.read(part)

    def chunks(self, name: str) -> Iterator[Iterator[bytes]]:
        """The bytes of every part of this name, bit by bit."""
        for part in self.named.get(name, ()):
            yield _chunks(self._archive, part)

    def beginnings(self, name: str, length: int) -> Iterator[bytes]:
        """The first bytes of every part of this name."""
        for part in self.named.get(name, ()):
            with self._archive.open(part) as opened:
                yield opened.read(length)

    def related(self, source: str = _ROOT) -> list[Relation]:
        """The relations of a part, or of the package. Raises XmlError."""
        folder, name = posixpath.split(source)
        listed = self.read(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: list[Relation] = []

        def start(element: str, attributes: dict[str, str]) -> None:
            if local(element) == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "").replace("\\", "/")
                path = target if target.startswith("/") else posixpath.join("/", folder, target)
                kind = attributes.get("Type", "").rpartition("/")[2]
                found.append(Relation(attributes.get("Id", ""), kind, plain_name(posixpath.normpath(path))))

        if listed:
            stream(listed, start)
        return found

    @property
    def workbook(self) -> str | None:
        """The name of the part that lists the sheets of an .xlsx; None where the package has none. Raises XmlError."""
        found = [relation.target for relation in self.related() if relation.kind == "officeDocument"]
        return next((name for name in found if name in self.named), None)


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as opened:
        while chunk := opened.read(_CHUNK):
            yield chunk


def local(name: str) -> str:
    """The name of an element or attribute without the prefix of its namespace, as the reading library takes it."""
    return name.rpartition(":")[2]


def stream(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call back for each element and text of a part, by their names as written. Raises XmlError.

    Entities that the part declares itself are refused: no spreadsheet program writes any, and they unpack without end.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlError from error


def _refuse(*_: object) -> None:
    raise XmlError
