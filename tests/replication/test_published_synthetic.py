"""Published values of synthetic comparisons: Proposition 99 and the Basque country. The panels are read in place."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.estimators.blocks import build_blocks
from kkz_eval.evaluation.estimators.sdid import cohort_effects
from kkz_eval.evaluation.estimators.sdid_weights import Problems, exact
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.evaluation.sample import build_sample, outcome_slice

REPOSITORY = Path(__file__).parents[2]
DATA = (REPOSITORY / os.environ.get("KKZ_SHARED", "../shared")).resolve() / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not beside the repository")

SCHOOL = ["school.illit", "school.prim", "school.med", "school.high", "school.post.high"]
SECTORS = ["agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa"]


def _plan(method: str, variant: str | None = None, **keys: object) -> Plan:
    spec = {"id": "e", "method": method} | ({} if variant is None else {"variant": variant})
    base = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "estimators": [spec]}
    return parse_plan({**base, **keys}, "test")


@pytest.fixture(scope="module")
def smoking() -> pd.DataFrame:
    raw = pd.read_csv(DATA / "methods/california_prop99.csv", sep=";")
    cohort = np.where(raw["State"] == "California", 1989, np.nan)
    columns = {"unit_id": raw["State"], "year": raw["Year"], "indicator": "y", "value": raw["PacksPerCapita"], "cohort": cohort}
    return pd.DataFrame(columns)


def _weight(result: EffectsResult, key: str) -> float:
    rows = result.weights
    return float(rows.loc[rows["key"] == key, "weight"].iloc[0])


def test_proposition_99_where_the_reference_implementation_stops(smoking: pd.DataFrame) -> None:
    result = run_effects(smoking, _plan("sdid", "reference"))
    row = result.estimates.iloc[0]
    assert row["estimate"] == pytest.approx(-15.6038278727, abs=1e-9)
    assert (row["n_units"], row["n_treated"], row["n_control"], row["n_cells"]) == (39, 1, 38, 39 * 31)
    published = {"Nevada": 0.124489, "New Hampshire": 0.105048, "Connecticut": 0.078287, "1986": 0.36647, "1987": 0.20645}
    for key, weight in {**published, "1988": 0.42708}.items():
        assert _weight(result, key) == pytest.approx(weight, abs=1e-5)


def test_proposition_99_at_the_optimum(smoking: pd.DataFrame) -> None:
    result = run_effects(smoking, _plan("sdid", "exact"))
    row = result.estimates.iloc[0]
    assert row["estimate"] == pytest.approx(-15.6038278727, abs=2e-3)
    assert row["estimate"] == pytest.approx(-15.60540, abs=1e-5)
    assert row["p_method"] == "placebo"
    test = result.tests.set_index("test").loc["placebo_permutation"]
    assert test["df"] == "38"
    assert test["p_value"] * 39 == pytest.approx(round(test["p_value"] * 39), abs=1e-9)


def test_proposition_99_synthetic_control(smoking: pd.DataFrame) -> None:
    result = run_effects(smoking, _plan("synthetic_control"))
    row = result.estimates.iloc[0]
    assert row["variant"] == "reference"
    assert row["estimate"] == pytest.approx(-19.6196634709, abs=1e-9)
    assert row["p_method"] == "placebo_permutation"
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    exact_row = run_effects(smoking, _plan("synthetic_control", "exact")).estimates.iloc[0]
    assert exact_row["estimate"] == pytest.approx(-19.5136, abs=1e-4)  # the optimum, which the reference iteration does not reach


def test_proposition_99_with_equal_weights_is_difference_in_differences(smoking: pd.DataFrame) -> None:
    plan = _plan("sdid")
    cells = outcome_slice(validate_panel(smoking, plan), plan, plan.outcomes[0])
    blocks = build_blocks(build_sample(cells, plan, plan.outcomes[0]), plan)

    def equal(problems: Problems) -> tuple[np.ndarray, np.ndarray]:
        return problems.omega_start, problems.lambda_start

    (effect,) = cohort_effects(blocks, None, equal)
    assert effect.effect == pytest.approx(-27.3491110836, abs=1e-9)
    (effect,) = cohort_effects(blocks, None, exact)
    assert effect.effect == pytest.approx(-15.60540, abs=1e-5)


def test_basque_country_weights_with_predictors() -> None:
    """Abadie & Gardeazabal (2003): means of predictors in their own years, of the outcome and its course in 1960 to 1969."""
    raw = pd.read_csv(DATA / "methods/basque.csv")
    raw = raw[raw["regionno"] != 1].reset_index(drop=True)
    raw[SCHOOL] = raw[SCHOOL].div(raw[SCHOOL].sum(axis=1, min_count=5), axis=0)

    def mean(column: str, years: range) -> pd.Series:
        return raw["regionno"].map(raw[raw["year"].isin(years)].groupby("regionno")[column].mean())

    predictors = {name: mean(name, range(1964, 1970)) for name in [*SCHOOL, "invest"]}
    predictors |= {f"sec.{name}": mean(f"sec.{name}", range(1961, 1970, 2)) for name in SECTORS}
    predictors["popdens"] = mean("popdens", range(1969, 1970))
    cohort = np.where(raw["regionname"].str.contains("Pais Vasco"), 1970, np.nan)
    columns = {"unit_id": raw["regionname"], "year": raw["year"].astype(int), "indicator": "y", "value": raw["gdpcap"]}
    panel = pd.DataFrame({**columns, "cohort": cohort, **predictors})
    outcomes = [{"indicator": "y", "window": [1960, 1997]}]
    result = run_effects(panel, _plan("synthetic_control", covariates=list(predictors), outcomes=outcomes))
    assert _weight(result, "Cataluna") == pytest.approx(0.851, abs=5e-3)
    assert _weight(result, "Madrid (Comunidad De)") == pytest.approx(0.149, abs=5e-3)
    row = result.estimates.iloc[0]
    assert (row["n_units"], row["n_control"]) == (17, 16)
    assert np.isnan(row["conf_low"])
    assert "16 Placebos reichen dafür nicht" in row["message"]
