"""Years before the start, treated clusters and agreement of a plan's estimates, against its thresholds. Never blocking."""

from collections.abc import Iterable

import dagster as dg

from kkz_eval.assets.evaluations import asset_name
from kkz_eval.checks.results import statistical_checks
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.statistical_checks import EFFECT_CHECKS, StatisticalCheck, check_effects
from kkz_eval.line.study import Study


def effect_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """The checks that the estimates answer; they are found by digest, not computed again."""

    def judge(study: Study) -> Iterable[StatisticalCheck]:
        return check_effects(study.effects, study.plan)

    return statistical_checks(asset_name("effects", plan), plan, EFFECT_CHECKS, judge)
