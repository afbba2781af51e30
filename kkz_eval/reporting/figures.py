"""Static figures as SVG, each with the text that stands for it. Draws what it is given: no estimation, no choice of rows.

Drawn twice, for a wide and for a narrow page, since text in a figure must not shrink with it.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import altair as alt
import pandas as pd
import vl_convert

from kkz_eval.model.texts import Language, text
from kkz_eval.reporting.document import Figure, Parts
from kkz_eval.reporting.inputs import PACKAGE
from kkz_eval.reporting.numbers import MINUS, format_number

TREATED_COLOUR = "#0b4f6c"
REFERENCE_COLOUR = "#8a4b08"
INK = "#22303c"
QUIET = "#55606b"
GRID = "#e3e6e8"
FONT_SIZE = 13
PIXELS_PER_LETTER = 6.5  # of a label, rather too much than too little
SMD_DECIMALS = 2
MEASURE_ROOM = 52  # left of the balance figure's plot, in pixels
SMD_ROOM = 40  # right of it
BAND = "#eef2f4"

_FORMATS: Mapping[Language, Mapping[str, object]] = {
    "de": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " €"], "minus": MINUS},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["€", ""], "minus": MINUS},
}


@dataclass(frozen=True)
class Page:
    """Room for a figure in pixels: plot, room for labels at the line's end and their height.

    full_labels: whether breaks and lines carry their whole label, or a letter and a label in two lines.
    """

    width: int
    height: int
    label_room: int
    line_height: int
    full_labels: bool


WIDE = Page(width=550, height=260, label_room=125, line_height=18, full_labels=True)
NARROW = Page(width=160, height=220, label_room=88, line_height=34, full_labels=False)


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
    """What a trend figure shows: `lines[0]` the treated, `lines[1]` the reference group, by `years`."""

    label: str
    unit: str
    decimals: int
    years: tuple[int, ...]
    lines: tuple[Line, Line]
    starts: tuple[Mark, ...]
    breaks: tuple[Mark, ...]


@dataclass(frozen=True)
class Event:
    """One point of an event study: years since the start, difference, interval (missing at the reference year)."""

    event_time: int
    estimate: float
    conf_low: float | None
    conf_high: float | None


@dataclass(frozen=True)
class EventStudy:
    """What an event-study figure shows. reference: event time to which all are compared, None where each has its own."""

    label: str
    unit: str
    decimals: int
    events: tuple[Event, ...]
    reference: int | None


@dataclass(frozen=True)
class Distance:
    """One standardised difference: of which outcome, what of it (level or trend), and the difference."""

    label: str
    measure: str
    smd: float


@dataclass(frozen=True)
class Balance:
    """What the balance figure shows. lines: distances from zero at which lines stand on both sides, the smaller first."""

    distances: tuple[Distance, ...]
    lines: tuple[float, float]


def value_domain(values: Sequence[float]) -> tuple[float, float]:
    """Lowest and highest value with a margin of 8 % of their distance; one unit around a single value."""
    low, high = min(values), max(values)
    margin = 0.08 * (high - low) or max(abs(low) * 0.1, 1e-6)
    return low - margin, high + margin


def ticks(domain: tuple[float, float], at_most: int = 6) -> tuple[tuple[float, ...], int]:
    """Round values inside a domain, and the digits after the decimal sign that tell them apart.

    The step is the smallest of 1, 2, 5 times a power of ten that gives at most `at_most` ticks.
    """
    low, high = domain
    exponent = math.floor(math.log10((high - low) / at_most))
    for power, factor in ((p, f) for p in range(exponent, exponent + 3) for f in (1, 2, 5)):
        step = factor * 10.0**power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= at_most:
            digits = max(0, -power)
            return tuple(round(n * step, digits) for n in range(first, last + 1)), digits
    raise ValueError(f"no ticks for {domain}")


def whole_ticks(first: int, last: int, at_most: int) -> tuple[int, ...]:
    """Whole numbers of [first, last], evenly spaced from first on, at most `at_most`."""
    step = math.ceil((last - first + 1) / at_most)
    return tuple(range(first, last + 1, step))


def draw_trend(identifier: str, trend: Trend, caption: Parts, language: Language) -> Figure:
    """The trend figure: both groups' means by year, labelled at the line's end. Raises ValueError without a value."""
    return Figure(
        identifier,
        caption,
        trend_alternative_text(trend, language),
        to_svg(trend_chart(trend, WIDE, language), language),
        to_svg(trend_chart(trend, NARROW, language), language),
    )


def draw_event_study(identifier: str, study: EventStudy, caption: Parts, language: Language) -> Figure:
    """The event-study figure: points with intervals, the zero line and the reference year. Raises ValueError without events."""
    return Figure(
        identifier,
        caption,
        event_study_alternative_text(study, language),
        to_svg(event_study_chart(study, WIDE, language), language),
        to_svg(event_study_chart(study, NARROW, language), language),
    )


def draw_balance(identifier: str, balance: Balance, caption: Parts, language: Language) -> Figure:
    """The balance figure: a dot for each standardised difference, and the lines. Raises ValueError without a difference."""
    return Figure(
        identifier,
        caption,
        balance_alternative_text(balance, language),
        to_svg(balance_chart(balance, WIDE, language), language),
        to_svg(balance_chart(balance, NARROW, language), language),
    )


def balance_alternative_text(balance: Balance, language: Language) -> str:
    """Every plotted difference and the lines in words, from the plotted data."""
    points = "; ".join(
        _text(
            "figures.alt_distance",
            language,
            label=distance.label,
            measure=distance.measure,
            smd=format_number(distance.smd, SMD_DECIMALS, language),
        )
        for distance in balance.distances
    )
    near, far = (format_number(line, SMD_DECIMALS, language) for line in balance.lines)
    return _text("figures.alt_balance", language, points=points, near=near, far=far)


def trend_alternative_text(trend: Trend, language: Language) -> str:
    """Every plotted value in words, from the plotted data."""
    lines = " ".join(
        _text(
            "figures.alt_line",
            language,
            name=line.name,
            values="; ".join(
                f"{year}: {format_number(value, trend.decimals, language)}"
                for year, value in zip(trend.years, line.values, strict=True)
                if value is not None
            ),
        )
        for line in trend.lines
    )
    marks = " ".join(
        _text("figures.alt_mark", language, year=mark.year, label=mark.label) for mark in (*trend.starts, *trend.breaks)
    )
    intro = _text("figures.alt_trend", language, label=trend.label, unit=trend.unit, first=trend.years[0], last=trend.years[-1])
    return " ".join(part for part in (intro, lines, marks) if part)


def event_study_alternative_text(study: EventStudy, language: Language) -> str:
    """Every plotted point with its interval in words, from the plotted data."""

    def shown(value: float) -> str:
        return format_number(value, study.decimals, language)

    points = "; ".join(
        _text("figures.alt_reference", language, time=_signed(event.event_time))
        if event.conf_low is None or event.conf_high is None
        else _text(
            "figures.alt_point",
            language,
            time=_signed(event.event_time),
            estimate=shown(event.estimate),
            low=shown(event.conf_low),
            high=shown(event.conf_high),
        )
        for event in study.events
    )
    return _text("figures.alt_event_study", language, label=study.label, unit=study.unit, points=points)


def trend_chart(trend: Trend, page: Page, language: Language) -> alt.LayerChart:
    """The trend figure as a chart; the year axis is exactly the window."""
    points = pd.DataFrame(
        [
            {"year": year, "value": value, "group": line.name}
            for line in trend.lines
            for year, value in zip(trend.years, line.values, strict=True)
        ]
    )
    shown = points.dropna(subset=["value"])
    if shown.empty:
        raise ValueError(f"nothing to draw for {trend.label}")
    domain = value_domain([float(value) for value in shown["value"]])
    names = [line.name for line in trend.lines]
    first, last = trend.years[0], trend.years[-1]
    x = alt.X(
        "year:Q",
        scale=alt.Scale(domain=[first, last], nice=False, zero=False),
        axis=alt.Axis(values=list(whole_ticks(first, last, page.width // 34)), format="d", title=None, grid=False),
    )
    y = _value_axis("value:Q", domain)
    colour = alt.Color("group:N", scale=alt.Scale(domain=names, range=[TREATED_COLOUR, REFERENCE_COLOUR]), legend=None)
    dash = alt.StrokeDash("group:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]]), legend=None)
    shape = alt.Shape("group:N", scale=alt.Scale(domain=names, range=["circle", "square"]), legend=None)
    base = alt.Chart(points)
    layers = [
        *_rules([(mark, [1, 0]) for mark in trend.starts] + [(mark, [2, 3]) for mark in trend.breaks], x, page, trend.years),
        base.mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dash),
        alt.Chart(shown).mark_point(filled=True, size=34, opacity=1).encode(x=x, y=y, color=colour, shape=shape),
        *_end_labels(trend, shown, page, {"x": x, "y": y, "color": colour}),
    ]
    return _finish(alt.layer(*layers), page)


def event_study_chart(study: EventStudy, page: Page, language: Language) -> alt.LayerChart:
    """The event-study figure as a chart; the value axis holds every interval and zero."""
    if not study.events:
        raise ValueError(f"nothing to draw for {study.label}")
    frame = pd.DataFrame(
        [
            {"time": event.event_time, "estimate": event.estimate, "low": event.conf_low, "high": event.conf_high}
            for event in study.events
        ]
    ).astype({"low": float, "high": float})
    ends = [end for event in study.events for end in (event.estimate, event.conf_low, event.conf_high) if end is not None]
    domain = value_domain([0.0, *ends])
    first, last = int(frame["time"].min()), int(frame["time"].max())
    every = whole_ticks(first, last, page.width // 30)
    step = every[1] - every[0] if len(every) > 1 else 1
    x = alt.X(
        "time:Q",
        scale=alt.Scale(domain=[first - 0.5, last + 0.5], nice=False, zero=False),
        axis=alt.Axis(
            values=[time for time in range(first, last + 1) if time % step == 0],
            format="d",
            labelExpr="datum.value > 0 ? '+' + datum.label : datum.label",
            title=_text("figures.event_axis", language),
            grid=False,
        ),
    )
    y = _value_axis("estimate:Q", domain)
    with_interval = frame.dropna(subset=["low", "high"])
    fixed = frame[frame["low"].isna()]
    layers: list[alt.Chart] = []
    if study.reference is not None:
        label = pd.DataFrame({"time": [study.reference], "text": [_text("figures.reference_year", language)]})
        layers += [
            alt.Chart(label).mark_rule(color=GRID, strokeWidth=14).encode(x=x),
            _above(label, "right", -4).encode(x=x),
        ]
    start = pd.DataFrame({"time": [-0.5], "text": [_text("figures.start", language)]})
    layers += [
        alt.Chart(start).mark_rule(color=QUIET, strokeWidth=1.2).encode(x=x),
        _above(start, "left", 4).encode(x=x),
        alt.Chart(pd.DataFrame({"estimate": [0.0]})).mark_rule(color=INK, strokeWidth=1).encode(y=y),
        alt.Chart(with_interval)
        .mark_rule(color=TREATED_COLOUR, strokeWidth=2)
        .encode(x=x, y=_value_axis("low:Q", domain), y2="high:Q"),
        alt.Chart(with_interval).mark_point(filled=True, size=60, color=TREATED_COLOUR, opacity=1).encode(x=x, y=y),
        alt.Chart(fixed).mark_point(fill="white", stroke=TREATED_COLOUR, strokeWidth=2, size=60, opacity=1).encode(x=x, y=y),
    ]
    return _finish(alt.layer(*layers), replace(page, width=page.width + page.label_room, label_room=0))


def balance_chart(balance: Balance, page: Page, language: Language) -> alt.LayerChart:
    """The balance figure as a chart: below each outcome's label a row for each of its differences, zero in the middle."""
    if not balance.distances:
        raise ValueError("nothing to draw for the balance")
    width = page.width + page.label_room
    rows = _balance_rows(balance, int(width / PIXELS_PER_LETTER), language)
    height = rows[-1].bottom
    far = max(2 * balance.lines[1], *(1.25 * abs(distance.smd) for distance in balance.distances))
    scale = alt.Scale(domain=[-far, far], range=[MEASURE_ROOM, width - SMD_ROOM], nice=False, zero=False)
    values, digits = ticks((-far, far), 5)
    axis = alt.Axis(values=list(values), format=f".{digits}f", grid=False, title=_text("figures.smd_axis", language))
    x = alt.X("smd:Q", scale=scale, axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False), axis=None)
    outer = pd.DataFrame({"low": [-balance.lines[1]], "high": [balance.lines[1]]})
    layers = [
        alt.Chart(outer).mark_rect(color=BAND, opacity=1).encode(x=alt.X("low:Q", scale=scale), x2="high:Q"),
        *_line_pair(balance.lines[1], -6, x, height, language),
        *_line_pair(balance.lines[0], -23, x, height, language),
        alt.Chart(pd.DataFrame({"smd": [0.0]})).mark_rule(color=INK, strokeWidth=1).encode(x=x),
    ]
    for row in rows:
        words = alt.Chart(pd.DataFrame({"y": [row.y], "text": [row.text]}))
        if row.distance is None:
            longest = max(len(line) for line in row.text.split("\n"))
            layers += [
                _ground(0, longest * PIXELS_PER_LETTER, row.y - 4, row.bottom),
                words.mark_text(
                    align="left", baseline="top", lineBreak="\n", lineHeight=15, color=INK, fontSize=FONT_SIZE, fontWeight=600
                ).encode(x=alt.value(0), y=y, text="text:N"),
            ]
            continue
        smd = row.distance.smd
        shown = format_number(smd, SMD_DECIMALS, language)
        point = alt.Chart(pd.DataFrame({"y": [row.y], "smd": [smd], "text": [shown]}))
        layers += [
            words.mark_text(align="left", baseline="middle", color=INK, fontSize=FONT_SIZE - 1).encode(
                x=alt.value(0), y=y, text="text:N"
            ),
            point.mark_point(filled=True, size=70, color=TREATED_COLOUR, opacity=1).encode(x=x, y=y),
            point.mark_text(align="right", baseline="middle", color=INK, fontSize=FONT_SIZE - 1).encode(
                x=alt.value(width), y=y, text="text:N"
            ),
        ]
    return _finish(alt.layer(*layers), replace(page, width=width, height=height, label_room=0))


def to_svg(chart: alt.LayerChart, language: Language) -> str:
    """The chart as SVG without anything of the reader's machine: no external reference, no identifier, no script.

    The renderer gives the figure its role and alternative text; roles and labels inside it are taken out.
    """
    svg = vl_convert.vegalite_to_svg(chart.to_dict(), format_locale=dict(_FORMATS[language]), allowed_base_urls=[])
    svg = re.sub(r' (?:role|aria-[a-z]+|xmlns:xlink|pointer-events)="[^"]*"', "", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


@dataclass(frozen=True)
class _Row:
    """One row of the balance figure: a label (no distance) or a distance; y and bottom in pixels from the top."""

    text: str
    y: int
    bottom: int
    distance: Distance | None


def _balance_rows(balance: Balance, letters: int, language: Language) -> list[_Row]:
    rows: list[_Row] = []
    bottom = 0
    for label in dict.fromkeys(distance.label for distance in balance.distances):
        broken = textwrap.wrap(label, letters)
        top = bottom + (8 if rows else 4)
        bottom = top + 15 * len(broken) + 2
        rows.append(_Row("\n".join(broken), top, bottom, None))
        for distance in balance.distances:
            if distance.label == label:
                rows.append(_Row(distance.measure, bottom + 11, bottom + 22, distance))
                bottom += 22
    return rows


def _line_pair(line: float, above: int, x: alt.X, height: int, language: Language) -> list[alt.Chart]:
    """Lines at both sides of zero, labelled once, at the right one's upper end."""
    shown = f"±{format_number(line, SMD_DECIMALS, language)}"
    pair = pd.DataFrame({"smd": [-line, line]})
    label = pd.DataFrame({"smd": [line], "text": [shown]})
    rules = alt.Chart(pair).mark_rule(color=QUIET, strokeWidth=1.2, strokeDash=[2, 3])
    words = alt.Chart(label).mark_text(align="left", dx=4, baseline="top", color=INK, fontSize=FONT_SIZE - 1)
    return [
        rules.encode(x=x, y=alt.value(above - 10), y2=alt.value(height)),
        words.encode(x=x, y=alt.value(above - 12), text="text:N"),
    ]


def _ground(left: float, right: float, top: float, bottom: float) -> alt.Chart:
    """White ground for words, in pixels of the plot, so that no line runs through them."""
    return (
        alt.Chart(pd.DataFrame({"ground": [0]}))
        .mark_rect(color="white", opacity=1)
        .encode(x=alt.value(left), x2=alt.value(right), y=alt.value(top), y2=alt.value(bottom))
    )


def _text(key: str, language: Language, **parameters: object) -> str:
    return text(key, language, package=PACKAGE, **parameters)


def _signed(event_time: int) -> str:
    return f"{MINUS}{-event_time}" if event_time < 0 else f"+{event_time}" if event_time else "0"


def _shortened(label: str, at_most: int) -> str:
    return label if len(label) <= at_most else label[: max(at_most - 1, 1)].rstrip() + "…"


def _above(label: pd.DataFrame, align: str, dx: int) -> alt.Chart:
    return (
        alt.Chart(label)
        .mark_text(align=align, dx=dx, baseline="bottom", color=INK, fontSize=FONT_SIZE - 1)
        .encode(y=alt.value(-6), text="text:N")
    )


def _value_axis(field: str, domain: tuple[float, float]) -> alt.Y:
    values, digits = ticks(domain)
    return alt.Y(
        field,
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(values=list(values), format=f",.{digits}f", title=None),
    )


def _rules(marks: Sequence[tuple[Mark, list[int]]], x: alt.X, page: Page, years: tuple[int, ...]) -> list[alt.Chart]:
    rules, words = [], []
    for position, (mark, dash) in enumerate(sorted(marks, key=lambda pair: pair[0].year)):
        full = page.full_labels or not mark.letter
        label = f"{mark.letter} · {mark.label}" if full and mark.letter else mark.label if full else mark.letter
        share = (mark.year - years[0]) / max(years[-1] - years[0], 1)
        right = share > 0.5
        room = page.width * share if right else page.width * (1 - share) + page.label_room
        shown = _shortened(label, int(room / PIXELS_PER_LETTER))
        data = pd.DataFrame({"year": [mark.year], "text": [shown]})
        above = -6 - 17 * position
        near, length = page.width * share + (-4 if right else 4), PIXELS_PER_LETTER * len(shown)
        rules.append(
            alt.Chart(data)
            .mark_rule(color=QUIET, strokeWidth=1.2, strokeDash=dash)
            .encode(x=x, y=alt.value(above), y2=alt.value(page.height))
        )
        words += [
            _ground(near - length if right else near, near if right else near + length, above, above + 14),
            alt.Chart(data)
            .mark_text(
                align="right" if right else "left", dx=-4 if right else 4, baseline="top", color=INK, fontSize=FONT_SIZE - 1
            )
            .encode(x=x, y=alt.value(above), text="text:N"),
        ]
    return [*rules, *words]


def _end_labels(trend: Trend, shown: pd.DataFrame, page: Page, channels: Mapping[str, object]) -> list[alt.Chart]:
    ends = [shown[shown["group"] == line.name].iloc[-1] for line in trend.lines if (shown["group"] == line.name).any()]
    ends.sort(key=lambda end: float(end["value"]), reverse=True)
    low, high = value_domain([float(value) for value in shown["value"]])
    per_pixel = (high - low) / page.height
    broken = {line.name: line.broken for line in trend.lines}
    layers = []
    for position, end in enumerate(ends):
        value = float(end["value"])
        apart = page.line_height * per_pixel
        if len(ends) == 2 and float(ends[0]["value"]) - float(ends[1]["value"]) < apart:
            middle = (float(ends[0]["value"]) + float(ends[1]["value"])) / 2
            value = middle + apart / 2 if position == 0 else middle - apart / 2
        name = str(end["group"])
        label = name if page.full_labels else broken[name]
        data = pd.DataFrame({"year": [end["year"]], "value": [value], "group": [name], "text": [label]})
        # Lines are stacked downwards from the anchor; the first is raised so that both stand around the value.
        raised = -7 if "\n" in label else 0
        layers.append(
            alt.Chart(data)
            .mark_text(
                fontSize=FONT_SIZE,
                fontWeight=600,
                align="left",
                dx=9,
                dy=raised,
                baseline="middle",
                lineBreak="\n",
                lineHeight=15,
            )
            .encode(**channels, text="text:N")
        )
    return layers


def _finish(chart: alt.LayerChart, page: Page) -> alt.LayerChart:
    return (
        chart.properties(width=page.width, height=page.height, padding={"left": 2, "right": 12, "top": 4, "bottom": 4})
        .properties(autosize=alt.AutoSizeParams(type="pad", contains="content"))
        .configure(font="sans-serif", background="white")
        .configure_view(stroke=None, clip=False)
        .configure_axis(
            labelFontSize=FONT_SIZE - 1,
            titleFontSize=FONT_SIZE - 1,
            titleFontWeight="normal",
            labelColor=INK,
            titleColor=INK,
            gridColor=GRID,
            domainColor=QUIET,
            tickColor=QUIET,
            labelFlush=False,
            labelOverlap=False,
        )
        .configure_axisY(domain=False, ticks=False, labelPadding=9)
    )
