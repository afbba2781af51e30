"""What Great Expectations says of the deliveries of each contract, and whether it agrees with the register. Never blocking."""

import dagster as dg

from kkz_eval.assets.descriptions import described
from kkz_eval.assets.links import protocol_links
from kkz_eval.assets.moment import moment_of
from kkz_eval.checks.results import check_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.line.validation import validate_contract


def contract_check(contract: Contract) -> dg.AssetChecksDefinition:
    """All deliveries of the contract that are in the register, stacked and validated once."""

    def judge(context: dg.AssetCheckExecutionContext, installation: Installation) -> dg.AssetCheckResult | None:
        comparison = validate_contract(moment_of(context, installation), contract)
        if comparison.files == 0:
            return None
        description = "\n".join(comparison.sentences) or say(
            "contract_check.clean", contract=contract.id, files=str(comparison.files)
        ).in_language(installation.settings.language)
        return dg.AssetCheckResult(
            passed=not comparison.sentences,
            severity=dg.AssetCheckSeverity.ERROR if comparison.errors else dg.AssetCheckSeverity.WARN,
            description=description,
            metadata={
                **protocol_links(installation, comparison.protocols),
                "dateien": comparison.files,
                "regeln": comparison.rules,
                "fehler": comparison.errors,
                "hinweise": comparison.warnings,
            },
        )

    return check_of("verdicts", f"contract_{contract.id}", described("check.contract", title=contract.title), judge)
