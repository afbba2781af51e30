"""From a column of text with addresses to the typed column of a property, each distinct text converted once. No tables, no files."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.admitted import EURO, PERCENT
from kkz_eval.contracts.contract import Property
from kkz_eval.deliveries.columns.readings import reader_of
from kkz_eval.deliveries.text.as_meant import as_meant
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.numbers import Style, parse_numbers, without_euro
from kkz_eval.model.parsed import ARROW_TYPES
from kkz_eval.model.symbols import DASHES


def blank_as_null(texts: pa.Array) -> pa.Array:
    """Texts without those that are empty or spaces only."""
    blank = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0)
    return pc.if_else(blank, pa.scalar(None, pa.string()), texts)


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
    is_integer = pc.and_(pc.equal(values, pc.floor(values)), pc.less(pc.abs(values), 2.0**53))
    if pc.all(is_integer, min_count=0).as_py():
        return TypedColumn(pc.cast(values, pa.int64()), flags, problems)
    problems = pc.if_else(pc.invert(is_integer).fill_null(False), pa.scalar("reader_integer"), problems)
    integers = pc.if_else(is_integer.fill_null(False), values, pa.scalar(None, pa.float64()))
    return TypedColumn(pc.cast(integers, pa.int64()), flags, problems)


def _without_unit_of(of: Property, texts: pa.Array) -> pa.Array:
    """Texts without the sign of the property's own unit, where one may stand beside each number."""
    if of.unit in PERCENT:
        return pc.replace_substring_regex(texts, "\\s*%\\s*$", "")
    if of.unit not in EURO:
        return texts
    texts = pc.replace_substring_regex(
        texts, "^([-+]?[0-9][0-9.,]*[0-9])[ \u00a0\u202f]?(?:€|EUR|Euro)$", "\\1"
    )  # nearly all of them
    signed = pc.match_substring_regex(texts, f"(?i)€|eur|[,.]\\s?[{DASHES}]+\\s*$").fill_null(False)
    if not pc.any(signed, min_count=0).as_py():
        return texts
    bare = [without_euro(as_meant(text).strip()) for text in texts.filter(signed).to_pylist()]
    return pc.replace_with_mask(texts, signed, pa.array(bare, pa.string()))
