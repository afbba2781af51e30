"""The key is one of the register, at one of the levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits
from kkz_eval.contracts.parameters import column_of, known_ids, text_values
from kkz_eval.contracts.rule_kinds.forms import COLUMN, all_kept, is_filled
from kkz_eval.contracts.rule_kinds.kind import Expectation, Hits, Kind, Limits, Parameter, hits_where
from kkz_eval.model.symbols import SEPARATOR


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    column, levels = column_of(rule), text_values(rule.parameters["levels"])
    known = table.is_one_of(column, sorted(known_ids(rule, table.known_units)))
    return hits_where(table.has_value(column) & ~known, column, SEPARATOR.join(levels))


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    return Expectation("ExpectColumnValuesToBeInSet", column_of(rule), {"value_set": sorted(known_ids(rule, known_units))})


def _derived(of: Property, limits: Limits, levels: Sequence[str]) -> Mapping[str, object] | None:
    return {"levels": tuple(levels)} if of.form == "ags" else None


UNIT_KNOWN = Kind(
    "unit_known", {"column": COLUMN, "levels": Parameter(is_filled, eased=all_kept)}, _mask, _expectation, derived=_derived
)
