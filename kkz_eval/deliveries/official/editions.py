"""Several editions of the same figures side by side, and the newest that was known at a given day. Pure functions, no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.official.table import OFFICIAL_SCHEMA, WORD, OfficialTable

_KEY = ("unit_id", "level", "time", "measure")


def side_by_side(tables: Sequence[OfficialTable]) -> pa.Table:
    """The rows of several files in one table (OFFICIAL_SCHEMA), each with its edition: its own, else that of its file."""
    parts = [OFFICIAL_SCHEMA.empty_table()]
    for official in tables:
        own = official.table.column("edition").cast(pa.string())
        named = pc.coalesce(own, pa.scalar(official.edition or None, pa.string())).cast(WORD)
        parts.append(
            official.table.set_column(OFFICIAL_SCHEMA.get_field_index("edition"), OFFICIAL_SCHEMA.field("edition"), named)
        )
    return pa.concat_tables(parts).unify_dictionaries()


def as_of(table: pa.Table, known_from: Mapping[str, date], day: date) -> pa.Table:
    """For each figure the row of the newest edition that was known on that day.

    table: OFFICIAL_SCHEMA with an edition in every row; known_from: the day on which each edition became known. A figure is a unit,
    level, time, measure and set of members. An edition that leaves the cell empty does not speak about the figure, one that puts a
    symbol does: the older number is then not taken. Rows keep their order. Raises KeyError for an edition that known_from lacks and
    ValueError where one edition has a figure twice or two editions became known on the same day.
    """
    editions = table.column("edition").cast(pa.string()).to_pylist()
    names = {name for name in editions if name is not None}
    if len({known_from[name] for name in names}) < len(names):
        raise ValueError("two editions became known on the same day: nothing tells which is the newer")
    figures = _figures(table)
    spoken = pc.is_valid(table.column("value_delivered")).to_pylist()
    newest: dict[tuple[object, ...], tuple[date, int]] = {}
    for row, (edition, figure, speaks) in enumerate(zip(editions, figures, spoken, strict=True)):
        known = known_from[edition]
        if not speaks or known > day:
            continue
        held = newest.get(figure)
        if held is not None and held[0] == known:
            raise ValueError(f"edition {edition} has a figure twice: rows {held[1]} and {row} of the table")
        if held is None or held[0] < known:
            newest[figure] = (known, row)
    return table.take(pa.array(sorted(row for _, row in newest.values()), pa.int64()))


def _figures(table: pa.Table) -> list[tuple[object, ...]]:
    """What each row is about."""
    keys = [table.column(name).cast(pa.string()).to_pylist() for name in _KEY]
    members = [
        tuple(sorted((variable, member["code"], member["label"]) for variable, member in entry))
        for entry in table.column("dimensions").to_pylist()
    ]
    return list(zip(*keys, members, strict=True))
