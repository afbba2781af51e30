"""Imputation against dummy variables and matrices written out in full, on random panels with gaps, strata, baseline values and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.results import EffectsResult


def random_panel(seed: int) -> pd.DataFrame:
    """24 units, 8 years, two cohorts in each of two kinds, holes; effects grow with time and differ by kind."""
    random = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(24), 8), np.tile(np.arange(2008, 2016), 24)
    cohort = np.array([2011.0, 2013.0, np.nan, np.nan])[(unit // 2) % 4]
    frame = pd.DataFrame({"unit_id": [f"u{code:02d}" for code in unit], "year": year, "indicator": "y", "cohort": cohort})
    need = random.normal(size=24)
    frame["kind"], frame["need"] = np.where(unit % 2, "town", "county"), need[unit]
    frame["x"], frame["people"] = random.normal(size=len(unit)), random.uniform(0.3, 4, size=24)[unit]
    frame["region"] = [f"r{code // 4}" for code in unit]
    effect = np.where(year >= np.nan_to_num(cohort, nan=9999), 1 + 0.4 * (year - np.nan_to_num(cohort)) + unit % 2, 0)
    course = 0.3 * (year - 2008) * (unit % 2) + need[unit] * np.sin(year)
    frame["value"] = unit + course + effect + 0.5 * frame["x"] + random.normal(size=len(unit))
    return frame[random.uniform(size=len(unit)) > 0.08].reset_index(drop=True)


@dataclass(frozen=True)
class Written:
    """What the formulas give: estimate and standard error of one mean over treated cells."""

    estimate: float
    std_error: float


def written_out(
    frame: pd.DataFrame, chosen: np.ndarray, weights: np.ndarray, columns: list[np.ndarray], period: pd.Series, cluster: pd.Series
) -> Written:
    """The estimator with a column for every effect and a pseudo-inverse; its variance as in theorem 3, one loop after the other."""
    treated = (frame["year"] >= frame["cohort"]).to_numpy()
    z = np.column_stack([pd.get_dummies(frame["unit_id"]), pd.get_dummies(period), *columns]).astype(float)
    root = np.sqrt(weights)
    solve = np.linalg.pinv(root[~treated, None] * z[~treated]) * root[~treated]  # coefficients from outcomes of untreated cells
    outcome = frame["value"].to_numpy()
    gaps = outcome - z @ (solve @ outcome[~treated])
    w = np.where(chosen, weights, 0.0) / weights[chosen].sum()
    v = w.copy()
    v[~treated] = -(w[treated] @ z[treated]) @ solve
    errors = gaps.copy()
    for _, group in frame[treated].groupby(["cohort", "year"]):
        top = below = 0.0
        for _, members in group.groupby(cluster[group.index]):
            mass = v[members.index].sum()
            top, below = top + mass * (v[members.index] @ gaps[members.index]), below + mass**2
        if below > 0:
            errors[group.index] -= top / below
    variance = sum((v[part.index] @ errors[part.index]) ** 2 for _, part in frame.groupby(cluster))
    return Written(float(w @ gaps), float(np.sqrt(variance)))


def imputed(frame: pd.DataFrame, **keys: object) -> EffectsResult:
    plan = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y", "earliest_plausible_year": 2014}], **keys}
    return run_effects(frame, parse_plan({**plan, "estimators": [{"id": "i", "method": "imputation"}]}, "p"))


@pytest.mark.parametrize("seed", range(8))
def test_every_row_is_what_the_formulas_give(seed: int) -> None:
    frame = random_panel(seed)
    within, adjust = [([], []), (["kind"], []), ([], ["need"]), (["kind"], ["need"])][seed % 4]
    weight, cluster = ("people" if seed % 2 else None), ("region" if seed > 3 else "unit_id")
    result = imputed(
        frame,
        comparison={"within": within, "adjust": adjust},
        covariates=["x"],
        weight=weight,
        cluster=cluster,
        reference="not_yet",
    )
    period = frame["kind"] + frame["year"].astype(str) if within else frame["year"].astype(str)
    baseline = [(frame[name] * (frame["year"] == year)).to_numpy() for name in adjust for year in frame["year"].unique()]
    columns = [frame["x"].to_numpy(), *baseline]
    weights = frame["people"].to_numpy() if weight else np.ones(len(frame))
    year, cohort = frame["year"].to_numpy(), frame["cohort"].to_numpy()
    treated = year >= np.nan_to_num(cohort, nan=9999)
    rows = result.estimates.set_index(["aggregation", "cohort", "year", "event_time"])
    wanted = {("simple", pd.NA, pd.NA, pd.NA): treated, ("exposed", pd.NA, pd.NA, pd.NA): treated & (year >= 2014)}
    wanted |= {("group", g, pd.NA, pd.NA): treated & (cohort == g) for g in (2011, 2013)}
    wanted |= {("dynamic", pd.NA, pd.NA, e): treated & (year - cohort == e) for e in range(5)}
    wanted |= {("calendar", pd.NA, t, pd.NA): treated & (year == t) for t in range(2011, 2016)}
    wanted |= {("group_time", 2011, t, pd.NA): treated & (cohort == 2011) & (year == t) for t in range(2011, 2016)}
    for key, chosen in wanted.items():
        expected = written_out(frame, chosen, weights, columns, period, frame[cluster])
        row = rows.loc[[key]].iloc[0]
        assert row["estimate"] == pytest.approx(expected.estimate, abs=1e-8), key
        assert row["std_error"] == pytest.approx(expected.std_error, abs=1e-8), key


def test_effects_that_only_differ_by_cohort_and_year_leave_no_error_where_nothing_else_varies() -> None:
    frame = random_panel(1)
    effect = np.where(frame["year"] >= frame["cohort"], frame["year"] - frame["cohort"] + 1, 0)
    exact = frame.assign(value=frame["unit_id"].str[1:].astype(int) + 0.3 * frame["year"] + effect)
    rows = imputed(exact).estimates
    assert rows["std_error"].isna().all()
    (simple,) = rows.loc[rows["aggregation"] == "simple", "estimate"]
    assert simple == pytest.approx(effect[effect > 0].mean(), abs=1e-9)


def test_units_without_a_before_and_years_without_anyone_untreated_are_left_out_and_named() -> None:
    frame = random_panel(2)
    always = frame.assign(cohort=frame["cohort"].mask(frame["unit_id"].isin(["u00", "u01"]), 2008))
    message = imputed(always).estimates["message"][0]
    assert "2 Einheiten ohne Vorjahr im Fenster bleiben außen vor" in message
    nobody = frame[frame["cohort"].notna() | (frame["year"] < 2015)]
    silent = int(((nobody["year"] == 2015) & nobody["cohort"].notna()).sum())
    rows = imputed(nobody).estimates
    assert f"{silent} Zellen ab dem Beginn bleiben außen vor" in rows["message"][0]
    assert rows.loc[rows["aggregation"] == "calendar", "year"].max() == 2014


def test_the_years_before_are_tested_on_untreated_cells_alone() -> None:
    frame = random_panel(3)
    later = frame.assign(value=frame["value"] + np.where(frame["year"] >= frame["cohort"], 100.0, 0.0))
    before, after = imputed(frame).tests, imputed(later).tests
    assert before["df"].tolist() == ["2,23"]  # three years before the first start, the earliest to compare with
    assert after["p_value"][0] == pytest.approx(before["p_value"][0], abs=1e-9)
