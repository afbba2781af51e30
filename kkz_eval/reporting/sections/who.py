"""The map of who is compared with whom. No names of groups in lists (studied), no comparison."""

from __future__ import annotations

from kkz_eval.model.texts import Language
from kkz_eval.reference.tiles import tiles
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting.document import Block, Paragraph, Quoted, join, phrase
from kkz_eval.reporting.figures.map import Map, Place, draw_map
from kkz_eval.reporting.inputs import ReportInputs

_TILED = "kreis"  # the level whose units have tiles


def map_blocks(inputs: ReportInputs, language: Language) -> tuple[Block, ...]:
    """The map of outlines where there are any, of tiles for Kreise; else that there is none; () without a unit."""
    if inputs.groups.empty:
        return ()
    rows = [
        (str(key), str(name), str(group))
        for key, name, group in zip(inputs.groups["unit_id"], inputs.groups["name"], inputs.groups["group"], strict=True)
    ]
    source = phrase("map.source", language)
    if inputs.borders is not None and all(key in inputs.borders.outlines for key, _, _ in rows):
        outlines = inputs.borders.outlines
        places = tuple(Place(key, name, group, outline=outlines[key]) for key, name, group in rows)
        borders = phrase("map.borders", language, attribution=Quoted(inputs.borders.attribution))
        caption = phrase("map.outlines", language)
        return (draw_map("map.figure", Map(places, inputs.simulated), caption, language, join(source, borders)),)
    known = tiles()
    if inputs.level != _TILED or not all(key in known for key, _, _ in rows):
        return (Paragraph(phrase("map.none", language, units=unit_words(inputs.level, language)["units"]), "note"),)
    tiled = tuple(Place(key, name, group, known[key].plate, (known[key].column, known[key].row)) for key, name, group in rows)
    return (draw_map("map.figure", Map(tiled, inputs.simulated), phrase("map.tiles", language), language, source),)
