"""From a grid to the long table: keys to units, texts to numbers and flags. What can't be trusted is found in doubts.py. No files.

A value that can't be trusted is null, with its text as delivered kept: never a wrong number, never gone without trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.deliveries.numbers import UNREADABLE, Style, parts_of
from kkz_eval.deliveries.official.doubts import Doubts
from kkz_eval.deliveries.official.grid import Grid, Member, ValueColumn
from kkz_eval.deliveries.official.table import MEMBER, OFFICIAL_SCHEMA, WORD, OfficialTable
from kkz_eval.deliveries.official.times import Time, time_of
from kkz_eval.deliveries.official.units import Unit, unit_of
from kkz_eval.deliveries.official.values import numbers_of, style_shown_by
from kkz_eval.deliveries.official.words import Words, combined, constant, repeated, spread, words_of
from kkz_eval.model.findings import Finding, Severity, findings_table

_WITHOUT_GROUPS, _GROUPS = r"^-?[0-9]{4}", r"^-?[1-9][0-9]{0,2}[.,][0-9]{3}$"


def assemble(grid: Grid) -> OfficialTable:
    """The long table of a grid."""
    n, columns = grid.size, grid.values
    c = len(columns)
    if n == 0 or c == 0:
        empty = grid.findings or (Finding("reader_no_rows", "reader_no_rows", Severity.ERROR),)
        table = OFFICIAL_SCHEMA.empty_table()
        return OfficialTable(grid.family, grid.code, grid.title, grid.edition, table, findings_table(empty))
    keys = None if grid.keys is None else words_of(grid.keys)
    names = None if grid.names is None else words_of(grid.names)
    times = None if grid.times is None else words_of(grid.times)
    units = {} if keys is None else {key: unit_of(key, grid.context) for key in keys.words}
    moments = {text: time_of(text) for text in _time_texts(grid, times)}
    members, dims = _dimensions(grid)
    texts = pa.concat_arrays([column.texts for column in columns])
    numbers, symbols = _numbers(grid, texts)
    doubts = Doubts(grid, keys, names, times, units, moments, members)
    values = _trusted(numbers, doubts.bad, c)
    flags, qualities = _flags(symbols, columns, n)
    table = pa.Table.from_arrays(
        [
            *_region(keys, names, units, n, c),
            *_time(grid, times, moments, n),
            *_measure(grid, n),
            dims,
            values,
            pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts),
            _unit(grid, n),
            flags,
            qualities,
            repeated([column.edition or None for column in columns], n),
            constant(grid.sheet, n * c),
            pa.array(np.tile(grid.rows, c)),
            pa.array(np.repeat(np.array([column.column for column in columns], np.int32), n)),
        ],
        schema=OFFICIAL_SCHEMA,
    )
    findings = (*grid.findings, *doubts.findings, *_unread(grid, texts, numbers.problems))
    return OfficialTable(grid.family, grid.code, grid.title, grid.edition, table, findings_table(findings))


def _region(keys: Words | None, names: Words | None, units: dict[str, Unit | None], n: int, c: int) -> list[pa.Array]:
    def unit_id(key: str) -> str | None:
        unit = units[key]
        return None if unit is None else unit.unit_id

    def level(key: str) -> str | None:
        unit = units[key]
        return None if unit is None else unit.level

    name = constant(None, n * c) if names is None else names.trimmed(c)
    if keys is None:
        nothing = constant(None, n * c)
        return [nothing, name, nothing, nothing]
    return [keys.trimmed(c), name, keys.mapped(unit_id, c), keys.mapped(level, c)]


def _time_texts(grid: Grid, times: Words | None) -> list[str]:
    fixed = [column.time for column in grid.values if column.time is not None]
    return [*(() if times is None else times.words), *fixed]


def _time(grid: Grid, times: Words | None, moments: dict[str, Time | None], n: int) -> list[pa.Array]:
    def kind(text: str | None) -> str | None:
        moment = moments[text] if text is not None else None
        return None if moment is None else moment.kind

    def year(text: str | None) -> int | None:
        moment = moments[text] if text is not None else None
        return None if moment is None else moment.year

    if times is None:
        texts: list[str | None] = [column.time for column in grid.values]
        codes = np.repeat(np.arange(len(texts)), n)
        words = [text or None for text in texts]
    else:
        texts = list(times.words)
        codes = np.tile(times.codes, len(grid.values))
        words = [text.strip() or None for text in times.words]
    years = pa.array([year(text) for text in texts], pa.int32()).take(pa.array(codes))
    return [spread(codes, words, 1), spread(codes, [kind(text) for text in texts], 1), years]


def _measure(grid: Grid, n: int) -> list[pa.Array]:
    if grid.measure is None:
        columns = grid.values
        return [
            repeated([column.measure or column.label or None for column in columns], n),
            repeated([column.label or column.measure or None for column in columns], n),
        ]
    c = len(grid.values)
    return [words_of(grid.measure.codes).trimmed(c), words_of(grid.measure.labels).trimmed(c)]


def _unit(grid: Grid, n: int) -> pa.Array:
    if grid.measure is None:
        return repeated([column.unit or None for column in grid.values], n)
    return words_of(grid.measure.units).trimmed(len(grid.values))


def _dimensions(grid: Grid) -> tuple[tuple[np.ndarray, int], pa.Array]:
    """((code of each record for its members, their product), the column of maps)."""
    parts: list[tuple[np.ndarray, int]] = []
    decoded: list[tuple[str, Words | None, Words]] = []
    for dimension in grid.dimensions:
        codes = None if dimension.codes is None else words_of(dimension.codes)
        labels = words_of(dimension.labels)
        decoded.append((dimension.variable, codes, labels))
        if codes is not None:
            parts.append((codes.codes, len(codes.words)))
        parts.append((labels.codes, len(labels.words)))
    ids, product = combined(parts, grid.size)
    if len({len(column.members) for column in grid.values}) == 1:
        return (ids, product), _maps_at_once(decoded, grid.values, grid.size)
    _, first, place = np.unique(ids, return_index=True, return_inverse=True)
    sets = list(dict.fromkeys(column.members for column in grid.values))
    of_records = [_members(decoded, int(index)) for index in first]
    maps = _maps([(*own, *members) for members in sets for own in of_records])
    chosen = np.concatenate([place + sets.index(column.members) * len(first) for column in grid.values])
    return (ids, product), maps.take(pa.array(chosen.astype(np.int32)))


def _members(decoded: Sequence[tuple[str, Words | None, Words]], index: int) -> list[Member]:
    """The members of one record."""
    return [
        Member(variable, "" if codes is None else codes.words[codes.codes[index]], labels.words[labels.codes[index]].strip())
        for variable, codes, labels in decoded
    ]


def _maps(entries: Sequence[Sequence[Member]]) -> pa.Array:
    flat = list(chain.from_iterable(entries))
    offsets = np.concatenate([[0], np.cumsum([len(entry) for entry in entries])]).astype(np.int32)
    columns = [[m.variable for m in flat], [m.code for m in flat], [m.label for m in flat]]
    return _map_array(offsets, *(pa.array(column, pa.string()) for column in columns))


def _maps_at_once(decoded: Sequence[tuple[str, Words | None, Words]], columns: Sequence[ValueColumn], n: int) -> pa.Array:
    """The maps of all values where all columns of values have as many members; n: number of records."""
    size = n * len(columns)
    none = np.zeros(size, np.int64)
    variables: list[_Pointed] = []
    codes: list[_Pointed] = []
    labels: list[_Pointed] = []
    for variable, code, label in decoded:
        variables.append((pa.array([variable], pa.string()), none))
        codes.append((pa.array([""]), none) if code is None else (code.dictionary, np.tile(code.codes, len(columns))))
        labels.append((pc.utf8_trim_whitespace(label.dictionary), np.tile(label.codes, len(columns))))
    for members in zip(*(column.members for column in columns), strict=True):
        variables.append(_by_column([member.variable for member in members], n))
        codes.append(_by_column([member.code for member in members], n))
        labels.append(_by_column([member.label for member in members], n))
    offsets = np.arange(size + 1, dtype=np.int32) * len(variables)
    return _map_array(offsets, *map(_in_turn, (variables, codes, labels)))


_Pointed = tuple[pa.Array, NDArray[np.int64]]  # words, and for each value the place of its word


def _by_column(words: Sequence[str], n: int) -> _Pointed:
    place = {word: index for index, word in enumerate(dict.fromkeys(words))}
    return pa.array(place, pa.string()), np.repeat(np.array([place[word] for word in words], np.int64), n)


def _in_turn(parts: Sequence[_Pointed]) -> pa.Array:
    """The word of each part for the first value, then for the second."""
    if not parts:
        return pa.array([], pa.string())
    words = pa.concat_arrays([words for words, _ in parts])
    if len(words) == len(parts) and len(words.unique()) == 1:
        return pa.repeat(words[0], len(parts) * len(parts[0][1]))
    starts = np.cumsum([0, *(len(words) for words, _ in parts[:-1])])
    places = np.stack([places + start for (_, places), start in zip(parts, starts, strict=True)], axis=1)
    return words.take(pa.array(places.ravel()))


def _map_array(offsets: np.ndarray, variables: pa.Array, codes: pa.Array, labels: pa.Array) -> pa.Array:
    return pa.MapArray.from_arrays(pa.array(offsets), variables, pa.StructArray.from_arrays([codes, labels], fields=list(MEMBER)))


@dataclass(frozen=True)
class _Read:
    """values: float64, null where there is none; problems: string, null where there is none."""

    values: pa.Array
    problems: pa.Array


@dataclass(frozen=True)
class _Symbols:
    """distinct: flags of the distinct texts, null where a text has none; indices: of each value, into distinct."""

    distinct: pa.Array
    indices: pa.Array


def _numbers(grid: Grid, texts: pa.Array) -> tuple[_Read, _Symbols]:
    """Numbers, flags and problems of the values: each distinct text is read once."""
    numbers = None
    if any(column.numbers is not None for column in grid.values):
        numbers = pa.concat_arrays([column.numbers for column in grid.values])
        if pc.all(pc.equal(texts.filter(numbers.is_null()), ""), min_count=0).as_py():
            nothing = pa.nulls(len(texts), pa.string())
            return _Read(numbers, nothing), _Symbols(pa.nulls(1, pa.string()), pa.nulls(len(texts), pa.int32()))
        texts = pc.if_else(numbers.is_valid(), pa.scalar("", pa.string()), texts)
    encoded = texts.dictionary_encode()
    style = grid.style or style_shown_by(encoded.dictionary) or _unless_contradicted(grid.fallback, encoded.dictionary)
    read = numbers_of(encoded.dictionary, style)
    values, problems = read.values.take(encoded.indices), pa.nulls(len(texts), pa.string())
    if read.problems.null_count < len(read.problems):
        problems = read.problems.take(encoded.indices)
    if numbers is not None:
        values = pc.coalesce(numbers, values)
    return _Read(values, problems), _Symbols(read.flags, encoded.indices)


def _unless_contradicted(style: Style | None, texts: pa.Array) -> Style | None:
    """The style of the file's language, but none where it would take a point for one between thousands while others go without it."""
    if style is None:
        return None
    marked = texts.filter(pc.match_substring(texts, "." if style is Style.COMMA else ","))
    if not pc.any(pc.match_substring_regex(marked, _GROUPS), min_count=0).as_py():
        return style
    return None if pc.any(pc.match_substring_regex(texts, _WITHOUT_GROUPS), min_count=0).as_py() else style


def _flags(symbols: _Symbols, columns: Sequence[ValueColumn], n: int) -> tuple[pa.Array, pa.Array]:
    """Symbols, and letters of quality apart from them; a column of quality goes before a letter in the cell."""
    size = n * len(columns)
    if symbols.distinct.null_count == len(symbols.distinct):
        flags = letters = constant(None, size)
    else:
        encoded = symbols.distinct.dictionary_encode()
        texts, indices = encoded.dictionary.to_pylist(), encoded.indices.take(symbols.indices)
        flags, letters = (
            _chosen([None if text is None else parts_of(text)[place] for text in texts], indices) for place in (0, 1)
        )
    if all(column.qualities is None for column in columns):
        return flags, letters
    own = [pa.nulls(n, pa.string()) if column.qualities is None else column.qualities for column in columns]
    said = pa.concat_arrays(own)
    said = pc.if_else(pc.equal(pc.utf8_trim_whitespace(said), ""), pa.scalar(None, pa.string()), said)
    return flags, pc.coalesce(said, letters.cast(pa.string())).cast(WORD)


def _chosen(words: Sequence[str | None], indices: pa.Array) -> pa.Array:
    """A dictionary column: the words that `indices` point at, null where a word is."""
    distinct = list(dict.fromkeys(word for word in words if word is not None))
    place = {word: index for index, word in enumerate(distinct)}
    table = pa.array([None if word is None else place[word] for word in words], pa.int32())
    return pa.DictionaryArray.from_arrays(table.take(indices), pa.array(distinct, pa.string()))


def _trusted(numbers: _Read, bad: NDArray[np.bool_], c: int) -> pa.Array:
    if not bad.any():
        return numbers.values
    return pc.if_else(
        pa.array(bad if len(bad) == len(numbers.values) else np.tile(bad, c)), pa.scalar(None, pa.float64()), numbers.values
    )


def _unread(grid: Grid, texts: pa.Array, problems: pa.Array) -> list[Finding]:
    """A finding for each cell that is neither a number nor a known symbol."""
    if problems.null_count == len(problems):
        return []
    found: list[Finding] = []
    for place in np.flatnonzero(problems.is_valid().to_numpy(zero_copy_only=False)):
        column, record = divmod(int(place), grid.size)
        value, kind = texts[int(place)].as_py(), problems[int(place)].as_py()
        if kind == UNREADABLE and len(value.strip()) <= 3 and not any(map(str.isdigit, value)):
            kind = "official_symbol"
        label = grid.values[column].label or grid.values[column].measure
        at = (int(grid.rows[record]), grid.values[column].column)
        found.append(Finding(kind, kind, Severity.ERROR, grid.sheet, *at, field=label or None, value=value))
    return found
