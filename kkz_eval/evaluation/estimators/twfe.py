"""Two-way fixed effects difference in differences. No event times, no other aggregation than coefficient and exposed."""

from __future__ import annotations

import numpy as np

from kkz_eval.evaluation.arrays import CellMask
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, coefficient_row, covariate_rows, not_exposed
from kkz_eval.evaluation.estimators.fixed_effects import Fit, fit_fixed_effects
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample, require_comparison


def estimate_twfe(sample: Sample, plan: Plan, _: EstimatorSpec) -> Estimation:
    """Coefficient of D_it = 1[year ≥ own cohort year] with unit and year effects (Angrist & Pischke 2009, section 5.2).

    Covariates are rows of their own. Where the outcome has an earliest plausible year, a second regression splits D into the years
    before it and those from it on; the coefficient of the latter is the row `exposed`. Raises Refused.
    """
    require_comparison(sample, plan)
    level = plan.inference.level
    fit = _fit(sample, plan, [sample.treated], ["att"])
    rows = [coefficient_row(fit, 0, level, "coefficient")]
    rows += covariate_rows(fit, sample.covariate_names, level)
    if sample.earliest is not None:
        rows.append(_exposed(sample, plan))
    return Estimation(rows=tuple(rows))


def _exposed(sample: Sample, plan: Plan) -> Row:
    exposed = sample.exposed
    if not exposed.any():
        return not_exposed(sample.earliest)
    before = sample.treated & ~exposed
    groups, names = ([exposed, before], ["exposed", "not_yet_exposed"]) if before.any() else ([exposed], ["exposed"])
    try:
        fit = _fit(sample, plan, groups, names)
    except Refused as refusal:
        return Row("exposed", refused=refusal.note)
    return coefficient_row(fit, 0, plan.inference.level, "exposed")


def _fit(sample: Sample, plan: Plan, groups: list[CellMask], names: list[str]) -> Fit:
    """groups: the cells (n,) bool where each dummy is 1, none in two of them."""
    return fit_fixed_effects(
        sample,
        sample.covariates,
        [*names, *sample.covariate_names],
        small_sample=plan.inference.small_sample,
        dummies=np.select(groups, range(len(groups)), default=-1).astype("int32"),
    )
