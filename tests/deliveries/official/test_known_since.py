"""Since when a figure was known: the file's own day, the year of its edition, or its arrival; the earlier one counts."""

from __future__ import annotations

from datetime import date

import pytest

from kkz_eval.deliveries.official.known_since import ARRIVAL, EDITION, STAND, Known, edition_day, known_since


@pytest.mark.parametrize(
    ("edition", "day"),
    [
        ("2018", date(2018, 12, 31)),
        ("2025-12-16", date(2025, 12, 16)),
        ("2025-02-30", None),
        ("2018, 2024", None),
        ("INKAR 2018", None),
        ("", None),
    ],
)
def test_an_edition_is_a_day_or_a_year_or_says_nothing(edition: str, day: date | None) -> None:
    assert edition_day(edition) == day


@pytest.mark.parametrize(
    ("edition", "arrival", "known"),
    [
        ("2018", "2026-03-01", Known("2018-12-31", EDITION)),
        ("2017-06-30", "2026-03-01", Known("2017-06-30", STAND)),
        ("2026", "2026-03-01", Known("2026-03-01", ARRIVAL)),  # it lies here before its year has ended
        ("", "2026-03-01", Known("2026-03-01", ARRIVAL)),
        ("2018", "", Known("2018-12-31", EDITION)),
        ("", "", Known(None, None)),
    ],
)
def test_the_earlier_of_edition_and_arrival_counts(edition: str, arrival: str, known: Known) -> None:
    assert known_since(edition, arrival) == known
