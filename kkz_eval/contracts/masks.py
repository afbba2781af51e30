"""The neutral rules as masks over a parsed table, vectorised with numpy and pyarrow. No pandas, no files, no verdicts.

Each kind is one function from a table to hits; expectations.py says the same a second time, independently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.admitted import admitted as admitted_in
from kkz_eval.contracts.contract import CODE_SEPARATOR, Contract, Property, Rule
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
from kkz_eval.model.findings import FINDINGS_SCHEMA, Finding, Severity, concat_findings, findings_table, repeated, with_titles
from kkz_eval.model.identifiers import cell_address, column_letters
from kkz_eval.model.parsed import COL, QUALITIES, ROW, SHEET, TEXT, ParsedTable
from kkz_eval.model.spreadsheet_dates import typed_span
from kkz_eval.model.symbols import SEPARATOR

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hits:
    """What a rule found: one entry per failing cell.

    rows: positions in the table, ascending; field: the property whose cell fails; allowed: what the rule admits, per hit;
    values: what to show, per hit, where it is not the text of the cell; kinds: which sentence says it, per hit, where it is not the
    rule's own.
    """

    rows: Ints
    field: str
    allowed: Sequence[str]
    values: Sequence[str] | None = None
    kinds: Sequence[str] | None = None


_UNREAD_TITLES = (  # rules of the reader: a column whose title was not read may be any of those that are missing
    *("reader_unknown_title", "reader_scale", "reader_share", "reader_rate", "reader_currency", "reader_figure"),
    "reader_unit_unclear",
)
_NO_ROWS = "reader_no_rows"  # rule of the reader that says so
Mask = Callable[[ParsedTable], Hits]


@dataclass(frozen=True)
class CompiledRule:
    """A rule with the function that finds its failing cells."""

    rule: Rule
    mask: Mask


def compile_masks(contract: Contract, known_units: Mapping[str, frozenset[str]]) -> tuple[CompiledRule, ...]:
    """All rules of a contract as masks, in its order.

    known_units: level -> keys of the register. Raises RuleError for a kind that is unknown or has no mask.
    """
    compiled = []
    for rule in contract.rules:
        checked(rule, contract.properties)
        if rule.kind not in _COMPILERS:
            raise RuleError("rule_not_compiled", rule=rule.rule_id, kind=rule.kind, engine="numpy")
        compiled.append(CompiledRule(rule, _COMPILERS[rule.kind](rule, contract, known_units)))
    return tuple(compiled)


def judge(parsed: ParsedTable, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> pa.Table:
    """All findings about a file, FINDINGS_SCHEMA: the reader's first, then rule by rule in the contract's order, row by row.

    known_units: level -> keys of the register. Raises RuleError for a rule that can't be compiled.
    """
    compiled = compile_masks(contract, known_units)
    kept = _Kept(parsed.contract_id, parsed.layout, parsed.table, parsed.findings, parsed.edition, parsed.titles)
    own = [_findings(one.rule, one.mask(kept), parsed.table) for one in compiled]
    return with_titles(concat_findings([parsed.findings, *_no_rows(parsed), *own]), parsed.titles)


@dataclass(frozen=True)
class _Kept(ParsedTable):
    """A parsed table that keeps what several rules ask of it. encoded: columns as dictionaries; groups: by columns."""

    encoded: dict[str, pa.DictionaryArray] = field(default_factory=dict, compare=False)
    groups: dict[tuple[str, ...], Groups] = field(default_factory=dict, compare=False)


def _encoded(parsed: ParsedTable, name: str) -> pa.DictionaryArray:
    """The values of a property as one dictionary column."""
    known = parsed.encoded if isinstance(parsed, _Kept) else {}
    if name not in known:
        known[name] = parsed.values(name).combine_chunks().dictionary_encode()
    return known[name]


def _values_in(parsed: ParsedTable, name: str, wanted: pa.Array) -> Bools:
    """Whether each value of a property is one of those wanted; null is none."""
    encoded = _encoded(parsed, name)
    of_distinct = np.append(_bools(pc.is_in(encoded.dictionary, value_set=wanted)), False)  # the last one stands for null
    return np.asarray(of_distinct[_codes(encoded)], dtype=np.bool_)


def _codes(encoded: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """Position of each value in the dictionary, its length for null."""
    return np.asarray(pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False), dtype=np.int32)


def _no_rows(parsed: ParsedTable) -> list[pa.Table]:
    """A finding where the file holds no record at all and the reader did not say so, so that no file is rejected without a reason."""
    told = pc.any(pc.equal(parsed.findings.column("rule"), _NO_ROWS), min_count=0).as_py()
    if parsed.table.num_rows or told:
        return []
    return [findings_table([Finding("file.no_rows", "no_rows", Severity.ERROR)])]


def _findings(rule: Rule, hits: Hits, table: pa.Table) -> pa.Table:
    n = len(hits.rows)
    if not n:
        return FINDINGS_SCHEMA.empty_table()
    at = pa.array(hits.rows)
    values = table.column(hits.field + TEXT).take(at) if hits.values is None else pa.array(hits.values, pa.string())
    columns = {
        "rule": repeated(rule.rule_id, n),
        "kind": repeated(rule.kind, n) if hits.kinds is None else pa.array(hits.kinds, pa.string()),
        "severity": repeated(str(rule.severity), n),
        "sheet": table.column(SHEET).take(at),
        "row": pc.coalesce(table.column(hits.field + ROW), table.column("unit_id" + ROW)).take(at),  # a short row lacks the cell
        "column": table.column(hits.field + COL).take(at),
        "field": repeated(hits.field, n),
        "unit_id": table.column("unit_id").take(at),
        "year": pc.cast(table.column("year").take(at), pa.int32()),
        "value": values,
        "allowed": pa.array(list(hits.allowed), pa.string()),
        "title": repeated(None, n),
    }
    return pa.table([columns[name] for name in FINDINGS_SCHEMA.names], schema=FINDINGS_SCHEMA)


def _bools(values: pa.Array | pa.ChunkedArray) -> Bools:
    plain = pc.fill_null(values, False)
    return np.asarray(plain.to_numpy() if isinstance(plain, pa.ChunkedArray) else plain.to_numpy(zero_copy_only=False), np.bool_)


def _valid(values: pa.ChunkedArray) -> Bools:
    if values.null_count in (0, len(values)):
        return np.full(len(values), values.null_count == 0, dtype=np.bool_)
    return np.asarray(values.is_valid().to_numpy(), dtype=np.bool_)


def _numbers(values: pa.ChunkedArray) -> Floats:
    """Numbers with nan for null."""
    return np.asarray(pc.fill_null(pc.cast(values, pa.float64()), np.nan).to_numpy(), dtype=np.float64)


def _comparable(parsed: ParsedTable, contract: Contract, name: str) -> Floats:
    """Numbers of a property with nan for null and for what its range does not admit: that is told of the number itself."""
    values, (low, high) = _numbers(parsed.values(name)), admitted_range(contract, name)
    outside = (values < low) | (values > high)
    return np.where(outside, np.nan, values) if outside.any() else values


def _blank(texts: pa.ChunkedArray) -> Bools:
    """Whether a text is absent or spaces only."""
    return _bools(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(pc.fill_null(texts, ""))), 0))


def _where(mask: Bools, field: str, allowed: str) -> Hits:
    rows = np.flatnonzero(mask).astype(np.int64)
    return Hits(rows, field, [allowed] * len(rows))


def number_text(value: float) -> str:
    """A bound or a sum as shown in a finding: without words, whole numbers without decimals."""
    return str(int(value)) if float(value).is_integer() else repr(float(value)).replace(".", ",")


def _number_texts(values: Floats, before: str = "") -> list[str]:
    """number_text of many values, each distinct one spelled once."""
    distinct, places = np.unique(values, return_inverse=True)
    spelled = [before + number_text(float(value)) for value in distinct]
    return [spelled[place] for place in places]


# --- rules about one cell ---------------------------------------------------------------------------------------------


def _column(rule: Rule) -> str:
    return str(rule.parameters["column"])


def _not_null(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    column = _column(rule)
    allowed = admitted_in(contract, contract.property_named(column))

    def mask(parsed: ParsedTable) -> Hits:
        if column in missing_columns(parsed):
            return _where(np.zeros(parsed.table.num_rows, dtype=np.bool_), column, "")
        return _where(~_delivered(parsed, column, _valid(parsed.flags(column))), column, allowed)

    return mask


def _delivered(parsed: ParsedTable, column: str, counts: Bools) -> Bools:
    """Where there is a value, or `counts` holds, or the text is not blank."""
    filled = _valid(parsed.values(column)) | counts
    rest = np.flatnonzero(~filled)
    if len(rest):
        filled[rest] = ~_blank(parsed.texts(column).take(pa.array(rest)))
    return filled


def missing_columns(parsed: ParsedTable) -> frozenset[str]:
    """The properties without any cell of which the reader itself said so: that they are missing, or which titles it could not read."""
    reported = pc.filter(parsed.findings.column("field"), pc.is_null(parsed.findings.column("row"))).drop_null().unique()
    by_title = pc.any(
        pc.is_in(parsed.findings.column("rule"), value_set=pa.array(_UNREAD_TITLES, pa.string())), min_count=0
    ).as_py()
    return frozenset(
        name
        for name in (parsed.property_names() if by_title else reported.to_pylist())
        if parsed.table.column(name + ROW).null_count == parsed.table.num_rows
    )


def _symbol_admitted(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    column, symbols = _column(rule), text_values(rule.parameters["symbols"])
    admitted = pa.array(admitted_symbols(symbols), pa.string())
    allowed = " ".join(symbols) or admitted_in(contract, contract.property_named(column))

    def mask(parsed: ParsedTable) -> Hits:
        flags = parsed.flags(column)
        if flags.null_count == len(flags):
            return _where(_valid(flags), column, "")
        plain = pc.utf8_lower(pc.replace_substring_regex(flags, r"\s+", ""))
        return _where(_valid(flags) & ~_bools(pc.is_in(plain, value_set=admitted)), column, allowed)

    return mask


def admitted_symbols(symbols: Sequence[str]) -> list[str]:
    """Symbols as `plain_symbol` writes them, and each with each letter of quality that is admitted too: `. r` is `.` and `r`."""
    plain = sorted(plain_symbol(symbol) for symbol in symbols)
    letters = [symbol for symbol in plain if symbol in QUALITIES]
    return [*plain, *(symbol + letter for symbol in plain if symbol not in letters for letter in letters)]


def plain_symbol(symbol: str) -> str:
    """A symbol without case and spaces, so that "k. A." and "k.a." are one."""
    return "".join(symbol.split()).lower()


def _in_codes(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    column, codes = _column(rule), text_values(rule.parameters["codes"])
    of = contract.property_named(column)
    labels, spans = {code.code: code.label_de for code in of.codes}, spans_in_codes(of, codes)
    allowed = SEPARATOR.join(labels.get(code, code) for code in codes)

    def mask(parsed: ParsedTable) -> Hits:
        known = _values_in(parsed, column, pa.array(codes, pa.string()))
        no_flag = ~_valid(parsed.flags(column))
        hits = _where(~known & _delivered(parsed, column, known) & (no_flag | _valid(parsed.values(column))), column, allowed)
        return _dates_named(hits, parsed, spans) if len(hits.rows) else hits

    return mask


AS_DATE = "in_codes_as_date"
_DIGITS = re.compile(r"[0-9]+")


def spans_in_codes(of: Property, codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The spans of two numbers in the names of codes ("3-6" of "3 bis unter 6 Jahre"), each with the labels of its codes."""
    found: dict[str, dict[str, None]] = {}
    for code in of.codes:
        for name in (code.label_de, *code.synonyms) if code.code in codes else ():
            numbers = _DIGITS.findall(name)
            if len(numbers) == 2:
                found.setdefault("-".join(numbers), {})[code.label_de] = None
    return {span: tuple(labels) for span, labels in found.items()}


def _dates_named(hits: Hits, parsed: ParsedTable, spans: Mapping[str, tuple[str, ...]]) -> Hits:
    """The hits on a code list, those told apart that a spreadsheet program made a date of; the code that may be meant is only asked."""
    texts = parsed.texts(hits.field).take(pa.array(hits.rows)).to_pylist()
    typed = {text: typed_span(text or "") for text in set(texts)}
    if not any(typed.values()):
        return hits
    meant = {text: next((spans[span] for span in found if span in spans), ()) for text, found in typed.items()}
    allowed = [
        SEPARATOR.join(meant[text]) if meant[text] else admitted for text, admitted in zip(texts, hits.allowed, strict=True)
    ]
    return replace(hits, allowed=allowed, kinds=[AS_DATE if typed[text] else "in_codes" for text in texts])


def _in_code_list(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    column, codes = _column(rule), text_values(rule.parameters["codes"])
    labels = {code.code: code.label_de for code in contract.property_named(column).codes}
    allowed = " | ".join(labels.get(code, code) for code in codes)

    def mask(parsed: ParsedTable) -> Hits:
        values = parsed.values(column)
        good = [text for text in _distinct(values) if set(text.split(CODE_SEPARATOR)) <= set(codes)]
        known = _bools(pc.is_in(values, value_set=pa.array(good, pa.string())))
        delivered = _valid(values) | (~_blank(parsed.texts(column)) & ~_valid(parsed.flags(column)))
        return _where(delivered & ~known, column, allowed)

    return mask


def _code_stands_alone(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    column, code = _column(rule), str(rule.parameters["code"])
    labels = {known.code: known.label_de for known in contract.property_named(column).codes}

    def mask(parsed: ParsedTable) -> Hits:
        values = parsed.values(column)
        bad = [text for text in _distinct(values) if text != code and code in text.split(CODE_SEPARATOR)]
        return _where(_bools(pc.is_in(values, value_set=pa.array(bad, pa.string()))), column, labels[code])

    return mask


def _distinct(values: pa.ChunkedArray) -> list[str]:
    """The different texts of a column, null left out."""
    return [str(text) for text in values.unique().drop_null().to_pylist()]


def _range(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    column, minimum, maximum = _column(rule), bound(rule, "minimum"), bound(rule, "maximum")
    where = {name: pa.array(codes, pa.string()) for name, codes in condition(rule).items()}
    low = -np.inf if minimum is None else minimum
    high = np.inf if maximum is None else maximum
    if maximum is None:
        allowed = f"≥ {number_text(low)}"
    elif minimum is None:
        allowed = f"≤ {number_text(high)}"
    else:
        allowed = f"{number_text(low)}–{number_text(high)}"

    def mask(parsed: ParsedTable) -> Hits:
        values = _numbers(parsed.values(column))
        outside = (values < low) | (values > high)
        for name, codes in where.items():
            outside &= _values_in(parsed, name, codes)
        return _where(outside, column, allowed)

    return mask


def _pattern(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    column, pattern = _column(rule), str(rule.parameters["pattern"])
    whole = re.compile(pattern)

    def mask(parsed: ParsedTable) -> Hits:
        bad = [text for text in _encoded(parsed, column).dictionary.to_pylist() if not whole.fullmatch(text)]
        return _where(_values_in(parsed, column, pa.array(bad, pa.string())), column, pattern)

    return mask


def _unit_known(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    column, ids = _column(rule), pa.array(sorted(known_ids(rule, known_units)), pa.string())
    allowed = " | ".join(text_values(rule.parameters["levels"]))

    def mask(parsed: ParsedTable) -> Hits:
        return _where(_valid(parsed.values(column)) & ~_values_in(parsed, column, ids), column, allowed)

    return mask


def _part_not_above_whole(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    part, whole = str(rule.parameters["part"]), str(rule.parameters["whole"])

    def mask(parsed: ParsedTable) -> Hits:
        parts, wholes = (_comparable(parsed, contract, name) for name in (part, whole))
        rows = np.flatnonzero(parts > wholes).astype(np.int64)
        return Hits(rows, part, _number_texts(wholes[rows], "≤ "))

    return mask


def _parts_sum_to_whole(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    parts, whole, slack = text_values(rule.parameters["parts"]), str(rule.parameters["whole"]), tolerance(rule)

    def mask(parsed: ParsedTable) -> Hits:
        wholes = _comparable(parsed, contract, whole)
        sums = np.sum([_comparable(parsed, contract, part) for part in parts], axis=0)
        fails = np.abs(wholes - sums) > slack + _ROUNDING * np.maximum(np.abs(wholes), 1.0)
        rows = np.flatnonzero(fails).astype(np.int64)
        return Hits(rows, whole, [number_text(round(sums[row], 9)) for row in rows])

    return mask


# --- rules between rows -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Groups:
    """Rows that agree in some columns.

    of_row: number of the group of each row, -1 where one of the columns is null; n: number of groups.
    """

    of_row: Ints
    n: int

    def any_in(self, mask: Bools) -> Bools:
        """Per group, whether the mask holds for one of its rows."""
        return self.count(mask) > 0

    def count(self, mask: Bools) -> Ints:
        """Per group, for how many of its rows the mask holds."""
        return np.bincount(self.of_row[mask & (self.of_row >= 0)], minlength=self.n).astype(np.int64)

    def total(self, values: Floats, mask: Bools) -> Floats:
        """Per group, the sum of the values for which the mask holds; the values there must not be nan."""
        chosen = mask & (self.of_row >= 0)
        return np.bincount(self.of_row[chosen], weights=values[chosen], minlength=self.n).astype(np.float64)

    def first_row(self) -> Ints:
        """Per group, the position of its first row."""
        grouped = np.flatnonzero(self.of_row >= 0)[::-1]
        rows = np.zeros(self.n, dtype=np.int64)
        rows[self.of_row[grouped]] = grouped  # of several values for one place, numpy keeps the last
        return rows


def _groups(parsed: ParsedTable, columns: Sequence[str]) -> Groups:
    known = parsed.groups if isinstance(parsed, _Kept) else {}
    key = tuple(columns)
    if key not in known:
        known[key] = _grouped(parsed, columns)
    return known[key]


def _grouped(parsed: ParsedTable, columns: Sequence[str]) -> Groups:
    n_rows = parsed.table.num_rows
    combined, n = np.zeros(n_rows, dtype=np.int64), 1
    valid = np.ones(n_rows, dtype=np.bool_)
    for name in columns:
        encoded = _encoded(parsed, name)
        codes = _codes(encoded)
        valid &= codes < len(encoded.dictionary)
        n_codes = len(encoded.dictionary) + 1
        if n * n_codes >= 2**62:  # never in practice: number the combinations so far anew
            combined, n = _numbered(combined, n)
        combined, n = combined * n_codes + codes, n * n_codes
    of_row = np.full(n_rows, -1, dtype=np.int64)
    of_row[valid], n_groups = _numbered(combined[valid], n)
    return Groups(of_row, n_groups)


def _numbered(combined: Ints, n: int) -> tuple[Ints, int]:
    """Numbers below `n` as consecutive ones, and how many there are: by a table where that is small, else by hashing."""
    if n <= 4 * len(combined) + 1024:
        present = np.zeros(n, dtype=np.bool_)
        present[combined] = True
        return (np.cumsum(present) - 1)[combined], int(present.sum())
    encoded = pa.array(combined).dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), len(encoded.dictionary)


def _unique_key(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    columns, at = text_values(rule.parameters["columns"]), str(rule.parameters["at"])

    def mask(parsed: ParsedTable) -> Hits:
        groups = _groups(parsed, columns)
        first = groups.first_row()
        positions = np.arange(parsed.table.num_rows, dtype=np.int64)
        rows = np.flatnonzero((groups.of_row >= 0) & (first[groups.of_row] != positions)) if groups.n else positions[:0]
        return Hits(rows, at, _addresses(parsed, at, first[groups.of_row[rows]] if groups.n else rows))

    return mask


def _addresses(parsed: ParsedTable, column: str, rows: Ints) -> list[str]:
    """The addresses of cells as shown, the same as cell_address one by one."""
    at = pa.array(rows)
    sheets, lines, places = (parsed.table.column(name).take(at) for name in (SHEET, column + ROW, column + COL))
    if lines.null_count or places.null_count:
        cells = zip(sheets.to_pylist(), lines.to_pylist(), places.to_pylist(), strict=True)
        return [cell_address(*place) for place in cells]
    letters = {place: column_letters(place) for place in places.unique().to_pylist()}
    start = {sheet: f"{sheet}!" if sheet else "" for sheet in sheets.unique().to_pylist()}
    cells = zip(sheets.to_pylist(), lines.to_pylist(), places.to_pylist(), strict=True)
    return [f"{start[sheet]}{letters[place]}{line}" for sheet, line, place in cells]


def _is_code(parsed: ParsedTable, dimension: str, code: str) -> Bools:
    return _values_in(parsed, dimension, pa.array([code], pa.string()))


def _part_not_above_total(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    measure, dimension, total = (str(rule.parameters[name]) for name in ("measure", "dimension", "total"))
    slack, keys = tolerance(rule), other_key_columns(contract.properties, dimension)

    def mask(parsed: ParsedTable) -> Hits:
        values, groups = _comparable(parsed, contract, measure), _groups(parsed, keys)
        is_total = _is_code(parsed, dimension, total)
        usable = is_total & ~np.isnan(values)
        totals = np.where(groups.count(is_total) == 1, groups.total(values, usable), np.nan)
        totals[~groups.any_in(usable)] = np.nan
        of_row = np.full(len(values), np.nan)
        grouped = groups.of_row >= 0
        of_row[grouped] = totals[groups.of_row[grouped]]
        rows = np.flatnonzero(~is_total & _valid(parsed.values(dimension)) & (values > of_row + slack)).astype(np.int64)
        return Hits(rows, measure, _number_texts(of_row[rows], "≤ "))

    return mask


def _parts_sum_to_total(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    measure, dimension, total = (str(rule.parameters[name]) for name in ("measure", "dimension", "total"))
    parts, slack = demanded_codes(rule, contract), tolerance(rule)
    keys = other_key_columns(contract.properties, dimension)

    def mask(parsed: ParsedTable) -> Hits:
        values, groups = _comparable(parsed, contract, measure), _groups(parsed, keys)
        is_total = _is_code(parsed, dimension, total)
        is_number = ~np.isnan(values)  # a number marked as provisional, estimated or in brackets counts as well
        complete = np.ones(groups.n, dtype=np.bool_)
        is_part = np.zeros(len(values), dtype=np.bool_)
        for code in (*parts, total):
            is_code = _is_code(parsed, dimension, code)
            complete &= (groups.count(is_code) == 1) & (groups.count(is_code & is_number) == 1)
            if code != total:
                is_part |= is_code
        sums = groups.total(values, is_part & is_number)
        totals = groups.total(values, is_total & is_number)
        fails = complete & (np.abs(totals - sums) > slack + _ROUNDING * np.maximum(np.abs(totals), 1.0))
        rows = np.flatnonzero(is_total & (groups.of_row >= 0))
        rows = rows[fails[groups.of_row[rows]]].astype(np.int64)
        return Hits(rows, measure, _number_texts(np.round(sums[groups.of_row[rows]], 9)))

    return mask


_ROUNDING = 1e-9  # relative: sums of decimal numbers in binary; counts are exact below 2**53


def _codes_complete(rule: Rule, contract: Contract, known_units: Mapping[str, frozenset[str]]) -> Mask:
    dimension, codes = str(rule.parameters["dimension"]), demanded_codes(rule, contract)
    within = text_values(rule.parameters.get("within", ()))
    labels = {code.code: code.label_de for code in contract.property_named(dimension).codes}
    allowed = " | ".join(labels[code] for code in codes)

    def mask(parsed: ParsedTable) -> Hits:
        unit_years = _groups(parsed, ("unit_id", "year"))
        unclear = np.zeros(parsed.table.num_rows, dtype=np.bool_)
        for name in (dimension, *within):
            unclear |= ~_valid(parsed.values(name))
        groups = _groups(parsed, ("unit_id", "year", *within))
        judged = (groups.of_row >= 0) & ~unit_years.any_in(unclear)[unit_years.of_row] if unit_years.n else unclear
        is_judged = groups.any_in(judged)
        lacking = {code: is_judged & ~groups.any_in(_is_code(parsed, dimension, code)) for code in codes}
        first = groups.first_row()
        fails = np.zeros(groups.n, dtype=np.bool_)
        for lacks in lacking.values():
            fails |= lacks
        numbers = np.flatnonzero(fails)
        numbers = numbers[np.argsort(first[numbers], kind="stable")]
        missing = [" | ".join(labels[code] for code in codes if lacking[code][number]) for number in numbers]
        return Hits(first[numbers], dimension, [allowed] * len(numbers), missing)

    return mask


_Compiler = Callable[[Rule, Contract, Mapping[str, frozenset[str]]], Mask]
_COMPILERS: Mapping[str, _Compiler] = {
    "not_null": _not_null,
    "symbol_admitted": _symbol_admitted,
    "in_codes": _in_codes,
    "in_code_list": _in_code_list,
    "code_stands_alone": _code_stands_alone,
    "parts_sum_to_whole": _parts_sum_to_whole,
    "range": _range,
    "pattern": _pattern,
    "unit_known": _unit_known,
    "unique_key": _unique_key,
    "part_not_above_whole": _part_not_above_whole,
    "part_not_above_total": _part_not_above_total,
    "parts_sum_to_total": _parts_sum_to_total,
    "codes_complete": _codes_complete,
}
