"""Indicator values from observations: published rates as they are, numerator over denominator with its sampling error, logarithms of counts.

A statistical symbol in numerator or denominator leaves the value missing and stays as the flag: symbols are never numbers.
Small numbers: the value stays as it is, its sampling error comes from an adjusted share (`_std_error`), so that a rate of 0 or of all
is not shown as certain. What may be published is decided later, by the gate of the reports.
Figures that the list of breaks names as invalid count as missing, with the flag INVALID.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.indicators.catalogue import Indicator, IndicatorSource, Selection, Share
from kkz_eval.indicators.quality import flag_of_parts
from kkz_eval.indicators.territory import TABLE, bridged_counts, over_municipalities, with_tables
from kkz_eval.model.tables import INDICATOR_EDGES, INDICATORS
from kkz_eval.storage.digests import digest_of, digest_of_table

_READ = ["observation_id", "unit_id", "year", "value", "flag", "edition", TABLE]
SMALL_COUNT = 5
INVALID = "invalid"  # flag of a figure that its source declares invalid (breaks.yaml)
_CODE = "code"  # of the dimension that is summed
_SIGN = "sign"  # +1 of a total, -1 of the part that is taken away from it
_Void = frozenset[tuple[str, int]]  # units and years without a valid figure


@dataclass(frozen=True)
class IndicatorValues:
    """Values of one indicator from one source, and which observations each came from."""

    indicators: pa.Table
    edges: pa.Table


def observations_for(observations: Mapping[str, pa.Table], source: IndicatorSource) -> dict[str, pa.Table]:
    """The observations that a source reads, columns as in `_READ`, in their order: {"numerator": …, "denominator": …}.

    Of a gap also {"minus_numerator": …, "minus_denominator": …}. observations: by dataset, at least those that the source reads.
    """
    parts = {"numerator": _select(observations[source.dataset], source.numerator)}
    if source.denominator is not None:
        parts["denominator"] = _select(observations[source.datasets[-1]], source.denominator)
    if source.minus is not None:
        parts["minus_numerator"] = _select(observations[source.dataset], source.minus.numerator)
        if source.minus.denominator is not None:
            parts["minus_denominator"] = _select(observations[source.datasets[-1]], source.minus.denominator)
    return parts


def official_counts(observations: pa.Table, selection: Selection) -> pd.DataFrame:
    """unit_id, year, value: an official count by unit and year, those of units that are no more summed to their successor. Raises as indicator_values."""
    counts = _frame(_select(observations, selection), selection, frozenset())
    return bridged_counts(counts, "official")[["unit_id", "year", "value"]]


def digest_of_parts(parts: dict[str, pa.Table]) -> str:
    """Digest of the values an indicator reads; the address of a value in its file is not part of it."""
    return digest_of({name: digest_of_table(table) for name, table in parts.items()})


def indicator_values(indicator: Indicator, source: IndicatorSource, parts: dict[str, pa.Table], origin: str) -> IndicatorValues:
    """One row per unit and year.

    value = numerator / denominator × per, with the error of `_std_error` where the source has one; of a gap, the difference of two such rates of disjoint
    groups, with the root of the sum of their squared errors, and neither numerator nor denominator; of a logarithm per × ln(numerator),
    without an error. Counts of units that are no more
    are summed to their successor (territory.bridged_counts), published rates never. origin: municipal | official.
    Raises ValueError where a unit and year has two observations: the selection of the catalogue is then not unique; UserError where a
    unit and its predecessors both have a figure for a year.
    """
    void = {
        name: frozenset((unit, i.year) for i in indicator.invalid if name in i.datasets for unit in i.units)
        for name in source.datasets
    }
    rates = _rate(parts, "", source, void, origin)
    if source.minus is not None:
        rates = _gap(rates, _rate(parts, "minus_", source, void, origin))
    rates = rates.sort_values(["unit_id", "year"]).reset_index(drop=True)
    breaks = {
        year: "; ".join(b.text["de"] for b in indicator.breaks if b.year == year) for year in {b.year for b in indicator.breaks}
    }
    identifiers = [
        digest_of([indicator.id, source.dataset, unit, int(year)])[:32]
        for unit, year in zip(rates["unit_id"], rates["year"], strict=True)
    ]
    n = len(rates)
    table = pa.table(
        {
            "indicator_id": pa.array(identifiers, pa.string()),
            "unit_id": pa.array(rates["unit_id"].tolist(), pa.string()),
            "year": pa.array(rates["year"].tolist(), pa.int32()),
            "indicator": pa.array([indicator.id] * n, pa.string()),
            "numerator": _floats(rates["numerator"]),
            "denominator": _floats(rates["denominator"]),
            "value": _floats(rates["value"]),
            "std_error": _floats(rates["std_error"]),
            "flag": pa.array(rates["flag"].tolist(), pa.string(), from_pandas=True),
            "break_before": pa.array([breaks.get(int(year)) for year in rates["year"]], pa.string()),
            "source": pa.array([origin] * n, pa.string()),
            "dataset": pa.array([source.dataset] * n, pa.string()),
            "edition": pa.array(rates["edition"].tolist(), pa.string()),
            "as_of": pa.nulls(n, pa.int64()),
        },
        schema=INDICATORS.schema,
    )
    pairs = [(i, o) for i, ids in zip(identifiers, rates["ids"], strict=True) for o in ids]
    edges = pa.table(
        {"indicator_id": [i for i, _ in pairs], "observation_id": [o for _, o in pairs]}, schema=INDICATOR_EDGES.schema
    )
    return IndicatorValues(table, edges)


def _select(observations: pa.Table, selection: Selection) -> pa.Table:
    """Columns `_READ`, `_CODE` where codes are summed, `_SIGN` where a part is taken away."""
    rows = with_tables(observations.filter(pc.equal(observations.column("measure"), selection.measure)))
    if selection.level is not None:
        rows = rows.filter(pc.equal(rows.column("level"), selection.level))
    if selection.less:
        both = ((1, dict(selection.where)), (-1, {**dict(selection.where), **dict(selection.less)}))
        chosen = [(sign, _with_codes(rows, codes).select(_READ)) for sign, codes in both]
        return pa.concat_tables([r.append_column(_SIGN, pa.array([sign] * r.num_rows, pa.int8())) for sign, r in chosen])
    rows = _with_codes(rows, dict(selection.where))
    if selection.summed is None:
        return rows.select(_READ)
    dimension, codes = selection.summed
    rows = rows.append_column(_CODE, pc.map_lookup(rows.column("dimensions"), pa.scalar(dimension), "first"))
    return rows.filter(pc.is_in(rows.column(_CODE), pa.array(codes))).select([*_READ, _CODE])


def _with_codes(rows: pa.Table, codes: Mapping[str, str]) -> pa.Table:
    """The rows that have these codes, by dimension."""
    for dimension, code in codes.items():
        given = pc.map_lookup(rows.column("dimensions"), pa.scalar(dimension), "first")
        rows = rows.filter(pc.equal(given, code))  # without the dimension it is null, and left out
    return rows


def _frame(table: pa.Table, selection: Selection, void: _Void) -> pd.DataFrame:
    """unit_id, year, value, flag, edition, `table` (territory.with_tables), and `ids`: the observations of each row."""
    frame = pd.DataFrame({name: table.column(name).to_pylist() for name in table.column_names})
    frame = frame.astype({"unit_id": object, "year": "int64", "value": float})  # of no rows, too
    keys = [name for name in ("unit_id", "year", _CODE, _SIGN) if name in frame.columns]
    if frame.duplicated(keys).any():
        raise ValueError("a unit and year has two observations of the same selection")
    if void and len(frame):
        declared = pd.Series([place in void for place in zip(frame["unit_id"], frame["year"], strict=True)], index=frame.index)
        frame.loc[declared, "value"] = np.nan
        frame["flag"] = frame["flag"].astype(object).where(~declared, INVALID)
    if selection.less:
        return _remainder(frame)
    if selection.summed is not None:
        return _summed(frame, len(selection.summed[1]))
    frame["ids"] = pd.Series([[i] for i in frame["observation_id"]], index=frame.index, dtype=object)
    return frame.drop(columns="observation_id")


def _summed(frame: pd.DataFrame, n: int) -> pd.DataFrame:
    """The counts of n codes added per unit and year: missing where not all of them have a figure; flags as flag_of_parts says."""
    groups = frame.groupby(["unit_id", "year"], sort=True)
    added = groups.agg(edition=("edition", "first"), table=(TABLE, "first"), ids=("observation_id", list))
    added[TABLE] = added[TABLE].where(groups[TABLE].nunique() == 1)  # none where it is of several
    added["value"] = groups["value"].sum(min_count=n)
    flagged = frame[frame["flag"].notna()].groupby(["unit_id", "year"])["flag"]
    valued = set(added.index[added["value"].notna()])
    flags = {place: flag_of_parts(own, place in valued) for place, own in flagged}
    added["flag"] = pd.Series([flags.get(place) for place in added.index], index=added.index, dtype=object)
    return added.reset_index().astype({"unit_id": object, "year": "int64", "flag": object, "ids": object})  # the same


def _remainder(frame: pd.DataFrame) -> pd.DataFrame:
    """A total less a part of it per unit and year: missing where one has no figure or the part is the greater."""
    left = _summed(frame.assign(value=frame["value"] * frame[_SIGN]), 2)
    left["value"] = left["value"].where(left["value"] >= 0)
    return left


def _rate(
    parts: Mapping[str, pa.Table], prefix: str, source: IndicatorSource, void: Mapping[str, _Void], origin: str
) -> pd.DataFrame:
    share = Share(source.numerator, source.denominator) if not prefix or source.minus is None else source.minus
    top = _frame(parts[f"{prefix}numerator"], share.numerator, void[source.dataset])
    if source.logarithm:
        return _logarithm(bridged_counts(top, origin), source.per)
    if share.denominator is None:
        return top.assign(numerator=np.nan, denominator=np.nan, std_error=np.nan)
    top = bridged_counts(top, origin)
    bottom = _frame(parts[f"{prefix}denominator"], share.denominator, void[source.datasets[-1]])
    over = share.denominator.over is not None
    rates = _share(top, over_municipalities(bottom, top) if over else bridged_counts(bottom, origin), source.per)
    return rates if source.sampling_error else rates.assign(std_error=np.nan)


def _logarithm(counts: pd.DataFrame, per: float) -> pd.DataFrame:
    """per × ln(count), which stays as the numerator; a count of 0 has no logarithm: its value is missing."""
    value = per * np.log(counts["value"].where(counts["value"] > 0))
    return counts.assign(numerator=counts["value"], value=value, denominator=np.nan, std_error=np.nan)


def _share(top: pd.DataFrame, bottom: pd.DataFrame, per: float) -> pd.DataFrame:
    both = top.merge(bottom, on=["unit_id", "year"], how="outer", suffixes=("", "_below"))
    numerator, denominator = both["value"].copy(), both["value_below"].copy()
    both["numerator"], both["denominator"] = numerator, denominator
    both["value"] = per * (numerator / denominator).where(denominator > 0)
    both["std_error"] = per * _std_error(numerator, denominator)
    return _joined(both)


def _std_error(count: pd.Series[float], total: pd.Series[float]) -> pd.Series[float]:
    """Standard error of the binomial share count / total; null where the count is above the total: it is no share.

    sqrt(p (1 − p) / n), p = count / n (Cochran 1977, Sampling Techniques, eq. 3.8, without the finite population correction). Where
    count or n − count is below 5: the same with p = (count + 2) / (n + 4) and n + 4 for n (Agresti and Coull 1998, The American
    Statistician 52, 119–126).
    """
    few = (count < SMALL_COUNT) | (total - count < SMALL_COUNT)
    n = (total + 4.0 * few).where((total > 0) & (count <= total))
    share = (count + 2.0 * few) / n
    return (share * (1.0 - share) / n) ** 0.5


def _gap(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    both = first.merge(second, on=["unit_id", "year"], how="outer", suffixes=("", "_below"))
    both["value"] = both["value"] - both["value_below"]
    both["std_error"] = np.sqrt(both["std_error"] ** 2 + both["std_error_below"] ** 2)
    both["numerator"] = both["denominator"] = np.nan
    return _joined(both)


def _joined(both: pd.DataFrame) -> pd.DataFrame:
    """Flag, edition and observations of two merged frames."""
    both["flag"] = _flags(both["flag"], both["flag_below"], both["value"].notna())
    both["edition"] = _firsts(both["edition"], both["edition_below"]).fillna("")
    pairs = zip(both["ids"], both["ids_below"], strict=True)
    both["ids"] = pd.Series(
        [[i for ids in pair if isinstance(ids, list) for i in ids] for pair in pairs], index=both.index, dtype=object
    )
    return both.drop(columns=[name for name in both.columns if name.endswith("_below")])


def _flags(first: pd.Series[str], second: pd.Series[str], has_value: pd.Series[bool]) -> pd.Series[str]:
    """The flags of what is made of two figures; most have none."""
    either = first.notna() | second.notna()
    rows = zip(first[either], second[either], has_value[either], strict=True)
    kept = pd.Series([flag_of_parts(pair, bool(valued)) for *pair, valued in rows], index=first.index[either], dtype=object)
    return kept.reindex(first.index).astype(object)


def _firsts(first: pd.Series[str], second: pd.Series[str]) -> pd.Series[str]:
    return first.where(first.notna(), second)


def _floats(values: pd.Series[float]) -> pa.Array:
    return pa.array(values.to_numpy(dtype=float), pa.float64(), from_pandas=True)
