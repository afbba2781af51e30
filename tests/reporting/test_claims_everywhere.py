"""The lint looks at every text of a document: a claim put into any of its fields is found, and no field is forgotten."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from html import unescape

import pytest

from kkz_eval.reporting import claims, document
from kkz_eval.reporting.document import (
    Code,
    Column,
    Data,
    Document,
    Figure,
    Front,
    Listing,
    Number,
    Paragraph,
    Quoted,
    Reference,
    Result,
    Section,
    Table,
    Variable,
)
from kkz_eval.reporting.downloads import downloads_of
from kkz_eval.reporting.render_html import render_html

CLAIM = "Das Programm wirkt."
NOT_READ = {
    ("Reference", "target"),
    ("Code", "text"),  # a file name, key or digest claims nothing
    *((kind, "identifier") for kind in ("Number", "Table", "Figure", "Section", "Result")),
    *((kind, "kind") for kind in ("Paragraph", "Listing", "Section")),
    ("Column", "align"),
    ("Document", "language"),
}
"""Fields with words that no reader meets: identifiers, kinds, languages."""


def drawing(words: str) -> str:
    return f'<svg viewBox="0 0 9 9"><text x="1">{words}</text></svg>'


def figure(identifier: str) -> Figure:
    data = Data((Variable("jahr", "Jahr", "Jahre"),), (("ja",), (2.0,)))
    return Figure(
        identifier, ("Bild",), "Ein Strich.", drawing("A"), drawing("B"), data, ("Quelle: ", Quoted("Amt")), (("A: ", "Bruch"),)
    )


WHOLE = Document(
    "de",
    ("Titel",),
    ("Untertitel ", Code("x")),
    Paragraph(("Simuliert.",), "banner"),
    (
        Section(
            "s1",
            ("Abschnitt",),
            (
                Paragraph(("Satz ", Number("n", 1.0, "1"), Quoted("zitiert"), Reference("f", "Siehe"))),
                Listing((("Punkt",),)),
                Table("t", ("Tabelle",), (Column("Spalte"),), ((("Zelle",),),)),
                figure("f"),
            ),
            (Section("s2", ("Unterabschnitt",), (Paragraph(("Darunter",)),), kind="technical"),),
        ),
    ),
    Front(
        (("Ausgabe",),),
        ("Überschrift",),
        ("Wer mit wem",),
        (Result("r", ("Station",), ("Kennzahl",), ("Kinder",), figure("b"), ("Urteil",), ("Rating",), ("Einheiten",)),),
        (Section("next", ("Was als Nächstes?",), (Paragraph(("Frage",)),)),),
        ("So liest man es",),
    ),
)
"""A document with every kind of part that there is, and words in every field."""


@dataclass(frozen=True)
class Text:
    """A text somewhere in a document. field: its name, with the class it is in; where: the way to it; changed: the whole with a claim there."""

    field: tuple[str, str]
    where: str
    changed: object


def texts(node: object, field: tuple[str, str], where: str = "") -> Iterator[Text]:
    """Every text below a node, with the node as it is with a claim in place of that text, where it is one that is read."""
    if isinstance(node, str):
        drawn = node.replace(">A<", f">{CLAIM}<").replace(">B<", f">{CLAIM}<")
        yield Text(field, where, node if field in NOT_READ else drawn if "<svg" in node else CLAIM)
    elif isinstance(node, tuple):
        for place, child in enumerate(node):
            for found in texts(child, field, f"{where}[{place}]"):
                yield Text(found.field, found.where, (*node[:place], found.changed, *node[place + 1 :]))
    elif is_dataclass(node):
        for item in fields(node):
            for found in texts(getattr(node, item.name), (type(node).__name__, item.name), f"{where}.{item.name}"):
                yield Text(found.field, found.where, replace(node, **{item.name: found.changed}))


READ = [text for text in texts(WHOLE, ("Document", "")) if text.field not in NOT_READ]


def test_the_document_itself_claims_nothing():
    claims.check_document(WHOLE)


@pytest.mark.parametrize("text", READ, ids=lambda text: text.where)
def test_a_claim_is_found_wherever_it_stands(text):
    with pytest.raises(claims.ForbiddenClaimError):
        claims.check_document(text.changed)


def test_every_field_that_can_hold_words_is_tried():
    """A field that the document model gets one day is either read by the lint or named here as read by nobody."""
    kinds = [kind for kind in vars(document).values() if is_dataclass(kind) and kind.__module__ == document.__name__]
    tried = {text.field[0] for text in texts(WHOLE, ("Document", ""))}
    assert {kind.__name__ for kind in kinds} == tried
    words = {(text.field[0], text.field[1]) for text in texts(WHOLE, ("Document", ""))}
    numbers_only = {("Number", "value")}
    holders = {
        (kind.__name__, item.name)
        for kind in kinds
        for item in fields(kind)
        if any(name in str(item.type) for name in ("str", "Parts", "Language", "Inline"))
    }
    assert holders - numbers_only <= words


def shown(html: str) -> list[str]:
    """What a page says between its tags and in its labels, style sheet and pictures' data left out."""
    said = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return [unescape(found) for found in (*re.findall(r">([^<]+)<", said), *re.findall(r'aria-label="([^"]*)"', said))]


def test_what_the_page_and_its_downloads_add_claims_nothing_either(page):
    language, whole, _ = page
    found = downloads_of(whole)
    said = shown(render_html(whole, found))
    for name, content in found.files.items():
        text = content.decode("utf-8-sig")
        cells = csv.reader(text.splitlines(), delimiter=";" if language == "de" else ",")
        said += shown(text) if name.endswith(".svg") else [cell for row in cells for cell in row]
    assert [hit for text in said for hit in claims.find(text)] == []
    assert {"Codebuch", "Codebook"} & set(said)
    assert claims.find(shown(f"<p>{CLAIM}</p>")[0])
