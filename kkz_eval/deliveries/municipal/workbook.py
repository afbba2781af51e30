"""Deliveries of municipalities as workbooks: which sheets hold a contract's table, and which are left out. No containers, no meaning of lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.beside import texts_of_comments, texts_of_notes
from kkz_eval.deliveries.columns.readings import ags_of
from kkz_eval.deliveries.columns.scale import scale_findings
from kkz_eval.deliveries.columns.school_years import with_one_convention
from kkz_eval.deliveries.columns.units_listed import with_findings
from kkz_eval.deliveries.municipal import table as municipal
from kkz_eval.deliveries.municipal.hidden_columns import without_hidden_columns
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.deliveries.text.records import HEAD
from kkz_eval.deliveries.workbook.sheets import Sheet, body_of_sheet, head_of, number_of, text_of
from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table
from kkz_eval.model.parsed import ParsedTable


def read_workbook(workbook: Sequence[Sheet], contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...] | Unclaimed | None:
    """A table for each sheet that a contract claims, in the order of the workbook; None where no contract claims any.

    Hidden sheets, rows and columns of wide tables are not read. A sheet with data that is not read is named in a warning of the
    first table; one of words may speak of the numbers on the others.
    """
    parsed: list[ParsedTable] = []
    left_out: list[Sheet] = []
    for sheet in workbook:
        head = head_of(sheet, HEAD)
        found = _claims(sheet, head, contracts) if sheet.visible else []
        if not found:
            left_out.append(sheet)
            continue
        won = municipal.winner(found)
        if isinstance(won, Unclaimed):
            return won
        head = head[: won.match.row + 1]
        match, hidden = without_hidden_columns(won.match, head, sheet)
        grid = body_of_sheet(sheet, match.row + 1, match.width, match.measured)
        said = scale_findings(texts_of_comments(sheet, match), sheet.name)
        parsed.append(with_findings(municipal.read(grid, match, head), *hidden, *said))
    if not parsed:
        return None
    parsed = with_one_convention(parsed, contracts)
    measures = tuple(of for table in parsed for of in contracts[table.contract_id].properties if of.role == "measure")
    notes = findings_table(
        finding
        for sheet in left_out
        for finding in ([_not_used(sheet)] if _holds_data(sheet) else scale_findings(texts_of_notes(sheet, measures), sheet.name))
    )
    return (replace(parsed[0], findings=concat_findings([notes, parsed[0].findings])), *parsed[1:])


def _claims(sheet: Sheet, head: Sequence[Sequence[str]], contracts: Mapping[str, Contract]) -> list[municipal.Claim]:
    """The claims on a sheet as a person sees it; on its hidden header, where it has no other."""
    hidden = sheet.seen.hidden_among(len(head))
    seen = [[""] * len(cells) if hidden[row] else cells for row, cells in enumerate(head)]
    found = municipal.claims(seen, contracts, sheet.name)
    return found or (municipal.claims(head, contracts, sheet.name) if hidden.any() else [])


def _holds_data(sheet: Sheet) -> bool:
    """Whether a sheet has a row with a key of a unit and a number beside it, be they typed as numbers or as text."""
    for row in sheet.rows:
        texts = [text_of(value) or "" for value in row]
        numbers = [number_of(value) is not None or text.strip().isdecimal() for value, text in zip(row, texts, strict=True)]
        keys = [ags_of(text) is not None for text in texts]
        if any(keys) and sum(numbers) > (1 if any(key and number for key, number in zip(keys, numbers, strict=True)) else 0):
            return True
    return False


def _not_used(sheet: Sheet) -> Finding:
    kind = "reader_sheet_unused" if sheet.visible else "reader_sheet_hidden"
    return Finding(kind, kind, Severity.WARNING, sheet.name, value=sheet.name)
