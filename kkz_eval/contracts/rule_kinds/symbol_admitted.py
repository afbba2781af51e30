"""A statistical symbol stands only where the property admits it; compared without case and spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.admitted import admitted
from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.judged_table import JudgedTable, KnownUnits, bools
from kkz_eval.contracts.parameters import column_of, text_values
from kkz_eval.contracts.rule_kinds.forms import COLUMN, all_kept, is_texts
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation, Hits, Kind, Limits, Parameter, hits_where
from kkz_eval.model.parsed import QUALITIES
from kkz_eval.model.symbols import standard_symbol


def _mask(rule: Rule, table: JudgedTable) -> Hits:
    column, symbols = column_of(rule), text_values(rule.parameters["symbols"])
    flags, flagged = table.flags(column), table.has_flag(column)
    if not flagged.any():
        return hits_where(flagged, column, "")
    plain = pc.utf8_lower(pc.replace_substring_regex(flags, r"\s+", ""))
    is_known = bools(pc.is_in(plain, value_set=pa.array(_spellings(symbols), pa.string())))
    allowed = " ".join(symbols) or admitted(table.contract, table.contract.property_named(column))
    return hits_where(flagged & ~is_known, column, allowed)


def _expectation(rule: Rule, contract: Contract, known_units: KnownUnits) -> Expectation:
    flag = Computed("plain_symbol", {"column": column_of(rule)})
    symbols = _spellings(text_values(rule.parameters["symbols"]))
    if not symbols:
        return Expectation("ExpectColumnValuesToBeNull", flag)
    return Expectation("ExpectColumnValuesToBeInSet", flag, {"value_set": symbols})


def _spellings(symbols: Sequence[str]) -> list[str]:
    """Symbols without case and spaces, and each with each letter of quality that is admitted too: `. r` is `.` and `r`."""
    plain = sorted({"".join(symbol.split()).lower() for one in symbols for symbol in (one, standard_symbol(one))})
    letters = [symbol for symbol in plain if symbol in QUALITIES]
    return [*plain, *(symbol + letter for symbol in plain if symbol not in letters for letter in letters)]


def _derived(of: Property, limits: Limits, levels: Sequence[str]) -> Mapping[str, object] | None:
    return {"symbols": limits.symbols}


SYMBOL_ADMITTED = Kind(
    "symbol_admitted", {"column": COLUMN, "symbols": Parameter(is_texts, eased=all_kept)}, _mask, _expectation, derived=_derived
)
