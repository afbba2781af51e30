"""Whether accepted values agree with other deliveries and the year before. Warnings only, never blocking; no judgement of its own."""

import dataclasses

import dagster as dg

from kkz_eval.assets.descriptions import described
from kkz_eval.assets.moment import moment_of
from kkz_eval.checks.results import check_of
from kkz_eval.contracts.called import labels_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.plausibility import Doubt
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.line.sentences import SHOWN
from kkz_eval.model.texts import Language

_HIDDEN = "…"  # values of cells never go into the run history


def plausibility_check(contract: Contract) -> dg.AssetChecksDefinition:
    """The rules of a contract that look at other files and years, on what is accepted now."""

    def judge(context: dg.AssetCheckExecutionContext, installation: Installation) -> dg.AssetCheckResult | None:
        snapshot = moment_of(context, installation)
        if not snapshot.has_context(contract):
            return None
        found = snapshot.doubts(contract)
        language = installation.settings.language
        names = {arrival.sha256: arrival.name for arrival in snapshot.register.arrivals}
        sentences = [_sentence(doubt, names[doubt.delivery_sha256], contract, language) for doubt in found[:SHOWN]]
        if len(found) > SHOWN:
            sentences.append(say("plausibility.more", count=len(found) - SHOWN).in_language(language))
        return dg.AssetCheckResult(
            passed=not found,
            severity=dg.AssetCheckSeverity.WARN,
            description="\n".join(sentences) or say("plausibility.clean", contract=contract.id).in_language(language),
            metadata={"hinweise": len(found), "regeln": len(contract.plausibility)},
        )

    return check_of("observations", f"plausibility_{contract.id}", described("check.plausibility", title=contract.title), judge)


def _sentence(doubt: Doubt, name: str, contract: Contract, language: Language) -> str:
    finding = dataclasses.replace(doubt.finding, value=_HIDDEN, allowed=_HIDDEN)
    called = labels_of([contract], language).of(finding)
    return say(
        "plausibility.found",
        name=name,
        cell=finding.cell,
        message=finding.message(called).in_language(language),
        fix=finding.fix(called).in_language(language),
        rule=finding.rule,
    ).in_language(language)
