"""What is said of an official table that no contract takes: which units of the register it does not list. No values, no contracts."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.columns.completeness import missing_units
from kkz_eval.deliveries.official import wegweiser
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.official.units import at_offices
from kkz_eval.model.findings import Finding, concat_findings, findings_table

_FEW = 10  # units of a level that has less than a tenth of the largest stand there for a reason of their own
_SMALL = "official_small_units_missing"  # of a source that lists none below a number of residents


def with_missing_units(official: OfficialTable) -> OfficialTable:
    """The table with a warning for the units in North Rhine-Westphalia that its levels lack, where it lists any."""
    units = official.table.column("unit_id").cast(pa.string())
    lines = official.table.filter(pc.or_(pc.starts_with(units, "05"), pc.starts_with(units, "JH05")).fill_null(False))
    if lines.num_rows == 0:
        return official
    if "youth_office" in official.levels:
        lines = at_offices(lines)
    lines = lines.filter(pc.is_in(lines.column("level").cast(pa.string()), pa.array(_main_levels(lines), pa.string())))
    found = [_named(finding, official.family) for finding in missing_units(lines)]
    return replace(official, findings=concat_findings([official.findings, findings_table(found)])) if found else official


def _main_levels(lines: pa.Table) -> list[str]:
    """The levels that the table is of: not those of single units beside many others, as the city of Aachen among the Kreise."""
    distinct = lines.group_by(["level", "unit_id"]).aggregate([]).column("level").cast(pa.string()).value_counts()
    counts = {str(row["values"]): int(row["counts"]) for row in distinct.to_pylist()}
    return [level for level, count in counts.items() if count * _FEW >= max(counts.values())]


def _named(finding: Finding, family: str) -> Finding:
    return replace(finding, rule=_SMALL, kind=_SMALL) if family == wegweiser.FAMILY else finding
