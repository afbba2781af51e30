"""The examples of the pages of rules, read and judged as a delivery is, so that a page shows the very sentence that a file gets.

Belongs here: the program's own findings about an example. Does not belong here: examples, pages and their words (contracts.rule_pages).
"""

from __future__ import annotations

from datetime import date

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.rule_pages import RuleExample
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, concat_findings, iter_findings
from kkz_eval.reference.tables import units_known_to

_DAY = date(2026, 1, 1)
"""By which years of the examples lie in the future, so that their pages are the same whenever they are made."""


def finding_of(example: RuleExample) -> Finding:
    """What the wrong example of a page gets: as the program says it, or as the example has it where it is an excerpt."""
    return next((found for found in findings_of(example, example.wrong) if found.kind == example.kind), example.finding)


def findings_of(example: RuleExample, delivered: str) -> list[Finding]:
    """All findings about a text, delivered as the example's contract has it; none where it is an excerpt."""
    if example.contract is None:
        return []
    contract = example.contract
    result = read_file(delivered.encode("utf-8-sig"), "lieferung.csv", {contract.id: contract}, _DAY)
    parsed = result.parsed if isinstance(result, Claimed) else ()
    judged = [judge_file(table, contract, units_known_to(contract.source)).findings for table in parsed]
    return list(iter_findings(concat_findings(judged)))
