"""How many people live in a unit: by key of municipality, Kreis and office, whatever became of it."""

from __future__ import annotations

import pytest

from kkz_eval.reference.inhabitants import inhabitants_of
from kkz_eval.reference.register import municipalities


def test_every_municipality_of_today_has_inhabitants_of_its_own() -> None:
    living = [unit.key for unit in municipalities() if unit.valid_until is None]
    assert sum(map(inhabitants_of, living)) == inhabitants_of("05") == 17_890_489


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("05366012", 4_362),
        ("05111", 611_258),
        ("05111000", 611_258),
        ("05334", 577_572),
        ("05354", 577_572),  # became part of it
        ("05313000", 261_178),
        ("JH05954008", 38276),
        ("JH05954999", 314_154),
        ("05999998", 17_890_489),  # outside: no unit
    ],
)
def test_inhabitants_of_a_unit(key: str, number: int) -> None:
    assert inhabitants_of(key) == number
