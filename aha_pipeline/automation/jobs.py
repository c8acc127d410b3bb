"""The jobs: the daily sync, the message about it, and the comparison with Zoho."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from aha_pipeline.assets.modules import ZOHO_POOL, module_key
from aha_pipeline.assets.reconcile import CERTIFICATE, check_result_arguments, reconcile
from aha_pipeline.calendar import today
from aha_pipeline.delivery import routing
from aha_pipeline.delivery.deliver import deliver
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.ledger import Delivery
from aha_pipeline.services import Services
from aha_pipeline.warehouse.certificate import REFUSED

NOT_CONFIGURED = (
    "No message is sent: no channel is set, such as the TWILIO_ settings. The briefing is in the "
    "dashboard."
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
    """Send the message to each reader who has not got it; the ledger prevents a second one."""
    try:
        rows = deliver(
            services.connect,
            config.subject,
            services.readers,
            today=today(services.settings),
            patience=services.settings.patience,
        )
    except DeliveryError as error:
        raise dg.Failure(str(error)) from None
    context.add_output_metadata(
        {f"{row.masked}, {row.channel}, {row.form} {row.part}": row.status for row in rows}
    )
    _require_sent(rows)


@dg.job(description="A briefing, or the notice of a failed sync, to each reader, once.")
def send_whatsapp() -> None:
    """Send one message."""
    send_message()


def survey(services: Services) -> list[routing.Progress]:
    """Return how far each message of yesterday and today has come, by reader."""
    with services.connect() as connection:
        return routing.survey(
            connection,
            services.readers,
            oldest_day=today(services.settings) - timedelta(days=1),
            patience=services.settings.patience,
        )


def pending(progress: Iterable[routing.Progress]) -> list[str]:
    """Return the subjects that some reader is to get now, in sending order."""
    return list(dict.fromkeys(one.subject for one in progress if one.is_due))


def unreached(progress: Iterable[routing.Progress]) -> list[str]:
    """Return a sentence for each message that did not reach a reader: who, why and what to do."""
    return [
        f"{one.subject} has not reached {one.reader.masked}. {_reason(one.rows)}"
        for one in progress
        if one.is_unreached
    ]


def message_config(subject: str) -> dict[str, Any]:
    """Return the run configuration that makes `send_whatsapp` send a message."""
    return {"ops": {"send_message": {"config": {"subject": subject}}}}


def _require_sent(rows: list[Delivery]) -> None:
    """Fail the run unless each message is under way; the sensor retries failures that may pass."""
    missed = [row for row in rows if not row.is_taken]
    if missed:
        reasons = "; ".join(f"{row.masked} by {row.channel}: {_reason([row])}" for row in missed)
        raise dg.Failure(f"Not sent to {reasons}")


def _reason(rows: Sequence[Delivery]) -> str:
    return " ".join(dict.fromkeys(row.error_text or f"It is {row.status}." for row in rows))
