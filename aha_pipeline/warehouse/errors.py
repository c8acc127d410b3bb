"""What errors mean for a person: one sentence each, with what to do.

Those of PostgreSQL, of memory and of the operating system. The only place that knows SQLSTATE
codes. A sentence never repeats the server's own text, which may hold a record. Source: PostgreSQL,
appendix A, "error codes".
"""

from collections.abc import Iterator
from functools import cache

import psycopg2
from psycopg2 import errorcodes
from psycopg2.errors import lookup

from aha_pipeline import memory, refusals
from aha_pipeline.warehouse.connection_limits import LEAST_FOR_SYNC, MOST_FOR_SYNC, MOST_FOR_UP

LOST = (
    "The connection to the database was lost, by a restart, a failover or the network: nothing is "
    "half done; give the command again."
)
TOO_MANY = (
    f"All connections of the database are taken, of which a sync needs {LEAST_FOR_SYNC} to "
    f"{MOST_FOR_SYNC} and all of `aha up` up to {MOST_FOR_UP}: close what holds them, or raise "
    "max_connections (behind a pooler, its pool)."
)
STARTING = "The database is starting up, shutting down or recovering: try again in a minute."
OLD_SCHEMA = "The schema is not the one this version needs: run `aha migrate`."
# By code, or by its first two characters for the rest of a class.
SENTENCES = {
    "08": LOST,
    "23": "The database refused a row that breaks one of its rules: run `aha reconcile`, and "
    "report it if it stays.",
    "25006": "The database is read-only, as a standby is after a failover: let DATABASE_URL lead "
    "to the primary, or wait until it accepts writes.",
    "25P03": "The database ended an idle transaction (idle_in_transaction_session_timeout): set it "
    "to 0 for the role of DATABASE_URL.",
    "25P04": "The database ended a long transaction (transaction_timeout): set it to 0 for the "
    "role of DATABASE_URL.",
    "40001": "The database undid a transaction that met another one: give the command again.",
    "40P01": "The database undid a transaction that waited for another one in a circle: give the "
    "command again.",
    "42501": "The role of DATABASE_URL lacks a right: `aha doctor` names it.",
    "3F000": OLD_SCHEMA,
    "42P01": OLD_SCHEMA,
    "42703": OLD_SCHEMA,
    "42883": OLD_SCHEMA,
    "53": "The database is out of a resource: look at its log.",
    "53100": "The disk of the database is full: free space there or enlarge it (old backups and "
    "logs first), then give the command again.",
    "53200": "The database is out of memory: lower its work_mem or max_connections, or give its "
    "machine more.",
    "53300": TOO_MANY,
    "55P03": "Another session holds a lock that is needed here: end it, then give the command "
    "again.",
    "57014": "The database stopped a statement, most often for its statement_timeout: set it to 0 "
    "for the role of DATABASE_URL (alter role ... set statement_timeout = 0).",
    "57P01": LOST,
    "57P02": LOST,
    "57P03": STARTING,
    "57P04": "The database was dropped while it was in use: restore it, or set DATABASE_URL.",
    "57P05": "The database ended an idle session (idle_session_timeout): set it to 0 for the role "
    "of DATABASE_URL.",
    "58": "The database met an error of its machine's disk: look at its log before anything else.",
    "XX001": "The database found damaged data: stop, and restore a backup.",
    "XX002": "The database found a damaged index: run `reindex database`, and look at its disk.",
}
# Of an error without a code; the base class is that of a server which ended in mid-answer.
LOST_CLASSES = ("OperationalError", "InterfaceError", "DatabaseError")
# What a server says before there is a session: libpq hands on its words without the code.
AT_CONNECT = {
    "too many clients": TOO_MANY,
    "too many connections": TOO_MANY,
    "max clients reached": TOO_MANY,  # Supabase's pooler
    "no more connections allowed": TOO_MANY,  # PgBouncer
    "remaining connection slots": TOO_MANY,
    "starting up": STARTING,
    "shutting down": STARTING,
    "recovery mode": STARTING,
    "not yet accepting connections": STARTING,
}


def meaning(error: BaseException, *, alone: bool = False) -> str | None:
    """Return what the database, the memory or the system refused, and what to do.

    Causes of the error count too, unless it is taken `alone`: an error of ours has words of its
    own for its cause. None for any other error.
    """
    links = [error] if alone else list(chain(error))
    if any(map(memory.is_short, links)):
        return memory.TOO_LITTLE
    if of_database := next((one for one in links if isinstance(one, psycopg2.Error)), None):
        return sentence(of_database)
    return next(filter(None, map(refusals.sentence, links)), None)


def meaning_of(name: str, message: str) -> str | None:
    """Return the same for the name of an error's class and its message, all that Dagster keeps."""
    if memory.is_shortage(name, message):
        return memory.TOO_LITTLE
    return sentence_of_class(name) or refusals.sentence_of(name, message)


def sentence(error: psycopg2.Error) -> str:
    """Return what an error of the database means and what to do, in one sentence."""
    code = error.pgcode
    if code is None:
        reason = str(error)
        at_connect = (text for words, text in AT_CONNECT.items() if words in reason)
        return next(at_connect, LOST if _is_of_connection(error) else _unknown("no code"))
    return SENTENCES.get(code) or SENTENCES.get(code[:2]) or _unknown(code)


def sentence_of_class(name: str) -> str | None:
    """Return the sentence for the name of one of psycopg2's classes; None for any other name."""
    if name in LOST_CLASSES:
        return LOST
    code = _codes().get(name)
    if code is None:
        return None
    return SENTENCES.get(code) or SENTENCES.get(code[:2]) or _unknown(code)


def is_passing(name: str) -> bool:
    """Return whether psycopg2's class of this name means a server that is away for a while."""
    return sentence_of_class(name) in (LOST, STARTING, TOO_MANY)


def find(error: BaseException) -> psycopg2.Error | None:
    """Return the database's error among the causes of another one, SQLAlchemy's included."""
    return next((one for one in chain(error) if isinstance(one, psycopg2.Error)), None)


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [getattr(one, "orig", None), one.__cause__, one.__context__]


@cache
def _codes() -> dict[str, str]:
    """Return the code by the name of its class."""
    codes = (value for name, value in vars(errorcodes).items() if name.isupper())
    found = {}
    for code in codes:
        if isinstance(code, str) and len(code) == 5:
            try:
                found[lookup(code).__name__] = code
            except KeyError:
                continue
    return found


def _is_of_connection(error: psycopg2.Error) -> bool:
    return type(error).__name__ in LOST_CLASSES


def _unknown(code: str) -> str:
    return f"The database refused a statement ({code}): run `aha doctor`; if it stays, report it."
