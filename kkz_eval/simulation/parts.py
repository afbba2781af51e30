"""The parts of the Kreise: which there are, how need is spread over them, and how counts of a Kreis are split. No datasets.

A Kreis consists of parts: the programme's towns in it, and the rest. Each part has the cohort of the first programme unit
that covers it, so a Kreis treated in part gets the effect in proportion to its treated parts, and a town's counts are
contained in those of its Kreis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kkz_eval.reference.tables import Kreis, ProgrammeUnit, kreise, programme_units
from kkz_eval.simulation.parameters import WorldParameters

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
_TRUNCATION = 2.0  # standard deviations; symmetric, so means stay, and no share can leave 0–100 by noise alone


@dataclass(frozen=True)
class Part:
    """A town of the programme, or the rest of a Kreis (town None); share of the Kreis' people; cohort None if never treated."""

    kreis_ags5: str
    town: str | None
    share: float
    cohort: int | None


def kreis_parts() -> tuple[Part, ...]:
    """The parts of all Kreise, by key: towns of the programme first, then the rest."""
    parts: list[Part] = []
    for kreis in kreise():
        units = [unit for unit in programme_units() if unit.kreis_ags5 == kreis.ags5]
        of_kreis = min((unit.cohort for unit in units if unit.is_whole_kreis), default=None)
        towns = sorted((unit for unit in units if not unit.is_whole_kreis), key=lambda unit: unit.ags)
        parts += [_town(unit, of_kreis) for unit in towns]
        parts.append(Part(kreis.ags5, None, 1.0 - sum(unit.share_of_kreis_population for unit in towns), of_kreis))
    return tuple(parts)


def _town(unit: ProgrammeUnit, of_kreis: int | None) -> Part:
    """A town is treated from the year in which it, or its whole Kreis, joined first."""
    cohort = unit.cohort if of_kreis is None else min(unit.cohort, of_kreis)
    return Part(unit.kreis_ags5, unit.ags, unit.share_of_kreis_population, cohort)


def kreis_rows(parts: tuple[Part, ...]) -> Counts:
    """Position of the Kreis (in kreise()) of each part."""
    position = {kreis.ags5: row for row, kreis in enumerate(kreise())}
    return np.array([position[part.kreis_ags5] for part in parts], dtype=np.int64)


def needs(rng: np.random.Generator, parts: tuple[Part, ...], p: WorldParameters) -> Floats:
    """Need of each Kreis, in standard deviations."""
    shift = np.array([_need_shift(kreis, parts, p) for kreis in kreise()])
    return np.asarray(shift + truncated(rng, (len(shift),)), dtype=np.float64)


def _need_shift(kreis: Kreis, parts: tuple[Part, ...], p: WorldParameters) -> float:
    """Mean need of a Kreis: the programme chose by need, so it rises with the treated share."""
    first = min(unit.cohort for unit in programme_units())
    return sum(
        part.share * (p.need_of_first_cohort if part.cohort == first else p.need_of_later_cohorts)
        for part in parts
        if part.kreis_ags5 == kreis.ags5 and part.cohort is not None
    )


def split(of_kreis: Counts, parts: tuple[Part, ...]) -> Counts:
    """Counts of the parts from counts of the Kreise (first axis): by the population shares, the rest taking the rounding."""
    rows = kreis_rows(parts)
    axes = (slice(None),) + (None,) * (of_kreis.ndim - 1)
    towns = np.array([part.town is not None for part in parts])[axes]
    shares = np.array([part.share for part in parts])[axes]
    counts = np.where(towns, np.rint(shares * of_kreis[rows]).astype(np.int64), 0)
    in_towns = np.zeros_like(of_kreis)
    np.add.at(in_towns, rows, counts)
    return np.asarray(np.where(towns, counts, (of_kreis - in_towns)[rows]), dtype=np.int64)


def truncated(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Standard normal draws, cut off symmetrically."""
    return np.clip(rng.standard_normal(shape), -_TRUNCATION, _TRUNCATION)
