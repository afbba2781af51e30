"""Balance and overlap of a plan's groups before the start, against the plan's thresholds. Never blocking."""

from collections.abc import Iterator

import dagster as dg

from kkz_eval.assets.descriptions import described
from kkz_eval.assets.evaluations import asset_name
from kkz_eval.assets.moment import study_in
from kkz_eval.checks.results import check_result
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.statistical_checks import DESIGN_CHECKS, check_design
from kkz_eval.line.installation import Installation


def design_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """The checks that the baseline alone answers."""
    asset = asset_name("design", plan)

    @dg.multi_asset_check(
        name=f"checks_of_{asset}",
        specs=[dg.AssetCheckSpec(name, asset=asset, description=described(f"check.{name}")) for name in DESIGN_CHECKS],
    )
    def checks(
        context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]
    ) -> Iterator[dg.AssetCheckResult]:
        current = installation.plans[plan.id]
        for found in check_design(study_in(context, installation, plan.id).matched, current):
            yield check_result(found, asset, plan.id, installation.settings.language)

    return checks
