"""Between rows: the value of a code <= the value of the code `total`, all else equal.

A number outside what the contract admits in its column is a finding of its own and not compared.
"""

from __future__ import annotations

import numpy as np

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits, number_texts
from kkz_eval.contracts.parameters import measure_dimension_total, other_key_columns, tolerance
from kkz_eval.contracts.rule_kinds.forms import CODE, COLUMN, NUMBER_COLUMN, TOLERANCE, dimension_problems
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    measure, dimension, total = measure_dimension_total(rule)
    values, groups = table.comparable(measure), table.groups_by(other_key_columns(table.contract.properties, dimension))
    is_total = table.is_one_of(dimension, [total])
    usable = is_total & ~np.isnan(values)
    totals = np.where(groups.count(is_total) == 1, groups.total(values, usable), np.nan)
    totals[~groups.any_in(usable)] = np.nan
    of_row = np.full(len(values), np.nan)
    grouped = groups.of_row >= 0
    of_row[grouped] = totals[groups.of_row[grouped]]
    rows = np.flatnonzero(~is_total & table.has_value(dimension) & (values > of_row + tolerance(rule)))
    return Hits(rows, measure, number_texts(of_row[rows], "≤ "))


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    measure, dimension, total = measure_dimension_total(rule)
    excess = Computed("excess_over_total", {"measure": measure, "dimension": dimension, "total": total})
    return Expectation("ExpectColumnValuesToBeBetween", excess, {"max_value": tolerance(rule)})


PART_NOT_ABOVE_TOTAL = Kind(
    "part_not_above_total",
    {"measure": NUMBER_COLUMN, "dimension": COLUMN, "total": CODE, "tolerance": TOLERANCE},
    _mask,
    _expectation,
    problems=dimension_problems,
    waivable=True,
)
