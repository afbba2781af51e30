"""INKAR in three layouts: the long text, the bulk text of the BBSR and the exported workbook. No encodings, no containers.

Only units of North Rhine-Westphalia at the contract's level are kept; what is left out is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns import Cells, ags_of, blank_as_null, parsed_table, unit_property, year_property
from kkz_eval.deliveries.header import Names, code_names, fold, property_names
from kkz_eval.deliveries.numbers import Style, style_of
from kkz_eval.deliveries.official.fields import columns_at_once
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.deliveries.sheet_cells import cells_of
from kkz_eval.deliveries.text_table import HEAD, Decoded, Records, split
from kkz_eval.deliveries.units_listed import is_of_another, misnamed, missing_units, with_findings
from kkz_eval.deliveries.workbook import Sheet, number_of, text_of
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.parsed import ROW, ParsedTable

LONG, WORKBOOK = "inkar_long", "inkar_workbook"
_LONG_HEADER = ("bereich", "kreis_ags5", "name", "jahr", "kuerzel", "wert")
_BULK_HEADER = ("bereich", "id", "kuerzel", "indikator", "raumbezug", "kennziffer", "name", "zeitbezug", "wert")
_WORKBOOK_HEADER = ("kennziffer", "raumeinheit", "aggregat")
_AGGREGATES = {"kreis": "kreis", "municipality": "gemeinde"}  # how INKAR's word for the level begins
_DIGITS = {"kreis": 5, "municipality": 8}
_EDITION = re.compile(r"Ausgabe\s+((?:19|20)[0-9]{2})")


@dataclass(frozen=True)
class LongForm:
    """One observation a row: index of the columns for unit, its name, year, indicator, value, and of the level (bulk file only)."""

    unit: int
    name: int
    year: int
    indicator: int
    value: int
    level: int | None


_LONG = LongForm(unit=1, name=2, year=3, indicator=4, value=5, level=None)
_BULK = LongForm(unit=5, name=6, year=7, indicator=2, value=8, level=4)


def long_form(first: Sequence[str]) -> LongForm | None:
    """The long layout that a first record announces, to the letter; None for any other table."""
    header = tuple(cell.strip().casefold() for cell in first)
    return {_LONG_HEADER: _LONG, _BULK_HEADER: _BULK}.get(header)


def read_long(decoded: Decoded, delimiter: str, form: LongForm, contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...]:
    """A table for each contract with this layout; where several have it, for those that know an indicator of the file.

    Raises NotTextError (cell_too_long).
    """
    table = _regular(decoded, delimiter, form) or _irregular(split(decoded, delimiter), form)
    serving = [contract for contract in contracts.values() if LONG in contract.layouts and contract.measure_from]
    known = {contract.id: _known_labels(contract, table.columns[form.indicator]) for contract in serving}
    if len(serving) > 1:
        serving = [contract for contract in serving if known[contract.id]] or serving[:1]
    return tuple(_read_long(contract, table, known) for contract in serving)


def _regular(decoded: Decoded, delimiter: str, form: LongForm) -> _LongTable | None:
    """The table of a file in which every line is a record of the header's width; None for any other."""
    start = decoded.text.find("\n") + 1
    first = decoded.text[:start]
    if not first or '"' in first or decoded.cut:
        return None
    header = first.rstrip("\r\n").split(delimiter)
    columns = columns_at_once(decoded.text[start:], delimiter, len(header))
    if columns is None or pc.any(pc.equal(columns[form.unit], "")).as_py():
        return None
    numbers = pa.array(np.arange(2, len(columns[0]) + 2, dtype=np.int32))
    return _LongTable(header, columns, numbers, form, delimiter, (), decoded.text.endswith(("\n", "\r")))


def _irregular(records: Records, form: LongForm) -> _LongTable:
    """The table of a file record by record, with a finding for each that has another width."""
    header, body = records.rows[0], records.rows[1:]
    filled = [(index + 2, row) for index, row in enumerate(body) if any(row)]
    width = len(header)
    findings = _shape_findings(records, filled, width)
    whole = [(row if len(row) == width else (row + [""] * width)[:width]) for _, row in filled]
    numbers = pa.array([number for number, _ in filled], pa.int32())
    columns = [pa.array(column, pa.string()) for column in zip(*whole, strict=True)] or [pa.array([], pa.string())] * width
    return _LongTable(header, columns, numbers, form, records.delimiter, findings, records.ended)


@dataclass(frozen=True)
class _LongTable:
    """The columns of a long file (string), the row of each record, the findings on its lines; ended: with a line break."""

    header: Sequence[str]
    columns: Sequence[pa.Array]
    numbers: pa.Array
    form: LongForm
    delimiter: str
    findings: Sequence[Finding]
    ended: bool

    @property
    def last_row(self) -> int:
        """1-based, of the last record; 0 where there is none."""
        return int(self.numbers[-1].as_py()) if len(self.numbers) else 0


def _shape_findings(records: Records, filled: Sequence[tuple[int, list[str]]], width: int) -> list[Finding]:
    found: list[Finding] = []
    for number, row in filled:
        if len(row) < width:
            found.append(Finding("reader_short_row", "reader_short_row", Severity.ERROR, row=number, allowed=str(width)))
        elif len(row) > width and any(row[width:]):
            found.append(
                Finding(
                    "reader_long_row",
                    "reader_long_row",
                    Severity.ERROR,
                    None,
                    number,
                    width + 1,
                    value=row[width],
                    allowed=str(width),
                )
            )
    if records.cut:
        found.append(Finding("reader_cut_off", "reader_cut_off", Severity.ERROR, row=len(records.rows)))
    return found


def _known_labels(contract: Contract, labels: pa.Array) -> frozenset[str]:
    """The texts of the file that name an indicator of the contract."""
    lookup = _indicator_names(contract)
    return frozenset(label for label in labels.unique().to_pylist() if lookup.find(label) is not None)


def _read_long(contract: Contract, table: _LongTable, known: Mapping[str, frozenset[str]]) -> ParsedTable:
    keep = _kept(contract, table, known)
    cells = {
        name: Cells(
            blank_as_null(table.columns[index]), table.numbers, pa.array(np.full(len(table.numbers), index + 1, np.int32))
        ).take(keep)
        for name, index in _long_columns(contract, table.header, table.form).items()
    }
    n_records = pc.sum(keep).as_py() or 0
    empty = [] if n_records else [Finding("reader_no_rows", "reader_no_rows", Severity.ERROR)]
    parsed = parsed_table(
        contract,
        LONG,
        cells,
        n_records,
        style=_long_style(table, cells[_measure(contract).name].texts),
        findings=[*table.findings, *_misnamed(contract, table, keep), *empty],
        left_out=len(table.numbers) - n_records,
    )
    return with_findings(_without_open_end(parsed, contract, table), *missing_units(parsed, contract))


def _misnamed(contract: Contract, table: _LongTable, keep: pa.Array) -> list[Finding]:
    columns = (table.columns[table.form.unit], table.columns[table.form.name], table.numbers)
    keys, names, rows = (column.filter(keep) for column in columns)
    return misnamed(contract, keys, names, rows, table.form.unit + 1, None)


def _without_open_end(parsed: ParsedTable, contract: Contract, table: _LongTable) -> ParsedTable:
    """The table without its last value, where the last line has no line break: the number may have been cut. Its text stays."""
    name = _measure(contract).name
    rows = parsed.table.column(name + ROW)
    last = pc.equal(rows, pa.scalar(table.last_row, pa.int32()))
    if table.ended or not pc.any(last).as_py():
        return parsed
    text = parsed.texts(name)[-1].as_py()
    if text is None:
        return parsed
    place = parsed.table.schema.get_field_index(name)
    values = pc.if_else(last, pa.scalar(None, parsed.table.schema.field(place).type), parsed.values(name))
    kind = "official_open_end"
    unit, year = (parsed.values(key)[-1].as_py() for key in _observation(contract)[:2])
    finding = Finding(kind, kind, Severity.ERROR, None, table.last_row, table.form.value + 1, name, unit, year, text)
    return with_findings(replace(parsed, table=parsed.table.set_column(place, parsed.table.schema.field(place), values)), finding)


def _kept(contract: Contract, table: _LongTable, known: Mapping[str, frozenset[str]]) -> pa.Array:
    """Which records are the contract's (bool): its level, in this Land, its indicators, and those that no contract knows."""
    form, own = table.form, known[contract.id]
    keep, labels = _of_level(contract, table.columns[form.unit]), table.columns[form.indicator]
    if form.level is None:
        foreign = frozenset().union(*known.values()) - own
        return pc.and_(keep, pc.invert(pc.is_in(labels, pa.array(sorted(foreign), pa.string()))))
    # The bulk file holds every indicator and level there is.
    begins = tuple(_AGGREGATES[level] for level in contract.levels if level in _AGGREGATES)
    words = [word for word in table.columns[form.level].unique().to_pylist() if fold(word).startswith(begins)]
    of_level = pc.is_in(table.columns[form.level], pa.array(words, pa.string()))
    return pc.and_(pc.and_(keep, of_level), pc.is_in(labels, pa.array(sorted(own), pa.string())))


def _long_style(table: _LongTable, values: pa.Array) -> Style | None:
    """How the values are written: with a point between commas; else as they show; in the bulk file with a comma if they don't."""
    if table.delimiter == ",":
        return Style.POINT
    shown = style_of([values])
    return Style.COMMA if shown is None and table.form.level is not None else shown


def _long_columns(contract: Contract, header: Sequence[str], form: LongForm) -> dict[str, int]:
    """Property to index of its column: the four of the layout by their roles, others by their names."""
    named = property_names(contract)
    columns: dict[str, int] = {}
    for index, title in enumerate(header):
        name = named.find(title)
        if name is not None:
            columns.setdefault(name, index)
    columns.update(zip(_observation(contract), (form.unit, form.year, form.indicator, form.value), strict=True))
    return columns


def _observation(contract: Contract) -> tuple[str, str, str, str]:
    """Names of the properties for unit, year, indicator and value. A contract without them can't have this layout: ValueError."""
    unit, year = unit_property(contract), year_property(contract)
    if unit is None or year is None or contract.measure_from is None:
        raise ValueError(f"contract {contract.id} has an INKAR layout but not the keys and the dimension it needs")
    return unit.name, year.name, contract.measure_from, _measure(contract).name


def _measure(contract: Contract) -> Property:
    measures = [p for p in contract.properties if p.role == "measure"]
    if len(measures) != 1:
        raise ValueError(f"contract {contract.id} has an INKAR layout and so needs one measure, not {len(measures)}")
    return measures[0]


def _indicator_names(contract: Contract) -> Names:
    return code_names(contract.property_named(contract.measure_from or ""))


def _of_level(contract: Contract, keys: pa.Array) -> pa.Array:
    """Which records to keep (bool): keys of the level in North Rhine-Westphalia, and what is no key at all, to be reported."""
    encoded = keys.dictionary_encode()
    levels = tuple(contract.levels)
    wanted = [_is_wanted(key, levels) for key in encoded.dictionary.to_pylist()]
    return pa.array(wanted, pa.bool_()).take(encoded.indices)


@lru_cache(maxsize=65536)
def _is_wanted(key: str, levels: tuple[str, ...]) -> bool:
    digits = "".join(key.split())
    if not (digits.isascii() and digits.isdigit()):
        return True
    ags = ags_of(digits)
    if ags is None:
        return digits.startswith("05") and len(digits) in (4, 6, 7)  # a key of this Land with digits lost
    return len(ags) in {_DIGITS[level] for level in levels if level in _DIGITS}


@dataclass(frozen=True)
class _Export:
    """The sheet of data of an exported workbook: index of the row of labels (the years stand below it), labels by column."""

    sheet: Sheet
    row: int
    labels: Mapping[int, str]


def read_workbook(workbook: Sequence[Sheet], contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...] | Unclaimed | None:
    """A table for each contract that knows an indicator of the export; Unclaimed where none does; None for another layout."""
    exports = [export for sheet in workbook if (export := _export(sheet)) is not None]
    if not exports:
        return None
    edition = _edition(workbook)
    serving = [contract for contract in contracts.values() if WORKBOOK in contract.layouts and contract.measure_from]
    known = {contract.id: _indicator_names(contract) for contract in serving}
    labels = [label for export in exports for label in dict.fromkeys(export.labels.values())]
    unknown = frozenset(label for label in labels if all(names.find(label) is None for names in known.values()))
    parsed = [
        _read_export(contract, export, known[contract.id], unknown, edition)
        for contract in serving
        for export in exports
        if any(known[contract.id].find(label) is not None for label in export.labels.values())
    ]
    return tuple(parsed) if parsed else Unclaimed("labels", {"labels": ", ".join(f"„{label}“" for label in labels)})


def _export(sheet: Sheet) -> _Export | None:
    for row, cells in enumerate(sheet.rows[:HEAD]):
        if tuple(fold(str(cell)) for cell in cells[:3]) == _WORKBOOK_HEADER and row + 1 < len(sheet.rows):
            return _Export(sheet, row, _labels(cells, sheet.rows[row + 1]))
    return None


def _labels(cells: Sequence[object], years: Sequence[object]) -> dict[int, str]:
    """Label by column; a merged label stands in the first of its columns only."""
    labels: dict[int, str] = {}
    label = ""
    for column in range(3, len(cells)):
        label = str(cells[column]).strip() or label
        if label and str(years[column]).strip():
            labels[column] = label
    return labels


def _edition(workbook: Sequence[Sheet]) -> str:
    """The edition that the sheet of the source names, "" where it names none."""
    for sheet in workbook:
        for row in sheet.rows if fold(sheet.name) == "quellangabe" else []:
            for cell in row:
                match = _EDITION.search(str(cell))
                if match:
                    return match.group(1)
    return ""


def _read_export(contract: Contract, export: _Export, known: Names, unknown: frozenset[str], edition: str) -> ParsedTable:
    sheet = export.sheet
    columns = [column for column, label in export.labels.items() if known.find(label) is not None]
    body = range(export.row + 2, len(sheet.rows))
    filled = [row for row in body if text_of(sheet.rows[row][0]) is not None]
    kept = _kept_rows(sheet, filled, contract)
    unit, year, indicator, value = _observation(contract)
    rows, places = np.array(kept, np.int32), np.array(columns, np.int32)
    of_row, of_column = np.repeat(np.arange(len(kept)), len(columns)), np.tile(np.arange(len(columns)), len(kept))
    cells = {
        unit: _spread(_cells(sheet, [(row, 0) for row in kept]), of_row),
        year: _spread(_cells(sheet, [(export.row + 1, column) for column in columns]), of_column),
        value: _values(sheet, kept, columns, rows[of_row], places[of_column]),
        indicator: _spread(_label_cells(export, columns), of_column),
    }
    named = property_names(contract).find(str(sheet.rows[export.row][1])) or property_names(contract).find("name")
    if named is not None and named not in cells:
        cells[named] = _spread(_cells(sheet, [(row, 1) for row in kept]), of_row)
    n_records = len(kept) * len(columns)
    empty = [] if n_records else [Finding("reader_no_rows", "reader_no_rows", Severity.ERROR, sheet.name)]
    named_otherwise = [
        Finding("official_other_name", "official_other_name", Severity.ERROR, sheet.name, row + 1, 1, value=key, allowed=name)
        for row in kept
        for key, name in [(text_of(sheet.rows[row][0]) or "", text_of(sheet.rows[row][1]) or "")]
        if is_of_another(contract, key, name)
    ]
    return parsed_table(
        contract,
        WORKBOOK,
        cells,
        n_records,
        style=style_of([cells[value].texts.filter(pc.is_null(cast(pa.Array, cells[value].numbers)))]),
        findings=[*_unknown_label_findings(export, unknown, indicator), *named_otherwise, *empty],
        sheet=sheet.name,
        edition=edition,
        left_out=(len(filled) - len(kept)) * len(columns),
    )


def _kept_rows(sheet: Sheet, rows: Sequence[int], contract: Contract) -> list[int]:
    """The rows of the contract's level in this Land, and those that are no unit at all."""
    begins = tuple(_AGGREGATES[level] for level in contract.levels if level in _AGGREGATES)
    words = {str(sheet.rows[row][2]) for row in rows}
    fitting = {word for word in words if not fold(word) or fold(word).startswith(begins)}
    levels = tuple(contract.levels)
    return [row for row in rows if str(sheet.rows[row][2]) in fitting and _is_wanted(text_of(sheet.rows[row][0]) or "", levels)]


def _cells(sheet: Sheet, places: Sequence[tuple[int, int]]) -> Cells:
    values = [sheet.rows[row][column] for row, column in places]
    return Cells(
        pa.array([text_of(value) for value in values], pa.string()),
        pa.array([row + 1 for row, _ in places], pa.int32()),
        pa.array([column + 1 for _, column in places], pa.int32()),
        pa.array([number_of(value) for value in values], pa.float64()),
    )


def _spread(cells: Cells, places: NDArray[np.int64]) -> Cells:
    """The cells at these places, each as often as it stands there; the texts as a dictionary."""
    at = pa.array(places, pa.int32())
    words = cells.texts.dictionary_encode()
    texts = pa.DictionaryArray.from_arrays(words.indices.take(at), words.dictionary)
    numbers = None if cells.numbers is None else cells.numbers.take(at)
    return Cells(texts, cells.rows.take(at), cells.columns.take(at), numbers)


def _values(
    sheet: Sheet, rows: Sequence[int], columns: Sequence[int], at_row: NDArray[np.int32], at_column: NDArray[np.int32]
) -> Cells:
    """The cells of these rows and columns, row by row; at_row, at_column: 0-based, of each."""
    texts, numbers = cells_of([[cells[column] for column in columns] for cells in map(sheet.rows.__getitem__, rows)])
    texts = blank_as_null(texts)
    return Cells(texts, pa.array(at_row + 1, pa.int32()), pa.array(at_column + 1, pa.int32()), numbers)


def _label_cells(export: _Export, columns: Sequence[int]) -> Cells:
    return Cells(
        pa.array([export.labels[column] for column in columns], pa.string()),
        pa.array([export.row + 1] * len(columns), pa.int32()),
        pa.array([column + 1 for column in columns], pa.int32()),
    )


def _unknown_label_findings(export: _Export, unknown: frozenset[str], indicator: str) -> list[Finding]:
    first = {label: column for column, label in reversed(list(export.labels.items())) if label in unknown}
    kind = "reader_unknown_label"
    return [
        Finding(kind, kind, Severity.WARNING, export.sheet.name, export.row + 1, column + 1, indicator, value=label)
        for label, column in sorted(first.items(), key=lambda item: item[1])
    ]
