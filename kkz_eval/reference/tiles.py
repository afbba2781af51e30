"""The map of tiles: where each Kreis stands, and the letters by which people know it. No drawing, no outlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from kkz_eval.reference.register import current_key
from kkz_eval.reference.rows import rows


@dataclass(frozen=True)
class Tile:
    """The place of a Kreis, from the upper left corner, and the letters on its cars."""

    column: int
    row: int
    plate: str


@cache
def tiles() -> Mapping[str, Tile]:
    """The tile of each of the 53 Kreise by its key; no two stand in the same place. A Kreis that took over others and has no tile stands where
    the first of them stood, under the letters of all."""
    table = {row["ags5"]: Tile(int(row["column"]), int(row["row"]), row["plate"]) for row in rows("tiles.csv")}
    found: dict[str, Tile] = {}
    for key, tile in table.items():
        today = current_key(key)
        before = found.get(today)
        if today in table:
            found[today] = table[today]
        else:
            found[today] = tile if before is None else Tile(before.column, before.row, f"{before.plate}/{tile.plate}")
    return MappingProxyType(found)
