"""What somebody should act on today, in plain Python, from drawn rows of what is known of it."""

from collections.abc import Iterator
from fractions import Fraction

from aha_pipeline_tests.oracle.figures import Row, Rows
from aha_pipeline_tests.oracle.silence import QUIET
from aha_pipeline_tests.oracle.stand_ins import DAY, SECOND, Drawn, Judge
from aha_pipeline_tests.oracle.work import OLD, POINTS

REPS, LEFT = ("1", "2", "3"), {"2"}  # of the third it is not known whether he has left
NOTHING = ("value", "unrecorded_meeting_at", "closing_date", "days_overdue", "days_left",
           "days_quiet", "times_pushed")  # fmt: skip


def work_list(drawn: Drawn) -> Rows:
    drawn.put("analytics.owners", [
        {"owner_id": id_, "has_left": id_ in LEFT} for id_ in REPS[:2]
    ])  # fmt: skip
    return {(it["id"], it["module"]): it for it in (*_leads(drawn), *_deals(drawn))}


def _leads(drawn: Drawn) -> Iterator[Row]:
    leads = [
        {
            "id": f"L{number}", "owner_id": drawn.one_of(*REPS), "source": "Web",
            "day": drawn.today - drawn.one_of(-1, 0, 1, 2, 7, 8, 30, 31, 90, 91) * DAY,
            "last_activity_time": drawn.one_of(None, drawn.now), "status": "New",
            "is_untouched": drawn.one_of(True, False), "is_touch_known": drawn.one_of(True, False),
            "first_touch_at": drawn.one_of(None, drawn.now - DAY, drawn.now + DAY),
        }
        for number in range(drawn.random.randrange(20))
    ]  # fmt: skip
    drawn.put("analytics.open_leads", leads)
    for it in leads:
        waits, reasons = (drawn.today - it["day"]).days, []
        points = 90 if waits < 2 else 75 if waits < 8 else 50
        is_touched = it["first_touch_at"] is not None and it["first_touch_at"] <= drawn.now
        if it["is_touch_known"] and not is_touched:
            reasons.append((points, "uncalled"))
        if not it["is_touch_known"] and it["is_untouched"]:
            reasons.append((points, "untouched"))
        if it["owner_id"] in LEFT:
            reasons.append((POINTS["ownerless"], "ownerless"))
        reasons.sort(reverse=True)
        if reasons and 0 <= waits <= 90:
            yield {name: it[name] for name in ("id", "owner_id", "source", "day",
                                               "last_activity_time")} | {
                "module": "Leads", "reasons": [reason for _, reason in reasons],
                "score": reasons[0][0] + 5 * (len(reasons) - 1) + 15, "is_aged": waits > 30,
            } | dict.fromkeys(NOTHING)  # fmt: skip


def _deals(drawn: Drawn) -> Iterator[Row]:
    deals, records, silence, slips = [], [], [], []
    for number in range(drawn.one_of(0, 1, 5, 5, 9)):
        id_ = {"id": f"D{number}"}
        ahead = (-7306, -7305, -91, -90, -1, 0, 7, 8, 7306)
        closing = drawn.one_of(None, *(drawn.today + it * DAY for it in ahead))
        midnight = drawn.midnight(QUIET - 1)
        times = [drawn.one_of(None, drawn.now - 2 * DAY, midnight, midnight - SECOND)
                 for _ in range(4)]  # fmt: skip
        meeting = drawn.now - 30 * DAY + drawn.one_of(-1, 0, 1) * SECOND
        deals.append(id_ | {
            "owner_id": drawn.one_of(*REPS), "source": "Web", "closing_date": closing,
            "amount": drawn.one_of(None, 0, 1, 2, 3, 4, 5), "day": drawn.today,
        })  # fmt: skip
        records.append(id_ | {
            "created_time": drawn.one_of(None, drawn.now - 40 * DAY), "modified_time": times[0],
            "last_activity_time": times[1], "lacks_next_step": drawn.one_of(True, False),
        })  # fmt: skip
        silence += drawn.one_of([], [id_ | {
            "last_at": times[2], "next_at": drawn.one_of(None, None, drawn.now),
            "unrecorded_meeting_at": drawn.one_of(None, meeting),
        }])  # fmt: skip
        slips += drawn.one_of([], [id_ | {
            "times_pushed": drawn.one_of(0, 1, 2, 3), "is_older": drawn.one_of(True, True, False),
        }])  # fmt: skip
    drawn.put("analytics.open_deals", deals)
    drawn.put("analytics.open_deal_records", records)
    drawn.put("analytics.deal_silence", silence)
    drawn.put("analytics.slipping_deals", slips)
    values = [it["amount"] or 0 for it in deals]
    for deal, record in zip(deals, records, strict=True):
        below = sum(value < (deal["amount"] or 0) for value in values)
        place = Fraction(below, len(values) - 1) if len(values) > 1 else Fraction(0)
        quiet = next((it for it in silence if it["id"] == deal["id"]), None)
        slip = next((it for it in slips if it["id"] == deal["id"]), {})
        yield from _deal(drawn, deal, record, quiet, slip, place)


def _deal(
    drawn: Drawn, deal: Row, record: Row, silence: Row | None, slip: Row, place: Fraction
) -> Iterator[Row]:
    closing, last = deal["closing_date"], record["last_activity_time"]
    ahead = closing and (closing - drawn.today).days
    is_mistyped = ahead is not None and abs(ahead) > 7305
    overdue = -ahead if ahead is not None and ahead < 0 and not is_mistyped else None
    left = ahead if ahead is not None and 0 <= ahead <= 7 else None
    if silence:
        last = silence["last_at"]
    times = filter(None, (record["created_time"], record["modified_time"], last))
    moved = max(times, default=drawn.now)  # Zoho says of each when it was created
    quiet = (drawn.today - moved.astimezone(drawn.zone).date()).days
    is_planned = bool(silence and silence["next_at"])
    meeting, pushed = silence and silence["unrecorded_meeting_at"], slip.get("times_pushed") or 0
    holds = {
        "ownerless": deal["owner_id"] in LEFT,
        "closing": left is not None and record["lacks_next_step"],
        "mistyped": is_mistyped,
        "overdue": overdue is not None,
        "unrecorded": meeting and meeting >= drawn.now - 30 * DAY,
        "stuck": slip.get("is_older") and place >= Fraction(3, 4),
        "pushed": pushed >= 2,
        "quiet": quiet >= QUIET and not is_planned,
    }
    reasons = [reason for reason, it in holds.items() if it]
    if reasons:
        yield {name: deal[name] for name in ("id", "owner_id", "source", "day", "closing_date")} | {
            "module": "Deals", "reasons": reasons, "value": deal["amount"],
            "score": POINTS[reasons[0]] + 5 * (len(reasons) - 1) + 30 * place,
            "is_aged": OLD.issuperset(reasons) and (overdue or 0) > 90,
            "last_activity_time": last, "unrecorded_meeting_at": meeting,
            "days_overdue": overdue, "days_left": left,
            "days_quiet": quiet if "quiet" in reasons else None,
            "times_pushed": pushed if "pushed" in reasons else None,
        }  # fmt: skip


JUDGES = {
    "work_list": Judge(
        work_list, ("id", "module"),
        ("analytics.slipping_deals", "analytics.open_leads", "analytics.owners",
         "analytics.open_deals", "analytics.open_deal_records", "analytics.deal_silence"),
    ),
}  # fmt: skip
