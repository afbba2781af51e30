"""Estimates kept per outcome, by the digest of its panel and of that part of the plan that reaches it. No formula."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from importlib.metadata import version

import pandas as pd
import pyarrow as pa

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
from kkz_eval.model.tables import TableSpec
from kkz_eval.storage.digests import digest_of_table
from kkz_eval.storage.steps import Steps


def effects_of_plan(steps: Steps, panel: pd.DataFrame, plan: Plan, indicators: Collection[str]) -> EffectsResult:
    """Estimates of outcomes of a plan, each found by digest or computed and kept.

    panel: long, as effects-interface.md says; a change in one outcome's rows costs that outcome only. Where a plan adjusts p-values over families,
    all outcomes of the families asked for are found or computed, too. Raises PanelInvalid.
    """
    asked = [outcome for outcome in plan.outcomes if outcome.indicator in indicators]
    if not is_examined(plan):
        return join_results(_stored_outcome(steps, panel, plan, outcome) for outcome in asked)
    roles = {outcome.role for outcome in asked}
    needed = [outcome for outcome in plan.outcomes if outcome.indicator in indicators or outcome.role in roles]
    whole = _stored_families(steps, panel, plan, join_results(_stored_outcome(steps, panel, plan, each) for each in needed))
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
    ]

    def make() -> pa.Table:
        return pa.Table.from_pandas(in_families(result, panel, plan).inference, schema=schema, preserve_index=False)

    _, table = steps.table("effects_families", plan.id, parts, TableSpec("effects_families", 1, schema), make)
    return replace(result, inference=result_frame(table.to_pylist(), RESULT_TABLES["inference"], result_order("inference")))


def _stored_outcome(steps: Steps, panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> EffectsResult:
    rows = panel[panel["indicator"] == outcome.indicator].reset_index(drop=True)
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
    parts = [
        digest_of_table(pa.Table.from_pandas(rows, preserve_index=False)),
        plan_digest(reaching),
        code_digest(),
        {library: version(library) for library in ("numpy", "pandas", "scipy", "statsmodels")},
    ]

    @cache
    def computed() -> EffectsResult:
        return run_outcome(rows, plan, outcome.indicator)

    subject = f"{plan.id}: {outcome.indicator}"
    frames: dict[str, pd.DataFrame] = {}
    for name, columns in RESULT_TABLES.items():
        schema = pa.schema([(column, ARROW_TYPES[kind]) for column, kind in columns.items()])
        spec = TableSpec(f"effects_{name}", 1, schema)

        def make(name: str = name, schema: pa.Schema = schema) -> pa.Table:
            return pa.Table.from_pandas(getattr(computed(), name), schema=schema, preserve_index=False)

        _, table = steps.table(f"effects_{name}", subject, parts, spec, make)
        frames[name] = result_frame(table.to_pylist(), columns, result_order(name))
    frames["estimates"]["plan_digest"] = plan_digest(plan)
    return EffectsResult(**frames)
