"""The neutral rules as Great Expectations: the second, independent implementation beside masks.py. The only module with pandas here.

Import it late: it takes seconds. What a row can't say alone is computed into helper columns (`__…`) with pandas, which
expectations then test. Frames of many files are stacked and validated at once, since the cost is per expectation.
"""

from __future__ import annotations

import os

# Set before the import below: great_expectations reads it then, and would send usage data to its makers otherwise.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import great_expectations as gx
import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig

from kkz_eval.contracts.contract import CODE_SEPARATOR, Contract, Rule
from kkz_eval.contracts.masks import admitted_symbols, missing_columns, plain_symbol
from kkz_eval.contracts.rules import (
    RuleError,
    admitted_range,
    bound,
    checked,
    condition,
    demanded_codes,
    known_ids,
    other_key_columns,
    text_values,
    tolerance,
)
from kkz_eval.model.findings import Severity
from kkz_eval.model.parsed import COL, FLAG, ROW, SHEET, TEXT, ParsedTable

FILE = "__file"  # which file a row of a stacked frame came from
MISSING = "__missing"  # per property: whether the reader reported the whole column as missing

_SEVERITIES: Mapping[str, str] = {Severity.ERROR: "critical", Severity.WARNING: "warning"}


@dataclass(frozen=True)
class RuleOutcome:
    """What Great Expectations says of one rule. failing_index: labels of the frame's index, ascending."""

    rule_id: str
    kind: str
    severity: str
    success: bool
    failing_index: list[int]


def to_frame(parsed: ParsedTable, file: str = "") -> pd.DataFrame:
    """The parsed table as a frame: per property value, text, symbol and address, a sheet, and `__file`.

    Texts are objects with None, numbers float64 with nan (Great Expectations can't compare nullable types).
    file: tells the rows of stacked frames apart, since no rule looks beyond its file.
    """
    names = [name for name in parsed.table.column_names if name + TEXT in parsed.table.column_names]
    columns: dict[str, pd.Series] = {}
    missing = missing_columns(parsed)
    for name in names:
        values = pd.Series(parsed.table.column(name).to_pylist(), dtype=object)
        is_text = parsed.table.schema.field(name).type == "string"
        columns[name] = values if is_text else pd.to_numeric(values).astype("float64")
        for suffix in (TEXT, FLAG):
            columns[name + suffix] = pd.Series(parsed.table.column(name + suffix).to_pylist(), dtype=object)
        for suffix in (ROW, COL):
            columns[name + suffix] = pd.Series(parsed.table.column(name + suffix).to_pylist(), dtype="float64")
        columns[name + MISSING] = pd.Series(name in missing, index=range(parsed.table.num_rows), dtype=bool)
    columns[SHEET] = pd.Series(parsed.table.column(SHEET).to_pylist(), dtype=object)
    columns[FILE] = pd.Series([file] * parsed.table.num_rows, dtype=object)
    return pd.DataFrame(columns)


def stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of several files as one, rows numbered anew. Raises ValueError where two come from the same file."""
    names = [name for frame in frames for name in frame[FILE].unique()]
    if len(set(names)) != len(names):
        raise ValueError("frames of different files need different names")
    return pd.concat(frames, ignore_index=True)


def compile_expectations(contract: Contract, known_units: Mapping[str, frozenset[str]]) -> list[tuple[str, gxe.Expectation]]:
    """Every rule of a contract with its expectation, in its order; they need the helper columns of with_helpers.

    Raises RuleError for a kind that is unknown or not translated here.
    """
    compiled = []
    for rule in contract.rules:
        translation = _translation(rule, contract)
        compiled.append((rule.rule_id, translation.expect(rule, contract, known_units)))
    return compiled


def with_helpers(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The frame with the helper column of each rule that needs one, named by helper_column."""
    helpers = {}
    for rule in contract.rules:
        compute = _translation(rule, contract).helper
        if compute is not None:
            helpers[helper_column(rule)] = compute(frame, rule, contract)
    return frame.assign(**helpers)


def helper_column(rule: Rule) -> str:
    """The name of a rule's helper column."""
    return f"__{rule.rule_id}"


def validate(frame: pd.DataFrame, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> list[RuleOutcome]:
    """One outcome per rule of the contract, in its order, on a frame made by to_frame (or stack) with a unique index.

    Raises RuleError for a rule that can't be translated, RuntimeError where an expectation could not be computed.
    """
    if not frame.index.is_unique:
        raise ValueError("the index must be unique, it is the address of a failing row")
    compiled = compile_expectations(contract, known_units)
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    suite = gx.ExpectationSuite(name=contract.id)
    for _, expectation in compiled:
        suite.add_expectation(expectation)
    asset = context.data_sources.add_pandas("parsed").add_dataframe_asset(contract.id)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": with_helpers(frame, contract)})
    result = batch.validate(suite, result_format={"result_format": "COMPLETE", "exclude_unexpected_values": True})
    by_id = {one.expectation_config.meta["rule_id"]: one for one in result.results}
    return [_outcome(rule, by_id[rule.rule_id]) for rule in contract.rules]


def _outcome(rule: Rule, result: gx.core.ExpectationValidationResult) -> RuleOutcome:
    if result.exception_info and result.exception_info.get("raised_exception", True):
        raise RuntimeError(f"the expectation of rule {rule.rule_id} could not be computed: {result.exception_info}")
    failing = sorted(int(label) for label in result.result["unexpected_index_list"] or [])
    return RuleOutcome(rule.rule_id, rule.kind, str(rule.severity), bool(result.success), failing)


# --- translations -----------------------------------------------------------------------------------------------------

_Expect = Callable[[Rule, Contract, Mapping[str, frozenset[str]]], gxe.Expectation]
_Helper = Callable[[pd.DataFrame, Rule, Contract], pd.Series]


@dataclass(frozen=True)
class Translation:
    """How a kind becomes an expectation; helper: the column it needs computed, None where the frame has it all."""

    expect: _Expect
    helper: _Helper | None = None


def _translation(rule: Rule, contract: Contract) -> Translation:
    checked(rule, contract.properties)
    if rule.kind not in _TRANSLATIONS:
        raise RuleError("rule_not_compiled", rule=rule.rule_id, kind=rule.kind, engine="Great Expectations")
    return _TRANSLATIONS[rule.kind]


def _meta(rule: Rule) -> dict[str, object]:
    return {"meta": {"rule_id": rule.rule_id, "kind": rule.kind}, "severity": _SEVERITIES[rule.severity]}


def _column(rule: Rule) -> str:
    return str(rule.parameters["column"])


def _helper_not_null(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToNotBeNull(column=helper_column(rule), **_meta(rule))


def _filled(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    column = _column(rule)
    text = frame[column + TEXT].where(frame[column + TEXT].fillna("").astype(str).str.strip() != "", None)
    first = frame[column].astype(object).where(frame[column].notna(), None)
    filled = first.combine_first(frame[column + FLAG]).combine_first(text)
    return filled.mask(frame[column + MISSING] & filled.isna(), "reported as missing").astype(object)


def _helper_in_set(admitted: Sequence[str], rule: Rule) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToBeInSet(column=helper_column(rule), value_set=list(admitted), **_meta(rule))


def _expect_symbols(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    symbols = admitted_symbols(text_values(rule.parameters["symbols"]))
    if not symbols:
        return gxe.ExpectColumnValuesToBeNull(column=helper_column(rule), **_meta(rule))
    return _helper_in_set(symbols, rule)


def _symbols(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    return frame[_column(rule) + FLAG].map(lambda symbol: plain_symbol(symbol) if isinstance(symbol, str) else None)


def _expect_codes(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    return _helper_in_set(text_values(rule.parameters["codes"]), rule)


def _delivered_code(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    """The code, else "not a code" followed by the text where there is one that is no symbol, else None."""
    column = _column(rule)

    def of_row(code: object, text: object, flag: object) -> str | None:
        if isinstance(code, str):
            return code
        if isinstance(text, str) and text.strip() and not isinstance(flag, str):
            return f"not a code: {text}"
        return None

    cells = zip(frame[column], frame[column + TEXT], frame[column + FLAG], strict=True)
    return pd.Series([of_row(*cell) for cell in cells], index=frame.index, dtype=object)


def _expect_code_list(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    one = "|".join(re.escape(code) for code in text_values(rule.parameters["codes"]))
    pattern = rf"\A(?:{one})(?:{CODE_SEPARATOR}(?:{one}))*\Z"
    return gxe.ExpectColumnValuesToMatchRegex(column=helper_column(rule), regex=pattern, **_meta(rule))


def _expect_alone(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    code = re.escape(str(rule.parameters["code"]))
    pattern = rf"(?:(?:\A|{CODE_SEPARATOR}){code}{CODE_SEPARATOR})|(?:{CODE_SEPARATOR}{code}\Z)"
    return gxe.ExpectColumnValuesToNotMatchRegex(column=_column(rule), regex=pattern, **_meta(rule))


def _comparable(frame: pd.DataFrame, contract: Contract, column: str) -> pd.Series:
    """The numbers of a column; nan where its range does not admit one, which is a finding of its own."""
    low, high = admitted_range(contract, column)
    return frame[column].where(frame[column].between(low, high))


def _gap_in_row(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    """Distance of the whole from the sum of its parts in the row; nan where one is absent or a symbol alone."""
    parts, whole = list(text_values(rule.parameters["parts"])), str(rule.parameters["whole"])
    sums = pd.concat([_comparable(frame, contract, part) for part in parts], axis=1).sum(axis=1, skipna=False)
    return (_comparable(frame, contract, whole) - sums).abs().round(6)


def _excess_in_row(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    """By how much the part exceeds the whole in the row; nan where one of them can't be compared."""
    part, whole = (_comparable(frame, contract, str(rule.parameters[name])) for name in ("part", "whole"))
    return part - whole


def _expect_range(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToBeBetween(
        column=helper_column(rule), min_value=bound(rule, "minimum"), max_value=bound(rule, "maximum"), **_meta(rule)
    )


def _judged_values(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    """The values of the rows that the condition of the rule names, all where it has none; nan elsewhere."""
    values = frame[_column(rule)]
    for column, codes in condition(rule).items():
        values = values.where(frame[column].isin(list(codes)))
    return values


def _expect_pattern(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    pattern = rf"\A(?:{rule.parameters['pattern']})\Z"
    return gxe.ExpectColumnValuesToMatchRegex(column=_column(rule), regex=pattern, **_meta(rule))


def _expect_unit_known(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToBeInSet(column=_column(rule), value_set=sorted(known_ids(rule, known)), **_meta(rule))


def _helper_not_above(limit: float, rule: Rule) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToBeBetween(column=helper_column(rule), max_value=limit, **_meta(rule))


def _expect_none(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    return _helper_not_above(0.0, rule)


def _expect_tolerance(rule: Rule, contract: Contract, known: Mapping[str, frozenset[str]]) -> gxe.Expectation:
    return _helper_not_above(tolerance(rule), rule)


def _earlier_rows(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    """How many earlier rows of the file have the same key; nan where the key has a gap."""
    columns = [FILE, *text_values(rule.parameters["columns"])]
    earlier = frame.groupby(columns, sort=False, dropna=True).cumcount().astype("float64")
    return earlier.where(frame[columns].notna().all(axis=1))


def _measure_dimension_total(rule: Rule) -> tuple[str, str, str]:
    return str(rule.parameters["measure"]), str(rule.parameters["dimension"]), str(rule.parameters["total"])


def _excess_over_total(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    """By how much a part exceeds the one total of its group; nan where there is none to compare."""
    measure, dimension, total = _measure_dimension_total(rule)
    frame = frame.assign(**{measure: _comparable(frame, contract, measure)})
    keys = [FILE, *other_key_columns(contract.properties, dimension)]
    totals = frame[frame[dimension] == total].drop_duplicates(keys, keep=False)
    joined = frame[keys].merge(totals[[*keys, measure]], on=keys, how="left", validate="many_to_one")
    excess = pd.Series(frame[measure].to_numpy() - joined[measure].to_numpy(), index=frame.index)
    comparable = frame[dimension].notna() & (frame[dimension] != total) & frame[keys].notna().all(axis=1)
    return excess.where(comparable)


def _gap_to_parts(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    """At the total: its distance from the sum of the parts; nan where one is absent, doubled, unreadable or a symbol alone."""
    measure, dimension, total = _measure_dimension_total(rule)
    parts = list(demanded_codes(rule, contract))
    frame = frame.assign(**{measure: _comparable(frame, contract, measure)})
    keys = [FILE, *other_key_columns(contract.properties, dimension)]
    rows = frame[frame[dimension].isin([*parts, total]) & frame[keys].notna().all(axis=1)]
    gap = pd.Series(np.nan, index=frame.index)
    if rows.empty:
        return gap
    single = rows.drop_duplicates([*keys, dimension], keep=False)
    wide = single.set_index([*keys, dimension])[measure].unstack(dimension)
    wide = wide.reindex(columns=[*parts, total])
    distance = (wide[total] - wide[parts].sum(axis=1, skipna=False)).abs().round(6)
    at_total = rows[rows[dimension] == total]
    found = distance.reindex(pd.MultiIndex.from_frame(at_total[keys]))
    gap.loc[at_total.index] = found.to_numpy()
    return gap


def _codes_lacking(frame: pd.DataFrame, rule: Rule, contract: Contract) -> pd.Series:
    """At the first row of each group: how many demanded codes it lacks; nan elsewhere and where codes are unreadable."""
    dimension = str(rule.parameters["dimension"])
    within = list(text_values(rule.parameters.get("within", ())))
    demanded = set(demanded_codes(rule, contract))
    unit_year = [FILE, "unit_id", "year"]
    keyed = frame[frame[unit_year].notna().all(axis=1)]
    gap = keyed[[dimension, *within]].isna().any(axis=1)
    readable = keyed[~gap.groupby([keyed[name] for name in unit_year], sort=False).transform("any")]
    groups = [*unit_year, *within]
    there = readable[readable[dimension].isin(list(demanded))].drop_duplicates([*groups, dimension])
    first = readable.drop_duplicates(groups)
    counted = first[groups].merge(there.groupby(groups).size().rename("there").reset_index(), on=groups, how="left")
    lacking = pd.Series(np.nan, index=frame.index)
    lacking.loc[first.index] = len(demanded) - counted["there"].fillna(0).to_numpy()
    return lacking


_TRANSLATIONS: Mapping[str, Translation] = {
    "not_null": Translation(_helper_not_null, _filled),
    "symbol_admitted": Translation(_expect_symbols, _symbols),
    "in_codes": Translation(_expect_codes, _delivered_code),
    "in_code_list": Translation(_expect_code_list, _delivered_code),
    "code_stands_alone": Translation(_expect_alone),
    "parts_sum_to_whole": Translation(_expect_tolerance, _gap_in_row),
    "range": Translation(_expect_range, _judged_values),
    "pattern": Translation(_expect_pattern),
    "unit_known": Translation(_expect_unit_known),
    "unique_key": Translation(_expect_none, _earlier_rows),
    "part_not_above_whole": Translation(_expect_none, _excess_in_row),
    "part_not_above_total": Translation(_expect_tolerance, _excess_over_total),
    "parts_sum_to_total": Translation(_expect_tolerance, _gap_to_parts),
    "codes_complete": Translation(_expect_none, _codes_lacking),
}
