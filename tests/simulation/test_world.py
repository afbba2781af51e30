"""The data generating process: sums, nesting, truth and counts agree, and a comparison of like with like recovers the effects."""

from __future__ import annotations

import numpy as np
import pytest
from compared import at_same_kind_and_need

from kkz_eval.model.errors import UserError
from kkz_eval.reference.exposure import Group
from kkz_eval.reference.tables import as_whole_kreis, kreis_of, kreise, programme_units
from kkz_eval.simulation.effects import load_effects, parse_effects
from kkz_eval.simulation.parameters import CERTIFICATE_INDICATORS, INDICATORS, LEAVERS, WorldParameters
from kkz_eval.simulation.parts import kreis_parts
from kkz_eval.simulation.truth import all_groups, att_rows, truth_rows
from kkz_eval.simulation.world import ModelWorld, model_world

YEARS = tuple(range(2006, 2020))
NO_EFFECTS = b"effects_version: 1\neffects: []\n"
OA, HSR, HAUPT = (
    INDICATORS.index(f"schulabgaenge_{name}") for name in ("ohne_abschluss", "hochschulreife", "hauptschulabschluss")
)


@pytest.fixture(scope="module")
def world() -> ModelWorld:
    return model_world(7, load_effects(None), YEARS)


def _shares(world: ModelWorld, kreis: str) -> np.ndarray:
    """Percent by year and certificate in the official counts."""
    counts = world.official(LEAVERS, kreis).sum(axis=2)
    return 100 * counts / counts.sum(axis=1, keepdims=True)


def test_counts_sum_to_the_leavers(world: ModelWorld) -> None:
    assert (world.counts[LEAVERS].sum(axis=(2, 3)) == world.leavers).all()
    assert (world.counts[LEAVERS] >= 0).all()


def test_shares_of_a_kreis_sum_to_100_with_and_without_effects(world: ModelWorld) -> None:
    np.testing.assert_allclose(world.share_without[:, :, :5].sum(axis=2), 100, atol=1e-9)
    np.testing.assert_allclose(world.effect[:, :, :5].sum(axis=2), 0, atol=1e-12)


def test_parts_cover_each_kreis_once() -> None:
    for kreis in kreise():
        assert sum(part.share for part in kreis_parts() if part.kreis_ags5 == kreis.ags5) == pytest.approx(1)
    assert {part.town for part in kreis_parts() if part.town} == {u.ags for u in programme_units() if not u.is_whole_kreis}


def test_a_town_is_treated_from_the_first_unit_that_covers_it() -> None:
    cohorts = {part.town or part.kreis_ags5: part.cohort for part in kreis_parts()}
    assert cohorts["05570004"] == 2012  # Ahlen joined in 2017, Kreis Warendorf in 2012
    assert (cohorts["05562014"], cohorts["05562"]) == (2012, 2017)  # Gladbeck, and the rest of its Kreis
    assert (cohorts["05162024"], cohorts["05162"]) == (2017, None)


def test_a_towns_official_counts_are_contained_in_its_kreis(world: ModelWorld) -> None:
    for unit in programme_units():
        counts = world.counts[LEAVERS][world.parts_of_unit(unit.ags)].sum(axis=0)
        official = world.official(LEAVERS, unit.kreis_ags5)
        assert (counts <= official).all()
        if unit.is_whole_kreis:
            assert (counts == official).all()


def test_a_towns_delivery_never_exceeds_its_kreis(world: ModelWorld) -> None:
    for unit in programme_units():
        if not unit.is_whole_kreis:
            delivered = world.delivered(LEAVERS, unit.ags)
            assert (delivered.sum(axis=(1, 2)) < world.official(LEAVERS, unit.kreis_ags5).sum(axis=(1, 2))).all()
            if any(other.ags == unit.kreis_ags5 for other in programme_units()):
                assert (delivered <= world.delivered(LEAVERS, unit.kreis_ags5)).all()


def test_deliveries_exceed_official_counts_by_the_evening_schools(world: ModelWorld) -> None:
    for unit in programme_units():
        if as_whole_kreis(unit.ags):
            delivered, official = (
                world.delivered(LEAVERS, unit.ags).sum(axis=2),
                world.official(LEAVERS, kreis_of(unit.ags)).sum(axis=2),
            )
            assert (delivered[:, OA] == official[:, OA]).all()
            assert 1.02 < delivered[:, 1:].sum() / official[:, 1:].sum() < 1.04


def test_without_evening_schools_both_sources_agree() -> None:
    world = model_world(7, load_effects(None), YEARS, WorldParameters(evening_school=(0, 0, 0, 0, 0)))
    assert (world.delivered(LEAVERS, "05111000") == world.official(LEAVERS, "05111")).all()


def test_a_partly_treated_kreis_gets_the_effect_of_its_share(world: ModelWorld) -> None:
    after = np.array(YEARS) >= 2017
    neuss = world.kreis_effect("05162")[:, OA]
    np.testing.assert_allclose(neuss[after], -(0.141 + 0.337), atol=2e-3)
    np.testing.assert_allclose(neuss[(np.array(YEARS) >= 2012) & ~after], -0.141, atol=2e-3)
    town = world.parts_of_unit("05162024")
    np.testing.assert_allclose(world.effect[town][0][after, OA], -1.0)


def test_a_never_treated_kreis_has_no_effect(world: ModelWorld) -> None:
    never = [row.kreis_ags5 for row in all_groups() if row.group is Group.NEVER]
    assert all((world.kreis_effect(key) == 0).all() for key in never)


def test_the_exact_zero_is_exact(world: ModelWorld) -> None:
    assert (world.effect[:, :, HAUPT] == 0).all()


def test_levels_noise_and_sizes_do_not_depend_on_the_effects(world: ModelWorld) -> None:
    other = model_world(7, parse_effects(NO_EFFECTS, "none"), YEARS)
    assert (other.share_without == world.share_without).all()
    assert (other.leavers == world.leavers).all()


def test_truth_agrees_with_the_counts_of_a_large_world() -> None:
    big = WorldParameters(leavers_median_city=4e7, leavers_median_kreis=4e7)
    world = model_world(3, load_effects(None), YEARS, big)
    for row in truth_rows(world):
        key, year, indicator, share_with = row[0], int(row[1]), row[2], float(row[6])
        if indicator in CERTIFICATE_INDICATORS:
            assert _shares(world, key)[YEARS.index(year), INDICATORS.index(indicator)] == pytest.approx(share_with, abs=0.05)


def test_treated_kreise_are_needier(world: ModelWorld) -> None:
    means: dict[int | None, list[float]] = {2012: [], None: []}
    for seed in range(10):
        drawn = model_world(seed, parse_effects(NO_EFFECTS, "none"), YEARS)
        for cohort, drawn_means in means.items():
            keys = [row.kreis_ags5 for row in all_groups() if row.group is not Group.LEFT_OUT and row.cohort == cohort]
            drawn_means.append(float(np.mean([drawn.kreis_share_without(key)[:, OA].mean() for key in keys])))
    assert np.mean(means[2012]) > np.mean(means[None]) + 0.3


def test_the_double_abitur_year_dips(world: ModelWorld) -> None:
    mean = np.mean([_shares(world, kreis.ags5)[:, OA] for kreis in kreise()], axis=0)
    dip = YEARS.index(2013)
    assert mean[dip] < min(mean[dip - 1], mean[dip + 1])
    assert world.leavers[:, dip].sum() > 1.1 * world.leavers[:, dip - 1].sum()


@pytest.mark.parametrize(("column", "true"), [(OA, -1.0), (HSR, 2.0), (HAUPT, 0.0)])
def test_a_comparison_at_the_same_kind_and_need_recovers_the_default_effects(column: int, true: float) -> None:
    effects = load_effects(None)
    for cohort in (2012, 2017):
        worlds = [model_world(seed, effects, YEARS) for seed in range(20)]
        estimates = [at_same_kind_and_need(world, cohort, lambda *at: _shares(*at)[:, column]) for world in worlds]
        monte_carlo = float(np.std(estimates, ddof=1)) / np.sqrt(len(estimates))
        assert monte_carlo < 0.3  # small against the effects, so that a wrong sign or size fails
        assert abs(float(np.mean(estimates)) - true) < 3.5 * monte_carlo


def test_growth_and_start_are_counted_from_the_cohort_year() -> None:
    effects = parse_effects(
        b"effects_version: 1\neffects:\n"
        b"  - {indicator: schulabgaenge_ohne_abschluss, cohort: 2012, effect: -0.5, from: 2, growth: -0.1}\n",
        "test",
    )
    points = effects.points(2012, np.array(YEARS))[:, OA]
    np.testing.assert_allclose(points, [0] * 8 + [-0.5, -0.6, -0.7, -0.8, -0.9, -1.0])
    assert (effects.points(2017, np.array(YEARS)) == 0).all()
    assert (effects.points(None, np.array(YEARS)) == 0).all()
    rows = {row[:4]: float(row[4]) for row in att_rows(model_world(1, effects, YEARS))}
    oa = "schulabgaenge_ohne_abschluss"
    assert rows[oa, "2012", "2014", "2014"] == pytest.approx(-0.5)
    assert rows[oa, "2012", "2012", "2019"] == pytest.approx(-4.5 / 8)
    assert rows[oa, "2017", "2017", "2019"] == 0
    assert rows[oa, "all", "2012", "2019"] == pytest.approx(-4.5 * 13 / (13 * 8 + 14 * 3))


def test_an_effect_that_leaves_no_leavers_is_refused() -> None:
    effects = parse_effects(
        b"effects_version: 1\neffects: [{indicator: schulabgaenge_ohne_abschluss, cohort: all, effect: -9}]", "test"
    )
    with pytest.raises(UserError) as caught:
        model_world(1, effects, YEARS)
    assert "schulabgaenge_ohne_abschluss" in caught.value.sentence.in_language("de")
    assert "201" in caught.value.sentence.in_language("de")


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_no_share_leaves_its_range_by_default(seed: int) -> None:
    world = model_world(seed, load_effects(None), tuple(range(2000, 2031)))
    assert (world.share_without > 0).all()


def test_a_unit_outside_the_programme_delivers_nothing(world: ModelWorld) -> None:
    with pytest.raises(ValueError, match="05113000"):
        world.delivered(LEAVERS, "05113000")


def test_the_default_effects_are_a_file_of_the_package() -> None:
    signs = {entry.indicator: np.sign(entry.effect) for entry in load_effects(None).entries}
    assert sorted(signs.values()) == [-1, -1, 0, 1, 1, 1]
    assert load_effects(None).content.startswith(b"#")
