"""The queue of runs: one run after the other, and the reporting years of a run for which no partition was chosen.

Belongs here: what a run is told between "Launch Run" and its start. Does not belong here: jobs, steps of the line.
"""

from dagster import QueuedRunCoordinator, SubmitRunContext
from dagster._core.storage.dagster_run import DagsterRun

from kkz_eval.partitions import missing_tags


class YearsFromOptions(QueuedRunCoordinator):
    """A queue that gives a run without partition the reporting years of its option `years`, all of them where it is empty.

    Dagster can't run partitioned assets without one. A second run waits for the first: both would take in the same files.
    """

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Put a run into the queue, with its years as tags where it has none."""
        run = context.dagster_run
        assert run.execution_plan_snapshot_id is not None  # Dagster plans a run before it submits it
        steps = self._instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id).step_keys_to_execute
        self._instance.add_run_tags(run.run_id, missing_tags(run.tags, run.run_config, steps))
        return super().submit_run(context)
