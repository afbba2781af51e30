"""The verdict on each outcome of a study: what the data behind the panel say, and the results, by the table of the verdict.

Belongs here: evidence that no table of results holds (coverage, years, breaks, lock). Does not belong here: the rule (evaluation.verdict),
words, pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kkz_eval.evaluation.baseline import first_start
from kkz_eval.evaluation.lock import Conformity, Standing
from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.results import VERDICT_COLUMNS, EffectsResult, result_frame
from kkz_eval.evaluation.verdict.decide import Verdict, verdict_of
from kkz_eval.evaluation.verdict.evidence import BreakState, Evidence, LockState
from kkz_eval.evaluation.verdict.gather import evidence_of
from kkz_eval.evaluation.verdict.rules import Form, rules
from kkz_eval.evaluation.verdict.table import verdict_record
from kkz_eval.line.study import Study
from kkz_eval.model.texts import Wording


def verdicts_of(study: Study, effects: EffectsResult) -> dict[str, Verdict]:
    """The verdict on each outcome that has estimates among the effects, by indicator, in the order of the plan.

    It takes other outcomes into account (negative controls), so that a plan that is examined is looked at as a whole.
    """
    estimated = set(effects.estimates["indicator"])
    outcomes = [outcome for outcome in study.plan.outcomes if outcome.indicator in estimated]
    seen = study.effects if study.plan.all_negative_controls else effects
    return {
        outcome.indicator: verdict_of(evidence_of(outcome, study.plan, seen, known_of(study, outcome)), rules())
        for outcome in outcomes
    }


def with_verdicts(study: Study, effects: EffectsResult, verdicts: Mapping[str, Verdict]) -> EffectsResult:
    """The effects with these verdicts as their table, in the plan's first language."""
    catalogue, plan = study.installation.catalogue, study.plan
    rows = [
        verdict_record(
            verdict,
            rules(),
            question=plan.question,
            indicator=name,
            unit=Wording(catalogue[name].difference_unit),
            decimals=catalogue[name].decimals,
            language=plan.languages[0],
        )
        for name, verdict in verdicts.items()
    ]
    return replace(effects, verdicts=result_frame(rows, VERDICT_COLUMNS))


def known_of(study: Study, outcome: Outcome) -> Evidence:
    """What the data behind an outcome's panel say, and what the plan and its lock do."""
    indicator = study.installation.catalogue[outcome.indicator]
    covered = [one for one in study.coverage if one.indicator == outcome.indicator]
    demanded, present = sum(one.demanded for one in covered), sum(one.present for one in covered)
    rows = study.panel[(study.panel["indicator"] == outcome.indicator) & study.panel["value"].notna()]
    years = sorted(set(rows["year"]))
    first, last = outcome.window or (min(years, default=0), max(years, default=0))
    breaks = [one for one in indicator.breaks if first < one.year <= last]
    editions = [
        mix for mix in study.mixes if mix.indicator == outcome.indicator
    ]  # others are refused before anything is estimated
    plausible = set(study.groups.loc[study.groups["group"].isin(["treated", "reference", "left_out"]), "unit_id"])
    lock_state, n_deviations = lock_state_of(study.conformity, study.plan)
    return replace(
        _years(study, outcome, years),
        coverage_share=present / demanded if demanded else None,
        missing_share=1 - present / demanded if demanded else None,
        sources_mixed=False,  # the study has refused to mix them
        break_state=BreakState.IN_WINDOW if breaks or editions else BreakState.NONE,
        n_breaks=len(breaks) + len(editions),
        n_plausible=len(plausible),
        desired_direction=indicator.desirable,
        lock_state=lock_state,
        n_deviations=n_deviations,
        titles={name: Wording(study.installation.catalogue[name].label) for name in study.plan.all_negative_controls},
    )


def _years(study: Study, outcome: Outcome, years: list[int]) -> Evidence:
    """Years before the start, years that count, and the first with which there are enough; unknown without a start."""
    start = first_start(study.groups, study.plan)
    if start is None:
        return Evidence()
    counted_from = max(start, outcome.earliest_plausible_year or start)
    needed = int(rules().limit(Form.TOO_EARLY, "exposed_years"))
    return Evidence(
        exposed_years=sum(year >= counted_from for year in years),
        first_year=counted_from + needed - 1,
        years_before=sum(year < start for year in years),
    )


def lock_state_of(standing: Conformity, plan: Plan) -> tuple[LockState, int]:
    """When it was laid down what is reported. Reports that there were at the lock could be known to those who wrote the plan; of others it may say itself
    that they were."""
    blind = standing.lock is not None and standing.lock.reports_before == 0 and not plan.knew_results
    n = len(standing.deviations)
    if blind and standing.standing is Standing.FOLLOWED:
        return LockState.LOCKED_BLIND, n
    return (LockState.DEVIATION_LISTED if blind and standing.standing is Standing.DEVIATING else LockState.CHOSEN_AFTER), n
