"""This machine's clock, compared with those of the database and of Zoho."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from psycopg2.extensions import connection as Connection

from aha_pipeline.clocks import TOLERANCE, length
from aha_pipeline.doctor.finding import Finding, ok, problem, warning
from aha_pipeline.warehouse.state import read_clock

NOTICED = timedelta(minutes=1)


def of_database(connection: Connection) -> Iterator[Finding]:
    """Yield how far this machine is from the database."""
    yield apart("the database", read_clock(connection), datetime.now(UTC))


def apart(whose: str, theirs: datetime, ours: datetime) -> Finding:
    """Return whether two clocks agree; both times are aware."""
    skew = ours - theirs
    what = f"Clock, {whose}"
    if abs(skew) < NOTICED:
        return ok(what, f"Within {abs(skew).total_seconds():.0f} s of this machine's.")
    side = "ahead of" if skew > timedelta() else "behind"
    says = (
        f"This machine is {length(skew)} {side} {whose}: let it "
        "take its time from the network (timedatectl set-ntp true)."
    )
    return problem(what, says) if abs(skew) >= TOLERANCE else warning(what, says)
