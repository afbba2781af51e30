"""Synthetic control: one for each treated unit, the gaps averaged; inference by placebo permutation.

Belongs here: donors' weights on the outcome path, gaps, permutation tests, rows. Does not belong here: predictors (predictors.py),
which units can be used (blocks.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kkz_eval.evaluation.estimators.blocks import Blocks, Cohort, build_blocks
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, Test, Weight
from kkz_eval.evaluation.estimators.frank_wolfe import reference_weights
from kkz_eval.evaluation.estimators.placebo import Assignments, permutation_interval, permutation_p, placebo_assignments
from kkz_eval.evaluation.estimators.predictors import Predictors, build_predictors, nested_weights
from kkz_eval.evaluation.estimators.sdid_weights import noise_level
from kkz_eval.evaluation.estimators.simplex import NotSolved, solve_simplex
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample

ETA_UNIT = 1e-6  # ridge of the donors' weights over the noise: makes them unique, no more
EXACT_FIT = 1e-6  # gap before the start over the noise, below which the fit counts as exact

DonorWeights = Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]


@dataclass(frozen=True)
class Fit:
    """Synthetic controls of one cohort. weights: (n1, n0); gaps: (n1, T) of treated units; placebo_gaps: (n0, T) of comparison units,
    each against the others; noise: of the comparison units before the start."""

    cohort: Cohort
    weights: np.ndarray
    gaps: np.ndarray
    placebo_gaps: np.ndarray
    noise: float


def estimate_synthetic_control(sample: Sample, plan: Plan, spec: EstimatorSpec) -> Estimation:
    """Mean gap between treated units and their synthetic controls in the years after (Abadie, Diamond & Hainmueller 2010, eq. 2).

    Without covariates the weights match the outcome in every year before, with no intercept and a ridge that only makes them unique
    (Arkhangelsky et al. 2021, section 2, "SC"); variant `reference` stops where their implementation stops, `exact` at the optimum. With
    covariates the predictors are their means and that of the outcome, and the weights of predictors are chosen. Inference: every
    comparison unit gets a synthetic control of its own from the others; |mean gap| of the treated ranks among those of placebo
    assignments. The interval holds all constant effects that this test does not reject; there is no standard error. Test
    `placebo_rmspe_ratio`: the same with the mean ratio of root mean squared gaps after and before. Raises Refused.
    """
    blocks = build_blocks(sample, plan)
    fits = [_fit(sample, blocks, cohort, SOLVERS[spec.variant]) for cohort in blocks.cohorts]
    sizes = [len(cohort.units) for cohort in blocks.cohorts]
    assignments = placebo_assignments(len(blocks.controls), sizes, plan.inference.draws, plan.seed)
    rows = [_row("coefficient", blocks, fits, None, assignments, plan.inference.level)]
    if sample.earliest is not None:
        rows.append(_row("exposed", blocks, fits, sample.earliest, assignments, plan.inference.level))
    return Estimation(
        rows=tuple(rows),
        tests=() if assignments is None else (_ratio_test(blocks, fits, assignments),),
        weights=tuple(_weights(fits, blocks, sample.unit_names)),
        notes=(*blocks.notes, *_notes(sample, blocks, fits, assignments, plan.inference.level)),
        counts=blocks.counts,
    )


def exact_donors(before: np.ndarray, paths: np.ndarray, allowed: np.ndarray, noise: float) -> np.ndarray:
    """Weights (b, n0) at the optimum. before: (n0, T0); paths: (b, T0); allowed: (b, n0) bool. Raises NotSolved."""
    weights = np.zeros(allowed.shape)
    ridge = before.shape[1] * (ETA_UNIT * noise) ** 2
    for place, (path, free) in enumerate(zip(paths, allowed, strict=True)):
        weights[place, free] = solve_simplex(before[free].T, path, ridge)
    return weights


def reference_donors(before: np.ndarray, paths: np.ndarray, allowed: np.ndarray, noise: float) -> np.ndarray:
    """Weights (b, n0) where the reference implementation stops. Arguments as in exact_donors."""
    design = np.broadcast_to(before.T, (len(paths), *before.T.shape))
    rows = np.full(len(paths), float(before.shape[1]))
    return reference_weights(design, paths, allowed, ETA_UNIT * noise, rows, noise, allowed / allowed.sum(axis=1, keepdims=True))


SOLVERS: Mapping[str, DonorWeights] = {"exact": exact_donors, "reference": reference_donors}


def _fit(sample: Sample, blocks: Blocks, cohort: Cohort, donors: DonorWeights) -> Fit:
    controls, n_controls = blocks.controls, len(blocks.controls)
    before = controls[:, : cohort.n_before]
    noise = noise_level(before)
    if not noise > 1e-12 * np.abs(before).max():
        raise Refused("no_noise")
    paths = np.vstack([cohort.treated, controls])
    allowed = np.vstack([np.ones((len(cohort.units), n_controls), dtype=bool), ~np.eye(n_controls, dtype=bool)])
    try:
        if sample.covariate_names:
            weights = _by_predictors(build_predictors(sample, blocks, cohort), before, paths[:, : cohort.n_before], allowed)
        else:
            weights = donors(before, paths[:, : cohort.n_before], allowed, noise)
    except NotSolved as failure:
        raise Refused("weights_not_found") from failure
    gaps = paths - weights @ controls
    n_treated = len(cohort.units)
    return Fit(cohort, weights[:n_treated], gaps[:n_treated], gaps[n_treated:], noise)


def _by_predictors(predictors: Predictors, before: np.ndarray, paths: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    weights = np.zeros(allowed.shape)
    own = np.vstack([predictors.treated, predictors.controls])
    for place, (path, free) in enumerate(zip(paths, allowed, strict=True)):
        weights[place, free] = nested_weights(predictors.controls[free], own[place], before[free], path)
    return weights


def _row(
    aggregation: str, blocks: Blocks, fits: Sequence[Fit], earliest: int | None, assignments: Assignments | None, level: float
) -> Row:
    after = [blocks.after(fit.cohort, earliest) for fit in fits]
    if not any(years.any() for years in after):
        return Row(aggregation, refused=Note("refused.no_exposed", {"year": earliest}))
    cells = sum(len(fit.gaps) * int(years.sum()) for fit, years in zip(fits, after, strict=True))
    estimate = sum(float(fit.gaps[:, years].sum()) for fit, years in zip(fits, after, strict=True)) / cells
    if assignments is None:
        return Row(aggregation, estimate=estimate)
    sums = [fit.placebo_gaps[:, years].sum(axis=1) for fit, years in zip(fits, after, strict=True)]
    placebos = _assigned(sums, fits, assignments) / cells
    low, high = permutation_interval(estimate, placebos, level)
    p_value = permutation_p(abs(estimate), np.abs(placebos))
    return Row(aggregation, estimate=estimate, conf_low=low, conf_high=high, p_value=p_value, p_method="placebo_permutation")


def _assigned(values: Sequence[np.ndarray], fits: Sequence[Fit], assignments: Assignments) -> np.ndarray:
    """Sums (b,) over the placebo units of each assignment. values: for each cohort, (n0,)."""
    total, begin = np.zeros(len(assignments.units)), 0
    for value, fit in zip(values, fits, strict=True):
        end = begin + len(fit.cohort.units)
        total += value[assignments.units[:, begin:end]].sum(axis=1)
        begin = end
    return total


def _ratio_test(blocks: Blocks, fits: Sequence[Fit], assignments: Assignments) -> Test:
    """Mean over treated units of root mean squared gap after over before (Abadie, Diamond & Hainmueller 2010, section 3.4)."""
    own, others = [], []
    for fit in fits:
        after, floor = blocks.after(fit.cohort, None), EXACT_FIT * fit.noise
        own.append(_ratio(fit.gaps, after, fit.cohort.n_before, floor))
        others.append(_ratio(fit.placebo_gaps, after, fit.cohort.n_before, floor))
    statistic = float(np.concatenate(own).mean())
    placebos = _assigned(others, fits, assignments) / assignments.units.shape[1]
    return Test("placebo_rmspe_ratio", statistic, str(len(placebos)), permutation_p(statistic, placebos))


def _ratio(gaps: np.ndarray, after: np.ndarray, n_before: int, floor: float) -> np.ndarray:
    return np.asarray(_rms(gaps[:, after]) / np.maximum(_rms(gaps[:, :n_before]), floor))


def _rms(gaps: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt((gaps**2).mean(axis=1)))


def _notes(
    sample: Sample, blocks: Blocks, fits: Sequence[Fit], assignments: Assignments | None, level: float
) -> tuple[Note, ...]:
    notes = [Note("notes.predictors")] if sample.covariate_names else []
    before = np.concatenate([_rms(fit.gaps[:, : fit.cohort.n_before]) for fit in fits])
    noise = float(np.mean([fit.noise for fit in fits]))
    notes.append(Note("notes.fit_before", {"rmspe": f"{before.mean():.3g}", "noise": f"{noise:.3g}"}))
    if any((_rms(fit.gaps[:, : fit.cohort.n_before]) <= EXACT_FIT * fit.noise).any() for fit in fits):
        notes.append(Note("notes.fit_exact"))
    n_controls = len(blocks.controls)
    if assignments is None:
        return (*notes, Note("notes.placebo_too_few", {"controls": n_controls, "treated": blocks.n_treated}))
    draws = len(assignments.units)
    code = "notes.permutation_enumerated" if assignments.complete else "notes.permutation_draws"
    notes.append(Note(code, {"draws": draws, "controls": n_controls}))
    if np.isnan(permutation_interval(0.0, np.zeros(draws), level)[0]):
        notes.append(Note("notes.permutation_level", {"draws": draws}))
    return tuple(notes)


def _weights(fits: Sequence[Fit], blocks: Blocks, names: Sequence[str]) -> list[Weight]:
    """Weights above 0; with several treated units the key is `treated unit/comparison unit`."""
    rows = []
    for fit in fits:
        for code, weights in zip(fit.cohort.units, fit.weights, strict=True):
            prefix = f"{names[code]}/" if blocks.n_treated > 1 else ""
            for control, weight in zip(blocks.control_units, weights, strict=True):
                if weight > 0:
                    rows.append(Weight("unit", f"{prefix}{names[control]}", float(weight)))
    return rows
