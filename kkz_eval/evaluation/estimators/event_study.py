"""Event study with two-way fixed effects, and the joint test of the years before. Heterogeneity by cohort is not modelled here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from kkz_eval.evaluation.arrays import PerRegressor
from kkz_eval.evaluation.estimators.estimation import (
    Estimation,
    Row,
    Test,
    coefficient_row,
    combination_row,
    covariate_rows,
    not_exposed,
)
from kkz_eval.evaluation.estimators.fixed_effects import Fit, fit_fixed_effects
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample, require_comparison


def estimate_event_study(sample: Sample, plan: Plan, _: EstimatorSpec) -> Estimation:
    """Coefficients of 1[year - own cohort year = e] with unit and year effects (Sun & Abraham 2021, dynamic specification), controls at the reference.

    A `dynamic` row for every event time in the sample. The event time of reference is a row too, with estimate 0 and no standard
    error: a plot needs it. Covariates are rows `coefficient`. Where the outcome has an earliest plausible year, the row `exposed` is
    the mean of the coefficients over the exposed treated cells but those at the event time of reference, 0 by definition (weighted as
    the cells are; weights of the mean taken as fixed).
    Test `pre_trend`: Wald F of all coefficients before the start (less the years of anticipation), F(k, G-1). Raises Refused.
    """
    level, reference = plan.inference.level, plan.event_reference
    fit, free = fit_event_study(sample, plan)
    rows = [coefficient_row(fit, position, level, "dynamic", event_time=time) for position, time in enumerate(free)]
    rows.append(Row("dynamic", event_time=reference, estimate=0.0))
    rows += covariate_rows(fit, sample.covariate_names, level)
    if sample.earliest is not None:
        rows.append(_exposed(sample, fit, free, reference, level))
    test, note = pre_trend_test(fit, [position for position, time in enumerate(free) if time < -plan.anticipation])
    notes = [*([] if note is None else [note]), *reference_notes(reference)]
    return Estimation(rows=tuple(rows), tests=(test,), notes=tuple(notes))


def fit_event_study(sample: Sample, plan: Plan) -> tuple[Fit, list[int]]:
    """The fit, and the event times of its first coefficients, sorted, without that of reference. Raises Refused."""
    require_comparison(sample, plan)
    relative = sample.event_time
    times = sorted({int(time) for time in relative[~np.isnan(relative)]})
    if plan.event_reference not in times:
        raise Refused("reference_missing", reference=plan.event_reference)
    free = [time for time in times if time != plan.event_reference]
    fit = fit_fixed_effects(
        sample,
        sample.covariates,
        [*(f"event_time {time}" for time in free), *sample.covariate_names],
        small_sample=plan.inference.small_sample,
        dummies=np.where(np.isin(relative, free), np.searchsorted(free, relative), -1).astype("int32"),
    )
    return fit, free


def reference_notes(reference: int) -> list[Note]:
    """What must be said of effects whose event time of reference is not before the start."""
    return [Note("notes.reference_after_start", {"reference": reference})] if reference >= 0 else []


def without_effect(aggregation: str, sample: Sample, reference: int) -> Row:
    """The row of an average over treated cells where none of them has an effect of its own. aggregation: dynamic | exposed."""
    cells = sample.exposed if aggregation == "exposed" else sample.treated
    if cells.any():
        return Row(aggregation, refused=Note("refused.reference_only", {"reference": reference}))
    return not_exposed(sample.earliest)


def _exposed(sample: Sample, fit: Fit, free: list[int], reference: int, level: float) -> Row:
    weights = exposed_weights(sample, free)
    if weights is None:
        return without_effect("exposed", sample, reference)
    contrast = np.concatenate([weights, np.zeros(len(fit.coefficients) - len(free))])
    return combination_row(fit, contrast, level, "exposed")


def exposed_weights(sample: Sample, event_times: Sequence[int]) -> PerRegressor | None:
    """(k,) share of each event time in the exposed treated cells at these times, weighted as the cells are; None where there are none."""
    exposed = sample.exposed & np.isin(sample.event_time, event_times)
    if not exposed.any():
        return None
    weights = np.ones(len(exposed)) if sample.weights is None else sample.weights
    by_time = np.array([weights[exposed & (sample.event_time == time)].sum() for time in event_times])
    return np.asarray(by_time / weights[exposed].sum())


def pre_trend_test(fit: Fit, positions: list[int]) -> tuple[Test, Note | None]:
    """F = b'V⁻¹b / k over the coefficients before the start, compared with F(k, G-1)."""
    count = len(positions)
    df = f"{count},{fit.n_clusters - 1}"
    if count == 0:
        return Test("pre_trend", np.nan, df, np.nan), Note("notes.pre_trend_none")
    coefficients, covariance = fit.coefficients[positions], fit.covariance[np.ix_(positions, positions)]
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all() or np.linalg.matrix_rank(covariance / np.outer(scale, scale), tol=1e-10) < count:
        note = Note("notes.pre_trend_impossible", {"restrictions": count, "clusters": fit.n_clusters})
        return Test("pre_trend", np.nan, df, np.nan), note
    statistic = float(coefficients @ np.linalg.solve(covariance, coefficients)) / count
    return Test("pre_trend", statistic, df, float(stats.f.sf(statistic, count, fit.n_clusters - 1))), None
