"""Balance and overlap of a plan's groups before the start, against the plan's thresholds. Never blocking."""

from collections.abc import Iterable

import dagster as dg

from kkz_eval.assets.names import asset_name
from kkz_eval.checks.results import statistical_checks
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.statistical_checks import DESIGN_CHECKS, StatisticalCheck, check_design
from kkz_eval.line.study import Study


def design_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """The checks that the baseline alone answers."""

    def judge(study: Study) -> Iterable[StatisticalCheck]:
        return check_design(study.matched, study.plan)

    return statistical_checks(asset_name("design", plan), plan, DESIGN_CHECKS, judge)
