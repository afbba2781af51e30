"""Texts that people write about the results: what is found in them, and where."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx.api import Document

from kkz_eval.model.texts import LANGUAGES
from kkz_eval.reporting import claims
from kkz_eval.reporting.given_text import NotAWordDocumentError, find, language_of, passages_of_text, passages_of_word

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
)


def in_text(text: str) -> list[tuple[str, int]]:
    return [(one.hit.reason, one.number) for one in find(passages_of_text(text))]


def word(*paragraphs: str) -> bytes:
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)


def saved(document) -> bytes:
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def with_parts(data: bytes, **parts: bytes) -> bytes:
    """A document with other parts of these names, dots as underscores."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in archive.namelist():
            key = name.rpartition("/")[2].replace(".", "_")
            changed.writestr(name, parts.get(key, archive.read(name)))
    return content.getvalue()


def body_of(inside: str) -> bytes:
    return with_parts(word(), document_xml=f"<w:document {NAMESPACES}><w:body>{inside}</w:body></w:document>".encode())


def in_word(data: bytes) -> list[tuple[str, str, int]]:
    return [(one.hit.reason, one.place, one.number) for one in find(passages_of_word(data))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Erste Zeile.\n\nDas Programm\nwirkt.", [("causal", 4)]),
        ("Das Programm wi-\nrkt.", [("causal", 1)]),
        ("Die Kinder- und\nJugendhilfe", []),
        ("# Das Programm **wirkt**", [("causal", 1)]),
        ("Das Programm [wirkt](https://example.org).", [("causal", 1)]),
        ("Das Programm _wirkt_.", [("causal", 1)]),
        ("Das Programm wi&shy;rkt.", [("causal", 1)]),
        ("- Eines\n- Prävention lohnt sich.\n- Drittes", [("value", 2)]),
        ("Dass das Programm der Grund ist, setzt voraus,\ndass beide sich sonst gleich entwickelt hätten.", []),
        ("Beide Gruppen waren vergleichbar.", [("balance", 1)]),
        ("", []),
    ],
)
def test_claims_of_a_plain_text_are_found_in_their_line(text, expected):
    assert in_text(text) == expected


@pytest.mark.parametrize(
    ("sentence", "is_result"),
    [
        ("In Hamm ist die Quote gesunken.", True),
        ("In Hennef ist die Quote gesunken.", True),
        ("Im Kreis Warendorf ist die Quote gesunken.", True),
        ("In Essen ist die Quote gesunken.", True),
        ("In der Stadt Lage ist die Quote gesunken.", True),
        ("Die Lage hat sich verbessert.", False),
        ("Das Essen in der Kita hat sich verbessert.", False),
        ("Hamm nimmt am Programm teil.", False),
    ],
)
def test_results_of_towns_are_found_and_words_that_are_towns_too_are_not(sentence, is_result):
    assert in_text(sentence) == ([("single_unit", 1)] if is_result else [])


def test_a_claim_in_a_word_document_is_found_in_its_paragraph():
    assert in_word(word("Einleitung.", "Das Programm wirkt.", "Ende.")) == [("causal", "paragraph", 2)]


def test_a_word_that_is_split_into_runs_is_one_word():
    document = Document()
    paragraph = document.add_paragraph("Das Programm wi")
    paragraph.add_run("rkt").bold = True
    assert in_word(saved(document)) == [("causal", "paragraph", 1)]


def test_tables_and_headers_are_looked_at_too():
    document = Document()
    document.add_table(1, 1).cell(0, 0).text = "Prävention lohnt sich."
    document.sections[0].header.paragraphs[0].text = "Das Programm wirkt."
    assert in_word(saved(document)) == [("value", "paragraph", 1), ("causal", "margin", 1)]


def test_a_text_box_is_read_once_and_apart_from_its_paragraph():
    box = "<w:p><w:r><w:t>Das Programm wirkt.</w:t></w:r></w:p>"
    inside = (
        f"<w:p><w:r><w:t>Davor.</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>{box}</w:txbxContent></mc:Choice>"
        f"<mc:Fallback><w:txbxContent>{box}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert in_word(body_of(inside)) == [("causal", "paragraph", 2)]


def test_what_was_struck_out_is_left_out_and_what_was_inserted_is_not():
    struck = "<w:p><w:del><w:r><w:delText>Das Programm wirkt.</w:delText></w:r></w:del><w:r><w:t>Gut.</w:t></w:r></w:p>"
    inserted = "<w:p><w:ins><w:r><w:t>Prävention lohnt sich.</w:t></w:r></w:ins></w:p>"
    assert in_word(body_of(struck + inserted)) == [("value", "paragraph", 2)]


def test_the_description_of_a_picture_is_looked_at():
    inside = '<w:p><w:r><wp:inline><wp:docPr id="1" name="x" descr="Kurve: Das Programm wirkt."/></wp:inline></w:r></w:p>'
    assert in_word(body_of(inside)) == [("causal", "picture", 1)]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", word("Text")[:900], b"\xd0\xcf\x11\xe0 protected"])
def test_what_is_no_document_is_refused(damage):
    with pytest.raises(NotAWordDocumentError, match="broken"):
        passages_of_word(damage)


def test_a_part_that_is_no_xml_is_refused():
    with pytest.raises(NotAWordDocumentError, match="broken"):
        passages_of_word(with_parts(word("Text"), document_xml=b"<w:document"))


def test_a_document_that_unpacks_to_too_much_is_not_unpacked(monkeypatch):
    monkeypatch.setattr("kkz_eval.reporting.given_text.LARGEST_UNPACKED", 2**20)
    with pytest.raises(NotAWordDocumentError, match="large"):
        passages_of_word(with_parts(word("Text"), document_xml=b" " * 2**21))


def test_what_the_xml_refers_to_is_not_fetched(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("Das Programm wirkt.", encoding="utf-8")
    entity = f'<!DOCTYPE d [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    body = f"{entity}<w:document {NAMESPACES}><w:body><w:p><w:r><w:t>Text &e;</w:t></w:r></w:p></w:body></w:document>"
    passages = passages_of_word(with_parts(word(), document_xml=body.encode()))
    assert "wirkt" not in " ".join(passage.text for passage in passages)


@pytest.mark.parametrize(
    ("text", "language"),
    [("Der Anteil ist nicht gesunken.", "de"), ("The share of the pupils is not lower.", "en"), ("Hamm 2015", None)],
)
def test_the_language_of_a_text_is_told_from_its_small_words(text, language):
    assert language_of(passages_of_text(text)) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_may_be_said_instead_may_be_said(language):
    for claim in claims.claims():
        said = [one.in_language(language) for one in claims.instead(claim.reason)]
        assert said
        assert [one.hit for one in find(passages_of_text("\n\n".join(said)))] == []
