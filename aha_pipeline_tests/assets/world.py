"""A module read into a warehouse as the daily sync reads it, without Dagster around it."""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from aha_pipeline.assets.extract_load import WindowResult, sync_window
from aha_pipeline.services import Services
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.landing import Window

START, NEVER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
RUNS = count()


def read(services: Services, module: str = "Leads", since: datetime | None = None) -> WindowResult:
    """Read a module, from the beginning or since a time, to the end."""
    window = Window(
        f"run-{next(RUNS)}",
        module,
        since or START,
        NEVER,
        from_the_beginning=since is None,
        is_open=True,
    )
    return sync_window(services, window)


def rows(services: Services, query: str, *parameters: object) -> list[tuple]:
    """Return what a query finds in the warehouse."""
    with connect(services.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def living(services: Services, table: str = "leads_raw") -> dict[str, dict]:
    """Return the records that count as living, by id."""
    query = f"select id, raw_data from crm.{table} where deleted_at is null"  # noqa: S608
    return dict(rows(services, query))


def know_credits(services: Services) -> None:
    """Let the credits that Zoho gave back be known, as a new process would."""
    budget = services.zoho().budget
    budget.update(10**6)
    budget._booked = 0


def killed_within(services: Services, seconds: float, read: Callable[[Services], object]) -> None:
    """Let a process of its own read, and kill it."""
    child = os.fork()
    if child == 0:
        try:
            read(Services(services.settings))
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
