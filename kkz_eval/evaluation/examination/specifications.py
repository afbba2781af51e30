"""The named alternatives of a plan: the same question asked otherwise, each as a plan of its own on the units that it keeps.

Belongs here: which plans and units they are. Does not belong here: estimating them (effects.py), whether they agree (verdict).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from kkz_eval.evaluation.estimators.estimation import Row
from kkz_eval.evaluation.headline import aggregations_that_count, deciding
from kkz_eval.evaluation.plan import LOGGED, EstimatorSpec, Outcome, Plan, Specification, in_other_scale, specified
from kkz_eval.reference.adjacency import adjoining


@dataclass(frozen=True)
class Alternative:
    """One plan to run in place of the plan's own. name: of the specification, with the unit after a colon where one is left out; left_out: units.

    co_treatment: the one whose units are left out, "" where none is.
    """

    name: str
    plan: Plan
    outcome: Outcome
    left_out: frozenset[str]
    co_treatment: str = ""


Estimate = Callable[[pd.DataFrame, Alternative], Sequence[Row]]
"""The rows of the deciding estimator on the units that an alternative keeps; a refused one where there is no estimate."""


def specification_rows(panel: pd.DataFrame, plan: Plan, outcome: Outcome, estimate: Estimate) -> list[dict[str, object]]:
    """A row for each alternative of the plan: the interval of the deciding estimator for the years that count, its middle the estimate; without
    numbers where it was refused. panel: as validate_panel returns it. target: specification, or co_treatment where units of one are left out.
    """
    rows: list[dict[str, object]] = []
    if not plan.specifications:
        return rows
    of_outcome = panel[panel["indicator"] == outcome.indicator]
    for alternative in alternatives(of_outcome, plan, outcome):
        kept = of_outcome[~of_outcome["unit_id"].isin(alternative.left_out)].reset_index(drop=True)
        row = _counting(estimate(kept, alternative), alternative.outcome)
        rows.append(
            {
                "indicator": outcome.indicator,
                "estimator": deciding(plan).id,
                "method": "specification",
                "parameter": alternative.name,
                "target": "co_treatment" if alternative.co_treatment else "specification",
                "conf_low": None if row is None else row.conf_low,
                "conf_high": None if row is None else row.conf_high,
            }
        )
    return rows


def with_other_scale(plan: Plan, outcome: Outcome, panel: pd.DataFrame) -> Plan:
    """The plan with a specification in the other scale, named after it, where it has none and every value has a logarithm and is none.

    Level and log have to agree for a verdict, so that both are asked whatever the plan names. panel: as for specification_rows.
    """
    others = in_other_scale(plan, outcome)
    values = panel.loc[panel["indicator"] == outcome.indicator, "value"].dropna()
    if not others or others[0] in plan.specifications or not (values > 0).all():
        return plan
    return replace(plan, specifications=(*plan.specifications, *others))


def _counting(rows: Sequence[Row], outcome: Outcome) -> Row | None:
    """The row of the years that count, None where there is none."""
    for aggregation in aggregations_that_count(outcome.earliest_plausible_year):
        for row in rows:
            if row.aggregation == aggregation and row.is_overall and row.term == "att":
                return row if row.refused is None and row.conf_low == row.conf_low else None
    return None


def alternatives(panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> Iterator[Alternative]:
    """The alternatives of a plan for one outcome, in the order of the plan. panel: of the outcome, as validate_panel returns it."""
    units = panel.drop_duplicates("unit_id").set_index("unit_id")["cohort"]
    treated = frozenset(str(unit) for unit in units.index[_is_treated(units, plan)])
    is_compared = units.notna() if plan.reference == "not_yet" else _is_treated(units, plan)
    everyone = frozenset(
        str(unit) for unit in units.index[is_compared | units.isna()]
    )  # others are dropped: without one it is the estimate itself
    for specification in plan.specifications:
        if outcome.scale == LOGGED and specification.is_scale_alone:
            continue  # it would be the estimate itself once more
        left_out = _left_out(specification, plan, treated, everyone)
        alternative = _alternative(specification, plan, outcome, left_out)
        if specification.event_reference is not None:
            alternative = _by_event_study(alternative, units)
        groups = {"unit": everyone, "treated": treated, "reference": everyone - treated}
        if specification.without_each is None:
            yield alternative
            continue
        for unit in sorted(groups[specification.without_each] - left_out):
            yield replace(alternative, name=f"{specification.id}:{unit}", left_out=left_out | {unit})


def _is_treated(cohorts: pd.Series, plan: Plan) -> pd.Series:
    treated = cohorts.notna() if plan.treated_cohorts is None else cohorts.isin(plan.treated_cohorts)
    return treated.fillna(False).astype(bool)


def _left_out(specification: Specification, plan: Plan, treated: frozenset[str], everyone: frozenset[str]) -> frozenset[str]:
    of_programmes = {
        unit.unit_id for programme in plan.co_treatments if programme.id in specification.without for unit in programme.units
    }
    if specification.controls == "all":
        return everyone & of_programmes
    neighbours = adjoining()
    beside = frozenset(unit for unit in everyone - treated if neighbours[unit] & treated)
    return (everyone & of_programmes) | beside


def _alternative(specification: Specification, plan: Plan, outcome: Outcome, left_out: frozenset[str]) -> Alternative:
    other = specified(replace(plan, outcomes=(outcome,)), specification)
    other = replace(other, audit=None, specifications=(), co_treatments=(), negative_controls=())
    co_treatment = specification.without[0] if len(specification.without) == 1 else ""
    return Alternative(specification.id, other, other.outcomes[0], left_out, co_treatment)


def _by_event_study(alternative: Alternative, cohorts: pd.Series) -> Alternative:
    """The same by an event study, since no other estimator has a year of reference: that of the plan, else one of its own.

    An event study has no row over all years but that from an earliest plausible year on; without one, that is the first start.
    """
    plan, outcome = alternative.plan, alternative.outcome
    named = [spec for spec in plan.estimators if spec.method == "event_study"] or [EstimatorSpec("event_study", "event_study")]
    starts = cohorts[_is_treated(cohorts, plan)]
    if outcome.earliest_plausible_year is None and len(starts):
        outcome = replace(outcome, earliest_plausible_year=int(starts.min()))
    by_study = replace(plan, outcomes=(outcome,), estimators=(named[0],), headline=named[0].id)
    return replace(alternative, plan=by_study, outcome=outcome)
