"""Persons in a workbook are found wherever it can hold text; who made it, and one contact, are no reason to refuse it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
import xlwt
from contract_values import shipped
from made_workbooks import SPACES, ods, ods_cell, with_parts, xls
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.deliveries.reader import Claimed, PersonRecords, Unreadable, read_file

CONTRACTS = shipped()
HEADER = ("Gemeindeschlüssel", "Schuljahr", "Abschluss", "Geschlecht", "Anzahl")
ROWS = [
    ("05111000", "2009/10", "ohne Hauptschulabschluss", sex, n)
    for sex, n in (("männlich", 144), ("weiblich", 120), ("insgesamt", 264))
]
NAMES = ("Anna Müller", "Ben Yılmaz", "Clara Schmidt", "David Kowalski")
DAYS = (date(2015, 3, 12), date(2014, 7, 1), date(2015, 11, 30), date(2016, 2, 17), date(2015, 5, 5))
ONE = "Anna Müller, geb. 12.03.2015"
THREE = ", ".join(NAMES[:3])

Fill = Callable[[openpyxl.Workbook], object]


def _xlsx(fill: Fill | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Daten"
    for row in (HEADER, *ROWS):
        sheet.append(row)
    book.properties.creator = "Sabine Meier-Lüdenscheid"
    book.properties.lastModifiedBy = "s.meier@stadt.example"
    if fill is not None:
        fill(book)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _with_parts(parts: dict[str, bytes]) -> bytes:
    data = io.BytesIO(_xlsx())
    with zipfile.ZipFile(data, "a") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


def _validated(**about: object) -> Fill:
    def fill(book: openpyxl.Workbook) -> None:
        rule = DataValidation(**about)
        rule.add("F2")
        book.worksheets[0].add_data_validation(rule)

    return fill


def _sheet(state: str, cells: list[tuple[object, ...]]) -> Fill:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.create_sheet("Intern")
        sheet.sheet_state = state
        for row in cells:
            sheet.append(row)

    return fill


def _commented(book: openpyxl.Workbook) -> None:
    book.worksheets[0]["E3"].comment = Comment(ONE, "Sabine Meier")


def _far_below(book: openpyxl.Workbook) -> None:
    book.worksheets[0].cell(6000, 9, "Kind Mia M., seit Mai in Pflege")


def _hidden_column(book: openpyxl.Workbook) -> None:
    sheet = book.worksheets[0]
    for place, name in enumerate(NAMES, start=2):
        sheet.cell(place, 10, name)
    sheet.column_dimensions["J"].hidden = True


def _links(book: openpyxl.Workbook) -> None:
    for place, name in enumerate(NAMES, start=2):
        cell = book.worksheets[0].cell(place, 7, "schreiben")
        cell.hyperlink = f"mailto:{name.split()[0].lower()}.x@example.org"


def _headed(book: openpyxl.Workbook) -> None:
    book.worksheets[0].oddHeader.left.text = ONE


def _footed(book: openpyxl.Workbook) -> None:
    book.worksheets[0].oddFooter.center.text = THREE


def _property(name: str, value: str) -> Fill:
    return lambda book: setattr(book.properties, name, value)


FILLED: dict[str, tuple[Fill, str]] = {  # and the place that the sentence names
    "hidden sheet of days": (_sheet("hidden", [(n, day) for n, day in enumerate(DAYS)]), "Blatt „Intern“, Spalte B"),
    "very hidden sheet of names": (_sheet("veryHidden", [(name, "x") for name in NAMES]), "Blatt „Intern“, Spalte A"),
    "few records": (_sheet("visible", [("Anna Müller", DAYS[0])]), "Blatt „Intern“, Spalte A"),
    "names as titles": (_sheet("visible", [("Gruppe", *NAMES), ("Bären", 1, 1, 1, 1)]), "Blatt „Intern“, Zeile 1"),
    "far below": (_far_below, "Blatt „Daten“, Spalte I"),
    "hidden column": (_hidden_column, "Blatt „Daten“, Spalte J"),
    "comment": (_commented, "Blatt „Daten“, Kommentar an Zelle E3"),
    "links": (_links, "Links in Zellen"),
    "header of the page": (_headed, "Kopf- und Fußzeilen"),
    "footer of the page": (_footed, "Kopf- und Fußzeilen"),
    "title": (_property("title", THREE), "Eigenschaft „Titel“"),
    "keywords": (_property("keywords", "Kind Mia M., geb. 2014"), "Eigenschaft „Markierungen“"),
    "own property": (lambda book: book.custom_doc_props.append(StringProperty(name="x", value=ONE)), "Eigenschaften der Mappe"),
    "constant": (
        lambda book: book.defined_names.add(DefinedName("x", attr_text=f'"{THREE}"')),
        "Namen von Blättern oder Bereichen",
    ),
    "names of ranges": (
        lambda book: [book.defined_names.add(DefinedName(n.replace(" ", "_"), attr_text="Daten!$A$1")) for n in NAMES],
        "Namen von Blättern oder Bereichen",
    ),
    "the name of one sheet": (lambda book: book.create_sheet("Lena Sommerfeld 12.03.2015"), "Namen von Blättern oder Bereichen"),
    "names of sheets": (lambda book: [book.create_sheet(name) for name in NAMES], "Namen von Blättern oder Bereichen"),
    "texts of formulas": (
        lambda book: book.worksheets[0].__setitem__("G2", f'=IF(E2>0,"","{ONE}")'),
        "Kopf- und Fußzeilen",
    ),
    "name of a range": (
        lambda book: book.defined_names.add(DefinedName("Anna_Müller_geb_12.03.2015", attr_text="Daten!$A$1")),
        "Namen von Blättern oder Bereichen",
    ),
    "name of a linked file": (
        lambda book: setattr(book.worksheets[0]["G2"], "hyperlink", "file:///akten/M%C3%BCller%20Anna_geb.%2012.03.2015.pdf"),
        "Links in Zellen",
    ),
    "list": (_validated(type="list", formula1='"Anna,Ben,Clara,David,Emma"'), "Auswahllisten"),
    "message": (_validated(type="whole", prompt=ONE, showInputMessage=True), "Eingabehinweise"),
}
PARTS = {
    "text box": (
        "xl/drawings/drawing1.xml",
        "<a:p><a:r><a:rPr b='1'/><a:t>Anna Mü</a:t></a:r><a:r><a:t>ller, geb. 12.03.2015</a:t></a:r></a:p>",
    ),
    "shape": ("xl/drawings/vmlDrawing1.vml", f"<xml><v:textbox><div>{ONE}</div></v:textbox></xml>"),
    "labels of a chart": (
        "xl/charts/chart1.xml",
        "<c><c:strCache>" + "".join(f"<c:pt><c:v>{n.split()[0]}</c:v></c:pt>" for n in NAMES) + "</c:strCache></c>",
    ),
    "pivot items": (
        "xl/pivotCache/pivotCacheDefinition1.xml",
        "<p><cacheField name='x'><sharedItems>" + "".join(f'<s v="{n}"/>' for n in NAMES) + "</sharedItems></cacheField></p>",
    ),
    "pivot days": (
        "xl/pivotCache/pivotCacheDefinition1.xml",
        "<p><cacheField name='x'><sharedItems>"
        + "".join(f'<d v="{d}T00:00:00"/>' for d in DAYS)
        + "</sharedItems></cacheField></p>",
    ),
    "pivot titles": (
        "xl/pivotCache/pivotCacheDefinition1.xml",
        '<p><cacheField name="Vorname"><sharedItems/></cacheField><cacheField name="Geb."><sharedItems/></cacheField></p>',
    ),
    "pivot records": ("xl/pivotCache/pivotCacheRecords1.xml", "".join(f'<r><s v="{n}"/><n v="3"/></r>' for n in NAMES)),
    "linked workbook": (
        "xl/externalLinks/externalLink1.xml",
        "<e>" + "".join(f'<row r="1"><cell t="str"><v>{n}</v></cell></row>' for n in NAMES) + "</e>",
    ),
    "connection": ("xl/connections.xml", f'<connections><connection description="{ONE}"/></connections>'),
    "titles of a table": ("xl/tables/table1.xml", "<t>" + "".join(f'<tableColumn name="{n}"/>' for n in NAMES) + "</t>"),
    "custom XML": ("customXml/item1.xml", f"<kind>{ONE}</kind>"),
    "threaded comment": (
        "xl/threadedComments/threadedComment1.xml",
        f'<t><threadedComment ref="A3"><text>{ONE}</text></threadedComment></t>',
    ),
    "text that no cell has": ("xl/sharedStrings2.xml", f"<sst><si><t>{ONE}</t></si></sst>"),
    "sheet that no list names": ("xl/worksheets/sheet9.xml", "<w><c><is><t>Kind Mia M.</t></is></c></w>"),
    "signs by number": ("xl/comments9.xml", '<c><comment ref="B2"><t>&#65;nna M&#252;ller, geb. 12.03.2015</t></comment></c>'),
}


_RECORDS = [
    ("Müller", "Anna", DAYS[0]),
    ("Yılmaz", "Ben", DAYS[1]),
    ("Schmidt", "Clara", DAYS[2]),
    ("Kowalski", "David", DAYS[3]),
]
PARTS |= {
    "records of custom XML": (
        "customXml/item2.xml",
        "<k>" + "".join(f"<x><a>{n}</a><b>{g}</b><c>{day}</c></x>" for n, g, day in _RECORDS) + "</k>",
    ),
    "attributes of custom XML": (
        "customXml/item3.xml",
        "<k>" + "".join(f'<x a="{n}" b="{g}" c="{day}"/>' for n, g, day in _RECORDS) + "</k>",
    ),
    "one record by its titles": ("customXml/item4.xml", "<k><vorname>Emre</vorname><geburtsdatum>2015-03-12</geburtsdatum></k>"),
    "one record by its attributes": ("customXml/item5.xml", '<k><x vorname="Emre" nachname="X" geburtsdatum="2015-03-12"/></k>'),
    "literal stretch of XML": ("customXml/item6.xml", f"<k><![CDATA[{ONE} <b>]]></k>"),
    "comment of XML": ("customXml/item7.xml", f"<k><!-- {ONE} --></k>"),
    "properties by their names": (
        "docProps/custom2.xml",
        '<p><property name="Vorname"><v>Emre</v></property><property name="Geburtsdatum"><v>2015-03-12</v></property></p>',
    ),
    "path of a linked workbook": (
        "xl/externalLinks/_rels/externalLink1.xml.rels",
        '<r><Relationship Target="file:///S:/Akten/Anna_M%C3%BCller%20geb.%2012.03.2015.xlsx" TargetMode="External"/></r>',
    ),
}


def _refusal(data: bytes, name: str = "lieferung.xlsx") -> str:
    result = read_file(data, name, CONTRACTS)
    assert isinstance(result, PersonRecords)
    said = result.in_language("de")
    assert not re.search("Anna|Müller|Mia|Ben|Clara|201[0-9]|example", said + result.in_language("en"))
    return said


def test_creator_and_last_editor_are_no_reason() -> None:
    assert isinstance(read_file(_xlsx(), "lieferung.xlsx", CONTRACTS), Claimed)


@pytest.mark.parametrize("kind", FILLED)
def test_persons_are_found_in_a_workbook_and_their_place_is_named(kind: str) -> None:
    fill, place = FILLED[kind]
    assert place in _refusal(_xlsx(fill))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", PARTS)
def test_persons_are_found_in_any_part_of_the_container(kind: str, encoding: str) -> None:
    name, content = PARTS[kind]
    _refusal(_with_parts({name: content.encode(encoding)}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("docProps/thumbnail.emf", b"\x01\0\0\0" + ONE.encode("utf-16-le")),
        ("docProps/thumbnail.wmf", b"\xd7\xcd\xc6\x9a\0" + ONE.encode("latin-1")),
        ("xl/media/image1.png", b"\x89PNG\r\n\x1a\n\0\0\0\x20tEXtComment\0Kind Mia M., geb. 12.03.2015\0"),
        ("xl/media/image2.jpeg", b"\xff\xd8\xff\xe1" + ONE.encode("utf-16-le")),
    ],
)
def test_persons_are_found_in_what_a_picture_says_of_itself(name: str, content: bytes) -> None:
    _refusal(_with_parts({name: content}))


def test_persons_are_found_behind_the_archive() -> None:
    _refusal(_xlsx() + f"\n{ONE}\n".encode())


@pytest.mark.parametrize("name", ["xl/media/image1.png", "customXml/item1.xml", "xl/ctrlProps/x.bin", "docProps/thumbnail.jpeg"])
def test_a_file_under_the_name_of_another_part_is_refused(name: str) -> None:
    result = read_file(_with_parts({name: _xlsx()}), "lieferung.xlsx", CONTRACTS)
    assert isinstance(result, Unreadable)
    assert result.reason_code == "embedded_files"


def test_who_made_a_document_and_when_is_no_record_wherever_it_stands() -> None:
    about = "<d><Author><DisplayName>Sabine Meier</DisplayName></Author><Modified>2016-03-12</Modified></d>"
    own = '<p><property name="Bearbeiterin"><v>Sabine Meier</v></property><property name="Abgeschlossen"><v>2016-03-12</v></property></p>'
    link = '<r><Relationship Target="file:///C:/Users/Sabine%20Meier/Lieferung_12.03.2016.xlsx" TargetMode="External"/></r>'
    parts = {"customXml/item1.xml": about, "docProps/custom.xml": own, "xl/externalLinks/_rels/externalLink1.xml.rels": link}
    data = _with_parts({name: text.encode() for name, text in parts.items()})
    assert isinstance(read_file(data, "lieferung.xlsx", CONTRACTS), Claimed)


@pytest.mark.parametrize("name", ["xl/embeddings/oleObject1.bin", "xl/embeddings/Mappe1.xlsx", "liste.csv", "xl/model/item.data"])
def test_a_file_within_the_file_is_refused(name: str) -> None:
    result = read_file(_with_parts({name: b"x"}), "lieferung.xlsx", CONTRACTS)
    assert isinstance(result, Unreadable)
    assert result.reason_code == "embedded_files"


@pytest.mark.parametrize(
    "fill",
    [
        _property("description", "Lieferung des Jugendamtes, Ansprechpartnerin: Sabine Meier, Tel. 0211 / 891234"),
        _property("title", "Schulabgänge 2009/10, Stand 12.03.2011"),
        lambda book: setattr(
            book.worksheets[0]["E3"], "comment", Comment("Sabine Meier:\nvorläufig, bitte prüfen", "Sabine Meier")
        ),
        lambda book: setattr(book.worksheets[0].oddFooter.left, "text", "Stadt Düsseldorf, Sabine Meier, Seite &P von &N"),
        _validated(type="list", formula1='"männlich,weiblich,insgesamt"'),
        _sheet("hidden", [("Stadt", "Kontakt"), ("Düsseldorf", "Sabine Meier, sabine.meier@stadt.example, 0211 / 891234")]),
        _sheet("visible", [("Angebot", "Beginn"), *((f"Angebot {n}", day) for n, day in enumerate(DAYS))]),
        _sheet("visible", [("Kita",), ("Kita St. Anna",), ("Familienzentrum Max und Moritz",), ("Astrid-Lindgren-Schule",)]),
    ],
)
def test_what_belongs_to_the_sender_or_only_looks_so_passes(fill: Fill) -> None:
    assert not isinstance(read_file(_xlsx(fill), "lieferung.xlsx", CONTRACTS), PersonRecords)


def test_a_picture_and_printer_settings_are_no_files_within_the_file() -> None:
    data = _with_parts(
        {"xl/media/image1.png": b"x", "xl/printerSettings/printerSettings1.bin": b"x", "docProps/thumbnail.jpeg": b"x"}
    )
    assert isinstance(read_file(data, "lieferung.xlsx", CONTRACTS), Claimed)


# ---- other formats ----


_NOTE = f"<office:annotation><meta:creator>Sabine Meier</meta:creator><text:p>{ONE}</text:p></office:annotation>"


_HEADED = "<style:header><text:p>Anna Müller, <text:span>geb. 12.03.2015</text:span></text:p></style:header>"
_LISTED = '<table:content-validation table:condition="of:is-in-list(&quot;Anna&quot;;&quot;Ben&quot;;&quot;Clara&quot;;&quot;Mia&quot;)"/>'


def _with_note(row: int, column: int, value: object) -> str:
    return ods_cell(value, inside=f"{_NOTE}<text:p>{value}</text:p>") if (row, column) == (0, 1) else ods_cell(value)


ODS = {
    "note": ods(_with_note),
    "header": with_parts(ods(), {}, {"styles.xml": f"<styles {SPACES}>{_HEADED}</styles>"}),
    "own property": with_parts(ods(), {}, {"meta.xml": f"<m {SPACES}><meta:user-defined>{ONE}</meta:user-defined></m>"}),
    "title": with_parts(ods(), {}, {"meta.xml": f"<m {SPACES}><meta:title>{THREE}</meta:title></m>"}),
    "deleted cells": ods(settings=f"<table:tracked-changes><text:p>{ONE}</text:p></table:tracked-changes>"),
    "list": ods(settings=f"<table:content-validations>{_LISTED}</table:content-validations>"),
}


_CHART = "<office:chart><table:table>{}</table:table></office:chart>"
_ROW = "<table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row>"
ODS |= {
    "values of a chart": with_parts(
        ods(), {}, {"Object 1/content.xml": f"<c {SPACES}>{_CHART.format(''.join(_ROW.format(*r[:2]) for r in _RECORDS))}</c>"}
    ),
    "keywords": with_parts(
        ods(),
        {},
        {"meta.xml": f"<m {SPACES}><meta:keyword>Anna Müller</meta:keyword><meta:keyword>geb. 12.03.2015</meta:keyword></m>"},
    ),
    "picture of an object": with_parts(ods(), {}, {"ObjectReplacements/Object 1": ONE}),
}


def test_a_document_within_an_ods_is_refused() -> None:
    inside = f"<d {SPACES}><office:body><office:spreadsheet/></office:body></d>"
    result = read_file(with_parts(ods(), {}, {"Object 1/content.xml": inside}), "lieferung.ods", CONTRACTS)
    assert isinstance(result, Unreadable)
    assert result.reason_code == "embedded_files"


@pytest.mark.parametrize("kind", ODS)
def test_persons_are_found_in_an_ods(kind: str) -> None:
    _refusal(ODS[kind], "lieferung.ods")


def test_an_ods_without_persons_is_read() -> None:
    made_by = f"<m {SPACES}><meta:initial-creator>Sabine Meier</meta:initial-creator></m>"
    data = with_parts(ods(), {}, {"meta.xml": made_by})
    assert not isinstance(read_file(data, "lieferung.ods", CONTRACTS), PersonRecords | Unreadable)


def _hidden_xls(book: xlwt.Workbook, _: object) -> None:
    sheet = book.add_sheet("Intern")
    sheet.visibility = 2
    for row, name in enumerate(NAMES):
        sheet.write(row, 0, name)


def test_persons_are_found_in_an_xls() -> None:
    assert "Blatt „Intern“, Spalte A" in _refusal(xls(_hidden_xls), "lieferung.xls")
    header = xls(lambda _, sheet: sheet.set_header_str(b"&LKind Mia M., geb. 12.03.2015"))
    assert "Texte der Mappe" in _refusal(header, "lieferung.xls")
    link = xls(
        lambda _, sheet: sheet.write(
            20, 6, xlwt.Formula('HYPERLINK("file:///akten/M%C3%BCller%20Anna_geb.%2012.03.2015.pdf";"Akte")')
        )
    )
    assert "Texte der Mappe" in _refusal(link, "lieferung.xls")
    named = xls(lambda book, _: book.add_sheet("Lena Sommerfeld 12.03.2015"))
    assert "Namen von Blättern" in _refusal(named, "lieferung.xls")
    assert not isinstance(read_file(xls(), "lieferung.xls", CONTRACTS), PersonRecords | Unreadable)


# ---- one record in a large sheet ----


def _large(fill: Callable[[Worksheet], object]) -> bytes:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book.worksheets[0]
        for number in range(500):
            sheet.append(("05111000", "2009/10", "ohne Hauptschulabschluss", "männlich", number))
        fill(sheet)

    return _xlsx(change)


def _stamped(sheet: Worksheet) -> None:
    """A remark with a day in each of many rows, and a record in one of them."""
    for row in range(2, 3000):
        sheet.cell(row, 7, "Meldung vom 12.03.2016")
    sheet["H2500"] = "Meyer, Anna 03.04.2011"


@pytest.mark.parametrize(
    "fill",
    [
        lambda sheet: sheet.__setitem__("ZZ900", "Meyer, Anna 03.04.2011"),
        lambda sheet: sheet.__setitem__("A700", "Anna Meyer, 03.04.2011"),
        lambda sheet: sheet.__setitem__("H4", "Meyer, Anna (3.4.11)"),
        lambda sheet: [sheet.__setitem__("ZY900", "Meyer, Anna"), sheet.__setitem__("ZZ900", date(2011, 4, 3))],
        lambda sheet: sheet.append((None, "Meyer", "Anna", date(2011, 4, 3))),
        _stamped,
    ],
)
def test_one_record_far_out_in_a_large_sheet_is_found(fill: Callable[[Worksheet], object]) -> None:
    assert "Blatt „Daten“, Spalte" in _refusal(_large(fill))


@pytest.mark.parametrize(
    "fill",
    [
        lambda sheet: sheet.__setitem__("ZZ900", "Ansprechpartnerin: Sabine Meier, 12.03.2016"),
        lambda sheet: [sheet.__setitem__("A700", "Kontakt"), sheet.__setitem__("A701", "Sabine Meier, 12.03.2016")],
        lambda sheet: sheet.append((None, "Herne, den", date(2016, 3, 12), "Sabine Meier")),
    ],
)
def test_one_contact_in_a_large_sheet_is_no_record(fill: Callable[[Worksheet], object]) -> None:
    assert isinstance(read_file(_large(fill), "lieferung.xlsx", CONTRACTS), Claimed)


def test_a_contact_in_two_rows_of_an_xls_is_no_record_though_its_strings_stand_alone() -> None:
    def fill(_: object, sheet: xlwt.Worksheet) -> None:
        sheet.write(20, 0, "Ansprechpartnerin")
        sheet.write(21, 0, "Sabine Meier, 12.03.2016")

    assert not isinstance(read_file(xls(fill), "lieferung.xls", CONTRACTS), PersonRecords | Unreadable)
    assert "Spalte A" in _refusal(xls(lambda _, sheet: sheet.write(90, 0, "Meyer, Anna 03.04.2011")), "lieferung.xls")
