"""The cell is a list of codes, each one of the code list's names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kkz_eval.contracts.contract import CODE_SEPARATOR, Contract, Property, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits
from kkz_eval.contracts.parameters import column_of, text_values
from kkz_eval.contracts.rule_kinds.forms import CODES_OF_COLUMN, COLUMN, labels, list_problems
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind, Limits, hits_where


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    column, codes = column_of(rule), text_values(rule.parameters["codes"])
    known = [text for text in table.distinct(column) if set(text.split(CODE_SEPARATOR)) <= set(codes)]
    delivered = table.has_value(column) | (table.has_text(column) & ~table.has_flag(column))
    allowed = labels(table.contract.property_named(column), codes)
    return hits_where(delivered & ~table.is_one_of(column, known), column, allowed)


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    one = "|".join(re.escape(code) for code in text_values(rule.parameters["codes"]))
    regex = rf"\A(?:{one})(?:{CODE_SEPARATOR}(?:{one}))*\Z"
    return Expectation(
        "ExpectColumnValuesToMatchRegex", Computed("delivered_code", {"column": column_of(rule)}), {"regex": regex}
    )


def _derived(of: Property, limits: Limits, levels: Sequence[str]) -> Mapping[str, object] | None:
    return {"codes": tuple(code.code for code in of.codes)} if of.codes and of.form == "codes" else None


IN_CODE_LIST = Kind(
    "in_code_list", {"column": COLUMN, "codes": CODES_OF_COLUMN}, _mask, _expectation, problems=list_problems, derived=_derived
)
