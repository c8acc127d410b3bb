"""How long leads wait for the first touch, against minutes counted one by one and `statsmodels`.

The calendar of the brute force looks at each minute's wall clock; the touches are read off the
records as Zoho sends them, by a program that shares nothing with the SQL.
"""

import os
from bisect import bisect_left
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from psycopg2.extras import execute_values

from aha_pipeline.warehouse.business_hours import derive_hours
from aha_pipeline.warehouse.checks import find_failing_rows, mart_checks
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.oracle.mutants import alive_of, is_right_apart, mutants_of_measure, some
from aha_pipeline_tests.warehouse.kaplan_meier import estimate
from aha_pipeline_tests.warehouse.marts_company import (
    ACTIVITIES,
    TABLES,
    build,
    company,
    email,
    put_emails,
    put_sync,
    rows,
)

COMPANIES = int(os.environ.get("FIRST_TOUCH_COMPANIES", "6"))
MARTS = tuple(
    m.name
    for m in read_marts()
    if m.name.startswith(("first_touch", "touch_parts", "untouched", "deal_silence", "activit"))
)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
    "America/St_Johns", "Pacific/Auckland")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WAITS = "select * from measures.waits('-infinity', 'infinity')"
TIMES = """
    select f.*
    from crm.organisation o, lateral measures.first_touch(
        (now() at time zone o.timezone)::date - 90, 'infinity') f
"""
CLOSED = {"Junk Lead": "junk", "Lost Lead": "lost"}
# Of e-mails: what no person sent, what came in, and what did not get there.
NO_TOUCHES: tuple[dict, ...] = (
    {"sent": False, "status": ["received"]},
    {"source": "auto_responder"},
    {"source": "workflow"},
    {"source": "manual_massmail"},
    {"status": ["bounced"]},
    {"status": ["scheduled"]},
)


def stamp(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def draw_hours(rng: Random) -> tuple[dict | None, list[date], str]:
    """Business hours as Zoho tells them, holidays, and the user's file."""
    worked = sorted(rng.sample(DAYS, rng.randint(3, 7)), key=DAYS.index)
    begin, end = rng.choice([("09:30", "19:00"), ("10:00", "18:30"), ("22:00", "06:30"),
        ("08:15", "24:00"), ("04:00", "12:45")])  # fmt: skip
    kind = rng.choice(["24*7", "24*5", "custom", "each", "none", "file"])
    holidays = [(now() - timedelta(days=n)).date() for n in rng.sample(range(200), 6)]
    file = ""
    hours: dict | None = {"type": "custom", "business_days": worked, "same_as_everyday": True,
        "daily_timing": [begin, end], "custom_timing": None}  # fmt: skip
    if kind == "each":
        timing = [{"days": day, "business_timing": [begin, end]} for day in worked[:-1]]
        hours |= {"daily_timing": None, "custom_timing": timing}
    elif kind in ("24*7", "24*5"):
        hours = {"type": kind, "business_days": worked if kind == "24*5" else None}
    elif kind == "none":
        hours = None
    elif kind == "file":
        lines = [f"{day},{begin},{end}" for day in worked[:2]]
        file = "\n".join(["Day,opens,closes", *lines])
    return hours, holidays, file


def now() -> datetime:
    """The present minute, UTC: the marts are of the present."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def worked_minutes(zone: ZoneInfo, hours, holidays, file: str, first: datetime) -> list[datetime]:
    """Every worked minute from `first` until a day ahead, by looking at each one's wall clock."""
    week: dict[int, tuple[int, int]] = {}
    if hours and hours["type"] != "custom":
        week = {n: (0, 1440) for n, d in enumerate(DAYS) if d in (hours["business_days"] or DAYS)}
    elif hours and hours["custom_timing"]:
        week = {DAYS.index(t["days"]): span(*t["business_timing"]) for t in hours["custom_timing"]}
    elif hours:
        week = {DAYS.index(day): span(*hours["daily_timing"]) for day in hours["business_days"]}
    lines = [line.split(",") for line in file.splitlines()[1:]]
    if lines:
        week = {DAYS.index(day): span(opens, closes) for day, opens, closes in lines}
    if not week:
        week = dict.fromkeys(range(7), (0, 1440))

    def of(day: date) -> tuple[int, int] | None:
        return None if day in holidays else week.get(day.weekday())

    found, minute = [], first
    while minute < now() + timedelta(days=1):
        local = minute.astimezone(zone)
        clock, today, before = local.hour * 60 + local.minute, of(local.date()), None
        before = of(local.date() - timedelta(days=1))
        if (today and today[0] <= clock < today[1]) or (before and clock < before[1] - 1440):
            found.append(minute)
        minute += timedelta(minutes=1)
    return found


def span(opens: str, closes: str) -> tuple[int, int]:
    start, end = (int(h) * 60 + int(m) for h, m in (t.split(":") for t in (opens, closes)))
    return start, end if end > start else end + 1440


class Company:
    """A random company: its leads, what was logged of them, and when it works."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = Random(f"first touch {seed}")
        self.zone = ZoneInfo(ZONES[seed % len(ZONES)])
        self.hours, self.holidays, self.file = draw_hours(rng)
        self.begin = now() - timedelta(days=240)
        self.records: dict[str, list[dict]] = {module: [] for module in (*TABLES, *ACTIVITIES)}
        self.emails: list[tuple[str, str, dict]] = []
        self.expected: dict[str, tuple[str, datetime]] = {}
        # The CRM keeps activities from the first of these on.
        self.log("Tasks", self.begin, None, {"Status": "Not Started"})
        for number in range(70):
            self.lead(f"L{number}")
        for number, hours in enumerate((0, 30, 900)):
            self.lead_converted_ahead(f"A{number}", now() - timedelta(hours=hours))

    def moment(self, since: datetime) -> datetime:
        """A minute after `since`, by preference soon, at most now."""
        return min(since + timedelta(minutes=int(self.rng.expovariate(1 / 2500))), now())

    def log(self, module: str, created: datetime, lead: str | None, fields: dict) -> dict:
        number = len(self.records[module])
        link = {"id": lead} if lead else None
        what = {"Parent_Id": link} if module == "Notes" else {"What_Id": link}
        times = {"Created_Time": stamp(created), "Modified_Time": stamp(created)}
        record = {"id": f"{module}{number}", "Owner": {"id": "7"}, **times, **what, **fields}
        self.records[module].append(record)
        return record

    def lead(self, id_: str) -> None:
        rng = self.rng
        created = self.begin + timedelta(minutes=rng.randrange(240 * 1440))
        status = rng.choice(["Not Contacted", "Contacted", "Contacted", "Junk Lead", "Lost Lead"])
        record = {"id": id_, "Last_Name": id_, "Lead_Status": status, "$converted": False,
            "Lead_Source": rng.choice(["A", "B"]), "Owner": {"id": rng.choice("12"), "name": "R"},
            "Created_Time": stamp(created), "Modified_Time": stamp(created)}  # fmt: skip
        ended = self.moment(created) if status in CLOSED else None
        if rng.random() < 0.2:
            ended = self.moment(created)
            record |= {"$converted": True, "Converted_Date_Time": stamp(ended),
                "$converted_detail": {"contact": f"C{id_}", "deal": f"D{id_}"}}  # fmt: skip
        if ended:
            record["Modified_Time"] = stamp(ended)
        touches = [
            touch
            for _ in range(rng.choice([0, 1, 1, 2, 3]))
            if (touch := self.activity(id_, created, bool(record["$converted"]), ended))
        ]
        first = max(min(touches), created) if touches else None
        if first and (ended is None or first <= ended):
            self.expected[id_] = "touched", first
        else:
            self.expected[id_] = ("ended", ended) if ended else ("waiting", now())
        self.records["Leads"].append(record)

    def lead_converted_ahead(self, id_: str, created: datetime) -> None:
        """Add a lead whose first meeting and conversion both lie ahead."""
        meeting, ended = (now() + timedelta(hours=hours) for hours in (3, 6))
        self.log("Events", created, id_, {"Start_DateTime": stamp(meeting)})
        self.expected[id_] = "ended", ended
        self.records["Leads"].append(
            {"id": id_, "Last_Name": id_, "Lead_Status": "Contacted", "$converted": True,
             "Lead_Source": "A", "Owner": {"id": "1", "name": "R"},
             "Created_Time": stamp(created), "Modified_Time": stamp(ended),
             "Converted_Date_Time": stamp(ended),
             "$converted_detail": {"contact": f"C{id_}", "deal": f"D{id_}"}}
        )  # fmt: skip

    def activity(self, id_: str, created: datetime, converted: bool, ended) -> datetime | None:
        """Log something; return when the lead was touched by it, None where it was not."""
        rng, at = self.rng, self.moment(created)
        moved = converted and at <= ended and rng.random() < 0.7
        kind = rng.randrange(12)
        lead = f"D{id_}" if moved else id_
        by_contact = {"Who_Id": {"id": f"C{id_}"}, "What_Id": None}
        contact = by_contact if moved and rng.random() < 0.5 else {}
        if converted and not moved and at > ended and rng.random() < 0.5:
            lead = f"D{id_}"  # of the deal alone
            contact, elsewhere = {}, True
        else:
            elsewhere = False
        match kind:
            case 0 | 1 | 2:
                type_ = ("Outbound", "Inbound", "outbound ")[kind]
                self.log("Calls", at, lead, {"Call_Type": type_, "Call_Start_Time": stamp(at),
                    **contact})  # fmt: skip
            case 3:
                self.log("Calls", at, lead, {"Call_Type": "Missed", "Call_Start_Time": stamp(at)})
                return None
            case 4:
                later = stamp(now() + timedelta(hours=3))
                planned = {"Call_Type": "Outbound", "Outgoing_Call_Status": "Scheduled",
                    "Call_Start_Time": rng.choice([stamp(at), later])}  # fmt: skip
                meeting = ("Events", {"Start_DateTime": later})
                module, planned = rng.choice([("Calls", planned), meeting])
                self.log(module, at, lead, planned)
                return None
            case 5:
                self.log("Tasks", created, lead, {"Status": "Completed", "Closed_Time": stamp(at),
                    **contact})  # fmt: skip
            case 6:
                self.log("Tasks", created, lead, {"Status": "In Progress", **contact})
                return None
            case 7:
                fields = {"Start_DateTime": stamp(at), "End_DateTime": stamp(at), **contact}
                if not (moved or elsewhere):
                    fields["Participants"] = [{"type": "user", "participant": "9"},
                        {"type": "lead", "participant": id_}]  # fmt: skip
                    lead = rng.choice([None, id_])
                self.log("Events", created, lead, fields)
            case 8:
                self.log("Notes", at, lead, {"Note_Content": "x"})
                return None
            case _:
                elsewhere = elsewhere or not self.email(lead, at)
        return None if elsewhere else at

    def email(self, record: str, at: datetime) -> bool:
        """Write an e-mail of a lead or deal; return whether somebody is touched by it."""
        is_touch = self.rng.random() < 0.6
        said = {"source": "imap"} if is_touch else self.rng.choice(NO_TOUCHES)
        module = "Deals" if record.startswith("D") else "Leads"
        self.emails.append((module, record, email(len(self.emails), stamp(at), **said)))
        return is_touch

    def put(self, connection, folder: Path) -> None:
        for lead in self.records["Leads"]:
            if lead["$converted"]:
                detail = lead["$converted_detail"]
                base = {"Created_Time": lead["Converted_Date_Time"],
                    "Modified_Time": lead["Converted_Date_Time"]}  # fmt: skip
                self.records["Deals"].append(
                    {"id": detail["deal"], "Stage": "Qualification", **base}
                )
                self.records["Contacts"].append({"id": detail["contact"], **base})
        told = msgspec.json.encode(self.hours).decode()
        with connection.cursor() as cursor:
            cursor.execute(
                "update crm.organisation set business_hours = %s, timezone = %s",
                [told, self.zone.key],
            )
            days = [(day, "", "zoho") for day in self.holidays]
            execute_values(cursor, "insert into crm.holidays values %s", days)
            for module, table in (TABLES | ACTIVITIES).items():
                cursor.execute(f"delete from crm.{table}")  # noqa: S608
                put = [(r["id"], msgspec.json.encode(r).decode()) for r in self.records[module]]
                if put:
                    insert = f"insert into crm.{table} (id, raw_data) values %s"  # noqa: S608
                    execute_values(cursor, insert, put)
            cursor.execute("delete from crm.record_emails")
        for module, id_, said in self.emails:
            put_emails(connection, module, id_, said)
        path = folder / "business_hours.csv"
        path.write_text(self.file)
        derive_hours(connection, path)


@pytest.fixture(scope="module")
def shared(module_database_url):
    with company(module_database_url) as connection:
        save_configured_modules(connection, [*TABLES, *ACTIVITIES])
        for module in ACTIVITIES:
            put_sync(connection, module, "2026-01-01")
        connection.commit()
        yield connection


@pytest.fixture
def warehouse(shared):
    yield shared
    shared.rollback()


def untouched(waits: list[tuple[float, bool]]) -> list[tuple[float, float]]:
    """The share that is untouched from each time on at which one was touched."""
    if not any(touched for _, touched in waits):
        return []
    # Imported here: SciPy behind it takes every process that collects a second.
    from statsmodels.duration.survfunc import SurvfuncRight

    fitted = SurvfuncRight(*zip(*waits, strict=True))
    return list(zip(fitted.surv_times, fitted.surv_prob, strict=True))


def median(waits: list[tuple[float, bool]]) -> float | None:
    return next((t for t, share in untouched(waits) if share <= 0.5 + 1e-12), None)


def reached(waits: list[tuple[float, bool]], minutes: float) -> float | None:
    """Per cent touched by then; None while nobody is known for that long."""
    shares = [1.0, *(share for t, share in untouched(waits) if t <= minutes)]
    if max(w for w, _ in waits) < minutes and shares[-1] > 1e-12:
        return None
    return 100 * (1 - shares[-1])


@pytest.mark.parametrize("seed", range(COMPANIES))
def test_waits_equal_minutes_counted_one_by_one(warehouse, tmp_path, seed):
    drawn = Company(seed)
    drawn.put(warehouse, tmp_path)
    build(warehouse, only=MARTS)
    assert wrong(warehouse) == {}
    minutes = minutes_of(drawn)
    found = compare_waits(warehouse, drawn, minutes)
    compare_times(warehouse, found)
    compare_lengths(warehouse, found)
    compare_measures(warehouse, drawn, minutes)


MEASURES = ("waits", "waits_over", "first_touch", "worked", "working_day_minutes")


def test_each_mutant_of_a_measure_is_found_out(warehouse, tmp_path, capsys):
    with warehouse.cursor() as cursor:
        changed = {name: list(mutants_of_measure(cursor, name).items()) for name in MEASURES}
        alive = {name: dict([tried[0], *some(tried[1:])]) for name, tried in changed.items()}
        for seed in (0, 3, 4):
            drawn = Company(seed)
            drawn.put(warehouse, tmp_path)
            build(warehouse, only=MARTS)
            minutes = minutes_of(drawn)
            alive = {
                name: {text: what for text, what in mutants.items()
                    if is_right(cursor, text, drawn, minutes)}
                for name, mutants in alive.items()
            }  # fmt: skip
            warehouse.rollback()
    for name, mutants in alive.items():
        assert "nothing" in mutants.values()
        assert alive_of(f"measures.{name}", changed[name][1:], mutants.__contains__, capsys) == []


def is_right(cursor, definition: str, drawn: "Company", minutes: list[datetime]) -> bool:
    """Return whether all is right with a measure that is put in its place."""

    def compare() -> bool:
        cursor.execute(definition)
        compare_measures(cursor.connection, drawn, minutes)
        compare_this_instant(cursor)
        return True

    return is_right_apart(cursor, compare)


def compare_this_instant(cursor) -> None:
    """See that a first touch of this very moment is over, as those before it are."""
    asked = "select * from measures.waits_over('-infinity', 'infinity') order by wait, is_converted"
    before = rows(cursor.connection, asked)
    cursor.execute(
        "update analytics.first_touch set first_touch_at = now() "
        "where id = (select min(id) from analytics.first_touch where first_touch_at < now())"
    )
    assert cursor.rowcount == 1
    assert rows(cursor.connection, asked) == before


def minutes_of(drawn: "Company") -> list[datetime]:
    return worked_minutes(drawn.zone, drawn.hours, drawn.holidays, drawn.file, drawn.begin)


def compare_waits(connection, drawn: "Company", minutes: list[datetime]) -> dict[str, dict]:
    """Compare each wait; return what is found of them."""
    found = {row["id"]: row for row in rows(connection, WAITS)}
    assert found.keys() == drawn.expected.keys()
    [first, *_] = leads = sorted(drawn.records["Leads"], key=lambda lead: lead["Created_Time"])
    start = datetime.fromisoformat(first["Created_Time"])
    for lead in leads:
        state, until = drawn.expected[lead["id"]]
        created = datetime.fromisoformat(lead["Created_Time"])
        local = created.astimezone(drawn.zone)
        row = found[lead["id"]]
        wait = bisect_left(minutes, until) - bisect_left(minutes, created)
        assert row["state"] == state, (lead, row)
        assert row["first_touch_at"] == (until if state == "touched" else None), (lead, row)
        if state == "waiting":  # until now, which moves on
            assert timedelta() <= row["until_at"] - until < timedelta(minutes=9), (lead, row)
            assert 0 <= float(row["wait_minutes"]) - wait < 9, (lead, row)
        else:
            assert row["until_at"] == until, (lead, row)
            assert float(row["wait_minutes"]) == wait, (lead, row)
        clock = (row["until_at"] - created) / timedelta(minutes=1)
        assert float(row["clock_minutes"]) == pytest.approx(clock)
        key = 4 * round(60_000_000 * row["wait_minutes"])
        assert row["wait_key"] == key + ("touched", "ended", "waiting").index(state), (lead, row)
        before = bisect_left(minutes, created) - bisect_left(minutes, start)
        assert row["worked_before"] - found[first["id"]]["worked_before"] == 60 * before
        said = {name: row[name] for name in ("source", "owner_id", "is_converted")}
        assert list(said.values()) == [
            lead["Lead_Source"], lead["Owner"]["id"], lead["$converted"]]  # fmt: skip
        assert (row["day"], row["weekday"], row["hour"]) == (
            local.date(), local.isoweekday(), local.hour)  # fmt: skip
    return found


def compare_measures(connection, drawn: "Company", minutes: list[datetime]) -> None:
    """Compare what is measured of all leads, and of those of some days, sources and owners."""
    found = compare_waits(connection, drawn, minutes)
    days = sorted(row["day"] for row in found.values())
    some = days[9], days[-9]
    few = asked(connection, "select * from measures.waits(%s, %s)", *some)
    assert {row["id"] for row in few} == {
        id_ for id_, row in found.items() if some[0] <= row["day"] <= some[1]}  # fmt: skip
    compare_over(connection, found, *some)
    middle = days[len(days) // 2]
    compare_over(connection, found, days[0], middle)
    compare_over(connection, found, middle + timedelta(days=1), days[-1])
    for dimensions, sources, owners in (
        (["source", "owner", "weekday", "hour"], None, None),
        (["hour", "source"], ["A"], None),
        (["owner"], None, ["1"]),
        (["source"], None, None),
        (["hour"], None, None),
        (["weekday"], ["B"], ["2", "no one"]),
        ([], ["of nothing"], None),
    ):
        compare_asked(connection, found, *some, sources, owners, dimensions)
    compare_asked(connection, found, days[0], days[0], None, None, ["source"])


def asked(connection, query: str, *given) -> list[dict]:
    with connection.cursor() as cursor:
        return rows(connection, cursor.mogrify(query, given).decode())


def compare_over(connection, found: dict[str, dict], since: date, until: date) -> None:
    """Compare how many waits are over, by their length, with a working day as it is on average."""
    [given] = rows(connection, "select measures.working_day_minutes() as day")
    worked = [row["worked_seconds"] for row in rows(connection, "business_calendar")]
    worked = [seconds for seconds in worked if seconds]
    assert given["day"] == pytest.approx(sum(worked) / len(worked) / 60)
    over = Counter(
        (length_of(row, given["day"]), row["is_converted"])
        for row in found.values()
        if since <= row["day"] <= until
    )
    told = asked(connection, "select * from measures.waits_over(%s, %s)", since, until)
    assert len(told) == len({(row["wait"], row["is_converted"]) for row in told})
    assert over == Counter({(row["wait"], row["is_converted"]): row["leads"] for row in told})


def length_of(row: dict, working_day) -> str | None:
    if row["state"] != "touched":
        return "never" if row["state"] == "ended" else None
    limits = {"hour": 60, "day": working_day, "week": 6 * working_day}
    return next((name for name, most in limits.items() if row["wait_minutes"] <= most), "longer")


def compare_asked(connection, found, since, until, sources, owners, dimensions) -> None:
    """Compare the times of the leads of some days, sources and owners."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in found.values():
        if not since <= row["day"] <= until:
            continue
        if (sources and row["source"] not in sources) or (owners and row["owner_id"] not in owners):
            continue
        by = {"source": row["source"], "owner": row["owner_id"],
            "weekday": str(row["weekday"]), "hour": str(row["hour"])}  # fmt: skip
        for key in (("all", ""), *((name, by[name]) for name in dimensions)):
            groups.setdefault(key, []).append(row)
    query = "select * from measures.first_touch(%s, %s, %s, %s, %s::text[])"
    told = asked(connection, query, since, until, sources, owners, dimensions)
    assert len(told) == len(groups)
    assert {(row["dimension"], row["value"]) for row in told} == groups.keys()
    for row in told:
        of = groups[row["dimension"], row["value"]]
        states = Counter(one["state"] for one in of)
        assert (row["leads"], row["touched"], row["ended"], row["waiting"]) == (
            len(of), states["touched"], states["ended"], states["waiting"])  # fmt: skip
        right = estimate([(Fraction(one["wait_minutes"]), one["state"]) for one in of])
        for name in ("median_minutes", "within_hour_pct"):
            value = row[name]
            assert (None if value is None else float(value)) == right[name], (row, of)


def compare_times(connection, found: dict[str, dict]) -> None:
    recent = rows(
        connection,
        "select id from analytics.first_touch cross join crm.organisation "
        "where day >= (now() at time zone timezone)::date - 90",
    )
    groups: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    for row in (found[r["id"]] for r in recent):
        known = float(row["wait_minutes"]), row["state"] == "touched"
        for key in (("all", ""), ("source", row["source"]), ("owner", row["owner_id"]),
            ("weekday", str(row["weekday"])), ("hour", str(row["hour"]))):  # fmt: skip
            groups.setdefault(key, []).append(known)
    told = {(r["dimension"], r["value"]): r for r in rows(connection, TIMES)}
    assert told.keys() == groups.keys()
    for key, waits in groups.items():
        row = told[key]
        assert row["leads"] == len(waits)
        assert row["touched"] == sum(touched for _, touched in waits)
        assert row["median_minutes"] is None or float(row["median_minutes"]) == median(waits)
        assert (row["median_minutes"] is None) == (median(waits) is None)
        share = reached(waits, 60)
        assert (row["within_hour_pct"] is None) == (share is None), (key, waits)
        assert share is None or float(row["within_hour_pct"]) == pytest.approx(share, abs=1e-9)


def compare_lengths(connection, found: dict[str, dict]) -> None:
    """The waits that are over, and the leads that wait, by their length."""
    [given] = rows(
        connection,
        "select measures.working_day_minutes() as day, "
        "(now() at time zone timezone)::date as today from crm.organisation",
    )
    over: dict[str, list[bool]] = {}
    waiting = dict.fromkeys(("hour", "day", "week", "longer"), 0)
    for row in found.values():
        limits = {"hour": 60, "day": given["day"], "week": 6 * given["day"]}
        minutes = row["wait_minutes"]
        fits = (name for name, limit in limits.items() if minutes <= limit)
        length = next(fits, "longer")
        age = (given["today"] - row["day"]).days
        if row["state"] == "waiting":
            waiting[length] += 1
        elif 30 <= age <= 210:
            length = length if row["state"] == "touched" else "never"
            over.setdefault(length, []).append(row["is_converted"])
    told = {r["wait"]: (r["leads"], r["converted"]) for r in rows(connection, "first_touch_worth")}
    assert told == {length: (len(each), sum(each)) for length, each in over.items()}
    assert {r["age"]: r["leads"] for r in rows(connection, "untouched_leads")} == waiting


def wrong(connection) -> dict[str, int]:
    """Return how many rows the checks of these marts find wrong, by asset."""
    names = {f"analytics/{name}" for name in MARTS}
    counts = {
        check.asset: find_failing_rows(connection, check).count
        for check in mart_checks()
        if check.asset in names
    }
    return {asset: count for asset, count in counts.items() if count}
