"""What chance could have done to an estimate that is no fixed contrast of years: rows of inference.csv, by drawn assignments.

Belongs here: which draws are made for which estimator, and a row for each. Does not belong here: the draws and the estimates under them (inference),
estimates that can be counted out (chance.py), families of outcomes (family.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kkz_eval.evaluation.arrays import AssignmentByUnitStart, PerUnit
from kkz_eval.evaluation.estimators.methods import METHODS
from kkz_eval.evaluation.examination.chance import Exchange, cells_of_law, cells_of_test, draws_of, exchanges, names_of
from kkz_eval.evaluation.examination.distribution import bins_of_draws
from kkz_eval.evaluation.examination.exchangeable import exchangeable, first_cells
from kkz_eval.evaluation.examination.wild import wild_rows
from kkz_eval.evaluation.inference.assignments import draw_starts
from kkz_eval.evaluation.inference.draws import against_draws
from kkz_eval.evaluation.inference.estimates import Estimates
from kkz_eval.evaluation.inference.panels import Panel
from kkz_eval.evaluation.inference.re_estimation import estimates_anew
from kkz_eval.evaluation.inference.wild_bootstrap import ClusterSums
from kkz_eval.evaluation.plan import Comparison, EstimatorSpec, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample
from kkz_eval.evaluation.spread import Spread
from kkz_eval.model.texts import Joined

SPREAD = "permutation_sd"  # of the estimate, beside the cells of a row of inference: what its row of power is made of
BINS = "chance"  # its distribution, likewise: rows of chance of the estimate on which the verdict rests
MOST_BESIDE = 999  # draws for an estimator beside the deciding one, where each is a fit of its own

UnderStarts = Callable[[AssignmentByUnitStart], Mapping[str, Estimates]]
"""The estimates by aggregation, given when each unit starts in each assignment."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """The same question for all estimates of one estimator. aggregations: rows that are asked for; decides: whether the verdict rests on it; counts: the aggregation that it then rests on, "" for none; why: why its
    estimates are not counted out.
    """

    spec: EstimatorSpec
    aggregations: Sequence[str]
    decides: bool
    why: Note
    counts: str = ""


def drawn_rows(sample: Sample, asked: Drawn, plan: Plan, seed: int, spread: Spread = map) -> Iterator[dict[str, object]]:
    """A row for each aggregation, statistic and law, without the columns that name the estimator.

    Two-way fixed effects draw as often as a count would. Every other estimator is fitted anew for each draw (2 to 7 ms for 44 units in 13 years),
    as often as the plan says: the deciding one among all units and within strata, by each law; one beside it within strata, by the first law. spread: how the estimates of draws are made.
    Raises Refused: units that can't be exchanged, no draws in the plan, a method that is not drawn.
    """
    two_way = asked.spec.method == "twfe"
    if not METHODS[asked.spec.method].drawn:
        raise Refused("own_placebos")
    if not two_way and plan.inference.draws == 0:
        raise Refused("draws_of_fits")
    starts = sample.cohort[first_cells(sample)]
    of = exchanges(exchangeable(sample, ~np.isnan(starts)), plan)
    draws = draws_of(plan) if two_way else plan.inference.draws
    if not (two_way or asked.decides):
        of, draws = _briefly(of), min(draws, MOST_BESIDE)
    for exchange in of:
        under = _two_way(sample, exchange, asked, spread) if two_way else _anew(sample, exchange, asked, plan, spread)
        for theta, law in exchange.laws.items():
            cells = cells_of_law(exchange, theta, plan)
            if isinstance(law, Note):
                yield from _refused(cells, asked.aggregations, law, plan)
                continue
            random = np.random.default_rng([seed, plan.seed])
            drawn = draw_starts(exchange.assigned, starts, law, draws, random)
            yield from _rows_of_law(under, starts, drawn, cells, asked, plan)


def _briefly(of: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """The plan's own exchange, by its first law."""
    own = of[-1]
    return (replace(own, laws=dict(list(own.laws.items())[:1])),)


def _rows_of_law(
    under: UnderStarts,
    starts: PerUnit,
    drawn: AssignmentByUnitStart,
    cells: dict[str, object],
    asked: Drawn,
    plan: Plan,
) -> Iterator[dict[str, object]]:
    try:
        real, others = under(starts[None]), under(drawn)
    except Refused as refusal:
        yield from _refused(cells, asked.aggregations, refusal.note, plan)
        return
    for aggregation in asked.aggregations:
        for name in plan.inference.statistics:
            row = {**cells, "aggregation": aggregation, "statistic": name}
            try:
                told = _cells(name, real[aggregation], others[aggregation], asked.why, plan)
            except Refused as refusal:
                yield {**row, "status": "refused", "message": refusal.note.sentence}
                continue
            if name == "coefficient" and aggregation == asked.counts and _is_of_the_verdict(cells, plan):
                told[BINS] = _bins(real[aggregation], others[aggregation])
            yield {**row, **told}


def _is_of_the_verdict(cells: Mapping[str, object], plan: Plan) -> bool:
    """Whether a row is by the law and within the strata on which the verdict rests."""
    return cells["theta"] == plan.theta_that_counts and cells["within"] == names_of(plan.comparison.within)


def _bins(real: Estimates, others: Estimates) -> list[dict[str, object]]:
    values = others.coefficient
    known = values[~np.isnan(values)]
    bins = bins_of_draws(float(real.coefficient[0]), known, len(values))
    return [{**each, "n_assignments": len(values), "exact": False} for each in bins]


def _cells(statistic: str, real: Estimates, others: Estimates, why: Note, plan: Plan) -> dict[str, object]:
    """Raises Refused: no estimate, or no error, of the real assignment or of any drawn one."""
    if np.isnan(others.coefficient).all():
        raise Refused("draws_without_estimate")
    if statistic == "coefficient":
        observed, values = real.coefficient, others.coefficient
    else:
        middle = float(np.nanmean(others.coefficient))
        observed, values = real.studentised(middle), others.studentised(middle)
    known = values[~np.isnan(values)]
    without, notes = len(values) - len(known), [why]
    if np.isnan(observed[0]) or not len(known):
        raise Refused("draws_without_estimate")
    if without:
        notes.append(Note("notes.draws_without_estimate", {"without": without, "draws": len(values)}))
    found = against_draws(float(observed[0]), known, without)
    return {
        **cells_of_test(found),
        **({SPREAD: found.sd} if statistic == "coefficient" else {}),
        "center": found.center if statistic == "coefficient" else 0.0,
        "status": "ok",
        "message": Joined(tuple(note.sentence for note in notes), " "),
    }


def _refused(cells: dict[str, object], aggregations: Sequence[str], note: Note, plan: Plan) -> Iterator[dict[str, object]]:
    for aggregation in aggregations:
        for name in plan.inference.statistics:
            yield {**cells, "aggregation": aggregation, "statistic": name, "status": "refused", "message": note.sentence}


def _two_way(sample: Sample, exchange: Exchange, asked: Drawn, spread: Spread) -> UnderStarts:
    panel = Panel.of(_compared_as(sample, exchange))
    return lambda starts: {name: panel.estimates(starts, name, spread) for name in asked.aggregations}


def _anew(sample: Sample, exchange: Exchange, asked: Drawn, plan: Plan, spread: Spread) -> UnderStarts:
    """Fits without draws and placebos of their own, of the aggregations that are asked for."""
    compared, method = _compared_as(sample, exchange), METHODS[asked.spec.method]
    comparison = plan.comparison if exchange.within else Comparison(adjust=plan.comparison.adjust)
    alone = replace(plan, comparison=comparison, inference=plan.inference.estimates_only)
    chosen = tuple(name for name in asked.aggregations if name in method.choices)
    spec = replace(asked.spec, aggregations=chosen or asked.spec.aggregations)

    def fit(one: Sample) -> Mapping[str, tuple[float, float]]:
        rows = method.estimate(one, alone, spec).rows
        return {row.aggregation: (row.estimate, row.std_error) for row in rows if row.is_overall}

    return lambda starts: estimates_anew(fit, compared, starts, asked.aggregations, spread)


def wild_rows_of_panel(
    sample: Sample, spec: EstimatorSpec, aggregation: str, plan: Plan, seed: int
) -> Iterator[dict[str, object]]:
    """Rows of the wild bootstrap of two-way fixed effects, among all units and within strata; a refused one for each weight where there is none."""
    if not plan.inference.wild:
        return
    try:
        found = _sums_by_exchange(sample, spec, aggregation, plan)
    except Refused as refusal:
        for weights in plan.inference.wild:
            row: dict[str, object] = {"method": "wild_bootstrap", "aggregation": aggregation, "statistic": weights}
            yield {**row, "status": "refused", "message": refusal.note.sentence}
        return
    for exchange, sums in found:
        yield from ({"aggregation": aggregation, **cells} for cells in wild_rows(sums, exchange, plan, seed))


def _sums_by_exchange(sample: Sample, spec: EstimatorSpec, aggregation: str, plan: Plan) -> list[tuple[Exchange, ClusterSums]]:
    """Raises Refused: the estimator is no regression on treatment."""
    if spec.method != "twfe":
        raise Refused("wild_needs_regression", method=spec.method)
    starts = sample.cohort[first_cells(sample)]
    of = exchanges(exchangeable(sample, ~np.isnan(starts)), plan)
    return [(exchange, Panel.of(_compared_as(sample, exchange)).cluster_sums(starts, aggregation)) for exchange in of]


def _compared_as(sample: Sample, exchange: Exchange) -> Sample:
    """The sample with the strata in which an exchange compares."""
    return sample if exchange.within else replace(sample, stratum=None, stratum_names=())
