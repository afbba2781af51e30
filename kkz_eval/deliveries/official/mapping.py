"""What a contract makes of a table of official statistics: its measure, its codes, its level, nothing else. No files, no rules.

A table is claimed only where every variable of it has its place in the contract: a variable left aside would count people twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract, OfficialSource, Property
from kkz_eval.deliveries.columns.completeness import missing_units
from kkz_eval.deliveries.columns.gathered import gathered
from kkz_eval.deliveries.columns.header import code_names, fold
from kkz_eval.deliveries.columns.typed import IGNORED, LEFT_OUT
from kkz_eval.deliveries.official.footnotes import footnote_findings
from kkz_eval.deliveries.official.joined import joined
from kkz_eval.deliveries.official.measured import in_units
from kkz_eval.deliveries.official.panels import GISD
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.official.timely import untimely
from kkz_eval.deliveries.official.unclaimed import Unfit, found_by_the_reader, user_of
from kkz_eval.deliveries.official.units import at_offices
from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table
from kkz_eval.model.parsed import ARROW_TYPES, ParsedTable

LAYOUT = "official"
_LAND = "05"
_TOTALS = frozenset({"insgesamt", "gesamt", "total"})  # folded: members that stand for all of their variable


@dataclass(frozen=True)
class _Place:
    """Where a variable goes: property, and each member's code, None for one that is left out or unknown."""

    of: Property
    codes: Mapping[str, str | None]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class _Total:
    """What is taken of a variable without a place: the label of its total, and those of its other members."""

    label: str
    others: tuple[str, ...]


def claimed(table: OfficialTable, contracts: Mapping[str, Contract]) -> tuple[ParsedTable, ...]:
    """The table of each contract that claims it; () where none does. Contracts must have the layout `official`.

    A contract that takes but the total of one of its variables gives way to one that takes the whole table.
    """
    found: list[ParsedTable] = []
    whole: list[ParsedTable] = []
    for contract in contracts.values():
        parts: dict[str, _Part] = {}
        for source in contract.official if LAYOUT in contract.layouts else ():
            part = None if source.measure in parts else _part(table, contract, source)
            if isinstance(part, _Part):
                parts[source.measure] = part
        needed = {source.measure for source in contract.official if contract.property_named(source.measure).required}
        if parts and needed <= set(parts):
            found.append(_parsed(table, contract, parts))
            whole += [] if any(part.totals for part in parts.values()) else found[-1:]
    found = whole or found
    return tuple(one for one in found if one.table.num_rows) or tuple(found)


def why_unclaimed(table: OfficialTable, contracts: Mapping[str, Contract]) -> tuple[Contract, Unfit] | None:
    """The contract that uses a table which `claimed` gives to none, and what is in the way; None where no contract uses it."""
    user = user_of(table, contracts)
    if user is None:
        return None
    contract, *_ = user
    found = [found_by_the_reader(table), *(_part(table, contract, source) for source in contract.official)]
    unfit = next((part for part in found if isinstance(part, Unfit)), None)
    return None if unfit is None else (contract, unfit)


@dataclass(frozen=True)
class _Part:
    """What one measure of a contract takes: the rows of the official table that it keeps, its records, and what was found.

    totals: of each variable that the contract does not name, the member that is taken; lines: all rows of its levels, those of units that are no more among them.
    """

    totals: Mapping[str, _Total]
    lines: pa.Table
    kept: pa.Table
    records: pa.Table
    findings: list[Finding]


def _parsed(official: OfficialTable, contract: Contract, parts: Mapping[str, _Part]) -> ParsedTable:
    """The parts as one table, with what was found in all of them."""
    kept = pa.concat_tables([part.kept for part in parts.values()], promote_options="none")
    lines = pa.concat_tables([part.lines for part in parts.values()], promote_options="none")
    findings = list(dict.fromkeys(finding for part in parts.values() for finding in part.findings))
    findings += footnote_findings(official.footnotes, kept)
    findings += missing_units(lines)
    if kept.num_rows == 0:
        findings.append(Finding("reader_no_rows", "reader_no_rows", Severity.ERROR))
    metadata = {IGNORED: b"0", LEFT_OUT: str(official.table.num_rows - kept.num_rows).encode()}
    table = joined({measure: part.records for measure, part in parts.items()}, contract).replace_schema_metadata(metadata)
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
    table = table.filter(pa.array(_of_level(table, contract.levels)))
    if table.num_rows == 0:
        return Unfit("no_level", official.levels, tuple(contract.levels))
    entries = table.column("dimensions").to_pylist()
    found = _places(entries, contract, source)
    if isinstance(found, Unfit):
        return found
    places, totals = found
    there = {place.of.name for place in places.values()}
    lacking = [p.label_de for p in _dimensions(contract) if p.name not in there and _absent(p, source) is None]
    if lacking:
        return Unfit("no_variable", tuple(lacking))
    codes = _codes(entries, contract, source, places)
    counted = np.ones(table.num_rows, bool)
    if pc.any(pc.equal(official.findings.column("kind"), "official_twice"), min_count=0).as_py():
        counted = _not_repeated(table, entries)
    keep = counted & np.array([all(value is not None for value in row.values()) for row in codes], bool)
    keep &= ~_dissolved(table)
    if totals:
        keep &= np.array([all(v not in totals or totals[v].label == m["label"] for v, m in entry) for entry in entries], bool)
    findings = [*_unknown(table, entries, places), *_left_out(totals)]
    taken = np.flatnonzero(keep)
    keep[taken[untimely(table.take(pa.array(taken)), source, official.edition, findings)]] = False
    kept = table.filter(pa.array(keep))
    rows = [codes[index] for index in np.flatnonzero(keep)]
    kept = in_units(kept, official, source, contract.property_named(source.measure), findings)
    columns = _columns(kept, rows, contract, source, findings)
    records = pa.Table.from_arrays(columns, schema=contract.schema)
    return _Part(totals, table.filter(pa.array(counted)), kept, records, findings)


def _dimensions(contract: Contract) -> list[Property]:
    return [p for p in contract.properties if p.role == "dimension"]


def _absent(of: Property, source: OfficialSource) -> str | None:
    return source.absent.get(of.name, of.default)


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


def _places(
    entries: Sequence[Sequence[tuple[str, Mapping[str, str]]]], contract: Contract, source: OfficialSource
) -> tuple[dict[str, _Place], dict[str, _Total]] | Unfit:
    """The place of each variable, and the total of each that has none; what is in the way where one has neither, or two have one place."""
    members: dict[str, dict[str, str]] = {}
    for entry in entries:
        for variable, member in entry:
            members.setdefault(variable, {})[member["label"]] = member["code"]
    places: dict[str, _Place] = {}
    totals: dict[str, _Total] = {}
    for variable, labels in members.items():
        if set(labels) <= set(source.whole):
            continue
        place = _place_of(variable, labels, contract, source)
        total = next((label for label in labels if fold(label) in _TOTALS), None)
        if place is None and total is not None:
            totals[variable] = _Total(total, tuple(label for label in labels if label != total))
            continue
        if place is None or place.of.name in {other.of.name for other in places.values()}:
            return Unfit("no_place", tuple(labels))
        places[variable] = place
    return places, totals


def _left_out(totals: Mapping[str, _Total]) -> list[Finding]:
    """A warning for each variable that the contract does not name, of which only the total is taken."""
    kind = "official_variable_left_out"
    return [
        Finding(kind, kind, Severity.WARNING, value=", ".join(total.others) or variable, allowed=total.label)
        for variable, total in totals.items()
    ]


def _place_of(variable: str, labels: Mapping[str, str], contract: Contract, source: OfficialSource) -> _Place | None:
    """By the name of the variable, else as the only property that knows most of its members."""
    places = [_reading(labels, of, source) for of in _dimensions(contract)]
    for place in places:
        if fold(variable) in {fold(name) for name in source.variables.get(place.of.name, ())}:
            return place
    scores = [sum(code is not None for code in place.codes.values()) for place in places]
    best = max(scores, default=0)
    return places[scores.index(best)] if best > 0 and scores.count(best) == 1 else None


def _reading(labels: Mapping[str, str], of: Property, source: OfficialSource) -> _Place:
    """What a property makes of the members of a variable."""
    known, own = code_names(of), source.members.get(of.name, {})
    left_out = source.left_out.get(of.name, ())
    codes = {
        label: None if label in left_out else own.get(label) or own.get(code) or known.find(label)
        for label, code in labels.items()
    }
    unknown = tuple(label for label, code in codes.items() if code is None and label not in left_out)
    return _Place(of, codes, unknown)


def _codes(
    entries: Sequence[Sequence[tuple[str, Mapping[str, str]]]],
    contract: Contract,
    source: OfficialSource,
    places: Mapping[str, _Place],
) -> list[dict[str, str | None]]:
    """The codes of each row by property; a row without a variable that the table has means the total, which is `absent`."""
    rows: list[dict[str, str | None]] = []
    for entry in entries:
        row = {of.name: _absent(of, source) for of in _dimensions(contract)}
        row |= {
            places[variable].of.name: places[variable].codes[member["label"]] for variable, member in entry if variable in places
        }
        rows.append(row)
    return rows


def _of_level(table: pa.Table, levels: Sequence[str]) -> np.ndarray:
    units = table.column("unit_id").cast(pa.string())
    wanted = pc.is_in(table.column("level").cast(pa.string()), pa.array(levels, pa.string()))
    here = pc.or_(pc.starts_with(units, _LAND), pc.starts_with(units, "JH" + _LAND)).fill_null(False)
    return np.array(pc.and_(wanted, here).to_pylist(), bool)


def _dissolved(table: pa.Table) -> np.ndarray:
    """Rows of units of which the whole table says nothing but `-`: it keeps a line for units that are no more."""
    units, flags = table.column("unit_id").cast(pa.string()).to_pylist(), table.column("flag").cast(pa.string()).to_pylist()
    alive = {unit for unit, flag in zip(units, flags, strict=True) if flag != "-"}
    return np.array([unit not in alive for unit in units], bool)


def _not_repeated(table: pa.Table, entries: Sequence[Sequence[tuple[str, Mapping[str, str]]]]) -> np.ndarray:
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


def _unknown(
    table: pa.Table, entries: Sequence[Sequence[tuple[str, Mapping[str, str]]]], places: Mapping[str, _Place]
) -> list[Finding]:
    """One finding for each member that the contract does not know, at its first value."""
    wanted = {(variable, label) for variable, place in places.items() for label in place.unknown}
    found: list[Finding] = []
    for index, entry in enumerate(entries):
        for variable, member in entry:
            if (variable, member["label"]) in wanted:
                wanted.discard((variable, member["label"]))
                kind, of = "official_member", places[variable].of.name
                row, column = table.column("row")[index].as_py(), table.column("column")[index].as_py()
                found.append(Finding(kind, kind, Severity.WARNING, None, row, column, of, value=member["label"]))
    return found


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
    whole = pc.equal(values, pc.floor(values))
    for index in np.flatnonzero(pc.invert(whole).fill_null(False).to_numpy(zero_copy_only=False)):
        row, column = (table.column(name)[int(index)].as_py() for name in ("row", "column"))
        unit, year, text = (table.column(name)[int(index)].as_py() for name in ("unit_id", "year", "value_delivered"))
        findings.append(Finding("reader_integer", "reader_integer", Severity.ERROR, None, row, column, of.name, unit, year, text))
    return pc.cast(pc.if_else(whole.fill_null(False), values, pa.scalar(None, pa.float64())), pa.int64())
