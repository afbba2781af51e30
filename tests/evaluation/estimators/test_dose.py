"""The effect per unit of dose: what counts as dose, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan

YEARS = range(2008, 2016)


def _panel(seed: int = 1) -> pd.DataFrame:
    """Eight treated units with doses from 0.2 to 1, eight without; an effect of 3 per unit of dose."""
    draw = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(16), len(YEARS)), np.tile(list(YEARS), 16)
    cohort = np.where(unit < 8, np.where(unit < 5, 2011.0, 2013.0), np.nan)
    dose = np.where(unit < 8, np.linspace(0.2, 1, 8)[np.minimum(unit, 7)], 0.0)
    value = unit + 0.3 * year + 3 * dose * (year >= np.nan_to_num(cohort, nan=9999)) + draw.normal(size=len(unit))
    keys = {"unit_id": unit.astype(str), "year": year, "indicator": "y", "value": value}
    return pd.DataFrame({**keys, "cohort": cohort, "dose": dose})


def _rows(panel: pd.DataFrame, **keys: object) -> pd.DataFrame:
    methods = [{"id": "dose", "method": "dose"}, {"id": "twfe", "method": "twfe"}]
    base = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "estimators": methods, "languages": ["en"]}
    return run_effects(panel, parse_plan({**base, **keys}, "test")).estimates


def _dose(panel: pd.DataFrame, aggregation: str = "coefficient", **keys: object) -> pd.Series:
    rows = _rows(panel, **keys)
    return rows[(rows["estimator"] == "dose") & (rows["aggregation"] == aggregation) & (rows["term"] == "att")].iloc[0]


@pytest.mark.parametrize("seed", range(50))
def test_it_is_least_squares_with_dummies(seed: int) -> None:
    draw = np.random.default_rng(seed)
    panel = _panel(seed).assign(x=draw.normal(size=128), w=draw.uniform(1, 2, size=128))
    panel["value"] += draw.normal(size=128)
    panel = panel.drop(index=draw.choice(128, size=9, replace=False)).reset_index(drop=True)
    row = _dose(panel, covariates=["x"], weight="w")
    treatment = panel["dose"] * (panel["year"] >= panel["cohort"])
    dummies = pd.get_dummies(panel[["unit_id", "year"]].astype(str), drop_first=True, dtype=float)
    design = np.column_stack([treatment, panel["x"], np.ones(len(panel)), dummies])
    fit = sm.WLS(panel["value"], design, weights=panel["w"]).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(panel["unit_id"])[0], "use_correction": False}
    )
    assert row["estimate"] == pytest.approx(fit.params.iloc[0], abs=1e-9)
    groups, cells = panel["unit_id"].nunique(), len(panel)
    parameters = 2 + panel["year"].nunique()  # regressors, years less one, and one for the units, which are the clusters
    factor = groups / (groups - 1) * (cells - 1) / (cells - parameters)
    assert row["std_error"] == pytest.approx(fit.bse.iloc[0] * np.sqrt(factor), rel=1e-9)


def test_a_dose_of_one_is_the_plain_estimate() -> None:
    rows = _rows(_panel().assign(dose=1.0))
    assert np.ptp(rows["estimate"]) < 1e-13
    assert "8 units have a dose but no start" in rows.loc[rows["estimator"] == "dose", "message"].iloc[0]


def test_only_doses_from_the_start_on_count() -> None:
    panel = _panel()
    row = _dose(panel)
    before = (panel["year"] < panel["cohort"]).fillna(False) | panel["cohort"].isna()
    assert _dose(panel.assign(dose=panel["dose"].mask(before)))["estimate"] == row["estimate"]
    assert row["message"] == "Dose in cells from the start on: 0.2 to 1; the estimate is per unit of dose."
    assert (row["n_units"], row["n_treated"], row["n_cells"]) == (16, 8, 128)


def test_treated_cells_without_a_dose_are_left_out() -> None:
    panel = _panel()
    gap = (panel["unit_id"] == "0") & (panel["year"] >= 2014)
    row = _dose(panel.assign(dose=panel["dose"].mask(gap)))
    assert "2 cells from the start on without a dose" in row["message"]
    assert row["n_cells"] == 126
    assert row["estimate"] == pytest.approx(_dose(panel[~gap])["estimate"], abs=1e-12)


def test_exposed_years_have_a_coefficient_of_their_own() -> None:
    outcomes = [{"indicator": "y", "earliest_plausible_year": 2014}]
    panel = _panel()
    extra = 6.0 * panel["dose"] * ((panel["year"] >= 2014) & panel["cohort"].notna())
    row = _dose(panel.assign(value=panel["value"] + extra), "exposed", outcomes=outcomes)
    assert row["estimate"] == pytest.approx(9, abs=1.5)
    late = [{"indicator": "y", "earliest_plausible_year": 2030}]
    assert "2030" in _dose(panel, "exposed", outcomes=late)["message"]


def test_doses_that_cannot_be_are_refused() -> None:
    panel = _panel()
    assert "No cell from the start on has a dose" in _dose(panel.assign(dose=0.0))["message"]
    assert "negative dose" in _dose(panel.assign(dose=-panel["dose"]))["message"]
    assert "dose has infinite values" in _dose(panel.assign(dose=np.inf))["message"]
    assert "No treated unit" in _dose(panel.assign(dose=np.nan))["message"]
    rows = _rows(panel.assign(dose=0.0))
    assert rows["status"].tolist() == ["refused", "ok"]
