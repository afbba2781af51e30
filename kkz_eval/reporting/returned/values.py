"""What one municipality is shown of itself, as values that have passed the gate: what is hidden is nowhere in them. No wording, no files.

A municipality may see its own small counts in its own files; what is made from these values is passed on, as a PDF or a workbook, so small
counts are hidden here as in a report. Of others there are only ranges, never a name, never a single value but the ends of published figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kkz_eval.indicators.described import Gap, LocalText, Step
from kkz_eval.indicators.offers import Offers
from kkz_eval.indicators.official_ranges import Spread
from kkz_eval.model.verdicts import State


@dataclass(frozen=True)
class Point:
    """A value of a year, rounded as it is shown; None where it must not leave (is_hidden) or there is none."""

    year: int
    value: float | None
    is_hidden: bool = False


@dataclass(frozen=True)
class OwnSeries:
    """What one source says of the municipality, by year. title: of the source, with the word for made-up figures where they are."""

    dataset: str
    title: LocalText
    points: tuple[Point, ...]

    def at(self, year: int) -> Point | None:
        """The point of a year, None where there is none."""
        return next((point for point in self.points if point.year == year), None)


@dataclass(frozen=True)
class Ranges:
    """The ranges of official figures in a year: of all units of the level, and of those alike in kind and need; None where too few stand in one."""

    year: int
    all_units: Spread | None
    alike: Spread | None


@dataclass(frozen=True)
class IndicatorReturn:
    """An indicator of the municipality. delivered, official: None where that source says nothing; level: of the units in the ranges, None without any.

    range_title: of the official source of the ranges, None without any. is_count: a number of persons or cases, of which a range would say
    how large the units are and nothing else.
    """

    indicator: str
    stage: str
    label: LocalText
    unit: LocalText
    decimals: int
    delivered: OwnSeries | None
    official: OwnSeries | None
    level: str | None
    range_title: LocalText | None
    ranges: tuple[Ranges, ...]
    breaks: tuple[tuple[int, LocalText], ...]
    simulated: bool
    is_count: bool = False

    @property
    def years(self) -> tuple[int, ...]:
        """The years of which the municipality has anything, in order."""
        return tuple(sorted({point.year for series in (self.delivered, self.official) if series for point in series.points}))

    def ranges_at(self, year: int) -> Ranges | None:
        """The ranges of a year, None where there are none."""
        return next((one for one in self.ranges if one.year == year), None)

    @property
    def newest(self) -> int | None:
        """The newest year of which it has a value, None where it has none that is shown."""
        known = [p.year for series in (self.delivered, self.official) if series for p in series.points if p.value is not None]
        return max(known, default=None)


@dataclass(frozen=True)
class AlikeInNeed:
    """Who is taken for alike: so many units of the kind, by the need of these years. low, high: their need; own: that of the municipality itself.

    plan: whose comparison has this rule.
    """

    n: int
    kind: str
    label: LocalText
    unit: LocalText
    first: int
    last: int
    own: float
    low: float
    high: float
    plan: str


@dataclass(frozen=True)
class GoalReturn:
    """A goal of the municipality with the value of its year. state: key of its words in the catalogue; value: None where none may be told."""

    goal: str
    indicator: LocalText
    direction: LocalText
    decimals: int
    target_value: float | None
    target_year: int | None
    value: float | None
    newest_year: int | None
    state: str


@dataclass(frozen=True)
class DatasetReturn:
    """What came of a dataset and what is awaited: years by state. late: of those that are missing, after their day. until: the nearest day to come on which
    something is due, None without one; is_owed: whether anybody waits for it at all. indicators: labels of what the municipality gets back for it.
    """

    dataset: str
    title: LocalText
    years: tuple[tuple[State, tuple[int, ...]], ...]
    late: tuple[int, ...]
    until: date | None
    is_owed: bool
    indicators: tuple[LocalText, ...]

    def of(self, *states: State) -> tuple[int, ...]:
        """The years in one of these states, in order."""
        return tuple(sorted(year for state, years in self.years if state in states for year in years))


@dataclass(frozen=True)
class Returned:
    """All that a municipality is shown of itself.

    gaps, ties: of it alone (`of` is 1 where it says anything); offers: of it alone, None without a contract; labels: of codes, by
    "dataset.property.code"; smallest_cell: counts below it are hidden; why_not_alike: key of the reason where `alike` is None. is_empty: nothing of it is accepted.
    is_part: made for one who sees only some of its datasets; what brings several together (services, goals, gaps) is not in it.
    """

    unit_id: str
    name: str
    day: date
    is_empty: bool
    is_part: bool
    indicators: tuple[IndicatorReturn, ...]
    alike: AlikeInNeed | None
    why_not_alike: str
    offers: Offers | None
    gaps: tuple[Gap, ...]
    ties: tuple[Gap, ...]
    goals: tuple[GoalReturn, ...]
    logic: tuple[Step, ...]
    labels: Mapping[str, LocalText]
    datasets: tuple[DatasetReturn, ...]
    smallest_cell: int
    contact: str
    simulated: bool
