"""One comparison of two groups between two years: outcome regression, inverse probability weighting, doubly robust.

Belongs here: the 2×2 estimates of Sant'Anna & Zhao 2020 for panels and their influence functions. Does not belong here: which units
and years are compared (group_time.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kkz_eval.evaluation.arrays import PerUnit, RegressorByRegressor, UnitByCovariate, UnitMask
from kkz_eval.evaluation.estimators.concentration import Concentration, concentration_of
from kkz_eval.evaluation.problems import Refused, Rounded

OVERLAP = 0.999  # fitted probability of treatment from which `did` speaks of no overlap
TRIMMED = (
    0.995  # fitted probability from which a control no longer counts (`DRDID` from 1.1 on): its odds would outweigh all others
)
COLLINEAR = 1e-9  # share of a column's own length that must be left once the columns before it are taken out
_NEWTON_STEPS = 100
_TOLERANCE = 1e-11  # largest step, in the coefficients of standardised covariates, at which Newton's method has converged
_SEPARATED = 200  # linear index of the logit that only grows without end where covariates separate the groups
_SINGULAR = 1e14  # condition of the information, near the inverse of double precision


@dataclass(frozen=True)
class Effect:
    """estimate; influence: (m,) contribution of each unit of the comparison to its error (influence function / m), sum zero."""

    estimate: float
    influence: PerUnit


@dataclass(frozen=True)
class Comparison:
    """What does not depend on the outcome, m units.

    treated: (m,) shares of the treated, sum 1; control: (m,) weights of the controls, 0 for the treated; design: (m, k) covariates
    with a constant first, each in standard units; regression: inverse of Σ w x x' over controls; odds: (m,) shares of the controls
    after weighting by the odds of treatment, sum 1, 0 for those trimmed; propensity: (m, k), linear representation of the coefficients
    of the logit; trimmed: how many controls have a fitted probability of treatment of TRIMMED or more.
    """

    treated: PerUnit
    control: PerUnit
    design: UnitByCovariate | None = None
    regression: RegressorByRegressor | None = None
    odds: PerUnit | None = None
    propensity: UnitByCovariate | None = None
    trimmed: int = 0

    @cached_property
    def concentration(self) -> Concentration | None:
        """How far the weight of the controls rests on few of them; None where all weigh the same."""
        controls = self.control > 0
        return concentration_of((self.control if self.odds is None else self.odds)[controls])


def compare(treated: UnitMask, weights: PerUnit, covariates: UnitByCovariate, names: tuple[str, ...], variant: str) -> Comparison:
    """treated: (m,) bool; weights: (m,) positive; covariates: (m, k). variant: or | ipw | dr; all the same without covariates.

    Controls that the covariates take for treated (TRIMMED) keep their part in the outcome regression and have no weight beside it.
    Raises Refused: too few controls, collinear covariates, no overlap, overflow.
    """
    share = np.where(treated, weights, 0.0)
    control = np.where(treated, 0.0, weights)
    if covariates.shape[1] == 0:
        return Comparison(share / share.sum(), control)
    design = _standardised(covariates, weights, names)
    regression = odds = propensity = None
    trimmed = 0
    controls = ~treated
    if controls.sum() <= design.shape[1]:
        raise Refused("few_controls", controls=int(controls.sum()), parameters=design.shape[1])
    if variant in {"or", "dr"}:
        _require_independent(np.sqrt(weights[controls])[:, None] * design[controls], names)
        regression = np.asarray(np.linalg.inv(design.T @ (control[:, None] * design)))
    if variant in {"ipw", "dr"}:
        _require_independent(np.sqrt(weights)[:, None] * design, names)
        fitted, inverse = _logit(design, treated, weights)
        extreme = controls & (fitted >= TRIMMED)
        trimmed = int(extreme.sum())
        if trimmed == controls.sum():
            raise Refused("overlap", limit=Rounded(TRIMMED))
        raw = np.where(extreme, 0.0, control * fitted / (1 - fitted))
        odds = raw / raw.sum()
        propensity = (weights * (treated - fitted))[:, None] * (design @ inverse)
    return Comparison(share / share.sum(), control, design, regression, odds, propensity, trimmed)


def effect(change: PerUnit, comparison: Comparison, variant: str) -> Effect:
    """ATT of one comparison and its influence function. change: (m,) outcome less that of the base year.

    Without covariates: difference of mean changes. Otherwise Sant'Anna & Zhao 2020: outcome regression (2.2), inverse probability
    weighting with normalised weights (Hájek), doubly robust with least squares and logit (2.5, their `drdid_panel`).
    """
    treated, control, design = comparison.treated, comparison.control, comparison.design
    if design is None:
        control = control / control.sum()
        mean_treated, mean_control = float(treated @ change), float(control @ change)
        return Effect(mean_treated - mean_control, treated * (change - mean_treated) - control * (change - mean_control))
    odds, propensity, inverse = comparison.odds, comparison.propensity, comparison.regression
    if variant == "ipw":
        assert odds is not None
        assert propensity is not None
        mean_treated, mean_control = float(treated @ change), float(odds @ change)
        deviation = odds * (change - mean_control)
        influence = treated * (change - mean_treated) - deviation - propensity @ (deviation @ design)
        return Effect(mean_treated - mean_control, influence)
    assert inverse is not None
    coefficients = inverse @ ((control * change) @ design)
    # once more on the residuals: normal equations lose digits that this step brings back
    coefficients = coefficients + inverse @ ((control * (change - design @ coefficients)) @ design)
    residual = change - design @ coefficients
    linear = (control * residual)[:, None] * (design @ inverse)  # linear representation of the coefficients
    mean_treated = float(treated @ residual)
    influence = treated * (residual - mean_treated) - linear @ (treated @ design)
    if variant == "or":
        return Effect(mean_treated, influence)
    assert odds is not None
    assert propensity is not None
    mean_control = float(odds @ residual)
    deviation = odds * (residual - mean_control)
    influence = influence - deviation - propensity @ (deviation @ design) + linear @ (odds @ design)
    return Effect(mean_treated - mean_control, influence)


def _standardised(covariates: UnitByCovariate, weights: PerUnit, names: tuple[str, ...]) -> UnitByCovariate:
    """A constant and the covariates in standard units: the same estimates, without trouble from units of measurement."""
    with np.errstate(over="ignore", invalid="ignore"):
        centred = covariates - np.average(covariates, axis=0, weights=weights)
        scale = np.sqrt(np.average(centred**2, axis=0, weights=weights))
        largest = np.abs(covariates).max(axis=0)
    if not np.isfinite(scale).all():
        raise Refused("too_large")
    for position, name in enumerate(names):
        if not scale[position] > COLLINEAR * largest[position]:
            raise Refused("collinear", term=name)
    return np.column_stack([np.ones(len(covariates)), centred / scale])


def _require_independent(columns: UnitByCovariate, names: tuple[str, ...]) -> None:
    """columns: (m, 1 + k), the constant first. Raises Refused with the first covariate that those before it explain."""
    lengths = np.sqrt((columns**2).sum(axis=0))
    triangle = np.linalg.qr(columns / np.where(lengths > 0, lengths, 1.0)).R
    for position, name in enumerate(names, start=1):
        if abs(triangle[position, position]) <= COLLINEAR:
            raise Refused("collinear", term=name)


def _logit(design: UnitByCovariate, treated: UnitMask, weights: PerUnit) -> tuple[PerUnit, RegressorByRegressor]:
    """Fitted probabilities (m,) and the inverse of the information (k, k) of a weighted logit, by Newton's method.

    Raises Refused `overlap` where the largest probability reaches OVERLAP or the likelihood has no maximum.
    """
    scaled = weights / weights.mean()  # so that the condition of the information does not depend on the unit of the weights
    coefficients = np.zeros(design.shape[1])
    for _ in range(_NEWTON_STEPS):
        index = design @ coefficients
        fitted = 1 / (1 + np.exp(-np.clip(index, -500, 500)))  # exp of more would overflow
        information = design.T @ ((scaled * fitted * (1 - fitted))[:, None] * design)
        if np.abs(index).max() > _SEPARATED or not np.linalg.cond(information) < _SINGULAR:
            raise Refused("overlap", limit=Rounded(OVERLAP))
        step = np.linalg.solve(information, (scaled * (treated - fitted)) @ design)
        largest = float(np.abs(step).max())
        coefficients = coefficients + step / max(1.0, largest / 5)  # a longer step may overshoot and diverge
        if largest < _TOLERANCE:
            break
    else:
        raise Refused("overlap", limit=Rounded(OVERLAP))
    fitted = 1 / (1 + np.exp(-(design @ coefficients)))
    if fitted.max() >= OVERLAP:
        raise Refused("overlap", limit=Rounded(OVERLAP))
    information = design.T @ ((weights * fitted * (1 - fitted))[:, None] * design)
    return fitted, np.asarray(np.linalg.inv(information))
