"""How many people live in a unit at most, as an order of magnitude that is always known. No time series, no denominator of a rate."""

from __future__ import annotations

from kkz_eval.reference.register import current_key
from kkz_eval.reference.tables import DISTRICT_SUFFIX, as_whole_kreis, level_of

LAND, WHOLE_KREIS, TOWN_IN_A_KREIS = 18_500_000, 1_100_000, 270_000
"""Rounded up: North Rhine-Westphalia; Köln, the largest of its Kreise and kreisfreie Städte; Aachen, the largest town in a Kreis (since 2009)."""


def most_inhabitants(unit_id: str) -> int:
    """The people of the largest unit of its kind: of a town, of a Kreis or a city for itself, of all together where it is none of them.

    The office of a Kreis (JH…999) serves a Kreis. What is no more is as what it became part of.
    """
    key = current_key(unit_id)
    try:
        is_town = level_of(key) != "kreis" and as_whole_kreis(key) is None and not key.endswith(DISTRICT_SUFFIX)
    except KeyError:
        return LAND
    return TOWN_IN_A_KREIS if is_town else WHOLE_KREIS
