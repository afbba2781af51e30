"""The command `tidy`: what by the settings need not stay any longer is removed, and said; without settings nothing is. What stays, say those who remove.

Backups are thinned out where they are made (`backup`).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling, telling_beside
from kkz_eval.deliveries.register.purging import require_no_open_purge
from kkz_eval.desk.actions import forget
from kkz_eval.line.alone import held
from kkz_eval.line.installation import open_installation
from kkz_eval.line.retention import remove_drafts
from kkz_eval.model.day import BERLIN
from kkz_eval.settings import Settings
from kkz_eval.storage.writer import require_home


def tidy(settings: Settings) -> int:
    """Remove drafts, the desk's log and runs beyond what the settings keep, and say what; always 0.

    Raises UserError where there is no home, a removal is not at its end, or contracts are not valid.
    """
    require_home(settings.home)
    keep, tell = settings.keep, telling(settings)
    if not (keep.drafts or keep.log_days or keep.run_days):
        tell(say("tidy.all_stays"))
        return 0
    with held(open_installation(settings), "kkz-eval tidy", telling_beside(settings)) as alone:
        require_no_open_purge(alone.steps.store)
        if keep.drafts:
            for plan, one in (gone := remove_drafts(alone, keep.drafts)):
                tell(say("tidy.draft", plan=plan.id, number=one.number, day=one.day))
            tell(say("tidy.drafts", count=len(gone), keep=keep.drafts))
        if keep.log_days:
            days = forget(settings.home, settings.day - timedelta(keep.log_days))
            tell(say("tidy.log", count=len(days), keep=keep.log_days))
        if keep.run_days:
            from kkz_eval.run_history import forget_runs, history_said, open_instance  # noqa: PLC0415 (Dagster takes a while)

            with history_said(settings), open_instance(settings) as instance:
                count = forget_runs(instance, datetime.combine(settings.day, time(), BERLIN) - timedelta(keep.run_days))
            tell(say("tidy.runs", count=count, keep=keep.run_days))
    return 0
