"""The installation as the steps of a run are given it: held for this run alone, from its first step to its last."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from kkz_eval.line.alone import held
from kkz_eval.line.installation import Installation
from kkz_eval.model.texts import Localised

HOME = "home"
"""The pool of all that is given the installation: it holds the one lock of the home, so its runs wait in the queue instead of at the lock."""


def held_by_a_run(installation: Installation) -> dg.ResourceDefinition:
    """The installation as a resource; where another process writes in its home, the run says so and waits.

    In one process all steps of a run share it. Steps in processes of their own would hold it one after another.
    """

    def hold(context: dg.InitResourceContext) -> Iterator[Installation]:
        def tell(said: Localised) -> None:
            installation.progress(said)
            if context.log is not None:
                context.log.info(said.in_language(installation.settings.language))

        run = context.run
        name = "Dagster" if run is None else f"{run.job_name} {run.run_id[:8]}"  # as the page of the run is headed
        with held(installation, name, tell) as alone:
            yield alone

    return dg.ResourceDefinition(hold)
