"""The finished page: traceable, self-contained, escaped, in order, the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest

from kkz_eval.evaluation.verdict.decide import verdict_of
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import catalogue
from kkz_eval.reporting.build import build_document, render
from kkz_eval.reporting.document import Document, Number, Section, numbers, plain
from kkz_eval.reporting.figures import canvas
from kkz_eval.reporting.sections.deliveries import deliveries_section

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Elements in order with attributes, and every piece of text with the elements around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, tuple[tuple[str, dict[str, str | None]], ...]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.texts.append((data, tuple(self.stack)))


RESULTS = ("key", "difference", "appendix", "chain", "robustness", "strength", "design")
"""Sections that tell of a result, whose numbers are named after section and outcome."""


def test_every_number_is_in_a_traceable_element(page):
    _, _, html = page
    for said, around in Page(html).texts:
        tags = {tag for tag, _ in around}
        quoted = any(attributes.get("class") in ("quoted", "extent") for _, attributes in around)
        if not quoted and not tags & {"data", "code", "svg", "style", "title"}:
            assert not re.search(r"\d", said.replace("SHA-256", "")), said


def test_numbers_carry_their_value_and_identifiers_are_unique(page):
    _, document, html = page
    elements = Page(html).elements
    identifiers = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    shown = {a["id"]: float(a["value"]) for tag, a in elements if tag == "data"}
    assert shown == {number.identifier: number.value for number in numbers(document)}
    assert len(shown) > 100


def test_both_languages_tell_the_same_numbers(inputs):
    german, english = ({one.identifier: one.value for one in numbers(build_document(inputs, each))} for each in ("de", "en"))
    assert german == english


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_number_of_a_result_is_written_alike_wherever_it_stands(inputs, language):
    apart = {  # so that no other quantity of the fixture has the same value
        name: verdict_of(replace(verdict.evidence, breakdown=1.137), rules()) for name, verdict in inputs.verdicts.items()
    }
    written: dict[tuple[str, float], set[str]] = {}
    for number in numbers(build_document(replace(inputs, verdicts=apart), language)):
        section, *of = number.identifier.split(".")
        is_error = number.identifier.endswith(".std_error")  # which has a digit more
        if of and section in RESULTS and not is_error and number.value != int(number.value):
            written.setdefault((of[0], abs(number.value)), set()).add(number.text.lstrip("−-+"))
    assert len(written) > 10
    assert not {key: texts for key, texts in written.items() if len(texts) > 1}


def test_an_identifier_that_occurs_twice_is_refused():
    twice = Section("s", (Number("n", 1.0, "1"), Number("n", 2.0, "2")), ())
    with pytest.raises(ValueError, match="occurs twice"):
        Document("de", ("x",), ("y",), None, (twice,))


def test_the_same_inputs_give_the_same_bytes(page, inputs):
    language, _, html = page
    assert render(build_document(inputs, language)) == html


def test_names_are_escaped(page):
    _, _, html = page
    assert "<b>" not in html
    assert "&lt;b&gt;Unna&lt;/b&gt; &amp; &#34;Co&#34;" in html


def test_no_request_to_anywhere(page):
    _, _, html = page
    assert set(re.findall(r"https?://[^\"'\s<)]*", html)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\((?!data:)|\bsrc=|\son\w+=", html)
    assert {a["href"][0] for tag, a in Page(html).elements if tag == "a"} == {"#"}


def test_links_lead_to_what_is_there(page):
    _, _, html = page
    elements = Page(html).elements
    identifiers = {a.get("id") for _, a in elements}
    targets = {a["href"][1:] for tag, a in elements if tag == "a"} | {
        a["aria-labelledby"] for _, a in elements if "aria-labelledby" in a
    }
    assert targets <= identifiers


def test_language_landmarks_and_order_of_headings(page):
    language, _, html = page
    elements = Page(html).elements
    assert ("html", {"lang": language}) in elements
    tags = [tag for tag, _ in elements]
    assert [tags.count(tag) for tag in ("header", "nav", "main", "h1")] == [1, 1, 1, 1]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_scroll_in_a_named_region_and_name_their_cells(page):
    _, _, html = page
    elements = Page(html).elements
    tables = [index for index, (tag, _) in enumerate(elements) if tag == "table"]
    for index in tables:
        region = elements[index - 1][1]
        assert (region["role"], region["tabindex"]) == ("region", "0")
        assert region["aria-label"]
        assert elements[index + 1][0] == "caption"
    assert all(a.get("scope") in {"col", "row"} for tag, a in elements if tag == "th")


def test_figures_have_a_text_that_stands_for_them(page):
    _, _, html = page
    images = [a for _, a in Page(html).elements if a.get("role") == "img"]
    assert (
        len(images) == 18
    )  # two bars, the balance, shown and folded, five trends, two event studies, the chain, six of robustness
    assert all(re.search(r"\d", a["aria-label"]) for a in images)


def test_sections_in_german(inputs):
    titles = [section.title[0] for section in build_document(inputs, "de").sections]
    assert titles == [
        "Das Wichtigste",
        "Was wurde untersucht?",
        "Waren die Gruppen vergleichbar?",
        "Was hat sich verändert?",
        "Wie groß ist der Unterschied?",
        "Halten die Ergebnisse stand?",
        "Wie belastbar ist das?",
        "Was dieser Bericht nicht zeigt",
        "Daten und Nachvollziehbarkeit",
        "Anhang",
    ]


def test_simulated_data_are_announced_only_where_they_are(inputs):
    plain_texts = {key: value for key, value in inputs.texts.items() if key != "simulated"}
    own = render(build_document(inputs, "de"))
    assert "Simulierte Daten." in own
    assert inputs.texts["simulated"]["de"] in own
    without_words = render(build_document(replace(inputs, texts=plain_texts), "de"))
    assert "Simulierte Daten. Dieser Bericht beruht" in without_words, "deliveries say that they are made up, the plan does not"
    assert "imulier" not in render(build_document(replace(inputs, texts=plain_texts, simulated=False), "de"))


def test_made_up_figures_are_credited_to_nobody_and_every_picture_says_so(inputs):
    made_up = tuple(replace(source, simulated=True, attribution="", licence="") for source in inputs.sources)
    html = render(build_document(replace(inputs, sources=made_up), "de"))
    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(drawings) > 4
    assert [drawing for drawing in drawings if ">simuliert</text>" not in drawing] == []
    said = re.findall(r'<div class="drawing" role="img" aria-label="([^"]*)"', html)
    assert [words for words in said if not words.startswith("Simulierte Daten. ")] == []
    assert html.count("keine Stelle hat diese Zahlen veröffentlicht") == 1  # once for all of them
    assert "Quelle: " not in html
    genuine = render(build_document(inputs, "de"))
    assert ">simuliert</text>" not in genuine
    assert "Quelle: " in genuine


def test_context_is_marked_and_never_a_result(inputs):
    document = build_document(inputs, "de")
    trends = next(section for section in document.sections[3].sections if section.identifier == "trends")
    difference = document.sections[4]
    assert trends.sections[-1].sections[-1].blocks[0].parts == ("Kontext, kein Ergebnis des Programms.",)
    assert len(difference.sections) == 4


def test_small_counts_do_not_leave(inputs):
    document = build_document(inputs, "de")
    counts = [number for number in numbers(document) if re.fullmatch(r"counts\.\d+\.\d+\.(\d+|total)", number.identifier)]
    assert sorted({number.value for number in counts}) == [500, 700, 1260]


def test_counts_of_another_whole_are_a_table_of_their_own(inputs):
    care = inputs.counts.head(1).assign(whole="Kinder in Betreuung", part="unter 3", count=41, total=97)
    both = replace(inputs, counts=pd.concat([inputs.counts, care], ignore_index=True))
    shown = {number.identifier: number.value for number in numbers(build_document(both, "de"))}
    assert (shown["counts.1.1.total"], shown["counts.2.1.1"], shown["counts.2.1.total"]) == (1260, 41, 97)


def test_rejected_and_missing_deliveries_are_named(page):
    _, _, html = page
    table = re.search(r'<table id="kept-out-table".*?</table>', html, re.DOTALL).group()
    assert table.count('scope="row"') == 2
    assert "Kreis Alba 3" in table
    assert "Kreis Alba 4" in table


def test_missing_years_of_a_unit_are_one_row_with_spans(inputs):
    missing = inputs.deliveries[inputs.deliveries["status"] == "missing"]
    years = pd.concat([missing.assign(year=year) for year in (2015, 2012, 2014, 2010)])
    section = deliveries_section(years, {}, "de")
    (kept_out,) = (part for part in section.sections if part.identifier == "kept-out")
    (row,) = kept_out.blocks[0].rows
    assert [plain(cell) for cell in row] == ["Kreis Alba 4", "schulabgaenge", "2010, 2012, 2014–\u20602015", "fehlt", "–"]


def test_errors_of_a_whole_file_count_once_for_all_its_years(inputs):
    rejected = inputs.deliveries[inputs.deliveries["status"] == "rejected"].assign(n_errors_of_file=4, delivery="sha")
    years = pd.concat([rejected.assign(year=year, n_errors=n) for year, n in ((2014, 1), (2015, 0))])
    section = deliveries_section(years, {}, "de")
    (kept_out,) = (part for part in section.sections if part.identifier == "kept-out")
    (row,) = kept_out.blocks[0].rows
    assert plain(row[-1]) == "5"


def test_deliveries_carry_the_title_of_their_dataset(inputs):
    titles = {"schulabgaenge": {"de": "Schulabgänge nach Abschluss", "en": "School leavers by certificate"}}
    section = deliveries_section(inputs.deliveries, titles, "en")
    assert plain(section.blocks[0].parts).startswith(f"{len(inputs.deliveries)} deliveries: accepted ")
    tables = [block for part in section.sections for block in part.blocks]
    assert len(tables) == 2
    for table in tables:
        assert "School leavers by certificate" in [plain(cell) for cell in table.rows[0]]


def test_a_text_without_the_language_is_a_sentence_for_the_user(inputs):
    with pytest.raises(UserError) as raised:
        build_document(replace(inputs, title={"de": "Nur Deutsch"}), "en")
    assert raised.value.sentence.in_language("en") == (
        "“title” has no text in the language “en”. Please add it to the plan or contract; no report was written."
    )


def test_a_report_of_almost_nothing_is_still_a_report(inputs):
    bare = replace(
        inputs,
        estimates=inputs.estimates.iloc[:0],
        tests=inputs.tests.iloc[:0],
        panel=inputs.panel.iloc[:0],
        balance=inputs.balance.iloc[:0],
        deliveries=pd.DataFrame(),
        counts=None,
        sources=(),
        notices=(),
        digests={},
        versions={},
        texts={},
        chain=(),
    )
    html = render(build_document(bare, "de"))
    assert "keine Werte vor" in html
    assert "<svg" not in html


@pytest.mark.parametrize("language", ["de", "en"])
def test_ten_sections_stand_whatever_is_missing(inputs, language):
    refused = inputs.estimates.assign(status="refused", message="<script>alert(1)</script> & „Ü“")
    hostile = inputs.groups.assign(name=[f'Kreis Ä "{n}" <script>' for n in range(len(inputs.groups))])
    nothing = {"panel": inputs.panel.iloc[:0], "deliveries": pd.DataFrame(), "counts": None, "offers": None}
    for changes in ({"estimates": refused}, {"groups": hostile}, nothing, {"outcomes": ()}):
        document = build_document(replace(inputs, **changes), language)
        assert len(document.sections) == 10
        html = render(document)
        assert "<script" not in html
        assert [section.identifier for section in document.sections if not section.blocks and not section.sections] == []


def test_pages_in_other_languages_are_linked_in_their_own_words(inputs):
    html = render(build_document(inputs, "de"), others={"en": "report.html"})
    assert '<a href="report.html" hreflang="en" lang="en">This report in English</a>' in html


def test_a_table_without_a_column_is_refused(inputs):
    with pytest.raises(ValueError, match="panel lacks cohort"):
        replace(inputs, panel=inputs.panel.drop(columns="cohort"))


def test_unknown_words_are_refused(inputs):
    with pytest.raises(ValueError, match="unknown group: control"):
        replace(inputs, groups=inputs.groups.replace({"group": {"reference": "control"}}))
    with pytest.raises(ValueError, match="unknown role: main"):
        replace(inputs, outcomes=(replace(inputs.outcomes[0], role="main"),))


@pytest.mark.parametrize(
    "word",
    [
        "wirkt",
        "bewirk",
        "beweis",
        "lohnt",
        "spart",
        "kein effekt",
        "keine wirkung",
        "signifikan",
        "wahrscheinlichkeit",
        "works",
        "proves",
        "causes",
        "saves",
        "no effect",
        "significan",
        "probability, ",
        "effective",
    ],
)
def test_forbidden_words_are_absent(page, word):
    _, _, html = page
    assert word not in html.lower().replace("what works clearinghouse", "")


def test_whether_the_groups_are_alike_is_asked_or_denied_and_never_said(page):
    language, _, html = page
    question = {"de": "Waren die Gruppen vergleichbar?", "en": "Were the groups comparable?"}[language]
    assert html.count(question) >= 2  # heading and contents
    assert not re.search("(?<![Nn]icht )vergleichbar|(?<![Nn]ot )comparable", html.replace(question, ""))


def test_both_catalogues_have_the_same_sentences_and_parameters():
    german, english = catalogue("kkz_eval.reporting", "de"), catalogue("kkz_eval.reporting", "en")
    assert german.keys() == english.keys()
    for key, said in german.items():
        assert set(re.findall(r"\{\w+\}", said)) == set(re.findall(r"\{\w+\}", english[key])), key
        assert not re.search(r"\d", re.sub("SHA-256", "", said)), key


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", ["#ffffff", "tint", "warn"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "accent", canvas.TREATED_COLOUR, canvas.REFERENCE_COLOUR, canvas.INK])
def test_contrast_of_text_is_at_least_4_5(page, ink, ground):
    _, _, html = page
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", html))
    dark, light = luminance(colours.get(ink, ink)), luminance(colours.get(ground, ground))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_page_names_no_moment_of_its_making(page):
    _, _, html = page
    years = {int(year) for year in re.findall(r"\b(20[2-9]\d)\b", re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL))}
    assert years <= {2024}  # the edition of the source
