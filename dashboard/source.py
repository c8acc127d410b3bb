"""Where the pages' rows come from: the queries of `sql/dashboard`, kept until the data changes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from threading import BoundedSemaphore
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg2
import streamlit as st
from psycopg2 import sql as names
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.settings import ALL_MODULES, Settings
from aha_pipeline.warehouse import embedded
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect, connect_reader
from aha_pipeline.warehouse.connection_limits import PAGES
from aha_pipeline.warehouse.heartbeat import DEAD_SECONDS
from dashboard.filters import Filters
from dashboard.login import Viewer
from dashboard.periods import Calendar
from dashboard.style import Row

KEPT_ANSWERS = 300
CONNECTION_SECONDS = 30
TURNS, TURN_SECONDS, UNNOTICED_SECONDS = 2, 300, 2
WRITING = 2
# Modules as Zoho's own addresses name them: Deals were Potentials until 2016.
TABS_OF_ZOHO = {
    "Leads": "Leads",
    "Deals": "Potentials",
    "Contacts": "Contacts",
    "Accounts": "Accounts",
}
PARAMETER = re.compile(r"%\((\w+)\)s")
# A page has one connection while it is drawn, and for a moment another one to write with.
_free = BoundedSemaphore(PAGES - WRITING)
# One interpreter draws all pages: more of them at a time only delay each other, and the loop that
# serves the browsers.
_turns = BoundedSemaphore(TURNS)


class NotBuilt(RuntimeError):
    """What the page reads is not in the database yet; the text says what to run."""


class Busy(DatabaseUnreachable):
    """Too many pages are being read for this one to be."""

    def __init__(self) -> None:
        super().__init__("Too many pages are being read at once: load this one again.")


@dataclass(frozen=True)
class Source:
    """An open read-only connection and what it is connected to.

    address: of the database, for the few things that the page may write.
    viewer: who looks; `viewer.may_see_records` says whether single records may be shown.
    version: changes when the data do. as_of: up to when Leads and Deals have been read, aware, in
    `zone`; None before the first complete read. syncs: ids of the runs under way. trouble: modules
    whose newest read did not complete. watched: the modules that are read; None is all that ever
    were.
    purge_after_days: as set, for who is about to erase somebody.
    """

    connection: Connection
    address: str
    viewer: Viewer
    version: str
    company: str
    is_sandbox: bool
    currency: str
    web_url: str | None
    calendar: Calendar
    zone: ZoneInfo
    as_of: datetime | None
    syncs: tuple[str, ...]
    is_stale: bool
    trouble: tuple[str, ...]
    watched: list[str] | None
    purge_after_days: int | None = None
    filters: Filters = field(default_factory=Filters)

    @property
    def today(self) -> date | None:
        """The day up to which the CRM has been read: not whole yet in any figure."""
        return self.as_of and self.as_of.date()

    def rows(self, name: str, **parameters: object) -> list[Row]:
        """Return the rows of `sql/dashboard/<name>.sql`, from memory if the data are the same.

        A parameter that is not given is that of the filters, or else null.
        Raises NotBuilt where a mart is missing.
        """
        return _kept(self.connection, self.version, name, self._parameters(name, parameters))

    def mart(self, name: str, order: str) -> list[Row]:
        """Return all rows of a mart, as `rows` does. order: as in SQL, such as "leads desc"."""
        return _kept_mart(self.connection, self.version, name, order)

    def listed(self, name: str, **parameters: object) -> list[Row]:
        """Return rows as `rows` does, but never kept in memory: for long lists of records."""
        return _ask(self.connection, name, self._parameters(name, parameters))

    @contextmanager
    def opened_again(self) -> Iterator["Source"]:
        """Yield it with a connection of its own, for what is asked after the page was drawn."""
        with _borrowed(self.address) as connection:
            yield replace(self, connection=connection)

    def write(self, name: str, **parameters: object) -> None:
        """Carry out `sql/dashboard/<name>.sql`, which keeps what a viewer did with the page."""
        # The connection that pages are read with refuses to write.
        with connect(self.address) as connection, connection.cursor() as cursor:
            cursor.execute(sql.read(f"dashboard/{name}"), parameters)

    def _parameters(self, name: str, given: Row) -> Row:
        known = {"today": self.today, "modules": self.watched, "syncs": list(self.syncs)}
        known |= vars(self.filters) | given
        names = sorted(set(PARAMETER.findall(sql.read(f"dashboard/{name}"))))
        return {key: known.get(key) for key in names}

    def record_url(self, module: str, id_: str) -> str | None:
        """Return the address of a record in Zoho; None where it is not known."""
        if self.web_url is None or module not in TABS_OF_ZOHO:
            return None
        return f"{self.web_url}/tab/{TABS_OF_ZOHO[module]}/{quote(id_, safe='')}"

    def of_module(self, name: str, module: str, **parameters: object) -> list[Row]:
        """Return the rows of `sql/dashboard/<name>.sql` over a module's table; never from memory.

        They hold single records: ask `viewer.may_see_records` before.
        """
        table = self.modules[module]
        name_column = table["name_column"]
        identifiers = {
            "table": names.Identifier(table["table_name"]),
            "relation": names.Literal(f"crm.{table['table_name']}"),
            "module": names.Literal(module),
            "name": names.Identifier(name_column) if name_column else names.NULL,
        }
        # PostgreSQL holds no NUL, so no record can contain one.
        asked = {
            key: value.replace("\0", "") if isinstance(value, str) else value
            for key, value in parameters.items()
        }
        return _ask(self.connection, name, asked, identifiers)

    @property
    def not_read(self) -> dict[str, str]:
        """Why nothing is known of a module that is not read, in a sentence, by module."""
        rows = self.rows("unknown")
        return {row["module"]: row["reason"] for row in rows if row["state"] == "not read"}

    @property
    def modules(self) -> dict[str, Row]:
        """The modules that have a table, by name: table_name and name_column of each."""
        return {row["module"]: row for row in self.rows("record_modules")}


@contextmanager
def opened(settings: Settings, viewer: Viewer) -> Iterator[Source]:
    """Yield the source of one run of the page for one viewer.

    Only a few pages are drawn at a time; the others wait for their turn.
    Raises DatabaseUnreachable, Busy among them, or NotBuilt before the first sync.
    """
    with _turn(), _connection(settings) as connection:
        watched = _watched(settings)
        state = _state(connection, watched)
        if state["name"] is None:
            raise NotBuilt("Nothing has been read from the CRM yet. Run `aha sync`.")
        zone = ZoneInfo(state["timezone"])
        yield Source(
            connection=connection,
            address=_address(settings),
            viewer=viewer,
            version=state["version"],
            company=state["name"],
            is_sandbox=state["is_sandbox"],
            currency=state["currency"],
            web_url=state["web_url"],
            calendar=Calendar(state["fiscal_start_month"], state["week_starts_on"]),
            zone=zone,
            as_of=state["as_of"] and state["as_of"].astimezone(zone),
            syncs=tuple(state["syncs"]),
            is_stale=state["is_stale"],
            trouble=tuple(state["trouble"]),
            watched=watched,
            purge_after_days=settings.aha_purge_after_days,
        )


def version(settings: Settings) -> str:
    """Return the present version of the data. Raises as `opened` does."""
    with _connection(settings) as connection:
        return str(_state(connection, _watched(settings))["version"])


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=UNNOTICED_SECONDS):
        st.toast(
            "Others are opening pages too. Yours follows soon.", icon=":material/hourglass_empty:"
        )
        if not _turns.acquire(timeout=TURN_SECONDS):
            raise Busy
    try:
        yield
    finally:
        _turns.release()


@contextmanager
def _connection(settings: Settings) -> Iterator[Connection]:
    with _borrowed(_address(settings)) as connection:
        yield connection


@contextmanager
def _borrowed(address: str) -> Iterator[Connection]:
    if not _free.acquire(timeout=CONNECTION_SECONDS):
        raise Busy
    try:
        with _missing_is_not_built(), connect_reader(address) as connection:
            yield connection
    finally:
        _free.release()


def _address(settings: Settings) -> str:
    if settings.database_url is None and settings.aha_dashboard_database_url is None:
        return _embedded(settings.home)
    return settings.dashboard_url


@st.cache_resource(show_spinner=False)
def _embedded(home: Path) -> str:
    return embedded.start(home)


def _watched(settings: Settings) -> list[str] | None:
    return None if settings.zoho_modules == ALL_MODULES else list(settings.zoho_modules)


def _state(connection: Connection, watched: list[str] | None) -> Row:
    return _ask(connection, "state", {"modules": watched, "dead_seconds": DEAD_SECONDS})[0]


@st.cache_data(max_entries=KEPT_ANSWERS, show_spinner=False)
def _kept(_connection: Connection, version: str, name: str, parameters: Row) -> list[Row]:
    return _ask(_connection, name, parameters or None)


@st.cache_data(max_entries=KEPT_ANSWERS, show_spinner=False)
def _kept_mart(_connection: Connection, version: str, name: str, order: str) -> list[Row]:
    query = names.SQL("select * from {} order by {}")
    return _fetch(_connection, query.format(names.Identifier("analytics", name), names.SQL(order)))


def _ask(
    connection: Connection,
    name: str,
    parameters: Row | None,
    identifiers: dict[str, names.Composable] | None = None,
) -> list[Row]:
    text = names.SQL(sql.read(f"dashboard/{name}"))
    return _fetch(connection, text.format(**identifiers) if identifiers else text, parameters)


def _fetch(
    connection: Connection, query: names.Composable, parameters: Row | None = None
) -> list[Row]:
    with _missing_is_not_built(), connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, parameters and {k: _holdable(v) for k, v in parameters.items()})
        return [dict(row) for row in cursor]


def _holdable(value: object) -> object:
    """Return what a text or a list of them is without NUL, which an address may hold and no row."""
    if isinstance(value, list):
        return [_holdable(item) for item in value]
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


@contextmanager
def _missing_is_not_built() -> Iterator[None]:
    try:
        yield
    except (
        psycopg2.errors.UndefinedTable,
        psycopg2.errors.InvalidSchemaName,
        psycopg2.errors.InvalidParameterValue,  # the role aha_reader does not exist
    ):
        raise NotBuilt("These figures are not in the database yet. Run `aha sync`.") from None
