"""A statistical check as Dagster shows it: sentence, figures, a warning where it fails. No judgement."""

import dagster as dg

from kkz_eval.evaluation.statistical_checks import StatisticalCheck
from kkz_eval.model.texts import Language


def check_result(found: StatisticalCheck, asset: str, plan_id: str, language: Language) -> dg.AssetCheckResult:
    """The result of one check of a plan's asset; the sentence names the plan, because a run prints it among others."""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=found.name,
        passed=found.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{plan_id}: {found.sentence.in_language(language)}",
        metadata={name: round(value, 4) for name, value in found.figures.items()},
    )
