"""The effects file: its values, its check with a sentence for every fault. No drawing of numbers, no truth table.

effects.yaml:

    effects_version: 1
    effects:
      - indicator: schulabgaenge_ohne_abschluss
        cohort: 2012                     # year of joining, or all
        effect: -1.0                     # percentage points, from year cohort + from on
        from: 1                          # 0 where left out
        growth: -0.2                     # points more in every year after it; 0 where left out
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kkz_eval.model.edited_files.cursor import Node, root_of
from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.edited_files.reading import parse_edited, read_edited
from kkz_eval.reference.tables import programme_units
from kkz_eval.simulation.parameters import ABSORBING, CERTIFICATES, INDICATORS

EFFECTS_VERSION = 1
ALL_COHORTS = "all"
_ABSORBING_INDICATOR = f"schulabgaenge_{ABSORBING}"
_LATEST_START = 30  # years after joining


class EffectsInvalid(FileInvalid):
    """The effects file can't be used."""

    HEADING, PACKAGE = "effects_invalid", "kkz_eval.simulation"


@dataclass(frozen=True)
class Effect:
    """One entry: `effect` points from year cohort + `start` on, and `growth` points more in every year after it.

    cohorts: years of joining to which it applies.
    """

    indicator: str
    cohorts: tuple[int, ...]
    effect: float
    start: int
    growth: float


@dataclass(frozen=True)
class Effects:
    """A checked effects file. content: its bytes, for the copy beside the deliveries."""

    entries: tuple[Effect, ...]
    content: bytes

    def points(self, cohort: int | None, years: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """True effect in percentage points, shape (years, indicators); zero before the start and for cohort None."""
        points = np.zeros((len(years), len(INDICATORS)))
        for entry in self.entries:
            if cohort is not None and cohort in entry.cohorts:
                since = years - (cohort + entry.start)
                points[:, INDICATORS.index(entry.indicator)] = np.where(since >= 0, entry.effect + entry.growth * since, 0.0)
        points[:, CERTIFICATES.index(ABSORBING)] = -points[:, : len(CERTIFICATES)].sum(axis=1)
        return points


def load_effects(path: Path | None) -> Effects:
    """The effects of a file, of the package's own where path is None. Raises EffectsInvalid."""
    if path is None:
        return parse_effects(resources.files("kkz_eval.simulation").joinpath("effects.yaml").read_bytes(), "effects.yaml")
    return _effects(root_of(read_edited(path, EffectsInvalid)))


def parse_effects(content: bytes, name: str) -> Effects:
    """The effects in the bytes of a YAML file; name is shown in errors. Raises EffectsInvalid."""
    return _effects(root_of(parse_edited(content, name, EffectsInvalid)))


def _effects(root: Node) -> Effects:
    root.mapping(("effects_version", "effects"))
    root.child("effects_version").one_of((EFFECTS_VERSION,))
    places = tuple(root.child("effects").items())
    entries = tuple(_entry(place) for place in places)
    root.settle()
    _refuse_overlap(places, entries)
    return Effects(entries, root.file.content)


def _entry(place: Node) -> Effect:
    place.mapping(("indicator", "cohort", "effect", "from", "growth"))
    known = tuple(sorted({unit.cohort for unit in programme_units()}))
    indicator = place.child("indicator")
    if indicator.value == _ABSORBING_INDICATOR:
        indicator.report("absorbing", value=_ABSORBING_INDICATOR)
    else:
        indicator.one_of([name for name in INDICATORS if name != _ABSORBING_INDICATOR])
    cohort = place.child("cohort").one_of((*known, ALL_COHORTS))
    start, growth = place.optional("from"), place.optional("growth")
    since = 0 if start is None else start.whole_number()
    if start is not None and not 0 <= since <= _LATEST_START:
        start.unexpected(f"0 … {_LATEST_START}")
    return Effect(
        indicator=str(indicator.value),
        cohorts=tuple(year for year in known if cohort in (year, ALL_COHORTS)),
        effect=_points(place.child("effect")),
        start=since,
        growth=0.0 if growth is None else _points(growth),
    )


def _points(place: Node) -> float:
    value = place.number()
    if abs(value) > 100:
        place.unexpected("-100 … 100")
    return float(value)


def _refuse_overlap(places: tuple[Node, ...], entries: tuple[Effect, ...]) -> None:
    """Two entries for one indicator and cohort would have to be added or replaced: neither is guessed."""
    seen: dict[tuple[str, int], Node] = {}
    for place, entry in zip(places, entries, strict=True):
        for cohort in entry.cohorts:
            first = seen.setdefault((entry.indicator, cohort), place)
            if first is not place:
                place.report("overlap", line=first.line, value=entry.indicator, cohort=cohort)
    for place in places:
        place.settle()
