"""A text that somebody wrote about the results, such as a press release: its passages, its language, and what in it claims too much.

Belongs here: a text or a document of a word processor as passages with places. Does not belong here: which claims are forbidden (claims),
reading the file, printing.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import Any

from docx.api import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from kkz_eval.model.texts import Language
from kkz_eval.reference.tables import official_units, unit_name
from kkz_eval.reporting import claims

LARGEST_UNPACKED = 100 * 2**20
"""Bytes of a packed document after unpacking; a press release has a few hundred thousand."""

_ITEM = re.compile(r"\s*([-*+•–>|]|\d+[.)]|#{1,6})\s")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|(?<!\w)[*_~`]+|[*_~`]+(?!\w)|^\s*#{1,6}\s+")
_BROKEN_WORD = re.compile(r"\w[-\u00ad]$")
_OTHER_HALF = re.compile(r"(?!(?:und|oder|bzw|bis|sowie|and|or|to)\b)[a-zäöüß]")
_FUNCTION_WORDS: dict[Language, frozenset[str]] = {
    "de": frozenset(("der", "die", "das", "den", "dem", "und", "nicht", "ist", "von", "mit", "zu", "ein", "eine", "für", "auf")),
    "en": frozenset(("the", "and", "of", "to", "is", "that", "for", "with", "not", "are", "by", "this", "as")),
}
_WORDS_TOO = frozenset(
    (
        "Alpen",
        "Enger",
        "Essen",
        "Hagen",
        "Halle",
        "Heiden",
        "Lage",
        "Löhne",
        "Lotte",
        "Much",
        "Recke",
        "Schlangen",
        "Wenden",
        "Wetter",
    )
)
"""Names of towns that are words of the language, too."""
_PLACES = {"/word/footnotes": "note", "/word/endnotes": "note", "/word/header": "margin", "/word/footer": "margin"}


@dataclass(frozen=True)
class Passage:
    """A paragraph in normal form, on one line. place: line | paragraph | note | margin | picture, what its numbers count;
    starts: where in the text each number begins, and the number."""

    text: str
    place: str
    starts: tuple[tuple[int, int], ...]

    def number_at(self, offset: int) -> int:
        """The number of the line or paragraph that a place in the text is in."""
        return self.starts[bisect_right(self.starts, (offset, 2**62)) - 1][1]


@dataclass(frozen=True)
class Found:
    """A claim that is too much, and where: place as in Passage, and its number."""

    hit: claims.Hit
    place: str
    number: int


class NotAWordDocumentError(ValueError):
    """A file that bears the name of a document of a word processor and can't be read as one. reason: broken | large."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def passages_of_text(text: str) -> tuple[Passage, ...]:
    """The paragraphs of a plain text or Markdown: between empty lines, and each item of a list; words broken at a line's end are joined."""
    passages: list[Passage] = []
    said, starts = "", [(0, 1)]
    for number, raw in enumerate(text.splitlines(), start=1):
        line = " ".join(claims.normal(_MARKUP.sub(r"\1", unescape(raw))).split())
        if said and (not line or _ITEM.match(raw)):
            passages.append(Passage(said, "line", tuple(starts)))
            said = ""
        if not line:
            continue
        if not said:
            said, starts = line, [(0, number)]
        elif _BROKEN_WORD.search(said) and _OTHER_HALF.match(line):
            said = said[:-1]
            starts.append((len(said), number))
            said += line
        else:
            starts.append((len(said) + 1, number))
            said = f"{said} {line}"
    return (*passages, Passage(said, "line", tuple(starts))) if said else tuple(passages)


def passages_of_word(data: bytes) -> tuple[Passage, ...]:
    """The paragraphs of a .docx: body with tables and text boxes, notes, headers and footers, and texts of pictures. What was struck out
    under tracked changes is left out.

    Raises NotAWordDocumentError.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST_UNPACKED:
                raise NotAWordDocumentError("large")
        word = WordDocument(io.BytesIO(data))
        parts = [(place, part.blob) for part in word.part.package.iter_parts() if (place := _place_of(str(part.partname)))]
        trees = [("paragraph", word.element), *((place, parse_xml(blob)) for place, blob in parts)]
    # What the libraries raise for damage depends on where it is: in the archive, in a stream, in a part, in what parts say of each other.
    except (
        OpcError,
        zipfile.BadZipFile,
        zlib.error,
        LxmlError,
        KeyError,
        ValueError,
        AttributeError,
        EOFError,
        OSError,
    ) as error:
        if isinstance(error, NotAWordDocumentError):
            raise
        raise NotAWordDocumentError("broken") from error
    passages: list[Passage] = []
    for place, tree in trees:
        for number, text in enumerate(_paragraphs(tree), start=1):
            passages.append(Passage(text, place, ((0, number),)))
    descriptions = (drawing.get("descr", "") for drawing in word.element.iter(qn("wp:docPr")))
    for number, text in enumerate(filter(None, (_one_line(said) for said in descriptions)), start=1):
        passages.append(Passage(text, "picture", ((0, number),)))
    return tuple(passages)


def find(passages: Sequence[Passage]) -> tuple[Found, ...]:
    """All that claims too much, in reading order. Results of single units are found by the names of all units of official statistics."""
    names = _names_of_units()
    strict = frozenset({claims.BALANCE})  # no figure stands beside it
    found: list[Found] = []
    for passage in passages:
        at = 0
        for sentence in claims.sentences(passage.text):
            at = passage.text.index(sentence, at)
            for hit in claims.find(sentence, names, strict):
                found.append(Found(hit, passage.place, passage.number_at(at + max(0, sentence.find(hit.found)))))
            at += len(sentence)
    return tuple(found)


def language_of(passages: Iterable[Passage]) -> Language | None:
    """The language whose small words are more frequent; None where neither's are."""
    words = [word for passage in passages for word in re.findall(r"\w+", passage.text.lower())]
    counts = {language: sum(word in known for word in words) for language, known in _FUNCTION_WORDS.items()}
    if counts["de"] == counts["en"]:
        return None
    return "de" if counts["de"] > counts["en"] else "en"


def _place_of(part: str) -> str | None:
    return next((place for beginning, place in _PLACES.items() if part.startswith(beginning)), None)


def _paragraphs(tree: Any) -> Iterator[str]:
    """The paragraphs below an element that are not empty, those of text boxes apart from the one they hang on."""
    for paragraph in tree.iter(qn("w:p")):
        if _is_second_copy(paragraph):
            continue
        text = _one_line("".join(_pieces(paragraph)))
        if text:
            yield text


def _pieces(node: Any) -> Iterator[str]:
    for child in node:
        if child.tag in (qn("w:p"), qn("w:del"), qn("w:moveFrom"), _SECOND_COPY):
            continue
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in (qn("w:tab"), qn("w:br"), qn("w:cr")):
            yield " "
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        else:
            yield from _pieces(child)


_SECOND_COPY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""What programs show that don't know the first way of writing: the same text once more."""


def _is_second_copy(paragraph: Any) -> bool:
    return any(above.tag == _SECOND_COPY for above in paragraph.iterancestors())


def _one_line(text: str) -> str:
    return " ".join(claims.normal(text).split())


@cache
def _names_of_units() -> frozenset[str]:
    """Names of all units of official statistics as texts write them; such as are words too only behind what makes them a place."""
    names = {
        re.sub(r" \(.*\)| / .*", "", unit_name(key)) for level in ("kreis", "municipality") for key in official_units()[level]
    }
    places = {f"{before} {name}" for before in ("in", "In", "aus", "Aus", "Stadt", "Gemeinde") for name in names & _WORDS_TOO}
    return frozenset(names - _WORDS_TOO | places)
