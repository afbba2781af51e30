"""The figure of a municipality's own values beside the ranges of official figures, indicators of one unit below each other. Draws what it is given.

A range is drawn as a line over the middle half, with ticks at its lowest and highest value: no single unit but the own one is a point.
"""

from __future__ import annotations

from dataclasses import dataclass

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Cell, Data, Figure, Parts
from kkz_eval.reporting.figures.canvas import Drawing, Page, alternative_text, data_of, drawn
from kkz_eval.reporting.figures.ranges import Heading, Range, alternative_of, ranges_chart
from kkz_eval.reporting.numbers import format_number


@dataclass(frozen=True)
class OwnValue:
    """A value of the municipality. kind: delivered | official; label: in words."""

    kind: str
    label: str
    value: float


@dataclass(frozen=True)
class DrawnSpread:
    """A range. kind: all_units | alike; label: in words; low, high: of the middle half; lowest, highest: of all."""

    kind: str
    label: str
    low: float
    high: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class OwnInRanges:
    """An indicator in a year: own values, then ranges."""

    title: str
    year: int
    own: tuple[OwnValue, ...]
    spreads: tuple[DrawnSpread, ...]


def draw_own_in_ranges(
    identifier: str,
    shown: tuple[OwnInRanges, ...],
    unit: str,
    decimals: int,
    simulated: bool,
    caption: Parts,
    language: Language,
    source: Parts = (),
) -> Figure:
    """The figure of indicators that share a unit. Raises ValueError where there is no number."""
    headings = _headings(shown, decimals, language)
    rows = alternative_of(headings, decimals, language)
    said = alternative_text(say("figures.alt_own", unit=unit, rows=rows).in_language(language), simulated, language)

    def chart(page: Page) -> Drawing:
        return ranges_chart(headings, unit, decimals, page, simulated, language)

    return drawn(identifier, caption, said, chart, language, data=_data(shown, unit, language), source=source)


def _headings(shown: tuple[OwnInRanges, ...], decimals: int, language: Language) -> tuple[Heading, ...]:
    return tuple(
        Heading(
            one.title,
            (
                *(Range(own.label, estimate=own.value) for own in one.own),
                *(
                    Range(
                        spread.label,
                        low=spread.low,
                        high=spread.high,
                        points=(spread.lowest, spread.highest),
                        words=say(
                            "figures.low_to_high",
                            low=format_number(spread.low, decimals, language),
                            high=format_number(spread.high, decimals, language),
                        ).in_language(language),
                    )
                    for spread in one.spreads
                ),
            ),
        )
        for one in shown
    )


def _data(shown: tuple[OwnInRanges, ...], unit: str, language: Language) -> Data:
    """A row for each own value and each range."""
    rows: list[tuple[Cell, ...]] = []
    for one in shown:
        rows += [(one.title, one.year, own.kind, own.value, None, None, None, None) for own in one.own]
        rows += [
            (one.title, one.year, spread.kind, None, spread.lowest, spread.low, spread.high, spread.highest)
            for spread in one.spreads
        ]
    units = {"indicator": "", "year": "", "kind": "", "own": unit}
    units |= dict.fromkeys(("lowest", "first_quartile", "third_quartile", "highest"), unit)
    return data_of("own_in_ranges", units, rows, language)
