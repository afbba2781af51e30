"""How far apart the groups were before the programme started: means and standardised differences of the baseline.

Belongs here: numbers from values before the first start. Does not belong here: estimates of effects, wording, thresholds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kkz_eval.evaluation.arrays import PerUnit
from kkz_eval.evaluation.baseline import MEASURES, Baseline, baseline_years, compared_indicators
from kkz_eval.evaluation.plan import Plan

BALANCE_COLUMNS = (
    *("indicator", "measure", "mean_treated", "mean_reference", "sd_treated", "sd_reference", "smd"),
    *("n_treated", "n_reference", "first_year", "last_year", "n_years", "status", "reason"),
    *("overlap", "mean_treated_after", "mean_reference_after", "smd_after"),
)
MINIMUM_UNITS = 2  # of a group: a standard deviation needs two


def balance_of(baseline: Baseline, plan: Plan, weights: pd.Series[float] | None = None) -> pd.DataFrame:
    """Two rows, `level` and `trend`, for each outcome of the plan and each further indicator that it matches on.

    level: per unit the mean of its values, in the unit of the indicator. trend: per unit the least-squares slope of its values on
    the year, in that unit per year; a unit with one value has none. Means and standard deviations (n − 1) are over units, unweighted.
    smd = (mean_treated − mean_reference) / sqrt((sd_treated² + sd_reference²) / 2): Austin (2009), Statistics in Medicine 28(25),
    3083–3107, the formula for continuous variables.
    overlap: share of treated units whose number lies within the range of the reference units.
    weights: of units by unit_id, 0 for those not used; with them, the columns `_after` have the weighted means and their difference in
    the same standard deviation as before: Stuart (2010), Statistical Science 25(1), section 4.1. Missing without weights.
    first_year, last_year, n_years: of the baseline years with a value; missing where there is none.
    status: ok | refused; reason where refused: no_baseline | one_year (trend only) | few_units | no_spread.
    """
    rows = [
        row for name in compared_indicators(plan) for row in _rows(baseline.of(name, baseline_years(plan, name)), name, weights)
    ]
    counts = dict.fromkeys(("n_treated", "n_reference", "first_year", "last_year", "n_years"), "Int64")
    after = dict.fromkeys(("overlap", "mean_treated_after", "mean_reference_after", "smd_after"), "float64")
    return pd.DataFrame(rows, columns=list(BALANCE_COLUMNS)).astype({**counts, **after})


def effective_sample_size(weights: PerUnit | pd.Series[float]) -> float:
    """(Σw)² / Σw²: how many units of equal weight would be as precise; 0 without weight. Kish (1965), Survey Sampling."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _rows(baseline: pd.DataFrame, indicator: str, weights: pd.Series[float] | None) -> list[dict[str, object]]:
    years = sorted(set(baseline["year"]))
    common: dict[str, object] = {"indicator": indicator, "n_years": len(years)}
    if years:
        common |= {"first_year": years[0], "last_year": years[-1]}
    rows = []
    for measure, demanded in (("level", 1), ("trend", 2)):
        if len(years) < demanded:
            reason = "one_year" if years else "no_baseline"
            rows.append({**common, "measure": measure, **_refused(reason), "n_treated": 0, "n_reference": 0})
        else:
            scale = float(baseline["value"].abs().max())
            rows.append({**common, "measure": measure, **_difference(MEASURES[measure](baseline), scale, weights)})
    return rows


def _difference(units: pd.DataFrame, scale: float, weights: pd.Series[float] | None) -> dict[str, object]:
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
    within = float(((treated >= reference.min()) & (treated <= reference.max())).mean())
    after = {} if weights is None else _after(units, weights, pooled)
    return {**counts, **means, **spreads, "smd": smd, "overlap": within, **after, "status": "ok", "reason": ""}


def _after(units: pd.DataFrame, weights: pd.Series[float], pooled: float) -> dict[str, object]:
    """Weighted means of both groups and their difference; nothing where a group has no weight."""
    weighted = units.assign(weight=units["unit_id"].map(weights).fillna(0.0))
    sums = weighted.groupby("group")["weight"].sum()
    if not all(sums.get(group, 0.0) > 0 for group in ("treated", "reference")):
        return {}
    products = (weighted["number"] * weighted["weight"]).groupby(weighted["group"]).sum()
    treated, reference = (float(products[group] / sums[group]) for group in ("treated", "reference"))
    return {"mean_treated_after": treated, "mean_reference_after": reference, "smd_after": (treated - reference) / pooled}


def _refused(reason: str) -> dict[str, object]:
    return {"smd": float("nan"), "status": "refused", "reason": reason}
