"""Interaction-weighted event study of Sun & Abraham: one coefficient for each cohort and event time, then their averages.

Belongs here: the interacted regression and its averages. Does not belong here: the event study with common effects (event_study.py).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kkz_eval.evaluation.arrays import PerRegressor
from kkz_eval.evaluation.estimators.concentration import weights_of_plan
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, coefficient_row, covariate_rows
from kkz_eval.evaluation.estimators.event_study import pre_trend_test, reference_notes, without_effect
from kkz_eval.evaluation.estimators.fixed_effects import Fit, fit_fixed_effects
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample, part_of, require_comparison


def estimate_sun_abraham(sample: Sample, plan: Plan, _: EstimatorSpec) -> Estimation:
    """Sun & Abraham 2021: 1[cohort = g] · 1[year - g = e] with unit and year effects; averages weighted by cells (their weights, if any).

    Reference: units that start after the last year or never, and event time `event_reference` (as `sunab` of fixest); without such
    units the last cohort, whose years from its start on fall out. Cohorts without a year before the start, or without the event time
    of reference, are left out. Rows: `dynamic` by event time (the reference with estimate 0) and over all treated cells (event time
    empty; cells at the event time of reference, 0 by definition, do not count), covariates as `coefficient`, `exposed` where the outcome has
    an earliest plausible year. Shares of the averages are taken as fixed. Test `pre_trend`: F of the averages before the start (less anticipation). Raises Refused.
    """
    require_comparison(sample, plan)
    used, notes = _comparable(sample, plan.event_reference)
    relative, level = used.event_time, plan.inference.level
    inside = ~np.isnan(relative) & (used.cohort <= used.year.max())
    inside &= relative != plan.event_reference
    pairs, codes = np.unique(np.stack([used.cohort[inside], relative[inside]]), axis=1, return_inverse=True)
    free = [(int(g), int(e)) for g, e in pairs.T]
    dummies = np.full(len(used.year), -1, dtype="int32")
    dummies[inside] = codes.ravel()
    fit = fit_fixed_effects(
        used,
        used.covariates,
        [*(f"cohort {g}, event_time {e}" for g, e in free), *used.covariate_names],
        small_sample=plan.inference.small_sample,
        dummies=dummies,
    )
    cells = np.ones(len(used.year)) if used.weights is None else used.weights
    mass = np.bincount(dummies[inside], cells[inside], len(free))
    times = sorted({e for _, e in free})
    by_time = [np.where([e == time for _, e in free], mass, 0.0) for time in times]
    after = np.where([e >= 0 for _, e in free], mass, 0.0)
    exposed = np.where([e >= 0 and used.earliest is not None and g + e >= used.earliest for g, e in free], mass, 0.0)
    averages = {"dynamic": after} if used.earliest is None else {"dynamic": after, "exposed": exposed}
    known = {name: mass for name, mass in averages.items() if mass.any()}
    chosen = [*by_time, *known.values()]
    averaged = _averaged(fit, chosen, len(used.covariate_names))
    rows = [coefficient_row(averaged, place, level, "dynamic", event_time=time) for place, time in enumerate(times)]
    rows.append(Row("dynamic", event_time=plan.event_reference, estimate=0.0))
    rows += [coefficient_row(averaged, place, level, name) for place, name in enumerate(known, start=len(times))]
    rows += covariate_rows(averaged, used.covariate_names, level)
    rows += [without_effect(name, used, plan.event_reference) for name in averages if name not in known]
    test, note = pre_trend_test(averaged, [place for place, time in enumerate(times) if time < -plan.anticipation])
    notes += [] if note is None else [note]
    notes += reference_notes(plan.event_reference)
    return Estimation(tuple(rows), tests=(test,), notes=tuple(notes), counts=used.counts, concentration=weights_of_plan(used))


def _averaged(fit: Fit, masses: list[PerRegressor], covariates: int) -> Fit:
    """Averages of the interactions, then the covariates, with their covariance."""
    interactions = len(fit.coefficients) - covariates
    contrast = np.zeros((len(masses) + covariates, len(fit.coefficients)))
    for row, mass in enumerate(masses):
        contrast[row, :interactions] = mass / mass.sum()
    contrast[len(masses) :, interactions:] = np.eye(covariates)
    return replace(fit, coefficients=contrast @ fit.coefficients, covariance=contrast @ fit.covariance @ contrast.T)


def _comparable(sample: Sample, reference: int) -> tuple[Sample, list[Note]]:
    """The cells of the regression, and what was left out. Raises Refused where nothing is left to compare."""
    notes: list[Note] = []
    controls = np.isnan(sample.cohort) | (sample.cohort > sample.year.max())
    if not controls.any():
        last = float(np.nanmax(sample.cohort))
        sample = part_of(sample, sample.year < last)
        notes.append(Note("notes.last_cohort", {"cohort": int(last), "year": int(last)}))
        if len(sample.year) == 0 or len(np.unique(sample.year)) < 2:
            raise Refused("one_period")
        controls = np.isnan(sample.cohort) | (sample.cohort > sample.year.max())
        if not controls.any():
            raise Refused("no_control")
    if sample.stratum is not None:
        with_control = np.isin(sample.stratum, sample.stratum[controls])
        if not with_control.all():
            alone = np.unique(sample.stratum[~with_control])
            parameters = {
                "units": len(np.unique(sample.unit[~with_control])),
                "strata": "; ".join(sample.stratum_names[code] for code in alone),
            }
            notes.append(Note("notes.strata_left_out", parameters))
            sample, controls = part_of(sample, with_control), controls[with_control]
    without: list[int] = []
    for g in np.unique(sample.cohort[~controls]):
        times = sample.event_time[sample.cohort == g]
        if not ((times < 0).any() and (times == reference).any()):
            without.append(int(g))
    if without:
        left_out = np.isin(sample.cohort, without)
        units, cohorts = len(np.unique(sample.unit[left_out])), ", ".join(str(g) for g in without)
        notes.append(Note("notes.no_reference", {"units": units, "cohorts": cohorts, "reference": reference}))
        sample = part_of(sample, ~left_out)
    if not sample.treated.any():
        raise Refused("reference_missing", reference=reference)
    return sample, notes
