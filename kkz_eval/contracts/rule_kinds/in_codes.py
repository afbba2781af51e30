"""The text is one of the code list's names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits
from kkz_eval.contracts.parameters import column_of, text_values
from kkz_eval.contracts.rule_kinds.forms import CODES_OF_COLUMN, COLUMN, labels
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind, Limits, hits_where
from kkz_eval.model.spreadsheet_dates import typed_span
from kkz_eval.model.symbols import SEPARATOR

AS_DATE = "in_codes_as_date"
_DIGITS = re.compile(r"[0-9]+")


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    column, codes = column_of(rule), text_values(rule.parameters["codes"])
    of = table.contract.property_named(column)
    known = table.is_one_of(column, codes)
    wrong = ~known & table.is_delivered(column, known) & (~table.has_flag(column) | table.has_value(column))
    hits = hits_where(wrong, column, labels(of, codes))
    return _dates_named(hits, table, spans_in_codes(of, codes)) if len(hits.rows) else hits


def spans_in_codes(of: Property, codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The spans of two numbers in the names of codes ("3-6" of "3 bis unter 6 Jahre"), each with the labels of its codes."""
    found: dict[str, dict[str, None]] = {}
    for code in of.codes:
        for name in (code.label_de, *code.synonyms) if code.code in codes else ():
            digits = _DIGITS.findall(name)
            if len(digits) == 2:
                found.setdefault("-".join(digits), {})[code.label_de] = None
    return {span: tuple(labels) for span, labels in found.items()}


def _dates_named(hits: Hits, table: JudgedTable, spans: Mapping[str, tuple[str, ...]]) -> Hits:
    """The hits on a code list, those told apart that a spreadsheet program made a date of; the code that may be meant is only asked."""
    texts = table.texts(hits.field).take(pa.array(hits.rows)).to_pylist()
    typed = {text: typed_span(text or "") for text in set(texts)}
    if not any(typed.values()):
        return hits
    meant = {text: next((spans[span] for span in found if span in spans), ()) for text, found in typed.items()}
    allowed = [SEPARATOR.join(meant[text]) if meant[text] else listed for text, listed in zip(texts, hits.allowed, strict=True)]
    return hits._replace(allowed=allowed, kinds=[AS_DATE if typed[text] else "in_codes" for text in texts])


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    code = Computed("delivered_code", {"column": column_of(rule)})
    return Expectation("ExpectColumnValuesToBeInSet", code, {"value_set": list(text_values(rule.parameters["codes"]))})


def _derived(of: Property, limits: Limits, levels: Sequence[str]) -> Mapping[str, object] | None:
    return {"codes": tuple(code.code for code in of.codes)} if of.codes and of.form != "codes" else None


IN_CODES = Kind(
    "in_codes", {"column": COLUMN, "codes": CODES_OF_COLUMN}, _mask, _expectation, derived=_derived, variants=(AS_DATE,)
)
