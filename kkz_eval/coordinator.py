"""The queue of runs: one run after the other, and the reporting years of a run for which no partition was chosen.

Belongs here: what a run is told between "Launch Run" and its start. Does not belong here: jobs, steps of the line.
"""

from collections.abc import Mapping
from typing import Any

from dagster import QueuedRunCoordinator, SubmitRunContext
from dagster._core.storage.dagster_run import DagsterRun

from kkz_eval.model.errors import UserError
from kkz_eval.partitions import known_years, span_of_years

RANGE_START, RANGE_END, PARTITION = (
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
    "dagster/partition",
)


class YearsFromOptions(QueuedRunCoordinator):
    """A queue that gives a run without partition the reporting years of its option `years`, all of them where it is empty.

    Dagster can't run partitioned assets without one. A second run waits for the first: both would take in the same files.
    """

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Put a run into the queue, with its years as tags where it has none."""
        run = context.dagster_run
        self._instance.add_run_tags(run.run_id, years_as_tags(run.tags, run.run_config))
        return super().submit_run(context)


def years_as_tags(tags: Mapping[str, str], run_config: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a run still needs for its reporting years: none where it has a partition or a range of them.

    Otherwise those of its option `years`; all years where it is empty or can't be read: that stops the run in its first step,
    with a sentence.
    """
    if PARTITION in tags or RANGE_START in tags:
        return {}
    known = known_years()
    option = str(run_config.get("resources", {}).get("options", {}).get("config", {}).get("years", "")).strip()
    try:
        years = span_of_years(option, known) if option else known
    except UserError:
        years = known
    return {RANGE_START: str(years[0]), RANGE_END: str(years[-1])}
