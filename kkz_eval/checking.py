"""The steward's check of one file: read, judge, print every finding. Nothing is landed, nothing is kept.

Imports neither pandas nor dagster nor Great Expectations, so that it answers at once. pyarrow would import pandas, where it is
installed, only to recognise its types: `without_pandas` keeps it from that, in the process of this command alone.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib.abc import MetaPathFinder
from pathlib import Path

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import Judgement
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.decided import judge_decided
from kkz_eval.deliveries.decisions import Decisions, load_decisions
from kkz_eval.deliveries.inbox import content_of, shown
from kkz_eval.deliveries.reader import Claimed, PersonRecords, Unclaimed, Unreadable, read_file
from kkz_eval.deliveries.returned import Decision, read_returned
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.reasons import reason_of
from kkz_eval.model.texts import Language, text
from kkz_eval.reference.tables import units_known_to
from kkz_eval.settings import Settings


class _NoPandas(MetaPathFinder):
    """Answers that pandas is not there."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Raises ModuleNotFoundError for pandas; says nothing of other modules."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def without_pandas() -> None:
    """Keep pandas, which takes longer to import than a file takes to check, out of this process; for the command line only."""
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas())


def check_files(
    settings: Settings, files: Sequence[Path], contract_id: str | None, form: str, protocol: Path | None = None
) -> int:
    """Check files and print their findings as a table or as JSON; 0 clean, 1 findings, 2 not readable.

    contract_id: judge by this contract only; form: table | json; protocol: where the marked copy of the one file goes.
    Raises UserError for an unknown contract, and for a protocol that can't be written or would replace something.
    """
    if protocol is not None:
        _require_new(protocol, files)
    contracts = load_contracts(settings.contracts)
    decisions = load_decisions(settings.contracts, contracts, date.today())
    if contract_id is not None:
        if contract_id not in contracts:
            raise UserError("contract_unknown", contract=contract_id, known=", ".join(sorted(contracts)))
        contracts = {contract_id: contracts[contract_id]}
    codes = []
    reports: list[dict[str, object]] = []
    for file in files:
        code, report = _check(file, contracts, decisions, settings.language, protocol)
        codes.append(code)
        reports.append(report)
        if form == "table":
            _print_table(report, settings.language)
    if form == "json":
        print(json.dumps(reports, ensure_ascii=False, indent=2))
    return max(codes)


def _require_new(protocol: Path, files: Sequence[Path]) -> None:
    if len(files) > 1:
        raise UserError("protocol_of_one", files=len(files))
    if protocol.exists():
        raise UserError("protocol_there", file=str(protocol))


def _write_protocol(
    protocol: Path, data: bytes, name: str, judged: Sequence[tuple[Contract, Judgement]], language: Language
) -> None:
    from kkz_eval.stewardship.marked_copy import Judged, marked_copy  # noqa: PLC0415 (not needed by a check without protocol)

    copy = marked_copy(data, name, [Judged(c, j.findings, j.status, j.slices) for c, j in judged], language)
    try:
        protocol.write_bytes(copy)
    except OSError as error:
        raise UserError("storage_not_writable", place=str(protocol), reason=reason_of(error)) from error


def _check(
    file: Path, contracts: dict[str, Contract], decisions: Decisions, language: Language, protocol: Path | None
) -> tuple[int, dict[str, object]]:
    path = shown(str(file))
    data = content_of(file, file.name)
    if isinstance(data, Unreadable):
        return 2, {"file": path, "readable": False, "sentence": data.sentence(language)}
    match read_file(data, file.name, contracts, date.today()):
        case Claimed(parsed=parsed):
            judged = []
            for table in parsed:
                contract = contracts[table.contract_id]
                judged.append((contract, judge_decided(table, contract, units_known_to(contract.source), decisions).judgement))
            if protocol is not None:
                _write_protocol(protocol, data, file.name, judged, language)
            clean = all(judgement.n_errors == judgement.n_warnings == 0 for _, judgement in judged)
            tables = [_judged(contract, judgement, language) for contract, judgement in judged]
            report: dict[str, object] = {"file": path, "readable": True, "tables": tables}
            returned = read_returned(data)
            if returned is not None:
                count = Counter(row.decision for row in returned.rows)
                decided = {kind.value: count[kind] for kind in (Decision.CORRECTED, Decision.RIGHT)}
                report["returned"] = {"original": returned.original, **decided}
            return (0 if clean else 1), report
        case (Unclaimed() | Unreadable() | PersonRecords()) as result:
            refused: dict[str, object] = {"file": path, "readable": False, "sentence": result.sentence(language)}
            if isinstance(result, Unclaimed) and result.findings is not None:
                refused["findings"] = [_finding(f, None, language) for f in iter_findings(result.findings)]
            return 2, refused


def _judged(contract: Contract, judgement: Judgement, language: Language) -> dict[str, object]:
    labels = {p.name: (p.label_de if language == "de" else p.label_en) for p in contract.properties}
    return {
        "contract": contract.id,
        "version": contract.version,
        "status": judgement.status.value,
        "errors": judgement.n_errors,
        "warnings": judgement.n_warnings,
        "findings": [_finding(f, labels.get(f.field or ""), language) for f in iter_findings(judgement.findings)],
    }


def _finding(finding: Finding, label: str | None, language: Language) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "cell": finding.cell,
        "unit": finding.unit_id,
        "year": finding.year,
        "value": finding.value,
        "allowed": finding.allowed,
        "message": finding.message(language, label),
        "fix": finding.fix(language, label),
    }


def _print_table(report: dict[str, object], language: Language) -> None:
    if not report["readable"]:
        print(report["sentence"], file=sys.stderr)
        _print_findings(report.get("findings"), language)
        return
    returned = report.get("returned")
    if isinstance(returned, dict):
        counts = {"corrected": returned["corrected"], "right": returned["right"]}
        print(text("check.returned", language, **{"package": "kkz_eval", "file": report["file"], **counts}))
    tables = report["tables"]
    assert isinstance(tables, list)
    for table in tables:
        key = "check.clean" if not table["findings"] else "check.found"
        print(
            text(
                key,
                language,
                package="kkz_eval",
                file=report["file"],
                contract=table["contract"],
                errors=table["errors"],
                warnings=table["warnings"],
            )
        )
        _print_findings(table["findings"], language)


def _print_findings(findings: object, language: Language) -> None:
    for finding in findings if isinstance(findings, list) else []:
        sign = text(f"check.{finding['severity']}", language, package="kkz_eval")
        print(f"  {finding['cell'] or '–':<12} {sign:<8} {finding['message']} {finding['fix']}  [{finding['rule']}]")
