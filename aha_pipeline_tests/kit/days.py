"""The days of the sandbox's company, whose time zone is Asia/Kolkata.

Asked for anew by each test: a run of all of them may go on over midnight.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")


def today() -> date:
    """Return today."""
    return datetime.now(IST).date()


def yesterday() -> date:
    """Return the day before."""
    return today() - timedelta(days=1)
