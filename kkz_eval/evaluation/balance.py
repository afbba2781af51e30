"""How far apart the groups were before the programme started: means and standardised differences of the baseline.

Belongs here: numbers from values before the first start. Does not belong here: estimates of effects, wording, thresholds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from kkz_eval.evaluation.plan import Outcome, Plan

BALANCE_COLUMNS = (
    *("indicator", "measure", "mean_treated", "mean_reference", "sd_treated", "sd_reference", "smd"),
    *("n_treated", "n_reference", "first_year", "last_year", "n_years", "status", "reason"),
)
MINIMUM_UNITS = 2  # of a group: a standard deviation needs two


def balance_of(panel: pd.DataFrame, groups: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Two rows per outcome of the plan, `level` and `trend`, from the years before the first treated cohort alone.

    panel: unit_id, year, indicator, value, cohort; groups: unit_id, group, cohort. A baseline year lies in the outcome's window, before
    the first start less the plan's anticipation and, for a unit of the reference group, before its own start.
    level: per unit the mean of its values, in the unit of the indicator. trend: per unit the least-squares slope of its values on
    the year, in that unit per year; a unit with one value has none. Means and standard deviations (n − 1) are over units, unweighted.
    smd = (mean_treated − mean_reference) / sqrt((sd_treated² + sd_reference²) / 2): Austin (2009), Statistics in Medicine 28(25),
    3083–3107, the formula for continuous variables.
    first_year, last_year, n_years: of the baseline years with a value; missing where there is none.
    status: ok | refused; reason where refused: no_baseline | one_year (trend only) | few_units | no_spread.
    """
    start = _first_start(groups, plan)
    rows = [row for outcome in plan.outcomes for row in _rows(_baseline(panel, groups, outcome, start), outcome)]
    whole = dict.fromkeys(("n_treated", "n_reference", "first_year", "last_year", "n_years"), "Int64")
    return pd.DataFrame(rows, columns=list(BALANCE_COLUMNS)).astype(whole)


def _first_start(groups: pd.DataFrame, plan: Plan) -> int | None:
    cohorts = plan.treated_cohorts or tuple(groups.loc[groups["group"] == "treated", "cohort"].dropna())
    return int(min(cohorts)) - plan.anticipation if cohorts else None


def _baseline(panel: pd.DataFrame, groups: pd.DataFrame, outcome: Outcome, start: int | None) -> pd.DataFrame:
    """unit_id, group, year, value of the baseline years; missing values are left out."""
    role = panel["unit_id"].map(groups.set_index("unit_id")["group"])
    years = panel["year"].astype(int)
    wanted = (panel["indicator"] == outcome.indicator) & panel["value"].notna() & role.isin(["treated", "reference"])
    before = years < start if start is not None else pd.Series(False, index=panel.index)
    own = panel["cohort"].astype("Float64")
    not_started = (own.isna() | (years < own)).fillna(True).astype(bool)
    within = years.between(*outcome.window) if outcome.window is not None else pd.Series(True, index=panel.index)
    kept = panel.assign(group=role, year=years)[wanted & before & not_started & within]
    return kept[["unit_id", "group", "year", "value"]]


def _rows(baseline: pd.DataFrame, outcome: Outcome) -> list[dict[str, object]]:
    years = sorted(set(baseline["year"]))
    common: dict[str, object] = {"indicator": outcome.indicator, "n_years": len(years)}
    if years:
        common |= {"first_year": years[0], "last_year": years[-1]}
    measures: tuple[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], int], ...] = (("level", _levels, 1), ("trend", _slopes, 2))
    rows = []
    for measure, per_unit, demanded in measures:
        if len(years) < demanded:
            reason = "one_year" if years else "no_baseline"
            rows.append({**common, "measure": measure, **_refused(reason), "n_treated": 0, "n_reference": 0})
        else:
            scale = float(baseline["value"].abs().max())
            rows.append({**common, "measure": measure, **_difference(per_unit(baseline), scale)})
    return rows


def _levels(baseline: pd.DataFrame) -> pd.DataFrame:
    """group and number: the mean of each unit."""
    return baseline.groupby(["unit_id", "group"])["value"].mean().rename("number").reset_index()


def _slopes(baseline: pd.DataFrame) -> pd.DataFrame:
    """group and number: the least-squares slope of each unit with values in two years or more."""
    by_unit = baseline.groupby("unit_id")
    distance = baseline["year"] - by_unit["year"].transform("mean")
    moments = baseline.assign(product=distance * baseline["value"], square=distance**2)
    sums = moments.groupby(["unit_id", "group"])[["product", "square"]].sum().reset_index()
    sums = sums[sums["square"] > 0]
    return sums.assign(number=sums["product"] / sums["square"])


def _difference(units: pd.DataFrame, scale: float) -> dict[str, object]:
    """scale: largest value of the baseline, against which a spread of rounding errors alone is none."""
    treated, reference = (
        units.loc[units["group"] == group, "number"].to_numpy(dtype=float) for group in ("treated", "reference")
    )
    counts: dict[str, object] = {"n_treated": len(treated), "n_reference": len(reference)}
    if min(len(treated), len(reference)) < MINIMUM_UNITS:
        return {**counts, **_refused("few_units")}
    means = {"mean_treated": float(treated.mean()), "mean_reference": float(reference.mean())}
    spreads = {"sd_treated": float(treated.std(ddof=1)), "sd_reference": float(reference.std(ddof=1))}
    pooled = float(np.sqrt((spreads["sd_treated"] ** 2 + spreads["sd_reference"] ** 2) / 2))
    if pooled <= 1e-12 * scale:
        return {**counts, **means, **spreads, **_refused("no_spread")}
    smd = (means["mean_treated"] - means["mean_reference"]) / pooled
    return {**counts, **means, **spreads, "smd": smd, "status": "ok", "reason": ""}


def _refused(reason: str) -> dict[str, object]:
    return {"smd": float("nan"), "status": "refused", "reason": reason}
