"""Every mart of two whole companies against pandas: the sandbox's, lived day by day, and real data.

The sandbox's company is replayed event by event. What its records said at the end of a day is seen
on that day; the marts have to find it again afterwards, from the versions.
"""

import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from psycopg2.extras import execute_values

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.warehouse import expected
from aha_pipeline_tests.warehouse.marts_company import TABLES, build, company, rows, wrong
from aha_pipeline_tests.warehouse.real_data import DATA, check_days, check_totals
from zoho_sandbox.company.simulation import SEED, Calendar, apply
from zoho_sandbox.zoho.store import Store

ZONE = ZoneInfo("Asia/Kolkata")
END = datetime(2026, 3, 31, 18, 30, tzinfo=ZONE)
WATCHED_DAYS = range(0, 40, 5)  # before the last


@dataclass
class Life:
    """A company as it is at the end, what it said before, and its stocks at the ends of days."""

    living: dict[str, list[dict]] = field(default_factory=dict)
    rows: dict[str, list[tuple]] = field(default_factory=dict)
    versions: list[tuple] = field(default_factory=list)
    deleted: dict[tuple[str, str], tuple] = field(default_factory=dict)
    stocks: dict[date, tuple] = field(default_factory=dict)
    steps: dict[date, Counter] = field(default_factory=dict)


@pytest.fixture(scope="module")
def lived() -> Life:
    """The sandbox's company up to the evening of 31 March 2026."""
    life, clock = Life(), FakeClock(END)
    store, calendar = Store(clock), Calendar(SEED)
    for day in reversed(WATCHED_DAYS):
        evening = datetime.combine(END.date() - timedelta(days=day), time.max, ZONE)
        for event in calendar.until(min(evening, END).timestamp()):
            before = _text(store, event)
            apply(store, event)
            _note(life, event, before, _text(store, event))
        leads, deals = (_parsed(store, module) for module in ("Leads", "Deals"))
        frames = expected.leads(leads, ZONE), expected.deals(deals, ZONE)
        life.stocks[evening.date()] = expected.stocks(*frames)
        life.steps[evening.date()] = Counter(frames[0]["step"]) + Counter(frames[1]["stage"])
    for module in TABLES:
        table = store.tables[module]
        life.living[module] = _parsed(store, module)
        life.rows[module] = [(id_, r.text.decode(), None) for id_, r in table.records.items()]
        life.rows[module] += [row for (of, _), row in life.deleted.items() if of == module]
    return life


def _text(store: Store, event) -> str | None:
    record = store.tables[event.module].records.get(event.id)
    return record.text.decode() if record else None


def _note(life: Life, event, before: str | None, after: str | None) -> None:
    """Keep what the record said before, and what a deleted one said last."""
    if before and after and before != after:
        times = (msgspec.json.decode(text)["Modified_Time"] for text in (before, after))
        life.versions.append((event.module, event.id, *times, before))
    elif before and not after:
        gone = datetime.fromtimestamp(event.at, ZONE)
        life.deleted[event.module, event.id] = (event.id, before, gone)
    elif after:
        life.deleted.pop((event.module, event.id), None)


def _parsed(store: Store, module: str) -> list[dict]:
    return [expected.parse(record.text) for record in store.tables[module].records.values()]


def given() -> Life:
    """Real data: records only, no history."""
    life = Life()
    for module in TABLES:
        file = DATA / f"{module}.jsonl.gz"
        texts = gzip.decompress(file.read_bytes()).decode().splitlines() if file.exists() else []
        life.living[module] = [expected.parse(text) for text in texts]
        ids = [record["id"] for record in life.living[module]]
        life.rows[module] = [(id_, text, None) for id_, text in zip(ids, texts, strict=True)]
    return life


def land(connection, life: Life) -> None:
    with connection.cursor() as cursor:
        for module, records in life.rows.items():
            insert = f"insert into crm.{TABLES[module]} (id, raw_data, deleted_at) values %s"  # noqa: S608
            execute_values(cursor, insert, records)
        execute_values(
            cursor,
            "insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data) "
            "values %s",
            life.versions,
        )


@pytest.fixture(scope="module")
def warehouse(module_database_url, lived) -> Iterator:
    with company(module_database_url) as connection:
        land(connection, lived)
        build(connection, min(lived.stocks), max(lived.stocks))
        yield connection


def compare(connection, life: Life) -> None:
    """Compare every mart of the present with what pandas says of the living records."""
    frames = (
        expected.leads(life.living["Leads"], ZONE),
        expected.deals(life.living["Deals"], ZONE),
    )
    wanted = expected.marts(*frames, life.living["Accounts"], life.living["Contacts"])
    for mart, figures in wanted.items():
        key, columns = COLUMNS[mart]
        found = {
            _one([row[name] for name in key]): _one([_rounded(row[name]) for name in columns])
            for row in rows(connection, mart)
        }
        assert found == figures, mart
    parts = rows(connection, "kpi_parts")
    assert _summed(parts, ["day", "source", "owner_id"], FLOWS) == expected.part_flows(*frames)
    assert _summed(parts, ["source", "owner_id"], CHANGES) == expected.part_stocks(*frames)


def _rounded(value: object) -> object:
    """Return a figure to four places: the marts do not round, and their digits are PostgreSQL's."""
    return expected.rounded(value, "0.0001") if isinstance(value, Decimal) else value


def _summed(found: list[dict], key: list[str], columns: list[str]) -> dict[tuple, tuple]:
    """Return the sums of the columns for each key where one of them is not 0."""
    sums: dict[tuple, list] = {}
    for row in found:
        total = sums.setdefault(tuple(row[name] for name in key), [0] * len(columns))
        for place, name in enumerate(columns):
            total[place] += row[name]
    return {key: tuple(total) for key, total in sums.items() if any(total)}


FLOWS = ["new_leads", "won_deals", "won_value", "lost_deals", "lost_value"]
CHANGES = ["leads_change", "junk_leads_change", "open_deals_change", "open_value_change",
           "weighted_value_change"]  # fmt: skip
COLUMNS = {
    "lead_volume": (["day", "source", "owner_id", "status", "meaning"], ["leads"]),
    "funnel": (["entity", "step"], ["records", "value"]),
    "source_quality": (
        ["source"],
        ["leads", "junk_leads", "junk_pct", "qualified_leads", "converted_leads", "conversion_pct",
         "won_deals", "won_value"],
    ),
    "rep_matrix": (
        ["owner_id"],
        ["leads", "junk_leads", "leads_qualified", "open_deals", "open_value", "weighted_value",
         "won_deals", "won_value", "lost_deals", "win_rate_by_count", "win_rate_by_value",
         "too_few", "win_rate_low", "win_rate_high"],
    ),
    "pipeline_by_stage": (["stage"], ["deals", "value", "weighted_value"]),
    "lead_cohorts": (
        ["month"],
        ["leads", "converted", "won", "linked", "junk", "days_to_converted", "days_to_won"],
    ),
    "cohort_parts": (["month", "source", "owner_id"], ["leads", "converted", "won", "linked"]),
    "outcomes_by_month": (
        ["month"], ["won_deals", "won_value", "lost_deals", "lost_value", "win_rate_by_count"],
    ),
    "daily_flows": (
        ["day"], ["new_leads", "won_deals", "won_value", "lost_deals", "lost_value"],
    ),
    "accounts_by_industry": (
        ["industry"], ["accounts", "open_deals", "open_value", "won_value"],
    ),
    "contacts_by_owner": (["owner_id"], ["contacts"]),
}  # fmt: skip


def _one(values: list) -> object:
    return values[0] if len(values) == 1 else tuple(values)


def test_every_mart_of_the_sandbox_company_equals_pandas(warehouse, lived):
    assert len(lived.living["Leads"]) > 5000
    assert len(lived.versions) > 10_000
    assert lived.deleted
    compare(warehouse, lived)


def test_the_stocks_of_past_days_are_what_they_were_on_the_day(warehouse, lived):
    kpis = {row["day"]: row for row in rows(warehouse, "kpis")}
    assert len(kpis) == WATCHED_DAYS[-1] + 1
    names = ["leads", "junk_leads", "junk_pct", "open_deals", "open_pipeline_value",
             "weighted_pipeline_value"]  # fmt: skip
    for day, stocks in lived.stocks.items():
        assert tuple(round(kpis[day][name], 4) for name in names) == stocks, day


def test_the_funnel_of_past_days_is_what_it_was_on_the_day(warehouse, lived):
    found: dict[date, Counter] = {}
    for row in rows(warehouse, "funnel_by_day"):
        found.setdefault(row["day"], Counter())[row["step"]] += row["records"]
    assert {day: found[day] for day in lived.steps} == lived.steps


def test_no_check_finds_anything_wrong_in_the_sandbox_company(warehouse):
    assert wrong(warehouse) == {}


@pytest.mark.skipif(not DATA.is_dir(), reason="AHA_SHARED_DATA is not set")
def test_every_mart_of_real_data_equals_pandas(database_url, monkeypatch):
    # No picklist was read with these records, so a source is spelled as they spell it.
    monkeypatch.setattr(expected, "LISTED", {})
    life = given()
    with company(database_url) as connection:
        land(connection, life)
        build(connection, date(2017, 6, 14), date(2018, 11, 30))
        compare(connection, life)
        check_totals(connection)
        check_days(connection)
        assert wrong(connection) == {}
