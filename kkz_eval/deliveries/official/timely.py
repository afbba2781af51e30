"""Which values of an official table stand for the year they would count for: the time the mapping takes, before the table's own day, while
the unit existed. No reading of texts, no clock: what lies after today is judged in deliveries.future.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kkz_eval.contracts.contract import OfficialSource
from kkz_eval.deliveries.official.known_since import edition_day
from kkz_eval.deliveries.official.times import day_of
from kkz_eval.model.findings import Finding, Severity
from kkz_eval.reference.register import Unit, dissolved_kreise, municipalities, youth_offices


def untimely(table: pa.Table, source: OfficialSource, edition: str, findings: list[Finding]) -> NDArray[np.bool_]:
    """Rows whose value must not be taken: of another time than the mapping takes, after the table's own day, or after the unit's end.

    table: OFFICIAL_SCHEMA, of one measure; edition: the day or year that the table names, "" for none. findings: one is added for each
    time, and one for each unit and year that has a value outside the unit's life; a symbol there is none, and a 0 is a warning: tables
    that keep a line for units that are no more write it there for `-`.
    """
    refused = np.zeros(table.num_rows, bool)
    texts = table.column("time").cast(pa.string()).to_pylist()
    kinds = table.column("time_kind").cast(pa.string()).to_pylist()
    years = table.column("year").to_pylist()
    units = table.column("unit_id").cast(pa.string()).to_pylist()
    values = table.column("value").to_pylist()
    stand = edition_day(edition)
    wrong = {said: _problem(*said, source, stand) for said in set(zip(texts, kinds, years, strict=True)) if said[1] is not None}
    seen: set[object] = set()

    def add(index: int, kind: str, severity: Severity, allowed: str, value: str | None, unit: str | None) -> None:
        sheet, row, column = (table.column(name)[index].as_py() for name in ("sheet", "row", "column"))
        year = None if unit is None else years[index]
        findings.append(Finding(kind, kind, severity, sheet, row, column, source.measure, unit, year, value, allowed))

    for index, said in enumerate(zip(texts, kinds, years, strict=True)):
        text, _, year = said
        problem = wrong.get(said)
        if problem is not None:
            refused[index] = True
            if said not in seen:
                seen.add(said)
                allowed = edition if problem == "official_after_stand" else _example(source.time_in(year), year)
                add(index, problem, Severity.ERROR, allowed, text, None)
            continue
        unit = _mortal().get(units[index]) if values[index] is not None and year is not None else None
        if unit is None:
            continue
        day = day_of(text)
        if unit.valid_until is not None and (day or date(year, 1, 1)) > unit.valid_until:
            refused[index] = True
            told = ("official_unit_ended", Severity.ERROR) if values[index] else ("official_unit_ended_zero", Severity.WARNING)
            if (unit.key, year) not in seen:
                add(index, *told, unit.valid_until.isoformat(), unit.name, unit.key)
        elif (
            unit.valid_from is not None and (day or date(year, 12, 31)) < unit.valid_from and unit.key not in _with_predecessor()
        ):
            if (unit.key, year) not in seen:
                add(index, "official_unit_not_yet", Severity.WARNING, unit.valid_from.isoformat(), unit.name, unit.key)
        else:
            continue
        seen.add((unit.key, year))
    return refused


def _problem(text: str, kind: str, year: int, source: OfficialSource, stand: date | None) -> str | None:
    """The kind of finding on a time; None where it is one that the mapping takes."""
    day = day_of(text)
    if (kind if day is None else f"{day:%m-%d}") != source.time_in(year):
        return "official_other_time"
    if stand is not None and ((day or date(year, 1, 1)) > stand):
        return "official_after_stand"
    return None


def _example(wanted: str, year: int) -> str:
    """How a time that the mapping takes is written, of that year."""
    if wanted == "school_year":
        return f"{year - 1}/{year % 100:02d}"
    return str(year) if wanted == "year" else ".".join([*reversed(wanted.split("-")), str(year)])


@cache
def _mortal() -> Mapping[str, Unit]:
    """Units with a first or a last day in the register, by key."""
    every = (*municipalities(), *youth_offices(), *dissolved_kreise())
    return MappingProxyType({u.key: u for u in every if u.valid_from is not None or u.valid_until is not None})


@cache
def _with_predecessor() -> frozenset[str]:
    """Units that took over another: tables show them backwards, for the years of those before them."""
    every = (*municipalities(), *youth_offices(), *dissolved_kreise())
    return frozenset(unit.successor for unit in every if unit.successor is not None)
