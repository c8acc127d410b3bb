"""Since when nothing happened on a deal, and what is planned on it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aha_pipeline_tests.oracle.deals import local_day
from aha_pipeline_tests.oracle.figures import DAY, Row
from aha_pipeline_tests.oracle.formulas import is_of_contacts_deal

QUIET = 14  # days


@dataclass(frozen=True)
class Logged:
    """An activity of a deal, at a known time, that was not called off."""

    at: datetime
    ends: datetime | None
    takes_place: bool
    is_meeting: bool


def is_of(activity: Row, deal: Row) -> bool:
    """Return whether an activity is of a deal, or of its contact and so of the deal, too."""
    named, contact = activity["deal_id"], deal["contact_id"]
    return named == deal["id"] or (
        contact is not None
        and activity["contact_id"] == contact
        and is_of_contacts_deal(named, activity["at"], deal["created_time"])
    )


def silence_of(
    created: datetime, moved: datetime, logged: Collection[Logged], now: datetime, zone: ZoneInfo
) -> Row:
    """Return how long a deal has been silent; moved: when it came to say what it says."""
    over = [it for it in logged if it.takes_place and it.at <= now]
    last = max((it.at for it in over), default=None)
    since = max(last or created, created)
    coming = min((it.at for it in logged if it.at > now), default=None)
    days = (local_day(now, zone) - local_day(since, zone)).days
    met = max((it.ends for it in over if it.is_meeting and it.ends), default=None)
    is_recorded = met is not None and (
        moved >= met or any(it.at >= met for it in over if not it.is_meeting)
    )
    return {
        "last_at": last,
        "silent_since": since,
        "next_at": coming,
        "days_silent": days,
        "is_quiet": days >= QUIET and coming is None,
        "unrecorded_meeting_at": met if met and met <= now - DAY and not is_recorded else None,
    }
