"""What the parameters of a rule say: lists, bounds, codes, conditions, as typed values. Not which a kind takes (rule_kinds/)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.errors import RuleError
from kkz_eval.model.findings import Severity


def text_values(value: object) -> tuple[str, ...]:
    """A parameter that is a list of texts. Raises TypeError where it is none."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"a list of texts is expected, got {value!r}")
    return tuple(str(item) for item in value)


def column_of(rule: Rule) -> str:
    """The column that a rule about one cell looks at."""
    return str(rule.parameters["column"])


def measure_dimension_total(rule: Rule) -> tuple[str, str, str]:
    """The columns that a rule about a total compares and divides, and the code of the total."""
    return str(rule.parameters["measure"]), str(rule.parameters["dimension"]), str(rule.parameters["total"])


def demanded_codes(rule: Rule, contract: Contract) -> tuple[str, ...]:
    """The codes that a rule over a dimension speaks of: those it lists, else all (of parts_sum_to_total: all but the total)."""
    listed = rule.parameters.get("parts", rule.parameters.get("codes"))
    if listed is not None:
        return text_values(listed)
    codes = contract.property_named(str(rule.parameters["dimension"])).codes
    return tuple(code.code for code in codes if code.code != rule.parameters.get("total"))


def tolerance(rule: Rule) -> float:
    """By how much a sum may differ from its total, in the measure's unit; 0 unless the rule says otherwise."""
    value = rule.parameters.get("tolerance", 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RuleError("rule_parameter_value", rule=rule.rule_id, parameter="tolerance", value=value)
    return float(value)


def bound(rule: Rule, name: str) -> float | None:
    """`minimum` or `maximum` of a range rule, None where it has none."""
    value = rule.parameters.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RuleError("rule_parameter_value", rule=rule.rule_id, parameter=name, value=value)
    return float(value)


def condition(rule: Rule) -> dict[str, tuple[str, ...]]:
    """`where` of a range rule: the codes by column, {} where it holds in every row. Raises RuleError where it is no such mapping."""
    value = rule.parameters.get("where", {})
    if not isinstance(value, Mapping):
        raise RuleError("rule_parameter_value", rule=rule.rule_id, parameter="where", value=value)
    return {str(column): text_values(codes) for column, codes in value.items()}


def admitted_range(contract: Contract, column: str) -> tuple[float, float]:
    """The least and the greatest number that a contract admits in every row of a column, by its rules of severity error."""
    ranges = [
        rule
        for rule in contract.rules
        if rule.kind == "range"
        and rule.severity == Severity.ERROR
        and rule.parameters["column"] == column
        and not condition(rule)
    ]
    lows, highs = ([bound(rule, name) for rule in ranges] for name in ("minimum", "maximum"))
    return (
        max((low for low in lows if low is not None), default=-math.inf),
        min((high for high in highs if high is not None), default=math.inf),
    )


def known_ids(rule: Rule, known_units: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The keys that a unit_known rule admits. Raises RuleError where the register has no such level."""
    ids: set[str] = set()
    for level in text_values(rule.parameters["levels"]):
        if level not in known_units:
            raise RuleError("rule_level_unknown", rule=rule.rule_id, level=level, known=", ".join(sorted(known_units)))
        ids |= known_units[level]
    return frozenset(ids)


def key_columns(properties: Sequence[Property]) -> tuple[str, ...]:
    """The columns that say what a row speaks of: keys and the dimensions in the key, in the contract's order."""
    return tuple(p.name for p in properties if p.role in ("key", "dimension") and p.in_key)


def other_key_columns(properties: Sequence[Property], dimension: str) -> tuple[str, ...]:
    """The key columns without one dimension: what is equal between the parts of a total."""
    return tuple(name for name in key_columns(properties) if name != dimension)
