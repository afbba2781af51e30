"""Between rows: the codes `parts` (all others by default) add up to `total`, all else equal.

Not judged where a part or the total is absent, doubled, unreadable or carries a symbol. A number outside what the contract admits in its
column is a finding of its own and not compared.
"""

from __future__ import annotations

import numpy as np

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.judged_table import ROUNDING, JudgedTable, KnownUnits, number_texts
from kkz_eval.contracts.parameters import demanded_codes, measure_dimension_total, other_key_columns, tolerance
from kkz_eval.contracts.rule_kinds.forms import CODE, COLUMN, NUMBER_COLUMN, OPTIONAL_CODES, TOLERANCE, dimension_problems
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    measure, dimension, total = measure_dimension_total(rule)
    values, groups = table.comparable(measure), table.groups_by(other_key_columns(table.contract.properties, dimension))
    is_total = table.is_one_of(dimension, [total])
    is_number = ~np.isnan(values)  # a number marked as provisional, estimated or in brackets counts as well
    complete = np.ones(groups.n, dtype=np.bool_)
    is_part = np.zeros(len(values), dtype=np.bool_)
    for code in (*demanded_codes(rule, table.contract), total):
        has_code = table.is_one_of(dimension, [code])
        complete &= (groups.count(has_code) == 1) & (groups.count(has_code & is_number) == 1)
        if code != total:
            is_part |= has_code
    sums = groups.total(values, is_part & is_number)
    totals = groups.total(values, is_total & is_number)
    fails = complete & (np.abs(totals - sums) > tolerance(rule) + ROUNDING * np.maximum(np.abs(totals), 1.0))
    rows = np.flatnonzero(is_total & (groups.of_row >= 0))
    rows = rows[fails[groups.of_row[rows]]]
    return Hits(rows, measure, number_texts(np.round(sums[groups.of_row[rows]], 9)))


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    measure, dimension, total = measure_dimension_total(rule)
    parts = demanded_codes(rule, contract)
    gap = Computed("gap_to_parts", {"measure": measure, "dimension": dimension, "total": total, "parts": parts})
    return Expectation("ExpectColumnValuesToBeBetween", gap, {"max_value": tolerance(rule)})


PARTS_SUM_TO_TOTAL = Kind(
    "parts_sum_to_total",
    {"measure": NUMBER_COLUMN, "dimension": COLUMN, "total": CODE, "parts": OPTIONAL_CODES, "tolerance": TOLERANCE},
    _mask,
    _expectation,
    problems=dimension_problems,
    waivable=True,
    demands_all_codes=True,
)
