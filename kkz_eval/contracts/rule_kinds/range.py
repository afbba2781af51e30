"""minimum <= value <= maximum, either may be absent; `where`: only in rows that have one of the codes in each of its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.errors import RuleError
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits, number_text
from kkz_eval.contracts.parameters import bound, column_of, condition
from kkz_eval.contracts.rule_kinds.forms import NUMBER_COLUMN, code_problems, is_filled, is_number, is_text
from kkz_eval.contracts.rule_kinds.kind import (
    Computed,
    Expectation,
    Hits,
    Kind,
    Limits,
    Parameter,
    hits_where,
)


def _is_condition(value: object) -> bool:
    return isinstance(value, Mapping) and len(value) > 0 and all(is_text(k) and is_filled(v) for k, v in value.items())


def _condition_columns(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, Mapping) else ()


def _lower(before: object, after: object) -> bool:
    return isinstance(before, (int, float)) and (after is None or (isinstance(after, (int, float)) and after <= before))


def _higher(before: object, after: object) -> bool:
    return isinstance(before, (int, float)) and (after is None or (isinstance(after, (int, float)) and after >= before))


def _narrower(before: object, after: object) -> bool:
    """Whether a condition holds only in rows in which it held before."""
    if before is None:
        return after is not None
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False
    return all(set(after[name]) <= set(codes) for name, codes in before.items() if name in after) and set(before) <= set(after)


def _problems(rule: Rule, properties: Mapping[str, Property]) -> Iterator[RuleError]:
    """A range has a bound; a condition names codes of columns that hold one code each."""
    if not {"minimum", "maximum"} & set(rule.parameters):
        yield RuleError("rule_parameter_missing", rule=rule.rule_id, kind=rule.kind, parameter="minimum | maximum")
    if not _is_condition(rule.parameters.get("where")):
        return  # absent, or called wrong already
    for column, codes in condition(rule).items():
        of = properties.get(column)
        if of is not None and of.form == "codes" and of.codes:
            yield RuleError("rule_dimension_is_list", rule=rule.rule_id, column=column)
        elif of is not None:
            yield from code_problems(rule, of, codes)


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    column, minimum, maximum = column_of(rule), bound(rule, "minimum"), bound(rule, "maximum")
    low = -np.inf if minimum is None else minimum
    high = np.inf if maximum is None else maximum
    if maximum is None:
        allowed = f"≥ {number_text(low)}"
    elif minimum is None:
        allowed = f"≤ {number_text(high)}"
    else:
        allowed = f"{number_text(low)}–{number_text(high)}"
    values = table.numbers(column)
    outside = (values < low) | (values > high)
    for name, codes in condition(rule).items():
        outside &= table.is_one_of(name, codes)
    return hits_where(outside, column, allowed)


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    judged = Computed("values_where", {"column": column_of(rule), "where": condition(rule)})
    bounds = {"min_value": bound(rule, "minimum"), "max_value": bound(rule, "maximum")}
    return Expectation("ExpectColumnValuesToBeBetween", judged, bounds)


def _derived(of: Property, limits: Limits, levels: Sequence[str]) -> Mapping[str, object] | None:
    bounds = {"minimum": limits.minimum, "maximum": limits.maximum}
    return {name: limit for name, limit in bounds.items() if limit is not None} or None


RANGE = Kind(
    "range",
    {
        "column": NUMBER_COLUMN,
        "minimum": Parameter(is_number, required=False, eased=_lower),
        "maximum": Parameter(is_number, required=False, eased=_higher),
        "where": Parameter(_is_condition, _condition_columns, required=False, eased=_narrower),
    },
    _mask,
    _expectation,
    problems=_problems,
    derived=_derived,
    waivable=True,
)
