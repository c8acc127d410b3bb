"""What is logged on open deals, and how long they are silent, in plain Python, from drawn rows."""

from collections.abc import Collection
from datetime import datetime

from aha_pipeline_tests.oracle.figures import Row, Rows
from aha_pipeline_tests.oracle.listed import CALLED, put_owners
from aha_pipeline_tests.oracle.parts import AMOUNTS, OUTCOMES
from aha_pipeline_tests.oracle.silence import QUIET, Logged, is_of, silence_of
from aha_pipeline_tests.oracle.stand_ins import DAY, HOUR, SECOND, Drawn, Judge

NOT_COUNTED = ("Notes", "Emails")  # there may be some where nobody logs what he does


def open_deal_activities(drawn: Drawn) -> Rows:
    times = [drawn.now - 9 * DAY + it * HOUR for it in range(5)]
    deals = [
        {"id": f"D{number}", "created_time": drawn.one_of(None, *times[:3] * 3),
         "contact_id": drawn.one_of(None, "C0", "C1"),
         "content_since": drawn.one_of(None, *times), "modified_time": drawn.one_of(None, *times)}
        for number in range(6)
    ]  # fmt: skip
    contents = [
        {"id": deal["id"], "is_present": is_present, "is_deleted": is_deleted,
         "meaning": drawn.one_of("open", *OUTCOMES)}
        for deal in deals
        for is_deleted in drawn.one_of((False,), (False,), (True,))
        for is_present in drawn.one_of((True,), (False, True))
    ]  # fmt: skip
    activities = drawn.some(lambda: {
        "kind": drawn.one_of("call", "note", "meeting", "meeting"),
        "at": drawn.one_of(None, *times * 2),
        "ends_at": drawn.one_of(None, *times[1:3] * 2),
        "takes_place": drawn.one_of(True, True, False),
        "is_called_off": drawn.one_of(True, False, False, False),
        "is_deleted": drawn.one_of(True, False, False, False),
        "deal_id": drawn.one_of(None, "D0", "D1", "D2"),
        "contact_id": drawn.one_of(None, "C0", "C1"),
        "modified_time": drawn.one_of(None, *times[2:]),
    }, 60)  # fmt: skip
    drawn.put("crm.crm_deals", deals)
    drawn.put("analytics.deal_history", contents)
    drawn.put("analytics.activities", activities)
    is_open = {
        it["id"]
        for it in contents
        if it["is_present"] and not it["is_deleted"] and it["meaning"] == "open"
    }
    counted = [
        it for it in activities if it["at"] and not (it["is_called_off"] or it["is_deleted"])
    ]
    rows: Rows = {}
    for deal in deals:
        if deal["id"] not in is_open or not deal["created_time"]:
            continue
        mine = [it for it in counted if is_of(it, deal)]
        rows[(deal["id"],)] = _kept(
            deal["created_time"],
            deal["content_since"] or deal["modified_time"] or deal["created_time"],
            [(_logged(it), _is_done(it)) for it in mine],
        )
    return rows


def _is_done(activity: Row) -> bool:
    """Return whether an activity was over when it was last written."""
    written = activity["modified_time"]
    return written is not None and activity["at"] <= written


def _logged(activity: Row) -> Logged:
    is_meeting = activity["kind"] == "meeting"
    return Logged(activity["at"], activity["ends_at"], activity["takes_place"], is_meeting)


def _kept(created: datetime, moved: datetime, logged: Collection[tuple[Logged, bool]]) -> Row:
    """Return what is kept of a deal; logged: what, and whether no clock can change it any more."""
    over = [it for it, is_done in logged if is_done and it.takes_place]
    # An end that is not known comes last.
    later = sorted((it for it, is_done in logged if not is_done), key=lambda it: (
        it.at, it.ends is None, it.ends or it.at, it.takes_place, it.is_meeting
    ))  # fmt: skip
    return {
        "created_time": created,
        "moved_at": moved,
        "last_at": max((it.at for it in over), default=None),
        "met_until": max((it.ends for it in over if it.is_meeting and it.ends), default=None),
        "last_other_at": max((it.at for it in over if not it.is_meeting), default=None),
        "later_at": [it.at for it in later] or None,
        "later_ends_at": [it.ends for it in later] or None,
        "later_takes_place": [it.takes_place for it in later] or None,
        "later_is_meeting": [it.is_meeting for it in later] or None,
    }


def deal_silence(drawn: Drawn) -> Rows:
    put_owners(drawn)
    known = drawn.some(lambda: {
        "module": drawn.one_of("Calls", "Events", *NOT_COUNTED * 2),
        "is_deleted": drawn.one_of(True, False),
    }, 9)  # fmt: skip
    deals, kept, rows = [], [], {}
    for number in range(40):
        deal = {"id": f"D{number}", "owner_id": drawn.one_of("1", "2", "3"), "source": "Web",
                "amount": drawn.one_of(*AMOUNTS)}  # fmt: skip
        deals.append(deal)
        if drawn.random.random() < 0.1:  # created nobody knows when
            continue
        days = drawn.one_of(0, 1, 2)
        logged = [_some_time(drawn, days) for _ in range(drawn.one_of(0, 1, 3, 8))]
        split = [(it, it.at <= drawn.now and drawn.one_of(True, False)) for it in logged]
        ends = [it.ends for it in logged if it.ends]
        created = drawn.one_of(drawn.midnight(QUIET - 1), drawn.midnight(QUIET - 1) - SECOND,
                               drawn.now - 20 * DAY)  # fmt: skip
        moved = max(created, drawn.one_of(*[created] * 4, *ends))
        kept.append({"id": deal["id"], **_kept(created, moved, split)})
        rows[(deal["id"],)] = {
            "owner_id": deal["owner_id"],
            "owner_name": CALLED.get(deal["owner_id"], deal["owner_id"]),
            "source": deal["source"],
            "value": deal["amount"],
            **silence_of(created, moved, logged, drawn.now, drawn.zone),
        }
    drawn.put("analytics.activities", known)
    drawn.put("analytics.open_deals", deals)
    drawn.put("analytics.open_deal_activities", kept)
    is_known = any(it["module"] not in NOT_COUNTED and not it["is_deleted"] for it in known)
    return rows if is_known else {}


def _some_time(drawn: Drawn, days: int) -> Logged:
    """Draw what is logged, mostly so many days ago to a second; it takes no time or a second."""
    days = drawn.one_of(*[days] * 4, -3, 0, QUIET - 1, QUIET)
    at = drawn.now - days * DAY + drawn.one_of(-1, 0, 1) * SECOND
    ends = at + drawn.one_of(0, 1) * SECOND
    is_meeting = drawn.one_of(True, False)
    return Logged(at, drawn.one_of(None, *[ends] * 3), drawn.one_of(True, True, False), is_meeting)


ACTIVITIES = "analytics.activities"
JUDGES = {
    "open_deal_activities": Judge(
        open_deal_activities, ("id",), ("crm.crm_deals", "analytics.deal_history", ACTIVITIES)
    ),
    "deal_silence": Judge(
        deal_silence, ("id",),
        ("analytics.owners", "analytics.open_deals", ACTIVITIES, "analytics.open_deal_activities"),
    ),
}  # fmt: skip
