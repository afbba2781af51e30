"""The model world in small: fixed effects at the same kind and need find what was planted, by the direct path and by the whole line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from benchmarks.study import direct_estimates, estimates_of_inbox, largest_difference, over_seeds, recovery, study_plan
from kkz_eval.evaluation.plan import Comparison
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.simulation.effects import load_effects

SEEDS = 20  # every tolerance below follows from their number; `make study` has 200
PLANTED = {
    "schulabgaenge_ohne_abschluss": -1.0,
    "schulabgaenge_hochschulreife": 2.0,
    "schulabgaenge_hauptschulabschluss": 0.0,
    "betreuungsquote_u3": 1.5,
    "betreuungsquote_ue3": 1.0,
    "jugendarbeitslosenquote": -0.5,
}
TRUE = {**PLANTED, "sgbii_quote": 0.0, "geburten_je_1000": 0.0, "arbeitslosenquote": 0.0}  # nothing is planted on the context


@pytest.fixture(scope="module")
def direct() -> pd.DataFrame:
    return over_seeds(direct_estimates, range(SEEDS), study_plan())


def test_the_truth_beside_the_estimates_is_what_the_effects_file_plants(direct: pd.DataFrame) -> None:
    assert {entry.indicator: entry.effect for entry in load_effects(None).entries} == PLANTED
    assert direct.groupby("indicator")["truth"].agg(["min", "max"]).to_dict("index") == {
        indicator: {"min": effect, "max": effect} for indicator, effect in TRUE.items()
    }


def test_estimates_are_unbiased_up_to_chance(direct: pd.DataFrame) -> None:
    found = recovery(direct)
    assert {row.indicator for row in found} == set(TRUE)
    assert all(abs(row.bias_in_se) < 4 for row in found), found


def test_intervals_cover_as_often_as_they_say_up_to_chance(direct: pd.DataFrame) -> None:
    lowest = stats.binom.ppf(0.0005, SEEDS, 0.95) / SEEDS
    assert all(row.coverage >= lowest for row in recovery(direct))


def test_without_kind_and_need_the_estimates_are_off(direct: pd.DataFrame) -> None:
    """Day care grew less where the programme started: the two-way plan loses more than the effect."""
    two_way = over_seeds(direct_estimates, range(SEEDS), replace(study_plan(), comparison=Comparison()))
    found = {row.indicator: row for row in recovery(two_way)}
    assert found["betreuungsquote_u3"].bias < -1
    assert found["betreuungsquote_u3"].coverage < 0.3
    assert found["sgbii_quote"].bias_in_se > 4


def test_a_wrong_truth_is_noticed(direct: pd.DataFrame) -> None:
    shifted = recovery(direct.assign(truth=direct["truth"] + 1.0))
    assert all(row.bias_in_se < -4 for row in shifted), shifted


def test_the_whole_line_agrees_with_the_direct_path(direct: pd.DataFrame, finished_model_world: Path, tmp_path: Path) -> None:
    """Of seed 1, which other tests have as files and partly computed; `make study` compares more seeds from their beginning."""
    home = shutil.copytree(finished_model_world / "home", tmp_path / "home", ignore=shutil.ignore_patterns("dagster"))
    settings = Settings(home, finished_model_world / "deliveries", CHECKOUT / "data_contracts")
    whole = estimates_of_inbox(settings, 1, study_plan())
    assert len(whole) == len(TRUE)
    assert largest_difference(whole, direct) < 1e-9
