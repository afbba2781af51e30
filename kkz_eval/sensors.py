"""The sensors: of the inbox, where what arrives and has settled starts the yearly run; of what is accepted, which tells and starts nothing. No step of the line."""

from datetime import UTC, datetime

import dagster as dg

from kkz_eval.assets.accepted import changes
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.names import INBOX_SENSOR
from kkz_eval.jobs import yearly_run
from kkz_eval.line import say
from kkz_eval.line.alone import obstacle
from kkz_eval.line.installation import Installation
from kkz_eval.line.intake import fingerprint_of_inbox
from kkz_eval.line.what_holds import what_holds_now
from kkz_eval.model.errors import UserError
from kkz_eval.partitions import known_years, years_as_tags

INTERVAL_SECONDS = 15
ACCEPTED_SECONDS = 60


@dg.sensor(
    name=INBOX_SENSOR,
    job=yearly_run,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=described("sensor.inbox"),
)
def inbox_sensor(
    context: dg.SensorEvaluationContext, installation_only_read: dg.ResourceParam[Installation]
) -> dg.RunRequest | dg.SkipReason:
    """One run for what is new in the inbox.

    A file counts as settled when two looks in a row saw the same inbox. The run key holds the contents and the number of the
    last arrival, so that a content that comes back (A, B, A) starts a run again. While another process writes in the home, or a removal
    is not at its end, no run begins.
    """
    installation = installation_only_read
    language = installation.settings.language
    waits_for = obstacle(installation)
    if waits_for is not None:
        return dg.SkipReason(waits_for.in_language(language))
    try:
        seen = fingerprint_of_inbox(installation, datetime.now(UTC))
    except UserError as error:  # the inbox can't be looked into, which is no reason to think that nothing is there
        return dg.SkipReason(error.sentence.in_language(language))
    if seen is None:
        context.update_cursor("")
        return dg.SkipReason(say("sensor.nothing_new").in_language(language))
    if context.cursor != seen:
        context.update_cursor(seen)
        return dg.SkipReason(say("sensor.settling").in_language(language))
    return dg.RunRequest(run_key=seen, tags=years_as_tags(known_years()))


@dg.sensor(
    name="angenommen",
    minimum_interval_seconds=ACCEPTED_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=described("sensor.accepted"),
)
def accepted_sensor(
    context: dg.SensorEvaluationContext, installation_only_read: dg.ResourceParam[Installation]
) -> dg.SensorResult | dg.SkipReason:
    """Tell of which datasets other values hold: decided, handed in or removed, by whatever command or click.

    Not while another process writes in the home: a run tells by itself, at the moment that it takes.
    """
    installation, language = installation_only_read, installation_only_read.settings.language
    waits_for = obstacle(installation)
    if waits_for is not None:
        return dg.SkipReason(waits_for.in_language(language))
    try:
        holds = what_holds_now(installation)
    except UserError as error:
        return dg.SkipReason(error.sentence.in_language(language))
    told = list(changes(context.instance, holds))
    return dg.SensorResult(asset_events=told) if told else dg.SkipReason(say("sensor.same_holds").in_language(language))
