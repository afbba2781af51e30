"""Group-time effects: every cohort against its comparison units, year by year, with influence functions.

Belongs here: which units, years and base years are compared (Callaway & Sant'Anna 2021). Does not belong here: the estimate of one
comparison (two_by_two.py), averages (aggregation.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from kkz_eval.evaluation.arrays import (
    Floats,
    PerUnit,
    UnitByCovariate,
    UnitByEstimate,
    UnitByYear,
    UnitByYearByCovariate,
    UnitByYearMask,
    UnitCodes,
    UnitMask,
    Years,
)
from kkz_eval.evaluation.estimators.concentration import Concentration
from kkz_eval.evaluation.estimators.two_by_two import Comparison, Effect, compare, effect
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample


@dataclass(frozen=True)
class Wide:
    """A sample as one row for each unit, n units, T years (those in the sample, sorted).

    outcome: (n, T), NaN where there is no cell; weights: (n, T), without meaning there; covariates: (n, T, k); cohort: (n,), NaN
    unless of a treated cohort; start: (n,), year of first treatment, infinite for the never treated; cluster: (n,) codes; size: (n,),
    weight of the unit in its first year; stratum: (n,) codes, None where all are compared, of stratum_names. Baseline values are covariates.
    """

    years: Years
    outcome: UnitByYear
    weights: UnitByYear
    covariates: UnitByYearByCovariate
    names: tuple[str, ...]
    cohort: PerUnit
    start: PerUnit
    cluster: UnitCodes
    size: PerUnit
    stratum: UnitCodes | None = None
    stratum_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One group-time effect. base: year of comparison; refused: why there is no estimate; the base year itself has estimate 0.

    smallest: units in the smaller of the two groups, without those trimmed; trimmed, concentration: of its controls (two_by_two.Comparison);
    alone: treated units left out because no control is in their stratum.
    """

    cohort: int
    year: int
    base: int
    estimate: float = np.nan
    smallest: int = 0
    trimmed: int = 0
    alone: int = 0
    concentration: Concentration | None = None
    refused: Note | None = None

    @property
    def is_base(self) -> bool:
        """Whether the cell is the base year, 0 by definition."""
        return self.year == self.base


@dataclass(frozen=True)
class GroupTime:
    """Effects by cohort and year. influence: (n, c + spare), column by column in memory: contribution of each unit to the error of each
    cell, 0 where it is refused, then the empty columns that were asked for.

    used: (n, T) bool, cells of the panel that went into an estimate; treated: (n,) bool, units of cohorts with an effect after the start.
    """

    cells: tuple[Cell, ...]
    influence: UnitByEstimate
    used: UnitByYearMask
    treated: UnitMask
    notes: tuple[Note, ...]


def widened(sample: Sample) -> Wide:
    """The sample as one row for each unit. Raises Refused where a unit moves between clusters."""
    years, place = np.unique(sample.year, return_inverse=True)
    units, first = np.unique(sample.unit, return_index=True)
    row = np.searchsorted(units, sample.unit)
    cluster = sample.cluster[first]
    if (cluster[row] != sample.cluster).any():
        raise Refused("cluster_varies")
    shape = (len(units), len(years))
    balanced = len(sample.year) == len(units) * len(years)  # then the cells, sorted by unit and year, are the table already

    def table(cells: Floats) -> Floats:
        if balanced:
            return cells.reshape(*shape, *cells.shape[1:])
        spread = np.full((*shape, *cells.shape[1:]), np.nan)
        spread[row, place] = cells
        return spread

    weights = np.broadcast_to(1.0, shape) if sample.weights is None else table(sample.weights / sample.weights.mean())
    outcome = table(sample.outcome)
    covariates = table(sample.covariates if sample.baseline is None else np.column_stack([sample.covariates, sample.baseline]))
    return Wide(
        years=years,
        outcome=outcome,
        weights=weights,
        covariates=covariates,
        names=(*sample.covariate_names, *sample.baseline_names),
        cohort=sample.cohort[first],
        start=np.nan_to_num(sample.start[first], nan=np.inf),
        cluster=cluster,
        size=weights[np.arange(len(units)), place[first]],
        stratum=None if sample.stratum is None else sample.stratum[first],
        stratum_names=sample.stratum_names,
    )


def group_time(wide: Wide, plan: Plan, variant: str, spare: int = 0) -> GroupTime:
    """Every ATT(g, t) that the years allow, sorted by cohort and year. variant: or | ipw | dr. Raises Refused where there is none.

    Years and base years as in `did`: from g less the years of anticipation on, the base is the last year before that; earlier years are
    compared with the year before them (base_period varying) or with the same base (universal). Comparison units: with `never`, those
    that start after the last year, plus anticipation, or never; with `not_yet`, those that start after max(t, base) plus
    anticipation. A comparison takes the units that have both years (pairs balanced one by one), with covariates and weights of the
    earlier one. spare: columns left for averages, so that influence functions of many units are there once. Without any never
    treated, the last cohort is for comparison only, and the years from its start (less anticipation) fall out. Other cohorts that
    start after the last year are not yet treated throughout: they serve as comparison and keep their effects before the start.
    """
    notes: list[Note] = []
    anticipation = plan.anticipation
    never = wide.start > wide.years[-1] + anticipation
    years = wide.years
    first_control = years[-1] + anticipation + 1  # cohorts from this year on only serve as comparison
    if not never.any():
        last = float(wide.start.max())
        first_control = last
        years = years[years < last - anticipation]
        notes.append(Note("notes.last_cohort", {"cohort": int(last), "year": int(last) - anticipation}))
    if len(years) == 0:
        raise Refused("no_control")
    present = np.unique(wide.cohort[~np.isnan(wide.cohort)])
    treatable = [g for g in present if g < first_control]
    cohorts = [int(g) for g in treatable if g > years[0] + anticipation]
    without_base = [int(g) for g in treatable if g <= years[0] + anticipation]
    if without_base:
        units = int(np.isin(wide.cohort, without_base).sum())
        notes.append(Note("notes.no_base", {"units": units, "cohorts": ", ".join(str(g) for g in without_base)}))
    if not any(g <= years[-1] for g in cohorts):  # none with a year from its start on
        raise Refused("no_base" if without_base else "no_treated" if never.any() else "no_control")
    planned = [comparison for g in cohorts for comparison in _years_and_bases(years, g, plan)]
    influence = np.zeros((len(wide.cohort), len(planned) + spare), order="F")
    used = np.zeros(wide.outcome.shape, dtype=bool)
    treated = np.zeros(len(wide.cohort), dtype=bool)
    cells: list[Cell] = []
    last_made: dict[bytes, Comparison] = {}
    for position, (g, now, base) in enumerate(planned):
        member = wide.cohort == g
        control = never if plan.reference == "never" else wide.start > years[max(now, base)] + anticipation
        cell = Cell(g, int(years[now]), int(years[base]))
        if now == base:
            cells.append(replace(cell, estimate=0.0))
            continue
        with_both_years = ~np.isnan(wide.outcome[:, now]) & ~np.isnan(wide.outcome[:, base])
        chosen: UnitCodes = np.flatnonzero((member | control) & with_both_years)
        of_cohort = int(member[chosen].sum())
        try:
            chosen = _in_strata_of_both(wide, chosen, member, (now, base))
            found, comparison = _estimated(wide, chosen, member[chosen], (now, base), variant, last_made)
        except Refused as refusal:
            cells.append(replace(cell, refused=refusal.note))
            continue
        used[chosen, now] = used[chosen, base] = True
        if cell.year >= g:
            treated[chosen[member[chosen]]] = True
        influence[chosen, position] = found.influence
        smallest = min(int(member[chosen].sum()), int((~member[chosen]).sum()) - comparison.trimmed)
        cells.append(
            replace(
                cell,
                estimate=found.estimate,
                smallest=smallest,
                trimmed=comparison.trimmed,
                alone=of_cohort - int(member[chosen].sum()),
                concentration=comparison.concentration,
            )
        )
    return GroupTime(tuple(cells), influence, used, treated, tuple(notes))


def _in_strata_of_both(wide: Wide, units: UnitCodes, treated: UnitMask, pair: tuple[int, int]) -> UnitCodes:
    """Those of the units whose stratum has treated units and controls among them. Raises Refused where both groups are there and no such stratum."""
    if wide.stratum is None or treated[units].all() or not treated[units].any():
        return units
    stratum = wide.stratum[units]
    both = np.intersect1d(stratum[treated[units]], stratum[~treated[units]])
    if not len(both):
        now, base = pair
        raise Refused("no_pair_stratum", year=int(wide.years[now]), base=int(wide.years[base]))
    return units[np.isin(stratum, both)]


def _strata_of(wide: Wide, units: UnitCodes) -> tuple[UnitByCovariate, tuple[str, ...]]:
    """(m, s - 1) a column for each stratum of the units but the first, and their names."""
    if wide.stratum is None:
        return np.empty((len(units), 0)), ()
    present = np.unique(wide.stratum[units])[1:]
    columns = (wide.stratum[units, None] == present).astype("float64")
    return columns, tuple(wide.stratum_names[code] for code in present)


def _years_and_bases(years: Years, g: int, plan: Plan) -> Iterator[tuple[int, int, int]]:
    """(cohort, place of the year, place of its base) of every effect of a cohort."""
    last_before = int(np.flatnonzero(years + plan.anticipation < g)[-1])
    for now in range(len(years)):
        if plan.base_period == "universal" or years[now] >= g - plan.anticipation:
            yield g, now, last_before
        elif now > 0:
            yield g, now, now - 1


def _estimated(
    wide: Wide, units: UnitCodes, treated: UnitMask, pair: tuple[int, int], variant: str, last_made: dict[bytes, Comparison]
) -> tuple[Effect, Comparison]:
    """One comparison. last_made: the comparison made last, by its digest."""
    now, base = pair
    if not treated.any():
        raise Refused("no_pair", year=int(wide.years[now]), base=int(wide.years[base]))
    if treated.all():
        raise Refused("no_pair_control", year=int(wide.years[now]), base=int(wide.years[base]))
    earlier = min(now, base)
    strata, stratum_names = _strata_of(wide, units)
    weights, covariates = wide.weights[units, earlier], np.column_stack([wide.covariates[units, earlier], strata])
    comparison = _comparison(treated, weights, covariates, (*wide.names, *stratum_names), variant, last_made)
    with np.errstate(over="ignore", invalid="ignore"):
        change = wide.outcome[units, now] - wide.outcome[units, base]
        found = effect(change, comparison, variant)
    if not (np.isfinite(found.estimate) and np.isfinite(found.influence).all()):
        raise Refused("too_large")
    return found, comparison


def _comparison(
    treated: UnitMask,
    weights: PerUnit,
    covariates: UnitByCovariate,
    names: tuple[str, ...],
    variant: str,
    last_made: dict[bytes, Comparison],
) -> Comparison:
    """The comparison, made anew only where units, weights or covariates differ from those of the last one."""
    if covariates.shape[1] == 0:
        return compare(treated, weights, covariates, names, variant)
    digest = hashlib.blake2b(treated.tobytes())
    digest.update(weights.tobytes())
    digest.update(covariates.tobytes())
    key = digest.digest()
    if key not in last_made:
        comparison = compare(treated, weights, covariates, names, variant)
        last_made.clear()
        last_made[key] = comparison
    return last_made[key]
