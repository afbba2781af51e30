"""The data generating processes besides the leavers: population, children in care, persons in SGB II households. No files.

Every function returns counts whose first two axes are part and year, as official statistics count.
"""

from __future__ import annotations

import numpy as np

from kkz_eval.simulation.parameters import AGES, CARE_INDICATOR, WELFARE_INDICATOR, WorldParameters
from kkz_eval.simulation.parts import TRUNCATION, Counts, Floats, Part, cities, kreis_rows, split, truncated
from kkz_eval.simulation.series import ByKind, draw_errors, measured_need, measured_series, measured_years, sampling_variance


def population(
    rng: np.random.Generator, leavers_level: Floats, parts: tuple[Part, ...], axis: Counts, p: WorldParameters
) -> Counts:
    """Persons by age group and sex, shape (part, year, age, sex).

    leavers_level: leavers of each Kreis in an ordinary year around 2012, by which all age groups are scaled.
    """
    n_kreise, n_ages = len(leavers_level), len(p.people_per_leaver)
    level = leavers_level[:, None] * np.array(p.people_per_leaver)
    level = level * np.exp(p.people_kreis_log_sd * truncated(rng, (n_kreise, n_ages)))
    growth = (1.0 + np.array(p.people_growth)) ** (axis - 2012)[:, None]
    wobble = 1.0 + p.people_noise_sd * truncated(rng, (n_kreise, len(axis), n_ages))
    persons = split(np.rint(level[:, None, :] * growth * wobble).astype(np.int64), parts)
    men = rng.binomial(persons, np.array(p.people_male_share))
    return np.stack([men, persons - men], axis=-1).astype(np.int64)


def care_rate_without(
    rng: np.random.Generator, need: Floats, parts: tuple[Part, ...], axis: Counts, p: WorldParameters
) -> Floats:
    """Children under 3 in care without the programme, in percent of the children under 3, shape (part, year).

    Growth is additive in points: common to all Kreise, but for a drift by kind and need. Errors are smaller where there
    are few places, so that no rate falls below 0, and else as large as those of the genuine series.
    """
    rows = kreis_rows(parts)
    level = p.care_on_need * need + p.care_kreis_sd * truncated(rng, (len(need),))
    town = p.care_town_sd * truncated(rng, (len(parts),))
    path = _care_path(axis, p) + p.care_common_shock_sd * truncated(rng, (len(axis),))
    series, usual = measured_series()[CARE_INDICATOR], _care_path(np.arange(measured_years()[0], measured_years()[1] + 1), p)
    errors = series.errors(sampling_variance(float(usual.mean()), _people(p, "unter_3")))
    growing = np.minimum(1.0, _care_path(axis, p) / p.care_errors_grow_until)
    own = series.drift(cities(), need, axis) + growing * draw_errors(rng, errors, cities(), len(axis), TRUNCATION)
    return np.asarray((level[rows] + town)[:, None] + path + own[rows], dtype=np.float64)


def children_in_care(rng: np.random.Generator, people: Counts, rate: Floats, p: WorldParameters) -> Counts:
    """Children in care by age and form, shape (part, year, age of CARE_AGES, form of CARE_FORMS).

    people: as population() gives it; rate: percent of the children under 3, effects included.
    """
    under_3, from_3 = people[:, :, 0].sum(axis=-1), people[:, :, 1].sum(axis=-1)
    young = rng.multinomial(rng.binomial(under_3, rate / 100), p.care_share_by_age)
    older = rng.binomial(from_3, p.care_3_to_6 / 100)
    children = np.concatenate([young, older[:, :, None]], axis=-1)
    small, large = p.care_in_families
    families = rng.binomial(children, np.array([small, small, small, large]))
    return np.stack([children - families, families], axis=-1).astype(np.int64)


def persons_on_welfare(
    rng: np.random.Generator, people: Counts, need: Floats, parts: tuple[Part, ...], axis: Counts, p: WorldParameters
) -> Counts:
    """Persons in SGB II households, shape (part, year, group of WELFARE_GROUPS). The programme has no effect on them."""
    rows = kreis_rows(parts)
    rate = _welfare_rate(rng, need, axis, p)
    persons = rng.binomial(people.sum(axis=(2, 3)), rate[rows] / 100)
    children = rng.binomial(persons, p.welfare_children)
    return np.stack([persons - children, children], axis=-1).astype(np.int64)


def _care_path(axis: Counts, p: WorldParameters) -> Floats:
    """The common growth, in percent of the children under 3."""
    return np.asarray(np.interp(axis, *np.array(p.care_path).T), dtype=np.float64)


def _welfare_rate(rng: np.random.Generator, need: Floats, axis: Counts, p: WorldParameters) -> Floats:
    """Percent of the residents, shape (Kreis, year). Need is what it is in the years by which need is measured; errors grow with it."""
    series, measured, is_city = measured_series()[WELFARE_INDICATOR], measured_need(), cities()
    level = p.welfare_quota + measured.percent_per_sd * need
    usual = p.welfare_quota + measured.percent_per_sd * measured.mean.of(is_city)
    errors = draw_errors(rng, series.errors(), is_city, len(axis), TRUNCATION) * (level / usual)[:, None]
    own = series.drift(is_city, need, axis) + errors
    by_definition = (axis >= measured.years[0]) & (axis <= measured.years[1])
    if by_definition.any():
        own -= own[:, by_definition].mean(axis=1, keepdims=True)
    common = p.welfare_trend * (axis - 2012) + p.welfare_common_shock_sd * truncated(rng, (len(axis),))
    return np.asarray(level[:, None] + common + own, dtype=np.float64)


def _people(p: WorldParameters, age: str) -> ByKind:
    """People of an age group in a Kreis of median size."""
    per_leaver = p.people_per_leaver[AGES.index(age)]
    return ByKind(p.leavers_median_city * per_leaver, p.leavers_median_kreis * per_leaver)
