"""The rules as Great Expectations: the second, independent implementation beside masks.py. The only module with pandas here.

Import it late: it takes seconds. Which expectation a rule is, its kind says as data (rule_kinds/). What a row can't say alone is computed
into columns of their own (`__…`) with pandas, which expectations then test. The files of a contract are stacked and validated at once, since the cost is per expectation.
"""

from __future__ import annotations

import os

# Set before the import below: great_expectations reads it then, and would send usage data to its makers otherwise.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import great_expectations as gx
import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
import pyarrow as pa
from great_expectations.data_context.types.base import ProgressBarsConfig

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.errors import RuleError
from kkz_eval.contracts.judged_table import KnownUnits, missing_columns
from kkz_eval.contracts.parameters import admitted_range, other_key_columns
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.contracts.rule_kinds.kind import Computed, Expectation
from kkz_eval.contracts.rules import checked
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


def to_frame(parsed: Mapping[str, ParsedTable]) -> pd.DataFrame:
    """The parsed tables of files as one frame: per property value, text, symbol and address, a sheet, and `__file`.

    Texts are objects with None, numbers float64 with nan (Great Expectations can't compare nullable types).
    parsed: of one contract, by a name that tells the rows of the files apart, since no rule looks beyond its file. Not empty.
    """
    cells = pa.concat_tables([one.table for one in parsed.values()])
    lengths = [one.table.num_rows for one in parsed.values()]
    missing = [missing_columns(one) for one in parsed.values()]
    names = [name for name in cells.column_names if name + TEXT in cells.column_names]
    columns: dict[str, pd.Series] = {}
    for name in names:
        values = pd.Series(cells.column(name).to_pylist(), dtype=object)
        is_text = cells.schema.field(name).type == "string"
        columns[name] = values if is_text else pd.to_numeric(values).astype("float64")
        for suffix in (TEXT, FLAG):
            columns[name + suffix] = pd.Series(cells.column(name + suffix).to_pylist(), dtype=object)
        for suffix in (ROW, COL):
            columns[name + suffix] = pd.Series(cells.column(name + suffix).to_pylist(), dtype="float64")
        columns[name + MISSING] = pd.Series(np.repeat([name in of_file for of_file in missing], lengths), dtype=bool)
    columns[SHEET] = pd.Series(cells.column(SHEET).to_pylist(), dtype=object)
    columns[FILE] = pd.Series(np.repeat(np.array(list(parsed), dtype=object), lengths), dtype=object)
    return pd.DataFrame(columns)


def compile_expectations(contract: Contract, known_units: KnownUnits) -> list[tuple[str, gxe.Expectation]]:
    """Every rule of a contract with its expectation, in its order; they need the columns of with_computed.

    Raises RuleError for a rule that can't be used, or whose expectation is not known here.
    """
    return [(rule.rule_id, _translated(rule, said)) for rule, said in _expectations(contract, known_units)]


def with_computed(frame: pd.DataFrame, contract: Contract, known_units: KnownUnits) -> pd.DataFrame:
    """The frame with the computed column of each rule that needs one, named after it."""
    computed = {
        _column_name(rule, said): _COMPUTED[said.column.name](frame, contract, **said.column.arguments)
        for rule, said in _expectations(contract, known_units)
        if isinstance(said.column, Computed)
    }
    return frame.assign(**computed)


def _expectations(contract: Contract, known_units: KnownUnits) -> list[tuple[Rule, Expectation]]:
    rules = [checked(rule, contract.properties) for rule in contract.rules]
    return [(rule, KINDS[rule.kind].expectation(rule, contract, known_units)) for rule in rules]


def _translated(rule: Rule, said: Expectation) -> gxe.Expectation:
    is_known = hasattr(gxe, said.name) and (isinstance(said.column, str) or said.column.name in _COMPUTED)
    if not is_known:
        raise RuleError("rule_not_compiled", rule=rule.rule_id, kind=rule.kind, engine="Great Expectations")
    meta = {"rule_id": rule.rule_id, "kind": rule.kind}
    severity = _SEVERITIES[rule.severity]
    return getattr(gxe, said.name)(column=_column_name(rule, said), **said.arguments, meta=meta, severity=severity)


def _column_name(rule: Rule, said: Expectation) -> str:
    return said.column if isinstance(said.column, str) else f"__{rule.rule_id}"


def validate(frame: pd.DataFrame, contract: Contract, known_units: KnownUnits) -> list[RuleOutcome]:
    """One outcome per rule of the contract, in its order, on a frame made by to_frame, with a unique index.

    Raises RuleError for a rule that can't be translated, RuntimeError where an expectation could not be computed.
    """
    if not frame.index.is_unique:
        raise ValueError("the index must be unique, it is the address of a failing row")
    compiled = compile_expectations(contract, known_units)
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # All at once: added one by one, each would be compared with all before it.
    suite = gx.ExpectationSuite(name=contract.id, expectations=[expectation for _, expectation in compiled])
    asset = context.data_sources.add_pandas("parsed").add_dataframe_asset(contract.id)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
        {"dataframe": with_computed(frame, contract, known_units)}
    )
    result = batch.validate(suite, result_format={"result_format": "COMPLETE", "exclude_unexpected_values": True})
    by_id = {one.expectation_config.meta["rule_id"]: one for one in result.results}
    return [_outcome(rule, by_id[rule.rule_id]) for rule in contract.rules]


def _outcome(rule: Rule, result: gx.core.ExpectationValidationResult) -> RuleOutcome:
    if result.exception_info and result.exception_info.get("raised_exception", True):
        raise RuntimeError(f"the expectation of rule {rule.rule_id} could not be computed: {result.exception_info}")
    failing = sorted(int(label) for label in result.result["unexpected_index_list"] or [])
    return RuleOutcome(rule.rule_id, rule.kind, str(rule.severity), bool(result.success), failing)


# --- computed columns: each from the frame, the contract, and the arguments that a kind of rule names ---------------------


def _filled(frame: pd.DataFrame, contract: Contract, column: str) -> pd.Series:
    """What fills each cell: a value, a symbol, a text; null where nothing does, and the column is not missing as a whole."""
    text = frame[column + TEXT].where(frame[column + TEXT].fillna("").astype(str).str.strip() != "", None)
    first = frame[column].astype(object).where(frame[column].notna(), None)
    filled = first.combine_first(frame[column + FLAG]).combine_first(text)
    return filled.mask(frame[column + MISSING] & filled.isna(), "reported as missing").astype(object)


def _plain_symbol(frame: pd.DataFrame, contract: Contract, column: str) -> pd.Series:
    """The symbol without case and spaces, so that "k. A." and "k.a." are one."""
    symbols = frame[column + FLAG]
    return symbols.map({symbol: "".join(symbol.split()).lower() for symbol in symbols.dropna().unique()}).astype(object)


def _delivered_code(frame: pd.DataFrame, contract: Contract, column: str) -> pd.Series:
    """The code, else "not a code" followed by the text where there is one that is no symbol, else None."""

    def of_row(code: object, text: object, flag: object) -> str | None:
        if isinstance(code, str):
            return code
        if isinstance(text, str) and text.strip() and not isinstance(flag, str):
            return f"not a code: {text}"
        return None

    cells = zip(frame[column], frame[column + TEXT], frame[column + FLAG], strict=True)
    return pd.Series([of_row(*cell) for cell in cells], index=frame.index, dtype=object)


def _values_where(frame: pd.DataFrame, contract: Contract, column: str, where: Mapping[str, tuple[str, ...]]) -> pd.Series:
    """The values of the rows that a condition names, all where it names none; nan elsewhere."""
    values = frame[column]
    for name, codes in where.items():
        values = values.where(frame[name].isin(list(codes)))
    return values


def _comparable(frame: pd.DataFrame, contract: Contract, column: str) -> pd.Series:
    """The numbers of a column; nan where its range does not admit one, which is a finding of its own."""
    low, high = admitted_range(contract, column)
    return frame[column].where(frame[column].between(low, high))


def _gap_in_row(frame: pd.DataFrame, contract: Contract, parts: Sequence[str], whole: str) -> pd.Series:
    """Distance of the whole from the sum of its parts in the row; nan where one is absent or a symbol alone."""
    sums = pd.concat([_comparable(frame, contract, part) for part in parts], axis=1).sum(axis=1, skipna=False)
    return (_comparable(frame, contract, whole) - sums).abs().round(6)


def _excess_in_row(frame: pd.DataFrame, contract: Contract, part: str, whole: str) -> pd.Series:
    """By how much the part exceeds the whole in the row; nan where one of them can't be compared."""
    return _comparable(frame, contract, part) - _comparable(frame, contract, whole)


def _earlier_rows(frame: pd.DataFrame, contract: Contract, columns: Sequence[str]) -> pd.Series:
    """How many earlier rows of the file have the same key; nan where the key has a gap."""
    keys = [FILE, *columns]
    earlier = frame.groupby(keys, sort=False, dropna=True).cumcount().astype("float64")
    return earlier.where(frame[keys].notna().all(axis=1))


def _excess_over_total(frame: pd.DataFrame, contract: Contract, measure: str, dimension: str, total: str) -> pd.Series:
    """By how much a part exceeds the one total of its group; nan where there is none to compare."""
    frame = frame.assign(**{measure: _comparable(frame, contract, measure)})
    keys = [FILE, *other_key_columns(contract.properties, dimension)]
    totals = frame[frame[dimension] == total].drop_duplicates(keys, keep=False)
    joined = frame[keys].merge(totals[[*keys, measure]], on=keys, how="left", validate="many_to_one")
    excess = pd.Series(frame[measure].to_numpy() - joined[measure].to_numpy(), index=frame.index)
    comparable = frame[dimension].notna() & (frame[dimension] != total) & frame[keys].notna().all(axis=1)
    return excess.where(comparable)


def _gap_to_parts(
    frame: pd.DataFrame, contract: Contract, measure: str, dimension: str, total: str, parts: Sequence[str]
) -> pd.Series:
    """At the total: its distance from the sum of the parts; nan where one is absent, doubled, unreadable or a symbol alone."""
    frame = frame.assign(**{measure: _comparable(frame, contract, measure)})
    keys = [FILE, *other_key_columns(contract.properties, dimension)]
    rows = frame[frame[dimension].isin([*parts, total]) & frame[keys].notna().all(axis=1)]
    gap = pd.Series(np.nan, index=frame.index)
    if rows.empty:
        return gap
    single = rows.drop_duplicates([*keys, dimension], keep=False)
    wide = single.set_index([*keys, dimension])[measure].unstack(dimension)
    wide = wide.reindex(columns=[*parts, total])
    distance = (wide[total] - wide[list(parts)].sum(axis=1, skipna=False)).abs().round(6)
    at_total = rows[rows[dimension] == total]
    found = distance.reindex(pd.MultiIndex.from_frame(at_total[keys]))
    gap.loc[at_total.index] = found.to_numpy()
    return gap


def _codes_lacking(
    frame: pd.DataFrame, contract: Contract, dimension: str, within: Sequence[str], codes: Sequence[str]
) -> pd.Series:
    """At the first row of each group: how many demanded codes it lacks; nan elsewhere and where codes are unreadable."""
    unit_year = [FILE, "unit_id", "year"]
    keyed = frame[frame[unit_year].notna().all(axis=1)]
    gap = keyed[[dimension, *within]].isna().any(axis=1)
    readable = keyed[~gap.groupby([keyed[name] for name in unit_year], sort=False).transform("any")]
    groups = [*unit_year, *within]
    there = readable[readable[dimension].isin(list(codes))].drop_duplicates([*groups, dimension])
    first = readable.drop_duplicates(groups)
    counted = first[groups].merge(there.groupby(groups).size().rename("there").reset_index(), on=groups, how="left")
    lacking = pd.Series(np.nan, index=frame.index)
    lacking.loc[first.index] = len(set(codes)) - counted["there"].fillna(0).to_numpy()
    return lacking


_COMPUTED: Mapping[str, Callable[..., pd.Series]] = {
    "filled": _filled,
    "plain_symbol": _plain_symbol,
    "delivered_code": _delivered_code,
    "values_where": _values_where,
    "gap_in_row": _gap_in_row,
    "excess_in_row": _excess_in_row,
    "earlier_rows": _earlier_rows,
    "excess_over_total": _excess_over_total,
    "gap_to_parts": _gap_to_parts,
    "codes_lacking": _codes_lacking,
}
