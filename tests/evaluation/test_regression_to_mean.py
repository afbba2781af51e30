"""What levels alone let expect: against NumPy's correlation, and found where it was built in; treated values after play no part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.plan import EstimatorSpec, Outcome, Plan
from kkz_eval.evaluation.regression_to_mean import regression_to_mean

PLAN = Plan("p", (Outcome("y", window=(2008, 2015)),), (EstimatorSpec("twfe", "twfe"),), treated_cohorts=(2012,))
UNITS = [f"t{n}" for n in range(6)] + [f"r{n:02d}" for n in range(20)]
GROUPS = pd.DataFrame(
    {
        "unit_id": UNITS,
        "group": ["treated"] * 6 + ["reference"] * 20,
        "cohort": pd.array([2012] * 6 + [None] * 20, dtype="Int64"),
    }
)


def _panel(pull: float, noise: float = 0.0, effect: float = 0.0) -> pd.DataFrame:
    """Levels of their own, which come closer to 10 by the share `pull` from 2012 on."""
    draw = np.random.default_rng(2)
    level = dict(zip(UNITS, draw.normal(10, 2, size=26) + 3 * (GROUPS["group"] == "treated").to_numpy(), strict=True))
    rows = []
    for unit in UNITS:
        for year in range(2008, 2016):
            later = year >= 2012
            value = (
                level[unit] - later * pull * (level[unit] - 10) + later * effect * unit.startswith("t") + noise * draw.normal()
            )
            rows.append((unit, year, "y", value))
    return pd.DataFrame(rows, columns=["unit_id", "year", "indicator", "value"])


def test_a_pull_to_the_middle_that_was_built_in_is_found() -> None:
    row = regression_to_mean(_panel(0.4), GROUPS, PLAN).iloc[0]
    means = _panel(0.4).query("year < 2012").groupby("unit_id")["value"].mean()
    gap = means[means.index.str.startswith("t")].mean() - means[means.index.str.startswith("r")].mean()
    assert (row["slope"], row["correlation"]) == (pytest.approx(-0.4), pytest.approx(-1))
    assert row["expected"] == pytest.approx(-0.4 * gap)
    assert (row["first_year"], row["last_year"], row["n_reference"]) == (2012, 2015, 20)


def test_noise_alone_shows_as_regression_to_the_mean() -> None:
    draw = np.random.default_rng(1)
    panel = _panel(0).assign(value=draw.normal(size=26 * 8))
    assert regression_to_mean(panel, GROUPS, PLAN).iloc[0]["slope"] == pytest.approx(-1, abs=0.35)


def test_figures_agree_with_numpy() -> None:
    panel = _panel(0.2, noise=1.0)
    row = regression_to_mean(panel, GROUPS, PLAN).iloc[0]
    means = panel.assign(later=panel["year"] >= 2012).groupby(["unit_id", "later"])["value"].mean().unstack()
    reference = means[means.index.str.startswith("r")]
    change = reference[True] - reference[False]
    assert row["correlation"] == pytest.approx(np.corrcoef(reference[False], change)[0, 1])
    assert row["slope"] == pytest.approx(np.polyfit(reference[False], change, 1)[0])


def test_an_effect_on_the_treated_changes_nothing() -> None:
    pd.testing.assert_frame_equal(
        regression_to_mean(_panel(0.3, effect=9.0), GROUPS, PLAN), regression_to_mean(_panel(0.3), GROUPS, PLAN)
    )


def test_weights_that_close_the_gap_leave_nothing_to_expect() -> None:
    weights = pd.Series(0.0, index=UNITS)
    panel = _panel(0.4)
    means = panel.query("year < 2012").groupby("unit_id")["value"].mean()
    weights["t0"] = 1.0
    nearest = (means[means.index.str.startswith("r")] - means["t0"]).abs().idxmin()
    weights[nearest] = 1.0
    row = regression_to_mean(panel, GROUPS, PLAN, weights).iloc[0]
    assert row["gap_after"] == pytest.approx(means["t0"] - means[nearest])
    assert row["expected_after"] == pytest.approx(-0.4 * row["gap_after"])


def test_values_of_a_reference_unit_from_its_own_start_on_do_not_count() -> None:
    groups = GROUPS.assign(cohort=GROUPS["cohort"].where(GROUPS["unit_id"] != "r00", 2014))
    panel = _panel(0.4)
    changed = panel.assign(value=panel["value"].where((panel["unit_id"] != "r00") | (panel["year"] < 2014), 999.0))
    plan = replace(PLAN, reference="not_yet")
    pd.testing.assert_frame_equal(regression_to_mean(changed, groups, plan), regression_to_mean(panel, groups, plan))


@pytest.mark.parametrize(
    ("panel", "reason"),
    [
        (_panel(0.1).query("year >= 2012"), "no_baseline"),
        (_panel(0.1).query("year < 2012"), "no_later_years"),
        (_panel(0.1)[lambda f: f["unit_id"].isin(["t0", "r00", "r01"])], "few_units"),
        (_panel(0.1).assign(value=4.0), "no_spread"),
    ],
)
def test_what_cannot_be_said_has_a_reason(panel: pd.DataFrame, reason: str) -> None:
    row = regression_to_mean(panel, GROUPS, PLAN).iloc[0]
    assert (row["status"], row["reason"]) == ("refused", reason)
    assert np.isnan(row["expected"])
