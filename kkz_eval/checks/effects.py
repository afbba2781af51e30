"""A plan's estimates: do the comparisons stand, and years before the start, clusters, methods against thresholds. Never blocking."""

from collections.abc import Iterable

import dagster as dg

from kkz_eval.assets import say
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.moment import study_in
from kkz_eval.assets.names import asset_name
from kkz_eval.assets.simulated import said_where_simulated
from kkz_eval.checks.results import check_of, statistical_checks
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.statistical_checks import EFFECT_CHECKS, StatisticalCheck, check_effects
from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.evaluation.verdict.sentences import level_word, rating_sentence, verdict_sentence
from kkz_eval.line.installation import Installation
from kkz_eval.line.study import Study
from kkz_eval.line.verdicts import verdicts_of
from kkz_eval.model.texts import Sentence, Wording


def effect_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """The checks that the estimates answer; they are found by digest, not computed again."""

    def judge(study: Study) -> Iterable[StatisticalCheck]:
        return check_effects(study.effects, study.plan)

    return statistical_checks(asset_name("effects", plan), plan, EFFECT_CHECKS, judge)


def verdict_check(plan: Plan) -> dg.AssetChecksDefinition:
    """Whether the comparison stands for every outcome, with verdict and rating of each; those of context are passed over."""

    def judge(context: dg.AssetCheckExecutionContext, installation: Installation) -> dg.AssetCheckResult | None:
        study, language = study_in(context, installation, plan.id), installation.settings.language
        roles = {outcome.indicator: outcome.role for outcome in study.plan.outcomes}
        found = {name: one for name, one in verdicts_of(study, study.effects).items() if roles[name] != "context"}
        if not found:
            return None
        lines = [_line(study, name, one) for name, one in found.items()]
        return dg.AssetCheckResult(
            passed=all(one.is_comparable for one in found.values()),
            severity=dg.AssetCheckSeverity.WARN,
            description="\n".join([f"{plan.id}:", *(line.in_language(language) for line in lines)]),
            metadata={
                **said_where_simulated(study.simulated, language),
                **{name: level_word(one.rating).in_language(language) for name, one in found.items()},
            },
        )

    return check_of(asset_name("effects", plan), "verdict", described("check.verdict"), judge)


def _line(study: Study, name: str, verdict: Verdict) -> Sentence:
    """What the report says of an outcome, after its name."""
    indicator = study.installation.catalogue[name]
    said = verdict_sentence(verdict, rules(), Wording(indicator.difference_unit), indicator.decimals)
    return say("verdict_line", label=Wording(indicator.label), indicator=name, said=said, rating=rating_sentence(verdict))
