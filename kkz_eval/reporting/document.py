"""The document model: one source for the HTML page, the PDF and the downloads. No wording, no rendering.

A document is a front page and sections of paragraphs, lists, tables and figures. Every number that a reader sees is a `Number`. Text that comes
from plans, contracts or sources as it is, is `Quoted`; names of files, keys and digests are `Code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from html import escape, unescape
from typing import Any

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say


@dataclass(frozen=True)
class Number:
    """A number as shown: identifier unique in the document, value in full precision, text for people."""

    identifier: str
    value: float
    text: str


@dataclass(frozen=True)
class Quoted:
    """Text taken over as it is: labels, names, attributions."""

    text: str


@dataclass(frozen=True)
class Code:
    """A file name, key or digest."""

    text: str


@dataclass(frozen=True)
class Reference:
    """A link to another place of the document. target: an identifier in it; text: as shown."""

    target: str
    text: str


Inline = str | Number | Quoted | Code | Reference
Parts = tuple[Inline, ...]


@dataclass(frozen=True)
class Paragraph:
    """Running text. kind: text | lead | finding | note | banner | context."""

    parts: Parts
    kind: str = "text"


@dataclass(frozen=True)
class Listing:
    """A list. kind: plain | columns."""

    items: tuple[Parts, ...]
    kind: str = "plain"


@dataclass(frozen=True)
class Column:
    """Heading of a table's column. align: text | number."""

    heading: str
    align: str = "text"


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its heading."""

    identifier: str
    caption: Parts
    columns: tuple[Column, ...]
    rows: tuple[tuple[Parts, ...], ...]


Cell = str | int | float | None


@dataclass(frozen=True)
class Variable:
    """A column of the data behind a figure or table, for the codebook. name: in the file; meaning: in the reader's language; unit: "" for none."""

    name: str
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Data:
    """What a figure or table was made from, in full precision, as it may leave: it has passed the gate. None: missing.

    Raises ValueError where a row has another length than the variables.
    """

    variables: tuple[Variable, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.variables) for row in self.rows):
            raise ValueError("a row of data has another length than its variables")


@dataclass(frozen=True)
class Figure:
    """A figure drawn for a wide and for a narrow page, with the text that stands for it, the data drawn and where they come from.

    letters: what each letter that marks a break in it stands for; folded on the page.
    """

    identifier: str
    caption: Parts
    alternative_text: str
    svg_wide: str
    svg_narrow: str
    data: Data | None = None
    source: Parts = ()
    letters: tuple[Parts, ...] = ()

    def _repr_html_(self) -> str:
        """How a notebook shows it: the picture, and to those who can't see it the text that stands for it."""
        return f'<div role="img" aria-label="{escape(self.alternative_text)}">{self.svg_wide}</div>'


Block = Paragraph | Listing | Table | Figure


@dataclass(frozen=True)
class Section:
    """A headed part of the document; subsections follow the blocks. kind: text | technical (folded on the page, in the appendix on paper)."""

    identifier: str
    title: Parts
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()
    kind: str = "text"


@dataclass(frozen=True)
class Result:
    """A row of the front page: one primary outcome. bar: the range with zero and the smallest difference that matters, None where the
    comparison doesn't carry an estimate; children: the result in children, () for the same reason."""

    identifier: str
    station: Parts
    label: Parts
    children: Parts
    bar: Figure | None
    verdict: Parts
    rating: Parts
    units: Parts


@dataclass(frozen=True)
class Front:
    """The one page before the report, for those who read nothing else; also a page of its own.

    strip: edition, date, status, publisher, contact, whether simulated, a short text each. parts: what arrives, where it is stuck, what
    comes next, what may be said and what not, what changed since the last edition; in this order. reading: how to read the results, ()
    where none has a bar.
    """

    strip: tuple[Parts, ...]
    headline: Parts
    compared: Parts
    results: tuple[Result, ...]
    parts: tuple[Section, ...]
    reading: Parts = ()


@dataclass(frozen=True)
class Document:
    """A report in one language. front: None where a report has none.

    Raises ValueError where an identifier occurs twice, and where a reference leads nowhere.
    """

    language: Language
    title: Parts
    subtitle: Parts
    banner: Paragraph | None
    sections: tuple[Section, ...]
    front: Front | None = None

    @property
    def simulated(self) -> bool:
        """Whether its figures are made up: such a document has a banner that says so, and no other has one."""
        return self.banner is not None

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for identifier in identifiers(self):
            if identifier in seen:
                raise ValueError(f"identifier {identifier} occurs twice")
            seen.add(identifier)
        for node in _walk(self):
            if isinstance(node, Reference) and node.target not in seen:
                raise ValueError(f"nothing is called {node.target}, to which a reference leads")


def plain(parts: Parts) -> str:
    """The text of inline parts as a reader sees it."""
    return "".join(part if isinstance(part, str) else part.text for part in parts)


def identifier_part(name: str) -> str:
    """`name` as a part of an identifier: letters, digits, underscore and hyphen only."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)


def phrase(key: str, language: Language, /, **parameters: Inline) -> Parts:
    """A sentence of the catalogue with its parameters as inline parts.

    Raises KeyError for an unknown key or a parameter that the sentence wants and was not given.
    """
    mark = "\x00"
    template = say(key, **{name: f"{mark}{name}{mark}" for name in parameters}).in_language(language)
    pieces = template.split(mark)
    return tuple(parameters[piece] if index % 2 else piece for index, piece in enumerate(pieces) if piece)


def join(*sentences: Parts) -> Parts:
    """Sentences one after the other, with a space between."""
    joined: list[Inline] = []
    for sentence in sentences:
        if sentence:
            joined += [" ", *sentence] if joined else [*sentence]
    return tuple(joined)


def numbers(node: object) -> Iterator[Number]:
    """All numbers below a node of the document, in reading order."""
    for child in _walk(node):
        if isinstance(child, Number):
            yield child


def readable_texts(document: Document) -> Iterator[str]:
    """Every text that a reader meets, block by block: headings, sentences, cells, captions, alternative texts, words in figures.

    `Code` is left out: a file name claims nothing.
    """
    yield _prose(document.title)
    yield _prose(document.subtitle)
    if document.banner is not None:
        yield _prose(document.banner.parts)
    if document.front is not None:
        yield from _front_texts(document.front)
    for section in document.sections:
        yield from texts_of_section(section)


def _front_texts(front: Front) -> Iterator[str]:
    yield from map(_prose, (*front.strip, front.headline, front.compared, front.reading))
    for result in front.results:
        yield from map(_prose, (result.station, result.label, result.children, result.verdict, result.rating, result.units))
        if result.bar is not None:
            yield from _block_texts(result.bar)
    for part in front.parts:
        yield from texts_of_section(part)


def texts_of_section(section: Section) -> Iterator[str]:
    """Every text that a reader meets in a section, block by block."""
    yield _prose(section.title)
    for block in section.blocks:
        yield from _block_texts(block)
    for subsection in section.sections:
        yield from texts_of_section(subsection)


def _block_texts(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(parts=parts):
            yield _prose(parts)
        case Listing(items=items):
            yield from map(_prose, items)
        case Table():
            yield _prose(block.caption)
            yield from (column.heading for column in block.columns)
            yield from (_prose(cell) for row in block.rows for cell in row)
        case Figure():
            yield _prose(block.caption)
            yield block.alternative_text
            yield _prose(block.source)
            yield from map(_prose, block.letters)
            if block.data is not None:
                yield from _data_texts(block.data)
            for drawing in (block.svg_wide, block.svg_narrow):
                for words in re.findall(r"<(text|title|desc)\b[^>]*>(.*?)</\1>", drawing, re.DOTALL):
                    yield unescape(re.sub(r"<[^>]*>", " ", words[1]))


def _data_texts(data: Data) -> Iterator[str]:
    for variable in data.variables:
        yield from (variable.name, variable.meaning, variable.unit)
    yield from dict.fromkeys(cell for row in data.rows for cell in row if isinstance(cell, str))


def _prose(parts: Parts) -> str:
    return plain(tuple("" if isinstance(part, Code) else part for part in parts))


def identifiers(node: object) -> Iterator[str]:
    """Every identifier below a node of the document, in reading order."""
    for child in _walk(node):
        identifier = getattr(child, "identifier", None)
        if identifier is not None:
            yield identifier


def downloadable(document: Document) -> Iterator[Figure | Table]:
    """Every figure and table of a document, in reading order of its parts; what is on the front page comes last."""
    yield from (node for node in _walk((document.sections, document.front)) if isinstance(node, Figure | Table))


def _walk(node: object) -> Iterator[object]:
    waiting = [node]
    while waiting:
        next_one = waiting.pop()
        if isinstance(next_one, tuple):
            waiting += reversed(next_one)
        elif is_dataclass(next_one) and not isinstance(next_one, type):
            yield next_one
            waiting += [getattr(next_one, name) for name in reversed(_names_of(type(next_one)))]


@cache
def _names_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))
