"""What masks ask of a parsed table: columns as numpy arrays, and groups of rows, each made once. No rule, no finding."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.parameters import admitted_range
from kkz_eval.model.identifiers import cell_address, column_letters
from kkz_eval.model.parsed import COL, ROW, SHEET, ParsedTable

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
KnownUnits = Mapping[str, frozenset[str]]
"""Level -> keys of the register."""

_UNREAD_TITLES = (  # rules of the reader: a column whose title was not read may be any of those that are missing
    *("reader_unknown_title", "reader_scale", "reader_share", "reader_rate", "reader_currency", "reader_figure"),
    "reader_unit_unclear",
)
ROUNDING = 1e-9  # relative: sums of decimal numbers in binary; counts are exact below 2**53


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


@dataclass(frozen=True)
class JudgedTable(ParsedTable):
    """A parsed table beside the contract that judges it; it keeps what several rules ask of it.

    known_units: level -> keys of the register.
    """

    contract: Contract = field(kw_only=True)
    known_units: KnownUnits = field(kw_only=True)
    _encoded: dict[str, pa.DictionaryArray] = field(default_factory=dict, compare=False)
    _groups: dict[tuple[str, ...], Groups] = field(default_factory=dict, compare=False)

    def distinct(self, name: str) -> list[str]:
        """The different texts of a property, null left out."""
        return [str(text) for text in self.encoded(name).dictionary.to_pylist()]

    def encoded(self, name: str) -> pa.DictionaryArray:
        """The values of a property as one dictionary column."""
        if name not in self._encoded:
            self._encoded[name] = self.values(name).combine_chunks().dictionary_encode()
        return self._encoded[name]

    def is_one_of(self, name: str, wanted: Collection[str]) -> Bools:
        """Whether each value of a property is one of those wanted; null is none."""
        encoded = self.encoded(name)
        known = pc.is_in(encoded.dictionary, value_set=pa.array(wanted, pa.string()))
        of_distinct = np.append(bools(known), False)  # the last one stands for null
        return np.asarray(of_distinct[_codes(encoded)], dtype=np.bool_)

    def has_value(self, name: str) -> Bools:
        """Whether each value of a property is there."""
        return _valid(self.values(name))

    def has_flag(self, name: str) -> Bools:
        """Whether each cell of a property carries a symbol."""
        return _valid(self.flags(name))

    def has_text(self, name: str) -> Bools:
        """Whether each cell of a property has a text that is not blank."""
        return ~_blank(self.texts(name))

    def is_delivered(self, name: str, counts: Bools) -> Bools:
        """Where there is a value, or `counts` holds, or the text is not blank."""
        filled = self.has_value(name) | counts
        unclear = np.flatnonzero(~filled)
        if len(unclear):
            filled[unclear] = ~_blank(self.texts(name).take(pa.array(unclear)))
        return filled

    def numbers(self, name: str) -> Floats:
        """The numbers of a property with nan for null."""
        return np.asarray(pc.fill_null(pc.cast(self.values(name), pa.float64()), np.nan).to_numpy(), dtype=np.float64)

    def comparable(self, name: str) -> Floats:
        """The numbers of a property with nan for null and for what its range does not admit: that is told of the number itself."""
        values, (low, high) = self.numbers(name), admitted_range(self.contract, name)
        outside = (values < low) | (values > high)
        return np.where(outside, np.nan, values) if outside.any() else values

    def groups_by(self, columns: Sequence[str]) -> Groups:
        """The rows by what stands in some columns."""
        key = tuple(columns)
        if key not in self._groups:
            self._groups[key] = _grouped([self.encoded(name) for name in columns], self.table.num_rows)
        return self._groups[key]

    def addresses(self, name: str, rows: Ints) -> list[str]:
        """The addresses of cells of a property as shown, the same as cell_address one by one."""
        at = pa.array(rows)
        sheets, lines, places = (self.table.column(column).take(at) for column in (SHEET, name + ROW, name + COL))
        cells = zip(sheets.to_pylist(), lines.to_pylist(), places.to_pylist(), strict=True)
        if lines.null_count or places.null_count:
            return [cell_address(*place) for place in cells]
        letters = {place: column_letters(place) for place in places.unique().to_pylist()}
        start = {sheet: f"{sheet}!" if sheet else "" for sheet in sheets.unique().to_pylist()}
        return [f"{start[sheet]}{letters[place]}{line}" for sheet, line, place in cells]


def judged_table(parsed: ParsedTable, contract: Contract, known_units: KnownUnits) -> JudgedTable:
    """The table as the rules of a contract look at it."""
    own = {of.name: getattr(parsed, of.name) for of in fields(ParsedTable)}
    return JudgedTable(**own, contract=contract, known_units=known_units)


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


def _codes(encoded: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """Position of each value in the dictionary, its length for null."""
    return np.asarray(pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False), dtype=np.int32)


def bools(values: pa.Array | pa.ChunkedArray) -> Bools:
    """Truth values with False for null."""
    plain = pc.fill_null(values, False)
    return np.asarray(plain.to_numpy() if isinstance(plain, pa.ChunkedArray) else plain.to_numpy(zero_copy_only=False), np.bool_)


def _valid(values: pa.ChunkedArray) -> Bools:
    if values.null_count in (0, len(values)):
        return np.full(len(values), values.null_count == 0, dtype=np.bool_)
    return np.asarray(values.is_valid().to_numpy(), dtype=np.bool_)


def _blank(texts: pa.ChunkedArray) -> Bools:
    """Whether a text is absent or spaces only."""
    return bools(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(pc.fill_null(texts, ""))), 0))


def _grouped(columns: Sequence[pa.DictionaryArray], n_rows: int) -> Groups:
    combined, n = np.zeros(n_rows, dtype=np.int64), 1
    is_valid = np.ones(n_rows, dtype=np.bool_)
    for encoded in columns:
        codes = _codes(encoded)
        is_valid &= codes < len(encoded.dictionary)
        n_codes = len(encoded.dictionary) + 1
        if n * n_codes >= 2**62:  # never in practice: number the combinations so far anew
            combined, n = _numbered(combined, n)
        combined, n = combined * n_codes + codes, n * n_codes
    of_row = np.full(n_rows, -1, dtype=np.int64)
    of_row[is_valid], n_groups = _numbered(combined[is_valid], n)
    return Groups(of_row, n_groups)


def _numbered(combined: Ints, n: int) -> tuple[Ints, int]:
    """Numbers below `n` as consecutive ones, and how many there are: by a table where that is small, else by hashing."""
    if n <= 4 * len(combined) + 1024:
        present = np.zeros(n, dtype=np.bool_)
        present[combined] = True
        return (np.cumsum(present) - 1)[combined], int(present.sum())
    encoded = pa.array(combined).dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), len(encoded.dictionary)


def number_text(value: float) -> str:
    """A bound or a sum as shown in a finding: without words, whole numbers without decimals."""
    return str(int(value)) if float(value).is_integer() else repr(float(value)).replace(".", ",")


def number_texts(values: Floats, before: str = "") -> list[str]:
    """number_text of many values, each distinct one spelled once."""
    different, places = np.unique(values, return_inverse=True)
    spelled = [before + number_text(float(value)) for value in different]
    return [spelled[place] for place in places]
