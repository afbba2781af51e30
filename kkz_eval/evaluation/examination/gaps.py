"""What missing values cost an outcome: the smallest detectable difference with the units that have every value, and were the others whole too.

Belongs here: from a panel with gaps to these sizes. Does not belong here: why something is missing, whom to ask; nothing is estimated, and no
missing value is guessed: how many units there would be in which stratum is known without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kkz_eval.evaluation.arrays import UnitMask
from kkz_eval.evaluation.examination.block import Block, block_of
from kkz_eval.evaluation.examination.seen import LEAST_YEARS, errors_of, reach_of, seen_of
from kkz_eval.evaluation.inference.power import Reach
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import build_sample, outcome_slice


@dataclass(frozen=True)
class GapsSeen:
    """mde: with the units that have every value, alone; filled: if all had; by_unit: if one unit with gaps had, too. In the outcome's unit.

    The estimates use what other values a unit with gaps has, so that what they can see lies between mde and filled.
    """

    mde: float
    filled: float
    by_unit: Mapping[str, float]


def gaps_seen(panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> GapsSeen:
    """What the gaps of an outcome cost, by the law of the plan's audit; each size is that of today times the ratio of the spreads to be expected.

    panel: long, as effects-interface.md says. Raises PanelInvalid; Refused as seen_of, and where the estimate is no comparison of means before and after.
    """
    rows = panel[panel["indicator"] == outcome.indicator]
    whole = _block(
        rows.assign(value=rows["value"].fillna(rows["value"].mean())), plan, outcome
    )  # counted alone, never estimated on
    inside = rows if outcome.window is None else rows[rows["year"].between(*outcome.window)]
    gaps = frozenset(inside.loc[inside["value"].isna(), "unit_id"])
    complete = rows[~rows["unit_id"].isin(gaps)]
    seen = seen_of(complete, plan, outcome)
    block = _block(complete, plan, outcome)
    if not seen.scenarios or len(block.years) < LEAST_YEARS:
        raise Refused("no_fixed_contrast", estimator=outcome.indicator)
    errors, names = errors_of(block), np.array(whole.unit_names)
    have = ~np.isin(names, sorted(gaps))
    now = _reach(whole, have).spread(errors)

    def size(units: UnitMask) -> float:
        return seen.mde * _reach(whole, units).spread(errors) / now

    alone = {str(name): size(have | (names == name)) for name in names[~have]}
    return GapsSeen(seen.mde, size(np.ones(len(names), dtype=bool)), alone)


def _block(rows: pd.DataFrame, plan: Plan, outcome: Outcome) -> Block:
    checked = validate_panel(rows, replace(plan, outcomes=(outcome,)))
    return block_of(build_sample(outcome_slice(checked, plan, outcome), plan, outcome))


def _reach(block: Block, units: UnitMask) -> Reach:
    """The reach of some units of a block, by the block's strata."""
    whole, n = reach_of(block), int(block.compared.stratum.max()) + 1
    stratum, treated = block.compared.stratum[units], block.compared.treated[units]
    counts = np.bincount(stratum, minlength=n), np.bincount(stratum, weights=treated, minlength=n).astype(int)
    return replace(whole, units=counts[0], treated=counts[1])
