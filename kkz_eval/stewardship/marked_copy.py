"""The marked copy of a delivered file: every faulty cell coloured and commented, the protocol as its first sheet. No judging, no guessed value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from kkz_eval.contracts.called import Labels, labels_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.outgoing import (
    HAIR,
    LINE,
    WRAP,
    bytes_of,
    empty_workbook,
    font,
    lay_out_for_print,
    n_lines,
    put_text,
    writable,
)
from kkz_eval.contracts.summary import counted, summary_of
from kkz_eval.deliveries.municipal.returned import COLUMNS, SHEET, Decision, label, status_word
from kkz_eval.deliveries.register.simulated import says_simulated
from kkz_eval.model.findings import Finding, Severity, concat_findings, iter_findings
from kkz_eval.model.identifiers import cell_address
from kkz_eval.model.shown_findings import counts, listed
from kkz_eval.model.simulated import SIGN
from kkz_eval.model.texts import Language, grouped
from kkz_eval.model.verdicts import Slice, Status, state_of
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.checked import Checked
from kkz_eval.stewardship.history import DeliveryState, parts_named
from kkz_eval.stewardship.source_sheets import SourceCopy, source_copy
from kkz_eval.storage.digests import digest_of_bytes

LISTED = 10_000
"""So many findings are listed and marked; the rest is counted."""

_FILLS = {
    Severity.ERROR: PatternFill("solid", fgColor="FFF4B6B6"),
    Severity.WARNING: PatternFill("solid", fgColor="FFFFE8A3"),
    Severity.ACKNOWLEDGED: PatternFill("solid", fgColor="FFD5E8D4"),
}
_ORDER = tuple(_FILLS)
_WIDTHS = (4, 10, 12, 5, 9, 11, 27, 28, 7, 10, 8, 40, 24)
_PRINTED = COLUMNS.index("status") + 1  # what is typed in the workbook beside it would make all else too small to read
_HIGHEST = 409.0  # that a row can be
_NUMBER = Alignment(horizontal="left", vertical="top")
_BOLD = font(bold=True)
_ROW_END = Border(bottom=HAIR)
_HEADER_FILL = PatternFill("solid", fgColor="FFDCE6EC")
_COUNTED = 20  # so many rules and columns are counted in the head
_NOTED = 1_000  # so many cells without the result of their formula get a comment


@dataclass(frozen=True)
class Judged:
    """What one contract says of the file.

    findings: FINDINGS_SCHEMA, in the order of the file; slices: fates by unit and year; standing: of the delivery beside the others, None for a
    file that was not delivered.
    """

    contract: Contract
    findings: pa.Table
    status: Status
    slices: tuple[Slice, ...]
    standing: DeliveryState | None = None


def marked_copy(data: bytes, name: str, judged: Sequence[Judged], language: Language) -> bytes:
    """The marked copy as the bytes of an .xlsx file; the same inputs give the same bytes.

    data: the file as delivered and read; name: of it; judged: by contract, at least one.
    """
    every = concat_findings([one.findings for one in judged])
    findings = list(iter_findings(listed(every, LISTED)))
    labels = labels_of((one.contract for one in judged), language)
    source = source_copy(data, [one.contract for one in judged])
    workbook, sheet_of = (empty_workbook(), {}) if source is None else (source.workbook, source.sheet_of)
    _mark(workbook, sheet_of, findings, labels, language)
    sheet = workbook.create_sheet(SHEET, 0)
    head = [*_head(data, name, judged, language), *(("", said) for said in _about_copy(source, language))]
    if every.num_rows > len(findings):
        more = say("protocol.more", count=every.num_rows - len(findings)).in_language(language)
        head.append((say("protocol.all").in_language(language), "\n".join([more, *_counted(every, labels, sheet_of, language)])))
    _write_head(sheet, head)
    _write_findings(sheet, len(head) + 3, findings, sheet_of, labels, language)
    for other in workbook.worksheets:  # two selected sheets would both take what is typed into one
        other.sheet_view.tabSelected = other is sheet
    workbook.active = 0
    return bytes_of(workbook)


def copy_of_checked(data: bytes, found: Checked, language: Language) -> bytes:
    """The marked copy of a file that was checked and not delivered. data: of that file."""
    judged = [Judged(of.contract, of.judgement.findings, of.judgement.status, of.judgement.slices) for of in found.tables]
    return marked_copy(data, found.name, judged, language)


def copied(data: bytes, _: str, __: Mapping[str, Contract], found: Checked, language: Language) -> bytes:
    """As copy_of_checked, in the form in which a process that reads files is asked for something."""
    return copy_of_checked(data, found, language)


def _head(data: bytes, name: str, judged: Sequence[Judged], language: Language) -> list[tuple[str, str]]:
    lines = [
        (say("marked.file").in_language(language), name),
        (say("marked.digest").in_language(language), digest_of_bytes(data)),
    ]
    if says_simulated(data):  # with its sign, so that the copy says so of itself where it comes back as a delivery
        lines.insert(0, (SIGN, say("simulated.file").in_language(language)))
    for one in judged:
        title = one.contract.title_de if language == "de" else one.contract.title_en
        counts = [_count(one.findings, severity) for severity in _ORDER]
        state = state_of(one.status, one.slices) if one.standing is None else one.standing.state
        lines += [
            (say("marked.contract").in_language(language), f"{title} ({one.contract.id} {one.contract.version})"),
            (
                say("marked.result").in_language(language),
                say(
                    "marked.fate",
                    status=state.said,
                    errors=counted("errors", counts[0]),
                    warnings=counted("hints", counts[1]),
                    acknowledged=counts[2],
                ).in_language(language),
            ),
            *(() if _is_settled(one) else (("", summary_of(one.slices, one.findings).sentence.in_language(language)),)),
            (say("marked.blocked").in_language(language), _blocked(one, language)),
            *(("", sentence.in_language(language)) for sentence in (() if one.standing is None else one.standing.sentences)),
            (say("marked.contact").in_language(language), one.contract.terms.contact_role or "–"),
            (say("marked.deadline").in_language(language), one.contract.terms.deadline or "–"),
        ]
    words = [status_word(decision, language) for decision in (Decision.CORRECTED, Decision.RIGHT)]
    is_settled = all(_is_settled(one) for one in judged)
    how = say("marked.settled") if is_settled else say("marked.instructions", corrected=words[0], right=words[1])
    lines.append((say("marked.how").in_language(language), how.in_language(language)))
    return lines


def _is_settled(one: Judged) -> bool:
    """Whether nobody has to correct anything; of a file that stands alone somebody has to."""
    return one.standing is not None and one.standing.is_settled


def _about_copy(source: SourceCopy | None, language: Language) -> list[str]:
    """What the copy lacks of the file, in sentences; also said at the cells that are empty for it."""
    if source is None:
        return [say("marked.too_large").in_language(language)]
    said = [] if source.has_looks else [say("marked.no_looks").in_language(language)]
    if source.without_result:
        for sheet, row, column in source.without_result[:_NOTED]:
            cell = source.workbook[sheet].cell(row, column)
            note = say("marked.no_result").in_language(language)
            if isinstance(cell, Cell):  # of merged cells only the first can bear a comment
                _comment(cell, [note])
        first = cell_address(*source.without_result[0])
        said.append(say("marked.no_results", count=len(source.without_result), first=first).in_language(language))
    return said


def _comment(cell: Cell, said: Sequence[str]) -> None:
    """Add to what is said beside a cell."""
    before = [cell.comment.text] if cell.comment is not None else []
    parts = [*before, *map(writable, said)]
    cell.comment = Comment("\n\n".join(parts), SHEET, height=60 + 60 * len(parts), width=380)


def _count(findings: pa.Table, severity: Severity) -> int:
    return int(pc.sum(pc.equal(findings.column("severity"), severity), min_count=0).as_py())


def _counted(findings: pa.Table, labels: Labels, sheet_of: Mapping[str | None, str], language: Language) -> Iterator[str]:
    """The rules and columns with most findings, a line each, with the first cell."""
    most = sorted(counts(findings), key=lambda one: -one.count)
    for one in most[:_COUNTED]:
        column = labels.columns.get(one.first.field or "", one.first.field or "–")
        yield f"{grouped(one.count, language)} × {one.first.rule}, {column} ({_shown_cell(one.first, sheet_of)})"
    if len(most) > _COUNTED:
        yield f"… (+{grouped(len(most) - _COUNTED, language)})"


def _blocked(one: Judged, language: Language) -> str:
    if one.status == Status.REJECTED:
        return say("marked.blocked_file").in_language(language)
    rejected = [part for part in one.slices if part.status == Status.REJECTED]
    if not rejected:
        return say("marked.blocked_nothing").in_language(language)
    return say("marked.blocked_parts", parts=parts_named((part.unit_id, part.year) for part in rejected)).in_language(language)


def _write_head(sheet: Worksheet, lines: Sequence[tuple[str, str]]) -> None:
    put_text(sheet.cell(1, 1), SHEET)
    sheet.cell(1, 1).font = font(bold=True, size=14)
    for row, (key, value) in enumerate(lines, start=2):
        put_text(sheet.cell(row, 1), key)
        put_text(sheet.cell(row, 3), value)
        sheet.cell(row, 1).font = _BOLD
        sheet.cell(row, 1).alignment = sheet.cell(row, 3).alignment = WRAP
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        sheet.merge_cells(start_row=row, start_column=3, end_row=row, end_column=8)
        wrapped = max(n_lines(key, sum(_WIDTHS[:2])), n_lines(value, sum(_WIDTHS[2:8])))
        sheet.row_dimensions[row].height = min(LINE * wrapped, _HIGHEST)


def _write_findings(
    sheet: Worksheet,
    first: int,
    findings: Sequence[Finding],
    sheet_of: Mapping[str | None, str],
    labels: Labels,
    language: Language,
) -> None:
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True), start=1):
        cell = sheet.cell(first, column)
        put_text(cell, label(name, language))
        cell.font, cell.fill, cell.alignment = _BOLD, _HEADER_FILL, WRAP
        sheet.column_dimensions[cell.column_letter].width = width
    opened = status_word(Decision.OPEN, language)
    for number, finding in enumerate(findings, start=1):
        row = first + number
        called = labels.of(finding)
        texts = {
            "cell": _shown_cell(finding, sheet_of),
            "unit": "" if finding.unit_id is None else f"{unit_label(finding.unit_id)} ({finding.unit_id})",
            "value": finding.value or "",
            "allowed": finding.allowed_shown(language),
            "message": finding.message(called).in_language(language),
            "fix": f"{finding.fix(called).in_language(language)} [{finding.page}]",
            "severity": say(f"severity.{finding.severity}").in_language(language),
            "rule": finding.rule,
            "status": opened,
        }
        for column, count in ((1, number), (COLUMNS.index("year") + 1, finding.year)):
            sheet.cell(row, column, count).alignment = _NUMBER
        for name, value in texts.items():
            cell = sheet.cell(row, COLUMNS.index(name) + 1)
            put_text(cell, value)
            cell.alignment = WRAP
        for column in range(1, len(COLUMNS) + 1):
            sheet.cell(row, column).border = _ROW_END
        wrapped = max(n_lines(value, _WIDTHS[COLUMNS.index(name)]) for name, value in texts.items())
        sheet.row_dimensions[row].height = min(LINE * wrapped, _HIGHEST)
        sheet.cell(row, COLUMNS.index("severity") + 1).fill = _FILLS[Severity(finding.severity)]
        _link(sheet.cell(row, COLUMNS.index("cell") + 1), finding, sheet_of)
    sheet.freeze_panes = sheet.cell(first + 1, 3)
    lay_out_for_print(sheet, first, _PRINTED)
    if findings:
        _offer(sheet, first + 1, first + len(findings), language)


def _shown_cell(finding: Finding, sheet_of: Mapping[str | None, str]) -> str:
    return cell_address(sheet_of.get(finding.sheet, finding.sheet), finding.row, finding.column) or "–"


def _link(cell: Cell, finding: Finding, sheet_of: Mapping[str | None, str]) -> None:
    target = sheet_of.get(finding.sheet)
    place = cell_address(None, finding.row, finding.column)
    if target is None or not place:
        return
    quoted = target.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{place}", display=str(cell.value))
    cell.font = font(color="FF0B4F6C", underline="single")


def _offer(sheet: Worksheet, first: int, last: int, language: Language) -> None:
    """A drop-down of the admitted words in the column Status."""
    words = ",".join(status_word(decision, language) for decision in Decision)
    choice = DataValidation(type="list", formula1=f'"{words}"', allow_blank=False, showErrorMessage=True)
    choice.error = say("marked.choose").in_language(language)
    letter = sheet.cell(first, COLUMNS.index("status") + 1).column_letter
    choice.add(f"{letter}{first}:{letter}{last}")
    sheet.add_data_validation(choice)


def _mark(
    workbook: Workbook,
    sheet_of: Mapping[str | None, str],
    findings: Sequence[Finding],
    labels: Labels,
    language: Language,
) -> None:
    """Colour and comment the faulty cells; several findings of one cell share a comment, the gravest gives the colour."""
    by_cell: dict[tuple[str, int, int], list[tuple[int, Finding]]] = {}
    for number, finding in enumerate(findings, start=1):
        sheet = sheet_of.get(finding.sheet)
        if sheet is not None and (finding.row is not None or finding.column is not None):
            by_cell.setdefault((sheet, finding.row or 1, finding.column or 1), []).append((number, finding))
    first_of = {name: _first_of_merged(workbook[name]) for name in set(sheet_of.values())}
    for (name, row, column), found in by_cell.items():
        cell = workbook[name].cell(*first_of[name].get((row, column), (row, column)))
        gravest = min((Severity(finding.severity) for _, finding in found), key=_ORDER.index)
        cell.fill = _FILLS[gravest]
        _comment(
            cell,
            [
                f"{number}. {finding.message(labels.of(finding)).in_language(language)} "
                f"{finding.fix(labels.of(finding)).in_language(language)} [{finding.page}]"
                for number, finding in found
            ],
        )


def _first_of_merged(sheet: Worksheet) -> dict[tuple[int, int], tuple[int, int]]:
    """By the place of a cell that is merged with others: the place of the one that holds the value."""
    return {
        place: (merged.min_row, merged.min_col)
        for merged in sheet.merged_cells.ranges
        for places in merged.rows
        for place in places
    }
