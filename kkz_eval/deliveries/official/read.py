"""The entrance to official statistics: a text or workbook by its structure to records, or nothing; and its long table. No contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from kkz_eval.deliveries.official import cube, datencsv, ffcsv, inkar, inkar_export, panels, wegweiser
from kkz_eval.deliveries.official.assemble import assemble
from kkz_eval.deliveries.official.keyed_records import KeyedRecords
from kkz_eval.deliveries.official.table import OFFICIAL_SCHEMA, OfficialTable
from kkz_eval.deliveries.text.fields import start_of_line
from kkz_eval.deliveries.text.records import DELIMITERS, Decoded, decode, head
from kkz_eval.deliveries.workbook.sheets import is_workbook, sheets
from kkz_eval.model.findings import concat_findings


def read_official(data: bytes) -> OfficialTable | None:
    """The long table of a file, all its sheets of data in one; None where no family knows it. Raises NotTextError, BrokenWorkbookError."""
    if is_workbook(data):
        tables = inkar_export.read(sheets(data))
        return long_table(tables) if tables else None
    decoded = decode(data)
    heads = {delimiter: head(decoded, delimiter) for delimiter in DELIMITERS}
    records = unmistakable(decoded, heads) or mistakable(decoded)
    return None if records is None else long_table((records,))


def unmistakable(decoded: Decoded, heads: Mapping[str, Sequence[list[str]]]) -> KeyedRecords | None:
    """The records of a text that nothing but official statistics looks like; None for any other, which a municipality may have written.

    heads: by delimiter, the first records. Raises NotTextError (cell_too_long).
    """
    for delimiter, rows in heads.items():
        if rows and inkar.recognises(rows[0]):
            return inkar.read(decoded, delimiter, rows[0], start_of_line(decoded.text, 1))
        export = inkar_export.read_text(decoded, delimiter, rows)
        if export is not None:
            return export
    if datencsv.is_unmistakable(decoded.text):
        return datencsv.read(decoded)
    if cube.recognises(decoded.text):
        return cube.read(decoded)
    header, start = _first_record(decoded, ffcsv.DELIMITER)
    if ffcsv.recognises(header):
        return ffcsv.read(decoded, header, start)
    return wegweiser.read(decoded, header, start) if wegweiser.recognises(header) else None


def mistakable(decoded: Decoded) -> KeyedRecords | None:
    """The records of official statistics that a delivery may look like, with a title line or columns of a panel; None for any other text.

    Raises NotTextError (cell_too_long).
    """
    if datencsv.recognises(decoded.text):
        return datencsv.read(decoded)
    for delimiter in (",", ";", "\t"):
        header, start = _first_record(decoded, delimiter)
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


def long_table(tables: Sequence[KeyedRecords]) -> OfficialTable:
    """The long table of a text or of the sheets of a workbook."""
    if len(tables) == 1:
        return assemble(tables[0])
    parts = [assemble(records) for records in tables]
    table = pa.concat_tables([part.table.unify_dictionaries() for part in parts]).unify_dictionaries().combine_chunks()
    return replace(
        parts[0],
        table=table.cast(OFFICIAL_SCHEMA),
        findings=concat_findings([part.findings for part in parts]),
        footnotes=tuple(line for part in parts for line in part.footnotes),
        titles=tuple(line for part in parts for line in part.titles),
    )
