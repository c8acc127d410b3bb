"""Dagster: its storage, and whether its daemon lives, which starts the daily job."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from aha_pipeline.doctor.finding import Finding, ok, problem, warning
from aha_pipeline.instance import home
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect

SILENT = timedelta(minutes=1)  # a daemon beats every 30 s


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what is found. Before the first start there is nothing, and nothing is made."""
    try:
        with connect(settings.session_url) as connection, connection.cursor() as cursor:
            cursor.execute("select to_regclass('dagster.daemon_heartbeats') is not null")
            [(is_made,)] = cursor
    except DatabaseUnreachable as error:
        yield problem("Dagster storage", error)
        return
    if not is_made:
        yield ok("Dagster storage", "Made at the first start.")
        return
    # Imported here: Dagster takes seconds to import.
    from dagster import DagsterInstance
    from sqlalchemy.exc import SQLAlchemyError

    home.prepare(settings)
    try:
        with DagsterInstance.get() as instance:
            beats = [one.timestamp for one in instance.get_daemon_heartbeats().values()]
    except SQLAlchemyError as error:
        yield problem("Dagster storage", f"It does not answer ({type(error).__name__}): try again.")
        return
    yield ok("Dagster storage", "In the schema dagster.")
    last = datetime.fromtimestamp(max(beats), UTC) if beats else None
    yield daemon(last, datetime.now(UTC))


def daemon(last: datetime | None, now: datetime) -> Finding:
    """Return whether the daemon lives, which last beat then."""
    remedy = "nothing starts the daily job by itself. Start: aha up"
    if last is None:
        return warning("Dagster daemon", f"It has never run, so {remedy}")
    if now - last > SILENT:
        return warning("Dagster daemon", f"Silent since {last:%-d %b %H:%M} UTC, so {remedy}")
    return ok("Dagster daemon", "Alive.")
