"""The parts of the Kreise: which there are, how need is spread over them, and how counts of a Kreis are split. No datasets.

A Kreis consists of parts: the programme's towns in it, and the rest. Each part has the cohort of the first programme unit
that covers it, so a Kreis treated in part gets the effect in proportion to its treated parts, and a town's counts are
contained in those of its Kreis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kkz_eval.reference.tables import Kind, Kreis, ProgrammeUnit, kreise, programme_units
from kkz_eval.simulation.parameters import WorldParameters
from kkz_eval.simulation.series import measured_need

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
TRUNCATION = 2.0  # standard deviations; symmetric, so means stay, and no share can leave 0–100 by noise alone


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


def cities() -> npt.NDArray[np.bool_]:
    """Whether each Kreis is a kreisfreie Stadt; the Städteregion is none."""
    return np.array([kreis.kind is Kind.KREISFREIE_STADT for kreis in kreise()])


def needs(rng: np.random.Generator, parts: tuple[Part, ...], p: WorldParameters) -> Floats:
    """Need of each Kreis, in standard deviations over all of them: by kind, and higher where the programme chose.

    A choice with probability ∝ exp(θ · need) moves the mean need of those chosen, normal with variance σ², by θσ².
    """
    measured, is_city = measured_need(), cities()
    sd = measured.sd.of(is_city)
    chosen = np.array([_chosen(kreis, parts, p) for kreis in kreise()])
    of_kind = np.where(is_city, chosen[is_city].mean(), chosen[~is_city].mean())
    mean = measured.mean.of(is_city) + measured.theta * sd**2 * (chosen - of_kind)
    return np.asarray(mean + sd * truncated(rng, sd.shape), dtype=np.float64)


def _chosen(kreis: Kreis, parts: tuple[Part, ...], p: WorldParameters) -> float:
    """How much the programme chose a Kreis by need, 0–1: by the share of its people in treated parts, and less in later years."""
    first = min(unit.cohort for unit in programme_units())
    return sum(
        part.share * (1.0 if part.cohort == first else p.selection_of_later_cohorts)
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
    return np.clip(rng.standard_normal(shape), -TRUNCATION, TRUNCATION)
