"""The sensors: a message that is still to be sent, and messages whose end is not known yet."""

from datetime import timedelta

import dagster as dg

from aha_pipeline.automation.jobs import (
    NOT_CONFIGURED,
    UNFINISHED,
    message_config,
    pending,
    send_whatsapp,
    survey,
    unreached,
)
from aha_pipeline.calendar import today
from aha_pipeline.delivery import statuses
from aha_pipeline.services import Services


@dg.sensor(
    job=send_whatsapp,
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=15,
    description="Starts send_whatsapp when a briefing or a notice has not reached every reader.",
)
def whatsapp_on_briefing(
    context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]
) -> dg.RunRequest | dg.SkipReason:
    """Start `send_whatsapp` for a message that the ledger does not know as sent.

    It asks the ledger and not the asset's events, because an event tells neither of the message
    that a crash left in doubt nor of the one that another process has just sent, nor that a reader
    has answered and may get the whole text.
    """
    if not services.readers:
        return dg.SkipReason(NOT_CONFIGURED)
    progress = survey(services)
    subjects = pending(progress)
    if not subjects:
        missed = " ".join(unreached(progress))
        return dg.SkipReason(missed or "Every message has been handed over, once a reader.")
    sending = dg.RunsFilter(job_name=send_whatsapp.name, statuses=UNFINISHED)
    if context.instance.get_runs(sending, limit=1):
        return dg.SkipReason("One is being sent.")
    return dg.RunRequest(run_config=message_config(subjects[0]))


@dg.sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Asks the channels what became of the messages under way, and who has answered.",
)
def delivery_statuses(services: dg.ResourceParam[Services]) -> dg.SkipReason:
    """Bring the ledger up to date with the channels: accepted is not delivered."""
    if not services.readers:
        return dg.SkipReason(NOT_CONFIGURED)
    changed = statuses.refresh(
        services.connect,
        services.readers,
        oldest_day=today(services.settings) - timedelta(days=1),
    )
    return dg.SkipReason(
        ", ".join(
            f"{row.masked} by {row.channel}, {row.form} part {row.part}: {row.status}"
            for row in changed
        )
        or "No message is under way, or none has moved."
    )
