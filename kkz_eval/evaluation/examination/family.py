"""The outcomes of a plan together: p-values adjusted over its primary and over its secondary outcomes, in the rows of inference.csv.

Belongs here: which rows are a family. Does not belong here: the adjustments (inference.families).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kkz_eval.evaluation.arrays import Floats, PerAssignment, PerUnit
from kkz_eval.evaluation.examination.block import Block
from kkz_eval.evaluation.examination.chance import MOST_KEPT, Exchange, against_chance, draws_of, exchanges
from kkz_eval.evaluation.examination.contrasts import contrast_of
from kkz_eval.evaluation.inference.assignments import Law, assignments_in_chunks, draw_assignments, n_assignments
from kkz_eval.evaluation.inference.audit import MOST_LISTED
from kkz_eval.evaluation.inference.draws import in_pieces, values_together
from kkz_eval.evaluation.inference.families import benjamini_hochberg, holm, romano_wolf
from kkz_eval.evaluation.inference.statistics import Statistic, coefficient, studentised
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Note, Refused

ROMANO_WOLF, HOLM, BENJAMINI_HOCHBERG = "romano_wolf", "holm", "benjamini_hochberg"
ROWS = 2**16  # assignments at once
FAMILIES = {"primary": ROMANO_WOLF, "secondary": BENJAMINI_HOCHBERG}
_SAME_TEST = ["estimator", "aggregation", "statistic", "within", "adjust", "theta"]


def with_families(inference: pd.DataFrame, blocks: Mapping[str, Block], plan: Plan) -> pd.DataFrame:
    """The rows with p_adjusted and adjustment. blocks: of each outcome that is one, by its indicator.

    Primary outcomes: Romano–Wolf from the same assignments of the same units; where their units differ, Holm. Secondary: Benjamini–Hochberg.
    One family for each estimator, aggregation that counts, statistic and law. A row alone keeps its p.
    """
    adjusted = inference.copy()
    roles = {outcome.indicator: outcome.role for outcome in plan.outcomes}
    counted = {outcome.indicator: outcome.earliest_plausible_year is not None for outcome in plan.outcomes}
    ok = (adjusted["status"] == "ok") & (adjusted["method"] == "randomization")
    ok &= (adjusted["aggregation"] == "exposed") == adjusted["indicator"].map(counted).astype(bool)
    test = [name for name in _SAME_TEST if name != "aggregation"]
    for role, adjustment in FAMILIES.items():
        rows = adjusted[ok & (adjusted["indicator"].map(roles) == role)]
        for _, family in rows.groupby(test, sort=True, dropna=False):
            one_each = family.drop_duplicates("indicator")
            if adjustment == ROMANO_WOLF:
                values, used = _primary(one_each, blocks, plan)
            else:
                values, used = benjamini_hochberg(one_each["p_value"].to_numpy(dtype=float)), adjustment
            adjusted.loc[one_each.index, "p_adjusted"] = values
            adjusted.loc[one_each.index, "adjustment"] = used
    return adjusted


def _primary(family: pd.DataFrame, blocks: Mapping[str, Block], plan: Plan) -> tuple[np.ndarray, str]:
    p = family["p_value"].to_numpy(dtype=float)
    if len(family) == 1:
        return p, ROMANO_WOLF
    compared = {blocks[name].unit_names if name in blocks else None for name in map(str, family["indicator"])}
    alike = len(compared) == 1 and None not in compared
    try:
        return (_joint(family, blocks, plan), ROMANO_WOLF) if alike else (holm(p), HOLM)
    except Refused:
        return holm(p), HOLM


def _joint(family: pd.DataFrame, blocks: Mapping[str, Block], plan: Plan) -> np.ndarray:
    """(K,) adjusted p-values of one test of several outcomes on the same units. Raises Refused."""
    row, specs = family.iloc[0], {spec.id: spec for spec in plan.estimators}
    exchange, law = _exchange_of(blocks[str(row["indicator"])], plan, str(row["within"]), str(row["theta"]))
    statistics: list[Statistic] = []
    for name, aggregation in zip(family["indicator"], family["aggregation"], strict=True):
        block, spec = blocks[str(name)], specs[str(row["estimator"])]
        contrast = contrast_of(block, plan, spec, str(aggregation))
        if contrast is None:
            raise Refused("no_fixed_contrast", estimator=spec.id)
        statistics.append(_statistic(str(row["statistic"]), block.outcome @ contrast, exchange, law, plan))
    observed = values_together(statistics, exchange.assigned.treated[None])[0]
    values, weights, drawn = _distribution(statistics, exchange, law, plan)
    if np.isnan(values).any() or np.isnan(observed).any():
        raise Refused("statistic_undefined")
    if row["statistic"] == "coefficient":  # a studentised one is in errors of its own and centred already
        center = weights @ values
        spread = np.sqrt(weights @ (values - center) ** 2)
        values, observed = (values - center) / spread, (observed - center) / spread
    pieces = ((values[first : first + ROWS], weights[first : first + ROWS]) for first in range(0, len(values), ROWS))
    return romano_wolf(np.abs(observed), pieces, drawn=drawn)


def _statistic(name: str, z: PerUnit, exchange: Exchange, law: Law, plan: Plan) -> Statistic:
    if name == "coefficient":
        return coefficient(z, exchange.compared)
    return studentised(z, exchange.compared, against_chance(z, exchange, law, plan, 0, MOST_KEPT).center)


def _distribution(
    statistics: Sequence[Statistic], exchange: Exchange, law: Law, plan: Plan
) -> tuple[Floats, PerAssignment, bool]:
    """Values (a, K) under all assignments or, where they are too many, under drawn ones; their weights (a,), which sum to 1; whether drawn."""
    drawn = n_assignments(exchange.assigned) > MOST_LISTED
    if drawn:
        pieces = in_pieces(draw_assignments(exchange.assigned, law, draws_of(plan), np.random.default_rng(plan.seed)))
    else:
        pieces = assignments_in_chunks(exchange.assigned)
    total = law.log_total(exchange.assigned)
    values, weights = [], []
    for assignments in pieces:
        values.append(values_together(statistics, assignments))
        weights.append(np.ones(len(assignments)) if drawn else np.exp(law.log_weight(assignments) - total))
    together = np.concatenate(weights)
    return np.concatenate(values), together / together.sum(), drawn


def _exchange_of(block: Block, plan: Plan, within: str, theta: str) -> tuple[Exchange, Law]:
    exchange = next(one for one in exchanges(block, plan) if one.within == within)
    law = exchange.laws[theta]
    if isinstance(law, Note):
        raise Refused(law.code.removeprefix("refused."), **law.parameters)
    return exchange, law
