"""The audit in its blind form: comparisons tried on units and years that the programme had not reached, so that one can be chosen by it.

Belongs here: which units act as treated, in which years, and rows of audit.csv for each comparison that a plan names. Does not belong here:
sizes (inference.audit), choosing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from kkz_eval.evaluation.examination.audited import DRAWS, TEST_LEVEL, own_test, row_of_size
from kkz_eval.evaluation.examination.block import Block, block_of
from kkz_eval.evaluation.examination.chance import names_of
from kkz_eval.evaluation.examination.contrasts import after_less_before
from kkz_eval.evaluation.inference.assignments import UNIFORM, Law, fit_theta, standardised
from kkz_eval.evaluation.inference.audit import blind_units, sizes
from kkz_eval.evaluation.inference.units import ComparedUnits
from kkz_eval.evaluation.plan import Comparison, Outcome, Plan
from kkz_eval.evaluation.problems import Refused
from kkz_eval.evaluation.sample import Sample, build_sample, outcome_slice

BLIND = "blind"


def comparisons_of(plan: Plan) -> tuple[Comparison, ...]:
    """The comparison of the plan and those of its specifications, each once: among them one is chosen."""
    others = (each.comparison for each in plan.specifications if each.comparison is not None)
    return tuple(dict.fromkeys((plan.comparison, *others)))


def blind_rows(panel: pd.DataFrame, plan: Plan, outcome: Outcome, real: Block, seed: int) -> Iterator[dict[str, object]]:
    """A row for each comparison and law: the size of its own test where units that did not take part yet act as treated.

    panel: rows of the outcome as validate_panel returns them; real: the block of the real comparison, of which only who was treated, the strata
    and the law of the assignment are used. Years end before the first of these units starts. As many of each stratum act as treated as
    audit.pseudo_treated says. Rows are refused, with the reason, where there are too few units or assignments.
    """
    for comparison in comparisons_of(plan):
        cells: dict[str, object] = {
            "form": BLIND,
            "within": names_of(comparison.within),
            "adjust": names_of(comparison.adjust),
            "level": TEST_LEVEL,
            "law": "" if plan.audit is None or plan.audit.law is None else plan.audit.law,
        }
        try:
            block, units = _untreated(panel, replace(plan, comparison=comparison), outcome, real)
            own = own_test(
                block, after_less_before(block, "exposed"), plan, regressors=1 + int(block.exposed.sum() < block.after.sum())
            )
            laws = _laws(real, block, plan)
            found = sizes(units, own, laws, draws=DRAWS, random=np.random.default_rng([seed, plan.seed]))
        except Refused as refusal:
            yield {**cells, "theta": "zero", "status": "refused", "message": refusal.note.sentence}
            continue
        for theta, law in laws.items():
            yield {**cells, "theta": theta, "theta_value": law.theta, **row_of_size(found[theta], plan)}


def blind_audit(panel: pd.DataFrame, sample: Sample, plan: Plan, outcome: Outcome, estimator: str) -> list[dict[str, object]]:
    """The rows of the blind audit of an outcome, with the columns that name it; none where the plan asks for no audit, a refused one where the real
    sample is no block."""
    if plan.audit is None:
        return []
    common = {"question": plan.question, "indicator": outcome.indicator, "estimator": estimator}
    try:
        real = block_of(sample)
    except Refused as refusal:
        return [{**common, "form": BLIND, "theta": "zero", "status": "refused", "message": refusal.note.sentence}]
    of_outcome = panel[panel["indicator"] == outcome.indicator]
    return [{**common, **cells} for cells in blind_rows(of_outcome, plan, outcome, real, seed=0)]


def _untreated(panel: pd.DataFrame, plan: Plan, outcome: Outcome, real: Block) -> tuple[Block, ComparedUnits]:
    """The block of units that started later or never, in the years before any of them did, and the units with some marked as treated."""
    start = real.start
    later = panel["cohort"].isna() | (panel["cohort"] > start).fillna(False)
    held = [*plan.comparison.within, *plan.comparison.adjust]
    rows = panel[later.astype(bool) & panel[held].notna().all(axis=1)]  # nobody without what is held fixed is compared
    second = rows["cohort"].min()
    if not pd.isna(second):
        rows = rows[rows["year"] < int(second)]
    strata = [name for name in plan.assigned_within if name in rows.columns]
    clusters = rows.drop_duplicates(plan.cluster)  # what is assigned as a whole: units, where the plan names nothing else
    treated = panel[(panel["cohort"] == start).fillna(False).astype(bool)].drop_duplicates(plan.cluster)
    of_treated, codes, known = _joined(treated, strata), *pd.factorize(_joined(clusters, strata), sort=True)
    counts = np.array([int((of_treated == name).sum()) for name in known])
    if counts.sum() == 0:
        raise Refused("blind_too_few", units=0)
    marked = frozenset(clusters.loc[blind_units(codes, counts).treated, plan.cluster])
    cohort = pd.array([start if cluster in marked else None for cluster in rows[plan.cluster]], dtype="Int64")
    asked = replace(plan, treated_cohorts=(start,), reference="never")
    block = block_of(build_sample(outcome_slice(rows.assign(cohort=cohort), asked, outcome), asked, outcome))
    names = _joined(rows.drop_duplicates("unit_id").set_index("unit_id"), strata).loc[list(block.unit_names)]
    stratum = np.unique(names.to_numpy(dtype=object), return_inverse=True)[1]
    return block, ComparedUnits.of(block.compared.treated, stratum, cluster=block.compared.cluster)


def _joined(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """The values of the strata of each row as one text; one stratum where there are no columns."""
    if not columns:
        return pd.Series("", index=rows.index)
    return rows[columns].astype("string").fillna("").agg(", ".join, axis=1)


def _laws(real: Block, block: Block, plan: Plan) -> dict[str, Law]:
    """How strongly the real assignment followed its law, applied to the others."""
    if plan.audit is None or plan.audit.law is None:
        return {"zero": UNIFORM}
    name = plan.audit.law
    fitted = fit_theta(real.assigned_within, real.law_column(name))
    x = standardised(block.law_column(name))
    return {"zero": UNIFORM, "hat": Law(x, fitted.theta), "upper": Law(x, fitted.upper)}
