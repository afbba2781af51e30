"""Idioms of spreadsheets and signs that nobody sees: read where one thing can be meant, else named for what they are."""

from __future__ import annotations

import pytest
from contract_values import CASES
from municipal_tables import as_text, as_workbook, read

from kkz_eval.deliveries.text.as_meant import as_meant, odd_signs
from kkz_eval.deliveries.text.numbers import Style, style_shown, without_euro
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable

HEADER = ("AGS", "Jahr", "Personengruppe", "Anzahl")
GROUP = "Kinder unter 15 Jahren"
UNSEEN = ["\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202c", "\u2060", "\u2066", "\u2069", "\ufeff"]
SPACES = ["\u00a0", "\u2002", "\u2003", "\u2007", "\u2008", "\u2009", "\u200a", "\u202f", "\u205f", "\u3000"]


def found(table: ParsedTable) -> list[Finding]:
    return list(iter_findings(table.findings))


def values(table: ParsedTable) -> list[object]:
    return [table.values(name).to_pylist()[0] for name in ("unit_id", "year", "group", "persons")]


@pytest.mark.parametrize("form", [as_text, as_workbook])
@pytest.mark.parametrize("sign", UNSEEN)
def test_signs_that_nobody_sees_are_left_out_wherever_they_stand(form: object, sign: str) -> None:
    header = tuple(sign + title[:2] + sign + title[2:] for title in HEADER)
    record = (f"0511{sign}1000{sign}", f"{sign}2016", f"Kinder{sign} unter 15 Jahren{sign}", f"11{sign}853")
    table = read(form(header, record))  # type: ignore[operator]
    assert (values(table), found(table)) == (["05111000", 2016, "children_under_15", 11853], [])


@pytest.mark.parametrize("form", [as_text, as_workbook])
@pytest.mark.parametrize("space", SPACES)
def test_every_space_is_a_space(form: object, space: str) -> None:
    record = (f"05{space}111{space}000", f"{space}2016{space}", f"Kinder{space}unter{space}15{space}Jahren", f"11{space}853")
    table = read(form((f"AGS{space}", "Jahr", "Personengruppe", f"{space}Anzahl"), record))  # type: ignore[operator]
    assert (values(table), found(table)) == (["05111000", 2016, "children_under_15", 11853], [])


@pytest.mark.parametrize("number", ["1\u20071853", "118\u200253", "11\u2007\u20078530"])
def test_a_space_that_groups_no_thousands_makes_no_number(number: str) -> None:
    table = read(as_text(HEADER, ("05111000", 2016, GROUP, number)))
    assert table.values("persons").to_pylist() == [None]
    assert [f.kind for f in found(table)] == ["reader_number"]


def test_a_cell_of_signs_that_nobody_sees_is_empty() -> None:
    table = read(as_text(HEADER, ("05111000", 2016, GROUP, 5), ("\u200b", "\ufeff", "\u200e", "\u2060")))
    assert table.values("persons").to_pylist() == [5]
    assert found(table) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\u202e12", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),  # shows 21
        ("\u00ad5", "SOFT HYPHEN (U+00AD)"),  # may be a minus
        ("\uff11\uff12", "FULLWIDTH DIGIT ONE (U+FF11), FULLWIDTH DIGIT TWO (U+FF12)"),
        ("1\u041e5", "CYRILLIC CAPITAL LETTER O (U+041E)"),
        ("1\ufffd5", "REPLACEMENT CHARACTER (U+FFFD)"),
    ],
)
def test_a_sign_that_can_change_the_meaning_is_named(text: str, name: str) -> None:
    (finding,) = found(read(as_text(HEADER, ("05111000", 2016, GROUP, text))))
    assert (finding.rule, finding.kind, finding.cell, finding.allowed) == ("reader_number", "reader_odd_sign", "D2", name)
    assert name in finding.message().in_language("de")


def test_a_key_with_a_letter_of_another_script_is_named() -> None:
    (finding,) = found(read(as_text(HEADER, ("0511100\u041e", 2016, GROUP, 5))))
    assert (finding.rule, finding.kind) == ("reader_ags", "reader_odd_sign")


@pytest.mark.parametrize("text", ["Mädchen", "É", "µm", "5 €", "2016–17", "§ 11", "½"])
def test_signs_of_german_texts_are_not_odd(text: str) -> None:
    assert odd_signs(text) == ()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('="05162024"', "05162024"),
        ("'05162024", "05162024"),
        ("’05162024", "05162024"),
        ("'05162024'", "05162024"),
        ('"2016"', "2016"),
        ('=""', ""),
        ("=05162024", "=05162024"),  # a formula, or its remains
        ('="05"&"162"', '="05"&"162"'),
        ("Hans' Kita", "Hans' Kita"),
        ("Kinder\u00adgarten", "Kindergarten"),
    ],
)
def test_what_a_program_puts_around_a_text_is_none_of_it(text: str, meant: str) -> None:
    assert as_meant(text) == meant


@pytest.mark.parametrize("form", [as_text, as_workbook])
@pytest.mark.parametrize("wrap", ['="{}"', "'{}", "'{}'"])
def test_protected_texts_are_read_in_every_column(form: object, wrap: str) -> None:
    lines = [[wrap.format(cell) for cell in line] for line in (HEADER, ("05111000", 2016, GROUP, 11853))]
    table = read(form(*lines))  # type: ignore[operator]
    assert (values(table), found(table)) == (["05111000", 2016, "children_under_15", 11853], [])


def test_protected_years_as_titles_are_read() -> None:
    table = read(as_text(("AGS", "Altersgruppe", "Geschlecht", '="2015"', '="2016"'), ('="05111000"', "unter 3", "m", '="1"', 2)))
    assert table.values("year").to_pylist() == [2015, 2016]
    assert [f.kind for f in found(table)] == ["reader_measure_unnamed"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("526572,88 €", 526572.88),
        ("526.572,88\u00a0€", 526572.88),
        ("€ 526.572,88", 526572.88),
        ("526572,88 EUR", 526572.88),
        ("526572,88Euro", 526572.88),
        ("5,- €", 5),
        ("5,– EUR", 5),
        ("1.500,--", 1500),
        ("-5,50 €", -5.5),
        ("5- €", None),  # a minus behind the number, as some programs write it, or a dash for no cents
        ("5,50- €", None),
        ("5 $", None),
        ("5 T€", None),
        ("5 € 20", None),
    ],
)
def test_an_amount_may_have_its_currency(text: str, number: float | None) -> None:
    header = ("Jugendamt", "Jahr", "Art der Leistung", "Präventiv oder nicht", "Betrag in Euro")
    lines = (("05111000", 2019, "Frühe Hilfen", "präventiv", text), ("05112000", 2019, "Frühe Hilfen", "präventiv", "1,5"))
    assert read(as_text(header, *lines)).values("spending_eur").to_pylist()[0] == number


def test_a_currency_beside_a_count_is_no_number() -> None:
    table = read(as_text(HEADER, ("05111000", 2016, GROUP, "5 €")))
    assert (table.values("persons").to_pylist(), [f.kind for f in found(table)]) == ([None], ["reader_number"])


def test_a_currency_shows_the_style_of_a_file_too() -> None:
    assert style_shown("1.234,50 €") is Style.COMMA
    assert without_euro("Europa") == "Europa"


@pytest.mark.parametrize("text", ["1,5E+05", "1.5E+05", "4,5E5"])
def test_a_number_in_the_short_form_of_excel_is_named(text: str) -> None:
    (finding,) = found(read(as_text(HEADER, ("05111000", 2016, GROUP, text))))
    assert (finding.rule, finding.kind) == ("reader_number", "reader_shortened_number")


@pytest.mark.parametrize("case", ["P1", "P2", "P4", "P5", "R1", "R3"])
def test_the_delivered_files_are_read(case: str) -> None:
    assert found(read((CASES / f"{case}.csv").read_bytes())) == []
