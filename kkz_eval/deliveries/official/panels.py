"""Texts with one header line, a column of keys and one of years: panels of several indicators, editions side by side, GISD. No encodings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kkz_eval.deliveries.official.keyed_records import KeyedRecords, ValueColumn
from kkz_eval.deliveries.text.fields import fields_of
from kkz_eval.deliveries.text.numbers import Style
from kkz_eval.deliveries.text.records import Decoded

PANEL, EDITIONS, GISD = "panel", "editions", "gisd"

_KEYS = ("ags", "kreis_ags5", "kreis_id", "gvb_id", "gem_id", "kennziffer", "kreiskennziffer", "gemeindekennziffer")
_YEARS = ("jahr", "year")
_NAMES = ("name", "kreis_name", "gvb_name", "gem_name", "kreisname", "gemeindename", "raumeinheit")
_GISD = "gisd_score"
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_TITLE = re.compile("[a-z][a-z0-9_]*")


def family_of(header: Sequence[str], delimiter: str) -> str | None:
    """The family of a first record by its names of columns; None for any other table.

    A panel is told from a delivery by names in small letters without spaces, and values in all columns that are no key.
    """
    cells = tuple(cell.strip() for cell in header)
    titles = tuple(cell.casefold() for cell in cells)
    if len(titles) < 3 or not any(key in titles for key in _KEYS) or not any(year in titles for year in _YEARS):
        return None
    if _GISD in titles:  # with its classes and parts beside it, or without
        return GISD
    if delimiter != "," or titles[0] not in _KEYS:
        return None
    values = [cell for cell in cells[1:] if cell not in (*_YEARS, *_NAMES)]
    if values and all(_YEAR.fullmatch(cell) for cell in values):
        return EDITIONS
    if values and all(_TITLE.fullmatch(cell) for cell in values):
        return PANEL
    return None


def read(decoded: Decoded, delimiter: str, header: Sequence[str], start: int) -> KeyedRecords:
    """The records of a text whose family is known; start: index in the text of the line below the header."""
    family = family_of(header, delimiter)
    assert family is not None
    cells = [cell.strip() for cell in header]
    fields = fields_of(decoded, delimiter, len(cells), 2, start)
    titles = [cell.casefold() for cell in cells]
    year = next(titles.index(name) for name in _YEARS if name in titles)
    name = next((titles.index(name) for name in _NAMES if name in titles), None)
    key = next(index for index, title in enumerate(titles) if title in _KEYS)
    values = [index for index in range(len(titles)) if index not in (key, year, name)]
    editions = family == EDITIONS
    return KeyedRecords(
        family=family,
        rows=fields.rows,
        values=tuple(
            ValueColumn(
                fields.columns[index],
                index + 1,
                label="" if editions else cells[index],
                edition=cells[index] if editions else "",
            )
            for index in values
        ),
        keys=fields.columns[key],
        names=None if name is None else fields.columns[name],
        times=fields.columns[year],
        key_column=key + 1,
        time_column=year + 1,
        style=Style.POINT if delimiter == "," else None,
        fallback=Style.COMMA,
        complete=True,
        open_end=fields.open_end and max(values) == len(titles) - 1,
        findings=fields.findings,
    )
