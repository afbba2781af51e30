"""The form of a check: one result where there was something to look at, none where there was not. No judgement of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import dagster as dg

from kkz_eval.assets import say
from kkz_eval.assets.alone import HOME
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.figures import figures
from kkz_eval.assets.moment import study_in
from kkz_eval.assets.simulated import said_where_simulated
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.statistical_checks import StatisticalCheck
from kkz_eval.line.in_words import checked_in_words
from kkz_eval.line.installation import Installation
from kkz_eval.line.study import Study

Judge = Callable[[dg.AssetCheckExecutionContext, Installation], dg.AssetCheckResult | None]


def check_of(asset: str, name: str, description: str, judge: Judge) -> dg.AssetChecksDefinition:
    """A check that is skipped where `judge` finds nothing to look at: a pass would claim what nobody saw, a failure a fault."""

    # only a check of several may give no result
    @dg.multi_asset_check(
        name=f"{asset}_{name}",
        specs=[dg.AssetCheckSpec(name, asset=asset, description=description)],
        can_subset=True,
        pool=HOME,
    )
    def check(
        context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]
    ) -> Iterator[dg.AssetCheckResult]:
        with sentences(installation.settings.language):
            found = judge(context, installation)
        if found is None:
            context.log.info(say("nothing_to_check", check=name).in_language(installation.settings.language))
            return
        yield found

    return check


def statistical_checks(
    asset: str, plan: Plan, names: Sequence[str], judge: Callable[[Study], Iterable[StatisticalCheck]]
) -> dg.AssetChecksDefinition:
    """The checks of a plan's asset that are made together, those of them that had something to look at."""

    @dg.multi_asset_check(
        name=f"checks_of_{asset}",
        specs=[dg.AssetCheckSpec(name, asset=asset, description=described(f"check.{name}")) for name in names],
        can_subset=True,
        pool=HOME,
    )
    def checks(
        context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]
    ) -> Iterator[dg.AssetCheckResult]:
        wanted = {key.name for key in context.selected_asset_check_keys}
        language = installation.settings.language
        with sentences(language):
            study = study_in(context, installation, plan.id)
            judged, simulated = tuple(judge(study)), study.simulated
            said = {found.name: checked_in_words(found.sentence, study.plan, study.installation.catalogue) for found in judged}
        for found in judged:
            if found.name in wanted and found.looked:
                yield _result(
                    found, said[found.name].in_language(language), asset, plan.id, said_where_simulated(simulated, language)
                )
            elif found.name in wanted:
                context.log.info(said[found.name].in_language(language))

    return checks


def _result(found: StatisticalCheck, said: str, asset: str, plan_id: str, simulated: Mapping[str, str]) -> dg.AssetCheckResult:
    """The sentence names the plan, because a run prints it among others."""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=found.name,
        passed=found.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{plan_id}: {said}",
        metadata={**simulated, **figures(found.figures)},
    )
