"""Counts across changes of territory, and sums of municipalities beside their Kreis. No rates: rates are never added.

The one change in the tables of the package: on 21.10.2009 the Städteregion Aachen (05334) replaced Kreis Aachen (05354) and Stadt Aachen (05313).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.indicators.quality import flag_of_parts
from kkz_eval.model.errors import UserError
from kkz_eval.reference.register import (
    all_kreise,
    current_key,
    current_office_key,
    dissolved_kreise,
    municipalities,
    municipalities_of_kreis,
    municipalities_of_office,
    youth_offices,
)
from kkz_eval.reference.tables import as_whole_kreis, official_units

TABLE = "table"
"""The column that tells figures of one table from those of another."""
_PACKAGE = "kkz_eval.indicators"


@dataclass(frozen=True)
class SumDifference:
    """A Kreis whose figure contradicts its municipalities. n_given of n_units municipalities have a figure; difference = total − figure."""

    kreis_ags5: str
    year: int
    total: float
    figure: float
    n_given: int
    n_units: int

    @property
    def difference(self) -> float:
        """By how much the municipalities together are above the Kreis."""
        return self.total - self.figure


def with_tables(observations: pa.Table) -> pa.Table:
    """Observations with the column `table`, by which figures of one table are told from those of another for the same year: the edition, or where a
    table names none, the number of its file among those of the year in the order of arrival, so that a corrected file that takes the place of another
    changes nothing. The latter only of units that took part in a change: of no others does it matter."""
    edition = observations.column("edition").combine_chunks()
    of_changed = pc.is_in(observations.column("unit_id"), pa.array(sorted(_predecessors() | _heirs()), pa.string()))
    of_file = pc.and_(of_changed, pc.equal(edition, "")).combine_chunks()
    rows = observations.filter(of_file)
    years, came = rows.column("year").to_pylist(), rows.column("known_from").to_pylist()
    files: dict[int, set[int]] = {}
    for year, arrival in zip(years, came, strict=True):
        files.setdefault(year, set()).add(arrival)
    number = {(year, arrival): str(at) for year, of in files.items() for at, arrival in enumerate(sorted(of), 1)}
    tables = pa.array([number[place] for place in zip(years, came, strict=True)], pa.string())
    return observations.append_column(TABLE, pc.replace_with_mask(edition, of_file, tables))


def bridged_counts(frame: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Counts of units that are no more, summed to their successor of today; rows of other units unchanged and in their order.

    frame: unit_id, year, value, flag, edition, table (as with_tables, None for a figure made of several; not in the result), ids (lists), of one
    measure; origin: municipal | official. A sum needs a value of every unit that the successor was made of at some moment since the beginning of the
    year: of all predecessors, and of the successor itself where it was there beside them. Else it is missing, with the first sign for a number;
    letters of quality stay with the sum. What a unit counted itself while others of its area of today were there is of its own area then, whether
    they delivered anything or not; an official table that names none of them goes back by the area of a later day. Youth offices and municipalities
    share the key of a dissolved city, so a frame holds one level only. Raises UserError where a successor and its predecessors have figures for one
    year that can't be parts of one sum: it was made of them alone, or they come from two official tables, of which the later may count one in the
    other.
    """
    gone = frame["unit_id"].isin(_predecessors())
    is_own = origin == "municipal"
    changed = frame["unit_id"].isin(_heirs()) | gone if is_own else gone
    if not changed.any():
        return frame.drop(columns=TABLE)
    at_offices = bool(frame["unit_id"].str.startswith("JH").any())
    today = {unit: (current_office_key if at_offices else current_key)(unit) for unit in frame["unit_id"].unique()}
    successors = {today[unit] for unit in frame.loc[changed, "unit_id"].unique()}
    concerned = frame.loc[frame["unit_id"].map(today).isin(successors)]
    named = None if is_own else frozenset(zip(concerned["unit_id"], concerned["edition"], strict=True))
    heirs = concerned["unit_id"].map(today)
    rows, replaced = [], set()
    for successor, year in sorted(set(zip(heirs, concerned["year"], strict=True))):
        part = concerned.loc[(heirs == successor) & (concerned["year"] == year)]
        parts = _parts_of(successor, int(year), part, named, at_offices)
        if parts is None:
            continue
        among = part["unit_id"].isin(parts)
        given = part.loc[among] if among.any() else part
        complete = set(given["unit_id"]) == parts and bool(given["value"].notna().all())
        rows.append(
            {
                "unit_id": successor,
                "year": year,
                "value": given["value"].sum() if complete else float("nan"),
                "flag": flag_of_parts(given["flag"], complete),
                "edition": given["edition"].iloc[0],
                "ids": [i for ids in given["ids"] for i in ids],
            }
        )
        replaced.add((successor, year))
    kept = [pair not in replaced for pair in zip(frame["unit_id"], frame["year"], strict=True)]
    unchanged = frame.loc[~gone & pd.Series(kept, index=frame.index)].drop(columns=TABLE)
    return pd.concat([unchanged, pd.DataFrame(rows, columns=list(unchanged.columns))], ignore_index=True) if rows else unchanged


def _parts_of(
    successor: str, year: int, part: pd.DataFrame, named: frozenset[tuple[str, str]] | None, at_offices: bool
) -> frozenset[str] | None:
    """The units whose figures make up the successor's in a year; None where its own figure stands as it is.

    part: the rows of the year, of the successor and its predecessors. named: all units that tables have, with the edition: where an edition
    names a predecessor at all, the successor's own figure of a year in which both were there is of its own area only; None where each unit counted
    itself, so that it always is.
    """
    stages = _stages(successor, at_offices)
    now = next(at for at, (last, _) in enumerate(stages) if last is None or last >= date(year, 12, 31))
    ended = stages[now][1]
    valued = part.loc[part["value"].notna()]
    given, editions = frozenset(valued["unit_id"]), frozenset(valued["edition"])
    here = frozenset(part["unit_id"])
    missing = {
        unit for unit in ended - given if named is None or unit in here or any((unit, edition) in named for edition in editions)
    }
    if given & ended and missing:
        return ended
    # tables go back by the area of a later day, or keep that of an earlier one: a successor that is there is never a part of what it took over already
    possible = [units for at, (_, units) in enumerate(stages) if at >= now or successor not in units]
    if given in possible and (successor not in given or len(given) == 1 or named is None or _are_of_one_table(valued)):
        return None if given == {successor} else given
    if successor in given and not given < ended:
        units = ", ".join(sorted(given - {successor}))
        raise UserError("territory_twice", package=_PACKAGE, unit=successor, year=year, predecessors=units)
    return None if here == {successor} else ended


def _are_of_one_table(rows: pd.DataFrame) -> bool:
    """Whether figures stand in one official table, which has one area for each unit."""
    return bool(rows[TABLE].notna().all()) and rows[TABLE].nunique() == 1


def over_municipalities(frame: pd.DataFrame, offices: pd.DataFrame) -> pd.DataFrame:
    """The counts of municipalities summed to the youth office that serves them; one row per row of `offices` (unit_id, year).

    frame: as in `bridged_counts`, of municipalities; a kreisfreie Stadt may stand under its 5 or 8 digits. A sum needs a value of
    every municipality that the register names for that 31 December, of the office or what it was then: else, or where it names none, the value
    is missing.
    """
    columns = ("unit_id", "year", "value", "flag", "edition", "ids")
    records = [dict(zip(columns, row, strict=True)) for row in zip(*(frame[name] for name in columns), strict=True)]
    given = {(record["unit_id"], record["year"]): record for record in records}
    held: dict[str, list[str]] = {}
    for known in youth_offices():
        held.setdefault(current_office_key(known.key), []).append(known.key)
    rows = []
    for office, year in zip(offices["unit_id"], offices["year"], strict=True):
        towns = [town for key in held.get(office, ()) for town in municipalities_of_office(key, int(year))]
        parts = [given.get((town, year)) or given.get((town.removesuffix("000"), year)) for town in towns]
        found = [part for part in parts if part is not None]
        complete = bool(towns) and len(found) == len(towns) and all(pd.notna(part["value"]) for part in found)
        rows.append(
            {
                "unit_id": office,
                "year": year,
                "value": sum(part["value"] for part in found) if complete else float("nan"),
                "flag": flag_of_parts((part["flag"] for part in found), complete),
                "edition": found[0]["edition"] if found else "",
                "ids": [i for part in found for i in part["ids"]],
            }
        )
    return pd.DataFrame(rows, columns=list(columns))


def sums_against_kreise(counts: pd.DataFrame, tolerance: float = 0.5) -> tuple[SumDifference, ...]:
    """Kreise whose figure contradicts the sum of their municipalities, by size of the difference.

    counts: unit_id, year, value of one count, municipalities and Kreise together, each once a year; missing values are no figures.
    Where all municipalities have a figure the sum must equal the Kreis to within `tolerance` (absolute); where some are missing it must
    not be above it. Municipalities of a dissolved Kreis belong to that Kreis until 2008. A kreisfreie Stadt is compared under both keys.
    """
    given = counts.loc[counts["value"].notna()]
    kreise = official_units()["kreis"]
    found: list[SumDifference] = []
    for year in sorted({int(year) for year in given["year"]}):
        part = given.loc[given["year"] == year]
        values = dict(zip(part["unit_id"], part["value"], strict=True))
        for kreis in sorted(kreise & set(values)):
            towns = municipalities_of_kreis(kreis, year)
            present = [values[town] for town in towns if town in values]
            if not present:
                continue
            total, figure = float(sum(present)), float(values[kreis])
            above, differs = total - figure > tolerance, abs(total - figure) > tolerance
            if above or (differs and len(present) == len(towns)):
                found.append(SumDifference(kreis, year, total, figure, len(present), len(towns)))
    return tuple(sorted(found, key=lambda row: (-abs(row.difference), row.kreis_ags5, row.year)))


def by_kreis(units: Iterable[str]) -> dict[str, str]:
    """Key of the Kreis for each unit that covers a whole one, under whichever of its keys; other units are left out."""
    known = official_units()["kreis"] | official_units()["municipality"]
    found = {unit: as_whole_kreis(unit) for unit in units if unit in known}
    return {unit: kreis for unit, kreis in found.items() if kreis is not None}


@cache
def _predecessors() -> frozenset[str]:
    return frozenset(u.key for u in (*dissolved_kreise(), *municipalities(), *youth_offices()) if u.successor is not None)


@cache
def _heirs() -> frozenset[str]:
    """Keys of today of those that took over any unit."""
    return frozenset(key(unit) for unit in _predecessors() for key in (current_key, current_office_key))


@cache
def _stages(successor: str, at_offices: bool) -> tuple[tuple[date | None, frozenset[str]], ...]:
    """What the area of a unit of today was made of, in turn: the last day of each stage, None of the last, and the units of that time."""
    every = youth_offices() if at_offices else (*all_kreise(), *municipalities())
    today = current_office_key if at_offices else current_key
    family = [unit for unit in every if today(unit.key) == successor]
    days = sorted({unit.valid_until for unit in family if unit.valid_until is not None})
    last = (None, frozenset({successor}))
    return (*((day, frozenset(unit.key for unit in family if unit.exists(day))) for day in days), last)
