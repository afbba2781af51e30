"""The engine against least squares with dummy variables and a hand-written sandwich, on random panels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan


def random_panel(seed: int) -> pd.DataFrame:
    """20 to 35 units, 6 to 9 years, staggered cohorts, holes, two covariates, weights; the cluster holds one or more units."""
    draw = np.random.default_rng(seed)
    n_units, n_years = int(draw.integers(20, 36)), int(draw.integers(6, 10))
    years = np.arange(2005, 2005 + n_years)
    cohorts = draw.choice([np.nan, 2008.0, 2009.0, 2010.0], size=n_units, p=[0.4, 0.2, 0.2, 0.2])
    cohorts[:4] = [np.nan, 2008.0, 2009.0, np.nan]
    unit = np.repeat(np.arange(n_units), n_years)
    year = np.tile(years, n_units)
    cohort = cohorts[unit]
    n = len(unit)
    covariates = draw.normal(size=(n, 2)) + 0.1 * unit[:, None]
    effect = np.where(year >= np.nan_to_num(cohort, nan=9999), 1 + 0.3 * (year - np.nan_to_num(cohort)), 0)
    value = 50 + unit + 0.5 * (year - 2005) + effect + covariates @ [0.7, -0.2] + draw.normal(size=n)
    frame = pd.DataFrame(
        {
            "unit_id": [f"{code:05d}" for code in unit],
            "year": year,
            "indicator": "y",
            "value": value,
            "cohort": cohort,
            "x1": covariates[:, 0],
            "x2": covariates[:, 1],
            "people": draw.uniform(0.2, 30, size=n),
            "region": [f"r{code // (1 + seed % 3)}" for code in unit],
        }
    )
    return frame[draw.uniform(size=n) > 0.15].reset_index(drop=True)


@dataclass(frozen=True)
class Independent:
    """Coefficients and covariance of all regressors, effects as dummies."""

    coefficients: np.ndarray
    covariance: np.ndarray
    n_clusters: int


def dummy_variable_fit(
    frame: pd.DataFrame,
    regressors: np.ndarray,
    weights: np.ndarray,
    cluster: pd.Series,
    corrected: str,
    period: pd.Series | None = None,
) -> Independent:
    """period: the values whose effects are held fixed besides those of units, years where there are none; the first of each stratum
    (text before a dash) has no dummy."""
    labels = frame["year"].astype(str) if period is None else period
    units, years = pd.get_dummies(frame["unit_id"]).to_numpy(float), pd.get_dummies(labels)
    first = {name.partition("-")[0] if period is not None else "": name for name in sorted(years.columns, reverse=True)}
    n_years, years = years.shape[1], years.drop(columns=list(first.values())).to_numpy(float)
    design = np.column_stack([regressors, units, years])
    root = np.sqrt(weights)[:, None]
    solution = np.linalg.lstsq(root * design, root[:, 0] * frame["value"].to_numpy(), rcond=None)[0]
    scores = design * (weights * (frame["value"].to_numpy() - design @ solution))[:, None]
    meat = np.zeros((design.shape[1], design.shape[1]))
    groups = cluster.unique()
    for group in groups:
        total = scores[(cluster == group).to_numpy()].sum(axis=0)
        meat += np.outer(total, total)
    bread = np.linalg.inv(design.T @ (weights[:, None] * design))
    n, k, n_groups = len(frame), regressors.shape[1], len(groups)
    nested = frame.assign(group=cluster).groupby("unit_id")["group"].nunique().max() == 1
    counted = k + n_years if nested else k + units.shape[1] + n_years - 1
    factor = n_groups / (n_groups - 1) * (n - 1) / (n - counted) if corrected == "fixest" else 1.0
    covariance = (factor * bread @ meat @ bread)[:k, :k]
    return Independent(solution[:k], covariance, n_groups)


@pytest.mark.parametrize("seed", range(21))
def test_agrees_with_dummy_variables(seed: int) -> None:
    frame = random_panel(seed)
    names = [["x1", "x2"], [], ["x1"]][seed % 3]
    weight = "people" if seed % 2 else None
    cluster = "region" if seed % 5 else "unit_id"
    corrected = "none" if seed % 7 == 0 else "fixest"
    earliest = 2010 if seed % 4 == 0 else None
    plan = parse_plan(
        {
            "plan_version": 1,
            "id": "random",
            "outcomes": [{"indicator": "y", "earliest_plausible_year": earliest}],
            "covariates": names,
            "weight": weight,
            "cluster": cluster,
            "estimators": [{"id": "twfe", "method": "twfe"}, {"id": "es", "method": "event_study"}],
            "inference": {"small_sample": corrected},
        },
        "test",
    )
    result = run_effects(frame, plan)
    rows = result.estimates.set_index(["estimator", "aggregation", "term", "event_time"])
    weights = frame[weight].to_numpy() if weight else np.ones(len(frame))
    covariates = frame[names].to_numpy()
    treated = (frame["year"] >= frame["cohort"]).to_numpy()

    def agree(key: tuple[object, ...], estimate: float, variance: float, n_groups: int) -> None:
        row = rows.loc[[key]].iloc[0]
        half = stats.t.ppf(0.975, n_groups - 1) * np.sqrt(variance)
        assert row["estimate"] == pytest.approx(estimate, abs=1e-9)
        assert row["std_error"] == pytest.approx(np.sqrt(variance), abs=1e-9)
        assert row["conf_low"] == pytest.approx(estimate - half, abs=1e-8)
        assert row["conf_high"] == pytest.approx(estimate + half, abs=1e-8)
        assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(estimate) / np.sqrt(variance), n_groups - 1), abs=1e-9)

    fit = dummy_variable_fit(frame, np.column_stack([treated, covariates]), weights, frame[cluster], corrected)
    for position, name in enumerate(["att", *names]):
        key = ("twfe", "coefficient", name, pd.NA)
        agree(key, fit.coefficients[position], fit.covariance[position, position], fit.n_clusters)
    exposed = treated & (frame["year"] >= 2010).to_numpy()
    if earliest:
        split = np.column_stack([exposed, treated & ~exposed, covariates])
        fit = dummy_variable_fit(frame, split, weights, frame[cluster], corrected)
        agree(("twfe", "exposed", "att", pd.NA), fit.coefficients[0], fit.covariance[0, 0], fit.n_clusters)

    relative = (frame["year"] - frame["cohort"]).to_numpy()
    times = sorted({int(time) for time in relative[~np.isnan(relative)]} - {-1})
    dummies = np.column_stack([relative == time for time in times])
    fit = dummy_variable_fit(frame, np.column_stack([dummies, covariates]), weights, frame[cluster], corrected)
    for position, time in enumerate(times):
        agree(("es", "dynamic", "att", time), fit.coefficients[position], fit.covariance[position, position], fit.n_clusters)
    before = [position for position, time in enumerate(times) if time < 0]
    coefficients, covariance = fit.coefficients[before], fit.covariance[np.ix_(before, before)]
    statistic = coefficients @ np.linalg.inv(covariance) @ coefficients / len(before)
    (test,) = result.tests[result.tests["test"] == "pre_trend"].to_dict("records")
    assert test["statistic"] == pytest.approx(statistic, rel=1e-7)
    assert test["df"] == f"{len(before)},{fit.n_clusters - 1}"
    assert test["p_value"] == pytest.approx(stats.f.sf(statistic, len(before), fit.n_clusters - 1), abs=1e-9)
    if earliest:
        shares = np.array([weights[exposed & (relative == time)].sum() for time in times]) / weights[exposed].sum()
        contrast = np.concatenate([shares, np.zeros(len(names))])
        variance = contrast @ fit.covariance @ contrast
        agree(("es", "exposed", "att", pd.NA), contrast @ fit.coefficients, variance, fit.n_clusters)


def test_covariance_counts_unit_effects_where_units_move_between_clusters() -> None:
    frame = random_panel(1)
    frame["region"] = [f"r{(int(unit) + year) % 9}" for unit, year in zip(frame["unit_id"], frame["year"], strict=True)]
    plan = parse_plan(
        {
            "plan_version": 1,
            "id": "moving",
            "outcomes": [{"indicator": "y"}],
            "cluster": "region",
            "estimators": [{"id": "twfe", "method": "twfe"}],
        },
        "test",
    )
    (row,) = run_effects(frame, plan).estimates.to_dict("records")
    treated = (frame["year"] >= frame["cohort"]).to_numpy(dtype=float)[:, None]
    fit = dummy_variable_fit(frame, treated, np.ones(len(frame)), frame["region"], "fixest")
    assert row["std_error"] == pytest.approx(np.sqrt(fit.covariance[0, 0]), abs=1e-9)


def test_known_effect_is_found_without_bias_and_covered_as_often_as_stated() -> None:
    covered, estimates = [], []
    plan = parse_plan(
        {
            "plan_version": 1,
            "id": "known",
            "outcomes": [{"indicator": "y"}],
            "estimators": [{"id": "twfe", "method": "twfe"}],
        },
        "test",
    )
    for seed in range(200):
        (row,) = run_effects(known_truth_panel(seed), plan).estimates.to_dict("records")
        estimates.append(row["estimate"])
        covered.append(row["conf_low"] <= 2.0 <= row["conf_high"])
    assert np.mean(estimates) == pytest.approx(2.0, abs=4 * np.std(estimates) / np.sqrt(200))
    assert 0.89 <= np.mean(covered) <= 0.99


def known_truth_panel(seed: int) -> pd.DataFrame:
    """30 units, 10 years, 13 treated in the sixth with effect 2, errors of a unit that follow an AR(1) with 0.5."""
    draw = np.random.default_rng(seed)
    n_units, n_years = 30, 10
    errors = np.empty((n_units, n_years))
    errors[:, 0] = draw.normal(size=n_units) / np.sqrt(0.75)
    for step in range(1, n_years):
        errors[:, step] = 0.5 * errors[:, step - 1] + draw.normal(size=n_units)
    year = np.arange(2007, 2007 + n_years)
    treated = np.arange(n_units) < 13
    value = draw.normal(size=(n_units, 1)) * 5 + 0.3 * (year - 2007) + errors + 2.0 * (treated[:, None] & (year >= 2012))
    return pd.DataFrame(
        {
            "unit_id": np.repeat([f"{code:02d}" for code in range(n_units)], n_years),
            "year": np.tile(year, n_units),
            "indicator": "y",
            "value": value.ravel(),
            "cohort": np.repeat(np.where(treated, 2012.0, np.nan), n_years),
        }
    )


@pytest.mark.parametrize("seed", range(12))
def test_strata_and_baseline_values_are_held_fixed_as_dummy_variables_would(seed: int) -> None:
    frame = random_panel(seed)
    code = frame["unit_id"].astype(int)
    frame = frame.assign(kind=np.where(code % 2, "town", "county"), need=np.sin(code), density=np.cos(3.0 * code))
    within, adjust = [(["kind"], []), ([], ["need"]), (["kind"], ["need", "density"])][seed % 3]
    weight, cluster = ("people" if seed % 2 else None), ("region" if seed % 4 else "unit_id")
    plan = parse_plan(
        {
            "plan_version": 1,
            "id": "random",
            "outcomes": [{"indicator": "y"}],
            "covariates": ["x1"],
            "weight": weight,
            "cluster": cluster,
            "comparison": {"within": within, "adjust": adjust},
            "estimators": [{"id": "twfe", "method": "twfe"}, {"id": "es", "method": "event_study"}],
        },
        "test",
    )
    rows = run_effects(frame, plan).estimates.set_index(["estimator", "aggregation", "term", "event_time"])
    baseline = [frame[name] * (frame["year"] == year) for name in adjust for year in sorted(frame["year"].unique())[1:]]
    period = frame["kind"] + "-" + frame["year"].astype(str) if within else None
    weights = frame[weight].to_numpy() if weight else np.ones(len(frame))
    relative = (frame["year"] - frame["cohort"]).to_numpy()
    times = sorted({int(time) for time in relative[~np.isnan(relative)]} - {-1})
    dummies = {"twfe": [relative >= 0], "es": [relative == time for time in times]}
    keys = {"twfe": [("twfe", "coefficient", "att", pd.NA)], "es": [("es", "dynamic", "att", time) for time in times]}
    for name, columns in dummies.items():
        design = np.column_stack([*columns, frame["x1"], *baseline]).astype(float)
        fit = dummy_variable_fit(frame, design, weights, frame[cluster], "fixest", period)
        for position, key in enumerate([*keys[name], (name, "coefficient", "x1", pd.NA)]):
            row = rows.loc[[key]].iloc[0]
            assert row["estimate"] == pytest.approx(fit.coefficients[position], abs=1e-8)
            assert row["std_error"] == pytest.approx(np.sqrt(fit.covariance[position, position]), abs=1e-8)
