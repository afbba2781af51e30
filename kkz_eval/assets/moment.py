"""The snapshot that all steps of a run share: taken after the verdicts, named in a tag of the run, opened again where a step is run anew."""

from __future__ import annotations

from functools import lru_cache

import dagster as dg

from kkz_eval.assets.accepted import tell_what_holds
from kkz_eval.assets.failures import sentences
from kkz_eval.line.installation import Installation
from kkz_eval.line.snapshot import Snapshot, current_snapshot, keep_snapshot, open_snapshot
from kkz_eval.line.study import Study, study_of
from kkz_eval.line.what_holds import what_holds

TAG = "kkz/snapshot"


def take_moment(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, installation: Installation) -> Snapshot:
    """What is accepted now, as the snapshot of this run from here on."""
    snapshot = current_snapshot(installation)
    keep_snapshot(snapshot)
    context.instance.add_run_tags(context.run.run_id, {TAG: snapshot.name})
    tell_what_holds(context.instance, what_holds(snapshot.register, installation.contracts.values()))
    return snapshot


def moment_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, installation: Installation) -> Snapshot:
    """The snapshot of this run, or of the run that this one repeats a part of; taken now where there is none.

    A failure that says so where contracts, decisions or plans changed since, or something in it was removed or is to be.
    """
    with sentences(installation.settings.language):
        try:
            name = _name_of_moment(context.instance, context.run.run_id)
        except KeyError:
            return take_moment(context, installation)
        return open_snapshot(installation, name)


@lru_cache(maxsize=4)  # a run keeps the moment that it has, and each of its steps asks
def _name_of_moment(instance: dg.DagsterInstance, run_id: str) -> str:
    """The tag of a run that names its snapshot. Raises KeyError where it has none yet."""
    run = instance.get_run_by_id(run_id)
    if run is None:
        raise KeyError(run_id)
    return run.tags[TAG]


def study_in(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, installation: Installation, plan_id: str
) -> Study:
    """The study of a plan on the snapshot of this run."""
    return study_of(moment_of(context, installation), plan_id)
