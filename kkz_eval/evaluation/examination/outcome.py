"""One outcome examined: rows of inference, audit, power, sensitivity and tests, from its sample and its estimates.

Belongs here: which estimates are asked which questions. Does not belong here: the answers (chance.py, drawn.py, wild.py, bands.py, audited.py), outcomes
together (family.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

from kkz_eval.evaluation.estimators.estimation import Estimation, Row
from kkz_eval.evaluation.estimators.methods import METHODS, OVERALL
from kkz_eval.evaluation.examination.audited import audit_rows, cells_of_spread, own_test, power_rows
from kkz_eval.evaluation.examination.bands import band_rows
from kkz_eval.evaluation.examination.block import Block, block_of
from kkz_eval.evaluation.examination.chance import MOST_KEPT, Exchange, against_chance, chance_rows, exchanges
from kkz_eval.evaluation.examination.contrasts import contrast_of, slope_before, years_apart
from kkz_eval.evaluation.examination.distribution import distribution_rows
from kkz_eval.evaluation.examination.drawn import BINS, SPREAD, Drawn, drawn_rows, wild_rows_of_panel
from kkz_eval.evaluation.examination.family import FAMILIES
from kkz_eval.evaluation.examination.placebos import placebo_rows
from kkz_eval.evaluation.examination.unbalanced import Unbalanced, audit_of_panel, tests_of_panel
from kkz_eval.evaluation.examination.wild import wild_rows
from kkz_eval.evaluation.headline import deciding
from kkz_eval.evaluation.inference.assignments import as_float, n_assignments, smallest_p
from kkz_eval.evaluation.inference.exact import MOST_COMPUTED
from kkz_eval.evaluation.inference.wild_bootstrap import collapsed
from kkz_eval.evaluation.plan import EstimatorSpec, Outcome, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import Sample
from kkz_eval.evaluation.spread import Spread

Rows = list[dict[str, object]]


@dataclass
class Examined:
    """Rows of the tables of the results, by table."""

    inference: Rows = field(default_factory=list)
    audit: Rows = field(default_factory=list)
    power: Rows = field(default_factory=list)
    chance: Rows = field(default_factory=list)
    sensitivity: Rows = field(default_factory=list)
    tests: Rows = field(default_factory=list)


def is_examined(plan: Plan) -> bool:
    """Whether a plan asks for anything beyond estimates."""
    return plan.inference.method == "randomization" or plan.audit is not None


def examine(
    sample: Sample, plan: Plan, outcome: Outcome, estimations: Mapping[str, Estimation], spread: Spread = map
) -> Examined:
    """All that a plan asks of one outcome's estimates. estimations: by the estimator's id; spread: how estimates under drawn assignments are made."""
    found = Examined()
    if not is_examined(plan):
        return found
    try:
        block = block_of(sample)
    except Refused as refusal:
        return _examined_by_draws(sample, plan, outcome, estimations, refusal.note, spread)
    of = exchanges(block, plan)
    seed = seed_of(outcome)
    for spec in plan.estimators:
        if not METHODS[spec.method].carries_verdict:
            continue
        common = {"question": plan.question, "indicator": outcome.indicator, "estimator": spec.id}
        to_draw: list[str] = []
        for row in _overall(estimations[spec.id], spec):
            try:
                contrast = contrast_of(block, plan, spec, row.aggregation)
            except Refused as refusal:
                found.inference.append({**common, "aggregation": row.aggregation, **_refusal(refusal.note)})
                continue
            if contrast is None:
                to_draw.append(row.aggregation)
                continue
            z = block.outcome @ contrast
            counts = row.aggregation == counted_aggregation(outcome, spec)
            thorough = (
                counts and spec == deciding(plan) and outcome.role in FAMILIES
            )  # what is reported is counted out, the rest may be drawn
            if plan.inference.method == "randomization":
                if counts and spec == deciding(plan):
                    bins = distribution_rows(z, of[-1], plan, seed, MOST_COMPUTED if thorough else MOST_KEPT)
                    found.chance += [{**common, "aggregation": row.aggregation, **cells} for cells in bins]
                for exchange in of:
                    rows = [*chance_rows(z, exchange, plan, seed, MOST_COMPUTED if thorough else MOST_KEPT)]
                    if counts and spec == deciding(plan):
                        rows += wild_rows(collapsed(z[:, None], exchange.compared), exchange, plan, seed)
                    found.inference += [{**common, "aggregation": row.aggregation, **cells} for cells in rows]
            if not counts:
                continue
            for exchange in of:
                found.power += [{**common, **cells} for cells in power_rows(z, exchange, plan, seed)]
            if plan.audit is not None and spec.method == "twfe":
                gap = block.exposed.sum() < block.after.sum() and row.aggregation == "exposed"
                own = own_test(block, contrast, plan, regressors=1 + int(gap))
                found.audit += [{**common, **cells} for cells in audit_rows(block, own, plan, seed=seed)]
            if spec == deciding(plan):  # what follows is of the comparison, not of one estimator
                told = [*_slope(block, of[-1], plan, seed), *_smallest(of[-1], plan), _spread_before(block)]
                told += placebo_rows(block, of[-1], plan, seed)
                found.tests += [{"indicator": outcome.indicator, "estimator": spec.id, **cells} for cells in told]
        if plan.inference.method == "randomization" and spec.method == "event_study":
            bands = _bands(block, of[-1], plan, seed)
            found.sensitivity += [{"indicator": outcome.indicator, "estimator": spec.id, **cells} for cells in bands]
        _put(_drawn(sample, plan, outcome, spec, to_draw, Note("notes.drawn_anew", {"method": spec.method}), spread), found)
    return found


_ALIKE = (
    "question",
    "indicator",
    "estimator",
    "aggregation",
    "within",
    "adjust",
    "theta",
)  # in a row of inference and those of its bins


def _put(drawn: Rows, found: Examined) -> None:
    """Rows by drawn assignments to those of inference, and the bins that come with them to those of chance."""
    found.inference += drawn
    for cells in drawn:
        bins = cells.get(BINS)
        if isinstance(bins, list):
            found.chance += [{**{name: cells[name] for name in _ALIKE}, **each} for each in bins]


def _overall(estimation: Estimation, spec: EstimatorSpec) -> list[Row]:
    """The rows that are examined: those that stand for all years from the start on, or for the years in which an effect could show."""
    examined = (_of_all_years(spec), "exposed")
    return [row for row in estimation.rows if row.aggregation in examined and row.refused is None and row.is_overall]


def _of_all_years(spec: EstimatorSpec) -> str:
    """Among the aggregations that it is asked for; a method that has no choice of them stands for all years with its first."""
    given = spec.aggregations or METHODS[spec.method].gives[:1]
    return next((name for name in OVERALL if name in given), OVERALL[0])


def counted_aggregation(outcome: Outcome, spec: EstimatorSpec) -> str:
    """The aggregation on which the verdict rests."""
    if outcome.earliest_plausible_year is not None:
        return "exposed"
    return _of_all_years(spec)


def _slope(block: Block, exchange: Exchange, plan: Plan, seed: int) -> Rows:
    """How far a trend before the start would have carried both groups apart by the years that count, by the law of the audit, with its exact p."""
    law = exchange.law_that_counts(plan)
    if law is None:
        return []
    try:
        found = against_chance(block.outcome @ slope_before(block), exchange, law, plan, seed)
    except Refused:
        return []  # then it is not known: nothing passes by it
    return [{"test": "slope_bias", "statistic": found.observed * years_apart(block), "df": "", "p_value": found.p}]


def _smallest(exchange: Exchange, plan: Plan) -> Rows:
    """How many assignments there are, and below what no p can be by the law of the audit."""
    law = exchange.law_that_counts(plan)
    if law is None:
        return []
    smallest = smallest_p(exchange.assigned, law)
    return [{"test": "smallest_p", "statistic": as_float(n_assignments(exchange.assigned)), "df": "", "p_value": smallest}]


def _spread_before(block: Block) -> dict[str, object]:
    """Standard deviation of the values before the start, over units and years: what a size of different outcomes is compared in."""
    spread = float(block.outcome[:, block.before].std(ddof=1))
    return {"test": "spread_before", "statistic": spread, "df": "", "p_value": None}


def _bands(block: Block, exchange: Exchange, plan: Plan, seed: int) -> Rows:
    try:
        return list(band_rows(block, exchange, plan, seed))
    except Refused:
        return []  # the event study says why it has no estimates


def seed_of(outcome: Outcome) -> int:
    """A seed of the outcome's own, so that outcomes can be computed in any order."""
    return crc32(outcome.indicator.encode())


def _refusal(note: Note) -> dict[str, object]:
    return {"method": "randomization", "status": "refused", "message": note.sentence}


def _examined_by_draws(
    sample: Sample, plan: Plan, outcome: Outcome, estimations: Mapping[str, Estimation], why: Note, spread: Spread
) -> Examined:
    """The same of a sample that is no block, by drawn assignments; why: why it is none."""
    found = Examined()
    for spec in plan.estimators:
        if not METHODS[spec.method].carries_verdict:
            continue
        rows, common = _overall(estimations[spec.id], spec), {"indicator": outcome.indicator, "estimator": spec.id}
        counted = counted_aggregation(outcome, spec)
        drawn = _drawn(sample, plan, outcome, spec, [row.aggregation for row in rows], why, spread)
        _put(drawn, found)
        for cells in drawn:
            if SPREAD in cells and cells["aggregation"] == counted:
                of_power = cells_of_spread(float(str(cells[SPREAD])), plan)
                found.power.append(
                    {"question": plan.question, **common, "within": cells["within"], "theta": cells["theta"], **of_power}
                )
        errors = {row.aggregation: row.std_error for row in rows}
        if spec.method == "twfe" and counted in errors:
            audit, tests = _of_panel(sample, plan, outcome, counted, errors[counted], spread, decides=spec == deciding(plan))
            found.audit += [{"question": plan.question, **common, **cells} for cells in audit]
            found.tests += [{**common, **cells} for cells in tests]
    return found


def _of_panel(
    sample: Sample, plan: Plan, outcome: Outcome, aggregation: str, error: float, spread: Spread, *, decides: bool
) -> tuple[Rows, Rows]:
    """Rows of the audit and of the tests of two-way fixed effects on a sample that is no block."""
    seed = seed_of(outcome)
    try:
        of = Unbalanced.of(sample)
        audit = [] if plan.audit is None else list(audit_of_panel(of, aggregation, error, plan, seed, spread))
        return audit, tests_of_panel(of, plan, seed, spread) if decides else []
    except Refused as refusal:
        told = {"form": "full", "theta": "zero", "status": "refused", "message": refusal.note.sentence}
        return [] if plan.audit is None else [told], []


def _drawn(
    sample: Sample, plan: Plan, outcome: Outcome, spec: EstimatorSpec, aggregations: Sequence[str], why: Note, spread: Spread
) -> Rows:
    """Rows by drawn assignments, and of the wild bootstrap of the deciding regression; a row that says why where there can be none."""
    if plan.inference.method != "randomization" or not aggregations:
        return []
    seed, decides = seed_of(outcome), spec == deciding(plan)
    counted = counted_aggregation(outcome, spec)
    try:
        rows = list(drawn_rows(sample, Drawn(spec, aggregations, decides, why, counted if decides else ""), plan, seed, spread))
    except Refused as refusal:
        rows = [{"aggregation": name, **_refusal(refusal.note)} for name in aggregations]
    if decides and counted in aggregations:
        rows += wild_rows_of_panel(sample, spec, counted, plan, seed)
    common = {"question": plan.question, "indicator": outcome.indicator, "estimator": spec.id}
    return [{**common, **cells} for cells in rows]
