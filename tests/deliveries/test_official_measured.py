"""The unit of official tables against that of the contract: nothing in another unit, or in thousands, becomes a value."""

from __future__ import annotations

from pathlib import Path

import pytest
from official_values import GISD, NEW_GERMAN, official

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.official.mapping import claimed
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import known_units

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
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


def test_a_family_without_units_is_taken_as_its_contract_says() -> None:
    (table,) = claimed(
        official(GISD.replace("gvb", "kreis").replace("055620014", "05562").replace("73405008", "05978")), CONTRACTS
    )
    assert errors(table) == []
    assert table.values("gisd_score").to_pylist() == [0.63076, 0.5]
