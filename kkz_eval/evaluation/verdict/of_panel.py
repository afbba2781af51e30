"""The verdicts on a panel that comes without a story: of its sources, breaks and lock nothing is known but what it shows.

Belongs here: evidence from the cells of a panel. Does not belong here: what the line knows of data behind it (line.verdicts), the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.evaluation.verdict.decide import verdict_of
from kkz_eval.evaluation.verdict.evidence import BreakState, Evidence
from kkz_eval.evaluation.verdict.gather import evidence_of
from kkz_eval.evaluation.verdict.rules import Form, rules
from kkz_eval.evaluation.verdict.table import UNIT_OF_LOGARITHMS, UNIT_OF_PANEL, verdict_record

DECIMALS = 3  # of differences in the message: a panel does not say how exact its values are


def verdict_rows(result: EffectsResult, panel: pd.DataFrame, plan: Plan) -> list[Mapping[str, object]]:
    """A row of verdicts.csv for each outcome. panel: as for effects.run_effects."""
    table = rules()
    return [
        verdict_record(
            verdict_of(evidence_of(outcome, plan, result, known_of_panel(panel, plan, outcome)), table),
            table,
            question=plan.question,
            indicator=outcome.indicator,
            unit=UNIT_OF_LOGARITHMS if outcome.scale == "log" else UNIT_OF_PANEL,
            decimals=DECIMALS,
            language=plan.languages[0],
        )
        for outcome in plan.outcomes
    ]


def known_of_panel(panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> Evidence:
    """Coverage, years and units that the cells of an outcome show. A panel is one source, taken as given."""
    rows = panel[panel["indicator"].astype(str) == outcome.indicator]
    year = pd.to_numeric(rows["year"]).astype(int)
    if outcome.window is not None:
        rows, year = rows[year.between(*outcome.window)], year[year.between(*outcome.window)]
    cohort = pd.to_numeric(rows["cohort"].replace("", np.nan)).astype("Float64")
    wanted = cohort.notna() if plan.treated_cohorts is None else cohort.isin(plan.treated_cohorts)
    kept = wanted.fillna(False).astype(bool) | cohort.isna() | (plan.reference == "not_yet")
    rows, year, cohort = rows[kept], year[kept], cohort[kept & wanted.fillna(False).astype(bool)]
    known = Evidence(sources_mixed=False, break_state=BreakState.AS_GIVEN, n_breaks=0)
    if rows.empty or cohort.empty:
        return known
    value = pd.to_numeric(rows["value"].replace("", np.nan))
    units, years = rows["unit_id"].nunique(), sorted(set(year[value.notna()]))
    present, demanded = int(value.notna().sum()), units * len(set(year))
    later = cohort[cohort > year.min()]  # who had started before the first year has no before
    start = int((later if len(later) else cohort).min())
    counted_from = max(start, outcome.earliest_plausible_year or start)
    return replace(
        known,
        coverage_share=present / demanded,
        missing_share=1 - present / demanded,
        exposed_years=sum(one >= counted_from for one in years),
        first_year=counted_from + int(rules().limit(Form.TOO_EARLY, "exposed_years")) - 1,
        years_before=sum(one < start for one in years),
        n_plausible=units,
    )
