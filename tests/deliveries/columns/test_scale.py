"""A number whose scale, unit or kind is said outside its cell is refused wherever the file says so; other such words are no hint."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import openpyxl
import pyarrow.compute as pc
import pytest
from contract_values import CASES, CONTRACTS, SCHOOL_LEAVERS, shipped
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.contracts.contract import Property
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.columns.scale import Said, misfit, says_scale
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.text.wording.statement import Kind
from kkz_eval.model.findings import Finding, Severity, iter_findings

DELIVERED = shipped()
TABLE = "AGS;Abgangsjahr;Geschlecht;Abgänge;Anteil ohne Abschluss\n05911000;2016;m;10;1,5\n05913000;2016;m;5;2,5\n"


@pytest.mark.parametrize(
    ("case", "kind", "allowed"),
    [
        *((case, "reader_scale", "EUR") for case in ("B1", "B2", "B3", "B5")),
        ("B9", "reader_share", "Personen"),
    ],
)
def test_a_title_that_says_another_unit_than_the_contract_is_an_error_that_names_both(case: str, kind: str, allowed: str) -> None:
    data = (CASES / f"{case}.csv").read_bytes()
    result = read_file(data, f"{case}.csv", DELIVERED)
    assert isinstance(result, Claimed), result
    (finding,) = iter_findings(result.parsed[0].findings)
    title = data.decode("utf-8-sig").splitlines()[0]
    assert (finding.kind, finding.cell, finding.value, finding.allowed) == (kind, "A1", title, allowed)
    assert finding.severity == Severity.ERROR
    assert f"„{title}“ in A1" in finding.message().in_language("de")
    assert allowed in finding.fix().in_language("de")


def found(text: str) -> list[tuple[str, str | None]]:
    result = read_file(text.encode(), "lieferung.csv", CONTRACTS)
    assert isinstance(result, Claimed), result
    findings = list(iter_findings(result.parsed[0].findings))
    assert all(finding.severity == Severity.ERROR for finding in findings if finding.kind == "reader_scale")
    return [(finding.kind, finding.cell) for finding in findings]


@pytest.mark.parametrize(
    "words",
    [
        *("Abgänge in 1.000", "Angaben in Tausend", "alle Werte in Tsd. Personen", "Abgänge (in 1 000)", "Ausgaben in Mio. EUR"),
        *("Abgänge; Tsd.", "TEUR", "Ausgaben (T€)", "in Millionen", "Abgänge – Tausend", "(1.000 Euro)", "leavers in thousands"),
    ],
)
def test_a_title_or_footnote_of_thousands_is_an_error_at_its_cell(words: str) -> None:
    assert [kind for kind, _ in found(f"{words}\n\n{TABLE}")] == ["reader_scale"]
    assert [kind for kind, _ in found(f"{TABLE}\n*) {words}\n")] == ["reader_scale"]
    assert found(f"Stadt Bochum;{words.replace(';', ',')}\n{TABLE}") == [("reader_scale", "B1")]


def test_a_line_of_units_below_the_header_counts_for_the_measures_only() -> None:
    header, *records = TABLE.splitlines(keepends=True)
    assert found(header + ";;;in Tausend;Prozent\n" + "".join(records)) == [("reader_scale", "D2")]
    assert found(header + ";;;Personen;Prozent\n" + "".join(records)) == []


@pytest.mark.parametrize(
    "words",
    [
        *("Tausendfüßler-Kita", "Die 1.000 Personen in Heimen sind enthalten", "Kita in 10.000 m Entfernung"),
        *("In 1.0000 Jahren", "Mioma", "Stand: 31.12.2016", "Projekt 2000", "Millionenstadt Köln"),
    ],
)
def test_other_words_are_no_hint(words: str) -> None:
    assert found(f"{words}\n\n{TABLE}") == []
    assert found(f"{TABLE}\n*) {words}\n") == []


SPENDING = [
    ["Jugendamt", "Berichtsjahr", "Art der Leistung", "Präventiv oder nicht", "Betrag in Euro"],
    ["05111000", "2019", "Frühe Hilfen", "präventiv", "526573"],
    ["05111000", "2019", "Frühe Hilfen", "nicht präventiv", "33611"],
    ["05111000", "2019", "Frühe Hilfen", "insgesamt", "560184"],
]
PERSONS = [
    ["Gemeindeschlüssel", "Jahr", "Personengruppe", "Anzahl"],
    ["05111000", "2016", "Personen in SGB-II-Bedarfsgemeinschaften", "12"],
    ["05111000", "2016", "Kinder unter 15 Jahren", "5"],
]
WIDE = [
    ["Jugendamt", "Berichtsjahr", "Präventiv oder nicht", "Frühe Hilfen", "Sonstige Ausgaben", "Ausgaben insgesamt"],
    ["05111000", "2019", "präventiv", "526573", "100", "526673"],
    ["05111000", "2019", "nicht präventiv", "33611", "100", "33711"],
]
Rows = Sequence[Sequence[str]]


def text_of(rows: Rows) -> bytes:
    return "".join(";".join(row) + "\n" for row in rows).encode()


def workbook_of(rows: Rows, name: str = "Daten") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = name
    for row in rows:
        sheet.append([float(cell) if cell.isdigit() and len(cell) < 8 else cell or None for cell in row])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def delivered(data: bytes) -> list[tuple[str, str | None]]:
    """(kind, cell) of the findings of a file by the contracts of the programme."""
    result = read_file(data, "lieferung", DELIVERED)
    assert isinstance(result, Claimed), result
    findings = iter_findings(result.parsed[0].findings)
    return [(finding.kind, finding.cell) for finding in findings if finding.kind != "reader_measure_unnamed"]


@pytest.mark.parametrize("rows", [SPENDING, PERSONS, WIDE])
def test_a_right_delivery_has_no_finding(rows: Rows) -> None:
    assert delivered(text_of(rows)) == delivered(workbook_of(rows)) == []


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        *((words, "reader_scale") for words in ("Angaben in k€", "Ausgaben Mio. EUR", "Werte x 1.000", "in Cent", "(in 10³ €)")),
        *((words, "reader_share") for words in ("Anteile in Prozent", "(%)", "Promille", "Werte: Anteile", "alle = 100 %")),
        *((words, "reader_rate") for words in ("je 1.000 Einwohner", "pro Kopf", "EUR/Kind")),
        *((words, "reader_currency") for words in ("Angaben in DM", "USD")),
        *(
            (words, "reader_figure")
            for words in ("Veränderung zum Vorjahr", "Index 2010 = 100", "kumulierte Werte", "Mittelwerte")
        ),
        *((words, "reader_unit_unclear") for words in ("Werte skaliert", "Faktor 12", "Angaben in TE", "Einheit: 500 EUR")),
        *((words, "reader_figure") for words in ("Stichprobe 10 %", "Die Zahlen sind Planwerte", "Werte: Hochrechnung")),
        ("Angaben sind nicht in Euro", "reader_currency"),
        ("auf Tausend gerundet", "reader_rounded"),
        ("Die Zahlen sind vorläufig", "reader_provisional"),
    ],
)
@pytest.mark.parametrize("rows", [SPENDING, WIDE])
def test_every_kind_is_found_in_every_place(words: str, kind: str, rows: Rows) -> None:
    right = len(rows[0])  # columns of the table, with one left free before what stands beside it
    aside = ["Meldung", *[""] * right, words]
    writers = ((text_of, ""), (workbook_of, "Daten!")) if rows is SPENDING else ((text_of, ""),)
    for write, sheet in writers:
        assert delivered(write([[words], [], *rows])) == [(kind, f"{sheet}A1")]
        assert delivered(write([["Stadt Düsseldorf"], ["Jugendamt", words], *rows])) == [(kind, f"{sheet}B2")]
        assert delivered(write([aside, *rows])) == [(kind, f"{sheet}{'GH'[right - 5]}1")]
        assert delivered(write([*rows, [], [words]])) == [(kind, f"{sheet}A{len(rows) + 2}")]
        assert delivered(write([*rows, ["1) " + words]])) == [(kind, f"{sheet}A{len(rows) + 1}")]


@pytest.mark.parametrize(
    "words",
    [
        *(
            "keine Angaben in Tsd.",
            "Angaben nicht in Tausend",
            "Beträge in Euro, nicht in Tausend",
            "keine Stichprobe",
            "Vollerhebung",
        ),
        *("Angaben nicht in DM, sondern in Euro", "Haushaltsplan 2019", "1) vorläufig", "endgültige Zahlen", "nicht gerundet"),
    ],
)
def test_what_is_denied_of_the_numbers_is_no_finding(words: str) -> None:
    assert delivered(text_of([*SPENDING, [], [words]])) == []
    if not words.startswith("1)"):
        assert delivered(text_of([[words], *SPENDING])) == []


def test_a_unit_that_is_denied_is_a_finding_only_where_the_contract_has_it() -> None:
    assert delivered(text_of([["Angaben sind nicht in Euro"], *PERSONS])) == []
    assert delivered(text_of([["Angaben nicht in Personen"], *SPENDING])) == []
    for words in ("Angaben nicht in Personen", "Keine Absolutzahlen", "nicht absolut, sondern Anteile"):
        assert [kind for kind, _ in delivered(text_of([[words], *PERSONS]))] in (["reader_count"], ["reader_share"])


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Anzahl (in %)", "reader_share"),
        ("Anzahl in Prozent", "reader_share"),
        ("Personen (Anteil in v. H.)", "reader_share"),
        ("Quote", "reader_share"),
        ("Anzahl je 1.000 Einwohner", "reader_rate"),
        ("Anzahl (in Tsd.)", "reader_scale"),
        ("Anzahl (Stichprobe)", "reader_figure"),
    ],
)
def test_the_title_of_the_only_column_of_numbers_says_what_it_holds_where_none_names_the_measure(header: str, kind: str) -> None:
    rows = [[*PERSONS[0][:3], header], *PERSONS[1:]]
    assert (kind, "D1") in delivered(text_of(rows))
    assert (kind, "Daten!D1") in delivered(workbook_of(rows))
    assert delivered(text_of([[*PERSONS[0], header], *([*row, "1"] for row in PERSONS[1:])])) == []  # another column beside


def test_a_name_of_a_sheet_speaks_of_its_numbers() -> None:
    assert delivered(workbook_of(SPENDING, "Ausgaben (Tsd. EUR)")) == [("reader_scale", "Ausgaben (Tsd. EUR)")]
    assert delivered(workbook_of(PERSONS, "Quoten")) == [("reader_share", "Quoten")]
    assert delivered(workbook_of(SPENDING, "Ausgaben EUR")) == []


@pytest.mark.parametrize("cells", [["Einheit:", "1.000", "EUR"], ["Angaben", "in", "Tausend"], ["Werte", "", "x 1.000"]])
def test_words_spread_over_the_cells_of_a_line_are_read_together(cells: list[str]) -> None:
    assert [kind for kind, _ in delivered(text_of([cells, *SPENDING]))] == ["reader_scale"]


@pytest.mark.parametrize(
    ("header", "kind"), [("Wert (%)", "reader_share"), ("Anzahl [%]", "reader_share"), ("Anzahl (%)", "reader_share")]
)
def test_the_header_of_a_measure_speaks_of_it(header: str, kind: str) -> None:
    rows = [[*PERSONS[0][:3], header], *PERSONS[1:]]
    assert (kind, "D1") in delivered(text_of(rows))


def test_an_unknown_header_that_says_thousands_says_why_the_column_is_missing() -> None:
    rows = [[*SPENDING[0][:4], "Betrag in Tsd. EUR"], *SPENDING[1:]]
    assert delivered(text_of(rows)) == [("reader_missing_column", ""), ("reader_scale", "E1")]


@pytest.mark.parametrize("unit", ["Tsd. EUR", "1000", "in 1.000 EUR", "T€"])
def test_a_line_of_units_may_hold_numbers(unit: str) -> None:
    assert delivered(text_of([SPENDING[0], ["", "", "", "", unit], *SPENDING[1:]])) == [("reader_scale", "E2")]


def beside(title: str, *texts: str) -> list[list[str]]:
    """The persons with a further column."""
    return [[*PERSONS[0], title], *([*row, text] for row, text in zip(PERSONS[1:], texts, strict=True))]


@pytest.mark.parametrize("write", [text_of, workbook_of])
@pytest.mark.parametrize("title", ["Einheit", "Maßeinheit", "Dimension"])
def test_a_column_of_units_beside_the_measure_is_held_against_the_contract(title: str, write: object) -> None:
    assert callable(write)
    for unit, kind in (
        ("Tsd.", "reader_scale"),
        ("%", "reader_share"),
        ("je 1.000 Einwohner", "reader_rate"),
        ("EUR", "reader_currency"),
    ):
        assert [found[0] for found in delivered(write(beside(title, "Anzahl", unit)))] == [kind]
    assert delivered(write(beside(title, "Personen", "Anzahl"))) == []
    assert delivered(text_of(beside(title, "1000", "1000"))) == [("reader_scale", "E2")]


def test_remarks_beside_the_measures_are_read_too() -> None:
    assert delivered(text_of(beside("Bemerkung", "", "in Tsd."))) == [("reader_scale", "E3")]
    assert delivered(text_of(beside("Bemerkung", "Anteil 30 %", "geschätzt, rund 2 Tsd. weniger als 2015"))) == []
    assert ("reader_share", "E3") in delivered(text_of(beside("", "", "in Prozent")))


def test_a_line_of_totals_and_a_cell_beyond_the_header_speak_too() -> None:
    total = ["Insgesamt (in Tsd. EUR)", "2019", "Frühe Hilfen", "insgesamt", "560"]
    assert ("reader_scale", "A5") in delivered(text_of([*SPENDING, total]))
    assert ("reader_scale", "Daten!G2") in delivered(workbook_of([SPENDING[0], [*SPENDING[1], "", "T€"], *SPENDING[2:]]))


def with_notes(*lines: Sequence[object], state: str = "visible") -> bytes:
    """The spending with a second sheet of words."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(SPENDING)))
    sheet = book.create_sheet("Hinweise")
    sheet.sheet_state = state
    for line in lines:
        sheet.append(list(line))
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_a_sheet_of_words_may_speak_of_the_numbers_on_the_others() -> None:
    assert delivered(with_notes(["Zur Tabelle"], ["", "Alle Beträge in Tsd. EUR"])) == [("reader_scale", "Hinweise!B2")]
    assert delivered(with_notes(["Werte skaliert"])) == [("reader_unit_unclear", "Hinweise!A1")]
    explained = [
        ["Quote: Anteil in Prozent"],
        ["Kennzahl: Hilfen je 1.000 Kinder"],
        ["Alle Beträge in Euro"],
        ["Kitas mit 1.000 Plätzen"],
    ]
    assert delivered(with_notes(*explained)) == []
    unused = [["Kreis", "Jahr", "Betrag in Tsd. EUR"], ["05111", 2015, 17], ["05112", 2015, 18]]
    assert [kind for kind, _ in delivered(with_notes(*unused))] == ["reader_sheet_unused"]


def test_an_export_of_inkar_may_say_it_above_and_below_its_records() -> None:
    table = [
        ["Kennziffer", "Raumeinheit", "Aggregat", "Schulabgänger ohne Abschluss"],
        ["", "", "", "2015"],
        ["05111", "Düsseldorf", "Kreise", "6,8"],
    ]
    kinds = [
        [kind for kind, _ in delivered(workbook_of([*above, *table, *below])) if kind != "official_units_missing"]
        for above, below in WORDS
    ]
    assert kinds == [[], ["official_scale"], ["official_scale"], ["reader_rounded"], []]


WORDS: Sequence[tuple[Rows, Rows]] = [
    ([], []),
    ([["Angaben in Tausend"]], []),
    ([], [[], ["Werte x 1.000"]]),
    ([], [["", "auf Hundert gerundet"]]),
    ([["Anteile in Prozent"]], [["Kreise ab 100.000 Einwohnern"]]),
]


def test_further_columns_of_shares_and_titles_about_them_are_fine() -> None:
    for title in ("Anteil in %", "Anteil", "Quote", "%"):
        rows = beside(title, "12,3", "4,5")
        assert delivered(text_of(rows)) == []
        assert delivered(text_of([["Anteile in Prozent"], *rows])) == []
        assert delivered(text_of([*rows, ["Prozentangaben gerundet"]])) == []
        assert delivered(text_of([["Angaben in Tausend"], *rows])) == [("reader_scale", "A1")]
    assert delivered(text_of([["je 1.000 Einwohner"], *beside("je 1.000 Einw.", "12,3", "4,5")])) == []
    assert delivered(text_of([["je 1.000 Einwohner"], *beside("Anteil", "12,3", "4,5")])) == [("reader_rate", "A1")]


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("Anzahl und Anteil in Prozent", []),
        ("Personen: absolut und in Prozent", []),
        ("Anzahl der Kinder und Jugendlichen in Prozent", ["reader_share"]),
        ("Anzahl je 1.000 Einwohner", ["reader_rate"]),
        ("Anzahl (%)", ["reader_share"]),
        ("Angaben in Personen", []),
    ],
)
def test_a_title_may_list_what_the_table_holds(title: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in delivered(text_of([[title], *PERSONS]))] == kinds


def with_units(**units: str) -> list[Property]:
    return [replace(of, unit=units.get(of.name, of.unit)) for of in SCHOOL_LEAVERS.properties if of.role == "measure"]


@pytest.mark.parametrize(
    ("unit", "fitting", "other"),
    [
        ("Tsd. EUR", ["in Tsd. EUR", "T€", "in 1.000 Euro"], ["in Mio. EUR", "in Euro je Kind", "in %", "T DM"]),
        ("je 1.000 Einwohner", ["je 1.000 Einwohner", "auf 1.000 Einwohner"], ["je 100 Einwohner", "in Tausend", "Prozent"]),
        (
            "Prozent",
            ["in %", "Anteile in Prozent", "Quote", "v.H."],
            ["Promille", "Anteile von 0 bis 1", "absolut", "Anzahl", "in Tausend"],
        ),
        ("EUR", ["Angaben in Euro", "EUR", "(€)"], ["in DM", "in %", "EUR je Einwohner", "in TEUR"]),
        ("Index", ["Index", "2010 = 100"], ["in Prozent", "Veränderung zum Vorjahr"]),
        ("Personen", ["Anzahl", "in Personen", "absolut"], ["in Euro", "in %", "Index", "in Hundert"]),
    ],
)
def test_what_the_contract_says_itself_is_fine_and_nothing_else(unit: str, fitting: list[str], other: list[str]) -> None:
    of = Property("value", "number", "measure", "Wert", "Value", unit=unit)
    assert [text for text in fitting if misfit(Said(1, 1, text, (of,)))] == []
    assert [text for text in other if misfit(Said(1, 1, text, (of,))) is None] == []


def test_a_title_speaks_of_the_measure_that_it_names_else_of_all() -> None:
    about = tuple(with_units(leavers="Personen"))
    assert misfit(Said(1, 1, "Angaben in Prozent", about)) is None
    assert misfit(Said(1, 1, "Anteil ohne Abschluss in Prozent", about)) is None
    named = misfit(Said(1, 1, "Schulabgänge insgesamt in Prozent", about))
    assert named is not None
    assert named.kind == Kind.SHARE
    for text in ("in Tausend", "Promille"):
        assert misfit(Said(1, 1, text, about)) is not None


def test_the_sentence_names_the_text_its_cell_and_the_unit_to_write() -> None:
    result = read_file(text_of([["Angaben in k€"], *SPENDING]), "lieferung.csv", DELIVERED)
    assert isinstance(result, Claimed)
    (finding,) = iter_findings(result.parsed[0].findings)
    assert finding == Finding(
        "reader_scale", "reader_scale", Severity.ERROR, None, 1, 1, "spending_eur", value="Angaben in k€", allowed="EUR"
    )
    assert finding.message().in_language("de").startswith("„Angaben in k€“ in A1 sagt")
    assert "ausgeschrieben eintragen (EUR;" in finding.fix().in_language("de")
    assert finding.message().in_language("en").startswith("“Angaben in k€” in A1 says")


def test_only_rounding_is_a_warning() -> None:
    result = read_file(text_of([["auf volle 1.000 Euro gerundet"], ["T€"], *SPENDING]), "lieferung.csv", DELIVERED)
    assert isinstance(result, Claimed)
    findings = list(iter_findings(result.parsed[0].findings))
    assert [(f.kind, f.severity) for f in findings] == [("reader_rounded", "warning"), ("reader_scale", "error")]


@pytest.mark.parametrize("text", [" T€", '"Tsd."', " Mio. EUR", "k€", "k", "in Tausend", " ×1000"])
def test_the_text_of_a_number_format_says_a_scale(text: str) -> None:
    assert says_scale(text)


@pytest.mark.parametrize("text", ["", " €", "EUR", "Personen", " %", "Kinder", "Jahre", "m", "kg", "-"])
def test_other_texts_of_a_number_format_say_none(text: str) -> None:
    assert not says_scale(text)


_BEFORE = st.sampled_from(
    ["Angaben in ", "Ausgaben in ", "Werte (", "Beträge, ", "alle Zahlen – ", "Haushalt 2019 in ", "", "Tabelle 3: "]
)
_SCALE = st.sampled_from(
    ["Tsd.", "TSD", "Tausend", "Mio.", "Mill.", "Millionen", "Mrd.", "T", "k", "M", "1.000", "1 000", "10³", "10^3", "1000"]
)
_MONEY = st.sampled_from([" EUR", "€", " Euro", " €", " EURO", "-Euro"])
_PLACE = st.sampled_from(["above", "beside", "below", "sheet"])


@settings(max_examples=40, deadline=None)
@given(_BEFORE, _SCALE, _MONEY, _PLACE, st.booleans())
def test_a_scale_in_any_wording_is_found_in_any_place(before: str, scale: str, money: str, place: str, upper: bool) -> None:
    words = f"{before}{scale}{money}{')' * before.count('(')}"
    words = words.upper() if upper else words
    if place == "sheet":
        found = delivered(workbook_of(SPENDING, words.replace(":", "").strip()[:31]))
    else:
        rows = {"above": [[words], *SPENDING], "beside": [["Stadt", "", words], *SPENDING], "below": [*SPENDING, [], [words]]}
        found = delivered(text_of(rows[place]))
    assert [kind for kind, _ in found] == ["reader_scale"]


@pytest.mark.parametrize(
    ("texts", "rejected"),
    [
        (["Tsd.", "Tsd."], {"05911000", "05913000"}),  # each record says it
        (["Tsd.", "Anzahl"], {"05911000"}),
        (["Anzahl", "Tsd."], {"05913000"}),
        (["Anzahl", "Anzahl"], set()),
    ],
)
@pytest.mark.parametrize("titles", [";Einheit", ""])  # a column of its own, or a cell beyond the table
def test_a_unit_beside_records_rejects_all_that_it_stands_beside(titles: str, texts: Sequence[str], rejected: set[str]) -> None:
    header, *records = TABLE.splitlines()
    cells = [f"{record};{text}" for record, text in zip(records, texts, strict=True)]
    result = read_file("\n".join([header + titles, *cells]).encode(), "lieferung.csv", CONTRACTS)
    assert isinstance(result, Claimed), result
    scaled = result.parsed[0].findings.filter(pc.equal(result.parsed[0].findings.column("kind"), "reader_scale"))
    fates = judge_file(replace(result.parsed[0], findings=scaled), replace(SCHOOL_LEAVERS, rules=()), {}).slices
    assert {fate.unit_id for fate in fates if str(fate.status) == "rejected"} == rejected
