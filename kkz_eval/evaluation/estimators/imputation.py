"""Imputation: treated cells against what untreated cells say they would have been, cell by cell, and averages of these effects.

Belongs here: which effects enter which row, their standard errors, the test of the years before. Does not belong here: the fit on the
untreated cells (untreated.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from kkz_eval.evaluation.arrays import CellByRegressor, CellCodes, CellMask, ClusterByEstimate, Floats, PerCell
from kkz_eval.evaluation.estimators.concentration import weights_of_plan
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, Test, not_exposed
from kkz_eval.evaluation.estimators.event_study import pre_trend_test
from kkz_eval.evaluation.estimators.fixed_effects import fit_fixed_effects
from kkz_eval.evaluation.estimators.held_fixed import codes
from kkz_eval.evaluation.estimators.influence import Influence, Reference
from kkz_eval.evaluation.estimators.untreated import Untreated, fit_untreated
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample, part_of, require_comparison

_AT_ONCE = 8  # rows whose weights are made together, so that many cells take little memory
ROUNDING = 1e-12  # a standard error below this share of the outcome's range is rounding


def estimate_imputation(sample: Sample, plan: Plan, spec: EstimatorSpec) -> Estimation:
    """Imputation estimator of Borusyak, Jaravel & Spiess 2024 (theorem 2): unit and year effects, strata, baseline values and covariates
    fitted on untreated cells, said of the treated, and averages of the differences over treated cells (by their weights, if any).

    Rows as the plan's aggregations say, `exposed` besides where the outcome has an earliest plausible year: the mean over treated cells from
    it on. `dynamic` has rows from the start on only; its overall row and that of `calendar` are means of their rows, that of `group` weighs
    cohorts by units. Standard errors are conservative (theorem 3, equation 8): clustered, with averages by cohort and year taken for what
    effects have in common; no small-sample factor. Intervals and p-values are normal, or of t(G-1) with quantiles `t`. Test `pre_trend`: F of
    the event times before the start in a regression on untreated cells alone (their test 1), against the earliest. Raises Refused.
    """
    require_comparison(sample, plan)
    used, notes = _with_a_before(sample)
    untreated = fit_untreated(used, used.covariates, used.covariate_names)
    said = used.treated & ~np.isnan(untreated.fitted)
    if not said.any():
        raise Refused("no_imputed")
    silent = int((used.treated & ~said).sum())
    if silent:
        notes.append(Note("notes.not_imputed", {"cells": silent}))
    with np.errstate(over="ignore"):
        found, influence = _estimated(used, untreated, said, spec)
        if not np.isfinite(influence.std_errors).all():
            raise Refused("too_large")
    reference = Reference(used.counts.clusters - 1 if plan.inference.quantiles == "t" else None)
    floor = ROUNDING * float(np.ptp(used.outcome))
    rows = [
        _with_inference(row, error, floor, plan, reference)
        for row, error in zip(found, influence.std_errors.tolist(), strict=True)
    ]
    if used.earliest is not None and not (said & used.exposed).any():
        rows.append(not_exposed(used.earliest))
        influence = Influence(np.column_stack([influence.values, np.zeros(len(influence.values))]))
    test, note = _pre_trend(used, plan)
    notes += [] if note is None else [note]
    notes += _single_clusters(used, said)
    kept = part_of(used, untreated.fit_on | said)
    return Estimation(
        tuple(rows),
        tests=(test,),
        notes=tuple(notes),
        counts=kept.counts,
        influence=influence,
        concentration=weights_of_plan(kept),
    )


def _with_a_before(sample: Sample) -> tuple[Sample, list[Note]]:
    """The sample without units of which there is no untreated cell: nothing says what their level is."""
    free = np.bincount(sample.unit[~sample.treated], minlength=int(sample.unit.max()) + 1) > 0
    keep = free[sample.unit]
    if keep.all():
        return sample, []
    left = part_of(sample, keep)
    if not left.treated.any():
        raise Refused("no_years_before")
    return left, [Note("notes.always_treated_out", {"units": len(np.unique(sample.unit[~keep]))})]


def _mean(cells: CellMask, weight: PerCell) -> PerCell:
    """(n,) weights of a mean over cells, sum 1."""
    mass = np.where(cells, weight, 0.0)
    return np.asarray(mass / mass.sum())


def _estimated(sample: Sample, untreated: Untreated, said: CellMask, spec: EstimatorSpec) -> tuple[list[Row], Influence]:
    """The rows with their estimates, and the contribution of each cluster to their errors. Some rows at a time: each has weights of all cells."""
    gaps = np.where(said | untreated.fit_on, sample.outcome - untreated.fitted, 0.0)
    rows: list[Row] = []
    scores: list[Floats] = []
    averages = _averages(sample, said, spec.aggregations)
    while batch := list(islice(averages, _AT_ONCE)):
        weights = np.column_stack([mass for _, mass in batch])
        estimates = gaps @ weights
        if not np.isfinite(estimates).all():
            raise Refused("too_large")
        rows += [replace(row, estimate=float(estimate)) for (row, _), estimate in zip(batch, estimates, strict=True)]
        scores.append(_scores(sample, untreated, said, gaps, weights))
    return rows, Influence(np.asfortranarray(np.hstack(scores)))


def _averages(sample: Sample, said: CellMask, aggregations: tuple[str, ...]) -> Iterator[tuple[Row, PerCell]]:
    """The rows, without numbers, and the weights (n,) of the effects in each. said: cells with an effect."""
    weight = np.ones(len(said)) if sample.weights is None else sample.weights
    cohort, year, time = (values[said].astype("int64") for values in (sample.cohort, sample.year, sample.event_time))
    for aggregation in aggregations:
        if aggregation == "simple":
            yield Row("simple"), _mean(said, weight)
        elif aggregation == "group_time":
            for g, t in sorted(set(zip(cohort.tolist(), year.tolist(), strict=True))):
                yield Row("group_time", cohort=g, year=t), _mean(said & (sample.cohort == g) & (sample.year == t), weight)
        elif aggregation == "dynamic":
            rows = [_mean(said & (sample.event_time == e), weight) for e in np.unique(time)]
            yield from ((Row("dynamic", event_time=int(e)), mass) for e, mass in zip(np.unique(time), rows, strict=True))
            yield Row("dynamic"), np.mean(rows, axis=0)
        elif aggregation == "calendar":
            rows = [_mean(said & (sample.year == t), weight) for t in np.unique(year)]
            yield from ((Row("calendar", year=int(t)), mass) for t, mass in zip(np.unique(year), rows, strict=True))
            yield Row("calendar"), np.mean(rows, axis=0)
        else:
            cohorts = np.unique(cohort)
            rows = [_mean(said & (sample.cohort == g), weight) for g in cohorts]
            units = [len(np.unique(sample.unit[said & (sample.cohort == g)])) for g in cohorts]
            yield from ((Row("group", cohort=int(g)), mass) for g, mass in zip(cohorts, rows, strict=True))
            yield Row("group"), np.average(rows, axis=0, weights=units)
    if sample.earliest is not None and (said & sample.exposed).any():
        yield Row("exposed"), _mean(said & sample.exposed, weight)


def _scores(sample: Sample, untreated: Untreated, said: CellMask, gaps: PerCell, weights: CellByRegressor) -> ClusterByEstimate:
    """(G, r) contribution of each cluster to the error of each row: Σ v ε̃, with ε̃ the residual of untreated cells, and of treated ones the
    effect less the average of its cohort and year, Σ_c (Σ v)(Σ v τ) / Σ_c (Σ v)² over clusters c (equation 8)."""
    cluster = codes(sample.cluster)
    cohort_year = np.full(len(said), -1)
    _, cohort_year[said] = np.unique(np.stack([sample.cohort[said], sample.year[said]]), axis=1, return_inverse=True)
    all_weights = untreated.weights(weights)
    scores = np.zeros((int(cluster.max()) + 1, weights.shape[1]))
    for row, v in enumerate(all_weights.T):
        errors = gaps - _in_common(gaps, v, cluster, cohort_year)
        scores[:, row] = np.bincount(cluster, v * errors, len(scores))
    return scores


def _in_common(gaps: PerCell, v: PerCell, cluster: CellCodes, group: CellCodes) -> PerCell:
    """(n,) average effect of the group of each cell, 0 where it is in none (-1). Squares of weights weigh where each cluster has one cell."""
    inside = np.flatnonzero((group >= 0) & (v != 0))
    n_groups = int(group.max()) + 1
    key = cluster[inside].astype("int64") * n_groups + group[inside]
    pairs, place = np.unique(key, return_inverse=True)
    mass, product = np.bincount(place, v[inside]), np.bincount(place, v[inside] * gaps[inside])
    top = np.bincount(pairs % n_groups, mass * product, n_groups)
    below = np.bincount(pairs % n_groups, mass**2, n_groups)
    average = np.where(below > 0, top / np.where(below > 0, below, 1.0), 0.0)
    return np.where(group >= 0, np.append(average, 0.0)[group], 0.0)


def _with_inference(row: Row, error: float, floor: float, plan: Plan, reference: Reference) -> Row:
    if not error > floor:
        return row
    half = reference.quantile(plan.inference.level) * error
    return replace(
        row,
        std_error=error,
        conf_low=row.estimate - half,
        conf_high=row.estimate + half,
        p_value=reference.p_value(row.estimate / error),
    )


def _pre_trend(sample: Sample, plan: Plan) -> tuple[Test, Note | None]:
    """Only event times that every cohort has, and one before them to compare with."""
    before = part_of(sample, ~sample.treated)
    cohorts = np.unique(before.cohort[~np.isnan(before.cohort)])
    shared = set.intersection(*(set(before.event_time[before.cohort == g].astype(int).tolist()) for g in cohorts))
    times = sorted(shared)[1:]
    if not times:
        return Test("pre_trend", np.nan, "0", np.nan), Note("notes.pre_trend_none")
    dummies = np.where(np.isin(before.event_time, times), np.searchsorted(times, before.event_time), -1).astype("int32")
    names = [*(f"event_time {time}" for time in times), *before.covariate_names]
    try:
        fit = fit_fixed_effects(before, before.covariates, names, small_sample="fixest", dummies=dummies)
    except Refused:
        parameters = {"restrictions": len(times), "clusters": before.counts.clusters}
        return Test("pre_trend", np.nan, str(len(times)), np.nan), Note("notes.pre_trend_impossible", parameters)
    return pre_trend_test(fit, list(range(len(times))))


def _single_clusters(sample: Sample, said: CellMask) -> list[Note]:
    """Cohorts of one cluster: their effects are their own average, and leave no error to be seen."""
    pairs = np.unique(np.stack([sample.cohort[said], sample.cluster[said].astype("float64")]), axis=1)
    cohorts, clusters = np.unique(pairs[0], return_counts=True)
    single = [str(int(g)) for g in cohorts[clusters == 1]]
    return [Note("notes.one_unit", {"cohorts": ", ".join(single)})] if single else []
