"""Pseudo-cohorts: the stations of the children born in one year, per unit. They link figures of places, not children.

Belongs here: which observations are a station of which year of birth, and what became of a station without a figure.
Does not belong here: the list of stations (the catalogue has it), rates, suppression, wording. Who moved in or out between two stations is not known, so a ratio of stations is no
rate of success and has no sampling error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.indicators.catalogue import Station, StationCount
from kkz_eval.indicators.territory import TABLE, bridged_counts, with_tables
from kkz_eval.model.tables import PSEUDO_COHORTS
from kkz_eval.storage.digests import code_digest, digest_of, digest_of_table
from kkz_eval.storage.steps import Steps

KNOWN, SYMBOL, MISSING, NOT_REACHED = "known", "symbol", "missing", "not_reached"
_READ = ["observation_id", "unit_id", "year", "value", "flag", "edition", TABLE]


def counts_of(stations: Sequence[Station]) -> tuple[StationCount, ...]:
    """The counts of the stations by age, at the same age in their order."""
    return tuple(sorted((count for station in stations for count in station.counts), key=lambda count: count.age))


def datasets_of(counts: Sequence[StationCount]) -> tuple[str, ...]:
    """The datasets that any of the counts reads, by name."""
    return tuple(sorted({dataset for count in counts for dataset in count.datasets.values()}))


def stored_pseudo_cohorts(
    steps: Steps, observations: Mapping[str, pa.Table], stations: Sequence[StationCount]
) -> tuple[str, pa.Table]:
    """(key, table) of the pseudo-cohorts, found by the digest of what they read or computed and kept.

    observations: by dataset, model.tables.OBSERVATIONS; a dataset that is absent has no station. Raises as `pseudo_cohorts`.
    """

    @cache
    def parts() -> dict[tuple[str, str], pa.Table]:
        return _selected(observations, stations)

    digests = {f"{name} {origin}": digest_of_table(table) for (name, origin), table in parts().items()}
    key_parts = [
        digest_of(digests),
        digest_of([repr(station) for station in stations]),
        code_digest("kkz_eval.indicators.pseudo_cohorts"),
    ]
    return steps.table("pseudo_cohorts", "", key_parts, PSEUDO_COHORTS, lambda: _linked(parts(), stations))


def pseudo_cohorts(observations: Mapping[str, pa.Table], stations: Sequence[StationCount]) -> pa.Table:
    """One row per origin, unit, year of birth that any station of the unit knows, and station: model.tables.PSEUDO_COHORTS.

    observations: by dataset, model.tables.OBSERVATIONS. A station of age a in year t belongs to those born in t − a. state: known;
    symbol (a statistical symbol instead of a figure); not_reached (its year is after the newest year of any station of the origin);
    missing. Counts of units that are no more are summed to their successor. Raises ValueError where a station has a unit and
    year twice; UserError where a unit and its predecessors both have a figure for a year.
    """
    return _linked(_selected(observations, stations), stations)


def _selected(observations: Mapping[str, pa.Table], stations: Sequence[StationCount]) -> dict[tuple[str, str], pa.Table]:
    """The observations of each station and origin, columns as in `_READ`, in their order."""
    parts = {}
    for station in stations:
        for origin, dataset in station.datasets.items():
            if dataset not in observations:
                continue
            rows = with_tables(observations[dataset].filter(pc.equal(observations[dataset].column("measure"), station.measure)))
            for dimension, code in station.where:
                given = pc.map_lookup(rows.column("dimensions"), pa.scalar(dimension), "first")
                rows = rows.filter(pc.equal(given, code))
            parts[(station.name, origin)] = rows.select(_READ)
    return parts


def _figures(table: pa.Table, station: StationCount, origin: str) -> pd.DataFrame:
    """unit_id, birth_year, year, value, flag of one station, each unit and year once."""
    frame = pd.DataFrame({name: table.column(name).to_pylist() for name in _READ})
    frame["value"] = frame["value"].astype(float)
    if station.largest:
        frame = frame.sort_values(["unit_id", "year", "value"], ascending=[True, True, False], kind="stable", na_position="last")
        frame = frame.drop_duplicates(["unit_id", "year"])
    if frame.duplicated(["unit_id", "year"]).any():
        raise ValueError(f"station {station.name} has a unit and year twice")
    frame["ids"] = pd.Series([[i] for i in frame["observation_id"]], index=frame.index, dtype=object)
    frame = bridged_counts(frame.drop(columns="observation_id"), origin)
    dataset = station.datasets[origin]
    return frame.assign(birth_year=frame["year"] - station.age, station=station.name, dataset=dataset)


def _linked(parts: Mapping[tuple[str, str], pa.Table], stations: Sequence[StationCount]) -> pa.Table:
    tables = []
    for origin in ("municipal", "official"):
        known = [s for s in stations if (s.name, origin) in parts]
        figures = [_figures(parts[(s.name, origin)], s, origin) for s in known]
        figures = [frame for frame in figures if len(frame)]
        if figures:
            tables.append(_complete(pd.concat(figures, ignore_index=True), known, origin))
    return pa.concat_tables(tables) if tables else PSEUDO_COHORTS.schema.empty_table()


def _complete(figures: pd.DataFrame, stations: list[StationCount], origin: str) -> pa.Table:
    """Every station of every year of birth that a unit's figures speak of, in the order of unit, year of birth and age."""
    order = pd.DataFrame(
        {
            "station": [s.name for s in stations],
            "position": range(len(stations)),
            "age": [s.age for s in stations],
            "birth_years": [s.birth_years for s in stations],
            "dataset": [s.datasets[origin] for s in stations],
        }
    )
    keys = figures[["unit_id", "birth_year"]].drop_duplicates().merge(order, how="cross")
    given = figures[["unit_id", "birth_year", "station", "value", "flag"]].assign(given=True)
    expected = keys.merge(given, on=["unit_id", "birth_year", "station"], how="left")
    expected = expected.sort_values(["unit_id", "birth_year", "position"], kind="stable").reset_index(drop=True)
    years = expected["birth_year"] + expected["age"]
    newest = int(figures["year"].max())
    state = np.select(
        [expected["value"].notna(), expected["given"].notna() & expected["flag"].notna(), years > newest],
        [KNOWN, SYMBOL, NOT_REACHED],
        MISSING,
    )
    n = len(expected)
    return pa.table(
        {
            "unit_id": pa.array(expected["unit_id"].tolist(), pa.string()),
            "birth_year": pa.array(expected["birth_year"].tolist(), pa.int32()),
            "station": pa.array(expected["station"].tolist(), pa.string()),
            "year": pa.array(years.tolist(), pa.int32()),
            "birth_years": pa.array(expected["birth_years"].tolist(), pa.int32()),
            "value": pa.array(expected["value"].to_numpy(dtype=float), pa.float64(), from_pandas=True),
            "flag": pa.array(expected["flag"].tolist(), pa.string(), from_pandas=True),
            "state": pa.array(state.tolist(), pa.string()),
            "source": pa.array([origin] * n, pa.string()),
            "dataset": pa.array(expected["dataset"].tolist(), pa.string()),
            "newest_year": pa.array([newest] * n, pa.int32()),
        },
        schema=PSEUDO_COHORTS.schema,
    )
