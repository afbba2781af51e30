"""The assets of one plan: design, effects, report. Made from the plan files, so that plans live side by side."""

import math
from numbers import Integral

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.evidence import indicators
from kkz_eval.assets.failures import sentences
from kkz_eval.editions import make_edition
from kkz_eval.evaluation.plan import Plan
from kkz_eval.sentences import say

_COLUMNS = {
    "indicator": "string",
    "estimator": "string",
    "aggregation": "string",
    "estimate": "float",
    "std_error": "float",
    "conf_low": "float",
    "conf_high": "float",
    "n_units": "int",
    "n_clusters": "int",
    "status": "string",
}
_SCHEMA = dg.TableSchema([dg.TableColumn(name, kind) for name, kind in _COLUMNS.items()])


def _shown(value: object) -> str | int | float | None:
    """A cell of the inline table; three digits, None for a missing number."""
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 3)
    return int(value) if isinstance(value, Integral) else str(value)


def asset_name(step: str, plan: Plan) -> str:
    """Name of a plan's asset: Dagster takes no hyphen."""
    return f"{step}_{plan.id.replace('-', '_')}"


def plan_assets(plan: Plan) -> list[dg.AssetsDefinition]:
    """Design, effects and report of a plan."""
    title = plan.title.get("de", plan.id)
    group = asset_name("auswertung", plan)

    @dg.asset(
        name=asset_name("design", plan), deps=[indicators], group_name=group, description=f"Wer mit wem verglichen wird: {title}"
    )
    def design(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
        with sentences(line.settings.language):
            result = steps.design(line, line.plans[plan.id])
        sizes = result.groups["group"].value_counts().reindex(["treated", "reference", "later", "left_out"], fill_value=0)
        line.progress(say("progress.design", line.settings.language, plan=plan.id, **{str(k): int(v) for k, v in sizes.items()}))
        return dg.MaterializeResult(metadata={str(name): int(size) for name, size in sizes.items()})

    @dg.asset(
        name=asset_name("effects", plan), deps=[design], group_name=group, description=f"Schätzungen mit Unsicherheit: {title}"
    )
    def effects(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
        with sentences(line.settings.language):
            result = steps.effects(line, line.plans[plan.id])
        estimates = result.estimates
        headline = estimates[estimates["aggregation"].isin(["coefficient", "exposed"])]
        refused = int((estimates["status"] == "refused").sum())
        line.progress(say("progress.effects", line.settings.language, plan=plan.id, ok=len(estimates) - refused, refused=refused))
        records = [
            dg.TableRecord({str(name): _shown(value) for name, value in row.items()})
            for row in headline[list(_COLUMNS)].to_dict("records")
        ]
        return dg.MaterializeResult(metadata={"schaetzungen": dg.MetadataValue.table(records, _SCHEMA), "verweigert": refused})

    @dg.asset(name=asset_name("report", plan), deps=[effects], group_name=group, description=f"Der Bericht: {title}")
    def report(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
        with sentences(line.settings.language):
            edition = make_edition(line, line.plans[plan.id])
        return dg.MaterializeResult(metadata={"bericht": dg.MetadataValue.path(str(edition.page)), "fassung": edition.digest})

    return [design, effects, report]
