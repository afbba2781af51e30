"""Regression to the mean made visible: how far values come together by themselves where nobody is treated. No estimate of an effect.

It reads values after the start of reference units only, and is no part of the design: the weights do not see it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kkz_eval.evaluation.baseline import baseline_of, baseline_years, levels
from kkz_eval.evaluation.plan import Outcome, Plan

REGRESSION_COLUMNS = (
    *("indicator", "n_reference", "first_year", "last_year", "correlation", "slope"),
    *("gap", "expected", "gap_after", "expected_after", "status", "reason"),
)
MINIMUM_UNITS = 3  # a line through two points fits exactly


def regression_to_mean(
    panel: pd.DataFrame, groups: pd.DataFrame, plan: Plan, weights: pd.Series[float] | None = None
) -> pd.DataFrame:
    """One row per outcome: how baseline level and later change go together among reference units, and what follows for the groups.

    change: mean of the years from the first start to the end of the window (before a unit's own start) less the baseline level.
    correlation and slope: of change on level over reference units (least squares). gap: mean level of treated less reference units.
    expected = slope × gap: the difference of the changes that would come from the levels alone, were the effect zero and the relation the
    same in both groups. `_after`: with the gap of the weighted means; missing without weights. Units: of the indicator.
    status: ok | refused; reason where refused: no_baseline | no_later_years | few_units | no_spread.
    """
    rows = [{"indicator": outcome.indicator, **_row(panel, groups, plan, outcome, weights)} for outcome in plan.outcomes]
    frame = pd.DataFrame(rows, columns=list(REGRESSION_COLUMNS))
    return frame.astype(dict.fromkeys(("n_reference", "first_year", "last_year"), "Int64"))


def _row(
    panel: pd.DataFrame, groups: pd.DataFrame, plan: Plan, outcome: Outcome, weights: pd.Series[float] | None
) -> dict[str, object]:
    baseline = baseline_of(panel[panel["indicator"] == outcome.indicator], groups, plan)
    level = levels(baseline.of(outcome.indicator, baseline_years(plan, outcome.indicator))).set_index("unit_id")
    if level.empty or baseline.start is None:
        return _refused("no_baseline")
    later = _later(panel, groups, outcome, baseline.start + plan.anticipation)
    if later.empty:
        return _refused("no_later_years")
    mean = later.groupby("unit_id")["value"].mean()
    both = level.join(mean.rename("later"), how="inner")
    if len(both) < MINIMUM_UNITS:
        return {**_refused("few_units"), "n_reference": len(both)}
    x, y = both["number"].to_numpy(), (both["later"] - both["number"]).to_numpy()
    counts = {"n_reference": len(both), "first_year": int(later["year"].min()), "last_year": int(later["year"].max())}
    scale = 1e-12 * max(float(np.abs(x).max()), float(np.abs(y).max()))
    if x.std() <= scale or y.std() <= scale:
        return {**_refused("no_spread"), **counts}
    covariance = float(((x - x.mean()) * (y - y.mean())).mean())
    slope = covariance / float(x.var())
    found = {"correlation": covariance / float(x.std() * y.std()), "slope": slope}
    gaps = {"gap": _gap(level, None), "gap_after": _gap(level, weights) if weights is not None else np.nan}
    expected = {"expected": slope * gaps["gap"], "expected_after": slope * gaps["gap_after"]}
    return {**counts, **found, **gaps, **expected, "status": "ok", "reason": ""}


def _later(panel: pd.DataFrame, groups: pd.DataFrame, outcome: Outcome, start: int) -> pd.DataFrame:
    """unit_id, year, value of reference units from the start on, before their own."""
    reference = groups[groups["group"] == "reference"].set_index("unit_id")
    rows = panel[(panel["indicator"] == outcome.indicator) & panel["unit_id"].isin(reference.index) & panel["value"].notna()]
    own = rows["unit_id"].map(reference["cohort"]).astype("Float64")
    kept = (rows["year"] >= start) & (own.isna() | (rows["year"] < own)).fillna(True).astype(bool)
    if outcome.window is not None:
        kept &= rows["year"].between(*outcome.window)
    return rows.loc[kept, ["unit_id", "year", "value"]]


def _gap(level: pd.DataFrame, weights: pd.Series[float] | None) -> float:
    """Mean level of treated less that of reference units; missing where a group has no unit with weight."""
    weight = pd.Series(1.0, index=level.index) if weights is None else weights.reindex(level.index).fillna(0.0)
    means = {}
    for group in ("treated", "reference"):
        own = level["group"] == group
        total = float(weight[own].sum())
        means[group] = float((level.loc[own, "number"] * weight[own]).sum()) / total if total > 0 else np.nan
    return means["treated"] - means["reference"]


def _refused(reason: str) -> dict[str, object]:
    return {"status": "refused", "reason": reason}
