"""What a contract makes of a table of official statistics: its measure, its codes, its level, nothing else. No files, no rules.

A table is claimed only where every variable of it has its place in the contract: a variable left aside would count people twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, OfficialSource, Property
from kkz_eval.deliveries.columns.completeness import missing_units
from kkz_eval.deliveries.columns.gathered import gathered
from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.columns.parsed_table import IGNORED, LEFT_OUT
from kkz_eval.deliveries.official.measured import in_units
from kkz_eval.deliveries.official.members import Entry, Total, codes_of, left_out, unknown_members, variables_of
from kkz_eval.deliveries.official.panels import GISD
from kkz_eval.deliveries.official.table import Footnote, OfficialTable
from kkz_eval.deliveries.official.timely import untimely
from kkz_eval.deliveries.official.unclaimed import Unfit, found_by_the_reader, named_by
from kkz_eval.deliveries.official.units import at_former_cities, at_offices, of_this_land
from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table
from kkz_eval.model.parsed import ARROW_TYPES, COL, FLAG, ROW, TEXT, ParsedTable

LAYOUT = "official"
_PARTS = ("", TEXT, FLAG, ROW, COL)  # columns of a measure
_PREFIX = re.compile(r"^(?:Kreisjugendamt|Jugendamt)\s+(?:des Kreises\s+|der Städteregion\s+)?|^(?:Kreis|Städteregion)\s+")
_SUFFIX = re.compile(r"\s*(?:[,(/].*|-Kreis)?$")
_THOUSANDS = r"^[1-9][0-9]{0,2}[.,]000\b"
_LONGEST = 400  # characters of a paragraph that are shown


def claimed(table: OfficialTable, contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...]:
    """The table of each contract that claims it; () where none does. Contracts must have the layout `official`.

    Only contracts that name it by the longest beginning of its code are asked: the table of the mean population (12411-05) is none of the
    population on 31 December (12411), whatever its columns say. A contract that takes but the total of one of its variables gives way to
    one that takes the whole table.
    """
    found: list[ParsedTable] = []
    untotalled: list[ParsedTable] = []
    for contract in named_by(table, contracts):
        parts: dict[str, _Part] = {}
        for source in contract.official if LAYOUT in contract.layouts else ():
            part = None if source.measure in parts else _part(table, contract, source)
            if isinstance(part, _Part):
                parts[source.measure] = part
        needed = {source.measure for source in contract.official if contract.property_named(source.measure).required}
        if parts and needed <= set(parts):
            found.append(_parsed(table, contract, parts))
            untotalled += [] if any(part.totals for part in parts.values()) else found[-1:]
    found = untotalled or found
    return tuple(one for one in found if one.table.num_rows) or tuple(found)


def why_unclaimed(table: OfficialTable, contracts: Mapping[str, Contract]) -> tuple[Contract, Unfit] | None:
    """The contract that uses a table which `claimed` gives to none, and what is in the way; None where no contract uses it."""
    contract = next(iter(named_by(table, contracts)), None)
    if contract is None:
        return None
    found = [found_by_the_reader(table), *(_part(table, contract, source) for source in contract.official)]
    unfit = next((part for part in found if isinstance(part, Unfit)), None)
    return None if unfit is None else (contract, unfit)


@dataclass(frozen=True)
class _Part:
    """What one measure of a contract takes: the rows of the official table that it keeps, its records, and what was found.

    totals: of each variable that the contract does not name, the member that is taken; lines: all rows of its levels, those of units that are no more among them.
    """

    totals: Mapping[str, Total]
    lines: pa.Table
    kept: pa.Table
    records: pa.Table
    findings: list[Finding]


def _parsed(official: OfficialTable, contract: Contract, parts: Mapping[str, _Part]) -> ParsedTable:
    """The parts as one table, with what was found in all of them."""
    kept = pa.concat_tables([part.kept for part in parts.values()], promote_options="none")
    lines = pa.concat_tables([part.lines for part in parts.values()], promote_options="none")
    findings = list(dict.fromkeys(finding for part in parts.values() for finding in part.findings))
    findings += _footnote_findings(official.footnotes, kept)
    findings += missing_units(lines)
    if kept.num_rows == 0:
        findings.append(Finding("reader_no_rows", "reader_no_rows", Severity.ERROR))
    metadata = {IGNORED: b"0", LEFT_OUT: str(official.table.num_rows - kept.num_rows).encode()}
    table = _joined({measure: part.records for measure, part in parts.items()}, contract).replace_schema_metadata(metadata)
    if official.family == GISD:
        official = _without_other_columns(official, kept, findings)
    every = concat_findings([official.findings, findings_table(gathered(findings))])
    return ParsedTable(contract.id, LAYOUT, table, every, official.edition)


def _without_other_columns(official: OfficialTable, kept: pa.Table, findings: list[Finding]) -> OfficialTable:
    """The table without what was found in the cells of columns that no mapping takes; they are named in one warning that is added.

    kept: the rows that are taken, of a family with one measure a column.
    """
    columns = official.table.select(["column", "measure_label"]).group_by(["column", "measure_label"]).aggregate([]).to_pylist()
    taken = set(kept.column("column").to_pylist())
    others = {row["column"]: row["measure_label"] for row in columns if row["column"] not in taken}
    if not others or not taken:
        return official
    kind, named = "official_columns_left_out", ", ".join(f"„{others[column]}“" for column in sorted(others))
    findings.append(Finding(kind, kind, Severity.WARNING, None, 1, min(others), value=named))
    in_others = pc.is_in(official.findings.column("column"), pa.array(sorted(others), pa.int32()))
    return replace(official, findings=official.findings.filter(pc.invert(in_others)))


def _part(official: OfficialTable, contract: Contract, source: OfficialSource) -> _Part | Unfit | None:
    """What a mapping takes; why it can't, of a table that it names; None for any other table."""
    if not (official.code or official.family).startswith(source.tables):
        return None
    if not official.years and (unfit := found_by_the_reader(official)) is not None:
        return unfit  # of no value the year is known: one cause, and no finding for each record
    table = official.table.filter(_of_measure(official.table, source))
    if table.num_rows == 0:
        return Unfit("no_measure", source.named)
    if "youth_office" in contract.levels and "kreis" not in contract.levels:
        table = at_offices(table)
    table = table.filter(of_this_land(table.column("unit_id")))
    if "kreis" in contract.levels and "municipality" not in contract.levels:
        table = at_former_cities(table)
    table = table.filter(pc.is_in(table.column("level").cast(pa.string()), pa.array(contract.levels, pa.string())))
    if not official.levels:
        return Unfit("no_keys")
    if table.num_rows == 0:
        return Unfit("no_level", official.levels, tuple(contract.levels))
    entries = table.column("dimensions").to_pylist()
    variables = variables_of(entries, official.variable_labels, contract, source)
    if isinstance(variables, Unfit):
        return variables
    codes = codes_of(entries, contract, source, variables)
    counted = np.ones(table.num_rows, bool)
    if pc.any(pc.equal(official.findings.column("kind"), "official_twice"), min_count=0).as_py():
        counted = _not_repeated(table, entries)
    keep = counted & np.array([all(value is not None for value in row.values()) for row in codes], bool)
    keep &= ~_dissolved(table)
    if variables.totals:
        keep &= np.array([variables.takes(entry) for entry in entries], bool)
    findings = [*unknown_members(table, entries, variables.places), *left_out(variables.totals)]
    taken = np.flatnonzero(keep)
    keep[taken[untimely(table.take(pa.array(taken)), source, official.edition, findings)]] = False
    kept = table.filter(pa.array(keep))
    rows = [codes[index] for index in np.flatnonzero(keep)]
    kept = in_units(kept, official, source, contract.property_named(source.measure), findings)
    columns = _columns(kept, rows, contract, source, findings)
    records = pa.Table.from_arrays(columns, schema=contract.schema)
    return _Part(variables.totals, table.filter(pa.array(counted)), kept, records, findings)


def _of_measure(table: pa.Table, source: OfficialSource) -> pa.Array:
    named = {fold(name) for name in source.named}
    columns = (table.column(name).cast(pa.string()).combine_chunks() for name in ("measure", "measure_label"))
    of_code, of_label = (
        pc.is_in(
            texts,
            pa.array([said for said in texts.unique().to_pylist() if said is not None and fold(said) in named], pa.string()),
        )
        for texts in columns
    )
    return pc.or_(of_code, of_label)


def _dissolved(table: pa.Table) -> np.ndarray:
    """Rows of units of which the whole table says nothing but `-`: it keeps a line for units that are no more."""
    units, flags = table.column("unit_id").cast(pa.string()).to_pylist(), table.column("flag").cast(pa.string()).to_pylist()
    alive = {unit for unit, flag in zip(units, flags, strict=True) if flag != "-"}
    return np.array([unit not in alive for unit in units], bool)


def _not_repeated(table: pa.Table, entries: Sequence[Entry]) -> np.ndarray:
    """Rows but those that repeat an earlier one word for word in all but the value: no value of either was taken, as was found already."""
    said = (table.column(name).cast(pa.string()).to_pylist() for name in ("level", "unit_id", "time", "measure"))
    seen: set[object] = set()
    first = np.ones(table.num_rows, bool)
    empty = table.column("value").is_null().to_pylist()
    for index, (*key, entry, without) in enumerate(zip(*said, entries, empty, strict=True)):
        members = tuple((variable, member["code"], member["label"]) for variable, member in entry)
        record = (*key, members)
        first[index] = not (without and record in seen)
        seen.add(record)
    return first


def _columns(
    table: pa.Table,
    codes: Sequence[Mapping[str, str | None]],
    contract: Contract,
    source: OfficialSource,
    findings: list[Finding],
) -> list[pa.Array]:
    """The columns of the parsed table; keys and codes have the row of their value as address."""
    n = table.num_rows
    rows, nothing, no_place = table.column("row").combine_chunks(), pa.nulls(n, pa.string()), pa.nulls(n, pa.int32())
    texts = {"unit_id": "region_key", "year": "time"}
    columns: list[pa.Array] = []
    for of in contract.properties:
        kind = ARROW_TYPES[of.logical_type]
        if of.name in texts:
            own = "unit_id" if of.name == "unit_id" else "year"
            typed = pc.cast(table.column(own), kind)
            columns += [typed, table.column(texts[of.name]).cast(pa.string()), nothing, rows, no_place]
        elif of.role == "dimension":
            values = pa.array([row[of.name] for row in codes], kind)
            columns += [values, values.cast(pa.string()), nothing, rows, no_place]
        elif of.name == source.measure:
            symbols, letters = (table.column(name).cast(pa.string()) for name in ("flag", "quality"))
            flags = pc.coalesce(pc.binary_join_element_wise(symbols, letters, " "), symbols, letters)
            values = _values(table, of, findings)
            columns += [values, table.column("value_delivered"), flags, rows, table.column("column")]
        else:
            columns += [pa.nulls(n, kind), nothing, nothing, no_place, no_place]
    columns.append(table.column("sheet").cast(pa.string()))
    return [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in columns]


def _values(table: pa.Table, of: Property, findings: list[Finding]) -> pa.Array:
    """The values of a measure in its type; one with decimals where the contract counts is a finding and no value."""
    values = table.column("value")
    if of.logical_type == "number":
        return values
    thousands = pc.match_substring_regex(table.column("value_delivered"), _THOUSANDS)
    unclear = pc.and_(thousands, pc.less(values, 1000)).fill_null(False)  # 2,000 beside decimal commas is rather 2000 than 2
    is_integer = pc.and_not(pc.equal(values, pc.floor(values)), unclear)
    for index in np.flatnonzero(pc.invert(is_integer).fill_null(False).to_numpy(zero_copy_only=False)):
        row, column = (table.column(name)[int(index)].as_py() for name in ("row", "column"))
        unit, year, text = (table.column(name)[int(index)].as_py() for name in ("unit_id", "year", "value_delivered"))
        kind = "official_decimals"
        findings.append(Finding(kind, kind, Severity.ERROR, None, row, column, of.name, unit, year, text))
    return pc.cast(pc.if_else(is_integer.fill_null(False), values, pa.scalar(None, pa.float64())), pa.int64())


def _joined(parts: Mapping[str, pa.Table], contract: Contract) -> pa.Table:
    """One table of a contract from one per measure, by name of the measure; records in the order in which the parts first name them.

    What is said of the same unit, year and members (a count and its rate side by side) becomes one record.
    A measure that a part does not give stays without value, text and address. Two records of one part with the same keys (a year
    twice) stay two, so that the rule of unique keys sees them.
    """
    if len(parts) == 1:
        (alone,) = parts.values()
        return alone
    keys = [p.name for p in contract.properties if p.role in {"key", "dimension"}]
    order: dict[tuple[object, ...], None] = {}
    places: dict[str, dict[tuple[object, ...], int]] = {}
    for measure, table in parts.items():
        seen: dict[tuple[object, ...], int] = {}
        places[measure] = {}
        for index, key in enumerate(zip(*(table.column(name).to_pylist() for name in keys), strict=True)):
            seen[key] = seen.get(key, -1) + 1
            place = (*key, seen[key])
            places[measure][place] = index
            order.setdefault(place)
    stacked = pa.concat_tables([table.replace_schema_metadata() for table in parts.values()])
    offsets = dict(zip(parts, _offsets(list(parts.values())), strict=True))
    records = list(order)
    first = [next(offsets[m] + places[m][record] for m in parts if record in places[m]) for record in records]
    base = stacked.take(pa.array(first, pa.int64()))
    for measure in parts:
        rows = [offsets[measure] + places[measure][r] if r in places[measure] else None for r in records]
        for part in _PARTS:
            name = measure + part
            column = stacked.column(name).take(pa.array(rows, pa.int64()))
            base = base.set_column(base.schema.get_field_index(name), base.schema.field(name), column)
    return base.combine_chunks()


def _offsets(tables: Sequence[pa.Table]) -> list[int]:
    """Where each table begins when they stand one below the other."""
    return [sum(table.num_rows for table in tables[:index]) for index in range(len(tables))]


def _footnote_findings(footnotes: Sequence[Footnote], kept: pa.Table) -> list[Finding]:
    """A warning for each paragraph that names a unit or a year of the rows that a contract keeps (OFFICIAL_SCHEMA).

    Free text decides nothing: it is shown to a person, word for word, with its line. What it declares invalid takes effect once it
    stands in the list of breaks.
    """
    if not footnotes or kept.num_rows == 0:
        return []
    names = sorted({_bare(name) for name in _distinct(kept, "region_name")} - {""})
    years = [str(year) for year in _distinct(kept, "year")]
    spoken = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, [*names, *years]))})(?![\w-])")
    found: list[Finding] = []
    for footnote in footnotes:
        named = list(dict.fromkeys(match.group(0) for match in spoken.finditer(footnote.text)))
        if named:
            kind, words = "official_footnote", footnote.text
            shown = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
            found.append(Finding(kind, kind, Severity.WARNING, row=footnote.row, value=shown, allowed=", ".join(named)))
    return found


def _distinct(table: pa.Table, name: str) -> Sequence[str]:
    return [value for value in table.column(name).unique().to_pylist() if value is not None]


def _bare(name: str) -> str:
    """The proper name in the label of a region: `Kleve, Kreis` and `Jugendamt Kleve` are Kleve."""
    return _SUFFIX.sub("", _PREFIX.sub("", name.strip())).strip()
