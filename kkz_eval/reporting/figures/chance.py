"""The distribution of chance: what the estimate would have been under every assignment of the programme, and the real one in it.

Draws what it is given, with the text that stands for it. No counting of assignments (evaluation).
"""

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
    TRACK,
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

HEIGHT = 190  # of the plot, in pixels
MARGIN = 1.12  # of the highest bar: room for the words above
SAME = 1e-9  # of a distance: an edge drawn at the observed estimate lies there


@dataclass(frozen=True)
class Bin:
    """A share of all assignments whose estimate lies between two values."""

    low: float
    high: float
    share: float


@dataclass(frozen=True)
class Chance:
    """What the figure shows. center: of the distribution; p: share of assignments at least as far from it as the real one is.

    exact: whether all were counted, else drawn; simulated: whether it is made up.
    """

    label: str
    unit: str
    decimals: int
    bins: tuple[Bin, ...]
    observed: float
    center: float
    p: float
    n_assignments: int
    exact: bool
    simulated: bool = False

    def is_as_far(self, one: Bin) -> bool:
        """Whether a bin lies at least as far from the center as the real estimate."""
        distance = abs(self.observed - self.center) * (1 - SAME)
        return one.low >= self.center + distance or one.high <= self.center - distance


def draw_chance(identifier: str, chance: Chance, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The distribution of chance. Raises ValueError without a bin."""
    said, data = chance_alternative_text(chance, language), chance_data(chance, language)
    return drawn(identifier, caption, said, lambda page: chance_chart(chance, page, language), language, data=data, source=source)


def chance_alternative_text(chance: Chance, language: Language) -> str:
    """Where the real estimate lies, what share of assignments is as far out, and between which values the middle of all lies."""
    shown = [one for one in chance.bins if one.share > 0]
    said = say(
        "figures.alt_chance",
        label=chance.label,
        unit=chance.unit,
        observed=format_number(chance.observed, chance.decimals, language),
        center=format_number(chance.center, chance.decimals, language),
        low=format_number(min(one.low for one in shown), chance.decimals, language),
        high=format_number(max(one.high for one in shown), chance.decimals, language),
        cases=format_number(100 * chance.p, 1, language),
    ).in_language(language)
    return alternative_text(said, chance.simulated, language)


def chance_data(chance: Chance, language: Language) -> Data:
    """Every bin, and whether it is as far out as the real estimate."""
    rows = ((one.low, one.high, one.share, int(chance.is_as_far(one)), chance.observed) for one in chance.bins)
    units = {"low": chance.unit, "high": chance.unit, "share": "", "as_far": "", "observed": chance.unit}
    return data_of("chance", units, rows, language)


def chance_chart(chance: Chance, page: Page, language: Language) -> Drawing:
    """Bars of equal area for equal shares, those as far out as the real estimate dark; a line where the real one is.

    The axis holds every bar, zero and the real estimate. Raises ValueError without a bin.
    """
    shown = [one for one in chance.bins if one.share > 0]
    if not shown:
        raise ValueError(f"nothing to draw for {chance.label}")
    width = page.width + page.label_room
    low, high = min(*(one.low for one in shown), chance.observed, 0.0), max(*(one.high for one in shown), chance.observed, 0.0)
    margin = 0.03 * (high - low)
    domain = (low - margin, high + margin)
    top = MARGIN * max(one.share / (one.high - one.low) for one in shown)
    values, digits = ticks(domain, 7 if page.full_labels else 4)
    title = textwrap.wrap(say("figures.chance_axis", unit=chance.unit).in_language(language), int(width / PIXELS_PER_LETTER))
    axis = alt.Axis(values=list(values), format=f",.{digits}f", title=title, grid=False)
    x = alt.X("x:Q", scale=alt.Scale(domain=list(domain), nice=False, zero=False), axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0.0, top], nice=False, zero=False), axis=None)
    layers = []
    for as_far, colour, stroke in ((False, TRACK, QUIET), (True, TREATED_COLOUR, "white")):
        some = [one for one in shown if chance.is_as_far(one) is as_far]
        if some:
            bars = on(
                {
                    "x": [one.low for one in some],
                    "x2": [one.high for one in some],
                    "y": [0.0 for _ in some],
                    "y2": [one.share / (one.high - one.low) for one in some],
                }
            )
            layers.append(
                bars.mark_rect(fill=colour, stroke=stroke, strokeWidth=0.5, opacity=1).encode(
                    x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q")
                )
            )
    observed = format_number(chance.observed, chance.decimals, language)
    words = say("figures.chance_observed", observed=observed).in_language(language)
    to_the_right = chance.observed < (low + high) / 2
    real = on({"x": [chance.observed], "text": [words]})
    layers += [
        on({"x": [low - margin], "x2": [high + margin]})
        .mark_rule(color=QUIET)
        .encode(x=x, x2=alt.X2("x2:Q"), y=alt.YValue(HEIGHT)),
        real.mark_rule(color=INK, strokeWidth=2.2).encode(x=x, y=alt.YValue(-16), y2=alt.Y2Value(HEIGHT)),
        real.mark_text(
            align="left" if to_the_right else "right",
            dx=5 if to_the_right else -5,
            baseline="bottom",
            color=INK,
            fontSize=FONT_SIZE,
            fontWeight=600,
        ).encode(x=x, y=alt.YValue(-2), text=alt.Text("text:N")),
    ]
    return finish(layers, replace(page, width=width, height=HEIGHT, label_room=0), chance.simulated, language)
