"""Each unit and year (and each combination of `within`) has all codes (all of the list by default).

Not judged where a row of the unit and year has no readable code in one of these columns.
"""

from __future__ import annotations

import numpy as np

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits
from kkz_eval.contracts.parameters import demanded_codes, text_values
from kkz_eval.contracts.rule_kinds.forms import COLUMN, OPTIONAL_CODES, dimension_problems, is_texts, labels
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind, Parameter

OF_UNITS = "codes_complete_of_units"  # of several units at once (gathered.py)


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    dimension, codes = str(rule.parameters["dimension"]), demanded_codes(rule, table.contract)
    within = text_values(rule.parameters.get("within", ()))
    of = table.contract.property_named(dimension)
    unit_years = table.groups_by(("unit_id", "year"))
    unclear = np.zeros(table.table.num_rows, dtype=np.bool_)
    for name in (dimension, *within):
        unclear |= ~table.has_value(name)
    groups = table.groups_by(("unit_id", "year", *within))
    judged = (groups.of_row >= 0) & ~unit_years.any_in(unclear)[unit_years.of_row] if unit_years.n else unclear
    is_judged = groups.any_in(judged)
    lacking = {code: is_judged & ~groups.any_in(table.is_one_of(dimension, [code])) for code in codes}
    first = groups.first_row()
    fails = np.zeros(groups.n, dtype=np.bool_)
    for lacks in lacking.values():
        fails |= lacks
    numbers = np.flatnonzero(fails)
    numbers = numbers[np.argsort(first[numbers], kind="stable")]
    missing = [labels(of, [code for code in codes if lacking[code][number]]) for number in numbers]
    return Hits(first[numbers], dimension, [labels(of, codes)] * len(numbers), missing)


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    columns = {"dimension": str(rule.parameters["dimension"]), "within": text_values(rule.parameters.get("within", ()))}
    lacking = Computed("codes_lacking", {**columns, "codes": demanded_codes(rule, contract)})
    return Expectation("ExpectColumnValuesToBeBetween", lacking, {"max_value": 0.0})


CODES_COMPLETE = Kind(
    "codes_complete",
    {"dimension": COLUMN, "codes": OPTIONAL_CODES, "within": Parameter(is_texts, text_values, required=False)},
    _mask,
    _expectation,
    problems=dimension_problems,
    variants=(OF_UNITS,),
    waivable=True,
    demands_all_codes=True,
)
