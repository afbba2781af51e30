"""How many people live in a unit at most: by key of municipality, Kreis and office, whatever became of it."""

from __future__ import annotations

import pytest

from kkz_eval.reference.inhabitants import LAND, TOWN_IN_A_KREIS, WHOLE_KREIS, most_inhabitants


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("05366012", TOWN_IN_A_KREIS),
        ("JH05954008", TOWN_IN_A_KREIS),
        ("05313000", TOWN_IN_A_KREIS),  # Aachen became a town in the Städteregion
        ("05111", WHOLE_KREIS),
        ("05111000", WHOLE_KREIS),
        ("05334", WHOLE_KREIS),
        ("05354", WHOLE_KREIS),  # became part of it
        ("JH05366999", WHOLE_KREIS),
        ("05", LAND),
        ("05999998", LAND),  # no unit that is known
    ],
)
def test_most_inhabitants_of_a_unit(key: str, number: int) -> None:
    assert most_inhabitants(key) == number
