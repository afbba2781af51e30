"""The data generating process: leavers by Kreis part, year, certificate and sex. No files, no truth table.

A Kreis consists of parts: the programme's towns in it, and the rest. Each part has the cohort of the first programme unit
that covers it, so a Kreis treated in part gets the effect in proportion to the leavers of its treated parts, and a town's
counts are contained in those of its Kreis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kkz_eval.reference.tables import Kind, Kreis, ProgrammeUnit, kreise, programme_units
from kkz_eval.simulation.effects import Effects
from kkz_eval.simulation.errors import simulation_error
from kkz_eval.simulation.parameters import ABSORBING, CERTIFICATES, INDICATORS, WorldParameters

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
_ABSORBING = CERTIFICATES.index(ABSORBING)
_TRUNCATION = 2.0  # standard deviations; symmetric, so means stay, and no share can leave 0–100 by noise alone


@dataclass(frozen=True)
class Part:
    """A town of the programme, or the rest of a Kreis (town None); share of the Kreis' leavers; cohort None if never treated."""

    kreis_ags5: str
    town: str | None
    share: float
    cohort: int | None


@dataclass(frozen=True)
class ModelWorld:
    """What happened in the model world. Axes: part (as in parts), year, certificate, sex.

    leavers: (part, year). share_without, effect: (part, year, certificate), percent and percentage points.
    counts: (part, year, certificate, sex), as official statistics count; evening: the leavers that municipal deliveries count on top.
    """

    parts: tuple[Part, ...]
    years: tuple[int, ...]
    leavers: Counts
    share_without: Floats
    effect: Floats
    counts: Counts
    evening: Counts

    def official(self, kreis_ags5: str) -> Counts:
        """Counts of a Kreis in official statistics, shape (year, certificate, sex)."""
        return np.asarray(self.counts[self._of(kreis_ags5)].sum(axis=0), dtype=np.int64)

    def delivered(self, unit_id: str) -> Counts:
        """Counts as the programme unit delivers them, same shape. Raises ValueError for a unit that is not in the programme."""
        rows = self.parts_of_unit(unit_id)
        return np.asarray((self.counts[rows] + self.evening[rows]).sum(axis=0), dtype=np.int64)

    def kreis_effect(self, kreis_ags5: str) -> Floats:
        """True effect on the shares of a Kreis in percentage points, shape (year, certificate)."""
        return self._weighted(kreis_ags5, self.effect)

    def kreis_share_without(self, kreis_ags5: str) -> Floats:
        """True shares of a Kreis without the programme in percent, shape (year, certificate)."""
        return self._weighted(kreis_ags5, self.share_without)

    def parts_of_unit(self, unit_id: str) -> list[int]:
        """Positions of the parts that a programme unit covers. Raises ValueError for a unit that is not in the programme."""
        for unit in programme_units():
            if unit.ags == unit_id:
                rows = self._of(unit.kreis_ags5)
                return rows if unit.is_whole_kreis else [row for row in rows if self.parts[row].town == unit_id]
        raise ValueError(f"{unit_id} is no unit of the programme")

    def _of(self, kreis_ags5: str) -> list[int]:
        return [row for row, part in enumerate(self.parts) if part.kreis_ags5 == kreis_ags5]

    def _weighted(self, kreis_ags5: str, values: Floats) -> Floats:
        rows = self._of(kreis_ags5)
        weights = self.leavers[rows][:, :, None]
        return np.asarray((values[rows] * weights).sum(axis=0) / weights.sum(axis=0), dtype=np.float64)


def model_world(seed: int, effects: Effects, years: tuple[int, ...], parameters: WorldParameters | None = None) -> ModelWorld:
    """Draw a model world. Deterministic in seed (PCG64); levels, noise and sizes do not depend on the effects.

    years: reporting years, consecutive. Raises UserError where an effect drives a share out of 0–100 percent.
    """
    p = parameters or WorldParameters()
    levels_rng, time_rng, sizes_rng, counts_rng, evening_rng = (
        np.random.Generator(np.random.PCG64(child)) for child in np.random.SeedSequence(seed).spawn(5)
    )
    axis = np.array(years, dtype=np.int64)
    parts = kreis_parts()
    kreis_row = {kreis.ags5: row for row, kreis in enumerate(kreise())}
    of_kreis = np.array([kreis_row[part.kreis_ags5] for part in parts])

    levels = _levels(levels_rng, parts, of_kreis, p)
    movement = _common_movement(time_rng, axis, p)
    noise = _absorbed(_truncated(time_rng, (len(kreis_row), len(axis), len(CERTIFICATES))) * np.array(p.noise_sd))
    share_without = levels[:, None, :] + movement[None, :, :] + noise[of_kreis]
    effect = np.stack([effects.points(part.cohort, axis) for part in parts])
    _require_shares(share_without + effect, parts, axis)

    leavers = _leavers(sizes_rng, parts, of_kreis, axis, p)
    counts = _counts(counts_rng, leavers, share_without + effect, p)
    evening = evening_rng.binomial(counts, np.array(p.evening_school)[:, None]).astype(np.int64)
    return ModelWorld(parts, years, leavers, share_without, effect, counts, evening)


def kreis_parts() -> tuple[Part, ...]:
    """The parts of all Kreise, by key: towns of the programme first, then the rest."""
    parts: list[Part] = []
    for kreis in kreise():
        units = [unit for unit in programme_units() if unit.kreis_ags5 == kreis.ags5]
        whole = min((unit.cohort for unit in units if unit.is_whole_kreis), default=None)
        towns = sorted((unit for unit in units if not unit.is_whole_kreis), key=lambda unit: unit.ags)
        parts += [_town(unit, whole) for unit in towns]
        parts.append(Part(kreis.ags5, None, 1.0 - sum(unit.share_of_kreis_population for unit in towns), whole))
    return tuple(parts)


def _town(unit: ProgrammeUnit, whole: int | None) -> Part:
    """A town is treated from the year in which it, or its whole Kreis, joined first."""
    cohort = unit.cohort if whole is None else min(unit.cohort, whole)
    return Part(unit.kreis_ags5, unit.ags, unit.share_of_kreis_population, cohort)


def _levels(rng: np.random.Generator, parts: tuple[Part, ...], of_kreis: npt.NDArray[np.int64], p: WorldParameters) -> Floats:
    """Shares of each part around 2012 in percent, shape (part, certificate): softmax of the base, need, and own deviations."""
    shift = np.array([_need_shift(kreis, parts, p) for kreis in kreise()])
    need = shift + _truncated(rng, (len(shift),))
    kreis_own = p.kreis_logit_sd * _truncated(rng, (len(shift), len(CERTIFICATES)))
    logits = np.log(np.array(p.shares_2012)) + need[:, None] * np.array(p.need_on_logit) + kreis_own
    weights = np.exp(logits[of_kreis] + p.town_logit_sd * _truncated(rng, (len(parts), len(CERTIFICATES))))
    return np.asarray(100.0 * weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _need_shift(kreis: Kreis, parts: tuple[Part, ...], p: WorldParameters) -> float:
    """Mean need of a Kreis: the programme chose by need, so it rises with the treated share."""
    first = min(unit.cohort for unit in programme_units())
    return sum(
        part.share * (p.need_of_first_cohort if part.cohort == first else p.need_of_later_cohorts)
        for part in parts
        if part.kreis_ags5 == kreis.ags5 and part.cohort is not None
    )


def _common_movement(rng: np.random.Generator, axis: npt.NDArray[np.int64], p: WorldParameters) -> Floats:
    """Movement common to all Kreise in points, shape (year, certificate): trend, shocks, and the year of two Abitur cohorts."""
    trend = (axis - 2012)[:, None] * np.array(p.trend)
    shocks = _absorbed(_truncated(rng, (len(axis), len(CERTIFICATES))) * np.array(p.common_shock_sd))
    double = (axis == p.double_abitur_year)[:, None] * np.array(p.double_abitur_shift)
    return np.asarray(trend + shocks + double, dtype=np.float64)


def _leavers(
    rng: np.random.Generator,
    parts: tuple[Part, ...],
    of_kreis: npt.NDArray[np.int64],
    axis: npt.NDArray[np.int64],
    p: WorldParameters,
) -> Counts:
    """Leavers by part and year: a lognormal level by Kreis, split by the population shares, the rest taking the rounding."""
    is_city = np.array([kreis.kind is Kind.KREISFREIE_STADT for kreis in kreise()])
    median = np.where(is_city, p.leavers_median_city, p.leavers_median_kreis)
    level = median * np.exp(p.leavers_log_sd * _truncated(rng, (len(median),)))
    factor = (1.0 + p.leavers_growth) ** (axis - 2012) * np.where(axis == p.double_abitur_year, p.double_abitur_leavers, 1.0)
    wobble = 1.0 + p.leavers_noise_sd * _truncated(rng, (len(median), len(axis)))
    of_kreis_year = np.rint(level[:, None] * factor * wobble).astype(np.int64)
    towns = np.array([part.town is not None for part in parts])
    shares = np.array([part.share for part in parts])
    leavers = np.where(towns[:, None], np.rint(shares[:, None] * of_kreis_year[of_kreis]).astype(np.int64), 0)
    in_towns = np.zeros_like(of_kreis_year)
    np.add.at(in_towns, of_kreis, leavers)
    return np.asarray(np.where(towns[:, None], leavers, (of_kreis_year - in_towns)[of_kreis]), dtype=np.int64)


def _counts(rng: np.random.Generator, leavers: Counts, shares: Floats, p: WorldParameters) -> Counts:
    """Multinomial counts over certificate and sex, shape (part, year, certificate, sex)."""
    male = np.array(p.male_share)
    probabilities = np.stack([shares / 100 * male, shares / 100 * (1 - male)], axis=-1)
    flat = probabilities.reshape(*leavers.shape, -1)
    return rng.multinomial(leavers, flat / flat.sum(axis=-1, keepdims=True)).reshape(probabilities.shape).astype(np.int64)


def _require_shares(shares: Floats, parts: tuple[Part, ...], axis: npt.NDArray[np.int64]) -> None:
    outside = np.argwhere((shares < 0) | (shares > 100))
    if len(outside):
        part, year, certificate = outside[0]
        raise simulation_error(
            "share_out_of_range",
            indicator=INDICATORS[certificate],
            unit=parts[part].town or parts[part].kreis_ags5,
            year=int(axis[year]),
            value=f"{shares[part, year, certificate]:.2f}",
        )


def _absorbed(points: Floats) -> Floats:
    """Points by certificate (last axis) with the absorbing one taking the rest, so that they sum to zero."""
    balanced = points.copy()
    balanced[..., _ABSORBING] = 0.0
    balanced[..., _ABSORBING] = -balanced.sum(axis=-1)
    return balanced


def _truncated(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Standard normal draws, cut off symmetrically."""
    return np.clip(rng.standard_normal(shape), -_TRUNCATION, _TRUNCATION)
