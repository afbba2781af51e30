"""From keyed records to the long table. What the texts of values say is read in values.py, what can't be trusted found in doubts.py. No files.

A value that can't be trusted is null, with its text as delivered kept: never a wrong number, never gone without trace.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.deliveries.columns.gathered import gathered
from kkz_eval.deliveries.official.doubts import Doubts, without_repeated_columns
from kkz_eval.deliveries.official.keyed_records import KeyedRecords, Member
from kkz_eval.deliveries.official.table import MEMBER, OFFICIAL_SCHEMA, OfficialTable
from kkz_eval.deliveries.official.times import Time, time_of
from kkz_eval.deliveries.official.units import Unit, units_of
from kkz_eval.deliveries.official.values import unread, values_of
from kkz_eval.deliveries.official.words import Words, are_empty, combined, constant, repeated, spread, words_of
from kkz_eval.model.findings import Finding, Severity, findings_table


def assemble(records: KeyedRecords) -> OfficialTable:
    """The long table of the records."""
    records = without_repeated_columns(records)
    n, columns = records.size, records.values
    c = len(columns)
    if n == 0 or c == 0:
        empty = records.findings or (Finding("reader_no_rows", "reader_no_rows", Severity.ERROR),)
        return _official(records, OFFICIAL_SCHEMA.empty_table(), empty)
    keys = None if records.keys is None else words_of(records.keys)
    names = None if records.names is None else words_of(records.names)
    times = None if records.times is None else words_of(records.times)
    units = [] if keys is None else units_of(keys.words)
    moments = {text: time_of(text) for text in _time_texts(records, times)}
    members, dims = _dimensions(records)
    texts = pa.concat_arrays([column.texts for column in columns])
    blank = are_empty(texts)
    read = values_of(records, texts, blank)
    doubts = Doubts(records, keys, names, times, units, moments, members, blank)
    table = pa.Table.from_arrays(
        [
            *_region(keys, names, units, n, c),
            *_time(records, times, moments, n),
            *_measure(records, n),
            dims,
            _trusted(read.numbers, doubts.bad, c),
            texts if not pc.any(blank).as_py() else pc.if_else(blank, pa.scalar(None, pa.string()), texts),
            _unit(records, n),
            read.flags,
            read.qualities,
            repeated([column.edition or None for column in columns], n),
            constant(records.sheet, n * c),
            pa.array(np.tile(records.rows, c)),
            pa.array(np.repeat(np.array([column.column for column in columns], np.int32), n)),
        ],
        schema=OFFICIAL_SCHEMA,
    )
    findings = (*records.findings, *doubts.findings, *unread(records, texts, read.problems))
    return _official(records, table, gathered(findings))


def _official(records: KeyedRecords, table: pa.Table, findings: Sequence[Finding]) -> OfficialTable:
    return OfficialTable(
        *(records.family, records.code, records.title, records.edition),
        table,
        findings_table(findings),
        records.footnotes,
        records.titles,
        {dimension.variable: dimension.label for dimension in records.dimensions if dimension.label},
    )


def _region(keys: Words | None, names: Words | None, units: Sequence[Unit | None], n: int, c: int) -> list[pa.Array]:
    name = constant(None, n * c) if names is None else names.trimmed(c)
    if keys is None:
        nothing = constant(None, n * c)
        return [nothing, name, nothing, nothing]
    unit_ids = [None if unit is None else unit.unit_id for unit in units]
    levels = [None if unit is None else unit.level for unit in units]
    key = keys.trimmed(c)
    unit_id = key if tuple(unit_ids) == keys.words else spread(keys.codes, unit_ids, c)
    return [key, name, unit_id, spread(keys.codes, levels, c)]


def _time_texts(records: KeyedRecords, times: Words | None) -> list[str]:
    fixed = [column.time for column in records.values if column.time is not None]
    return [*(() if times is None else times.words), *fixed]


def _time(records: KeyedRecords, times: Words | None, moments: dict[str, Time | None], n: int) -> list[pa.Array]:
    def kind(text: str | None) -> str | None:
        moment = moments[text] if text is not None else None
        return None if moment is None else moment.kind

    def year(text: str | None) -> int | None:
        moment = moments[text] if text is not None else None
        return None if moment is None else moment.year

    if times is None:
        texts: list[str | None] = [column.time for column in records.values]
        own = [year(text) or 0 for text in texts]
        years = np.repeat(np.array(own, np.int32), n)
        kinds = repeated([kind(text) for text in texts], n)
        return [repeated([text or None for text in texts], n), kinds, pa.array(years, mask=years == 0 if 0 in own else None)]
    c, said = len(records.values), list(times.words)
    years = np.tile(np.array([year(text) or 0 for text in said], np.int32)[times.codes], c)
    kinds = spread(times.codes, [kind(text) for text in said], c)
    return [spread(times.codes, [text.strip() or None for text in said], c), kinds, pa.array(years, mask=years == 0)]


def _measure(records: KeyedRecords, n: int) -> list[pa.Array]:
    if records.measure is None:
        measures = [column.measure or column.label or None for column in records.values]
        labels = [column.label or column.measure or None for column in records.values]
        measure = repeated(measures, n)
        return [measure, measure if labels == measures else repeated(labels, n)]
    c = len(records.values)
    return [words_of(records.measure.codes).trimmed(c), words_of(records.measure.labels).trimmed(c)]


def _unit(records: KeyedRecords, n: int) -> pa.Array:
    if records.measure is None:
        return repeated([column.unit or None for column in records.values], n)
    return words_of(records.measure.units).trimmed(len(records.values))


def _dimensions(records: KeyedRecords) -> tuple[tuple[np.ndarray, int], pa.Array]:
    """((code of each record for its members, their product), the column of maps)."""
    parts: list[tuple[np.ndarray, int]] = []
    codes: list[Words] = []
    labels: list[Words] = []
    for dimension in records.dimensions:
        code = Words(np.zeros(records.size, np.int64), pa.array([""])) if dimension.codes is None else words_of(dimension.codes)
        label = words_of(dimension.labels)
        codes.append(code)
        labels.append(replace(label, dictionary=pc.utf8_trim_whitespace(label.dictionary)))
        parts += [(code.codes, code.size), (label.codes, label.size)]
    ids = combined(parts, records.size)
    own = tuple(dimension.variable for dimension in records.dimensions)
    members = [column.members for column in records.values]
    if len(set(members)) == 1:
        alone = len(own) == 1 and not members[0]
        maps = _maps_of_one(own[0], codes[0], labels[0]) if alone else _maps(own, codes, labels, members[:1], records.size)
        return ids, _times_over(maps, len(members))
    return ids, _maps(own, codes, labels, members, records.size)


def _times_over(array: pa.Array, times: int) -> pa.Array:
    """An array so many times, one after the other: in two steps, for each part put together costs more than its bytes."""
    step = math.isqrt(times)
    some = pa.concat_arrays([array] * step)
    return pa.concat_arrays([some] * (times // step) + [array] * (times % step))


def _maps_of_one(variable: str, codes: Words, labels: Words) -> pa.Array:
    """The maps of the records where these are their only members."""
    n = len(labels.codes)
    entries = [words.dictionary.take(pa.array(words.codes)) for words in (codes, labels)]
    offsets = pa.array(np.arange(n + 1, dtype=np.int32))
    return pa.MapArray.from_arrays(offsets, pa.repeat(variable, n), pa.StructArray.from_arrays(entries, fields=list(MEMBER)))


def _maps(
    own: tuple[str, ...], codes: Sequence[Words], labels: Sequence[Words], members: Sequence[tuple[Member, ...]], n: int
) -> pa.Array:
    """The maps of all values; own: variables of the records' dimensions; members: of each column of values; n: number of records."""
    sizes = np.array([len(own) + len(of_column) for of_column in members], np.int32)
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(np.repeat(sizes, n), dtype=np.int32)])
    variables = _in_turn([], [own + tuple(member.variable for member in of_column) for of_column in members], n)
    entries = [
        _in_turn(codes, [tuple(member.code for member in of_column) for of_column in members], n),
        _in_turn(labels, [tuple(member.label for member in of_column) for of_column in members], n),
    ]
    return pa.MapArray.from_arrays(pa.array(offsets), variables, pa.StructArray.from_arrays(entries, fields=list(MEMBER)))


def _in_turn(own: Sequence[Words], of_columns: Sequence[tuple[str, ...]], n: int) -> pa.Array:
    """The words of all values, column by column and in it record by record: the record's own, then the column's."""
    place = {word: index for index, word in enumerate(dict.fromkeys(chain.from_iterable(of_columns)))}
    dictionary = pa.concat_arrays([pa.array(place, pa.string()), *(words.dictionary for words in own)])
    starts = np.cumsum([len(place), *(words.size for words in own)])
    of_own = [words.codes + start for words, start in zip(own, starts[:-1], strict=True)]
    blocks: dict[tuple[str, ...], NDArray[np.int32]] = {}
    for words in dict.fromkeys(of_columns):
        block = blocks[words] = np.empty((n, len(own) + len(words)), np.int32)
        for index, codes in enumerate(of_own):
            block[:, index] = codes
        block[:, len(own) :] = [place[word] for word in words]
    if len(blocks) == 1:
        return pa.concat_arrays([dictionary.take(pa.array(block.ravel()))] * len(of_columns))
    return dictionary.take(pa.array(np.concatenate([blocks[words].ravel() for words in of_columns])))


def _trusted(numbers: pa.Array, bad: NDArray[np.bool_], c: int) -> pa.Array:
    if not bad.any():
        return numbers
    return pc.if_else(pa.array(bad if len(bad) == len(numbers) else np.tile(bad, c)), pa.scalar(None, pa.float64()), numbers)
