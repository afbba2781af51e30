"""The study of comparisons in small, one world of it in every detail, and the study that reports quote."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmarks.comparison_worlds import CHOSEN, CITIES, IS_CITY, LEVEL, PRIMARY, SERIES, Study, studied, verdict_on
from benchmarks.study_comparison import SIZES, content_of, study
from kkz_eval.evaluation.inference.assignments import Law
from kkz_eval.evaluation.inference.exact import exact_coefficient
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.verdict.rules import Code, rules
from kkz_eval.evaluation.verdict.study import StudyOfComparisons, study_from, study_of_comparisons
from kkz_eval.simulation.parameters import CARE_INDICATOR

WORLDS = 30
MIRRORED = {Code.DIFFERENCE_DESIRED: Code.DIFFERENCE_UNDESIRED, Code.DIFFERENCE_UNDESIRED: Code.DIFFERENCE_DESIRED}


@pytest.fixture(scope="module")
def small() -> StudyOfComparisons:
    return study(WORLDS, draws=199)


@pytest.fixture(scope="module")
def one() -> Study:
    found = studied(1, 999)
    assert found is not None
    return found


def test_a_world_is_of_thirty_units_chosen_by_need(one: Study) -> None:
    assert (one.world.treated[IS_CITY].sum(), one.world.treated[~IS_CITY].sum(), len(IS_CITY)) == (10, 3, 2 * CITIES)
    assert one.world.need.mean() == pytest.approx(0)
    assert one.world.need.std() == pytest.approx(1)
    gaps = []
    for seed in range(30):
        drawn = studied(seed, 1)
        assert drawn is not None
        world = drawn.world
        gaps.append(
            [world.need[kind & world.treated].mean() - world.need[kind & ~world.treated].mean() for kind in (IS_CITY, ~IS_CITY)]
        )
    assert (np.mean(gaps, axis=0) > 0.2).all()


def test_the_p_value_by_draws_is_that_over_all_assignments_up_to_chance(one: Study) -> None:
    units = ComparedUnits.of(one.world.treated, stratum=(~IS_CITY).astype(int), baseline=one.world.need[:, None])
    column = one.names.index(CARE_INDICATOR)
    exact = exact_coefficient(one.changes[:, column], units, Law(one.fitted.x, one.fitted.theta))
    assert one.chosen.found[0, column] == pytest.approx(exact.observed)
    assert one.chosen.p(column, 0.0) == pytest.approx(exact.p, abs=4 * np.sqrt(0.25 / 999))


def test_the_interval_ends_where_the_test_begins_to_reject(one: Study) -> None:
    for column in range(len(one.names)):
        low, high = one.chosen.interval(column, 1.0)
        assert low < one.chosen.found[0, column] + 1.0 < high
        width = high - low
        for end, outwards in ((low, -0.01), (high, 0.01)):
            assert one.chosen.p(column, 1.0 - (end + outwards * width)) <= LEVEL
            assert one.chosen.p(column, 1.0 - (end - outwards * width)) > LEVEL


@pytest.mark.parametrize("size", sorted(SIZES))
def test_the_mirrored_world_gets_the_mirrored_verdict(one: Study, size: str) -> None:
    for seed in range(4):
        found = studied(seed, 199)
        assert found is not None
        mirrored = replace(found, world=found.world.mirrored())
        for name in PRIMARY:
            effect = 2 * SIZES[size]
            verdict, other = verdict_on(found, name, {name: effect}, 1.0), verdict_on(mirrored, name, {name: -effect}, 1.0)
            assert other.code == MIRRORED.get(verdict.code, verdict.code)
            assert (other.row, other.written_form, other.rating) == (verdict.row, verdict.written_form, verdict.rating)


def test_the_chosen_comparison_keeps_its_level_and_the_earlier_ones_do_not(small: StudyOfComparisons) -> None:
    """In every series up to chance; where trends differ by need and kind (day care), the two-way plan errs most, kind alone less."""
    most = stats.binom.ppf(0.9995, WORLDS, LEVEL) / WORLDS
    assert all(series.law_size <= most for series in small.series.values())
    care = small.series[CARE_INDICATOR]
    assert care.own_test_size["two_way"] > care.own_test_size["kind"] > most >= care.law_size
    assert abs(care.bias[CHOSEN]) < 0.5 < -care.bias["kind"] < -care.bias["two_way"]


def test_more_is_found_where_the_effect_is_larger(small: StudyOfComparisons) -> None:
    for series in small.series.values():
        assert series.power["large"] > 0.5 > series.power["small"]
        assert series.power["large_mirrored"] > 0.5 > series.power["small_mirrored"]
    for name in PRIMARY:
        found = [
            small.series[name].verdicts[size].get("difference_desired:difference", 0.0) for size in ("none", "small", "large")
        ]
        assert found[0] <= 0.05 < found[2]
        assert all(sum(shares.values()) == pytest.approx(1, abs=0.01) for shares in small.series[name].verdicts.values())


def test_a_study_is_kept_as_it_was_found(small: StudyOfComparisons) -> None:
    assert study_from(json.loads(content_of(small))) == small


def test_the_study_that_reports_quote_is_of_the_rules_of_today_and_keeps_the_promise() -> None:
    quoted = study_of_comparisons()
    assert quoted.rules_version == rules().version
    assert quoted.worlds >= 2000
    assert set(quoted.series) == set(SERIES)
    low, high = quoted.law_sizes()
    assert 0.035 < low <= high < 0.065
    assert quoted.largest_size("two_way") > 0.15
    assert quoted.largest_size("kind") > 0.10
    for series in quoted.series.values():
        assert abs(series.bias[CHOSEN]) < 0.1
        assert series.coverage == pytest.approx(0.95, abs=0.015)
        assert series.power["large"] == pytest.approx(series.power["large_mirrored"], abs=0.03)
        assert series.power["small"] == pytest.approx(series.power["small_mirrored"], abs=0.05)
