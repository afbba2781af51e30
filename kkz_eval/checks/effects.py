"""Years before the start, treated clusters and agreement of a plan's estimates, against its thresholds. Never blocking."""

from collections.abc import Iterator

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.evaluations import asset_name
from kkz_eval.checks.results import check_result
from kkz_eval.descriptions import described
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.statistical_checks import EFFECT_CHECKS, check_effects


def effect_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """The checks that the estimates answer; they are found by digest, not computed again."""
    asset = asset_name("effects", plan)

    @dg.multi_asset_check(
        name=f"checks_of_{asset}",
        specs=[dg.AssetCheckSpec(name, asset=asset, description=described(f"check.{name}")) for name in EFFECT_CHECKS],
    )
    def checks(line: dg.ResourceParam[steps.Line]) -> Iterator[dg.AssetCheckResult]:
        current = line.plans[plan.id]
        for found in check_effects(steps.effects(line, current), current):
            yield check_result(found, asset, plan.id, line.settings.language)

    return checks
