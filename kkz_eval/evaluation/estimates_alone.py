"""What the estimators of a plan say of an outcome, alone: for a look at what would be, not for a report.

Belongs here: the same estimates as effects makes, without the tests, the specifications and the draws that examine them, which take most of
the time and on which verdicts rest. Does not belong here: how a method estimates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

import pandas as pd

from kkz_eval.evaluation.estimators.methods import METHODS
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.problems import PanelInvalid, Refused
from kkz_eval.evaluation.results import ESTIMATE_COLUMNS, ESTIMATE_ORDER, result_frame
from kkz_eval.evaluation.sample import Sample, build_sample, outcome_slice
from kkz_eval.model.texts import Joined


def estimates_alone(panel: pd.DataFrame, plan: Plan, indicator: str) -> pd.DataFrame:
    """The rows of an outcome, as effects.run_outcome gives them: ESTIMATE_COLUMNS, without digests and without what is said of the sample.

    panel: as for effects.run_outcome. What is refused is a row that says why, as there. Raises KeyError where the plan has no such outcome.
    """
    outcome = plan.outcome(indicator)
    specs = [spec for spec in plan.estimators if METHODS[spec.method].carries_verdict]
    try:
        checked = validate_panel(panel[panel["indicator"] == indicator], replace(plan, outcomes=(outcome,)))
    except PanelInvalid as invalid:
        said = Joined(tuple(problem.sentence for problem in invalid.problems), " ").in_language(plan.languages[0])
        rows = [_refused(spec, said) for spec in specs]
    else:
        sample = build_sample(outcome_slice(checked, plan, outcome), plan, outcome)
        rows = [row for spec in specs for row in _rows(sample, plan, spec)]
    named = [{"question": plan.question, "indicator": indicator, **row} for row in rows]
    return result_frame(named, ESTIMATE_COLUMNS, ESTIMATE_ORDER)


def _rows(sample: Sample, plan: Plan, spec: EstimatorSpec) -> Iterator[dict[str, object]]:
    try:
        estimation = METHODS[spec.method].estimate(sample, plan, spec)
    except Refused as refusal:
        yield _refused(spec, refusal.note.sentence.in_language(plan.languages[0]))
        return
    counts = {f"n_{name}": value for name, value in asdict(estimation.counts or sample.counts).items()}
    for row in estimation.rows:
        shown = {name: value for name, value in vars(row).items() if name in ESTIMATE_COLUMNS and name != "p_method"}
        reason = "" if row.refused is None else row.refused.sentence.in_language(plan.languages[0])
        yield {**_of(spec), **counts, **shown, "status": "refused" if reason else "ok", "message": reason}


def _refused(spec: EstimatorSpec, reason: str) -> dict[str, object]:
    aggregation = (*spec.aggregations, *METHODS[spec.method].gives)[0]
    return {**_of(spec), "aggregation": aggregation, "term": "att", "status": "refused", "message": reason}


def _of(spec: EstimatorSpec) -> dict[str, object]:
    return {"estimator": spec.id, "method": spec.method, "variant": spec.variant}
