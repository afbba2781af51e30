"""Pseudo-cohorts: the stations of the children born in one year, per unit. They link figures of places, not children.

Who moved in or out between two stations is not known, so a ratio of stations is no rate of success and has no sampling error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

SCHOOL_ENTRY, LEAVING_SCHOOL = 6, 16


@dataclass(frozen=True)
class Station:
    """A station of the chain: its name, which becomes the column, and the age in years at which a birth cohort passes it."""

    name: str
    age: int


STATIONS = (Station("births", 0), Station("school_entry", SCHOOL_ENTRY), Station("leavers", LEAVING_SCHOOL))


def pseudo_cohorts(values: Mapping[str, pd.DataFrame], stations: tuple[Station, ...] = STATIONS) -> pd.DataFrame:
    """One row per unit and year of birth that any station knows: unit_id, birth_year, one column per station.

    values: by name of the station, unit_id, year, value (counts or rates; each unit and year once). A station of age a in year t belongs
    to those born in t − a; where it is not known the cell is missing. Raises KeyError for a station without values and ValueError
    where one has a unit and year twice.
    """
    keys = ["unit_id", "birth_year"]
    linked: pd.DataFrame | None = None
    for station in stations:
        known = values[station.name].loc[:, ["unit_id", "year", "value"]]
        if known.duplicated(["unit_id", "year"]).any():
            raise ValueError(f"station {station.name} has a unit and year twice")
        moved = known.assign(birth_year=known["year"] - station.age).drop(columns="year").rename(columns={"value": station.name})
        linked = moved if linked is None else linked.merge(moved, on=keys, how="outer")
    if linked is None:
        return pd.DataFrame(columns=keys)
    return linked[[*keys, *(station.name for station in stations)]].sort_values(keys).reset_index(drop=True)
