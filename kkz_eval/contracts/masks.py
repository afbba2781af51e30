"""The rules of a contract over a parsed table: all findings. No pandas, no files, no verdicts, no kind of rule (rule_kinds/).

expectations.py says the same a second time, independently.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.judged_table import KnownUnits, judged_table
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.contracts.rule_kinds.kind import Hits
from kkz_eval.contracts.rules import checked
from kkz_eval.model.findings import FINDINGS_SCHEMA, Finding, Severity, concat_findings, findings_table, repeated, with_titles
from kkz_eval.model.parsed import COL, ROW, SHEET, TEXT, ParsedTable

_NO_ROWS = "reader_no_rows"  # rule of the reader that says so


def rule_hits(parsed: ParsedTable, contract: Contract, known_units: KnownUnits) -> list[tuple[Rule, Hits]]:
    """What each rule of a contract finds, in its order. Raises RuleError for a rule that can't be used, before any is asked."""
    table = judged_table(parsed, contract, known_units)
    rules = [checked(rule, contract.properties) for rule in contract.rules]
    return [(rule, KINDS[rule.kind].mask(rule, table)) for rule in rules]


def judge(parsed: ParsedTable, contract: Contract, known_units: KnownUnits) -> pa.Table:
    """All findings about a file, FINDINGS_SCHEMA: the reader's first, then rule by rule in the contract's order, row by row.

    known_units: level -> keys of the register. Raises RuleError for a rule that can't be used.
    """
    own = [_findings(rule, hits, parsed.table) for rule, hits in rule_hits(parsed, contract, known_units)]
    return with_titles(concat_findings([parsed.findings, *_no_rows(parsed), *own]), parsed.titles)


def _no_rows(parsed: ParsedTable) -> list[pa.Table]:
    """A finding where the file holds no record at all and the reader did not say so, so that no file is rejected without a reason."""
    told = pc.any(pc.equal(parsed.findings.column("rule"), _NO_ROWS), min_count=0).as_py()
    if parsed.table.num_rows or told:
        return []
    return [findings_table([Finding("file.no_rows", "no_rows", Severity.ERROR)])]


def _findings(rule: Rule, hits: Hits, table: pa.Table) -> pa.Table:
    n = len(hits.rows)
    if not n:
        return findings_table(())
    at = pa.array(hits.rows)
    values = table.column(hits.field + TEXT).take(at) if hits.values is None else pa.array(hits.values, pa.string())
    columns = {
        "rule": repeated(rule.rule_id, n),
        "kind": repeated(rule.kind, n) if hits.kinds is None else pa.array(hits.kinds, pa.string()),
        "severity": repeated(str(rule.severity), n),
        "sheet": table.column(SHEET).take(at),
        "row": pc.coalesce(table.column(hits.field + ROW), table.column("unit_id" + ROW)).take(at),  # a short row lacks the cell
        "column": table.column(hits.field + COL).take(at),
        "field": repeated(hits.field, n),
        "unit_id": table.column("unit_id").take(at),
        "year": pc.cast(table.column("year").take(at), pa.int32()),
        "value": values,
        "allowed": pa.array(list(hits.allowed), pa.string()),
        "title": repeated(None, n),
    }
    return pa.table([columns[name] for name in FINDINGS_SCHEMA.names], schema=FINDINGS_SCHEMA)
