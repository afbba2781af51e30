"""Estimates kept per outcome, by the digest of its panel and of that part of the plan that reaches it. No formula."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from importlib.metadata import version

import pandas as pd
import pyarrow as pa

from kkz_eval.evaluation.digests import code_digest
from kkz_eval.evaluation.effects import run_outcome
from kkz_eval.evaluation.plan import Checks, Outcome, Plan, Units, plan_digest
from kkz_eval.evaluation.results import ARROW_TYPES, RESULT_TABLES, EffectsResult, join_results, result_frame, result_order
from kkz_eval.model.tables import TableSpec
from kkz_eval.storage.digests import digest_of_table
from kkz_eval.storage.steps import Steps


def effects_of_plan(steps: Steps, panel: pd.DataFrame, plan: Plan, indicators: Collection[str]) -> EffectsResult:
    """Estimates of outcomes of a plan, each found by digest or computed and kept.

    panel: long, as effects-interface.md says; a change in one outcome's rows costs that outcome only. Raises PanelInvalid.
    """
    return join_results(
        _stored_outcome(steps, panel, plan, outcome) for outcome in plan.outcomes if outcome.indicator in indicators
    )


def _stored_outcome(steps: Steps, panel: pd.DataFrame, plan: Plan, outcome: Outcome) -> EffectsResult:
    rows = panel[panel["indicator"] == outcome.indicator].reset_index(drop=True)
    reaching = replace(
        plan,
        id="",
        outcomes=(outcome,),
        title={},
        texts={},
        sources={},
        coverage_minimum=None,
        units=Units(),
        matching=None,  # what it makes is in the panel
        checks=Checks(),
        variant_of=None,
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
