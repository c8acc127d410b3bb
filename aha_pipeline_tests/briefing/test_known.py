"""What is not known of a day is said to be so; what was told and changed is corrected."""

from datetime import timedelta

import pytest

from aha_pipeline.briefing.facts import gather
from aha_pipeline.briefing.verify import proven
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.mart_inputs import write_inputs
from aha_pipeline_tests.briefing.by_hand import DAY, at, bare
from aha_pipeline_tests.warehouse.marts_company import account, deal, lead, put

BEFORE, AFTER = "2025-03-18 06:00+05:30", "2025-03-21 06:00+05:30"


# By its first head the modules of each table of the report, and of the first the columns of each.
TABLES_OF = {
    "Source": {"Leads", "Deals"},
    "Stage": {"Deals"},
    "Standing at": {"Leads", "Deals"},
    "Rep": {"Deals"},
}
SOURCE_COLUMNS = {"Leads": slice(1, 4), "Deals": slice(4, 6)}


@pytest.fixture
def told(connection, built, write):
    """A company whose marts say on which modules they stand."""
    put(connection, "Accounts", account(1))
    put(connection, "Leads", *(lead(number, at(number % 9)) for number in range(40)))
    customer = {"Account_Name": {"id": "A1", "name": "Account 1"}}
    closed = {"Closing_Date": "2025-03-20", "Modified_Time": at(0, 12)}
    earlier = {"Closing_Date": "2025-02-20", "Modified_Time": at(28, 12)}
    put(connection, "Deals", deal(1, at(40), "Closed Won", Amount=9000, **customer, **earlier))
    put(connection, "Deals", deal(2, at(9), "Closed Won", Amount=500, **customer, **closed))
    put(connection, "Deals", deal(3, at(9), "Closed Won", Amount=700, **closed))
    put(connection, "Deals", deal(4, at(9), Closing_Date="2025-03-25", Amount=800))
    built()
    yield connection
    connection.rollback()


def read(connection, module: str, finished: str, status: str = "success") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.sync_logs (run_id, module, window_start, window_end, status, "
            "started_at, finished_at) values (%(at)s, %(module)s, %(at)s, %(at)s, %(status)s, "
            "%(at)s, %(at)s)",
            {"module": module, "at": finished, "status": status},
        )


def stances(connection) -> set[str]:
    facts, refused = proven(connection, DAY, gather(connection, DAY))
    assert refused == []
    return {fact.stance for fact in facts}


@pytest.mark.parametrize(
    ("leads", "deals", "glance", "said", "unsaid"),
    [
        ((AFTER,), (AFTER,), "", {"glance", "waiting", "won_repeat"}, {}),
        ((None,), (AFTER,), "leads not known · 2 won", {"unread_leads"}, {"waiting"}),
        (
            (AFTER,),
            (BEFORE, None),
            "5 leads · deals not known",
            {"unknown_deals", "waiting"},
            {"won", "won_repeat", "pipeline_level", "due_one", "none_won"},
        ),
        ((None,), (None,), "leads and deals not known", {"unread_deals"}, {"waiting", "none_won"}),
    ],
    ids=["all is read", "leads never", "deals not to the end of the day", "nothing"],
)
def test_what_is_not_read_is_no_zero_and_is_not_compared(
    told, write, leads, deals, glance, said, unsaid
):
    write_inputs(told, read_marts())
    for module, reads in (("Leads", leads), ("Deals", deals)):
        for number, finished in enumerate(reads):
            status = "success" if finished else "failed"
            read(told, module, finished or f"2025-03-{22 + number}", status)
    found = stances(told)
    assert found >= said
    assert found.isdisjoint(unsaid)
    briefing = write()
    if "glance" not in said:
        assert glance in bare(briefing.whatsapp_summary)
    # Where a module is not known, no column of a table says 0 of it.
    tables = [line for line in briefing.dashboard_report.splitlines() if line.startswith("| ")]
    cells = [line.strip("| ").split(" | ") for line in tables]
    heads = {head[0]: head for head in cells if head[0] in TABLES_OF}
    assert heads.keys() == {
        head for head, modules in TABLES_OF.items() if modules - unread(leads, deals)
    }
    facebook = next((row for row in cells if row[0] == "Facebook"), None)
    if facebook:
        is_dash = {m: all(c == "–" for c in facebook[part]) for m, part in SOURCE_COLUMNS.items()}
        assert {m for m, dashed in is_dash.items() if dashed} == unread(leads, deals)


def unread(leads, deals) -> set[str]:
    """Return the modules that were not read up to the end of the day."""
    return {m for m, reads in (("Leads", leads), ("Deals", deals)) if reads[0] != AFTER}


def restated(connection, figure: str, before: int, reason: str = "records changed") -> None:
    """Let the message of the day before, if there is one, have told another figure of it."""
    said = {"new_leads": "n", "won_deals": "won", "open_pipeline_value": "money"}[figure]
    with connection.cursor() as cursor:
        cursor.execute(
            "update analytics.ai_briefings_log set facts = (select jsonb_agg(case f ->> 'kind' "
            "when 'glance' then jsonb_set(f, array['figures', %s], to_jsonb(%s)) else f end) "
            "from jsonb_array_elements(facts) f) where day = %s",
            [said, before, DAY - timedelta(days=1)],
        )
        cursor.execute(
            "insert into analytics.restatements (day, figure, before, after, reason, restated_at) "
            "select day, %(figure)s, %(before)s, (to_jsonb(k) ->> %(figure)s)::numeric, "
            "%(reason)s, clock_timestamp() from analytics.kpis k where day = %(day)s",
            {
                "figure": figure,
                "before": before,
                "reason": reason,
                "day": DAY - timedelta(days=1),
            },
        )


@pytest.mark.parametrize(
    ("figure", "before", "sentence"),
    [
        ("new_leads", 9, "19 Mar 2025 had 5 leads, not 9 as told; records changed since."),
        ("won_deals", 1, "0 deals were won on 19 Mar 2025, not 1 as told"),
        ("open_pipeline_value", 9, "at the end of 19 Mar 2025 was ₹2,000, not ₹9 as told"),
    ],
)
def test_what_was_told_of_an_earlier_day_and_changed_is_corrected(
    told, write, figure, before, sentence
):
    write(DAY - timedelta(days=1))
    restated(told, figure, before)
    assert sentence in bare(write().dashboard_report)


def test_what_was_never_told_needs_no_correction(told):
    restated(told, "new_leads", 9)
    assert not any(stance.startswith("restated") for stance in stances(told))


def test_a_new_way_of_counting_is_told_as_such(told, write):
    write(DAY - timedelta(days=1))
    restated(told, "new_leads", 9, "definition changed")
    assert "those of 1 earlier day differ" in bare(write().dashboard_report)
