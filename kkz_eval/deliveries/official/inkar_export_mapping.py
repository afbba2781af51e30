"""What a contract takes of the table that INKAR exports, as workbook or text: its indicators, its level, this Land. No containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns.header import Names, property_names
from kkz_eval.deliveries.columns.scale import Said
from kkz_eval.deliveries.columns.typed import blank_as_null, parsed_table
from kkz_eval.deliveries.columns.units_listed import misnamed, missing_units, with_findings
from kkz_eval.deliveries.official.inkar_export import (
    Export,
    ExportColumn,
    edition_of,
    export_of,
    exports_in,
    label_known_to,
    untimed_findings,
)
from kkz_eval.deliveries.official.inkar_mapping import indicator_names, measure_of, observation
from kkz_eval.deliveries.official.measured import official_findings
from kkz_eval.deliveries.official.units import of_levels
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.numbers import style_of
from kkz_eval.deliveries.text.records import Decoded, split
from kkz_eval.deliveries.workbook.sheet_cells import cells_of
from kkz_eval.deliveries.workbook.sheets import Sheet, Value, number_of, text_of
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.parsed import ParsedTable

WORKBOOK = "inkar_workbook"  # layout of contracts
_MOST_LINES_AROUND = 200  # above and below the records that are looked at
_SHOWN = 8  # hidden columns that a finding names


def read_workbook(workbook: Sequence[Sheet], contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...] | Unclaimed | None:
    """A table for each contract that knows an indicator of the export; Unclaimed where none does; None for another layout.

    A hidden sheet with such a table is not read, and named.
    """
    exports = exports_in(workbook)
    if not exports:
        return None
    parsed = _read_exports(exports, edition_of([sheet.rows for sheet in workbook]), contracts)
    if isinstance(parsed, Unclaimed):
        return parsed
    kind = "reader_sheet_hidden"
    hidden = [sheet.name for sheet in workbook if not sheet.visible and export_of(sheet.rows, sheet.name) is not None]
    return (with_findings(parsed[0], *(Finding(kind, kind, Severity.WARNING, n, value=n) for n in hidden)), *parsed[1:])


def read_export_text(
    decoded: Decoded, delimiter: str, first: Sequence[Sequence[str]], contracts: Mapping[str, Contract]
) -> tuple[ParsedTable, ...] | Unclaimed | None:
    """The same of an export saved as text; first: its first records. Raises NotTextError (cell_too_long)."""
    if export_of(_of_one_width(first), None) is None:
        return None
    records = split(decoded, delimiter)
    export = export_of(_of_one_width(records.rows), None)
    if export is None:
        return None
    found = _read_exports([export], edition_of([export.rows]), contracts)
    cut = Finding("reader_cut_off", "reader_cut_off", Severity.ERROR, row=len(records.rows))
    return found if isinstance(found, Unclaimed) or not records.cut else tuple(with_findings(table, cut) for table in found)


def _of_one_width(rows: Sequence[Sequence[str]]) -> list[list[Value]]:
    width = max(map(len, rows), default=0)
    return [[*cells, *[""] * (width - len(cells))] for cells in rows]


def _read_exports(
    exports: Sequence[Export], edition: str, contracts: Mapping[str, Contract]
) -> tuple[ParsedTable, ...] | Unclaimed:
    serving = [contract for contract in contracts.values() if WORKBOOK in contract.layouts and contract.measure_from]
    known = {contract.id: indicator_names(contract) for contract in serving}
    labels = {column.label: column for export in exports for column in export.columns}
    unknown = frozenset(
        label for label, column in labels.items() if all(label_known_to(column, names) is None for names in known.values())
    )
    parsed = [
        _read_export(contract, export, known[contract.id], unknown, edition)
        for contract in serving
        for export in exports
        if any(label_known_to(column, known[contract.id]) is not None for column in export.columns)
    ]
    return tuple(parsed) if parsed else Unclaimed("labels", {"labels": ", ".join(f"„{label}“" for label in labels)})


@dataclass(frozen=True)
class _Block:
    """What a contract takes of an export: 0-based rows of its records and columns of its values, with the label of each column."""

    rows: Sequence[int]
    columns: Sequence[ExportColumn]
    labels: Sequence[tuple[int, str]]


def _read_export(contract: Contract, export: Export, known: Names, unknown: frozenset[str], edition: str) -> ParsedTable:
    taken = [(column, label) for column in export.columns if (label := label_known_to(column, known)) is not None]
    records = export.records()
    keys = pa.array([_text(export, row, export.key) for row in records], pa.string())
    words = None if export.word is None else pa.array([_text(export, row, export.word) for row in records], pa.string())
    kept = [row for row, keep in zip(records, of_levels(keys, words, contract.levels).tolist(), strict=True) if keep]
    block = _Block(kept, [column for column, _ in taken], [label for _, label in taken])
    cells = _cells_of(contract, export, block)
    n_records = len(kept) * len(taken)
    empty = [] if n_records else [Finding("reader_no_rows", "reader_no_rows", Severity.ERROR, export.sheet)]
    value = cells[measure_of(contract).name]
    parsed = parsed_table(
        contract,
        WORKBOOK,
        cells,
        n_records,
        style=style_of([value.texts.filter(pc.is_null(cast(pa.Array, value.numbers)))]),
        findings=[
            *_unknown_label_findings(export, unknown, contract.measure_from),
            *untimed_findings(export),
            *_beside_findings(export),
            *official_findings(_texts_around(export, records, measure_of(contract)), export.sheet),
            *_hidden_findings(export),
            *_misnamed_in(contract, export, kept),
            *empty,
        ],
        sheet=export.sheet,
        edition=edition,
        left_out=(len(records) - len(kept)) * len(taken),
    )
    return with_findings(parsed, *missing_units(parsed, contract))


def _text(export: Export, row: int, column: int) -> str:
    return text_of(export.rows[row][column]) or ""


def _cells_of(contract: Contract, export: Export, block: _Block) -> dict[str, Cells]:
    """By property, the cells of all records: row by row, and in it column by column."""
    unit, year, indicator, value = observation(contract)
    kept, columns = block.rows, block.columns
    rows, places = np.array(kept, np.int32), np.array([column.index for column in columns], np.int32)
    of_row, of_column = np.repeat(np.arange(len(kept)), len(columns)), np.tile(np.arange(len(columns)), len(kept))
    years = [(column.year_row, column.index, column.year) for column in columns]
    labels = [(row, column.index, text) for column, (row, text) in zip(columns, block.labels, strict=True)]
    cells = {
        unit: _spread(_cells([(row, export.key, export.rows[row][export.key]) for row in kept]), of_row),
        year: _spread(_cells(years), of_column),
        value: _values(export, kept, columns, rows[of_row], places[of_column]),
        indicator: _spread(_cells(labels), of_column),
    }
    if export.name is not None:
        named = property_names(contract).find(str(export.rows[export.header][export.name])) or property_names(contract).find(
            "name"
        )
        if named is not None and named not in cells:
            cells[named] = _spread(_cells([(row, export.name, export.rows[row][export.name]) for row in kept]), of_row)
    return cells


def _misnamed_in(contract: Contract, export: Export, kept: Sequence[int]) -> list[Finding]:
    if export.name is None:
        return []
    keys, names = (pa.array([_text(export, row, of) for row in kept], pa.string()) for of in (export.key, export.name))
    rows = pa.array([row + 1 for row in kept], pa.int32())
    return misnamed(contract, keys, names, rows, export.key + 1, export.sheet)


def _cells(placed: Sequence[tuple[int, int, Value]]) -> Cells:
    """Cells by 0-based row and column."""
    return Cells(
        pa.array([text_of(value) for _, _, value in placed], pa.string()),
        pa.array([row + 1 for row, _, _ in placed], pa.int32()),
        pa.array([column + 1 for _, column, _ in placed], pa.int32()),
        pa.array([number_of(value) for _, _, value in placed], pa.float64()),
    )


def _spread(cells: Cells, places: NDArray[np.int64]) -> Cells:
    """The cells at these places, each as often as it stands there; the texts as a dictionary."""
    at = pa.array(places, pa.int32())
    words = cells.texts.dictionary_encode()
    texts = pa.DictionaryArray.from_arrays(words.indices.take(at), words.dictionary)
    numbers = None if cells.numbers is None else cells.numbers.take(at)
    return Cells(texts, cells.rows.take(at), cells.columns.take(at), numbers)


def _values(
    export: Export, rows: Sequence[int], columns: Sequence[ExportColumn], at_row: NDArray[np.int32], at_column: NDArray[np.int32]
) -> Cells:
    """The cells of these rows and columns, row by row; at_row, at_column: 0-based, of each."""
    texts, numbers = cells_of([[export.rows[row][column.index] for column in columns] for row in rows])
    texts = blank_as_null(texts)
    return Cells(texts, pa.array(at_row + 1, pa.int32()), pa.array(at_column + 1, pa.int32()), numbers)


def _unknown_label_findings(export: Export, unknown: frozenset[str], indicator: str | None) -> list[Finding]:
    first = {column.label: column for column in reversed(export.columns) if column.label in unknown}
    kind = "reader_unknown_label"
    return [
        Finding(kind, kind, Severity.WARNING, export.sheet, column.labels[0][0] + 1, column.index + 1, indicator, value=label)
        for label, column in sorted(first.items(), key=lambda item: item[1].index)
    ]


def _texts_around(export: Export, records: Sequence[int], of: Property) -> Iterator[Said]:
    """The texts above the header and those of the lines that are no records: they may say what the numbers mean."""
    taken = set(records)
    others = (row for row in chain(range(export.header), range(export.first, len(export.rows))) if row not in taken)
    for row in islice(others, _MOST_LINES_AROUND):
        cells = enumerate(export.rows[row])
        yield from (
            Said(row + 1, column + 1, text, (of,), is_note=row > export.header)
            for column, text in cells
            if isinstance(text, str) and text.strip()
        )


def _hidden_findings(export: Export) -> list[Finding]:
    """One warning that names the hidden columns of values; they are not read."""
    if not export.hidden:
        return []
    named = [f"{column.label} {text_of(column.year) or ''}".strip() for column in export.hidden]
    kind, value = "reader_column_hidden_not_read", ", ".join(named[:_SHOWN] + (["…"] if len(named) > _SHOWN else []))
    return [Finding(kind, kind, Severity.WARNING, export.sheet, export.header + 1, export.hidden[0].index + 1, value=value)]


def _beside_findings(export: Export) -> list[Finding]:
    """One warning that names the columns beside the keys that are not read."""
    if not export.beside:
        return []
    kind, named = "official_columns_left_out", ", ".join(f"„{title}“" for title in export.beside.values())
    return [Finding(kind, kind, Severity.WARNING, export.sheet, export.header + 1, min(export.beside) + 1, value=named)]
