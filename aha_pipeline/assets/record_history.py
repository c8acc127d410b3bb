"""The asset `crm/record_history`: what Zoho tells of deals and leads before the first sync."""

import logging
from collections.abc import Sequence

import dagster as dg

from aha_pipeline.assets import columns, picklist_meaning
from aha_pipeline.assets.back_fill import MODULES, BackFill, back_fill
from aha_pipeline.assets.modules import GROUP, module_key
from aha_pipeline.crm.errors import ZohoError
from aha_pipeline.services import Services
from aha_pipeline.warehouse import history_known

KEY = dg.AssetKey([GROUP, "record_history"])
TABLE = "crm.record_history"
POOL = "zoho_history"
SECONDS_PER_SYNC = 180  # the next syncs, or `aha history`, read the rest
RUNS_LAST = {"dagster/priority": "-1"}  # figures and briefing come first

log = logging.getLogger(__name__)


def history_asset(modules: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset of `crm.record_history`; `modules` are those that are read."""

    @dg.asset(
        key=KEY,
        description="What Zoho's own history tells of deals and leads before the first sync, one "
        "row an entry, as it was sent: the modules that track a picklist, then the timelines of "
        "open deals, of deals closed within a year and of open leads, within a share of the day's "
        "API credits (ZOHO_HISTORY_SHARE), over as many days as it takes.",
        deps=[
            *(module_key(module) for module in MODULES if module in modules),
            picklist_meaning.KEY,
        ],
        group_name=GROUP,
        kinds={"zoho", "postgresql"},
        owners=["team:data"],
        pool=POOL,
        op_tags=RUNS_LAST,
    )
    def record_history(services: dg.ResourceParam[Services]) -> dg.MaterializeResult:
        with services.connect() as connection:
            described = columns.schema_metadata(connection, TABLE)
            known = history_known.read(connection)
        figures = {"in the figures": history_known.sentence(known)} if known else {}
        return dg.MaterializeResult(metadata={**_read(services), **figures, **described})

    return record_history


def _read(services: Services) -> dict[str, str | int]:
    """Read for a while; return what was done or went wrong, which never stops the day's figures."""
    if not services.settings.zoho_history_share:
        return {"history": "It is not read, because ZOHO_HISTORY_SHARE is 0."}
    try:
        done = back_fill(services, seconds=SECONDS_PER_SYNC)
    except ZohoError as error:
        log.warning("Zoho's history is not read: %s", error)
        return {"history": f"It is not read: {error}"}
    return metadata(done)


def metadata(done: BackFill) -> dict[str, str | int]:
    """Return what a read did, as metadata of the asset."""
    told: dict[str, str | int] = {
        "history": done.progress.sentence,
        "timelines read": done.timelines,
        "tracker rows read": done.rows,
        "API credits": done.credits,
        "records left": done.left,
        "dagster/table_name": TABLE,
    }
    if done.stopped:
        told["goes on"] = done.stopped
    if done.problems:
        told["not to be had"] = " ".join(done.problems)
    return told
