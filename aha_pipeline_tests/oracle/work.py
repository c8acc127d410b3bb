"""The list of what somebody should act on today, and why."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from aha_pipeline_tests.oracle import figures
from aha_pipeline_tests.oracle.activities import Activity, time_of
from aha_pipeline_tests.oracle.deals import Deal, local_day
from aha_pipeline_tests.oracle.figures import DAY, Picture, Row, Rows, has_response, of_meaning
from aha_pipeline_tests.oracle.leads import Lead
from aha_pipeline_tests.oracle.silence import QUIET, Logged, silence_of
from aha_pipeline_tests.oracle.text import key

POINTS = {
    "ownerless": 85, "closing": 80, "mistyped": 70, "overdue": 65, "unrecorded": 60,
    "stuck": 50, "pushed": 45, "quiet": 40,
}  # fmt: skip
OLD = {"overdue", "quiet", "pushed", "stuck", "ownerless"}  # reasons that nobody waits for


def known_since(picture: Picture) -> datetime | None:
    """Return since when a first touch can be known; None where no call is."""
    if not any(one.kind == "Calls" for one in picture.activities):
        return None
    return min(one.created for one in picture.activities if one.kind != "Notes")


def work_list(picture: Picture) -> Rows:
    """Return the open leads and deals that somebody should act on, each with its reasons."""
    of_lead = figures.grouped(picture.activities, lambda one: one.lead)
    of_deal = figures.grouped(picture.activities, lambda one: one.deal)
    is_silence_known = any(one.kind != "Notes" for one in picture.activities)
    since = known_since(picture)
    rows: Rows = {}
    for lead in picture.live_leads:
        waits = (picture.today - lead.day).days
        if lead.now.meaning == "open" and 0 <= waits <= 90:
            is_known = since is not None and lead.created >= since
            reasons = _of_lead(picture, lead, of_lead[lead.id] if is_known else None)
            if reasons:
                rows[lead.id, "Leads"] = _lead_row(lead, waits, reasons)
    opened = of_meaning(picture.live_deals, "open")
    values = sorted(deal.now.value for deal in opened)
    slipping = figures.slipping_deals(picture)
    for deal in opened:
        below = bisect_left(values, deal.now.value)
        place = Fraction(below, len(values) - 1) if len(values) > 1 else Fraction(0)
        logged = of_deal[deal.id] if is_silence_known else None
        slips = slipping.get((deal.id,), {"times_pushed": 0, "is_older": False})
        if row := _deal_row(picture, deal, place, slips, logged):
            rows[deal.id, "Deals"] = row
    return rows


def _of_lead(
    picture: Picture, lead: Lead, logged: Sequence[Activity] | None
) -> list[tuple[int, str]]:
    """Return the reasons of a lead with their points; what was logged on it is None if unknown."""
    waits = (picture.today - lead.day).days
    points = 90 if waits < 2 else 75 if waits < 8 else 50
    reasons = []
    if logged is None and _is_untouched(lead):
        reasons.append((points, "untouched"))
    if logged is not None and not any(one.is_touch and one.at <= picture.now for one in logged):
        reasons.append((points, "uncalled"))
    if lead.now.owner in picture.company.left:
        reasons.append((85, "ownerless"))
    return sorted(reasons, reverse=True)


def _is_untouched(lead: Lead) -> bool:
    last = time_of(lead.known.last, "Last_Activity_Time")
    return (
        len({said.status for said in lead.said}) == 1
        and not has_response(lead.now)
        and (last is None or last <= lead.created + timedelta(minutes=5))
    )


def _lead_row(lead: Lead, waits: int, reasons: list[tuple[int, str]]) -> Row:
    return {
        "reasons": [reason for _, reason in reasons],
        "score": reasons[0][0] + 5 * (len(reasons) - 1) + 15,
        "is_aged": waits > 30,
        "owner_id": lead.now.owner,
        "source": lead.now.source,
        "day": lead.day,
        "last_activity_time": time_of(lead.known.last, "Last_Activity_Time"),
    } | dict.fromkeys((
        "value", "unrecorded_meeting_at", "closing_date", "days_overdue", "days_left",
        "days_quiet", "times_pushed",
    ))  # fmt: skip


def _deal_row(
    picture: Picture, deal: Deal, place: Fraction, slips: Row, logged: Sequence[Activity] | None
) -> Row | None:
    now, closing, state = picture.now, deal.now.closing, deal.known.last
    ahead = (closing - picture.today).days if closing else None
    is_mistyped = ahead is not None and abs(ahead) > 7305
    overdue = -ahead if ahead is not None and ahead < 0 and not is_mistyped else None
    left = ahead if ahead is not None and 0 <= ahead <= 7 else None
    last = time_of(state, "Last_Activity_Time")
    silence = {"next_at": None, "unrecorded_meeting_at": None}
    if logged is not None:
        silence = _silence(picture, deal, logged)
        last = silence["last_at"]
    moved = max(filter(None, (deal.created, time_of(state, "Modified_Time"), last)))
    quiet = (picture.today - local_day(moved, picture.company.zone)).days
    meeting = silence["unrecorded_meeting_at"]
    holds = {
        "ownerless": deal.now.owner in picture.company.left,
        "closing": left is not None and not key(state.get("Next_Step")),
        "mistyped": is_mistyped,
        "overdue": overdue is not None,
        "unrecorded": meeting is not None and meeting >= now - 30 * DAY,
        "stuck": slips["is_older"] and place >= Fraction(3, 4),
        "pushed": slips["times_pushed"] >= 2,
        "quiet": quiet >= QUIET and silence["next_at"] is None,
    }
    reasons = [reason for reason, it in holds.items() if it]
    if not reasons:
        return None
    return {
        "reasons": reasons,
        "score": POINTS[reasons[0]] + 5 * (len(reasons) - 1) + 30 * place,
        "is_aged": OLD.issuperset(reasons) and overdue is not None and overdue > 90,
        "value": deal.now.amount,
        "owner_id": deal.now.owner,
        "source": deal.source,
        "day": deal.day,
        "last_activity_time": last,
        "unrecorded_meeting_at": meeting,
        "closing_date": closing,
        "days_overdue": overdue,
        "days_left": left,
        "days_quiet": quiet if "quiet" in reasons else None,
        "times_pushed": slips["times_pushed"] if "pushed" in reasons else None,
    }


def _silence(picture: Picture, deal: Deal, logged: Sequence[Activity]) -> Row:
    """Return how long a deal has been silent by what is logged on it."""
    counted = [
        Logged(it.at, it.ends, it.takes_place, it.kind == "Events")
        for it in logged
        if it.at and not it.is_off
    ]
    moved, _ = deal.known.contents[-1]
    return silence_of(deal.created, moved, counted, picture.now, picture.company.zone)


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Picture], Rows]]] = {
    "work_list": (("id", "module"), work_list),
}
