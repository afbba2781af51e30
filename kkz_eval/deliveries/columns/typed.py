"""From columns of text with addresses to the typed columns of a contract, each text converted once. No layouts, no files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.admitted import EURO, PERCENT, admitted, example_of, number_of, symbols_of
from kkz_eval.contracts.contract import CODE_SEPARATOR, Contract, Property
from kkz_eval.deliveries.columns.header import code_names
from kkz_eval.deliveries.text.as_meant import as_meant, odd_signs
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.missing_words import NO_SYMBOL, Meaning, meaning_of, symbols_for
from kkz_eval.deliveries.text.numbers import UNREADABLE, Style, parse_numbers, symbol_of, without_euro
from kkz_eval.model.findings import FINDINGS_SCHEMA, Finding, Severity, concat_findings, findings_table, repeated
from kkz_eval.model.identifiers import is_ags
from kkz_eval.model.parsed import ARROW_TYPES, ParsedTable
from kkz_eval.model.spreadsheet_dates import DAY_ZERO, typed_decimal, typed_school_year
from kkz_eval.model.symbols import joined
from kkz_eval.reference.named import names_another_area, names_area
from kkz_eval.reference.tables import city_keys

IGNORED = b"rows_ignored"  # keys of the metadata of ParsedTable.table: lines that are no records (titles, footnotes, blank ones)
LEFT_OUT = b"records_left_out"  # records of other units, levels or indicators than the contract's

_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?:[.,]0)?")
_WORDED_YEAR = re.compile(
    r"(?:(?:im\s+)?(?:kalender|haushalts|berichts)?jahr|ende|year)\s*:?\s*((?:19|20)[0-9]{2})", re.IGNORECASE
)
_SCHOOL_YEAR = re.compile(r"(?:schuljahr|sj)?\.?\s*([0-9]{4}|[0-9]{2})\s*[/–-]\s*([0-9]{4}|[0-9]{2})", re.IGNORECASE)
_YOUTH_OFFICE = re.compile(r"JH05[0-9]{6}", re.IGNORECASE)
_LIST = re.compile(r"[;,|+\n]")  # between the codes of one cell; no name of a code has one of them (lint)
_NUMBER_KEY = re.compile(r"0?5[0-9]+[.,]0")
_GROUPED_KEY = re.compile(r"5([.,])[0-9]{3}(?:\1[0-9]{3})?")
_SHORTENED = re.compile(r"[0-9]+(?:[.,][0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)  # 1,5E+05
_SHORTENED_KEY = re.compile(r"5[.,][0-9]+E\+?[0-9]+", re.IGNORECASE)  # 5,11E+06: the last digits are gone
_REGIONAL_KEY = re.compile(r"0?5[0-9]{10}")
_KEY_AND_NAME = re.compile(r"(?P<key>(?:JH)?0?5[0-9]{3,7})\s*[-–:,;|]?\s+(?P<name>[^\W\d].*)", re.IGNORECASE)
_NAME_AND_KEY = re.compile(r"(?P<name>[^\W\d].*?)\s*[-–:,;|(\[ ]\s*(?P<key>(?:JH)?0?5[0-9]{3,7})\s*[)\]]?", re.IGNORECASE)
_LOST_ZERO = re.compile(r"5(?:[0-9]{3}|[0-9]{6})")


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

    Restored only where nothing else can be meant: 4 or 7 digits that begin with 5. A key that went through a column of numbers
    (5911000.0, 5.911.000) and the 12 digits of the regional key (05 9 11 0000 000) are read too, as is that of a youth office (JH…).
    """
    digits = "".join(as_meant(text).split())
    if not digits.isascii():
        return None
    if _YOUTH_OFFICE.fullmatch(digits):
        return digits.upper()
    if _NUMBER_KEY.fullmatch(digits):
        digits = digits[:-2]
    elif _GROUPED_KEY.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", "")
    elif _REGIONAL_KEY.fullmatch(digits):
        return _of_regional_key(digits)
    if _LOST_ZERO.fullmatch(digits):
        return "0" + digits
    return digits if is_ags(digits) else None


def key_and_name(text: str) -> tuple[str, str] | tuple[()]:
    """The key and the name that stand in one cell, `05111000 Düsseldorf` or `Düsseldorf (05111000)`; () where the text is no such pair."""
    found = _KEY_AND_NAME.fullmatch(text.strip()) or _NAME_AND_KEY.fullmatch(text.strip())
    ags = None if found is None else ags_of(found.group("key"))
    return () if found is None or ags is None else (ags, found.group("name").strip())


def _of_regional_key(digits: str) -> str | None:
    """The municipality's key in a regional key (ARS), which holds that of its association too: here 0 and the same three digits."""
    whole = digits.zfill(12)
    return whole[:5] + whole[9:] if whole[5:9] == "0" + whole[9:] else None


def is_single_year(text: str) -> bool:
    """Whether a text is one year, 2016, and no school year, 2015/16."""
    return _YEAR.fullmatch(text.strip()) is not None


def school_year_of(text: str) -> int | None:
    """The year in which a school year ends: 2015/16, 2015/2016, 15/16 and 2016 are 2016; None where it is none, as 2015/18."""
    stripped = text.strip()
    if is_single_year(stripped):
        return int(stripped[:4])
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


def reader_of(of: Property, day_zero: date = DAY_ZERO) -> Callable[[str], Reading]:
    """How one text of a property is read, by its form; numbers aside (numbers.py). It is read as it is meant (as_meant.py).

    day_zero: from which a number is counted that stands for a day.
    """
    forms: Mapping[str, Callable[[str], Reading]] = {
        "ags": _read_ags,
        "year": lambda text: _read_year(text, day_zero),
        "school_year": lambda text: _read_school_year(text, day_zero),
        "code": _read_code(of),
        "codes": _read_codes(of),
    }
    read = forms.get(of.form, _read_plain)
    return lambda text: read(as_meant(text))


def _read_plain(text: str) -> Reading:
    return Reading(text.strip())


def _read_ags(text: str) -> Reading:
    ags = ags_of(text)
    if ags is not None:
        return Reading(ags)
    both = key_and_name(text)
    if both and names_area(*both):
        return Reading(both[0])
    if both and names_another_area(*both):
        return Reading(problem="reader_key_and_name")
    return _symbol_or(text, "reader_key_as_number" if _SHORTENED_KEY.fullmatch(text.strip()) else "reader_ags")


def _read_year(text: str, day_zero: date) -> Reading:
    stripped = text.strip()
    if _YEAR.fullmatch(stripped):
        return Reading(int(stripped[:4]))
    day = date_of(stripped)
    if day is not None:
        as_day = _year_as_day(stripped, day, day_zero)
        if as_day is not None:
            return as_day
        # 1.1.2017 may be the year 2017 in a column of dates, or the day after the end of 2016
        return Reading(problem="reader_first_of_january") if (day.month, day.day) == (1, 1) else Reading(day.year)
    worded = _WORDED_YEAR.fullmatch(stripped)
    if worded is not None:
        return Reading(int(worded.group(1)))
    if _SERIAL.fullmatch(stripped):
        day = day_zero + timedelta(days=int(stripped[:5]))
        if (day.month, day.day) == (1, 1):
            return Reading(problem="reader_first_of_january")
        is_likely = _FIRST_YEAR <= day.year <= _LAST_YEAR
        return Reading(day.year, problem="reader_serial_date") if is_likely else Reading(problem="reader_year")
    return _symbol_or(text, "reader_year")


def _year_as_day(text: str, day: date, day_zero: date) -> Reading | None:
    """The year that a cell holds as a number and shows as a day: 2016 is 8.7.1905; None for a day that is one."""
    number = (_shown_day(text, day) - day_zero).days
    return Reading(number, problem="reader_year_as_day") if _FIRST_YEAR <= number <= _LAST_YEAR else None


def _shown_day(text: str, day: date) -> date:
    """The day a hundred years earlier where a text shows two digits of the year and a day that nobody reports to: 8.7.05 may be 8.7.1905.

    The first, the middle and the last day of a month are taken for what they say: people report to them.
    """
    is_common = day.day in (1, 15) or (day + timedelta(days=1)).month != day.month
    if is_common or _FOUR_DIGITS.search(text) or not 2005 <= day.year <= 2009:
        return day
    return day.replace(year=day.year - 100)


_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"(?:(?:stichtag|stand|am)[ :]*)?([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})", re.IGNORECASE)
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00)?)?")
_SERIAL = re.compile(r"[345][0-9]{4}(?:[.,]0)?")
_FIRST_YEAR, _LAST_YEAR = 1990, 2049  # that a number of days, or a day in its place, is taken for


def date_of(text: str) -> date | None:
    """The day that a text is: 31.12.2016, Stichtag 31.12.16, 2016-12-31; None where it is none. 12/31/2016 is none: it has two readings."""
    german, iso = _DAY.fullmatch(text.strip()), _ISO_DAY.fullmatch(text.strip())
    if german is None and iso is None:
        return None
    if german is not None:
        day, month, written = german.groups()
        year = int(written) if len(written) == 4 else _century(int(written)) + int(written)
    else:
        assert iso is not None
        written, month, day = iso.groups()
        year = int(written)
    try:
        return date(year, int(month), int(day)) if 1900 <= year < 2100 else None
    except ValueError:
        return None


def _read_school_year(text: str, day_zero: date) -> Reading:
    year = school_year_of(text)
    if year is not None:
        return Reading(year)
    day = date_of(text)
    as_day = None if day is None else _year_as_day(text, day, day_zero)
    if as_day is not None:
        return as_day
    return _symbol_or(text, "reader_school_year" if typed_school_year(text) is None else "reader_school_year_as_date")


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
    """The column of a property, each distinct text converted once; style: that of the file's numbers."""
    if of.logical_type == "number" or (of.logical_type == "integer" and of.form == "plain"):
        return _typed_number(of, cells, style)
    encoded = encoded_texts(cells.texts)
    read = reader_of(of, cells.day_zero)
    readings = [read(text) for text in encoded.dictionary.to_pylist()]
    as_typed = int if of.logical_type == "integer" else str
    values = [None if reading.value is None else as_typed(reading.value) for reading in readings]
    return TypedColumn(
        pa.array(values, ARROW_TYPES[of.logical_type]).take(encoded.indices),
        _taken([reading.flag for reading in readings], encoded.indices),
        _taken([reading.problem for reading in readings], encoded.indices),
    )


def encoded_texts(texts: pa.Array) -> pa.Array:
    """A column of texts as a dictionary column."""
    return texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()


def _taken(of_distinct: list[str | None], indices: pa.Array) -> pa.Array:
    if not any(of_distinct):
        return pa.nulls(len(indices), pa.string())
    return pa.array(of_distinct, pa.string()).take(indices)


def is_numeric(of: Property) -> bool:
    """Whether the texts of a property are numbers, and so show the style of the file."""
    return of.form == "plain" and of.logical_type in ("number", "integer")


def _typed_number(of: Property, cells: Cells, style: Style | None) -> TypedColumn:
    unread = cells.texts
    if cells.numbers is not None and len(cells.numbers):  # what holds a number is not read a second time from its text
        unread = pc.if_else(cells.numbers.is_valid(), pa.scalar(None, pa.string()), pc.cast(unread, pa.string()))
    encoded = encoded_texts(unread)
    texts = _without_unit_of(of, encoded.dictionary)
    read = parse_numbers(texts, style)
    flags, problems = read.flags.take(encoded.indices), read.problems.take(encoded.indices)
    values = read.values.take(encoded.indices)
    if cells.numbers is not None:
        is_number, nothing = cells.numbers.is_valid(), pa.scalar(None, pa.string())
        values = pc.if_else(is_number, cells.numbers, values)
        flags, problems = pc.if_else(is_number, nothing, flags), pc.if_else(is_number, nothing, problems)
    if of.logical_type == "number":
        return TypedColumn(values, flags, problems)
    whole = pc.and_(pc.equal(values, pc.floor(values)), pc.less(pc.abs(values), 2.0**53))
    if pc.all(whole, min_count=0).as_py():
        return TypedColumn(pc.cast(values, pa.int64()), flags, problems)
    problems = pc.if_else(pc.invert(whole).fill_null(False), pa.scalar("reader_integer"), problems)
    whole_values = pc.if_else(whole.fill_null(False), values, pa.scalar(None, pa.float64()))
    return TypedColumn(pc.cast(whole_values, pa.int64()), flags, problems)


def _without_unit_of(of: Property, texts: pa.Array) -> pa.Array:
    """Texts without the sign of the property's own unit, where one may stand beside each number."""
    if of.unit in PERCENT:
        return pc.replace_substring_regex(texts, "\\s*%\\s*$", "")
    if of.unit not in EURO:
        return texts
    texts = pc.replace_substring_regex(
        texts, "^([-+]?[0-9][0-9.,]*[0-9])[ \u00a0\u202f]?(?:€|EUR|Euro)$", "\\1"
    )  # nearly all of them
    signed = pc.match_substring_regex(texts, "(?i)€|eur|[,.]\\s?[-–—]+\\s*$").fill_null(False)
    if not pc.any(signed, min_count=0).as_py():
        return texts
    bare = [without_euro(as_meant(text).strip()) for text in texts.filter(signed).to_pylist()]
    return pc.replace_with_mask(texts, signed, pa.array(bare, pa.string()))


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
    titles: Mapping[str, str] | None = None,
    ignored: int = 0,
    left_out: int = 0,
) -> ParsedTable:
    """The parsed table of a contract from the columns that a layout found.

    cells: by property; a property without cells takes its default. findings: what the layout found itself, first in the
    result. Findings that have a row take unit and year from the record of that row. titles: headers as delivered, by property.
    """
    unit = unit_property(contract)
    columns: list[pa.Array] = []
    typed_columns: dict[str, TypedColumn] = {}
    for of in contract.properties:
        found = cells.get(of.name)
        kind = contract.schema.field(of.name).type
        if found is None:
            columns += [_default(of, kind, n_records), *(pa.nulls(n_records, t) for t in _BESIDES)]
            continue
        column = typed(of, found, style)
        if of is unit:
            column = replace(column, values=_as_delivering(column.values, contract))
        typed_columns[of.name] = column
        columns += [column.values, pc.cast(found.texts, pa.string()), column.flags, found.rows, found.columns]
    columns.append(pa.repeat(pa.scalar(sheet, pa.string()), n_records))
    schema = contract.schema.with_metadata({IGNORED: str(ignored).encode(), LEFT_OUT: str(left_out).encode()})
    table = pa.Table.from_arrays(columns, schema=schema)
    keys = _keys(contract, typed_columns, n_records)
    own = _placed(findings_table(findings), contract, cells, keys)
    unread = _unread(contract, cells, typed_columns, keys, sheet, style)
    return ParsedTable(contract.id, layout, table, concat_findings([own, *unread]), edition, titles or {})


def _as_delivering(units: pa.Array, contract: Contract) -> pa.Array:
    """Keys of units, those of kreisfreie Städte with 8 digits where a delivery wrote the 5 of the Kreis: else one city would be two units."""
    if contract.source != "municipal" or {"municipality", "youth_office"}.isdisjoint(contract.levels):
        return units
    cities = city_keys()
    at = pc.index_in(units, value_set=pa.array(list(cities), pa.string()))
    return units if at.null_count == len(at) else pc.coalesce(pa.array(list(cities.values()), pa.string()).take(at), units)


_BESIDES = (pa.string(), pa.string(), pa.int32(), pa.int32())  # text, flag, row, column


def _default(of: Property, kind: pa.DataType, n_records: int) -> pa.Array:
    if of.default is None:
        return pa.nulls(n_records, kind)
    return pc.cast(pa.repeat(pa.scalar(of.default, pa.string()), n_records), kind)


_NO_NUMBER = ("reader_number", "reader_ambiguous_number", "reader_integer")
_NOTED = frozenset({"reader_serial_date"})  # what could be read, but is worth a look


@dataclass(frozen=True)
class _Keys:
    """Unit (string) and year (int32) of each record, for the findings in it."""

    units: pa.Array
    years: pa.Array


def _keys(contract: Contract, typed_columns: Mapping[str, TypedColumn], n_records: int) -> _Keys:
    unit, year = unit_property(contract), year_property(contract)
    no_unit, no_year = pa.nulls(n_records, pa.string()), pa.nulls(n_records, pa.int32())
    return _Keys(
        typed_columns[unit.name].values if unit is not None and unit.name in typed_columns else no_unit,
        pc.cast(typed_columns[year.name].values, pa.int32()) if year is not None and year.name in typed_columns else no_year,
    )


def _unread(
    contract: Contract,
    cells: Mapping[str, Cells],
    typed_columns: Mapping[str, TypedColumn],
    keys: _Keys,
    sheet: str | None,
    style: Style | None,
) -> list[pa.Table]:
    """A finding for each cell that could not be read, or only by a convention of spreadsheet programs; a table per property."""
    found: list[pa.Table] = []
    for of in contract.properties:
        problems = typed_columns[of.name].problems if of.name in typed_columns else pa.nulls(0)
        if problems.null_count == len(problems):
            continue
        at = pa.array(np.flatnonzero(problems.is_valid().to_numpy(zero_copy_only=False)))
        n, texts = len(at), pc.cast(cells[of.name].texts.take(at), pa.string())
        rules, kinds, allowed = _causes(contract, of, problems.take(at), texts, style)
        noted = pc.is_in(kinds, value_set=pa.array(sorted(_NOTED), pa.string()))
        severity = pc.if_else(noted, pa.scalar(str(Severity.WARNING)), pa.scalar(str(Severity.ERROR)))
        columns = {
            "rule": rules,
            "kind": kinds,
            "severity": repeated(severity[0].as_py(), n) if len(pc.unique(severity)) == 1 else severity,
            "sheet": repeated(sheet, n),
            "row": cells[of.name].rows.take(at),
            "column": cells[of.name].columns.take(at),
            "field": repeated(of.name, n),
            "unit_id": keys.units.take(at),
            "year": keys.years.take(at),
            "value": texts,
            "allowed": allowed,
            "title": repeated(None, n),
        }
        found.append(pa.table([columns[name] for name in FINDINGS_SCHEMA.names], schema=FINDINGS_SCHEMA))
    return found


def _causes(
    contract: Contract, of: Property, problems: pa.Array, texts: pa.Array, style: Style | None
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """(rule, kind, what is allowed) of each cell that could not be read: the rule it broke, and its cause where the text tells it."""
    written, spoken = texts.dictionary_encode(), problems.dictionary_encode()
    pairs = spoken.indices.to_numpy().astype(np.int64) * len(written.dictionary) + written.indices.to_numpy()
    different, which = np.unique(pairs, return_inverse=True)
    at_problem, at_text = np.divmod(different, len(written.dictionary))
    said = zip(spoken.dictionary.take(at_problem).to_pylist(), written.dictionary.take(at_text).to_pylist(), strict=True)
    found = zip(*(_cause(contract, of, problem, text, style) for problem, text in said), strict=True)
    rules, kinds, allowed = (_spread(pa.array(of_pairs, pa.string()), which) for of_pairs in found)
    return rules, kinds, allowed


def _spread(of_pairs: pa.Array, which: npt.NDArray[np.intp]) -> pa.Array | pa.ChunkedArray:
    """What is said of each cell, from what is said of each different one."""
    if len(pc.unique(of_pairs)) == 1:
        return repeated(of_pairs[0].as_py(), len(which))
    return of_pairs.take(pa.array(which))


def _cause(contract: Contract, of: Property, problem: str, text: str, style: Style | None) -> tuple[str, str, str]:
    odd = odd_signs(as_meant(text))
    if odd:
        return problem, "reader_odd_sign", ", ".join(odd)
    if problem == "reader_school_year_as_date":
        return "reader_school_year", problem, typed_school_year(text) or ""
    if problem in ("reader_key_as_number", "reader_key_and_name"):
        return "reader_ags", problem, example_of(of)
    if problem in _NO_NUMBER:
        return (problem, *_cause_of_no_number(contract, of, problem, text, style))
    return problem, problem, example_of(of)


def _cause_of_no_number(contract: Contract, of: Property, problem: str, text: str, style: Style | None) -> tuple[str, str]:
    """(kind, what is allowed): a word that stands for a missing number, a date that was a number, or simply no number."""
    decimal = "." if style is Style.POINT else ","
    number = number_of(of, decimal)
    if problem != UNREADABLE:
        return problem, number
    if _SHORTENED.fullmatch(text.strip()):
        return "reader_shortened_number", number
    meaning = None if contract.source == "official" else meaning_of(text)
    if meaning is Meaning.NARROW:
        return meaning, number
    if meaning is not None:
        fit = symbols_for(meaning, symbols_of(contract, of))
        return (str(meaning), joined(fit)) if fit else (NO_SYMBOL, number)
    typed = typed_decimal(text) if of.logical_type == "number" else None
    return (problem, admitted(contract, of, decimal)) if typed is None else ("reader_number_as_date", typed)


def _placed(findings: pa.Table, contract: Contract, cells: Mapping[str, Cells], keys: _Keys) -> pa.Table:
    """Findings of the layout, with the unit and year of the record in their row, where a row is one record."""
    unit = unit_property(contract)
    if findings.column("row").null_count == findings.num_rows or unit is None or unit.name not in cells:
        return findings
    rows = cells[unit.name].rows
    if len(pc.unique(rows)) < len(rows):
        return findings
    record = pc.index_in(findings.column("row"), value_set=rows.drop_null()).combine_chunks()
    for name, of_records in (("unit_id", keys.units), ("year", keys.years)):
        of = of_records.filter(rows.is_valid()).take(record)
        found = pc.if_else(record.is_valid(), of, findings.column(name).combine_chunks())
        findings = findings.set_column(findings.schema.get_field_index(name), FINDINGS_SCHEMA.field(name), found)
    return findings


def unit_property(contract: Contract) -> Property | None:
    """The property that holds the key of the unit."""
    return next((p for p in contract.properties if p.role == "key" and p.form == "ags"), None)


def year_property(contract: Contract) -> Property | None:
    """The property that holds the reporting year."""
    return next((p for p in contract.properties if p.role == "key" and p.form in ("year", "school_year")), None)
