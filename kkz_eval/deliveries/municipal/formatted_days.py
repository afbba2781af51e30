"""Counts in cells whose format shows a day: numbers of a measure, not days of birth. No findings: seen_otherwise.py names the format.

Does not belong here: what tells of persons (screening.py), which column is a measure (the readers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.workbook.sheets import Sheet, Value
from kkz_eval.model.parsed import COL, ROW, SHEET, ParsedTable

FORMATTED = (date, time, timedelta)
"""What the reading library makes of a number in a cell whose format shows a day, a time or a span."""

_ONCE = 0.9  # least share of the records that stand alone for a unit, year and group


def with_counts_unformatted(
    workbook: Sequence[Sheet], parsed: Sequence[ParsedTable], contracts: Mapping[str, Contract]
) -> tuple[Sheet, ...]:
    """The sheets with a zero in place of each day that a contract reads as the value of a measure.

    A list of births would name the same unit and year again and again; then its days stay.
    """
    places: dict[str, set[tuple[int, int]]] = {}
    for table in parsed:
        contract = contracts[table.contract_id]
        keys = [of.name for of in contract.properties if of.role != "measure"]
        n_groups = table.table.select([*keys, SHEET]).group_by([*keys, SHEET]).aggregate([]).num_rows
        if n_groups < _ONCE * table.table.num_rows:
            continue
        for of in contract.properties:
            if of.role == "measure":
                at = (pc.fill_null(table.table.column(of.name + which), 0).to_pylist() for which in (ROW, COL))
                for sheet, row, column in zip(table.table.column(SHEET).to_pylist(), *at, strict=True):
                    places.setdefault(sheet, set()).add((row - 1, column - 1))
    return tuple(replace(sheet, rows=_without_days(sheet, places.get(sheet.name, set()))) for sheet in workbook)


def _without_days(sheet: Sheet, places: set[tuple[int, int]]) -> list[list[Value]]:
    return [
        [0 if isinstance(cell, FORMATTED) and (row, column) in places else cell for column, cell in enumerate(cells)]
        for row, cells in enumerate(sheet.rows)
    ]
