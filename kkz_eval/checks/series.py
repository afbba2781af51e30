"""Whether series agree: delivered with official, municipalities with their Kreis, years with the years before. Warnings only, never blocking."""

import dagster as dg

from kkz_eval.assets.descriptions import described
from kkz_eval.assets.moment import moment_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.line import say
from kkz_eval.line.comparisons import Compared, agreement_told, changes_told, sums_told
from kkz_eval.line.installation import Installation


def agreement_check(contract: Contract) -> dg.AssetChecksDefinition:
    """Delivered against official, beyond the tolerance of the contract."""

    @dg.asset_check(
        asset="indicators",
        name=f"official_{contract.id}",
        description=described("check.official", title=contract.title),
    )
    def check(context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.AssetCheckResult:
        compared = agreement_told(moment_of(context, installation), contract)
        return _result(compared, installation)

    return check


def sums_check(contract: Contract) -> dg.AssetChecksDefinition:
    """Municipalities against the Kreis they lie in."""

    @dg.asset_check(
        asset="observations",
        name=f"kreissummen_{contract.id}",
        description=described("check.sums", title=contract.title),
    )
    def check(context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.AssetCheckResult:
        return _result(sums_told(moment_of(context, installation), contract), installation)

    return check


@dg.asset_check(asset="indicators", name="unbekannte_brueche", description=described("check.breaks"))
def unlisted_breaks_check(
    context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]
) -> dg.AssetCheckResult:
    """Jumps in the series of the plans' outcomes that the list of breaks does not explain."""
    return _result(changes_told(moment_of(context, installation)), installation)


def _result(compared: Compared, installation: Installation) -> dg.AssetCheckResult:
    more, language = compared.count - len(compared.sentences), installation.settings.language
    said = [*compared.sentences, *([say("plausibility.more", count=more)] if more else [])] or [compared.summary]
    return dg.AssetCheckResult(
        passed=compared.count == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description="\n".join(sentence.in_language(language) for sentence in said),
        metadata={"hinweise": compared.count, **({} if compared.n is None else {"verglichen": compared.n})},
    )
