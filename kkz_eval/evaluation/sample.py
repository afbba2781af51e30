"""The cells that enter the estimates of one outcome, as arrays, and what was left out and why.

Belongs here: window, cohorts, reference group, missing values, counts. Does not belong here: estimation, rules about units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kkz_eval.evaluation.arrays import CellByRegressor, CellCodes, CellMask, Mask, PerCell
from kkz_eval.evaluation.estimators.methods import DOSE_COLUMN
from kkz_eval.evaluation.panel import codes_of, in_order, numeric_columns
from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.model.texts import Joined

SMALLEST = 1e-145  # spread of an outcome whose squared rounding (1e-16 of it) is still a number of full precision


@dataclass(frozen=True)
class Counts:
    """How much went into an estimate. A treated unit has a cell from its start on; a control unit is of no treated cohort.

    A unit of a treated cohort without a cell from its start on is neither; it is among the units.
    """

    units: int = 0
    treated: int = 0
    control: int = 0
    cells: int = 0
    clusters: int = 0
    treated_clusters: int = 0


@dataclass(frozen=True)
class Sample:
    """n cells of one outcome, sorted by unit and year.

    unit, cluster: codes from 0, (n,) int; year: calendar years, (n,) int; outcome: (n,) float; cohort: (n,) float, year of first
    treatment of units of the treated cohorts, NaN for all others; start: (n,) float, year of first treatment of any unit, NaN for
    the never treated; never: (n,) bool, units that are never treated in the panel;
    covariates: (n, k) float, columns covariate_names; weights: (n,) positive float or None; earliest: first year in which an
    effect could show, or None; notes: what was left out and why; unit_names: unit_id by unit code; dose: (n,) float, NaN where it is
    missing, or None where the plan uses none; stratum: (n,) code of the stratum that a unit is compared within, names stratum_names, None
    where all are compared; baseline: (n, m) float, columns baseline_names, constant per unit, whose relation to the outcome may differ from
    year to year. For assignments as chance could have made them: assigned_stratum: (n,) as stratum, -1 where it is missing; law: (n, l)
    float, columns law_names, constant per unit, NaN where missing.
    """

    unit: CellCodes
    year: CellCodes
    outcome: PerCell
    cohort: PerCell
    start: PerCell
    never: CellMask
    covariates: CellByRegressor
    covariate_names: tuple[str, ...]
    weights: PerCell | None
    cluster: CellCodes
    earliest: int | None
    notes: tuple[Note, ...]
    unit_names: tuple[str, ...] = ()
    dose: PerCell | None = None
    stratum: CellCodes | None = None
    stratum_names: tuple[str, ...] = ()
    baseline: CellByRegressor | None = None
    baseline_names: tuple[str, ...] = ()
    assigned_stratum: CellCodes | None = None
    law: CellByRegressor | None = None
    law_names: tuple[str, ...] = ()

    @cached_property
    def treated(self) -> CellMask:
        """D: 1 from each treated unit's own cohort year on, (n,) bool."""
        return np.asarray(self.year >= np.nan_to_num(self.cohort, nan=np.inf))

    @property
    def event_time(self) -> PerCell:
        """Years since the start, (n,) float, NaN for units that are not of a treated cohort."""
        return np.asarray(self.year - self.cohort)

    @property
    def exposed(self) -> CellMask:
        """Treated cells from the earliest plausible year on, (n,) bool; all treated cells where the plan names no such year."""
        return self.treated if self.earliest is None else self.treated & (self.year >= self.earliest)

    @cached_property
    def counts(self) -> Counts:
        """Units, cells and clusters of the sample."""
        return Counts(
            units=_distinct(self.unit),
            treated=_distinct(self.unit[self.treated]),
            control=_distinct(self.unit[np.isnan(self.cohort)]),
            cells=len(self.unit),
            clusters=_distinct(self.cluster),
            treated_clusters=_distinct(self.cluster[self.treated]),
        )


def _distinct(codes: CellCodes) -> int:
    """How many different codes there are."""
    return int(np.count_nonzero(np.bincount(codes)))


def outcome_slice(panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> pd.DataFrame:
    """The rows of one outcome in its window, sorted by unit and year. panel: as validate_panel returns it."""
    column = panel["indicator"].array
    keep = column.codes == column.categories.get_loc(outcome.indicator)
    if outcome.window is not None:
        first, last = outcome.window
        year = panel["year"].to_numpy()
        keep &= (first <= year) & (year <= last)
    rows = panel if keep.all() else panel[keep]
    if not in_order(rows):
        rows = rows.take(np.lexsort((rows["year"].to_numpy(), codes_of(rows["unit_id"]))))
    return rows.reset_index(drop=True)


def build_sample(rows: pd.DataFrame, plan: Plan, outcome: Outcome) -> Sample:
    """The cells that enter the estimates. rows: as outcome_slice returns them.

    With reference `never`, units of cohorts that the plan does not treat are left out; with `not_yet`, they are controls until their
    own start. Cells without value, covariate, stratum, baseline value, cluster, or positive weight are left out, and strata without both
    groups.
    """
    notes: list[Note] = []
    cohort = rows["cohort"].to_numpy(dtype="float64", na_value=np.nan)
    starts = ~np.isnan(cohort)
    present = [int(year) for year in np.unique(cohort[starts])]
    wanted = set(present if plan.treated_cohorts is None else plan.treated_cohorts)
    absent = sorted(wanted - set(present))
    if absent:
        notes.append(Note("notes.cohort_absent", {"cohorts": _listed(absent)}))
    other = starts & ~np.isin(cohort, list(wanted))
    rows, cohort, other = _without_other_cohorts(rows, cohort, other, plan, notes)
    treated_cohort = np.where(other, np.nan, cohort) if other.any() else cohort
    keep = _complete(rows, plan, outcome, notes)
    if not keep.all():
        units_before = _distinct(codes_of(rows["unit_id"]))
        rows, treated_cohort, cohort = rows[keep], treated_cohort[keep], cohort[keep]
        lost = units_before - _distinct(codes_of(rows["unit_id"]))
        if lost:
            notes.append(Note("notes.units_lost", {"units": lost}))
    if plan.comparison.within:
        keep = _in_strata_of_both(rows, treated_cohort, cohort, plan, notes)
        rows, treated_cohort, cohort = rows[keep], treated_cohort[keep], cohort[keep]
    within, adjust = plan.comparison.within, plan.comparison.adjust
    stratum, stratum_names = _strata(rows, within) if within else (None, ())
    weights = None if plan.weight is None else rows[plan.weight].to_numpy(dtype="float64")
    unit, unit_names = _units(rows["unit_id"])
    sample = Sample(
        unit=unit,
        year=rows["year"].to_numpy(dtype="int64"),
        outcome=_values(rows, outcome),
        cohort=treated_cohort,
        start=cohort,
        never=np.isnan(cohort),
        covariates=_numbers(rows, plan.covariates),
        covariate_names=plan.covariates,
        weights=weights,
        cluster=unit if plan.cluster == "unit_id" else _clusters(rows[plan.cluster]),
        earliest=outcome.earliest_plausible_year,
        notes=tuple(notes),
        unit_names=unit_names,
        dose=rows[DOSE_COLUMN].to_numpy(dtype="float64") if DOSE_COLUMN in numeric_columns(plan) else None,
        stratum=stratum,
        stratum_names=stratum_names,
        baseline=_numbers(rows, adjust) if adjust else None,
        baseline_names=adjust,
        assigned_stratum=_strata(rows, plan.assigned_within)[0] if plan.assigned_within else None,
        law=None if plan.audit is None else _numbers(rows, plan.audit.columns),
        law_names=() if plan.audit is None else plan.audit.columns,
    )
    return _with_notes_on_timing(sample, plan)


def _values(rows: pd.DataFrame, outcome: Outcome) -> PerCell:
    """(n,) what is compared: the values, or their logarithms, NaN where there is none."""
    values = rows["value"].to_numpy(dtype="float64")
    if outcome.scale != "log":
        return values
    return np.asarray(np.log(np.where(values > 0, values, np.nan)))


def _numbers(rows: pd.DataFrame, columns: Sequence[str]) -> CellByRegressor:
    """(n, k) the columns, side by side."""
    found = np.empty((len(rows), len(columns)))
    for place, name in enumerate(columns):
        found[:, place] = rows[name].to_numpy(dtype="float64")
    return found


def _strata(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[CellCodes, tuple[str, ...]]:
    """Codes from 0 of the combinations of the columns' values, (n,), -1 where one is missing, and their names in order."""
    together = rows[columns[0]].astype("string")
    for name in columns[1:]:
        together = together + ", " + rows[name].astype("string")
    codes, names = pd.factorize(together, sort=True)
    return np.asarray(codes, dtype="int32"), tuple(str(name) for name in names)


def _in_strata_of_both(rows: pd.DataFrame, treated_cohort: PerCell, cohort: PerCell, plan: Plan, notes: list[Note]) -> CellMask:
    """Which cells lie in a stratum with both groups; all where there is none, so that the refusal can say so."""
    stratum, names = _strata(rows, plan.comparison.within)
    year = rows["year"].to_numpy(dtype="int64")
    usable = strata_of_both(stratum, year, treated_cohort, np.isnan(cohort), plan.reference)
    keep = usable[stratum]
    if keep.all() or not keep.any():
        return np.ones(len(rows), dtype=bool)
    parameters = {
        "units": rows.loc[~keep, "unit_id"].nunique(),
        "strata": "; ".join(name for name, both in zip(names, usable, strict=True) if not both),
    }
    notes.append(Note("notes.strata_left_out", parameters))
    return keep


def strata_of_both(stratum: CellCodes, year: CellCodes, cohort: PerCell, never: CellMask, reference: str) -> Mask:
    """(s,) strata with treated cells and, by the reference, never treated units or units that are untreated in a year with treated ones.

    stratum: (n,) codes from 0; cohort: (n,) of the treated cohorts, NaN for others; never: (n,).
    """
    treated = year >= np.nan_to_num(cohort, nan=np.inf)
    n_strata, (_, period) = int(stratum.max(initial=-1)) + 1, np.unique(year, return_inverse=True)
    table = np.zeros((2, n_strata, int(period.max(initial=-1)) + 1), dtype=bool)
    table[0, stratum[treated], period[treated]] = True
    control = never if reference == "never" else ~treated
    table[1, stratum[control], period[control]] = True
    return np.asarray((table[0] & table[1]).any(axis=1))


def _units(column: pd.Series) -> tuple[CellCodes, tuple[str, ...]]:
    """Codes from 0 without gaps (n,), in the order of the categories, and the text of each. column: without missing cells."""
    codes, names = codes_of(column), column.array.categories
    present = np.bincount(codes, minlength=len(names)) > 0
    if present.all():
        return codes.astype("int32", copy=False), tuple(names)
    places = np.cumsum(present, dtype="int32") - 1
    return places[codes], tuple(names[present])


def _clusters(column: pd.Series) -> CellCodes:
    """Codes from 0 in the order of appearance, (n,)."""
    cells = codes_of(column) if isinstance(column.dtype, pd.CategoricalDtype) else column
    return pd.factorize(cells)[0].astype("int32")


def part_of(sample: Sample, keep: CellMask) -> Sample:
    """The cells where keep (n,) holds; names and notes stay."""
    values = ((item.name, getattr(sample, item.name)) for item in fields(sample))
    of_cells: dict[str, Any] = {name: value[keep] for name, value in values if isinstance(value, np.ndarray)}
    return replace(sample, **of_cells)


def require_comparison(sample: Sample, plan: Plan) -> None:
    """Raises Refused where the sample has no cells, treated, controls, second year, second cluster, varying outcome, or numbers that overflow."""
    counts = sample.counts
    if counts.cells == 0:
        raise Refused("no_cells")
    if sample.year.min() == sample.year.max():
        raise Refused("one_period")
    if counts.treated == 0:
        raise Refused("no_treated")
    staggered = plan.reference == "not_yet" and bool((~sample.treated).any())
    if (plan.reference == "never" and not sample.never.any()) or (counts.control == 0 and not staggered):
        raise Refused("no_control")
    if (
        sample.stratum is not None
        and not strata_of_both(sample.stratum, sample.year, sample.cohort, sample.never, plan.reference).any()
    ):
        raise Refused("no_common_stratum", columns=", ".join(plan.comparison.within))
    baseline = np.empty((counts.cells, 0)) if sample.baseline is None else sample.baseline
    numbers = zip((*sample.covariate_names, *sample.baseline_names), (*sample.covariates.T, *baseline.T), strict=True)
    for name, column in numbers:
        if np.isinf(column).any():
            raise Refused("infinite", column=name)
    if sample.weights is not None and np.isinf(sample.weights).any():
        raise Refused("infinite", column=plan.weight)
    with np.errstate(over="ignore"):
        if sample.weights is not None and np.isinf(sample.weights.sum()):
            raise Refused("too_large")
    if np.ptp(sample.outcome) == 0:
        raise Refused("constant_outcome")
    require_squares(sample)
    if counts.clusters < 2:
        raise Refused("few_clusters", clusters=counts.clusters)


def without_cells(sample: Sample) -> Refused:
    """Why a sample has no cell: what left them out, where that is known."""
    if not sample.notes:
        return Refused("no_cells")
    return Refused("no_cells_left", notes=Joined(tuple(note.sentence for note in sample.notes), " "))


def require_squares(sample: Sample) -> None:
    """Errors are made of squares: raises Refused where those of the outcome overflow, or vanish beside what rounding leaves of them.

    A missing value is none of them: what is left of a unit that is treated all along is missing.
    """
    values = sample.outcome[~np.isnan(sample.outcome)]
    with np.errstate(over="ignore", under="ignore"):
        if not np.isfinite(np.square(values).sum() * len(values)):
            raise Refused("too_large")
        if 0 < np.ptp(values) < SMALLEST:
            raise Refused("too_close")


def _without_other_cohorts(
    rows: pd.DataFrame, cohort: PerCell, other: CellMask, plan: Plan, notes: list[Note]
) -> tuple[pd.DataFrame, PerCell, CellMask]:
    """Units of other cohorts: none with `never`; until their own start with `not_yet`."""
    if plan.reference == "never":
        drop = other
        if drop.any():
            years = sorted({int(year) for year in cohort[drop]})
            parameters = {"units": rows.loc[drop, "unit_id"].nunique(), "cohorts": _listed(years)}
            notes.append(Note("notes.cohorts_left_out", parameters))
    else:
        drop = other & (rows["year"].to_numpy() >= np.nan_to_num(cohort, nan=np.inf))
        if drop.any():
            parameters = {"cells": int(drop.sum()), "units": rows.loc[drop, "unit_id"].nunique()}
            notes.append(Note("notes.controls_cut", parameters))
    if not drop.any():
        return rows, cohort, other
    return rows[~drop].reset_index(drop=True), cohort[~drop], other[~drop]


def _complete(rows: pd.DataFrame, plan: Plan, outcome: Outcome, notes: list[Note]) -> CellMask:
    """Which cells have all that the estimate needs; each cell is counted for its first gap."""
    keep = np.ones(len(rows), dtype=bool)
    values = rows["value"].to_numpy(dtype="float64")
    gaps: list[tuple[str, CellMask, dict[str, object]]] = [
        ("value_missing", np.isnan(values), {}),
        ("logarithm_missing", (values <= 0) & (outcome.scale == "log"), {}),
        ("covariate_missing", _without(rows, plan.covariates), {}),
        ("stratum_missing", _without(rows, plan.comparison.within), {"columns": ", ".join(plan.comparison.within)}),
        ("baseline_missing", _without(rows, plan.comparison.adjust), {"columns": ", ".join(plan.comparison.adjust)}),
    ]
    if plan.weight is not None:
        gaps.append(("weight_missing", ~(rows[plan.weight].to_numpy() > 0), {}))
    gaps.append(("cluster_missing", rows[plan.cluster].isna().to_numpy(dtype=bool), {"column": plan.cluster}))
    for code, gap, parameters in gaps:
        cells = int((keep & gap).sum())
        if cells:
            notes.append(Note(f"notes.{code}", {"cells": cells, **parameters}))
        keep &= ~gap
    return keep


def _without(rows: pd.DataFrame, columns: Sequence[str]) -> CellMask:
    """Rows that lack the value of one of the columns."""
    without = np.zeros(len(rows), dtype=bool)
    for name in columns:
        without |= rows[name].isna().to_numpy(dtype=bool)
    return without


def _with_notes_on_timing(sample: Sample, plan: Plan) -> Sample:
    """Adds what a reader must know about units without a before or without an after."""
    notes = list(sample.notes)
    if len(sample.year):
        always = len(np.unique(sample.unit[sample.cohort <= sample.year.min()]))
        later = len(np.unique(sample.unit[sample.cohort > sample.year.max()]))
        if always:
            notes.append(Note("notes.always_treated", {"units": always}))
        if later:
            notes.append(Note("notes.treated_later", {"units": later}))
    if plan.anticipation:
        notes.append(Note("notes.anticipation_unused"))
    if sample.counts.treated_clusters == 1:
        notes.append(Note("notes.one_treated_cluster"))
    return replace(sample, notes=tuple(notes))


def _listed(years: list[int]) -> str:
    return ", ".join(str(year) for year in years)
