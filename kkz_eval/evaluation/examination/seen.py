"""What a plan's comparison could see of an outcome, and what more years or units would change in that. Nothing is estimated.

Belongs here: from a panel and a plan to the minimum detectable effect of the row on which the verdict rests, and its scenarios. Does not belong
here: their formulas (inference.power), units and counts for readers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kkz_eval.evaluation.arrays import PerYear
from kkz_eval.evaluation.examination.audited import power_rows
from kkz_eval.evaluation.examination.block import Block, block_of
from kkz_eval.evaluation.examination.chance import exchanges
from kkz_eval.evaluation.examination.contrasts import contrast_of
from kkz_eval.evaluation.examination.outcome import counted_aggregation, seed_of
from kkz_eval.evaluation.headline import deciding
from kkz_eval.evaluation.inference.power import Errors, Reach, Scenario, fit_errors, scenarios
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.problems import Note, Refused
from kkz_eval.evaluation.sample import build_sample, outcome_slice

LEAST_YEARS = 3  # of which errors can be told


@dataclass(frozen=True)
class Seen:
    """mde: in the outcome's unit, in logarithms where the plan compares these; theta: zero | hat, the law of the assignments; power, level: of
    the test, as shares; first, last: years that count; treated: units; scenarios: empty where they can't be told.
    """

    mde: float
    theta: str
    level: float
    power: float
    first: int
    last: int
    treated: frozenset[str]
    scenarios: tuple[Scenario, ...]


def seen_of(panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> Seen:
    """What would be found of an outcome by the audit's law within the plan's strata: its row of power.csv, and what would change it.

    panel: long, as effects-interface.md says. Raises PanelInvalid; Refused where assignments can't be counted, or there is no law.
    """
    checked = validate_panel(panel[panel["indicator"] == outcome.indicator], replace(plan, outcomes=(outcome,)))
    block = block_of(build_sample(outcome_slice(checked, plan, outcome), plan, outcome))
    spec = deciding(plan)
    contrast = contrast_of(block, plan, spec, counted_aggregation(outcome, spec))
    if contrast is None:
        raise Refused("no_fixed_contrast", estimator=spec.id)
    exchange = exchanges(block, plan)[-1]
    theta = plan.theta_that_counts
    law = exchange.laws.get(theta)
    if law is None or isinstance(law, Note):
        raise Refused("no_law") if law is None else Refused(law.code.removeprefix("refused."), **law.parameters)
    rows = power_rows(block.outcome @ contrast, replace(exchange, laws={theta: law}), plan, seed_of(outcome))
    found = next(rows, None)
    if found is None:
        raise Refused("no_law")
    mde = float(str(found["mde"]))
    counted = block.years[contrast > 0]
    return Seen(
        mde=mde,
        theta=theta,
        level=1 - plan.inference.level,
        power=float(str(found["power"])),
        first=int(counted.min()),
        last=int(counted.max()),
        treated=frozenset(np.array(block.unit_names)[block.compared.treated]),
        scenarios=_scenarios(block, contrast, mde),
    )


def _scenarios(block: Block, contrast: PerYear, mde: float) -> tuple[Scenario, ...]:
    """None where the errors can't be told, or the estimate compares with one year of reference: more years before do not enter it."""
    if len(block.years) < LEAST_YEARS or not np.allclose(contrast[block.before], -1 / block.before.sum()):
        return ()
    return scenarios(mde, reach_of(block), errors_of(block))


def reach_of(block: Block) -> Reach:
    """The block as far as its power depends on it."""
    stratum, treated = block.compared.stratum, block.compared.treated
    return Reach(
        n_before=int(block.before.sum()),
        n_after=int(block.exposed.sum()),
        gap=int((block.after & ~block.exposed).sum()),
        units=np.bincount(stratum),
        treated=np.bincount(stratum, weights=treated).astype(int),
    )


def errors_of(block: Block) -> Errors:
    """How the departures of its units hang together over the years. Raises ValueError for fewer than LEAST_YEARS."""
    stratum = block.compared.stratum
    held = np.column_stack([stratum[:, None] == np.unique(stratum), block.compared.baseline]).astype(float)
    return fit_errors(block.outcome, held)
