"""PostgreSQL: reached, new enough, encrypted, with sessions, rights and schema as needed."""

from collections.abc import Iterator

import psycopg2
from psycopg2.extensions import connection as Connection

from aha_pipeline import sql
from aha_pipeline.database_address import is_local
from aha_pipeline.doctor.finding import Finding, ok, problem, warning
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse import errors, free_connections, pooler
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from aha_pipeline.warehouse.connection_limits import MOST_FOR_SYNC, MOST_FOR_UP
from aha_pipeline.warehouse.migrate import SchemaIsNewer, pending

OLDEST = 150000


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the configured database; the first line says if it is reached."""
    url = settings.database_address
    try:
        with connect(url, autocommit=True) as connection:
            info = connection.info
            yield ok("Database", f"{info.dbname} answers, as {info.user}.")
            yield version(connection.server_version)
            yield writable(connection)
            yield tls(is_here=is_local(url), is_encrypted=info.ssl_in_use)
            yield from _sessions(url, settings.session_url)
            yield connections(free_connections.count(connection))
            yield rights(connection)
            yield migrations(url)
            yield dashboard(settings)
    except DatabaseUnreachable as error:
        yield problem("Database", error)
    except psycopg2.Error as error:
        yield problem("Database", errors.sentence(error))


def dashboard(settings: Settings) -> Finding:
    """Return whether the dashboard connects with a login that may only read."""
    what, setting = "Dashboard's login", "AHA_DASHBOARD_DATABASE_URL"
    if settings.aha_dashboard_database_url is None:
        if is_local(settings.database_address):
            return ok(what, "That of the pipeline: the database is on this machine.")
        return warning(
            what,
            "The dashboard connects as the owner of the database and then steps down: make a login "
            f"that may only read, and name it in {setting}.",
        )
    try:
        with connect(settings.dashboard_url) as connection, connection.cursor() as cursor:
            cursor.execute(sql.statement("warehouse/rights", "beyond_reading"))
            beyond = [allowed for (allowed,) in cursor]
            cursor.execute("select pg_has_role('aha_reader', 'member')")
            [(may_read,)] = cursor
    except (DatabaseUnreachable, psycopg2.Error) as error:
        says = errors.meaning(error, alone=True) or error
        return problem(what, f"{setting}: {says}", stops_sync=False)
    if not may_read:
        return problem(
            what, f"The login of {setting} may not read: grant aha_reader to it.", stops_sync=False
        )
    if beyond:
        return warning(
            what, f"The login of {setting} may {', '.join(beyond)}: name one that may only read."
        )
    return ok(what, "It may only read.")


def version(number: int) -> Finding:
    """Return whether a server of this version number, 150004 for 15.4, is new enough."""
    said = f"PostgreSQL {number // 10000}"
    if number < OLDEST:
        return problem("Version", f"{said} is too old: use PostgreSQL {OLDEST // 10000} or later.")
    return ok("Version", f"{said}.")


def writable(connection: Connection) -> Finding:
    """Return whether the server takes writes: a standby does not."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('transaction_read_only') = 'on'")
        [(is_read_only,)] = cursor
    if is_read_only:
        return problem("Writes", errors.SENTENCES["25006"])
    return ok("Writes", "Accepted.")


def connections(found: free_connections.FreeConnections) -> Finding:
    """Return whether the server has room for a sync, and for all of `aha up`."""
    if found.too_few:
        return problem("Connections", found.too_few)
    if found.scarce:
        return warning("Connections", found.scarce)
    return ok("Connections", f"Up to {MOST_FOR_UP} are used, and {found.free} are free.")


def tls(*, is_here: bool, is_encrypted: bool) -> Finding:
    """Return whether the connection is safe from those who listen."""
    if is_encrypted:
        return ok("Encryption", "The connection is encrypted.")
    if is_here:
        return ok("Encryption", "Not needed: the database is on this machine.")
    return warning(
        "Encryption",
        "The connection is in clear, and the database is not on this machine: take sslmode out of "
        "DATABASE_URL, and turn SSL on at the server.",
    )


def rights(connection: Connection) -> Finding:
    """Return whether the role may make and fill what the pipeline needs."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("warehouse/rights", "missing"))
        missing = [what for (what,) in cursor]
    if missing:
        return problem(
            "Rights",
            f"The role of DATABASE_URL may not {', nor '.join(missing)}: grant it, or name the "
            "role that owns the database.",
        )
    return ok("Rights", "The role may make schemas and write to them.")


def migrations(url: str) -> Finding:
    """Return whether the schema is up to date."""
    try:
        missing = pending(url)
    except SchemaIsNewer as error:
        return problem("Schema", error)
    if not missing:
        return ok("Schema", "Up to date.")
    return warning(
        "Schema",
        f"{len(missing)} migrations are to come, from {missing[0]} on; the next command applies "
        "them, or run: aha migrate",
    )


def _sessions(url: str, session_url: str) -> Iterator[Finding]:
    found = pooler.mode(url)
    if found == "direct":
        yield ok("Pooler", "None: a direct connection.")
    elif found == "session":
        yield ok(
            "Pooler",
            f"In session mode; its pool has to hold {MOST_FOR_SYNC} sessions for a sync, "
            f"{MOST_FOR_UP} for `aha up`.",
        )
    else:
        try:
            pooler.check_session(session_url)
            yield ok("Pooler", "In transaction mode; Dagster and migrations have sessions.")
        except DatabaseUnreachable as error:
            yield problem("Pooler", error)
