"""The rows of sensitivity that an event study has beside its estimates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PlanInvalid
from kkz_eval.evaluation.results import EffectsResult

YEARS = range(2006, 2016)


def panel(effect: float = 3.0, years: range = YEARS) -> pd.DataFrame:
    """40 units, 20 of them treated from 2011 on, and an effect that grows by itself with each year."""
    draw = np.random.default_rng(1)
    unit, year = np.repeat(np.arange(40), len(years)), np.tile(np.array(years), 40)
    treated = unit < 20
    value = draw.normal(size=len(unit)) * 0.3 + np.where(treated & (year >= 2011), effect + 0.2 * (year - 2011), 0)
    cohort = pd.Series(np.where(treated, 2011, None)).astype("Int64")
    return pd.DataFrame(
        {"unit_id": [f"{code:02d}" for code in unit], "year": year, "indicator": "y", "value": value, "cohort": cohort}
    )


def run(frame: pd.DataFrame, outcome: dict[str, object] | None = None, **keys: object) -> EffectsResult:
    estimators = [{"id": "es", "method": "event_study"}, {"id": "twfe", "method": "twfe"}]
    plan = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y", **(outcome or {})}], "estimators": estimators, **keys}
    return run_effects(frame, parse_plan(plan, "p.yaml"))


def of(result: EffectsResult, method: str, target: str) -> pd.DataFrame:
    rows = result.sensitivity
    found = rows[(rows["method"] == method) & (rows["target"] == target)]
    return found.assign(
        parameter=pd.to_numeric(found["parameter"].replace("", np.nan))
    )  # text: others name a specification there


def test_an_event_study_says_what_violations_could_do() -> None:
    result = run(panel())
    rows = result.sensitivity
    assert set(rows["estimator"]) == {"es"}
    assert set(rows["method"]) == {
        *("honest_relative_magnitudes", "honest_smoothness", "breakdown", "breakdown_smoothness"),
        *("pre_trend_power", "bias_after_passing"),
    }
    assert of(result, "honest_relative_magnitudes", "first")["parameter"].tolist() == [0.5, 1, 1.5, 2]
    for target in ("first", "average"):
        bounds = of(result, "honest_relative_magnitudes", target)
        (largest,) = of(result, "breakdown", target)["parameter"]
        assert largest > 1
        assert (bounds["conf_low"] > 0).tolist() == (bounds["parameter"] <= largest).tolist()
        assert of(result, "honest_smoothness", target)["parameter"].iloc[0] == 0
    slopes = of(result, "pre_trend_power", "")
    assert slopes["parameter"].tolist() == [0.5, 0.8]
    assert slopes["conf_low"].is_monotonic_increasing
    assert slopes["conf_low"].tolist() == slopes["conf_high"].tolist()


def test_exposed_years_have_rows_of_their_own() -> None:
    result = run(panel(), {"earliest_plausible_year": 2014})
    assert set(result.sensitivity["target"]) == {"", "first", "average", "exposed"}
    lengths = [
        float((rows["conf_high"] - rows["conf_low"]).iloc[0])
        for rows in (of(result, "honest_relative_magnitudes", "first"), of(result, "honest_relative_magnitudes", "exposed"))
    ]
    assert lengths[0] < lengths[1]  # violations have had longer to grow


def test_a_plan_may_name_the_bounds() -> None:
    result = run(panel(), sensitivity={"relative_magnitudes": [3], "smoothness": [0.02, 0.01]})
    assert of(result, "honest_relative_magnitudes", "first")["parameter"].tolist() == [3]
    assert of(result, "honest_smoothness", "average")["parameter"].tolist() == [0.01, 0.02]


def test_a_finding_that_is_none_has_no_breakdown_value() -> None:
    rows = of(run(panel(effect=0.0)), "breakdown", "first")
    assert rows[["parameter", "conf_low", "conf_high"]].isna().all(axis=None)


def test_one_year_too_few_before_the_start_is_said_in_the_message_of_the_estimates() -> None:
    result = run(panel(years=range(2009, 2016)))
    assert result.sensitivity.empty
    messages = result.estimates.loc[result.estimates["estimator"] == "es", "message"]
    assert messages.str.contains("Schätzwerte vor dem Referenzjahr: 1; nötig sind mindestens 2").all()
    assert not result.estimates.loc[result.estimates["estimator"] == "twfe", "message"].str.contains("Referenzjahr").any()


def test_a_bound_below_zero_is_a_problem_of_the_plan() -> None:
    with pytest.raises(PlanInvalid) as caught:
        run(panel(), sensitivity={"smoothness": [-1]})
    assert "smoothness" in str(caught.value)
