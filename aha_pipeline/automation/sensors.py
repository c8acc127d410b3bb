"""The sensors: messages to send, messages without an outcome yet, erasures requested."""

from datetime import timedelta

import dagster as dg

from aha_pipeline.automation.erasure import erase_personal_data, has_requests
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

    It asks the ledger and not the asset's events, because no event shows a message that a crash
    left in doubt, one that another process has just sent, or a reader's answer, which allows the
    whole text.
    """
    if not services.readers:
        return dg.SkipReason(NOT_CONFIGURED)
    progress = survey(services)
    subjects = pending(progress)
    if not subjects:
        missed = " ".join(unreached(progress))
        return dg.SkipReason(missed or "Every message has been handed over, once a reader.")
    if _is_under_way(context, send_whatsapp):
        return dg.SkipReason("One is being sent.")
    return dg.RunRequest(run_config=message_config(subjects[0]))


@dg.sensor(
    job=erase_personal_data,
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Starts erase_personal_data when somebody has asked for an erasure.",
)
def erasure_on_request(
    context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]
) -> dg.RunRequest | dg.SkipReason:
    """Start `erase_personal_data` for what was asked for in the dashboard."""
    if not has_requests(services):
        return dg.SkipReason("Nobody has asked for an erasure.")
    if _is_under_way(context, erase_personal_data):
        return dg.SkipReason("One is being carried out.")
    return dg.RunRequest()


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


def _is_under_way(context: dg.SensorEvaluationContext, job: dg.JobDefinition) -> bool:
    runs = dg.RunsFilter(job_name=job.name, statuses=UNFINISHED)
    return bool(context.instance.get_runs(runs, limit=1))
