"""Where the values of many units lie: their range in a year, and which units are alike in kind and need. No units named, nothing put in order.

Belongs here: quartiles, extremes, of how many. Does not belong here: which figures stand in a range (line), the gate, wording. A range describes:
whether a value lies in it says neither good nor bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

FEWEST = 10
"""So many units must have a value that may leave before quarters, middle or ends of them are told: of fewer, one could be found again."""
ALIKE = 10
"""Units that are taken for alike in need, where there are so many of the kind."""
_DIGITS = 9  # of a distance in need: what differs later is rounding


@dataclass(frozen=True)
class Spread:
    """The range of n units: lowest value, first and third quartile, highest value."""

    n: int
    low: float
    first_quartile: float
    third_quartile: float
    high: float


def spread_of(values: Iterable[float], decimals: int) -> Spread | None:
    """The range of values, rounded as they are shown; None where fewer than FEWEST stand in it.

    Quartiles are interpolated linearly (Hyndman and Fan 1996, The American Statistician 50(4), definition 7).
    """
    known = np.sort(np.array([value for value in values if np.isfinite(value)], dtype=float))
    if len(known) < FEWEST:
        return None
    low, first, third, high = (round(float(end), decimals) for end in np.quantile(known, [0.0, 0.25, 0.75, 1.0]))
    return Spread(len(known), low, first, third, high)


def alike_in_need(unit: str, need: Mapping[str, float], kinds: Mapping[str, str]) -> tuple[str, ...]:
    """The ALIKE units of the same kind whose need is nearest, without the unit itself; by key. () where it has none, or fewer than FEWEST others do.

    need, kinds: by unit. Of units that are equally near the first by key are taken.
    """
    if unit not in need:
        return ()
    others = [other for other in need if other != unit and kinds[other] == kinds[unit]]
    near = sorted(others, key=lambda other: (round(abs(need[other] - need[unit]), _DIGITS), other))[:ALIKE]
    return tuple(sorted(near)) if len(near) >= FEWEST else ()
