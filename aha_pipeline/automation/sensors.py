"""The sensors: a briefing that is still to be sent, and messages whose end is not known yet."""

import dagster as dg

from aha_pipeline.assets.resources import ServicesResource
from aha_pipeline.automation.jobs import (
    NOT_CONFIGURED,
    message_config,
    pending,
    send_whatsapp,
    sender,
)
from aha_pipeline.delivery.deliver import refresh_statuses

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dg.sensor(
    job=send_whatsapp,
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=15,
    description="Starts send_whatsapp when the newest briefing has not reached every reader.",
)
def whatsapp_on_briefing(
    context: dg.SensorEvaluationContext, services: ServicesResource
) -> dg.RunRequest | dg.SkipReason:
    """Start `send_whatsapp` for a briefing that the ledger does not know as sent.

    It asks the ledger and not the asset's events, because an event tells neither of the message
    that a crash left in doubt nor of the one that another process has just sent.
    """
    opened = services.get()
    if not opened.settings.has_twilio:
        return dg.SkipReason(NOT_CONFIGURED)
    briefing = pending(opened)
    if briefing is None:
        return dg.SkipReason("Every reader has the newest briefing.")
    sending = dg.RunsFilter(job_name=send_whatsapp.name, statuses=UNFINISHED)
    if context.instance.get_runs(sending, limit=1):
        return dg.SkipReason("It is being sent.")
    return dg.RunRequest(run_config=message_config(briefing.id))


@dg.sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Asks Twilio what became of the messages that are under way.",
)
def whatsapp_statuses(services: ServicesResource) -> dg.SkipReason:
    """Bring the ledger up to date with Twilio: accepted is not delivered."""
    opened = services.get()
    if not opened.settings.has_twilio:
        return dg.SkipReason(NOT_CONFIGURED)
    changed = refresh_statuses(opened.connect, sender(opened.settings))
    return dg.SkipReason(
        ", ".join(f"{row.masked} part {row.part}: {row.status}" for row in changed)
        or "No message is under way, or none has moved."
    )
