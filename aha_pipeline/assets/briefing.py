"""The briefing asset: the day's facts, worded by the model or by the plain template."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import dagster as dg

from aha_pipeline import sql
from aha_pipeline.assets.marts import PREFIX, mart_key
from aha_pipeline.assets.partitions import RANGE_END
from aha_pipeline.briefing.compose import Briefing, store, write_briefing
from aha_pipeline.briefing.facts import NoFigures, gather
from aha_pipeline.calendar import today
from aha_pipeline.services import Services
from aha_pipeline.warehouse.mart_files import tables_read
from aha_pipeline.warehouse.state import read_organisation

FACTS = "briefing/facts"
BRIEFING_KEY = dg.AssetKey([PREFIX, "ai_briefing"])


class BriefingConfig(dg.Config):
    """Which day to write about; by default the last whole day of the run's range."""

    day: str | None = None


def _marts_read() -> list[dg.AssetKey]:
    tables = tables_read(FACTS, sql.read(FACTS))
    return [mart_key(t.removeprefix(f"{PREFIX}.")) for t in tables if t.startswith(f"{PREFIX}.")]


@dg.asset(
    key=BRIEFING_KEY,
    description="One briefing per day: a report for the dashboard and a summary for WhatsApp, from "
    "the facts of that day alone. Stored in analytics.ai_briefings_log; written again unchanged, "
    "it stays one row.",
    deps=_marts_read(),
    group_name="analytics",
    kinds={"ollama", "postgresql"},
    owners=["team:sales"],
    output_required=False,
)
def ai_briefing(
    context: dg.AssetExecutionContext, config: BriefingConfig, services: dg.ResourceParam[Services]
) -> Iterator[dg.MaterializeResult]:
    """Yield the day's briefing; nothing while the figures hold no whole day."""
    day = _day(context, config, services)
    try:
        briefing = _write(services, day)
    except NoFigures as error:
        context.log.warning(f"No briefing: {error}")
        return
    with services.connect() as connection:
        briefing_id = store(connection, briefing)
    yield dg.MaterializeResult(metadata=_metadata(briefing_id, briefing))


def _day(context: dg.AssetExecutionContext, config: BriefingConfig, services: Services) -> date:
    yesterday = today(services.settings) - timedelta(days=1)
    chosen = config.day or context.run.tags.get(RANGE_END)
    return min(date.fromisoformat(chosen), yesterday) if chosen else yesterday


def _write(services: Services, day: date) -> Briefing:
    with services.connect() as connection:
        organisation = read_organisation(connection)
        if organisation is None:
            raise LookupError("crm.organisation is empty: no sync has begun yet")
        facts = gather(connection, day, services.settings.aha_currency)
    return write_briefing(
        facts,
        day=day,
        company=organisation["name"],
        is_sandbox=organisation["is_sandbox"],
        base_url=services.settings.ollama_base_url,
        model=services.settings.ollama_model,
    )


def _metadata(briefing_id: int, briefing: Briefing) -> dict[str, Any]:
    return {
        "briefing": briefing_id,
        "day": briefing.day.isoformat(),
        "written by": briefing.model or "plain template",
        "why plain": briefing.plain_reason or "",
        "facts": len(briefing.facts),
        "seconds": briefing.duration_seconds,
        # Its texts name people, whom nobody can take out of Dagster's event log again.
        "texts": "analytics.ai_briefings_log, and in the dashboard under AI & System Health",
    }
