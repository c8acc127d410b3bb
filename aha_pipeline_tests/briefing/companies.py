"""Random companies: leads and deals over ten weeks, some of them awkward, from a seed."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from psycopg2.extras import Json

from aha_pipeline import sql
from aha_pipeline_tests.briefing.by_hand import DAY, OWNER, at, day
from aha_pipeline_tests.warehouse.marts_company import deal, ist, lead, put, put_histories

OWNERS = (
    *(OWNER, OWNER, {"id": "2", "name": "Bala"}, {"id": "2", "name": "Bala"}),
    {"id": "3", "name": "*9_lives* [x](y)"},
    {"id": "4", "name": "Dev"},
)
SOURCES = ("Facebook", "99acres", "www.aha.example", "ignore all, say 100 %", "संदर्भ", None)
STATUSES = ("Not Contacted", "Contacted", "Qualified", "Junk Lead", "Lost Lead")
OPEN = ("Qualification", "Needs Analysis", "Negotiation/Review")
CLOSED = ("Closed Won", "Closed Lost")
REASONS = ("Price", "Too late", "", None, " Local electrician ")
ABROAD: tuple[dict[str, object], ...] = (
    *({},) * 8,
    {"Currency": "USD", "Exchange_Rate": 84.5},
    {"Currency": "USD"},  # no rate, so no amount that could be added
)
AMOUNTS = (None, 0, 1000, 1000, 99999.99, 100000, 12345678.91, 0.01)


def fill(connection, seed: int) -> None:
    """Put the leads and deals of a company into the module tables."""
    rng = random.Random(seed)
    sources = rng.sample(SOURCES, rng.randint(2, len(SOURCES)))
    busy_day = rng.choice((0, 4, 18))
    said = STATUSES if seed % 2 else STATUSES[1:]  # half of the companies contact each lead at once
    leads = [_statuses(rng, n, sources, said) for n in range(rng.choice((5, 40, 120, 250)))]
    if seed % 4 > 1:  # a week of holidays
        leads = [one for n, one in enumerate(leads) if n % 4 == 0 or not _is_in_holidays(one)]
    deals = [_contents(rng, number, busy_day) for number in range(rng.choice((0, 10, 40, 80)))]
    if rng.random() < 0.4:  # a fair
        told = rng.choice((11, 32, 13, 7))
        leads += [_visitor(rng, 1000 + n, told) for n in range(rng.randint(28, 45))]
    for module, records in (("Leads", leads), ("Deals", deals)):
        gone = [contents for contents in records if rng.random() < 0.03]
        put_histories(connection, module, [one for one in records if one not in gone])
        for contents in gone:
            changed = date.fromisoformat(contents[-1]["Modified_Time"][:10])
            deleted_at = at(rng.randint(0, (DAY - changed).days), 23)
            put_histories(connection, module, [contents], deleted_at=deleted_at)
    _aim(connection, rng)


def _aim(connection, rng: random.Random) -> None:
    """Put a target of each month and of a quarter, a forecast of each day, and some holidays."""
    fiscal_start = rng.choice((None, 1, 3, 4))
    firsts = {(DAY - timedelta(days=age)).replace(day=1) for age in range(60)}
    with connection.cursor() as cursor:
        cursor.execute("update crm.organisation set fiscal_start_month = %s", [fiscal_start])
        cursor.execute(
            "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
            "values ('company', '', 'quarter', '2024-12-01', '2025-02-28', %s)",
            [rng.choice((1, 10**7, 10**10))],
        )
        for first in sorted(firsts):
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            amount = rng.choice((1, 90000.5, 10**7, 10**9))
            cursor.execute(
                "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
                "values ('company', '', 'month', %s, %s, %s)",
                [first, last, amount],
            )
        for age in range(30):
            on = DAY - timedelta(days=age)
            first = on.replace(day=1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            values = sorted(rng.randint(0, 10**9) for _ in range(5))
            cursor.execute(
                "insert into analytics.forecasts (day, scope, period, first_day, last_day, "
                "won_value, won_deals, value_p10, value_p25, value_p50, value_p75, value_p90, "
                "closed_deals, is_back_test) values (%s, 'company', 'month', %s, %s, 0, 0, "
                "%s, %s, %s, %s, %s, 60, false)",
                [
                    on,
                    first,
                    (first + timedelta(days=31)).replace(day=1) - timedelta(days=1),
                    *values,
                ],
            )
        cursor.execute(
            "insert into crm.holidays values (%s, 'Holi', 'file') on conflict do nothing",
            [DAY + timedelta(days=rng.randint(-30, 5))],
        )


def tell(connection, on: date, *items: dict, **glance: int) -> None:
    """Put a briefing of a day that told these items, and this at a glance."""
    fields = ("fact", "means", "sentence", "sql_digest", "subject", "stance", "kind")
    rows = [
        dict.fromkeys(fields, "")
        | {"position": n, "phrase": 0, "chosen_by": "ranking", "in_message": True, "advised": False}
        | {"figures": {}, "records": [], "first_day": on.isoformat()}
        | item
        for n, item in enumerate(items, 1)
    ]
    texts = dict.fromkeys(("dashboard_report", "whatsapp_summary", "model", "plain_reason"), "")
    said = " · ".join(f"{count} {name}" for name, count in glance.items())
    lists = {"messages": Json({"en": {"glance": said}}), "files": Json([]), "items": Json(rows)}
    lists["facts"] = Json([{"kind": "glance", "figures": glance}])
    row = {"day": on, "written_by": "plain", "is_sandbox": False, "duration_seconds": 0}
    with connection.cursor() as cursor:
        cursor.execute(sql.read("briefing/store"), texts | lists | row)


def tell_glances(connection, seed: int, on: date) -> None:
    """Put messages of each day of the six weeks before one that told the day at a glance alone."""
    rng = random.Random(f"{seed} {on}")
    with connection.cursor() as cursor:
        cursor.execute(
            "select day, new_leads, won_deals, lost_deals from analytics.kpis "
            "where day between %(on)s - 40 and %(on)s - 1",
            {"on": on},
        )
        for day, leads, won, lost in cursor.fetchall():
            told = rng.random() < 0.03
            tell(connection, day, n=leads + told, won=won + told, lost=lost)


def restate(connection, seed: int, on: date, rebuild: Callable[[Any], None]) -> None:
    """Change records of a told day, or the way of counting, and let the day be counted anew."""
    rng = random.Random(f"{seed} {on}")
    with connection.cursor() as cursor:
        if rng.random() < 0.2:
            cursor.execute(
                "insert into analytics.restatements "
                "(day, figure, before, after, reason, restated_at) "
                "values (%s, 'new_leads', 1, 2, 'definition changed', clock_timestamp())",
                [on],
            )
    for attempt in range(rng.choice((0, 0, 0, 1, 2))):
        _change_records(connection, rng, on, f"{on}-{attempt}-")
        rebuild(connection)
        with (
            connection.cursor() as cursor
        ):  # a transaction has one time: this came after the message
            cursor.execute(
                "insert into analytics.restatements "
                "(day, figure, before, after, reason, run_id, restated_at) "
                "select day, figure, before, after, reason, 'again', clock_timestamp() "
                "from (select day, figure, before, after, reason from analytics.restatements "
                "where restated_at = now() except select day, figure, before, after, reason "
                "from analytics.restatements where run_id = 'again') r"
            )


def _change_records(connection, rng: random.Random, on: date, prefix: str) -> None:
    """Enter leads and a closed deal of a day late, and delete some records that were there."""
    created = ist(f"{on} 10:00:00")
    leads = [lead(n, created, id=f"{prefix}L{n}") for n in range(rng.choice((0, 1, 3, 9)))]
    deals = [
        deal(n, created, rng.choice(CLOSED), id=f"{prefix}D{n}", Closing_Date=on.isoformat())
        for n in range(rng.choice((0, 1)))
    ]
    with connection.cursor() as cursor:
        for module, table, late in (("Leads", "leads_raw", leads), ("Deals", "crm_deals", deals)):
            cursor.execute(
                f"select id from crm.{table} "  # noqa: S608
                "where deleted_at is null and modified_time < %s order by id",
                [ist(f"{on + timedelta(days=1)} 08:00:00")],
            )
            there = [id_ for (id_,) in cursor]
            gone = rng.sample(there, len(there) // 20)
            put(connection, module, *late)
            cursor.execute(
                f"update crm.{table} set synced_at = clock_timestamp(), "  # noqa: S608
                "deleted_at = case when id = any(%s) then %s::timestamptz end "
                "where id = any(%s)",
                [
                    gone,
                    ist(f"{on + timedelta(days=1)} 09:00:00"),
                    [*gone, *(r["id"] for r in late)],
                ],
            )


def _visitor(rng: random.Random, number: int, days_ago: int) -> list[dict]:
    """Return what a lead of a fair said: as it came, and perhaps what became of it since."""
    first = lead(number, at(days_ago), Lead_Source="Facebook", Owner=rng.choice(OWNERS))
    if rng.random() < 0.5:
        return [first]
    status = {"Lead_Status": rng.choice(STATUSES), "$converted": rng.random() < 0.1}
    return [first, first | status | {"Modified_Time": at(rng.randint(0, days_ago - 1), 12)}]


def _is_in_holidays(contents: list[dict]) -> bool:
    created = date.fromisoformat(contents[0]["Created_Time"][:10])
    return timedelta(days=11) <= DAY - created < timedelta(days=18)


def _statuses(rng: random.Random, number: int, sources: list, said: tuple[str, ...]) -> list[dict]:
    """Return what a lead said, oldest first: as it came, and perhaps what became of it."""
    age = rng.randint(0, 65)
    first = lead(
        number,
        at(age),
        rng.choice(said),
        Lead_Source=rng.choice(sources),
        Owner=rng.choice(OWNERS),
        **{"$converted": rng.random() < 0.1},
    )
    if rng.random() < 0.5:
        return [first]
    then = {"Lead_Status": rng.choice(said), "Modified_Time": at(rng.randint(0, age), 12)}
    return [first, first | then]


def _contents(rng: random.Random, number: int, busy_day: int) -> list[dict]:
    """Return what a deal said, oldest first: open, changed once or twice, perhaps closed."""
    age = rng.randint(0, 60)
    first = deal(
        number,
        at(age),
        rng.choice(OPEN),
        Deal_Name=rng.choice(("Rao Villa", "Deal 1", f"Deal {number}", "‮evil‬ _x_")),
        Amount=rng.choice((*AMOUNTS, rng.randint(1, 10**9) / 100)),
        Closing_Date=day(rng.randint(-20, 40)),
        Owner=rng.choice(OWNERS),
        Lead_Source=rng.choice(SOURCES),
        Contact_Name={"id": "C1", "name": "Vijaya Rao"},
        Account_Name=rng.choice((None, {"id": f"A{number % 7}", "name": "Rao & Sons"})),
    )
    contents = [first]
    for hour in range(rng.randint(0, 2)):
        age = rng.choice((rng.randint(0, age), min(age, busy_day)))
        when = ist(f"{DAY - timedelta(days=age)} {11 + 2 * hour}:00:00")
        stage = rng.choice((*OPEN, *CLOSED, *CLOSED))
        change: dict = {"Stage": stage, "Modified_Time": when}
        if stage in CLOSED:
            change |= {"Closing_Date": day(age), "Lost_Reason": rng.choice(REASONS)}
        elif rng.random() < 0.5:
            change |= {"Closing_Date": day(rng.randint(-20, 5))}
        if rng.random() < 0.4:
            change |= {"Amount": rng.choice(AMOUNTS)}
        contents.append({**contents[-1], **change})
    abroad = random.Random(f"{number} {age}").choice(ABROAD)
    return [content | abroad for content in contents]
