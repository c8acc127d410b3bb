"""A small sales company with a known story: read until noon of 10 March 2026, everything built."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from psycopg2.extras import execute_values

from aha_pipeline_tests.warehouse.marts_company import (
    ASHA,
    BALA,
    account,
    build,
    company,
    contact,
    deal,
    ist,
    lead,
    put,
    today,
)

READ_UNTIL = datetime(2026, 3, 10, 12, tzinfo=ZoneInfo("Asia/Kolkata"))
TODAY, YESTERDAY = date(2026, 3, 10), date(2026, 3, 9)
FIRST_DAY = date(2026, 1, 1)
MODULES = ("Leads", "Deals", "Contacts", "Accounts")
STATUSES = ("Not Contacted", "Contacted", "Qualified", "Lost Lead", "Junk Lead")
SOURCES = ("Facebook", "Referral", None)
TAGGED = "<b>Tag</b> & Sons"


def fill(database_url: str) -> None:
    """Put the company's records, syncs, briefing and deliveries, and build the marts."""
    with company(database_url) as connection:
        put(connection, "Leads", *leads(), _recent_lead(today(connection)))
        put(connection, "Deals", *_deals(today(connection)))
        put(connection, "Contacts", contact(1) | {"Phone": "+91 98450 00001"}, contact(2, BALA))
        put(connection, "Accounts", account(1, "Housing"), account(2))
        log_sync(connection, READ_UNTIL)
        write_briefing(connection, YESTERDAY)
        build(connection, FIRST_DAY, TODAY)


def leads() -> list[dict]:
    """Return the leads that came in up to the day it was read."""
    records = []
    for number in range(120):
        day = TODAY - timedelta(days=number % 60)
        made = {
            "Lead_Source": SOURCES[number % 3],
            "Owner": (ASHA, BALA)[number % 2],
            "$converted": number % 10 == 0,
            "Full_Name": f"Lead {number}",
        }
        status = STATUSES[number % 5]
        records.append(lead(number, ist(f"{day} 10:00:00"), status, **made))
    return records


def _recent_lead(real_today: date) -> dict:
    """A lead of the last 30 days by the database's clock, from which responses are counted."""
    made = ist(f"{real_today - timedelta(3)} 10:00:00")
    return lead(200, made, "Contacted", Lead_Source="Referral", Owner=ASHA, Full_Name="Lead 200")


def _deals(real_today: date) -> list[dict]:
    made = ist("2026-01-05 10:00:00")
    closed = {"Closing_Date": "2026-03-05", "Modified_Time": ist("2026-03-05 10:00:00")}
    early = {"Closing_Date": "2026-02-07", "Modified_Time": ist("2026-02-07 10:00:00")}
    bala = {"Owner": BALA}
    return [
        *(deal(n, made, "Closed Won", Amount=250000, **closed) for n in range(12)),
        *(
            deal(n, made, "Closed Lost", Lost_Reason="Price", **closed, **bala)
            for n in range(20, 23)
        ),
        deal(30, made, "Closed Won", Amount=100000, **early),
        deal(
            40,
            made,
            Deal_Name=TAGGED,
            Amount=4520000,
            Closing_Date=str(real_today),
            Contact_Name={"id": "C1", "name": "Contact 1"},
        ),
        deal(41, made, "Proposal/Price Quote", Closing_Date="2026-02-01", **bala),
        deal(42, made, "Negotiation/Review", Amount=None, Closing_Date="2099-01-01"),
    ]


def log_sync(connection, until: datetime, status: str = "success", modules=MODULES) -> None:
    """Log one read of each module that ended at `until`."""
    start = until.replace(hour=0)
    error = "Zoho answered 503." if status == "failed" else None
    rows = [
        (f"run {until}", m, start, until, status, 10, 4, 3, 2, 1, 5, until, until, error)
        for m in modules
    ]
    insert = (
        "insert into crm.sync_logs (run_id, module, window_start, window_end, status, "
        "records_read, inserted, updated, unchanged, deleted, api_calls, started_at, "
        "finished_at, error) values %s"
    )
    with connection.cursor() as cursor:
        execute_values(cursor, insert, rows)


def write_briefing(connection, day: date, report: str = "# Report\n\n₹45 L, $5 and $6.") -> None:
    """Store a briefing of the day and one delivered message."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.ai_briefings_log (day, dashboard_report, whatsapp_summary, "
            "written_by, plain_reason, facts, is_sandbox, duration_seconds) values "
            "(%s, %s, '*9 March*\n_Sandbox_ 5*6', 'plain', 'No Ollama answers.', '[1, 2]', true, 3)"
            " returning id",
            [day, report],
        )
        cursor.execute(
            "insert into analytics.deliveries (subject, briefing_id, day, reader, channel, "
            "recipient, masked, part, parts, status, body) "
            "values ('briefing', %s, %s, '+919812345678', 'whatsapp', '+919812345678', "
            "'+91******5678', 1, 1, 'claimed', 'text')",
            [cursor.fetchone()[0], day],
        )
        for status in ("sent", "delivered"):
            cursor.execute("update analytics.deliveries set status = %s", [status])
