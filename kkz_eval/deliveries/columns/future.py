"""Years that no delivery can speak about yet. No clock: the day is given by the caller."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table
from kkz_eval.model.parsed import FLAG, SHEET, TEXT, ParsedTable


def with_future_found(parsed: ParsedTable, contract: Contract, today: date) -> ParsedTable:
    """The table with an error for each unit and year of which no figures can be whole yet, at its first record that has any.

    A row without a figure is none: templates name the next year before it is over, and "comes later" (`...`) is true.
    """
    last = contract.last_year_complete(today)
    table = parsed.table
    if not pc.any(pc.greater(table.column("year"), last), min_count=0).as_py():
        return parsed
    figures = reduce(pc.or_, (_has_figure(table, of.name) for of in contract.properties if of.role == "measure"))
    late = pc.and_(pc.greater(table.column("year"), last).fill_null(False), figures)
    allowed = f"{last - 1}/{last % 100:02d}" if contract.property_named("year").form == "school_year" else str(last)
    columns = ["unit_id", "year", "year" + TEXT, "year__row", "year__col", SHEET]
    first: dict[tuple[str | None, int], Finding] = {}
    for record in table.filter(late).select(columns).to_pylist():
        unit, year = record["unit_id"], record["year"]
        if (unit, year) not in first:
            kind = "year_in_future"
            at = (record[SHEET], record["year__row"], record["year__col"])
            said = record["year" + TEXT] or str(year)
            first[(unit, year)] = Finding(kind, kind, Severity.ERROR, *at, "year", unit, year, said, allowed)
    return replace(parsed, findings=concat_findings([parsed.findings, findings_table(list(first.values()))]))


def _has_figure(table: pa.Table, name: str) -> pa.ChunkedArray:
    """Where a measure has a number, or a text that should be one."""
    said = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(table.column(name + TEXT)), ""), False)
    return pc.or_(table.column(name).is_valid(), pc.and_(said, table.column(name + FLAG).is_null()))
