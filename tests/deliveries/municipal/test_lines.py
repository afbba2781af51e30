"""Lines that are no records: totals of pivot tables, numbers of columns, repeated headers; and keys in the first row of a group only."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from contract_values import CASES, shipped
from municipal_tables import as_text, as_workbook, read

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.reference.tables import units_known_to

HEADER = ("AGS", "Jahr", "Personengruppe", "Anzahl")
CHILDREN, ALL = "Kinder unter 15 Jahren", "Personen in SGB-II-Bedarfsgemeinschaften"
FIRST = (("05111000", 2016, ALL, 45), ("05111000", 2016, CHILDREN, 12))
SECOND = (("05112000", 2016, ALL, 30), ("05112000", 2016, CHILDREN, 10))
FORMS = pytest.mark.parametrize("form", ["text", "workbook"])


def written(form: str, *lines: Sequence[object]) -> bytes:
    return as_text(*lines) if form == "text" else as_workbook(*lines)


def found(data: bytes) -> list[Finding]:
    return list(iter_findings(read(data).findings))


def numbers(data: bytes) -> list[object]:
    return read(data).values("persons").to_pylist()  # type: ignore[no-any-return]


@FORMS
@pytest.mark.parametrize("word", ["Ergebnis", "Teilergebnis", "Summe", "Total", "Zwischensumme"])
def test_the_total_of_a_group_that_is_its_sum_is_left_out_without_a_word(form: str, word: str) -> None:
    lines = (HEADER, *FIRST, (f"05111000 {word}", None, None, 57), *SECOND, (f"05112000 {word}", None, None, 40))
    data = written(form, *lines, ("Gesamtergebnis", None, None, 97))
    assert (numbers(data), found(data)) == ([45, 12, 30, 10], [])


@FORMS
def test_the_total_of_a_year_inside_a_unit_is_no_record(form: str) -> None:
    data = written(form, HEADER, *FIRST, ("05111000", "2016 Ergebnis", None, 57), *SECOND, ("05112000", "2016 Ergebnis", "", 40))
    assert (numbers(data), found(data)) == ([45, 12, 30, 10], [])


@pytest.mark.parametrize(
    "total",
    [
        ("05111000 Ergebnis", "", "", 58),
        ("Gesamtergebnis", "", "", 1),
        ("Grand Total", "", "", ""),
        ("Zwischensumme", "", "", "."),
        ("05111000", 2016, f"{CHILDREN} Ergebnis", 3),
    ],
)
def test_a_total_that_is_no_sum_of_the_lines_above_is_a_warning(total: tuple[object, ...]) -> None:
    data = written("text", HEADER, *FIRST, total)
    assert numbers(data) == [45, 12]
    assert [(f.kind, f.severity, f.row) for f in found(data)] == [("reader_total_row", "warning", 4)]


def test_the_sums_at_the_right_of_a_wide_pivot_table_are_left_out_with_a_warning() -> None:
    header = ("AGS", "Altersgruppe", "Geschlecht", 2015, 2016, "Gesamtergebnis")
    data = written("text", ("Bevölkerung",), header, ("05111000", "unter 3", "m", 1, 2, 3))
    table = read(data)
    assert table.values("year").to_pylist() == [2015, 2016]
    assert [(f.kind, f.severity, f.cell) for f in found(data)] == [("reader_total_column", "warning", "F2")]


@pytest.mark.parametrize("title", ["Summe von Anzahl", "summe von  Anzahl", "Sum of Anzahl"])
def test_the_title_of_a_pivot_table_names_the_column_that_it_sums(title: str) -> None:
    data = written("text", (*HEADER[:3], title), *FIRST)
    assert (numbers(data), found(data)) == ([45, 12], [])


def test_a_count_of_lines_is_no_sum() -> None:
    assert "reader_missing_column" in [f.kind for f in found(written("text", (*HEADER[:3], "Anzahl von Anzahl"), *FIRST))]


def test_a_name_of_an_offer_that_ends_like_a_total_is_a_record() -> None:
    with_result = (CASES / "N1.csv").read_text(encoding="utf-8-sig").replace("Elterncafé, Nord", "Sprachtest Ergebnis")
    result = read_file(with_result.encode(), "angebote", shipped())
    assert isinstance(result, Claimed)
    assert "reader_total_row" not in [f.kind for f in iter_findings(result.parsed[0].findings)]


@FORMS
@pytest.mark.parametrize(
    "line",
    [
        ("(1)", "(2)", "(3)", "(4)"),
        (1, 2, 3, 4),
        ("1)", "2)", "3)", "4)"),
        ("[1]", "[2]", "[3]", "[4]"),
        ("a", "b", "c", "d"),
        ("Sp. 1", "Sp. 2", "Sp. 3", "Sp. 4"),
    ],
)
def test_a_line_that_numbers_the_columns_is_none_of_the_records(form: str, line: tuple[object, ...]) -> None:
    data = written(form, HEADER, line, *FIRST)
    assert (numbers(data), found(data)) == ([45, 12], [])


@pytest.mark.parametrize("line", [(1, 2, 4, 5), ("(1)", "(2)", CHILDREN, "(4)")])
def test_other_numbers_are_a_record_without_a_key(line: tuple[object, ...]) -> None:
    assert "reader_ags" in [f.kind for f in found(written("text", HEADER, line, *FIRST))]


@FORMS
def test_a_header_that_comes_again_on_each_page_is_none_of_the_records(form: str) -> None:
    data = written(form, HEADER, *FIRST, (), HEADER, *SECOND, tuple(title.upper() for title in HEADER), (1, 2, 3, 4))
    assert (numbers(data), found(data)) == ([45, 12, 30, 10], [])


def test_a_header_of_two_lines_that_comes_again() -> None:
    head = (("AGS", "Altersgruppe", 2015, "", 2016, ""), ("", "", "m", "w", "m", "w"))
    data = written(
        "text", ("Bevölkerung",), *head, ("05111000", "unter 3", 1, 2, 3, 4), *head, ("05112000", "unter 3", 5, 6, 7, 8)
    )
    table = read(data)
    assert table.values("persons").to_pylist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found(data) == []


def test_another_header_in_the_middle_is_not_passed_over() -> None:
    other = ("AGS", "Jahr", "Anzahl", "Personengruppe")
    assert "reader_ags" in [f.kind for f in found(written("text", HEADER, *FIRST, other, ("05112000", 2016, 10, CHILDREN)))]


PIVOT = (("05111000", 2016, ALL, 45), (None, None, CHILDREN, 12), (None, 2017, ALL, 46), (None, None, CHILDREN, 13))


@FORMS
@pytest.mark.parametrize(
    "lines",
    [
        PIVOT,
        (*PIVOT, ("05111000 Ergebnis", None, None, 116)),
        (("05111000", None, None, None), *((None, *line[1:]) for line in PIVOT)),  # the key on a line of its own
    ],
)
def test_keys_in_the_first_row_of_a_group_are_one_error_with_its_cause(form: str, lines: tuple[tuple[object, ...], ...]) -> None:
    table = read(written(form, HEADER, *lines))
    assert table.values("year").to_pylist() == [2016, 2016, 2017, 2017]
    contract = shipped()["mindestsicherung"]
    judged = judge_file(table, contract, units_known_to(contract.source))
    (finding,) = iter_findings(judged.findings)
    assert (finding.kind, finding.severity, finding.unit_id, finding.value) == (
        "reader_first_of_group",
        "error",
        None,
        "AGS, Jahr",
    )
    assert judged.status == "rejected"


def test_the_same_year_in_the_groups_of_two_units_is_filled_down_too() -> None:
    lines = [
        (key, 2016, ALL, 45) if group == ALL else (None, None, group, 12)
        for key in ("05111000", "05112000")
        for group in (ALL, CHILDREN)
    ]
    table = read(written("text", HEADER, *lines))
    assert table.values("unit_id").to_pylist() == ["05111000", "05111000", "05112000", "05112000"]
    assert table.values("year").to_pylist() == [2016] * 4
    assert [f.value for f in iter_findings(table.findings)] == ["AGS, Jahr"]


def test_a_key_that_is_missing_among_others_is_named_where_it_is() -> None:
    data = written("text", HEADER, *FIRST, (None, 2016, ALL, 30), *SECOND)
    assert found(data) == []  # the rule of the contract says which cell is empty
    assert read(data).values("unit_id").to_pylist()[2] is None


@pytest.mark.parametrize(("case", "kinds"), [("T1.csv", []), ("T2.csv", []), ("T4.xlsx", ["reader_first_of_group"])])
def test_the_delivered_files(case: str, kinds: list[str]) -> None:
    assert [f.kind for f in found((CASES / case).read_bytes())] == kinds


@pytest.mark.parametrize(
    "title", ["Ausgaben in €", "Ausgaben (EUR)", "Ausgaben in EUR", "Ausgaben 1)", "Ausgaben (1)", "Ausgaben in Euro [2]"]
)
@FORMS
def test_the_unit_of_the_contract_and_a_mark_of_a_footnote_behind_a_title_are_no_other_title(title: str, form: str) -> None:
    data = written(
        form,
        ("Jugendamt", "Jahr", "Art der Leistung", "Präventiv oder nicht", title),
        ("05111000", 2016, "Insgesamt", "Insgesamt", 5),
    )
    assert not [finding for finding in found(data) if finding.kind in ("reader_missing_column", "reader_repeated_column")]


def test_another_unit_behind_a_title_is_another_title() -> None:
    data = written(
        "text",
        ("Jugendamt", "Jahr", "Art der Leistung", "Präventiv oder nicht", "Ausgaben in Tsd. €"),
        ("05111000", 2016, "Insgesamt", "Insgesamt", 5),
    )
    assert "reader_scale" in {finding.kind for finding in found(data)}
