"""The bar of a row on the one page: the range of a difference with zero and the smallest difference that matters. Draws what it is given.

Outcomes have different units, so a length in one unit would say nothing beside another. Every bar is drawn in multiples of the smallest
difference that matters for its outcome, and all of a page on one axis: what reaches out of the ground matters, in every row alike. An
outcome for which the plan names no such difference has an axis of its own, and its words say so. Left is fewer, right is more, whatever
is wished for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markupsafe import escape

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say, typeface
from kkz_eval.reporting.document import Data, Figure, Parts, Variable
from kkz_eval.reporting.figures.canvas import FONT_SIZE, INK, QUIET, TREATED_COLOUR, alternative_text

WIDE, NARROW = 330, 262  # in pixels
LARGEST_REACH = 6.0
"""Half the axis at most, in smallest differences that matter: with one bar longer than that, the others could not be read. It is cut there."""
_ROOM = 0.62  # of half the axis for bars: beside them stand their ends
_GROUND = "#e8edf0"
_MARKS, _BAR_TOP, _BAR_BOTTOM, _SIDES, _HEIGHT, _LINE = 13, 25, 37, 58, 62, 16
_MARK_ROOM = 44  # between the ends of a bar, so that both can stand above their own


@dataclass(frozen=True)
class RangeBar:
    """What a bar shows, in the unit of the outcome.

    estimate: None where only the range is told. smallest: the smallest difference that matters, None where the plan names none; reach: half
    of the axis in multiples of it. ends: of the range in words, marks: as they stand beside the bar; matters: the smallest difference in words; whom: of what the numbers are.
    """

    label: str
    interval: tuple[float, float]
    estimate: float | None
    smallest: float | None
    reach: float
    ends: tuple[str, str]
    marks: tuple[str, str]
    matters: str
    whom: str
    unit: str
    desirable: str | None
    simulated: bool = False

    @property
    def step(self) -> float:
        """One unit of the axis, in that of the outcome."""
        return self.smallest if self.smallest else max(abs(end) for end in self.interval) or 1.0

    @property
    def half(self) -> float:
        """Half the axis, in steps."""
        return self.reach if self.smallest else 1 / _ROOM


def reach_of(ranges: Iterable[tuple[tuple[float, float] | None, float | None]]) -> float:
    """Half of the axis that all bars share: the farthest end, and always the smallest difference that matters, with room for words."""
    ends = [max(abs(end) for end in interval) / smallest for interval, smallest in ranges if interval is not None and smallest]
    return min(max([1.0, *ends]) / _ROOM, LARGEST_REACH / _ROOM)


def draw_range_bar(identifier: str, bar: RangeBar, caption: Parts, language: Language) -> Figure:
    """The bar for a wide and a narrow page, with its data."""
    wide, narrow = (range_bar_svg(bar, width, language) for width in (WIDE, NARROW))
    return Figure(identifier, caption, range_bar_alternative_text(bar, language), wide, narrow, _data(bar, language))


def range_bar_alternative_text(bar: RangeBar, language: Language) -> str:
    """The range in words, whether zero lies in it, and what would matter."""
    low, high = bar.interval
    zero = say("figures.alt_zero_inside" if low <= 0 <= high else "figures.alt_zero_outside").in_language(language)
    matters = say("front.bar.matters", amount=bar.matters) if bar.smallest else say("front.bar.own_scale")
    said = say(
        "figures.alt_range",
        label=bar.label,
        low=bar.ends[0],
        high=bar.ends[1],
        whom=bar.whom,
        zero=zero,
        matters=matters.in_language(language),
    )
    return alternative_text(said.in_language(language), bar.simulated, language)


def range_bar_svg(bar: RangeBar, width: int, language: Language) -> str:
    """The bar as SVG. A handful of shapes in pixels: a chart library takes a tenth of a second for each, and there are many."""
    middle, half = width / 2, bar.half
    longest = half * _ROOM  # where a bar that is longer is cut

    def at(steps: float) -> float:
        return middle + middle * steps / half

    low, high = (end / bar.step for end in bar.interval)
    left, right = (at(min(max(end, -longest), longest)) for end in (low, high))
    axis = (_BAR_TOP + _BAR_BOTTOM) / 2
    shapes = [
        *([_rect(at(-1), at(1), _BAR_TOP - 7, _BAR_BOTTOM + 7, _GROUND)] if bar.smallest else []),
        _rect(0, width, axis - 0.5, axis + 0.5, QUIET),
        _rect(left, max(right, left + 2), _BAR_TOP, _BAR_BOTTOM, TREATED_COLOUR),
        *([_arrow(left, -1)] if low < -longest else []),
        *([_arrow(right, 1)] if high > longest else []),
        _rect(middle - 1, middle + 1, _BAR_TOP - 7, _BAR_BOTTOM + 7, INK),
        *([] if bar.estimate is None or abs(bar.estimate / bar.step) > longest else [_dot(at(bar.estimate / bar.step), axis)]),
        *_words(bar, width, left, right, language),
    ]
    height = _HEIGHT + (_LINE if bar.simulated else 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true" focusable="false" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{typeface.FAMILIES}" font-size="{FONT_SIZE - 1}">{"".join(shapes)}</svg>'
    )


def _words(bar: RangeBar, width: int, left: float, right: float, language: Language) -> Iterator[str]:
    """The ends of the range above the bar; below it what is left, right and in the middle, and the word for figures that are made up."""
    apart, between = right - left >= _MARK_ROOM, (left + right) / 2
    yield _text(left if apart else between - 6, _MARKS, bar.marks[0], "middle" if apart else "end", INK)
    yield _text(right if apart else between + 6, _MARKS, bar.marks[1], "middle" if apart else "start", INK)
    for side, wished, x, anchor in (("fewer", "decrease", 0, "start"), ("more", "increase", width, "end")):
        key = f"figures.{side}_wished" if bar.desirable == wished else f"figures.{side}"
        yield _text(x, _SIDES, say(key).in_language(language), anchor, QUIET)
    yield _text(width / 2, _SIDES, "0", "middle", QUIET)
    if bar.simulated:
        yield _text(width, _SIDES + _LINE, say("figures.simulated").in_language(language), "end", INK)


def _rect(left: float, right: float, top: float, bottom: float, colour: str) -> str:
    return f'<rect x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" height="{bottom - top:.2f}" fill="{colour}"/>'


def _arrow(x: float, side: int) -> str:
    """The end of a bar that goes on beyond the axis."""
    tip, axis = x + 10 * side, (_BAR_TOP + _BAR_BOTTOM) / 2
    return f'<path d="M{x:.2f},{_BAR_TOP - 4} L{tip:.2f},{axis:.2f} L{x:.2f},{_BAR_BOTTOM + 4} Z" fill="{TREATED_COLOUR}"/>'


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4.5" fill="white" stroke="{INK}" stroke-width="2"/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    return f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def _data(bar: RangeBar, language: Language) -> Data:
    """The numbers drawn, in the unit of the outcome."""
    names = ("low", "estimate", "high", "smallest_difference")
    variables = tuple(Variable(name, say(f"figures.range_{name}").in_language(language), bar.unit) for name in names)
    return Data(variables, ((bar.interval[0], bar.estimate, bar.interval[1], bar.smallest),))
