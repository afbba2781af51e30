"""What a contract takes of INKAR: its indicators, its level, this Land. No reading, no containers; editions side by side: inkar_editions.py.

The long and the bulk text name an indicator in each record, the table that INKAR exports above each column of values. What is left out is
counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns.header import Names, code_names, fold, property_names
from kkz_eval.deliveries.columns.parsed_table import parsed_table, unit_property, year_property
from kkz_eval.deliveries.columns.scale import says_scale
from kkz_eval.deliveries.columns.typed import blank_as_null
from kkz_eval.deliveries.columns.units_listed import misnamed, missing_units, with_findings
from kkz_eval.deliveries.official import inkar, inkar_export
from kkz_eval.deliveries.official.datencsv_header import is_unit
from kkz_eval.deliveries.official.keyed_records import KeyedRecords, ValueColumn
from kkz_eval.deliveries.official.measured import official_findings, said_around
from kkz_eval.deliveries.official.units import of_levels
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.numbers import style_of
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.model.parsed import ROW, ParsedTable

_LAYOUTS = {inkar.LONG: "inkar_long", inkar.BULK: "inkar_long", inkar_export.FAMILY: "inkar_workbook"}  # of contracts, by family


def observation(contract: Contract) -> tuple[str, str, str, str]:
    """Names of the properties for unit, year, indicator and value. A contract without them can't have a layout of INKAR: ValueError."""
    unit, year = unit_property(contract), year_property(contract)
    if unit is None or year is None or contract.measure_from is None:
        raise ValueError(f"contract {contract.id} has an INKAR layout but not the keys and the dimension it needs")
    return unit.name, year.name, contract.measure_from, measure_of(contract).name


def measure_of(contract: Contract) -> Property:
    """The one measure of a contract with a layout of INKAR. Raises ValueError."""
    measures = [p for p in contract.properties if p.role == "measure"]
    if len(measures) != 1:
        raise ValueError(f"contract {contract.id} has an INKAR layout and so needs one measure, not {len(measures)}")
    return measures[0]


def indicator_names(contract: Contract) -> Names:
    """What the contract calls its indicators."""
    return code_names(contract.property_named(contract.measure_from or ""))


def serving(family: str, contracts: Mapping[str, Contract]) -> list[Contract]:
    """The contracts that take indicators of files of this family."""
    layout = _LAYOUTS.get(family)
    return [contract for contract in contracts.values() if layout in contract.layouts and contract.measure_from]


def claimed(tables: Sequence[KeyedRecords], contracts: Sequence[Contract]) -> tuple[ParsedTable, ...] | Unclaimed:
    """What the contracts that serve the family of these tables take of them: one table for each of both that fit.

    tables: a text, or the sheets of a workbook. Unclaimed where no contract knows an indicator of an exported table; of a text that names them in
    its records the first contract has a table all the same, whose findings say so.
    """
    taken = _by_column(tables, contracts) if tables[0].measure is None else _by_record(tables[0], contracts)
    if not taken:
        labels = dict.fromkeys(column.label for records in tables for column in records.values)
        return Unclaimed("labels", {"labels": ", ".join(f"„{label}“" for label in labels)})
    return tuple(_parsed(one) for one in taken)


@dataclass(frozen=True)
class _Taken:
    """What a contract takes of a table.

    kept: bool, of each record; columns: of values; indicators: 1-based row and text of the label above each of these columns, () where
    the records name the indicator; unknown: findings on labels that no contract knows.
    """

    contract: Contract
    records: KeyedRecords
    kept: pa.Array
    columns: tuple[ValueColumn, ...]
    indicators: tuple[tuple[int, str], ...] = ()
    unknown: tuple[Finding, ...] = ()


def _by_record(records: KeyedRecords, contracts: Sequence[Contract]) -> list[_Taken]:
    """What each contract takes of a text whose records name an indicator; where several serve, of those that know one of it."""
    assert records.measure is not None
    codes = records.measure.codes
    known: dict[str, frozenset[str]] = {}
    for contract in contracts:
        names = indicator_names(contract)
        known[contract.id] = frozenset(code for code in codes.unique().to_pylist() if names.find(code) is not None)
    fitting = contracts if len(contracts) == 1 else [c for c in contracts if known[c.id]] or contracts[:1]
    return [_Taken(c, records, _kept(c, records, codes, known), records.values) for c in fitting]


def _kept(contract: Contract, records: KeyedRecords, codes: pa.Array, known: Mapping[str, frozenset[str]]) -> pa.Array:
    """Which records are the contract's: its level, in this Land, its indicators, and those that no contract knows."""
    own, of_level = known[contract.id], _of_level(contract, records)
    if records.family == inkar.BULK:  # holds every indicator there is
        return pc.and_(of_level, pc.is_in(codes, pa.array(sorted(own), pa.string())))
    foreign = frozenset().union(*known.values()) - own
    return pc.and_(of_level, pc.invert(pc.is_in(codes, pa.array(sorted(foreign), pa.string()))))


def _by_column(tables: Sequence[KeyedRecords], contracts: Sequence[Contract]) -> list[_Taken]:
    """What each contract takes of exported tables, in which an indicator stands above each column of values."""
    known = {contract.id: indicator_names(contract) for contract in contracts}
    labels = {column.label: column for records in tables for column in records.values}
    unknown = {
        label for label, column in labels.items() if all(_label_known_to(column, names) is None for names in known.values())
    }
    found: list[_Taken] = []
    for contract in contracts:
        for records in tables:
            named = [
                (column, label) for column in records.values if (label := _label_known_to(column, known[contract.id])) is not None
            ]
            if named:
                columns, indicators = zip(*named, strict=True)
                said = _unknown_labels(records, unknown, contract.measure_from)
                found.append(_Taken(contract, records, _of_level(contract, records), columns, indicators, said))
    return found


def _of_level(contract: Contract, records: KeyedRecords) -> pa.Array:
    words = next((of.labels for of in records.dimensions if fold(of.variable) in inkar_export.KIND_OF_UNIT), None)
    return pa.array(of_levels(records.keys, words, contract.levels))


def _label_known_to(column: ValueColumn, known: Names) -> tuple[int, str] | None:
    """The text above a column that names an indicator, with its row; None where none does, or another text may change its meaning.

    Beside it may stand its unit and other names of the same indicator. known: what the contract calls its indicators.
    """
    said = {known.find(text) for _, text in column.above} - {None}
    if len(said) == 1 and all(known.find(text) is not None or _is_plain_unit(text) for _, text in column.above):
        return next((row, text) for row, text in column.above if known.find(text) is not None)
    return (column.above[0][0], column.label) if not said and known.find(column.label) is not None else None


def _is_plain_unit(text: str) -> bool:
    bare = text.strip(" ()[]").removeprefix("in ")
    return is_unit(bare) and not says_scale(text) and not says_scale(f"in {bare}")


def _unknown_labels(records: KeyedRecords, unknown: set[str], indicator: str | None) -> tuple[Finding, ...]:
    first = {column.label: column for column in reversed(records.values) if column.label in unknown}
    kind = "reader_unknown_label"
    return tuple(
        Finding(kind, kind, Severity.WARNING, records.sheet, column.above[0][0], column.column, indicator, value=label)
        for label, column in sorted(first.items(), key=lambda item: item[1].column)
    )


def _parsed(taken: _Taken) -> ParsedTable:
    contract, records = taken.contract, taken.records
    n_records = (pc.sum(taken.kept).as_py() or 0) * len(taken.columns)
    cells = _cells(taken, n_records)
    value = cells[measure_of(contract).name]
    unread = value.texts if value.numbers is None else value.texts.filter(value.numbers.is_null())
    empty = [] if n_records else [Finding("reader_no_rows", "reader_no_rows", Severity.ERROR, records.sheet)]
    parsed = parsed_table(
        contract,
        _LAYOUTS[records.family],
        cells,
        n_records,
        style=records.style or style_of([unread]) or records.fallback,
        findings=[
            *taken.unknown,
            *records.findings,
            *official_findings(said_around(records.titles, records.footnotes, measure_of(contract)), records.sheet),
            *_misnamed(taken),
            *empty,
        ],
        sheet=records.sheet,
        edition=records.edition,
        left_out=records.size * len(taken.columns) - n_records,
    )
    return with_findings(_without_open_end(parsed, contract, records), *missing_units(parsed, contract))


def _cells(taken: _Taken, n_records: int) -> dict[str, Cells]:
    """By property, the cells of all records: row by row, and in it column by column."""
    records, columns, kept = taken.records, taken.columns, taken.kept
    of_column = np.tile(np.arange(len(columns)), n_records // len(columns))
    of_row = np.repeat(np.arange(n_records // len(columns)), len(columns))
    _, year, indicator, value = observation(taken.contract)
    rows = pa.array(records.rows)
    cells = {
        name: Cells(blank_as_null(texts), rows, pa.array(np.full(records.size, column, np.int32))).take(kept)
        for name, (texts, column) in _columns_of_records(taken.contract, records).items()
    }
    if len(columns) > 1:
        cells = {name: _spread(of_records, of_row) for name, of_records in cells.items()}
    if records.times is None:
        cells[year] = _spread(_above([(column.time_row, column.column, column.time) for column in columns]), of_column)
    if taken.indicators:
        labels = [(row, column.column, text) for column, (row, text) in zip(columns, taken.indicators, strict=True)]
        cells[indicator] = _spread(_above(labels), of_column)
    held = [column.numbers.filter(kept) for column in columns if column.numbers is not None]
    cells[value] = Cells(
        blank_as_null(_in_turn([column.texts.filter(kept) for column in columns])),
        rows.filter(kept).take(pa.array(of_row)),
        pa.array(np.array([column.column for column in columns], np.int32)[of_column]),
        _in_turn(held) if held else None,
    )
    return cells


def _columns_of_records(contract: Contract, records: KeyedRecords) -> dict[str, tuple[pa.Array, int | None]]:
    """By property, the texts of a column that stands in the records and its place: keys by what they are, others by their names."""
    others = [("name", records.names, records.name_column), *((of.variable, of.labels, of.column) for of in records.dimensions)]
    columns: dict[str, tuple[pa.Array, int | None]] = {}
    for title, texts, column in others:
        name = property_names(contract).find(title)
        if name is not None and texts is not None:
            columns.setdefault(name, (texts, column))
    unit, year, indicator, _ = observation(contract)
    columns[unit] = (records.keys, records.key_column)
    if records.times is not None:
        columns[year] = (records.times, records.time_column)
    if records.measure is not None:
        columns[indicator] = (records.measure.codes, records.measure.code_column)
    return columns


def _above(placed: Sequence[tuple[int | None, int, str | None]]) -> Cells:
    """Cells of the header, by their rows and columns."""
    rows, columns, texts = zip(*placed, strict=True)
    return Cells(pa.array(texts, pa.string()), pa.array(rows, pa.int32()), pa.array(columns, pa.int32()))


def _spread(cells: Cells, places: NDArray[np.int64]) -> Cells:
    """The cells at these places, each as often as it stands there; the texts as a dictionary."""
    at = pa.array(places, pa.int32())
    words = cells.texts.dictionary_encode()
    return Cells(
        pa.DictionaryArray.from_arrays(words.indices.take(at), words.dictionary), cells.rows.take(at), cells.columns.take(at)
    )


def _in_turn(columns: Sequence[pa.Array]) -> pa.Array:
    """Columns of one length as one array: the first entry of each, then the second of each."""
    if len(columns) == 1:
        return columns[0]
    places = np.arange(len(columns) * len(columns[0])).reshape(len(columns), -1).T.ravel()
    return pa.concat_arrays(columns).take(pa.array(places))


def _misnamed(taken: _Taken) -> list[Finding]:
    records = taken.records
    if records.keys is None or records.names is None or records.key_column is None:
        return []
    keys, names, rows = (column.filter(taken.kept) for column in (records.keys, records.names, pa.array(records.rows)))
    return misnamed(taken.contract, keys, names, rows, records.key_column, records.sheet)


def _without_open_end(parsed: ParsedTable, contract: Contract, records: KeyedRecords) -> ParsedTable:
    """The table without its last value, where the last line has no line break: the number may have been cut. Its text stays."""
    name = measure_of(contract).name
    if not records.open_end:
        return parsed
    last_row = int(records.rows[-1])
    last = pc.equal(parsed.table.column(name + ROW), pa.scalar(last_row, pa.int32()))
    if not pc.any(last).as_py():
        return parsed
    text = parsed.texts(name)[-1].as_py()
    if text is None:
        return parsed
    place = parsed.table.schema.get_field_index(name)
    values = pc.if_else(last, pa.scalar(None, parsed.table.schema.field(place).type), parsed.values(name))
    kind = "official_open_end"
    unit, year = (parsed.values(key)[-1].as_py() for key in observation(contract)[:2])
    finding = Finding(kind, kind, Severity.ERROR, None, last_row, records.values[0].column, name, unit, year, text)
    return with_findings(replace(parsed, table=parsed.table.set_column(place, parsed.table.schema.field(place), values)), finding)
