"""The one blocking check: coverage below what the plan demands stops its effects and its report."""

import dagster as dg

from kkz_eval.assets.alone import HOME
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.figures import figures
from kkz_eval.assets.moment import study_in
from kkz_eval.assets.names import asset_name
from kkz_eval.assets.simulated import said_where_simulated
from kkz_eval.evaluation.design import demanded_coverage
from kkz_eval.evaluation.plan import Plan
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.line.sentences import conflict_sentence, coverage_sentence


def coverage_check(plan: Plan) -> dg.AssetChecksDefinition:
    """Coverage of every outcome in both groups, against the minimum of the plan."""

    @dg.asset_check(
        asset=asset_name("design", plan),
        name="coverage",
        blocking=True,
        description=described("check.coverage"),
        pool=HOME,
    )
    def coverage(context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.AssetCheckResult:
        language, minimum = installation.settings.language, demanded_coverage(installation.plans[plan.id])
        with sentences(language):
            study = study_in(context, installation, plan.id)
            short, conflicts, covered = study.short, study.conflicts, study.coverage
        said = [coverage_sentence(plan, row, installation.catalogue[row.indicator], minimum) for row in short]
        said += [conflict_sentence(conflict) for conflict in conflicts]
        said = said or [say("coverage.met", plan=plan.id)]
        return dg.AssetCheckResult(
            passed=not short,
            severity=dg.AssetCheckSeverity.ERROR,
            description="\n".join(sentence.in_language(language) for sentence in said),
            metadata={
                **said_where_simulated(study.simulated, language),
                **figures({f"{row.indicator} ({row.group})": row.share for row in covered}),
            },
        )

    return coverage
