"""The table that INKAR exports, as workbook or text: one unit a row, one indicator of one year a column. No contracts, no encodings.

Editions differ in the words of the header, in the number of its rows and in the columns beside the keys: what a column holds follows
from the year above it, what a row speaks of from its key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import numpy as np
import pyarrow as pa

from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.official.keyed_records import KeyedRecords, RecordDimension, ValueColumn
from kkz_eval.deliveries.official.table import Footnote
from kkz_eval.deliveries.official.times import time_of
from kkz_eval.deliveries.text.records import HEAD, Decoded, split
from kkz_eval.deliveries.workbook.sheet_cells import cells_of, texts_of
from kkz_eval.deliveries.workbook.sheets import Sheet, Value, text_of, without_hidden_rows
from kkz_eval.model.findings import Finding, Severity

FAMILY = "inkar_export"
KIND_OF_UNIT = frozenset({"aggregat", "aggregate", "raumbezug"})  # titles of the column with INKAR's word for it, folded

_KEYS = frozenset({"kennziffer", "kennziffern", "regionalkennziffer", "kreiskennziffer", "gemeindekennziffer", "kennnummer"})
_NAMES = frozenset({"raumeinheit", "raumeinheiten", "gebietseinheit", "gebietseinheiten", "name"})
_ABOVE, _BELOW = 2, 4  # rows around the titles in which labels and years stand
_EDITION = re.compile(r"(?:Ausgabe|INKAR)[\s:.,]+((?:19|20)[0-9]{2})\b")
_WITH_YEAR = re.compile(r"(?P<before>.*?\D)?[\s(]*\b(?P<year>(?:19|20)[0-9]{2})\b[\s):,]*(?P<after>\D.*)?")
_MOST_LINES_AROUND = 200  # above and below the records that are looked at
_SHOWN = 8  # hidden columns that a finding names


def read(workbook: Sequence[Sheet]) -> tuple[KeyedRecords, ...]:
    """The records of each sheet with such a table, as far as a person sees it; () where there is none.

    Hidden columns are left out with a warning; where all values are hidden, they are read.
    """
    tables = [
        _without_hidden_columns(table, sheet)
        for sheet in map(without_hidden_rows, workbook)
        if sheet.visible and (table := _table_in(sheet.rows, sheet.name)) is not None
    ]
    edition = _edition_of([sheet.rows for sheet in workbook]) if tables else ""
    return tuple(_records(table, edition) for table in tables)


def hidden_sheets(workbook: Sequence[Sheet]) -> list[str]:
    """The names of the hidden sheets with such a table, which are not read."""
    return [sheet.name for sheet in workbook if not sheet.visible and _table_in(sheet.rows, sheet.name) is not None]


def read_text(decoded: Decoded, delimiter: str, first: Sequence[Sequence[str]]) -> KeyedRecords | None:
    """The records of such a table that was saved as text; None for any other. first: its first records.

    A record that the text ends in is none. Raises NotTextError (cell_too_long).
    """
    if _table_in(_of_one_width(first), None) is None:
        return None
    lines = split(decoded, delimiter)
    table = _table_in(_of_one_width(lines.rows[:-1] if lines.cut else lines.rows), None)
    if table is None:
        return None
    records = _records(table, _edition_of([table.rows]))
    cut = [Finding("reader_cut_off", "reader_cut_off", Severity.ERROR, row=len(lines.rows))] if lines.cut else []
    return replace(records, findings=(*records.findings, *cut))


def _of_one_width(rows: Sequence[Sequence[str]]) -> list[list[Value]]:
    width = max(map(len, rows), default=0)
    return [[*cells, *[""] * (width - len(cells))] for cells in rows]


@dataclass(frozen=True)
class _Column:
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
class _Table:
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
    columns: tuple[_Column, ...]
    untimed: tuple[tuple[int, int, str], ...]
    beside: Mapping[int, str]
    hidden: tuple[_Column, ...] = ()

    def records(self) -> list[int]:
        """The rows that have a key and say more than it; a line of text below the table is none."""
        others = [self.name, *(column.index for column in self.columns)]
        return [
            row
            for row in range(self.first, len(self.rows))
            if text_of(self.rows[row][self.key]) is not None
            and any(text_of(self.rows[row][place]) is not None for place in others if place is not None)
        ]


def _table_in(rows: Sequence[Sequence[Value]], sheet: str | None) -> _Table | None:
    """The table of INKAR that begins among the first rows; None for any other. rows: all of one width."""
    for header, cells in enumerate(rows[:HEAD]):
        said = {index: fold(cell) for index, cell in enumerate(cells) if isinstance(cell, str) and cell.strip()}
        key, name, word = (_place(said, words) for words in (_KEYS, _NAMES, KIND_OF_UNIT))
        if key is None or (name is None and word is None) or (word is None and said.get(name or 0) == "name"):
            continue  # a column called „Name“ is INKAR's beside its word for the kind of unit only
        first = next((row for row in range(header + 1, len(rows)) if text_of(rows[row][key]) is not None), None)
        if first is None or first > header + _BELOW:
            continue
        table = _table(rows, sheet, header, first, (key, name, word))
        if table.columns:
            return table
    return None


def _place(said: Mapping[int, str], words: frozenset[str]) -> int | None:
    return next((index for index, text in said.items() if text in words), None)


def _table(
    rows: Sequence[Sequence[Value]], sheet: str | None, header: int, first: int, leading: tuple[int, int | None, int | None]
) -> _Table:
    own = [place for place in leading if place is not None]
    values = [index for index in range(min(own), len(rows[header])) if index not in own]
    block = range(max(header - _ABOVE, 0), first)
    years = max(block, key=lambda row: (sum(_is_year(rows[row][index]) for index in values), row))
    if not any(_is_year(rows[years][index]) for index in values):
        years = -1  # the years stand in the labels
    above = [(row, _filled(rows[row], values)) for row in block if row != years]
    columns: list[_Column] = []
    untimed: list[tuple[int, int, str]] = []
    beside: dict[int, str] = {}
    for index in values:
        labels = tuple((row, texts[index]) for row, texts in above if texts[index])
        if years < 0:
            column = _with_own_year(index, labels)
        else:
            column = _Column(index, rows[years][index], years, labels) if _is_year(rows[years][index]) and labels else None
        if column is not None:
            columns.append(column)
        elif any(text_of(cells[index]) is not None for cells in rows[first:]):
            said = text_of(rows[years][index]) if years >= 0 else None
            if columns:
                untimed.append((max(years, header), index, said or " ".join(text for _, text in labels)))
            else:
                beside[index] = said or text_of(rows[header][index]) or ""
    return _Table(sheet, rows, header, first, *leading, tuple(columns), tuple(untimed), beside)


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


def _with_own_year(index: int, labels: Sequence[tuple[int, str]]) -> _Column | None:
    """The column whose label names its year too: „Schulabgänger ohne Abschluss 2015“."""
    for place, (row, text) in enumerate(labels):
        match = _WITH_YEAR.fullmatch(text)
        if match is not None:
            label = " ".join(part.strip(" (),:") for part in match.group("before", "after") if part)
            others = [*labels[:place], *([(row, label)] if label else []), *labels[place + 1 :]]
            return _Column(index, match.group("year"), row, tuple(others)) if others else None
    return None


def _without_hidden_columns(table: _Table, sheet: Sheet) -> _Table:
    hidden = tuple(column for column in table.columns if sheet.seen.is_hidden_column(column.index))
    visible = tuple(column for column in table.columns if column not in hidden)
    return replace(table, columns=visible, hidden=hidden) if hidden and visible else table


def _edition_of(tables: Sequence[Sequence[Sequence[Value]]]) -> str:
    """The edition that one of the first rows of some sheets names, "" where none does."""
    for rows in tables:
        for cells in rows[:HEAD]:
            for cell in cells:
                match = _EDITION.search(cell) if isinstance(cell, str) else None
                if match is not None:
                    return match.group(1)
    return ""


def _records(table: _Table, edition: str) -> KeyedRecords:
    rows = table.records()
    body = [table.rows[row] for row in rows]
    taken = set(rows)
    others = (row for row in chain(range(table.header), range(table.first, len(table.rows))) if row not in taken)
    around = list(_texts_in(table, islice(others, _MOST_LINES_AROUND)))

    def texts(place: int) -> pa.Array:
        return texts_of([cells[place] for cells in body])

    kinds = [] if table.word is None else [(str(table.rows[table.header][table.word]), table.word)]
    return KeyedRecords(
        family=FAMILY,
        rows=np.array(rows, np.int32) + np.int32(1),
        values=_values(table, body),
        keys=texts(table.key),
        names=None if table.name is None else texts(table.name),
        dimensions=tuple(RecordDimension(title, None, texts(place), place + 1) for title, place in kinds),
        key_column=table.key + 1,
        name_column=None if table.name is None else table.name + 1,
        edition=edition,
        sheet=table.sheet,
        findings=(*_untimed(table), *_beside(table), *_hidden(table)),
        titles=tuple(line for line in around if line.row <= table.header),
        footnotes=tuple(line for line in around if line.row > table.header),
    )


def _values(table: _Table, body: Sequence[Sequence[Value]]) -> tuple[ValueColumn, ...]:
    texts, numbers = cells_of([[cells[column.index] for cells in body] for column in table.columns])
    return tuple(
        ValueColumn(
            texts.slice(place * len(body), len(body)),
            column.index + 1,
            label=column.label,
            time=text_of(column.year) or "",
            numbers=numbers.slice(place * len(body), len(body)),
            above=tuple((row + 1, text) for row, text in column.labels),
            time_row=column.year_row + 1,
        )
        for place, column in enumerate(table.columns)
    )


def _texts_in(table: _Table, rows: Iterable[int]) -> Iterator[Footnote]:
    """The texts of lines that are no records: they may say what the numbers mean."""
    for row in rows:
        for column, text in enumerate(table.rows[row]):
            if isinstance(text, str) and text.strip():
                yield Footnote(row + 1, text, column + 1)


def _untimed(table: _Table) -> list[Finding]:
    """An error for each column of values whose year can't be read."""
    kind = "official_title"
    return [
        Finding(kind, kind, Severity.ERROR, table.sheet, row + 1, index + 1, value=text) for row, index, text in table.untimed
    ]


def _beside(table: _Table) -> list[Finding]:
    """One warning that names the columns beside the keys that are not read."""
    if not table.beside:
        return []
    kind, named = "official_columns_left_out", ", ".join(f"„{title}“" for title in table.beside.values())
    return [Finding(kind, kind, Severity.WARNING, table.sheet, table.header + 1, min(table.beside) + 1, value=named)]


def _hidden(table: _Table) -> list[Finding]:
    """One warning that names the hidden columns of values; they are not read."""
    if not table.hidden:
        return []
    named = [f"{column.label} {text_of(column.year) or ''}".strip() for column in table.hidden]
    kind, value = "reader_column_hidden_not_read", ", ".join(named[:_SHOWN] + (["…"] if len(named) > _SHOWN else []))
    return [Finding(kind, kind, Severity.WARNING, table.sheet, table.header + 1, table.hidden[0].index + 1, value=value)]
