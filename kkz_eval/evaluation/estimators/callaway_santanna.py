"""Callaway & Sant'Anna: group-time effects, their averages, and inference from influence functions.

Belongs here: rows, tests and notes of the method. Does not belong here: comparisons (group_time, two_by_two), averages (aggregation).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from kkz_eval.evaluation.arrays import UnitByEstimate
from kkz_eval.evaluation.estimators.aggregation import Average, Averages, most_averages
from kkz_eval.evaluation.estimators.concentration import Concentration
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, Test, not_exposed
from kkz_eval.evaluation.estimators.group_time import Cell, GroupTime, Wide, group_time, widened
from kkz_eval.evaluation.estimators.influence import Influence, Reference, by_cluster, critical_value, quartile_errors
from kkz_eval.evaluation.estimators.two_by_two import TRIMMED
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note, Refused, Rounded
from kkz_eval.evaluation.sample import Counts, Sample, require_comparison

ROUNDING = 1e-12  # a standard error below this share of the outcome's range is rounding
SHOWN_CELLS = 5
_AT_ONCE = 8  # averages whose influence functions are made together, so that many units take little memory


def estimate_callaway_santanna(sample: Sample, plan: Plan, spec: EstimatorSpec) -> Estimation:
    """Group-time ATT (Callaway & Sant'Anna 2021) by outcome regression, weighting or both (Sant'Anna & Zhao 2020), and averages.

    Strata are dummies and baseline values covariates of each comparison: with strata alone it is the mean of their differences, weighted by
    treated units. Rows as the plan's aggregations say, `exposed` besides where the outcome has an earliest plausible year: the mean over treated cells
    from it on, by size of the cohort. Intervals and p-values are normal, or of t(G-1) with quantiles `t`, G the clusters used. Standard
    errors: influence functions summed by cluster, no small-sample factor. With draws, bands are uniform over the rows of an
    aggregation (multiplier bootstrap), and with method `multiplier` standard errors and p-values come from the draws as well
    (inter-quartile range, as `did`). Test `pre_trend`: Wald χ² of all effects before the start, less anticipation. Raises
    Refused.
    """
    require_comparison(sample, plan)
    wide = widened(sample)
    att_gt = group_time(wide, plan, spec.variant, most_averages(wide.years, wide.cohort))
    after = [cell for cell in att_gt.cells if cell.year >= cell.cohort]
    reasons = [cell.refused for cell in after if cell.refused is not None]
    if len(reasons) == len(after):
        reason = _most_frequent(reasons)
        raise Refused(reason.code.removeprefix("refused."), **reason.parameters)
    sizes = {g: float(wide.size[wide.cohort == g].sum()) for g in sorted({cell.cohort for cell in att_gt.cells})}
    averages = Averages(att_gt.cells, sizes)
    chosen = [row for name in spec.aggregations if name != "group_time" for row in averages.of(name)]
    exposed = [] if sample.earliest is None else averages.exposed(sample.earliest)
    chosen += exposed
    refused = sample.earliest is not None and not exposed
    values = _influence(wide, att_gt, chosen, averages.cohorts)
    influence = by_cluster(values[:, : len(att_gt.cells) + len(chosen) + refused], wide.cluster)
    rows = [Row("group_time", cohort=c.cohort, year=c.year, estimate=c.estimate, refused=c.refused) for c in att_gt.cells]
    rows += [
        Row(a.aggregation, cohort=a.cohort, year=a.year, event_time=a.event_time, estimate=averages.estimate(a)) for a in chosen
    ]
    with np.errstate(over="ignore"):
        if not np.isfinite(influence.std_errors).all():
            raise Refused("too_large")
    floor = ROUNDING * float(np.ptp(sample.outcome))
    test, note = _pre_trend(att_gt, Influence(influence.values[:, : len(att_gt.cells)]), floor, plan)
    if refused:
        rows.append(not_exposed(sample.earliest))
    shown = slice(0 if "group_time" in spec.aggregations else len(att_gt.cells), len(rows))
    influence = Influence(influence.values[:, shown])
    counts = _counts(wide, att_gt)
    reference = Reference(counts.clusters - 1 if plan.inference.quantiles == "t" else None)
    rows = _with_inference(rows[shown], influence, floor, plan, reference)
    notes = [*att_gt.notes, *_notes(wide, att_gt, plan), *([] if note is None else [note])]
    return Estimation(
        tuple(rows), tests=(test,), notes=tuple(notes), counts=counts, influence=influence, concentration=_concentration(att_gt)
    )


def _most_frequent(reasons: Sequence[Note]) -> Note:
    """The first note of the code that occurs most often."""
    (code, _), *_ = Counter(reason.code for reason in reasons).most_common(1)
    return next(reason for reason in reasons if reason.code == code)


def _concentration(att_gt: GroupTime) -> Concentration | None:
    """That of the comparison in which one control carries most."""
    found = [
        replace(cell.concentration, comparison=f"{cell.cohort}/{cell.year}")
        for cell in att_gt.cells
        if cell.concentration is not None
    ]
    return max(found, key=lambda each: each.largest, default=None)


def _influence(wide: Wide, att_gt: GroupTime, averages: Sequence[Average], cohorts: Sequence[int]) -> UnitByEstimate:
    """(n, columns of att_gt): of the cells, then of their averages, the error of the estimated sizes of cohorts included, put in place."""
    cells = len(att_gt.cells)
    for begin in range(0, len(averages), _AT_ONCE):
        part = averages[begin : begin + _AT_ONCE]
        att_gt.influence[:, cells + begin : cells + begin + len(part)] = _averaged(wide, att_gt, part, cohorts)
    return att_gt.influence


def _averaged(wide: Wide, att_gt: GroupTime, averages: Sequence[Average], cohorts: Sequence[int]) -> UnitByEstimate:
    """(n, averages): contribution of each unit to the errors of averages."""
    values = att_gt.influence[:, : len(att_gt.cells)] @ np.column_stack([average.weights for average in averages])
    for place, g in enumerate(cohorts):
        member = np.flatnonzero(wide.cohort == g)
        values[member] += wide.size[member, None] * np.array([average.size_slope[place] for average in averages])
    return np.asarray(values)


def _with_inference(rows: Sequence[Row], influence: Influence, floor: float, plan: Plan, reference: Reference) -> list[Row]:
    """Rows with standard errors, intervals and, with draws, bands that are never narrower."""
    inference = plan.inference
    errors = np.where(influence.std_errors > floor, influence.std_errors, np.nan)
    bands = np.full(len(rows), np.nan)
    method: str | None = None
    if inference.draws > 0:
        draws = influence.draws(inference.draws, plan.seed)
        if inference.method == "multiplier":
            method = "multiplier"
            errors = np.where(np.isnan(errors), np.nan, quartile_errors(draws))
        overall = [row.cohort is None and row.year is None and row.event_time is None for row in rows]
        for aggregation in {row.aggregation for row in rows}:
            places = [place for place, row in enumerate(rows) if row.aggregation == aggregation and not overall[place]]
            bands[places] = critical_value(draws[:, places], np.nan_to_num(errors[places]), inference.level)
    pointwise = reference.quantile(inference.level)
    finished = []
    for row, error, band in zip(
        rows, errors.tolist(), np.maximum(bands, pointwise).tolist(), strict=True
    ):  # NaN where there is none
        if row.refused is not None or not error > 0:
            finished.append(row)
            continue
        finished.append(
            replace(
                row,
                std_error=error,
                conf_low=row.estimate - pointwise * error,
                conf_high=row.estimate + pointwise * error,
                p_value=reference.p_value(row.estimate / error),
                band_low=row.estimate - band * error,
                band_high=row.estimate + band * error,
                p_method=method,
            )
        )
    return finished


def _pre_trend(att_gt: GroupTime, influence: Influence, floor: float, plan: Plan) -> tuple[Test, Note | None]:
    """W = b'V⁻¹b over the effects before the start (less anticipation), compared with χ²(k) (`did`)."""
    errors = influence.std_errors
    before = [
        place
        for place, cell in enumerate(att_gt.cells)
        if cell.refused is None and not cell.is_base and cell.year < cell.cohort - plan.anticipation
    ]
    places = [place for place in before if errors[place] > floor]
    count, clusters = len(places), len(influence.values)
    if count == 0:
        return Test("pre_trend", np.nan, "0", np.nan), Note("notes.pre_trend_no_error" if before else "notes.pre_trend_none")
    effects = np.array([att_gt.cells[place].estimate for place in places]) / errors[places]
    correlation = influence.correlation(places, errors[places])
    if np.linalg.matrix_rank(correlation, tol=1e-10) < count:
        note = Note("notes.pre_trend_impossible", {"restrictions": count, "clusters": clusters})
        return Test("pre_trend", np.nan, str(count), np.nan), note
    statistic = float(effects @ np.linalg.solve(correlation, effects))
    return Test("pre_trend", statistic, str(count), float(stats.chi2.sf(statistic, count))), None


def _notes(wide: Wide, att_gt: GroupTime, plan: Plan) -> list[Note]:
    """What was left out, and what makes a standard error unreliable."""
    notes = []
    refused = [cell for cell in att_gt.cells if cell.refused is not None]
    if refused:
        reason = _most_frequent([cell.refused for cell in refused if cell.refused is not None])
        parameters = {"effects": len(refused), "shown": _shown(refused), "reason": reason.sentence}
        notes.append(Note("notes.effects_refused", parameters))
    trimmed = [cell for cell in att_gt.cells if cell.trimmed]
    if trimmed:
        most = max(cell.trimmed for cell in trimmed)
        notes.append(Note("notes.controls_trimmed", {"units": most, "limit": Rounded(TRIMMED), "shown": _shown(trimmed)}))
    alone = [cell for cell in att_gt.cells if cell.alone]
    if alone:
        most = max(cell.alone for cell in alone)
        notes.append(Note("notes.no_control_in_stratum", {"units": most, "shown": _shown(alone)}))
    single = sorted({cell.cohort for cell in att_gt.cells if cell.smallest == 1})
    if single:
        notes.append(Note("notes.one_unit", {"cohorts": ", ".join(str(g) for g in single)}))
    with_base = wide.start > wide.years[0] + plan.anticipation
    unused = int((~att_gt.used & ~np.isnan(wide.outcome))[with_base].sum())
    if unused:
        notes.append(Note("notes.cells_unused", {"cells": unused}))
    return notes


def _shown(cells: Sequence[Cell]) -> str:
    """Some cells as cohort/year."""
    return ", ".join([f"{cell.cohort}/{cell.year}" for cell in cells[:SHOWN_CELLS]] + ["…"] * (len(cells) > SHOWN_CELLS))


def _counts(wide: Wide, att_gt: GroupTime) -> Counts:
    """What entered at least one comparison."""
    units = att_gt.used.any(axis=1)
    return Counts(
        units=int(units.sum()),
        treated=int(att_gt.treated.sum()),
        control=int((units & ~att_gt.treated).sum()),
        cells=int(att_gt.used.sum()),
        clusters=len(np.unique(wide.cluster[units])),
        treated_clusters=len(np.unique(wide.cluster[att_gt.treated])),
    )
