"""What moved against its own normal, and where it came from."""

from datetime import date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from aha_pipeline_tests.warehouse.marts_company import (
    ASHA,
    BALA,
    build,
    company,
    contact,
    deal,
    lead,
    put,
    put_history,
    put_sync,
    rows,
    today,
)

MARTS = ("change_causes", "kpis")
MONDAY = date(2025, 3, 31)
SUNDAY = MONDAY - timedelta(days=1)
FIRST = MONDAY - timedelta(weeks=10)

numbers = count()


@pytest.fixture
def connection(database_url):
    """A connection to a company without records."""
    with company(database_url) as connection:
        yield connection


def at(day: date, time: str = "10:00:00", zone: str = "+05:30") -> str:
    return f"{day}T{time}{zone}"


def put_leads(connection, day: date, number: int, source: str = "Facebook", **fields) -> None:
    fields = {"Lead_Source": source} | fields
    made = [lead(next(numbers), at(day), **fields) for _ in range(number)]
    if made:
        put(connection, "Leads", *made)


def days_until(last: date, first: date = FIRST) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def change(connection, figure: str, day: date = MONDAY, days: int = 1) -> dict:
    build(connection, day, day, MARTS)
    found = [r for r in rows(connection, "changes") if (r["figure"], r["days"]) == (figure, days)]
    return next(row for row in found if row["day"] == day)


def causes(connection, figure: str, dimension: str, days: int = 1) -> list[tuple]:
    """Return (name, value, normal, change) of each part, the largest cause first."""
    wanted = (MONDAY, figure, dimension, days)
    found = sorted(rows(connection, "change_causes"), key=lambda row: row["position"])
    return [
        (row["name"], row["value"], row["normal"], row["change"])
        for row in found
        if (row["day"], row["figure"], row["dimension"], row["days"]) == wanted
    ]


def test_a_jump_is_found_and_the_source_that_made_it_is_named(connection):
    for day in days_until(MONDAY):
        put_leads(connection, day, 30 if day == MONDAY else 6, "Facebook")
        put_leads(connection, day, 4, "Referral", Owner=BALA)
    found = change(connection, "new_leads")
    assert (found["value"], found["normal"], found["change"]) == (34, 10, 24)
    assert (found["is_unusual"], found["direction"], found["is_good"]) == (True, "up", True)
    assert causes(connection, "new_leads", "source") == [
        ("Facebook", 30, 6, 24),
        ("Referral", 4, 4, 0),
    ]
    assert causes(connection, "new_leads", "owner") == [("Asha", 30, 6, 24), ("Bala", 4, 4, 0)]


def test_a_source_that_falls_silent_is_named_before_one_that_grows(connection):
    for day in days_until(MONDAY):
        put_leads(connection, day, 0 if day == MONDAY else 40, "Facebook")
        put_leads(connection, day, 9 if day == MONDAY else 4, "Referral")
    found = change(connection, "new_leads")
    assert (found["is_unusual"], found["direction"], found["is_good"]) == (True, "down", False)
    assert causes(connection, "new_leads", "source") == [
        ("Facebook", 0, 40, -40),
        ("Referral", 9, 4, 5),
    ]


def test_a_day_of_rest_is_usual_and_work_on_it_is_not(connection):
    for day in days_until(MONDAY):
        is_rest = day.weekday() == 6
        put_leads(connection, day, 0 if is_rest else 20)
    assert change(connection, "new_leads", SUNDAY)["is_unusual"] is False
    assert change(connection, "new_leads", MONDAY)["is_unusual"] is False
    put_leads(connection, SUNDAY, 20)
    assert change(connection, "new_leads", SUNDAY)["is_unusual"] is True


def test_a_working_day_as_quiet_as_a_sunday_is_unusual(connection):
    for day in days_until(MONDAY):
        put_leads(connection, day, 0 if day.weekday() == 6 or day == MONDAY else 20)
    found = change(connection, "new_leads")
    assert (found["value"], found["normal"], found["is_unusual"]) == (0, 20, True)


def test_a_holiday_and_a_fair_leave_the_normal_as_it_is(connection):
    odd = {MONDAY - timedelta(weeks=2): 0, MONDAY - timedelta(weeks=5): 300}
    for day in days_until(MONDAY):
        put_leads(connection, day, odd.get(day, 20))
    found = change(connection, "new_leads")
    assert (found["normal"], found["change"], found["is_unusual"]) == (20, 0, False)
    assert not set(odd) & set(found["compared_with"])


def test_a_day_known_as_a_holiday_is_compared_with_nothing(connection):
    for day in days_until(MONDAY):
        put_leads(connection, day, 0 if day in (SUNDAY, MONDAY) else 20)
    with connection.cursor() as cursor:
        cursor.execute("insert into crm.holidays values (%s, 'Diwali', 'zoho')", [MONDAY])
    for leads in (0, 3, 40):
        put_leads(connection, MONDAY, leads)
        found = change(connection, "new_leads")
        assert (found["normal"], found["is_unusual"], found["comparable_days"]) == (None, None, 0)
    assert change(connection, "new_leads", SUNDAY)["is_unusual"] is True


@pytest.mark.parametrize(("weeks", "verdict"), [(0, None), (3, None), (4, True), (5, True)])
def test_there_is_no_verdict_below_four_comparable_days(connection, weeks, verdict):
    for day in days_until(MONDAY, MONDAY - timedelta(weeks=weeks)):
        put_leads(connection, day, 90 if day == MONDAY else 10)
    found = change(connection, "new_leads")
    assert (found["comparable_days"], found["is_unusual"]) == (weeks, verdict)
    given = {"normal", "change", "spread", "score", "direction", "is_good", "compared_with"}
    assert {found[name] is None for name in given} == {verdict is None}
    assert bool(causes(connection, "new_leads", "source")) is (verdict is True)


@pytest.mark.parametrize(("leads", "is_unusual"), [(0, False), (1, False), (2, False), (3, True)])
def test_where_little_happens_one_or_two_are_no_alarm(connection, leads, is_unusual):
    put_leads(connection, FIRST, 1)
    put_leads(connection, MONDAY, leads)
    found = change(connection, "new_leads")
    assert (found["normal"], found["is_unusual"]) == (0, is_unusual)


def test_one_more_sale_of_the_usual_size_is_no_alarm_and_four_are(connection):
    def sell(day, number):
        fields = {"Amount": 50_000, "Closing_Date": str(day)}
        made = [deal(next(numbers), at(day), "Closed Won", **fields) for _ in range(number)]
        put(connection, "Deals", *made)

    for week in (1, 3, 6):
        sell(MONDAY - timedelta(weeks=week), 1)
    sell(FIRST, 1)
    sell(MONDAY, 1)
    assert change(connection, "won_value")["is_unusual"] is False
    sell(MONDAY, 3)
    found = change(connection, "won_value")
    assert (found["value"], found["is_unusual"], found["is_good"]) == (200_000, True, True)


def test_equal_causes_and_equal_days_have_one_order(connection):
    for day in days_until(MONDAY):
        far = day < MONDAY - timedelta(weeks=4)
        put_leads(connection, day, 10, "Web" if far else "Fair")
        for source in ("Beta", "Alpha") if day == MONDAY else ():
            put_leads(connection, day, 20, source)
    found = change(connection, "new_leads")
    assert found["compared_with"] == [MONDAY - timedelta(weeks=week) for week in (3, 4, 5, 6)]
    names = [name for name, *_ in causes(connection, "new_leads", "source")]
    assert names == ["Alpha", "Beta", "Fair", "Web"]
    before = rows(connection, "change_causes")
    build(connection, MONDAY, MONDAY, MARTS)
    assert rows(connection, "change_causes") == before


def test_days_are_those_of_a_zone_with_summer_time(database_url):
    zone = "America/New_York"
    with company(database_url, zone) as connection:
        for day in days_until(MONDAY):  # the clocks went forward on 9 March
            for time in ("00:00:00", "23:59:59"):
                offset = f"{zone_offset(day, time, zone)}:00"
                made = [lead(next(numbers), at(day, time, offset)) for _ in range(5)]
                put(connection, "Leads", *made)
        build(connection, FIRST + timedelta(weeks=4), MONDAY, MARTS)
        found = [row for row in rows(connection, "changes") if row["figure"] == "new_leads"]
        assert {(row["value"], row["normal"]) for row in found} == {(10, 10)}
        assert len(found) == 43


def zone_offset(day: date, time: str, zone: str) -> str:
    moment = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone))
    return moment.strftime("%z")[:3]


def test_a_lost_deal_is_what_took_the_pipeline_down(connection):
    for day in days_until(MONDAY):
        put(connection, "Deals", deal(next(numbers), at(day), Owner=BALA))
    made = deal(next(numbers), at(FIRST), "Negotiation/Review", Amount=900_000)
    gone = made | {"Stage": "Closed Lost", "Modified_Time": at(MONDAY)}
    put_history(connection, "Deals", made, gone)
    for days, usual in ((1, 1000), (7, 7000)):
        found = change(connection, "open_pipeline_value", days=days)
        assert (found["value"], found["normal"]) == (usual - 900_000, usual)
        assert (found["is_unusual"], found["is_good"]) == (True, False)
        for dimension, name in (
            ("kind", "lost"),
            ("stage", "Negotiation/Review"),
            ("owner", "Asha"),
        ):
            first = causes(connection, "open_pipeline_value", dimension, days)[0]
            assert first == (name, -900_000, 0, -900_000)
        assert causes(connection, "open_pipeline_value", "source", days) == [
            ("Facebook", usual - 900_000, usual, -900_000)
        ]


def test_a_deal_handed_over_moves_the_owners_and_not_the_whole(connection):
    put(connection, "Contacts", contact(1, ASHA))
    mine = deal(next(numbers), at(FIRST), Amount=500, Owner=ASHA)
    put_history(connection, "Deals", mine, mine | {"Owner": BALA, "Modified_Time": at(MONDAY)})
    assert change(connection, "open_pipeline_value")["change"] == 0
    assert causes(connection, "open_pipeline_value", "owner") == [
        ("Asha", -500, 0, -500),
        ("Bala", 500, 0, 500),
    ]
    assert causes(connection, "open_pipeline_value", "source") == []


def put_week(connection, last: date, **junk_of: tuple[int, int]) -> None:
    """Put the leads of the seven days up to `last`: by source, how many, and how many junk."""
    for source, (number, junk) in junk_of.items():
        put_leads(connection, last, number - junk, source)
        put_leads(connection, last, junk, source, Lead_Status="Junk Lead")


def junk_company(connection, usual: dict, now: dict) -> dict:
    put_sync(connection, "Leads", at(FIRST))
    for week in range(9):
        put_week(connection, MONDAY - timedelta(weeks=week), **(usual if week else now))
    return change(connection, "junk_pct", days=7)


def test_more_junk_of_one_source_is_its_own_doing(connection):
    usual = {"Facebook": (60, 12), "Referral": (40, 4)}
    found = junk_company(connection, usual, usual | {"Facebook": (60, 48)})
    assert (found["value"], found["normal"], found["change"]) == (52, 16, 36)
    assert (found["is_unusual"], found["is_good"]) == (True, False)
    assert causes(connection, "junk_pct", "source", 7) == [
        ("Facebook", 80, 20, 36),
        ("Referral", 10, 10, 0),
        ("(mix)", None, None, 0),
    ]


def test_more_leads_of_a_bad_source_are_the_mix_and_no_ones_doing(connection):
    found = junk_company(
        connection,
        {"Facebook": (20, 10), "Referral": (80, 8)},
        {"Facebook": (320, 160), "Referral": (80, 8)},
    )
    assert (found["normal"], found["change"]) == (18, 24)
    assert causes(connection, "junk_pct", "source", 7) == [
        ("(mix)", None, None, 24),
        ("Facebook", 50, 50, 0),
        ("Referral", 10, 10, 0),
    ]


def test_young_leads_are_compared_with_leads_when_they_were_young(connection):
    put_sync(connection, "Leads", at(FIRST))
    for week in range(9):
        day = MONDAY - timedelta(weeks=week)
        put_leads(connection, day, 10)
        for _ in range(10):  # each is found to be junk, nine days after it came
            fresh = lead(next(numbers), at(day))
            judged = {"Lead_Status": "Junk Lead", "Modified_Time": at(day + timedelta(days=9))}
            put_history(connection, "Leads", fresh, fresh | judged)
    found = change(connection, "junk_pct", days=7)
    assert (found["value"], found["normal"], found["comparable_days"]) == (0, 0, 8)


def test_junk_before_the_first_reading_is_not_compared_with(connection):
    put_sync(connection, "Leads", at(MONDAY - timedelta(weeks=3)))
    for week in range(9):
        put_week(connection, MONDAY - timedelta(weeks=week), Facebook=(20, 2))
    found = change(connection, "junk_pct", days=7)
    assert (found["value"], found["comparable_days"], found["is_unusual"]) == (10, 3, None)


def test_a_day_that_is_not_over_has_no_row(connection):
    last = today(connection)
    for day in (last - timedelta(weeks=4), last):
        put_leads(connection, day, 5)
    build(connection, last - timedelta(days=1), last, MARTS)
    for mart in ("changes", "change_causes"):
        assert {row["day"] for row in rows(connection, mart)} <= {last - timedelta(days=1)}


def test_causes_are_kept_of_the_last_35_days(connection):
    for day in days_until(MONDAY):
        put_leads(connection, day, 5)
    build(connection, FIRST, MONDAY, MARTS)
    days = sorted({row["day"] for row in rows(connection, "change_causes")})
    assert days == days_until(MONDAY, MONDAY - timedelta(days=34))


def test_changes_are_those_of_the_kpis(connection):
    for number, day in enumerate(days_until(MONDAY)):
        put_leads(connection, day, number % 5)
        won = {"Closing_Date": str(day), "Amount": number / 8}
        put(connection, "Deals", deal(next(numbers), at(day), "Closed Won", **won))
        put(connection, "Deals", deal(next(numbers), at(day), Amount=number))
    build(connection, FIRST, MONDAY, MARTS)
    kpis = {row["day"]: row for row in rows(connection, "kpis")}
    for row in rows(connection, "changes"):
        before = kpis.get(row["day"] - timedelta(days=row["days"]))
        if row["topic"] in ("leads", "won", "lost"):
            assert row["value"] == kpis[row["day"]][row["figure"]]
        elif before:
            moved = kpis[row["day"]][row["figure"]] - before[row["figure"]]
            assert row["value"] == moved
