"""Texts with one header line and regions by name of column: INKAR long and bulk, panels of several indicators, editions side by
side, GISD. No encodings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from kkz_eval.deliveries.official.fields import Fields, fields_of
from kkz_eval.deliveries.official.grid import Grid, RecordDimension, RecordMeasure, ValueColumn
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.deliveries.text.records import Decoded
from kkz_eval.model.findings import Finding, Severity

LONG, BULK, PANEL, EDITIONS, GISD, INDICATORS = (*("inkar_long", "inkar_bulk", "panel", "editions", "gisd", "inkar_indicators"),)

_KEYS = ("ags", "kreis_ags5", "kreis_id", "gvb_id", "gem_id", "kennziffer", "kreiskennziffer", "gemeindekennziffer")
_YEARS = ("jahr", "year")
_NAMES = ("name", "kreis_name", "gvb_name", "gem_name", "kreisname", "gemeindename", "raumeinheit")
_LONG = ("bereich", "kreis_ags5", "name", "jahr", "kuerzel", "wert")
_BULK = ("bereich", "id", "kuerzel", "indikator", "raumbezug", "kennziffer", "name", "zeitbezug", "wert")
_INDICATORS = ("merk_id", "m_id", "rubrik", "bereich", "kuerzel", "kurzname", "name")
_GISD = "gisd_score"
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_TITLE = re.compile("[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Form:
    """A header that a family knows: family, delimiter, cells as delivered."""

    family: str
    delimiter: str
    header: tuple[str, ...]


def form_of(header: Sequence[str], delimiter: str) -> Form | None:
    """The family of a first record by its names of columns; None for any other table.

    A panel is told from a delivery by names in small letters without spaces, and values in all columns that are no key.
    """
    cells = tuple(cell.strip() for cell in header)
    titles = tuple(cell.casefold() for cell in cells)
    if titles == _LONG:
        return Form(LONG, delimiter, cells)
    if titles == _BULK:
        return Form(BULK, delimiter, cells)
    if titles[: len(_INDICATORS)] == _INDICATORS:
        return Form(INDICATORS, delimiter, cells)
    if len(titles) < 3 or not any(key in titles for key in _KEYS) or not any(year in titles for year in _YEARS):
        return None
    if _GISD in titles:  # with its classes and parts beside it, or without
        return Form(GISD, delimiter, cells)
    if delimiter != "," or titles[0] not in _KEYS:
        return None
    values = [cell for cell in cells[1:] if cell not in (*_YEARS, *_NAMES)]
    if values and all(_YEAR.fullmatch(cell) for cell in values):
        return Form(EDITIONS, delimiter, cells)
    if values and all(_TITLE.fullmatch(cell) for cell in values):
        return Form(PANEL, delimiter, cells)
    return None


def read(decoded: Decoded, form: Form, start: int) -> Grid:
    """The grid of a text of that form; start: index in the text of the line below the header."""
    fields = fields_of(decoded, form.delimiter, len(form.header), 2, start)
    if form.family == LONG:
        return _long(fields, form)
    if form.family == BULK:
        return _bulk(fields, form)
    return _panel(fields, form)


def _long(fields: Fields, form: Form) -> Grid:
    labels = fields.columns[4]
    return Grid(
        family=form.family,
        rows=fields.rows,
        values=(ValueColumn(fields.columns[5], 6),),
        keys=fields.columns[1],
        names=fields.columns[2],
        times=fields.columns[3],
        dimensions=(RecordDimension(form.header[0], None, fields.columns[0], 1),),
        measure=RecordMeasure(labels, labels, _empty(fields), 5),
        key_column=2,
        time_column=4,
        style=Style.POINT if form.delimiter == "," else None,
        fallback=Style.COMMA,
        open_end=fields.open_end,
        findings=fields.findings,
    )


def _bulk(fields: Fields, form: Form) -> Grid:
    columns = fields.columns
    return Grid(
        family=form.family,
        rows=fields.rows,
        values=(ValueColumn(columns[8], 9),),
        keys=columns[5],
        names=columns[6],
        times=columns[7],
        dimensions=(
            RecordDimension(form.header[0], None, columns[0], 1),
            RecordDimension(form.header[4], None, columns[4], 5),
        ),
        measure=RecordMeasure(columns[2], columns[3], _empty(fields), 4),
        key_column=6,
        time_column=8,
        style=Style.POINT if form.delimiter == "," else None,
        fallback=Style.COMMA,
        open_end=fields.open_end,
        findings=fields.findings,
    )


def _panel(fields: Fields, form: Form) -> Grid:
    titles = [cell.casefold() for cell in form.header]
    year = next(titles.index(name) for name in _YEARS if name in titles)
    name = next((titles.index(name) for name in _NAMES if name in titles), None)
    key = next(index for index, title in enumerate(titles) if title in _KEYS)
    values = [index for index in range(len(titles)) if index not in (key, year, name)]
    editions = form.family == EDITIONS
    return Grid(
        family=form.family,
        rows=fields.rows,
        values=tuple(
            ValueColumn(
                fields.columns[index],
                index + 1,
                label="" if editions else form.header[index],
                edition=form.header[index] if editions else "",
            )
            for index in values
        ),
        keys=fields.columns[key],
        names=None if name is None else fields.columns[name],
        times=fields.columns[year],
        key_column=key + 1,
        time_column=year + 1,
        style=Style.POINT if form.delimiter == "," else None,
        fallback=Style.COMMA,
        complete=True,
        open_end=fields.open_end and max(values) == len(titles) - 1,
        findings=fields.findings,
    )


def _empty(fields: Fields) -> pa.Array:
    return pa.array([""]).take(pa.array([0] * fields.size, pa.int32()))


def read_indicators(decoded: Decoded, form: Form, start: int) -> Grid:
    """The list of indicators of INKAR holds descriptions and no value: a grid without values that says so."""
    fields = fields_of(decoded, form.delimiter, len(form.header), 2, start)
    kind = "official_descriptions"
    finding = Finding(kind, kind, Severity.WARNING, row=1, value=str(fields.size))
    return Grid(form.family, fields.rows, (), None, findings=(finding, *fields.findings))
