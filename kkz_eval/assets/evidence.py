"""The assets between verdict and evaluation: observations and indicators of all datasets that a plan uses or a municipality sent."""

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.deliveries import verdicts
from kkz_eval.assets.failures import sentences
from kkz_eval.descriptions import described
from kkz_eval.sentences import say


@dg.asset(
    deps=[verdicts],
    group_name="b_kennzahlen",
    owners=["team:auswertung"],
    kinds={"table", "parquet"},
    description=described("asset.observations"),
)
def observations(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
    """Collect what the register accepts, per dataset."""
    rows = {}
    with sentences(line.settings.language):
        for dataset in sorted({contract.dataset for contract in line.contracts.values()}):
            accepted = steps.accepted(line, dataset)
            rows[dataset] = accepted.observations.num_rows
            if rows[dataset]:
                line.progress(say("progress.observations", line.settings.language, dataset=dataset, rows=rows[dataset]))
    return dg.MaterializeResult(metadata={f"werte_{dataset}": count for dataset, count in rows.items()})


@dg.asset(
    deps=[observations],
    group_name="b_kennzahlen",
    owners=["team:auswertung"],
    kinds={"table", "parquet"},
    description=described("asset.indicators"),
)
def indicators(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
    """Compute the indicators of every plan from its source."""
    rows = {}
    with sentences(line.settings.language):
        for plan in line.plans.values():
            for outcome in plan.outcomes:
                values = steps.indicator_of_plan(line, plan, outcome.indicator)
                rows[outcome.indicator] = values.indicators.num_rows
    line.progress(say("progress.indicators", line.settings.language, count=len(rows)))
    return dg.MaterializeResult(metadata={f"werte_{indicator}": count for indicator, count in rows.items()})
