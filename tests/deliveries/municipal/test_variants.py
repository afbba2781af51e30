"""What municipalities' spreadsheets do to a table: totals, dates for years, keys as numbers, headers of several lines, titles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from contract_values import CONTRACTS, SCHOOL_LEAVERS

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.reader import Claimed, Unclaimed, Unreadable, read_file
from kkz_eval.deliveries.text.numbers import Style, style_of, style_shown
from kkz_eval.deliveries.text.records import decode, head
from kkz_eval.model.findings import Finding, Severity, iter_findings
from kkz_eval.model.parsed import ParsedTable

HEADER = "AGS;Abgangsjahr;Geschlecht;Abgänge;Anteil ohne Abschluss\n"
TWO = "05911000;2016;m;10;1,5\n05913000;2016;m;5;2,5\n"
BY_YEAR = replace(
    SCHOOL_LEAVERS, properties=tuple(replace(p, form="year") if p.name == "year" else p for p in SCHOOL_LEAVERS.properties)
)


def parsed(text: str | bytes, contracts: Mapping[str, Contract] = CONTRACTS) -> ParsedTable:
    result = read_file(text if isinstance(text, bytes) else text.encode(), "lieferung.csv", contracts)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def found(table: ParsedTable) -> list[Finding]:
    return list(iter_findings(table.findings))


@pytest.mark.parametrize("total", ["Summe;2016;m;15;", "insgesamt;2016;m;15;2,0", "Gesamt;;;15;", "Alle Kommunen;2016;;15;"])
def test_a_total_that_is_the_sum_is_left_out_without_a_word(total: str) -> None:
    table = parsed(HEADER + TWO + total + "\n")
    assert table.values("leavers").to_pylist() == [10, 5]
    assert found(table) == []


def test_a_total_that_is_not_the_sum_is_a_warning_at_its_cell() -> None:
    (finding,) = found(parsed(HEADER + TWO + "Summe;2016;m;16;\n"))
    assert (finding.kind, finding.severity, finding.cell) == ("reader_total_differs", Severity.WARNING, "D4")
    assert (finding.value, finding.allowed, finding.field) == ("16", "15", "leavers")


@pytest.mark.parametrize(
    "lines",
    [
        "05911000;2016;m;10;1,5\n05913000;2016;m;.;2,5\nSumme;2016;m;10;\n",  # a symbol among the parts
        "05911;2016;m;10;1,5\n05913000;2016;m;5;2,5\nSumme;2016;m;15;\n",  # a Kreis beside a municipality
        "05911000;2016;m;10;1,5\n05913000;2015;m;5;2,5\nSumme;;m;15;\n",  # of which year?
        "05911000;2016;m;10;1,5\nZwischensumme;2016;m;10;\n05913000;2016;m;5;2,5\n",  # of which lines?
        "05911000;2016;m;10;1,5\nSumme Herne;2016;m;10;\n",
    ],
)
def test_a_total_that_cannot_be_checked_is_named_and_never_data(lines: str) -> None:
    table = parsed(HEADER + lines)
    assert [(f.kind, f.severity) for f in found(table)] == [("reader_total_row", Severity.WARNING)]
    assert all(unit is not None for unit in table.values("unit_id").to_pylist())


def test_a_total_beside_an_empty_key_is_recognised() -> None:
    table = parsed(
        "Kommune;" + HEADER + "Köln;05315000;2016;m;10;1,5\nHerne;05916000;2016;m;5;1,5\nSumme;;2016;m;15;\n* Fußnote;;;;;\n"
    )
    assert table.values("leavers").to_pylist() == [10, 5]
    assert found(table) == []


def test_a_record_without_its_key_is_no_total_for_its_name() -> None:
    table = parsed("Schule;" + HEADER + "Gesamtschule Mitte;;2016;m;10;1,5\nHauptschule;05913000;2016;m;5;1,5\n")
    assert table.values("unit_id").to_pylist() == [None, "05913000"]


def test_insgesamt_as_a_code_with_a_key_is_data() -> None:
    table = parsed(HEADER + "05911000;2016;insgesamt;10;1,5\n")
    assert table.values("sex").to_pylist() == ["total"]


def test_an_empty_key_beside_the_code_for_all_is_no_total() -> None:
    table = parsed(HEADER + "05911000;2016;m;10;1,5\n;2016;insgesamt;10;1,5\n05913000;2016;m;1;1,5\n")
    assert table.values("unit_id").to_pylist() == ["05911000", None, "05913000"]


@pytest.mark.parametrize(
    ("text", "year", "kind"),
    [
        ("2016", 2016, None),
        ("2016,0", 2016, None),
        ("31.12.2016", 2016, None),
        ("31.12.16", 2016, None),
        ("Stichtag 31.12.2016", 2016, None),
        ("2016-12-31", 2016, None),
        ("2016-12-31T00:00:00", 2016, None),
        ("01.03.2016", 2016, "reader_day_in_year"),
        ("42735", 2016, "reader_serial_date"),
        ("01.01.2017", None, "reader_first_of_january"),
        ("42736", None, "reader_first_of_january"),
        ("12/31/2016", None, "reader_year"),
        ("31.02.2016", None, "reader_year"),
        ("2016/17", None, "reader_year"),
        ("99999", None, "reader_year"),
        ("16", None, "reader_year"),
    ],
)
def test_a_reporting_date_tells_its_year_where_it_can_mean_one_only(text: str, year: int | None, kind: str | None) -> None:
    table = parsed(f"AGS;Jahr;Abgänge;Anteil o. A.\n05911000;{text};10;1,5\n", {"schulabgaenge": BY_YEAR})
    assert table.values("year").to_pylist() == [year]
    assert [f.kind for f in found(table)] == ([] if kind is None else [kind])
    assert [f.severity for f in found(table)] == (
        [] if kind is None else [Severity.WARNING if kind in ("reader_serial_date", "reader_day_in_year") else Severity.ERROR]
    )


@pytest.mark.parametrize("text", ["1'234", "1’234", "1 234", "1\u202f234", "1\u00a0234", "1234"])
def test_a_sign_that_only_groups_thousands_needs_no_hint(text: str) -> None:
    assert parsed(HEADER + f"05911000;2016;m;{text};12\n").values("leavers").to_pylist() == [1234]


@pytest.mark.parametrize(
    "text", ["12,5", "12.5", "-12,55", "1.234", "1,234", "1.234,5", "0,125", "0.1", "12,5 %", "12.345.678", "12", "x", "1234,567"]
)
def test_the_style_of_a_column_is_that_of_its_texts(text: str) -> None:
    import pyarrow as pa

    assert style_of([pa.array([text, None, "7"])]) is style_shown(text)
    assert style_of([pa.array([text]).dictionary_encode()]) in (Style.COMMA, Style.POINT, None)


@pytest.mark.parametrize(
    "header",
    [
        "AGS;;Abgänge;\n;Abgangsjahr;insg.;Anteil o. A.\n",  # in two lines
        "AGS;Abgangsjahr;Abgänge;Anteil o. A.\n;;(Anzahl);(in Prozent)\n",  # units below
        "Gemeinde-;;Schulabgänge;Anteil\nschlüssel;abgangsjahr;insgesamt;ohne Abschluss\n",  # words divided
        '"Gemeinde-\nschlüssel";Abgangsjahr;Abgänge;"Anteil\no. A."\n',  # line breaks in cells
    ],
)
def test_a_header_of_several_lines_is_read(header: str) -> None:
    table = parsed(header + "05911000;2016;10;1,5\n")
    assert table.values("unit_id").to_pylist() == ["05911000"]
    assert (table.values("leavers").to_pylist(), table.values("share_without").to_pylist()) == ([10], [1.5])
    assert table.table["leavers__col"].to_pylist() == [3]
    assert found(table) == []


@pytest.mark.parametrize(
    "text",
    [
        "AGS;Abgangsjahr;Abgänge;;Anteil o. A.\n;;m;w;\n05911000;2016;1;2;3,5\n",  # merged over two columns
        "AGS;Abgangsjahr;Abgänge;;Anteil o. A.\n05911000;2016;1;2;3,5\n",
        "AGS;Abgangsjahr;Anteil o. A.;Abgänge\n;;;männlich\n05911000;2016;3,5;1\n",  # of boys only
        "AGS;;Abgänge;\n;Abgangsjahr;männlich;Anteil o. A.\n05911000;2016;1;1,5\n",
    ],
)
def test_a_title_that_is_divided_is_a_finding_not_a_number(text: str) -> None:
    (finding,) = found(parsed(text))
    assert (finding.kind, finding.severity, finding.field) == ("reader_divided_title", Severity.ERROR, "leavers")


def test_a_column_without_title_beside_the_keys_is_no_fault() -> None:
    assert found(parsed(";AGS;Abgangsjahr;Abgänge;Anteil o. A.\n1;05911000;2016;1;2,5\n2;05913000;2016;1;2,5\n")) == []


def _two_alike() -> dict[str, Contract]:
    return {
        name: replace(SCHOOL_LEAVERS, id=name, title_de=title, title_en=name)
        for name, title in (("a", "Schulabgänge nach Abschluss"), ("b", "Auszubildende nach Kammer"))
    }


def test_a_title_above_the_header_decides_between_contracts_with_the_same_columns() -> None:
    assert parsed(f"Auszubildende nach Kammer (Stand: Mai);;;;\n{HEADER}{TWO}", _two_alike()).contract_id == "b"
    undecided = read_file(f"{HEADER}{TWO}".encode(), "x.csv", _two_alike())
    assert isinstance(undecided, Unclaimed)
    assert "a, b" in undecided.in_language("de")
    assert "--contract" in undecided.in_language("de")


def test_a_record_with_words_of_a_header_is_none() -> None:
    result = read_file("code;x;y;z\n73111;Abgänge;2016;14178;Jahr;05911000\n".encode(), "x.csv", CONTRACTS)
    assert isinstance(result, Unclaimed)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><table><tr><td>AGS</td><td>Jahr</td></tr></table></html>", "markup"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>", "markup"),
        (b"<?xml version='1.0'?><Workbook/>", "markup"),
        (b"%PDF-1.7\n1 0 obj", "page"),
        ("AGS;Jahr\nMädchen;1\n".encode() + "Köln;2\n".encode("cp1252"), "mixed"),
    ],
)
def test_what_only_bears_the_name_of_a_table_says_so(data: bytes, code: str) -> None:
    result = read_file(data, "lieferung.xls", CONTRACTS)
    assert isinstance(result, Unreadable)
    assert result.reason_code == code
    assert "lieferung.xls" in result.in_language("de")


def test_the_head_of_a_long_text_is_that_of_the_whole() -> None:
    rows = [f'"Zeile\n{number}";{"x" * 3_000}' for number in range(200)]
    decoded = decode("\n".join(rows).encode())
    assert head(decoded, ";") == [[f"Zeile\n{number}", "x" * 3_000] for number in range(20)]


def test_many_faults_each_have_their_cell_unit_and_year() -> None:
    lines = [f"05911000;2016;m;{'viele' if number % 5 == 0 else number};1,5\n" for number in range(1_000)]
    faults = [f for f in found(parsed(HEADER + "".join(lines))) if f.kind == "reader_number"]
    assert [f.cell for f in faults] == [f"D{number + 2}" for number in range(0, 1_000, 5)]
    assert {(f.unit_id, f.year, f.value) for f in faults} == {("05911000", 2016, "viele")}
