"""Which contrast of years an estimate is, on a balanced block: weights of the years, with sum 0, of which every unit gives one number.

Belongs here: the weights. Does not belong here: statistics of the units' numbers (inference.statistics).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from kkz_eval.evaluation.arrays import PerYear
from kkz_eval.evaluation.estimators.methods import METHODS
from kkz_eval.evaluation.examination.block import Block
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Refused

Contrast = Callable[[Block, Plan, str], PerYear]


def contrast_of(block: Block, plan: Plan, spec: EstimatorSpec, aggregation: str) -> PerYear | None:
    """(T,) the contrast that the estimator's row of this aggregation is, None where it is none: its estimate depends on assignments otherwise.

    With one start and untreated others, without covariates: two-way fixed effects and imputation compare the mean of the years that count with
    that of all years before (Borusyak, Jaravel & Spiess 2024, section 4); event studies, Sun–Abraham and Callaway–Sant'Anna with the year of
    reference. Raises Refused: no year counts, no year of reference.
    """
    method = METHODS[spec.method]
    if not method.on_block or (block.compared.baseline.shape[1] and method.weighs != "regression"):
        return None
    return _CONTRASTS[method.on_block](block, plan, aggregation)


def slope_before(block: Block) -> PerYear:
    """(T,) least-squares slope per year over the years before the start. Raises Refused: fewer than two."""
    before = block.before
    if before.sum() < 2:
        raise Refused("few_years_before")
    distance = np.where(before, block.years - block.years[before].mean(), 0.0)
    return np.asarray(distance / (distance**2).sum())


def years_apart(block: Block) -> float:
    """Mean of the years that count less mean of the years before: over how many years a trend would have run."""
    return float(block.years[block.exposed].mean() - block.years[block.before].mean())


def after_less_before(block: Block, aggregation: str) -> PerYear:
    """(T,) mean of the years of the aggregation less mean of the years before."""
    return _mean(_years_of(block, aggregation)) - _mean(block.before)


def event_contrast(block: Block, year: int, reference: int) -> PerYear:
    """(T,) one year less the year of reference."""
    return np.asarray((block.years == year).astype(float) - (block.years == reference))


def _means(block: Block, plan: Plan, aggregation: str) -> PerYear:
    return after_less_before(block, aggregation)


def _event_times(block: Block, plan: Plan, aggregation: str) -> PerYear:
    """Event study and Sun–Abraham: the mean over the years but that of reference itself."""
    reference = block.years == block.start + plan.event_reference
    if not reference.any():
        raise Refused("reference_missing", reference=plan.event_reference)
    return np.asarray(_mean(_years_of(block, aggregation) & ~reference) - reference)


def _group_times(block: Block, plan: Plan, aggregation: str) -> PerYear:
    """Callaway–Sant'Anna: each year from the start on with the year before the start, less anticipation."""
    reference = block.years == block.start - 1 - plan.anticipation
    if not reference.any():
        raise Refused("reference_missing", reference=-1 - plan.anticipation)
    return np.asarray(_mean(_years_of(block, aggregation)) - reference)


def _years_of(block: Block, aggregation: str) -> np.ndarray:
    years = block.exposed if aggregation == "exposed" else block.after
    if not years.any():
        raise Refused("no_exposed", year=block.earliest)
    return years


def _mean(years: np.ndarray) -> PerYear:
    return np.asarray(years / years.sum())


_CONTRASTS: Mapping[str, Contrast] = {"means": _means, "event_times": _event_times, "group_times": _group_times}
