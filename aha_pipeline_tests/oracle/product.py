"""The product as it is used: reads are landed, marts refreshed, rows fetched."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from psycopg2.extensions import connection as Connection

from aha_pipeline.warehouse.landing import Window, open_window
from aha_pipeline.warehouse.mart_builds import forget
from aha_pipeline.warehouse.mart_files import Mart, read_marts
from aha_pipeline.warehouse.marts import contiguous_range, refresh
from aha_pipeline.warehouse.meanings import derive_meanings
from aha_pipeline_tests.oracle.company import OWNERS, Company, deletions, seen
from aha_pipeline_tests.oracle.course import course_of, put
from aha_pipeline_tests.oracle.deals import local_day
from aha_pipeline_tests.oracle.diary import ACTIVITIES

NO_FILE = Path("/nonexistent/picklist_meaning.csv")  # nobody corrects Zoho's meanings here
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
EMPTY = """
    truncate crm.leads_raw, crm.crm_deals, crm.crm_accounts, crm.crm_calls, crm.crm_tasks,
        crm.crm_events, crm.crm_notes, crm.users, crm.record_versions, crm.sync_logs,
        crm.text_labels, crm.text_labels_until, crm.quarantine, crm.stage_layouts,
        analytics.restatements, analytics.mart_builds, analytics.mart_refreshes
"""


def empty(connection: Connection, company: Company) -> None:
    """Leave nothing of the company before, and make the database that of this one."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        for mart in reversed(read_marts()):
            what = "view" if mart.kind == "view" else "table"
            cursor.execute(f"drop {what} if exists {mart.relation} cascade")
        cursor.execute(
            "insert into crm.organisation (org_id, name, is_sandbox, timezone, currency, "
            "rate_reading) values ('1', 'Company', true, %(zone)s, %(currency)s, %(reading)s) "
            "on conflict (singleton) do update set timezone = excluded.timezone, "
            "currency = excluded.currency, rate_reading = excluded.rate_reading",
            {
                "zone": company.zone.key,
                "currency": company.currency,
                "reading": company.rate_setting,
            },
        )
        cursor.execute(
            "update crm.modules set is_configured = %s where module = any(%s)",
            [bool(company.activities), list(ACTIVITIES)],
        )
        cursor.executemany(
            "insert into crm.users (id, is_active) values (%s, %s)",
            [(owner["id"], owner["id"] not in company.left) for owner in OWNERS],
        )
        cursor.executemany(
            "insert into crm.stage_layouts (layout_id, pipeline, stage, position, meaning) "
            "values (%s, %s, %s, 1, %s)",
            [
                (*where, stage, meaning)
                for where, stages in company.pipelines.items()
                for stage, meaning in stages.items()
            ],
        )
    put(connection, course_of(company, local_day(datetime.now(UTC), company.zone)))
    connection.commit()


def read(database_url: str, company: Company, number: int) -> None:
    """Land what the read of that number sees: changes and deletions."""
    until, since = company.reads[number], company.since(number)
    for module in ("Leads", "Deals", "Accounts", *(ACTIVITIES if company.activities else ())):
        window = Window(f"read {number}", module, since or LONG_AGO, until, since is None, True)
        living = {record.id: state for record, state in seen(company, module, None, until)}
        changed = [state for _, state in seen(company, module, since, until)]
        with open_window(database_url, window) as landing:
            landing.stage([msgspec.json.encode(state) for state in changed], api_calls=1)
            gone = deletions(company, module, until)
            landing.stage_deletions((id_, "recycle", time) for id_, time in gone.items())
            asked = landing.uncertain_deletions(until)
            existing = [id_ for id_ in asked if id_ in living]
            landing.stage([msgspec.json.encode(living[id_]) for id_ in existing], api_calls=1)
            landing.finish(api_calls=2, read_until=until, timezone="UTC", existing=existing)


def note_read(connection: Connection, number: int, moment: datetime) -> None:
    """Let the log say that a read took place when the company was read, not now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update crm.sync_logs set started_at = %s where run_id = %s",
            [moment, f"read {number}"],
        )


def build(connection: Connection, first_day: date, last_day: date) -> tuple[date, date, datetime]:
    """Refresh all in one transaction; return the days that are held, and the present moment."""
    derive_meanings(connection, NO_FILE, NO_FILE)
    with connection.cursor() as cursor:
        cursor.execute("select now()")
        [(now,)] = cursor
    days = contiguous_range(connection, first_day, last_day)
    with connection.cursor() as cursor:
        # Durations end when they were built: once a day where no deal changed.
        forget(cursor, [mart for mart in read_marts() if _holds_durations(mart)])
    for mart in read_marts():
        refresh(connection, mart, *(days if mart.kind == "daily" else ()), run_id="a run")
    return *days, now


def _holds_durations(mart: Mart) -> bool:
    own = mart.reads_clock and "crm.days_between(" in mart.select
    return own or "analytics.stage_stays" in mart.sources
