"""The neutral rules: which kinds there are, what parameters each takes, and which rules follow from a property.

Belongs here: what a rule says. Does not belong here: how it is computed (masks.py, expectations.py).

A rule that is not listed here, or whose parameters do not fit, is an error: no rule is ever skipped.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import RULE_SEVERITIES, Severity
from kkz_eval.model.texts import Language, text

RULES_VERSION = 2  # raise it where a kind changes its meaning: verdicts of before keep theirs

PACKAGE = "kkz_eval.contracts"


class RuleError(UserError):
    """A rule of a contract can't be used as it is written."""

    def __init__(self, code: str, /, **parameters: object) -> None:
        super().__init__(code, exit_code=2, package=PACKAGE, **parameters)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kind.

    admits: whether a value has the right form. columns: the names of properties in a value, () where it holds none;
    numeric: those columns must be numbers.
    """

    admits: Callable[[object], bool]
    columns: Callable[[object], tuple[str, ...]] = lambda _: ()
    numeric: bool = False
    required: bool = True


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(_is_text(item) for item in value)


def _is_filled(value: object) -> bool:
    return _is_texts(value) and len(text_values(value)) > 0


def _is_pattern(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _is_condition(value: object) -> bool:
    return isinstance(value, Mapping) and len(value) > 0 and all(_is_text(k) and _is_filled(v) for k, v in value.items())


def _condition_columns(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, Mapping) else ()


def text_values(value: object) -> tuple[str, ...]:
    """A parameter that is a list of texts. Raises TypeError where it is none."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"a list of texts is expected, got {value!r}")
    return tuple(str(item) for item in value)


_COLUMN = Parameter(_is_text, lambda value: (str(value),))
_NUMBER_COLUMN = Parameter(_is_text, lambda value: (str(value),), numeric=True)
_COLUMNS = Parameter(_is_filled, text_values)
_NUMBER_COLUMNS = Parameter(_is_filled, text_values, numeric=True)
_OPTIONAL_NUMBER = Parameter(_is_number, required=False)

KINDS: Mapping[str, Mapping[str, Parameter]] = MappingProxyType(
    {
        # the cell is filled: a value, a symbol, or at least a text (that it can be read is another matter)
        "not_null": {"column": _COLUMN},
        # a statistical symbol stands only where the property admits it; compared without case and spaces
        "symbol_admitted": {"column": _COLUMN, "symbols": Parameter(_is_texts)},
        # the text is one of the code list's names
        "in_codes": {"column": _COLUMN, "codes": Parameter(_is_filled)},
        # the cell is a list of codes, each one of the code list's names
        "in_code_list": {"column": _COLUMN, "codes": Parameter(_is_filled)},
        # in a list of codes, this one stands alone ("none" and another would contradict each other)
        "code_stands_alone": {"column": _COLUMN, "code": Parameter(_is_text)},
        # minimum <= value <= maximum, either may be absent; `where`: only in rows that have one of the codes in each of its columns
        "range": {
            "column": _NUMBER_COLUMN,
            "minimum": _OPTIONAL_NUMBER,
            "maximum": _OPTIONAL_NUMBER,
            "where": Parameter(_is_condition, _condition_columns, required=False),
        },
        # the whole value matches the regular expression
        "pattern": {"column": _COLUMN, "pattern": Parameter(_is_pattern)},
        # the key is one of the register, at one of the levels
        "unit_known": {"column": _COLUMN, "levels": Parameter(_is_filled)},
        # no two rows agree in all columns; `at` is the column shown
        "unique_key": {"columns": _COLUMNS, "at": _COLUMN},
        # the rules below compare numbers; one outside what the contract admits in its column is a finding of its own and not compared:
        # one cause, one finding
        # within a row: part <= whole
        "part_not_above_whole": {"part": _NUMBER_COLUMN, "whole": _NUMBER_COLUMN},
        # within a row: the parts add up to the whole; not judged where one of them is absent, unreadable or carries a symbol
        "parts_sum_to_whole": {"parts": _NUMBER_COLUMNS, "whole": _NUMBER_COLUMN, "tolerance": _OPTIONAL_NUMBER},
        # between rows: the value of a code <= the value of the code `total`, all else equal
        "part_not_above_total": {
            "measure": _NUMBER_COLUMN,
            "dimension": _COLUMN,
            "total": Parameter(_is_text),
            "tolerance": _OPTIONAL_NUMBER,
        },
        # between rows: the codes `parts` (all others by default) add up to `total`, all else equal;
        # not judged where a part or the total is absent, doubled, unreadable or carries a symbol
        "parts_sum_to_total": {
            "measure": _NUMBER_COLUMN,
            "dimension": _COLUMN,
            "total": Parameter(_is_text),
            "parts": Parameter(_is_filled, required=False),
            "tolerance": _OPTIONAL_NUMBER,
        },
        # each unit and year (and each combination of `within`) has all codes (all of the list by default);
        # not judged where a row of the unit and year has no readable code in one of these columns
        "codes_complete": {
            "dimension": _COLUMN,
            "codes": Parameter(_is_filled, required=False),
            "within": Parameter(_is_texts, text_values, required=False),
        },
    }
)
_CODES_OF_DIMENSION = ("total", "parts", "codes")


@dataclass(frozen=True)
class Limits:
    """What a contract says of the cells of one property beyond its type; None or empty where it says nothing."""

    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    symbols: tuple[str, ...] = ()
    empty_admitted: bool = False


@dataclass(frozen=True)
class RuleProblem:
    """Why a rule can't be used: `code` of the catalogue (`errors.<code>`), with its parameters."""

    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    def message(self, language: Language = "de") -> str:
        """The sentence for people."""
        return text(f"errors.{self.code}", language, package=PACKAGE, **self.parameters)


def derived_rules(of: Property, limits: Limits, levels: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that follow from a property, all of severity error; ids are `<property>.<kind>`."""
    return tuple(
        Rule(f"{of.name}.{kind}", kind, Severity.ERROR, {"column": of.name, **parameters})
        for kind, parameters in _derived(of, limits, levels)
    )


def _derived(of: Property, limits: Limits, levels: Sequence[str]) -> Iterator[tuple[str, dict[str, object]]]:
    if (of.required or of.role == "dimension") and not limits.empty_admitted:
        yield "not_null", {}
    yield "symbol_admitted", {"symbols": limits.symbols}
    if of.codes:
        yield "in_code_list" if of.form == "codes" else "in_codes", {"codes": tuple(code.code for code in of.codes)}
    bounds = {"minimum": limits.minimum, "maximum": limits.maximum}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if given:
        yield "range", dict(given)
    if limits.pattern is not None:
        yield "pattern", {"pattern": limits.pattern}
    if of.form == "ags":
        yield "unit_known", {"levels": tuple(levels)}


def key_rule(properties: Sequence[Property]) -> Rule:
    """The rule that no two rows speak of the same: unit, year and all dimensions. Shown at the first measure."""
    at = next((p.name for p in properties if p.role == "measure"), key_columns(properties)[0])
    return Rule("key.unique_key", "unique_key", Severity.ERROR, {"columns": key_columns(properties), "at": at})


def key_columns(properties: Sequence[Property]) -> tuple[str, ...]:
    """The columns that say what a row speaks of: keys and the dimensions in the key, in the contract's order."""
    return tuple(p.name for p in properties if p.role in ("key", "dimension") and p.in_key)


def other_key_columns(properties: Sequence[Property], dimension: str) -> tuple[str, ...]:
    """The key columns without one dimension: what is equal between the parts of a total."""
    return tuple(name for name in key_columns(properties) if name != dimension)


def rule_problems(rule: Rule, properties: Sequence[Property]) -> tuple[RuleProblem, ...]:
    """All that is wrong with a rule; empty for a good one. properties: of its contract."""
    if rule.kind not in KINDS:
        return (RuleProblem("rule_kind_unknown", {"rule": rule.rule_id, "kind": rule.kind, "known": ", ".join(KINDS)}),)
    return tuple(_problems(rule, {p.name: p for p in properties}))


def checked(rule: Rule, properties: Sequence[Property]) -> Rule:
    """The rule itself. Raises RuleError where it can't be used."""
    for problem in rule_problems(rule, properties):
        raise RuleError(problem.code, **problem.parameters)
    return rule


def _problems(rule: Rule, properties: Mapping[str, Property]) -> Iterator[RuleProblem]:
    kind = KINDS[rule.kind]
    if rule.severity not in RULE_SEVERITIES:
        yield RuleProblem("rule_severity_unknown", {"rule": rule.rule_id, "severity": rule.severity})
    for name in rule.parameters:
        if name not in kind:
            yield RuleProblem(
                "rule_parameter_unknown",
                {"rule": rule.rule_id, "kind": rule.kind, "parameter": name, "known": ", ".join(kind)},
            )
    for name, parameter in kind.items():
        if name not in rule.parameters:
            if parameter.required:
                yield RuleProblem("rule_parameter_missing", {"rule": rule.rule_id, "kind": rule.kind, "parameter": name})
            continue
        yield from _value_problems(rule, name, parameter, properties)
    if rule.kind == "range" and not {"minimum", "maximum"} & set(rule.parameters):
        yield RuleProblem("rule_parameter_missing", {"rule": rule.rule_id, "kind": rule.kind, "parameter": "minimum | maximum"})
    yield from _code_problems(rule, properties)
    yield from _condition_problems(rule, properties)
    yield from _list_problems(rule, properties)


def _value_problems(rule: Rule, name: str, parameter: Parameter, properties: Mapping[str, Property]) -> Iterator[RuleProblem]:
    value = rule.parameters[name]
    if not parameter.admits(value):
        yield RuleProblem("rule_parameter_value", {"rule": rule.rule_id, "parameter": name, "value": value})
        return
    for column in parameter.columns(value):
        if column not in properties:
            yield RuleProblem("rule_column_unknown", {"rule": rule.rule_id, "column": column, "known": ", ".join(properties)})
        elif parameter.numeric and properties[column].logical_type == "string":
            yield RuleProblem("rule_column_not_numeric", {"rule": rule.rule_id, "column": column})


def _code_problems(rule: Rule, properties: Mapping[str, Property]) -> Iterator[RuleProblem]:
    dimension = properties.get(str(rule.parameters.get("dimension")))
    if dimension is None:
        return
    known = {code.code for code in dimension.codes}
    if not known:
        yield RuleProblem("rule_dimension_without_codes", {"rule": rule.rule_id, "column": dimension.name})
        return
    for name in _CODES_OF_DIMENSION:
        value = rule.parameters.get(name, ())
        for code in (value,) if isinstance(value, str) else tuple(value) if isinstance(value, (list, tuple)) else ():
            if code not in known:
                yield RuleProblem("rule_code_unknown", {"rule": rule.rule_id, "column": dimension.name, "code": code})


def _condition_problems(rule: Rule, properties: Mapping[str, Property]) -> Iterator[RuleProblem]:
    """A condition names codes of columns that hold one code each."""
    given = rule.parameters.get("where")
    if rule.kind != "range" or not _is_condition(given):
        return  # absent, or called wrong already
    for column, codes in condition(rule).items():
        of = properties.get(column)
        if of is None:
            continue
        known = {code.code for code in of.codes}
        if not known:
            yield RuleProblem("rule_dimension_without_codes", {"rule": rule.rule_id, "column": column})
        elif of.form == "codes":
            yield RuleProblem("rule_dimension_is_list", {"rule": rule.rule_id, "column": column})
        else:
            for code in codes:
                if code not in known:
                    yield RuleProblem("rule_code_unknown", {"rule": rule.rule_id, "column": column, "code": code})


def _list_problems(rule: Rule, properties: Mapping[str, Property]) -> Iterator[RuleProblem]:
    dimension = properties.get(str(rule.parameters.get("dimension")))
    if dimension is not None and dimension.form == "codes":
        yield RuleProblem("rule_dimension_is_list", {"rule": rule.rule_id, "column": dimension.name})
    if rule.kind not in ("in_code_list", "code_stands_alone"):
        return
    of = properties.get(str(rule.parameters.get("column")))
    if of is None:
        return
    if of.form != "codes":
        yield RuleProblem("rule_column_no_list", {"rule": rule.rule_id, "column": of.name})
    known = {code.code for code in of.codes}
    code = rule.parameters.get("code")
    if code is not None and code not in known:
        yield RuleProblem("rule_code_unknown", {"rule": rule.rule_id, "column": of.name, "code": code})


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


def condition(rule: Rule) -> dict[str, tuple[str, ...]]:
    """`where` of a range rule: the codes by column, {} where it holds in every row. Raises RuleError where it is no such mapping."""
    value = rule.parameters.get("where", {})
    if not isinstance(value, Mapping):
        raise RuleError("rule_parameter_value", rule=rule.rule_id, parameter="where", value=value)
    return {str(column): text_values(codes) for column, codes in value.items()}


def known_ids(rule: Rule, known_units: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The keys that a unit_known rule admits. Raises RuleError where the register has no such level."""
    ids: set[str] = set()
    for level in text_values(rule.parameters["levels"]):
        if level not in known_units:
            raise RuleError("rule_level_unknown", rule=rule.rule_id, level=level, known=", ".join(sorted(known_units)))
        ids |= known_units[level]
    return frozenset(ids)


def rules_digest(contract: Contract, known_units: Mapping[str, frozenset[str]]) -> str:
    """sha256 (hex) of all that decides a judgement besides the file: the contract, its rules, the known units of its levels."""
    known = {level: sorted(known_units.get(level, ())) for level in contract.levels}
    body = json.dumps([RULES_VERSION, contract.digest, known], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
