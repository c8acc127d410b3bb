"""The briefing asset: the day's true statements, chosen by the model or by ranking, and kept."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
from psycopg2.extensions import connection as Connection

from aha_pipeline import sql
from aha_pipeline.assets.marts import PREFIX, mart_key
from aha_pipeline.assets.partitions import RANGE_END
from aha_pipeline.briefing.compose import Briefing, Style, store, write_briefing
from aha_pipeline.briefing.facts import FOLDER, NoFigures, kinds
from aha_pipeline.briefing.report import TABLES
from aha_pipeline.calendar import today
from aha_pipeline.delivery import incidents
from aha_pipeline.services import Services
from aha_pipeline.warehouse.mart_files import optional_relations, read_marts, tables_read
from aha_pipeline.warehouse.state import read_organisation

BRIEFING_KEY = dg.AssetKey([PREFIX, "ai_briefing"])
SQL_FILES = (
    *(f"{FOLDER}/{kind}" for kind in kinds()),
    *(f"briefing/report/{table}" for table in TABLES),
)


class BriefingConfig(dg.Config):
    """Which day to write about; by default the last whole day of the run's range."""

    day: str | None = None


def _marts_read() -> list[dg.AssetKey]:
    tables = {table for name in SQL_FILES for table in tables_read(name, sql.read(name))}
    tables -= optional_relations()  # without activities there is a briefing too
    names = [*(mart.name for mart in read_marts()), "targets", "forecasts"]
    return [mart_key(name) for name in names if f"{PREFIX}.{name}" in tables]


@dg.asset(
    key=BRIEFING_KEY,
    description="One briefing per day: a report for the dashboard and a message for the readers, "
    "of statements that SQL found true of that day. Stored in analytics.ai_briefings_log; written "
    "again unchanged, it stays one row.",
    deps=_marts_read(),
    group_name="briefing",
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
        with services.connect() as connection:
            briefing = _write(connection, services, day)
            briefing_id = store(connection, briefing)
    except NoFigures as error:
        context.log.warning(f"No briefing: {error}")
        return
    _tell_refused(context, services, briefing)
    yield dg.MaterializeResult(metadata=_metadata(briefing_id, briefing))


def _day(context: dg.AssetExecutionContext, config: BriefingConfig, services: Services) -> date:
    yesterday = today(services.settings) - timedelta(days=1)
    chosen = config.day or context.run.tags.get(RANGE_END)
    return min(date.fromisoformat(chosen), yesterday) if chosen else yesterday


def _write(connection: Connection, opened: Services, day: date) -> Briefing:
    settings = opened.settings
    organisation = read_organisation(connection)
    if organisation is None:
        raise LookupError("crm.organisation is empty: no sync has begun yet")
    return write_briefing(
        connection,
        day=day,
        company=organisation["name"],
        is_sandbox=organisation["is_sandbox"],
        base_url=settings.ollama_base_url,
        model=settings.ollama_model,
        style=Style(
            currency=settings.aha_currency,
            languages=settings.languages,
            names=settings.briefing_names,
            dashboard_url=settings.aha_dashboard_url,
        ),
    )


def _tell_refused(context: dg.AssetExecutionContext, opened: Services, briefing: Briefing) -> None:
    """Open an incident for statements that a verifier held back, or close the one that is open."""
    with opened.connect() as connection:
        if not briefing.refused:
            incidents.close_untrue(connection, datetime.now(UTC))
            return
        held = ", ".join(briefing.refused)
        context.log.error(f"Held back, because the figures do not bear it out: {held}")
        incidents.open_incident(
            connection,
            key=f"untrue {briefing.day} {held}"[:500],
            day=today(opened.settings),
            kind="untrue",
            cause=f"{len(briefing.refused)} statements of the briefing of {briefing.day} were held "
            "back: a second reading of the figures did not bear them out. The rest was sent.",
            remedy="Pass this on to whoever looks after the pipeline: the log of the run names "
            "them, and sql/briefing holds both readings.",
            opened_at=datetime.now(UTC),
        )


def _metadata(briefing_id: int, briefing: Briefing) -> dict[str, Any]:
    return {
        "briefing": briefing_id,
        "day": briefing.day.isoformat(),
        "written by": briefing.model or "ranking",
        "why plain": briefing.plain_reason or "",
        "facts": len(briefing.facts),
        "held back": len(briefing.refused),
        "seconds": briefing.duration_seconds,
        # Its texts name people, and Dagster's event log cannot forget.
        "texts": "analytics.ai_briefings_log, and in the dashboard under AI & System Health",
    }
