"""The schedules of Dagster. "fristen": the board and its replies every Monday morning; off until someone switches it on. No step of the line."""

from __future__ import annotations

import dagster as dg

from kkz_eval.descriptions import described
from kkz_eval.jobs import deadlines_job

deadline_reminders = dg.ScheduleDefinition(
    name="fristen",
    job=deadlines_job,
    cron_schedule="0 7 * * 1",
    execution_timezone="Europe/Berlin",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description=described("schedule.deadlines"),
)
