"""Keys that stand in the first row of their group only, as a pivot table shows them. No reading of keys, no other lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from kkz_eval.deliveries.columns.header import HeaderMatch
from kkz_eval.deliveries.text.grid import Bools, Grid, Ints
from kkz_eval.model.findings import Finding, Severity


def filled_down(grid: Grid, match: HeaderMatch, records: Ints, titles: Sequence[str]) -> tuple[Grid, Ints, list[Finding]]:
    """The table with each key in all rows of its group, its records, and an error where columns had it in the first row only.

    One error says what is the matter where a hundred empty cells would not; as whoever sorts such a table gives the numbers to another
    group, nothing of it counts until it is delivered with all keys. records: positions of lines, those that hold nothing but the key of
    a group are none; titles: of the columns as delivered.
    """
    demanded = (p for p in match.contract.properties if p.required and p.role != "measure" and p.name in match.columns)
    gappy = [column for p in demanded if not grid.filled[column := match.columns[p.name]][records].all()]
    if not gappy:
        return grid, records, []
    heads = _heads_of_groups(grid, match, records)
    empty = np.zeros(len(records), dtype=np.bool_)
    columns = list(grid.columns)
    named: list[int] = []
    for column in gappy:
        filled: Bools = grid.filled[column][records]
        others = [grid.filled[other][records] for other in gappy if other != column]
        begins: Bools = np.any([*others, np.roll(heads, 1)], axis=0)
        if _is_first_of_group(grid.columns[column], records, filled, heads, begins):
            places = np.arange(grid.n_lines)
            places[records] = records[np.maximum.accumulate(np.where(filled, np.arange(len(records)), 0))]
            columns[column] = columns[column].take(pa.array(places))
            empty |= ~filled & ~heads
            named.append(column)
    if not named:
        return grid, records, []
    kind = "reader_first_of_group"
    place = (grid.sheet, int(grid.rows[records[empty][0]]), named[0] + 1)
    said = ", ".join(titles[column] for column in named)
    finding = Finding(kind, kind, Severity.ERROR, *place, value=said, allowed=str(int(empty.sum())))
    return replace(grid, columns=tuple(columns)), records[~heads], [finding]


def _heads_of_groups(grid: Grid, match: HeaderMatch, records: Ints) -> Bools:
    """Which records hold the key of a group and nothing else."""
    measured = np.zeros(len(records), dtype=np.bool_)
    for column in match.measured:
        measured |= grid.filled[column][records]
    n_filled = np.zeros(len(records), dtype=np.int64)
    for filled in grid.filled:
        n_filled += filled[records]
    alone: Bools = ~measured & (n_filled == 1)
    return alone


def _is_first_of_group(column: pa.Array, records: Ints, filled: Bools, heads: Bools, begins: Bools) -> bool:
    """Whether a column holds something in the first of the records and mostly nothing below, and the same again only in another group.

    begins: where a group of another column begins.
    """
    n_empty = int(np.sum(~filled & ~heads))
    if n_empty < 2 or not (filled[0] or filled[~heads][0]) or n_empty < int(np.sum(filled & ~heads)):
        return False
    texts = column.take(pa.array(records[filled])).cast(pa.string()).to_pylist()
    return all(begun or text != before for (before, text), begun in zip(pairwise(texts), begins[filled][1:], strict=True))
