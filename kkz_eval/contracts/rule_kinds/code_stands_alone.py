"""In a list of codes, this one stands alone ("none" and another would contradict each other)."""

from __future__ import annotations

import re

from kkz_eval.contracts.contract import CODE_SEPARATOR, Contract, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits
from kkz_eval.contracts.parameters import column_of
from kkz_eval.contracts.rule_kinds.forms import CODE, COLUMN, labels, list_problems
from kkz_eval.contracts.rule_kinds.kind import Expectation, Hits, Kind, hits_where


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    column, code = column_of(rule), str(rule.parameters["code"])
    bad = [text for text in table.distinct(column) if text != code and code in text.split(CODE_SEPARATOR)]
    return hits_where(table.is_one_of(column, bad), column, labels(table.contract.property_named(column), [code]))


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    code = re.escape(str(rule.parameters["code"]))
    regex = rf"(?:(?:\A|{CODE_SEPARATOR}){code}{CODE_SEPARATOR})|(?:{CODE_SEPARATOR}{code}\Z)"
    return Expectation("ExpectColumnValuesToNotMatchRegex", column_of(rule), {"regex": regex})


CODE_STANDS_ALONE = Kind("code_stands_alone", {"column": COLUMN, "code": CODE}, _mask, _expectation, problems=list_problems)
