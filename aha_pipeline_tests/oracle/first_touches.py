"""When leads are touched first, and when the company works, in plain Python, each from drawn rows.

The calendar of the drawn companies is of whole days that may end after midnight; what was worked
until an instant is counted by looking at each of them.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from aha_pipeline_tests.oracle.figures import Row, Rows, pct, wilson
from aha_pipeline_tests.oracle.stand_ins import DAY, HOUR, SECOND, Drawn, Judge, counted

BEHIND = 1 << 60  # the wait of what ends behind the calendar
MEANINGS = ("open", "qualified", "converted", "lost", "junk")
STATES = ("touched", "ended", "waiting")
MILLION, MINUTE_MICROS = 1_000_000, 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Calendar = list[Row]


def _local(drawn: Drawn, instant: datetime) -> datetime:
    return instant.astimezone(drawn.zone)


def _calendar(drawn: Drawn, first: int = 60, last: int = 3) -> Calendar:
    """Draw and put days around the present one, of which some are not worked."""
    rows: Calendar = []
    for number in range(-first, last):
        day = drawn.today + number * DAY
        opens = drawn.random.randrange(8, 22)
        length = drawn.one_of(2, 8, 8, 8, 18)
        opens_at = datetime.combine(day, time(opens), drawn.zone) if length != 2 else None
        rows.append({"day": day, "opens_at": opens_at, "hours": length})
    for row, following in zip(rows, [*rows[1:], {"opens_at": None}], strict=True):
        if row["opens_at"]:
            ends = [row["opens_at"] + row["hours"] * HOUR, following["opens_at"]]
            row["closes_at"] = min(_micros(it) for it in ends if it)
            row["opens_at"] = _micros(row["opens_at"])
    _put_calendar(drawn, rows)
    return rows


def _put_calendar(drawn: Drawn, rows: Calendar) -> None:
    before, previous, put = 0, None, []
    for row in rows:
        closes, opens = row.get("closes_at"), row["opens_at"]
        worked = closes - opens if closes else 0
        put.append({
            "day": row["day"], "opens_at": _instant(drawn, opens),
            "closes_at": _instant(drawn, closes), "worked_seconds": Decimal(worked) / MILLION,
            "seconds_before": Decimal(before) / MILLION,
            "previous_closes_at": _instant(drawn, previous),
        })  # fmt: skip
        before, previous = before + worked, closes
    drawn.put("analytics.business_calendar", put)


def _micros(instant: datetime) -> int:
    """Return the microseconds since 1970: whole numbers, so that nothing is rounded."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def _instant(drawn: Drawn, micros: int | None) -> datetime | None:
    if micros is None:
        return None
    return (EPOCH + timedelta(microseconds=micros)).astimezone(drawn.zone)


def _worked(calendar: Calendar, instant: datetime) -> int:
    """Return the microseconds worked until an instant."""
    until = _micros(instant)
    return sum(
        max(0, min(until, row["closes_at"]) - row["opens_at"])
        for row in calendar
        if row["opens_at"]
    )


def _working_day(calendar: Calendar) -> Fraction:
    """Return the minutes of a day that is worked, on average."""
    worked = [row["closes_at"] - row["opens_at"] for row in calendar if row["opens_at"]]
    return Fraction(sum(worked), len(worked) * MINUTE_MICROS)


def _class(minutes: Fraction | None, day: Fraction) -> str:
    limits = {"hour": 60, "day": day, "week": 6 * day}
    return next((name for name, most in limits.items()
                 if minutes is not None and minutes <= most), "longer")  # fmt: skip


def _key(minutes: Fraction | None, state: str) -> int:
    micros = BEHIND if minutes is None else round(minutes * MINUTE_MICROS)
    return 4 * micros + STATES.index(state)


def business_calendar(drawn: Drawn) -> Rows:
    """Return each day from the one before the first lead to the end of next year."""
    told_by = drawn.one_of(None, "zoho", "file")
    begin, end = drawn.one_of((9, 18), (22, 6), (0, 24), (10, 10), (13, 4))
    week = [day for day in range(1, 8) if drawn.random.random() < 0.7] or [3]
    first = drawn.one_of(None, drawn.today - 20 * DAY)
    early = drawn.random.sample(week, len(week) // 2)  # days that begin at another hour
    holidays = {drawn.today + DAY * drawn.random.randrange(-20, 300) for _ in range(40)}
    hours = {day: (begin - 1 if day in early and begin else begin, end) for day in week}
    drawn.put("analytics.lead_history", [{"day": first}, {"day": drawn.today}] if first else [])
    drawn.put("crm.holidays", [{"day": day, "name": "", "told_by": "zoho"} for day in holidays])
    drawn.put("crm.business_hours", [
        {"weekday": day, "opens": f"{opens}:00", "closes": f"{closes}:00", "told_by": told_by}
        for day, (opens, closes) in hours.items()
    ] if told_by else [])  # fmt: skip
    days = [(first or drawn.today) - DAY]
    while days[-1] < date(drawn.today.year + 1, 12, 31):
        days.append(days[-1] + DAY)
    opened: dict[date, tuple[int, int] | None] = {}
    for day in days:
        hours_of_day = hours.get(day.isoweekday()) if told_by else (0, 24)
        opened[day] = None
        if hours_of_day and day not in holidays:
            opens, closes = hours_of_day
            opened[day] = _at(drawn, day, opens), _at(drawn, day, closes, opens)
    rows: Rows = {}
    worked, previous = 0, None
    for day in days:
        opens = closes = None
        if told := opened[day]:
            following = opened.get(day + DAY)
            opens, closes = told[0], min(told[1], following[0]) if following else told[1]
        micros = closes - opens if opens is not None else 0
        rows[(day,)] = {
            "hours_by": told_by or "nobody", "opens_at": _instant(drawn, opens),
            "closes_at": _instant(drawn, closes), "worked_seconds": Fraction(micros, MILLION),
            "seconds_before": Fraction(worked, MILLION),
            "previous_closes_at": _instant(drawn, previous),
        }  # fmt: skip
        worked, previous = worked + micros, closes
    return rows


def _at(drawn: Drawn, day: date, hour: int, after: int = -1) -> int:
    """Return when a clock shows an hour; not after another one it is that of the next day."""
    days, clock = divmod(hour, 24)
    days += hour <= after
    return _micros(datetime.combine(day + days * DAY, time(clock), drawn.zone))


def first_touch_since(drawn: Drawn) -> Rows:
    def draw() -> Row:
        return {
            "module": drawn.one_of("Calls", "Tasks", "Notes", "Emails"),
            "is_deleted": drawn.one_of(False, False, True),
            "created_time": drawn.one_of(None, *[drawn.now - drawn.random.randrange(99) * DAY] * 2),
        }

    kept = drawn.some(draw, 8)
    configured = drawn.one_of(["Calls"], ["Tasks"], ["Calls", "Tasks"], ["Calls", "Tasks"])
    reads = drawn.some(lambda: {"module": drawn.one_of("Calls", "Tasks"),
                                "status": drawn.one_of("success", "failed")}, 4)  # fmt: skip
    drawn.put("analytics.activities", kept)
    drawn.put("crm.modules", [{"module": it, "is_configured": it in configured}
                              for it in ("Calls", "Tasks")])  # fmt: skip
    drawn.put("crm.sync_logs", reads)
    logs_calls = any(it["module"] == "Calls" and not it["is_deleted"] for it in kept)
    is_read = {"module": "Calls", "status": "success"} in reads and "Calls" in configured
    times = [it["created_time"] for it in kept if it["created_time"] and not it["is_deleted"]
             and it["module"] not in ("Notes", "Emails")]  # fmt: skip
    return {(min(times),): {}} if times and logs_calls and is_read else {}


def first_touch(drawn: Drawn) -> Rows:
    calendar = _calendar(drawn)
    since = drawn.now.replace(microsecond=0) - 55 * DAY
    rows: Rows = {}
    contents, records, touches = [], [], []
    for number in range(14):
        id_, meaning = f"L{number}", drawn.one_of(*MEANINGS)
        created = since + drawn.one_of(
            0 * DAY, -SECOND, *[MINUTE * drawn.random.randrange(9999)] * 8
        )
        later = [created + MINUTE * drawn.random.randrange(-200, 9999) for _ in range(3)]
        behind = drawn.now + 30 * DAY
        times = [drawn.one_of(None, behind, *[it] * 4) for it in later]
        now = {
            "id": id_, **drawn.whose(), "meaning": meaning,
            "is_converted": meaning == "converted", "day": _local(drawn, created).date(),
            "is_present": True, "is_deleted": drawn.random.random() < 0.1,
        }  # fmt: skip
        contents += [now, now | {"is_present": False, "meaning": drawn.one_of(*MEANINGS)}]
        names = ("converted_time", "content_since", "modified_time")
        records.append({"id": id_, "created_time": created} | dict(zip(names, times, strict=True)))
        ended = next((it for it in times if it), created)
        ended = max(created, ended) if meaning in ("converted", "lost", "junk") else None
        touched = [ended, created, *later, drawn.now + 2 * DAY, behind]
        own = [
            {"lead_id": drawn.one_of(id_, id_, id_, None), "at": drawn.one_of(None, *touched),
             "is_touch": drawn.one_of(True, True, False),
             "is_deleted": drawn.one_of(False, False, True)}
            for _ in range(drawn.random.randrange(4))
        ]  # fmt: skip
        touches += own
        at = min((it["at"] for it in own if it["at"] and it["lead_id"] and it["is_touch"]
                  and not it["is_deleted"]), default=None)  # fmt: skip
        if at and ended and at > ended:
            at = None
        if created >= since and not now["is_deleted"]:
            row = {name: now[name] for name in ("source", "owner_id", "meaning", "is_converted",
                                                "day")}  # fmt: skip
            first = at and max(at, created)
            rows[(id_,)] = row | _wait(drawn, calendar, created, first, ended)
    drawn.put("analytics.lead_history", contents)
    drawn.put("crm.leads_raw", records)
    drawn.put("analytics.first_touch_since", [{"known_since": since}])
    drawn.put("analytics.activities", touches)
    return rows


def _wait(drawn: Drawn, calendar: Calendar, created: datetime, first, ended) -> Row:
    before, end = _worked(calendar, created), first or ended
    minutes = None
    if end and _local(drawn, end).date() <= calendar[-1]["day"]:
        minutes = Fraction(_worked(calendar, end) - before, MINUTE_MICROS)
    state = "touched" if first else "ended" if ended else "waiting"
    return {
        "weekday": _local(drawn, created).isoweekday(),
        "hour": _local(drawn, created).hour,
        "created_time": created,
        "first_touch_at": first,
        "ended_at": ended,
        "worked_before": Fraction(before, MILLION),
        "wait_minutes": minutes,
        "wait_key": _key(minutes if end else Fraction(-before, MINUTE_MICROS), state),
    }


def _waits(drawn: Drawn, calendar: Calendar, ages: int) -> list[Row]:
    """Draw and put leads, created up to so many days ago, with how long they waited."""
    day, rows = _working_day(calendar), []
    for number in range(drawn.one_of(0, *[60] * 9)):
        created = drawn.now - HOUR * drawn.one_of(0, 1, 2, drawn.random.randrange(24 * ages))
        # Not just a working day, which an average gives to some digits alone.
        limit = drawn.one_of(60, day, 6 * day, 7 * day) + Fraction(drawn.one_of(-1, 1), 60)
        end = _after(calendar, created, drawn.one_of(60, limit, limit))
        first, ended = drawn.one_of((None, None), (None, end), (end, None), (end, end))
        rows.append({
            "id": f"L{number}", "is_converted": drawn.one_of(True, False),
            "day": _local(drawn, created).date(), **_wait(drawn, calendar, created, first, ended),
        })  # fmt: skip
    _put_touches(drawn, rows)
    return rows


def _put_touches(drawn: Drawn, rows: list[Row]) -> None:
    drawn.put("analytics.first_touch", [
        {name: Decimal(it.numerator) / it.denominator if isinstance(it, Fraction) else it
         for name, it in row.items()}
        for row in rows
    ])  # fmt: skip


def _after(calendar: Calendar, created: datetime, minutes: Fraction) -> datetime:
    """Return when so many minutes have been worked since, or a time behind the calendar."""
    left, came = round(minutes * MINUTE_MICROS), _micros(created)
    for row in calendar:
        if row["opens_at"] and row["closes_at"] > came:
            begin = max(row["opens_at"], came)
            if row["closes_at"] - begin >= left:
                return created + timedelta(microseconds=begin - came + left)
            left -= row["closes_at"] - begin
    return created + 90 * DAY


def _parts(rows: list[Row], day: Fraction) -> Rows:
    return counted(((row["day"], _over(row, day), row["is_converted"]) for row in rows), "leads")


def _over(row: Row, day: Fraction) -> str | None:
    if row["first_touch_at"]:
        return _class(row["wait_minutes"], day)
    return "never" if row["ended_at"] else None


def touch_parts(drawn: Drawn) -> Rows:
    calendar = _calendar(drawn)
    return _parts(_waits(drawn, calendar, 40), _working_day(calendar))


def _put_parts(drawn: Drawn, rows: list[Row], day: Fraction) -> None:
    names = ("day", "wait", "is_converted")
    drawn.put("analytics.touch_parts", [
        dict(zip(names, place, strict=True)) | row for place, row in _parts(rows, day).items()
    ])  # fmt: skip


def _as_of_now(drawn: Drawn, rows: list[Row]) -> Iterator[Row]:
    """Yield leads as they stand now: what lies ahead has not been."""
    for row in rows:
        is_ahead = row["first_touch_at"] and row["first_touch_at"] > drawn.now
        yield row | {"first_touch_at": None} if is_ahead else row


def first_touch_worth(drawn: Drawn) -> Rows:
    calendar = _calendar(drawn)
    day = _working_day(calendar)
    rows = [
        row | {"day": drawn.today - DAY * drawn.one_of(29, 30, 31, 100, 209, 210, 211)}
        for row in _waits(drawn, calendar, 40)
    ]
    _put_touches(drawn, rows)
    _put_parts(drawn, rows, day)
    converted: dict[str, list[bool]] = defaultdict(list)
    for row in _as_of_now(drawn, rows):
        wait = _over(row, day)
        if wait and 30 <= (drawn.today - row["day"]).days <= 210:
            converted[wait].append(row["is_converted"])
    order = ("hour", "day", "week", "longer", "never")
    return {
        (wait,): {
            "position": order.index(wait) + 1,
            "leads": len(each),
            "converted": sum(each),
            "converted_pct": pct(sum(each), len(each)),
            "low_pct": wilson(sum(each), len(each), -1),
            "high_pct": wilson(sum(each), len(each), 1),
        }
        for wait, each in converted.items()
    }


def untouched_leads(drawn: Drawn) -> Rows:
    days = drawn.one_of(1, 60, 60, 60)  # since the first lead
    calendar = _calendar(drawn, days)
    day = _working_day(calendar)
    rows = _waits(drawn, calendar, min(days, 40))
    _put_parts(drawn, rows, day)
    ages = dict.fromkeys(("hour", "day", "week", "longer"), 0)
    for row in _as_of_now(drawn, rows):
        if not (row["first_touch_at"] or row["ended_at"]):
            waited = (Fraction(_worked(calendar, drawn.now), MILLION) - row["worked_before"]) / 60
            ages[_class(waited, day)] += 1
    return {
        (age,): {"position": position, "leads": leads}
        for position, (age, leads) in enumerate(ages.items(), 1)
        if rows
    }


def open_leads(drawn: Drawn) -> Rows:
    """Return what the work list reads of each open lead."""
    drawn.put("crm.picklist_meaning", [
        {"module": "Leads", "value": value, "position": place, "meaning": "open"}
        for place, value in enumerate(("Not Contacted", "Called"))
    ])  # fmt: skip
    rows: Rows = {}
    contents, records, touched = [], [], []
    for number in range(20):
        id_, created = f"L{number}", drawn.now - 9 * DAY
        statuses = [drawn.one_of("(none)", "Not Contacted", "Called")
                    for _ in range(drawn.one_of(1, 1, 2, 3))]  # fmt: skip
        said = {"id": id_, **drawn.whose(), "day": drawn.day(), "is_deleted": False}
        said["is_deleted"] = drawn.random.random() < 0.2
        contents += [
            said | {"status": status, "is_present": place + 1 == len(statuses),
                    "meaning": drawn.one_of("open", "open", "open", "lost")}
            for place, status in enumerate(statuses)
        ]  # fmt: skip
        active = drawn.one_of(None, created, *(created + 5 * MINUTE + it * SECOND
                                               for it in (-1, 0, 1, 7000)))  # fmt: skip
        raw = "{}" if active is None else f'{{"Last_Activity_Time": "{active.isoformat()}"}}'
        records.append({"id": id_, "created_time": created, "raw_data": raw})
        first, is_known = drawn.one_of(None, drawn.now - DAY), drawn.one_of(True, False)
        touched += [{"id": id_, "first_touch_at": first}] if is_known else []
        if contents[-1]["meaning"] == "open" and not said["is_deleted"]:
            rows[(id_,)] = {name: said[name] for name in ("owner_id", "source", "day")} | {
                "status": statuses[-1],
                "last_activity_time": active,
                "is_untouched": statuses[-1] != "Called" and len(set(statuses)) == 1
                and (active is None or active <= created + 5 * MINUTE),
                "is_touch_known": is_known,
                "first_touch_at": first if is_known else None,
            }  # fmt: skip
    drawn.put("analytics.lead_history", contents)
    drawn.put("crm.leads_raw", records)
    drawn.put("analytics.first_touch", touched)
    return rows


LEADS, CALENDAR = "analytics.lead_history", "analytics.business_calendar"
TOUCHES, ACTIVITIES = "analytics.first_touch", "analytics.activities"
PARTS = "analytics.touch_parts"
JUDGES = {
    "business_calendar": Judge(
        business_calendar, ("day",), (LEADS, "crm.holidays", "crm.business_hours")
    ),
    "first_touch_since": Judge(
        first_touch_since, ("known_since",), (ACTIVITIES, "crm.modules", "crm.sync_logs")
    ),
    "first_touch": Judge(
        first_touch, ("id",),
        (LEADS, "crm.leads_raw", "analytics.first_touch_since", ACTIVITIES, CALENDAR),
    ),
    "touch_parts": Judge(touch_parts, ("day", "wait", "is_converted"), (TOUCHES, CALENDAR)),
    "first_touch_worth": Judge(first_touch_worth, ("wait",), (PARTS, TOUCHES, CALENDAR)),
    "untouched_leads": Judge(untouched_leads, ("age",), (PARTS, TOUCHES, CALENDAR)),
    "open_leads": Judge(
        open_leads, ("id",), (LEADS, "crm.leads_raw", "crm.picklist_meaning", TOUCHES)
    ),
}  # fmt: skip
