"""The report as PDF: what a reader, a screen reader and an archive find in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from io import BytesIO

import pdfua
import pikepdf
import pypdfium2
import pytest

from kkz_eval.reporting.build import render
from kkz_eval.reporting.document import (
    Code,
    Column,
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
)
from kkz_eval.reporting.render_typst import Imprint, render_front_pdf, render_pdf

HOSTILE = (
    'Kommune "Anführung" & Söhne',
    "<script>alert(1)</script>",
    '#import "x.typ"',
    "#sys.inputs",
    "$x^2$ _a_ *b* `c` @d <e> ~f",
    "= Keine Überschrift",
    "- kein Punkt, // kein Kommentar",
    "\\u{41} \\ Ende",
    "]]}}#panic()",
)
IMPRINT = Imprint(date(2026, 11, 29), "Ausgabe 1 vom 29.11.2026", 'Stiftung "Probe"')


def drawing(identifier: str, said: str, width: int = 320, height: int = 60) -> Figure:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="white"/><text x="5" y="20" font-family="Source Sans Pro, sans-serif" '
        f'font-size="12px">simuliert · 漢</text></svg>'
    )
    return Figure(identifier, ("Bild ", Quoted(identifier)), said, svg, svg, source=("Quelle: Probe",))


def table(identifier: str, n_columns: int, n_rows: int) -> Table:
    columns = (Column("Kommune"), *(Column(f"Spalte {n}", "number") for n in range(1, n_columns)))
    rows = tuple(
        ((Quoted(f"Kommune {row}"),), *((Number(f"{identifier}.{row}.{n}", row, f"1 {row:03d},5"),) for n in range(1, n_columns)))
        for row in range(n_rows)
    )
    return Table(identifier, (f"Tabelle {identifier}",), columns, rows)


def result(position: int, sentence: str) -> Result:
    bar = drawing(f"bar-{position}", f"Spanne {position}", 345, 84) if position % 3 else None
    return Result(
        f"result-{position}",
        ("Übergang in Ausbildung und Arbeit",),
        (Quoted(f"Kennzahl {position} mit einem recht langen Namen je 1.000 Einwohner"),),
        (sentence,),
        bar,
        ("Unterschied in erwünschter Richtung",),
        ("Risiko, dass das Bild verzerrt ist: erheblich",),
        ("44 Kreise: 13 mit Programm, 31 zum Vergleich",),
    )


def front(n_results: int = 2, words: int = 20, words_of_parts: int = 12) -> Front:
    said = "Von tausend Kindern sind es etwa sieben weniger als zu erwarten war. "  # twelve words
    sentence = said * (words // 12 + 1)
    points = Listing(tuple((f"Punkt {n}: {said * (words_of_parts // 12)}",) for n in range(3)))
    return Front(
        strip=(("simuliert",), ("Ausgabe 1",), ("Herausgeber nicht angegeben",)),
        headline=("Ein Unterschied, drei offene Fragen",),
        compared=("Verglichen sind 13 Kreise mit 31 anderen.",),
        results=tuple(result(n, sentence) for n in range(n_results)),
        parts=tuple(Section(f"front-part-{n}", (f"Teil {n}",), (Paragraph((said,)), points)) for n in range(5)),
    )


def document(**changes: object) -> Document:
    base = Document(
        language="de",
        title=(Quoted('Der "Bericht" & mehr'),),
        subtitle=("Zum Plan ", Code("probe")),
        banner=Paragraph(("Simulierte Daten.",), "banner"),
        sections=(
            Section(
                "key",
                ("Das Wichtigste",),
                (
                    Paragraph(("Ein Satz mit ", Number("one", -1.5, "−1,5"), " Punkten.")),
                    Listing(tuple((Quoted(name),) for name in HOSTILE)),
                    drawing("figure-one", 'Bild mit "Anführung" und −1,5'),
                ),
                (Section("key-technical", ("Wie gerechnet wurde",), (Paragraph(("Technik im Text.",)),), (), "technical"),),
            ),
            Section("all", ("Alle Werte",), (table("wide", 24, 3), drawing("figure-two", "Zweites Bild")), (), "technical"),
            Section(
                "end",
                ("Das Ende",),
                (
                    Paragraph(("Mehr: ", Reference("figure-two", "das zweite Bild"), ".")),
                    table("long", 4, 90),
                    Paragraph((Code("ab" * 40),)),
                    Paragraph(("x" * 300,)),
                ),
            ),
            Section("appendix", ("Anhang",), (), (Section("words", ("Wörter",), (Paragraph(("Zum Schluss.",)),)),)),
        ),
        front=front(),
    )
    return replace(base, **changes)


@pytest.fixture(scope="module")
def written() -> bytes:
    return render_pdf(document(), IMPRINT)


@pytest.fixture(scope="module")
def opened(written) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(written)) as pdf:
        yield pdf


def text_of(pdf: bytes, first: int = 1, last: int = 999) -> str:
    """The text of some pages in the order of reading, spaces and line ends as one space."""
    with closing(pypdfium2.PdfDocument(pdf)) as opened:
        pages = range(first - 1, min(last, len(opened)))
        return re.sub(r"\s+", " ", " ".join(opened[page].get_textpage().get_text_range() for page in pages) + " ")


def boxes_of(pdf: bytes, words: str) -> list[tuple[float, float, float, float]]:
    """Left, lower, right and upper edge of each character of these words, wherever they stand, in points from the lower left."""
    with closing(pypdfium2.PdfDocument(pdf)) as opened:
        pages = [opened[page].get_textpage() for page in range(len(opened))]
        return [
            page.get_charbox(place)
            for page in pages
            for found in re.finditer(re.escape(words), page.get_text_range())
            for place in range(*found.span())
        ]


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """All elements below a node of the structure tree, in the order of reading."""
    children = node.get("/K")
    for child in children if isinstance(children, pikepdf.Array) else [] if children is None else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield child
            yield from elements(child)


def of_kind(pdf: pikepdf.Pdf, kind: str) -> list[pikepdf.Object]:
    return [one for one in elements(pdf.Root.StructTreeRoot) if kind == one.S]


def faults(pdf: bytes, tmp_path) -> list[str]:
    path = tmp_path / "judged.pdf"
    path.write_bytes(pdf)
    return [f"{finding.rule_id} {finding.message}" for finding in pdfua.validate(path).findings]


def test_the_file_is_tagged_and_knows_its_language_title_publisher_and_day(opened):
    assert bool(opened.Root.MarkInfo.Marked)
    assert opened.Root.Lang == "de"
    assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
    with opened.open_metadata() as metadata:
        assert metadata["dc:title"] == 'Der "Bericht" & mehr'
        assert metadata["dc:creator"] == ['Stiftung "Probe"']
        assert metadata["xmp:CreateDate"].startswith("2026-11-29")


def test_the_file_says_that_it_is_pdf_ua_and_pdf_a(opened):
    with opened.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")


def test_every_figure_has_its_alternative_text(opened):
    said = [str(one.get("/Alt", "")) for one in of_kind(opened, "/Figure")]
    assert {'Bild mit "Anführung" und −1,5', "Zweites Bild", "Spanne 1"} == set(said)


def test_headings_lists_tables_and_their_heads_are_what_they_are(opened):
    assert of_kind(opened, "/H1")
    assert of_kind(opened, "/LI")
    assert len(of_kind(opened, "/Table")) == 2
    assert len(of_kind(opened, "/TH")) == 24 + 4
    assert of_kind(opened, "/Caption")
    assert of_kind(opened, "/TOCI")


def test_every_typeface_is_embedded_and_is_ours(opened):
    fonts = [one for one in opened.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"]
    assert fonts
    for font in fonts:
        assert {"/FontFile2", "/FontFile3"} & set(font.keys())
        assert re.match(r"/[A-Z]{6}\+SourceSansPro-(Regular|Semibold)", str(font.FontName))


def test_a_second_judge_finds_no_fault(written, tmp_path):
    assert faults(written, tmp_path) == []


def test_the_second_judge_would_see_a_picture_without_words(written, tmp_path):
    with pikepdf.open(BytesIO(written)) as pdf:
        for one in of_kind(pdf, "/Figure"):
            del one["/Alt"]
        spoilt = BytesIO()
        pdf.save(spoilt)
    assert any("UA-13-004" in fault for fault in faults(spoilt.getvalue(), tmp_path))


@pytest.mark.parametrize("name", HOSTILE)
def test_names_come_out_as_they_are(written, name):
    assert name in text_of(written)


def test_what_the_typeface_lacks_is_spelled_out_also_in_figures(written):
    assert "simuliert · [U+6F22]" in text_of(written)


def test_technical_parts_stand_in_the_appendix_and_the_text_says_where(written):
    text = text_of(written)
    appendix = text.rindex("Anhang Wie gerechnet wurde – Das Wichtigste Technik im Text.")
    assert text.rindex("Das Ende") < appendix < text.rindex("Alle Werte") < text.rindex("Zum Schluss.")
    assert re.search(r"Im Anhang: Wie gerechnet wurde, Seite \d+", text)


def test_a_reference_leads_to_its_place_and_names_the_page(written):
    (page,) = re.findall(r"Mehr: das zweite Bild \(Seite (\d+)\)", text_of(written))
    assert "Bild figure-two" in text_of(written, int(page), int(page))


def test_a_document_without_an_appendix_keeps_its_order():
    text = text_of(render_pdf(document(front=None, sections=(document().sections[0], document().sections[1])), IMPRINT))
    assert text.rindex("Wie gerechnet wurde") < text.rindex("Alle Werte")
    assert "Im Anhang" not in text


def test_contents_name_pages_and_each_page_says_edition_and_simulated(opened, written):
    assert re.search(r"Das Wichtigste [ .\u2060]*3 Das Ende", text_of(written))
    for page in range(1, len(opened.pages) + 1):
        said = text_of(written, page, page)
        assert "Ausgabe 1 vom 29.11.2026" in said
        assert f"Seite {page} von {len(opened.pages)}" in said
        assert "simuliert" in said


def test_a_wide_table_gets_a_page_on_its_side_and_a_long_one_repeats_its_head(opened, written):
    turned = [position for position, page in enumerate(opened.pages, 1) if page.mediabox[2] > page.mediabox[3]]
    assert len(turned) == 1
    assert text_of(written, turned[0], turned[0]).index("Alle Werte") < text_of(written, turned[0], turned[0]).index("Spalte 23")
    assert len(re.findall("Kommune Spalte 1 Spalte 2 Spalte 3", text_of(written))) > 2


def test_a_word_without_end_and_a_code_end_their_lines_in_the_page(written):
    rights = [right for word in ("xxxx", "abab") for _, _, right, _ in boxes_of(written, word)]
    assert len(rights) >= 300
    assert max(rights) <= 595.28 - 60
    assert "ab" * 40 in text_of(written).replace(" ", "")


def test_a_tall_drawing_stands_on_one_page_with_its_caption_and_its_source():
    tall = replace(drawing("tall", "Hohes Bild", 600, 4000), caption=("Oben " * 60,), source=("Quelle " * 120, "ganz unten"))
    made = render_pdf(document(front=None, sections=(Section("one", ("Eins",), (tall,)),)), IMPRINT)
    lowest = min(lower for _, lower, _, _ in boxes_of(made, "ganz unten"))
    assert lowest >= 51  # points: the margin below
    with pikepdf.open(BytesIO(made)) as pdf:
        assert len(pdf.pages) == 2


def test_the_banner_comes_first(written):
    assert text_of(written).lstrip().startswith("simuliert Simulierte Daten.")


def test_a_report_of_true_figures_does_not_say_simulated():
    text = text_of(render_pdf(document(banner=None, front=None, sections=document().sections[3:]), IMPRINT))
    assert "imuliert" not in text


def test_the_same_document_gives_the_same_bytes(written):
    assert render_pdf(document(), IMPRINT) == written


def test_a_report_without_publisher_and_without_a_front_page_is_written(tmp_path):
    made = render_pdf(document(front=None, sections=document().sections[:1]), replace(IMPRINT, publisher=""))
    assert faults(made, tmp_path) == []
    with pikepdf.open(BytesIO(made)) as pdf, pdf.open_metadata() as metadata:
        assert "dc:creator" not in metadata


@pytest.mark.parametrize(("n_results", "words"), [(0, 10), (1, 10), (4, 40), (6, 60), (9, 100)])
def test_the_one_page_is_one_page_and_loses_nothing(n_results, words, tmp_path):
    told = document(front=front(n_results, words, words))
    made = render_front_pdf(told, IMPRINT)
    with pikepdf.open(BytesIO(made)) as pdf:
        assert len(pdf.pages) == 1
        assert [round(float(side)) for side in pdf.pages[0].mediabox] == [0, 0, 595, 842]
        said = [str(one.get("/Alt", "")) for one in of_kind(pdf, "/Figure")]
    assert said == [f"Spanne {n}" for n in range(n_results) if n % 3]
    text = text_of(made)
    assert all(f"Kennzahl {n} " in text for n in range(n_results))
    assert all(text.count(f"Punkt {n}:") == 5 for n in range(3))
    assert faults(made, tmp_path) == []


def test_one_page_with_six_long_results_is_set_in_type_that_can_be_read():
    made = render_front_pdf(document(front=front(6, 36)), IMPRINT)
    heights = [upper - lower for _, lower, _, upper in boxes_of(made, "K")]
    assert len(heights) > 6 * 3
    assert min(heights) >= 0.66 * 6  # points; a capital has two thirds of the size of its type


def test_a_page_leads_to_the_papers_beside_it(page):
    language, told, alone = page
    beside = render(told, papers=("bericht.pdf", "auf_einer_seite.pdf"))
    shown = re.findall(r'<li><a href="([^"]+\.pdf)">([^<]+)</a>', beside)
    whole, front = ("Bericht als PDF", "Eine Seite als PDF") if language == "de" else ("Report as PDF", "One page as PDF")
    assert shown == [("bericht.pdf", whole), ("auf_einer_seite.pdf", front)]
    assert ".pdf" not in alone


def test_how_to_read_the_bars_stands_on_the_one_page():
    told = document(front=replace(front(), reading=("So liest man die Balken.",)))
    assert "So liest man die Balken." in text_of(render_front_pdf(told, IMPRINT))


def test_a_document_without_a_front_page_has_no_one_page():
    with pytest.raises(ValueError, match="no front page"):
        render_front_pdf(document(front=None), IMPRINT)


def test_the_whole_report_is_a_sound_file_in_both_languages(page, tmp_path):
    language, told, _ = page
    made = render_pdf(told, IMPRINT)
    assert faults(made, tmp_path) == []
    with pikepdf.open(BytesIO(made)) as pdf:
        assert pdf.Root.Lang == language
        said = {str(one.get("/Alt", "")) for one in of_kind(pdf, "/Figure")}
    assert "" not in said
    assert {figure.alternative_text for figure in figures(told.sections)} <= said


def figures(sections: tuple[Section, ...]) -> Iterator[Figure]:
    for section in sections:
        yield from (block for block in section.blocks if isinstance(block, Figure))
        yield from figures(section.sections)
