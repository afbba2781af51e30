"""The event-study figure, with the text that stands for it. Draws what it is given: no choice of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import altair as alt

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Cell, Data, Figure, Parts
from kkz_eval.reporting.figures.canvas import (
    GRID,
    INK,
    QUIET,
    TREATED_COLOUR,
    Drawing,
    Page,
    above_plot,
    alternative_text,
    data_of,
    drawn,
    finish,
    on,
    to_svg,
    value_axis,
    value_domain,
    whole_ticks,
)
from kkz_eval.reporting.numbers import MINUS, format_number


@dataclass(frozen=True)
class Event:
    """One point of an event study: years since the start, difference, interval (missing at the reference year)."""

    event_time: int
    estimate: float
    conf_low: float | None
    conf_high: float | None


@dataclass(frozen=True)
class EventStudy:
    """What an event-study figure shows. reference: event time to which all are compared, None where each has its own;
    simulated: whether it is made up."""

    label: str
    unit: str
    decimals: int
    events: tuple[Event, ...]
    reference: int | None
    simulated: bool = False


def draw_event_study(identifier: str, study: EventStudy, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The event-study figure: points with intervals, the zero line and the reference year. Raises ValueError without events."""
    said, data = event_study_alternative_text(study, language), event_study_data(study, language)
    return drawn(
        identifier, caption, said, lambda page: event_study_chart(study, page, language), language, data=data, source=source
    )


def event_study_data(study: EventStudy, language: Language) -> Data:
    """Every point with its interval; that of the reference year has none."""
    rows = ((event.event_time, event.estimate, event.conf_low, event.conf_high) for event in study.events)
    years = say("figures.unit_years").in_language(language)
    units = {"event_time": years, "estimate": study.unit, "conf_low": study.unit, "conf_high": study.unit}
    return data_of("event_study", units, rows, language)


def event_study_svg(study: EventStudy, page: Page, language: Language) -> str:
    """The figure for a page, as SVG. Raises ValueError without events."""
    return to_svg(event_study_chart(study, page, language), language)


def event_study_alternative_text(study: EventStudy, language: Language) -> str:
    """Every plotted point with its interval in words, from the plotted data."""

    def shown(value: float) -> str:
        return format_number(value, study.decimals, language)

    points = "; ".join(
        say("figures.alt_reference", time=_signed(event.event_time)).in_language(language)
        if event.conf_low is None or event.conf_high is None
        else say(
            "figures.alt_point",
            time=_signed(event.event_time),
            estimate=shown(event.estimate),
            low=shown(event.conf_low),
            high=shown(event.conf_high),
        ).in_language(language)
        for event in study.events
    )
    said = say("figures.alt_event_study", label=study.label, unit=study.unit, points=points).in_language(language)
    return alternative_text(said, study.simulated, language)


def event_study_chart(study: EventStudy, page: Page, language: Language) -> Drawing:
    """The event-study figure as a chart; the value axis holds every interval and zero."""
    if not study.events:
        raise ValueError(f"nothing to draw for {study.label}")
    ends = [end for event in study.events for end in (event.estimate, event.conf_low, event.conf_high) if end is not None]
    domain = value_domain([0.0, *ends])
    times = [event.event_time for event in study.events]
    first, last = min(times), max(times)
    every = whole_ticks(first, last, page.width // 30)
    step = every[1] - every[0] if len(every) > 1 else 1
    x = alt.X(
        "time:Q",
        scale=alt.Scale(domain=[first - 0.5, last + 0.5], nice=False, zero=False),
        axis=alt.Axis(
            values=[time for time in range(first, last + 1) if time % step == 0],
            format="d",
            labelExpr="datum.value > 0 ? '+' + datum.label : datum.label",
            title=say("figures.event_axis").in_language(language),
            grid=False,
        ),
    )
    y = value_axis("estimate:Q", domain)
    with_interval = _columns([event for event in study.events if event.conf_low is not None])
    fixed = _columns([event for event in study.events if event.conf_low is None])
    layers: list[alt.Chart] = []
    if study.reference is not None:
        label: dict[str, list[Cell]] = {"time": [study.reference], "text": [say("figures.reference_year").in_language(language)]}
        layers += [
            on(label).mark_rule(color=GRID, strokeWidth=14).encode(x=x),
            above_plot(label, "right", -4).encode(x=x),
        ]
    start: dict[str, list[Cell]] = {"time": [-0.5], "text": [say("figures.start").in_language(language)]}
    layers += [
        on(start).mark_rule(color=QUIET, strokeWidth=1.2).encode(x=x),
        above_plot(start, "left", 4).encode(x=x),
        on({"estimate": [0.0]}).mark_rule(color=INK, strokeWidth=1).encode(y=y),
        on(with_interval)
        .mark_rule(color=TREATED_COLOUR, strokeWidth=2)
        .encode(x=x, y=value_axis("low:Q", domain), y2=alt.Y2("high:Q")),
        on(with_interval).mark_point(filled=True, size=60, color=TREATED_COLOUR, opacity=1).encode(x=x, y=y),
        on(fixed).mark_point(fill="white", stroke=TREATED_COLOUR, strokeWidth=2, size=60, opacity=1).encode(x=x, y=y),
    ]
    return finish(layers, replace(page, width=page.width + page.label_room, label_room=0), study.simulated, language)


def _columns(events: Sequence[Event]) -> dict[str, list[Cell]]:
    return {
        "time": [event.event_time for event in events],
        "estimate": [event.estimate for event in events],
        "low": [event.conf_low for event in events],
        "high": [event.conf_high for event in events],
    }


def _signed(event_time: int) -> str:
    return f"{MINUS}{-event_time}" if event_time < 0 else f"+{event_time}" if event_time else "0"
