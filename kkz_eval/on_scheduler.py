"""The executor of a run where a scheduler is set: steps that need nothing but the snapshot are made by a Dask worker, all others in the run's process.

Belongs here: where a step is executed, and who holds the home meanwhile. Does not belong here: what a step computes on other workers in turn
(line.scheduler). One step at a time: Dagster is not made for two in one process, and a step shares its work out by itself.

The run's process holds the home for all its steps, wherever they are: no other run, command or click writes meanwhile. A worker that ends takes
its step along; Dask gives it to another, which finds by digest what was kept already. Dagster's own executor for Dask is not used, as it goes on
with the steps behind one that failed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dagster as dg
from dagster._core.definitions.reconstruct import ReconstructableJob
from dagster._core.events import DagsterEvent
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.plan.step import IExecutionStep
from dagster._core.execution.retries import RetryMode

from kkz_eval.assets.alone import held_for_all_steps, in_held_home
from kkz_eval.assets.evaluations import ON_ANY_WORKER
from kkz_eval.assets.failures import sentences
from kkz_eval.line import say
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.scheduler import client_of, likeness, require_alike
from kkz_eval.line.snapshot import digest_of_edited
from kkz_eval.model.errors import UserError
from kkz_eval.settings import MODEL_WORLD_HIDDEN, MODEL_WORLD_SHOWN, load_settings


def steps_on(installation: Installation) -> dg.ExecutorDefinition:
    """The executor of an installation whose settings name a scheduler."""

    @dg.executor(name="scheduler", requirements=dg.multiple_process_executor_requirements())
    def executor(_: dg.InitExecutorContext) -> dg.Executor:
        return _OnScheduler(installation)

    return executor


class _OnScheduler(dg.Executor):
    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    @property
    def retries(self) -> RetryMode:
        return RetryMode.DISABLED

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        """Step after step, as far as those before it allow."""
        with (
            sentences(self.installation.settings.language),
            client_of(self.installation.settings.scheduler) as client,
            held_for_all_steps(self.installation, plan_context.instance, plan_context.dagster_run),
            execution_plan.start(retry_mode=self.retries) as active,
        ):
            while not active.is_complete:
                for step in active.get_steps_to_execute(limit=1):
                    asked = self._asked(plan_context, step, active.get_known_state())
                    # Dask looks for its own values in what it is given as an argument, and goes through values of Dagster that refuse it.
                    events = client.submit(partial(_on_worker, asked), pure=False).result() if _may_leave(step) else _made(asked)
                    for event in events:
                        yield event
                        active.handle_event(event)
                    active.verify_complete(plan_context, step.key)
                yield from active.plan_events_iterator(plan_context)  # steps behind one that failed or gave nothing

    def _asked(self, context: PlanOrchestrationContext, step: IExecutionStep, known: object) -> Mapping[str, Any]:
        return {
            "like": likeness(),
            "place": _place_of(self.installation),
            "environment": _said_by_this_process(self.installation),
            "step": {
                "recon_job": context.reconstructable_job,
                "dagster_run": context.dagster_run,
                "run_config": context.run_config,
                "step_keys": [step.key],
                "instance_ref": context.instance.get_ref(),
                "known_state": known,
            },
        }


def _may_leave(step: IExecutionStep) -> bool:
    return ON_ANY_WORKER.items() <= (step.tags or {}).items()


def _made(asked: Mapping[str, Any]) -> Sequence[DagsterEvent]:
    """The events of a step that is executed in this process, which is that of the run or of a worker."""
    from dagster_dask.executor import query_on_dask_worker  # noqa: PLC0415 (loads all of Dask)

    with in_held_home():
        events: Sequence[DagsterEvent] = query_on_dask_worker(dependencies=None, **asked["step"])
    return events


def _place_of(installation: Installation) -> list[str]:
    """Where an installation keeps its objects, the digest of all that people edit in it, and the settings that stand in what a step keeps."""
    settings = installation.settings
    shown = (settings.language, settings.contact, settings.publisher, settings.publisher_contact)
    said = _said_by_this_process(installation).values()
    return [installation.steps.store.address, digest_of_edited(installation), *shown, *said]


def _said_by_this_process(installation: Installation) -> dict[str, str]:
    """Settings that no file says but the process that a run was begun by, as its environment has them: a home may have got its first delivery since."""
    shown = MODEL_WORLD_HIDDEN if installation.left_out else MODEL_WORLD_SHOWN
    return {"KKZ_MODEL_WORLD": shown, "KKZ_REPORTS_URL": installation.settings.reports_url or ""}


_loaded_for: list[str] = []
"""The place, as it was when a worker loaded the definitions."""


def _on_worker(asked: Mapping[str, Any]) -> Sequence[DagsterEvent]:
    """Raises UserError where the worker is not like whoever asks, keeps objects elsewhere, or has other contracts, plans, decisions or settings."""
    require_alike(asked["like"])
    os.environ.update(asked["environment"])
    place = _place_of(open_installation(load_settings()))
    if place != asked["place"]:
        raise UserError("worker_elsewhere", package=say.package, place=place[0], expected=asked["place"][0])
    if _loaded_for != place:  # a worker lives longer than a run: what it loaded then may have been edited since
        ReconstructableJob.get_repository_definition.cache_clear()
        ReconstructableJob.get_definition.cache_clear()
        _loaded_for[:] = place
    return _made(asked)
