"""Whether series agree: delivered with official, municipalities with their Kreis, years with the years before. Warnings only, never blocking."""

from collections.abc import Callable

import dagster as dg

from kkz_eval.assets.descriptions import described
from kkz_eval.assets.moment import moment_of
from kkz_eval.checks.results import Judge, check_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.line import say
from kkz_eval.line.comparisons import Compared, agreement_told, changes_told, sums_told
from kkz_eval.line.installation import Installation
from kkz_eval.line.snapshot import Snapshot


def agreement_check(contract: Contract) -> dg.AssetChecksDefinition:
    """Delivered against official, beyond the tolerance of the contract."""
    description = described("check.official", title=contract.title)
    return check_of("indicators", f"official_{contract.id}", description, _judge(lambda now: agreement_told(now, contract)))


def sums_check(contract: Contract) -> dg.AssetChecksDefinition:
    """Municipalities against the Kreis they lie in."""
    description = described("check.sums", title=contract.title)
    return check_of("observations", f"kreissummen_{contract.id}", description, _judge(lambda now: sums_told(now, contract)))


def unlisted_breaks_check() -> dg.AssetChecksDefinition:
    """Jumps in the series of the plans' outcomes that the list of breaks does not explain."""
    return check_of("indicators", "unbekannte_brueche", described("check.breaks"), _judge(changes_told))


def _judge(compare: Callable[[Snapshot], Compared]) -> Judge:
    """What a comparison of a snapshot's series says."""

    def judge(context: dg.AssetCheckExecutionContext, installation: Installation) -> dg.AssetCheckResult | None:
        compared, language = compare(moment_of(context, installation)), installation.settings.language
        if compared.n == 0:
            return None
        more = compared.count - len(compared.sentences)
        said = [*compared.sentences, *([say("plausibility.more", count=more)] if more else [])] or [compared.summary]
        return dg.AssetCheckResult(
            passed=compared.count == 0,
            severity=dg.AssetCheckSeverity.WARN,
            description="\n".join(sentence.in_language(language) for sentence in said),
            metadata={"hinweise": compared.count, "verglichen": compared.n},
        )

    return judge
