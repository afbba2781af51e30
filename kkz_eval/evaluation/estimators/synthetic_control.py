"""Synthetic control: one for each treated unit, the gaps averaged; inference by placebo permutation.

Belongs here: donors' weights on the outcome path, gaps, permutation tests, rows. Does not belong here: predictors (predictors.py),
which units can be used (blocks.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from kkz_eval.evaluation.arrays import (
    AssignmentByUnit,
    AssignmentByUnitByYear,
    Floats,
    ProblemByUnit,
    ProblemByUnitMask,
    ProblemByYear,
    UnitByCovariate,
    UnitByUnit,
    UnitByYear,
    YearMask,
)
from kkz_eval.evaluation.estimators.blocks import Blocks, Cohort, build_blocks, without_held_fixed
from kkz_eval.evaluation.estimators.concentration import concentration_of
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, Test, Weight, not_exposed
from kkz_eval.evaluation.estimators.frank_wolfe import reference_weights
from kkz_eval.evaluation.estimators.placebo import Assignments, permutation_interval, permutation_p, placebo_assignments
from kkz_eval.evaluation.estimators.predictors import Predictors, build_predictors, nested_weights
from kkz_eval.evaluation.estimators.sdid_weights import noise_level
from kkz_eval.evaluation.estimators.simplex import NotSolved, solve_simplex
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note, Refused, Rounded
from kkz_eval.evaluation.sample import Sample, require_comparison
from kkz_eval.evaluation.spread import Spread

ETA_UNIT = 1e-6  # ridge of the donors' weights over the noise: makes them unique, no more
EXACT_FIT = 1e-6  # gap before the start over the noise, below which the fit counts as exact

SEARCHES = 600  # of the weight of one predictor, a tenth to a fifth of a second each; beyond it there are no placebos
_CELLS_AT_ONCE = 2_000_000  # of all placebos solved together, so that memory does not grow with their number

DonorWeights = Callable[[UnitByYear, ProblemByYear, ProblemByUnitMask, float], ProblemByUnit]


@dataclass(frozen=True)
class CohortGaps:
    """Synthetic controls of one cohort. weights: (n1, n0); gaps: (n1, T) of treated units; placebo_gaps: (b, n1, T) of the comparison
    units that act as treated in each assignment, against those that do not; noise: of the comparison units before the start."""

    cohort: Cohort
    weights: UnitByUnit
    gaps: UnitByYear
    placebo_gaps: AssignmentByUnitByYear
    noise: float


def estimate_synthetic_control(sample: Sample, plan: Plan, spec: EstimatorSpec, spread: Spread = map) -> Estimation:
    """Mean gap between treated units and their synthetic controls in the years after (Abadie, Diamond & Hainmueller 2010, eq. 2).

    Without covariates the weights match the outcome in every year before, with no intercept and a ridge that only makes them unique
    (Arkhangelsky et al. 2021, section 2, "SC"); variant `reference` stops where their implementation stops, `exact` at the optimum. With
    covariates the predictors are their means and that of the outcome, and the weights of predictors are chosen. Inference: in
    each placebo assignment comparison units act as treated and get synthetic controls from the rest; |mean gap| of the treated ranks among
    theirs. The interval holds all constant effects that this test does not reject; there is no standard error. Test
    `placebo_rmspe_ratio`: the same with the mean ratio of root mean squared gaps after and before. spread: how pieces of the placebos are
    made. Raises Refused.
    """
    require_comparison(sample, plan)
    outcome, adjusted = without_held_fixed(sample, np.empty((len(sample.unit), 0)), ())
    sample = replace(sample, outcome=outcome)
    blocks = build_blocks(sample, plan, outcome)
    sizes = [len(cohort.units) for cohort in blocks.cohorts]
    assignments = placebo_assignments(len(blocks.controls), sizes, plan.inference.placebo_draws, plan.seed)
    left_out: tuple[Note, ...] = ()
    n_predictors = 1 + len(sample.covariate_names)  # the mean of the outcome is one
    if sample.covariate_names and assignments is not None and assignments.units.size * n_predictors > SEARCHES:
        counts = {"predictors": n_predictors, "needed": assignments.units.size, "most": SEARCHES // n_predictors}
        assignments, left_out = None, (Note("notes.predictors_no_placebos", counts),)
    fits = [_fit(sample, blocks, cohort, assignments, SOLVERS[spec.variant], spread) for cohort in blocks.cohorts]
    cells = [int(blocks.after(cohort, None).sum()) for cohort in blocks.cohorts for _ in cohort.units]
    rows = [_row("coefficient", blocks, fits, None, assignments, plan.inference.level)]
    if sample.earliest is not None:
        rows.append(_row("exposed", blocks, fits, sample.earliest, assignments, plan.inference.level))
    return Estimation(
        rows=tuple(rows),
        tests=() if assignments is None else (_ratio_test(blocks, fits, assignments),),
        weights=tuple(_weights(fits, blocks, sample.unit_names)),
        notes=(*blocks.notes, *adjusted, *_notes(sample, blocks, fits, assignments, plan.inference.level), *left_out),
        counts=blocks.counts,
        concentration=concentration_of(np.average(np.concatenate([fit.weights for fit in fits]), axis=0, weights=cells)),
    )


def exact_donors(before: UnitByYear, paths: ProblemByYear, allowed: ProblemByUnitMask, noise: float) -> ProblemByUnit:
    """Weights (b, n0) at the optimum. before: (n0, T0); paths: (b, T0); allowed: (b, n0) bool. Raises NotSolved."""
    weights = np.zeros(allowed.shape)
    ridge = before.shape[1] * (ETA_UNIT * noise) ** 2
    for place, (path, free) in enumerate(zip(paths, allowed, strict=True)):
        weights[place, free] = solve_simplex(before[free].T, path, ridge)
    return weights


def reference_donors(before: UnitByYear, paths: ProblemByYear, allowed: ProblemByUnitMask, noise: float) -> ProblemByUnit:
    """Weights (b, n0) where the reference implementation stops. Arguments as in exact_donors."""
    design = np.broadcast_to(before.T, (len(paths), *before.T.shape))
    rows = np.full(len(paths), float(before.shape[1]))
    return reference_weights(design, paths, allowed, ETA_UNIT * noise, rows, noise, allowed / allowed.sum(axis=1, keepdims=True))


SOLVERS: Mapping[str, DonorWeights] = {"exact": exact_donors, "reference": reference_donors}


@dataclass(frozen=True)
class _Donors:
    """How weights of comparison units are found for a cohort. controls: (n0, T); n_before: years before the start; noise: of the comparison units in
    these; predictors: None where the outcome alone is matched; solver: that matches it."""

    controls: UnitByYear
    n_before: int
    noise: float
    predictors: Predictors | None
    solver: DonorWeights

    def weights(self, paths: ProblemByYear, own_predictors: UnitByCovariate | None, allowed: ProblemByUnitMask) -> ProblemByUnit:
        """(b, n0). paths: (b, T); own_predictors: (b, k); allowed: (b, n0). Raises NotSolved."""
        before = self.controls[:, : self.n_before]
        if self.predictors is None or own_predictors is None:
            return self.solver(before, paths[:, : self.n_before], allowed, self.noise)
        found = np.zeros(allowed.shape)
        for place, (path, free) in enumerate(zip(paths, allowed, strict=True)):
            found[place, free] = nested_weights(
                self.predictors.controls[free], own_predictors[place], before[free], path[: self.n_before]
            )
        return found

    def placebo_gaps(self, assigned: slice, units: AssignmentByUnit) -> AssignmentByUnitByYear:
        """(b, n1, T) of comparison units that act as treated. assigned: which columns of the assignments (b, n) are the cohort's. Raises NotSolved."""
        allowed = np.ones((len(units), len(self.controls)), dtype=bool)
        np.put_along_axis(allowed, units, False, axis=1)
        members = units[:, assigned]
        acting, n_treated = members.ravel(), members.shape[1]
        own = None if self.predictors is None else self.predictors.controls[acting]
        found = self.weights(self.controls[acting], own, np.repeat(allowed, n_treated, axis=0))
        return np.asarray((self.controls[acting] - found @ self.controls).reshape(len(units), n_treated, -1))


def _fit(
    sample: Sample, blocks: Blocks, cohort: Cohort, assignments: Assignments | None, solver: DonorWeights, spread: Spread
) -> CohortGaps:
    """The gaps of a cohort and, with assignments, of its placebos. Raises Refused."""
    controls, n_treated = blocks.controls, len(cohort.units)
    noise = noise_level(controls[:, : cohort.n_before])
    predictors = build_predictors(sample, blocks, cohort) if sample.covariate_names else None
    donors = _Donors(controls, cohort.n_before, noise, predictors, solver)
    pieces = [] if assignments is None else assignments.pieces(_CELLS_AT_ONCE // (controls.size * n_treated))
    try:
        everyone = np.ones((n_treated, len(controls)), dtype=bool)
        weights = donors.weights(cohort.treated, None if predictors is None else predictors.treated, everyone)
        placebo_gaps = list(spread(partial(donors.placebo_gaps, blocks.assigned(cohort)), pieces))
    except NotSolved as failure:
        raise Refused("weights_not_found") from failure
    empty = np.empty((0, n_treated, controls.shape[1]))
    return CohortGaps(cohort, weights, cohort.treated - weights @ controls, np.concatenate([empty, *placebo_gaps]), noise)


def _row(
    aggregation: str,
    blocks: Blocks,
    fits: Sequence[CohortGaps],
    earliest: int | None,
    assignments: Assignments | None,
    level: float,
) -> Row:
    after = [blocks.after(fit.cohort, earliest) for fit in fits]
    if not any(years.any() for years in after):
        return not_exposed(earliest)
    cells = sum(len(fit.gaps) * int(years.sum()) for fit, years in zip(fits, after, strict=True))
    estimate = sum(float(fit.gaps[:, years].sum()) for fit, years in zip(fits, after, strict=True)) / cells
    if assignments is None:
        return Row(aggregation, estimate=estimate)
    sums = [fit.placebo_gaps[:, :, years].sum(axis=(1, 2)) for fit, years in zip(fits, after, strict=True)]
    placebos = np.sum(sums, axis=0) / cells
    low, high = permutation_interval(estimate, placebos, level)
    p_value = permutation_p(abs(estimate), np.abs(placebos))
    return Row(aggregation, estimate=estimate, conf_low=low, conf_high=high, p_value=p_value, p_method="placebo_permutation")


def _ratio_test(blocks: Blocks, fits: Sequence[CohortGaps], assignments: Assignments) -> Test:
    """Mean over treated units of root mean squared gap after over before (Abadie, Diamond & Hainmueller 2010, section 3.4)."""
    own, others = [], []
    for fit in fits:
        after, floor = blocks.after(fit.cohort, None), EXACT_FIT * fit.noise
        own.append(_ratio(fit.gaps, after, fit.cohort.n_before, floor))
        others.append(_ratio(fit.placebo_gaps, after, fit.cohort.n_before, floor).sum(axis=1))
    statistic = float(np.concatenate(own).mean())
    placebos = np.sum(others, axis=0) / assignments.units.shape[1]
    return Test("placebo_rmspe_ratio", statistic, str(len(placebos)), permutation_p(statistic, placebos))


def _ratio(gaps: Floats, after: YearMask, n_before: int, floor: float) -> Floats:
    return np.asarray(_rms(gaps[..., after]) / np.maximum(_rms(gaps[..., :n_before]), floor))


def _rms(gaps: Floats) -> Floats:
    return np.asarray(np.sqrt((gaps**2).mean(axis=-1)))


def _notes(
    sample: Sample, blocks: Blocks, fits: Sequence[CohortGaps], assignments: Assignments | None, level: float
) -> tuple[Note, ...]:
    notes = [Note("notes.predictors")] if sample.covariate_names else []
    if blocks.n_treated > 1:
        notes.append(Note("notes.one_control_each", {"treated": blocks.n_treated}))
    before = np.concatenate([_rms(fit.gaps[:, : fit.cohort.n_before]) for fit in fits])
    noise = float(np.mean([fit.noise for fit in fits]))
    notes.append(Note("notes.fit_before", {"rmspe": Rounded(float(before.mean())), "noise": Rounded(noise)}))
    if any((_rms(fit.gaps[:, : fit.cohort.n_before]) <= EXACT_FIT * fit.noise).any() for fit in fits):
        notes.append(Note("notes.fit_exact"))
    n_controls = len(blocks.controls)
    if assignments is None:
        few = n_controls <= blocks.n_treated
        return (
            (*notes, Note("notes.placebo_too_few", {"controls": n_controls, "treated": blocks.n_treated}))
            if few
            else tuple(notes)
        )
    draws = len(assignments.units)
    code = "notes.permutation_enumerated" if assignments.complete else "notes.permutation_draws"
    notes.append(Note(code, {"draws": draws, "controls": n_controls, "left": n_controls - blocks.n_treated}))
    if np.isnan(permutation_interval(0.0, np.zeros(draws), level)[0]):
        notes.append(Note("notes.permutation_level", {"draws": draws}))
    return tuple(notes)


def _weights(fits: Sequence[CohortGaps], blocks: Blocks, names: Sequence[str]) -> list[Weight]:
    """Weights above 0; with several treated units the key is `treated unit/comparison unit`."""
    rows = []
    for fit in fits:
        for code, weights in zip(fit.cohort.units, fit.weights, strict=True):
            prefix = f"{names[code]}/" if blocks.n_treated > 1 else ""
            for control, weight in zip(blocks.control_units, weights, strict=True):
                if weight > 0:
                    rows.append(Weight("unit", f"{prefix}{names[control]}", float(weight)))
    return rows
