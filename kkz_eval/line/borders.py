"""The borders of units for the map of a report: GeoJSON beside the contracts, `boundaries/<level>.geojson`, in longitude and latitude.

Belongs here: reading and refusing such a file. Does not belong here: drawing (reporting.figures.map); without a file there is a map of tiles.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from kkz_eval.line import say
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.reporting.inputs import Borders

KEYS = ("AGS", "ags", "RS", "rs", "ARS", "key")
"""Properties that may hold a unit's key, the first that a feature has."""
WEST, EAST, SOUTH, NORTH = 5.0, 10.5, 50.0, 53.0  # around North Rhine-Westphalia

Rings = list[tuple[tuple[float, float], ...]]


def borders_of(folder: Path, level: str, units: Collection[str]) -> Borders | None:
    """The outlines of units of a level; None where the folder has no file for it.

    Raises UserError: no GeoJSON, nobody to credit, other coordinates than degrees, a unit without an outline.
    """
    file = folder / "boundaries" / f"{level}.geojson"
    if not file.exists():
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        features = content["features"]
        found: dict[str, Rings] = {}
        for feature in features:
            key = next((str(feature["properties"][name]) for name in KEYS if feature["properties"].get(name)), "")
            if key in units and feature["geometry"] is not None:
                found.setdefault(key, []).extend(_rings(feature["geometry"]))
    except OSError as error:
        raise UserError("borders_unreadable", package=say.package, file=file.name, reason=reason_of(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError("borders_unreadable", package=say.package, file=file.name, reason=str(error)) from error
    attribution = content.get("attribution")
    if not isinstance(attribution, str) or not attribution.strip():
        raise UserError("borders_without_attribution", package=say.package, file=file.name)
    if any(not (WEST < x < EAST and SOUTH < y < NORTH) for rings in found.values() for ring in rings for x, y in ring):
        raise UserError("borders_not_degrees", package=say.package, file=file.name)
    missing = sorted(set(units) - {key for key, rings in found.items() if rings})
    if missing:
        raise UserError("borders_missing", package=say.package, file=file.name, units=", ".join(missing))
    return Borders(attribution.strip(), {key: tuple(rings) for key, rings in sorted(found.items())})


def _rings(geometry: Mapping[str, Any]) -> Rings:
    """The outer rings; what lies within a hole is drawn by its own outline. Raises KeyError for another kind of geometry."""
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}[geometry["type"]]
    return [tuple((float(corner[0]), float(corner[1])) for corner in polygon[0]) for polygon in polygons]
