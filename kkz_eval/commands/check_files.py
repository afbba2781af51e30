"""The steward's check of one file: read, judge, print every finding. Nothing is landed, nothing is kept.

Imports neither pandas nor dagster nor Great Expectations, so that it answers at once. In which process: check.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from textwrap import indent

import pyarrow as pa

from kkz_eval.commands import say
from kkz_eval.contracts.alike import Alike, alike
from kkz_eval.contracts.called import Labels, labels_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.summary import counted
from kkz_eval.deliveries.register.decisions import Decisions, load_decisions
from kkz_eval.deliveries.register.inbox import content_of, shown
from kkz_eval.deliveries.register.own_process import confined, reason_of_error
from kkz_eval.deliveries.results import Unclaimed, Unreadable
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import Called
from kkz_eval.model.reading_limits import Limits
from kkz_eval.model.shown_findings import counts
from kkz_eval.model.texts import Language
from kkz_eval.settings import Settings
from kkz_eval.stewardship.checked import Checked, CheckedTable, NotChecked, checked

LISTED = {"table": 1_000, "json": 10_000}
"""So many findings of a table are listed one by one; all are counted."""


def check_files(
    settings: Settings, files: Sequence[Path], contract_id: str | None, form: str, protocol: Path | None = None
) -> int:
    """Check files in this process and print their findings as a table or as JSON; 0 clean, 1 findings, 2 not readable.

    contract_id: judge by this contract only; form: table | json; protocol: where the marked copy of the one file goes.
    Raises UserError for an unknown contract, and for a protocol that can't be written or would replace something.
    """
    return max(check_each(settings, files, contract_id, form, protocol))


def check_each(
    settings: Settings,
    files: Sequence[Path],
    contract_id: str | None,
    form: str,
    protocol: Path | None = None,
    limits: Limits | None = None,
    begin: int = 0,
    broke: str | None = None,
) -> Iterator[int]:
    """Check files one by one, as check_files; gives the code of each file once all that is said of it is printed.

    limits: of reading and judging a file, in a process that may be ended by them; None for none. begin: index of the first file that is
    not printed yet; broke: why reading that one ended the process before this one, to be said instead of reading it again.
    """
    if protocol is not None:
        _require_new(protocol, files)
    contracts = load_contracts(settings.contracts)
    decisions = load_decisions(settings.contracts, contracts, settings.day)
    if contract_id is not None:
        if contract_id not in contracts:
            raise UserError("contract_unknown", package=say.package, contract=contract_id, known=", ".join(sorted(contracts)))
        contracts = {contract_id: contracts[contract_id]}
    order = _Order(contracts, decisions, settings.language, settings.day, protocol, limits, LISTED[form])
    for place, file in enumerate(files[begin:], begin):
        if place == begin and broke is not None:
            code, report = _refused(file, Unreadable(broke, {"name": shown(file.name)}), order.language, order.most)
        else:
            code, report = _check(file, order)
        if form == "table":
            _print_table(report, settings.language)
        else:
            print(",\n" if place else "[\n", indent(json.dumps(report, ensure_ascii=False, indent=2), "  "), sep="", end="")
            print("" if place < len(files) - 1 else "\n]\n", end="")
        yield code


def _require_new(protocol: Path, files: Sequence[Path]) -> None:
    if len(files) > 1:
        raise UserError("protocol_of_one", package=say.package, files=len(files))
    if protocol.exists():
        raise UserError("protocol_there", package=say.package, file=str(protocol))


def _write_protocol(protocol: Path, data: bytes, found: Checked, language: Language) -> None:
    from kkz_eval.stewardship.marked_copy import copy_of_checked  # noqa: PLC0415 (not needed by a check without protocol)
    from kkz_eval.storage.store import put_file_if_absent  # noqa: PLC0415 (likewise)

    if not put_file_if_absent(protocol, copy_of_checked(data, found, language)):
        raise UserError("protocol_there", package=say.package, file=str(protocol))


@dataclass(frozen=True)
class _Order:
    """What every file of a command is checked by: as check_each says. most: entries of the list of findings."""

    contracts: dict[str, Contract]
    decisions: Decisions
    language: Language
    day: date
    protocol: Path | None
    limits: Limits | None
    most: int


def _check(file: Path, order: _Order) -> tuple[int, dict[str, object]]:
    data = content_of(file, file.name)
    if isinstance(data, Unreadable):
        return _refused(file, data, order.language, order.most)
    try:
        return _looked_at(file, data, order)
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 (a fault of ours too costs this file only; it is named, without what it says of the file)
        reason, about = reason_of_error(error)
        return _refused(file, Unreadable(reason, {"name": file.name, **about}), order.language, order.most)


def _looked_at(file: Path, data: bytes, order: _Order) -> tuple[int, dict[str, object]]:
    """The code and the report of a file whose bytes are at hand, with its marked copy where one is asked for."""
    language, most = order.language, order.most
    with nullcontext() if order.limits is None else confined(order.limits, len(data)):
        found = checked(data, file.name, order.contracts, order.decisions, order.day, most)
    if not isinstance(found, Checked):
        return _refused(file, found, language, most)
    if order.protocol is not None:
        _write_protocol(order.protocol, data, found, language)
    tables = [_judged(table, language) for table in found.tables]
    report: dict[str, object] = {"file": shown(str(file)), "readable": True, "tables": tables}
    if found.other_unit is not None:
        report["other_unit"] = found.other_unit.in_language(language)
    if found.returned is not None:
        decided = {kind.value: count for kind, count in found.n_decided.items()}
        report["returned"] = {"original": found.returned.original, **decided}
    return (0 if found.is_clean else 1), report


def _refused(file: Path, result: NotChecked, language: Language, most: int) -> tuple[int, dict[str, object]]:
    refused: dict[str, object] = {"file": shown(str(file)), "readable": False, "sentence": result.in_language(language)}
    if isinstance(result, Unclaimed) and result.findings is not None:
        refused |= _shown(result.findings, alike(result.findings, most), labels_of((), language), language)
    return 2, refused


def _judged(table: CheckedTable, language: Language) -> dict[str, object]:
    judgement, summary = table.judgement, table.summary
    return {
        "contract": table.contract.id,
        "version": table.contract.version,
        "status": judgement.status.value,
        "errors": judgement.n_errors,
        "warnings": judgement.n_warnings,
        "summary": {"sentence": summary.sentence.in_language(language), **asdict(summary)},
        **_shown(judgement.findings, table.findings, table.labels(language), language),
    }


def _shown(findings: pa.Table, listed: Sequence[Alike], labels: Labels, language: Language) -> dict[str, object]:
    """The findings that are listed, and all of them counted by rule and column."""
    by_rule = [
        {
            "rule": one.first.rule,
            "severity": one.first.severity,
            "column": labels.columns.get(one.first.field or "", one.first.field),
            "count": one.count,
            "first": one.first.cell,
        }
        for one in counts(findings)
    ]
    return {
        "findings_total": findings.num_rows,
        "findings_listed": sum(found.count for found in listed),
        "counts": by_rule,
        "findings": [_finding(found, labels.of(found.finding), language) for found in listed],
    }


def _finding(found: Alike, called: Called, language: Language) -> dict[str, object]:
    finding = found.finding
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "cell": finding.cell,
        "unit": found.unit_id,
        "year": found.year,
        "value": finding.value,
        "allowed": finding.allowed_shown(language),
        "message": found.message(called).in_language(language),
        "fix": finding.fix(called).in_language(language),
        "page": finding.page,
        "count": found.count,
        "cells": list(found.cells),
    }


def _print_table(report: dict[str, object], language: Language) -> None:
    if not report["readable"]:
        print(report["sentence"], file=sys.stderr)
        _print_findings(report, language)
        return
    returned = report.get("returned")
    if isinstance(returned, dict):
        decided = {"corrected": returned["corrected"], "right": returned["right"]}
        print(say("check.returned", file=report["file"], **decided).in_language(language))
    tables = report["tables"]
    assert isinstance(tables, list)
    for table in tables:
        key = "check.clean" if not table["findings"] else "check.found"
        numbers = {
            "errors": counted("errors", table["errors"]),
            "warnings": counted("hints", table["warnings"]),
        }
        said = say(key, file=report["file"], contract=table["contract"], **numbers).in_language(language)
        print(said, table["summary"]["sentence"])
        _print_findings(table, language)
    if "other_unit" in report:
        print(f"  {report['other_unit']}")


def _print_findings(of: dict[str, object], language: Language) -> None:
    """The findings of a table, of a refused file or of none; where some are not listed, all of them counted too."""
    findings, by_rule = of.get("findings", []), of.get("counts", [])
    assert isinstance(findings, list)
    assert isinstance(by_rule, list)
    for finding in findings:
        sign = say(f"check.{finding['severity']}").in_language(language)
        print(f"  {finding['cell'] or '–':<12} {sign:<8} {finding['message']} {finding['fix']}  [{finding['rule']}]")
    pages = list(dict.fromkeys(finding["page"] for finding in findings))
    if pages:
        print("  " + say("check.pages", pages=", ".join(pages)).in_language(language))
    if of.get("findings_total") == of.get("findings_listed"):
        return
    numbers = {"total": of["findings_total"], "listed": of["findings_listed"]}
    print(say("check.counted", **numbers).in_language(language))
    for one in by_rule:
        sign = say(f"check.{one['severity']}").in_language(language)
        print(f"  {one['first'] or '–':<12} {sign:<8} {one['count']:>9} × {one['column'] or '–'}  [{one['rule']}]")
