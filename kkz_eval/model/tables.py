"""Schemas of the tables that one step writes and another reads, each with a version. No data, no conversion."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class TableSpec:
    """A stored table: its name, the version of its schema, and the schema."""

    name: str
    version: int
    schema: pa.Schema


OBSERVATIONS = TableSpec(
    "observations",
    2,
    pa.schema(
        [
            pa.field(
                "observation_id", pa.string(), nullable=False
            ),  # digest of dataset, measure, unit, year, dimensions, edition
            pa.field("unit_id", pa.string(), nullable=False),
            pa.field("level", pa.string(), nullable=False),  # municipality | kreis | youth_office | land
            pa.field("year", pa.int32(), nullable=False),
            pa.field("dataset", pa.string(), nullable=False),
            pa.field("measure", pa.string(), nullable=False),
            pa.field("dimensions", pa.map_(pa.string(), pa.string()), nullable=False),
            pa.field("value", pa.float64()),
            pa.field("value_delivered", pa.string()),
            pa.field("unit", pa.string(), nullable=False),
            pa.field("flag", pa.string()),
            pa.field("edition", pa.string(), nullable=False),
            pa.field("known_from", pa.int64(), nullable=False),  # number of the arrival since which it is known
            pa.field("known_day", pa.string()),  # ISO day from which it was known; null where no day is recorded
            pa.field("known_by", pa.string()),  # what says the day: stand | edition | arrival
            pa.field("delivery_sha256", pa.string(), nullable=False),
            pa.field("sheet", pa.string()),
            pa.field("row", pa.int32()),
            pa.field("column", pa.int32()),
            pa.field("correction_id", pa.string()),
        ]
    ),
)

INDICATORS = TableSpec(
    "indicators",
    1,
    pa.schema(
        [
            pa.field("indicator_id", pa.string(), nullable=False),
            pa.field("unit_id", pa.string(), nullable=False),
            pa.field("year", pa.int32(), nullable=False),
            pa.field("indicator", pa.string(), nullable=False),
            pa.field("numerator", pa.float64()),
            pa.field("denominator", pa.float64()),
            pa.field("value", pa.float64()),
            pa.field("std_error", pa.float64()),  # of a rate as a binomial share; null where no denominator is known
            pa.field("flag", pa.string()),
            pa.field("break_before", pa.string()),
            pa.field("source", pa.string(), nullable=False),  # municipal | official
            pa.field("dataset", pa.string(), nullable=False),
            pa.field("edition", pa.string(), nullable=False),
            pa.field("as_of", pa.int64()),  # number of the last arrival taken into account; null for all
        ]
    ),
)

INDICATOR_EDGES = TableSpec(
    "indicator_edges",
    1,
    pa.schema(
        [
            pa.field("indicator_id", pa.string(), nullable=False),
            pa.field("observation_id", pa.string(), nullable=False),
        ]
    ),
)

PSEUDO_COHORTS = TableSpec(
    "pseudo_cohorts",
    1,
    pa.schema(
        [
            pa.field("unit_id", pa.string(), nullable=False),
            pa.field("birth_year", pa.int32(), nullable=False),  # the middle one where the figure counts several
            pa.field("station", pa.string(), nullable=False),
            pa.field("year", pa.int32(), nullable=False),  # in which the year of birth passes the station
            pa.field("birth_years", pa.int32(), nullable=False),  # number of years of birth that the figure counts
            pa.field("value", pa.float64()),
            pa.field("flag", pa.string()),
            pa.field("state", pa.string(), nullable=False),  # known | symbol | missing | not_reached
            pa.field("source", pa.string(), nullable=False),  # municipal | official
            pa.field("dataset", pa.string(), nullable=False),
            pa.field("newest_year", pa.int32(), nullable=False),  # of any station of the same source: what "reached" refers to
        ]
    ),
)
