"""The unit of official tables against that of the contract: nothing in another unit, or in thousands, becomes a value."""

from __future__ import annotations

import pytest
from contract_values import shipped
from official_values import GISD, NEW_GERMAN, official

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.official.mapping import claimed
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import known_units

CONTRACTS = shipped()
FLAT = NEW_GERMAN.replace("12,5", "190000")
HEADED = "\n".join(
    [
        "GENESIS-Tabelle: 12411-99-01-4",
        "Bevölkerung nach Geschlecht;;;;",
        "Fortschreibung des Bevölkerungsstandes;;;;",
        ";;;Bevölkerungsstand;Bevölkerungsstand",
        ";;;Geschlecht;Geschlecht",
        ";;;männlich;Insgesamt",
        ";;;Anzahl;Anzahl",
        "31.12.2022;05111;Düsseldorf, Stadt;299;618",
        "31.12.2022;05978;    Unna, Kreis;190;393",
        "__________",
        "Stand: 13.03.2025 / 16:40:08",
        "",
    ]
)


def population(text: str) -> ParsedTable:
    result = read_file(text.encode(), "12411.csv", CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    assert table.contract_id == "bevoelkerung_amtlich"
    return table


def errors(table: ParsedTable) -> list[Finding]:
    return [f for f in iter_findings(table.findings) if f.severity == "error"]


@pytest.mark.parametrize("text", [FLAT, HEADED, FLAT.replace("Anzahl", "Number"), FLAT.replace(";Anzahl;", "; anzahl ;")])
def test_the_unit_of_the_contract_is_taken(text: str) -> None:
    table = population(text)
    assert errors(table) == []
    assert table.values("persons").null_count == (0 if text is HEADED else 2)


@pytest.mark.parametrize("unit", ["1000", "1 000", "Tsd. Personen", "Tsd.", "Prozent", "%", "qkm"])
def test_a_flat_file_in_another_unit_gives_no_value(unit: str) -> None:
    table = population(FLAT.replace(";Anzahl;", f";{unit};"))
    assert [(f.kind, f.row, f.column, f.field, f.value, f.allowed) for f in errors(table)] == [
        ("official_unit", 2, 14, "persons", unit, "Anzahl")
    ]
    assert table.values("persons").null_count == 4
    assert table.texts("persons").to_pylist()[0] == "299070"
    judged = judge_file(table, CONTRACTS["bevoelkerung_amtlich"], known_units())
    assert judged.status is Status.REJECTED


def test_one_row_in_thousands_takes_only_its_own_value() -> None:
    table = population(FLAT.replace("190000;Anzahl", "190;1000"))
    assert [(f.kind, f.row, f.value) for f in errors(table)] == [("official_unit", 4, "1000")]
    assert table.values("persons").to_pylist() == [299070, None, None, None]


def test_a_flat_file_without_a_unit_gives_no_value() -> None:
    table = population(FLAT.replace(";Anzahl;", ";;"))
    assert [(f.kind, f.row, f.value) for f in errors(table)] == [("official_unit_missing", 2, None)]
    assert table.values("persons").null_count == 4


@pytest.mark.parametrize("unit", ["Tsd.", "1000", "1 000", "in Tausend", "Prozent", "(1000)"])
def test_a_row_of_other_units_gives_no_value(unit: str) -> None:
    table = population(HEADED.replace("Anzahl;Anzahl", f"{unit};{unit}"))
    assert [(f.kind, f.row, f.column, f.value) for f in errors(table)] == [("official_unit", 8, 4, unit)]
    assert table.values("persons").null_count == 4


@pytest.mark.parametrize("row", [";;;;\n", ""])
def test_a_blank_or_deleted_row_of_units_gives_no_value(row: str) -> None:
    table = population(HEADED.replace(";;;Anzahl;Anzahl\n", row))
    assert [f.kind for f in errors(table)] == ["official_unit_missing"]
    assert table.values("persons").null_count == 4


@pytest.mark.parametrize("said", ["(in 1 000)", "in Tausend", "(1.000)", "(Tsd.)"])
@pytest.mark.parametrize("line", ["Bevölkerung nach Geschlecht", "Fortschreibung des Bevölkerungsstandes"])
def test_a_title_that_says_thousands_takes_all_values(said: str, line: str) -> None:
    table = population(HEADED.replace(f"{line};", f"{line} {said};"))
    row = 2 if line.startswith("Bevölkerung") else 3
    assert [(f.kind, f.row, f.value) for f in errors(table)] == [("official_scale", row, f"{line} {said}")]
    assert table.values("persons").null_count == 4


def test_a_label_that_says_thousands_takes_its_values() -> None:
    table = population(FLAT.replace("BEVSTD;Bestand", "BEVSTD;Bestand in Tausend"))
    assert [(f.kind, f.row, f.value) for f in errors(table)] == [("official_scale", 2, "Bestand in Tausend")]
    assert table.values("persons").null_count == 4


@pytest.mark.parametrize(
    "said",
    [
        *("Angaben in Tsd.", "(Prozent)", "in %", "je 1.000 Einwohner", "Veränderung zum Vorjahr", "Anteile", "Index 2010 = 100"),
        *("Werte x 1.000", "Faktor 12", "in Promille"),
    ],
)
def test_a_title_of_another_kind_of_figure_takes_all_values(said: str) -> None:
    table = population(HEADED.replace("Fortschreibung des Bevölkerungsstandes;", f"{said};"))
    assert [(f.kind, f.row, f.value, f.allowed) for f in errors(table)] == [("official_scale", 3, said, "Personen")]
    assert table.values("persons").null_count == 4


@pytest.mark.parametrize(
    ("said", "taken"), [("Angaben in 1.000", 0), ("Werte in Prozent", 0), ("Quote: siehe oben", 4), ("Ab 1.000", 4)]
)
def test_a_footnote_of_a_unit_counts_as_a_title_and_an_explanation_does_not(said: str, taken: int) -> None:
    table = population(HEADED.replace("__________\n", f"__________\n{said}\n"))
    assert [(f.kind, f.row) for f in errors(table)] == ([] if taken else [("official_scale", 11)])
    assert table.values("persons").null_count == 4 - taken


def test_a_title_may_speak_of_another_measure_of_the_table() -> None:
    rates = HEADED.replace("Bevölkerungsstand;Bevölkerungsstand", "Bevölkerungsstand;Arbeitslosenquote").replace(
        "Anzahl;Anzahl", "Anzahl;Prozent"
    )
    table = population(
        rates.replace("männlich;Insgesamt", "Insgesamt;Insgesamt").replace("Fortschreibung des", "Arbeitslosenquoten und")
    )
    assert [f.kind for f in errors(table)] == []


@pytest.mark.parametrize("said", ["Bestand in Prozent", "Bestand je 1.000 Einwohner", "Bestand (Index)"])
def test_a_label_of_another_kind_of_figure_takes_its_values(said: str) -> None:
    table = population(FLAT.replace("BEVSTD;Bestand", f"BEVSTD;{said}"))
    assert [(f.kind, f.row, f.value) for f in errors(table)] == [("official_scale", 2, said)]
    assert table.values("persons").null_count == 4


def test_rounding_is_a_warning_and_takes_nothing() -> None:
    table = population(HEADED.replace("__________\n", "__________\nWerte sind auf Tausend gerundet\n"))
    assert ("reader_rounded", "warning", 11) in [(f.kind, f.severity, f.row) for f in iter_findings(table.findings)]
    assert errors(table) == []
    assert table.values("persons").null_count == 0


def test_a_family_without_units_is_taken_as_its_contract_says() -> None:
    (table,) = claimed(
        official(GISD.replace("gvb", "kreis").replace("055620014", "05562").replace("73405008", "05978")), CONTRACTS
    )
    assert errors(table) == []
    assert table.values("gisd_score").to_pylist() == [0.63076, 0.5]


@pytest.mark.parametrize("said", ["Angaben in Tausend", "Alle Werte sind in 1 000 angegeben.", "Angaben in T€ (gerundet)"])
def test_a_line_of_words_below_a_flat_file_speaks_of_its_numbers(said: str) -> None:
    table = population(FLAT.rstrip("\r\n") + f"\r\n{said}\r\n")
    assert ("official_scale", said) in [(f.kind, f.value) for f in errors(table)]
