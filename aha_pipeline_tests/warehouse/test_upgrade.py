"""A database that an older version filled: what it told stays, or is restated, never silently."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from aha_pipeline import sql
from aha_pipeline.warehouse import migrate as upgrade
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.marts import contiguous_range, refresh
from aha_pipeline_tests.warehouse.marts_company import deal, ist, lead, name_organisation, put, rows

LAST_OLD = "0019.landed_since"  # before money, labels, restatements and the measures
# The marts that the older version built and this one has not, and its figures of three days: a deal
# was open until its closing date, and dollars were added to rupees.
OLD_MARTS = """
    create view analytics.kpi_comparison as select 1 as day;
    create table analytics.stage_transitions (id text, move integer);
    create table analytics.kpis as
    select
        day::date, new_leads::bigint, 0.14 as new_leads_avg_7d, 0::numeric as junk_pct,
        3::bigint as open_deals, 3000::numeric as open_pipeline_value,
        300::numeric as weighted_pipeline_value, 0::bigint as won_deals, 0::numeric as won_value,
        0::bigint as lost_deals, 1::bigint as leads, 0::bigint as junk_leads,
        0::numeric as lost_value
    from (values ('2025-03-10', 0), ('2025-03-11', 0), ('2025-03-12', 0)) d (day, new_leads);
    insert into analytics.mart_refreshes (mart, kind) values ('kpis', 'daily');
"""
DAYS = (date(2025, 3, 10), date(2025, 3, 12))


def march(day: int) -> str:
    return ist(f"2025-03-{day:02} 10:00:00")


@pytest.fixture
def old_database_url(empty_database_url, tmp_path, monkeypatch):
    """A database as the older version left it: its schema, records, marts and told days."""
    for path in sql.MIGRATIONS.glob("*.sql"):
        if path.stem <= LAST_OLD:
            shutil.copy(path, tmp_path)
    with monkeypatch.context() as older:
        older.setattr(sql, "MIGRATIONS", tmp_path)
        older.setattr(upgrade, "install_measures", lambda connection: None)  # it had none
        upgrade.migrate(empty_database_url)
    won = {"Modified_Time": march(11), "Closing_Date": "2025-03-30", "Probability": 100}
    dollars = {"Currency": "USD", "Exchange_Rate": 84.5, "Probability": 10}
    with connect(empty_database_url) as connection, connection.cursor() as cursor:
        name_organisation(connection, "Asia/Kolkata")
        put(connection, "Leads", lead(1, march(5)))
        put(connection, "Deals", deal(1, march(5), Probability=10))
        put(
            connection,
            "Deals",
            deal(2, march(5), "Closed Won", **won),
            deal(3, march(5), **dollars),
        )
        cursor.execute(OLD_MARTS)
    return empty_database_url


def kpis(connection) -> dict[tuple[date, str], Decimal]:
    return {
        (row["day"], figure): number
        for row in rows(connection, "kpis")
        for figure, number in row.items()
        if figure != "day"
    }


def build(connection) -> list[dict]:
    """Refresh all as the first run does, and return the restatements."""
    days = contiguous_range(connection, *DAYS)
    for mart in read_marts():
        refresh(connection, mart, *(days if mart.kind == "daily" else ()), run_id="a run")
    connection.commit()
    return rows(connection, "restatements")


def test_what_an_older_version_told_is_kept_or_restated(old_database_url):
    with connect(old_database_url) as connection:
        told = kpis(connection)
    upgrade.migrate(old_database_url)
    with connect(old_database_url) as connection:
        assert kpis(connection) == told
        restated = {(row["day"], row["figure"]): row for row in build(connection)}
        now = kpis(connection)
        changed = {place: number for place, number in told.items() if now[place] != number}
        assert {place: row["before"] for place, row in restated.items()} == changed
        assert {row["reason"] for row in restated.values()} == {"definition changed"}
        assert all(row["after"] == now[place] for place, row in restated.items())
        won, pipeline = (date(2025, 3, 11), "won_deals"), (date(2025, 3, 12), "open_pipeline_value")
        assert (told[won], now[won]) == (0, 1)
        assert (told[pipeline], now[pipeline]) == (3000, 1000 + 84_500)
        assert len(build(connection)) == len(restated)
