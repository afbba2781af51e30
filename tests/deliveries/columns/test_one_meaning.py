"""Two columns or two readings of one thing: a second column of one meaning, one label for two school years. None of them counts."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
import pytest
from contract_values import CASES
from municipal_tables import as_text, as_workbook, read

from kkz_eval.model.findings import Finding, iter_findings


def found(data: bytes, *kinds: str) -> list[Finding]:
    """The findings of these kinds."""
    return [finding for finding in iter_findings(read(data).findings) if finding.kind in kinds]


def cells(findings: Sequence[Finding]) -> list[str]:
    return [finding.cell.rpartition("!")[2] for finding in findings]


LONG = ("AGS", "Jahr", "Geschlecht", "Altersgruppe")
VALUES = ("05111000", 2016, "m", "unter 3 Jahre")


@pytest.mark.parametrize("form", [as_text, as_workbook])
@pytest.mark.parametrize(
    ("header", "numbers"),
    [
        (("Anzahl", "Anzahl"), (10, 11)),
        (("Anzahl", "Anzahl"), (10, 10)),  # equal numbers too: somebody copied a column
        (("Anzahl", "Bevölkerung"), (10, 11)),  # by a synonym
        (("Anzahl", "ANZAHL "), (10, 11)),
        (("Anzahl", "Anzahl.1"), (10, 11)),  # as data frames number repeated columns
        (("Anzahl", "Anzahl (berichtigt)"), (10, 11)),
        (("Anzahl alt", "Anzahl"), (10, 11)),
    ],
)
def test_two_columns_of_one_measure_are_named_at_both(form: object, header: tuple[str, ...], numbers: tuple[int, ...]) -> None:
    repeated = found(form((*LONG, *header), (*VALUES, *numbers)), "reader_repeated_column")  # type: ignore[operator]
    assert cells(repeated) == ["E1", "F1"]
    assert {f.severity for f in repeated} == {"error"}
    assert all(f.unit_id is None for f in repeated)  # no unit of the file is accepted
    assert repeated[0].value == header[0].strip()


@pytest.mark.parametrize("form", [as_text, as_workbook])
@pytest.mark.parametrize(
    ("titles", "repeated"),
    [
        (("2016", "2016"), ["D1", "E1"]),
        (("2015", "2016", "2016"), ["E1", "F1"]),
        (("2016", "2017", "31.12.2016"), ["D1", "F1"]),
        (("2016", "2017", "2016*"), ["D1", "F1"]),
        (("2016", "2017", "2016 (vorl.)"), ["D1", "F1"]),
        (("Jahr 2016", "2017", "2016"), ["D1", "F1"]),
    ],
)
def test_two_columns_of_one_year_in_a_wide_table(form: object, titles: tuple[str, ...], repeated: list[str]) -> None:
    data = form(("AGS", "Altersgruppe", "Geschlecht", *titles), ("05111000", "unter 3", "m", *range(len(titles))))  # type: ignore[operator]
    assert cells(found(data, "reader_repeated_column")) == repeated


@pytest.mark.parametrize("second", ["männlich", "m", "Jungen"])
def test_two_columns_of_one_code_in_a_wide_table(second: str) -> None:
    data = as_text(
        ("Bevölkerung",), ("AGS", "Jahr", "Altersgruppe", "männlich", "weiblich", second), ("05111000", 2016, "unter 3", 1, 2, 3)
    )
    assert cells(found(data, "reader_repeated_column")) == ["D2", "F2"]


def test_two_columns_of_one_key_in_a_wide_table() -> None:
    data = as_text(
        ("AGS", "Gemeindeschlüssel", "Altersgruppe", "Geschlecht", 2015, 2016), ("05111000", "05112000", "unter 3", "m", 1, 2)
    )
    assert cells(found(data, "reader_repeated_column")) == ["A1", "B1"]


def test_titles_in_two_lines_repeat_only_where_both_agree() -> None:
    head = ("AGS", "Altersgruppe", 2015, "", 2016, "")
    fine = as_text(head, ("", "", "m", "w", "m", "w"), ("05111000", "unter 3", 1, 2, 3, 4))
    assert found(fine, "reader_repeated_column") == []
    twice = as_text(head, ("", "", "m", "w", "m", "m"), ("05111000", "unter 3", 1, 2, 3, 4))
    assert cells(found(twice, "reader_repeated_column")) == ["E2", "F2"]


@pytest.mark.parametrize("other", ["Anzahl Haushalte", "Anteil", "Bemerkung", "Anzahl Vorjahr", "Gruppe 2"])
def test_another_column_beside_the_measure_is_no_second_one(other: str) -> None:
    assert found(as_text((*LONG, "Anzahl", other), (*VALUES, 10, 1)), "reader_repeated_column") == []


def test_the_delivered_file_with_two_columns_of_a_year_is_refused() -> None:
    assert cells(found((CASES / "F1.csv").read_bytes(), "reader_repeated_column")) == ["D1", "E1"]


SCHOOL = ("ohne Hauptschulabschluss", "m", 3)
UNCLEAR, ASSUMED = "reader_school_year_unclear", "reader_school_year_assumed"


def leavers(title: str, *years: object, above: str = "", form: object = as_text) -> bytes:
    lines = [(above,)] if above else []
    header = ("AGS", title, "Abschluss", "Geschlecht", "Anzahl")
    return form(*lines, header, *(("05111000", year, *SCHOOL) for year in years))  # type: ignore[operator, no-any-return]


@pytest.mark.parametrize("form", [as_text, as_workbook])
@pytest.mark.parametrize(
    ("title", "years", "unclear"),
    [
        ("Schuljahr", ("2016/17", 2016), ["B3"]),  # 2016 beside 2016/17
        ("Schuljahr", (2016, "2016/17", 2016, 2015), ["B2", "B5"]),  # each text once
        ("Jahr", ("2015/16", 2016), ["B3"]),
        ("Schuljahr", (2016, 2017), ["B2", "B3"]),
        ("SJ", (2016,), ["B2"]),
    ],
)
def test_a_year_that_may_be_two_school_years_is_an_error(
    form: object, title: str, years: tuple[object, ...], unclear: list[str]
) -> None:
    said = found(leavers(title, *years, form=form), UNCLEAR)
    assert sorted(cells(said)) == unclear
    assert {(f.severity, f.unit_id) for f in said} == {("error", None)}
    assert "2015/16 | 2016/17" in {f.allowed for f in said}


@pytest.mark.parametrize(
    ("title", "years", "above"),
    [
        ("Schuljahr", ("2015/16", "16/17", "2017/2018"), ""),
        ("Endjahr", (2016, 2017), ""),
        ("Schuljahr (Endjahr)", (2016, 2017), ""),
        ("Abgangsjahr", (2016, "2016/17"), ""),
        ("Schuljahr", (2016,), "Schulabgänge im Schuljahr 2015/16"),
        ("Schuljahr", (2016, 2017, 2018), "Schuljahre 2015/16 bis 2017/18"),
    ],
)
def test_a_file_that_says_which_school_year_it_means_is_read_without_a_word(
    title: str, years: tuple[object, ...], above: str
) -> None:
    data = leavers(title, *years, above=above)
    assert found(data, UNCLEAR, ASSUMED) == []
    assert min(read(data).values("year").to_pylist()) == 2016


@pytest.mark.parametrize("above", ["Schulabgänge im Schuljahr 2016/17", "Schuljahre 2014/15 bis 2016/17"])
def test_a_title_that_names_other_school_years_decides_nothing(above: str) -> None:
    assert cells(found(leavers("Schuljahr", 2016, above=above), UNCLEAR)) == ["B3"]


def test_a_year_of_the_calendar_is_read_and_named_once() -> None:
    (said,) = found(leavers("Jahr", 2016, 2017), UNCLEAR, ASSUMED)
    assert (said.kind, said.severity, said.cell, said.allowed) == (ASSUMED, "warning", "B2", "2015/16")


def on_sheets(*sheets: tuple[str, Sequence[object]]) -> bytes:
    """A workbook with the title of the column of years and the years of each sheet."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, (title, years) in enumerate(sheets):
        sheet = book.create_sheet(f"Blatt {number + 1}")
        sheet.append(["AGS", title, "Abschluss", "Geschlecht", "Schulabgänge"])
        for year in years:
            sheet.append([f"0591{number + 1}000", year, *SCHOOL])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ([("Jahr", ["2016/17"]), ("Jahr", [2016])], ["Blatt 2!B2"]),
        ([("Jahr", [2016, 2017, 2016]), ("Schuljahr", ["2016/17", "2015/16"])], ["Blatt 1!B2", "Blatt 1!B3"]),
        ([("Jahr", ["2016"]), ("Jahr", [2017]), ("Jahr", ["15/16"])], ["Blatt 1!B2", "Blatt 2!B2"]),
        ([("Endjahr", [2016]), ("Jahr", [2017]), ("Schuljahr", ["SJ 2016/2017"])], ["Blatt 2!B2"]),
        ([("Schuljahr", ["2016/17"]), ("Schuljahr", ["2015/2016"])], []),
        ([("Endjahr", [2016]), ("Schuljahr", ["2016/17"])], []),  # each sheet says what it means
    ],
)
def test_one_convention_of_school_years_holds_for_all_sheets_of_a_file(
    sheets: list[tuple[str, list[object]]], said: list[str]
) -> None:
    findings = found(on_sheets(*sheets), UNCLEAR, ASSUMED)
    assert sorted(f.cell for f in findings) == said
    assert {f.kind for f in findings} <= {UNCLEAR}
    assert {(f.severity, f.unit_id) for f in findings} <= {("error", None)}


def test_sheets_of_single_years_only_are_assumed_each() -> None:
    findings = found(on_sheets(("Jahr", [2016]), ("Jahr", [2017])), UNCLEAR, ASSUMED)
    assert [(f.kind, f.cell) for f in findings] == [(ASSUMED, "Blatt 1!B2"), (ASSUMED, "Blatt 2!B2")]


def test_titles_of_a_wide_sheet_follow_the_convention_of_the_file_too() -> None:
    book = openpyxl.load_workbook(io.BytesIO(on_sheets(("Schuljahr", ["2016/17"]))))
    wide = book.create_sheet("Breit")
    for line in (("AGS", "Abschluss", "Geschlecht", 2015, 2016), ("05914000", "ohne Hauptschulabschluss", "m", 1, 2)):
        wide.append(line)
    saved = io.BytesIO()
    book.save(saved)
    assert [(f.kind, f.cell) for f in found(saved.getvalue(), UNCLEAR, ASSUMED)] == [(UNCLEAR, "Breit!D1"), (UNCLEAR, "Breit!E1")]


def test_years_as_titles_of_a_table_of_school_years() -> None:
    lines = (("AGS", "Abschluss", "Geschlecht", 2015, 2016), ("05111000", "ohne Hauptschulabschluss", "m", 1, 2))
    assert [(f.kind, f.cell) for f in found(as_text(*lines), UNCLEAR, ASSUMED)] == [(ASSUMED, "D1")]
    titled = as_text(("Schulabgänge nach Schuljahr",), *lines)
    assert [(f.kind, f.cell) for f in found(titled, UNCLEAR, ASSUMED)] == [(UNCLEAR, "D2"), (UNCLEAR, "E2")]


def test_the_delivered_file_that_mixes_years_and_school_years_is_refused() -> None:
    (said,) = found((CASES / "H2.csv").read_bytes(), UNCLEAR)
    assert (said.value, said.allowed) == ("2016", "2015/16 | 2016/17")
