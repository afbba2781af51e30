"""Baseline balance: by hand, on the years before the start alone, refused where it can't be said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation import balance
from kkz_eval.evaluation.balance import BALANCE_COLUMNS
from kkz_eval.evaluation.baseline import baseline_of
from kkz_eval.evaluation.plan import EstimatorSpec, Outcome, Plan

PLAN = Plan(
    id="probe",
    outcomes=(Outcome("rate", window=(2009, 2014)),),
    estimators=(EstimatorSpec("twfe", "twfe"),),
    treated_cohorts=(2012,),
)
GROUPS = pd.DataFrame(
    {
        "unit_id": ["t1", "t2", "r1", "r2", "r3", "later", "out"],
        "group": ["treated", "treated", "reference", "reference", "reference", "later", "left_out"],
        "cohort": pd.array([2012, 2012, None, None, None, 2017, None], dtype="Int64"),
    }
)
# Value of the years 2009, 2010, 2011; levels 5, 8 against 2, 4, 6; slopes 1, 2 against 0, 1, −1.
BASELINE = {"t1": (4, 5, 6), "t2": (6, 8, 10), "r1": (2, 2, 2), "r2": (3, 4, 5), "r3": (7, 6, 5), "later": (90, 91, 95)}
LEVEL_SMD = (6.5 - 4) / np.sqrt((4.5 + 4) / 2)  # variances: ((5 − 6.5)² + (8 − 6.5)²) / 1 and (4 + 0 + 4) / 2
TREND_SMD = (1.5 - 0) / np.sqrt((0.5 + 1) / 2)


def balance_of(panel: pd.DataFrame, groups: pd.DataFrame, plan: Plan, weights: pd.Series[float] | None = None) -> pd.DataFrame:
    return balance.balance_of(baseline_of(panel, groups, plan), plan, weights)


def panel_of(values=BASELINE, after=20.0):
    cohorts = dict(zip(GROUPS["unit_id"], GROUPS["cohort"], strict=True))
    rows = [
        (unit, year, "rate", float(value), cohorts[unit])
        for unit, three in values.items()
        for year, value in zip(range(2009, 2015), (*three, after, after + 1, after - 1), strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value", "cohort"])
    return frame.astype({"cohort": "Int64"})


def test_level_and_trend_agree_with_a_calculation_by_hand():
    level, trend = balance_of(panel_of(), GROUPS, PLAN).to_dict("records")
    assert (level["measure"], trend["measure"]) == ("level", "trend")
    assert (level["mean_treated"], level["mean_reference"]) == pytest.approx((6.5, 4))
    assert (level["sd_treated"], level["sd_reference"]) == pytest.approx((np.sqrt(4.5), 2))
    assert level["smd"] == pytest.approx(LEVEL_SMD)
    assert (trend["mean_treated"], trend["mean_reference"]) == pytest.approx((1.5, 0))
    assert trend["smd"] == pytest.approx(TREND_SMD)
    for row in (level, trend):
        assert (row["n_treated"], row["n_reference"], row["status"], row["reason"]) == (2, 3, "ok", "")
        assert (row["first_year"], row["last_year"], row["n_years"]) == (2009, 2011, 3)


def test_values_from_the_start_on_change_nothing():
    pd.testing.assert_frame_equal(balance_of(panel_of(after=-1e6), GROUPS, PLAN), balance_of(panel_of(), GROUPS, PLAN))


def test_values_before_the_window_change_nothing():
    early = panel_of().assign(year=lambda frame: frame["year"] - 6)
    found = balance_of(pd.concat([panel_of(), early], ignore_index=True), GROUPS, PLAN)
    pd.testing.assert_frame_equal(found, balance_of(panel_of(), GROUPS, PLAN))


def test_the_last_baseline_value_counts():
    changed = {**BASELINE, "t1": (4, 5, 9)}
    found = balance_of(panel_of(changed), GROUPS, PLAN)
    assert found.loc[0, "mean_treated"] == pytest.approx(7)
    assert found.loc[1, "mean_treated"] == pytest.approx(2.25)


def test_units_of_neither_group_change_nothing():
    changed = {**BASELINE, "later": (1, 2, 3), "out": (7, 8, 9)}
    pd.testing.assert_frame_equal(balance_of(panel_of(changed), GROUPS, PLAN), balance_of(panel_of(), GROUPS, PLAN))


def test_the_standardised_difference_knows_no_unit():
    scaled = panel_of().assign(value=lambda frame: frame["value"] * 1000 + 7)
    assert balance_of(scaled, GROUPS, PLAN)["smd"].tolist() == pytest.approx([LEVEL_SMD, TREND_SMD])


def test_anticipation_shortens_the_baseline():
    found = balance_of(panel_of(), GROUPS, replace(PLAN, anticipation=1))
    assert found["last_year"].tolist() == [2010, 2010]
    assert found.loc[0, "mean_treated"] == pytest.approx((4.5 + 7) / 2)


def test_all_cohorts_where_the_plan_names_none():
    pd.testing.assert_frame_equal(
        balance_of(panel_of(), GROUPS, replace(PLAN, treated_cohorts=None)), balance_of(panel_of(), GROUPS, PLAN)
    )


def test_a_reference_unit_that_started_earlier_has_no_baseline_from_then_on():
    earlier = GROUPS.assign(cohort=GROUPS["cohort"].where(GROUPS["unit_id"] != "r3", 2011))
    level, trend = balance_of(panel_of(), earlier, PLAN).to_dict("records")
    assert level["mean_reference"] == pytest.approx((2 + 4 + 6.5) / 3)
    assert trend["n_reference"] == 3


def test_missing_values_are_left_out():
    gaps = panel_of()
    gaps.loc[(gaps["unit_id"] == "r1") & (gaps["year"] < 2011), "value"] = np.nan
    level, trend = balance_of(gaps, GROUPS, PLAN).to_dict("records")
    assert (level["n_reference"], trend["n_reference"]) == (3, 2)


@pytest.mark.parametrize(
    ("changed", "plan", "reasons"),
    [
        ({"t1": (4, 5, 6)} | {u: BASELINE[u] for u in ("r1", "r2")}, PLAN, ("few_units", "few_units")),
        (BASELINE, replace(PLAN, treated_cohorts=(2009,)), ("no_baseline", "no_baseline")),
        (BASELINE, replace(PLAN, treated_cohorts=(2010,)), ("", "one_year")),
        (dict.fromkeys(BASELINE, (0.1, 0.2, 0.3)), PLAN, ("no_spread", "no_spread")),
        (BASELINE, replace(PLAN, outcomes=(Outcome("absent"),)), ("no_baseline", "no_baseline")),
    ],
)
def test_what_cannot_be_said_is_refused_with_a_reason(changed, plan, reasons):
    found = balance_of(panel_of(changed), GROUPS, plan)
    assert tuple(found.columns) == BALANCE_COLUMNS
    assert tuple(found["reason"]) == reasons
    for row in found.to_dict("records"):
        assert (row["status"] == "refused") == bool(row["reason"])
        assert pd.isna(row["smd"]) == bool(row["reason"])
