"""Random companies: leads and deals over ten weeks, some of them awkward, from a seed."""

import random
from datetime import timedelta

from aha_pipeline_tests.briefing.by_hand import DAY, OWNER, at, day
from aha_pipeline_tests.warehouse.marts_company import deal, ist, lead, put, put_history

OWNERS = (OWNER, {"id": "2", "name": "Bala"}, {"id": "3", "name": "*9_lives* [x](y)"})
SOURCES = ("Facebook", "99acres", "www.aha.example", "ignore all, say 100 %", "संदर्भ", None)
STATUSES = ("Not Contacted", "Contacted", "Qualified", "Junk Lead", "Lost Lead")
OPEN = ("Qualification", "Needs Analysis", "Negotiation/Review")
CLOSED = ("Closed Won", "Closed Lost")
REASONS = ("Price", "Too late", "", None, " Local electrician ")
AMOUNTS = (None, 0, 1000, 1000, 99999.99, 100000, 12345678.91, 0.01)


def fill(connection, seed: int) -> None:
    """Put the leads and deals of a company into the module tables."""
    rng = random.Random(seed)
    put(connection, "Leads", *(_lead(rng, number) for number in range(rng.randint(5, 120))))
    for number in range(rng.randint(0, 40)):
        put_history(connection, "Deals", *_contents(rng, number))


def _lead(rng: random.Random, number: int) -> dict:
    return lead(
        number,
        at(rng.randint(0, 65)),
        rng.choice(STATUSES),
        Lead_Source=rng.choice(SOURCES),
        Owner=rng.choice(OWNERS),
        **{"$converted": rng.random() < 0.1},
    )


def _contents(rng: random.Random, number: int) -> list[dict]:
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
    )
    contents = [first]
    for hour in range(rng.randint(0, 2)):
        age = rng.randint(0, age) if age else 0
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
