"""Keys to one unit and level; texts to times."""

from __future__ import annotations

import pytest

from kkz_eval.deliveries.official.times import Time, time_of
from kkz_eval.deliveries.official.units import Unit, is_region_variable, unit_of, units_of


@pytest.mark.parametrize(
    ("key", "unit", "level"),
    [
        ("DG", "DG", "deutschland"),
        ("05", "05", "land"),
        ("5", "05", "land"),
        ("051", "051", "regierungsbezirk"),
        ("51", "051", "regierungsbezirk"),
        ("05978", "05978", "kreis"),
        ("5978", "05978", "kreis"),
        ("05562014", "05562014", "municipality"),
        ("5562014", "05562014", "municipality"),
        ("05111000", "05111000", "municipality"),
        ("05978000", "05978", "kreis"),
        ("055620014014", "05562014", "municipality"),
        ("55620014014", "05562014", "municipality"),
        ("059110000000", "05911000", "municipality"),
        ("053340002002", "05334002", "municipality"),
        ("059780000000", "05978", "kreis"),
        ("055620014", "05562014", "municipality"),
        ("051110000", "05111000", "municipality"),
        ("073405008000", "073405008", "gemeindeverband"),
        ("073405008008", "07340008", "municipality"),
        ("073405008", "073405008", "gemeindeverband"),
        ("JH05978999", "JH05978999", "youth_office"),
        ("05999998", "05999998", "outside"),
        ("11003003", "11003003", "bezirk"),
        ("11000000", "11000000", "municipality"),
        (" 05978 ", "05978", "kreis"),
    ],
)
def test_each_key_is_one_unit_at_one_level(key: str, unit: str, level: str) -> None:
    assert unit_of(key) == Unit(unit, level)


@pytest.mark.parametrize("key", ["", "99999", "00111", "0597", "JH05", "Unna", "05978.0", "0559780", "٠٥٩٧٨", "5 978", "NW"])
def test_what_is_no_key_has_no_unit(key: str) -> None:
    assert unit_of(key) is None


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        (["51110000", "55620014"], Unit("05562014", "municipality")),  # of this Land alone, without their zeros
        (["100410100", "10010000", "55620014"], Unit("05562014", "municipality")),  # those of other Länder have 9 digits
        (["05154", "05154004", "55620014"], None),  # a mistyped key of a municipality
        (["010510001", "05154004"], Unit("05154004", "municipality")),
        (["16051000", "10041100"], Unit("10041100", "municipality")),
        (["05111", "051540040004"], Unit("05154004", "municipality")),
    ],
)
def test_keys_of_unions_that_lost_their_zero_are_told_by_the_others(keys: list[str], last: Unit | None) -> None:
    assert units_of(keys)[-1] == last


@pytest.mark.parametrize(
    ("code", "region"), [("KREISE", True), ("GEOGM4", True), ("DINSG", True), ("GES", False), ("ALT013", False)]
)
def test_variables_of_region_by_code(code: str, region: bool) -> None:
    assert is_region_variable(code) is region


@pytest.mark.parametrize(
    ("text", "kind", "year"),
    [
        ("2023", "year", 2023),
        ("2024-12-31", "date", 2024),
        ("31.12.2022", "date", 2022),
        ("2022-05", "month", 2022),
        ("2022-Q3", "quarter", 2022),
        ("2023-10P6M", "period", 2023),
        ("2022/23", "school_year", 2023),
        ("2022/2023", "school_year", 2023),
        ("1999/00", "school_year", 2000),
        ("WS 2022/23", "period", 2022),
    ],
)
def test_times(text: str, kind: str, year: int) -> None:
    assert time_of(text) == Time(kind, year)


@pytest.mark.parametrize("text", ["", "23", "31.13.2022", "2022-13-01", "2022/25", "05978", "Jahr", "20230"])
def test_what_is_no_time(text: str) -> None:
    assert time_of(text) is None
