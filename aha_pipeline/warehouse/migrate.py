"""Bring the schema up to date: the files of `sql/migrations`, by yoyo, and the measures."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from io import StringIO
from urllib.parse import quote, urlencode, urlsplit

import psycopg2

from aha_pipeline import sql
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.measures import install_measures
from aha_pipeline.warehouse.pooler import check_session

BOOKKEEPING_SCHEMA = "aha_migrations"


class SchemaIsNewer(RuntimeError):
    """A newer version of this program has used the database; the text says what to do."""


def migrate(database_url: str) -> list[str]:
    """Apply what is missing and return the names of the migrations applied, in order.

    `database_url` has to be good for sessions where something is missing.

    Safe to call at every start and from several processes, which wait for one another, and after
    one of them was killed. An up-to-date schema costs one query. Raises DatabaseUnreachable,
    SchemaIsNewer, or psycopg2.Error if a migration fails; each migration is one transaction.
    """
    if not pending(database_url):
        _install_measures(database_url)
        return []
    check_session(database_url)
    # Imported here: 0.2 s that an up-to-date start does not pay.
    from yoyo import get_backend, read_migrations

    logging.getLogger("yoyo").setLevel(logging.WARNING)
    with _alone(database_url):
        with connect(database_url) as connection, connection.cursor() as cursor:
            cursor.execute(sql.statement("warehouse/landing", "restore_all_indexes"))
        backend = get_backend(_yoyo_url(database_url))
        with closing(backend.connection):
            backend.break_lock()  # left by a process that was killed: nobody else is at work here
            missing = backend.to_apply(read_migrations(str(sql.MIGRATIONS)))
            for migration in missing:
                # In one transaction: `apply_one` notes it in a second, and a process killed between
                # the two left what was then applied twice. Output: yoyo prints rows of a `select`.
                with redirect_stdout(StringIO()), backend.transaction():
                    migration.process_steps(backend, "apply")
                    backend.mark_one(migration)
        with connect(database_url) as connection, connection.cursor() as cursor:
            cursor.execute(sql.statement("warehouse/rights", "protect_all"))
        _install_measures(database_url)
        return [migration.id for migration in missing]


@contextmanager
def _alone(database_url: str) -> Iterator[None]:
    """Hold a lock that ends with the process, where yoyo's is a row that a killed one leaves."""
    with connect(database_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtext(%s))", (BOOKKEEPING_SCHEMA,))
        cursor.execute(f"create schema if not exists {BOOKKEEPING_SCHEMA}")
        cursor.execute(f"revoke all on schema {BOOKKEEPING_SCHEMA} from public")
        yield


def _install_measures(database_url: str) -> None:
    with connect(database_url) as connection:
        install_measures(connection)


def pending(database_url: str) -> list[str]:
    """Return the names of the migrations that are not applied.

    Raises SchemaIsNewer where one is applied that this version does not have, for what it changed
    is unknown here, and DatabaseUnreachable.
    """
    wanted = {path.stem for path in sql.MIGRATIONS.glob("*.sql")}
    applied = _applied(database_url)
    if unknown := sorted(applied - wanted):
        raise SchemaIsNewer(
            f"The database was brought to {unknown[-1]} by a newer version of this program: "
            "use that version, or restore the backup from before the upgrade."
        )
    return sorted(wanted - applied)


def _applied(database_url: str) -> set[str]:
    with connect(database_url, autocommit=True) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(f"select migration_id from {BOOKKEEPING_SCHEMA}._yoyo_migration")  # noqa: S608
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
            return set()
        return {row[0] for row in cursor}


def _yoyo_url(database_url: str) -> str:
    """Return the address in yoyo's form: its own scheme, and the schema of its tables."""
    parts = urlsplit(database_url)
    query = "&".join(filter(None, [parts.query, urlencode({"schema": BOOKKEEPING_SCHEMA})]))
    return parts._replace(scheme="postgresql", query=query, path=quote(parts.path)).geturl()
