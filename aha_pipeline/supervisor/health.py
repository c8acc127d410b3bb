"""Health for an outside monitor: `/healthz`, and a heartbeat to AHA_HEARTBEAT_URL.

Both run in this process, so they notice a dead daemon or database, and end with it.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg2
import requests
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from aha_pipeline import refusals, sql
from aha_pipeline.calendar import LATE_AFTER, due_before
from aha_pipeline.settings import Settings
from aha_pipeline.supervisor.children import Children
from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from http_guard import Guard

log = logging.getLogger(__name__)

LOOK_SECONDS = 10
BEAT_SECONDS = 60
BEAT_TIMEOUT_SECONDS = 10
SILENT_SECONDS = 90  # the daemon beats every 30 s
STUCK_SECONDS = 60  # a look takes ten at most, but for a database that stops in its midst
HOST = "127.0.0.1"


class Health:
    """Looks at children, database, daemon and the last sync; `problems` is a sentence each."""

    def __init__(self, children: Children, address: Callable[[], str | None]) -> None:
        self._children, self._address = children, address
        self.is_starting = True
        self._looked_at = time.monotonic()
        self._was_seen = False  # after the start: until then not everything is looked at
        self.problems: list[str] = []

    def look(self, settings: Settings) -> None:
        """Bring `problems` up to date. Never raises."""
        is_whole = not self.is_starting
        found = [
            f"{child.service.name} does not run: see {child.log}."
            for child in self._children.all
            if child.service.kept and not child.is_up
        ]
        address = self._address()
        if address is not None:
            found += _of_database(address, settings, has_daemon=is_whole)
        self.problems = found
        self._was_seen = is_whole
        self._looked_at = time.monotonic()

    async def answer(self, _: Request) -> JSONResponse:
        """Return 200 while all is well, else 503 with what is not."""
        problems = list(self.problems)
        stuck = time.monotonic() - self._looked_at
        if stuck > STUCK_SECONDS:
            problems.append(
                f"Nothing has been looked at for {stuck:.0f} s, as when the database stops in the "
                "midst of an answer: look at it, then start `aha up` again."
            )
        seen = "failing" if problems else "ok"
        status = seen if self._was_seen else "starting"
        children = {
            child.service.name: {"is_up": child.is_up, "restarts": child.restarts}
            for child in self._children.all
            if child.service.kept
        }
        body = {"status": status, "problems": problems, "services": children}
        return JSONResponse(body, 200 if status == "ok" else 503)


def serve(health: Health, port: int, hosts: tuple[str, ...]) -> None:
    """Answer `/healthz` on loopback from a thread of this process; `hosts` as for the UI."""
    app = Guard(Starlette(routes=[Route("/healthz", health.answer)]), hosts)
    config = uvicorn.Config(app, host=HOST, port=port, log_level="error", lifespan="off")
    threading.Thread(target=uvicorn.Server(config).run, daemon=True).start()


def watch(
    health: Health, settings: Settings, alert: Callable[[list[str]], None], until: threading.Event
) -> None:
    """Look every ten seconds, give `alert` what is found, and beat while all is well.

    Whatever goes wrong in it is a problem too, and the next look comes all the same.
    """
    beat_at = 0.0
    while not until.wait(LOOK_SECONDS):
        try:
            health.look(settings)
            if health.is_starting:
                continue
            alert(health.problems)
        except Exception as error:
            said = refusals.sentence(error) or f"The watch failed ({type(error).__name__})."
            health.problems = [said]
            log.warning("%s", said)
            continue
        url = settings.aha_heartbeat_url
        if url and not health.problems and time.monotonic() >= beat_at:
            beat_at = time.monotonic() + BEAT_SECONDS
            _beat(url.get_secret_value())


def _beat(url: str) -> None:
    try:
        requests.get(url, timeout=BEAT_TIMEOUT_SECONDS, allow_redirects=False).raise_for_status()
    except requests.RequestException as error:
        # Not the error's text, which holds the address: who knows it can beat in our place.
        log.warning("The beat to AHA_HEARTBEAT_URL failed (%s).", type(error).__name__)


def _of_database(address: str, settings: Settings, *, has_daemon: bool) -> list[str]:
    try:
        with connect(address, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("select to_regclass('dagster.daemon_heartbeats') is not null")
            [(is_made,)] = cursor
            if not (is_made and has_daemon):
                return []
            cursor.execute(sql.read("warehouse/health"))
            [(silent_seconds, synced_at)] = cursor
    except DatabaseUnreachable as error:
        return [str(error)]
    except psycopg2.Error as error:
        return [errors.sentence(error)]
    found = []
    if silent_seconds is None or silent_seconds > SILENT_SECONDS:
        found.append("Dagster's daemon does not beat, so nothing starts the daily sync.")
    due = due_before(datetime.now(UTC) - LATE_AFTER, settings)
    if synced_at is not None and synced_at < due:
        found.append(f"No sync has read anything since it was due on {due:%-d %b at %H:%M}.")
    return found
