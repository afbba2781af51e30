"""Years before the start, treated clusters and agreement of a plan's estimates, against its thresholds. Never blocking."""

from collections.abc import Iterator

import dagster as dg

from kkz_eval.assets.descriptions import described
from kkz_eval.assets.evaluations import asset_name
from kkz_eval.assets.moment import study_in
from kkz_eval.checks.results import check_result
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.statistical_checks import EFFECT_CHECKS, check_effects
from kkz_eval.line.installation import Installation


def effect_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """The checks that the estimates answer; they are found by digest, not computed again."""
    asset = asset_name("effects", plan)

    @dg.multi_asset_check(
        name=f"checks_of_{asset}",
        specs=[dg.AssetCheckSpec(name, asset=asset, description=described(f"check.{name}")) for name in EFFECT_CHECKS],
    )
    def checks(
        context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]
    ) -> Iterator[dg.AssetCheckResult]:
        current = installation.plans[plan.id]
        for found in check_effects(study_in(context, installation, plan.id).effects, current):
            yield check_result(found, asset, plan.id, installation.settings.language)

    return checks
