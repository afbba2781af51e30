"""The estimator and the years that stand for an outcome, and their row of the estimates. Never what it found."""

from __future__ import annotations

import pandas as pd

from kkz_eval.evaluation.estimators.methods import HEADLINE_METHODS, METHODS, OVERALL, REPORTED_METHODS
from kkz_eval.evaluation.plan import EstimatorSpec, Plan

_DECOMPOSING = [name for name in METHODS if name not in REPORTED_METHODS]


def overall_rows(estimates: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """Rows of an outcome that stand for all years: coefficient, simple, exposed, and the overall row of an aggregation."""
    rows = estimates[(estimates["indicator"] == indicator) & (estimates["term"].isna() | (estimates["term"] == "att"))]
    rows = rows[~rows["method"].isin(_DECOMPOSING)]  # what they take apart is the row of another method
    overall = rows["cohort"].isna() & rows["year"].isna() & rows["event_time"].isna()
    return rows[overall & ((rows["aggregation"] != "group_time") | (rows["status"] == "refused"))]


def deciding(plan: Plan) -> EstimatorSpec:
    """The estimator whose row `headline_row` looks for; of a plan without any that decides, its first."""
    named = [spec for spec in plan.estimators if spec.id == plan.headline]
    ranked = [spec for method in HEADLINE_METHODS for spec in plan.estimators if spec.method == method]
    return (*named, *ranked, *plan.estimators)[0]


def aggregations_that_count(earliest_plausible_year: int | None) -> tuple[str, ...]:
    """Aggregations that stand for the years that count, the first that an estimator has."""
    return OVERALL if earliest_plausible_year is None else ("exposed",)


def headline_row(
    estimates: pd.DataFrame, indicator: str, earliest_plausible_year: int | None, headline: str | None
) -> pd.Series | None:
    """The row on which the verdict rests, None where the run has none.

    Of the estimator `headline`, or where it is None of the first method in HEADLINE_METHODS that was run: `exposed` where the outcome has
    an earliest plausible year, else the overall row. A refused run may have one row only; then that row.
    """
    rows = overall_rows(estimates, indicator)
    if headline is None:
        run = set(estimates.loc[estimates["indicator"] == indicator, "method"])
        method = next((method for method in HEADLINE_METHODS if method in run), None)
        of_method = rows[rows["method"] == method]
    else:
        of_method = rows[rows["estimator"] == headline]
    for aggregation in aggregations_that_count(earliest_plausible_year):
        chosen = of_method[of_method["aggregation"] == aggregation]
        if len(chosen):
            return chosen.iloc[0]
    refused = of_method[of_method["status"] == "refused"]
    return refused.iloc[0] if len(refused) else None
