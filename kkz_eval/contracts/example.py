"""A right delivery, made from the contract itself: the columns that every file needs, and rows that no rule complains of.

Belongs here: made-up numbers that keep the contract's sums. Does not belong here: how they are shown (pages.py, template_book.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.parameters import demanded_codes, text_values

EXAMPLE_YEAR = 2016
_UNITS: Mapping[str, str] = {"municipality": "05162024", "kreis": "05570", "youth_office": "JH05162024", "land": "05"}
_COUNT, _PART = 60, 0.7  # of one row without totals; a part of a whole is this share of it


def example_columns(contract: Contract) -> tuple[Property, ...]:
    """The columns of the example and of the blank template: the required ones, in the contract's order."""
    return tuple(p for p in contract.properties if p.required)


def example_rows(contract: Contract) -> tuple[tuple[str, ...], ...]:
    """All rows of one unit and year as people write them in German, one cell per column of example_columns."""
    columns = example_columns(contract)
    choices = [_choices(of, contract) for of in columns if of.role == "dimension"]
    counts = _counts(contract)
    rows = []
    for codes in product(*choices):
        chosen = dict(zip((of.name for of in columns if of.role == "dimension"), codes, strict=True))
        factor = prod(_weight(contract, name, code) for name, (code, _) in chosen.items())
        rows.append(tuple(_cell(of, contract, chosen, counts.get(of.name, 0) * factor) for of in columns))
    return tuple(rows)


def written_year(of: Property) -> str:
    """The year of the example, as the column's form asks for it."""
    return f"{EXAMPLE_YEAR - 1}/{EXAMPLE_YEAR % 100:02d}" if of.form == "school_year" else str(EXAMPLE_YEAR)


def _choices(of: Property, contract: Contract) -> list[tuple[str, str]]:
    """The (code, label) of each row along a dimension; one that is not in the key, or is free text, has one."""
    if of.form == "codes":
        return [(of.codes[0].code, "; ".join(code.label_de for code in of.codes[:2]))]
    if not of.codes:
        return [("", contract.terms.examples.get(of.name, "Elterncafé"))]
    codes = of.codes if of.in_key else of.codes[:1]
    return [(code.code, code.label_de) for code in codes]


def _cell(of: Property, contract: Contract, chosen: Mapping[str, tuple[str, str]], value: int) -> str:
    if of.role == "dimension":
        return chosen[of.name][1]
    if of.role == "measure" and of.name in contract.terms.examples:
        return contract.terms.examples[of.name]
    if of.role == "measure":
        return f"{value},00" if of.logical_type == "number" else str(value)
    return _UNITS[contract.levels[0]] if of.form == "ags" else written_year(of)


def _counts(contract: Contract) -> dict[str, int]:
    """The count of each measure in a row without totals: a part is less than its whole."""
    counts = {p.name: _COUNT for p in contract.properties if p.role == "measure"}
    pairs = [(str(r.parameters["part"]), str(r.parameters["whole"])) for r in contract.rules if r.kind == "part_not_above_whole"]
    for _ in pairs:  # so often at most until a chain of parts of parts is settled
        for part, whole in pairs:
            counts[part] = min(counts[part], int(counts[whole] * _PART))
    return counts


def _weight(contract: Contract, dimension: str, code: str) -> int:
    """How many codes without parts of their own a code adds up; more than any part where it is only not exceeded."""
    parts: tuple[str, ...] = ()
    for rule in contract.rules:
        if rule.parameters.get("dimension") == dimension and rule.parameters.get("total") == code:
            if rule.kind == "parts_sum_to_total":
                parts = demanded_codes(rule, contract)
            elif not parts:
                return len(text_values([known.code for known in contract.property_named(dimension).codes]))
    return sum(_weight(contract, dimension, part) for part in parts) or 1
