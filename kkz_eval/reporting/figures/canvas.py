"""What the figures share: colours, room, axes and the way to SVG. Drawn for a wide and a narrow page: text must not shrink."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say, typeface
from kkz_eval.reporting.document import Cell, Data, Figure, Parts, Variable
from kkz_eval.reporting.numbers import MINUS

# The palette: each colour of text has a contrast of 4.5 to white, each of a mark 3; colours that stand side by side differ in lightness too, so that
# they are told apart in grey and by eyes that see no red or no green. A test computes both.
TREATED_COLOUR = "#07405c"
REFERENCE_COLOUR = "#b4540a"
INK = "#22303c"
QUIET = "#55606b"
GRID = "#e3e6e8"
TRACK = "#dfe6ea"  # ground of a bar, and what lies inside of a range
LATER_FILL = "#8fb3c4"  # areas, which carry words in INK and a border of their own
REFERENCE_FILL = "#f6dfc4"
FONT_SIZE = 13
PIXELS_PER_LETTER = 6.5  # of a label, rather too much than too little
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
NARROW = Page(width=160, height=170, label_room=88, line_height=34, full_labels=False)


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


def alternative_text(said: str, simulated: bool, language: Language) -> str:
    """What stands for a figure; it begins with the word for figures that are made up, where they are."""
    return f"{say('figures.alt_simulated').in_language(language)} {said}" if simulated else said


def drawn(
    identifier: str,
    caption: Parts,
    said: str,
    chart: Callable[[Page], Drawing],
    language: Language,
    *,
    data: Data,
    source: Parts = (),
) -> Figure:
    """A figure for both pages. said: the text that stands for it; chart: draws it for a page; data: what it draws, in full precision."""
    with debug_mode(False):  # charts are checked against their schema in tests; here that would take longer than drawing
        wide, narrow = (to_svg(chart(page), language) for page in (WIDE, NARROW))
    return Figure(identifier, caption, said, wide, narrow, data, source)


def data_of(figure: str, units: Mapping[str, str], rows: Iterable[tuple[Cell, ...]], language: Language) -> Data:
    """The data of a kind of figure. units: by the name of each column, "" for none; what a column means stands in the catalogue."""
    variables = tuple(
        Variable(name, say(f"figures.data.{figure}.{name}").in_language(language), unit) for name, unit in units.items()
    )
    return Data(variables, tuple(rows))


def to_svg(chart: Drawing, language: Language) -> str:
    """The chart as SVG without anything of the reader's machine: no external reference, no identifier, no script.

    The renderer gives the figure its role and alternative text; roles and labels inside it are taken out.
    """
    _measure_by_the_typeface()
    svg = vl_convert.vegalite_to_svg(chart.to_dict(validate=False), format_locale=dict(_FORMATS[language]), allowed_base_urls=[])
    svg = re.sub(r' (?:role|aria-[a-z]+|xmlns:xlink|pointer-events)="[^"]*"', "", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


@cache
def _measure_by_the_typeface() -> None:
    """Let words be measured by the typeface that the page and the PDF carry, not by one of the machine."""
    vl_convert.register_font_directory(str(typeface.folder()))


def on(columns: Mapping[str, Sequence[Cell | list[int]]]) -> alt.Chart:
    """Rows to draw, as columns of equal length; a list is a pattern of dashes. Without a data frame, whose types would be looked at anew in each layer.

    Encode by channels (`alt.X2("x2:Q")`), not by bare strings: for each of those altair looks through its whole schema.
    """
    values = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return alt.Chart(alt.InlineData(values=values))


def to_png(svg: str, width: int) -> bytes:
    """A picture that stands alone (downloads.standalone) for programs that take no SVG, so many pixels wide.

    Raises ValueError for what is no such picture, or refers to anything outside itself.
    """
    box = re.search(r'<svg\b[^>]*\bviewBox="0 0 ([\d.]+) [\d.]+"', svg)
    if box is None or _OUTSIDE.search(svg):
        raise ValueError("no picture that stands alone")
    _measure_by_the_typeface()
    return bytes(vl_convert.svg_to_png(svg, scale=width / float(box.group(1))))


_OUTSIDE = re.compile(r"""\bhref\s*=|<image\b|<!ENTITY|@import|url\(\s*["']?(?!data:|#)""", re.IGNORECASE)


def grounds(places: Sequence[tuple[float, float, float, float]]) -> alt.Chart:
    """White ground for words, so that no line runs through them. places: left, right, top and bottom, in pixels of the plot."""
    left, right, top, bottom = zip(*places, strict=True)
    x, y = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    rooms = on({"x": left, "x2": right, "y": top, "y2": bottom})
    return rooms.mark_rect(color="white", opacity=1).encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"))


def above_plot(label: Mapping[str, Sequence[Cell]], align: str, dx: int) -> alt.Chart:
    """Words above the plot, at the place that the caller gives."""
    return (
        on(label)
        .mark_text(align=align, dx=dx, baseline="bottom", color=INK, fontSize=FONT_SIZE - 1)
        .encode(y=alt.YValue(-6), text=alt.Text("text:N"))
    )


def value_axis(field: str, domain: tuple[float, float]) -> alt.Y:
    """The axis of values, with round ticks inside the domain."""
    values, digits = ticks(domain)
    return alt.Y(
        field,
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(values=list(values), format=f",.{digits}f", title=None),
    )


class Drawing(alt.TopLevelLayerSpec):  # type: ignore[misc]  # altair is not followed by the types
    """Layers as one specification. altair's own chart of layers copies each of them with its data, twice, which costs more than drawing."""

    def to_dict(
        self, validate: bool = True, *, ignore: list[str] | None = None, context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The specification; the rows of all layers stand once, by name."""
        shared: dict[str, Any] = {"datasets": {}, "top_level": False}
        made: dict[str, Any] = super().to_dict(validate=validate, ignore=ignore, context=shared)
        return {**made, "datasets": shared["datasets"]}


def finish(layers: Sequence[alt.Chart], page: Page, simulated: bool, language: Language) -> Drawing:
    """The layers as a drawing with its size, fonts and colours; below it the word for figures that are made up, where they are."""
    word = say("figures.simulated").in_language(language)
    title = {"title": alt.TitleParams(word, orient="bottom", anchor="end", color=INK, fontSize=FONT_SIZE)} if simulated else {}
    return Drawing(
        layer=list(layers),
        width=page.width,
        height=page.height,
        padding={"left": 2, "right": 12, "top": 4, "bottom": 4},
        autosize=alt.AutoSizeParams(type="pad", contains="content"),
        config=_config(),
        **title,
    )


def _config() -> alt.Config:
    return alt.Config(
        font=typeface.FAMILIES,
        background="white",
        title=alt.TitleConfig(fontWeight=600),
        view=alt.ViewConfig(stroke=None, clip=False),
        axis=alt.AxisConfig(
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
        ),
        axisY=alt.AxisConfig(domain=False, ticks=False, labelPadding=9),
    )
