"""From findings to a fate: of the file, and of each unit and year in it. No rules, no register, no files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.gathered import gathered
from kkz_eval.contracts.masks import judge
from kkz_eval.contracts.rules import rules_digest
from kkz_eval.model.findings import Severity
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.verdicts import Slice, Status

UnitYear = tuple[str, int]


@dataclass(frozen=True)
class Judgement:
    """What a contract says of a file.

    findings: FINDINGS_SCHEMA; status: of the file; n_errors, n_warnings: of all findings, those without a unit and year too;
    slices: fate per unit and year, ascending; rules_digest: of all that decided besides the file.
    """

    findings: pa.Table
    status: Status
    n_errors: int
    n_warnings: int
    slices: tuple[Slice, ...]
    rules_digest: str


def as_found(findings: pa.Table) -> pa.Table:
    """The findings of a file about which nobody decided anything."""
    return findings


def judge_file(
    parsed: ParsedTable,
    contract: Contract,
    known_units: Mapping[str, frozenset[str]],
    acknowledge: Callable[[pa.Table], pa.Table] = as_found,
) -> Judgement:
    """The judgement of a parsed file by its contract alone.

    known_units: level -> keys of the register; acknowledge: turns findings that are known to be right into acknowledged ones,
    before they decide anything. Raises RuleError for a rule that can't be compiled.
    """
    findings = acknowledge(judge(parsed, contract, known_units))
    fates = slices(parsed, contract, findings)
    status = file_status(contract, findings, fates)
    findings = gathered(findings, contract)
    return Judgement(
        findings=findings,
        status=status,
        n_errors=_count(findings, Severity.ERROR),
        n_warnings=_count(findings, Severity.WARNING),
        slices=fates,
        rules_digest=rules_digest(contract, known_units),
    )


def slices(parsed: ParsedTable, contract: Contract, findings: pa.Table) -> tuple[Slice, ...]:
    """The fate of each unit and year that the file speaks about, ascending.

    An error rejects its unit and year where the contract accepts units one by one; else, and where the error names no unit
    and year (a missing column, an unreadable key), it rejects them all.
    """
    errors, warnings = _by_unit_year(findings, Severity.ERROR), _by_unit_year(findings, Severity.WARNING)
    known = _by_unit_year(findings, Severity.ACKNOWLEDGED)
    all_rejected = _rejects_file(contract, findings)
    return tuple(
        Slice(
            unit_id,
            year,
            _status(all_rejected or (unit_id, year) in errors, warnings.get((unit_id, year), 0) + known.get((unit_id, year), 0)),
            errors.get((unit_id, year), 0),
            warnings.get((unit_id, year), 0),
            known.get((unit_id, year), 0),
        )
        for unit_id, year in _unit_years(parsed)
    )


def file_status(contract: Contract, findings: pa.Table, fates: Iterable[Slice]) -> Status:
    """The fate of the file: rejected where an error rejects all, or where no unit and year is left (an empty file too)."""
    left = [fate for fate in fates if fate.status is not Status.REJECTED]
    if _rejects_file(contract, findings) or not left:
        return Status.REJECTED
    return Status.ACCEPTED_WITH_WARNINGS if findings.num_rows else Status.ACCEPTED


def _status(rejected: bool, n_warnings: int) -> Status:
    if rejected:
        return Status.REJECTED
    return Status.ACCEPTED_WITH_WARNINGS if n_warnings else Status.ACCEPTED


def _rejects_file(contract: Contract, findings: pa.Table) -> bool:
    errors = _parts_of(findings, Severity.ERROR)
    if contract.acceptance == "file":
        return bool(errors.num_rows)
    placed = pc.and_(errors.column("unit_id").is_valid(), errors.column("year").is_valid())
    return not pc.all(placed, min_count=0).as_py()


def _parts_of(findings: pa.Table, severity: Severity) -> pa.Table:
    """Unit and year of each finding of a severity; of very many findings nothing else is copied."""
    return findings.select(["unit_id", "year"]).filter(pc.equal(findings.column("severity"), severity))


def _unit_years(parsed: ParsedTable) -> list[UnitYear]:
    pairs = parsed.table.select(["unit_id", "year"]).drop_null().group_by(["unit_id", "year"], use_threads=False).aggregate([])
    return sorted(zip(pairs.column("unit_id").to_pylist(), pairs.column("year").to_pylist(), strict=True))


def _count(findings: pa.Table, severity: Severity) -> int:
    return int(pc.sum(pc.equal(findings.column("severity"), severity), min_count=0).as_py())


def _by_unit_year(findings: pa.Table, severity: Severity) -> dict[UnitYear, int]:
    chosen = _parts_of(findings, severity).drop_null()
    counted = chosen.group_by(["unit_id", "year"], use_threads=False).aggregate([([], "count_all")])
    columns = (counted.column(name).to_pylist() for name in ("unit_id", "year", "count_all"))
    return {(unit_id, year): n for unit_id, year, n in zip(*columns, strict=True)}
