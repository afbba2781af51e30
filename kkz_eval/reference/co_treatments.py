"""Other programmes that began at about the same time and could move the same outcomes: who took part, from which year on.

Belongs here: what public sources establish, by municipality, and what follows for a Kreis. Does not belong here: amounts, when a
municipality left (the sources don't say), which plan leaves out whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from kkz_eval.reference.register import current_key, municipalities
from kkz_eval.reference.rows import rows
from kkz_eval.reference.tables import level_of

STAERKUNGSPAKT = "staerkungspakt"
"""Stärkungspakt Stadtfinanzen: aid of the Land against a plan of consolidation, for municipalities in or near overindebtedness."""


@dataclass(frozen=True, order=True)
class Participation:
    """A municipality (8 digits) in a co-treatment. first_year: the first with aid; stage: 1 obliged, 2 and 3 voluntary."""

    co_treatment: str
    ags: str
    name: str
    stage: int
    first_year: int


@cache
def co_treatments() -> tuple[str, ...]:
    """The keys of the co-treatments in the table."""
    return tuple(dict.fromkeys(one.co_treatment for one in _all()))


@cache
def participations(co_treatment: str) -> tuple[Participation, ...]:
    """Who took part, by stage and key. Raises KeyError for a co-treatment that is not in the table."""
    if co_treatment not in co_treatments():
        raise KeyError(co_treatment)
    return tuple(one for one in _all() if one.co_treatment == co_treatment)


def share_of_municipalities(co_treatment: str, kreis_ags5: str, year: int) -> float:
    """Share of the municipalities of a Kreis that had begun by that year, 0–1; of a kreisfreie Stadt 0 or 1. Each of those of
    today counts alike, whatever its size.

    Whoever began counts until the end: the sources don't say who left before. Raises KeyError for an unknown co-treatment or Kreis.
    """
    if level_of(kreis_ags5) != "kreis":
        raise KeyError(kreis_ags5)
    begun = {current_key(one.ags) for one in participations(co_treatment) if one.first_year <= year}
    members = [unit.key for unit in municipalities() if unit.successor is None and unit.kreis_ags5 == current_key(kreis_ags5)]
    return sum(key in begun for key in members) / len(members)


def first_year(co_treatment: str, kreis_ags5: str) -> int | None:
    """The first year in which the city, or a municipality of the Kreis, took part; None where none did. Raises KeyError as above."""
    if level_of(kreis_ags5) != "kreis":
        raise KeyError(kreis_ags5)
    return min((one.first_year for one in participations(co_treatment) if current_key(one.ags)[:5] == kreis_ags5), default=None)


@cache
def _all() -> tuple[Participation, ...]:
    return tuple(
        Participation(row["co_treatment"], row["ags"], row["name"], int(row["stage"]), int(row["first_year"]))
        for row in rows("co_treatments.csv")
    )
