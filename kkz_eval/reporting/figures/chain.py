"""The figure of the chain: reach and verdicts from birth to work, with the text that stands for it. Draws what it is given."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

import altair as alt

from kkz_eval.evaluation.verdict.rules import Code
from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Cell, Data, Figure, Parts
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
)

LINE = 17  # height of a line of words, in pixels
SPINE, WORDS_FROM = 7, 24  # left edge of the chain and of the words beside it
SIGN_ROOM = 20  # between the sign of a verdict and its words
BAR_HEIGHT = 9
OUTCOMES_FROM, OUTCOMES_FROM_NAMES = 0.46, 0.29  # of the width: the verdicts beside the reach, and beside names alone
_SIGNS = {  # shape, filled: told apart without colour, and each has its words beside it
    Code.DIFFERENCE_DESIRED: ("circle", True),
    Code.DIFFERENCE_UNDESIRED: ("square", True),
    Code.NOT_DISTINGUISHABLE: ("circle", False),
    Code.NOT_COMPARABLE: ("cross", False),
    Code.NONE: ("stroke", False),
}


@dataclass(frozen=True)
class OutcomeOnChain:
    """An outcome of the plan: its verdict, and the words for it."""

    verdict: Code
    words: str


@dataclass(frozen=True)
class Link:
    """One stage. reach: per hundred, None where there is no figure; reach_words: what stands beside the bar, or instead, "" for nothing.

    outcomes: () where the plan has none, instead of which `without` stands.
    """

    name: str
    reach: int | None
    reach_words: str
    outcomes: tuple[OutcomeOnChain, ...]
    without: str


@dataclass(frozen=True)
class Chain:
    """What the figure shows, from birth to work. simulated: whether any of it is made up."""

    links: tuple[Link, ...]
    simulated: bool = False


def draw_chain(identifier: str, chain: Chain, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The chain: at each stage a bar for its reach and a sign for each verdict. Raises ValueError without a stage."""
    said, data = chain_alternative_text(chain, language), chain_data(chain, language)
    return drawn(identifier, caption, said, lambda page: chain_chart(chain, page, language), language, data=data, source=source)


def chain_data(chain: Chain, language: Language) -> Data:
    """A row for each outcome of each stage, one for a stage without any. The reach is whole per cent, as drawn: more would give counts away."""
    rows: list[tuple[Cell, ...]] = []
    for link in chain.links:
        told: list[tuple[str | None, str]] = [(outcome.verdict.value, outcome.words) for outcome in link.outcomes]
        told = told or [(None, link.without)]
        rows += [(link.name, link.reach, link.reach_words, verdict, words) for verdict, words in told]
    percent = say("figures.unit_percent").in_language(language)
    units = {"stage": "", "reach": percent, "reach_said": "", "verdict": "", "verdict_said": ""}
    return data_of("chain", units, rows, language)


def chain_alternative_text(chain: Chain, language: Language) -> str:
    """Every stage with its reach and its verdicts in words, from what is plotted."""
    links = "; ".join(
        say("figures.alt_link", name=link.name, said=", ".join(said for said in _said_of(link) if said)).in_language(language)
        for link in chain.links
    )
    key = "figures.alt_chain_with_reach" if any(link.reach_words for link in chain.links) else "figures.alt_chain"
    return alternative_text(say(key, links=links).in_language(language), chain.simulated, language)


def _said_of(link: Link) -> Iterator[str]:
    yield link.reach_words
    yield from (outcome.words for outcome in link.outcomes)
    if not link.outcomes:
        yield link.without


@dataclass(frozen=True)
class _Words:
    """Words at a place, in pixels from the upper left corner of the plot."""

    x: float
    y: float
    text: str
    colour: str = INK


@dataclass(frozen=True)
class _Sign:
    """The sign of a verdict at a place."""

    x: float
    y: float
    verdict: Code


@dataclass
class _Drawing:
    """What is drawn, in pixels: filled stage by stage from the top."""

    width: int
    names: list[_Words]
    words: list[_Words]
    signs: list[_Sign]
    bars: list[tuple[float, float, float]]  # left, right, top
    shares: list[tuple[float, float, float]]
    knots: list[float]
    bottom: float = 0


def chain_chart(chain: Chain, page: Page, language: Language) -> Drawing:
    """The figure as a chart. On a wide page the verdicts stand beside the reach, on a narrow one below it."""
    if not chain.links:
        raise ValueError("nothing to draw for the chain")
    drawing = _Drawing(page.width + page.label_room, [], [], [], [], [], [])
    share = OUTCOMES_FROM if any(link.reach_words for link in chain.links) else OUTCOMES_FROM_NAMES
    for link in chain.links:
        _add(drawing, link, int(drawing.width * share) if page.full_labels else None)
    width, height = drawing.width, int(drawing.bottom)
    scale_x = alt.Scale(domain=[0, width], range=[0, width], nice=False, zero=False)
    scale_y = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    x, y = alt.X("x:Q", scale=scale_x, axis=None), alt.Y("y:Q", scale=scale_y, axis=None)

    def rects(rows: list[tuple[float, float, float]], colour: str) -> alt.Chart:
        bars = on(
            {
                "x": [r[0] for r in rows],
                "x2": [r[1] for r in rows],
                "y": [r[2] for r in rows],
                "y2": [r[2] + BAR_HEIGHT for r in rows],
            }
        )
        return bars.mark_rect(color=colour, opacity=1).encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"))

    layers: list[alt.Chart] = [
        on({"y": [drawing.knots[0]], "y2": [drawing.knots[-1]]})
        .mark_rule(color=QUIET, strokeWidth=2)
        .encode(x=alt.XValue(SPINE), y=y, y2=alt.Y2("y2:Q")),
        on({"y": drawing.knots}).mark_point(fill=QUIET, strokeWidth=0, size=60, opacity=1).encode(x=alt.XValue(SPINE), y=y),
        *([rects(drawing.bars, TRACK), rects(drawing.shares, TREATED_COLOUR)] if drawing.bars else []),
        *(_signs_of(drawing, verdict, x, y) for verdict in _SIGNS if any(sign.verdict is verdict for sign in drawing.signs)),
        _texts(drawing.names, x, y, weight=600),
        _texts(drawing.words, x, y, weight=400),
    ]
    size = replace(page, width=width, height=height, label_room=0)
    return finish(layers, size, chain.simulated, language)


def _add(drawing: _Drawing, link: Link, beside: int | None) -> None:
    """Put a stage below the ones before it. beside: where the column of verdicts begins, None where they stand below."""
    top = drawing.bottom + (9 if drawing.knots else 2)
    column = drawing.width if beside is None else beside
    y = _put(drawing.names, WORDS_FROM, top, link.name, column)
    drawing.knots.append(top + LINE / 2)
    if link.reach is not None:
        right = column - 24
        drawing.bars.append((WORDS_FROM, right, y + 3))
        drawing.shares.append((WORDS_FROM, WORDS_FROM + (right - WORDS_FROM) * link.reach / 100, y + 3))
        y += BAR_HEIGHT + 7
    if link.reach_words:
        y = _put(drawing.words, WORDS_FROM, y, link.reach_words, column)
    other, start = (y, WORDS_FROM) if beside is None else (top, beside)
    for outcome in link.outcomes:
        drawing.signs.append(_Sign(start + 6, other + LINE / 2, outcome.verdict))
        other = _put(drawing.words, start + SIGN_ROOM, other, outcome.words, drawing.width) + 2
    if not link.outcomes and link.without:
        other = _put(drawing.words, start + (0 if beside is None else SIGN_ROOM), other, link.without, drawing.width, QUIET)
    drawing.bottom = max(y, other)


def _put(words: list[_Words], x: float, y: float, text: str, right: float, colour: str = INK) -> float:
    """Put words between x and right, in as many lines as they need; where the next line would begin."""
    lines = textwrap.wrap(text, int((right - x) / PIXELS_PER_LETTER))
    words.append(_Words(x, y, "\n".join(lines), colour))
    return y + LINE * len(lines)


def _texts(words: list[_Words], x: alt.X, y: alt.Y, *, weight: int) -> alt.Chart:
    return (
        on({name: [getattr(one, name) for one in words] for name in ("x", "y", "text", "colour")})
        .mark_text(align="left", baseline="top", lineBreak="\n", lineHeight=LINE, fontSize=FONT_SIZE - 1, fontWeight=weight)
        .encode(x=x, y=y, text=alt.Text("text:N"), color=alt.Color("colour:N", scale=None))
    )


def _signs_of(drawing: _Drawing, verdict: Code, x: alt.X, y: alt.Y) -> alt.Chart:
    shape, filled = _SIGNS[verdict]
    signs = [sign for sign in drawing.signs if sign.verdict is verdict]
    fill = TREATED_COLOUR if filled else "white"
    return (
        on({"x": [sign.x for sign in signs], "y": [sign.y for sign in signs]})
        .mark_point(shape=shape, fill=fill, stroke=TREATED_COLOUR, strokeWidth=2, size=80, opacity=1)
        .encode(x=x, y=y)
    )
