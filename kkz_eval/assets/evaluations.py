"""The assets of one plan: design, effects, report. Made from the plan files, so that plans live side by side."""

from __future__ import annotations

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.evidence import indicators
from kkz_eval.assets.sentences import sentences
from kkz_eval.evaluation.plan import Plan


def asset_name(step: str, plan: Plan) -> str:
    """Name of a plan's asset: Dagster takes no hyphen."""
    return f"{step}_{plan.id.replace('-', '_')}"


def plan_assets(plan: Plan) -> list[dg.AssetsDefinition]:
    """Design, effects and report of a plan."""
    title = plan.title.get("de", plan.id)
    group = asset_name("auswertung", plan)

    @dg.asset(name=asset_name("design", plan), deps=[indicators], group_name=group, description=f"Wer mit wem verglichen wird: {title}")
    def design(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
        with sentences(line.settings.language):
            result = steps.design(line, line.plans[plan.id])
        sizes = result.groups["group"].value_counts()
        return dg.MaterializeResult(metadata={str(name): int(size) for name, size in sizes.items()})

    @dg.asset(name=asset_name("effects", plan), deps=[design], group_name=group, description=f"Schätzungen mit Unsicherheit: {title}")
    def effects(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
        with sentences(line.settings.language):
            result = steps.effects(line, line.plans[plan.id])
        estimates = result.estimates
        headline = estimates[estimates["aggregation"].isin(["coefficient", "exposed"])]
        columns = ["indicator", "estimator", "aggregation", "estimate", "std_error", "conf_low", "conf_high", "n_units", "n_clusters", "status"]
        return dg.MaterializeResult(
            metadata={
                "schaetzungen": dg.MetadataValue.md(headline[columns].to_markdown(index=False, floatfmt=".3f")),
                "verweigert": int((estimates["status"] == "refused").sum()),
            }
        )

    @dg.asset(name=asset_name("report", plan), deps=[effects], group_name=group, description=f"Der Bericht: {title}")
    def report(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
        with sentences(line.settings.language):
            edition = steps.report(line, line.plans[plan.id])
        return dg.MaterializeResult(metadata={"bericht": dg.MetadataValue.path(str(edition.page)), "fassung": edition.digest})

    return [design, effects, report]
