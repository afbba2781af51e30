"""The cell is filled: a value, a symbol, or at least a text (that it can be read is another matter)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kkz_eval.contracts.admitted import admitted
from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits, missing_columns
from kkz_eval.contracts.parameters import column_of
from kkz_eval.contracts.rule_kinds.forms import COLUMN
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind, Limits, hits_where


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    column = column_of(rule)
    if column in missing_columns(table):
        return hits_where(np.zeros(table.table.num_rows, dtype=np.bool_), column, "")
    of = table.contract.property_named(column)
    return hits_where(~table.is_delivered(column, table.has_flag(column)), column, admitted(table.contract, of))


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    return Expectation("ExpectColumnValuesToNotBeNull", Computed("filled", {"column": column_of(rule)}))


def _derived(of: Property, limits: Limits, levels: Sequence[str]) -> Mapping[str, object] | None:
    return {} if (of.required or of.role == "dimension") and not limits.empty_admitted else None


NOT_NULL = Kind("not_null", {"column": COLUMN}, _mask, _expectation, derived=_derived)
