"""Columns of quality in a table of GENESIS: exported with its signs of quality, each column of values has one to its right.

They are known by what they hold, letters of quality and symbols and no digit, and by a header that says nothing of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from kkz_eval.deliveries.text.numbers import symbol_of
from kkz_eval.model.parsed import QUALITIES

_NAMES = frozenset({"", "q", "qualität", "qualitätskennzeichen", "quality"})


def quality_columns(header: Sequence[Sequence[str]], columns: Sequence[pa.Array], first: int) -> Mapping[int, int]:
    """The column of quality of each column of values, by index; {} where the columns do not stand in such pairs.

    header: its rows, cells of all columns; columns: of text; first: index of the first column of values. All or none: a single column
    without a header is one that has moved.
    """
    places = range(first, len(columns))
    pairs = {place: place + 1 for place in places[::2] if place + 1 in places}
    if len(pairs) * 2 != len(places) or any(len(cells) != len(columns) for cells in header):
        return {}
    if not all(_says_nothing(header, value, quality) for value, quality in pairs.items()):
        return {}
    words = [{text.strip() for text in columns[quality].unique().to_pylist()} for quality in pairs.values()]
    if not all(word in QUALITIES or symbol_of(word) is not None for said in words for word in said if word):
        return {}
    return pairs if any(said & QUALITIES for said in words) else {}


def _says_nothing(header: Sequence[Sequence[str]], value: int, quality: int) -> bool:
    """Whether the header of a column is blank, calls it one of quality, or repeats that of the values."""
    own = [(cells[quality].strip(), cells[value].strip()) for cells in header]
    return all(said.casefold() in _NAMES or said == beside for said, beside in own)
