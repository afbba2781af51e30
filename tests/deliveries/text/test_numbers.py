"""Strict numbers: what is read, what is refused, and that the column does what the single text does."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkz_eval.deliveries.text.missing_words import Meaning, meaning_of
from kkz_eval.deliveries.text.numbers import AMBIGUOUS, UNREADABLE, NumberReading, Style, parse_number, parse_numbers, style_of
from kkz_eval.model.symbols import DASHES


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("12", None, 12.0),
        ("-3", None, -3.0),
        ("−3", None, -3.0),
        ("1 234 567", None, 1234567.0),
        ("1\u202f234", None, 1234.0),
        ("12,5", Style.COMMA, 12.5),
        ("1.234", Style.COMMA, 1234.0),
        ("1,234", Style.COMMA, 1.234),
        ("1.234,5", Style.COMMA, 1234.5),
        ("1\u00a0234,5", Style.COMMA, 1234.5),
        ("1.234.567", Style.COMMA, 1234567.0),
        ("0,123", Style.COMMA, 0.123),
        ("12.5", Style.POINT, 12.5),
        ("1,234", Style.POINT, 1234.0),
        ("1.234", Style.POINT, 1.234),
        ("1,234.5", Style.POINT, 1234.5),
        (" 7 ", None, 7.0),
    ],
)
def test_a_number_is_read_in_the_style_of_its_file(text: str, style: Style | None, value: float) -> None:
    assert parse_number(text, style) == NumberReading(value=value)


@pytest.mark.parametrize(
    ("text", "style", "problem"),
    [
        ("1.234", None, AMBIGUOUS),
        ("1,234", None, AMBIGUOUS),
        ("12.5", Style.COMMA, UNREADABLE),
        ("12,5", Style.POINT, UNREADABLE),
        ("1.23.456", Style.COMMA, UNREADABLE),
        ("0.123.456", Style.COMMA, UNREADABLE),
        ("1.234 567", Style.COMMA, UNREADABLE),
        ("1,2E+05", Style.COMMA, UNREADABLE),
        ("ca. 12", Style.COMMA, UNREADABLE),
        ("nan", None, UNREADABLE),
        ("inf", None, UNREADABLE),
        ("1" * 400, None, UNREADABLE),
        ("١٢", None, UNREADABLE),
        ("12 %", Style.COMMA, UNREADABLE),
    ],
)
def test_what_is_not_clear_is_refused(text: str, style: Style | None, problem: str) -> None:
    assert parse_number(text, style) == NumberReading(problem=problem)


@pytest.mark.parametrize("symbol", ["-", ".", "/", "x", "...", "*", "()", "( )", "k.A.", "k. A."])
def test_a_symbol_is_kept_and_is_no_number(symbol: str) -> None:
    assert parse_number(symbol, Style.COMMA) == NumberReading(flag=symbol)


@pytest.mark.parametrize("dash", DASHES)
def test_every_dash_alone_is_the_sign_for_nothing_and_before_a_number_its_sign(dash: str) -> None:
    assert parse_number(f" {dash} ", Style.COMMA) == NumberReading(flag="-")
    assert parse_number(f"{dash} r", Style.COMMA) == NumberReading(flag="- r")
    assert parse_number(f"{dash}5", Style.COMMA) == NumberReading(value=-5.0)
    assert parse_number(f"5{dash}", Style.COMMA) == NumberReading(problem=UNREADABLE)
    assert parse_number(f"{dash}{dash}", Style.COMMA).flag is None
    assert meaning_of(f"3{dash}5") is Meaning.BOUNDED


def test_an_ellipsis_is_three_points() -> None:
    assert parse_number("…", Style.COMMA) == NumberReading(flag="...")


@pytest.mark.parametrize(
    ("text", "value", "flag"), [("(12)", 12.0, "()"), ("( 1.234,5 )", 1234.5, "()"), ("12,5 r", 12.5, "r"), ("12p", 12.0, "p")]
)
def test_a_number_of_limited_quality_keeps_its_symbol(text: str, value: float, flag: str) -> None:
    assert parse_number(text, Style.COMMA) == NumberReading(value, flag)


def test_zero_is_a_number() -> None:
    assert parse_number("0", None) == NumberReading(value=0.0)


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        (["12,5", "1.234"], Style.COMMA),
        (["12.5", "1,234"], Style.POINT),
        (["1.234", "17"], None),
        (["12,5", "12.5"], None),
        (["12,5", "7,25", "12.5"], Style.COMMA),
        (["1.234.567"], Style.COMMA),
        (["(12,5)", None], Style.COMMA),
        ([], None),
    ],
)
def test_the_style_is_what_the_numbers_show(texts: list[str | None], style: Style | None) -> None:
    assert style_of([pa.array(texts, pa.string())]) == style


_TEXTS = st.one_of(
    st.none(),
    st.text("0123456789.,- ()xpr%k−\u00a0\u202f", max_size=12),
    st.text(max_size=6),
    st.from_regex(r"-?[1-9][0-9]{0,2}([., ][0-9]{3}){0,3}([.,][0-9]{1,4})?", fullmatch=True),
    st.from_regex(r"[0-9]{1,18}([.,][0-9]{1,18})?", fullmatch=True),
)


@given(st.lists(_TEXTS, max_size=20), st.sampled_from([None, Style.COMMA, Style.POINT]))
def test_a_column_is_read_as_its_texts_are_one_by_one(texts: list[str | None], style: Style | None) -> None:
    column = parse_numbers(pa.array(texts, pa.string()), style)
    single = [NumberReading() if text is None else parse_number(text, style) for text in texts]
    assert column.values.to_pylist() == [reading.value for reading in single]
    assert column.flags.to_pylist() == [reading.flag for reading in single]
    assert column.problems.to_pylist() == [reading.problem for reading in single]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_a_written_number_is_read_back(number: float) -> None:
    written = f"{number:.3f}"
    assert parse_number(written, Style.POINT).value == float(written)
    german = f"{number:,.3f}".translate(str.maketrans(",.", ".,"))
    read = parse_number(german, Style.COMMA).value
    assert read is not None
    assert math.isclose(read, float(written), rel_tol=0, abs_tol=0)
