"""Estimates on INKAR with strata and baseline values held fixed agree with fixest. The panel is read in place."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.reference.exposure import Group, kreis_groups
from kkz_eval.reference.tables import kreise

ROOT = Path(__file__).parents[2]
PANEL = ROOT / os.environ.get("KKZ_SHARED", "../shared") / "data" / "official" / "inkar" / "inkr_nrw_kreise_panel_long.csv"
pytestmark = pytest.mark.skipif(not PANEL.is_file(), reason="INKAR is not at hand (KKZ_SHARED)")

LEAVERS, VACANCIES, NEED = "a_schul_oA", "q_auspl", "q_PBG_bev"


@cache
def panel() -> pd.DataFrame:
    """Kreise treated in 2012, in 2017 and never, 2007 to 2019, with their kind and their need in 2011."""
    read = pd.read_csv(PANEL, dtype={"kreis_ags5": str})
    rows = read.rename(columns={"kreis_ags5": "unit_id", "jahr": "year", "kuerzel": "indicator", "wert": "value"})
    cohorts = {group.kreis_ags5: group.cohort for group in kreis_groups() if group.group is not Group.LEFT_OUT}
    rows = rows[
        rows["indicator"].isin([LEAVERS, VACANCIES, NEED]) & rows["year"].between(2007, 2019) & rows["unit_id"].isin(cohorts)
    ]
    need = rows[(rows["indicator"] == NEED) & (rows["year"] == 2011)].set_index("unit_id")["value"]
    return rows.assign(
        cohort=rows["unit_id"].map(cohorts).astype("Int64"),
        kind=rows["unit_id"].map({kreis.ags5: str(kreis.kind) for kreis in kreise()}),
        need=rows["unit_id"].map(need),
    )


def estimates(method: str, window: tuple[int, int] = (2007, 2019), **keys: object) -> pd.DataFrame:
    """The rows of one method, by indicator, aggregation and cohort."""
    plan = {
        "plan_version": 1,
        "id": "inkar",
        "outcomes": [{"indicator": name, "window": list(window)} for name in (LEAVERS, VACANCIES)],
        "estimators": [{"id": method, "method": method}],
        "treated_cohorts": [2012],
        **keys,
    }
    return run_effects(panel(), parse_plan(plan, "inkar")).estimates.set_index(["indicator", "aggregation"]).sort_index()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {"comparison": {"within": ["kind"]}},
            {LEAVERS: (0.077014535, 0.288363433), VACANCIES: (-0.428686047, 0.787821280)},
        ),
        (
            {"comparison": {"adjust": ["need"]}},
            {LEAVERS: (0.184218289, 0.302425886), VACANCIES: (-0.769776675, 0.858561837)},
        ),
        (
            {"comparison": {"within": ["kind"]}, "reference": "not_yet", "window": (2007, 2016)},
            {LEAVERS: (-0.045242938, 0.239131049), VACANCIES: (0.263141243, 0.888336564)},
        ),
    ],
    ids=["kind", "need", "kind_to_2016"],
)
def test_two_way_fixed_effects_hold_fixed_what_fixest_holds_fixed(
    keys: dict[str, object], expected: dict[str, tuple[float, float]]
) -> None:
    rows = estimates("twfe", **keys)  # type: ignore[arg-type]
    for indicator, (estimate, std_error) in expected.items():
        row = rows.loc[(indicator, "coefficient")].squeeze()
        assert (row["estimate"], row["std_error"]) == (pytest.approx(estimate, abs=1e-8), pytest.approx(std_error, abs=1e-8))
        assert "gewichtet, wie die Regression" in row["message"]


def test_imputation_gives_the_published_estimators_mean_over_cohorts_and_each_of_them() -> None:
    rows = estimates("imputation", treated_cohorts=[2012, 2017]).loc[LEAVERS]
    group = rows.loc[["group"]].set_index("cohort")["estimate"]
    assert rows.loc["simple", "estimate"] == pytest.approx(0.083414104, abs=1e-8)
    assert group[2012] == pytest.approx(-0.013397734, abs=1e-8)
    assert group[2017] == pytest.approx(0.323138655, abs=1e-8)


def test_within_kind_imputation_is_the_mean_of_the_differences_weighted_by_treated_units() -> None:
    rows = estimates("imputation", comparison={"within": ["kind"]}).loc[(slice(None), "simple"), "estimate"]
    assert rows[LEAVERS].item() == pytest.approx(0.035019231, abs=1e-8)
    assert rows[VACANCIES].item() == pytest.approx(-0.362663462, abs=1e-8)
