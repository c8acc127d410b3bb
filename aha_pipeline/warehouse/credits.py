"""The API credits that this installation may spend in 24 hours, counted in the database.

All processes and machines on one database share the count. Credits are booked in small lots, so
that a call costs no statement; what a process has booked and not spent is given back.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, tzinfo
from threading import Lock

from psycopg2.extensions import connection as Connection

from aha_pipeline import sql

SHARE = 2  # half of what the edition grants; the rest is for the company's other integrations
OTHERS_SHARE = 20  # a twentieth is left for other programs, whoever spent the rest
LOTS_A_LIMIT = 100
LARGEST_LOT = 50
RESERVE = 20  # to bring a read that has to stop to a clean end
SCARCE_SHARE = 5


class CreditBudget:
    """Grants credits until the limit; safe for use by several threads.

    `granted` is what the edition gives the whole organisation in 24 hours, `limit` what this
    installation may spend of it, by default half. Sentences give times in `zone`.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Connection]],
        *,
        granted: int,
        limit: int | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self._connect = connect
        self._limit = granted // SHARE if limit is None else limit
        self._floor = granted // OTHERS_SHARE
        self._zone = zone
        self._lot = max(min(self._limit // LOTS_A_LIMIT, LARGEST_LOT), 1)
        self._booked = 0
        self._spent = 0
        self._remaining: int | None = None
        self._lock = Lock()

    @property
    def is_scarce(self) -> bool:
        """Whether less than a fifth is left: then calls go one at a time."""
        return self._spent > self._limit - self._limit // SCARCE_SHARE

    def update(self, remaining: int) -> None:
        """Take note of the credits that Zoho says the whole organisation has left."""
        self._remaining = remaining

    def consume(self, credits: int, *, essential: bool) -> str | None:
        """Spend credits and return None, or return one sentence that says when to try again."""
        with self._lock:
            if self._remaining is not None and self._remaining <= self._floor and not essential:
                return (
                    f"The organisation has {self._remaining:,} API credits left of this day, and "
                    f"{self._floor:,} are left to its other integrations: the next sync goes on "
                    "from here as Zoho gives credits back, each 24 hours after it was spent."
                )
            if self._booked < credits:
                refusal = self._book(credits, essential)
                if refusal:
                    return refusal
            self._booked -= credits
            return None

    def release_unused(self) -> None:
        """Return what was booked and not spent."""
        with self._lock, self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                sql.statement("warehouse/zoho_limits", "release_credits"), {"credits": self._booked}
            )
            self._booked = 0

    def _book(self, credits: int, essential: bool) -> str | None:
        wanted = credits - self._booked
        parameters = {
            "least": wanted,
            "wanted": max(self._lot, wanted),
            "limit": self._limit if essential else self._limit - RESERVE,
        }
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('crm.api_credits'))")
            cursor.execute(sql.statement("warehouse/zoho_limits", "book_credits"), parameters)
            [(booked, self._spent, free_at)] = cursor
        self._booked += booked
        return None if booked else self._refusal(free_at)

    def _refusal(self, free_at: datetime) -> str:
        back = free_at.astimezone(self._zone)
        return (
            f"The {self._limit:,} API credits of this day are spent (ZOHO_DAILY_CREDITS): the next "
            f"sync goes on from here; the first credits come back {back:%-d %b %H:%M}."
        )


def spent(connection: Connection) -> int:
    """Return the credits that this installation has spent in the last day."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("warehouse/zoho_limits", "credits_spent"))
        [(credits,)] = cursor
    return int(credits)
