"""The model world as a whole: what is drawn, in which order, and how a Kreis and a unit of the programme see it. No files.

Here too: the leavers by certificate, the outcome with the most structure. The other datasets are in surroundings.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kkz_eval.reference.tables import programme_units
from kkz_eval.simulation.effects import Effects
from kkz_eval.simulation.errors import simulation_error
from kkz_eval.simulation.parameters import (
    ABSORBING,
    BIRTHS,
    CARE,
    CARE_INDICATOR,
    CERTIFICATE_INDICATORS,
    CERTIFICATES,
    INDICATORS,
    KITA_INDICATOR,
    LEAVERS,
    MEAN_POPULATION,
    POPULATION,
    UNEMPLOYED_GROUPS,
    UNEMPLOYMENT,
    WELFARE,
    YOUTH_INDICATOR,
    WorldParameters,
)
from kkz_eval.simulation.parts import TRUNCATION, Counts, Floats, Part, cities, kreis_parts, kreis_rows, needs, split, truncated
from kkz_eval.simulation.series import ByKind, draw_errors, measured_series, sampling_variance
from kkz_eval.simulation.surroundings import (
    care_rate_without,
    children_in_care,
    kita_rate_without,
    live_births,
    mean_population,
    persons_on_welfare,
    population,
    unemployed,
    youth_rate_without,
)

_ABSORBING = CERTIFICATES.index(ABSORBING)
_N_CERTIFICATES = len(CERTIFICATES)


@dataclass(frozen=True)
class ModelWorld:
    """What happened in the model world. Axes: part (as in parts), year, then those of the dataset.

    leavers: (part, year). share_without, effect: (part, year, indicator), percent and percentage points.
    counts: by dataset, as official statistics count (certificate × sex, age × sex, age × form, group; births and mean population by sex;
    unemployed and labour force by group); on_top: what municipal deliveries count besides, likewise, of the datasets of which there are any.
    """

    parts: tuple[Part, ...]
    years: tuple[int, ...]
    leavers: Counts
    share_without: Floats
    effect: Floats
    counts: Mapping[str, Counts]
    on_top: Mapping[str, Counts]

    def official(self, dataset: str, kreis_ags5: str) -> Counts:
        """Counts of a Kreis in official statistics; first axis year, then those of the dataset."""
        return np.asarray(self.counts[dataset][self._of(kreis_ags5)].sum(axis=0), dtype=np.int64)

    def delivered(self, dataset: str, unit_id: str) -> Counts:
        """Counts as the programme unit delivers them, same shape. Raises ValueError for a unit that is not in the programme."""
        rows = self.parts_of_unit(unit_id)
        return np.asarray((self.counts[dataset][rows] + self.on_top[dataset][rows]).sum(axis=0), dtype=np.int64)

    def in_unit(self, dataset: str, unit_id: str) -> Counts:
        """Counts of a programme unit as official statistics count, same shape. Raises ValueError for a unit that is not in the programme."""
        return np.asarray(self.counts[dataset][self.parts_of_unit(unit_id)].sum(axis=0), dtype=np.int64)

    def kreis_effect(self, kreis_ags5: str) -> Floats:
        """True effect on the shares of a Kreis in percentage points, shape (year, indicator)."""
        return self._weighted(kreis_ags5, self.effect)

    def kreis_share_without(self, kreis_ags5: str) -> Floats:
        """True shares of a Kreis without the programme in percent, shape (year, indicator)."""
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
        """Mean over the parts of a Kreis, weighted by the denominator of each indicator: leavers, children, the young labour force."""
        rows = self._of(kreis_ags5)
        under_3, from_3 = np.moveaxis(self.counts[POPULATION][rows][:, :, :2].sum(axis=-1), -1, 0)
        young = self.counts[UNEMPLOYMENT][rows][:, :, UNEMPLOYED_GROUPS.index("15_bis_unter_25"), 1]
        weights = np.stack([self.leavers[rows]] * _N_CERTIFICATES + [under_3, from_3, young], axis=-1)
        return np.asarray((values[rows] * weights).sum(axis=0) / weights.sum(axis=0), dtype=np.float64)


def model_world(seed: int, effects: Effects, years: tuple[int, ...], parameters: WorldParameters | None = None) -> ModelWorld:
    """Draw a model world. Deterministic in seed (PCG64); levels, noise and sizes do not depend on the effects.

    years: reporting years, consecutive. Raises UserError where an effect drives a share out of 0–100 percent.
    """
    p = parameters or WorldParameters()
    generators = (np.random.Generator(np.random.PCG64(child)) for child in np.random.SeedSequence(seed).spawn(14))
    levels_rng, time_rng, sizes_rng, counts_rng, evening_rng, people_rng, care_rng, care_counts_rng, welfare_rng, *others = (
        generators
    )
    on_top_rng, births_rng, kita_rng, youth_rng, unemployed_rng = others
    axis = np.array(years, dtype=np.int64)
    parts = kreis_parts()
    of_kreis = kreis_rows(parts)
    effect = np.stack([effects.points(part.cohort, axis) for part in parts])

    need = needs(levels_rng, parts, p)
    levels = _levels(levels_rng, need, parts, of_kreis, p)
    movement = _common_movement(time_rng, axis, p)
    own = _own_movement(time_rng, need, axis, p)
    certificates = levels[:, None, :] + movement[None, :, :] + own[of_kreis]
    rates = (
        care_rate_without(care_rng, need, parts, axis, p),
        kita_rate_without(kita_rng, need, parts, axis, p),
        youth_rate_without(youth_rng, need, parts, axis, p),
    )
    share_without = np.concatenate([certificates, np.stack(rates, axis=-1)], axis=-1)
    shares = share_without + effect
    care_rate, kita_rate, youth_rate = (
        shares[:, :, INDICATORS.index(name)] for name in (CARE_INDICATOR, KITA_INDICATOR, YOUTH_INDICATOR)
    )
    _require_shares(shares, parts, axis)

    level = _leavers_level(sizes_rng, p)
    leavers = _leavers(sizes_rng, level, parts, axis, p)
    people = population(people_rng, level, parts, axis, p)
    mean_people = mean_population(people)
    counts = {
        LEAVERS: _counts(counts_rng, leavers, shares[:, :, :_N_CERTIFICATES], p),
        POPULATION: people,
        CARE: children_in_care(care_counts_rng, people, care_rate, kita_rate, p),
        WELFARE: persons_on_welfare(welfare_rng, people, need, parts, axis, p),
        BIRTHS: live_births(births_rng, people, mean_people, need, parts, axis, p),
        MEAN_POPULATION: mean_people,
        UNEMPLOYMENT: unemployed(unemployed_rng, people, youth_rate, need, parts, axis, p),
    }
    on_top = {
        LEAVERS: evening_rng.binomial(counts[LEAVERS], np.array(p.evening_school)[:, None]).astype(np.int64),
        POPULATION: on_top_rng.binomial(counts[POPULATION], p.registered_on_top).astype(np.int64),
        CARE: on_top_rng.binomial(counts[CARE], p.care_on_top).astype(np.int64),
        WELFARE: on_top_rng.binomial(counts[WELFARE], p.welfare_on_top).astype(np.int64),
    }
    return ModelWorld(parts, years, leavers, share_without, effect, counts, on_top)


def _levels(rng: np.random.Generator, need: Floats, parts: tuple[Part, ...], of_kreis: Counts, p: WorldParameters) -> Floats:
    """Shares of each part around 2012 in percent, shape (part, certificate): softmax of the base, need, and own deviations."""
    kreis_own = p.kreis_logit_sd * truncated(rng, (len(need), _N_CERTIFICATES))
    logits = np.log(np.array(p.shares_2012)) + need[:, None] * np.array(p.need_on_logit) + kreis_own
    weights = np.exp(logits[of_kreis] + p.town_logit_sd * truncated(rng, (len(parts), _N_CERTIFICATES)))
    return np.asarray(100.0 * weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _common_movement(rng: np.random.Generator, axis: Counts, p: WorldParameters) -> Floats:
    """Movement common to all Kreise in points, shape (year, certificate): trend, shocks, and the year of two Abitur cohorts."""
    trend = (axis - 2012)[:, None] * np.array(p.trend)
    shocks = _absorbed(truncated(rng, (len(axis), len(CERTIFICATES))) * np.array(p.common_shock_sd))
    double = (axis == p.double_abitur_year)[:, None] * np.array(p.double_abitur_shift)
    return np.asarray(trend + shocks + double, dtype=np.float64)


def _own_movement(rng: np.random.Generator, need: Floats, axis: Counts, p: WorldParameters) -> Floats:
    """Movement of each Kreis besides the common one in points, shape (Kreis, year, certificate): drift by kind and need, and errors."""
    is_city, leavers = cities(), ByKind(p.leavers_median_city, p.leavers_median_kreis)
    own = p.unmeasured_noise_sd * truncated(rng, (len(need), len(axis), _N_CERTIFICATES))
    for column, (indicator, share) in enumerate(zip(CERTIFICATE_INDICATORS, p.shares_2012, strict=True)):
        series = measured_series().get(indicator)
        if series is not None:
            errors = series.errors(sampling_variance(share, leavers))
            own[:, :, column] = series.drift(is_city, need, axis) + draw_errors(rng, errors, is_city, len(axis), TRUNCATION)
    return _absorbed(own)


def _leavers_level(rng: np.random.Generator, p: WorldParameters) -> Floats:
    """Leavers of each Kreis in an ordinary year around 2012: lognormal around the median of its kind."""
    median = ByKind(p.leavers_median_city, p.leavers_median_kreis).of(cities())
    return np.asarray(median * np.exp(p.leavers_log_sd * truncated(rng, (len(median),))), dtype=np.float64)


def _leavers(rng: np.random.Generator, level: Floats, parts: tuple[Part, ...], axis: Counts, p: WorldParameters) -> Counts:
    """Leavers by part and year."""
    factor = (1.0 + p.leavers_growth) ** (axis - 2012) * np.where(axis == p.double_abitur_year, p.double_abitur_leavers, 1.0)
    wobble = 1.0 + p.leavers_noise_sd * truncated(rng, (len(level), len(axis)))
    return split(np.rint(level[:, None] * factor * wobble).astype(np.int64), parts)


def _counts(rng: np.random.Generator, leavers: Counts, shares: Floats, p: WorldParameters) -> Counts:
    """Multinomial counts over certificate and sex, shape (part, year, certificate, sex)."""
    male = np.array(p.male_share)
    probabilities = np.stack([shares / 100 * male, shares / 100 * (1 - male)], axis=-1)
    flat = probabilities.reshape(*leavers.shape, -1)
    return rng.multinomial(leavers, flat / flat.sum(axis=-1, keepdims=True)).reshape(probabilities.shape).astype(np.int64)


def _require_shares(shares: Floats, parts: tuple[Part, ...], axis: Counts) -> None:
    outside = np.argwhere((shares < 0) | (shares > 100))
    if len(outside):
        part, year, indicator = outside[0]
        raise simulation_error(
            "share_out_of_range",
            indicator=INDICATORS[indicator],
            unit=parts[part].town or parts[part].kreis_ags5,
            year=int(axis[year]),
            value=f"{shares[part, year, indicator]:.2f}",
        )


def _absorbed(points: Floats) -> Floats:
    """Points by certificate (last axis) with the absorbing one taking the rest, so that they sum to zero."""
    balanced = points.copy()
    balanced[..., _ABSORBING] = 0.0
    balanced[..., _ABSORBING] = -balanced.sum(axis=-1)
    return balanced
