"""The interaction-weighted event study against dummy variables for everything and a hand-written sandwich, on random panels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan


def random_panel(seed: int) -> pd.DataFrame:
    """25 to 40 units, 7 or 8 years, cohorts treated always, early, late and after the last year, holes, two covariates, weights."""
    draw = np.random.default_rng(300 + seed)
    n_units, n_years = int(draw.integers(25, 41)), int(draw.integers(7, 9))
    cohorts = draw.choice([np.nan, 2007.0, 2009.0, 2010.0], size=n_units, p=[0.4, 0.2, 0.2, 0.2])
    cohorts[:8] = [np.nan, 2007.0, 2009.0, 2010.0, np.nan, 2007.0, 2009.0, 2010.0]
    cohorts[8:10] = [2005.0, 2015.0] if seed % 4 == 0 else [np.nan, np.nan]
    if seed % 5 == 0:
        cohorts = np.where(np.isnan(cohorts) | (cohorts > 2012), 2010.0, cohorts)
    unit, year = np.repeat(np.arange(n_units), n_years), np.tile(np.arange(2005, 2005 + n_years), n_units)
    cohort = cohorts[unit]
    covariates = draw.normal(size=(len(unit), 2))
    since = year - np.nan_to_num(cohort, nan=9999)
    value = unit + 0.4 * year + np.where(since >= 0, 1 + 0.2 * since, 0) + covariates @ [0.5, -1] + draw.normal(size=len(unit))
    frame = pd.DataFrame(
        {
            "unit_id": [f"{code:05d}" for code in unit],
            "year": year,
            "indicator": "y",
            "value": value,
            "cohort": cohort,
            "x1": covariates[:, 0],
            "x2": covariates[:, 1],
            "people": draw.uniform(0.5, 9, size=len(unit)),
            "region": [f"r{code // 2}" for code in unit],
        }
    )
    hole = (draw.uniform(size=len(frame)) < 0.08) & (unit >= 8)
    return frame[~hole].reset_index(drop=True)


def dummy_variable_fit(
    used: pd.DataFrame, regressors: np.ndarray, weights: np.ndarray, cluster: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """All coefficients, their covariance by the convention of fixest (units lie in clusters), clusters."""
    units, years = (pd.get_dummies(used[name]).to_numpy(float) for name in ("unit_id", "year"))
    design = np.column_stack([regressors, units, years[:, 1:]])
    bread = np.linalg.inv(design.T @ (weights[:, None] * design))
    solution = bread @ (design.T @ (weights * used["value"].to_numpy()))
    scores = pd.DataFrame(design * (weights * (used["value"].to_numpy() - design @ solution))[:, None])
    meat = scores.groupby(cluster).sum().to_numpy()
    factor = len(meat) / (len(meat) - 1) * (len(used) - 1) / (len(used) - regressors.shape[1] - years.shape[1])
    return solution, factor * bread @ meat.T @ meat @ bread, len(meat)


@pytest.mark.parametrize("seed", range(50))
def test_agrees_with_dummy_variables(seed: int) -> None:
    frame = random_panel(seed)
    names = [["x1", "x2"], [], ["x1"]][seed % 3]
    weight = "people" if seed % 2 else None
    cluster = "region" if seed % 3 == 1 else "unit_id"
    plan = parse_plan(
        {
            "plan_version": 1,
            "id": "random",
            "outcomes": [{"indicator": "y", "earliest_plausible_year": 2009 if seed % 4 == 1 else None}],
            "reference": "not_yet",
            "event_reference": -2 if seed % 6 == 5 else -1,
            "covariates": names,
            "weight": weight,
            "cluster": cluster,
            "estimators": [{"id": "sa", "method": "sun_abraham"}],
            "languages": ["en"],
        },
        "test",
    )
    result = run_effects(frame, plan)
    rows = result.estimates.set_index(["aggregation", "term", "event_time"])
    used, said = frame, result.estimates["message"].iloc[0]
    if not (used["cohort"].isna() | (used["cohort"] > used["year"].max())).any():
        used = used[used["year"] < used["cohort"].max()]
        assert "the last cohort (2010)" in said
    first = used["year"].min()
    used = used[~((used["cohort"] <= first) | (used["cohort"] + plan.event_reference < first))]
    controls = used["cohort"].isna() | (used["cohort"] > used["year"].max())
    relative = (used["year"] - used["cohort"]).where(~controls)
    interactions = sorted({(g, e) for g, e in zip(used["cohort"], relative, strict=True) if not np.isnan(e)})
    interactions = [(g, e) for g, e in interactions if e != plan.event_reference]
    dummies = np.column_stack([(used["cohort"] == g) & (relative == e) for g, e in interactions]).astype(float)
    weights = used[weight].to_numpy() if weight else np.ones(len(used))
    regressors = np.column_stack([dummies, used[names].to_numpy()])
    solution, covariance, n_groups = dummy_variable_fit(used, regressors, weights, used[cluster].to_numpy())
    mass = weights @ dummies

    def contrast(chosen: list[bool]) -> np.ndarray:
        shares = np.where(chosen, mass, 0.0)
        return np.concatenate([shares / shares.sum(), np.zeros(len(solution) - len(mass))])

    def agree(key: tuple[object, ...], vector: np.ndarray) -> None:
        (row,) = rows.loc[[key]].to_dict("records")
        std_error = float(np.sqrt(vector @ covariance @ vector))
        assert row["estimate"] == pytest.approx(vector @ solution, abs=1e-7)
        assert row["std_error"] == pytest.approx(std_error, rel=1e-6)
        half = stats.t.ppf(0.975, n_groups - 1) * std_error
        assert row["conf_low"] == pytest.approx(vector @ solution - half, abs=1e-5)

    times = sorted({e for _, e in interactions})
    for time in times:
        agree(("dynamic", "att", int(time)), contrast([e == time for _, e in interactions]))
    agree(("dynamic", "att", pd.NA), contrast([e >= 0 for _, e in interactions]))
    for position, name in enumerate(names):
        agree(("coefficient", name, pd.NA), np.eye(len(solution))[len(mass) + position])
    if plan.outcomes[0].earliest_plausible_year:
        agree(("exposed", "att", pd.NA), contrast([e >= 0 and g + e >= 2009 for g, e in interactions]))
    assert rows.loc[[("dynamic", "att", plan.event_reference)], "estimate"].tolist() == [0.0]
    before = np.array([contrast([e == time for _, e in interactions]) for time in times if time < 0])
    (test,) = result.tests[result.tests["test"] == "pre_trend"].to_dict("records")
    assert test["df"] == f"{len(before)},{n_groups - 1}"
    if len(before):
        effects = before @ solution
        statistic = effects @ np.linalg.inv(before @ covariance @ before.T) @ effects / len(before)
        assert test["statistic"] == pytest.approx(statistic, rel=1e-5)
    row = result.estimates.iloc[0]
    assert (row["n_units"], row["n_cells"], row["n_clusters"]) == (used["unit_id"].nunique(), len(used), n_groups)


def test_cohorts_that_cannot_be_compared_are_left_out_in_words() -> None:
    frame = random_panel(1)
    frame.loc[frame["unit_id"] == "00008", "cohort"] = 2005.0
    base = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "languages": ["en"]}
    estimators = [{"id": "sa", "method": "sun_abraham"}]
    row = run_effects(frame, parse_plan({**base, "estimators": estimators}, "test")).estimates.iloc[0]
    assert "1 unit without a year before the start or without the reference event time -1 (cohort 2005)" in row["message"]
    far = run_effects(frame, parse_plan({**base, "estimators": estimators, "event_reference": -9}, "test")).estimates
    assert far["status"].tolist() == ["refused"]
    assert "reference event time -9" in far["message"].iloc[0]


def test_a_reference_after_the_start_is_said_and_without_other_treated_cells_there_is_no_average() -> None:
    frame = random_panel(1)
    frame = frame[~frame["cohort"].isin([2005.0, 2007.0, 2009.0])]
    outcome = {"indicator": "y", "earliest_plausible_year": 2009}
    estimators = [{"id": "sa", "method": "sun_abraham"}, {"id": "es", "method": "event_study"}]
    base = {"plan_version": 1, "id": "p", "estimators": estimators, "languages": ["en"], "event_reference": 0}

    def run(last: int) -> pd.DataFrame:
        plan = parse_plan({**base, "outcomes": [{**outcome, "window": [2005, last]}]}, "test")
        return run_effects(frame, plan).estimates

    long, short = run(2011), run(2010)
    assert (long["status"] == "ok").all()
    assert long["message"].str.contains("The reference event time 0 does not lie before the start").all()
    for name in ("sa", "es"):
        rows = long[long["estimator"] == name].set_index(["aggregation", "event_time"])["estimate"]
        assert rows["exposed"].item() == pytest.approx(rows["dynamic", 1.0], abs=1e-12)  # 0 by definition is no effect to average
        rows = short[short["estimator"] == name].set_index(["aggregation", "event_time"])
        assert np.isfinite(rows.loc["dynamic"].loc[[-5.0, -4.0, -3.0, -2.0, -1.0], "estimate"]).all()
    refused = short[short["status"] == "refused"]
    assert sorted(zip(refused["estimator"], refused["aggregation"], strict=True)) == [
        ("es", "exposed"),
        ("sa", "dynamic"),
        ("sa", "exposed"),
    ]
    assert refused["message"].str.startswith("All cells of treated units lie at the reference event time 0").all()
    assert np.isfinite(short.loc[short["status"] == "ok", "estimate"]).all()


def test_weights_of_the_last_cohort_are_said_where_it_is_the_comparison() -> None:
    frame = random_panel(5)  # without never treated: 2010 is the last cohort
    estimators = [{"id": "sa", "method": "sun_abraham"}]
    keys = {"reference": "not_yet", "weight": "people", "estimators": estimators}
    result = run_effects(frame, parse_plan({"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], **keys}, "test"))
    weights = frame[(frame["cohort"] == 2010) & (frame["year"] < 2010)].groupby("unit_id")["people"].mean()
    figures = result.tests.set_index("test")["statistic"]
    assert figures["largest_control_weight"] == pytest.approx(weights.max() / weights.sum())
    assert figures["effective_controls"] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
