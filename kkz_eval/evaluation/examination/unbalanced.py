"""What is asked of two-way fixed effects where a sample is no block: gaps, weights, covariates, starts in several years. By drawn assignments.

Belongs here: the audit, the years before the start, the spread of values, the placebo in time. Does not belong here: p-values of the estimate itself
(drawn.py), balanced blocks (outcome.py), the blind audit and the placebo in space, which need one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from kkz_eval.evaluation.arrays import AssignmentMask, PerUnit, UnitByEstimate
from kkz_eval.evaluation.examination.audited import TEST_LEVEL, audit_rows
from kkz_eval.evaluation.examination.chance import draws_of, exchanges
from kkz_eval.evaluation.examination.exchangeable import Exchangeable, exchangeable, first_cells
from kkz_eval.evaluation.examination.placebos import FEWEST_YEARS, IN_TIME
from kkz_eval.evaluation.inference.assignments import (
    as_float,
    draw_assignments,
    n_assignments,
    smallest_p_of_starts,
    starts_of,
)
from kkz_eval.evaluation.inference.audit import Tried
from kkz_eval.evaluation.inference.draws import against_draws
from kkz_eval.evaluation.inference.panels import Panel
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample, part_of
from kkz_eval.evaluation.spread import Spread

Rows = list[dict[str, object]]


@dataclass(frozen=True, eq=False)
class Unbalanced:
    """A sample that is no block, its units as chance could have assigned them, and the years in which these start, (N,), NaN for those not treated."""

    sample: Sample
    units: Exchangeable
    starts: PerUnit

    @classmethod
    def of(cls, sample: Sample) -> Unbalanced:
        """Raises Refused: units that can't be exchanged."""
        starts = sample.cohort[first_cells(sample)]
        return cls(sample, exchangeable(sample, ~np.isnan(starts)), starts)

    @property
    def before(self) -> Sample:
        """The cells of the years before the first start, without units that had started before the first year: these have no before.

        Raises Refused: fewer than two years.
        """
        sample, first_year = self.sample, self.sample.year.min()
        later = self.starts[self.starts > first_year]
        before = (sample.year < later.min(initial=np.inf)) & ~(sample.cohort <= first_year)
        if not len(later) or len(np.unique(sample.year[before])) < 2:
            raise Refused("few_years_before")
        return part_of(sample, before)


def audit_of_panel(
    of: Unbalanced, aggregation: str, error: float, plan: Plan, seed: int, spread: Spread
) -> Iterator[dict[str, object]]:
    """The rows of the audit of two-way fixed effects. error: the standard error of the real estimate, with its small-sample factor, which is the same
    under all assignments. spread: how drawn assignments are tried. Raises Refused: no panel.
    """
    panel = Panel.of(of.sample)
    of_real = float(panel.estimates(of.starts[None], aggregation).error[0])
    yield from audit_rows(of.units, _tried(of, panel, aggregation, error / of_real, seed, spread), plan, seed=seed)


def _tried(of: Unbalanced, panel: Panel, aggregation: str, factor: float, seed: int, spread: Spread) -> Tried:
    critical = float(stats.t.ppf(1 - TEST_LEVEL / 2, int(panel.cluster.max())))
    units, random = of.units.assigned_within, np.random.default_rng([seed, 1])

    def tried(assignments: AssignmentMask) -> tuple[UnitByEstimate, UnitByEstimate]:
        found = panel.estimates(starts_of(units, assignments, of.starts, random), aggregation, spread)
        return found.coefficient[:, None], np.asarray(np.abs(found.studentised(0.0) / factor)[:, None] > critical)

    return tried


def tests_of_panel(of: Unbalanced, plan: Plan, seed: int, spread: Spread) -> Rows:
    """Rows of tests.csv on the comparison itself, as a block has them; what these data don't allow has none. spread: as `audit_of_panel` has it."""
    exchange = exchanges(of.units, plan)[-1]
    law = exchange.law_that_counts(plan)
    if law is None:
        return []
    count, smallest = n_assignments(exchange.assigned), smallest_p_of_starts(exchange.assigned, of.starts, law)
    rows: Rows = [{"test": "smallest_p", "statistic": as_float(count), "df": "", "p_value": smallest}]
    try:
        before = of.before
    except Refused:
        return rows  # no years before: nothing is known of them, and nothing passes by it
    rows.append({"test": "spread_before", "statistic": float(before.outcome.std(ddof=1)), "df": "", "p_value": None})
    random = np.random.default_rng([seed, plan.seed])
    drawn = draw_assignments(exchange.assigned, law, draws_of(plan), random)
    for made in (_slope, _in_time):
        try:
            rows += made(of, before, drawn, spread)
        except Refused:
            continue  # likewise
    return rows


def _slope(of: Unbalanced, before: Sample, drawn: AssignmentMask, spread: Spread) -> Rows:
    """How far a trend before the first start would have carried both groups apart by the years that count."""
    panel = Panel.of(before)
    real = panel.slopes(of.units.compared.treated[None])[0]
    found = against_draws(float(real), panel.slopes(drawn, spread))
    counted = of.sample.year[of.sample.exposed]
    apart = float(counted.mean() - np.unique(before.year).mean()) if len(counted) else np.nan
    return [{"test": "slope_bias", "statistic": found.observed * apart, "df": "", "p_value": found.p}]


def _in_time(of: Unbalanced, before: Sample, drawn: AssignmentMask, spread: Spread) -> Rows:
    """The later half of the years before the first start against the earlier ones."""
    years = np.unique(before.year)
    if len(years) < FEWEST_YEARS:
        return []
    panel, late = Panel.of(before), float(years[-(len(years) // 2)])
    real, others = (
        panel.estimates(np.where(some, late, np.nan), "coefficient", spread).coefficient
        for some in (of.units.compared.treated[None], drawn)
    )
    found = against_draws(float(real[0]), others)
    return [{"test": IN_TIME, "statistic": found.observed, "df": "", "p_value": found.p}]
