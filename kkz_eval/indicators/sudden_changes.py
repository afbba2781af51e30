"""Breaks that nobody listed: a jump common to the units in one year, or of one unit alone. Only suspicion, no correction of a value.

Medians and median absolute deviations (MAD) throughout, so that neither a few units nor the break itself widens the measure it is
judged by (Rousseeuw and Croux 1993, Journal of the American Statistical Association 88, 1273–1283).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kkz_eval.indicators.catalogue import Break

CONSISTENT = 1.4826  # MAD × this estimates the standard deviation of a normal variable
_OF_MEDIAN = 1.2533  # standard error of a median over that of a mean, for a normal variable: sqrt(pi / 2)
FEWEST_YEARS, FEWEST_UNITS = 6, 10


@dataclass(frozen=True)
class SuddenChange:
    """A change from the year before to `year` that stands out. unit_id: None for one common to the units.

    change: in the unit of the values (their median over the units); score: robust standard deviations from the changes of other years.
    """

    unit_id: str | None
    year: int
    change: float
    score: float


def common_changes(values: pd.DataFrame, threshold: float = 4.0) -> tuple[SuddenChange, ...]:
    """Years in which the typical unit jumps, by score.

    values: unit_id, year, value; threshold: in robust standard deviations. The change of a year is the median over the units of the
    difference to the year before; it is compared with the median and MAD of the changes of all other years. The deviation is never
    taken below what chance among the units explains: 1.2533 × the units' MAD / sqrt(number of units). () where fewer than 6 changes
    of at least 10 units are known.
    """
    differences = _differences(values)
    known = differences.loc[:, differences.notna().sum() >= FEWEST_UNITS]
    if known.shape[1] < FEWEST_YEARS:
        return ()
    changes = known.median().to_numpy()
    spread = CONSISTENT * (known - known.median()).abs().median().to_numpy()
    chance = _OF_MEDIAN * spread / np.sqrt(known.notna().sum().to_numpy())
    found = []
    for place, year in enumerate(known.columns):
        others = np.delete(changes, place)
        centre = float(np.median(others))
        deviation = max(CONSISTENT * float(np.median(np.abs(others - centre))), float(np.median(chance)))
        score = _score(changes[place] - centre, deviation)
        if score > threshold:
            found.append(SuddenChange(None, int(year), float(changes[place]), score))
    return tuple(sorted(found, key=lambda change: -change.score))


def changes_of_units(values: pd.DataFrame, threshold: float = 12.0) -> tuple[SuddenChange, ...]:
    """Years in which one unit jumps apart from the others, by score.

    As `common_changes`, of each unit's difference to the year before less the median of all units in that year. threshold is higher: there are
    as many comparisons as units and years.
    """
    differences = _differences(values)
    apart = differences.sub(differences.median(), axis=1)
    apart = apart.loc[apart.notna().sum(axis=1) >= FEWEST_YEARS]
    if apart.empty:
        return ()
    typical = CONSISTENT * float(np.nanmedian(np.abs(apart.to_numpy())))
    found = []
    for unit, row in apart.iterrows():
        own = row.dropna()
        if np.ptp(own.to_numpy()) <= 0.5 * threshold * typical:
            continue  # no change of it can be beyond the threshold
        for year, change in own.items():
            others = own.drop(year).to_numpy()
            centre = float(np.median(others))
            deviation = max(CONSISTENT * float(np.median(np.abs(others - centre))), 0.5 * typical)
            score = _score(change - centre, deviation)
            if score > threshold:
                found.append(SuddenChange(str(unit), int(str(year)), float(change), score))
    return tuple(sorted(found, key=lambda change: (-change.score, change.unit_id or "", change.year)))


def long_enough(values: pd.DataFrame) -> int:
    """How many units have as many changes as it takes to judge one of them. values: unit_id, year, value."""
    return int((_differences(values).notna().sum(axis=1) >= FEWEST_YEARS).sum())


def unlisted(changes: Iterable[SuddenChange], breaks: Iterable[Break]) -> tuple[SuddenChange, ...]:
    """The changes that no listed break explains: of its own year, or of the year after an event, which a series returns from."""
    explained = set()
    for listed in breaks:
        explained.add(listed.year)
        if listed.kind in {"event", "reporting"}:
            explained.add(listed.year + 1)
    return tuple(change for change in changes if change.year not in explained)


def _differences(values: pd.DataFrame) -> pd.DataFrame:
    """Differences to the year before, one row a unit, one column a year; missing where either year is."""
    finite = values.loc[np.isfinite(values["value"].to_numpy(dtype=float))]
    wide: pd.DataFrame = finite.pivot(index="unit_id", columns="year", values="value").sort_index(axis=1)
    if wide.empty:
        return wide
    wide = wide.reindex(columns=range(int(wide.columns.min()), int(wide.columns.max()) + 1))
    changes: pd.DataFrame = wide.diff(axis=1).iloc[:, 1:]
    return changes


def _score(distance: float, deviation: float) -> float:
    if deviation > 0:
        return abs(float(distance)) / deviation
    return float("inf") if abs(float(distance)) > 0 else 0.0
