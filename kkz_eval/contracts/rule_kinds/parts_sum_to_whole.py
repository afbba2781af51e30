"""Within a row: the parts add up to the whole; not judged where one of them is absent, unreadable or carries a symbol.

A number outside what the contract admits in its column is a finding of its own and not compared.
"""

from __future__ import annotations

import numpy as np

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.judged_table import ROUNDING, JudgedTable, KnownUnits, number_text
from kkz_eval.contracts.parameters import text_values, tolerance
from kkz_eval.contracts.rule_kinds.forms import NUMBER_COLUMN, NUMBER_COLUMNS, TOLERANCE
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    parts, whole = text_values(rule.parameters["parts"]), str(rule.parameters["whole"])
    wholes = table.comparable(whole)
    sums = np.sum([table.comparable(part) for part in parts], axis=0)
    rows = np.flatnonzero(np.abs(wholes - sums) > tolerance(rule) + ROUNDING * np.maximum(np.abs(wholes), 1.0))
    return Hits(rows, whole, [number_text(round(sums[row], 9)) for row in rows])


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    columns = {"parts": text_values(rule.parameters["parts"]), "whole": str(rule.parameters["whole"])}
    return Expectation("ExpectColumnValuesToBeBetween", Computed("gap_in_row", columns), {"max_value": tolerance(rule)})


PARTS_SUM_TO_WHOLE = Kind(
    "parts_sum_to_whole",
    {"parts": NUMBER_COLUMNS, "whole": NUMBER_COLUMN, "tolerance": TOLERANCE},
    _mask,
    _expectation,
)
