"""The partitions of Dagster: the reporting year, for the assets up to the verdict. All after it is unpartitioned."""

from __future__ import annotations

import re

import dagster as dg

from kkz_eval.model.errors import UserError

FIRST_YEAR = 1995

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
