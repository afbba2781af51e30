"""Bands of an event study that hold for all its years at once, from the same drawn assignments: rows of sensitivity.csv.

Belongs here: which years and assignments, and a row for each year. Does not belong here: the quantile (inference), bands from formulas (estimators).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kkz_eval.evaluation.arrays import PerAssignment
from kkz_eval.evaluation.examination.block import Block
from kkz_eval.evaluation.examination.chance import Exchange, draws_of
from kkz_eval.evaluation.examination.contrasts import event_contrast
from kkz_eval.evaluation.inference.assignments import UNIFORM, draw_assignments
from kkz_eval.evaluation.inference.families import joint_quantile
from kkz_eval.evaluation.inference.statistics import regression, regression_over_error, studentised_regression
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Refused


def band_rows(block: Block, exchange: Exchange, plan: Plan, seed: int) -> Iterator[dict[str, object]]:
    """A row for each year but that of reference: estimate ± c · error, without the columns that name the estimator.

    c: quantile, at the plan's level, of the largest |t| over the years, under equally likely assignments of the comparison's own strata, on
    outcomes less the estimates of the treated: the effects themselves are not taken for chance. parameter: event time; target: joint.
    Raises Refused: no year of reference, an estimate without error.
    """
    reference = block.start + plan.event_reference
    if reference not in block.years:
        raise Refused("reference_missing", reference=plan.event_reference)
    years = [int(year) for year in block.years if year != reference]
    units, real = exchange.compared, exchange.compared.treated[None]
    drawn = draw_assignments(exchange.assigned, UNIFORM, draws_of(plan), np.random.default_rng([seed, plan.seed]))
    estimates, errors, of_draws = [], [], []
    for year in years:
        z = block.outcome @ event_contrast(block, year, reference)
        estimate = float(regression(real, z, units)[0])
        estimates.append(estimate)
        errors.append(_inverse(regression_over_error(real, z, units)[1]))
        of_draws.append(studentised_regression(drawn, z - estimate * units.treated, units))
    statistics = np.column_stack(of_draws)
    if np.isnan(statistics).any() or not np.isfinite(errors).all():
        raise Refused("statistic_undefined")
    width = joint_quantile(statistics, plan.inference.level)
    for year, estimate, error in zip(years, estimates, errors, strict=True):
        yield {
            "method": "joint_band",
            "parameter": str(year - block.start),
            "target": "joint",
            "conf_low": estimate - width * error,
            "conf_high": estimate + width * error,
        }


def _inverse(per_error: PerAssignment) -> float:
    """The error; infinite where numbers are so large that none is left of 1 / error."""
    with np.errstate(divide="ignore"):
        return float((1 / per_error)[0])
