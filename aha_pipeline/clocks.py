"""Whose clock the company's day goes by: Zoho's, from which all others may be a little apart.

Three clocks decide about days: this machine's says which days to read, the database's which the
marts may hold, Zoho's up to when a record is known. If one is far off, a future day would be
reported, and its true briefing would not go out later, because one has been sent. So nothing begins
until they agree.
"""

from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=30)
REMEDY = "let the machine take its time from the network (timedatectl set-ntp true), then give the "
REMEDY += "command again."


class ClocksApart(RuntimeError):
    """A clock is so far off that days would be mistaken; the text says which, and what to do."""


def check(machine: datetime, database: datetime, zoho: datetime | None) -> None:
    """Raise ClocksApart where two of three present times (aware) are over half an hour apart.

    `zoho` is None where Zoho's answer held no time.
    """
    if _agree(machine, database) and (zoho is None or _agree(machine, zoho)):
        return
    if zoho is None:
        raise ClocksApart(_sentence("This machine's clock is", machine, database, "the database's"))
    if _agree(machine, zoho):
        subject, truth = "The database's clock is", "Zoho's and this machine's"
        raise ClocksApart(_sentence(subject, database, zoho, truth))
    if _agree(database, zoho):
        truth = "Zoho's and the database's"
        raise ClocksApart(_sentence("This machine's clock is", machine, zoho, truth))
    both = "The clocks of this machine and of the database are"
    raise ClocksApart(_sentence(both, machine, zoho, "Zoho's"))


def length(apart: timedelta) -> str:
    """Return how long clocks are apart, in the unit that a person would take."""
    minutes = round(abs(apart).total_seconds() / 60)
    for unit, size in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes / size:,.0f} {unit}"
    return f"{minutes:,.0f} minutes"


def _agree(one: datetime, other: datetime) -> bool:
    return abs(one - other) < TOLERANCE


def _sentence(subject: str, shown: datetime, truth: datetime, whose: str) -> str:
    side = "ahead of" if shown > truth else "behind"
    return (
        f"{subject} {length(shown - truth)} {side} {whose}, so nothing is read or sent, lest days "
        f"be mistaken: {REMEDY}"
    )
