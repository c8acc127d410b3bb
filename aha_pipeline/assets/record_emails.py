"""The asset `crm/record_emails`: the e-mails that Zoho lists of waiting leads and open deals."""

import logging
from collections.abc import Sequence

import dagster as dg

from aha_pipeline.assets import columns, picklist_meaning
from aha_pipeline.assets.back_fill import MODULES
from aha_pipeline.assets.modules import GROUP, RUNS_FIRST, module_key
from aha_pipeline.assets.read_emails import EmailRead, read_emails
from aha_pipeline.assets.record_history import POOL
from aha_pipeline.crm.errors import ZohoError
from aha_pipeline.services import Services

KEY = dg.AssetKey([GROUP, "record_emails"])
TABLE = "crm.record_emails"
SECONDS_PER_SYNC = 60  # the figures wait for it; what is left is read by the next syncs

log = logging.getLogger(__name__)


def emails_asset(modules: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset of `crm.record_emails`; `modules` are those that are read."""

    @dg.asset(
        key=KEY,
        description="One row per e-mail that Zoho lists of leads that wait for a first touch, of "
        "open deals, and of the other leads of 90 days, a credit for ten of one record, within "
        "half of the share for history (ZOHO_HISTORY_SHARE). Of each its time, whether it was "
        "sent and by which user or program, and what became of it: no subject, text or address.",
        deps=[
            *(module_key(module) for module in MODULES if module in modules),
            picklist_meaning.KEY,
        ],
        group_name=GROUP,
        kinds={"zoho", "postgresql"},
        owners=["team:data"],
        pool=POOL,
        op_tags=RUNS_FIRST,
    )
    def record_emails(services: dg.ResourceParam[Services]) -> dg.MaterializeResult:
        told = _read(services)
        with services.connect() as connection:
            described = columns.schema_metadata(connection, TABLE)
        return dg.MaterializeResult(metadata={**told, **described})

    return record_emails


def _read(services: Services) -> dict[str, str | int]:
    """Read for a while; what goes wrong is told, and never stops the day's figures."""
    if not services.settings.zoho_history_share:
        return {"e-mails": "They are not read, because ZOHO_HISTORY_SHARE is 0."}
    try:
        done = read_emails(services, seconds=SECONDS_PER_SYNC)
    except ZohoError as error:
        log.warning("E-mails are not read: %s", error)
        return {"e-mails": f"They are not read: {error}"}
    return metadata(done)


def metadata(done: EmailRead) -> dict[str, str | int]:
    """Return what a read did, as it is shown."""
    told: dict[str, str | int] = {
        "e-mails": done.progress.sentence,
        "records read": done.records,
        "API credits": done.credits,
        "records left": done.left,
        "dagster/table_name": TABLE,
    }
    if done.stopped:
        told["goes on"] = done.stopped
    return told
