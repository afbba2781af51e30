"""What a number format shows of a number besides its digits."""

from __future__ import annotations

import pytest

from kkz_eval.deliveries.workbook.number_formats import Shown, is_telling, shown, text_shown, words_shown


@pytest.mark.parametrize(
    "code",
    [
        *("General", "0", "#,##0", "0.00", "00000000", "@", "0.00E+00", "##0.0E+0", "# ?/?", "#\\ ##0", "#\\'##0", "000\\ 000"),
        *('#,##0.00\\ "€"', "#,##0\\ [$€-407]", "[$€-2] #,##0", "#,##0.00\\ _€", "#,##0\\ _D_M;\\-#,##0\\ _D_M", '0" Personen"'),
        *('_-* #,##0.00\\ _€_-;-* #,##0.00\\ _€_-;_-* "-"??\\ _€_-;_-@_-', '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)'),
        *(
            "#,##0;[Red]-#,##0",
            "#,##0_);(#,##0)",
            "0;[Red]0",
            "0.0_ ;[Red]\\-0.0\\ ",
            '0;-0;"-"',
            '0;-0;"–"',
            "0;-0;0;@",
            "[Red]General",
        ),
    ],
)
def test_rounding_grouping_and_currencies_of_here_show_the_number_as_stored(code: str) -> None:
    for value in (0, 5, 5000.25, -3, 1234567, "Text"):
        assert shown(code, value) is Shown.AS_STORED, value


@pytest.mark.parametrize(
    "code", ["General", "0", "#,##0.00", '#,##0.00\\ "€"', "dd.mm.yyyy", "[h]:mm", "#,##0;[Red]-#,##0", '0;-0;"-"']
)
def test_a_format_that_shows_every_number_as_stored_is_not_looked_for(code: str) -> None:
    assert not is_telling(code)


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("#,##0,", 5000, Shown.OTHER_NUMBER),
        ("0.0,,", 5e6, Shown.OTHER_NUMBER),
        ("0,.0", 5000, Shown.OTHER_NUMBER),
        ('#,##0.0,," Mio. €"', 5e6, Shown.OTHER_NUMBER),
        ('[>=1000]0.0,"T";0', 5000, Shown.OTHER_NUMBER),
        ('[>=1000]0.0,"T";0', 50, Shown.AS_STORED),
        ("0,", 0, Shown.AS_STORED),
        ("0%", 0.5, Shown.HUNDREDFOLD),
        ("0.0\\ %", 0.5, Shown.HUNDREDFOLD),
        ("0%", 0, Shown.AS_STORED),
        ('0.0"%"', 5, Shown.WORDS),
        (";;;", 5, Shown.NOTHING),
        (";;;", "12", Shown.NOTHING),
        ("0;;", -5, Shown.NOTHING),
        ("0;-0;;@", 0, Shown.NO_ZERO),
        ("0;-0;;@", 5, Shown.AS_STORED),
        ('0;-0;"."', 0, Shown.OTHER_NUMBER),
        ('[<3]"<3";0', 2, Shown.OTHER_NUMBER),
        ('[<3]"*";0', 2, Shown.OTHER_NUMBER),
        ('[<3]"*";0', 7, Shown.AS_STORED),
        ('"geheim"', 5, Shown.OTHER_NUMBER),
        ('"<"0', 5, Shown.OTHER_NUMBER),
        ('0"000"', 5, Shown.OTHER_NUMBER),
        ("0\\,0", 50, Shown.OTHER_NUMBER),
        ("0;0", -5, Shown.OTHER_NUMBER),
        ("-0", 5, Shown.OTHER_NUMBER),
        ('#,##0" T€"', 5, Shown.WORDS),
        ("#,##0\\ [$Tsd. €-407]", 5, Shown.WORDS),
        ("0\\ \\M\\i\\o", 5, Shown.WORDS),
        ('General" T€"', 5, Shown.WORDS),
        ('@" T€"', "5", Shown.WORDS),
        ("#,##0\\ [$$-409]", 5, Shown.WORDS),
        ("0‰", 5, Shown.WORDS),
        ("dd.mm.yyyy", 5, Shown.AS_STORED),  # a day comes as a day
    ],
)
def test_what_a_format_shows(code: str, value: float | str, expected: Shown) -> None:
    assert shown(code, value) is expected
    if expected is not Shown.AS_STORED:
        assert is_telling(code)


@pytest.mark.parametrize(
    ("code", "words"),
    [('#,##0" T€"', "T€"), ("0\\ [$Tsd. €-407]", "Tsd. €"), ('"ca. "0', "ca"), ("0\\ \\M\\i\\o", "Mio"), ("0", "")],
)
def test_the_words_beside_a_number(code: str, words: str) -> None:
    assert words_shown(code, 5) == words


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ('"20"00', 6, "2006"),
        ("2\\000", 16, "2016"),
        ('0"/17"', 2016, "2016/17"),
        ('"05"000000', 911000, "05911000"),
        ("00000000", 5911000, "05911000"),
        ('#"x"', 0, "x"),
        ("#,##0", 12345, "12345"),
        ('0;"minus "0', -3, "minus 3"),
        ('"m"', 1, "m"),
        ("0.0", 6, None),
        ("0%", 6, None),
        ("0,", 6, None),
        ("General", 6, None),
        ("yyyy", 6, None),
        ("0", 6.5, None),
    ],
)
def test_the_text_that_a_format_of_whole_places_shows(code: str, value: float, text: str | None) -> None:
    assert text_shown(code, value) == text
