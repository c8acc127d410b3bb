"""Random companies: leads and deals over ten weeks, some of them awkward, from a seed."""

import random
from datetime import date, timedelta

from aha_pipeline_tests.briefing.by_hand import DAY, OWNER, at, day
from aha_pipeline_tests.warehouse.marts_company import deal, ist, lead, put_histories

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
AMOUNTS = (None, 0, 1000, 1000, 99999.99, 100000, 12345678.91, 0.01)


def fill(connection, seed: int) -> None:
    """Put the leads and deals of a company into the module tables."""
    rng = random.Random(seed)
    sources = rng.sample(SOURCES, rng.randint(2, len(SOURCES)))
    busy_day = rng.choice((0, 4, 18))
    leads = [_statuses(rng, number, sources) for number in range(rng.choice((5, 40, 120, 250)))]
    deals = [_contents(rng, number, busy_day) for number in range(rng.choice((0, 10, 40, 80)))]
    put_histories(connection, "Leads", leads)
    put_histories(connection, "Deals", deals)
    _aim(connection, rng)


def _aim(connection, rng: random.Random) -> None:
    """Put a target of each month and a forecast of each day, and some holidays."""
    firsts = {(DAY - timedelta(days=age)).replace(day=1) for age in range(60)}
    with connection.cursor() as cursor:
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


def restate(connection, seed: int, day: date) -> None:
    """Note that figures of a told day were others before."""
    rng = random.Random(seed)
    with connection.cursor() as cursor:
        for figure in ("new_leads", "won_deals", "lost_deals", "open_pipeline_value"):
            if rng.random() < 0.3:
                cursor.execute(
                    "insert into analytics.restatements "
                    "(day, figure, before, after, reason, restated_at) "
                    "select day, %(figure)s, told + %(more)s, told, %(reason)s, clock_timestamp() "
                    "from (select day, (to_jsonb(k) ->> %(figure)s)::numeric as told "
                    "from analytics.kpis k where day = %(day)s) k",
                    {
                        "figure": figure,
                        "day": day,
                        "more": rng.choice((1, 3, 10**6)),
                        "reason": rng.choice(("records changed", "definition changed")),
                    },
                )


def _statuses(rng: random.Random, number: int, sources: list) -> list[dict]:
    """Return what a lead said, oldest first: as it came, and perhaps what became of it."""
    age = rng.randint(0, 65)
    first = lead(
        number,
        at(age),
        rng.choice(STATUSES),
        Lead_Source=rng.choice(sources),
        Owner=rng.choice(OWNERS),
        **{"$converted": rng.random() < 0.1},
    )
    if rng.random() < 0.5:
        return [first]
    then = {"Lead_Status": rng.choice(STATUSES), "Modified_Time": at(rng.randint(0, age), 12)}
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
    return contents
