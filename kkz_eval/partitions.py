"""The partitions of Dagster: the reporting year, for the assets up to the verdict. All after it is unpartitioned."""

from __future__ import annotations

import dagster as dg

FIRST_YEAR = 1995

reporting_years = dg.TimeWindowPartitionsDefinition(cron_schedule="0 0 1 1 *", start=str(FIRST_YEAR), fmt="%Y", end_offset=1)
"""From the first year of the official series to the current one; a new year needs no change."""


def known_years() -> tuple[int, ...]:
    """The reporting years that exist as partitions, ascending."""
    return tuple(int(key) for key in reporting_years.get_partition_keys())
