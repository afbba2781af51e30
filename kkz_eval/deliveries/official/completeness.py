"""Whether a table lists every unit that its levels have by the register: a line that fell out leaves no other trace. No values.

Only levels that the table lists at all are looked at, and only North Rhine-Westphalia: a table for all Germany by its part for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.model.findings import Finding, Severity
from kkz_eval.reference.register import ITS_FIRST_DAY, STAEDTEREGION_AACHEN, Unit, dissolved_kreise, municipalities, youth_offices
from kkz_eval.reference.tables import KREISFREIE_SUFFIX, kreise

_SHOWN = 10  # missing units that a finding names


def missing_units(lines: pa.Table) -> list[Finding]:
    """A warning for each level and set of units that is missing in some years; lines: OFFICIAL_SCHEMA, of the levels of a contract.

    A unit counts as there where it has a line, or its successor or a predecessor has one that says more than `-`: tables keep the
    territory of one day, and lines for units that are no more.
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
        known = _units(level)
        expected = [unit for unit in known if unit.exists(date(year, 12, 31))]
        there = present | _as_municipalities(level, listed.get(("kreis", year), set()))
        missing = tuple(unit for unit in expected if not _is_there(unit, there, there & alive, known))
        if missing:
            gaps.setdefault((level, missing), []).append(year)
            sizes[(level, missing)] = len(expected)
    return [_finding(missing, years, sizes[(level, missing)]) for (level, missing), years in gaps.items()]


def _finding(missing: tuple[Unit, ...], years: Iterable[int], expected: int) -> Finding:
    kind = "official_units_missing"
    names = [f"{unit.name} ({unit.key})" for unit in missing[:_SHOWN]]
    more = ["…"] if len(missing) > _SHOWN else []
    said = f"{', '.join([*names, *more])}: {', '.join(map(str, years))}"
    return Finding(kind, kind, Severity.WARNING, value=said, allowed=f"{len(missing)}/{expected}")


def _units(level: str) -> tuple[Unit, ...]:
    if level == "municipality":
        return municipalities()
    if level == "youth_office":
        return youth_offices()
    return (*_kreise(), *dissolved_kreise()) if level == "kreis" else ()


def _kreise() -> tuple[Unit, ...]:
    first: Mapping[str, date] = {STAEDTEREGION_AACHEN: ITS_FIRST_DAY}
    return tuple(Unit(kreis.ags5, kreis.name, kreis.ags5, first.get(kreis.ags5)) for kreis in kreise())


def _as_municipalities(level: str, present: set[str]) -> set[str]:
    """The cities that stand as Kreise in a table of municipalities."""
    return {key + KREISFREIE_SUFFIX for key in present} if level == "municipality" else set()


def _is_there(unit: Unit, there: set[str], alive: set[str], known: tuple[Unit, ...]) -> bool:
    return (
        unit.key in there or unit.successor in alive or any(other.successor == unit.key and other.key in alive for other in known)
    )
