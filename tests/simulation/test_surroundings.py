"""Population, births, day care, SGB II households and unemployment of the model world: sizes, nesting, growth, the planted effects only."""

from __future__ import annotations

import numpy as np
import pytest
from compared import Rate, at_same_kind_and_need, plain, welfare

from kkz_eval.model.errors import UserError
from kkz_eval.reference.exposure import Group, kreis_groups
from kkz_eval.reference.tables import Kind, as_whole_kreis, kreis_of, kreise, programme_units
from kkz_eval.simulation.effects import load_effects, parse_effects
from kkz_eval.simulation.parameters import (
    BIRTHS,
    CARE,
    DATASETS,
    INDICATORS,
    LEAVERS,
    MEAN_POPULATION,
    POPULATION,
    UNEMPLOYED_GROUPS,
    UNEMPLOYMENT,
    WELFARE,
    WorldParameters,
)
from kkz_eval.simulation.truth import truth_rows
from kkz_eval.simulation.world import ModelWorld, model_world

YEARS = tuple(range(2006, 2020))
NO_EFFECTS = b"effects_version: 1\neffects: []\n"
U3, UE3, YOUTH = (INDICATORS.index(name) for name in ("betreuungsquote_u3", "betreuungsquote_ue3", "jugendarbeitslosenquote"))
KEYS = {group: [row.kreis_ags5 for row in kreis_groups() if row.group is group] for group in Group}
TREATED_2012 = [row.kreis_ags5 for row in kreis_groups() if row.cohort == 2012]


@pytest.fixture(scope="module")
def world() -> ModelWorld:
    return model_world(7, load_effects(None), YEARS)


def _coverage(world: ModelWorld, kreis: str) -> np.ndarray:
    """Children under 3 in care in percent of the children under 3, by year, in the official counts."""
    return 100 * world.official(CARE, kreis)[:, :3].sum(axis=(1, 2)) / world.official(POPULATION, kreis)[:, 0].sum(axis=1)


def _kita(world: ModelWorld, kreis: str) -> np.ndarray:
    """The same of the children from 3 to under 6."""
    return 100 * world.official(CARE, kreis)[:, 3].sum(axis=1) / world.official(POPULATION, kreis)[:, 1].sum(axis=1)


def _births(world: ModelWorld, kreis: str) -> np.ndarray:
    """Births per 1,000 of the mean population."""
    return 1000 * world.official(BIRTHS, kreis).sum(axis=1) / world.official(MEAN_POPULATION, kreis).sum(axis=1)


def _of_group(world: ModelWorld, kreis: str, group: str) -> np.ndarray:
    unemployed, labour_force = world.official(UNEMPLOYMENT, kreis)[:, UNEMPLOYED_GROUPS.index(group)].T
    return 100 * unemployed / labour_force


def _youth(world: ModelWorld, kreis: str) -> np.ndarray:
    """Unemployed from 15 to 24 in percent of the labour force of that age."""
    return _of_group(world, kreis, "15_bis_unter_25")


def _unemployment(world: ModelWorld, kreis: str) -> np.ndarray:
    """Unemployed in percent of the labour force."""
    return _of_group(world, kreis, "insgesamt")


def test_a_cohort_of_16_year_olds_is_about_as_large_as_the_leavers(world: ModelWorld) -> None:
    for kreis in kreise():
        cohort = world.official(POPULATION, kreis.ags5)[:, 3].sum() / 3
        leavers = world.official(LEAVERS, kreis.ags5).sum()
        assert 0.85 < cohort / leavers < 1.15


def test_a_kreis_has_the_population_of_a_kreis(world: ModelWorld) -> None:
    sizes = np.array([world.official(POPULATION, kreis.ags5)[6].sum() for kreis in kreise()])
    assert 80_000 < sizes.min() < sizes.max() < 1_000_000
    assert 13e6 < sizes.sum() < 22e6


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_town_is_contained_in_its_kreis_also_as_delivered(world: ModelWorld, dataset: str) -> None:
    assert (world.counts[dataset] >= 0).all()
    for unit in programme_units():
        official = world.official(dataset, unit.kreis_ags5)
        counts = world.counts[dataset][world.parts_of_unit(unit.ags)].sum(axis=0)
        assert (counts <= official).all()
        if not unit.is_whole_kreis:
            assert world.delivered(dataset, unit.ags).sum() < official.sum()
            if any(other.ags == unit.kreis_ags5 for other in programme_units()):
                assert (world.delivered(dataset, unit.ags) <= world.delivered(dataset, unit.kreis_ags5)).all()


@pytest.mark.parametrize(("dataset", "low", "high"), [(POPULATION, 1.007, 1.009), (CARE, 1.008, 1.012), (WELFARE, 1.014, 1.016)])
def test_deliveries_differ_from_official_counts_by_their_definition(
    world: ModelWorld, dataset: str, low: float, high: float
) -> None:
    delivered, official = (
        sum(float(counts.sum()) for counts in each)
        for each in zip(
            *(
                (world.delivered(dataset, unit.ags), world.official(dataset, kreis_of(unit.ags)))
                for unit in programme_units()
                if as_whole_kreis(unit.ags)
            ),
            strict=True,
        )
    )
    assert low < delivered / official < high


def test_day_care_grows_as_it_did(world: ModelWorld) -> None:
    mean = np.mean([_coverage(world, key) for key in KEYS[Group.NEVER]], axis=0)
    assert 4 < mean[0] < 9
    assert 25 < mean[-1] < 32
    assert (np.diff(mean) > 0).all()
    assert np.argmax(np.diff(mean)) in (YEARS.index(2014) - 1, YEARS.index(2013) - 1)  # the claim of August 2013


def test_no_more_children_in_care_than_there_are(world: ModelWorld) -> None:
    care, people = world.counts[CARE].sum(axis=3), world.counts[POPULATION].sum(axis=3)
    assert (care[:, :, :3].sum(axis=2) <= people[:, :, 0]).all()
    assert (care[:, :, 3] <= people[:, :, 1]).all()


@pytest.mark.parametrize(
    ("rate", "true", "off"),
    [
        (_coverage, 1.5, -1),
        (_kita, 1.0, -1),
        (_youth, -0.5, -0.1),
        (_unemployment, 0.0, -0.1),
        (_births, 0.0, 0.1),
        (welfare, 0.0, 0.2),
    ],
    ids=["care", "kita", "youth", "unemployment", "births", "welfare"],
)
def test_like_with_like_finds_the_planted_effect_and_plain_means_do_not(rate: Rate, true: float, off: float) -> None:
    """Day care grew less where need is high, and so where the programme started, and unemployment fell more; the rate of SGB II and
    births grew more there, and in cities. off: by how much plain means miss at the least."""
    effects = load_effects(None)
    worlds = [model_world(seed, effects, YEARS) for seed in range(20)]
    held, means = ([compare(world, 2012, rate) for world in worlds] for compare in (at_same_kind_and_need, plain))
    monte_carlo = float(np.std(held, ddof=1)) / np.sqrt(len(held))
    assert monte_carlo < 0.3
    assert abs(float(np.mean(held)) - true) < 3.5 * monte_carlo
    missed = float(np.mean(means)) - true
    assert abs(missed) > 2.5 * float(np.std(means, ddof=1)) / np.sqrt(len(means))
    assert missed / off > 1


def test_without_effects_there_is_none_and_all_else_is_the_same(world: ModelWorld) -> None:
    other = model_world(7, parse_effects(NO_EFFECTS, "none"), YEARS)
    assert (other.effect == 0).all()
    assert (other.share_without == world.share_without).all()
    for dataset in (POPULATION, WELFARE, BIRTHS, MEAN_POPULATION):
        assert (other.counts[dataset] == world.counts[dataset]).all()
    assert (other.counts[UNEMPLOYMENT][:, :, 0] == world.counts[UNEMPLOYMENT][:, :, 0]).all()  # of all: the negative control


def test_births_are_a_third_of_the_children_under_3_and_the_mean_population_lies_between_two_ends(world: ModelWorld) -> None:
    for kreis in kreise():
        people = world.official(POPULATION, kreis.ags5)
        assert 0.8 < 3 * world.official(BIRTHS, kreis.ags5).sum() / people[:, 0].sum() < 1.3
        at_end, mean = people.sum(axis=(1, 2)), world.official(MEAN_POPULATION, kreis.ags5).sum(axis=1)
        lower, upper = np.minimum(at_end[1:], at_end[:-1]), np.maximum(at_end[1:], at_end[:-1])
        assert ((lower - 20 <= mean[1:]) & (mean[1:] <= upper)).all()  # halves are rounded down, by part and sex


def test_no_group_has_more_unemployed_than_all_and_men_and_women_are_all(world: ModelWorld) -> None:
    unemployed = dict(zip(UNEMPLOYED_GROUPS, np.moveaxis(world.counts[UNEMPLOYMENT][:, :, :, 0], -1, 0), strict=True))
    assert (unemployed["maenner"] + unemployed["frauen"] == unemployed["insgesamt"]).all()
    for counts in unemployed.values():
        assert (counts <= unemployed["insgesamt"]).all()


def test_unemployment_and_day_care_have_the_size_of_genuine_ones(world: ModelWorld) -> None:
    rates = {rate: np.array([rate(world, kreis.ags5) for kreis in kreise()]) for rate in (_youth, _unemployment, _kita, _births)}
    for rate, (low, high) in {_youth: (5, 9), _unemployment: (6, 10), _kita: (84, 94), _births: (7, 10)}.items():
        assert low < rates[rate][:, YEARS.index(2009) :].mean(axis=0).min()
        assert rates[rate][:, YEARS.index(2009) :].mean(axis=0).max() < high


def test_need_is_the_rate_of_sgb_ii_and_cities_and_treated_kreise_have_more() -> None:
    gaps = []
    for seed in range(10):
        world = model_world(seed, parse_effects(NO_EFFECTS, "none"), YEARS)
        rates = {kreis.ags5: welfare(world, kreis.ags5)[1:5].mean() for kreis in kreise()}
        cities = {kreis.ags5 for kreis in kreise() if kreis.kind is Kind.KREISFREIE_STADT}
        inside = [np.mean([rates[key] for key in keys if key in cities]) for keys in (TREATED_2012, KEYS[Group.NEVER])]
        gaps.append((inside[0] - inside[1], np.mean([rates[key] for key in cities]) - np.mean(list(rates.values()))))
    chosen, city = np.mean(gaps, axis=0)
    assert 1.5 < chosen < 3.5  # points: θ of 1.36 by a standard deviation of 0.77 in cities, 3.03 points each
    assert 2 < city < 3.5


def test_the_truth_agrees_with_the_counts_of_a_large_world() -> None:
    big = WorldParameters(leavers_median_city=4e6, leavers_median_kreis=4e6)
    world = model_world(3, load_effects(None), YEARS, big)
    rates = {INDICATORS[U3]: _coverage, INDICATORS[UE3]: _kita, INDICATORS[YOUTH]: _youth}
    found = {(name, kreis.ags5): rate(world, kreis.ags5) for name, rate in rates.items() for kreis in kreise()}
    for key, year, indicator, _, _, effect, with_effect, without in truth_rows(world):
        if indicator in rates:
            assert found[indicator, key][YEARS.index(int(year))] == pytest.approx(float(with_effect), abs=0.1)
            assert float(with_effect) - float(without) == pytest.approx(float(effect), abs=1e-9)


def test_a_partly_treated_kreis_gets_the_effect_of_its_share_of_children(world: ModelWorld) -> None:
    effect = world.kreis_effect("05162")[:, U3]
    np.testing.assert_allclose(effect[[YEARS.index(2012), YEARS.index(2017)]], [1.5 * 0.141, 1.5 * 0.478], atol=4e-3)


def test_an_effect_that_empties_day_care_is_refused() -> None:
    effects = parse_effects(b"effects_version: 1\neffects: [{indicator: betreuungsquote_u3, cohort: all, effect: -40}]", "test")
    with pytest.raises(UserError) as caught:
        model_world(1, effects, YEARS)
    assert "betreuungsquote_u3" in caught.value.sentence.in_language("de")


def test_day_care_that_chance_alone_would_drive_below_zero_stays_above_it() -> None:
    world = model_world(120, load_effects(None), tuple(range(2000, 2024)))
    assert world.share_without[:, :, U3].min() == WorldParameters().care_least > 0


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_rates_stay_in_their_range_by_default(seed: int) -> None:
    world = model_world(seed, load_effects(None), tuple(range(2000, 2031)))
    for column in (U3, UE3, YOUTH):
        assert (world.share_without[:, :, column] > 0).all()
    assert (world.share_without[:, :, UE3] <= WorldParameters().kita_most).all()
    assert world.counts[UNEMPLOYMENT].min() > 0
    assert world.counts[WELFARE].sum(axis=2).min() > 0
