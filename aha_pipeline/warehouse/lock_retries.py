"""Take a lock that others may hold without making everybody else wait behind us.

A statement that waits for an exclusive lock is in a queue, and each later reader of the table waits
behind it. So it waits for a moment only, steps back to let them through, and tries again.
"""

import logging
import time
from collections.abc import Callable, Sequence

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import cursor as Cursor

from aha_pipeline import sql

log = logging.getLogger(__name__)

WAIT_MS, PAUSE_SECONDS = 1000, 2.0
GIVE_UP_SECONDS = 300.0


class RelationInUse(RuntimeError):
    """A table or view cannot be replaced, because another transaction reads it."""


def with_retries(cursor: Cursor, relations: Sequence[str], action: Callable[[], None]) -> None:
    """Do what locks `relations` (schema.name); undo and repeat it while others hold them.

    Says within five seconds who does. Raises RelationInUse after five minutes.
    """
    began, is_told = time.monotonic(), False
    while True:
        cursor.execute(f"savepoint swap; set local lock_timeout = {WAIT_MS}")
        try:
            action()
            cursor.execute("set local lock_timeout to default; release savepoint swap")
            return
        except LockNotAvailable:
            cursor.execute("rollback to savepoint swap")
        cursor.execute(sql.read("warehouse/who_holds"), {"relations": list(relations)})
        who = ", ".join(said for (said,) in cursor) or "a session that has just ended"
        if time.monotonic() - began > GIVE_UP_SECONDS:
            raise RelationInUse(
                f"{relations[0]} cannot be brought up to date, because it is held by {who}: end "
                "that transaction, then run `aha sync`."
            )
        if not is_told:
            is_told = True
            log.warning("%s is to be replaced and waits for %s.", relations[0], who)
        time.sleep(PAUSE_SECONDS)
