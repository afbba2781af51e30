"""The figure of an official series: middle and middle half of the units by year, and the whole where it is known, with the text that stands for it.

Draws what it is given: no unit, no choice of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import altair as alt

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Cell, Data, Figure, Parts
from kkz_eval.reporting.figures.canvas import (
    FONT_SIZE,
    LATER_FILL,
    REFERENCE_COLOUR,
    TREATED_COLOUR,
    Drawing,
    Page,
    alternative_text,
    data_of,
    drawn,
    finish,
    on,
    value_axis,
    value_domain,
    whole_ticks,
)
from kkz_eval.reporting.figures.trend import Mark, year_rules
from kkz_eval.reporting.numbers import format_number

_DOTTED = [2, 3]


@dataclass(frozen=True)
class SpreadYear:
    """A year. low, middle, high: lower quarter, median and upper quarter of the units, None together; whole: of all of them together."""

    year: int
    low: float | None
    middle: float | None
    high: float | None
    whole: float | None


@dataclass(frozen=True)
class Spread:
    """What the figure shows. years: in their order, a year without values among them or left out; breaks: the figure has their letters, the text that stands for it their labels."""

    label: str
    unit: str
    decimals: int
    years: tuple[SpreadYear, ...]
    breaks: tuple[Mark, ...]
    simulated: bool = False


def draw_spread(identifier: str, spread: Spread, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The figure of a series. Raises ValueError without a value."""
    said, data = spread_alternative_text(spread, language), spread_data(spread, language)
    return drawn(identifier, caption, said, lambda page: spread_chart(spread, page, language), language, data=data, source=source)


def spread_data(spread: Spread, language: Language) -> Data:
    """All that is drawn, by year."""
    marks = {one.year: "; ".join(mark.label for mark in spread.breaks if mark.year == one.year) for one in spread.years}
    rows = ((one.year, one.low, one.middle, one.high, one.whole, marks[one.year]) for one in spread.years)
    units = {"year": "", "low": spread.unit, "middle": spread.unit, "high": spread.unit, "whole": spread.unit, "mark": ""}
    return data_of("spread", units, rows, language)


def spread_alternative_text(spread: Spread, language: Language) -> str:
    """First and last year in words, and that the table has the rest."""
    known = [one for one in spread.years if one.middle is not None or one.whole is not None]
    if not known:
        raise ValueError(f"nothing to draw for {spread.label}")
    intro = say("figures.alt_spread", label=spread.label, unit=spread.unit, first=known[0].year, last=known[-1].year)
    ends = (_year_in_words(one, spread.decimals, language) for one in dict.fromkeys((known[0], known[-1])))
    marks = (say("figures.alt_mark", year=mark.year, label=mark.label).in_language(language) for mark in spread.breaks)
    return alternative_text(" ".join((intro.in_language(language), *ends, *marks)), spread.simulated, language)


def _year_in_words(one: SpreadYear, decimals: int, language: Language) -> str:
    def shown(value: float) -> str:
        return format_number(value, decimals, language)

    said = []
    if one.middle is not None and one.low is not None and one.high is not None:
        words = {"middle": shown(one.middle), "low": shown(one.low), "high": shown(one.high)}
        said.append(say("figures.alt_spread_year", year=one.year, **words).in_language(language))
    if one.whole is not None:
        said.append(say("figures.alt_spread_whole", year=one.year, whole=shown(one.whole)).in_language(language))
    return " ".join(said)


def spread_chart(spread: Spread, page: Page, language: Language) -> Drawing:
    """The series as a chart: a band, the median upon it, the whole as a dashed line; a year without a value is a gap."""
    ends = [value for one in spread.years for value in (one.low, one.middle, one.high, one.whole) if value is not None]
    domain = value_domain(ends)
    years = tuple(one.year for one in spread.years)
    first, last = years[0], years[-1]
    x = alt.X(
        "year:Q",
        scale=alt.Scale(domain=[first, last] if last > first else [first - 1, first + 1], nice=False, zero=False),
        axis=alt.Axis(values=list(whole_ticks(first, last, page.width // 34)), format="d", title=None, grid=False),
    )
    y = value_axis("value:Q", domain)
    layers: list[alt.Chart] = []
    for run in _without_gaps([one for one in spread.years if one.low is not None]):
        band: dict[str, Sequence[Cell]] = {
            "year": [one.year for one in run],
            "value": [one.low for one in run],
            "high": [one.high for one in run],
        }
        layers.append(on(band).mark_area(color=LATER_FILL, opacity=0.55).encode(x=x, y=y, y2="high:Q"))
    layers += year_rules([(Mark(mark.year, mark.letter, ""), _DOTTED) for mark in spread.breaks], x, page, years)
    labels = []
    for name, colour, dash in (("middle", TREATED_COLOUR, [1, 0]), ("whole", REFERENCE_COLOUR, [6, 3])):
        values = {one.year: value for one in spread.years if (value := getattr(one, name)) is not None}
        if not values:
            continue
        layers += _line(values, colour, dash, {"x": x, "y": y})
        end = max(values)
        labels.append((values[end], end, say(f"figures.spread_{name}").in_language(language), colour))
    return finish([*layers, *_labels(labels, domain, page, {"x": x, "y": y})], page, spread.simulated, language)


def _line(values: Mapping[int, float], colour: str, dash: list[int], channels: Mapping[str, object]) -> list[alt.Chart]:
    first, last = min(values), max(values)
    rows: dict[str, Sequence[Cell]] = {
        "year": list(range(first, last + 1)),
        "value": [values.get(year) for year in range(first, last + 1)],
    }
    points: dict[str, Sequence[Cell]] = {"year": list(values), "value": list(values.values())}
    return [
        on(rows).mark_line(strokeWidth=2.5, color=colour, strokeDash=dash).encode(**channels),
        on(points).mark_point(filled=True, size=26, opacity=1, color=colour).encode(**channels),
    ]


def _without_gaps(years: Sequence[SpreadYear]) -> list[list[SpreadYear]]:
    """Runs of years that follow each other."""
    numbered = groupby(enumerate(years), lambda pair: pair[1].year - pair[0])
    return [[one for _, one in run] for _, run in numbered]


def _labels(
    ends: Sequence[tuple[float, int, str, str]], domain: tuple[float, float], page: Page, channels: Mapping[str, object]
) -> list[alt.Chart]:
    """The names of the lines at their ends, kept apart."""
    placed = sorted(ends, key=lambda end: -end[0])
    apart = 18 * (domain[1] - domain[0]) / page.height
    layers = []
    for position, (at, year, words, colour) in enumerate(placed):
        value = at
        if len(placed) == 2 and placed[0][0] - placed[1][0] < apart:
            value = (placed[0][0] + placed[1][0]) / 2 + (apart / 2 if position == 0 else -apart / 2)
        layers.append(
            on({"year": [year], "value": [value], "text": [words]})
            .mark_text(fontSize=FONT_SIZE, fontWeight=600, align="left", dx=9, baseline="middle", color=colour)
            .encode(text=alt.Text("text:N"), **channels)
        )
    return layers
