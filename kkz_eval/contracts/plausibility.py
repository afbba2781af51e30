"""Rules that look beyond a file: at another dataset of the same unit and year, at the year before, at how many live there at most. They only warn.

Belongs here: their kinds, and their evaluation on observations that the register accepts. Does not belong here: reading the
register; verdicts, which depend on the file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.errors import RuleError
from kkz_eval.contracts.rule_kinds.kind import Limits
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.reference.inhabitants import most_inhabitants

NOT_ABOVE_INHABITANTS = "not_above_inhabitants"
_Key = tuple[str, int, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Doubt:
    """A warning about a cell that is accepted. delivery_sha256: of the file that holds the cell."""

    delivery_sha256: str
    finding: Finding


def context_problems(rule: Rule, properties: Sequence[Property]) -> Iterator[RuleError]:
    """All that is wrong with a rule of these kinds. properties: of its contract."""
    known = CONTEXT_KINDS[rule.kind].parameters
    names = [name for name, _, _ in known]
    for name in rule.parameters:
        if name not in names:
            yield RuleError("rule_parameter_unknown", rule=rule.rule_id, kind=rule.kind, parameter=name, known=", ".join(names))
    for name, kind, required in known:
        value = rule.parameters.get(name)
        if value is None and required:
            yield RuleError("rule_parameter_missing", rule=rule.rule_id, kind=rule.kind, parameter=name)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            yield RuleError("rule_parameter_value", rule=rule.rule_id, parameter=name, value=value)
    if rule.severity != Severity.WARNING:
        yield RuleError("rule_context_severity", rule=rule.rule_id, severity=rule.severity)
    measure, where = rule.parameters.get("measure"), rule.parameters.get("where")
    measures = [p.name for p in properties if p.role == "measure"]
    if isinstance(measure, str) and measure not in measures:
        yield RuleError("rule_column_unknown", rule=rule.rule_id, column=measure, known=", ".join(measures))
    dimensions = {p.name: p for p in properties if p.role == "dimension"}
    for column, code in where.items() if isinstance(where, Mapping) else ():
        if column not in dimensions:
            yield RuleError("rule_column_unknown", rule=rule.rule_id, column=column, known=", ".join(dimensions))
        elif str(code) not in {known.code for known in dimensions[column].codes}:
            yield RuleError("rule_code_unknown", rule=rule.rule_id, column=column, code=code)


MOST_PER_INHABITANT = 1.5
"""Nothing is counted more often than people live in a unit: with room for people who are counted twice."""


def derived_context(of: Property, limits: Limits) -> tuple[Rule, ...]:
    """The rules of these kinds that follow from a property: a count without a bound of its own has that of the people of the largest unit."""
    if of.role != "measure" or of.logical_type != "integer" or limits.maximum is not None:
        return ()
    parameters = {"measure": of.name, "factor": MOST_PER_INHABITANT}
    return (Rule(f"{of.name}.{NOT_ABOVE_INHABITANTS}", NOT_ABOVE_INHABITANTS, Severity.WARNING, parameters),)


def other_datasets(contract: Contract) -> tuple[str, ...]:
    """The datasets that the rules of a contract look at besides its own, by name."""
    return tuple(sorted({str(rule.parameters["other"]) for rule in contract.plausibility if "other" in rule.parameters}))


def doubts(contract: Contract, own: pa.Table, others: Mapping[str, pa.Table]) -> tuple[Doubt, ...]:
    """All warnings about the accepted observations of a contract, rule by rule, in the order of the observations.

    own: observations of the contract's dataset; others: of each dataset in other_datasets; schema OBSERVATIONS.
    A dataset that is not there judges nothing.
    """
    return tuple(found for found in _compared(contract, own, others) if found is not None)


def has_context(contract: Contract, own: pa.Table, others: Mapping[str, pa.Table]) -> bool:
    """Whether any rule of a contract has a value to look at and one to compare it with. Arguments as in doubts."""
    return any(True for _ in _compared(contract, own, others))


def _compared(contract: Contract, own: pa.Table, others: Mapping[str, pa.Table]) -> Iterator[Doubt | None]:
    """A doubt, or None where there is none, for every comparison that the rules make."""
    for rule in contract.plausibility:
        yield from CONTEXT_KINDS[rule.kind].compared(rule, own, others)


def _above_other(rule: Rule, own: pa.Table, others: Mapping[str, pa.Table]) -> Iterator[Doubt | None]:
    other = others.get(str(rule.parameters["other"]))
    if other is None:
        return
    factor = _number(rule, "factor", 1.0)
    limits: dict[tuple[str, int], float | None] = {}
    for row in _rows(other, str(rule.parameters["other_measure"]), _where(rule, "other_where")):
        place = (row.unit_id, row.year)
        limits[place] = None if place in limits else row.value
    for row in _rows(own, str(rule.parameters["measure"]), _where(rule, "where")):
        limit = limits.get((row.unit_id, row.year))
        if limit is not None:
            yield row.doubt(rule, f"≤ {_text(factor * limit)}") if row.value > factor * limit else None


def _above_inhabitants(rule: Rule, own: pa.Table, others: Mapping[str, pa.Table]) -> Iterator[Doubt | None]:
    measured = own.filter(
        pc.and_(pc.equal(own.column("measure"), str(rule.parameters["measure"])), own.column("value").is_valid())
    )
    if not measured.num_rows:
        return
    units = measured.column("unit_id").combine_chunks().cast(pa.string()).dictionary_encode()
    most = {unit: _number(rule, "factor", 1.0) * most_inhabitants(unit) for unit in units.dictionary.to_pylist()}
    limits = pa.array(most.values(), pa.float64()).take(units.indices)
    yield None
    for row in _rows(measured.filter(pc.greater(measured.column("value"), limits)), str(rule.parameters["measure"]), {}):
        yield row.doubt(rule, f"≤ {_text(most[row.unit_id] // 1)}")


def _jumps(rule: Rule, own: pa.Table, others: Mapping[str, pa.Table]) -> Iterator[Doubt | None]:
    share, least = _number(rule, "share", 0.0), _number(rule, "least", 0.0)
    rows = list(_rows(own, str(rule.parameters["measure"]), _where(rule, "where")))
    values: dict[_Key, float] = {(row.unit_id, row.year, row.dimensions): row.value for row in rows}
    for row in rows:
        before = values.get((row.unit_id, row.year - 1, row.dimensions))
        if before is None:
            continue
        allowance = max(share * abs(before), least)
        if abs(row.value - before) <= allowance:
            yield None
            continue
        span = f"{_text(max(before - allowance, 0.0))}–{_text(before + allowance)}"
        yield row.doubt(rule, f"{span} ({row.year - 1}: {_text(before)})")


class _Row(NamedTuple):
    unit_id: str
    year: int
    dimensions: tuple[tuple[str, str], ...]
    value: float
    measure: str
    delivered: str | None
    sheet: str | None
    row: int | None
    column: int | None
    sha256: str

    def doubt(self, rule: Rule, allowed: str) -> Doubt:
        finding = Finding(
            rule.rule_id,
            rule.kind,
            str(rule.severity),
            self.sheet,
            self.row,
            self.column,
            self.measure,
            self.unit_id,
            self.year,
            self.delivered,
            allowed,
        )
        return Doubt(self.sha256, finding)


_COLUMNS = ("unit_id", "year", "dimensions", "value", "measure", "value_delivered", "sheet", "row", "column", "delivery_sha256")


def _rows(observations: pa.Table, measure: str, where: Mapping[str, str]) -> Iterator[_Row]:
    """The observations of a measure that have a value and the dimensions asked for."""
    chosen = observations.filter(
        pc.and_(pc.equal(observations.column("measure"), measure), observations.column("value").is_valid())
    )
    for unit, year, dimensions, *measured in zip(*(chosen.column(name).to_pylist() for name in _COLUMNS), strict=True):
        if where.items() <= dict(dimensions).items():
            yield _Row(unit, year, tuple(sorted(dimensions)), *measured)


def _where(rule: Rule, name: str) -> Mapping[str, str]:
    value = rule.parameters.get(name, {})
    if not isinstance(value, dict):
        raise RuleError("rule_parameter_value", rule=rule.rule_id, parameter=name, value=value)
    return {str(column): str(code) for column, code in value.items()}


def _number(rule: Rule, name: str, default: float) -> float:
    value = rule.parameters.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RuleError("rule_parameter_value", rule=rule.rule_id, parameter=name, value=value)
    return float(value)


def _text(value: float) -> str:
    """A bound without words: whole numbers without decimals, others with two."""
    return str(int(value)) if float(value).is_integer() else f"{value:.2f}".replace(".", ",")


class ContextKind(NamedTuple):  # not a dataclass: every check imports it, and that takes many times as long
    """A kind of rule that looks beyond a file. parameters: name, type, and whether it is required; compared: a contract's own
    observations with those of other datasets, a doubt or None for each comparison."""

    parameters: tuple[tuple[str, type | tuple[type, ...], bool], ...]
    compared: Callable[[Rule, pa.Table, Mapping[str, pa.Table]], Iterator[Doubt | None]]


CONTEXT_KINDS: Mapping[str, ContextKind] = {
    # the value where `where` holds <= factor × the value of another dataset's measure where `other_where` holds,
    # for the same unit and year; not judged where either is absent, or where several values of the other are meant
    "not_above_other": ContextKind(
        (
            ("measure", str, True),
            ("where", dict, True),
            ("other", str, True),
            ("other_measure", str, True),
            ("other_where", dict, True),
            ("factor", (int, float), False),
        ),
        _above_other,
    ),
    # the value <= factor × the people of the largest unit of its kind: known of every unit, also of its first year and without any other dataset
    NOT_ABOVE_INHABITANTS: ContextKind((("measure", str, True), ("factor", (int, float), False)), _above_inhabitants),
    # |value - value of the year before| <= the larger of `share` × the earlier value and `least`, all else equal
    "jump": ContextKind(
        (("measure", str, True), ("share", (int, float), True), ("least", (int, float), True), ("where", dict, False)), _jumps
    ),
}
