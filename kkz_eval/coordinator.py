"""The queue of runs: what a run is told between "Launch Run" and its start, and whether one that began is still carried out.

Belongs here: the reporting years of a run for which no partition was chosen; runs whose process is gone. Which runs wait for one another says
dagster.yaml, by the pool of their assets (assets.alone). Does not belong here: jobs, steps of the line.
"""

import time

from dagster import QueuedRunCoordinator, SubmitRunContext
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun

from kkz_eval.partitions import missing_tags
from kkz_eval.storage.writer import seconds_without_sign, sign_of_life

DEAD_AFTER = 120
"""Seconds. A run shows that it is alive from its first step to its last; before and after it needs a few seconds of its own."""


class YearsFromOptions(QueuedRunCoordinator):
    """A queue that gives a run without partition the reporting years of its option `years`, all of them where it is empty.

    Dagster can't run partitioned assets without one.
    """

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Put a run into the queue, with its years as tags where it has none, and with the limit of its pools known before anybody looks: Dagster
        would set it while it already takes runs from the queue, the first two of them at once."""
        run = context.dagster_run
        assert run.execution_plan_snapshot_id is not None  # Dagster plans a run before it submits it
        steps = self._instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id).step_keys_to_execute
        self._instance.add_run_tags(run.run_id, missing_tags(run.tags, run.run_config, steps))
        for pool in () if run.run_op_concurrency is None else run.run_op_concurrency.all_pools or ():
            self._instance.event_log_storage.initialize_concurrency_limit_to_default(pool)
        return super().submit_run(context)


class NoticesDeadRuns(DefaultRunLauncher):
    """Dagster's launcher, which can also say whether a run that began is carried out by some process: this one's, or `kkz-eval run` in a terminal.

    A process that was killed, or lost its database, leaves a run that has begun and never ends; the queue would wait for it for ever. The daemon
    asks (run_monitoring) and calls such a run failed.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """So that the daemon asks."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Gone where the run began a while ago and its own process has not shown to be there since, whoever else works in the home."""
        record = self._instance.get_run_record_by_id(run.run_id)
        began = None if record is None else record.start_time
        idle = seconds_without_sign(sign_of_life(self._instance.storage_directory(), run.run_id), began or time.time())
        if idle < DEAD_AFTER:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"the process of the run has not been there for {idle:.0f} s")
