"""What in keyed records can't be trusted, with a finding for each: keys, names, times, labels, repetitions, gaps. No conversion of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kkz_eval.deliveries.columns.gathered import LISTED, of_many
from kkz_eval.deliveries.official.keyed_records import KeyedRecords, ValueColumn
from kkz_eval.deliveries.official.times import Time
from kkz_eval.deliveries.official.units import Unit
from kkz_eval.deliveries.official.words import Words, combined, twice, words_of
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.reference.named import is_named, name_of_another

_FEW = 0.01  # share of the records that may be out of place; more are the table's own way of writing nothing


def without_repeated_columns(records: KeyedRecords) -> KeyedRecords:
    """The records without the columns of values that repeat an earlier one, header and all values, and a warning for each of them.

    Columns with one header and different values stay: nothing tells which of them holds.
    """
    kept: dict[tuple[object, ...], ValueColumn] = {}
    columns: list[ValueColumn] = []
    found: list[Finding] = []
    for column in records.values:
        first = kept.setdefault(column.signature, column)
        if first is not column and first.unit == column.unit and first.texts.equals(column.texts):
            kind = "official_column_repeated"
            shown = Finding(
                kind,
                kind,
                Severity.WARNING,
                records.sheet,
                None,
                column.column,
                None,
                value=column.header,
                allowed=str(first.column),
            )
            found.append(shown)
        else:
            columns.append(column)
    return replace(records, values=tuple(columns), findings=(*records.findings, *found)) if found else records


class Doubts:
    """What can't be trusted: which values (bad: per record, or per cell where columns differ), and the findings that say so.

    blank: bool, of each value, column by column.
    """

    def __init__(
        self,
        records: KeyedRecords,
        keys: Words | None,
        names: Words | None,
        times: Words | None,
        units: Sequence[Unit | None],
        moments: dict[str, Time | None],
        members: tuple[np.ndarray, int],
        blank: pa.Array,
    ) -> None:
        self.records, self.keys, self.names, self.times = records, keys, names, times
        self.units, self.moments, self.members, self.blank = units, moments, members, blank
        self.findings: list[Finding] = []
        record = np.zeros(records.size, bool)
        for doubtful in (
            self._keys(),
            self._names(),
            self._misnamed(),
            self._times(),
            self._labels(),
            self._twice(),
            self._blanks(),
        ):
            record |= doubtful
        self._gaps()
        self.bad = self._columns(record)

    def _add(
        self, kind: str, row: int | None, column: int | None, value: str | None, allowed: str = "", severity: str = "error"
    ) -> None:
        self.findings.append(Finding(kind, kind, severity, self.records.sheet, row, column, value=value, allowed=allowed or None))

    def _keys(self) -> NDArray[np.bool_]:
        """Keys that are none: the values stay, without unit and level."""
        nothing = np.zeros(self.records.size, bool)
        if self.keys is None:
            self._add("official_no_region", None, None, None, severity="warning")
            return nothing
        for word in [word for word, unit in enumerate(self.units) if unit is None]:
            row = int(self.records.rows[self.keys.first(word)])
            self._add("official_key", row, self.records.key_column, self.keys.words[word])
        return nothing

    def _names(self) -> NDArray[np.bool_]:
        """Two units under one key, by name or because two keys mean one unit."""
        bad = np.zeros(self.records.size, bool)
        if self.keys is None or self.names is None or self.keys.size == self.records.size:
            return bad
        pairs, _ = combined([(self.keys.codes, self.keys.size), (self.names.codes, self.names.size)], self.records.size)
        distinct, first = np.unique(pairs, return_index=True)
        if len(distinct) == self.keys.size:
            return bad
        seen: dict[int, int] = {}
        for index in sorted(first):
            key = int(self.keys.codes[index])
            if key not in seen:
                seen[key] = int(index)
                continue
            name, other = (self.names.words[self.names.codes[place]].strip() for place in (index, seen[key]))
            if name != other:
                self._add(
                    "official_two_units",
                    int(self.records.rows[index]),
                    self.records.key_column,
                    self.keys.words[key],
                    f"{other} | {name}",
                )
                bad |= self.keys.codes == key
        return bad

    def _misnamed(self) -> NDArray[np.bool_]:
        """Keys beside the name of another unit of the register: keys and names have slipped against each other, or were mistyped."""
        bad = np.zeros(self.records.size, bool)
        if self.keys is None or self.names is None:
            return bad
        keys, names = self.keys, self.names
        named = np.array([unit is not None and is_named(unit.unit_id, unit.level) for unit in self.units], bool)
        places = np.flatnonzero(named[keys.codes])
        pairs, _ = combined([(keys.codes[places], keys.size), (names.codes[places], names.size)], len(places))
        for index in np.sort(places[np.unique(pairs, return_index=True)[1]]):
            key, name = keys.codes[index], names.codes[index]
            unit, said = self.units[key], names.words[name].strip()
            if unit is not None and name_of_another(unit.unit_id, unit.level, said):
                self._add(
                    "official_other_name", int(self.records.rows[index]), self.records.key_column, keys.words[key].strip(), said
                )
                bad |= (keys.codes == key) & (names.codes == name)
        return bad

    def _times(self) -> NDArray[np.bool_]:
        bad = np.zeros(self.records.size, bool)
        if self.times is None:
            if any(column.time is None for column in self.records.values):
                self._add("official_no_time", None, None, None)
            return bad
        for word, text in enumerate(self.times.words):
            if self.moments[text] is None:
                self._add("official_time", int(self.records.rows[self.times.first(word)]), self.records.time_column, text)
                bad |= self.times.codes == word
        return bad

    def _labels(self) -> NDArray[np.bool_]:
        """One code with two labels: the end of a cut line, or a line shifted by a column."""
        bad = np.zeros(self.records.size, bool)
        pairs = [(d.codes, d.labels, d.column) for d in self.records.dimensions if d.codes is not None]
        if self.records.measure is not None:
            pairs.append((self.records.measure.codes, self.records.measure.labels, self.records.measure.column))
        for codes, labels, column in pairs:
            code, label = words_of(codes), words_of(labels)
            ids, _ = combined([(code.codes, code.size), (label.codes, label.size)], self.records.size)
            distinct, first, counts = np.unique(ids, return_index=True, return_counts=True)
            if len(distinct) == code.size:
                continue
            usual: dict[int, tuple[int, int]] = {}
            for index, count in sorted(zip(first, counts, strict=True), key=lambda item: -int(item[1])):
                word = int(code.codes[index])
                if word not in usual:
                    usual[word] = (int(label.codes[index]), int(count))
                    continue
                said = label.words[label.codes[index]]
                self._add("official_label", int(self.records.rows[index]), column, said, label.words[usual[word][0]])
                bad |= (code.codes == word) & (label.codes == label.codes[index])
        return bad

    def _parts(self) -> list[tuple[np.ndarray, int]]:
        parts = [self.members]
        if self.keys is not None:
            parts.append(self._unit_codes(self.keys))
        if self.times is not None:
            years = {text: place for place, text in enumerate(dict.fromkeys(text.strip() for text in self.times.words))}
            table = np.array([years[text.strip()] for text in self.times.words], np.int64)
            parts.append((table[self.times.codes], len(years)))
        if self.records.measure is not None:
            measure = words_of(self.records.measure.codes)
            parts.append((measure.codes, measure.size))
        return parts

    def _unit_codes(self, keys: Words) -> tuple[np.ndarray, int]:
        """One code for all keys that mean one unit at one level."""
        if len({unit.unit_id for unit in self.units if unit is not None}) == keys.size:
            return keys.codes, keys.size
        meant = [key if unit is None else unit.level + unit.unit_id for key, unit in zip(keys.words, self.units, strict=True)]
        place = {unit: index for index, unit in enumerate(dict.fromkeys(meant))}
        return np.array([place[unit] for unit in meant], np.int64)[keys.codes], len(place)

    def _twice(self) -> NDArray[np.bool_]:
        """Records that say the same thing twice: none of them counts, for nothing tells which holds."""
        if self.keys is not None and self.keys.size == self.records.size == self._unit_codes(self.keys)[1]:
            return np.zeros(self.records.size, bool)  # each is of a unit of its own
        ids, product = combined(self._parts(), self.records.size)
        bad = twice(ids, product)
        if not bad.any():
            return bad
        first: dict[int, int] = {}
        again = [
            (int(index), known)
            for index in np.flatnonzero(bad)
            if (known := first.setdefault(int(ids[index]), int(index))) != index
        ]
        kind, found = "official_twice", list[Finding]()
        for index, known in again[: LISTED + 1]:
            what = " ".join(text for text in (self._key_at(index), self._time_at(index)) if text)
            row, other = int(self.records.rows[index]), str(int(self.records.rows[known]))
            found.append(
                Finding(kind, kind, Severity.ERROR, self.records.sheet, row, self.records.key_column, value=what, allowed=other)
            )
        self.findings += found if len(again) <= LISTED else [of_many(found, len(again))]
        return bad

    def _blanks(self) -> NDArray[np.bool_]:
        """Records with a blank among their values or members, where hardly any has one: a record shifted by a column looks so."""
        bad = np.zeros(self.records.size, bool)
        if not self.records.filled:
            return bad
        first: dict[int, int] = {}
        blanks = [(pc.equal(d.labels, ""), d.column) for d in self.records.dimensions]
        if pc.any(self.blank).as_py():
            n = self.records.size
            blanks += [(self.blank.slice(place * n, n), v.column) for place, v in enumerate(self.records.values)]
        for blank, number in blanks:
            for index in np.flatnonzero(blank.to_numpy(zero_copy_only=False)):
                first.setdefault(int(index), number)
        if len(first) > max(1, _FEW * self.records.size):
            return bad
        for record, at in sorted(first.items()):
            bad[record] = True
            self._add("official_blank", int(self.records.rows[record]), at, self._key_at(record))
        return bad

    def _key_at(self, index: int) -> str:
        return "" if self.keys is None else self.keys.words[self.keys.codes[index]]

    def _time_at(self, index: int) -> str:
        return "" if self.times is None else self.times.words[self.times.codes[index]]

    def _gaps(self) -> None:
        """A family that writes every combination of its members, with some missing: it may have been cut at the end of a line."""
        if not self.records.complete:
            return
        sizes = [n_words for _, n_words in self._parts()[1:]]
        sizes.append(len(np.unique(self.members[0])))
        expected = int(np.prod(sizes))
        if self.records.size < expected:
            found = str(self.records.size)
            self._add("official_incomplete", int(self.records.rows[-1]), None, found, str(expected), severity="warning")

    def _columns(self, record: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Columns of values with one header, and a last cell that may have been cut; per cell where there are any."""
        seen: dict[tuple[object, ...], int] = {}
        doubtful: set[int] = set()
        for place, column in enumerate(self.records.values):
            other = seen.setdefault(column.signature, place)
            if other != place:
                doubtful |= {other, place}
                self._add("official_column_twice", None, column.column, column.header, str(self.records.values[other].column))
        if not doubtful and not self.records.open_end:
            return record
        cells = np.tile(record, (len(self.records.values), 1))
        cells[sorted(doubtful)] = True
        if self.records.open_end:
            cells[-1, -1] = True
            last = self.records.values[-1]
            self._add("official_open_end", int(self.records.rows[-1]), last.column, last.texts[-1].as_py())
        return cells.ravel()
