"""The plan's own analysis under other assignments, and what it could have seen: rows of audit.csv and power.csv.

Belongs here: which laws and units a plan's audit asks for, and a row for each. Does not belong here: sizes and spreads (inference).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kkz_eval.evaluation.arrays import PerUnit, PerYear
from kkz_eval.evaluation.examination.block import Block
from kkz_eval.evaluation.examination.chance import MOST_KEPT, Exchange, against_chance, fitted_laws, names_of
from kkz_eval.evaluation.examination.exchangeable import Exchangeable
from kkz_eval.evaluation.inference.assignments import Law, as_integer, fit_theta
from kkz_eval.evaluation.inference.audit import OwnTest, Size, Tried, sizes
from kkz_eval.evaluation.inference.power import minimum_detectable
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.problems import Note, Refused

POWER = 0.8
TEST_LEVEL = 0.05  # of the plan's own test
DRAWS = 4_999  # of assignments, where they are too many to try all: a size is known to 0.3 percentage points


def audit_rows(units_of: Exchangeable, own: OwnTest | Tried, plan: Plan, *, seed: int) -> Iterator[dict[str, object]]:
    """A row for each law: uniform, at the estimate and the upper bound of θ, and at its own estimate for each further column.

    own: the test of the plan's own analysis under any assignment of these units. Without a law in the plan only the uniform one.
    """
    units = units_of.assigned_within
    laws = _laws_of_audit(units_of, plan, units)
    usable = {key: law for key, law in laws.items() if isinstance(law, Law)}
    try:
        found = sizes(units, own, usable, draws=DRAWS, random=np.random.default_rng([seed, plan.seed]))
    except Refused as refusal:
        laws, found = dict.fromkeys(laws, refusal.note), {}
    for key, law in laws.items():
        name, _, theta = key.partition("|")
        cells = {
            "form": "full",
            "within": names_of(plan.comparison.within),
            "adjust": names_of(plan.comparison.adjust),
            "law": name,
            "theta": theta,
            "level": TEST_LEVEL,
        }
        if isinstance(law, Note):
            yield {**cells, "status": "refused", "message": law.sentence}
        else:
            yield {**cells, "theta_value": law.theta, **row_of_size(found[key], plan)}


def own_test(block: Block, contrast: PerYear, plan: Plan, *, regressors: int) -> OwnTest:
    """The test of the regression that estimates this contrast with what the comparison of the block holds fixed."""
    return OwnTest(
        contrasts=(block.outcome @ contrast)[:, None],
        stratum=block.compared.stratum,
        baseline=block.compared.baseline,
        cluster=block.compared.cluster,
        n_years=len(block.years),
        regressors=regressors,
        level=TEST_LEVEL,
        small_sample=plan.inference.small_sample,
    )


def row_of_size(size: Size, plan: Plan) -> dict[str, object]:
    """What a size says, in the columns of audit.csv."""
    cells: dict[str, object] = {
        "size": float(size.size[0]),
        "mean_estimate": float(size.mean_estimate[0]),
        "n_assignments": as_integer(size.n_assignments),
        "exact": size.exact,
    }
    if not size.can_tell:
        note = Note("refused.audit_can_not_tell", {"effective": round(size.effective)})
        return {**cells, "status": "refused", "message": note.sentence}
    return {**cells, "status": "ok", "message": ""}


def _laws_of_audit(units_of: Exchangeable, plan: Plan, units: ComparedUnits) -> dict[str, Law | Note]:
    """By column and name of θ, joined by "|"."""
    audit = plan.audit
    name = audit.law if audit is not None and audit.law is not None else ""
    found = {f"{name}|{theta}": law for theta, law in fitted_laws(units_of, plan, units).items()}
    for other in () if audit is None else audit.others:
        try:
            fitted: Law | Note = fit_theta(units, units_of.law_column(other)).laws["hat"]
        except Refused as refusal:
            fitted = refusal.note
        found[f"{other}|hat"] = fitted
    return found


def power_rows(z: PerUnit, exchange: Exchange, plan: Plan, seed: int) -> Iterator[dict[str, object]]:
    """The spread of the estimate over assignments and the effect that would be found four times in five, for each law."""
    for theta, law in exchange.laws.items():
        if isinstance(law, Note):
            continue  # the inference says why there is no such law
        try:
            found = against_chance(z, exchange, law, plan, seed, MOST_KEPT)
        except Refused:
            continue  # likewise
        yield {"within": exchange.within, "theta": theta, **cells_of_spread(found.sd, plan)}


def cells_of_spread(spread: float, plan: Plan) -> dict[str, object]:
    """What a row of power says of the spread of an estimate over assignments."""
    level = 1 - plan.inference.level
    mde = minimum_detectable(spread, level=level, power=POWER)
    return {"permutation_sd": spread, "mde": mde, "level": level, "power": POWER}
