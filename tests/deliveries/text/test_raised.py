"""Raised, lowered and struck-out signs: in which text they end, and which are marks of footnotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.text.numbers import Style, parse_number, style_shown
from kkz_eval.deliveries.text.raised import LOWERED, RAISED, STRUCK, joined, without_marks


@pytest.mark.parametrize(
    ("runs", "text", "bare"),
    [
        ([("45438", ""), ("1", RAISED)], "45438¹", "45438"),
        ([("45438", ""), ("1)", RAISED)], "45438¹⁾", "45438"),
        ([("45438", ""), (" 1, 2", RAISED)], "45438 ¹, ²", "45438"),
        ([("45438", ""), ("a)", RAISED)], "45438ᵃ⁾", "45438"),
        ([("45438", ""), ("1", LOWERED)], "45438₁", "45438"),
        ([("1)", RAISED), ("45438", "")], "¹⁾45438", "45438"),
        ([("Anzahl", ""), ("12", RAISED)], "Anzahl¹²", "Anzahl"),
        ([("45438", ""), ("p", RAISED)], "45438p", "45438p"),  # a letter of quality
        ([("4", ""), ("5", RAISED), ("438", "")], "4⁵438", "4⁵438"),
        ([("526", ""), ("88", RAISED)], "526⁸⁸", "526⁸⁸"),  # hundredths, or two digits of a mark
        ([("Einwohner je km", ""), ("2", RAISED)], "Einwohner je km²", "Einwohner je km²"),
        ([("10", ""), ("6", RAISED)], "10⁶", "10⁶"),
        ([("m", ""), ("1", RAISED)], "m¹", "m"),  # the code for men
        ([("12", STRUCK), ("345", "")], "1̶2̶345", "1̶2̶345"),
        ([("45438", RAISED)], "45438", "45438"),  # nothing that it is glued to
        ([("45438", RAISED), (" ", "")], "45438 ", "45438 "),
        ([("45438", "")], "45438", "45438"),
    ],
)
def test_runs_become_what_a_person_sees(runs: list[tuple[str, str]], text: str, bare: str) -> None:
    assert joined(runs) == text
    assert without_marks(text) == bare


@pytest.mark.parametrize(
    ("text", "value", "flag"),
    [
        ("45438¹", 45438, None),
        ("45.438 ²⁾", 45438, None),
        ("12,5³", 12.5, None),
        ("-7¹", -7, None),
        (".¹", None, "."),
        ("(12)¹", 12, "()"),
        ("45438p¹", 45438, "p"),
    ],
)
def test_a_number_with_a_mark_is_the_number(text: str, value: float | None, flag: str | None) -> None:
    read = parse_number(text, Style.COMMA)
    assert (read.value, read.flag, read.problem) == (value, flag, None)


@pytest.mark.parametrize("text", ["4⁵438", "526⁸⁸", "10⁶", "1̶2̶345", "¹²³", "5½", "3m²"])
def test_what_is_no_clear_mark_is_no_number(text: str) -> None:
    assert parse_number(text, Style.COMMA).problem == "reader_number"


def test_a_mark_hides_neither_the_style_nor_the_name_of_a_column() -> None:
    assert style_shown("12,5¹") is Style.COMMA
    assert fold("Anzahl¹⁾") == fold("anzahl")
    assert fold("Einwohner je km²") == fold("Einwohner je km2")


@given(st.integers(0, 10**9), st.sampled_from("¹²³⁴⁵⁶⁷⁸⁹ᵃᵇ"), st.booleans())
def test_any_number_with_one_mark_is_read_back(number: int, mark: str, is_before: bool) -> None:
    text = f"{mark}{number}" if is_before else f"{number}{mark}"
    read = parse_number(text, None)
    assert read.value == number or (number == 10 and not is_before and read.problem == "reader_number")
