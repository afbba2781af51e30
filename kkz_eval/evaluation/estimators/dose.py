"""Effect per unit of dose with two-way fixed effects, as a sensitivity. No event times; what a dose means is the panel's business."""

from __future__ import annotations

import numpy as np

from kkz_eval.evaluation.arrays import PerCell
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, coefficient_row, covariate_rows, not_exposed
from kkz_eval.evaluation.estimators.fixed_effects import Fit, fit_fixed_effects
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample, part_of, require_comparison


def estimate_dose(sample: Sample, plan: Plan, _: EstimatorSpec) -> Estimation:
    """Coefficient of dose_it · 1[year ≥ own cohort year] with unit and year effects (Callaway, Goodman-Bacon & Sant'Anna 2024, eq. TWFE).

    The dose counts in treated cells only; all other cells have dose 0. Treated cells without a dose are left out, with a note. The
    estimate is per unit of dose: with a share of population, the difference between all and none. Covariates and `exposed` as in
    twfe. It compares doses as well as treated and untreated: it is a causal effect of the dose only if units with different doses
    would have had the same response. Raises Refused: no comparison, a negative or infinite dose, no dose in any treated cell.
    """
    require_comparison(sample, plan)
    if sample.dose is None:
        raise Refused("no_dose")
    used, dose, notes = _with_dose(sample, sample.dose)
    require_comparison(used, plan)
    if not (dose > 0).any():
        raise Refused("no_dose")
    level = plan.inference.level
    fit = _fit(used, plan, [dose], ["dose"])
    rows = [coefficient_row(fit, 0, level, "coefficient")]
    rows += covariate_rows(fit, used.covariate_names, level)
    if used.earliest is not None:
        rows.append(_exposed(used, plan, dose))
    values = np.unique(dose[used.treated])
    notes.append(Note("notes.dose_range", {"lowest": f"{values[0]:g}", "highest": f"{values[-1]:g}"}))
    return Estimation(rows=tuple(rows), notes=tuple(notes), counts=used.counts)


def _with_dose(sample: Sample, dose: PerCell) -> tuple[Sample, PerCell, list[Note]]:
    """The sample without treated cells that have no dose, the dose that counts in its cells, and notes on what does not count."""
    treated, notes = sample.treated, []
    if np.isinf(dose).any():
        raise Refused("infinite", column="dose")
    if (dose[treated] < 0).any():
        raise Refused("negative_dose", cells=int((dose[treated] < 0).sum()))
    gap = treated & np.isnan(dose)
    if gap.any():
        notes.append(Note("notes.dose_missing", {"cells": int(gap.sum())}))
    idle = np.isnan(sample.cohort) & (np.nan_to_num(dose) > 0)
    if idle.any():
        notes.append(Note("notes.dose_without_cohort", {"units": len(np.unique(sample.unit[idle]))}))
    return part_of(sample, ~gap), np.where(treated, dose, 0.0)[~gap], notes


def _exposed(sample: Sample, plan: Plan, dose: PerCell) -> Row:
    exposed = sample.exposed & (dose > 0)
    if not exposed.any():
        return not_exposed(sample.earliest)
    before = sample.treated & ~sample.exposed & (dose > 0)
    columns, names = [np.where(exposed, dose, 0.0)], ["exposed"]
    if before.any():
        columns, names = [*columns, np.where(before, dose, 0.0)], [*names, "not_yet_exposed"]
    try:
        fit = _fit(sample, plan, columns, names)
    except Refused as refusal:
        return Row("exposed", refused=refusal.note)
    return coefficient_row(fit, 0, plan.inference.level, "exposed")


def _fit(sample: Sample, plan: Plan, columns: list[PerCell], names: list[str]) -> Fit:
    return fit_fixed_effects(
        sample,
        np.column_stack([*columns, sample.covariates]).astype("float64"),
        [*names, *sample.covariate_names],
        small_sample=plan.inference.small_sample,
    )
