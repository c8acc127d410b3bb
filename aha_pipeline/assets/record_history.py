"""The asset `crm/record_history`: what Zoho tells of deals and leads before the first sync."""

from collections.abc import Sequence

import dagster as dg

from aha_pipeline.assets import columns, record_by_record, step_order
from aha_pipeline.assets.back_fill import BackFill, back_fill
from aha_pipeline.assets.modules import GROUP
from aha_pipeline.assets.record_by_record import Metadata
from aha_pipeline.services import Services
from aha_pipeline.warehouse import history_known

KEY = dg.AssetKey([GROUP, "record_history"])
TABLE = "crm.record_history"
SECONDS_PER_SYNC = 180  # the next syncs, or `aha history`, read the rest


def history_asset(modules: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset of `crm.record_history`; `modules` are those that are read."""

    @record_by_record.asset(
        KEY,
        modules,
        step_order.LAST,
        "What Zoho's own history tells of deals and leads before the first sync, one "
        "row an entry, as it was sent: the modules that track a picklist, then the timelines of "
        "open deals, of deals closed within a year and of open leads, within a share of the day's "
        "API credits (ZOHO_HISTORY_SHARE), over as many days as it takes.",
    )
    def record_history(services: dg.ResourceParam[Services]) -> dg.MaterializeResult:
        with services.connect() as connection:
            described = columns.schema_metadata(connection, TABLE)
            known = history_known.read(connection)
        figures = {"in the figures": history_known.sentence(known)} if known else {}
        return dg.MaterializeResult(metadata={**_read(services), **figures, **described})

    return record_history


def _read(services: Services) -> Metadata:
    return record_by_record.read_if_wanted(
        services,
        "history",
        "It is not read",
        "Zoho's history is not read",
        lambda: metadata(back_fill(services, seconds=SECONDS_PER_SYNC)),
    )


def metadata(done: BackFill) -> Metadata:
    """Return what a read did, as metadata of the asset."""
    told: Metadata = {
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
