"""Titles of wide tables that are nearly years: read where only a mark or a word is beside the year, else named, never "the year is missing"."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
import pytest
from contract_values import CASES, shipped

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.text.titles import time_named, times_in, without_state
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import units_known_to

MARKED, UNKNOWN, MISSING = "reader_title_mark", "reader_unknown_title", "reader_missing_column"
YEARS = "reader_unread_years"


def wide(form: str, *titles: object) -> ParsedTable:
    lines: Sequence[Sequence[object]] = (
        ("Bevölkerung",),
        ("AGS", "Altersgruppe", "Geschlecht", *titles),
        ("05111000", "unter 3", "m", *range(1, len(titles) + 1)),
    )
    if form == "text":
        data = "".join(";".join(f'"{cell}"' for cell in line) + "\n" for line in lines).encode()
    else:
        book = openpyxl.Workbook()
        assert book.active is not None
        for line in lines:
            book.active.append(list(line))
        saved = io.BytesIO()
        book.save(saved)
        data = saved.getvalue()
    result = read_file(data, "lieferung", shipped())
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def said(table: ParsedTable) -> list[Finding]:
    return [finding for finding in iter_findings(table.findings) if finding.kind in (MARKED, UNKNOWN, YEARS, MISSING)]


@pytest.mark.parametrize("form", ["text", "workbook"])
@pytest.mark.parametrize(
    "titles",
    [
        ("Jahr 2016", "Jahr 2017"),
        ("31.12.2016", "31.12.2017"),
        ("Stand 31.12.2016", "Stand: 31.12.2017"),
        ("Bevölkerung am 31.12.2016", "Bevölkerung am 31.12.2017"),
        ("Anzahl 2016", "Anzahl 2017"),
        ("2016 (Anzahl)", "2017 (Anzahl)"),
        ("Ende 2016", "Ende 2017"),
        (2016, 2017),
        ("2016\u200b", "\u00a02017"),
    ],
)
def test_a_year_with_words_beside_it_is_that_year(form: str, titles: tuple[object, ...]) -> None:
    table = wide(form, *titles)
    assert table.values("year").to_pylist() == [2016, 2017]
    assert said(table) == []


@pytest.mark.parametrize("form", ["text", "workbook"])
@pytest.mark.parametrize(
    "title",
    [
        "2017*",
        "2017 **",
        "2017 1)",
        "20171)",
        "2017 a)",
        "2017 (1)",
        "2017 [2]",
        "2017 (vorl.)",
        "2017 vorläufig",
        "2017p",
        "2017 (r)",
        "2017\n(vorl.)",
        "2017 #",
        "2017)",
    ],
)
def test_a_mark_beside_the_year_is_passed_over_with_a_warning_at_the_title(form: str, title: str) -> None:
    table = wide(form, 2016, title)
    assert table.values("year").to_pylist() == [2016, 2017]
    (finding,) = said(table)
    assert (finding.kind, finding.severity, finding.cell.rpartition("!")[2]) == (MARKED, "warning", "E2")
    assert (finding.value, finding.allowed) == (title, "2017")


@pytest.mark.parametrize(
    ("titles", "unread"),
    [
        ((2016, 2018, "2017 Plan"), "2017 Plan"),
        (("2017 Prognose", 2016, 2018), "2017 Prognose"),  # left of all others too
        (("'17", 2016, 2018), "'17"),
        ((2016, 2017, "2016-2017"), "2016-2017"),
        ((2016, 2017, "Veränderung 2016-2017"), "Veränderung 2016-2017"),
        ((2016, "20171"), "20171"),  # a raised 1 that lost its place
    ],
)
def test_a_title_that_names_something_else_is_an_error_at_its_cell(titles: tuple[object, ...], unread: str) -> None:
    table = wide("text", *titles)
    assert [(f.kind, f.severity, f.value) for f in said(table)] == [(UNKNOWN, "error", unread)]
    assert "not_null" not in kinds_judged(table)


def kinds_judged(table: ParsedTable) -> list[str]:
    contract = shipped()["bevoelkerung"]
    return [f.kind for f in iter_findings(judge_file(table, contract, units_known_to(contract.source)).findings)]


@pytest.mark.parametrize("form", ["text", "workbook"])
@pytest.mark.parametrize(
    ("titles", "meant"),
    [
        (("'06", "'07", "'08"), "2006"),
        (("’98", "’99"), "1998"),
        (("06", "07"), "2006"),
        (("2016/17", "2017/18"), "2016 | 2017"),  # school years are no years of the calendar
        (("2016-2017", "2017-2018"), "2016 | 2017"),
        (("2016 – 2017", "2017 – 2018"), "2016 | 2017"),
        (("1.1.2016", "1.1.2017"), "2016"),  # the year, or the day after the one before
        (("Dez 16", "Dez 17"), "2016"),
        (("12/2016", "12/2017"), "2016"),
        (("J2016", "J2017"), "2016"),
        (("Quartal 1 2016", "Quartal 2 2016"), "2016"),
        (("Szenario 2016", "Szenario 2017"), "2016"),
        (("2016 (geschätzt)", "2017 (geschätzt)"), "2016"),
    ],
)
def test_years_that_cannot_be_read_in_any_title_are_one_finding(form: str, titles: tuple[str, ...], meant: str) -> None:
    table = wide(form, *titles)
    (finding,) = said(table)
    assert (finding.kind, finding.severity, finding.cell.rpartition("!")[2]) == (YEARS, "error", "D2")
    assert (finding.value, finding.allowed) == (", ".join(titles), meant)
    assert all(title in finding.message().in_language("de") for title in titles)
    assert meant in finding.fix().in_language("de")
    assert kinds_judged(table) == [YEARS]  # nothing is missing: it could not be read


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("{} (in Tsd.)", "reader_scale"),
        ("{} Tsd.", "reader_scale"),
        ("{} in 1.000", "reader_scale"),
        ("{} (TEUR)", "reader_scale"),
        ("{} in %", "reader_share"),
        ("{} %", "reader_share"),
        ("{} [v. H.]", "reader_share"),
        ("{} (Anteil)", "reader_share"),
        ("{} je 1.000 Einwohner", "reader_rate"),
        ("{} in Euro", "reader_currency"),
        ("{} €", "reader_currency"),
        ("{}, kumuliert", "reader_figure"),
        ("1. Quartal {}", "reader_figure"),
        ("Plan {}", "reader_figure"),
        ("{} (Prognose)", "reader_figure"),
        ("{} Stichprobe", "reader_figure"),
    ],
)
def test_a_unit_beside_every_year_is_one_finding_that_speaks_of_the_unit(words: str, kind: str) -> None:
    titles = [words.format(year) for year in (2016, 2017, 2018)]
    table = wide("text", *titles)
    (finding,) = (one for one in iter_findings(table.findings))
    assert (finding.kind, finding.severity, finding.cell) == (kind, "error", "D2")
    assert finding.value == ", ".join(titles)
    assert "not_null" not in kinds_judged(table)


def of_lines(*lines: str) -> ParsedTable:
    result = read_file("\n".join(lines).encode(), "lieferung", shipped())
    assert isinstance(result, Claimed), result
    return result.parsed[0]


def kinds_read(table: ParsedTable) -> list[tuple[str, str]]:
    return [(finding.kind, finding.cell) for finding in iter_findings(table.findings)]


@pytest.mark.parametrize(("words", "kind"), [("in %", "reader_share"), ("in Tsd.", "reader_scale"), ("je 1.000", "reader_rate")])
def test_a_unit_below_every_year_is_one_finding_and_its_decimals_are_none(words: str, kind: str) -> None:
    header = ("Bevölkerung", "AGS;Altersgruppe;Geschlecht;2016;2017")
    table = of_lines(*header, f";;;{words};{words}", "05111000;unter 3;m;19,9;1,9", "05111000;unter 3;w;1,5;8")
    assert kinds_read(table) == [(kind, "D3")]
    plain = of_lines(*header, "05111000;unter 3;m;19,9;2", "05111000;unter 3;w;15;8")
    assert kinds_read(plain) == [("reader_integer", "D3")]


def test_decimals_stay_errors_where_only_one_record_says_thousands() -> None:
    header = ("Bevölkerung", "AGS;Jahr;Altersgruppe;Geschlecht;Anzahl;Einheit")
    records = ("05111000;2016;unter 3;m;1,5;Tsd.", "05911000;2016;unter 3;m;1,5;Personen")
    assert [cell for kind, cell in kinds_read(of_lines(*header, *records)) if kind == "reader_integer"] == ["E3", "E4"]


@pytest.mark.parametrize("above", ["Jahr;", "Jahr;;", "Berichtsjahr;", "Stand;"])
def test_the_name_of_the_year_may_stand_over_the_years(above: str) -> None:
    table = of_lines("Bevölkerung", f"AGS;Altersgruppe;Geschlecht;{above}", ";;;2016;2017", "05111000;unter 3;m;1990;1991")
    assert (table.layout, table.values("year").to_pylist()) == ("municipal_wide", [2016, 2017])
    assert kinds_read(table) == []


@pytest.mark.parametrize("titles", ["'16;'17", "2016-2017;2017-2018", "J2016;J2017"])
def test_years_that_cannot_be_read_above_the_measure_are_one_finding(titles: str) -> None:
    table = of_lines(
        "Bevölkerung", f"AGS;Altersgruppe;Geschlecht;{titles}", ";;;Personen;Personen", "05111000;unter 3;m;1990;1991"
    )
    assert kinds_read(table) == [(YEARS, "D3")]


@pytest.mark.parametrize("words", ["{} absolut", "{} (absolut)", "{} (Personen)", "{} in Personen", "Anzahl {}", "{} abs."])
def test_the_unit_of_the_contract_beside_every_year_leaves_it_as_it_is(words: str) -> None:
    table = wide("text", *(words.format(year) for year in (2016, 2017)))
    assert table.values("year").to_pylist() == [2016, 2017]
    assert list(iter_findings(table.findings)) == []


@pytest.mark.parametrize("words", ["{} in EUR", "{} (EUR)", "{} Euro", "{} €", "{} (in €)"])
def test_euro_beside_every_year_of_a_contract_in_euro_leaves_it_as_it_is(words: str) -> None:
    header = ";".join(words.format(year) for year in (2016, 2017))
    lines = f"Ausgaben der Jugendhilfe\nJugendamt;Art der Leistung;Präventiv oder nicht;{header}\n05111000;Frühe Hilfen;präventiv;1990;1991\n"
    result = read_file(lines.encode(), "lieferung", shipped())
    assert isinstance(result, Claimed), result
    assert result.parsed[0].values("year").to_pylist() == [2016, 2017]
    assert [f.kind for f in iter_findings(result.parsed[0].findings) if f.kind != "reader_measure_unnamed"] == []


@pytest.mark.parametrize(
    ("titles", "meant"), [(("'16", "'17"), "2015/16 | 2016/17"), (("31.12.2016", "31.12.2017"), "2015/16 | 2016/17")]
)
def test_the_years_of_schools_are_told_as_school_years(titles: tuple[str, str], meant: str) -> None:
    lines = f"Schulabgänge\nAGS;Geschlecht;Abschluss;{';'.join(titles)}\n05911000;m;insgesamt;1990;1991\n"
    result = read_file(lines.encode(), "lieferung", shipped())
    assert isinstance(result, Claimed), result
    assert [(f.kind, f.allowed) for f in iter_findings(result.parsed[0].findings)] == [(YEARS, meant)]


@pytest.mark.parametrize(
    "key", ["05111000", "5111000", "05 111 000", "05111", "5.111.000", "Düsseldorf (05111000)", "051110000000"]
)
def test_numbers_of_a_record_that_look_like_years_are_no_titles(key: str) -> None:
    records = [f"{key};{age};m;1998;2004" for age in ("unter 3", "3 bis unter 6", "6 bis unter 15")]
    lines = "\n".join(["Bevölkerung", "AGS;Altersgruppe;Geschlecht;'06;'07", *records])
    result = read_file(lines.encode(), "lieferung", shipped())
    assert isinstance(result, Claimed), result
    assert result.parsed[0].table.num_rows == 3
    assert [(f.kind, f.value) for f in iter_findings(result.parsed[0].findings)] == [(YEARS, "'06, '07")]


def test_codes_as_titles_may_have_marks_too() -> None:
    lines = "Bevölkerung\nAGS;Jahr;Altersgruppe;männlich*;weiblich 1)\n05111000;2016;unter 3;1;2\n"
    result = read_file(lines.encode(), "lieferung", shipped())
    assert isinstance(result, Claimed)
    assert result.parsed[0].values("sex").to_pylist() == ["maennlich", "weiblich"]
    assert [(f.kind, f.cell, f.allowed) for f in said(result.parsed[0])] == [
        (MARKED, "E2", "weiblich")
    ]  # names are compared without "*"


def test_a_long_table_without_a_year_lacks_its_column() -> None:
    lines = "AGS;Personengruppe;Anzahl;seit 2015;seit 2016\n05111000;Kinder unter 15 Jahren;1;2;3\n"
    result = read_file(lines.encode(), "lieferung", shipped())
    assert isinstance(result, Claimed)
    assert [(f.kind, f.field) for f in said(result.parsed[0])] == [(MISSING, "year")]


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("2017*", "2017"),
        ("Jahr 2017", "2017"),
        ("2016/17", "2016/17"),
        ("31.12.2017", "31.12.2017"),
        ("Plan 2017", None),
        ("2016 und 2017", None),
    ],
)
def test_the_time_that_a_title_names(title: str, named: str | None) -> None:
    assert time_named(title, frozenset()) == named


def test_words_that_end_like_a_mark_keep_their_ends() -> None:
    assert [without_state(title) for title in ("Jahr", "Anzahl)", "Alter", "männlich (Anzahl)")] == [
        "Jahr",
        "Anzahl)",
        "Alter",
        "männlich (Anzahl)",
    ]
    assert times_in("§ 27 (2016) und 31.12.2017") == ("2016", "31.12.2017")


def test_the_delivered_file_with_a_star_at_its_year() -> None:
    result = read_file((CASES / "V1.csv").read_bytes(), "V1.csv", shipped())
    assert isinstance(result, Claimed)
    assert sorted(set(result.parsed[0].values("year").to_pylist())) == [2016, 2017]
    assert [(f.kind, f.cell, f.value) for f in said(result.parsed[0])] == [(MARKED, "E1", "2017*")]
