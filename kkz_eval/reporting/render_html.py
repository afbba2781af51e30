"""The document as one HTML page: self-contained, without script or request, from one template and one style sheet. No wording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from kkz_eval.reporting import say, typeface
from kkz_eval.reporting.document import (
    Code,
    Document,
    Figure,
    Listing,
    Number,
    Paragraph,
    Parts,
    Quoted,
    Reference,
    Table,
    plain,
)
from kkz_eval.reporting.downloads import Downloads
from kkz_eval.reporting.inputs import PACKAGE

_TYPEFACE = "/* typeface */"


@dataclass(frozen=True)
class Link:
    """A link at the head of the page to the report in another form, relative to the page."""

    address: str
    text: str


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


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["inline"] = inline
    environment.filters["plain"] = plain
    environment.filters["drawing"] = Markup
    for name, kind in (("paragraph", Paragraph), ("listing", Listing), ("table", Table), ("figure", Figure)):
        environment.tests[name] = lambda block, kind=kind: isinstance(block, kind)
    return environment.from_string(_read("front.html.j2") + _read("report.html.j2"))


def _read(name: str) -> str:
    return resources.files(PACKAGE).joinpath("templates").joinpath(name).read_text(encoding="utf-8")
