"""What waivers and corrections do to the judgement of a file: exactly their finding, exactly their value. No files, no storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import Judgement, judge_file
from kkz_eval.deliveries.register.decisions import WAIVABLE, Correction, Decisions, Place, Waiver
from kkz_eval.model.findings import FINDINGS_SCHEMA, Finding, Severity, concat_findings, findings_table, iter_findings
from kkz_eval.model.parsed import COL, FLAG, ROW, SHEET, ParsedTable

APPLIED, OBSOLETE, UNFIT = CORRECTION_KINDS = "correction_applied", "correction_obsolete", "correction_unfit"
"""Kinds of findings that say what became of a correction that is in force."""
_READ_AS_NUMBER = ("reader_number", "reader_format_day", "reader_ambiguous_number", "reader_integer")


@dataclass(frozen=True)
class Applied:
    """A correction that took effect: on which record (position in the parsed table) and which property."""

    record: int
    field: str
    correction_id: str


@dataclass(frozen=True)
class Decided:
    """A judgement that knows the file's decisions. parsed: with corrected values; its texts stay as delivered."""

    judgement: Judgement
    parsed: ParsedTable
    applied: tuple[Applied, ...]


def judge_decided(
    parsed: ParsedTable, contract: Contract, known_units: Mapping[str, frozenset[str]], decisions: Decisions
) -> Decided:
    """The judgement of a file by its contract and by the decisions about its units and years."""
    own = decisions.about(contract.id, parts_of(parsed))
    corrected, applied = with_corrections(parsed, contract, own.corrections)
    valid = tuple(waiver for waiver in own.waivers if waiver.expires >= own.today)

    def acknowledge(findings: pa.Table) -> pa.Table:
        return acknowledged(findings, corrected, valid)

    return Decided(judge_file(corrected, contract, known_units, acknowledge), corrected, applied)


def parts_of(parsed: ParsedTable) -> frozenset[tuple[str, int]]:
    """The units and years that a file speaks about."""
    pairs = parsed.table.select(["unit_id", "year"]).drop_null().group_by(["unit_id", "year"], use_threads=False).aggregate([])
    return frozenset(zip(pairs.column("unit_id").to_pylist(), pairs.column("year").to_pylist(), strict=True))


def record_at(parsed: ParsedTable, finding: Finding) -> int | None:
    """Position of the record in which a finding's cell stands; None where it has no such cell."""
    if finding.field is None or finding.row is None or finding.field + ROW not in parsed.table.column_names:
        return None
    here = _equal(parsed.table.column(finding.field + ROW), finding.row)
    if finding.column is not None:
        here &= _equal(parsed.table.column(finding.field + COL), finding.column)
    if finding.sheet is not None:
        here &= _equal(parsed.table.column(SHEET), finding.sheet)
    found = np.flatnonzero(here)
    return int(found[0]) if len(found) else None


def dimensions_at(parsed: ParsedTable, contract: Contract, record: int) -> dict[str, str]:
    """The codes of a record by dimension; those that it does not have are left out."""
    values = {p.name: parsed.values(p.name)[record].as_py() for p in contract.properties if p.role == "dimension"}
    return {name: value for name, value in values.items() if value is not None}


def acknowledged(findings: pa.Table, parsed: ParsedTable, waivers: tuple[Waiver, ...]) -> pa.Table:
    """The findings, where a waiver speaks of exactly this one as acknowledged."""
    if not waivers:
        return findings
    by_finding: dict[tuple[object, ...], list[Waiver]] = {}
    for waiver in waivers:
        place = waiver.place
        key = (waiver.rule, place.unit_id, place.year, place.field, waiver.value, waiver.allowed)
        by_finding.setdefault(key, []).append(waiver)

    def is_known(finding: Finding) -> bool:
        key = (finding.rule, finding.unit_id, finding.year, finding.field, finding.value or "", finding.allowed or "")
        return is_waivable(finding) and any(_is_at(parsed, finding, waiver.place) for waiver in by_finding.get(key, ()))

    spoken_of = _any_of(findings, rule=[w.rule for w in waivers], unit_id=[w.place.unit_id for w in waivers])
    at = np.flatnonzero(spoken_of)
    known = np.zeros(findings.num_rows, dtype=np.bool_)
    known[at] = [is_known(finding) for finding in iter_findings(findings.take(pa.array(at)))]
    severity = pc.if_else(pa.array(known), Severity.ACKNOWLEDGED.value, findings.column("severity"))
    return findings.set_column(FINDINGS_SCHEMA.get_field_index("severity"), FINDINGS_SCHEMA.field("severity"), severity)


def _any_of(findings: pa.Table, **values: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which findings have one of the values in each of the columns named."""
    found = np.ones(findings.num_rows, dtype=np.bool_)
    for name, wanted in values.items():
        found &= pc.is_in(findings.column(name), value_set=pa.array(wanted, pa.string())).to_numpy()
    return found


def is_waivable(finding: Finding) -> bool:
    """Whether someone may say of a finding that the value is right: of any warning, and of errors about a value that was read."""
    return finding.severity != Severity.ERROR or finding.kind in WAIVABLE


def _is_at(parsed: ParsedTable, finding: Finding, place: Place) -> bool:
    record = record_at(parsed, finding)
    return record is not None and all(parsed.values(name)[record].as_py() == code for name, code in place.dimensions.items())


def with_corrections(
    parsed: ParsedTable, contract: Contract, corrections: tuple[Correction, ...]
) -> tuple[ParsedTable, tuple[Applied, ...]]:
    """The table with corrected values, and which took effect; what each did, or why it did nothing, is a finding.

    A correction takes effect only on the text that it was made for. Where the source is fixed it says so, to be removed;
    where the file holds a third value, nobody knows which is right: an error.
    """
    applied: list[Applied] = []
    said: list[Finding] = []
    for correction in corrections:
        for record in map(int, np.flatnonzero(_records_of(parsed, correction.place))):
            parsed, finding = _apply(parsed, contract, correction, record)
            said.append(finding)
            if finding.kind == APPLIED:
                applied.append(Applied(record, correction.place.field, correction.id))
    if said:
        parsed = replace(parsed, findings=concat_findings([parsed.findings, findings_table(said)]))
    return parsed, tuple(applied)


def _records_of(parsed: ParsedTable, place: Place) -> npt.NDArray[np.bool_]:
    here = _equal(parsed.values("unit_id"), place.unit_id) & _equal(parsed.values("year"), place.year)
    for name, code in place.dimensions.items():
        here &= _equal(parsed.values(name), code)
    return here


def _apply(parsed: ParsedTable, contract: Contract, correction: Correction, record: int) -> tuple[ParsedTable, Finding]:
    field = correction.place.field
    delivered = (parsed.texts(field)[record].as_py() or "").strip()
    value = parsed.values(field)[record].as_py()
    whole = contract.property_named(field).logical_type == "integer"
    fits = delivered == correction.old.strip() and (correction.new.is_integer() or not whole)
    kind = APPLIED if fits else OBSOLETE if value == correction.new else UNFIT
    shown = str(int(correction.new)) if correction.new.is_integer() else str(correction.new).replace(".", ",")
    finding = Finding(
        rule=f"correction.{correction.id}",
        kind=kind,
        severity=Severity.ERROR if kind == UNFIT else Severity.WARNING,
        sheet=parsed.table.column(SHEET)[record].as_py(),
        row=parsed.table.column(field + ROW)[record].as_py(),
        column=parsed.table.column(field + COL)[record].as_py(),
        field=field,
        unit_id=correction.place.unit_id,
        year=correction.place.year,
        value=delivered,
        allowed=correction.old if kind == UNFIT else shown,
    )
    if kind != APPLIED:
        return parsed, finding
    table = _replaced(parsed.table, field, record, int(correction.new) if whole else correction.new)
    table = _replaced(table, field + FLAG, record, None)
    return replace(parsed, table=table, findings=_without_unreadable(parsed.findings, finding)), finding


def _replaced(table: pa.Table, name: str, record: int, value: object) -> pa.Table:
    column = table.column(name).combine_chunks()
    here = pa.array(np.arange(table.num_rows) == record)
    changed = pc.if_else(here, pa.scalar(value, column.type), column)
    return table.set_column(table.column_names.index(name), table.schema.field(name), changed)


def _without_unreadable(findings: pa.Table, at: Finding) -> pa.Table:
    """The reader's findings without those that say that this very cell is no number."""
    here = _any_of(findings, rule=_READ_AS_NUMBER)
    for name, value in (("sheet", at.sheet), ("row", at.row), ("column", at.column)):
        column = findings.column(name)
        here &= _equal(column, value) if value is not None else column.is_null().to_numpy()
    return findings.filter(pa.array(~here))


def _equal(column: pa.ChunkedArray, value: object) -> npt.NDArray[np.bool_]:
    equal = pc.fill_null(pc.equal(column, pa.scalar(value, column.type)), False)
    return np.asarray(equal.to_numpy(), dtype=np.bool_)
