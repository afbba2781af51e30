"""An estimate as the slope through one point for each unit, after what is held fixed was taken out of both axes. Draws what it is given.

Units have no names here: the change of one place is no effect of anything.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
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
    above_plot,
    alternative_text,
    data_of,
    drawn,
    finish,
    on,
    ticks,
    value_axis,
    value_domain,
)
from kkz_eval.reporting.numbers import format_number

ROOM = 0.14  # of the axis of values: for the names of the groups below all points


@dataclass(frozen=True)
class Point:
    """A unit: what is left of its taking part and of its change, and whether it takes part."""

    left: float
    change: float
    treated: bool


@dataclass(frozen=True)
class PartialRegression:
    """What the figure shows. slope: the estimate. simulated: whether it is made up."""

    label: str
    unit: str
    decimals: int
    points: tuple[Point, ...]
    slope: float
    simulated: bool = False


def draw_partial_regression(identifier: str, shown: PartialRegression, caption: Parts, language: Language) -> Figure:
    """The figure of an estimate taken apart. Raises ValueError without a point."""
    said, data = partial_regression_alternative_text(shown, language), partial_regression_data(shown, language)
    return drawn(identifier, caption, said, lambda page: partial_regression_chart(shown, page, language), language, data=data)


def partial_regression_alternative_text(shown: PartialRegression, language: Language) -> str:
    """How many points there are and how steep the line is."""
    treated = sum(point.treated for point in shown.points)
    slope = format_number(shown.slope, shown.decimals, language)
    numbers = {"treated": treated, "reference": len(shown.points) - treated, "slope": slope}
    return alternative_text(
        say("figures.alt_partial_regression", label=shown.label, unit=shown.unit, **numbers).in_language(language),
        shown.simulated,
        language,
    )


def partial_regression_data(shown: PartialRegression, language: Language) -> Data:
    """Every point."""
    rows = ((say(_group(point)).in_language(language), point.left, point.change) for point in shown.points)
    return data_of("partial_regression", {"group": "", "left": "", "change": shown.unit}, rows, language)


def partial_regression_chart(shown: PartialRegression, page: Page, language: Language) -> Drawing:
    """Points of both groups and the line of the estimate through zero; both axes hold every point. Raises ValueError without a point."""
    if not shown.points:
        raise ValueError(f"nothing to draw for {shown.label}")
    width = page.width + page.label_room
    across = value_domain([point.left for point in shown.points])
    low, high = value_domain([0.0, *(point.change for point in shown.points)])
    up = (low - ROOM * (high - low), high)
    values, digits = ticks(across, 7 if page.full_labels else 4)
    title = textwrap.wrap(say("figures.partial_regression_axis").in_language(language), int(width / PIXELS_PER_LETTER))
    axis = alt.Axis(values=list(values), format=f",.{digits}f", title=title, grid=False)
    x = alt.X("x:Q", scale=alt.Scale(domain=list(across), nice=False, zero=False), axis=axis)
    y = value_axis("y:Q", up)
    ends = (max(across[0], _at(up, shown.slope)[0]), min(across[1], _at(up, shown.slope)[1]))
    line = on({"x": list(ends), "y": [shown.slope * end for end in ends]})
    above = say("figures.partial_regression_values", unit=shown.unit).in_language(language)
    layers = [
        on({"y": [0.0]}).mark_rule(color=QUIET, strokeWidth=1).encode(y=y),
        line.mark_line(color=INK, strokeWidth=2).encode(x=x, y=y),
        *_points(shown.points, x, y, language),
        above_plot({"x": [across[0]], "text": [above]}, "left", 0).encode(x=x),
    ]
    return finish(layers, replace(page, width=width, label_room=0), shown.simulated, language)


def _points(points: Sequence[Point], x: alt.X, y: alt.Y, language: Language) -> list[alt.Chart]:
    layers: list[alt.Chart] = []
    for treated, colour, shape in ((False, REFERENCE_COLOUR, "square"), (True, TREATED_COLOUR, "circle")):
        some = [point for point in points if point.treated is treated]
        if some:
            rows = on({"x": [point.left for point in some], "y": [point.change for point in some]})
            layers.append(rows.mark_point(filled=True, shape=shape, size=62, color=colour, opacity=1).encode(x=x, y=y))
            outermost = (max if treated else min)(some, key=lambda point: point.left)
            label = on({"x": [outermost.left], "text": [say(_group(outermost)).in_language(language)]})
            layers.append(
                label.mark_text(
                    align="right" if treated else "left", baseline="bottom", color=colour, fontSize=FONT_SIZE, fontWeight=600
                ).encode(x=x, y=alt.YValue("height"), text=alt.Text("text:N"))
            )
    return layers


def _group(point: Point) -> str:
    return "figures.treated" if point.treated else "figures.reference"


def _at(up: tuple[float, float], slope: float) -> tuple[float, float]:
    """Where a line through zero leaves the axis of values, from left to right; anywhere where it is level."""
    if slope == 0:
        return -float("inf"), float("inf")
    low, high = sorted(end / slope for end in up)
    return low, high
