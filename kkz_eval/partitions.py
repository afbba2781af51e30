"""The partitions of Dagster: the reporting year, for the assets up to the verdict, and the tags by which a run gets its years.

All after the verdict is unpartitioned. Does not belong here: jobs, steps of the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from kkz_eval.model.errors import UserError

FIRST_YEAR = 1995
RANGE_START, RANGE_END, PARTITION = (
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
    "dagster/partition",
)
"""Tags of a run that say its partitions."""
PARTITIONED = frozenset({"landing", "parsed", "verdicts"})
"""The assets that have reporting years; all others have none."""

reporting_years = dg.TimeWindowPartitionsDefinition(cron_schedule="0 0 1 1 *", start=str(FIRST_YEAR), fmt="%Y", end_offset=1)
"""From the first year of the official series to the current one; a new year needs no change."""


def known_years() -> tuple[int, ...]:
    """The reporting years that exist as partitions, ascending."""
    return tuple(int(key) for key in reporting_years.get_partition_keys())


def span_of_years(value: str, known: tuple[int, ...]) -> tuple[int, ...]:
    """The years of "2018" or "2006-2019". Raises UserError where they can't be read or are not reporting years."""
    match = re.fullmatch(r"([0-9]{4})(?:[-–]([0-9]{4}))?", value)
    if match is None:
        raise UserError("years_unreadable", value=value)
    span = tuple(range(int(match[1]), int(match[2] or match[1]) + 1))
    if not span:
        raise UserError("years_unreadable", value=value)
    if not set(span) <= set(known):
        raise UserError("years_outside", first=span[0], last=span[-1], known=f"{known[0]}–{known[-1]}")
    return span


def years_as_tags(years: Sequence[int]) -> dict[str, str]:
    """The tags by which a run of the line gets its reporting years, ascending and without a gap: whoever starts one, starts it with these."""
    return {RANGE_START: str(years[0]), RANGE_END: str(years[-1])}


def missing_tags(tags: Mapping[str, str], run_config: Mapping[str, Any], steps: Iterable[str]) -> dict[str, str]:
    """The tags that a run still needs for its reporting years: none where it has a partition or a range of them, or no step with years.

    Otherwise those of its option `years`; all years where it is empty or can't be read: that stops the run in its first step,
    with a sentence.
    """
    if PARTITION in tags or RANGE_START in tags or PARTITIONED.isdisjoint(steps):
        return {}
    known = known_years()
    option = str(run_config.get("resources", {}).get("options", {}).get("config", {}).get("years", "")).strip()
    try:
        return years_as_tags(span_of_years(option, known) if option else known)
    except UserError:
        return years_as_tags(known)
