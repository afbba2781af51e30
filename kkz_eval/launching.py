"""Runs of Dagster as the desk starts and follows them: they go into the queue of the instance, one after another, and stand in Dagster's pages too.

Belongs here: asking Dagster. Does not belong here: jobs and their options (jobs, assets), pages (desk).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from dagster._core.execution.stats import StepEventStatus
from dagster._core.scheduler.instigation import SensorInstigatorData
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.tags import AUTOMATION_CONDITION_TAG
from dagster._core.workspace.context import BaseWorkspaceRequestContext, WorkspaceProcessContext
from dagster_graphql.schema import create_schema

from kkz_eval.assets.names import AUTOMATION, INBOX_SENSOR, YEARLY_RUN, asset_name
from kkz_eval.desk import say
from kkz_eval.desk.opened import opened
from kkz_eval.desk.people import Person, Role
from kkz_eval.desk.runs import FINISHED, REPORT, Engine, Runs, RunSeen, RunState, RunStep
from kkz_eval.line.installation import Installation
from kkz_eval.model.errors import UserError
from kkz_eval.partitions import RANGE_END, RANGE_START, known_years, span_of_years, years_as_tags
from kkz_eval.run_history import history_said
from kkz_eval.settings import Settings

ROLE, PERSON = "kkz/role", "kkz/person"
"""Tags of a run that say who started it at the desk."""
SHOWN = 50  # runs in a list
_LAUNCH = """
mutation ($of: ExecutionParams!) {
  launchRun(executionParams: $of) { __typename ... on LaunchRunSuccess { run { runId } } }
}
"""
_STATES = {
    DagsterRunStatus.SUCCESS: RunState.DONE,
    DagsterRunStatus.FAILURE: RunState.FAILED,
    DagsterRunStatus.CANCELED: RunState.STOPPED,
    DagsterRunStatus.CANCELING: RunState.RUNNING,
    DagsterRunStatus.STARTED: RunState.RUNNING,
}
"""Any other status is one before the start."""
_STEP_STATES = {
    StepEventStatus.SUCCESS: RunState.DONE,
    StepEventStatus.FAILURE: RunState.FAILED,
    StepEventStatus.SKIPPED: RunState.SKIPPED,
    StepEventStatus.IN_PROGRESS: RunState.RUNNING,
    None: RunState.WAITING,
}
_REPORT = re.compile(rf"{REPORT}(.+)")


def runs_of(
    context: WorkspaceProcessContext, settings: Settings, daemon_runs: Callable[[], bool], code_runs: Callable[[], bool]
) -> Runs:
    """The functions by which the desk starts and follows runs. context: with the instance and the code that it loaded; daemon_runs, code_runs: whether
    these processes do."""
    said = history_said(settings)  # for whoever waits at a page: a database that is gone is a sentence
    return Runs(
        launch=said(partial(_launch, context, settings)),
        listed=said(partial(_listed, context.instance, settings)),
        seen=said(partial(_seen, context.instance, settings)),
        engine=partial(_engine, context, settings, daemon_runs, code_runs),
    )


def _launch(
    context: WorkspaceProcessContext,
    settings: Settings,
    plan_id: str,
    outcomes: Sequence[str],
    years: str | None,
    person: Person,
) -> str:
    plans = opened(settings).plans
    if plan_id not in plans:
        raise UserError("launch_plan_unknown", package=say.package, plan=plan_id, known=", ".join(plans))
    known = [outcome.indicator for outcome in plans[plan_id].outcomes]
    unknown = sorted(set(outcomes) - set(known))
    if unknown:
        raise UserError(
            "launch_outcome_unknown", package=say.package, plan=plan_id, outcomes=", ".join(unknown), known=", ".join(known)
        )
    chosen = [name for name in known if not outcomes or name in outcomes]
    options: dict[str, object] = {"plan": plan_id, "outcomes": chosen}
    tags = {ROLE: Role.RESEARCHER.value, PERSON: person.name}
    if years is not None:
        tags |= years_as_tags(span_of_years(years, known_years()))
        options["years"] = years
    job = asset_name("Auswertung", plans[plan_id]) if years is None else YEARLY_RUN
    request = _with_job(context, job, reload=not opened(settings).faulty)
    location = request.code_locations[0]
    (repository,) = location.get_repositories()
    params = {
        "selector": {"repositoryLocationName": location.name, "repositoryName": repository, "jobName": job},
        "runConfigData": {"resources": {"options": {"config": options}}},
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        "mode": "default",
    }
    answer = asyncio.run(create_schema().execute_async(_LAUNCH, context_value=request, variable_values={"of": params}))
    launched: Mapping[str, Any] = (answer.data or {}).get("launchRun") or {}
    if launched.get("__typename") != "LaunchRunSuccess":
        raise UserError("launch_refused", package=say.package, job=job)
    return str(launched["run"]["runId"])


def _with_job(context: WorkspaceProcessContext, job: str, *, reload: bool) -> BaseWorkspaceRequestContext:
    """The code as Dagster loaded it, which has the job. reload: whether it may be loaded anew for a plan that came since; a plan with a fault would
    leave none at all. Raises UserError where it is not loaded or has no such job."""
    request = context.create_request_context()
    if reload and not _has(request, job):
        for name in request.code_location_names:
            context.reload_code_location(name)
        request = context.create_request_context()
    if len(request.code_locations) != 1:  # Dagster's pages show why
        raise UserError("launch_no_code", package=say.package, job=job)
    if not _has(request, job):
        raise UserError("launch_faulty_plans", package=say.package, job=job)
    return request


def _has(request: BaseWorkspaceRequestContext, job: str) -> bool:
    return any(known.has_job(job) for location in request.code_locations for known in location.get_repositories().values())


def _engine(
    context: WorkspaceProcessContext, settings: Settings, daemon_runs: Callable[[], bool], code_runs: Callable[[], bool]
) -> Engine:
    instance = context.instance
    with history_said(settings):
        found = {state: instance.get_runs_count(RunsFilter(statuses=of)) for state, of in _statuses().items()}
        ended = instance.get_runs(RunsFilter(statuses=[status for state in FINISHED for status in _statuses()[state]]), limit=1)
        failed = sum(not one.passed for run in ended for one in _evaluations(instance, run.run_id))
        looks = [one.instigator_data for one in instance.all_instigator_state() if one.instigator_name == INBOX_SENSOR]
    last = max((look.last_tick_timestamp or 0 for look in looks if isinstance(look, SensorInstigatorData)), default=0)
    loaded = len(context.create_request_context().code_locations) == 1
    return Engine(found, failed if ended else None, _time(last or None), daemon_runs(), loaded and code_runs())


def _statuses() -> dict[RunState, list[DagsterRunStatus]]:
    """The statuses of Dagster that each state stands for."""
    states = (RunState.WAITING, RunState.RUNNING, *sorted(FINISHED))
    return {state: [status for status in DagsterRunStatus if _STATES.get(status, RunState.WAITING) == state] for state in states}


def _evaluations(instance: DagsterInstance, run_id: str) -> Iterator[AssetCheckEvaluation]:
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
        yield entry.get_dagster_event().asset_check_evaluation_data


def _listed(instance: DagsterInstance, settings: Settings) -> tuple[RunSeen, ...]:
    installation = opened(settings)
    return tuple(_run(record, installation) for record in instance.get_run_records(limit=SHOWN))


def _run(record: RunRecord, installation: Installation, **more: Any) -> RunSeen:
    run = record.dagster_run
    config: Mapping[str, Any] = run.run_config
    options = config.get("resources", {}).get("options", {}).get("config", {})
    plan = str(options.get("plan", ""))
    outcomes = tuple(options.get("outcomes", ()))
    everything = plan in installation.plans and len(outcomes) == len(installation.plans[plan].outcomes)
    return RunSeen(
        id=run.run_id,
        job=AUTOMATION
        if AUTOMATION_CONDITION_TAG in run.tags
        else run.job_name,  # Dagster has a word of its own for jobs without a name
        plan=plan,
        outcomes=() if everything else outcomes,
        years=_years(run),
        state=_STATES.get(run.status, RunState.WAITING),
        started_by=run.tags.get(PERSON, ""),
        asked=record.create_timestamp.replace(tzinfo=record.create_timestamp.tzinfo or UTC),
        since=_time(record.start_time),
        until=_time(record.end_time),
        **more,
    )


def _years(run: DagsterRun) -> str:
    first, last = run.tags.get(RANGE_START, ""), run.tags.get(RANGE_END, "")
    return first if first == last else f"{first}–{last}"


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seen(instance: DagsterInstance, settings: Settings, run_id: str) -> RunSeen | None:
    record, installation = instance.get_run_record_by_id(run_id), opened(settings)
    if record is None:
        return None
    return _run(
        record,
        installation,
        steps=tuple(_steps(instance, record.dagster_run)),
        failures=tuple(_failures(instance, run_id)),
        editions=tuple(_editions(instance, installation, run_id)),
    )


def _steps(instance: DagsterInstance, run: DagsterRun) -> list[RunStep]:
    """The steps of a run in the order in which they are planned; none before Dagster planned it."""
    if run.execution_plan_snapshot_id is None:
        return []
    planned = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id).step_keys_to_execute
    stats = {one.step_key: one for one in instance.get_run_step_stats(run.run_id)}
    is_over = _STATES.get(run.status) in (RunState.DONE, RunState.FAILED, RunState.STOPPED)
    found = []
    for key in planned:
        one = stats.get(key)
        if one is None:
            found.append(RunStep(key, RunState.SKIPPED if is_over else RunState.WAITING))
        else:
            found.append(RunStep(key, _STEP_STATES[one.status], _time(one.start_time), _time(one.end_time)))
    return found


def _failures(instance: DagsterInstance, run_id: str) -> list[str]:
    """What stopped parts of a run, each sentence once: what people can mend in its words, of a fault of ours the step."""
    found = []
    for entry in instance.all_logs(run_id, of_type={DagsterEventType.STEP_FAILURE, DagsterEventType.ASSET_CHECK_EVALUATION}):
        event = entry.get_dagster_event()
        if event.event_type == DagsterEventType.STEP_FAILURE:
            said = event.step_failure_data.user_failure_data
            found.append(said.description if said is not None and said.description else f"{event.step_key}: Dagster")
        elif not event.asset_check_evaluation_data.passed and event.asset_check_evaluation_data.blocking:
            found.append(event.asset_check_evaluation_data.description or event.asset_check_evaluation_data.check_name)
    return list(dict.fromkeys(found))


def _editions(instance: DagsterInstance, installation: Installation, run_id: str) -> list[tuple[str, str]]:
    found = []
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION):
        made = entry.get_dagster_event().step_materialization_data.materialization
        named = _REPORT.fullmatch(made.asset_key.to_user_string())
        if named is not None and "fassung" in made.metadata:
            found.append((installation.plan_in_names(named.group(1)).id, str(made.metadata["fassung"].value)[:16]))
    return found
