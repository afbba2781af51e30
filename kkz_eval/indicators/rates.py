"""Indicator values from observations: published rates as they are, or numerator over denominator with its sampling error.

A statistical symbol in numerator or denominator leaves the value missing and stays as the flag: symbols are never numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.indicators.catalogue import Indicator, IndicatorSource, Selection
from kkz_eval.model.tables import INDICATOR_EDGES, INDICATORS
from kkz_eval.storage.digests import digest_of, digest_of_table

_READ = ["observation_id", "unit_id", "year", "value", "flag", "edition"]


@dataclass(frozen=True)
class IndicatorValues:
    """Values of one indicator from one source, and which observations each came from."""

    indicators: pa.Table
    edges: pa.Table


def observations_for(observations: Mapping[str, pa.Table], source: IndicatorSource) -> dict[str, pa.Table]:
    """The observations that a source reads: {"numerator": …, "denominator": …}, columns as in `_READ`, in their order.

    observations: by dataset, at least those that the source reads.
    """
    parts = {"numerator": _select(observations[source.dataset], source.numerator)}
    if source.denominator is not None:
        parts["denominator"] = _select(observations[source.datasets[-1]], source.denominator)
    return parts


def digest_of_parts(parts: dict[str, pa.Table]) -> str:
    """Digest of the values an indicator reads; the address of a value in its file is not part of it."""
    return digest_of({name: digest_of_table(table) for name, table in parts.items()})


def indicator_values(indicator: Indicator, source: IndicatorSource, parts: dict[str, pa.Table], origin: str) -> IndicatorValues:
    """One row per unit and year.

    value = numerator / denominator × per; std_error = per × sqrt(p (1 − p) / denominator), the standard error of a
    binomial share p (Cochran 1977, Sampling Techniques, eq. 3.8, without the finite population correction), only for shares.
    origin: municipal | official. A numerator above its denominator has no standard error: it is no share.
    Raises ValueError where a unit and year has two observations: the selection of the catalogue is then not unique.
    """
    top = _frame(parts["numerator"])
    if source.denominator is None:
        whole = top.assign(numerator=np.nan, denominator=np.nan, std_error=np.nan, ids=top["observation_id"].map(lambda i: [i]))
    else:
        whole = _share(top, _frame(parts["denominator"]), source.per)
    whole = whole.sort_values(["unit_id", "year"]).reset_index(drop=True)
    breaks = {b.year: b.text["de"] for b in indicator.breaks}
    identifiers = [
        digest_of([indicator.id, source.dataset, unit, int(year)])[:32]
        for unit, year in zip(whole["unit_id"], whole["year"], strict=True)
    ]
    n = len(whole)
    table = pa.table(
        {
            "indicator_id": pa.array(identifiers, pa.string()),
            "unit_id": pa.array(whole["unit_id"].tolist(), pa.string()),
            "year": pa.array(whole["year"].tolist(), pa.int32()),
            "indicator": pa.array([indicator.id] * n, pa.string()),
            "numerator": _floats(whole["numerator"]),
            "denominator": _floats(whole["denominator"]),
            "value": _floats(whole["value"]),
            "std_error": _floats(whole["std_error"]),
            "flag": pa.array(whole["flag"].tolist(), pa.string(), from_pandas=True),
            "break_before": pa.array([breaks.get(int(year)) for year in whole["year"]], pa.string()),
            "source": pa.array([origin] * n, pa.string()),
            "dataset": pa.array([source.dataset] * n, pa.string()),
            "edition": pa.array(whole["edition"].tolist(), pa.string()),
            "as_of": pa.nulls(n, pa.int64()),
        },
        schema=INDICATORS.schema,
    )
    pairs = [(i, o) for i, ids in zip(identifiers, whole["ids"], strict=True) for o in ids]
    edges = pa.table(
        {"indicator_id": [i for i, _ in pairs], "observation_id": [o for _, o in pairs]}, schema=INDICATOR_EDGES.schema
    )
    return IndicatorValues(table, edges)


def _select(observations: pa.Table, selection: Selection) -> pa.Table:
    rows = observations.filter(pc.equal(observations.column("measure"), selection.measure))
    for dimension, code in selection.where:
        given = pc.map_lookup(rows.column("dimensions"), pa.scalar(dimension), "first")
        rows = rows.filter(pc.equal(given, code))  # without the dimension it is null, and left out
    return rows.select(_READ)


def _frame(table: pa.Table) -> pd.DataFrame:
    frame = pd.DataFrame({name: table.column(name).to_pylist() for name in _READ})
    frame["value"] = frame["value"].astype(float)
    if frame.duplicated(["unit_id", "year"]).any():
        raise ValueError("a unit and year has two observations of the same selection")
    return frame


def _share(top: pd.DataFrame, bottom: pd.DataFrame, per: float) -> pd.DataFrame:
    both = top.merge(bottom, on=["unit_id", "year"], how="outer", suffixes=("", "_below"))
    numerator, denominator = both["value"].copy(), both["value_below"].copy()
    share = (numerator / denominator).where(denominator > 0)
    variance = (share * (1 - share) / denominator).where(share <= 1)
    both["numerator"], both["denominator"] = numerator, denominator
    both["value"], both["std_error"] = per * share, per * np.sqrt(variance)
    both["flag"] = _firsts(both["flag"], both["flag_below"])
    both["edition"] = _firsts(both["edition"], both["edition_below"]).fillna("")
    pairs = zip(both["observation_id"], both["observation_id_below"], strict=True)
    both["ids"] = pd.Series([[i for i in pair if isinstance(i, str)] for pair in pairs], index=both.index, dtype=object)
    return both


def _firsts(first: pd.Series[str], second: pd.Series[str]) -> pd.Series[str]:
    return first.where(first.notna(), second)


def _floats(values: pd.Series[float]) -> pa.Array:
    return pa.array(values.to_numpy(dtype=float), pa.float64(), from_pandas=True)
