"""Estimates kept per outcome, by the digest of its panel and of that part of the plan that reaches it. No formula."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version

import pandas as pd
import pyarrow as pa

from kkz_eval.evaluation import COMPUTING
from kkz_eval.evaluation.digests import code_digest
from kkz_eval.evaluation.effects import in_families, run_outcome
from kkz_eval.evaluation.examination.outcome import is_examined
from kkz_eval.evaluation.plan import Checks, Outcome, Plan, Units, plan_digest
from kkz_eval.evaluation.results import (
    ARROW_TYPES,
    RESULT_TABLES,
    EffectsResult,
    join_results,
    only_outcomes,
    result_frame,
    result_order,
)
from kkz_eval.evaluation.spread import Spread
from kkz_eval.model.tables import TableSpec
from kkz_eval.storage.digests import digest_of_table
from kkz_eval.storage.steps import Steps


def effects_of_plan(
    steps: Steps, panel: pd.DataFrame, plan: Plan, indicators: Collection[str], spread: Spread = map
) -> EffectsResult:
    """Estimates of outcomes of a plan, each found by digest or computed and kept. spread: how those are computed that are not there.

    panel: long, as effects-interface.md says; a change in one outcome's rows costs that outcome only. Where a plan adjusts p-values over families,
    all outcomes of the families asked for are found or computed, too. Raises PanelInvalid.
    """
    asked = [outcome for outcome in plan.outcomes if outcome.indicator in indicators]
    if not is_examined(plan):
        return join_results(_stored_outcomes(steps, panel, plan, asked, spread))
    roles = {outcome.role for outcome in asked}
    needed = [outcome for outcome in plan.outcomes if outcome.indicator in indicators or outcome.role in roles]
    whole = _stored_families(steps, panel, plan, join_results(_stored_outcomes(steps, panel, plan, needed, spread)))
    return only_outcomes(whole, indicators)


def _stored_families(steps: Steps, panel: pd.DataFrame, plan: Plan, result: EffectsResult) -> EffectsResult:
    """The results with p-values adjusted over their families, found by what they are made of, or computed and kept."""
    schema = pa.schema([(column, ARROW_TYPES[kind]) for column, kind in RESULT_TABLES["inference"].items()])
    rows = panel[panel["indicator"].isin(set(result.inference["indicator"]))].reset_index(drop=True)
    parts = [
        digest_of_table(pa.Table.from_pandas(result.inference, schema=schema, preserve_index=False)),
        digest_of_table(pa.Table.from_pandas(rows, preserve_index=False)),
        plan_digest(plan),
        code_digest(),
        _versions(),
    ]

    def make() -> pa.Table:
        return pa.Table.from_pandas(in_families(result, panel, plan).inference, schema=schema, preserve_index=False)

    _, table = steps.table("effects_families", plan.id, parts, TableSpec("effects_families", 1, schema), make)
    return replace(result, inference=result_frame(table.to_pylist(), RESULT_TABLES["inference"], result_order("inference")))


def _stored_outcomes(
    steps: Steps, panel: pd.DataFrame, plan: Plan, outcomes: Sequence[Outcome], spread: Spread
) -> Iterator[EffectsResult]:
    """The results of outcomes in order. What is not there is computed all together, and kept as soon as it comes."""
    rows = {each.indicator: panel[panel["indicator"] == each.indicator].reset_index(drop=True) for each in outcomes}
    parts = {each.indicator: _parts(rows[each.indicator], plan, each) for each in outcomes}
    missing = [
        name for name, its in parts.items() if not all(steps.has_table(*_table(name_of, its)) for name_of in RESULT_TABLES)
    ]
    computed = spread(partial(_computed, plan, spread), ((name, rows[name]) for name in missing))
    for outcome in outcomes:
        found = next(computed) if outcome.indicator in missing else None
        yield _stored_outcome(steps, plan, outcome, parts[outcome.indicator], found)


def _computed(plan: Plan, spread: Spread, of: tuple[str, pd.DataFrame]) -> EffectsResult:
    indicator, rows = of
    return run_outcome(rows, plan, indicator, spread)


def _table(name: str, parts: Sequence[object]) -> tuple[str, Sequence[object], TableSpec]:
    """The step, what it depends on, and the form of one of the tables of an outcome."""
    schema = pa.schema([(column, ARROW_TYPES[kind]) for column, kind in RESULT_TABLES[name].items()])
    return f"effects_{name}", parts, TableSpec(f"effects_{name}", 1, schema)


def _parts(rows: pd.DataFrame, plan: Plan, outcome: Outcome) -> list[object]:
    """All that the results of an outcome depend on."""
    reaching = replace(
        plan,
        id="",
        outcomes=(replace(outcome, negative_controls=None),),
        title={},
        texts={},
        sources={},
        coverage_minimum=None,
        units=Units(),
        matching=None,  # what it makes is in the panel
        checks=Checks(),
        variant_of=None,
        negative_controls=(),
    )
    return [
        digest_of_table(pa.Table.from_pandas(rows, preserve_index=False)),
        plan_digest(reaching),
        code_digest(),
        _versions(),
    ]


def _versions() -> dict[str, str]:
    """Of the libraries that numbers depend on."""
    return {library: version(library) for library in COMPUTING}


def _stored_outcome(
    steps: Steps, plan: Plan, outcome: Outcome, parts: Sequence[object], computed: EffectsResult | None
) -> EffectsResult:
    """The tables of an outcome as they are kept. computed: where they were not, None else."""
    subject = f"{plan.id}: {outcome.indicator}"
    frames: dict[str, pd.DataFrame] = {}
    for name, columns in RESULT_TABLES.items():
        step, _, spec = _table(name, parts)

        def make(name: str = name, schema: pa.Schema = spec.schema) -> pa.Table:
            return pa.Table.from_pandas(getattr(computed, name), schema=schema, preserve_index=False)

        _, table = steps.table(step, subject, parts, spec, make)
        frames[name] = result_frame(table.to_pylist(), columns, result_order(name))
    frames["estimates"]["plan_digest"] = plan_digest(plan)
    return EffectsResult(**frames)
