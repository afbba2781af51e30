"""The figure of power: the smallest difference that could have been seen beside the smallest that matters. Draws what it is given."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

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
    on,
    ticks,
)
from kkz_eval.reporting.numbers import format_number

LINE, BAR = 16, 10  # height of a line of words and of a bar, in pixels
LEAST_SHOWN = 1.5  # times the smallest difference that matters: the line at 1 never stands at the edge


@dataclass(frozen=True)
class Seen:
    """An outcome: the smallest difference that would mostly have been seen, and the smallest that matters, both in its unit and above 0."""

    label: str
    unit: str
    decimals: int
    smallest_seen: float
    smallest_that_matters: float

    @property
    def ratio(self) -> float:
        """How many times what matters a difference had to be to be seen."""
        return self.smallest_seen / self.smallest_that_matters


@dataclass(frozen=True)
class Power:
    """What the figure shows: outcomes in the order of the plan. simulated: whether it is made up."""

    seen: tuple[Seen, ...]
    simulated: bool = False


def draw_power(identifier: str, power: Power, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The figure of power. Raises ValueError without an outcome."""
    said, data = power_alternative_text(power, language), power_data(power, language)
    return drawn(identifier, caption, said, lambda page: power_chart(power, page, language), language, data=data, source=source)


def power_alternative_text(power: Power, language: Language) -> str:
    """Both differences of every outcome in words."""
    rows = "; ".join(f"{one.label}: {_said(one, language)}" for one in power.seen)
    return alternative_text(say("figures.alt_power", rows=rows).in_language(language), power.simulated, language)


def power_data(power: Power, language: Language) -> Data:
    """Both differences of every outcome in its unit."""
    rows = ((one.label, one.unit, one.smallest_seen, one.smallest_that_matters, one.ratio) for one in power.seen)
    columns = ("outcome", "unit", "smallest_seen", "smallest_that_matters", "ratio")
    return data_of("power", dict.fromkeys(columns, ""), rows, language)


def power_chart(power: Power, page: Page, language: Language) -> Drawing:
    """A bar for each outcome, from 0 to its ratio, on one axis without a unit; a line where a difference begins to matter."""
    if not power.seen:
        raise ValueError("nothing to draw for the power")
    width = page.width + page.label_room
    room = int(width / PIXELS_PER_LETTER)
    bars: list[tuple[float, Seen]] = []
    words: list[tuple[float, str, int]] = []
    bottom = 2.0
    for one in power.seen:
        for text, weight in ((one.label, 600), (_said(one, language), 400)):
            lines = textwrap.wrap(text, room)
            words.append((bottom, "\n".join(lines), weight))
            bottom += LINE * len(lines)
        bars.append((bottom + 4, one))
        bottom += BAR + 20
    height = int(bottom)
    far = max(LEAST_SHOWN, *(1.05 * one.ratio for one in power.seen))
    values, digits = ticks((0.0, far), 6)
    title = textwrap.wrap(say("figures.power_axis").in_language(language), room)
    axis = alt.Axis(values=list(values), format=f",.{digits}f", title=title, grid=True)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0.0, far], range=[0, width], nice=False, zero=False), axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False), axis=None)
    rects = on(
        {
            "x": [0.0 for _ in bars],
            "x2": [one.ratio for _, one in bars],
            "y": [top for top, _ in bars],
            "y2": [top + BAR for top, _ in bars],
        }
    )
    # The line stands at each bar alone: across words it would run through them.
    lines_at = on({"x": [1.0 for _ in bars], "y": [top - 4 for top, _ in bars], "y2": [top + BAR + 4 for top, _ in bars]})
    return finish(
        [
            rects.mark_rect(color=TREATED_COLOUR, opacity=1).encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q")),
            lines_at.mark_rule(color="white", strokeWidth=6).encode(x=x, y=y, y2=alt.Y2("y2:Q")),
            lines_at.mark_rule(color=REFERENCE_COLOUR, strokeWidth=3).encode(x=x, y=y, y2=alt.Y2("y2:Q")),
            on({"x": [0.0]}).mark_rule(color=QUIET, strokeWidth=1).encode(x=x),
            *(
                on({"y": [top for top, _, _ in some], "text": [text for _, text, _ in some]})
                .mark_text(
                    align="left",
                    baseline="top",
                    lineBreak="\n",
                    lineHeight=LINE,
                    color=INK,
                    fontSize=FONT_SIZE - 1,
                    fontWeight=weight,
                )
                .encode(x=alt.XValue(0), y=y, text=alt.Text("text:N"))
                for weight in (400, 600)
                for some in [[word for word in words if word[2] == weight]]
            ),
        ],
        replace(page, width=width, height=height, label_room=0),
        power.simulated,
        language,
    )


def _said(one: Seen, language: Language) -> str:
    seen, matters = (format_number(value, one.decimals, language) for value in (one.smallest_seen, one.smallest_that_matters))
    return say("figures.power_of", seen=seen, matters=matters, unit=one.unit).in_language(language)
