"""The trend figure, with the text that stands for it. Draws what it is given: no choice of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Data, Figure, Parts
from kkz_eval.reporting.figures.canvas import (
    FONT_SIZE,
    INK,
    PIXELS_PER_LETTER,
    QUIET,
    REFERENCE_COLOUR,
    TREATED_COLOUR,
    Drawing,
    Page,
    alternative_text,
    data_of,
    drawn,
    finish,
    grounds,
    on,
    value_axis,
    value_domain,
    whole_ticks,
)
from kkz_eval.reporting.numbers import format_number


@dataclass(frozen=True)
class Line:
    """One group's line: name at its end (broken: in two lines), and a value (or None) for each year of the window."""

    name: str
    broken: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Mark:
    """A labelled vertical rule. letter: what stands for the label where there is no room, "" for a label of one word."""

    year: int
    label: str
    letter: str


@dataclass(frozen=True)
class Trend:
    """What a trend figure shows: `lines[0]` the treated, `lines[1]` the reference group, by `years`. simulated: whether it is made up."""

    label: str
    unit: str
    decimals: int
    years: tuple[int, ...]
    lines: tuple[Line, Line]
    starts: tuple[Mark, ...]
    breaks: tuple[Mark, ...]
    simulated: bool = False


def draw_trend(identifier: str, trend: Trend, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The trend figure: both groups' means by year, labelled at the line's end. Raises ValueError without a value."""
    said, data = trend_alternative_text(trend, language), trend_data(trend, language)
    return drawn(identifier, caption, said, lambda page: trend_chart(trend, page, language), language, data=data, source=source)


def trend_data(trend: Trend, language: Language) -> Data:
    """Both groups' means by year, also of the years without a value, and what is marked in a year."""
    marks = {year: "; ".join(mark.label for mark in (*trend.starts, *trend.breaks) if mark.year == year) for year in trend.years}
    rows = (
        (year, line.name, value, marks[year])
        for line in trend.lines
        for year, value in zip(trend.years, line.values, strict=True)
    )
    return data_of("trend", {"year": "", "group": "", "mean": trend.unit, "mark": ""}, rows, language)


def trend_alternative_text(trend: Trend, language: Language) -> str:
    """Every plotted value in words, from the plotted data."""
    lines = " ".join(
        say(
            "figures.alt_line",
            name=line.name,
            values="; ".join(
                f"{year}: {format_number(value, trend.decimals, language)}"
                for year, value in zip(trend.years, line.values, strict=True)
                if value is not None
            ),
        ).in_language(language)
        for line in trend.lines
    )
    marks = " ".join(
        say("figures.alt_mark", year=mark.year, label=mark.label).in_language(language) for mark in (*trend.starts, *trend.breaks)
    )
    intro = say("figures.alt_trend", label=trend.label, unit=trend.unit, first=trend.years[0], last=trend.years[-1]).in_language(
        language
    )
    return alternative_text(" ".join(part for part in (intro, lines, marks) if part), trend.simulated, language)


def trend_chart(trend: Trend, page: Page, language: Language) -> Drawing:
    """The trend figure as a chart; the year axis is exactly the window."""
    points = [(year, value, line.name) for line in trend.lines for year, value in zip(trend.years, line.values, strict=True)]
    shown = [(year, value, name) for year, value, name in points if value is not None]
    if not shown:
        raise ValueError(f"nothing to draw for {trend.label}")
    domain = value_domain([value for _, value, _ in shown])
    names = [line.name for line in trend.lines]
    first, last = trend.years[0], trend.years[-1]
    x = alt.X(
        "year:Q",
        scale=alt.Scale(domain=[first, last], nice=False, zero=False),
        axis=alt.Axis(values=list(whole_ticks(first, last, page.width // 34)), format="d", title=None, grid=False),
    )
    y = value_axis("value:Q", domain)
    colour = alt.Color("group:N", scale=alt.Scale(domain=names, range=[TREATED_COLOUR, REFERENCE_COLOUR]), legend=None)
    dash = alt.StrokeDash("group:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]]), legend=None)
    shape = alt.Shape("group:N", scale=alt.Scale(domain=names, range=["circle", "square"]), legend=None)
    layers = [
        *year_rules([(mark, [1, 0]) for mark in trend.starts] + [(mark, [2, 3]) for mark in trend.breaks], x, page, trend.years),
        _drawn(points).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dash),
        _drawn(shown).mark_point(filled=True, size=34, opacity=1).encode(x=x, y=y, color=colour, shape=shape),
        *_end_labels(trend, shown, page, {"x": x, "y": y, "color": colour}),
    ]
    return finish(layers, page, trend.simulated, language)


def _drawn(points: Sequence[tuple[int, float | None, str]]) -> alt.Chart:
    year, value, group = zip(*points, strict=True)
    return on({"year": year, "value": value, "group": group})


def _shortened(label: str, at_most: int) -> str:
    return label if len(label) <= at_most else label[: max(at_most - 1, 1)].rstrip() + "…"


def year_rules(marks: Sequence[tuple[Mark, list[int]]], x: alt.X, page: Page, years: tuple[int, ...]) -> list[alt.Chart]:
    """A vertical rule at the year of each mark, with its dash, and its label or letter above. x: the axis of years."""
    if not marks:
        return []
    placed: list[_Placed] = []
    for mark, dash in sorted(marks, key=lambda pair: pair[0].year):
        full = page.full_labels or not mark.letter
        label = f"{mark.letter} · {mark.label}" if full and mark.letter else mark.label if full else mark.letter
        share = (mark.year - years[0]) / max(years[-1] - years[0], 1)
        before, after = page.width * share, page.width * (1 - share) + page.label_room
        right = before > after  # towards the side with more room
        room = max(before, after)
        shown = _shortened(label, int(room / PIXELS_PER_LETTER))
        near, length = page.width * share + (-4 if right else 4), PIXELS_PER_LETTER * len(shown)
        begin, end = (near - length, near) if right else (near, near + length)
        beside = {one.level for one in placed if one.begin < end and begin < one.end}
        level = next(level for level in range(len(marks)) if level not in beside)  # the lowest where the label meets no other
        placed.append(_Placed(mark.year, dash, shown, right, begin, end, level))
    # One layer for each kind of sign: each layer is laid out anew, which costs more than what is drawn in it.
    above = alt.Y("above:Q", scale=None, axis=None)
    rules = on(
        {
            "year": [one.year for one in placed],
            "above": [one.above for one in placed],
            "dash": [one.dash for one in placed],
        }
    )
    return [
        rules.mark_rule(color=QUIET, strokeWidth=1.2).encode(
            x=x, y=above, y2=alt.Y2Value(page.height), strokeDash=alt.StrokeDash("dash:N", scale=None)
        ),
        grounds([(one.begin, one.end, one.above, one.above + 14) for one in placed]),
        *(
            on(
                {
                    "year": [one.year for one in of_side],
                    "above": [one.above for one in of_side],
                    "text": [one.text for one in of_side],
                }
            )
            .mark_text(align=align, dx=dx, baseline="top", color=INK, fontSize=FONT_SIZE - 1)
            .encode(x=x, y=above, text=alt.Text("text:N"))
            for right, align, dx in ((True, "right", -4), (False, "left", 4))
            if (of_side := [one for one in placed if one.right is right])
        ),
    ]


@dataclass(frozen=True)
class _Placed:
    """The rule of a year and its label: from begin to end, right of which the rule stands or not, so many levels above the plot."""

    year: int
    dash: list[int]
    text: str
    right: bool
    begin: float
    end: float
    level: int

    @property
    def above(self) -> int:
        """Where the rule and its label begin, in pixels from the top of the plot."""
        return -6 - 17 * self.level


def _end_labels(
    trend: Trend, shown: Sequence[tuple[int, float, str]], page: Page, channels: Mapping[str, object]
) -> list[alt.Chart]:
    last = {name: (year, value) for year, value, name in shown}  # of each line the last year that has a value
    ends = sorted(
        ((value, year, line) for line in trend.lines if line.name in last for year, value in [last[line.name]]),
        key=lambda end: -end[0],
    )
    low, high = value_domain([value for _, value, _ in shown])
    apart = page.line_height * (high - low) / page.height
    raised: dict[int, list[tuple[int, float, str, str]]] = {}
    for position, (at, year, line) in enumerate(ends):
        value = at
        if len(ends) == 2 and ends[0][0] - ends[1][0] < apart:
            middle = (ends[0][0] + ends[1][0]) / 2
            value = middle + apart / 2 if position == 0 else middle - apart / 2
        label = line.name if page.full_labels else line.broken
        # Lines are stacked downwards from the anchor; the first is raised so that both stand around the value.
        raised.setdefault(-7 if "\n" in label else 0, []).append((year, value, line.name, label))
    return [
        on(dict(zip(("year", "value", "group", "text"), zip(*labels, strict=True), strict=True)))
        .mark_text(
            fontSize=FONT_SIZE,
            fontWeight=600,
            align="left",
            dx=9,
            dy=dy,
            baseline="middle",
            lineBreak="\n",
            lineHeight=15,
        )
        .encode(**channels, text=alt.Text("text:N"))
        for dy, labels in raised.items()
    ]
