"""Words in place of a number: the finding says what they mean and which symbol of the column says it, and never asks for a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from contract_values import CASES, shipped
from openpyxl import Workbook

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.parameters import text_values
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.text.missing_words import Meaning, meaning_of, symbols_for
from kkz_eval.deliveries.text.numbers import SYMBOLS, parse_number
from kkz_eval.model.findings import Finding, Severity, iter_findings
from kkz_eval.model.symbols import SYMBOL_NAMES
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.reference.tables import units_known_to

CONTRACTS = shipped()
CONTRACT = CONTRACTS["mindestsicherung"]
HEADER = "Gemeindeschlüssel;Jahr;Personengruppe;Anzahl\n05111000;2016;Personen;45438\n"


def found(data: bytes, contract=CONTRACT) -> list[Finding]:
    result = read_file(data, "lieferung.csv", {contract.id: contract}, date(2026, 1, 1))
    assert isinstance(result, Claimed), result
    return list(iter_findings(judge_file(result.parsed[0], contract, units_known_to("municipal")).findings))


def of_text(text: str, contract=CONTRACT) -> Finding:
    (finding,) = found((HEADER + f"05111000;2016;Kinder;{text}\n").encode(), contract)
    return finding


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *(
            (text, Meaning.BOUNDED)
            for text in ("<3", "< 5", "≤2", "unter 3", "weniger als 3", "Weniger als drei", "(<3)", "n < 5")
        ),
        *(
            (text, Meaning.BOUNDED)
            for text in ("3–5", "1 bis 2", "höchstens 4", "3 oder weniger", "less than 3", "≥ 100", "unter 5 %")
        ),
        *(
            (text, Meaning.UNKNOWN)
            for text in ("n.v.", "n. v.", "nv", "k. A. ", "keine Angabe", "keine Angaben", "liegt nicht vor")
        ),
        *((text, Meaning.UNKNOWN) for text in ("nicht erhoben", "unbekannt", "NA", "NaN", "n/a", "?", "wurde nicht gemeldet")),
        *(
            (text, Meaning.UNKNOWN)
            for text in ("keine Daten vorhanden", "nicht verfügbar", "not available", "fehlt", "(unbekannt)")
        ),
        *(
            (text, Meaning.SECRET)
            for text in ("geheim", "gesperrt", "aus Datenschutzgründen", "anonymisiert", "suppressed", "***")
        ),
        *(
            (text, Meaning.LATER)
            for text in ("tbd", "folgt", "wird nachgereicht", "noch offen", "liegt noch nicht vor", "pending")
        ),
        *((text, Meaning.NOT_APPLICABLE) for text in ("entfällt", "x)", "trifft nicht zu", "not applicable")),
        *((text, Meaning.NOTHING) for text in ("./.", "–/–", "---", "NULL", "none", "keine", "nicht vorhanden", "Fehlanzeige")),
        *((text, Meaning.EXCEL_ERROR) for text in ("#NV", "#N/A", "#DIV/0!", "#WERT!", "#BEZUG!", "#REF!", "#NAME?", "Err:502")),
        ("#######", Meaning.NARROW),
        *((text, None) for text in ("viele", "12 Kinder", "1.234,5", "12x", "ca. 12", "201x", "Quatsch", "-5", "12,5%")),
    ],
)
def test_a_text_is_understood_or_nothing_is_said_of_it(text: str, meaning: Meaning | None) -> None:
    if parse_number(text, None).flag is None:  # „k. A.“ is a symbol already
        assert meaning_of(text) == meaning


@pytest.mark.parametrize("symbol", sorted(SYMBOLS))
def test_a_symbol_stays_a_symbol(symbol: str) -> None:
    assert parse_number(symbol, None).flag == symbol


@pytest.mark.parametrize("case", ["Q1", "Q2", "Q3", "Q5", "Q6"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_finding_names_symbols_that_the_contract_admits(case: str, language) -> None:
    (finding,) = found((CASES / f"{case}.csv").read_bytes())
    assert (finding.rule, finding.cell, finding.severity) == ("reader_number", "D3", Severity.ERROR)
    admitted = next(r for r in CONTRACT.rules if r.rule_id == "persons.symbol_admitted").parameters["symbols"]
    named = (finding.allowed or "").split(" | ")
    assert set(named) <= set(text_values(admitted))
    quote = "„{}“" if language == "de" else '"{}"'
    assert all(quote.format(symbol) in finding.fix().in_language(language) for symbol in named)
    assert not any(
        map(str.isdigit, finding.fix().in_language(language).replace("D3", "").replace("0", ""))
    )  # no number is asked for


def test_an_error_value_of_excel_is_called_so() -> None:
    assert "Fehlerwert von Excel" in of_text("#WERT!").message().in_language("de")
    assert "error value of Excel" in of_text("#VALUE!").message().in_language("en")


@pytest.mark.parametrize("fault", ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?"])
def test_an_error_value_in_a_workbook_is_called_so_and_is_not_empty(fault: str) -> None:
    book = Workbook()
    for row in (HEADER.splitlines()[0].split(";"), ["05111000", 2016, "Personen", 45438], ["05111000", 2016, "Kinder", fault]):
        book.worksheets[0].append(row)
    book.worksheets[0]["D3"].data_type = "e"
    saved = BytesIO()
    book.save(saved)
    result = read_file(saved.getvalue(), "lieferung.xlsx", {CONTRACT.id: CONTRACT}, date(2026, 1, 1))
    assert isinstance(result, Claimed), result
    (finding,) = iter_findings(judge_file(result.parsed[0], CONTRACT, units_known_to("municipal")).findings)
    assert (finding.rule, finding.kind, finding.value) == ("reader_number", "reader_excel_error", fault)
    assert finding.cell.endswith("!D3")


def test_a_word_nobody_knows_is_offered_symbols_too() -> None:
    finding = of_text("viele")
    assert (finding.kind, finding.allowed) == ("reader_number", "1234 | - | . | / | x | ... | * | k.a.")
    assert "kein" in finding.fix().in_language("de")


def test_where_no_symbol_is_admitted_the_finding_says_so() -> None:
    rules = tuple(
        replace(rule, parameters={**rule.parameters, "symbols": ()}) if rule.kind == "symbol_admitted" else rule
        for rule in CONTRACT.rules
    )
    finding = of_text("geheim", replace(CONTRACT, rules=rules))
    assert finding.kind == "reader_missing_no_symbol"
    assert "kein Zeichen" in finding.message().in_language("de")


def test_symbols_that_are_not_admitted_are_not_named() -> None:
    assert symbols_for(Meaning.BOUNDED, (".", "-")) == (".",)
    assert symbols_for(Meaning.BOUNDED, ("-", "/")) == ("-", "/")
    assert symbols_for(Meaning.LATER, ()) == ()


def test_every_symbol_that_stands_for_a_value_has_words() -> None:
    assert set(SYMBOL_NAMES) <= SYMBOLS


def test_a_right_number_beside_words_is_read() -> None:
    result = read_file((HEADER + "05111000;2016;Kinder;geheim\n").encode(), "a.csv", {CONTRACT.id: CONTRACT}, date(2026, 1, 1))
    assert isinstance(result, Claimed)
    assert result.parsed[0].values("persons").to_pylist() == [45438, None]
    assert result.parsed[0].flags("persons").to_pylist() == [None, None]
