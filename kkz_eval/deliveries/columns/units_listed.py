"""The units of a table, official or municipal, as its contract has it: names beside keys, units that are missing. No layouts, no values.

Findings here name no unit and year: a table whose keys and names have slipped can't be trusted in any of its lines.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.columns.completeness import missing_by_measure
from kkz_eval.deliveries.columns.gathered import gathered
from kkz_eval.deliveries.columns.parsed_table import unit_property, year_property
from kkz_eval.deliveries.columns.readings import ags_of
from kkz_eval.deliveries.columns.typed import encoded_texts
from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.named import name_of_another


def is_of_another(contract: Contract, key: str, name: str) -> bool:
    """Whether the name beside a key as delivered is that of another unit of a level of the contract."""
    own = ags_of(key)
    return own is not None and any(name_of_another(own, level, name) for level in contract.levels)


def misnamed(
    contract: Contract, keys: pa.Array, names: pa.Array, rows: pa.Array, column: int, sheet: str | None
) -> list[Finding]:
    """An error for each key that stands beside the name of another unit, at its first record.

    keys, names (string, as delivered), rows (int, 1-based): of each record; column: 1-based, of the keys.
    """
    kind = "official_other_name"
    return gathered(
        Finding(kind, kind, Severity.ERROR, sheet, row, column, value=key, allowed=name)
        for key, name, row in first_of_pairs(keys, names, rows)
        if is_of_another(contract, key, name)
    )


def first_of_pairs(keys: pa.Array, names: pa.Array, rows: pa.Array) -> list[tuple[str, str, int]]:
    """(key, name, first row) of every pair that stands in some record, in the order of rows; records without either are left out.

    keys, names: string, or dictionary of string; rows: ascending.
    """
    key_of, name_of = encoded_texts(keys), encoded_texts(names)
    n_names = len(name_of.dictionary)
    pairs = pc.add(pc.multiply(pc.cast(key_of.indices, pa.int64()), n_names), pc.cast(name_of.indices, pa.int64()))
    kept = np.flatnonzero(pairs.is_valid().to_numpy(zero_copy_only=False))
    _, first = np.unique(pairs.drop_null().to_numpy(), return_index=True)
    at = pa.array(np.sort(kept[first]))
    found = (column.take(at).cast(pa.string()).to_pylist() for column in (key_of, name_of))
    return list(zip(*found, rows.take(at).to_pylist(), strict=True))


def missing_units(parsed: ParsedTable, contract: Contract) -> list[Finding]:
    """What completeness.missing_by_measure finds in the table of a contract with one level; a measure is a code of `measureFrom`."""
    unit, year = unit_property(contract), year_property(contract)
    if unit is None or year is None or len(contract.levels) != 1 or parsed.table.num_rows == 0:
        return []
    units, years = (parsed.table.column(of.name).combine_chunks() for of in (unit, year))
    if contract.measure_from is None:
        measures = pa.repeat(pa.scalar(""), parsed.table.num_rows)
    else:
        measures = parsed.table.column(contract.measure_from).combine_chunks()
    return missing_by_measure(contract.levels[0], units.cast(pa.string()), years.cast(pa.int32()), measures)


def with_findings(parsed: ParsedTable, *found: Finding) -> ParsedTable:
    """The table with findings on it as a whole below its own."""
    return replace(parsed, findings=concat_findings([parsed.findings, findings_table(found)])) if found else parsed
