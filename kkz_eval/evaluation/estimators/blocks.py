"""Balanced blocks of a sample: per treated cohort its units, the units that are never treated in the years used, and all years.

Belongs here: which units and years a synthetic comparison can use, and what falls out and why. Does not belong here: weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kkz_eval.evaluation.arrays import CellByRegressor, PerCell, UnitByYear, UnitCodes, UnitMask, YearMask, Years
from kkz_eval.evaluation.estimators.fixed_effects import fit_fixed_effects
from kkz_eval.evaluation.estimators.untreated import fit_untreated
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Counts, Sample, part_of, require_comparison

SMALLEST, LARGEST = 1e-100, 1e100  # of the largest absolute value: squares neither vanish nor overflow
EXPLAINED = 1e-12  # share of the range of the outcome; what covariates leave below it is rounding
NAMED = 5  # units named in a note; the rest is counted


@dataclass(frozen=True)
class Cohort:
    """The treated units of one cohort. treated: (n1, T) outcomes; units: their codes; n_before: years before the start."""

    start: int
    treated: UnitByYear
    units: UnitCodes
    n_before: int


@dataclass(frozen=True)
class Blocks:
    """Complete cells of one outcome. controls: (n0, T) outcomes; control_units: their codes; years: (T,); cohorts: by start.

    notes: what was left out and why; counts: of what is left.
    """

    controls: UnitByYear
    control_units: UnitCodes
    years: Years
    cohorts: tuple[Cohort, ...]
    notes: tuple[Note, ...]
    counts: Counts

    @property
    def n_treated(self) -> int:
        """Treated units of all cohorts."""
        return sum(len(cohort.units) for cohort in self.cohorts)

    def assigned(self, cohort: Cohort) -> slice:
        """The columns of a placebo assignment that stand for the units of a cohort."""
        begin = sum(len(other.units) for other in self.cohorts if other.start < cohort.start)
        return slice(begin, begin + len(cohort.units))

    def after(self, cohort: Cohort, earliest: int | None) -> YearMask:
        """Which years count as after the start of a cohort, (T,) bool: from its start on, and from `earliest` on where given."""
        since = self.years >= cohort.start
        return np.asarray(since if earliest is None else since & (self.years >= earliest))


def build_blocks(sample: Sample, plan: Plan, outcome: PerCell | None = None) -> Blocks:
    """The blocks of a sample; the rule on gaps in full.

    Units treated in the first year used are left out. Years without any value in the treated or in the comparison group are left out.
    Then every unit that lacks one of the remaining years is left out. Comparison units are those that are treated in none of the
    years used. Cohorts with fewer than two years before their start are left out. outcome: (n,) instead of the sample's own.
    Raises Refused: no comparison, a plan weight, values too large or small, nothing complete left, one comparison unit.
    """
    require_comparison(sample, plan)
    if plan.weight is not None:
        raise Refused("weights_not_used", column=plan.weight)
    values = sample.outcome if outcome is None else outcome
    _require_magnitude(values)
    years, year_codes = np.unique(sample.year, return_inverse=True)
    _, first_cells = np.unique(sample.unit, return_index=True)
    table = np.full((len(first_cells), len(years)), np.nan)
    table[sample.unit, year_codes] = values
    start = np.nan_to_num(sample.cohort[first_cells], nan=np.inf)
    cut = np.isinf(start) & ~sample.never[first_cells]  # comparison until their own start
    notes: list[Note] = []

    always = start <= years[0]
    if always.any():
        notes.append(Note("notes.always_treated_out", {"units": int(always.sum())}))
    treated, control = (start <= years[-1]) & ~always, start > years[-1]
    if not treated.any():
        raise Refused("no_years_before")
    usable = ~np.isnan(table[treated]).all(axis=0) & ~np.isnan(table[control]).all(axis=0)
    if not usable.all():
        notes.append(Note("notes.years_out", {"years": ", ".join(str(year) for year in years[~usable])}))
    years, table = years[usable], table[:, usable]
    gap = np.isnan(table).any(axis=1)
    late = control & gap & cut
    if late.any():
        notes.append(Note("notes.late_controls", {"units": int(late.sum())}))
    for code, group in (("gaps_treated", treated), ("gaps_control", control & ~late)):
        if (group & gap).any():
            notes.append(Note(f"notes.{code}", _named(sample, group & gap)))
    treated, control = treated & ~gap, control & ~gap
    if not treated.any():
        raise Refused("no_complete_treated")
    if control.sum() < 2:
        raise Refused("few_complete_controls", units=int(control.sum()))
    cohorts: list[Cohort] = []
    short: list[Cohort] = []
    for year in np.unique(start[treated]):
        members = np.flatnonzero(treated & (start == year))
        n_before = int((years < year).sum())
        (short if n_before < 2 or n_before == len(years) else cohorts).append(
            Cohort(int(year), table[members], members, n_before)
        )
    if not cohorts:
        raise Refused("few_years_before")
    if short:
        starts = ", ".join(str(cohort.start) for cohort in short)
        notes.append(Note("notes.few_years_before", {"cohorts": starts, "units": sum(len(cohort.units) for cohort in short)}))
    if not _one_to_one(sample):
        notes.append(Note("notes.placebo_by_unit", {"column": plan.cluster}))
    used = np.concatenate([np.flatnonzero(control), *(cohort.units for cohort in cohorts)])
    counts = _counts(sample, used, np.concatenate([cohort.units for cohort in cohorts]), len(years))
    return Blocks(table[control], np.flatnonzero(control), years, tuple(cohorts), tuple(notes), counts)


def _require_magnitude(values: PerCell) -> None:
    largest = np.nanmax(np.abs(values))
    if not largest < LARGEST:
        raise Refused("too_large")
    if largest < SMALLEST:
        raise Refused("too_small")


def without_held_fixed(sample: Sample, covariates: CellByRegressor, names: Sequence[str]) -> tuple[PerCell, tuple[Note, ...]]:
    """The outcome (n,) less what strata, baseline values and covariates explain of its course, by coefficients of the untreated cells.

    Of each unit the mean over the years before the first start stays: a synthetic control matches levels. NaN where no untreated cell of
    the stratum says what the year would have been. covariates: (n, k), columns names. Raises Refused as without_covariates.
    """
    if sample.stratum is None and sample.baseline is None:
        return without_covariates(sample, covariates, names)
    common = fit_untreated(replace(sample, weights=None), covariates, names).common
    with_before = sample.cohort > sample.year.min()  # others fall out of the blocks
    if not with_before.any():
        raise Refused("no_years_before")
    before = (sample.year < sample.cohort[with_before].min()) & ~np.isnan(common)
    size = int(sample.unit.max()) + 1
    with np.errstate(invalid="ignore"):  # a unit without a year before has no mean, and no use
        level = np.bincount(sample.unit[before], common[before], size) / np.bincount(sample.unit[before], minlength=size)
    left = sample.outcome - (common - level[sample.unit])
    if np.isnan(left).all() or np.nanmax(left) - np.nanmin(left) <= EXPLAINED * np.ptp(sample.outcome):
        raise Refused("no_variation")
    return left, (Note("notes.residuals"),)


def without_covariates(sample: Sample, covariates: CellByRegressor, names: Sequence[str]) -> tuple[PerCell, tuple[Note, ...]]:
    """The outcome (n,) less the covariates times their coefficients in the untreated cells, with unit and year effects.

    The optional adjustment of Arkhangelsky et al. (2021, footnote 4) in the form of Kranz (2022): treated cells do not shape the
    coefficients. Raises Refused, by the column's name, where a covariate is constant within units or collinear; where they
    explain the outcome wholly.
    """
    if not names:
        return sample.outcome, ()
    untreated = replace(part_of(sample, ~sample.treated), weights=None)
    fit = fit_fixed_effects(untreated, covariates[~sample.treated], names, small_sample="none")
    left = sample.outcome - covariates @ fit.coefficients
    if np.ptp(left) <= EXPLAINED * np.ptp(sample.outcome):
        raise Refused("no_variation")
    return left, (Note("notes.projected"),)


def _named(sample: Sample, units: UnitMask) -> dict[str, object]:
    codes = np.flatnonzero(units)
    names = [sample.unit_names[code] for code in codes[:NAMED]]
    return {"units": len(codes), "names": ", ".join([*names, *(["…"] if len(codes) > NAMED else [])])}


def _one_to_one(sample: Sample) -> bool:
    """Whether every cluster is one unit."""
    pairs = np.unique(np.column_stack([sample.unit, sample.cluster]), axis=0)
    return len(pairs) == len(np.unique(sample.unit)) == len(np.unique(sample.cluster))


def _counts(sample: Sample, used: UnitCodes, treated: UnitCodes, n_years: int) -> Counts:
    inside = np.isin(sample.unit, used)
    return Counts(
        units=len(used),
        treated=len(treated),
        control=len(used) - len(treated),
        cells=len(used) * n_years,
        clusters=len(np.unique(sample.cluster[inside])),
        treated_clusters=len(np.unique(sample.cluster[np.isin(sample.unit, treated)])),
    )
