"""The parsed table of a contract, from the columns of text that a layout found. No layouts, no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns.typed import TypedColumn, typed
from kkz_eval.deliveries.columns.unread import Keys, unread_cells
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.model.findings import FINDINGS_SCHEMA, Finding, concat_findings, findings_table
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import city_keys

IGNORED = b"rows_ignored"  # keys of the metadata of ParsedTable.table: lines that are no records (titles, footnotes, blank ones)
LEFT_OUT = b"records_left_out"  # records of other units, levels or indicators than the contract's
_BESIDES = (pa.string(), pa.string(), pa.int32(), pa.int32())  # text, flag, row, column


def parsed_table(
    contract: Contract,
    layout: str,
    cells: Mapping[str, Cells],
    n_records: int,
    *,
    style: Style | None,
    findings: Sequence[Finding] = (),
    sheet: str | None = None,
    edition: str = "",
    titles: Mapping[str, str] | None = None,
    ignored: int = 0,
    left_out: int = 0,
) -> ParsedTable:
    """The parsed table of a contract from the columns that a layout found.

    cells: by property; a property without cells takes its default. findings: what the layout found itself, first in the
    result. Findings that have a row take unit and year from the record of that row. titles: headers as delivered, by property.
    """
    unit = unit_property(contract)
    columns: list[pa.Array] = []
    typed_columns: dict[str, TypedColumn] = {}
    for of in contract.properties:
        found = cells.get(of.name)
        kind = contract.schema.field(of.name).type
        if found is None:
            columns += [_default(of, kind, n_records), *(pa.nulls(n_records, t) for t in _BESIDES)]
            continue
        column = typed(of, found, style)
        if of is unit:
            column = replace(column, values=_as_delivering(column.values, contract))
        typed_columns[of.name] = column
        columns += [column.values, pc.cast(found.texts, pa.string()), column.flags, found.rows, found.columns]
    columns.append(pa.repeat(pa.scalar(sheet, pa.string()), n_records))
    schema = contract.schema.with_metadata({IGNORED: str(ignored).encode(), LEFT_OUT: str(left_out).encode()})
    table = pa.Table.from_arrays(columns, schema=schema)
    keys = _keys(contract, typed_columns, n_records)
    own = _placed(findings_table(findings), contract, cells, keys)
    unread = unread_cells(contract, cells, typed_columns, keys, sheet, style)
    return ParsedTable(contract.id, layout, table, concat_findings([own, *unread]), edition, titles or {})


def _as_delivering(units: pa.Array, contract: Contract) -> pa.Array:
    """Keys of units, those of kreisfreie Städte with 8 digits where a delivery wrote the 5 of the Kreis: else one city would be two units."""
    if contract.source != "municipal" or {"municipality", "youth_office"}.isdisjoint(contract.levels):
        return units
    cities = city_keys()
    at = pc.index_in(units, value_set=pa.array(list(cities), pa.string()))
    return units if at.null_count == len(at) else pc.coalesce(pa.array(list(cities.values()), pa.string()).take(at), units)


def _default(of: Property, kind: pa.DataType, n_records: int) -> pa.Array:
    if of.default is None:
        return pa.nulls(n_records, kind)
    return pc.cast(pa.repeat(pa.scalar(of.default, pa.string()), n_records), kind)


def _keys(contract: Contract, typed_columns: Mapping[str, TypedColumn], n_records: int) -> Keys:
    unit, year = unit_property(contract), year_property(contract)
    no_unit, no_year = pa.nulls(n_records, pa.string()), pa.nulls(n_records, pa.int32())
    return Keys(
        typed_columns[unit.name].values if unit is not None and unit.name in typed_columns else no_unit,
        pc.cast(typed_columns[year.name].values, pa.int32()) if year is not None and year.name in typed_columns else no_year,
    )


def _placed(findings: pa.Table, contract: Contract, cells: Mapping[str, Cells], keys: Keys) -> pa.Table:
    """Findings of the layout, with the unit and year of the record in their row, where a row is one record."""
    unit = unit_property(contract)
    if findings.column("row").null_count == findings.num_rows or unit is None or unit.name not in cells:
        return findings
    rows = cells[unit.name].rows
    if len(pc.unique(rows)) < len(rows):
        return findings
    record = pc.index_in(findings.column("row"), value_set=rows.drop_null()).combine_chunks()
    for name, of_records in (("unit_id", keys.units), ("year", keys.years)):
        of = of_records.filter(rows.is_valid()).take(record)
        found = pc.if_else(record.is_valid(), of, findings.column(name).combine_chunks())
        findings = findings.set_column(findings.schema.get_field_index(name), FINDINGS_SCHEMA.field(name), found)
    return findings


def unit_property(contract: Contract) -> Property | None:
    """The property that holds the key of the unit."""
    return next((p for p in contract.properties if p.role == "key" and p.form == "ags"), None)


def year_property(contract: Contract) -> Property | None:
    """The property that holds the reporting year."""
    return next((p for p in contract.properties if p.role == "key" and p.form in ("year", "school_year")), None)
