"""The document as one HTML page: self-contained, without script or request, from one template and one style sheet. No wording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say, typeface
from kkz_eval.reporting.document import (
    Block,
    Code,
    Document,
    Figure,
    Listing,
    Number,
    Paragraph,
    Parts,
    Quoted,
    Reference,
    Section,
    Table,
    plain,
)
from kkz_eval.reporting.downloads import Downloads
from kkz_eval.reporting.inputs import PACKAGE
from kkz_eval.reporting.numbers import format_number

_TYPEFACE = "/* typeface */"


@dataclass(frozen=True)
class Link:
    """A link at the head of the page to the report in another form, relative to the page. language: of what it leads to, where it is another."""

    address: str
    text: str
    language: Language | None = None


def render_html(document: Document, downloads: Downloads, forms: Sequence[Link] = ()) -> str:
    """The whole page with links to what lies beside it. Equal documents give equal bytes."""
    labels = {key: say(f"document.{key}").in_language(document.language) for key in ("skip", "contents", "onward")}
    page = _template().render(
        document=document,
        typeface=_TYPEFACE,
        css=Markup(_read("report.css") + _read("front.css")),
        labels=labels,
        downloads=downloads,
        forms=forms,
        extent=lambda section: extent(section, document.language),
        say=say.in_language(document.language),
        scroll_label=lambda caption: say("document.scroll", caption=plain(caption)).in_language(document.language),
    )
    return page.replace(_TYPEFACE, typeface.style_sheet(page), 1)  # last: it carries the characters that the page has


def inline(parts: Parts) -> Markup:
    """Inline parts as HTML, everything escaped; a number carries its identifier and its value in full precision."""
    return Markup("").join(_inline(part) for part in parts)


def _inline(part: object) -> Markup:
    match part:
        case Number(identifier=identifier, value=value, text=shown):
            return Markup('<data id="{}" value="{}">{}</data>').format(identifier, repr(value), shown)
        case Quoted(text=quoted):
            return Markup('<span class="quoted">{}</span>').format(quoted)
        case Code(text=code):
            return Markup("<code>{}</code>").format(code)
        case Reference(target=target, text=shown):
            return Markup('<a href="#{}">{}</a>').format(target, shown)
        case _:
            return escape(part)


def extent(section: Section, language: Language) -> str:
    """How much is in a section and all below it: figures, tables with their rows; where there is neither, the points of its lists."""
    blocks = tuple(_blocks(section))
    tables = [block for block in blocks if isinstance(block, Table)]
    points = sum(len(block.items) for block in blocks if isinstance(block, Listing))
    counts = {
        "figure": sum(isinstance(block, Figure) for block in blocks),
        "table": len(tables),
        "row": sum(len(table.rows) for table in tables),
    }
    said = [_counted(what, n, language) for what, n in counts.items() if n] or [_counted("point", points, language)] * bool(
        points
    )
    return ", ".join(said) or say("document.extent.text").in_language(language)


def _counted(what: str, n: int, language: Language) -> str:
    shown = format_number(n, 0, language)
    return say(f"document.extent.{what}{'' if n == 1 else 's'}", n=shown).in_language(language)


def _blocks(section: Section) -> Iterator[Block]:
    yield from section.blocks
    for child in section.sections:
        yield from _blocks(child)


def side_by_side(sections: Sequence[Section]) -> Iterator[tuple[bool, tuple[Section, ...]]]:
    """Neighbours that are a figure with a few words stand side by side, drawn as for a narrow page; every other section alone."""
    for small, neighbours in groupby(sections, _is_small):
        run = tuple(neighbours)
        if small and len(run) > 1:
            yield True, run
        else:
            yield from ((False, (section,)) for section in run)


def figures_side_by_side(blocks: Sequence[Block]) -> Iterator[tuple[bool, tuple[Block, ...]]]:
    """The blocks in runs: neighbouring figures, which stand side by side on the open page, and all between them."""
    for are_figures, run in groupby(blocks, lambda block: isinstance(block, Figure)):
        found = tuple(run)
        yield are_figures and len(found) > 1, found


def _is_small(section: Section) -> bool:
    drawn = any(isinstance(block, Figure) for block in section.blocks)
    return drawn and not section.sections and section.kind == "text" and not any(isinstance(b, Table) for b in section.blocks)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["inline"] = inline
    environment.filters["plain"] = plain
    environment.filters["side_by_side"] = side_by_side
    environment.filters["figures_side_by_side"] = figures_side_by_side
    environment.filters["drawing"] = Markup
    for name, kind in (("paragraph", Paragraph), ("listing", Listing), ("table", Table), ("figure", Figure)):
        environment.tests[name] = lambda block, kind=kind: isinstance(block, kind)
    return environment.from_string(_read("front.html.j2") + _read("report.html.j2"))


def _read(name: str) -> str:
    return resources.files(PACKAGE).joinpath("templates").joinpath(name).read_text(encoding="utf-8")
