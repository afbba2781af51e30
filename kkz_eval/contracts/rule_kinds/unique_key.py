"""No two rows agree in all columns; `at` is the column shown."""

from __future__ import annotations

import numpy as np

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits
from kkz_eval.contracts.parameters import text_values
from kkz_eval.contracts.rule_kinds.forms import COLUMN, COLUMNS
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    at, groups = str(rule.parameters["at"]), table.groups_by(text_values(rule.parameters["columns"]))
    positions = np.arange(table.table.num_rows, dtype=np.int64)
    if not groups.n:
        return Hits(positions[:0], at, [])
    first = groups.first_row()[groups.of_row]
    rows = np.flatnonzero((groups.of_row >= 0) & (first != positions))
    return Hits(rows, at, table.addresses(at, first[rows]))


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    earlier = Computed("earlier_rows", {"columns": text_values(rule.parameters["columns"])})
    return Expectation("ExpectColumnValuesToBeBetween", earlier, {"max_value": 0.0})


UNIQUE_KEY = Kind(
    "unique_key", {"columns": COLUMNS._replace(follows=True), "at": COLUMN._replace(follows=True)}, _mask, _expectation
)
