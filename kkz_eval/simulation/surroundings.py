"""The data generating processes besides the leavers: population, births, day care, SGB II households, unemployment. No files.

Every function returns counts whose first two axes are part and year, as official statistics count.
"""

from __future__ import annotations

import numpy as np

from kkz_eval.simulation.parameters import (
    AGES,
    BIRTH_INDICATOR,
    CARE_INDICATOR,
    KITA_INDICATOR,
    UNEMPLOYED_GROUPS,
    UNEMPLOYMENT_INDICATOR,
    WELFARE_INDICATOR,
    YOUTH_INDICATOR,
    WorldParameters,
)
from kkz_eval.simulation.parts import TRUNCATION, Counts, Floats, Part, cities, kreis_rows, split, truncated
from kkz_eval.simulation.series import ByKind, Series, draw_errors, measured_need, measured_series, sampling_variance

_Path = tuple[tuple[int, float], ...]  # (year, value) of a common movement, linear in between


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


def mean_population(people: Counts) -> Counts:
    """Mean of the beginning and the end of each year, shape (part, year, sex). people: as population() gives it, at the end.

    The first year's beginning is not drawn: its end stands for it.
    """
    at_end = people.sum(axis=2)
    at_start = np.concatenate([at_end[:, :1], at_end[:, :-1]], axis=1)
    return np.asarray((at_start + at_end) // 2, dtype=np.int64)


def live_births(
    rng: np.random.Generator,
    people: Counts,
    mean_people: Counts,
    need: Floats,
    parts: tuple[Part, ...],
    axis: Counts,
    p: WorldParameters,
) -> Counts:
    """Births by sex, shape (part, year, sex): in the mean a third of the children under 3. The programme has no effect on them."""
    of_kreis = kreis_rows(parts)
    series, residents = measured_series()[BIRTH_INDICATOR], mean_people.sum(axis=2)
    children, all_ages = np.zeros(len(need)), np.zeros(len(need))
    np.add.at(children, of_kreis, people[:, :, 0].sum(axis=(1, 2)))
    np.add.at(all_ages, of_kreis, residents.sum(axis=1))
    level = 1000 * children / 3 / all_ages
    errors = series.errors(sampling_variance(float(level.mean()), _share_of_residents(p, 1.0), per=1000.0))
    common = _along(p.birth_path, axis) + p.birth_common_shock_sd * truncated(rng, (len(axis),))
    own = series.drift(cities(), need, axis) + draw_errors(rng, errors, cities(), len(axis), TRUNCATION)
    rate = level[:, None] + common + own
    births = rng.binomial(residents, rate[of_kreis] / 1000)
    boys = rng.binomial(births, p.birth_male_share)
    return np.stack([boys, births - boys], axis=-1).astype(np.int64)


def care_rate_without(
    rng: np.random.Generator, need: Floats, parts: tuple[Part, ...], axis: Counts, p: WorldParameters
) -> Floats:
    """Children under 3 in care without the programme, in percent of the children under 3, shape (part, year); at least care_least.

    Growth is additive in points: common to all Kreise, but for a drift by kind and need. Errors are smaller where there
    are few places, and else as large as those of the genuine series.
    """
    rows = kreis_rows(parts)
    level = p.care_on_need * need + p.care_kreis_sd * truncated(rng, (len(need),))
    town = p.care_town_sd * truncated(rng, (len(parts),))
    path = _along(p.care_path, axis) + p.care_common_shock_sd * truncated(rng, (len(axis),))
    series = measured_series()[CARE_INDICATOR]
    errors = series.errors(sampling_variance(_usual(p.care_path, series), _people(p, "unter_3")))
    growing = np.minimum(1.0, _along(p.care_path, axis) / p.care_errors_grow_until)
    own = series.drift(cities(), need, axis) + growing * draw_errors(rng, errors, cities(), len(axis), TRUNCATION)
    return np.asarray(np.maximum((level[rows] + town)[:, None] + path + own[rows], p.care_least), dtype=np.float64)


def kita_rate_without(
    rng: np.random.Generator, need: Floats, parts: tuple[Part, ...], axis: Counts, p: WorldParameters
) -> Floats:
    """Children from 3 to under 6 in care without the programme, in percent of those of that age, shape (part, year); at most kita_most."""
    rows, series = kreis_rows(parts), measured_series()[KITA_INDICATOR]
    level = p.kita_on_need * need + p.kita_kreis_sd * truncated(rng, (len(need),))
    town = p.kita_town_sd * truncated(rng, (len(parts),))
    path = _along(p.kita_path, axis) + p.kita_common_shock_sd * truncated(rng, (len(axis),))
    errors = series.errors(sampling_variance(_usual(p.kita_path, series), _people(p, "3_bis_unter_6")))
    own = series.drift(cities(), need, axis) + draw_errors(rng, errors, cities(), len(axis), TRUNCATION)
    return np.asarray(np.minimum((level[rows] + town)[:, None] + path + own[rows], p.kita_most), dtype=np.float64)


def children_in_care(
    rng: np.random.Generator, people: Counts, young_rate: Floats, older_rate: Floats, p: WorldParameters
) -> Counts:
    """Children in care by age and form, shape (part, year, age of CARE_AGES, form of CARE_FORMS).

    people: as population() gives it; young_rate, older_rate: percent of the children under 3, and from 3 to under 6, effects included.
    """
    under_3, from_3 = people[:, :, 0].sum(axis=-1), people[:, :, 1].sum(axis=-1)
    young = rng.multinomial(rng.binomial(under_3, young_rate / 100), p.care_share_by_age)
    older = rng.binomial(from_3, older_rate / 100)
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


def youth_rate_without(
    rng: np.random.Generator, need: Floats, parts: tuple[Part, ...], axis: Counts, p: WorldParameters
) -> Floats:
    """Unemployed from 15 to 24 without the programme, in percent of the labour force of that age, shape (part, year)."""
    own = p.youth_kreis_sd * truncated(rng, (len(need),))
    town = p.youth_town_sd * truncated(rng, (len(parts),))
    labour_force = p.labour_force[UNEMPLOYED_GROUPS.index("15_bis_unter_25")]
    rate = _unemployment_rate(rng, YOUTH_INDICATOR, p.youth_path, p.youth_on_need, own, labour_force, need, axis, p)
    return np.asarray(rate[kreis_rows(parts)] + town[:, None], dtype=np.float64)


def unemployed(
    rng: np.random.Generator,
    people: Counts,
    youth_rate: Floats,
    need: Floats,
    parts: tuple[Part, ...],
    axis: Counts,
    p: WorldParameters,
) -> Counts:
    """The unemployed, and the labour force, by group, shape (part, year, group of UNEMPLOYED_GROUPS, 2).

    youth_rate: percent of those from 15 to 24, effects included. The rate of all does not depend on it: what the programme moves
    among the young is made up for by others.
    """
    labour_force = np.rint(people.sum(axis=(2, 3))[:, :, None] * np.array(p.labour_force)).astype(np.int64)
    own = p.unemployment_kreis_sd * truncated(rng, (len(need),))
    rate = _unemployment_rate(
        rng, UNEMPLOYMENT_INDICATOR, p.unemployment_path, p.unemployment_on_need, own, p.labour_force[0], need, axis, p
    )
    everyone = rng.binomial(labour_force[:, :, 0], rate[kreis_rows(parts)] / 100)
    young = rng.binomial(labour_force[:, :, UNEMPLOYED_GROUPS.index("15_bis_unter_25")], youth_rate / 100)
    men, near_the_end, foreign = np.moveaxis(rng.binomial(everyone[:, :, None], np.array(p.unemployment_of_groups)), -1, 0)
    by_group = np.stack([everyone, men, everyone - men, young, near_the_end, foreign], axis=-1)
    return np.stack([by_group, labour_force], axis=-1).astype(np.int64)


def _unemployment_rate(
    rng: np.random.Generator,
    indicator: str,
    common_path: _Path,
    on_need: float,
    own_level: Floats,
    labour_force: float,
    need: Floats,
    axis: Counts,
    p: WorldParameters,
) -> Floats:
    """Percent of a labour force, shape (Kreis, year). Levels are proportional to need as of 2012, movements additive in points.

    own_level: of each Kreis, in points; labour_force: of the population. Errors are smaller where few are unemployed, so that no rate
    falls below 0, and else as large as those of the genuine series.
    """
    series = measured_series()[indicator]
    in_2012 = float(_along(common_path, np.array([2012]))[0])
    level = in_2012 * np.expm1(on_need * need) + own_level
    common = _along(common_path, axis) + p.unemployment_common_shock_sd * truncated(rng, (len(axis),))
    usual = level[:, None] + common + series.drift(cities(), need, axis)
    errors = series.errors(sampling_variance(in_2012, _share_of_residents(p, labour_force)))
    growing = np.minimum(1.0, usual / p.unemployment_errors_grow_until)
    return np.asarray(usual + growing * draw_errors(rng, errors, cities(), len(axis), TRUNCATION), dtype=np.float64)


def _along(path: _Path, axis: Counts) -> Floats:
    """The common movement in each year."""
    return np.asarray(np.interp(axis, *np.array(path).T), dtype=np.float64)


def _usual(path: _Path, series: Series) -> float:
    """Mean of the common movement over the years in which a series was measured."""
    return float(_along(path, np.arange(series.years[0], series.years[1] + 1)).mean())


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


def _share_of_residents(p: WorldParameters, share: float) -> ByKind:
    """A share of the residents of a Kreis of median size."""
    per_leaver = share * sum(p.people_per_leaver)
    return ByKind(p.leavers_median_city * per_leaver, p.leavers_median_kreis * per_leaver)
