"""Whether a table lists every unit that its levels have by the register: a line that fell out leaves no other trace. No values.

Only levels that the table lists at all are looked at, and only North Rhine-Westphalia: a table for all Germany by its part for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.model.findings import Finding, Severity
from kkz_eval.reference.register import (
    Unit,
    all_kreise,
    current_key,
    current_office_key,
    existing,
    municipalities,
    youth_offices,
)
from kkz_eval.reference.tables import KREISFREIE_SUFFIX

_SHOWN = 10  # missing units that a finding names


def missing_units(lines: pa.Table) -> list[Finding]:
    """A warning for each level and set of units that is missing in some years; lines: OFFICIAL_SCHEMA, of the levels of a contract.

    A unit counts as there where it has a line, or one that it was before or became has one that says more than `-` and was not there beside it at
    the time: tables keep the territory of one day, and lines for units that are no more.
    """
    dead = pc.equal(lines.column("flag").cast(pa.string()), "-").fill_null(False)
    alive = set(lines.filter(pc.invert(dead)).column("unit_id").unique().to_pylist())
    distinct = lines.select(["level", "unit_id", "year"]).group_by(["level", "unit_id", "year"]).aggregate([])
    listed: dict[tuple[str, int], set[str]] = {}
    for row in distinct.to_pylist():
        if row["year"] is not None and row["unit_id"] is not None:
            listed.setdefault((row["level"], row["year"]), set()).add(row["unit_id"])
    gaps: dict[tuple[str, tuple[Unit, ...]], list[int]] = {}
    sizes: dict[tuple[str, tuple[Unit, ...]], int] = {}
    for (level, year), present in sorted(listed.items()):
        expected = _existing(level, year)
        there = present | _as_municipalities(level, listed.get(("kreis", year), set()))
        missing = tuple(unit for unit in expected if not _is_there(unit, there, there & alive, level, year))
        if missing:
            gaps.setdefault((level, missing), []).append(year)
            sizes[(level, missing)] = len(expected)
    return [_finding(missing, years, sizes[(level, missing)]) for (level, missing), years in gaps.items()]


def missing_by_measure(level: str, units: pa.Array, years: pa.Array, measures: pa.Array) -> list[Finding]:
    """A warning for each measure that lacks units of the level in some of its years; measures that lack the same share one.

    units, measures (string), years (int32): of each record; those without one of them say nothing. Of dissolved units and their
    successors one is enough, where they were not there beside each other. Where no record names a measure, all have one: "".
    """
    records = pa.table({"measure": measures, "year": years, "unit": units}).drop_null()
    grouped = records.group_by(["measure", "year"], use_threads=False).aggregate([("unit", "distinct")])
    listed: dict[str, dict[int, set[str]]] = {}
    for row in grouped.to_pylist():
        listed.setdefault(row["measure"], {})[row["year"]] = set(row["unit_distinct"])
    lacking: dict[tuple[str, str], list[str]] = {}
    for measure, by_year in listed.items():
        said = _said(level, by_year)
        if said is not None:
            lacking.setdefault(said, []).append(measure)
    kind = "official_units_missing"
    return [
        Finding(kind, kind, Severity.WARNING, value=": ".join([*filter(None, [", ".join(named)]), value]), allowed=share)
        for (value, share), named in lacking.items()
    ]


def _said(level: str, listed: Mapping[int, set[str]]) -> tuple[str, str] | None:
    """The units that are missing, with their years, and how many of how many; None where all are there. listed: units by year."""
    gaps: dict[Unit, list[int]] = {}
    expected: set[Unit] = set()
    for year, there in sorted(listed.items()):
        known = _existing(level, year)
        expected.update(known)
        for unit in known:
            if not _is_there(unit, there, there, level, year):
                gaps.setdefault(unit, []).append(year)
    if not gaps:
        return None
    together: dict[tuple[int, ...], list[Unit]] = {}
    for unit, years in gaps.items():
        together.setdefault(tuple(years), []).append(unit)
    parts = [f"{_named(units)}: {_spans(years)}" for years, units in together.items()]
    return "; ".join(parts), f"{len(gaps)}/{len(expected)}"


def _named(units: Sequence[Unit]) -> str:
    names = [f"{unit.name} ({unit.key})" for unit in units[:_SHOWN]]
    return ", ".join([*names, *(["…"] if len(units) > _SHOWN else [])])


def _spans(years: Sequence[int]) -> str:
    """Ascending years, those that follow each other as a span: 2001, 2004–2007."""
    starts = [years[0], *(after for before, after in pairwise(years) if after != before + 1)]
    ends = [*(before for before, after in pairwise(years) if after != before + 1), years[-1]]
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in zip(starts, ends, strict=True))


def _finding(missing: tuple[Unit, ...], years: Iterable[int], expected: int) -> Finding:
    kind = "official_units_missing"
    said = f"{_named(missing)}: {', '.join(map(str, years))}"
    return Finding(kind, kind, Severity.WARNING, value=said, allowed=f"{len(missing)}/{expected}")


def _units(level: str) -> tuple[Unit, ...]:
    if level == "municipality":
        return municipalities()
    if level == "youth_office":
        return youth_offices()
    return all_kreise() if level == "kreis" else ()


@cache
def _existing(level: str, year: int) -> tuple[Unit, ...]:
    return existing(_units(level), year)


@cache
def _in_its_place(level: str, year: int) -> Mapping[str, frozenset[str]]:
    """By key of a unit that there was, the keys of those that were its territory before or after, and not beside it."""
    today = current_office_key if level == "youth_office" else current_key
    families: dict[str, set[str]] = {}
    for unit in _units(level):
        families.setdefault(today(unit.key), set()).add(unit.key)
    there = {unit.key for unit in _existing(level, year)}
    return MappingProxyType({key: frozenset(families[today(key)] - there) for key in there})


def _as_municipalities(level: str, present: set[str]) -> set[str]:
    """The cities that stand as Kreise in a table of municipalities."""
    return {key + KREISFREIE_SUFFIX for key in present} if level == "municipality" else set()


def _is_there(unit: Unit, there: set[str], alive: set[str], level: str, year: int) -> bool:
    return unit.key in there or not alive.isdisjoint(_in_its_place(level, year)[unit.key])
