"""The jobs: the daily sync, and the message that tells of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from aha_pipeline.assets.modules import ZOHO_POOL, module_key
from aha_pipeline.assets.reconcile import CERTIFICATE, check_result_arguments, reconcile
from aha_pipeline.calendar import today
from aha_pipeline.delivery import outgoing
from aha_pipeline.delivery.deliver import deliver
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.ledger import Delivery
from aha_pipeline.delivery.statuses import WINDOW
from aha_pipeline.services import Services, sender
from aha_pipeline.warehouse.certificate import REFUSED

NOT_CONFIGURED = (
    "No message is sent: the TWILIO_ settings are not set. The briefing is in the dashboard."
)

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]

daily_sync = dg.define_asset_job(
    "daily_sync",
    selection=dg.AssetSelection.all(),
    description="Zoho CRM -> PostgreSQL -> marts -> briefing, for a range of days.",
)


class ReconcileConfig(dg.Config):
    """Which modules to compare; by default all that are configured."""

    modules: list[str] | None = None


@dg.op(pool=ZOHO_POOL)
def compare_with_zoho(
    context: dg.OpExecutionContext, config: ReconcileConfig, services: dg.ResourceParam[Services]
) -> None:
    """Sweep each module, heal what differs, and show its certificate as a check of its asset."""
    refused = []
    for module in config.modules or services.settings.zoho_modules:
        certificate = reconcile(services, module, context.run.run_id)
        context.log.info(certificate.sentence)
        context.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                check_name=CERTIFICATE,
                asset_key=module_key(module),
                **check_result_arguments(certificate),
            )
        )
        if certificate.verdict == REFUSED:
            refused.append(certificate.sentence)
    if refused:
        raise dg.Failure(" ".join(refused), allow_retries=False)


@dg.job(
    name="reconcile",
    description="Compares every record of every module with Zoho, heals what differs, certifies.",
)
def reconcile_job() -> None:
    """Compare everything."""
    compare_with_zoho()


def reconcile_config(modules: Sequence[str]) -> dict[str, Any]:
    """Return the run configuration that makes `reconcile` compare these modules."""
    return {"ops": {"compare_with_zoho": {"config": {"modules": list(modules)}}}}


class MessageConfig(dg.Config):
    """Which message to send: 'briefing 2026-11-20', or 'incident 7' for a notice."""

    subject: str


@dg.op
def send_message(
    context: dg.OpExecutionContext, config: MessageConfig, services: dg.ResourceParam[Services]
) -> None:
    """Send the message to each reader that has not got it; the ledger keeps it at once each."""
    try:
        rows = deliver(
            services.connect,
            sender(services.settings),
            config.subject,
            services.settings.recipients,
            today=today(services.settings),
        )
    except DeliveryError as error:
        raise dg.Failure(str(error)) from None
    context.add_output_metadata(
        {row.masked: f"{row.form}, part {row.part}: {row.status}" for row in rows}
    )
    _require_sent(rows)


@dg.job(description="A briefing, or the notice of a failed sync, to the readers' WhatsApp, once.")
def send_whatsapp() -> None:
    """Send one message."""
    send_message()


def pending(services: Services) -> list[str]:
    """Return the subjects that a reader is still to get: of yesterday or today, none older."""
    oldest_day = today(services.settings) - timedelta(days=1)
    with services.connect() as connection:
        return outgoing.pending(
            connection,
            oldest_day,
            services.settings.recipients,
            templated=list(sender(services.settings).content_sids),
            window_hours=WINDOW / timedelta(hours=1),
        )


def message_config(subject: str) -> dict[str, Any]:
    """Return the run configuration that makes `send_whatsapp` send a message."""
    return {"ops": {"send_message": {"config": {"subject": subject}}}}


def _require_sent(rows: list[Delivery]) -> None:
    """Fail the run unless each message is under way; the sensor tries again what may pass."""
    missed = [row for row in rows if not row.is_taken]
    if missed:
        reasons = "; ".join(f"{row.masked}: {row.error_text or row.status}" for row in missed)
        raise dg.Failure(f"Not sent to {reasons}")
