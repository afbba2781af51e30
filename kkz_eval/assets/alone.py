"""The installation as the steps of a run are given it: held for this run alone, from its first step to its last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

import dagster as dg

from kkz_eval.line.alone import held, with_decisions_of_now
from kkz_eval.line.installation import Installation
from kkz_eval.model.texts import Localised
from kkz_eval.storage.writer import shown_alive, sign_of_life

HOME = "home"
"""The pool of all that is given the installation: it holds the one lock of the home, so its runs wait in the queue instead of at the lock."""


def held_by_a_run(installation: Installation) -> dg.ResourceDefinition:
    """The installation as a resource; where another process writes in its home, the run says so and waits.

    In one process all steps of a run share it. Where steps are in other processes, the executor holds it for them (held_for_all_steps).
    """

    def hold(context: dg.InitResourceContext) -> Iterator[Installation]:
        if _is_held.get():
            yield with_decisions_of_now(installation)
            return

        def tell(said: Localised) -> None:
            installation.progress(said)
            if context.log is not None:
                context.log.info(said.in_language(installation.settings.language))

        with _shown_alive(context.instance, context.run), held(installation, _name_of(context.run), tell) as alone:
            yield alone

    return dg.ResourceDefinition(hold)


_is_held: ContextVar[bool] = ContextVar("_is_held", default=False)


@contextmanager
def held_for_all_steps(installation: Installation, instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[None]:
    """Hold the home for a run whose steps are not all in this process; each of them is executed within in_held_home."""
    with _shown_alive(instance, run), held(installation, _name_of(run), installation.progress):
        yield


@contextmanager
def in_held_home() -> Iterator[None]:
    """Within it, a step takes the home for held: by the process of its run, which waits for it."""
    token = _is_held.set(True)
    try:
        yield
    finally:
        _is_held.reset(token)


def _shown_alive(instance: dg.DagsterInstance | None, run: dg.DagsterRun | None) -> AbstractContextManager[None]:
    """Within it the run is alive for the queue, also while it waits for the home."""
    return (
        nullcontext() if instance is None or run is None else shown_alive(sign_of_life(instance.storage_directory(), run.run_id))
    )


def _name_of(run: dg.DagsterRun | None) -> str:
    return "Dagster" if run is None else f"{run.job_name} {run.run_id[:8]}"  # as the page of the run is headed
