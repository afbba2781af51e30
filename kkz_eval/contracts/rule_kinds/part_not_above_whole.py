"""Within a row: part <= whole. A number outside what the contract admits in its column is a finding of its own and not compared."""

from __future__ import annotations

import numpy as np

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits, number_texts
from kkz_eval.contracts.rule_kinds.forms import NUMBER_COLUMN
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    part, whole = str(rule.parameters["part"]), str(rule.parameters["whole"])
    parts, wholes = table.comparable(part), table.comparable(whole)
    rows = np.flatnonzero(parts > wholes)
    return Hits(rows, part, number_texts(wholes[rows], "≤ "))


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    excess = Computed("excess_in_row", {name: str(rule.parameters[name]) for name in ("part", "whole")})
    return Expectation("ExpectColumnValuesToBeBetween", excess, {"max_value": 0.0})


PART_NOT_ABOVE_WHOLE = Kind(
    "part_not_above_whole", {"part": NUMBER_COLUMN, "whole": NUMBER_COLUMN}, _mask, _expectation, waivable=True
)
