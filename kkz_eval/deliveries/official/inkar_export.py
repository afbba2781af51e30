"""The table that INKAR exports, as workbook or text: one unit a row, one indicator of one year a column. No contracts, no encodings.

Editions differ in the words of the header, in the number of its rows and in the columns beside the keys: what a column holds follows
from the year above it, what a row speaks of from its key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import pyarrow as pa

from kkz_eval.deliveries.columns.header import Names, fold
from kkz_eval.deliveries.columns.scale import says_scale
from kkz_eval.deliveries.official.datencsv_header import is_unit
from kkz_eval.deliveries.official.keyed_records import KeyedRecords, RecordDimension, ValueColumn
from kkz_eval.deliveries.official.times import time_of
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.deliveries.text.records import HEAD
from kkz_eval.deliveries.workbook.sheet_cells import cells_of, texts_of
from kkz_eval.deliveries.workbook.sheets import Sheet, Value, text_of, without_hidden_rows
from kkz_eval.model.findings import Finding, Severity

FAMILY = "inkar_export"

_KEYS = frozenset({"kennziffer", "kennziffern", "regionalkennziffer", "kreiskennziffer", "gemeindekennziffer", "kennnummer"})
_NAMES = frozenset({"raumeinheit", "raumeinheiten", "gebietseinheit", "gebietseinheiten", "name"})
_WORDS = frozenset({"aggregat", "aggregate", "raumbezug"})
_ABOVE, _BELOW = 2, 4  # rows around the titles in which labels and years stand
_EDITION = re.compile(r"(?:Ausgabe|INKAR)[\s:.,]+((?:19|20)[0-9]{2})\b")
_WITH_YEAR = re.compile(r"(?P<before>.*?\D)?[\s(]*\b(?P<year>(?:19|20)[0-9]{2})\b[\s):,]*(?P<after>\D.*)?")


@dataclass(frozen=True)
class ExportColumn:
    """A column of values: its 0-based index, year as delivered, and the texts above it from top to bottom, each with its 0-based row."""

    index: int
    year: Value
    year_row: int
    labels: tuple[tuple[int, str], ...]

    @property
    def label(self) -> str:
        """The texts above the column as one."""
        return " ".join(dict.fromkeys(text for _, text in self.labels))


@dataclass(frozen=True)
class Export:
    """A table of INKAR. Rows and columns 0-based; header: row of the titles; first: row of the first record.

    key, name, word: columns of the key, of the name and of INKAR's word for the kind of unit, None where the table has none;
    columns: of values; untimed: columns of values without a year that can be read, as (row and column of the cell, its text);
    beside: titles of columns that say something of the unit and nothing of an indicator, by column; hidden: columns of values that a
    person does not see.
    """

    sheet: str | None
    rows: Sequence[Sequence[Value]]
    header: int
    first: int
    key: int
    name: int | None
    word: int | None
    columns: tuple[ExportColumn, ...]
    untimed: tuple[tuple[int, int, str], ...]
    beside: Mapping[int, str]
    hidden: tuple[ExportColumn, ...] = ()

    def records(self) -> list[int]:
        """The rows that have a key and say more than it; a line of text below the table is none."""
        others = [self.name, *(column.index for column in self.columns)]
        return [
            row
            for row in range(self.first, len(self.rows))
            if text_of(self.rows[row][self.key]) is not None
            and any(text_of(self.rows[row][place]) is not None for place in others if place is not None)
        ]


def export_of(rows: Sequence[Sequence[Value]], sheet: str | None) -> Export | None:
    """The table of INKAR that begins among the first rows; None for any other. rows: all of one width."""
    for header, cells in enumerate(rows[:HEAD]):
        said = {index: fold(cell) for index, cell in enumerate(cells) if isinstance(cell, str) and cell.strip()}
        key, name, word = (_place(said, words) for words in (_KEYS, _NAMES, _WORDS))
        if key is None or (name is None and word is None) or (word is None and said.get(name or 0) == "name"):
            continue  # a column called „Name“ is INKAR's beside its word for the kind of unit only
        first = next((row for row in range(header + 1, len(rows)) if text_of(rows[row][key]) is not None), None)
        if first is None or first > header + _BELOW:
            continue
        export = _export(rows, sheet, header, first, (key, name, word))
        if export.columns:
            return export
    return None


def _place(said: Mapping[int, str], words: frozenset[str]) -> int | None:
    return next((index for index, text in said.items() if text in words), None)


def _export(
    rows: Sequence[Sequence[Value]], sheet: str | None, header: int, first: int, leading: tuple[int, int | None, int | None]
) -> Export:
    own = [place for place in leading if place is not None]
    values = [index for index in range(min(own), len(rows[header])) if index not in own]
    block = range(max(header - _ABOVE, 0), first)
    years = max(block, key=lambda row: (sum(_is_year(rows[row][index]) for index in values), row))
    if not any(_is_year(rows[years][index]) for index in values):
        years = -1  # the years stand in the labels
    above = [(row, _filled(rows[row], values)) for row in block if row != years]
    columns: list[ExportColumn] = []
    untimed: list[tuple[int, int, str]] = []
    beside: dict[int, str] = {}
    for index in values:
        labels = tuple((row, texts[index]) for row, texts in above if texts[index])
        if years < 0:
            column = _with_own_year(index, labels)
        else:
            column = ExportColumn(index, rows[years][index], years, labels) if _is_year(rows[years][index]) and labels else None
        if column is not None:
            columns.append(column)
        elif any(text_of(cells[index]) is not None for cells in rows[first:]):
            said = text_of(rows[years][index]) if years >= 0 else None
            if columns:
                untimed.append((max(years, header), index, said or " ".join(text for _, text in labels)))
            else:
                beside[index] = said or text_of(rows[header][index]) or ""
    return Export(sheet, rows, header, first, *leading, tuple(columns), tuple(untimed), beside)


def _is_year(cell: Value) -> bool:
    return (moment := time_of(text_of(cell) or "")) is not None and moment.kind == "year"


def _filled(cells: Sequence[Value], places: Sequence[int]) -> dict[int, str]:
    """The texts of a row of labels; a merged label stands in the first of its columns only."""
    found: dict[int, str] = {}
    text = ""
    for index in places:
        text = (text_of(cells[index]) or "").strip() or text
        found[index] = text
    return found


def _with_own_year(index: int, labels: Sequence[tuple[int, str]]) -> ExportColumn | None:
    """The column whose label names its year too: „Schulabgänger ohne Abschluss 2015“."""
    for place, (row, text) in enumerate(labels):
        match = _WITH_YEAR.fullmatch(text)
        if match is not None:
            rest = " ".join(part.strip(" (),:") for part in match.group("before", "after") if part)
            others = [*labels[:place], *([(row, rest)] if rest else []), *labels[place + 1 :]]
            return ExportColumn(index, match.group("year"), row, tuple(others)) if others else None
    return None


def label_known_to(column: ExportColumn, known: Names) -> tuple[int, str] | None:
    """The text above a column that names an indicator, with its row; None where none does, or another text may change its meaning.

    Beside it may stand its unit and other names of the same indicator. known: what the contract calls its indicators.
    """
    said = {known.find(text) for _, text in column.labels} - {None}
    if len(said) == 1 and all(known.find(text) is not None or _is_plain_unit(text) for _, text in column.labels):
        return next((row, text) for row, text in column.labels if known.find(text) is not None)
    return (column.labels[0][0], column.label) if not said and known.find(column.label) is not None else None


def _is_plain_unit(text: str) -> bool:
    bare = text.strip(" ()[]").removeprefix("in ")
    return is_unit(bare) and not says_scale(text) and not says_scale(f"in {bare}")


def exports_in(workbook: Sequence[Sheet]) -> tuple[Export, ...]:
    """The tables of INKAR in the sheets of a workbook, as far as a person sees them; where all values are hidden, they are read."""
    return tuple(
        _without_hidden_columns(export, sheet)
        for sheet in map(without_hidden_rows, workbook)
        if sheet.visible and (export := export_of(sheet.rows, sheet.name)) is not None
    )


def _without_hidden_columns(export: Export, sheet: Sheet) -> Export:
    hidden = tuple(column for column in export.columns if sheet.seen.is_hidden_column(column.index))
    visible = tuple(column for column in export.columns if column not in hidden)
    return replace(export, columns=visible, hidden=hidden) if hidden and visible else export


def edition_of(tables: Sequence[Sequence[Sequence[Value]]]) -> str:
    """The edition that one of the first rows of some sheets names, "" where none does."""
    for rows in tables:
        for cells in rows[:HEAD]:
            for cell in cells:
                match = _EDITION.search(cell) if isinstance(cell, str) else None
                if match is not None:
                    return match.group(1)
    return ""


def untimed_findings(export: Export) -> list[Finding]:
    """An error for each column of values whose year can't be read."""
    kind = "official_title"
    return [
        Finding(kind, kind, Severity.ERROR, export.sheet, row + 1, index + 1, value=text) for row, index, text in export.untimed
    ]


def read(workbook: Sequence[Sheet]) -> tuple[KeyedRecords, ...]:
    """The records of each sheet of data; () where there is none."""
    exports = exports_in(workbook)
    edition = edition_of([sheet.rows for sheet in workbook]) if exports else ""
    return tuple(_keyed(export, edition) for export in exports)


def _keyed(export: Export, edition: str) -> KeyedRecords:
    body = export.rows[export.first :]
    filled = [any(cell != "" for cell in cells) for cells in body]
    columns = list(zip(*compress(body, filled), strict=True))
    rows = np.array(list(compress(range(export.first + 1, export.first + 1 + len(body)), filled)), np.int32)

    def texts(place: int | None) -> pa.Array | None:
        if place is None:
            return None
        return texts_of(columns[place]) if columns else pa.array([], pa.string())

    keys = texts(export.key)
    assert keys is not None
    kinds = texts(export.word)
    return KeyedRecords(
        family=FAMILY,
        rows=rows,
        values=_values(export, columns),
        keys=keys,
        names=texts(export.name),
        dimensions=() if kinds is None or export.word is None else (_dimension(export, export.word, kinds),),
        key_column=export.key + 1,
        edition=edition,
        sheet=export.sheet,
        style=Style.COMMA,
        findings=tuple(untimed_findings(export)),
    )


def _dimension(export: Export, word: int, kinds: pa.Array) -> RecordDimension:
    return RecordDimension(str(export.rows[export.header][word]), None, kinds, word + 1)


def _values(export: Export, columns: Sequence[Sequence[Value]]) -> tuple[ValueColumn, ...]:
    if not columns:
        return ()
    size = len(columns[0])
    texts, numbers = cells_of([columns[column.index] for column in export.columns])
    return tuple(
        ValueColumn(
            texts.slice(place * size, size),
            column.index + 1,
            label=column.label,
            time=text_of(column.year) or "",
            numbers=numbers.slice(place * size, size),
        )
        for place, column in enumerate(export.columns)
    )
