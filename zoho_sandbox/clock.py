"""The time of the stand-in: instants in UTC seconds, texts in the zone of the company."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from time import gmtime, strftime

Clock = Callable[[], datetime]

ZONE = timezone(timedelta(hours=5, minutes=30))
OFFSET = int(ZONE.utcoffset(None).total_seconds())


def real_time() -> datetime:
    """Return this machine's time in UTC."""
    return datetime.now(UTC)


def stamp(instant: float) -> str:
    """Return UTC seconds as Zoho writes a time: whole seconds, `+05:30`."""
    return strftime("%Y-%m-%dT%H:%M:%S+05:30", gmtime(int(instant) + OFFSET))


def instant_of(text: object) -> float | None:
    """Return the UTC seconds of an ISO 8601 text, or None where it is no time.

    A text without an offset is taken in the zone of the company.
    """
    try:
        moment = datetime.fromisoformat(text)  # type: ignore[arg-type]
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
