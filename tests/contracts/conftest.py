"""Small parsed tables for the tests of contracts: a clean one per contract, and one per rule that only this rule complains of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.load import load_contract, load_contracts
from kkz_eval.contracts.parameters import bound, condition, demanded_codes
from kkz_eval.model.findings import FINDINGS_SCHEMA
from kkz_eval.model.parsed import ParsedTable

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
KNOWN_UNITS = {
    "kreis": frozenset({"05111", "05112", "05358"}),
    "municipality": frozenset({"05111000", "05112000"}),
    "youth_office": frozenset({"JH05358999", "05111000"}),
}


@dataclass(frozen=True)
class Cell:
    """value: typed; text: as delivered, None where the file has no such cell; flag: symbol."""

    value: str | int | float | None = None
    text: str | None = None
    flag: str | None = None


Row = dict[str, Cell]


def filled(value: str | float) -> Cell:
    return Cell(value, str(value))


def symbol(flag: str) -> Cell:
    return Cell(None, flag, flag)


BLANK = Cell(None, "")


def parsed_of(contract: Contract, rows: Iterable[Mapping[str, Cell]], findings: pa.Table | None = None) -> ParsedTable:
    """Rows of a file: header in row 1, one column of the file per property."""
    listed = list(rows)
    data: dict[str, list[object]] = {}
    for position, of in enumerate(contract.properties, start=1):
        cells = [row.get(of.name, Cell(of.default)) for row in listed]
        there = [cell.text is not None for cell in cells]
        data[of.name] = [cell.value for cell in cells]
        data[of.name + "__text"] = [cell.text for cell in cells]
        data[of.name + "__flag"] = [cell.flag for cell in cells]
        data[of.name + "__row"] = [number if is_there else None for number, is_there in enumerate(there, start=2)]
        data[of.name + "__col"] = [position if is_there else None for is_there in there]
    data["__sheet"] = [None] * len(listed)
    table = pa.table(data, schema=contract.schema)
    return ParsedTable(contract.id, contract.layouts[0], table, FINDINGS_SCHEMA.empty_table() if findings is None else findings)


def totals_of(contract: Contract, dimension: str) -> dict[str, tuple[str, ...]]:
    """The codes of a dimension that are totals, each with the codes that it is the sum of; () where it is only not exceeded."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in contract.rules:
        if rule.parameters.get("dimension") == dimension and "total" in rule.parameters:
            total = str(rule.parameters["total"])
            parts = demanded_codes(rule, contract) if rule.kind == "parts_sum_to_total" else ()
            found[total] = parts or found.get(total, ())
    return found


def weight(code: str, totals: Mapping[str, tuple[str, ...]]) -> int:
    """How many codes without parts of their own a code adds up."""
    return sum(weight(part, totals) for part in totals.get(code, ())) or 1


def clean_rows(contract: Contract) -> list[Row]:
    """A table without any fault: two units, two years, all codes; each total is the sum of its parts."""
    dimensions = [p for p in contract.properties if p.role == "dimension"]
    totals = {p.name: totals_of(contract, p.name) for p in dimensions}
    units = sorted(KNOWN_UNITS[contract.levels[0]])[:2]
    rows: list[Row] = []
    texts = [
        [code.code for code in p.codes] if p.codes and p.in_key else [p.codes[0].code if p.codes else "A1"] for p in dimensions
    ]
    for unit, year in itertools.product(units, (2015, 2016)):
        for codes in itertools.product(*texts):
            row = {"unit_id": filled(unit), "year": filled(year)}
            count = 50
            for of, code in zip(dimensions, codes, strict=True):
                row[of.name] = filled(code)
                count *= weight(code, totals[of.name])
            row |= {
                p.name: filled(max(min(count, most(contract, p.name)), least(contract, p.name)))
                for p in contract.properties
                if p.role == "measure"
            }
            row |= {name: filled(0) for name in parts_beyond_the_first(contract)}
            rows.append(row)
    return rows


def most(contract: Contract, measure: str) -> float:
    """The greatest value that the column itself admits in every row."""
    return min(_bounds(contract, measure, "maximum"), default=math.inf)


def least(contract: Contract, measure: str) -> float:
    """The smallest value that the column itself admits in every row."""
    return max(_bounds(contract, measure, "minimum"), default=-math.inf)


def _bounds(contract: Contract, measure: str, end: str) -> list[float]:
    rules = [
        rule for rule in contract.rules if rule.kind == "range" and rule.parameters["column"] == measure and not condition(rule)
    ]
    return [limit for rule in rules if (limit := bound(rule, end)) is not None]


def _beyond(rule: Rule) -> float:
    """A value just outside a range: above its maximum where it has one, else below its minimum."""
    least, most = bound(rule, "minimum"), bound(rule, "maximum")
    return most + 1 if most is not None else least - 1  # type: ignore[operator]  # one of both is given


def _admits(rule: Rule, value: float) -> bool:
    least, most = bound(rule, "minimum"), bound(rule, "maximum")
    return (least is None or least <= value) and (most is None or value <= most)


def broken_with(contract: Contract, rule: Rule) -> set[str]:
    """The rules that the mutant of a rule breaks: it, and of a range those that are narrower on that side in a row that it changes."""
    if rule.kind != "range":
        return {rule.rule_id}
    value, column = _beyond(rule), str(rule.parameters["column"])
    changed = [row for row in mutant_rows(contract, rule) if row[column].value == value]
    beside = [other for other in contract.rules if other.kind == "range" and other.parameters["column"] == column]
    outside = [other for other in beside if not _admits(other, value) and any(_is_about(other, row) for row in changed)]
    return {rule.rule_id, *(other.rule_id for other in outside)}


def _is_about(rule: Rule, row: Row) -> bool:
    """Whether the condition of a rule holds in a row."""
    return all(row[name].value in codes for name, codes in condition(rule).items())


def parts_beyond_the_first(contract: Contract) -> list[str]:
    """The measures that are 0 in a clean row, since the first part is all of the whole."""
    rules = [rule for rule in contract.rules if rule.kind == "parts_sum_to_whole"]
    return [name for rule in rules for name in listed(rule, "parts")[1:]]


def listed(rule: Rule, name: str) -> list[str]:
    value = rule.parameters.get(name, ())
    assert isinstance(value, (list, tuple))
    return [str(item) for item in value]


def mutant_rows(contract: Contract, rule: Rule) -> list[Row]:
    """The clean table with one fault that this rule alone finds."""
    return _Mutation(contract, rule, clean_rows(contract)).rows()


@dataclass
class _Mutation:
    contract: Contract
    rule: Rule
    clean: list[Row]

    def rows(self) -> list[Row]:
        makers: dict[str, Callable[[], list[Row]]] = {
            "not_null": lambda: self._with_cell(BLANK),
            "symbol_admitted": lambda: self._with_cell(symbol("§")),
            "in_codes": lambda: self._with_cell(Cell(None, "Quatsch")),
            "in_code_list": lambda: self._with_cell(Cell(None, "Kita; Quatsch")),
            "code_stands_alone": self._beside_another_code,
            "pattern": lambda: self._with_cell(filled("=1+1")),
            "part_not_above_whole": self._part_above_whole,
            "parts_sum_to_whole": self._wrong_sum_in_row,
            "range": self._out_of_range,
            "unit_known": lambda: self._whole_unit_year("unit_id", filled("05999999")),
            "unique_key": lambda: [*self.clean, dict(self.clean[0])],
            "part_not_above_total": self._part_above_total,
            "parts_sum_to_total": self._wrong_sum,
            "codes_complete": self._missing_code,
        }
        return makers[self.rule.kind]()

    def _parameter(self, name: str) -> str:
        return str(self.rule.parameters[name])

    def _with_cell(self, cell: Cell) -> list[Row]:
        column = self._parameter("column")
        of = self.contract.property_named(column)
        if of.role == "measure" or not of.in_key:
            return [self.clean[0] | {column: cell}, *self.clean[1:]]
        return [*self.clean, self.clean[0] | {column: cell}]

    def _whole_unit_year(self, column: str, cell: Cell) -> list[Row]:
        of = self.clean[0]
        same = [all(row[key] == of[key] for key in ("unit_id", "year")) for row in self.clean]
        return [row | {column: cell} if hit else row for row, hit in zip(self.clean, same, strict=True)]

    def _out_of_range(self) -> list[Row]:
        column = self._parameter("column")
        if column == "year":
            return self._whole_unit_year(column, filled(1800))
        where = {name: filled(codes[0]) for name, codes in condition(self.rule).items()}
        said = {
            name: cell for name, cell in where.items() if not self.contract.property_named(name).in_key
        }  # one code in all rows
        keys = self._part() | {name: cell for name, cell in where.items() if name not in said}
        return [row | said for row in self._changed(keys, _beyond(self.rule), silent=self._dimensions(), measure=column)]

    def _beside_another_code(self) -> list[Row]:
        other = self.contract.property_named(self._parameter("column")).codes[0].code
        return self._with_cell(filled(f"{other};{self._parameter('code')}"))

    def _part_above_whole(self) -> list[Row]:
        part, whole = self._parameter("part"), self._parameter("whole")
        row = next(row for row in self.clean if self._same(row, self._part()))
        value = row[whole].value
        assert isinstance(value, int)
        return self._changed(self._part(), value + 1, silent=self._dimensions(), measure=part, judged=whole)

    def _wrong_sum_in_row(self) -> list[Row]:
        return [self.clean[0] | {listed(self.rule, "parts")[1]: filled(1)}, *self.clean[1:]]

    def _part_above_total(self) -> list[Row]:
        dimension = self._parameter("dimension")
        measure = self._parameter("measure")
        rows = self._changed(self._part(), 10_000, silent=[d for d in self._dimensions() if d != dimension], measure=measure)
        siblings = [self._part() | {dimension: filled(code)} for code in self._parts(dimension)[1:2]]
        return [self._unreadable(row, measure) if any(self._same(row, keys) for keys in siblings) else row for row in rows]

    def _wrong_sum(self) -> list[Row]:
        dimension = self._parameter("dimension")
        parts = [code for code in demanded_codes(self.rule, self.contract) if code in self._parts(dimension)]
        keys = self._part() | {dimension: filled(parts[0])}
        return self._changed(
            keys, 1, silent=[d for d in self._dimensions() if d != dimension], measure=self._parameter("measure")
        )

    def _missing_code(self) -> list[Row]:
        dimension = self._parameter("dimension")
        part, within = self._part(), self.rule.parameters.get("within", ())
        assert isinstance(within, (list, tuple))
        of_group = ["unit_id", "year", dimension, *within]
        return [row for row in self.clean if any(row[name] != part[name] for name in of_group)]

    def _measure(self) -> str:
        return next(p.name for p in self.contract.properties if p.role == "measure")

    def _dimensions(self) -> list[str]:
        return [p.name for p in self.contract.properties if p.role == "dimension"]

    def _parts(self, dimension: str) -> list[str]:
        """The codes that are no totals."""
        codes = [code.code for code in self.contract.property_named(dimension).codes] or ["A1"]
        return [code for code in codes if code not in totals_of(self.contract, dimension)]

    def _part(self) -> Row:
        """The keys of the row that has the first code that is no total in every dimension."""
        keys = {name: filled(self._parts(name)[0]) for name in self._dimensions()}
        return {"unit_id": self.clean[0]["unit_id"], "year": self.clean[0]["year"], **keys}

    def _same(self, row: Row, keys: Row) -> bool:
        return all(row[name] == cell for name, cell in keys.items())

    def _unreadable(self, row: Row, measure: str | None = None) -> Row:
        return row | {measure or self._measure(): symbol(".")}

    def _companions(self, measure: str, judged: str | None) -> list[str]:
        """The measures that a rule within the row compares with this one, except the one that is judged."""
        found: set[str] = set()
        for rule in self.contract.rules:
            names = {str(rule.parameters.get("part")), str(rule.parameters.get("whole")), *listed(rule, "parts")}
            if rule.kind in ("part_not_above_whole", "parts_sum_to_whole") and measure in names:
                found |= names - {"None", measure, str(judged)}
        return sorted(found)

    def _changed(
        self, keys: Row, value: float, silent: Iterable[str], measure: str | None = None, judged: str | None = None
    ) -> list[Row]:
        """The row of these keys gets another value; the totals over the silent dimensions, and what the row compares it with,
        get a symbol, so that none is judged."""
        measure = measure or self._measure()
        beside = {name: symbol(".") for name in self._companions(measure, judged)}
        totals = [keys | {name: filled(total)} for name in silent for total in totals_of(self.contract, name)]
        return [
            row | beside | {measure: filled(value)}
            if self._same(row, keys)
            else self._unreadable(row, measure)
            if any(self._same(row, total) for total in totals)
            else row
            for row in self.clean
        ]


def synthetic() -> Contract:
    """A small contract of two counts in a row and a form of text, away from those of the programme."""
    base = load_contract(CONTRACTS / "inkar.odcs.yaml")
    unit_id, year = base.property_named("unit_id"), base.property_named("year")
    service = Property("service", "string", "dimension", "Angebot", "Service")
    reached = Property("reached", "integer", "measure", "Erreichte", "Reached")
    eligible = Property("eligible", "integer", "measure", "Berechtigte", "Eligible")
    rules = (
        Rule("service.pattern", "pattern", "error", {"column": "service", "pattern": "[A-Z][0-9]+|x"}),
        Rule("reached_of_eligible", "part_not_above_whole", "warning", {"part": "reached", "whole": "eligible"}),
    )
    return replace(base, id="synthetic", properties=(unit_id, year, service, reached, eligible), rules=rules, digest="s")


def synthetic_rows() -> list[Row]:
    return [
        {
            "unit_id": filled("05111"),
            "year": filled(2015),
            "service": filled(f"A{number}"),
            "reached": filled(number),
            "eligible": filled(number),
        }
        for number in range(1, 4)
    ]


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    return load_contracts(CONTRACTS)


@pytest.fixture(scope="session")
def build() -> SimpleNamespace:
    """The builders of this file, since tests can't import one another."""
    return SimpleNamespace(
        parsed_of=parsed_of,
        clean_rows=clean_rows,
        mutant_rows=mutant_rows,
        broken_with=broken_with,
        synthetic=synthetic,
        synthetic_rows=synthetic_rows,
        synthetic_mutants={
            "service.pattern": [*synthetic_rows(), synthetic_rows()[0] | {"service": filled("A1 ")}],
            "reached_of_eligible": [*synthetic_rows(), synthetic_rows()[0] | {"reached": filled(9), "eligible": filled(8)}],
        },
        filled=filled,
        symbol=symbol,
        Cell=Cell,
        BLANK=BLANK,
        KNOWN_UNITS=KNOWN_UNITS,
        CONTRACTS=CONTRACTS,
    )
