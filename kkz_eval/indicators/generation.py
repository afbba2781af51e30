"""A generation on its way from birth to work: which figure is the station of which year of birth, and what stands in place of one.

Belongs here: the series that show a station, the year in which a year of birth passes it, means of groups. Does not belong here: the list
of stations (the catalogue has it), counts of single municipalities (pseudo_cohorts), wording, the gate against disclosure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from kkz_eval.indicators.catalogue import Indicator, Station

BETWEEN = 4  # years between two years of birth that are shown
OLDEST = 16  # so many years before the start was the oldest born: who left school when the programme began


class Standing(StrEnum):
    """What there is of a station for a year of birth."""

    KNOWN = "known"
    BEFORE = "before"  # the series begins later
    AFTER = "after"  # the series ends earlier
    NOT_REACHED = "not_reached"
    MISSING = "missing"
    NO_SERIES = "no_series"


@dataclass(frozen=True)
class StationSeries:
    """A station with the figures that show it, of one source for all units.

    indicator: None where no series shows it, and values is empty then. values: unit_id, year, value, numerator, denominator; each unit
    and year once, no value missing, the counts missing where a rate is published as it is.
    """

    station: Station
    indicator: Indicator | None
    values: pd.DataFrame
    simulated: bool = False

    def standing(self, birth_year: int, today: int) -> tuple[Standing, int]:
        """What there is for a year of birth, and the year that says so: of the station, or the first or last of the series."""
        year, years = birth_year + self.station.age, set(self.values["year"])
        if self.indicator is None:
            return (Standing.NOT_REACHED if year > today else Standing.NO_SERIES), year
        if year in years:
            return Standing.KNOWN, year
        if year > today:
            return Standing.NOT_REACHED, year
        if year > max(years):
            return Standing.AFTER, int(max(years))
        return (Standing.BEFORE, int(min(years))) if year < min(years) else (Standing.MISSING, year)

    def of_units(self, units: Collection[str], year: int) -> pd.DataFrame:
        """The rows of some units in a year."""
        values = self.values
        return values[(values["year"] == year) & values["unit_id"].isin(list(units))]


def is_passed(series: Sequence[StationSeries], birth_year: int, today: int) -> int:
    """How many stations of a year of birth have figures."""
    return sum(one.standing(birth_year, today)[0] is Standing.KNOWN for one in series)


def generations(series: Sequence[StationSeries], start: int, today: int) -> tuple[int, ...]:
    """The years of birth that are shown: the one of the start, those before and after it in steps, as far as any station has figures."""
    asked = range(start - OLDEST, start + BETWEEN + 1, BETWEEN)
    return tuple(birth_year for birth_year in asked if is_passed(series, birth_year, today))


def followed(series: Sequence[StationSeries], start: int, today: int) -> tuple[int, ...]:
    """The years of birth that are shown unit by unit: the one of the start, and the youngest of which most stations have figures."""
    shown = generations(series, start, today)
    if not shown:
        return ()
    fullest = max(shown, key=lambda birth_year: (is_passed(series, birth_year, today), birth_year))
    return tuple(sorted({fullest, *({start} & set(shown))}))
