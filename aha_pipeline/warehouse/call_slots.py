"""Calls to the CRM at a time, over all processes and machines on one database.

A process leases a number of calls for some seconds and renews the lease as it makes calls, so that
a call costs no statement and what a killed process held comes free by itself. It needs no session:
a transaction pooler will do.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Condition
from uuid import uuid4

from psycopg2.extensions import connection as Connection

from aha_pipeline import sql

log = logging.getLogger(__name__)

RENEW_SECONDS = 10
# A call begun just before the renewal is over by then: it waits 10 s to connect and 60 s to read.
LEASE_SECONDS = 90
POLL_SECONDS = 0.5


class LeasedSlots:
    """The places of one process among all; safe for use by several threads.

    `limit` is what the organisation has in all, None while this process does not know it.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Connection]],
        *,
        limit: int | None,
        renew_seconds: float = RENEW_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._connect = connect
        self._limit = limit
        self._renew_seconds, self._lease_seconds = renew_seconds, lease_seconds
        self._holder = uuid4().hex
        self._slots = self._in_use = 0
        self._allowed = 1
        self._renew_at = self._ask_at = 0.0
        self._changed = Condition()

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Hold a place while the block runs; waits until there is one.

        Raises DatabaseUnreachable or psycopg2.Error when the database cannot be asked.
        """
        with self._changed:
            while not self._is_free():
                self._changed.wait(POLL_SECONDS)
            self._in_use += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_use -= 1
                self._changed.notify()

    def release_unused(self) -> None:
        """End the lease, if no call is under way."""
        with self._changed:
            if self._in_use or not self._renew_at:
                return
            with self._connect() as connection, connection.cursor() as cursor:
                cursor.execute(
                    sql.statement("warehouse/zoho_limits", "end_lease"), {"holder": self._holder}
                )
            self._slots, self._renew_at, self._ask_at = 0, 0.0, 0.0

    def _is_free(self) -> bool:
        now = time.monotonic()
        is_due, is_full = now >= self._renew_at, self._in_use >= self._slots
        if (is_due or (is_full and self._slots < self._allowed)) and now >= self._ask_at:
            self._ask(now)
        return self._in_use < self._slots and now < self._renew_at

    def _ask(self, now: float) -> None:
        """Renew the lease: for twice what is under way, so that it grows as it is used."""
        wanted = max(2 * self._in_use, 1)
        parameters = {
            "holder": self._holder,
            "limit": self._limit,
            "wanted": wanted if self._limit is None else min(wanted, self._limit),
            "in_use": self._in_use,
            "seconds": self._lease_seconds,
        }
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('crm.call_leases'))")
            cursor.execute(sql.statement("warehouse/zoho_limits", "lease_calls"), parameters)
            [(self._slots, self._allowed)] = cursor
        if not self._slots:
            log.info("Other processes have all calls at a time that Zoho allows: waiting for one.")
        self._renew_at = now + self._renew_seconds
        self._ask_at = now + POLL_SECONDS if self._slots < wanted else 0.0
