"""Numbers as people read them."""

from __future__ import annotations

import pytest

from kkz_eval.reporting import numbers


@pytest.mark.parametrize(
    ("value", "decimals", "german", "english"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (-0.26, 1, "−0,3", "−0.3"),
        (-0.04, 1, "0,0", "0.0"),
        (0.0, 0, "0", "0"),
        (12, 2, "12,00", "12.00"),
    ],
)
def test_format(value, decimals, german, english):
    assert numbers.format_number(value, decimals, "de") == german
    assert numbers.format_number(value, decimals, "en") == english


def test_years_have_no_separator():
    assert numbers.year("y", 2012).text == "2012"


def test_digits_grow_until_nothing_is_shown_as_zero():
    assert numbers.decimals_that_show((0.5, 1.0), 1) == 1
    assert numbers.decimals_that_show((-0.004, 1.0), 1) == 3
    assert numbers.decimals_that_show((0.0, 1.0), 1) == 1


def test_tiny_p_values():
    assert numbers.p_value("p", 0.00001, "de").text == "< 0,001"
    assert numbers.p_value("p", 0.0123, "en").text == "= 0.012"
