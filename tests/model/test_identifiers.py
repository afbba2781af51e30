"""Addresses look as in a spreadsheet program."""

import pytest

from kkz_eval.model.identifiers import cell_address, column_letters, is_ags


@pytest.mark.parametrize(("column", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (702, "ZZ"), (703, "AAA")])
def test_letters(column, letters):
    assert column_letters(column) == letters


def test_columns_are_counted_from_one():
    with pytest.raises(ValueError, match="from 1"):
        column_letters(0)


@pytest.mark.parametrize(
    ("place", "address"),
    [
        (("Daten", 17, 2), "Daten!B17"),
        ((None, 17, 2), "B17"),
        ((None, 17, None), "17:17"),
        (("Daten", None, 2), "Daten!B:B"),
        (("Daten", None, None), "Daten"),
        ((None, None, None), ""),
    ],
)
def test_addresses(place, address):
    assert cell_address(*place) == address


@pytest.mark.parametrize(
    ("key", "expected"), [("05111", True), ("05111000", True), ("5111", False), ("06111", False), ("051110", False)]
)
def test_keys_of_the_land(key, expected):
    assert is_ags(key) is expected
