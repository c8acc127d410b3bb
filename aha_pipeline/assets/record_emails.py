"""The asset `crm/record_emails`: the e-mails that Zoho lists of waiting leads and open deals."""

from collections.abc import Sequence

import dagster as dg

from aha_pipeline.assets import columns, record_by_record, step_order
from aha_pipeline.assets.modules import GROUP
from aha_pipeline.assets.read_emails import EmailRead, read_emails
from aha_pipeline.assets.record_by_record import Metadata
from aha_pipeline.services import Services

KEY = dg.AssetKey([GROUP, "record_emails"])
TABLE = "crm.record_emails"
SECONDS_PER_SYNC = 60  # the figures wait for it; what is left is read by the next syncs


def emails_asset(modules: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset of `crm.record_emails`; `modules` are those that are read."""

    @record_by_record.asset(
        KEY,
        modules,
        step_order.OPTIONAL,
        "One row per e-mail that Zoho lists of leads that wait for a first touch, of "
        "open deals, and of the other leads of 90 days, a credit for ten of one record, within "
        "half of the share for history (ZOHO_HISTORY_SHARE). Of each its time, whether it was "
        "sent and by which user or program, and what became of it: no subject, text or address.",
    )
    def record_emails(services: dg.ResourceParam[Services]) -> dg.MaterializeResult:
        told = _read(services)
        with services.connect() as connection:
            described = columns.schema_metadata(connection, TABLE)
        return dg.MaterializeResult(metadata={**told, **described})

    return record_emails


def _read(services: Services) -> Metadata:
    return record_by_record.read_if_wanted(
        services,
        "e-mails",
        "They are not read",
        "E-mails are not read",
        lambda: metadata(read_emails(services, seconds=SECONDS_PER_SYNC)),
    )


def metadata(done: EmailRead) -> Metadata:
    """Return what a read did, as it is shown."""
    told: Metadata = {
        "e-mails": done.progress.sentence,
        "records read": done.records,
        "API credits": done.credits,
        "records left": done.left,
        "dagster/table_name": TABLE,
    }
    if done.stopped:
        told["goes on"] = done.stopped
    return told
