"""The engine: a panel and a plan to results. Pure but for `effects_command`, which reads and writes files.

Belongs here: which estimator runs on which sample, and rows from what it returns. Does not belong here: formulas, printing, Dagster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from kkz_eval.evaluation.digests import inputs_digest, program_digest
from kkz_eval.evaluation.estimators.concentration import Concentration, weights_of_plan
from kkz_eval.evaluation.estimators.estimation import Estimation, Row, Test
from kkz_eval.evaluation.estimators.methods import METHODS, Method
from kkz_eval.evaluation.examination.blind import blind_audit
from kkz_eval.evaluation.examination.block import Block, block_of
from kkz_eval.evaluation.examination.family import with_families
from kkz_eval.evaluation.examination.outcome import examine, is_examined
from kkz_eval.evaluation.examination.specifications import Alternative, specification_rows, with_other_scale
from kkz_eval.evaluation.headline import deciding
from kkz_eval.evaluation.panel import by_outcome, read_panel, validate_panel
from kkz_eval.evaluation.plan import EstimatorSpec, Outcome, Plan, plan_digest
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.evaluation.problems import Note, PanelInvalid, Refused
from kkz_eval.evaluation.results import VERDICT_COLUMNS, EffectsResult, join_results, result_frame, result_of, write_results
from kkz_eval.evaluation.sample import Counts, Sample, build_sample, outcome_slice
from kkz_eval.evaluation.sensitivity.table import Sensitivity, sensitivity_of
from kkz_eval.evaluation.spread import Spread
from kkz_eval.evaluation.verdict.of_panel import verdict_rows
from kkz_eval.model.texts import Joined, Sentence


def run_effects(panel: pd.DataFrame, plan: Plan, spread: Spread = map) -> EffectsResult:
    """Every estimator of the plan on every outcome. panel: long, as effects-interface.md says; spread: how outcomes and what is drawn for them are made.

    An outcome whose rows cannot be used is refused while the others go on. Raises PanelInvalid where none is left, where columns or
    outcomes are missing, and where rows are wrong that no outcome of the plan has.
    """
    return together(join_results(_results(panel, plan, "panel", spread)), panel, plan)


def run_outcome(panel: pd.DataFrame, plan: Plan, indicator: str, spread: Spread = map) -> EffectsResult:
    """Every estimator of the plan on one outcome; depends on that indicator's rows only, so that it can be kept by digest. spread: as run_effects.

    Raises PanelInvalid; KeyError where the plan has no such outcome.
    """
    outcome = plan.outcome(indicator)
    rows = panel[panel["indicator"] == indicator] if "indicator" in panel.columns else panel
    return _outcome_result(validate_panel(rows if len(rows) else panel, _only(plan, outcome)), plan, outcome, spread)


def run_estimator(panel: pd.DataFrame, plan: Plan, indicator: str, estimator: str) -> Estimation:
    """All that one estimator (by its id) says of one outcome, with the influence functions that further inference needs.

    Raises PanelInvalid; Refused where there is no estimate; KeyError where the plan has no such outcome or estimator.
    """
    specs = {spec.id: spec for spec in plan.estimators}
    return METHODS[specs[estimator].method].estimate(sample_of(panel, plan, indicator), plan, specs[estimator])


def sample_of(panel: pd.DataFrame, plan: Plan, indicator: str) -> Sample:
    """What every estimator of the plan sees of one outcome: its cells as arrays.

    Raises PanelInvalid; Refused where there are no cells; KeyError where the plan has no such outcome.
    """
    outcome = plan.outcome(indicator)
    checked = validate_panel(panel, _only(plan, outcome))
    return build_sample(outcome_slice(checked, plan, outcome), plan, outcome)


def together(result: EffectsResult, panel: pd.DataFrame, plan: Plan) -> EffectsResult:
    """The results of all outcomes with what needs all of them: p-values adjusted over families, from the same assignments, and the verdicts.

    panel: as for run_effects.
    """
    if not is_examined(plan):
        return result
    adjusted = in_families(result, panel, plan)
    return replace(adjusted, verdicts=result_frame(verdict_rows(adjusted, panel, plan), VERDICT_COLUMNS))


def in_families(result: EffectsResult, panel: pd.DataFrame, plan: Plan) -> EffectsResult:
    """The results with p-values adjusted over the plan's primary and secondary outcomes, from the same assignments. panel: as for run_effects."""
    if not (result.inference["status"] == "ok").any():
        return result
    blocks: dict[str, Block] = {}
    for outcome in plan.outcomes:
        named = result.inference["indicator"] == outcome.indicator
        if (result.inference.loc[named, "status"] == "ok").any():
            checked = validate_panel(panel[panel["indicator"] == outcome.indicator], _only(plan, outcome))
            sample = build_sample(outcome_slice(checked, plan, outcome), plan, outcome)
            with suppress(Refused):  # no block: its p-values are drawn, and no others come from the same assignments
                blocks[outcome.indicator] = block_of(sample)
    return replace(result, inference=with_families(result.inference, blocks, plan))


def exit_code(result: EffectsResult) -> int:
    """0 where every estimate is ok, 1 where some are refused."""
    return int((result.estimates["status"] == "refused").any())


def effects_command(panel_path: Path, plan_path: Path, out_dir: Path | None, spread: Spread = map) -> EffectsResult:
    """Reads panel and plan, estimates, writes the result files (none without a folder). Raises UserError (exit code 2) before it writes."""
    plan = load_plan(plan_path)
    panel = read_panel(panel_path)
    result = together(join_results(_results(panel, plan, str(panel_path), spread)), panel, plan)
    if out_dir is not None:
        write_results(result, out_dir)
    return result


def _only(plan: Plan, outcome: Outcome) -> Plan:
    """The plan as far as one outcome goes."""
    return replace(plan, outcomes=(outcome,))


def _results(panel: pd.DataFrame, plan: Plan, source: str, spread: Spread) -> Iterator[EffectsResult]:
    try:
        checked = validate_panel(panel, plan, source)
    except PanelInvalid as of_panel:
        parts = by_outcome(panel, plan, of_panel)
        each = ((outcome, parts[outcome.indicator]) for outcome in plan.outcomes)
    else:
        each = ((outcome, checked[checked["indicator"] == outcome.indicator]) for outcome in plan.outcomes)
    yield from spread(partial(_result_of_part, plan, spread), each)


def _result_of_part(plan: Plan, spread: Spread, of: tuple[Outcome, pd.DataFrame | PanelInvalid]) -> EffectsResult:
    """The result of an outcome from its part of the panel, or from what is wrong with that."""
    outcome, part = of
    return (
        _refused_outcome(plan, outcome, part) if isinstance(part, PanelInvalid) else _outcome_result(part, plan, outcome, spread)
    )


def _refused_outcome(plan: Plan, outcome: Outcome, invalid: PanelInvalid) -> EffectsResult:
    """A refused row for each estimator; the rows were not read as cells, so that they have no digest."""
    note = Note("refused.panel_rows", {"problems": Joined(tuple(problem.sentence for problem in invalid.problems), " ")})
    common = _common(plan, outcome, "")
    counts = {f"n_{name}": value for name, value in asdict(Counts()).items()}
    rows = [
        {**common, **counts, "estimator": spec.id, "method": spec.method, "variant": spec.variant, **_row_cells(row, ())}
        for spec in plan.estimators
        for row in _refusal(spec, note).rows
    ]
    return result_of(plan.languages[0], estimates=rows)


def _common(plan: Plan, outcome: Outcome, digest: str) -> dict[str, object]:
    """What all rows of an outcome say. digest: of its cells."""
    return {
        "question": plan.question,
        "indicator": outcome.indicator,
        "conf_level": plan.inference.level,
        "reference": plan.reference,
        "inputs_digest": digest,
        "plan_digest": plan_digest(plan),
        "code_digest": program_digest(),
    }


def _outcome_result(panel: pd.DataFrame, plan: Plan, outcome: Outcome, spread: Spread) -> EffectsResult:
    """panel: as validate_panel returns it."""
    digest, sample = _prepared(panel, plan, outcome)
    common = _common(plan, outcome, digest)
    estimates: list[dict[str, object]] = []
    tests: list[dict[str, object]] = []
    weights: list[dict[str, object]] = []
    sensitivity: list[dict[str, object]] = []
    estimations = {spec.id: _estimation(sample, plan, spec, spread) for spec in plan.estimators}
    for spec in plan.estimators:
        estimation = estimations[spec.id]
        violations = _violations(sample, plan, spec, estimation)
        identity = {"estimator": spec.id, "method": spec.method, "variant": spec.variant}
        notes = [note for note in sample.notes if note.code not in METHODS[spec.method].untrue_notes]
        held = _held_fixed(plan, outcome, METHODS[spec.method])
        weighting = _weighting(sample, estimation, METHODS[spec.method])
        later = [*estimation.notes, *(one.note for one in weighting), *violations.notes]
        said, without = (_joined(some) for some in ([*notes, *held, *later], [*notes, *later]))
        counts = {f"n_{name}": value for name, value in asdict(estimation.counts or sample.counts).items()}
        estimates += [
            # what an estimate holds fixed and how it weighs is not said of one that there isn't
            {**common, **counts, **identity, **_row_cells(row, said if row.refused is None else without)}
            for row in estimation.rows
        ]
        figures = [Test(name, value, "", np.nan) for one in weighting for name, value in one.figures.items()]
        tests += [
            {"indicator": outcome.indicator, "estimator": spec.id, **asdict(test)} for test in (*estimation.tests, *figures)
        ]
        weights += [{"indicator": outcome.indicator, "estimator": spec.id, **asdict(weight)} for weight in estimation.weights]
        sensitivity += [{"indicator": outcome.indicator, "estimator": spec.id, **row.cells} for row in violations.rows]
    asked = with_other_scale(plan, outcome, panel) if is_examined(plan) else plan
    examined = examine(sample, plan, outcome, estimations, spread)
    return result_of(
        plan.languages[0],
        estimates=estimates,
        tests=[*tests, *examined.tests],
        weights=weights,
        sensitivity=[*sensitivity, *examined.sensitivity, *specification_rows(panel, asked, outcome, _alternative)],
        inference=examined.inference,
        audit=[*examined.audit, *blind_audit(panel, sample, plan, outcome, deciding(plan).id)],
        power=examined.power,
        chance=examined.chance,
    )


def _joined(notes: Sequence[Note]) -> tuple[Sentence, ...]:
    return tuple(note.sentence for note in notes)


def _violations(sample: Sample, plan: Plan, spec: EstimatorSpec, estimation: Estimation) -> Sensitivity:
    """What violations of parallel trends could do: to event studies with two-way fixed effects that were not refused."""
    if spec.method != "event_study" or all(row.refused is not None for row in estimation.rows):
        return Sensitivity()
    return sensitivity_of(sample, plan)


def _alternative(panel: pd.DataFrame, alternative: Alternative) -> tuple[Row, ...]:
    """What the deciding estimator says of an alternative. panel: the rows of one outcome, of the units that are kept."""
    sample = build_sample(outcome_slice(panel, alternative.plan, alternative.outcome), alternative.plan, alternative.outcome)
    return _estimation(sample, alternative.plan, deciding(alternative.plan)).rows


def _held_fixed(plan: Plan, outcome: Outcome, method: Method) -> list[Note]:
    """What is compared, what the comparison holds fixed, and how the estimate then weighs."""
    within, adjust = (", ".join(columns) for columns in (plan.comparison.within, plan.comparison.adjust))
    notes = [Note("notes.logarithms")] if outcome.scale == "log" else []
    if method.weighs == "none":  # it refuses what is held fixed
        return notes
    notes += [Note("notes.within", {"columns": within})] if within else []
    notes += [Note("notes.adjusted", {"columns": adjust})] if adjust else []
    return [*notes, *([Note(f"notes.weighs_{method.weighs}")] if within or adjust else [])]


def _weighting(sample: Sample, estimation: Estimation, method: Method) -> tuple[Concentration, ...]:
    """How the weight of comparison units is spread, by the estimator's own weights or those of the plan; nothing where there is no estimate."""
    if all(row.refused is not None for row in estimation.rows):
        return ()
    found = estimation.concentration or (weights_of_plan(sample) if method.weights else None)
    return () if found is None else (found,)


def _prepared(panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> tuple[str, Sample]:
    """The digest of the outcome's cells, and the sample; the cells themselves are let go."""
    cells = outcome_slice(panel, plan, outcome)
    return inputs_digest(cells), build_sample(cells, plan, outcome)


def _estimation(sample: Sample, plan: Plan, spec: EstimatorSpec, spread: Spread = map) -> Estimation:
    """What the estimator says, or one refused row that says why not."""
    try:
        return METHODS[spec.method].estimate_by(spread)(sample, plan, spec)
    except Refused as refusal:
        return _refusal(spec, refusal.note)


def _refusal(spec: EstimatorSpec, note: Note) -> Estimation:
    """One row in the method's main aggregation."""
    aggregation = (*spec.aggregations, *METHODS[spec.method].gives)[0]
    return Estimation(rows=(Row(aggregation, refused=note),))


def _row_cells(row: Row, said: tuple[Sentence, ...]) -> dict[str, object]:
    """The row's own columns. said: notes on the sample, the message of a row that is ok."""
    cells: dict[str, object] = dict(vars(row))
    del cells["refused"], cells["p_method"]
    if row.refused is not None:
        return {**cells, "status": "refused", "message": Joined((row.refused.sentence, *said), " ")}
    method = row.p_method or "analytic"
    return {**cells, "status": "ok", "message": Joined(said, " "), "p_method": method if row.p_value == row.p_value else ""}
