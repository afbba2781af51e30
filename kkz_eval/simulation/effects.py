"""The effects file: its values, its check with a sentence for every fault. No drawing of numbers, no truth table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import yaml

from kkz_eval.model.reasons import reason_of
from kkz_eval.reference.tables import programme_units
from kkz_eval.simulation.errors import simulation_error
from kkz_eval.simulation.parameters import ABSORBING, CERTIFICATES, INDICATORS

EFFECTS_VERSION = 1
ALL_COHORTS = "all"
_ABSORBING_INDICATOR = f"schulabgaenge_{ABSORBING}"
_REQUIRED = ("indicator", "cohort", "effect")
_ENTRY_KEYS = (*_REQUIRED, "from", "growth")


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
    """The effects of a file, of the package's own where path is None. Raises UserError with what is wrong and where."""
    if path is None:
        content = resources.files("kkz_eval.simulation").joinpath("effects.yaml").read_bytes()
        return parse_effects(content, "effects.yaml")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise simulation_error("effects_not_readable", path=path, reason=reason_of(error)) from error
    return parse_effects(content, str(path))


def parse_effects(content: bytes, name: str) -> Effects:
    """The effects in the bytes of a YAML file; name is shown in errors. Raises UserError."""
    try:
        tree = yaml.safe_load(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise simulation_error("effects_not_utf8", path=name) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise simulation_error("effects_not_yaml", path=name, line=mark.line + 1 if mark else "?") from error
    top = _mapping(tree, name, 0, ("effects_version", "effects"), ("effects_version", "effects"))
    if top["effects_version"] != EFFECTS_VERSION:
        raise simulation_error("effects_version", path=name, value=top["effects_version"], allowed=EFFECTS_VERSION)
    if not isinstance(top["effects"], list):
        raise simulation_error("effects_not_list", path=name)
    entries = tuple(_entry(node, name, number) for number, node in enumerate(top["effects"], start=1))
    _refuse_overlap(entries, name)
    return Effects(entries, content)


def _mapping(node: object, name: str, number: int, allowed: tuple[str, ...], required: tuple[str, ...]) -> Mapping[str, object]:
    """A mapping with the allowed keys only and all required ones; number 0 is the file itself."""
    if not isinstance(node, dict):
        raise simulation_error("effects_not_mapping", path=name, number=number, allowed=", ".join(allowed))
    for key in node:
        if key not in allowed:
            raise simulation_error("effects_unknown_key", path=name, number=number, key=key, allowed=", ".join(allowed))
    for key in required:
        if key not in node:
            raise simulation_error("effects_missing_key", path=name, number=number, key=key)
    return cast(Mapping[str, object], node)


def _entry(node: object, name: str, number: int) -> Effect:
    entry = _mapping(node, name, number, _ENTRY_KEYS, _REQUIRED)
    indicator, cohort = entry["indicator"], entry["cohort"]
    if indicator == _ABSORBING_INDICATOR:
        raise simulation_error("effects_absorbing", path=name, number=number, value=indicator)
    if indicator not in INDICATORS:
        allowed = ", ".join(known for known in INDICATORS if known != _ABSORBING_INDICATOR)
        raise simulation_error("effects_indicator", path=name, number=number, value=indicator, allowed=allowed)
    known = tuple(sorted({unit.cohort for unit in programme_units()}))
    if cohort != ALL_COHORTS and (isinstance(cohort, bool) or cohort not in known):
        allowed = ", ".join([*(str(year) for year in known), ALL_COHORTS])
        raise simulation_error("effects_cohort", path=name, number=number, value=cohort, allowed=allowed)
    start = entry.get("from", 0)
    if isinstance(start, bool) or not isinstance(start, int) or not 0 <= start <= 30:
        raise simulation_error("effects_from", path=name, number=number, value=start)
    return Effect(
        indicator=str(indicator),
        cohorts=known if cohort == ALL_COHORTS else (cast(int, cohort),),
        effect=_points(entry["effect"], name, number, "effect"),
        start=start,
        growth=_points(entry.get("growth", 0), name, number, "growth"),
    )


def _points(value: object, name: str, number: int, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 100:
        raise simulation_error("effects_not_points", path=name, number=number, key=key, value=value)
    return float(value)


def _refuse_overlap(entries: tuple[Effect, ...], name: str) -> None:
    """Two entries for one indicator and cohort would have to be added or replaced: neither is guessed."""
    seen: dict[tuple[str, int], int] = {}
    for number, entry in enumerate(entries, start=1):
        for cohort in entry.cohorts:
            first = seen.setdefault((entry.indicator, cohort), number)
            if first != number:
                raise simulation_error(
                    "effects_overlap", path=name, first=first, number=number, value=entry.indicator, cohort=cohort
                )
