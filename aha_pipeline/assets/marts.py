"""One asset per file of `sql/marts`, its upstream assets read from the SQL."""

import time
from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline.assets import (
    columns,
    freshness,
    partitions,
    picklist_meaning,
    record_emails,
    step_order,
)
from aha_pipeline.assets.modules import module_key
from aha_pipeline.assets.unread_days import days_to_fill
from aha_pipeline.calendar import days_of
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.dictionary import KEPT, TABLE, write_dictionary
from aha_pipeline.warehouse.mart_files import (
    Mart,
    core_modules,
    marts_by_relation,
    read_marts,
)
from aha_pipeline.warehouse.mart_inputs import unserved_fields, write_inputs
from aha_pipeline.warehouse.marts import Refresh, contiguous_range, refresh
from aha_pipeline.warehouse.tables import table_name

PREFIX = "analytics"


def mart_assets(modules: Sequence[str], settings: Settings) -> list[dg.AssetsDefinition]:
    """Return the assets of all marts, over the modules that are read."""
    known = columns.KnownColumns()
    return [_mart_asset(mart, modules, settings, known) for mart in read_marts()]


def mart_key(name: str) -> dg.AssetKey:
    """Return the asset key of a mart: schema and table."""
    return dg.AssetKey([PREFIX, name])


def _mart_asset(
    mart: Mart, modules: Sequence[str], settings: Settings, known: columns.KnownColumns
) -> dg.AssetsDefinition:
    is_daily = mart.kind == "daily"

    @dg.asset(
        key=mart_key(mart.name),
        description=_description(mart),
        deps=_upstream(mart, modules),
        group_name=mart.group,
        kinds={"postgresql", "sql"},
        owners=[f"team:{mart.owner.replace(' ', '_')}"],
        partitions_def=partitions.daily(settings) if is_daily else None,
        backfill_policy=dg.BackfillPolicy.single_run() if is_daily else None,
        freshness_policy=freshness.daily(settings),
        op_tags=step_order.of_marts({mart.relation}),
        # On the definition, not on each materialization, which would repeat it a thousand times.
        metadata={
            "dagster/table_name": mart.relation,
            "SQL": dg.MetadataValue.md(f"```sql\n{mart.select.strip()}\n```"),
        },
    )
    def built(
        context: dg.AssetExecutionContext, services: dg.ResourceParam[Services]
    ) -> dg.MaterializeResult:
        started = time.monotonic()
        with services.connect() as connection:
            if lost := unserved_fields(connection, mart):
                raise dg.Failure(" ".join(lost), allow_retries=False)
            if is_daily:
                done = _fill(context, connection, mart, settings)
            else:
                done = refresh(connection, mart)
            seconds = time.monotonic() - started
            described = (
                known.metadata(connection, context.run.run_id, mart.relation, marts_by_relation())
                if done.is_unchanged
                else columns.schema_metadata(connection, mart.relation)
            )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": done.rows,
                "seconds": round(seconds, 2),
                "rows are": "unchanged, as what they are built from"
                if done.is_unchanged
                else "new",
                **described,
            }
        )

    return built


def _fill(
    context: dg.AssetExecutionContext, connection: Connection, mart: Mart, settings: Settings
) -> Refresh:
    """Fill the days of this run and those that earlier runs missed.

    A missed day is not a partition of this run, so its materialization is reported separately.
    """
    requested = context.partition_time_window
    first, last = requested.start.date(), _last_day(requested)
    keys = context.instance.get_materialized_partitions(context.asset_key)
    filled = set(map(date.fromisoformat, keys))
    ranges = days_to_fill(connection, settings, filled, first, last)
    done = [
        refresh(connection, mart, *contiguous_range(connection, *days), context.run.run_id)
        for days in ranges
    ]
    for day in (day for days in ranges for day in days_of(days) if day < first):
        context.log_event(dg.AssetMaterialization(context.asset_key, partition=day.isoformat()))
    return Refresh(sum(each.rows for each in done), all(each.is_unchanged for each in done))


@dg.asset(
    key=mart_key("metric_dictionary"),
    description="One row per figure of a mart: what it means, its unit and who answers for it. "
    "Rewritten from the headers of the mart files.",
    group_name="figures",
    kinds={"postgresql"},
    owners=["team:data_engineering"],
)
def metric_dictionary(services: dg.ResourceParam[Services]) -> dg.MaterializeResult:
    """Write the metric dictionary, and the modules and fields that each mart reads."""
    with services.connect() as connection:
        figures = write_dictionary(connection, [*read_marts(), *KEPT])
        write_inputs(connection, read_marts())
        described = columns.schema_metadata(connection, TABLE)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": figures,
            "dagster/table_name": TABLE,
            **described,
        }
    )


def _description(mart: Mart) -> str:
    """Return what a mart is, in Markdown: what a row is, the notes, and a line a figure."""
    figures = "\n".join(
        f"- **{figure.label}** `{figure.name}` ({figure.unit}): {figure.definition}"
        for figure in mart.figures
    )
    return "\n\n".join(part for part in (mart.row, mart.notes, figures) if part)


def _last_day(window: dg.TimeWindow) -> date:
    return window.end.date() - timedelta(days=1)


def _upstream(mart: Mart, modules: Sequence[str]) -> list[dg.AssetKey]:
    """Return the assets that a mart waits for.

    Every module writes the log of syncs; a mart of it waits only for modules that marts read, so
    that another one that cannot be read holds up nothing.
    """
    tables = {f"crm.{table_name(m)}": module_key(m) for m in modules}
    core = [f"crm.{table_name(m)}" for m in core_modules(modules)]
    marts = {
        s: mart_key(s.removeprefix(f"{PREFIX}.")) for s in mart.sources if s.startswith(PREFIX)
    }
    known = {
        **tables,
        **marts,
        f"crm.{picklist_meaning.KEY.path[-1]}": picklist_meaning.KEY,
        picklist_meaning.LABELS_TABLE: picklist_meaning.KEY,
        **dict.fromkeys(picklist_meaning.HOURS_TABLES, picklist_meaning.KEY),
        picklist_meaning.USERS_TABLE: picklist_meaning.KEY,
        record_emails.TABLE: record_emails.KEY,
    }
    read = {*mart.sources, *(core if "crm.sync_logs" in mart.sources else ())}
    read -= {*(mart.lookup or ()), *mart.optional}
    return [key for source, key in known.items() if source in read]
