"""Marts that repeat, count or sum what records say, in plain Python, from drawn rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

from aha_pipeline_tests.oracle.deals import NONE
from aha_pipeline_tests.oracle.figures import Row, Rows
from aha_pipeline_tests.oracle.listed import CALLED, put_names
from aha_pipeline_tests.oracle.parts import AMOUNTS, MEANINGS, OUTCOMES
from aha_pipeline_tests.oracle.stand_ins import DAY, Drawn, Judge, counted
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.oracle.told_records import as_json

STATUSES = ("Called", "New", NONE)


def _columns(row: Row, names: Iterable[str]) -> Row:
    return {name: row[name] for name in names}


def _owner(row: Row) -> Row:
    return {"owner_name": CALLED.get(row["owner_id"], row["owner_id"])}


def _whose(drawn: Drawn) -> Row:
    return drawn.whose() | {"owner_id": drawn.one_of("1", "2", "3")}


def _contents(drawn: Drawn) -> list[Row]:
    """Draw which contents of records there are; some records have but one."""
    found = []
    for number in range(drawn.random.randrange(9)):
        is_deleted, numbers = drawn.one_of(True, False, False, False), drawn.one_of(1, 2, 3)
        for place in range(numbers):
            found.append({
                "id": f"R{number}", "is_deleted": is_deleted, "is_first": place == 0,
                "is_present": place == numbers - 1,
            })  # fmt: skip
    return found


def _lives(content: Row) -> bool:
    return content["is_present"] and not content["is_deleted"]


def leads(drawn: Drawn) -> Rows:
    put_names(drawn)
    contents = [
        it | _whose(drawn) | {
            "status": drawn.one_of(*STATUSES), "meaning": drawn.one_of(*MEANINGS),
            "position": drawn.one_of(10, 20), "is_converted": drawn.one_of(True, False),
            "day": drawn.one_of(None, drawn.day()), "deal_id": drawn.one_of(None, "D1"),
            "converted_day": drawn.one_of(None, drawn.day()),
        }
        for it in _contents(drawn)
    ]  # fmt: skip
    drawn.put("analytics.lead_history", contents)
    own = ("source", "status", "meaning", "position", "is_converted", "owner_id", "day",
           "converted_day", "deal_id")  # fmt: skip
    return {
        (it["id"],): _columns(it, own) | _owner(it) | {
            "step": "Converted" if it["is_converted"] else it["status"],
            "is_qualified": it["meaning"] in ("qualified", "converted"),
        }
        for it in contents if _lives(it)
    }  # fmt: skip


def deals(drawn: Drawn) -> Rows:
    put_names(drawn)
    contents = [
        it | _whose(drawn) | {
            "name": "D", "stage": "Talk", "meaning": drawn.one_of(*OUTCOMES), "position": 10,
            "probability": drawn.one_of(None, 50), "amount": drawn.one_of(*AMOUNTS),
            "closing_date": drawn.day(), "closed_day": drawn.one_of(None, drawn.day()),
            "account_id": drawn.one_of(None, "A1"), "account_name": None, "day": drawn.day(),
            "weighted_amount": drawn.one_of(0, 2),
        }
        for it in ({name: it for name, it in row.items() if name != "is_first"}
                   for row in _contents(drawn))
    ]  # fmt: skip
    drawn.put("analytics.deal_history", contents)
    flags = {"id", "is_deleted", "is_present"}
    return {
        (it["id"],): _columns(it, it.keys() - flags) | _owner(it) for it in contents if _lives(it)
    }


def lead_volume(drawn: Drawn) -> Rows:
    put_names(drawn)
    found = drawn.some(lambda: _whose(drawn) | {
        "day": drawn.one_of(None, drawn.day(1)), "status": drawn.one_of(*STATUSES[:2]),
        "step": drawn.one_of("Converted", "New"), "meaning": drawn.one_of("open", "lost"),
    })  # fmt: skip
    drawn.put("analytics.leads", found)
    names = ("day", "source", "owner_id", "status", "step", "meaning")
    counts = Counter(tuple(it[name] for name in names) for it in found)
    return {
        place: {"leads": leads, "owner_name": CALLED.get(place[2], place[2])}
        for place, leads in counts.items()
    }


def _spans(drawn: Drawn) -> list[Row]:
    """Draw contents with the days on which they held."""
    contents = []
    for it in _contents(drawn):
        first = drawn.day(3)
        last = first + DAY * drawn.random.randrange(4)
        contents.append(it | {"from_day": first, "until_day": drawn.one_of(None, last, last)})
    return contents


def daily_changes(drawn: Drawn) -> Rows:
    of_leads = [
        it | {"position": drawn.one_of(10, 20), "status": drawn.one_of("Called", "New"),
              "meaning": drawn.one_of("open", "lost"), "is_converted": drawn.one_of(True, False)}
        for it in _spans(drawn)
    ]  # fmt: skip
    of_deals = [
        {name: value for name, value in it.items() if name != "is_first"} | {
            "position": drawn.one_of(10, 20), "stage": drawn.one_of("Talk", "Visit"),
            "meaning": drawn.one_of("open", "lost"), "amount": drawn.one_of(*AMOUNTS),
            "weighted_amount": drawn.one_of(0, 2), "probability": drawn.one_of(None, 50),
            "is_unconverted": drawn.one_of(True, False),
        }
        for it in _spans(drawn)
    ]  # fmt: skip
    drawn.put("analytics.lead_history", of_leads)
    drawn.put("analytics.deal_history", of_deals)
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for it in of_leads:
        step = "Converted" if it["is_converted"] else it["status"]
        for day, sign in _ends(it):
            sums[day, "lead", it["position"], step, it["meaning"]]["records"] += sign
    for it in of_deals:
        for day, sign in _ends(it):
            sums[day, "deal", it["position"], it["stage"], it["meaning"]].update({
                "records": sign,
                "value": sign * (it["amount"] or 0),
                "weighted_value": sign * it["weighted_amount"],
                "unweighted": sign * (it["probability"] is None),
                "unconverted": sign * it["is_unconverted"],
            })  # fmt: skip
    names = ("value", "weighted_value", "unweighted", "unconverted")
    return {
        place: {"records": row["records"]}
        | {name: row[name] if place[1] == "deal" else None for name in names}
        for place, row in sums.items()
    }


def _ends(content: Row) -> list[tuple[date, int]]:
    last = content["until_day"]
    return [(content["from_day"], 1), *([(last, -1)] if last else [])]


def week_parts(drawn: Drawn) -> Rows:
    """Return how many leads of at most seven days there were at the end of each day."""
    contents = []
    for number in range(drawn.random.randrange(9)):
        at, last = drawn.day(3), drawn.random.randrange(3)
        for place in range(last + 1):
            until = at + DAY * drawn.random.randrange(10)
            contents.append({
                "id": f"L{number}", "from_day": at, "is_first": place == 0,
                "until_day": until if place < last else drawn.one_of(None, until),
                "meaning": drawn.one_of("open", "junk"), **drawn.whose(),
            })  # fmt: skip
            at = until
    drawn.put("analytics.lead_history", drawn.random.sample(contents, len(contents)))
    created = {it["id"]: it["from_day"] for it in contents if it["is_first"]}
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for it in contents:
        for age in range(7):
            day = created[it["id"]] + age * DAY
            if it["from_day"] <= day and (it["until_day"] is None or day < it["until_day"]):
                row = sums[day, it["source"], it["owner_id"]]
                row.update({"leads": 1, "junk_leads": int(it["meaning"] == "junk")})
    return {place: _columns(row, ("leads", "junk_leads")) for place, row in sums.items()}


def _closed(drawn: Drawn) -> list[Row]:
    """Draw deals, of which those that are not open were closed on some day."""

    def draw() -> Row:
        meaning = drawn.one_of(*OUTCOMES)
        closed = {"closed_day": None if meaning == "open" else drawn.day(2)}
        return closed | {"meaning": meaning, "amount": drawn.one_of(*AMOUNTS)}

    return drawn.some(draw)


def daily_flows(drawn: Drawn) -> Rows:
    created = drawn.some(lambda: {"day": drawn.one_of(None, drawn.day())}, 9)
    closed = _closed(drawn)
    drawn.put("analytics.leads", created)
    drawn.put("analytics.deals", closed)
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for it in created:
        if it["day"]:
            sums[(it["day"],)]["new_leads"] += 1
    for it in closed:
        if it["closed_day"]:
            sums[(it["closed_day"],)][f"{it['meaning']}_deals"] += 1
            sums[(it["closed_day"],)][f"{it['meaning']}_value"] += it["amount"] or 0
    names = ("new_leads", "won_deals", "won_value", "lost_deals", "lost_value")
    return {place: _columns(row, names) for place, row in sums.items()}


def stage_parts(drawn: Drawn) -> Rows:
    found = [
        it | drawn.whose() | {
            "position": drawn.one_of(10, 20), "stage": drawn.one_of("Talk", "Visit"),
            "weighted_amount": drawn.one_of(0, 2), "day": drawn.day(3),
        }
        for it in _closed(drawn)
    ]  # fmt: skip
    drawn.put("analytics.deals", found)
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for it in found:
        age = max((it["closed_day"] - it["day"]).days, 0) if it["closed_day"] else 0
        sums[tuple(it[name] for name in STAGE_PARTS)].update({
            "deals": 1, "valued_deals": int(it["amount"] is not None), "value": it["amount"] or 0,
            "weighted_value": it["weighted_amount"], "closed_age_days": age,
        })  # fmt: skip
    names = ("deals", "valued_deals", "value", "weighted_value", "closed_age_days")
    return {place: _columns(row, names) for place, row in sums.items()}


REASONS = ("Lost_Reason", "Reason_For_Loss__s", "Closed_Lost_Reason")


def lost_deals(drawn: Drawn) -> Rows:
    own = ("name", "account_name", "amount", "closed_day", "owner_id", "source")
    found = [
        it | drawn.whose() | {"id": f"D{number}", "name": "D", "account_name": None}
        for number, it in enumerate(_closed(drawn))
    ]
    drawn.put("analytics.deals", found)
    said = {it["id"]: {name: drawn.one_of(None, "", "n/a", "Price ", "Late") for name in REASONS}
            for it in found}  # fmt: skip
    drawn.put("crm.crm_deals", [{"id": id_, "raw_data": as_json(it)} for id_, it in said.items()])
    contents = [
        {"id": it["id"], "stage": drawn.one_of("Talk", "Visit"), "meaning": drawn.one_of(*OUTCOMES),
         "is_assumed": drawn.one_of(True, False, False), "said_from": drawn.now - number * DAY}
        for it in found for number in range(drawn.one_of(0, 1, 3))
    ]  # fmt: skip
    drawn.put("analytics.deal_history", drawn.random.sample(contents, len(contents)))
    rows: Rows = {}
    for it in found:
        stages = [
            content["stage"] for content in contents
            if content["id"] == it["id"] and content["meaning"] == "open"
            and not content["is_assumed"]
        ]  # fmt: skip
        reasons = [" ".join(why.split()) for why in said[it["id"]].values() if key(why)]
        if it["meaning"] == "lost":
            rows[(it["id"],)] = _columns(it, own) | {
                "reason": next(iter(reasons), None), "stage": next(iter(stages), None)
            }  # fmt: skip
    return rows


def kpi_days(drawn: Drawn) -> Rows:
    parts = drawn.some(lambda: {
        "day": drawn.one_of(None, drawn.day(1), drawn.day(1)),
        **{name: drawn.one_of(-1, 0, 1, 3) for name in KPI_FIGURES},
    })  # fmt: skip
    drawn.put("analytics.kpi_parts", parts)
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for it in parts:
        if it["day"]:
            sums[(it["day"],)].update(_columns(it, KPI_FIGURES))
    return {place: _columns(row, KPI_FIGURES) for place, row in sums.items()}


def open_deal_records(drawn: Drawn) -> Rows:
    contents = [
        {name: value for name, value in it.items() if name != "is_first"}
        | {"meaning": drawn.one_of("open", "open", "won")}
        for it in _contents(drawn)
    ]
    records = {}
    for id_ in {it["id"] for it in contents}:
        active, step = drawn.one_of(None, drawn.now), drawn.one_of(None, "", "n/a", "Call")
        raw = {"Last_Activity_Time": active and active.isoformat(timespec="seconds")}
        records[id_] = {
            "created_time": drawn.one_of(None, drawn.now), "modified_time": drawn.now - DAY,
            "raw_data": as_json(raw | {"Next_Step": step}),
        }, {
            "last_activity_time": active and active.replace(microsecond=0),
            "lacks_next_step": not key(step),
        }  # fmt: skip
    drawn.put("analytics.deal_history", contents)
    drawn.put("crm.crm_deals", [{"id": id_} | it for id_, (it, _) in records.items()])
    return {
        (it["id"],): _columns(records[it["id"]][0], ("created_time", "modified_time"))
        | records[it["id"]][1]
        for it in contents
        if _lives(it) and it["meaning"] == "open"
    }


def closing_deals(drawn: Drawn) -> Rows:
    put_names(drawn)
    own = ("name", "account_name", "source", "stage", "amount", "weighted_amount", "closing_date")
    found = [
        _whose(drawn) | {
            "id": f"D{number}", "name": "D", "account_name": None, "stage": "Talk",
            "amount": drawn.one_of(*AMOUNTS), "weighted_amount": drawn.one_of(0, 2),
            "closing_date": drawn.one_of(None, *(drawn.today + it * DAY
                                                 for it in (-9, -1, 0, 1, 6, 29, 30, 31))),
        }
        for number in range(drawn.random.randrange(20))
    ]  # fmt: skip
    drawn.put("analytics.open_deals", found)
    return {
        (it["id"],): _columns(it, own) | _owner(it) | {
            "owner_id": it["owner_id"],
            "days_left": (closing - drawn.today).days,
            "is_overdue": closing < drawn.today,
            "day": drawn.today,
            "week": closing - closing.weekday() * DAY,
        }
        for it in found
        if (closing := it["closing_date"]) and closing <= drawn.today + 30 * DAY
    }  # fmt: skip


def response_parts(drawn: Drawn) -> Rows:
    """Return of leads when they were first touched by what they said."""
    untouched = drawn.random.sample(("Called", "New", "Old"), 2)
    drawn.cursor.execute(
        "create or replace function measures.untouched_statuses() returns table (status text) "
        f"language sql stable as $$ select unnest(array{untouched}) $$"
    )
    contents = [
        it | {
            "source": drawn.one_of("Web", NONE), "meaning": drawn.one_of("open", "junk"),
            "status": drawn.one_of("Called", "New", "Old"),
            "is_converted": drawn.one_of(True, False, False, False),
        }
        for it in _spans(drawn)
    ]  # fmt: skip
    drawn.put("analytics.lead_history", drawn.random.sample(contents, len(contents)))
    found = []
    for id_ in {it["id"] for it in contents if not it["is_deleted"]}:
        said = [it for it in contents if it["id"] == id_]
        touched = [it for it in said if it["is_converted"] or it["status"] not in untouched]
        days = None
        if touched and not any(it["is_first"] for it in touched):
            days = (min(it["from_day"] for it in touched) - said[0]["from_day"]).days
        now = said[-1]
        found.append((said[0]["from_day"], now["source"], now["meaning"], bool(touched), days))
    return counted(found, "leads")


def cohort_parts(drawn: Drawn) -> Rows:
    found = [
        drawn.whose() | {
            "id": f"R{number}", "day": drawn.day() + drawn.one_of(0, 31) * DAY,
            "meaning": drawn.one_of(*MEANINGS), "deal_id": drawn.one_of(None, "D1", "D2", "D3"),
            "is_qualified": drawn.one_of(True, False),
        }
        for number in range(drawn.one_of(0, 9, 40))
    ]  # fmt: skip
    contents = [it | {"meaning": drawn.one_of(*MEANINGS)} for it in _contents(drawn)]
    won = {"D1": drawn.one_of(*OUTCOMES), "D2": "won"}
    drawn.put("analytics.leads", found)
    drawn.put("analytics.lead_history", contents)
    drawn.put("analytics.deals", [{"id": id_, "meaning": it} for id_, it in won.items()])
    earlier = {
        it["id"] for it in contents
        if it["meaning"] in ("qualified", "converted")
        and not it["is_present"] and not it["is_deleted"]
    }  # fmt: skip
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for it in found:
        deal = won.get(it["deal_id"])
        sums[it["day"].replace(day=1), it["source"], it["owner_id"]].update({
            "leads": 1,
            "qualified": it["is_qualified"] or it["id"] in earlier,
            "converted": it["meaning"] == "converted",
            "won": deal == "won",
            "linked": deal is not None,
            "junk": it["meaning"] == "junk",
        })  # fmt: skip
    names = ("leads", "qualified", "converted", "won", "linked", "junk")
    return {place: _columns(row, names) for place, row in sums.items()}


KPI_FIGURES = (
    "new_leads", "won_deals", "won_value", "lost_deals", "lost_value", "leads_change",
    "junk_leads_change", "open_deals_change", "open_value_change", "weighted_value_change",
    "unweighted_deals_change", "unconverted_deals_change", "assumed_deals_change",
    "assumed_value_change",
)  # fmt: skip
STAGE_PARTS = ("position", "stage", "meaning", "source", "owner_id")
LEADS, DEALS = "analytics.lead_history", "analytics.deal_history"
NAMES = ("crm.text_labels", "analytics.owners")
JUDGES = {
    "leads": Judge(leads, ("id",), (LEADS, *NAMES)),
    "deals": Judge(deals, ("id",), (DEALS, *NAMES)),
    "lead_volume": Judge(
        lead_volume, ("day", "source", "owner_id", "status", "step", "meaning"),
        ("analytics.leads", *NAMES),
    ),
    "daily_changes": Judge(
        daily_changes, ("day", "entity", "position", "step", "meaning"), (LEADS, DEALS)
    ),
    "week_parts": Judge(week_parts, ("day", "source", "owner_id"), (LEADS,)),
    "daily_flows": Judge(daily_flows, ("day",), ("analytics.leads", "analytics.deals")),
    "stage_parts": Judge(stage_parts, STAGE_PARTS, ("analytics.deals",)),
    "lost_deals": Judge(lost_deals, ("id",), ("analytics.deals", "crm.crm_deals", DEALS)),
    "kpi_days": Judge(kpi_days, ("day",), ("analytics.kpi_parts",)),
    "open_deal_records": Judge(open_deal_records, ("id",), (DEALS, "crm.crm_deals")),
    "closing_deals": Judge(closing_deals, ("id",), ("analytics.open_deals", *NAMES)),
    "response_parts": Judge(
        response_parts, ("day", "source", "meaning", "is_contacted", "days"), (LEADS,)
    ),
    "cohort_parts": Judge(
        cohort_parts, ("month", "source", "owner_id"),
        ("analytics.leads", "analytics.deals", LEADS),
    ),
}  # fmt: skip
