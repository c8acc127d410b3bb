"""What came to and left the pipeline, day by day, and what open and lost deals are listed with."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction

from aha_pipeline_tests.oracle import figures
from aha_pipeline_tests.oracle.activities import time_of
from aha_pipeline_tests.oracle.deals import Deal, Said, begin_of, runs, standing
from aha_pipeline_tests.oracle.figures import DAY, Picture, Row, Rows, name_of, of_meaning
from aha_pipeline_tests.oracle.leads import Lead
from aha_pipeline_tests.oracle.text import key

REASONS = ("Lost_Reason", "Reason_For_Loss__s", "Closed_Lost_Reason")
Course = list[tuple[date, Said | None, Said | None]]  # day, before it, at its end


def course_of_deal(deal: Deal) -> Course:
    """Return the days on which a deal may have become another, how it stood before and after."""
    days = {deal.day, deal.gone, *(said.day for said in deal.said)}
    days |= {begin_of(run) for run in runs(deal)}
    return [
        (day, standing(deal, day - DAY), standing(deal, day))
        for day in sorted(day for day in days if day and day >= deal.day)
    ]


def course_of_lead(lead: Lead) -> list[tuple[date, object, object]]:
    """Return the same of a lead."""
    days = {lead.day, lead.gone, *(said.day for said in lead.said)}
    return [
        (day, lead.at(day - DAY), lead.at(day))
        for day in sorted(day for day in days if day and day >= lead.day)
    ]


def pipeline_movements(picture: Picture) -> Rows:
    """Return each movement of a deal into, within or out of the open pipeline."""
    rows: Rows = {}
    for deal in picture.deals:
        course = course_of_deal(deal)
        for number, (day, before, now) in enumerate(course):
            for kind, owner, stage, *numbers in _moved(before, now, _closes(course[number:])):
                rows[day, deal.id, kind, owner] = {
                    "source": deal.source,
                    "owner_name": name_of(picture, owner),
                    "stage": stage,
                } | dict(zip(("deals", "value", "weighted_value"), numbers, strict=True))
    return rows


def _closes(course: Course) -> Fraction:
    """Return the amount that a deal had last before it became another or was deleted."""
    meaning, amount = course[0][2] and course[0][2].meaning, Fraction(0)
    for _, _, now in course:
        if not now or now.meaning != meaning:
            break
        amount = now.value
    return amount


def _moved(before: Said | None, now: Said | None, worth: Fraction) -> Iterator[tuple]:
    """Yield kind, owner, stage, deals, value and weighted value of what a deal moved.

    worth: what it had last, where it is closed now.
    """
    was_open = before is not None and before.meaning == "open"
    if now is None:
        if was_open:
            yield "deleted", before.owner, before.stage, -1, -before.value, -before.weighted
    elif now.meaning != "open":
        if was_open and worth != before.value:
            kind = "added" if worth > before.value else "cut"
            yield kind, before.owner, now.stage, 0, worth - before.value, 0
        if was_open:
            yield now.meaning, before.owner, now.stage, -1, -worth, -before.weighted
    elif not was_open:
        kind = "reopened" if before else "opened"
        yield kind, now.owner, now.stage, 1, now.value, now.weighted
    else:
        if now.owner != before.owner:
            for owner, sign in ((before.owner, -1), (now.owner, 1)):
                value, weighted = sign * before.value, sign * before.weighted
                yield "handed over", owner, now.stage, sign, value, weighted
        more, weighs = now.value - before.value, now.weighted - before.weighted
        if more or weighs:
            kind = "added" if more > 0 else "cut" if more else "moved"
            yield kind, now.owner, now.stage, 0, more, weighs


OF_NEW = tuple(f"new_{what}leads" for what in
               ("", "open_", "qualified_", "converted_", "lost_", "junk_"))  # fmt: skip
OF_CLOSED = ("won_deals", "won_value", "lost_deals", "lost_value")
OF_STANDING = tuple(f"{what}_change" for what in (
    "leads", "junk_leads", "open_deals", "open_value", "weighted_value", "unweighted_deals",
    "unconverted_deals", "assumed_deals", "assumed_value",
))  # fmt: skip


def kpi_parts(picture: Picture) -> Rows:
    """Return what each day, source and owner adds to the KPIs."""
    rows: dict[tuple, Counter] = defaultdict(Counter)
    for lead in picture.live_leads:
        row = rows[lead.day, lead.now.source, lead.now.owner]
        row["new_leads"] += 1
        row[f"new_{lead.now.meaning}_leads"] += 1
    for deal in picture.live_deals:
        if deal.closed_day:
            row = rows[deal.closed_day, deal.source, deal.now.owner]
            row[f"{deal.now.meaning}_deals"] += 1
            row[f"{deal.now.meaning}_value"] += deal.now.value
    for place, figures_of_one, sign in _standing(picture):
        for name, one in figures_of_one.items():
            rows[place][f"{name}_change"] += sign * one
    names = OF_NEW + OF_CLOSED + OF_STANDING
    return {place: {name: row[name] for name in names} for place, row in rows.items()}


def _standing(picture: Picture) -> Iterator[tuple[tuple, dict, int]]:
    """Yield what each record was until a day (-1) and has been since (1), and whose it was."""
    for lead in picture.leads:
        for day, before, now in course_of_lead(lead):
            for said, sign in ((before, -1), (now, 1)):
                if said and before != now:
                    counts = {"leads": 1, "junk_leads": said.meaning == "junk"}
                    yield (day, said.source, said.owner), counts, sign
    for deal in picture.deals:
        for day, before, now in course_of_deal(deal):
            is_known_now = before == now and day == deal.said[0].day
            for said, on, sign in ((before, day - DAY, -1), (now, day, 1)):
                if said and said.meaning == "open" and (before != now or is_known_now):
                    yield (day, deal.source, said.owner), _open(deal, said, on), sign


def _open(deal: Deal, said: Said, day: date) -> dict:
    """Return what an open deal adds to the open ones on a day."""
    is_assumed = day < deal.said[0].day
    return {
        "open_deals": 1,
        "open_value": said.value,
        "weighted_value": said.weighted,
        "unweighted_deals": said.chance is None,
        "unconverted_deals": said.is_unconverted,
        "assumed_deals": is_assumed,
        "assumed_value": is_assumed * said.value,
    }


def open_deals(picture: Picture) -> Rows:
    """Return how each open deal changed while it was open."""
    rows: Rows = {}
    for deal in of_meaning(picture.live_deals, "open"):
        opened = [said for said in deal.said if said.meaning == "open"]
        furthest = max(opened, key=lambda said: said.position)  # of equal ones the first
        pushes = figures.pushes_of(deal)
        stay = figures.stays_of(deal)[-1]
        amounts = [said.amount for said in opened if said.amount is not None]
        rows[(deal.id,)] = _named(deal) | {
            "stage": deal.now.stage,
            "weighted_amount": deal.now.weighted,
            "closing_date": deal.now.closing,
            "day": deal.day,
            "times_pushed": len(pushes),
            "days_pushed": sum(pushes),
            "furthest_stage": furthest.stage,
            "highest_amount": None if deal.now.is_unconverted else max(amounts, default=None),
            "came_at": stay.came_at,
            "is_start_known": stay.is_known,
        }
    return rows


def _named(deal: Deal) -> Row:
    state = deal.known.last
    return {
        "name": state["Deal_Name"],
        "account_name": (state.get("Account_Name") or {"name": None})["name"],
        "amount": deal.now.amount,
        "owner_id": deal.now.owner,
        "source": deal.source,
    }


def open_deal_records(picture: Picture) -> Rows:
    """Return what else the record of an open deal says."""
    return {
        (deal.id,): {
            "created_time": deal.created,
            "modified_time": time_of(deal.known.last, "Modified_Time"),
            "last_activity_time": time_of(deal.known.last, "Last_Activity_Time"),
            "lacks_next_step": key(deal.known.last.get("Next_Step")) is None,
        }
        for deal in of_meaning(picture.live_deals, "open")
    }


def lost_deals(picture: Picture) -> Rows:
    """Return why each lost deal was lost, and on which open stage it was seen last."""
    rows: Rows = {}
    for deal in of_meaning(picture.live_deals, "lost"):
        opened = [said.stage for said in deal.said if said.meaning == "open"]
        reasons = (key(deal.known.last.get(name)) for name in REASONS)
        rows[(deal.id,)] = _named(deal) | {
            "reason": next(filter(None, reasons), None),
            "stage": opened[-1] if opened else None,
            "closed_day": deal.closed_day,
        }
    return rows


def funnel_steps(picture: Picture) -> Rows:
    """Return the place of each step of leads and of deals."""
    stages = [stage for stage, _ in figures.open_stages(picture)]
    steps = {"lead": ("created", "qualified", "converted", "won"), "deal": (*stages, "won")}
    return {
        (entity, step): {"number": number}
        for entity in steps
        for number, step in enumerate(steps[entity], 1)
    }


def response_parts(picture: Picture) -> Rows:
    """Return how many leads of each day and source had a response, and after how many days."""
    counts: Counter = Counter()
    for lead in picture.live_leads:
        answered = [said for said in lead.said if figures.has_response(said)]
        is_timed = answered and answered[0] is not lead.said[0]
        days = (answered[0].day - lead.day).days if is_timed else None
        counts[lead.day, lead.now.source, lead.now.meaning, bool(answered), days] += 1
    return {place: {"leads": leads} for place, leads in counts.items()}


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Picture], Rows]]] = {
    "pipeline_movements": (("day", "id", "kind", "owner_id"), pipeline_movements),
    "kpi_parts": (("day", "source", "owner_id"), kpi_parts),
    "open_deals": (("id",), open_deals),
    "open_deal_records": (("id",), open_deal_records),
    "lost_deals": (("id",), lost_deals),
    "funnel_steps": (("entity", "step"), funnel_steps),
    "response_parts": (("day", "source", "meaning", "is_contacted", "days"), response_parts),
}
