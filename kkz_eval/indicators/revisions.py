"""What changed between editions: the same figure in two editions of one source. No judgement of which is right, no choice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

COLUMNS = ("indicator", "unit_id", "year", "older", "newer", "value_older", "value_newer", "difference")


def revisions(tables: Sequence[tuple[str, pa.Table]]) -> pd.DataFrame:
    """Cells that an edition and the next one both have, COLUMNS, the largest difference first.

    tables: (edition, model.tables.INDICATORS of one indicator), the oldest first. difference = newer − older, in the indicator's unit.
    """
    frames = [_compared(older, newer) for older, newer in pairwise(tables) if older[1].num_rows and newer[1].num_rows]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    compared = pd.concat(frames, ignore_index=True)
    order = compared["difference"].abs().sort_values(ascending=False, kind="stable").index
    return compared.loc[order].reset_index(drop=True)


def _compared(older: tuple[str, pa.Table], newer: tuple[str, pa.Table]) -> pd.DataFrame:
    keys = ["indicator", "unit_id", "year"]
    both = _values(older[1]).merge(_values(newer[1]), on=keys, suffixes=("_older", "_newer"))
    both = both.assign(older=older[0], newer=newer[0], difference=both["value_newer"] - both["value_older"])
    return both[list(COLUMNS)]


def _values(table: pa.Table) -> pd.DataFrame:
    known = table.filter(pc.is_valid(table.column("value")))
    return pd.DataFrame({name: known.column(name).to_pylist() for name in ("indicator", "unit_id", "year", "value")})
