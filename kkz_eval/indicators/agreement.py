"""Delivered against official: the same indicator of the same unit and year from both. No judgement of which is right.

Also the refusal to use both together: a difference of definition between units or years would look like an effect.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.indicators.territory import by_kreis
from kkz_eval.model.errors import UserError

COLUMNS = ("indicator", "unit_id", "year", "delivered", "official", "difference", "relative")


def agreement(delivered: pa.Table, official: pa.Table) -> pd.DataFrame:
    """Cells that both sources know, COLUMNS, the largest relative difference first.

    delivered, official: model.tables.INDICATORS of one indicator. unit_id: as delivered; a kreisfreie Stadt delivers under 8 digits
    and stands in official tables under 5. difference = delivered − official, in the unit of the indicator; relative = difference /
    |official|, infinite where only the official value is 0. Missing values are no cells.
    """
    ours, theirs = _values(delivered), _values(official)
    both = ours.merge(theirs, on=["kreis", "year"], suffixes=("", "_official"))
    both["difference"] = both["value"] - both["value_official"]
    relative = both["difference"] / both["value_official"].abs()
    both["relative"] = relative.where(both["difference"] != 0, 0.0)
    both = both.rename(columns={"value": "delivered", "value_official": "official"})
    order = both["relative"].abs().sort_values(ascending=False, kind="stable").index
    return both.loc[order, list(COLUMNS)].reset_index(drop=True)


def beyond(compared: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """The rows of `agreement` whose relative difference is larger than the tolerance, in their order."""
    return compared.loc[compared["relative"].abs() > tolerance].reset_index(drop=True)


def require_one_source(indicator: Indicator, table: pa.Table) -> None:
    """Raises UserError where the values of an indicator come from more than one dataset or origin.

    table: model.tables.INDICATORS, all that an effect is estimated from.
    """
    named = {f"{dataset} ({source})" for dataset, source in zip(*_texts(table, "dataset", "source"), strict=True)}
    if len(named) > 1:
        raise UserError("source_changes", package="kkz_eval.indicators", indicator=indicator.id, sources=", ".join(sorted(named)))


def _texts(table: pa.Table, *names: str) -> list[list[str]]:
    return [table.column(name).to_pylist() for name in names]


def _values(table: pa.Table) -> pd.DataFrame:
    """indicator, unit_id, kreis, year, value of the units that cover a whole Kreis."""
    known = table.filter(pc.is_valid(table.column("value")))
    frame = pd.DataFrame({name: known.column(name).to_pylist() for name in ("indicator", "unit_id", "year", "value")})
    frame["kreis"] = frame["unit_id"].map(by_kreis(set(frame["unit_id"]))).astype(object)
    return frame.dropna(subset=["kreis"]).astype({"year": "int64", "value": "float64"})
