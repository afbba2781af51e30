"""What a spreadsheet program turned into a date is called so, and what was typed is asked; right dates stay right."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

import pytest
from contract_values import CASES, shipped
from openpyxl import Workbook

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.spreadsheet_dates import typed_school_year, typed_span
from kkz_eval.reference.tables import units_known_to

CONTRACTS = shipped()


def read(data: bytes, contract: str, name: str = "lieferung.csv") -> tuple[ParsedTable, list[Finding]]:
    result = read_file(data, name, {contract: CONTRACTS[contract]}, date(2026, 1, 1))
    assert isinstance(result, Claimed), result
    (parsed,) = result.parsed
    return parsed, list(iter_findings(judge_file(parsed, CONTRACTS[contract], units_known_to("municipal")).findings))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        *(
            (text, "3-6")
            for text in ("03. Jun", "3. Jun", "3-Jun", "03.06.", "03.06.2024", "2016-06-03 00:00", "2016-06-03T00:00:00")
        ),
        *((text, "3-6") for text in ("Jun 03", "Jun-03", "06/03/2024", "45446", "03. Juni")),
        *((text, "1-2") for text in ("1. Feb", "01. Feb", "01-Feb", "Feb 01")),
        *((text, "6-15") for text in ("Jun 15", "01.06.2015", "2015-06-01")),
        *((text, None) for text in ("3-6", "unter 3", "Juni", "Elterncafé", "31.02.2016", "99. Jun", "")),
    ],
)
def test_the_span_behind_a_date(text: str, span: str | None) -> None:
    assert next(iter(typed_span(text)), None) == span


@pytest.mark.parametrize(
    ("text", "year"),
    [
        *((text, "2010/11") for text in ("01.11.2010", "Nov 10", "Nov. 10", "Nov-10", "2010-11-01", "11/1/2010", "01.11.10")),
        *((text, "10/11") for text in ("10. Nov", "10.11.2024", "10-Nov")),
        ("01.10.2009", "2009/10"),
        *((text, None) for text in ("01.08.2010", "31.07.2011", "2010/11", "2010/12", "bald")),
    ],
)
def test_the_school_year_behind_a_date(text: str, year: str | None) -> None:
    assert typed_school_year(text) == year


def test_an_age_group_that_became_a_date_is_asked_for() -> None:
    _, findings = read((CASES / "S1.csv").read_bytes(), "kindertagesbetreuung")
    assert {(f.kind, f.rule) for f in findings} == {("in_codes_as_date", "age_group.in_codes")}
    last = findings[-1]
    assert (last.value, last.allowed) == ("03. Jun", "3 bis unter 6 Jahre")
    assert "Excel" in last.message().in_language("de")
    assert "„3-6“" in last.message().in_language("de")
    assert "„Text“" in last.fix().in_language("de")


def test_a_date_that_names_no_code_is_offered_the_list() -> None:
    _, findings = read((CASES / "S1.csv").read_text("utf-8-sig").replace("03. Jun", "04. Jul").encode(), "kindertagesbetreuung")
    assert "unter 1 Jahr | " in (findings[-1].allowed or "")
    assert "„4-7“" in findings[-1].message().in_language("de")


def test_a_wrong_code_that_is_no_date_is_not_blamed_on_excel() -> None:
    _, findings = read((CASES / "S1.csv").read_text("utf-8-sig").replace("03. Jun", "Quatsch").encode(), "kindertagesbetreuung")
    assert [f.kind for f in findings if f.value == "Quatsch"] == ["in_codes"] * 3


@pytest.mark.parametrize("written", ["01.11.2010", "Nov 10", "2010-11-01", "Nov. 10"])
def test_a_school_year_that_became_a_date_is_asked_for(written: str) -> None:
    data = (CASES / "S3.csv").read_text("utf-8-sig").replace("01.11.2010", written).encode()
    _, findings = read(data, "schulabgaenge")
    assert {(f.kind, f.rule, f.allowed) for f in findings} == {("reader_school_year_as_date", "reader_school_year", "2010/11")}
    assert "Excel" in findings[0].message().in_language("de")


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in (("Gemeindeschlüssel", "Jahr", "Personengruppe", "Anzahl"), *rows):
        book.worksheets[0].append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_years_in_cells_of_dates_are_no_years_of_1905() -> None:
    for data in (
        (CASES / "S4.xlsx").read_bytes(),
        workbook(("05111000", datetime(1905, 7, 8), "Personen", 5), ("05111000", datetime(1905, 7, 8), "Kinder", 3)),
    ):
        _, findings = read(data, "mindestsicherung", "lieferung.xlsx")
        assert {(f.kind, f.rule) for f in findings} == {("reader_year_as_day", "reader_year_as_day")}
        assert findings[0].year == 2016
        assert "Excel" in findings[0].message().in_language("de")


LONG = "Gemeindeschlüssel;Jahr;Personengruppe;Anzahl\n05111000;{0};Personen;5\n05111000;{0};Kinder;3\n"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("08.07.1905", 1905),
        ("08.07.05", 1905),
        ("30.06.05", 2005),
        ("31.12.05", 2005),
        ("08.07.2005", 2005),
        ("08.07.16", 2016),
        ("31.12.2016", 2016),
        ("2016-12-31 00:00", 2016),
    ],
)
def test_a_day_of_1905_in_a_text_is_asked_for_and_right_days_stay_right(text: str, year: int) -> None:
    parsed, findings = read(LONG.format(text).encode(), "mindestsicherung")
    if year == 1905:
        assert {(f.kind, f.year) for f in findings} == {("reader_year_as_day", 2016)}
    else:
        within = set() if text.startswith("31.12.") or "-12-31" in text else {"reader_day_in_year"}
        assert ({f.kind for f in findings}, parsed.values("year").to_pylist()) == (within, [year, year])


@pytest.mark.parametrize("key", ["5,11E+06", "5.111E+06", "5,11E+6"])
def test_a_key_that_became_a_short_number_is_called_so(key: str) -> None:
    _, findings = read(LONG.format(2016).replace("05111000", key).encode(), "mindestsicherung")
    assert {(f.kind, f.rule) for f in findings} == {("reader_key_as_number", "reader_ags")}


def test_a_decimal_number_that_became_a_date_is_asked_for() -> None:
    contract = CONTRACTS["ausgaben_jugendhilfe"]
    measure = next(p for p in contract.properties if p.role == "measure")
    assert measure.logical_type == "number"
    from kkz_eval.contracts.example import example_columns, example_rows

    columns, rows = example_columns(contract), example_rows(contract)
    place = [of.name for of in columns].index(measure.name)
    lines = [";".join(of.label_de for of in columns), *(";".join(row) for row in rows[1:])]
    lines.append(";".join("03. Mai" if at == place else cell for at, cell in enumerate(rows[0])))
    _, findings = read("\n".join(lines).encode(), contract.id)
    assert [(f.kind, f.allowed) for f in findings if f.value == "03. Mai"] == [("reader_number_as_date", "3,5")]


def test_headers_of_a_wide_table_that_became_dates_are_called_so() -> None:
    wide = "Gemeindeschlüssel;Jahr;Betreuungsform;unter 1 Jahr;01. Feb;Quatsch;03. Jun;Insgesamt\n05111000;2016;Insgesamt;5;8;9;10;32\n"
    _, findings = read(wide.encode(), "kindertagesbetreuung")
    titles = [(f.kind, f.cell, f.allowed) for f in findings if f.rule == "reader_unknown_title"]
    assert titles == [
        ("reader_title_as_date", "E1", "1-2"),
        ("reader_unknown_title", "F1", None),
        ("reader_title_as_date", "G1", "3-6"),
    ]
