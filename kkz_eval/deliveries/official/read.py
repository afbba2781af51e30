"""The entrance to official statistics: a text or workbook to one long table by its structure, or nothing. No contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from kkz_eval.deliveries.official import cube, datencsv, ffcsv, inkar, inkar_export, panels, wegweiser
from kkz_eval.deliveries.official.assemble import assemble
from kkz_eval.deliveries.official.keyed_records import KeyedRecords
from kkz_eval.deliveries.official.table import OFFICIAL_SCHEMA, OfficialTable
from kkz_eval.deliveries.text.fields import start_of_line
from kkz_eval.deliveries.text.records import Decoded, decode, head
from kkz_eval.deliveries.workbook.sheets import Sheet, is_workbook, sheets
from kkz_eval.model.findings import concat_findings


def read_official(data: bytes) -> OfficialTable | None:
    """The long table of a file; None where no family knows it. Raises NotTextError, BrokenWorkbookError."""
    return read_workbook(sheets(data)) if is_workbook(data) else read_text(decode(data))


def read_text(decoded: Decoded) -> OfficialTable | None:
    """The long table of a text; None where no family knows it. Raises NotTextError (cell_too_long)."""
    records = _records_of(decoded)
    return None if records is None else replace(assemble(records), footnotes=records.footnotes, titles=records.titles)


def is_unmistakable(decoded: Decoded) -> bool:
    """Whether nothing but official statistics looks like this text: a delivery may have a title line and columns of a panel too."""
    if cube.recognises(decoded.text) or datencsv.is_unmistakable(decoded.text):
        return True
    header, _ = _first_record(decoded, ffcsv.DELIMITER)
    return ffcsv.recognises(header) or wegweiser.recognises(header)


def read_workbook(workbook: Sequence[Sheet]) -> OfficialTable | None:
    """The long table of a workbook, all its sheets of data in one; None where no family knows it."""
    tables = [assemble(records) for records in inkar_export.read(workbook)]
    if not tables:
        return None
    if len(tables) == 1:
        return tables[0]
    table = pa.concat_tables([part.table.unify_dictionaries() for part in tables]).unify_dictionaries().combine_chunks()
    findings = concat_findings([part.findings for part in tables])
    return OfficialTable(inkar_export.FAMILY, "", "", tables[0].edition, table.cast(OFFICIAL_SCHEMA), findings)


def _records_of(decoded: Decoded) -> KeyedRecords | None:
    if datencsv.recognises(decoded.text):
        return datencsv.read(decoded)
    if cube.recognises(decoded.text):
        return cube.read(decoded)
    header, start = _first_record(decoded, ffcsv.DELIMITER)
    if ffcsv.recognises(header):
        return ffcsv.read(decoded, header, start)
    if wegweiser.recognises(header):
        return wegweiser.read(decoded, header, start)
    return _with_any_delimiter(decoded)


def _with_any_delimiter(decoded: Decoded) -> KeyedRecords | None:
    for delimiter in (",", ";", "\t"):
        header, start = _first_record(decoded, delimiter)
        if inkar.recognises(header):
            return inkar.read(decoded, delimiter, header, start)
        if inkar.lists_indicators(header):
            return inkar.read_list(decoded, delimiter, header, start)
        if panels.family_of(header, delimiter) is not None:
            return panels.read(decoded, delimiter, header, start)
    return None


def _first_record(decoded: Decoded, delimiter: str) -> tuple[list[str], int]:
    """(cells of the first line, index of the next line). Raises NotTextError (cell_too_long)."""
    start = start_of_line(decoded.text, 1)
    rows = head(replace(decoded, text=decoded.text[:start]), delimiter)
    return rows[0] if rows and rows[0] else [""], start
