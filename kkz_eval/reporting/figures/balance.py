"""The figure of standardised differences, with the text that stands for it. Draws what it is given: no choice of rows."""

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
    TREATED_COLOUR,
    Drawing,
    Page,
    alternative_text,
    data_of,
    drawn,
    finish,
    grounds,
    on,
    ticks,
)
from kkz_eval.reporting.numbers import format_number

SMD_DECIMALS = 2
MEASURE_ROOM = 52  # left of the balance figure's plot, in pixels
SMD_ROOM = 40  # right of it
BAND = "#eef2f4"


@dataclass(frozen=True)
class Distance:
    """One standardised difference: of which outcome, what of it (level or trend), and the difference."""

    label: str
    measure: str
    smd: float


@dataclass(frozen=True)
class Balance:
    """What the balance figure shows. lines: distances from zero at which lines stand on both sides, the smaller first; simulated: whether
    it is made up."""

    distances: tuple[Distance, ...]
    lines: tuple[float, float]
    simulated: bool = False


def draw_balance(identifier: str, balance: Balance, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The balance figure: a dot for each standardised difference, and the lines. Raises ValueError without a difference."""
    said, data = balance_alternative_text(balance, language), balance_data(balance, language)
    return drawn(
        identifier, caption, said, lambda page: balance_chart(balance, page, language), language, data=data, source=source
    )


def balance_data(balance: Balance, language: Language) -> Data:
    """Every difference drawn."""
    rows = ((distance.label, distance.measure, distance.smd) for distance in balance.distances)
    return data_of("balance", {"outcome": "", "measure": "", "smd": say("figures.unit_sd").in_language(language)}, rows, language)


def balance_alternative_text(balance: Balance, language: Language) -> str:
    """Every plotted difference and the lines in words, from the plotted data."""
    points = "; ".join(
        say(
            "figures.alt_distance",
            label=distance.label,
            measure=distance.measure,
            smd=format_number(distance.smd, SMD_DECIMALS, language),
        ).in_language(language)
        for distance in balance.distances
    )
    near, far = (format_number(line, SMD_DECIMALS, language) for line in balance.lines)
    said = say("figures.alt_balance", points=points, near=near, far=far).in_language(language)
    return alternative_text(said, balance.simulated, language)


def balance_chart(balance: Balance, page: Page, language: Language) -> Drawing:
    """The balance figure as a chart: below each outcome's label a row for each of its differences, zero in the middle."""
    if not balance.distances:
        raise ValueError("nothing to draw for the balance")
    width = page.width + page.label_room
    rows = _balance_rows(balance, int(width / PIXELS_PER_LETTER), language)
    height = rows[-1].bottom
    far = max(2 * balance.lines[1], *(1.25 * abs(distance.smd) for distance in balance.distances))
    scale = alt.Scale(domain=[-far, far], range=[MEASURE_ROOM, width - SMD_ROOM], nice=False, zero=False)
    values, digits = ticks((-far, far), 5)
    axis = alt.Axis(values=list(values), format=f".{digits}f", grid=False, title=say("figures.smd_axis").in_language(language))
    x = alt.X("smd:Q", scale=scale, axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False), axis=None)
    outer = on({"low": [-balance.lines[1]], "high": [balance.lines[1]]})
    layers = [
        outer.mark_rect(color=BAND, opacity=1).encode(x=alt.X("low:Q", scale=scale), x2=alt.X2("high:Q")),
        *_line_pair(balance.lines[1], -6, x, height, language),
        *_line_pair(balance.lines[0], -23, x, height, language),
        on({"smd": [0.0]}).mark_rule(color=INK, strokeWidth=1).encode(x=x),
    ]
    labels = [row for row in rows if row.distance is None]
    points = [(row, row.distance.smd) for row in rows if row.distance is not None]
    right = [format_number(smd, SMD_DECIMALS, language) for _, smd in points]
    at = [row.y for row, _ in points]
    layers += [  # one for each kind of sign, not one for each row: each layer is laid out anew
        grounds([(0, max(map(len, row.text.split("\n"))) * PIXELS_PER_LETTER, row.y - 4, row.bottom) for row in labels]),
        on({"y": [row.y for row in labels], "text": [row.text for row in labels]})
        .mark_text(align="left", baseline="top", lineBreak="\n", lineHeight=15, color=INK, fontSize=FONT_SIZE, fontWeight=600)
        .encode(x=alt.XValue(0), y=y, text=alt.Text("text:N")),
        on({"y": at, "text": [row.text for row, _ in points]})
        .mark_text(align="left", baseline="middle", color=INK, fontSize=FONT_SIZE - 1)
        .encode(x=alt.XValue(0), y=y, text=alt.Text("text:N")),
        on({"y": at, "smd": [smd for _, smd in points]})
        .mark_point(filled=True, size=70, color=TREATED_COLOUR, opacity=1)
        .encode(x=x, y=y),
        on({"y": at, "text": right})
        .mark_text(align="right", baseline="middle", color=INK, fontSize=FONT_SIZE - 1)
        .encode(x=alt.XValue(width), y=y, text=alt.Text("text:N")),
    ]
    return finish(layers, replace(page, width=width, height=height, label_room=0), balance.simulated, language)


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
    rules = on({"smd": [-line, line]}).mark_rule(color=QUIET, strokeWidth=1.2, strokeDash=[2, 3])
    words = on({"smd": [line], "text": [shown]}).mark_text(align="left", dx=4, baseline="top", color=INK, fontSize=FONT_SIZE - 1)
    return [
        rules.encode(x=x, y=alt.YValue(above - 10), y2=alt.Y2Value(height)),
        words.encode(x=x, y=alt.YValue(above - 12), text=alt.Text("text:N")),
    ]
