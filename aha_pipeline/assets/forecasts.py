"""The asset `analytics/forecasts`: what will be won, said each day and kept as it was said."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from aha_pipeline.assets import columns, freshness, partitions
from aha_pipeline.assets.marts import mart_key
from aha_pipeline.calendar import days_of, today
from aha_pipeline.forecast.made import days_made
from aha_pipeline.services import Services
from aha_pipeline.settings import Settings

if TYPE_CHECKING:
    from aha_pipeline.forecast.predict import Learnt

TABLE = "analytics.forecasts"
KEY = mart_key("forecasts")
DAILY_FOR = timedelta(days=35)  # of those longer ago only some days are made afterwards
OLDER_DAYS_OF_MONTH = (5, 10, 15, 20, 25)


def forecasts_asset(settings: Settings) -> dg.AssetsDefinition:
    """Return the asset, a partition a day."""

    @dg.asset(
        key=KEY,
        description="How much will have been won when the month and the fiscal quarter end, by the "
        "company and by each rep, as intervals: of each whole day, by what was known at its end. "
        "Added once and never changed; a day that was missed is made afterwards from the histories "
        "as they stood then, and marked as a back-test.",
        deps=[mart_key("deal_history")],
        group_name="figures",
        kinds={"postgresql", "scikitlearn"},
        owners=["team:sales_operations"],
        partitions_def=partitions.daily(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        freshness_policy=freshness.daily(settings),
        metadata={"dagster/table_name": TABLE},
    )
    def forecasts(
        context: dg.AssetExecutionContext, services: dg.ResourceParam[Services]
    ) -> dg.MaterializeResult:
        window = context.partition_time_window
        first, last = window.start.date(), window.end.date() - timedelta(days=1)
        rows = _make(services, first, last)
        with services.connect() as connection:
            described = columns.schema_metadata(connection, TABLE)
        return dg.MaterializeResult(metadata={"dagster/row_count": rows, **described})

    return forecasts


def _make(services: Services, first: date, last: date) -> int:
    """Make the forecasts that are missing from `first` to `last`, and of yesterday; return rows."""
    yesterday = today(services.settings) - timedelta(days=1)
    with services.connect() as connection:
        wanted = _wanted(first, min(last, yesterday), yesterday)
        missing = sorted(set(wanted) - days_made(connection, min(wanted), yesterday))
    return _make_days(services, missing, yesterday) if missing else 0


def _make_days(services: Services, missing: list[date], yesterday: date) -> int:
    # Imported here: pandas and NumPy, half a second that every other process would pay as well.
    from aha_pipeline.forecast.histories import read_histories
    from aha_pipeline.forecast.predict import forecast, learn_before
    from aha_pipeline.forecast.store import add

    with services.connect() as connection:
        histories = read_histories(connection)
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(fiscal_start_month, 1) from crm.organisation")
            row = cursor.fetchone()
    if row is None:
        return 0
    rows = 0
    learnt: dict[date, Learnt] = {}
    with services.connect() as connection:
        for day in missing:
            month = day.replace(day=1)
            if month not in learnt:
                learnt[month] = learn_before(histories, day, row[0])
            found = forecast(histories, day, learnt[month], row[0])
            rows += add(connection, day, found, is_back_test=day < yesterday)
            connection.commit()  # what is made stays made where a later day fails
    return rows


def _wanted(first: date, last: date, yesterday: date) -> list[date]:
    days = days_of((first, last)) if first <= last else []
    recent = yesterday - DAILY_FOR
    return [*(day for day in days if day > recent or day.day in OLDER_DAYS_OF_MONTH), yesterday]
