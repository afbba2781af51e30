"""Two results are the same where only rounding, digests and words differ, and a cell that differs is named."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.replayed import replayed
from kkz_eval.evaluation.results import EffectsResult, results_files


@pytest.fixture(scope="module")
def found() -> EffectsResult:
    cells = [
        (
            f"u{unit}",
            year,
            "y",
            float(unit * 3 % 5 + (year - 2000) * 0.5 + (2.0 if unit < 3 and year >= 2003 else 0.0) + unit * year % 7),
            2003 if unit < 3 else None,
        )
        for unit in range(8)
        for year in range(2000, 2006)
    ]
    panel = pd.DataFrame(cells, columns=["unit_id", "year", "indicator", "value", "cohort"]).astype({"cohort": "Int64"})
    plan = {
        "plan_version": 1,
        "id": "small",
        "question": "q",
        "seed": 1,
        "outcomes": [{"indicator": "y", "role": "primary"}],
        "estimators": [{"id": "twfe", "method": "twfe"}, {"id": "es", "method": "event_study"}],
    }
    return run_effects(panel, parse_plan(plan, "small"))


def test_what_was_written_is_what_is_found(found: EffectsResult) -> None:
    replay = replayed(results_files(found), found)
    assert not replay.differences
    assert replay.n > 50


def test_rounding_is_no_difference_and_more_is_named(found: EffectsResult) -> None:
    estimates = found.estimates.copy()
    at = estimates.index[estimates["estimator"] == "twfe"][0]
    estimates.loc[at, "estimate"] *= 1 + 1e-10
    assert not replayed(results_files(found), replace(found, estimates=estimates)).differences
    estimates.loc[at, "estimate"] *= 1 + 1e-5
    (one,) = replayed(results_files(found), replace(found, estimates=estimates)).differences
    assert (one.table, one.column) == ("estimates", "estimate")
    assert "twfe" in one.row
    assert float(one.expected) == found.estimates.loc[at, "estimate"]


def test_a_number_that_became_missing_and_a_row_that_is_gone_differ(found: EffectsResult) -> None:
    without = found.estimates.copy()
    without.loc[without.index[0], "std_error"] = float("nan")
    assert [one.column for one in replayed(results_files(found), replace(found, estimates=without)).differences] == ["std_error"]
    shorter = replace(found, estimates=found.estimates.iloc[1:].reset_index(drop=True))
    (gone,) = replayed(results_files(found), shorter).differences
    assert (gone.expected, gone.found) == ("1", "")


def test_digests_of_another_version_are_no_difference(found: EffectsResult) -> None:
    other = found.estimates.assign(code_digest="another", message="in other words")
    assert not replayed(results_files(found), replace(found, estimates=other)).differences
