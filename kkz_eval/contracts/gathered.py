"""One hint for a rule that says the same of many units of an official table. No judging: fates are decided before.

Official tables lack a breakdown for all units at once; a hint for each unit and year would bury all others.
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.rule_kinds.codes_complete import CODES_COMPLETE, OF_UNITS
from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table, iter_findings
from kkz_eval.reference.register import municipalities, youth_offices
from kkz_eval.reference.tables import kreise

_SHOWN = 3  # units that a hint names


def gathered(findings: pa.Table, contract: Contract) -> pa.Table:
    """The findings (FINDINGS_SCHEMA) with one hint per rule in place of several on missing codes; those on a delivery as they are."""
    warns = pc.and_(
        pc.equal(findings.column("kind"), CODES_COMPLETE.name), pc.equal(findings.column("severity"), Severity.WARNING)
    )
    if contract.source != "official" or pc.sum(warns, min_count=0).as_py() < 2:
        return findings
    by_rule: dict[str, list[Finding]] = {}
    for finding in iter_findings(findings.filter(warns)):
        by_rule.setdefault(finding.rule, []).append(finding)
    hints = [_hint(of_rule) if len(of_rule) > 1 else of_rule[0] for of_rule in by_rule.values()]
    return concat_findings([findings.filter(pc.invert(warns)), findings_table(hints)])


def _hint(findings: list[Finding]) -> Finding:
    units = list(dict.fromkeys(finding.unit_id or "–" for finding in findings))
    names = {unit.key: unit.name for unit in (*municipalities(), *youth_offices())} | {k.ags5: k.name for k in kreise()}
    shown = [f"{names[unit]} ({unit})" if unit in names else unit for unit in units[:_SHOWN]]
    lacking = list(dict.fromkeys(code for finding in findings for code in (finding.value or "").split(" | ")))
    said = ", ".join([*shown, *(["…"] if len(units) > _SHOWN else [])])
    return replace(
        findings[0], kind=OF_UNITS, unit_id=None, year=None, value=" | ".join(lacking), allowed=f"{len(units)}: {said}"
    )
