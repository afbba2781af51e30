"""A number whose scale, unit or kind is said outside its cell is refused wherever the file says so; other such words are no hint."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract_values import CONTRACTS

from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Severity, iter_findings

DELIVERED = load_contracts(Path(__file__).parents[2] / "data_contracts")
CASES = Path(__file__).parents[1] / "cases" / "deliveries"
TABLE = "AGS;Schuljahr;Geschlecht;Abgänge;Anteil ohne Abschluss\n05911000;2016;m;10;1,5\n05913000;2016;m;5;2,5\n"


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
    assert f"„{title}“ in A1" in finding.message()
    assert allowed in finding.fix()


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
