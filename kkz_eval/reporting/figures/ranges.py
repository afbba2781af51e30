"""Rows of estimates with their ranges on one axis, under headings: how the specification curve and the sensitivity are drawn.

Draws what it is given, in the order given. No choice of rows, no words of a particular figure.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import altair as alt

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.figures.canvas import (
    FONT_SIZE,
    INK,
    PIXELS_PER_LETTER,
    QUIET,
    TREATED_COLOUR,
    Drawing,
    Page,
    finish,
    on,
    ticks,
    value_domain,
)
from kkz_eval.reporting.numbers import format_number

PIXELS_PER_HEAVY_LETTER = 7.1
LINE = 16  # height of a line of words, in pixels
LABELS_TO, WORDS_FROM = 250, 528  # of a wide figure: end of the labels, begin of the numbers in words
EDGE = 10  # left and right of the plot on a narrow figure


@dataclass(frozen=True)
class Range:
    """A row: an estimate with its range, or a range alone, or words alone where there is no number.

    points: further estimates that the row stands for. decides: whether the verdict rests on it. words: instead of the numbers, "" for the numbers.
    """

    label: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    points: tuple[float, ...] = ()
    decides: bool = False
    words: str = ""

    @property
    def ends(self) -> tuple[float, ...]:
        """Every number that is drawn."""
        return (*(end for end in (self.low, self.estimate, self.high) if end is not None), *self.points)


@dataclass(frozen=True)
class Heading:
    """Rows under one heading."""

    title: str
    rows: tuple[Range, ...]


def ranges_chart(
    headings: Sequence[Heading],
    unit: str,
    decimals: int,
    page: Page,
    simulated: bool,
    language: Language,
    *,
    lines: Sequence[float] = (),
) -> Drawing:
    """The rows as a chart; the axis holds every number drawn, and zero. lines: further values at which a line stands.

    Raises ValueError where there is no number to draw.
    """
    ends = [end for heading in headings for row in heading.rows for end in row.ends]
    if not ends:
        raise ValueError("nothing to draw: no row has a number")
    ends += lines
    width = page.width + page.label_room
    placed, height = _placed(headings, page, width, decimals, language)
    left, right = (LABELS_TO + 12, WORDS_FROM - 16) if page.full_labels else (EDGE, width - EDGE)
    domain = value_domain([0.0, *ends])
    values, digits = ticks(domain, 5 if page.full_labels else 4)
    axis = alt.Axis(values=list(values), format=f",.{digits}f", title=unit, grid=True)
    x = alt.X("x:Q", scale=alt.Scale(domain=list(domain), range=[left, right], nice=False, zero=False), axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False), axis=None)
    layers = [on({"x": [0.0]}).mark_rule(color=INK, strokeWidth=1).encode(x=x)]
    if lines:
        layers.append(on({"x": list(lines)}).mark_rule(color=QUIET, strokeWidth=1.6, strokeDash=[4, 3]).encode(x=x))
    for decides in (False, True):
        layers += _marks([row for row in placed if row.of is not None and row.of.decides is decides], x, y, decides=decides)
    layers += _words(placed, y, width, page)
    per_pixel = (domain[1] - domain[0]) / (right - left)
    layers.insert(1 + bool(lines), _ground(placed, x, y, lambda pixel: domain[0] + (pixel - left) * per_pixel))
    return finish(layers, replace(page, width=width, height=height, label_room=0), simulated, language)


def said_of(row: Range, decimals: int, language: Language) -> str:
    """The numbers of a row in words, or the words that stand for them."""
    if row.words:
        return row.words
    low, estimate, high = (
        None if end is None else format_number(end, decimals, language) for end in (row.low, row.estimate, row.high)
    )
    if low is None or high is None:
        return estimate or ""
    if estimate is None:
        return say("figures.low_to_high", low=low, high=high).in_language(language)
    return say("figures.estimate_of_range", estimate=estimate, low=low, high=high).in_language(language)


def alternative_of(headings: Sequence[Heading], decimals: int, language: Language) -> str:
    """Every row in words, heading by heading."""
    return " ".join(
        say(
            "figures.alt_heading",
            title=heading.title,
            rows="; ".join(
                say("figures.alt_row", label=_marked(row, language), said=said_of(row, decimals, language)).in_language(language)
                for row in heading.rows
            ),
        ).in_language(language)
        for heading in headings
    )


def _marked(row: Range, language: Language) -> str:
    return say("figures.decides", label=row.label).in_language(language) if row.decides else row.label


@dataclass(frozen=True)
class _Placed:
    """A heading (of: None) or a row at its place: y of its mark, top of its label, in pixels."""

    lines: str
    top: float
    y: float
    words: str
    of: Range | None


def _placed(headings: Sequence[Heading], page: Page, width: int, decimals: int, language: Language) -> tuple[list[_Placed], int]:
    placed: list[_Placed] = []
    bottom = 0.0
    for heading in headings:
        top = bottom + (10 if placed else 2)
        title = textwrap.wrap(heading.title, int(width / PIXELS_PER_HEAVY_LETTER))
        placed.append(_Placed("\n".join(title), top, top, "", None))
        bottom = top + LINE * len(title) + 4
        for row in heading.rows:
            room = LABELS_TO if page.full_labels else width
            letter = PIXELS_PER_HEAVY_LETTER if row.decides else PIXELS_PER_LETTER
            lines = textwrap.wrap(_marked(row, language), int(room / letter))
            said = said_of(row, decimals, language)
            if page.full_labels:
                y, below = bottom + LINE * len(lines) / 2, bottom + LINE * len(lines) + 5
            else:
                lines += textwrap.wrap(said, int(room / PIXELS_PER_LETTER)) if not row.ends else []
                y = bottom + LINE * len(lines) + 8
                below = y + 12 if row.ends else bottom + LINE * len(lines) + 6
            placed.append(_Placed("\n".join(lines), bottom, y, said if page.full_labels else "", row))
            bottom = below
    return placed, int(bottom) + 4


def _marks(rows: list[_Placed], x: alt.X, y: alt.Y, *, decides: bool) -> Iterator[alt.Chart]:
    colour, width = (TREATED_COLOUR, 3.0) if decides else (QUIET, 1.6)
    spans = [(row.y, row.of.low, row.of.high) for row in rows if row.of and row.of.low is not None and row.of.high is not None]
    if spans:
        at, low, high = zip(*spans, strict=True)
        yield on({"y": at, "x": low, "x2": high}).mark_rule(color=colour, strokeWidth=width).encode(x=x, x2=alt.X2("x2:Q"), y=y)
    points = [(row.y, point) for row in rows if row.of for point in row.of.points]
    if points:
        at, values = zip(*points, strict=True)
        yield (
            on({"y": at, "x": values}).mark_tick(color=INK, thickness=1.2, height=11, opacity=1).encode(x=x, y=y)
        )  # dots would hide one another
    estimates = [(row.y, row.of.estimate) for row in rows if row.of and row.of.estimate is not None]
    if estimates:
        at, values = zip(*estimates, strict=True)
        fill = colour if decides else "white"
        yield (
            on({"y": at, "x": values})
            .mark_point(shape="circle", fill=fill, stroke=colour, strokeWidth=1.8, size=80 if decides else 52, opacity=1)
            .encode(x=x, y=y)
        )


def _ground(placed: list[_Placed], x: alt.X, y: alt.Y, value_at: Callable[[float], float]) -> alt.Chart:
    """White ground for the words on the left, so that no line of the plot runs through them. value_at: on the axis, of a pixel."""
    lines = [row.lines.split("\n") for row in placed]
    tops = [row.top - 1 for row in placed]
    letters = [PIXELS_PER_HEAVY_LETTER * max(map(len, some)) for some in lines]
    bottoms = [top + LINE * len(some) for top, some in zip(tops, lines, strict=True)]
    ends = [value_at(length) for length in letters]
    return (
        on({"x": [value_at(0.0) for _ in tops], "x2": ends, "y": tops, "y2": bottoms})
        .mark_rect(color="white", opacity=1)
        .encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"))
    )


def _words(placed: list[_Placed], y: alt.Y, width: int, page: Page) -> Iterator[alt.Chart]:
    for heavy in (False, True):
        lines = [row for row in placed if (row.of is None or row.of.decides) is heavy]
        if lines:
            yield (
                on({"y": [row.top for row in lines], "text": [row.lines for row in lines]})
                .mark_text(
                    align="left",
                    baseline="top",
                    lineBreak="\n",
                    lineHeight=LINE,
                    color=INK,
                    fontSize=FONT_SIZE - 1,
                    fontWeight=600 if heavy else 400,
                )
                .encode(x=alt.XValue(0), y=y, text=alt.Text("text:N"))
            )
    told = [row for row in placed if row.words]
    if told and page.full_labels:
        yield (
            on({"y": [row.y for row in told], "text": [row.words for row in told]})
            .mark_text(align="right", baseline="middle", color=INK, fontSize=FONT_SIZE - 1)
            .encode(x=alt.XValue(width), y=y, text=alt.Text("text:N"))
        )
