"""What a contract takes of INKAR as text: its indicators, its level, this Land. No reading; of the exported table: inkar_export_mapping.py.

The long and the bulk text name an indicator in each record. Editions side by side do not say which indicator they hold, so the name of the
file must, and say nothing else that is not known. What is left out is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns.header import Names, code_names, fold, property_names
from kkz_eval.deliveries.columns.typed import blank_as_null, parsed_table, unit_property, year_property
from kkz_eval.deliveries.columns.units_listed import misnamed, missing_units, with_findings
from kkz_eval.deliveries.official import inkar
from kkz_eval.deliveries.official.keyed_records import KeyedRecords
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.official.units import of_levels, of_this_land
from kkz_eval.deliveries.results import Unclaimed
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.numbers import Style, style_of
from kkz_eval.model.findings import Finding, Severity, concat_findings
from kkz_eval.model.parsed import ROW, ParsedTable

LONG, EDITIONS = "inkar_long", "inkar_editions"  # layouts of contracts
_BESIDE = frozenset({"by", "nach", "je", "inkar", "bbsr", "edition", "editions", "ausgabe", "ausgaben"})
_WORDS = re.compile(r"[\s_\-.]+")


def observation(contract: Contract) -> tuple[str, str, str, str]:
    """Names of the properties for unit, year, indicator and value. A contract without them can't have a layout of INKAR: ValueError."""
    unit, year = unit_property(contract), year_property(contract)
    if unit is None or year is None or contract.measure_from is None:
        raise ValueError(f"contract {contract.id} has an INKAR layout but not the keys and the dimension it needs")
    return unit.name, year.name, contract.measure_from, measure_of(contract).name


def measure_of(contract: Contract) -> Property:
    """The one measure of a contract with a layout of INKAR. Raises ValueError."""
    measures = [p for p in contract.properties if p.role == "measure"]
    if len(measures) != 1:
        raise ValueError(f"contract {contract.id} has an INKAR layout and so needs one measure, not {len(measures)}")
    return measures[0]


def indicator_names(contract: Contract) -> Names:
    """What the contract calls its indicators."""
    return code_names(contract.property_named(contract.measure_from or ""))


def has_long(contracts: Mapping[str, Contract]) -> bool:
    """Whether some contract takes the long or the bulk text."""
    return any(LONG in contract.layouts for contract in contracts.values())


def claimed(records: KeyedRecords, contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...]:
    """Of the long or the bulk text a table for each contract with this layout; where several have it, for those that know an indicator."""
    serving = [contract for contract in contracts.values() if LONG in contract.layouts and contract.measure_from]
    known = {contract.id: _known_codes(contract, records) for contract in serving}
    if len(serving) > 1:
        serving = [contract for contract in serving if known[contract.id]] or serving[:1]
    return tuple(_parsed(contract, records, known) for contract in serving)


def _known_codes(contract: Contract, records: KeyedRecords) -> frozenset[str]:
    """The texts of the file that name an indicator of the contract."""
    lookup = indicator_names(contract)
    return frozenset(code for code in _codes(records).unique().to_pylist() if lookup.find(code) is not None)


def _codes(records: KeyedRecords) -> pa.Array:
    assert records.measure is not None
    return records.measure.codes


def _parsed(contract: Contract, records: KeyedRecords, known: Mapping[str, frozenset[str]]) -> ParsedTable:
    keep = _kept(contract, records, known)
    rows = pa.array(records.rows)
    cells = {
        name: Cells(blank_as_null(texts), rows, pa.array(np.full(records.size, column, np.int32))).take(keep)
        for name, (texts, column) in _columns(contract, records).items()
    }
    n_records = pc.sum(keep).as_py() or 0
    empty = [] if n_records else [Finding("reader_no_rows", "reader_no_rows", Severity.ERROR)]
    parsed = parsed_table(
        contract,
        LONG,
        cells,
        n_records,
        style=records.style or style_of([cells[measure_of(contract).name].texts]) or records.fallback,
        findings=[*records.findings, *_misnamed(contract, records, keep), *empty],
        left_out=records.size - n_records,
    )
    return with_findings(_without_open_end(parsed, contract, records), *missing_units(parsed, contract))


def _kept(contract: Contract, records: KeyedRecords, known: Mapping[str, frozenset[str]]) -> pa.Array:
    """Which records are the contract's (bool): its level, in this Land, its indicators, and those that no contract knows."""
    own = known[contract.id]
    words = next((of.labels for of in records.dimensions if fold(of.variable) == "raumbezug"), None)
    keep = pa.array(of_levels(records.keys, words, contract.levels))
    if records.family == inkar.BULK:  # holds every indicator there is
        return pc.and_(keep, pc.is_in(_codes(records), pa.array(sorted(own), pa.string())))
    foreign = frozenset().union(*known.values()) - own
    return pc.and_(keep, pc.invert(pc.is_in(_codes(records), pa.array(sorted(foreign), pa.string()))))


def _columns(contract: Contract, records: KeyedRecords) -> dict[str, tuple[pa.Array, int | None]]:
    """By property, the texts of its column and its place: the four of an observation by what they are, others by their names."""
    assert records.measure is not None
    others = [("name", records.names, records.name_column), *((of.variable, of.labels, of.column) for of in records.dimensions)]
    columns: dict[str, tuple[pa.Array, int | None]] = {}
    for title, texts, column in others:
        name = property_names(contract).find(title)
        if name is not None:
            columns.setdefault(name, (texts, column))
    unit, year, indicator, value = observation(contract)
    return columns | {
        unit: (records.keys, records.key_column),
        year: (records.times, records.time_column),
        indicator: (records.measure.codes, records.measure.code_column),
        value: (records.values[0].texts, records.values[0].column),
    }


def _misnamed(contract: Contract, records: KeyedRecords, keep: pa.Array) -> list[Finding]:
    assert records.keys is not None
    assert records.names is not None
    assert records.key_column is not None
    keys, names, rows = (column.filter(keep) for column in (records.keys, records.names, pa.array(records.rows)))
    return misnamed(contract, keys, names, rows, records.key_column, None)


def _without_open_end(parsed: ParsedTable, contract: Contract, records: KeyedRecords) -> ParsedTable:
    """The table without its last value, where the last line has no line break: the number may have been cut. Its text stays."""
    name = measure_of(contract).name
    if not records.open_end:
        return parsed
    last_row = int(records.rows[-1])
    last = pc.equal(parsed.table.column(name + ROW), pa.scalar(last_row, pa.int32()))
    if not pc.any(last).as_py():
        return parsed
    text = parsed.texts(name)[-1].as_py()
    if text is None:
        return parsed
    place = parsed.table.schema.get_field_index(name)
    values = pc.if_else(last, pa.scalar(None, parsed.table.schema.field(place).type), parsed.values(name))
    kind = "official_open_end"
    unit, year = (parsed.values(key)[-1].as_py() for key in observation(contract)[:2])
    finding = Finding(kind, kind, Severity.ERROR, None, last_row, records.values[0].column, name, unit, year, text)
    return with_findings(replace(parsed, table=parsed.table.set_column(place, parsed.table.schema.field(place), values)), finding)


def indicator_named(contract: Contract, name: str) -> str | None:
    """The code of the contract's indicator that the name of a file says, before `by`, `nach`, `INKAR`, `Ausgaben` or years; else None."""
    known = indicator_names(contract)
    words = [word for word in _WORDS.split(PurePosixPath(name).stem) if word]
    for n in range(len(words), 0, -1):
        beside = all(word.isdigit() or fold(word) in _BESIDE for word in words[n:])
        found = (known.find("_".join(words[:n])) or known.find(" ".join(words[:n]))) if beside else None
        if found is not None:
            return found
    return None


def sided(official: OfficialTable, name: str, contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...] | Unclaimed | None:
    """The table of the contract whose indicator the file's name says; Unclaimed where it says none; None without such a contract."""
    serving = [contract for contract in contracts.values() if EDITIONS in contract.layouts]
    named = [(contract, code) for contract in serving if (code := indicator_named(contract, name)) is not None]
    if len(named) == 1:
        return (_sided(official, *named[0]),)
    editions = ", ".join(sorted(set(official.table.column("edition").cast(pa.string()).drop_null().to_pylist())))
    return Unclaimed("editions", {"name": name, "editions": editions}) if serving else None


def _sided(official: OfficialTable, contract: Contract, code: str) -> ParsedTable:
    """One record for each value or symbol; an edition that leaves a cell empty does not speak about it."""
    unit, year, indicator, value = observation(contract)
    edition = contract.edition_property
    if edition is None:
        raise ValueError(f"contract {contract.id} has the layout {EDITIONS} but no property for the edition")
    levels = pc.is_in(official.table.column("level").cast(pa.string()), pa.array(contract.levels, pa.string()))
    nowhere = pc.is_null(official.table.column("unit_id"))  # what is no key at all is kept, to be reported
    here = of_this_land(official.table.column("unit_id"))
    spoken = official.table.filter(pc.is_valid(official.table.column("value_delivered")))
    keep = pc.and_(pc.or_(pc.and_(levels, here), nowhere), pc.is_valid(official.table.column("value_delivered")))
    table = official.table.filter(keep).combine_chunks()
    n, rows = table.num_rows, table.column("row").combine_chunks()
    nowhere_shown = pa.nulls(n, pa.int32())

    def texts(column: str) -> pa.Array:
        return table.column(column).cast(pa.string()).combine_chunks()

    cells = {
        unit: Cells(texts("region_key"), rows, nowhere_shown),
        year: Cells(texts("time"), rows, nowhere_shown),
        indicator: Cells(pa.repeat(pa.scalar(code, pa.string()), n), nowhere_shown, nowhere_shown),
        edition.name: Cells(texts("edition"), pa.repeat(pa.scalar(1, pa.int32()), n), table.column("column").combine_chunks()),
        value: Cells(texts("value_delivered"), rows, table.column("column").combine_chunks()),
    }
    empty = [] if n else [Finding("reader_no_rows", "reader_no_rows", Severity.ERROR)]
    parsed = parsed_table(contract, EDITIONS, cells, n, style=Style.POINT, findings=empty, left_out=spoken.num_rows - n)
    found = replace(parsed, findings=concat_findings([official.findings, parsed.findings]))
    return with_findings(found, *missing_units(found, contract))
