"""Known faults in finished deliveries: one a file, each with the cell and the rule that must find it. No files, no numbers drawn.

Every kind of rule has its fault, and so has every complaint of a reader about a cell, a row or a column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.parameters import demanded_codes, text_values
from kkz_eval.contracts.synonyms import code_names, normal_form
from kkz_eval.model.identifiers import cell_address
from kkz_eval.simulation.errors import simulation_error
from kkz_eval.simulation.grid import DATA_SHEET, Cell, Grid, Page, Writing, is_wide, laid_out, number, page_bytes

FAULT_COLUMNS = ("file", "cell", "rule", "before", "after")


@dataclass(frozen=True)
class Fault:
    """What was planted. cell: as the protocol shows it, "" or the sheet where the whole file is meant; rule: identifier that must be found there,
    or `person_records` where the file must be refused; before, after: of that cell, "" where rows came or went.
    """

    file: str
    cell: str
    rule: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Delivery:
    """A delivery before it is written."""

    name: str
    grid: Grid
    writing: Writing


@dataclass
class _Place:
    """A delivery laid out, about to be spoiled."""

    delivery: Delivery
    contract: Contract
    page: Page
    rng: np.random.Generator

    def column(self, name: str) -> int:
        return self.page.columns.index(name)

    def record(self, index: int) -> int:
        """The line of a record of the grid."""
        return self.page.first + index

    def any_record(self, where: Callable[[int], bool] = lambda _: True) -> int | None:
        """A record, neither the first nor the last, for which the condition holds."""
        fitting = [index for index in range(1, self.page.n_records - 1) if where(index)]
        return int(self.rng.choice(fitting)) if fitting else None

    def value(self, index: int, name: str) -> Cell:
        return self.delivery.grid.rows[index][self.column(name)]

    def code(self, index: int, name: str) -> str | None:
        """The code that a label of a record means; the default where the column is absent."""
        of = self.contract.property_named(name)
        if name not in self.page.columns:
            return of.default
        label = normal_form(str(self.value(index, name)))
        return next((code.code for code in of.codes if label in {normal_form(known) for known in code_names(code)}), None)

    def put(self, line: int, column: int, after: Cell, rule: str) -> Fault:
        """Write a cell; a number as the file writes numbers."""
        before = self.page.lines[line][column]
        is_text = self.delivery.writing.form == "text"
        self.page.lines[line][column] = number(after, self.delivery.writing) if is_text else after
        return self.at(line, column, rule, str(before), str(self.page.lines[line][column]))

    def at(self, line: int | None, column: int | None, rule: str, before: str = "", after: str = "") -> Fault:
        sheet = DATA_SHEET if self.delivery.writing.form == "workbook" else None
        row, letter = None if line is None else line + 1, None if column is None else column + 1
        return Fault(self.delivery.name, cell_address(sheet, row, letter), rule, before, after)


_Spoil = Callable[[_Place, Rule | None], Fault | None]
"""Spoils the page and says what must be found; None where the delivery has no place for the fault."""


def _numbers(place: _Place) -> list[str]:
    return [c.name for c in place.delivery.grid.columns if c.kind == "number" and place.contract.property_named(c.name).required]


def _cell_text(text: Callable[[Cell], Cell], rule: str) -> _Spoil:
    """A fault in a required count."""

    def spoil(place: _Place, _: Rule | None) -> Fault | None:
        names = [name for name in _numbers(place) if place.contract.property_named(name).logical_type == "integer"]
        index = place.any_record()
        if index is None or not names:
            return None
        name = names[0]
        return place.put(place.record(index), place.column(name), text(place.value(index, name)), rule)

    return spoil


def _ambiguous(place: _Place, _: Rule | None) -> Fault | None:
    if place.delivery.writing.form != "text" or place.delivery.writing.thousands:
        return None
    return _cell_text(lambda _: "1.234", "reader_ambiguous_number")(place, None)


def _not_whole(place: _Place, _: Rule | None) -> Fault | None:
    if place.delivery.writing.thousands == ".":
        return None
    return _cell_text(lambda _: 12.5, "reader_integer")(place, None)


def _year(place: _Place, _: Rule | None) -> Fault | None:
    index = place.any_record()
    if index is None:
        return None
    kind = next(column.kind for column in place.delivery.grid.columns if column.name == "year")
    wrong, rule = ("2015/18", "reader_school_year") if kind == "school_year" else ("201x", "reader_year")
    return place.put(place.record(index), place.column("year"), wrong, rule)


def _name_for_key(place: _Place, _: Rule | None) -> Fault | None:
    index = place.any_record()
    return None if index is None else place.put(place.record(index), place.column("unit_id"), "Musterstadt", "reader_ags")


def _wrong_line_of_totals(place: _Place, _: Rule | None) -> Fault | None:
    if place.page.total is None:
        return None
    name = _numbers(place)[0]
    value = int(place.value(place.page.n_records - 1, name)) + 1
    return place.put(place.page.total, place.column(name), value, "reader_total_differs")


def _missing_column(place: _Place, _: Rule | None) -> Fault | None:
    name = _numbers(place)[0]
    before = place.page.lines[place.page.header][place.column(name)]
    place.page.lines[place.page.header][place.column(name)] = "Bemerkung"
    return place.at(None, None, "reader_missing_column", str(before), "Bemerkung")


def _repeated_column(place: _Place, _: Rule | None) -> Fault | None:
    column, end = place.column(_numbers(place)[0]), len(place.page.columns)
    for line in (place.page.header, *range(place.page.first, place.page.first + place.page.n_records)):
        place.page.lines[line].append(place.page.lines[line][column])
    return place.at(place.page.header, end, "reader_repeated_column")


def _short_row(place: _Place, _: Rule | None) -> Fault | None:
    index = place.any_record()
    if (
        index is None
        or place.delivery.writing.form != "text"
        or place.contract.property_named(place.page.columns[-1]).required is False
    ):
        return None
    del place.page.lines[place.record(index)][-1]
    return place.at(place.record(index), None, "reader_short_row")


def _long_row(place: _Place, _: Rule | None) -> Fault | None:
    index = place.any_record()
    if index is None or place.delivery.writing.form != "text":
        return None
    place.page.lines[place.record(index)].append("7")
    return place.at(place.record(index), len(place.page.columns), "reader_long_row", "", "7")


def _no_records(place: _Place, _: Rule | None) -> Fault | None:
    del place.page.lines[place.page.first :]
    return place.at(None, None, "reader_no_rows")


def _persons(place: _Place, _: Rule | None) -> Fault | None:
    labels = [column.name for column in place.delivery.grid.columns if column.kind == "label"]
    if not labels:
        return None
    place.page.lines[place.page.header][place.column(labels[0])] = "Vorname"
    return place.at(None, None, "person_records", "", "Vorname")


def _in_column(after: Cell, kinds: Sequence[str]) -> _Spoil:
    """Another text in the column that the rule speaks of; kinds: of columns where the fault is what is found."""

    def spoil(place: _Place, rule: Rule | None) -> Fault | None:
        assert rule is not None
        name, index = str(rule.parameters["column"]), place.any_record()
        column = next((column for column in place.delivery.grid.columns if column.name == name), None)
        if column is None or column.kind not in kinds or index is None:
            return None
        return place.put(place.record(index), place.column(name), after, rule.rule_id)

    return spoil


def _below_all(place: _Place, rule: Rule | None) -> Fault | None:
    """A negative count, by the rule that bounds every row from below."""
    assert rule is not None
    if "minimum" not in rule.parameters or "where" in rule.parameters:
        return None
    return _in_column(-5, ("number",))(place, rule)


def _beside_another(place: _Place, rule: Rule | None) -> Fault | None:
    assert rule is not None
    name = str(rule.parameters["column"])
    codes = place.contract.property_named(name).codes
    alone = next(code.label_de for code in codes if code.code == rule.parameters["code"])
    return _in_column(f"{alone}; {codes[0].label_de}", ("label",))(place, rule)


def _unknown_unit(place: _Place, rule: Rule | None) -> Fault | None:
    assert rule is not None
    index = place.any_record()
    wrong = "JH05999999" if "youth_office" in place.contract.levels else "05999999"
    return None if index is None else place.put(place.record(index), place.column("unit_id"), wrong, rule.rule_id)


def _twice(place: _Place, rule: Rule | None) -> Fault | None:
    assert rule is not None
    index = place.any_record()
    if index is None:
        return None
    line = place.record(index)
    place.page.lines.insert(line + 1, list(place.page.lines[line]))
    return place.at(line + 1, place.column(str(rule.parameters["at"])), rule.rule_id)


def _above_whole(place: _Place, rule: Rule | None) -> Fault | None:
    assert rule is not None
    part, whole = str(rule.parameters["part"]), str(rule.parameters["whole"])
    index = place.any_record()
    if index is None or not {part, whole} <= set(place.page.columns):
        return None
    return place.put(place.record(index), place.column(part), int(place.value(index, whole)) + 1, rule.rule_id)


def _sum_in_row(place: _Place, rule: Rule | None) -> Fault | None:
    assert rule is not None
    whole, index = str(rule.parameters["whole"]), place.any_record()
    if index is None or not {whole, *text_values(rule.parameters["parts"])} <= set(place.page.columns):
        return None
    return place.put(place.record(index), place.column(whole), int(place.value(index, whole)) - 1, rule.rule_id)


def _above_total(place: _Place, rule: Rule | None) -> Fault | None:
    assert rule is not None
    dimension, total, measure = (str(rule.parameters[name]) for name in ("dimension", "total", "measure"))
    if dimension not in place.page.columns:
        return None
    index = place.any_record(lambda index: place.code(index, dimension) not in (total, None))
    return None if index is None else place.put(place.record(index), place.column(measure), 10**9, rule.rule_id)


def _wrong_total(place: _Place, rule: Rule | None) -> Fault | None:
    assert rule is not None
    dimension, total, measure = (str(rule.parameters[name]) for name in ("dimension", "total", "measure"))
    if dimension not in place.page.columns:
        return None
    index = place.any_record(lambda index: place.code(index, dimension) == total)
    if index is None:
        return None
    before = place.value(index, measure)
    after = float(before) + 17.0 if isinstance(before, float) else int(before) + 17
    return place.put(place.record(index), place.column(measure), after, rule.rule_id)


def _incomplete(place: _Place, rule: Rule | None) -> Fault | None:
    """All rows of one code of a unit and year (and of one combination of `within`) are taken out."""
    assert rule is not None
    dimension = str(rule.parameters["dimension"])
    within = text_values(rule.parameters.get("within", ()))
    if dimension not in place.page.columns:
        return None
    start = place.any_record()
    if start is None:
        return None

    def group_of(index: int) -> tuple[object, ...]:
        return (place.value(index, "unit_id"), place.value(index, "year"), *(place.code(index, name) for name in within))

    group = [index for index in range(place.page.n_records) if group_of(index) == group_of(start)]
    demanded = [code for code in demanded_codes(rule, place.contract) if code != place.code(group[0], dimension)]
    code = demanded[int(place.rng.integers(len(demanded)))]
    gone = {place.record(index) for index in group if place.code(index, dimension) == code}
    if not gone:
        return None
    place.page.lines[:] = [line for number, line in enumerate(place.page.lines) if number not in gone]
    first = place.record(group[0])
    return place.at(first - sum(line < first for line in gone), place.column(dimension), rule.rule_id)


_READER: Mapping[str, _Spoil] = {
    "reader_number": _cell_text(lambda before: f"{before} Kinder", "reader_number"),
    "reader_ambiguous_number": _ambiguous,
    "reader_integer": _not_whole,
    "reader_year": _year,
    "reader_ags": _name_for_key,
    "reader_total_differs": _wrong_line_of_totals,
    "reader_missing_column": _missing_column,
    "reader_repeated_column": _repeated_column,
    "reader_short_row": _short_row,
    "reader_long_row": _long_row,
    "reader_no_rows": _no_records,
    "person_records": _persons,
}
_RULES: Mapping[str, _Spoil] = {
    "code_stands_alone": _beside_another,
    "parts_sum_to_whole": _sum_in_row,
    "in_code_list": _in_column("Kita; Quatsch", ("label",)),
    "pattern": _in_column("x", ("label",)),
    "part_not_above_whole": _above_whole,
    "part_not_above_total": _above_total,
    "parts_sum_to_total": _wrong_total,
    "codes_complete": _incomplete,
    "not_null": _in_column("", ("number",)),
    "symbol_admitted": _in_column("-", ("label",)),
    "in_codes": _in_column("Quatsch", ("label",)),
    "range": _below_all,
    "unit_known": _unknown_unit,
    "unique_key": _twice,
}
FAULT_KINDS = (*_RULES, *_READER)  # those that fit few deliveries come first
MOST_FAULTS = 10  # of each kind


def plant(
    deliveries: Sequence[Delivery], contracts: Mapping[str, Contract], n: int, seed: int, kinds: Sequence[str] = FAULT_KINDS
) -> tuple[dict[str, bytes], tuple[Fault, ...]]:
    """n faults of each of these kinds, each in a delivery of its own: (bytes by name of the spoiled files, the faults in their order).

    Raises UserError where n is negative, above MOST_FAULTS, or too great for these deliveries.
    """
    if not 0 <= n <= MOST_FAULTS:
        raise simulation_error("faults_number", value=n, allowed=f"0–{MOST_FAULTS}")
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 30))))
    shuffled = [deliveries[position] for position in rng.permutation(len(deliveries))]
    free = [one for one in shuffled if not is_wide(one.grid, one.writing)]  # the faults are of long tables
    files: dict[str, bytes] = {}
    faults: list[Fault] = []
    for kind in kinds:
        for number_of in range(n):
            planted = next(filter(None, (_spoiled(kind, one, contracts, rng, number_of) for one in free)), None)
            if planted is None:
                raise simulation_error("faults_too_many", value=n, kind=kind, planted=number_of)
            delivery, fault, content = planted
            free.remove(delivery)
            files[delivery.name] = content
            faults.append(fault)
    return files, tuple(faults)


def _spoiled(
    kind: str, delivery: Delivery, contracts: Mapping[str, Contract], rng: np.random.Generator, turn: int
) -> tuple[Delivery, Fault, bytes] | None:
    contract = contracts[delivery.grid.dataset]
    rules: Sequence[Rule | None] = [rule for rule in contract.rules if rule.kind == kind] if kind in _RULES else [None]
    spoil = _RULES[kind] if kind in _RULES else _READER[kind]
    for offset in range(len(rules)):
        place = _Place(delivery, contract, laid_out(delivery.grid, delivery.writing), rng)
        fault = spoil(place, rules[(turn + offset) % len(rules)])
        if fault is not None:
            return delivery, fault, page_bytes(place.page, delivery.writing)
    return None
