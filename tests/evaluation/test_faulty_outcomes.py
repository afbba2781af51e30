"""Rows of one outcome that cannot be used: it is refused with the lines of the file, and the others are estimated as without it."""

import math

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.effects import exit_code, run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PanelInvalid

PLAN = parse_plan(
    {
        "plan_version": 1,
        "id": "two",
        "outcomes": [{"indicator": "good"}, {"indicator": "bad"}],
        "estimators": [{"id": "twfe", "method": "twfe"}, {"id": "cs", "method": "callaway_santanna"}],
        "weight": "w",
        "languages": ["en"],
    },
    "test",
)


def panel() -> pd.DataFrame:
    """Ten units, six years, two outcomes in turn: rows of `bad` are every second one."""
    draw = np.random.default_rng(5)
    rows = [
        (f"u{unit}", year, indicator, float(draw.normal()), 2012.0 if unit < 4 else math.nan, 1.0)
        for unit in range(10)
        for year in range(2009, 2015)
        for indicator in ("good", "bad")
    ]
    return pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value", "cohort", "w"])


def infinite(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[3, "value"] = math.inf
    return frame


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[[1]]], ignore_index=True)


def negative(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[3, "w"] = -1.0
    return frame


@pytest.mark.parametrize(("spoil", "lines"), [(infinite, ["5"]), (twice, ["122", "3"]), (negative, ["5"])])
def test_one_faulty_outcome_is_refused_and_the_other_goes_on(spoil, lines):
    clean = run_effects(panel(), PLAN).estimates
    result = run_effects(spoil(panel()), PLAN)
    found = result.estimates
    bad = found[found["indicator"] == "bad"]
    assert list(bad["status"]) == ["refused", "refused"]
    assert set(bad["estimator"]) == {"twfe", "cs"}
    assert all(line in bad["message"].iloc[0] for line in lines)
    assert "rows of this outcome cannot be used" in bad["message"].iloc[0]
    assert exit_code(result) == 1
    good = [frame[frame["indicator"] == "good"].reset_index(drop=True) for frame in (found, clean)]
    pd.testing.assert_frame_equal(*good)


@pytest.mark.parametrize("rows", [[2, 3], [2, 3, 4, 5]])
def test_a_panel_of_which_no_outcome_can_be_used_is_invalid(rows):
    frame = panel()
    frame.loc[rows, "value"] = math.inf
    with pytest.raises(PanelInvalid):
        run_effects(frame, PLAN)


def test_faults_of_an_outcome_that_the_plan_does_not_name_make_the_panel_invalid():
    frame = panel()
    other = frame.head(1).assign(indicator="other", value=math.inf)
    with pytest.raises(PanelInvalid):
        run_effects(pd.concat([frame, other], ignore_index=True), PLAN)


def test_a_missing_column_is_a_fault_of_the_panel():
    with pytest.raises(PanelInvalid):
        run_effects(infinite(panel()).drop(columns="w"), PLAN)
