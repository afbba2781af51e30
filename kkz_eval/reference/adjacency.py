"""Which Kreise share a border. No distances, no choice of who is compared with whom, no reading of outlines.

Two Kreise adjoin where their outlines share a line, however short; the neighbours in other Länder are not in the table. A Kreis that took over
others adjoins whom they adjoined.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from kkz_eval.reference.register import current_key
from kkz_eval.reference.rows import rows
from kkz_eval.reference.tables import kreise


@cache
def adjoining() -> Mapping[str, frozenset[str]]:
    """The Kreise that each of the 53 Kreise shares a border with, by key; symmetric, none adjoins itself."""
    found: dict[str, set[str]] = {kreis.ags5: set() for kreis in kreise()}
    for row in rows("adjacency.csv"):
        one, other = current_key(row["kreis_ags5"]), current_key(row["adjoining_ags5"])
        if one != other:  # two that became one
            found[one].add(other)
            found[other].add(one)
    return MappingProxyType({key: frozenset(others) for key, others in found.items()})


def adjoin(one: str, other: str) -> bool:
    """Whether two Kreise share a border. Raises KeyError for a key that is none of the 53."""
    if other not in adjoining():
        raise KeyError(other)
    return other in adjoining()[one]
