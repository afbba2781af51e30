"""From the texts of the values of records to numbers, symbols and letters of quality: many at once, each distinct text once. No trust, no keys.

What one text says is text/numbers.py's; here is done in one go what official files hold in masses (digits alone, thousands, symbols).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.official.keyed_records import KeyedRecords, ValueColumn
from kkz_eval.deliveries.official.table import WORD
from kkz_eval.deliveries.official.words import constant
from kkz_eval.deliveries.text.numbers import UNREADABLE, NumberColumn, Style, are_digits, parse_numbers, parts_of, style_of
from kkz_eval.model.findings import Finding, Severity

_GROUPED = {
    Style.COMMA: r"^-?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]+)?$",
    Style.POINT: r"^-?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$",
}
_GROUP = {Style.COMMA: ".", Style.POINT: ","}
_DEFINITE = {Style.COMMA: r"^-?[0-9]+,([0-9]{1,2}|[0-9]{4,})$", Style.POINT: r"^-?[0-9]+\.([0-9]{1,2}|[0-9]{4,})$"}
_WITHOUT_GROUPS, _ONE_GROUP = r"^-?[0-9]{4}", r"^-?[1-9][0-9]{0,2}[.,][0-9]{3}$"


@dataclass(frozen=True)
class Values:
    """What the texts of all values say. numbers: float64; problems: string, the kind of finding; flags, qualities: WORD; null for none."""

    numbers: pa.Array
    problems: pa.Array
    flags: pa.Array
    qualities: pa.Array


@dataclass(frozen=True)
class _Symbols:
    """distinct: flags of the distinct texts, null where a text has none; indices: of each value, into distinct."""

    distinct: pa.Array
    indices: pa.Array


def values_of(records: KeyedRecords, texts: pa.Array, blank: pa.Array) -> Values:
    """The values of the records, column by column. texts: of them all, string; blank: whether each is ""."""
    numbers, problems, symbols = _numbers(records, texts, blank)
    return Values(numbers, problems, *_flags(symbols, records.values, records.size))


def _numbers(records: KeyedRecords, texts: pa.Array, blank: pa.Array) -> tuple[pa.Array, pa.Array, _Symbols]:
    """Numbers, problems and symbols of the values: digits alone at once, each distinct text of the others once."""
    numbers = None
    if any(column.numbers is not None for column in records.values):
        numbers = pa.concat_arrays([column.numbers for column in records.values])
        if not numbers.null_count or pc.all(pc.or_(numbers.is_valid(), blank)).as_py():
            nothing = pa.nulls(len(texts), pa.string())
            return numbers, nothing, _Symbols(pa.nulls(1, pa.string()), pa.nulls(len(texts), pa.int32()))
        texts = pc.if_else(numbers.is_valid(), pa.scalar("", pa.string()), texts)
    digits_alone = are_digits(texts)
    written = pc.invert(digits_alone)
    encoded = texts.filter(written).dictionary_encode()
    style = (
        records.style or _style_shown_by(encoded.dictionary) or _unless_contradicted(records.fallback, encoded.dictionary, texts)
    )
    read = _read(encoded.dictionary, style)
    values = pc.cast(pc.if_else(digits_alone, texts, pa.scalar(None, pa.string())), pa.float64())
    values = pc.replace_with_mask(values, written, read.values.take(encoded.indices))
    problems = pa.nulls(len(texts), pa.string())
    if read.problems.null_count < len(read.problems):
        problems = pc.replace_with_mask(problems, written, read.problems.take(encoded.indices))
    if numbers is not None:
        values = pc.coalesce(numbers, values)
    indices = pc.replace_with_mask(pa.nulls(len(texts), pa.int32()), written, encoded.indices)
    return values, problems, _Symbols(read.flags, indices)


def _style_shown_by(texts: pa.Array) -> Style | None:
    """The style that the numbers of a file show, as numbers.style_of says it; None where none shows one."""
    commas, points = texts.filter(pc.match_substring(texts, ",")), texts.filter(pc.match_substring(texts, "."))
    if not len(commas) and not len(points):
        return None
    for own, other, style in ((commas, points, Style.COMMA), (points, commas, Style.POINT)):
        if len(own) and not _any(other, r"[0-9][.,][0-9]"):
            for part in (own.slice(0, 200), own):
                if _any(part, _DEFINITE[style]):
                    return style
    return style_of([commas, points.filter(pc.invert(pc.match_substring(points, ",")))])


def _any(texts: pa.Array, pattern: str) -> bool:
    return len(texts) > 0 and bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _read(texts: pa.Array, style: Style | None) -> NumberColumn:
    """The same as numbers.parse_numbers, with thousands taken out beforehand where the style says what groups them."""
    if style is not None:
        grouping = pc.match_substring(texts, _GROUP[style])
        some = texts.filter(grouping)
        if _any(some, _GROUPED[style]):
            plain = pc.replace_substring(some, _GROUP[style], "")
            ungrouped = pc.if_else(pc.match_substring_regex(some, _GROUPED[style]), plain, some)
            texts = pc.replace_with_mask(texts, grouping, ungrouped)
    return parse_numbers(texts, style)


def _unless_contradicted(style: Style | None, texts: pa.Array, all_texts: pa.Array) -> Style | None:
    """The style of the file's language, but none where it would take a point for one between thousands while others go without it.

    texts: those that are not digits alone.
    """
    if style is None:
        return None
    marked = texts.filter(pc.match_substring(texts, "." if style is Style.COMMA else ","))
    if not pc.any(pc.match_substring_regex(marked, _ONE_GROUP), min_count=0).as_py():
        return style
    return None if pc.any(pc.match_substring_regex(all_texts, _WITHOUT_GROUPS), min_count=0).as_py() else style


def _flags(symbols: _Symbols, columns: Sequence[ValueColumn], n: int) -> tuple[pa.Array, pa.Array]:
    """Symbols, and letters of quality apart from them; a column of quality goes before a letter in the cell."""
    size = n * len(columns)
    if symbols.distinct.null_count == len(symbols.distinct):
        flags = letters = constant(None, size)
    else:
        encoded = symbols.distinct.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        flags, letters = (
            _chosen([None if text is None else parts_of(text)[place] for text in texts], encoded.indices, symbols.indices)
            for place in (0, 1)
        )
    if all(column.qualities is None for column in columns):
        return flags, letters
    own = [pa.nulls(n, pa.string()) if column.qualities is None else column.qualities for column in columns]
    said = pa.concat_arrays(own)
    said = pc.if_else(pc.equal(pc.utf8_trim_whitespace(said), ""), pa.scalar(None, pa.string()), said)
    return flags, pc.coalesce(said, letters.cast(pa.string())).cast(WORD)


def _chosen(words: Sequence[str | None], of_distinct: pa.Array, indices: pa.Array) -> pa.Array:
    """A dictionary column: the words that `of_distinct` points at, where `indices` points; null where a word is."""
    distinct = list(dict.fromkeys(word for word in words if word is not None))
    if not distinct:
        return constant(None, len(indices))
    place = {word: index for index, word in enumerate(distinct)}
    table = pa.array([None if word is None else place[word] for word in words], pa.int32())
    return pa.DictionaryArray.from_arrays(table.take(of_distinct).take(indices), pa.array(distinct, pa.string()))


def unread(records: KeyedRecords, texts: pa.Array, problems: pa.Array) -> list[Finding]:
    """A finding for each cell that is neither a number nor a known symbol."""
    if problems.null_count == len(problems):
        return []
    found: list[Finding] = []
    for place in np.flatnonzero(problems.is_valid().to_numpy(zero_copy_only=False)):
        column, record = divmod(int(place), records.size)
        value, kind = texts[int(place)].as_py(), problems[int(place)].as_py()
        if kind == UNREADABLE and len(value.strip()) <= 3 and not any(map(str.isdigit, value)):
            kind = "official_symbol"
        label = records.values[column].label or records.values[column].measure
        at = (int(records.rows[record]), records.values[column].column)
        found.append(Finding(kind, kind, Severity.ERROR, records.sheet, *at, field=label or None, value=value))
    return found
