"""Estimators against other packages (extra `oracles`), on random panels.

Where a package differs by its own rule, the test says which rule and compares what is left.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator

import diff_diff
import numpy as np
import pandas as pd
import pytest
from agreement import Agreement
from csdid.att_gt import ATTgt
from linearmodels.panel import PanelOLS

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.results import EffectsResult

OVERALL = ("simple", "dynamic", "group", "calendar")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What other packages print and warn of is no result."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def random_panel(seed: int) -> pd.DataFrame:
    """Balanced, 80 to 120 units, 6 to 8 years, cohorts by a covariate, an autocorrelated error, weights; groups of units."""
    draw = np.random.default_rng(4000 + seed)
    n_units, n_years = int(draw.integers(80, 121)), int(draw.integers(6, 9))
    x = draw.normal(size=(n_units, 2))
    tilt = 0.4 * x[:, 0] + draw.normal(size=n_units)
    cohorts = np.select([tilt > 0.9, tilt > 0.4, tilt > 0], [2008.0, 2009.0, 2010.0], np.nan)
    unit, year = np.repeat(np.arange(n_units), n_years), np.tile(np.arange(2005, 2005 + n_years), n_units)
    since = year - np.nan_to_num(cohorts[unit], nan=9999)
    error = np.cumsum(draw.normal(size=(n_units, n_years)), axis=1).ravel() * 0.5
    value = unit % 5 + (year - 2005) * (0.4 + 0.2 * x[unit, 0]) + np.where(since >= 0, 1 + 0.3 * since, 0) + error
    return pd.DataFrame(
        {
            "unit_id": [f"{code:04d}" for code in unit],
            "year": year,
            "indicator": "y",
            "value": value,
            "cohort": cohorts[unit],
            "x1": x[unit, 0],
            "x2": x[unit, 1],
            "people": draw.uniform(0.5, 4, size=n_units)[unit],
            "id": unit,
            "g": np.nan_to_num(cohorts[unit]).astype(int),
        }
    )


def _plan(seed: int, method: str, **keys: object) -> Plan:
    spec: dict[str, object] = {"id": "e", "method": method}
    if method == "callaway_santanna":
        spec["variant"] = ["dr", "ipw", "or"][seed % 3]
    base = {
        "plan_version": 1,
        "id": "oracle",
        "outcomes": [{"indicator": "y"}],
        "reference": "never" if seed % 2 else "not_yet",
        "covariates": [["x1", "x2"], [], ["x1"]][seed // 2 % 3],
        "estimators": [spec],
        "languages": ["en"],
    }
    return parse_plan({**base, **keys}, "test")


def _cells(result: EffectsResult) -> pd.DataFrame:
    rows = result.estimates[result.estimates["aggregation"] == "group_time"]
    return rows.astype({"cohort": int, "year": int}).set_index(["cohort", "year"])[["estimate", "std_error"]]


def _overall(result: EffectsResult, aggregation: str) -> pd.Series:
    rows = result.estimates
    empty = rows[["cohort", "year", "event_time"]].isna().all(axis=1)
    (row,) = [row for _, row in rows[empty & (rows["aggregation"] == aggregation) & (rows["term"] == "att")].iterrows()]
    return row


@pytest.mark.parametrize("seed", range(50))
def test_callaway_santanna_agrees_with_csdid(agreement: Agreement, seed: int) -> None:
    frame = random_panel(seed)
    plan = _plan(
        seed,
        "callaway_santanna",
        base_period="universal" if seed % 5 == 2 else "varying",
        anticipation=1 if seed % 7 == 3 else 0,
        weight="people" if seed % 4 > 1 else None,
    )
    result = run_effects(frame, plan)
    other = ATTgt(
        yname="value",
        tname="year",
        idname="id",
        gname="g",
        data=frame.copy(),
        control_group="nevertreated" if plan.reference == "never" else "notyettreated",
        xformla="value~" + ("+".join(plan.covariates) or "1"),
        anticipation=plan.anticipation,
        weights_name=plan.weight,
    ).fit(
        est_method={"or": "reg"}.get(plan.estimators[0].variant, plan.estimators[0].variant),
        base_period=plan.base_period,
        bstrap=False,
    )
    found = other.results
    theirs = pd.DataFrame({"att": found["att"], "se": found["se"]}, index=[found["group"], found["year"]]).astype(float)
    ours = _cells(result)
    assert len(ours) == len(theirs)
    joined = ours.join(theirs.rename_axis(["cohort", "year"]))
    agreement.within("csdid", joined["estimate"].to_numpy(), joined["att"].to_numpy(), absolute=1e-8)
    moving = joined["std_error"].notna()
    agreement.within("csdid", joined.loc[moving, "std_error"].to_numpy(), joined.loc[moving, "se"].to_numpy(), absolute=1e-8)
    for aggregation in OVERALL:
        other.aggte(aggregation, bstrap=False, cband=False)
        row = _overall(result, aggregation)
        agreement.within("csdid", row["estimate"], other.atte["overall_att"], absolute=1e-8)
        agreement.within("csdid", row["std_error"], other.atte["overall_se"], absolute=1e-8)


@pytest.mark.parametrize("seed", range(50))
def test_unbalanced_panels_agree_with_diff_diff(agreement: Agreement, seed: int) -> None:
    """Cells: both take the units that have both years. Averages: diff-diff weighs cells by pairs of units, so they are not compared.

    Without covariates, and by outcome regression with them: its propensity scores are trimmed.
    """
    frame = random_panel(seed)
    frame = frame[np.random.default_rng(seed).uniform(size=len(frame)) > 0.12].reset_index(drop=True)
    covariates = [["x1", "x2"], [], ["x1"]][seed // 2 % 3] if seed % 3 == 2 else []
    plan = _plan(seed, "callaway_santanna", base_period="universal" if seed % 5 == 2 else "varying", covariates=covariates)
    variant = plan.estimators[0].variant
    other = diff_diff.CallawaySantAnna(
        control_group="never_treated" if plan.reference == "never" else "not_yet_treated",
        estimation_method={"or": "reg"}.get(variant, variant),
        base_period=plan.base_period,
    ).fit(frame, "value", "id", "year", "g", covariates=covariates or None)
    ours = _cells(run_effects(frame, plan))
    cells = {key: (cell["effect"], cell["se"]) for key, cell in other.group_time_effects.items() if not np.isnan(cell["se"])}
    assert len(cells) == ours["std_error"].notna().sum()
    for key, (estimate, std_error) in cells.items():
        agreement.within("diff-diff", ours.loc[key, "estimate"], estimate, absolute=1e-8)
        agreement.within("diff-diff", ours.loc[key, "std_error"], std_error, absolute=1e-8)


@pytest.mark.parametrize("seed", range(50))
def test_sun_abraham_agrees_with_diff_diff(agreement: Agreement, seed: int) -> None:
    frame = random_panel(seed)
    draw = np.random.default_rng(seed)
    moving = pd.Series(draw.normal(size=len(frame)), index=frame.index)
    frame = frame.assign(x1=moving, x2=frame["x2"] * moving + draw.normal(size=len(frame)))
    frame = frame[draw.uniform(size=len(frame)) > (0.1 if seed % 2 else 0.0)].reset_index(drop=True)
    plan = _plan(seed, "sun_abraham")
    result = run_effects(frame, plan)
    other = diff_diff.SunAbraham().fit(frame, "value", "id", "year", "g", covariates=list(plan.covariates) or None)
    rows = result.estimates[(result.estimates["aggregation"] == "dynamic") & result.estimates["event_time"].notna()]
    ours = rows.set_index("event_time")
    for time, theirs in other.event_study_effects.items():
        agreement.within("diff-diff", ours.loc[time, "estimate"], theirs["effect"], absolute=1e-8)
        agreement.within("diff-diff", ours.loc[time, "std_error"], theirs["se"], absolute=1e-8)
    row = _overall(result, "dynamic")
    agreement.within("diff-diff", row["estimate"], other.overall_att, absolute=1e-8)
    agreement.within("diff-diff", row["std_error"], other.overall_se, absolute=1e-8)


@pytest.mark.parametrize("seed", range(50))
def test_weighted_interactions_agree_with_linearmodels(agreement: Agreement, seed: int) -> None:
    """Shares times coefficients of the same regression, weighted; its factor n / (n - effects) is replaced by that of fixest."""
    frame = random_panel(seed)
    frame = frame[np.random.default_rng(seed).uniform(size=len(frame)) > 0.1].reset_index(drop=True)
    plan = _plan(seed, "sun_abraham", covariates=[], weight="people")
    row = _overall(run_effects(frame, plan), "dynamic")
    since = frame["year"] - frame["cohort"]
    pairs = sorted({(g, e) for g, e in zip(frame["cohort"], since, strict=True) if not np.isnan(e) and e != -1})
    indexed = frame.set_index(["id", "year"])
    design = pd.DataFrame(
        {f"{g} {e}": ((frame["cohort"] == g) & (since == e)).astype(float).to_numpy() for g, e in pairs}, index=indexed.index
    )
    model = PanelOLS(indexed["value"], design, entity_effects=True, time_effects=True, weights=indexed["people"])
    fit = model.fit(cov_type="clustered", cluster_entity=True, debiased=False)
    mass = np.array([frame.loc[(frame["cohort"] == g) & (since == e), "people"].sum() if e >= 0 else 0.0 for g, e in pairs])
    shares = mass / mass.sum()
    n, n_groups, n_years = len(frame), frame["id"].nunique(), frame["year"].nunique()
    factor = n_groups / (n_groups - 1) * (n - 1) / (n - len(pairs) - n_years) * (n - n_groups - n_years + 1) / n
    agreement.within("linearmodels", row["estimate"], shares @ fit.params.to_numpy(), absolute=1e-8)
    agreement.within("linearmodels", row["std_error"], np.sqrt(factor * (shares @ fit.cov.to_numpy() @ shares)), relative=1e-6)


@pytest.mark.parametrize("seed", range(50))
def test_bacon_agrees_with_diff_diff(agreement: Agreement, seed: int) -> None:
    frame = random_panel(seed)
    result = run_effects(frame, _plan(1, "bacon", covariates=[]))
    other = diff_diff.BaconDecomposition(weights="exact").fit(frame, "value", "id", "year", "g")
    names = {"treated_vs_never": "treated_vs_untreated"}
    theirs = {
        f"{names.get(c.comparison_type, c.comparison_type)}:{c.treated_group}:"
        + ("never" if c.comparison_type in names else str(c.control_group)): (c.weight, c.estimate)
        for c in other.comparisons
    }
    ours = {row["key"]: (row["weight"], row["estimate"]) for row in result.weights.to_dict("records")}
    assert ours.keys() == theirs.keys()
    for key, values in theirs.items():
        agreement.within("diff-diff", ours[key], values, absolute=1e-8)
    agreement.within("diff-diff", result.estimates["estimate"].iloc[0], other.twfe_estimate, absolute=1e-8)


@pytest.mark.parametrize("seed", range(30))
def test_imputation_agrees_with_diff_diff(agreement: Agreement, seed: int) -> None:
    """Estimates and errors of all years, of event times and of cohorts, with gaps in every second panel.

    Clusters are units: of larger ones diff-diff averages effects with squares of units' weights, not with those of the clusters' sums.
    """
    frame = random_panel(seed)
    if seed % 2:
        frame = frame[np.random.default_rng(seed).uniform(size=len(frame)) > 0.1].reset_index(drop=True)
    plan = _plan(seed, "imputation", covariates=[], reference="never")
    result = run_effects(frame, plan)
    fitted = diff_diff.ImputationDiD().fit(frame, "value", "unit_id", "year", "g", aggregate="all")
    row = _overall(result, "simple")
    agreement.within("diff-diff", row["estimate"], fitted.overall_att, absolute=1e-8)
    agreement.within("diff-diff", row["std_error"], fitted.overall_se, absolute=1e-8)
    rows = result.estimates
    for aggregation, key in (("event_study", "event_time"), ("group", "cohort")):
        theirs = getattr(fitted, f"{aggregation}_effects")
        own = rows[(rows["aggregation"] == {"event_study": "dynamic"}.get(aggregation, aggregation)) & rows[key].notna()]
        assert len(own) > 2
        for _, each in own.iterrows():
            agreement.within("diff-diff", each["estimate"], theirs[each[key]]["effect"], absolute=1e-8)
            agreement.within("diff-diff", each["std_error"], theirs[each[key]]["se"], absolute=1e-8)
