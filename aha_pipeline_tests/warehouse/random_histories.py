"""Random histories of records, over the two weeks in which New York changes to summer time."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from aha_pipeline_tests.warehouse.marts_company import ASHA, BALA, moment

START = datetime(2025, 3, 5, tzinfo=UTC)  # New York changes to summer time on the 9th
FIRST, LAST = date(2025, 3, 3), date(2025, 3, 16)
JUNK = {"Junk Lead"}
OPEN = {"Qualification": 10, "Negotiation/Review": 90, "Site visit": None}  # percent
CLOSED = {"Closed Won": "won", "Closed Lost": "lost"}

hours = st.integers(0, 10 * 24)
owners = st.sampled_from([ASHA, BALA, None])
sources = st.sampled_from(["Facebook", "Referral", "", None])
zones = st.sampled_from(["Asia/Kolkata", "America/New_York"])
statuses = st.sampled_from(["Not Contacted", "Qualified", "Junk Lead", "Lost Lead", "Odd", None])
stages = st.sampled_from([*OPEN, *CLOSED])
amounts = st.none() | st.integers(0, 10**9).map(lambda paise: paise / 100)


def at(hour: int) -> str:
    return (START + timedelta(hours=hour)).isoformat()


@st.composite
def histories(draw, make, contents, hours=hours):
    """Draw (contents of one record, oldest first; hour of its deletion or None)."""
    written = sorted(draw(st.sets(hours, min_size=1, max_size=4)))
    shared = {"Lead_Source": draw(sources)}
    number = draw(st.integers(0, 10**9))
    history = [
        make(number, at(written[0]))
        | shared
        | {"Owner": draw(owners)}
        | draw(contents)
        | {"Modified_Time": at(hour)}
        for hour in written
    ]
    gone = draw(st.none() | st.integers(written[-1], written[-1] + 24))
    return history, gone if gone is None else at(gone)


lead_contents = st.fixed_dictionaries({"Lead_Status": statuses, "$converted": st.booleans()})
deal_contents = st.fixed_dictionaries(
    {
        "Stage": stages,
        "Amount": amounts,
        "Probability": st.none() | st.integers(0, 100),
        "Closing_Date": st.none() | st.dates(FIRST, LAST).map(date.isoformat),
    }
)


def records(make, contents, hours=hours, max_size=6):
    made = histories(make, contents, hours)
    return st.lists(made, max_size=max_size, unique_by=lambda r: r[0][0]["id"])


def live(histories_):
    return [contents[-1] for contents, deleted_at in histories_ if deleted_at is None]


def local_day(text, zone):
    return moment(text).astimezone(zone).date()
