"""Observations put back into the rows as they were delivered, for what needs the codes of a row together. No sums, no rates."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def records_of(
    observations: pa.Table, units: Collection[str], dimensions: Sequence[str], measures: Sequence[str]
) -> pd.DataFrame:
    """The rows as they were delivered: one per unit, year and codes of the dimensions, the measures beside each other; a symbol is missing."""
    kept = observations.filter(pc.is_in(observations.column("unit_id"), value_set=pa.array(sorted(units), pa.string())))
    frame = pd.DataFrame({name: kept.column(name).to_pylist() for name in ("unit_id", "year", "measure", "value")})
    for dimension in dimensions:
        frame[dimension] = pc.map_lookup(kept.column("dimensions"), pa.scalar(dimension), "first").to_pylist()
    key = ["unit_id", "year", *dimensions]
    rows = frame[key].drop_duplicates().reset_index(drop=True)
    for measure in measures:
        figures = frame.loc[frame["measure"] == measure, [*key, "value"]].rename(columns={"value": measure})
        rows = rows.merge(figures, on=key, how="left").astype({measure: float})
    return rows
