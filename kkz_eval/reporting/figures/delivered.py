"""How much of what is owed holds, by dataset and year, as tiles. Draws what it is given: no choice of datasets, no values that were delivered."""

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
    LATER_FILL,
    PIXELS_PER_LETTER,
    REFERENCE_FILL,
    TRACK,
    Drawing,
    Page,
    alternative_text,
    data_of,
    drawn,
    finish,
    on,
    whole_ticks,
)

LINE, TILE, ROOM = 16, 24, 6  # heights of a line of words, a tile, and the room below it, in pixels


@dataclass(frozen=True)
class Tile:
    """A dataset and a year. owed: by how many units; held: of how many of them something holds."""

    title: str
    year: int
    owed: int
    held: int


@dataclass(frozen=True)
class Delivered:
    """What the figure shows, in the order of the datasets. simulated: whether it is made up."""

    tiles: tuple[Tile, ...]
    simulated: bool = False


def draw_delivered(identifier: str, delivered: Delivered, caption: Parts, language: Language) -> Figure:
    """The figure of what is there. Raises ValueError without a tile."""
    said, data = delivered_alternative_text(delivered, language), delivered_data(delivered, language)
    return drawn(identifier, caption, said, lambda page: delivered_chart(delivered, page, language), language, data=data)


def delivered_alternative_text(delivered: Delivered, language: Language) -> str:
    """Of each dataset how much holds of what is owed over all years."""
    rows = []
    for title in dict.fromkeys(tile.title for tile in delivered.tiles):
        own = [tile for tile in delivered.tiles if tile.title == title]
        held, owed = sum(tile.held for tile in own), sum(tile.owed for tile in own)
        rows.append(say("figures.alt_delivered_row", title=title, held=held, owed=owed).in_language(language))
    return alternative_text(
        say("figures.alt_delivered", rows="; ".join(rows)).in_language(language), delivered.simulated, language
    )


def delivered_data(delivered: Delivered, language: Language) -> Data:
    """Every tile."""
    rows = ((tile.title, tile.year, tile.owed, tile.held) for tile in delivered.tiles)
    return data_of("delivered", dict.fromkeys(("title", "year", "owed", "held"), ""), rows, language)


def delivered_chart(delivered: Delivered, page: Page, language: Language) -> Drawing:
    """A row of tiles for each dataset: all, some or none of what is owed; the numbers in it where there is room. Raises ValueError without a tile."""
    if not delivered.tiles:
        raise ValueError("nothing to draw of what was delivered")
    width = page.width + page.label_room
    years = [tile.year for tile in delivered.tiles if tile.owed] or [tile.year for tile in delivered.tiles]
    first, last = min(years), max(years)
    labels: list[tuple[float, str]] = []
    tops: dict[str, float] = {}
    bottom = 2.0
    for title in dict.fromkeys(tile.title for tile in delivered.tiles):
        is_owed = any(tile.owed for tile in delivered.tiles if tile.title == title)
        label = title if is_owed else say("figures.delivered_nobody", title=title).in_language(language)
        lines = textwrap.wrap(label, int(width / PIXELS_PER_LETTER))
        labels.append((bottom, "\n".join(lines)))
        tops[title] = bottom + LINE * len(lines) + 1
        bottom = tops[title] + (TILE if is_owed else 0) + ROOM
    axis = alt.Axis(values=list(whole_ticks(first, last, width // 40)), format="d", title=None, grid=False)
    x = alt.X("x:Q", scale=alt.Scale(domain=[first - 0.5, last + 0.5], range=[0, width], nice=False, zero=False), axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, bottom], range=[0, bottom], nice=False, zero=False), axis=None)
    layers = [
        on({"y": [top for top, _ in labels], "text": [text for _, text in labels]})
        .mark_text(align="left", baseline="top", lineBreak="\n", lineHeight=LINE, color=INK, fontSize=FONT_SIZE - 1)
        .encode(x=alt.XValue(0), y=y, text=alt.Text("text:N"))
    ]
    for colour in (LATER_FILL, TRACK, REFERENCE_FILL):
        some = [tile for tile in delivered.tiles if tile.owed and _colour(tile) == colour]
        if not some:
            continue
        rows = on(
            {
                "x": [tile.year - 0.47 for tile in some],
                "x2": [tile.year + 0.47 for tile in some],
                "y": [tops[tile.title] for tile in some],
                "y2": [tops[tile.title] + TILE for tile in some],
            }
        )
        layers.append(rows.mark_rect(color=colour, opacity=1).encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q")))
    if page.full_labels:
        told = [tile for tile in delivered.tiles if tile.owed]
        numbers = on(
            {
                "x": [tile.year for tile in told],
                "y": [tops[tile.title] + TILE / 2 for tile in told],
                "text": [str(tile.held) if tile.held == tile.owed else f"{tile.held}/{tile.owed}" for tile in told],
            }
        )
        layers.append(
            numbers.mark_text(baseline="middle", color=INK, fontSize=FONT_SIZE - 1).encode(x=x, y=y, text=alt.Text("text:N"))
        )
    return finish(layers, replace(page, width=width, height=int(bottom), label_room=0), delivered.simulated, language)


def _colour(tile: Tile) -> str:
    """By whether all, some or nothing holds of what is owed."""
    if tile.held == tile.owed:
        return LATER_FILL
    return TRACK if tile.held else REFERENCE_FILL
