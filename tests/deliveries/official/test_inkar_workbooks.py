"""Workbooks of INKAR as editions write them: other words for the level, other headers and columns, units that are missing."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from contract_values import CASES, CONTRACTS, SHARED_DATA
from municipal_tables import as_text, as_workbook

from kkz_eval.deliveries.columns.parsed_table import LEFT_OUT
from kkz_eval.deliveries.official.claims import of_workbook
from kkz_eval.deliveries.official.read import read_official
from kkz_eval.deliveries.official.units import of_levels
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.deliveries.workbook.sheets import Sheet, Value
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import Kind, kreise

GENUINE = SHARED_DATA.parent / "cases" / "genuine"
LABEL, OTHER = "Schulabgänger ohne Abschluss", "Berufsschüler"
YEARS = ("2014", "2015", "2016")
MISSING = "official_units_missing"
SOURCE = Sheet("Quellangabe", [["Quelle (Zitierhinweis): INKAR. Ausgabe 2018. Bonn"]])


def value(key: str, year: str) -> float:
    return int(key) % 97 + int(year) % 100 / 100


def records(words: Callable[[str, bool], list[Value]], as_text: bool = False) -> list[list[Value]]:
    """All Kreise with their values; words: the cells between key and values, by name and whether it is a kreisfreie Stadt."""
    found: list[list[Value]] = []
    for kreis in kreise():
        numbers: list[Value] = [value(kreis.ags5, year) for year in YEARS]
        if as_text:
            numbers = [str(number).replace(".", ",") for number in numbers]
        found.append([kreis.ags5, *words(kreis.name, kreis.kind is Kind.KREISFREIE_STADT), *numbers])
    return found


def of_kind(town: str, area: str) -> Callable[[str, bool], list[Value]]:
    return lambda name, is_town: [name, town if is_town else area]


def table_rows(*rows: Sequence[Value]) -> list[list[Value]]:
    return [list(row) for row in rows]


def read(rows: Sequence[Sequence[Value]], name: str = "Daten") -> ParsedTable:
    result = of_workbook([Sheet(name, [list(row) for row in rows]), SOURCE], "inkar.xlsx", CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def is_whole(table: ParsedTable) -> bool:
    """Whether every value of every Kreis was read, with the edition."""
    columns = (table.values(name).to_pylist() for name in ("unit_id", "year", "indicator", "value"))
    said = {(unit, year): number for unit, year, code, number in zip(*columns, strict=True) if code == "a_schul_oA"}
    expected = {(kreis.ags5, int(year)): value(kreis.ags5, year) for kreis in kreise() for year in YEARS}
    return said == expected and table.table.num_rows == len(expected) and table.edition == "2018"


HEAD: list[Value] = ["Kennziffer", "Raumeinheit", "Aggregat"]
PLAIN: list[list[Value]] = [[*HEAD, LABEL, LABEL, LABEL], ["", "", "", *YEARS]]


@pytest.mark.parametrize(
    ("town", "area"),
    [
        ("krsfr. Stadt", "Landkreis"),
        ("kreisfreie Stadt", "Landkreis"),
        ("Kreise", "Kreise"),
        ("Kreisfreie Städte", "Landkreise"),
        ("Stadtkreis", "Lkr."),
        ("NUTS 3", "NUTS 3"),
        ("Kreisfreie Großstädte", "Ländliche Räume mit Verdichtungsansätzen"),
        ("", ""),
    ],
)
def test_whatever_an_edition_calls_the_level_all_units_are_read(town: str, area: str) -> None:
    others: list[list[Value]] = [
        ["01001", "Flensburg, Stadt", town, 1, 2, 3],
        ["05", "Nordrhein-Westfalen", "Länder", 1, 2, 3],
        ["051", "Düsseldorf, Regierungsbezirk", "Regierungsbezirke", 1, 2, 3],
        ["0511", "Düsseldorf", "Raumordnungsregionen", 1, 2, 3],
        ["0512", "Duisburg/Essen", "Raumordnungsregionen", 1, 2, 3],
        ["05999001", "Irgendwo", "Mittelbereiche", 1, 2, 3],
        ["DG", "Deutschland", "Bund", 1, 2, 3],
        ["D", "Bundesgebiet", "Bund", 1, 2, 3],
    ]
    table = read([*PLAIN, *others, *records(of_kind(town, area))])
    assert is_whole(table)
    assert [finding.kind for finding in iter_findings(table.findings)] == []
    assert table.table.schema.metadata[LEFT_OUT] == str(len(others) * len(YEARS)).encode()


def test_units_that_are_not_there_are_named() -> None:
    rows = [row for row in records(of_kind("krsfr. Stadt", "Landkreis")) if row[0] not in ("05913", "05154")]
    table = read([*PLAIN, *rows])
    (finding,) = iter_findings(table.findings)
    assert (finding.kind, finding.severity, finding.allowed) == (MISSING, "warning", "2/53")
    assert finding.value == f"a_schul_oA: {name_of('05154')} (05154), {name_of('05913')} (05913): 2014–2016"


def name_of(key: str) -> str:
    return next(kreis.name for kreis in kreise() if kreis.ags5 == key)


def test_a_key_that_lost_a_digit_is_reported_and_its_unit_is_missed() -> None:
    rows = records(of_kind("Kreise", "Kreise"))
    rows[0][0] = "0511"
    found = {finding.kind: finding for finding in iter_findings(read([*PLAIN, *rows]).findings)}
    assert set(found) == {"reader_ags", MISSING}
    assert (found["reader_ags"].cell, found[MISSING].allowed) == ("Daten!A3", "1/53")


def test_keys_as_numbers_are_those_of_the_register() -> None:
    rows = [[int(str(row[0])), *row[1:]] for row in records(of_kind("Kreise", "Kreise"))]
    assert is_whole(read([*PLAIN, *rows]))


def beside(name: str, is_town: bool) -> list[Value]:
    return [name, "Kreise", "Städtischer Raum" if is_town else "Ländlicher Raum", 1]


LAYOUTS: dict[str, tuple[list[list[Value]], list[list[Value]]]] = {
    "years as numbers": (table_rows([*HEAD, LABEL, LABEL, LABEL], ["", "", "", 2014, 2015.0, 2016]), records(of_kind("a", "b"))),
    "merged label": ([[*HEAD, LABEL, "", ""], ["", "", "", *YEARS]], records(of_kind("a", "b"))),
    "hyphens in the header": (
        [["Kenn- ziffer", "Raum-\neinheit", "Aggregat", LABEL, "", ""], ["", "", "", *YEARS]],
        records(of_kind("a", "b")),
    ),
    "no word for the level": ([["Kennziffer", "Raumeinheit", LABEL, "", ""], ["", "", *YEARS]], records(lambda n, _: [n])),
    "titles above": (
        [["INKAR Ausgabe 2018"] + [""] * 5, [""] * 6, [*HEAD, LABEL, "", ""], ["", "", "", *YEARS]],
        records(of_kind("a", "b")),
    ),
    "label above the header": (table_rows(["", "", "", LABEL, "", ""], [*HEAD, *YEARS]), records(of_kind("a", "b"))),
    "units in a third row": (
        [[*HEAD, LABEL, "", ""], ["", "", "", "%", "", ""], ["", "", "", *YEARS]],
        records(of_kind("a", "b")),
    ),
    "short name in a third row": (
        [[*HEAD, "a_schul_oA", "", ""], ["", "", "", LABEL, LABEL, LABEL], ["", "", "", *YEARS]],
        records(of_kind("a", "b")),
    ),
    "label over two rows": (
        [[*HEAD, "Schulabgänger", "", ""], ["", "", "", "ohne Abschluss", "", ""], ["", "", "", *YEARS]],
        records(of_kind("a", "b")),
    ),
    "unit in the label": ([[*HEAD, f"{LABEL} (%)", "", ""], ["", "", "", *YEARS]], records(of_kind("a", "b"))),
    "year in the label": (table_rows([*HEAD, *(f"{LABEL} {year}" for year in YEARS)]), records(of_kind("a", "b"))),
    "year before the label": (table_rows([*HEAD, *(f"{year} {LABEL}" for year in YEARS)]), records(of_kind("a", "b"))),
    "values as text": (PLAIN, records(of_kind("a", "b"), as_text=True)),
    "a line below": (PLAIN, [*records(of_kind("a", "b")), ["Quelle: BBSR", "", "", "", "", ""]]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("sheet", ["Daten", "Data", "Tabelle1"])
def test_editions_lay_the_table_out_differently(layout: str, sheet: str) -> None:
    head, body = LAYOUTS[layout]
    table = read([*head, *body], sheet)
    assert is_whole(table)
    assert table.findings.num_rows == 0


def test_columns_beside_the_keys_are_named_once() -> None:
    head = table_rows([*HEAD, "Kreistyp", "Typ-Nr.", LABEL, "", ""], ["", "", "", "", "", *YEARS])
    table = read([*head, *records(beside)])
    assert is_whole(table)
    (finding,) = iter_findings(table.findings)
    assert (finding.kind, finding.severity, finding.value) == (
        "official_columns_left_out",
        "warning",
        "„Kreistyp“, „Typ-Nr.“",
    )


def test_a_column_of_values_without_a_year_is_an_error() -> None:
    table = read(table_rows([*HEAD, LABEL, "", ""], ["", "", "", "2014", "2015", "20l6"], *records(of_kind("a", "b"))))
    assert [(f.kind, f.severity, f.cell, f.value) for f in iter_findings(table.findings)] == [
        ("official_title", "error", "Daten!F2", "20l6")
    ]


@pytest.mark.parametrize("part", ["Frauen", "in 1.000", "Tsd."])
def test_a_row_below_the_label_that_changes_its_meaning_is_not_passed_over(part: str) -> None:
    rows = table_rows([*HEAD, LABEL, "", ""], ["", "", "", part, "", ""], ["", "", "", *YEARS], *records(of_kind("a", "b")))
    assert isinstance(of_workbook([Sheet("Daten", rows), SOURCE], "inkar.xlsx", CONTRACTS), Unclaimed)


def test_a_table_of_a_municipality_with_a_key_and_a_name_is_none_of_inkar() -> None:
    rows: list[list[Value]] = [["Kennziffer", "Name", "Jahr", "Anzahl"], ["05111000", "Düsseldorf", 2016, 3]]
    assert of_workbook([Sheet("Daten", rows)], "inkar.xlsx", CONTRACTS) is None


def test_a_grouping_whose_keys_look_like_broken_ones_is_none_of_the_level() -> None:
    keys = pa.array(["05111", "05112", "0511", "0512", "05111", "0511x", "05"])
    words = pa.array(["Kreise", "Kreise", "Regionen", "Regionen", "Regionen", "Kreise", "Kreise"])
    assert of_levels(keys, words, ("kreis",)).tolist() == [True, True, False, False, False, True, False]
    assert of_levels(keys, None, ("kreis",)).tolist() == [True, True, True, True, True, True, False]


def test_the_edition_that_says_landkreis_is_read_and_what_it_lacks_is_said() -> None:
    result = read_file((CASES / "A1.xlsx").read_bytes(), "A1.xlsx", CONTRACTS)
    assert isinstance(result, Claimed)
    (table,) = result.parsed
    assert sorted(set(table.values("unit_id").to_pylist())) == ["05111", "05112", "05154", "05158", "05162", "05913"]
    assert [(f.kind, f.allowed) for f in iter_findings(table.findings)] == [(MISSING, "47/53")]


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.mark.skipif(not GENUINE.exists(), reason="genuine files are not at hand (KKZ_SHARED)")
def test_the_genuine_edition_of_2021_is_read_whole_by_its_own_xml() -> None:
    path = GENUINE / "INKAR2021_B_SchulabgaengerohneAbschluss.xlsx"
    expected: dict[tuple[str, int], float | None] = {}
    with zipfile.ZipFile(path) as archive:
        strings = [
            "".join(node.text or "" for node in item.iter(MAIN + "t"))
            for item in ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        ]
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    rows = [{column_of(cell): text_of(cell, strings) for cell in row.iter(MAIN + "c")} for row in sheet.iter(MAIN + "row")]
    years = {column: int(text) for column, text in rows[1].items() if text.isdigit()}
    for row in rows[2:]:
        if row.get("A", "").startswith("05"):
            expected |= {(row["A"], year): float(row[column]) if row.get(column) else None for column, year in years.items()}
    assert len(expected) == 53 * len(years)
    result = read_file(path.read_bytes(), path.name, CONTRACTS)
    assert isinstance(result, Claimed)
    (table,) = result.parsed
    columns = (table.values(name).to_pylist() for name in ("unit_id", "year", "value"))
    assert {(unit, year): number for unit, year, number in zip(*columns, strict=True)} == expected
    assert (table.edition, table.findings.num_rows) == ("2021", 0)


def column_of(cell: ElementTree.Element) -> str:
    return "".join(sign for sign in cell.attrib["r"] if sign.isalpha())


def text_of(cell: ElementTree.Element, strings: Sequence[str]) -> str:
    found = cell.find(MAIN + "v")
    inline = cell.find(f"{MAIN}is/{MAIN}t")
    if found is None:
        return "" if inline is None else inline.text or ""
    return strings[int(found.text or 0)] if cell.get("t") == "s" else found.text or ""


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_an_export_saved_as_text_is_read_as_the_workbook(delimiter: str, quote: str) -> None:
    if delimiter == "," and not quote:
        return  # names hold commas
    rows = [["INKAR Ausgabe 2018"], *PLAIN, *records(of_kind("krsfr. Stadt", "Landkreis"), as_text=True)]
    text = "\r\n".join(delimiter.join(f"{quote}{cell}{quote}" for cell in row) for row in rows) + "\r\n"
    result = read_file(text.encode("cp1252"), "export.csv", CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    assert is_whole(table)
    assert table.findings.num_rows == 0


def test_a_hidden_sheet_of_inkar_is_not_read() -> None:
    rows = [*PLAIN, *records(of_kind("Kreise", "Kreise"))]
    assert of_workbook([Sheet("Daten", rows, visible=False)], "inkar.xlsx", CONTRACTS) is None


@pytest.mark.parametrize("below", [["Quelle: BBSR Bonn"], ["05111"], ["", "Hinweis", "", "Werte gerundet"]])
@pytest.mark.parametrize("as_file", [as_workbook, as_text])
def test_contracts_and_the_long_table_take_the_same_records_of_an_export(
    as_file: Callable[..., bytes], below: list[Value]
) -> None:
    """A line of text below the table is no record, and a number that may be read in two ways none, whoever asks."""
    rows = records(of_kind("Kreise", "Kreise"), as_text=True)
    for row in rows:
        row[3:] = ["1.234", "2.345", "3.456"]
    data = as_file(*PLAIN, *rows, below)
    result, official = read_file(data, "inkar", CONTRACTS), read_official(data)
    assert isinstance(result, Claimed)
    assert official is not None
    (parsed,) = result.parsed
    assert parsed.table.num_rows == official.table.num_rows == len(rows) * len(YEARS)
    assert parsed.values("value").null_count == official.table["value"].null_count == official.table.num_rows
    assert set(parsed.texts("unit_id").to_pylist()) == set(official.table["region_key"].to_pylist())
