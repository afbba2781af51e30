"""The document as PDF by Typst: tagged, PDF/UA-1 and PDF/A-2a in one file, and its front page as a PDF of its own. No wording.

The document goes to the template as data, never as source, so that no text can be taken for a command. Nothing is read but the template
and the typeface, nothing is asked of a network or of the clock: equal documents of a day give equal bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources

import typst

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say, typeface
from kkz_eval.reporting.column_widths import UPRIGHT, fit
from kkz_eval.reporting.document import (
    Block,
    Code,
    Document,
    Figure,
    Front,
    Inline,
    Listing,
    Number,
    Paragraph,
    Parts,
    Quoted,
    Reference,
    Result,
    Section,
    Table,
    plain,
)
from kkz_eval.reporting.inputs import PACKAGE

STANDARDS: list[typst.PDFStandard] = ["ua-1", "a-2a"]
POINTS_PER_PIXEL = 0.68  # letters of 13 pixels become 8.8 points
APPENDIX = "appendix"  # identifier of the section for what is technical
TALLEST = 590.0  # of a drawing, in points: its caption stands on the same page
MARGIN = (595.28 - UPRIGHT) / 2  # of a page, on each side, in points
BAR_WIDTH = 190.0  # of a bar of the front page, in points
COLUMNS = 3  # of a list in columns
LONGEST_WORD = 34  # letters; a longer one, which no language has, may be broken anywhere
_PIECE = 8  # letters of a code between places where it may be broken

Data = dict[str, object]


@dataclass(frozen=True)
class Imprint:
    """What a PDF says of itself on every page and in its properties.

    day: of the edition, the date of the file; edition: the line at the foot of each page; publisher: its author, "" for none.
    """

    day: date
    edition: str
    publisher: str = ""


def render_pdf(document: Document, imprint: Imprint) -> bytes:
    """The whole report: front page, contents, text, and in the appendix what is technical."""
    shown = {
        "front": None if document.front is None else _front(document.front),
        "sections": [_section(section) for section in _in_order(document.sections)],
        "is_report": True,
    }
    return _compiled(_frame(document, imprint) | shown, imprint.day)


def render_front_pdf(document: Document, imprint: Imprint) -> bytes:
    """The front page alone, on exactly one page. Raises ValueError for a document without one."""
    if document.front is None:
        raise ValueError("the document has no front page")
    shown: Data = {"front": _front(document.front), "sections": [], "is_report": False}
    return _compiled(_frame(document, imprint) | shown, imprint.day)


def _compiled(data: Data, day: date) -> bytes:
    compiler = typst.Compiler(
        _template(),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
    )
    made = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC))
    if not isinstance(made, bytes):
        raise TypeError("Typst gave no file")
    return made


@cache
def _fonts() -> typst.Fonts:
    """Our typeface and no other."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[typeface.folder()])


@cache
def _template() -> bytes:
    return resources.files(PACKAGE).joinpath("templates").joinpath("paper.typ").read_bytes()


def _frame(document: Document, imprint: Imprint) -> Data:
    """What both files have in common."""
    simulated = say("figures.simulated").in_language(document.language) if document.banner is not None else ""
    return {
        "language": document.language,
        "title": _shown(plain(document.title)),
        "subtitle": _inline(document.subtitle),
        "banner": None if document.banner is None else _inline(document.banner.parts),
        "simulated": simulated,
        "author": [_shown(imprint.publisher)] if imprint.publisher else [],
        "edition": _shown(imprint.edition),
        "day": [imprint.day.year, imprint.day.month, imprint.day.day],
        "typeface": typeface.FAMILY,
        "margin": MARGIN,
        "bar_width": BAR_WIDTH,
        "labels": {
            "contents": say("document.contents").in_language(document.language),
            "page": _around("paper.page", document.language, "page", "pages"),
            "elsewhere": _around("paper.elsewhere", document.language, "title", "page"),
            "at_page": _around("paper.at_page", document.language, "page"),
        },
    }


def _around(key: str, language: Language, *names: str) -> list[str]:
    """A sentence cut at its parameters, which the template alone knows."""
    return say(key, **dict.fromkeys(names, "\x00")).in_language(language).split("\x00")


def _in_order(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """The sections with all that is technical in the appendix, before what stands there anyway, and named where it stood.

    A document without an appendix keeps its order.
    """
    appendix = next((section for section in sections if section.identifier == APPENDIX), None)
    if appendix is None:
        return sections
    text, technical = _parted(tuple(section for section in sections if section is not appendix))
    return (*text, replace(appendix, sections=(*technical, *appendix.sections)))


def _parted(sections: tuple[Section, ...], within: Parts = ()) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """The sections with a pointer in place of each technical one, and the technical ones, both in their order.

    within: title of the section of the text that they are in. It follows their own in the appendix, where several are called alike.
    """
    text: list[Section] = []
    technical: list[Section] = []
    for section in sections:
        if section.kind == "technical":
            technical.append(replace(section, title=(*section.title, " – ", *within)) if within else section)
            text.append(Section(section.identifier, section.title, (), kind="pointer"))
        else:
            kept, moved = _parted(section.sections, within or section.title)
            text.append(replace(section, sections=kept))
            technical += moved
    return tuple(text), tuple(technical)


def _front(front: Front) -> Data:
    return {
        "strip": [_inline(parts) for parts in front.strip],
        "reading": _inline(front.reading),
        "headline": _inline(front.headline),
        "compared": _inline(front.compared),
        "results": [_result(result) for result in front.results],
        "parts": [_section(part) for part in front.parts],
    }


def _result(result: Result) -> Data:
    return {
        "station": _inline(result.station),
        "label": _inline(result.label),
        "children": _inline(result.children),
        "bar": None if result.bar is None else _figure(result.bar, BAR_WIDTH),
        "verdict": _inline(result.verdict),
        "rating": _inline(result.rating),
        "units": _inline(result.units),
    }


def _section(section: Section) -> Data:
    return {
        "place": section.identifier,
        "title": _inline(section.title),
        "is_pointer": section.kind == "pointer",
        "blocks": [_block(block) for block in section.blocks],
        "sections": [_section(child) for child in section.sections],
    }


def _block(block: Block) -> Data:
    match block:
        case Paragraph(parts=parts, kind=kind):
            return {"kind": "paragraph", "style": kind, "parts": _inline(parts)}
        case Listing(items=items, kind=kind):
            in_lists = -(-len(items) // COLUMNS) if kind == "columns" else max(len(items), 1)
            lists = [items[start : start + in_lists] for start in range(0, len(items), in_lists)]
            return {"kind": "listing", "lists": [[_inline(parts) for parts in one] for one in lists]}
        case Table():
            return _table(block)
        case Figure():
            return _figure(block)


def _table(table: Table) -> Data:
    found = fit(table)
    return {
        "kind": "table",
        "place": table.identifier,
        "caption": _inline(table.caption),
        "size": found.size,
        "is_parted": found.is_parted,
        "is_turned": found.is_turned,
        "columns": [
            {"heading": _inline((column.heading,)), "align": column.align, "width": width}
            for column, width in zip(table.columns, found.widths, strict=True)
        ],
        "cells": [_inline(cell) for row in table.rows for cell in row],
    }


def _figure(figure: Figure, room: float = UPRIGHT) -> Data:
    width, height = (float(found) for found in re.findall(r'\b(?:width|height)="([\d.]+)"', figure.svg_wide)[:2])
    scale = min(POINTS_PER_PIXEL, room / width, TALLEST / height)
    return {
        "kind": "figure",
        "place": figure.identifier,
        "caption": _inline(figure.caption),
        "alt": _shown(figure.alternative_text),
        "svg": typeface.in_the_typeface(figure.svg_wide),
        "width": round(width * scale, 2),
        "source": _inline(figure.source),
        "letters": [_inline(parts) for parts in figure.letters],
    }


def _inline(parts: Parts) -> list[Data]:
    return [
        {"kind": _kind(part), "pieces": list(_pieces(part)), "place": part.target if isinstance(part, Reference) else ""}
        for part in parts
    ]


def _kind(part: Inline) -> str:
    match part:
        case Number():
            return "number"
        case Quoted():
            return "quoted"
        case Code():
            return "code"
        case Reference():
            return "reference"
        case _:
            return "text"


def _pieces(part: Inline) -> Iterator[str]:
    """The text of a part, cut where a line may end besides where language ends it."""
    match part:
        case Number(text=shown):
            yield _shown(shown).replace(" ", "\u00a0")
        case Code(text=code):
            yield from re.findall(rf"[^_./-]{{1,{_PIECE}}}[_./-]*|[_./-]+", _shown(code))
        case _:
            text = _shown(part if isinstance(part, str) else part.text)
            yield from re.findall(rf"\S{{1,{LONGEST_WORD}}}\s*|\s+", text) if _has_endless_word(text) else (text,)


def _has_endless_word(text: str) -> bool:
    return any(len(word) > LONGEST_WORD for word in text.split())


def _shown(text: str) -> str:
    return typeface.in_the_typeface(text)
