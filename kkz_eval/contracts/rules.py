"""The rules of a contract: whether each can be used, which follow from a property, and their digest. Not their kinds (rule_kinds/).

A rule of an unknown kind, or whose parameters do not fit, is an error: no rule is ever skipped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.errors import RuleError
from kkz_eval.contracts.parameters import key_columns
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.contracts.rule_kinds.kind import Limits, Parameter
from kkz_eval.model.findings import RULE_SEVERITIES, Severity

RULES_VERSION = 2  # raise it where a kind changes its meaning: verdicts of before keep theirs


def derived_rules(of: Property, limits: Limits, levels: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that follow from a property, all of severity error; ids are `<property>.<kind>`."""
    given = ((name, kind.derived(of, limits, levels)) for name, kind in KINDS.items())
    return tuple(
        Rule(f"{of.name}.{name}", name, Severity.ERROR, {"column": of.name, **parameters})
        for name, parameters in given
        if parameters is not None
    )


def key_rule(properties: Sequence[Property]) -> Rule:
    """The rule that no two rows speak of the same: unit, year and all dimensions. Shown at the first measure."""
    at = next((p.name for p in properties if p.role == "measure"), key_columns(properties)[0])
    return Rule("key.unique_key", "unique_key", Severity.ERROR, {"columns": key_columns(properties), "at": at})


def rule_problems(rule: Rule, properties: Sequence[Property]) -> tuple[RuleError, ...]:
    """All that is wrong with a rule; empty for a good one. properties: of its contract."""
    if rule.kind not in KINDS:
        return (RuleError("rule_kind_unknown", rule=rule.rule_id, kind=rule.kind, known=", ".join(KINDS)),)
    return tuple(_problems(rule, {p.name: p for p in properties}))


def checked(rule: Rule, properties: Sequence[Property]) -> Rule:
    """The rule itself. Raises RuleError where it can't be used."""
    for problem in rule_problems(rule, properties):
        raise problem
    return rule


def _problems(rule: Rule, properties: Mapping[str, Property]) -> Iterator[RuleError]:
    known = KINDS[rule.kind].parameters
    if rule.severity not in RULE_SEVERITIES:
        yield RuleError("rule_severity_unknown", rule=rule.rule_id, severity=rule.severity)
    for name in rule.parameters:
        if name not in known:
            yield RuleError("rule_parameter_unknown", rule=rule.rule_id, kind=rule.kind, parameter=name, known=", ".join(known))
    for name, parameter in known.items():
        if name in rule.parameters:
            yield from _value_problems(rule, name, parameter, properties)
        elif parameter.required:
            yield RuleError("rule_parameter_missing", rule=rule.rule_id, kind=rule.kind, parameter=name)
    yield from KINDS[rule.kind].problems(rule, properties)


def _value_problems(rule: Rule, name: str, parameter: Parameter, properties: Mapping[str, Property]) -> Iterator[RuleError]:
    value = rule.parameters[name]
    if not parameter.admits(value):
        yield RuleError("rule_parameter_value", rule=rule.rule_id, parameter=name, value=value)
        return
    for column in parameter.columns(value):
        if column not in properties:
            yield RuleError("rule_column_unknown", rule=rule.rule_id, column=column, known=", ".join(properties))
        elif parameter.numeric and properties[column].logical_type == "string":
            yield RuleError("rule_column_not_numeric", rule=rule.rule_id, column=column)


def rules_digest(contract: Contract, known_units: Mapping[str, frozenset[str]]) -> str:
    """sha256 (hex) of all that decides a judgement besides the file: the contract, its rules, the known units of its levels."""
    known = {level: sorted(known_units.get(level, ())) for level in contract.levels}
    body = json.dumps([RULES_VERSION, contract.digest, known], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
