"""The whole value matches the regular expression."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits
from kkz_eval.contracts.parameters import column_of
from kkz_eval.contracts.rule_kinds.forms import COLUMN
from kkz_eval.contracts.rule_kinds.kind import Expectation, Hits, Kind, Limits, Parameter, hits_where


def _is_pattern(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    column, pattern = column_of(rule), str(rule.parameters["pattern"])
    bad = [text for text in table.distinct(column) if not re.fullmatch(pattern, text)]
    return hits_where(table.is_one_of(column, bad), column, pattern)


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    return Expectation("ExpectColumnValuesToMatchRegex", column_of(rule), {"regex": rf"\A(?:{rule.parameters['pattern']})\Z"})


def _derived(of: Property, limits: Limits, levels: Sequence[str]) -> Mapping[str, object] | None:
    return None if limits.pattern is None else {"pattern": limits.pattern}


PATTERN = Kind("pattern", {"column": COLUMN, "pattern": Parameter(_is_pattern)}, _mask, _expectation, derived=_derived)
