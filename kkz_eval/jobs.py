"""The jobs of Dagster with their schedules, and the execution on this machine. "Jahreslauf": one reporting year or all, from the inbox to the report.

Does not belong here: the job of a plan, which stands beside the plan's assets.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster._core.execution.execution_result import ExecutionResult

from kkz_eval.assets.descriptions import described
from kkz_eval.assets.moment import TAG
from kkz_eval.assets.names import YEARLY_RUN
from kkz_eval.partitions import years_as_tags

yearly_run = dg.define_asset_job(
    YEARLY_RUN,
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets("next_templates"),
    description=described("job.yearly_run"),
)

check_deliveries = dg.define_asset_job(
    "Lieferungen_pruefen",
    selection=dg.AssetSelection.assets("landing", "parsed", "verdicts", "delivery_status", "delivery_board"),
    description=described("job.check_deliveries"),
)

deadlines_job = dg.define_asset_job(
    "Fristen", selection=dg.AssetSelection.assets("delivery_board"), description=described("job.deadlines")
)

deadline_reminders = dg.ScheduleDefinition(
    name="fristen",
    job=deadlines_job,
    cron_schedule="0 7 * * 1",
    execution_timezone="Europe/Berlin",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description=described("schedule.deadlines"),
)
"""The board and its replies every Monday morning; off until someone switches it on."""

templates_job = dg.define_asset_job(
    "Vorlagen", selection=dg.AssetSelection.assets("next_templates"), description=described("job.templates")
)


@dataclass(frozen=True)
class RunOutcome:
    """How a run of the job ended, in sentences.

    success: every step ran and no blocking check failed; failures: what stopped a part of the run; warnings: what the
    checks that do not block found; metadata: of each materialised asset, by its name; snapshot: the name of the state of the data that its numbers
    rest on, "" where it did not come so far.
    """

    success: bool
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    metadata: Mapping[str, Mapping[str, Any]]
    snapshot: str = ""


def execute_yearly_run(defs: dg.Definitions, instance: dg.DagsterInstance, years: Sequence[int]) -> RunOutcome:
    """Execute the job in this process, over the years given, without a gap and ascending, in one run.

    Raises what broken code raises, and KeyboardInterrupt where it was interrupted; what a user can mend comes back as sentences.
    """
    # What is planned is one row for each asset, not one for each of its years: those that are not partitioned would have these too.
    os.environ.setdefault("DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS", "true")
    job = defs.resolve_job_def(YEARLY_RUN)
    try:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=years_as_tags(years),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    except dg.DagsterExecutionInterruptedError as error:  # between two steps; within one it is how the step failed
        raise KeyboardInterrupt from error
    run = instance.get_run_by_id(result.run_id)
    return _outcome(result, "" if run is None else run.tags.get(TAG, ""))


def _outcome(result: ExecutionResult, snapshot: str) -> RunOutcome:
    failures: list[str] = []
    warnings: list[str] = []
    metadata: dict[str, Mapping[str, Any]] = {}
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            if data.error is not None and data.error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
                raise KeyboardInterrupt
            if data.user_failure_data is not None:
                failures.append(data.user_failure_data.description or "")
            elif data.error is None or data.error.cls_name != "DagsterAssetCheckFailedError":
                raise RuntimeError(f"step {event.step_key} broke:\n{data.error.to_string() if data.error else ''}")
        elif event.is_step_materialization:
            materialization = event.step_materialization_data.materialization
            metadata[materialization.asset_key.to_user_string()] = {
                key: value.value for key, value in materialization.metadata.items()
            }
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            (failures if evaluation.blocking else warnings).append(evaluation.description or evaluation.check_name)
    return RunOutcome(result.success, tuple(failures), tuple(warnings), metadata, snapshot)
