"""Years that no delivery can speak about yet. No clock: the day is given by the caller."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow.compute as pc

from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table
from kkz_eval.model.parsed import SHEET, ParsedTable

AHEAD = {"official": 0, "municipal": 1}  # years after the current one, by source: a municipal school year is named after its end


def with_future_found(parsed: ParsedTable, source: str, today: date) -> ParsedTable:
    """The table with an error for each unit and year that lies later than the last year of its source, at its first record.

    source: of the contract; last year: that of `today` for official figures, the one after it for municipal ones.
    """
    last = today.year + AHEAD[source]
    table = parsed.table
    late = table.filter(pc.greater(table.column("year"), last)).select(["unit_id", "year", "year__row", "year__col", SHEET])
    if late.num_rows == 0:
        return parsed
    first: dict[tuple[str | None, int], Finding] = {}
    for record in late.to_pylist():
        unit, year = record["unit_id"], record["year"]
        if (unit, year) not in first:
            kind = "year_in_future"
            at = (record[SHEET], record["year__row"], record["year__col"])
            first[(unit, year)] = Finding(kind, kind, Severity.ERROR, *at, "year", unit, year, str(year), str(last))
    found = concat_findings([parsed.findings, findings_table(list(first.values()))])
    return replace(parsed, findings=found)
