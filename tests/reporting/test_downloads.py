"""What lies beside a page: opened by a spreadsheet, explained by the codebook, and never more than the page says."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import pandas as pd
import pytest

from kkz_eval.model.cells_for_spreadsheets import left_alone
from kkz_eval.reporting import downloads as beside
from kkz_eval.reporting.build import build_document, render
from kkz_eval.reporting.disclosure import HIDDEN
from kkz_eval.reporting.document import (
    Column,
    Data,
    Document,
    Figure,
    Number,
    Quoted,
    Section,
    Table,
    Variable,
    downloadable,
    numbers,
    plain,
)
from kkz_eval.reporting.downloads import csv_of, data_of_table, downloads_of, standalone
from kkz_eval.reporting.typeface import FAMILY

FORMS = {"de": (";", ","), "en": (",", ".")}
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" viewBox="0 0 200 100"><text>A</text></svg>'
FIGURE = Figure("f.1", ("Bild <1>",), "Ein Strich & mehr.", DRAWING, DRAWING, source=(Quoted("Quelle: Amt"),))


def read(content: bytes, language: str) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=FORMS[language][0]))


def document_of(*blocks, language="de", banner=None) -> Document:
    return Document(language, ("T",), (), banner, (Section("s", ("S",), tuple(blocks)),))


def table_of(*rows, headings=("Kreis", "Wert")) -> Table:
    return Table("t.1", ("Zahlen",), tuple(Column(heading) for heading in headings), rows)


def test_every_table_is_a_csv_and_every_figure_a_picture(page):
    _, document, _ = page
    found = downloads_of(document)
    for item in downloadable(document):
        one = found.of[item.identifier]
        if isinstance(item, Table):
            assert one.csv in found.files
            assert one.rows == len(item.rows)
        else:
            assert one.svg in found.files
            assert (one.csv is None) == (item.data is None)


def test_every_column_of_every_csv_is_explained(page):
    language, document, _ = page
    found = downloads_of(document)
    explained = {(row[0], row[1]) for row in read(found.files[found.codebook], language)}
    for name, content in found.files.items():
        if name.endswith(".csv"):
            short = name.rpartition("/")[2]
            assert {(short, column) for column in read(content, language)[0][:-1]} <= explained, name
    assert all(row[2] for row in read(found.files[found.codebook], language))


@pytest.mark.parametrize(("language", "written"), [("de", '"a";-1234,5;7;;0,1\r\n'), ("en", '"a",-1234.5,7,,0.1\r\n')])
def test_numbers_are_written_as_a_spreadsheet_of_the_language_reads_them(language, written):
    data = Data(tuple(Variable(name, name) for name in "abcde"), (("a", -1234.5, 7.0, None, 0.1),))
    assert csv_of(data, language, simulated=False).decode("utf-8-sig").partition("\n")[2] == written


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-2+3", "@sum", "  =1", "\t=1", "\r=1", "＝1"])
def test_no_text_is_computed(formula):
    data = Data((Variable("a", "a"), Variable(formula, "b")), ((formula, 1),))
    header, row = read(csv_of(data, "de", simulated=False), "de")
    assert header[1] == row[0] == f"'{formula}"


def test_a_version_is_no_day_and_a_day_stays_one():
    data = Data((Variable("a", "a"), Variable("b", "b")), (("2.4.6", "10.10.2017"),))
    assert read(csv_of(data, "de", simulated=False), "de")[1] == ["'2.4.6", "10.10.2017"]


def test_no_text_splits_a_row_where_a_program_expects_another_sign():
    data = Data((Variable("a", "a"), Variable("b", "b")), (('x,=1+1;=2+2"', 1),))
    _, row = csv_of(data, "de", simulated=False).decode("utf-8-sig").splitlines()
    assert next(csv.reader([row], delimiter=",")) == ['x,=1+1;=2+2";1']


def test_made_up_figures_say_so_in_each_row_and_true_ones_do_not(inputs):
    made_up = downloads_of(build_document(inputs, "de")).files
    real = downloads_of(build_document(replace(inputs, simulated=False, texts={}), "de")).files
    for name in made_up:
        if name.endswith(".csv"):
            header, *rows = read(made_up[name], "de")
            assert header[-1] == "simulated"
            assert {row[-1] for row in rows} == {"true"}
            assert "simulated" not in read(real[name], "de")[0]


def test_numbers_of_a_table_are_those_of_the_page_with_all_their_digits(page):
    language, document, _ = page
    found = downloads_of(document)
    for item in downloadable(document):
        if isinstance(item, Table):
            shown = {number.value for number in numbers(item)}
            data = data_of_table(item, language)
            assert {cell for row in data.rows for cell in row if isinstance(cell, float)} == shown
            header = read(found.files[found.of[item.identifier].csv], language)[0]
            assert header[:-1] == [variable.name for variable in data.variables]


def test_a_count_that_the_page_hides_is_in_no_download(inputs):
    document = build_document(inputs, "de")
    found = downloads_of(document)
    header, row = read(found.files["daten/counts-table-1.csv"], "de")
    hidden = [name for name, cell in zip(header, row, strict=True) if cell == HIDDEN]
    assert hidden == ["Ohne Abschluss", "Hauptschulabschluss"]
    assert not [name for name in header if name.startswith(tuple(hidden)) and name not in hidden]
    counted = {float(cell.replace(".", "").replace(",", ".")) for cell in row if re.fullmatch(r"[\d.,]+", cell)}
    assert counted.isdisjoint({2.0, 58.0})
    everything = {name: content.decode("utf-8-sig") for name, content in found.files.items()}
    assert not [name for name, content in everything.items() if re.search(r"2,2222|0,0222", content)]  # 2 of 90 were reached


def test_what_nobody_hides_would_be_found(inputs):
    open_to_all = build_document(replace(inputs, smallest_cell=1), "de")
    _, row = read(downloads_of(open_to_all).files["daten/counts-table-1.csv"], "de")
    assert {"2", "58"} <= set(row)


def test_the_same_number_of_a_sentence_is_in_the_same_column():
    reached = (Number("r.1.reached", 20.9, "21"), " von ", Number("r.1.of", 4.0, "4"))
    data = data_of_table(table_of((("A",), reached), (("B",), ("• von ", Number("r.2.of", 5.0, "5")))), "de")
    assert [variable.name for variable in data.variables] == ["Kreis", "Wert", "Wert: Zahl 1", "Wert: Zahl 2"]
    assert [row[2:] for row in data.rows] == [(20.9, 4.0), (None, 5.0)]


def test_numbers_of_a_column_stand_in_the_order_of_its_fullest_cell_whatever_comes_first():
    means = (
        Number("r.2.treated", 24.8, "24,8"),
        " / ",
        Number("r.2.reference", 26.0, "26,0"),
        " (",
        Number("r.2.year", 2018.0, "2018"),
        ")",
    )
    data = data_of_table(table_of((("A",), ("Reihe bis ", Number("r.1.year", 2015.0, "2015"))), (("B",), means)), "de")
    assert [row[2:] for row in data.rows] == [(None, None, 2015.0), (24.8, 26.0, 2018.0)]


def test_headings_that_are_alike_or_missing_name_different_columns():
    data = data_of_table(table_of((("A",), ("B",), ("C",)), headings=("Wert", "Wert", "")), "de")
    assert [variable.name for variable in data.variables] == ["Wert", "Wert 2", "3"]


def test_files_have_names_of_their_own_on_every_system():
    tables = [replace(table_of((("A",), ("B",))), identifier=name) for name in ("t.1", "T-1", "../t", "codebook")]
    names = [one.csv for one in downloads_of(document_of(*tables)).of.values()]
    assert names == ["daten/t-1.csv", "daten/T-1-2.csv", "daten/---t.csv", "daten/codebook-2.csv"]


def test_a_picture_alone_says_what_it_shows_and_where_it_is_from():
    root = ElementTree.fromstring(standalone(FIGURE, "", simulated=True, language="de"))
    texts = {element.tag.rpartition("}")[2]: element.text for element in root}
    assert (texts["title"], texts["desc"]) == ("Bild <1>", "Ein Strich & mehr.")
    assert texts["text"].endswith("Quelle: Amt")
    assert "simuliert" in texts["text"].lower()
    assert float(root.get("height")) > 100


def test_what_a_picture_says_of_its_looks_as_a_whole_holds_when_it_stands_alone():
    figure = replace(FIGURE, svg_wide=DRAWING.replace("<svg", '<svg class="x" font-size="13" fill="#123456"'))
    root = ElementTree.fromstring(standalone(figure, "", simulated=False, language="de"))
    group = root.find("{http://www.w3.org/2000/svg}g")
    assert group.attrib == {"font-size": "13", "fill": "#123456"}


def test_every_picture_of_a_report_can_stand_alone(page):
    language, document, _ = page
    found = downloads_of(document)
    figures = [item for item in downloadable(document) if isinstance(item, Figure)]
    for figure in figures:
        root = ElementTree.fromstring(found.files[found.of[figure.identifier].svg])
        words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        assert root.find("{http://www.w3.org/2000/svg}desc").text == figure.alternative_text
        assert {"de": "simuliert", "en": "simulated"}[language] in " ".join(filter(None, words)).lower()
    assert len(figures) > 5


def test_a_picture_carries_the_typeface_that_its_words_are_measured_by(page):
    _, document, _ = page
    found = downloads_of(document)
    pictures = [content.decode() for name, content in found.files.items() if name.endswith(".svg")]
    assert pictures
    assert all("@font-face" in picture and "font/woff2;base64," in picture for picture in pictures)
    assert {family for picture in pictures for family in re.findall(r'font-family="([^",]+)', picture)} == {FAMILY}


def test_links_of_a_page_lead_to_what_lies_beside_it(page):
    _, document, _ = page
    found = downloads_of(document)
    html = render(document, found)
    links = re.findall(r'<div class="beside">.*?</div>', html, re.DOTALL)
    addresses = [address for line in links for address in re.findall(r'href="([^"]+)"', line)]
    assert {address for address in addresses if not address.startswith("data:")} <= set(found.files)
    carried = [base64.b64decode(address.partition(",")[2]) for address in addresses if address.startswith("data:")]
    assert set(carried) <= set(found.files.values())
    assert len(links) == len(found.of)


def test_a_table_too_large_for_the_page_is_a_link_only(monkeypatch):
    table = table_of((("A",), ("B",)))
    monkeypatch.setattr(beside, "LARGEST_EMBEDDED", 10)
    assert downloads_of(document_of(table)).of["t.1"].csv_address == "daten/t-1.csv"


def test_a_page_that_is_shown_alone_links_to_nothing_beside_it(page):
    _, _, html = page
    assert " download" not in html


def test_the_same_document_gives_the_same_files(inputs):
    first, second = (downloads_of(build_document(inputs, "de")) for _ in range(2))
    assert first == second


def test_data_behind_a_figure_are_written_as_they_are():
    figure = replace(FIGURE, data=Data((Variable("jahr", "Jahr"), Variable("wert", "Anteil", "Prozent")), ((2012, 1.25),)))
    found = downloads_of(document_of(figure))
    frame = pd.read_csv(io.BytesIO(found.files["daten/f-1.csv"]), sep=";", decimal=",", encoding="utf-8-sig")
    assert frame.to_dict("records") == [{"jahr": 2012, "wert": 1.25}]
    assert ["f-1.csv", "wert", "Anteil", "Prozent", "Quelle: Amt"] in read(found.files["daten/codebook.csv"], "de")
    assert "<li><code>wert</code> Anteil (Prozent)</li>" in render(document_of(figure), found)
    assert plain(figure.caption) in read(found.files["daten/codebook.csv"], "de")[-3]


def test_a_sign_alone_stands_as_it_is_for_it_often_means_a_gap():
    assert [left_alone(sign) for sign in ("-", "–", "=", " - ")] == ["-", "–", "=", " - "]
    assert left_alone("- 1") == "'- 1"
