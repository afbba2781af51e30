"""The workbook that INKAR exports: sheet of data with labels in one row and years below, sheet of sources with the edition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import compress

import numpy as np
import pyarrow as pa

from kkz_eval.deliveries.header import fold
from kkz_eval.deliveries.numbers import Style
from kkz_eval.deliveries.official.grid import Grid, RecordDimension, ValueColumn
from kkz_eval.deliveries.official.times import time_of
from kkz_eval.deliveries.sheet_cells import cells_of, texts_of
from kkz_eval.deliveries.text_table import HEAD
from kkz_eval.deliveries.workbook import Sheet, Value, text_of
from kkz_eval.model.findings import Finding, Severity

FAMILY = "inkar_export"

_HEADER = ("kennziffer", "raumeinheit", "aggregat")
_EDITION = re.compile(r"Ausgabe\s+((?:19|20)[0-9]{2})")


def header_row(sheet: Sheet) -> int | None:
    """Index of the row of labels; None where the sheet is no sheet of data of INKAR."""
    for row, cells in enumerate(sheet.rows[:HEAD]):
        if tuple(fold(str(cell)) for cell in cells[:3]) == _HEADER and row + 1 < len(sheet.rows):
            return row
    return None


def read(workbook: Sequence[Sheet]) -> tuple[Grid, ...]:
    """A grid for each sheet of data; () where there is none."""
    places = [(sheet, row) for sheet in workbook if (row := header_row(sheet)) is not None]
    if not places:
        return ()
    edition = _edition(workbook)
    return tuple(_grid(sheet, row, edition) for sheet, row in places)


def _edition(workbook: Sequence[Sheet]) -> str:
    for sheet in workbook:
        if header_row(sheet) is None:
            for cells in sheet.rows[:HEAD]:
                for cell in cells:
                    match = _EDITION.search(cell) if isinstance(cell, str) else None
                    if match is not None:
                        return match.group(1)
    return ""


def _grid(sheet: Sheet, header: int, edition: str) -> Grid:
    body = sheet.rows[header + 2 :]
    filled = [cells[0] != "" or any(cell != "" for cell in cells) for cells in body]
    columns = list(zip(*compress(body, filled), strict=True))
    rows = np.array(list(compress(range(header + 3, header + 3 + len(body)), filled)), np.int32)
    values, findings = _values(sheet, header, columns)
    texts = [texts_of(column) for column in columns[:3]] if columns else [pa.array([], pa.string())] * 3
    return Grid(
        family=FAMILY,
        rows=rows,
        values=values,
        keys=texts[0],
        names=texts[1],
        dimensions=(RecordDimension(str(sheet.rows[header][2]), None, texts[2], 3),),
        key_column=1,
        edition=edition,
        sheet=sheet.name,
        style=Style.COMMA,
        findings=findings,
    )


def _values(sheet: Sheet, header: int, columns: Sequence[Sequence[Value]]) -> tuple[tuple[ValueColumn, ...], tuple[Finding, ...]]:
    labels, years = sheet.rows[header], sheet.rows[header + 1]
    heads: list[tuple[int, str, str]] = []
    findings: list[Finding] = []
    label = ""
    for index in range(3, len(labels)):
        label = str(labels[index]).strip() or label
        year = text_of(years[index]) or ""
        if label and time_of(year) is not None:
            heads.append((index, label, year))
        elif columns and any(cell != "" for cell in columns[index]):
            kind = "official_title"
            at = (header + 2, index + 1)
            findings.append(Finding(kind, kind, Severity.ERROR, sheet.name, *at, value=year or label))
    if not columns:
        return (), tuple(findings)
    size = len(columns[0])
    texts, numbers = cells_of([columns[index] for index, *_ in heads])
    found = tuple(
        ValueColumn(texts.slice(place * size, size), index + 1, label=label, time=year, numbers=numbers.slice(place * size, size))
        for place, (index, label, year) in enumerate(heads)
    )
    return found, tuple(findings)
