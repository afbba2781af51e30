"""The one blocking check: coverage below what the plan demands stops its effects and its report."""

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.evaluations import asset_name
from kkz_eval.descriptions import described
from kkz_eval.evaluation.design import demanded_coverage
from kkz_eval.evaluation.plan import Plan
from kkz_eval.sentences import conflict_sentence, coverage_sentence, say


def coverage_check(plan: Plan) -> dg.AssetChecksDefinition:
    """Coverage of every outcome in both groups, against the minimum of the plan."""

    @dg.asset_check(
        asset=asset_name("design", plan),
        name="coverage",
        blocking=True,
        description=described("check.coverage"),
    )
    def coverage(line: dg.ResourceParam[steps.Line]) -> dg.AssetCheckResult:
        design = steps.design(line, line.plans[plan.id])
        language, minimum = line.settings.language, demanded_coverage(line.plans[plan.id])
        sentences = [coverage_sentence(row, line.catalogue[row.indicator], minimum, language) for row in design.short]
        sentences += [conflict_sentence(conflict, language) for conflict in design.conflicts]
        summary = say("coverage.met", language, plan=plan.id)
        return dg.AssetCheckResult(
            passed=not design.short,
            severity=dg.AssetCheckSeverity.ERROR,
            description="\n".join(sentences) if sentences else summary,
            metadata={f"{row.indicator} ({row.group})": round(row.share, 4) for row in design.coverage},
        )

    return coverage
