"""From columns of text with addresses to the typed columns of a contract, each text converted once. No layouts, no files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import CODE_SEPARATOR, Contract, Property
from kkz_eval.deliveries.header import code_names
from kkz_eval.deliveries.numbers import Style, parse_numbers, symbol_of
from kkz_eval.model.findings import Finding, Severity, findings_table
from kkz_eval.model.identifiers import is_ags
from kkz_eval.model.parsed import ARROW_TYPES, ParsedTable

IGNORED = b"rows_ignored"  # keys of the metadata of ParsedTable.table: lines that are no records (titles, footnotes, blank ones)
LEFT_OUT = b"records_left_out"  # records of other units, levels or indicators than the contract's

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_SCHOOL_YEAR = re.compile(r"(?:schuljahr|sj)?\.?\s*([0-9]{4}|[0-9]{2})\s*[/–-]\s*([0-9]{4}|[0-9]{2})", re.IGNORECASE)
_YOUTH_OFFICE = re.compile(r"JH05[0-9]{6}", re.IGNORECASE)
_LIST = re.compile(r"[;,|+\n]")  # between the codes of one cell; no name of a code has one of them (lint)
_LOST_ZERO = re.compile(r"5(?:[0-9]{3}|[0-9]{6})")


@dataclass(frozen=True)
class Cells:
    """A column as delivered, one entry per record.

    texts: string, null where blank or absent; rows, columns: int32, 1-based, null where absent;
    numbers: float64, known where the cell holds a number and not a text (workbooks), else None.
    """

    texts: pa.Array
    rows: pa.Array
    columns: pa.Array
    numbers: pa.Array | None = None

    def take(self, keep: pa.Array) -> Cells:
        """The entries where `keep` (bool) holds."""
        return Cells(
            self.texts.filter(keep),
            self.rows.filter(keep),
            self.columns.filter(keep),
            None if self.numbers is None else self.numbers.filter(keep),
        )


@dataclass(frozen=True)
class Reading:
    """What one text says: a value of the property's type, a symbol, or the kind of a finding."""

    value: str | int | None = None
    flag: str | None = None
    problem: str | None = None


def blank_as_null(texts: pa.Array) -> pa.Array:
    """Texts without those that are empty or spaces only."""
    blank = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0)
    return pc.if_else(blank, pa.scalar(None, pa.string()), texts)


def ags_of(text: str) -> str | None:
    """The key of a unit in North Rhine-Westphalia, spaces taken out, its leading zero restored; None where it is none.

    Restored only where nothing else can be meant: 4 or 7 digits that begin with 5. The key of a youth office (JH…) too.
    """
    digits = "".join(text.split())
    if _YOUTH_OFFICE.fullmatch(digits):
        return digits.upper()
    if _LOST_ZERO.fullmatch(digits):
        return "0" + digits
    return digits if digits.isascii() and is_ags(digits) else None


def school_year_of(text: str) -> int | None:
    """The year in which a school year ends: 2015/16, 2015/2016, 15/16 and 2016 are 2016; None where it is none, as 2015/18."""
    stripped = text.strip()
    if _YEAR.fullmatch(stripped):
        return int(stripped)
    match = _SCHOOL_YEAR.fullmatch(stripped)
    if match is None:
        return None
    first, last = match.group(1), match.group(2)
    if len(first) < len(last):
        return None
    start = int(first) if len(first) == 4 else _century(int(first)) + int(first)
    follows = start + 1
    if not 1900 <= start < 2100 or int(last) != (follows if len(last) == 4 else follows % 100):
        return None
    return follows


def _century(year: int) -> int:
    return 2000 if year < 70 else 1900


def reader_of(of: Property) -> Callable[[str], Reading]:
    """How one text of a property is read, by its form; numbers aside (numbers.py)."""
    forms: Mapping[str, Callable[[str], Reading]] = {"ags": _read_ags, "year": _read_year, "school_year": _read_school_year}
    if of.form == "code":
        return _read_code(of)
    if of.form == "codes":
        return _read_codes(of)
    return forms.get(of.form, _read_plain)


def _read_plain(text: str) -> Reading:
    return Reading(text.strip())


def _read_ags(text: str) -> Reading:
    ags = ags_of(text)
    return _symbol_or(text, "reader_ags") if ags is None else Reading(ags)


def _read_year(text: str) -> Reading:
    stripped = text.strip()
    return Reading(int(stripped)) if _YEAR.fullmatch(stripped) else _symbol_or(text, "reader_year")


def _read_school_year(text: str) -> Reading:
    year = school_year_of(text)
    return _symbol_or(text, "reader_school_year") if year is None else Reading(year)


def _read_code(of: Property) -> Callable[[str], Reading]:
    known = code_names(of)

    def read(text: str) -> Reading:
        code = known.find(text)
        return Reading(flag=symbol_of(text)) if code is None else Reading(code)

    return read


def _read_codes(of: Property) -> Callable[[str], Reading]:
    known = code_names(of)
    order = [code.code for code in of.codes]

    def read(text: str) -> Reading:
        found = [known.find(part) for part in _LIST.split(text) if part.strip()]
        if not found or None in found:
            return Reading(flag=symbol_of(text))
        return Reading(CODE_SEPARATOR.join(code for code in order if code in found))

    return read


def _symbol_or(text: str, problem: str) -> Reading:
    symbol = symbol_of(text)
    return Reading(problem=problem) if symbol is None else Reading(flag=symbol)


@dataclass(frozen=True)
class TypedColumn:
    """values: of the property's type; flags, problems: string, null where there is none."""

    values: pa.Array
    flags: pa.Array
    problems: pa.Array


def typed(of: Property, cells: Cells, style: Style | None) -> TypedColumn:
    """The column of a property, converted once; style: that of the file's numbers."""
    if of.logical_type == "number" or (of.logical_type == "integer" and of.form == "plain"):
        return _typed_number(of, cells, style)
    encoded = cells.texts.dictionary_encode()
    read = reader_of(of)
    readings = [read(text) for text in encoded.dictionary.to_pylist()]
    as_typed = int if of.logical_type == "integer" else str
    values = [None if reading.value is None else as_typed(reading.value) for reading in readings]
    return TypedColumn(
        pa.array(values, ARROW_TYPES[of.logical_type]).take(encoded.indices),
        pa.array([reading.flag for reading in readings], pa.string()).take(encoded.indices),
        pa.array([reading.problem for reading in readings], pa.string()).take(encoded.indices),
    )


def is_numeric(of: Property) -> bool:
    """Whether the texts of a property are numbers, and so show the style of the file."""
    return of.form == "plain" and of.logical_type in ("number", "integer")


def _typed_number(of: Property, cells: Cells, style: Style | None) -> TypedColumn:
    texts = _without_percent(cells.texts) if of.unit in ("%", "percent", "Prozent") else cells.texts
    if cells.numbers is None:
        read = parse_numbers(texts, style)
        values = read.values
    else:
        read = parse_numbers(pc.if_else(cells.numbers.is_valid(), pa.scalar(None, pa.string()), texts), style)
        values = pc.coalesce(cells.numbers, read.values)
    if of.logical_type == "number":
        return TypedColumn(values, read.flags, read.problems)
    whole = pc.and_(pc.equal(values, pc.floor(values)), pc.less(pc.abs(values), 2.0**53))
    problems = pc.if_else(pc.invert(whole).fill_null(False), pa.scalar("reader_integer"), read.problems)
    whole_values = pc.if_else(whole.fill_null(False), values, pa.scalar(None, pa.float64()))
    return TypedColumn(pc.cast(whole_values, pa.int64()), read.flags, problems)


def _without_percent(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, "\\s*%\\s*$", "")


def parsed_table(
    contract: Contract,
    layout: str,
    cells: Mapping[str, Cells],
    n_records: int,
    *,
    style: Style | None,
    findings: Sequence[Finding] = (),
    sheet: str | None = None,
    edition: str = "",
    ignored: int = 0,
    left_out: int = 0,
) -> ParsedTable:
    """The parsed table of a contract from the columns that a layout found.

    cells: by property; a property without cells takes its default. findings: what the layout found itself, first in the
    result. Findings that have a row take unit and year from the record of that row.
    """
    columns: list[pa.Array] = []
    typed_columns: dict[str, TypedColumn] = {}
    for of in contract.properties:
        found = cells.get(of.name)
        kind = contract.schema.field(of.name).type
        if found is None:
            columns += [_default(of, kind, n_records), *(pa.nulls(n_records, t) for t in _BESIDES)]
            continue
        column = typed_columns[of.name] = typed(of, found, style)
        columns += [column.values, found.texts, column.flags, found.rows, found.columns]
    columns.append(pa.array([sheet] * n_records, pa.string()))
    schema = contract.schema.with_metadata({IGNORED: str(ignored).encode(), LEFT_OUT: str(left_out).encode()})
    table = pa.Table.from_arrays(columns, schema=schema)
    keys = _keys(contract, typed_columns, n_records)
    placed = [*_placed(findings, contract, cells, keys), *_unread(contract, cells, typed_columns, keys, sheet)]
    return ParsedTable(contract.id, layout, table, findings_table(placed), edition)


_BESIDES = (pa.string(), pa.string(), pa.int32(), pa.int32())  # text, flag, row, column


def _default(of: Property, kind: pa.DataType, n_records: int) -> pa.Array:
    if of.default is None:
        return pa.nulls(n_records, kind)
    return pc.cast(pa.array([of.default] * n_records, pa.string()), kind)


_ALLOWED = {"ags": "05… (5 | 8)", "year": "2016", "school_year": "2015/16 | 2016"}


@dataclass(frozen=True)
class _Keys:
    """Unit and year of each record, for the findings in it."""

    units: Sequence[str | None]
    years: Sequence[int | None]


def _keys(contract: Contract, typed_columns: Mapping[str, TypedColumn], n_records: int) -> _Keys:
    unit, year = unit_property(contract), year_property(contract)
    nothing = [None] * n_records
    return _Keys(
        typed_columns[unit.name].values.to_pylist() if unit is not None and unit.name in typed_columns else nothing,
        typed_columns[year.name].values.to_pylist() if year is not None and year.name in typed_columns else nothing,
    )


def _unread(
    contract: Contract, cells: Mapping[str, Cells], typed_columns: Mapping[str, TypedColumn], keys: _Keys, sheet: str | None
) -> list[Finding]:
    """A finding for each cell that could not be read."""
    found: list[Finding] = []
    for of in contract.properties:
        if of.name not in typed_columns:
            continue
        problems = typed_columns[of.name].problems
        for index in np.flatnonzero(problems.is_valid().to_numpy(zero_copy_only=False)):
            place = int(index)
            kind = problems[place].as_py()
            found.append(
                Finding(
                    kind,
                    kind,
                    Severity.ERROR,
                    sheet,
                    cells[of.name].rows[place].as_py(),
                    cells[of.name].columns[place].as_py(),
                    of.name,
                    keys.units[place],
                    keys.years[place],
                    cells[of.name].texts[place].as_py(),
                    _ALLOWED.get(of.form),
                )
            )
    return found


def _placed(findings: Sequence[Finding], contract: Contract, cells: Mapping[str, Cells], keys: _Keys) -> list[Finding]:
    """Findings of the layout, with the unit and year of the record in their row, where a row is one record."""
    unit = unit_property(contract)
    if not findings or unit is None or unit.name not in cells:
        return list(findings)
    rows = cells[unit.name].rows.to_pylist()
    if len(set(rows)) < len(rows):
        return list(findings)
    record = {row: index for index, row in enumerate(rows) if row is not None}
    return [
        replace(finding, unit_id=keys.units[record[finding.row]], year=keys.years[record[finding.row]])
        if finding.row is not None and finding.row in record
        else finding
        for finding in findings
    ]


def unit_property(contract: Contract) -> Property | None:
    """The property that holds the key of the unit."""
    return next((p for p in contract.properties if p.role == "key" and p.form == "ags"), None)


def year_property(contract: Contract) -> Property | None:
    """The property that holds the reporting year."""
    return next((p for p in contract.properties if p.role == "key" and p.form in ("year", "school_year")), None)
