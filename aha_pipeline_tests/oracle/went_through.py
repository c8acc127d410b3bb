"""Marts of what deals went through, in plain Python, from drawn rows of what they read."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise

from aha_pipeline_tests.oracle.aims import month_of
from aha_pipeline_tests.oracle.deals import NONE
from aha_pipeline_tests.oracle.figures import FEW, Row, Rows, quantile
from aha_pipeline_tests.oracle.formulas import pinball_loss
from aha_pipeline_tests.oracle.listed import CALLED, put_names
from aha_pipeline_tests.oracle.parts import AMOUNTS, OUTCOMES
from aha_pipeline_tests.oracle.stand_ins import DAY, SECOND, Drawn, Judge

REPS = ("1", "2", "3")


def _columns(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def _owner(id_: str) -> Row:
    return {"owner_id": id_, "owner_name": CALLED.get(id_, id_)}


def pipeline_movements(drawn: Drawn) -> Rows:
    put_names(drawn)
    contents, rows = [], {}
    for number in range(drawn.random.randrange(1, 9)):
        deal = list(_held(drawn, f"D{number}"))
        contents += deal
        lasting = [it for it in deal if it["until_day"] != it["from_day"]]
        for moved in _movements(lasting):
            place = moved["day"], moved["id"], moved["kind"], moved["owner_id"]
            assert place not in rows
            rows[place] = moved | _owner(moved["owner_id"])
    drawn.put("analytics.deal_history", drawn.random.sample(contents, len(contents)))
    return rows


def _held(drawn: Drawn, id_: str) -> Iterator[Row]:
    """Yield what a deal said, one content after another; some held on no day."""
    at, last = drawn.day(2), drawn.random.randrange(6)
    said = {"amount": drawn.one_of(*AMOUNTS), "owner_id": drawn.one_of(*REPS),
            "weighted_amount": 1, "meaning": drawn.one_of("open", *OUTCOMES)}  # fmt: skip
    for place in range(last + 1):
        until = at + DAY * drawn.one_of(0, 1, 2, 2)
        yield said | {
            "id": id_, "source": "Web", "stage": drawn.one_of("Talk", "Visit"), "from_day": at,
            "until_day": until if place < last else drawn.one_of(None, until),
        }  # fmt: skip
        at = until
        drawn_anew = {"amount": drawn.one_of(*AMOUNTS), "owner_id": drawn.one_of(*REPS),
                      "weighted_amount": drawn.one_of(0, 1, 2),
                      "meaning": drawn.one_of("open", *OUTCOMES)}  # fmt: skip
        said |= {name: it for name, it in drawn_anew.items() if drawn.one_of(True, False)}


def _movements(contents: list[Row]) -> Iterator[Row]:
    values = []
    for meaning, group in groupby(contents, key=lambda it: it["meaning"]):
        run = list(group)
        # What is corrected after it closed is said of the day on which it did.
        values += [(it if meaning == "open" else run[-1])["amount"] or 0 for it in run]
    before: Row = {"meaning": None, "amount": None, "weighted_amount": None, "owner_id": None}
    for it, value in zip(contents, values, strict=True):
        yield from _turns(it, value, before)
        before = it
    if before["meaning"] == "open" and before["until_day"]:
        value, weighted = before["amount"] or 0, before["weighted_amount"]
        yield _moved(before, "deleted", before["owner_id"], -1, -value, -weighted) | {
            "day": before["until_day"]
        }


def _turns(it: Row, value: int, before: Row) -> Iterator[Row]:
    """Yield what the beginning of a content moved."""
    is_open, was_open = it["meaning"] == "open", before["meaning"] == "open"
    weighted, was_weighted = it["weighted_amount"], before["weighted_amount"]
    owner, former, was = it["owner_id"], before["owner_id"], before["amount"] or 0
    kind = "added" if value > was else "cut"
    if is_open and not was_open:
        kind = "reopened" if before["meaning"] else "opened"
        yield _moved(it, kind, owner, 1, value, weighted)
    elif is_open:
        if owner != former:
            yield _moved(it, "handed over", former, -1, -was, -was_weighted)
            yield _moved(it, "handed over", owner, 1, was, was_weighted)
        if value != was:
            yield _moved(it, kind, owner, 0, value - was, weighted - was_weighted)
        elif weighted != was_weighted:
            yield _moved(it, "moved", owner, 0, 0, weighted - was_weighted)
    elif was_open:
        if value != was:
            yield _moved(it, kind, former, 0, value - was, 0)
        yield _moved(it, it["meaning"], former, -1, -value, -was_weighted)


def _moved(it: Row, kind: str, owner: str, deals: int, value: int, weighted: int) -> Row:
    return {
        "day": it["from_day"], "id": it["id"], "kind": kind, "source": it["source"],
        "owner_id": owner, "stage": it["stage"], "deals": deals, "value": value,
        "weighted_value": weighted,
    }  # fmt: skip


def daily_parts(drawn: Drawn) -> Rows:
    volumes = drawn.some(lambda: drawn.whose() | {
        "day": drawn.one_of(None, drawn.day(1)), "leads": drawn.one_of(1, 3),
    })  # fmt: skip
    deals = drawn.some(lambda: drawn.whose() | {
        "closed_day": drawn.one_of(None, drawn.day(1)), "meaning": drawn.one_of("won", "lost"),
        "amount": drawn.one_of(*AMOUNTS),
    })  # fmt: skip
    moved = drawn.some(lambda: drawn.whose() | {
        "day": drawn.day(1), "kind": drawn.one_of("opened", "cut"), "deals": drawn.one_of(-1, 0, 1),
        "value": drawn.one_of(-3, 0, 5), "weighted_value": drawn.one_of(-1, 0, 2),
    })  # fmt: skip
    changed = drawn.some(lambda: {
        "day": drawn.day(1), "entity": drawn.one_of("lead", "deal"), "records": drawn.one_of(-1, 2),
        "step": drawn.one_of("Talk", "Visit"), "meaning": drawn.one_of("open", "won"),
        "value": drawn.one_of(0, 5), "weighted_value": drawn.one_of(0, 2),
    })  # fmt: skip
    drawn.put("analytics.lead_volume", volumes)
    drawn.put("analytics.deals", deals)
    drawn.put("analytics.pipeline_movements", moved)
    drawn.put("analytics.daily_changes", changed)
    sums: dict[tuple, int] = defaultdict(int)

    def add(day: object, figures: Row, **parts: str) -> None:
        for dimension, part in parts.items():
            for figure, value in figures.items():
                sums[day, figure, dimension, part] += value

    for it in volumes:
        add(it["day"], {"new_leads": it["leads"]}, source=it["source"], owner=it["owner_id"])
    for it in deals:
        figures = {f"{it['meaning']}_deals": 1, f"{it['meaning']}_value": it["amount"] or 0}
        add(it["closed_day"], figures, source=it["source"], owner=it["owner_id"])
    for it in moved:
        parts = {"source": it["source"], "owner": it["owner_id"], "kind": it["kind"]}
        add(it["day"], _of_pipeline(it, "deals"), **parts)
    for it in changed:
        if it["entity"] == "deal" and it["meaning"] == "open":
            add(it["day"], _of_pipeline(it, "records"), stage=it["step"])
    return {place: {"value": value} for place, value in sums.items() if place[0]}


def _of_pipeline(it: Row, number: str) -> Row:
    return {
        "open_deals": it[number], "open_pipeline_value": it["value"],
        "weighted_pipeline_value": it["weighted_value"],
    }  # fmt: skip


def _days(since: datetime, until: datetime) -> Fraction:
    return Fraction(max(until - since, 0 * DAY) // timedelta(microseconds=1), 86_400_000_000)


def stage_stays(drawn: Drawn) -> Rows:
    stays = [
        {
            "id": f"D{number}", "stay": 1, "stage": "Talk", "meaning": "open", "position": 10,
            "came_at": drawn.now - DAY * drawn.random.randrange(9),
            "left_at": drawn.one_of(None, drawn.now - SECOND * drawn.random.randrange(99_999)),
            "is_start_known": True, "is_left": False, "is_standing": True, "is_deleted": False,
            "outcome": None, "source": "Web", "owner_id": "1", "amount": drawn.one_of(*AMOUNTS),
            "closed_day": None, "hours": drawn.one_of(None, 3),
        }
        for number in range(drawn.random.randrange(9))
    ]  # fmt: skip
    drawn.put("analytics.deal_stays", stays)
    return {
        (it["id"], it["stay"]): it | {"days": _days(it["came_at"], it["left_at"] or drawn.now)}
        for it in stays
    }


def open_deals(drawn: Drawn) -> Rows:
    contents, stays, rows = [], [], {}
    for number in range(drawn.random.randrange(1, 9)):
        deal = list(_versions(drawn, f"D{number}"))
        contents += deal
        came = [
            {"id": f"D{number}", "is_standing": is_standing, "came_at": drawn.now - DAY,
             "is_start_known": drawn.one_of(True, False)}
            for is_standing in drawn.one_of((), (True,), (False, True), (False,))
        ]  # fmt: skip
        stays += came
        now, said = deal[-1], [it for it in deal if not it["is_assumed"]]
        if not now["is_deleted"] and now["meaning"] == "open":
            standing = next((it for it in came if it["is_standing"]), {})
            rows[(now["id"],)] = _stands(now, said) | {
                name: standing.get(name) for name in ("came_at", "is_start_known")
            }
    drawn.put("analytics.deal_history", drawn.random.sample(contents, len(contents)))
    drawn.put("analytics.deal_stays", stays)
    return rows


def _versions(drawn: Drawn, id_: str) -> Iterator[Row]:
    """Yield what a deal said, the present content last; what is assumed lies between."""
    is_deleted, numbers = drawn.one_of(True, False, False, False), drawn.random.randrange(5)
    for version in (*range(numbers), None):
        stage = drawn.one_of("Talk", "Ask", "Visit", "Won")
        yield {
            "id": id_, "version": version, "is_present": version is None, "is_deleted": is_deleted,
            "is_assumed": version is not None and drawn.one_of(True, False, False, False),
            "name": "D", "owner_id": drawn.one_of(*REPS), "account_name": None, "source": "Web",
            "stage": stage, "position": {"Talk": 10, "Ask": 10, "Visit": 20, "Won": 50}[stage],
            "meaning": drawn.one_of("open", "open", "open", "won"), "day": drawn.today,
            "amount": drawn.one_of(*AMOUNTS), "weighted_amount": drawn.one_of(0, 2),
            "closing_date": drawn.one_of(None, drawn.day(), drawn.day()),
            "is_unconverted": drawn.one_of(True, False, False),
        }  # fmt: skip


def _stands(now: Row, said: list[Row]) -> Row:
    pushed = [
        (it["closing_date"] - before["closing_date"]).days
        for before, it in pairwise(said)
        if before["meaning"] == it["meaning"] == "open"
        and before["closing_date"]
        and it["closing_date"]
    ]
    pushed = [days for days in pushed if days > 0]
    opened = [it for it in said if it["meaning"] == "open"]
    furthest = max(opened, key=lambda it: it["position"])  # the first one of several
    own = ("name", "owner_id", "account_name", "source", "stage", "position", "amount",
           "weighted_amount", "closing_date", "day")  # fmt: skip
    return _columns(now, *own) | {
        "times_pushed": len(pushed),
        "days_pushed": sum(pushed),
        "furthest_stage": furthest["stage"],
        "furthest_position": furthest["position"],
        "highest_amount": None
        if now["is_unconverted"]
        else max((it["amount"] for it in opened if it["amount"] is not None), default=None),
    }


def slipping_deals(drawn: Drawn) -> Rows:
    put_names(drawn)
    limits = {"Talk": drawn.one_of(None, 3, 5), "Visit": 3}
    found = [
        {
            "id": f"D{number}", "name": "D", "owner_id": drawn.one_of(*REPS), "account_name": None,
            "source": "Web", "stage": drawn.one_of("Talk", "Visit", "Odd"),
            "amount": drawn.one_of(*AMOUNTS), "highest_amount": drawn.one_of(None, 3, 4, 50),
            "closing_date": drawn.one_of(None, *(drawn.today + it * DAY for it in (-2, -1, 0, 9))),
            "times_pushed": drawn.one_of(0, 0, 0, 1, 2), "days_pushed": drawn.one_of(0, 7),
            "position": 20, "furthest_position": drawn.one_of(20, 20, 30),
            "furthest_stage": "Ask", "is_start_known": drawn.one_of(True, True, False),
            "came_at": drawn.now - drawn.one_of(1, 3, 4, 5) * DAY - drawn.one_of(0, 1) * SECOND,
        }
        for number in range(drawn.random.randrange(20))
    ]  # fmt: skip
    drawn.put("analytics.open_deals", found)
    drawn.put("analytics.time_in_stage", [
        {"stage": stage, "won_limit_days": limit} for stage, limit in limits.items()
    ])  # fmt: skip
    rows: Rows = {}
    for it in found:
        days, limit = _days(it["came_at"], drawn.now), limits.get(it["stage"])
        overdue = it["closing_date"] and max((drawn.today - it["closing_date"]).days, 0)
        cut = max((it["highest_amount"] or 0) - (it["amount"] or 0), 0)
        is_back = it["furthest_position"] > 20
        is_older = bool(it["is_start_known"] and limit is not None and days > limit)
        reasons = {
            "closing date pushed": it["times_pushed"] > 0, "moved back a stage": is_back,
            "amount cut": cut > 0, "in its stage longer than most won deals": is_older,
            "overdue": bool(overdue),
        }  # fmt: skip
        if any(reasons.values()):
            own = ("name", "account_name", "source", "stage", "amount", "closing_date",
                   "times_pushed", "days_pushed", "is_start_known")  # fmt: skip
            rows[(it["id"],)] = _columns(it, *own) | _owner(it["owner_id"]) | {
                "value": it["amount"] or 0, "is_pushed": it["times_pushed"] > 0,
                "is_back": is_back, "furthest_stage": "Ask" if is_back else None,
                "is_cut": cut > 0, "amount_cut": cut, "is_older": is_older, "days_in_stage": days,
                "won_limit_days": limit, "is_overdue": bool(overdue),
                "days_overdue": overdue or 0,
                "reasons": ", ".join(why for why, is_so in reasons.items() if is_so),
            }  # fmt: skip
    return rows


def forecast_scores(drawn: Drawn) -> Rows:
    """Return how forecasts did whose period is over."""
    ends = [drawn.today + it * DAY for it in (-40, -9, -1, 0)]
    quantiles = [
        f"{what}_p{share}" for what in ("value", "deals") for share in (10, 25, 50, 75, 90)
    ]
    found = []
    for scope, owner in (("company", ""), ("rep", "1"), ("rep", "2"), ("rep", "3")):
        for number in range(drawn.random.randrange(4)):
            last = drawn.one_of(*ends)
            found.append({
                "day": last - number * DAY, "scope": scope, "owner_id": owner, "period": "month",
                "first_day": last - drawn.one_of(20, 21) * DAY, "last_day": last,
                "is_back_test": drawn.one_of(True, False),
                "silent": drawn.one_of(None, None, "few"),
                "weighted_value": drawn.one_of(0, 5), "paced_value": drawn.one_of(None, 5),
                **{name: drawn.random.randrange(12) for name in quantiles},
            })  # fmt: skip
    parts = drawn.some(lambda: {
        "day": drawn.one_of(None, drawn.today - drawn.random.randrange(62) * DAY, *ends),
        "owner_id": drawn.one_of("1", "2", "9"), "won_value": drawn.one_of(0, 3, 5),
        "won_deals": drawn.one_of(0, 1, 2),
    })  # fmt: skip
    drawn.put("analytics.forecasts", found)
    drawn.put("analytics.kpi_parts", parts)
    rows: Rows = {}
    for it in found:
        if it["silent"] or it["last_day"] >= drawn.today:
            continue
        won = [
            part for part in parts
            if part["day"] and it["first_day"] <= part["day"] <= it["last_day"]
            and it["owner_id"] in ("", part["owner_id"])
        ]  # fmt: skip
        value, deals = (sum(part[name] for part in won) for name in ("won_value", "won_deals"))
        paced = it["paced_value"]
        place = it["day"], it["scope"], it["owner_id"], it["first_day"]
        rows[place] = _columns(it, "period", "last_day", "is_back_test") | {
            "days_to_go": (it["last_day"] - it["day"]).days, "actual_value": value,
            "actual_deals": deals, "forecast_value": it["value_p50"],
            "is_inside_80": it["value_p10"] <= value <= it["value_p90"],
            "is_inside_50": it["value_p25"] <= value <= it["value_p75"],
            "is_inside_80_deals": it["deals_p10"] <= deals <= it["deals_p90"],
            "error_value": it["value_p50"] - value,
            "loss": pinball_loss(value, *(it[name] for name in quantiles[:5])),
            "weighted_loss": pinball_loss(value, *[it["weighted_value"]] * 5),
            "paced_loss": None if paced is None else pinball_loss(value, *[paced] * 5),
        }  # fmt: skip
    return rows


FATES = {"left": ("won", "lost", "open"), "won": ("won",), "lost": ("lost",),
         "standing": ("standing",)}  # fmt: skip
SHARES = {"median_days": 0.5, "p80_days": 0.8}


def time_in_stage(drawn: Drawn) -> Rows:
    """Return how long deals stood in stages, of the stays whose beginning is known."""
    stays, hours, rows = [], Counter(), {}
    for position, stage in enumerate(("Talk", "Visit", "Sent")):
        own = []
        for _ in range(drawn.one_of(0, 1, 3, 12)):
            halves, fate = drawn.random.randrange(12), drawn.one_of(*FATES["left"], "standing")
            # What still stands has hours below zero, so that neither is taken for the other.
            hour = drawn.one_of(None, *[halves // 2 - (100 if fate == "standing" else 0)] * 5)
            outcome = drawn.one_of(*FATES["left"]) if fate == "standing" else fate
            days = Decimal(halves) / 48 + Decimal(drawn.random.randrange(9)) / 1000
            own.append({"stage": stage, "hours": hour, "days": days, "outcome": outcome})
            hours[stage, fate, hour] += hour is not None
            own[-1]["fate"] = fate
        stays += own
        known = [it for it in own if it["hours"] is not None]
        deals = {"position": position, "stage": stage, "meaning": "open"}
        deals |= {name: drawn.one_of(0, 9, 10, 11) for name in NUMBERS}
        rows[(stage,)] = deals | _times(known, deals["won_deals"])
    drawn.put("analytics.stage_deals", [
        {name: it for name, it in row.items() if not name.endswith("_days")}
        for row in rows.values()
    ])  # fmt: skip
    drawn.put("analytics.stage_hours", [
        {"stage": stage, "fate": fate, "hours": hour, "stays": number}
        for (stage, fate, hour), number in hours.items()
        if number
    ])  # fmt: skip
    drawn.put("analytics.stage_stays", [_columns(it, "stage", "hours", "days", "outcome")
                                        for it in stays])  # fmt: skip
    return rows


def _times(stays: list[Row], won_deals: int) -> Row:
    found: Row = {}
    for fate, fates in FATES.items():
        days = [Fraction(it["days"]) for it in stays if it["fate"] in fates]
        for name, share in SHARES.items():
            found[name if fate == "left" else f"{fate}_{name}"] = quantile(days, share)
    del found["standing_p80_days"]
    return found | {"won_limit_days": found["won_p80_days"] if won_deals >= FEW else None}


def funnel_by_day(drawn: Drawn) -> Rows:
    steps = [
        {"entity": entity, "position": position, "step": step,
         "meaning": "lost" if step == "Zoom" else "open"}
        for entity in ("deal", "lead") for position in (10, 20) for step in ("Ask", NONE, "Zoom")
    ]  # fmt: skip
    changed = drawn.some(lambda: drawn.one_of(*steps) | {
        "day": drawn.today + drawn.random.randrange(-9, 4) * DAY, "records": drawn.one_of(-1, 1, 2),
        "value": drawn.one_of(None, -3, 5), "weighted_value": drawn.one_of(None, 1),
    }, 40)  # fmt: skip
    drawn.put("analytics.daily_changes", changed)
    day, rows = drawn.parameters["first_day"], {}
    while day <= drawn.today:
        number = 0
        for step in sorted(steps, key=_place):
            own = [it for it in changed if it["day"] <= day and step.items() <= it.items()]
            if records := sum(it["records"] for it in own):
                number += 1
                rows[day, step["entity"], step["step"], number] = {
                    "meaning": step["meaning"],
                    "records": records,
                    **{name: sum(it[name] or 0 for it in own) if step["entity"] == "deal" else None
                       for name in ("value", "weighted_value")},
                }  # fmt: skip
        day += DAY
    return rows


def _place(it: Row) -> tuple:
    return it["entity"] == "deal", it["position"], it["step"] == NONE, it["step"]


def _month_after(day: date, shift: int) -> date:
    """Return the same day of another month, or the last one that it has."""
    first = month_of(day, shift)
    return min(first + (day.day - 1) * DAY, month_of(first, 1) - DAY)


def lead_cohorts(drawn: Drawn) -> Rows:
    # A month begins on any day here, so that one may be young until yesterday.
    months = [None, _month_after(drawn.today - 90 * DAY, -1)]
    months += [(drawn.today - age * DAY).replace(day=1) for age in (0, 60, 90, 100, 150)]
    counts = ("leads", "qualified", "converted", "won", "junk", "linked")
    parts = drawn.some(lambda: {
        "month": drawn.one_of(*months), **{name: drawn.one_of(0, 1, 4) for name in counts},
    })  # fmt: skip
    medians = {
        (month, step): drawn.one_of(0, 2, 7)
        for month in months for step in ("qualified", "converted", "won")
        if drawn.one_of(True, False)
    }  # fmt: skip
    drawn.put("analytics.cohort_parts", parts)
    drawn.cursor.execute("""
        create temp table if not exists medians (month date, step text, days numeric);
        create or replace function measures.cohort_medians()
        returns table (month date, step text, days numeric)
        language sql stable as $$ select * from medians $$
    """)
    drawn.put("medians", [{"month": month, "step": step, "days": days}
                          for (month, step), days in medians.items()])  # fmt: skip
    rows: Rows = {}
    for month in {it["month"] for it in parts}:
        own = [it for it in parts if it["month"] == month]
        after = month and _month_after(month, 1)
        rows[(month,)] = {name: sum(it[name] for it in own) for name in counts} | {
            "is_young": after and after + 90 * DAY > drawn.today,
            **{f"days_to_{step}": medians.get((month, step))
               for step in ("qualified", "converted", "won")},
        }  # fmt: skip
    return rows


def changes(drawn: Drawn) -> Rows:
    """Return of which days changes are asked: of whole ones."""
    drawn.cursor.execute("""
        drop function measures.changes cascade;
        create function measures.changes(first_day date, last_day date)
        returns table (first_day_asked date, last_day_asked date)
        language sql as $$ select first_day, last_day $$
    """)
    return {(drawn.parameters["first_day"], drawn.today - DAY): {}}


NUMBERS = ("left_deals", "timed_deals", "won_deals", "lost_deals", "standing_deals",
           "standing_timed_deals")  # fmt: skip
DEALS = "analytics.deal_history"
NAMES = ("crm.text_labels", "analytics.owners")
JUDGES = {
    "pipeline_movements": Judge(
        pipeline_movements, ("day", "id", "kind", "owner_id"), (DEALS, *NAMES)
    ),
    "daily_parts": Judge(
        daily_parts, ("day", "figure", "dimension", "part"),
        ("analytics.lead_volume", "analytics.deals", "analytics.pipeline_movements",
         "analytics.daily_changes"),
    ),
    "stage_stays": Judge(stage_stays, ("id", "stay"), ("analytics.deal_stays",)),
    "open_deals": Judge(open_deals, ("id",), (DEALS, "analytics.deal_stays")),
    "slipping_deals": Judge(
        slipping_deals, ("id",), ("analytics.open_deals", "analytics.time_in_stage", *NAMES)
    ),
    "time_in_stage": Judge(
        time_in_stage, ("stage",),
        ("analytics.stage_deals", "analytics.stage_hours", "analytics.stage_stays"),
    ),
    "funnel_by_day": Judge(
        funnel_by_day, ("day", "entity", "step", "position"), ("analytics.daily_changes",)
    ),
    "changes": Judge(changes, ("first_day_asked", "last_day_asked"), ()),
    "lead_cohorts": Judge(lead_cohorts, ("month",), ("analytics.cohort_parts",)),
    "forecast_scores": Judge(
        forecast_scores, ("day", "scope", "owner_id", "first_day"),
        ("analytics.forecasts", "analytics.kpi_parts"),
    ),
}  # fmt: skip
