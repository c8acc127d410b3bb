"""The jobs: the daily sync, and the message that tells of it."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from aha_pipeline.assets.modules import ZOHO_POOL, module_key
from aha_pipeline.assets.reconcile import CERTIFICATE, reconcile, verdict
from aha_pipeline.assets.resources import ServicesResource
from aha_pipeline.automation.days import today
from aha_pipeline.delivery import ledger
from aha_pipeline.delivery.deliver import deliver
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.ledger import Delivery, Outgoing
from aha_pipeline.delivery.sender import Sender
from aha_pipeline.services import Services, modules_of
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.certificate import REFUSED

NOT_CONFIGURED = (
    "No message is sent: the TWILIO_ settings are not set. The briefing is in the dashboard."
)

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
    context: dg.OpExecutionContext, config: ReconcileConfig, services: ServicesResource
) -> None:
    """Sweep each module, heal what differs, and show its certificate as a check of its asset."""
    opened = services.get()
    refused = []
    for module in config.modules or modules_of(opened.settings):
        certificate = reconcile(opened, module, context.run_id)
        context.log.info(certificate.sentence)
        context.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                check_name=CERTIFICATE, asset_key=module_key(module), **verdict(certificate)
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


def reconcile_config(modules: Sequence[str]) -> dict[str, object]:
    """Return the run configuration that makes `reconcile` compare these modules."""
    return {"ops": {"compare_with_zoho": {"config": {"modules": list(modules)}}}}


class MessageConfig(dg.Config):
    """Which stored briefing to send."""

    briefing_id: int


@dg.op
def send_briefing(
    context: dg.OpExecutionContext, config: MessageConfig, services: ServicesResource
) -> None:
    """Send the briefing to each reader that has not got it; the ledger keeps it at once each."""
    opened = services.get()
    with opened.connect() as connection:
        briefing = ledger.read_briefing(connection, config.briefing_id)
    try:
        rows = deliver(
            opened.connect,
            sender(opened.settings),
            briefing,
            opened.settings.recipients,
            today=today(opened.settings),
        )
    except DeliveryError as error:
        raise dg.Failure(str(error)) from None
    context.add_output_metadata({row.masked: f"part {row.part}: {row.status}" for row in rows})
    _require_sent(rows)


@dg.job(description="The newest briefing to the readers' WhatsApp, once.")
def send_whatsapp() -> None:
    """Send one briefing."""
    send_briefing()


def pending(opened: Services) -> Outgoing | None:
    """Return the briefing that a reader is still to get: yesterday's or today's, no older one."""
    oldest_day = today(opened.settings) - timedelta(days=1)
    with opened.connect() as connection:
        return ledger.pending_briefing(connection, oldest_day, opened.settings.recipients)


def message_config(briefing_id: int) -> dict[str, object]:
    """Return the run configuration that makes `send_whatsapp` send a briefing."""
    return {"ops": {"send_briefing": {"config": {"briefing_id": briefing_id}}}}


def sender(settings: Settings) -> Sender:
    """Return the configured sender."""
    return Sender(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        number=settings.sender_number,
        content_sid=settings.twilio_content_sid,
        api_url=settings.twilio_api_url,
    )


def _require_sent(rows: list[Delivery]) -> None:
    """Fail the run unless each message is under way; the sensor tries again what may pass."""
    missed = [row for row in rows if not row.is_taken]
    if missed:
        reasons = "; ".join(f"{row.masked}: {row.error_text or row.status}" for row in missed)
        raise dg.Failure(f"Not sent to {reasons}")
