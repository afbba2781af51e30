"""The map of who is compared with whom, of tiles or of outlines, with the text that stands for it. Draws what it is given.

Each group has a lightness, a border and a letter of its own, so that it is told without colour. Does not belong here: where tiles and
outlines come from (reference, line).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import cos, radians

import altair as alt

from kkz_eval.model.texts import Language
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Data, Figure, Parts
from kkz_eval.reporting.figures.canvas import (
    FONT_SIZE,
    INK,
    LATER_FILL,
    QUIET,
    REFERENCE_COLOUR,
    REFERENCE_FILL,
    TREATED_COLOUR,
    Drawing,
    Page,
    alternative_text,
    data_of,
    drawn,
    finish,
    on,
)

Ring = tuple[tuple[float, float], ...]
"""Longitude and latitude of the corners of an outline."""


@dataclass(frozen=True)
class _Look:
    """fill: of the area; ink: of words on it; stroke and dash: of its border."""

    fill: str
    ink: str
    stroke: str
    dash: tuple[int, int]


_LOOKS = {
    "treated": _Look(TREATED_COLOUR, "white", TREATED_COLOUR, (1, 0)),
    "reference": _Look(REFERENCE_FILL, INK, REFERENCE_COLOUR, (1, 0)),
    "later": _Look(LATER_FILL, INK, LATER_FILL, (1, 0)),
    "left_out": _Look("white", QUIET, QUIET, (2, 2)),
}
"""By group, in the order of the key."""
TILE, NARROW_TILE = 36, 26  # side of a tile, in pixels
GAP = 3
KEY_LINE, SWATCH = 24, 16  # height of a line of the key, side of its square
LEAST_FOR_A_LETTER = 260.0  # square pixels of an outline
GRID = 0.5  # corners of outlines are put on a grid of half pixels: common borders stay common, and the picture small


@dataclass(frozen=True)
class Place:
    """A unit: its group; short: letters for its tile; at: column and row of its tile; outline: of a map of outlines, () on one of tiles."""

    key: str
    name: str
    group: str
    short: str = ""
    at: tuple[int, int] = (0, 0)
    outline: tuple[Ring, ...] = ()


@dataclass(frozen=True)
class Map:
    """What the figure shows. simulated: whether the report's figures are made up."""

    places: tuple[Place, ...]
    simulated: bool = False

    @property
    def has_outlines(self) -> bool:
        """Whether it is drawn of outlines; else of tiles."""
        return bool(self.places) and all(place.outline for place in self.places)


def draw_map(identifier: str, shown: Map, caption: Parts, language: Language, source: Parts = ()) -> Figure:
    """The map. Raises ValueError without a place."""
    said, data = map_alternative_text(shown, language), map_data(shown, language)
    return drawn(identifier, caption, said, lambda page: map_chart(shown, page, language), language, data=data, source=source)


def map_alternative_text(shown: Map, language: Language) -> str:
    """The names of each group."""
    groups = " ".join(
        say(
            "figures.alt_group", group=_named(shown, group, language), names=", ".join(sorted(place.name for place in of_group))
        ).in_language(language)
        for group, of_group in _by_group(shown)
    )
    return alternative_text(say("figures.alt_map", groups=groups).in_language(language), shown.simulated, language)


def map_data(shown: Map, language: Language) -> Data:
    """Every unit with its group."""
    rows = sorted((place.key, place.name, say(f"figures.map.{place.group}").in_language(language)) for place in shown.places)
    return data_of("map", {"unit_id": "", "name": "", "group": ""}, rows, language)


def map_chart(shown: Map, page: Page, language: Language) -> Drawing:
    """The map as a chart, its key below. Raises ValueError without a place."""
    if not shown.places:
        raise ValueError("nothing to draw for the map")
    width = page.width + page.label_room
    layers, bottom = _outlines(shown, width, language) if shown.has_outlines else _tiles(shown, page)
    key, height = _key(shown, page, bottom + 14, language)
    return finish([*layers, *key], replace(page, width=width, height=int(height), label_room=0), shown.simulated, language)


def _by_group(shown: Map) -> Iterator[tuple[str, list[Place]]]:
    for group in _LOOKS:
        places = [place for place in shown.places if place.group == group]
        if places:
            yield group, places


def _named(shown: Map, group: str, language: Language) -> str:
    count = sum(place.group == group for place in shown.places)
    return say("figures.map_group", name=say(f"figures.map.{group}").in_language(language), n=count).in_language(language)


def _pixels(page_width: int, height: int) -> tuple[alt.Scale, alt.Scale]:
    return (
        alt.Scale(domain=[0, page_width], range=[0, page_width], nice=False, zero=False),
        alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False),
    )


@dataclass(frozen=True)
class _Square:
    """A square of one group, with letters in it."""

    left: float
    top: float
    text: str
    group: str


def _squares(squares: Sequence[_Square], side: float, size: float, width: int) -> Iterator[alt.Chart]:
    """Squares and what stands in them. width: of the figure; a pixel is a pixel."""
    across, down = _pixels(width, 1000)
    x, y = alt.X("x:Q", scale=across, axis=None), alt.Y("y:Q", scale=down, axis=None)
    for group, look in _LOOKS.items():
        some = [square for square in squares if square.group == group]
        if not some:
            continue
        yield (
            on(
                {
                    "x": [one.left for one in some],
                    "x2": [one.left + side for one in some],
                    "y": [one.top for one in some],
                    "y2": [one.top + side for one in some],
                }
            )
            .mark_rect(fill=look.fill, stroke=look.stroke, strokeWidth=1.6, strokeDash=list(look.dash), opacity=1)
            .encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"))
        )
        yield (
            on(
                {
                    "x": [one.left + side / 2 for one in some],
                    "y": [one.top + side / 2 for one in some],
                    "text": [one.text for one in some],
                }
            )
            .mark_text(align="center", baseline="middle", color=look.ink, fontSize=size, fontWeight=600)
            .encode(x=x, y=y, text=alt.Text("text:N"))
        )


def _tiles(shown: Map, page: Page) -> tuple[list[alt.Chart], float]:
    side, size = (TILE, 13.0) if page.full_labels else (NARROW_TILE, 10.5)
    width = page.width + page.label_room
    columns = max(place.at[0] for place in shown.places) + 1
    step = side + GAP if page.full_labels else min(side + GAP, (width - 2) / columns)
    side = int(step) - GAP if step < side + GAP else side
    left = max(1.0, (width - columns * step) / 2)
    squares = [_Square(left + place.at[0] * step, 2 + place.at[1] * step, place.short, place.group) for place in shown.places]
    return [*_squares(squares, side, size, width)], max(square.top for square in squares) + side


def _outlines(shown: Map, width: int, language: Language) -> tuple[list[alt.Chart], float]:
    corners = [corner for place in shown.places for ring in place.outline for corner in ring]
    west, east = min(corner[0] for corner in corners), max(corner[0] for corner in corners)
    south, north = min(corner[1] for corner in corners), max(corner[1] for corner in corners)
    narrower = cos(radians((south + north) / 2))  # a degree of longitude, against one of latitude
    scale = min((width - 4) / ((east - west) * narrower), 360 / (north - south))
    left = (width - (east - west) * narrower * scale) / 2

    def at(corner: tuple[float, float]) -> tuple[float, float]:
        across, down = left + (corner[0] - west) * narrower * scale, 2 + (north - corner[1]) * scale
        return round(across / GRID) * GRID, round(down / GRID) * GRID

    layers: list[alt.Chart] = []
    letters: list[tuple[float, float, str, str]] = []
    for group, places in _by_group(shown):
        look = _LOOKS[group]
        shapes = [_shape(place, at) for place in places]
        layers.append(
            alt.Chart(alt.InlineData(values=[{"type": "Feature", "geometry": shape, "properties": {}} for shape in shapes]))
            .mark_geoshape(fill=look.fill, stroke="white" if group == "treated" else INK, strokeWidth=0.7)
            .project(type="identity", scale=1, translate=[0, 0])
        )
        letter = say(f"figures.map_letter.{group}").in_language(language)
        for shape in shapes:
            largest = max((ring for polygon in shape["coordinates"] for ring in polygon), key=_area)
            if _area(largest) >= LEAST_FOR_A_LETTER:
                letters.append((*_middle(largest), letter, look.ink))
    bottom = 2 + (north - south) * scale
    if letters:
        across, down = _pixels(width, 1000)
        x, y, text, ink = zip(*letters, strict=True)
        layers.append(
            on({"x": x, "y": y, "text": text, "ink": ink})
            .mark_text(align="center", baseline="middle", fontSize=FONT_SIZE - 1, fontWeight=600)
            .encode(
                x=alt.X("x:Q", scale=across, axis=None),
                y=alt.Y("y:Q", scale=down, axis=None),
                text=alt.Text("text:N"),
                color=alt.Color("ink:N", scale=None),
            )
        )
    return layers, bottom


def _shape(
    place: Place, at: Callable[[tuple[float, float]], tuple[float, float]]
) -> dict[str, list[list[list[tuple[float, float]]]]]:
    """The outline in pixels, without corners that fall on the one before; what is smaller than a grid cell falls away."""
    polygons = []
    for ring in place.outline:
        corners: list[tuple[float, float]] = []
        for corner in map(at, ring):
            if not corners or corner != corners[-1]:
                corners.append(corner)
        if len(corners) > 3:
            # d3 fills what lies to the right of a ring: clockwise on the screen
            polygons.append([corners if _signed(corners) > 0 else corners[::-1]])
    return {"type": "MultiPolygon", "coordinates": polygons}  # type: ignore[dict-item]


def _signed(ring: Sequence[tuple[float, float]]) -> float:
    return sum(one[0] * other[1] - other[0] * one[1] for one, other in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def _area(ring: Sequence[tuple[float, float]]) -> float:
    return abs(_signed(ring))


def _middle(ring: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The centroid of a ring."""
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    crossed = [one[0] * other[1] - other[0] * one[1] for one, other in pairs]
    six = 3 * sum(crossed)
    across = sum((one[0] + other[0]) * part for (one, other), part in zip(pairs, crossed, strict=True)) / six
    down = sum((one[1] + other[1]) * part for (one, other), part in zip(pairs, crossed, strict=True)) / six
    return across, down


def _key(shown: Map, page: Page, top: float, language: Language) -> tuple[list[alt.Chart], float]:
    """A square for each group with its letter, and its name and number of units beside it."""
    width, columns = page.width + page.label_room, 2 if page.full_labels else 1
    squares, words = [], []
    for place, (group, _) in enumerate(_by_group(shown)):
        left, line = (place % columns) * width / columns + 2, top + (place // columns) * KEY_LINE
        letter = say(f"figures.map_letter.{group}").in_language(language)
        squares.append(_Square(left, line, letter, group))
        words.append((left + SWATCH + 8, line + SWATCH / 2, _named(shown, group, language)))
    across, down = _pixels(width, 1000)
    x, y, text = zip(*words, strict=True)
    named = (
        on({"x": x, "y": y, "text": text})
        .mark_text(align="left", baseline="middle", color=INK, fontSize=FONT_SIZE)
        .encode(x=alt.X("x:Q", scale=across, axis=None), y=alt.Y("y:Q", scale=down, axis=None), text=alt.Text("text:N"))
    )
    bottom = max(square.top for square in squares) + SWATCH + 4
    return [*_squares(squares, SWATCH, FONT_SIZE - 2, width), named], bottom
