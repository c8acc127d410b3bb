"""This machine's clock beside those of the database and of Zoho."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline.delivery.deliver import CLOCKS
from aha_pipeline.doctor.finding import Finding, ok, problem, warning

NOTICED = timedelta(minutes=1)


def of_database(connection: Connection) -> Iterator[Finding]:
    """Yield how far this machine is from the database."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        [(theirs,)] = cursor
        yield apart("the database", theirs, datetime.now(UTC))


def apart(whose: str, theirs: datetime, ours: datetime) -> Finding:
    """Return whether two clocks agree; both times are aware."""
    skew = ours - theirs
    what = f"Clock, {whose}"
    if abs(skew) < NOTICED:
        return ok(what, f"Within {abs(skew).total_seconds():.0f} s of this machine's.")
    side = "ahead of" if skew > timedelta() else "behind"
    says = (
        f"This machine is {abs(skew).total_seconds() / 60:,.0f} minutes {side} {whose}: let it "
        "take its time from the network (timedatectl set-ntp true)."
    )
    # Beyond that a message may be taken for one that was never sent.
    return problem(what, says, stops_sync=False) if abs(skew) >= CLOCKS else warning(what, says)
