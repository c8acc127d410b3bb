"""What messages told before, told again: another count, another amount, what became of it.

Of each kind three companies at least, from the record to the sentence; each statement is proven by
its own SQL, and each lie about it refused.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from psycopg2.extras import Json, RealDictCursor

from aha_pipeline.briefing import facts, ranking
from aha_pipeline.briefing.catalogue import stances
from aha_pipeline.briefing.message import action
from aha_pipeline.briefing.plan import Line
from aha_pipeline.briefing.verify import is_true
from aha_pipeline_tests.briefing.by_hand import DAY, at, bare, day, fact, reading
from aha_pipeline_tests.briefing.companies import tell
from aha_pipeline_tests.briefing.lies import untrue
from aha_pipeline_tests.warehouse.marts_company import build, deal, lead, put, put_history

LAKH = 100_000
SUNDAY = DAY - timedelta(days=4)
MARTS = ("kpis", "lead_history", "leads", "deals", "lost_deals")


def said(connection, kind: str, on: date = DAY) -> dict[str, str]:
    """Return by stance the first sentence of each statement of a kind, proven, its lies refused."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        found = list(facts.as_told(cursor, facts.of_kind(cursor, kind, on), on))
    for one in found:
        assert is_true(connection, on, one), one
        assert [lie for lie in untrue(one) if is_true(connection, on, lie)] == []
    return {one.stance: bare(reading().sentence(one, 0)) for one in found}


def build_around(connection, on: date = DAY) -> None:
    build(connection, on - timedelta(days=8), on, only=MARTS)


# (a) The counts of days add up to that of their week, or it is said what was told


@pytest.mark.parametrize(
    ("told", "printed"),
    [
        (2, "brought 14 leads, up from 7."),  # as told
        (1, "brought 14 leads (8 in the daily messages), up from 7."),  # late ones
        (3, "brought 14 leads (20 in the daily messages), up from 7."),  # deleted since
        (None, "brought 14 leads, up from 7."),  # a day was not told
    ],
)
def test_a_week_says_what_its_days_were_told_to_be(connection, told, printed):
    for number in range(14):
        days_ago = 4 + number
        put(connection, "Leads", lead(number, at(days_ago)))
        if number < 7:
            put(connection, "Leads", lead(100 + number, at(days_ago)))
            if number and (told or number != 3):
                tell(connection, SUNDAY - timedelta(days=number), n=told or 2)
    build(connection, SUNDAY - timedelta(days=13), SUNDAY, only=("kpis", "changes"))
    assert said(connection, "week", SUNDAY)["week_leads_more"].endswith(printed)


@pytest.mark.parametrize(
    ("now", "before", "stance"),
    [
        (1, 0, None),
        (4, 5, None),
        (8, 12, "week_leads_same"),
        (14, 7, "week_leads_more"),
        (5, 15, "week_leads_fewer"),
    ],
)
def test_a_week_is_judged_by_more_than_chance(connection, now, before, stance):
    for number in range(now):
        put(connection, "Leads", lead(number, at(4 + number % 7)))
    for number in range(before):
        put(connection, "Leads", lead(100 + number, at(11 + number % 7)))
    build(connection, SUNDAY - timedelta(days=13), SUNDAY, only=("kpis", "changes"))
    assert [name for name in said(connection, "week", SUNDAY) if "leads" in name] == (
        [stance] if stance else []
    )


@pytest.mark.parametrize(
    ("weeks", "stance", "against"),
    [
        ((145, 83, 175, 181, 156), "mixed", "a median of 165.5 over the 4 weeks before"),
        ((145, 83, 424, 175, 181), "mixed", "a median of 178 over the 4 weeks before"),  # a fair
        ((145, 83, None, 175, 181), "mixed", "a median of 175 over the 3 weeks before"),
        ((250, 83, 175, 181, 156), "more", "a median of 165.5"),
        ((83, 175, 181, 156, 150), "fewer", "a median of 165.5"),
        ((127, 132, 175, 181, 175), "mixed", "a median of 175"),  # a slow decline
        ((150, 145, 140, 156, 151), "same", "a median of 148"),
        ((145, 83), "more", "up from 83."),  # before that nobody knows
    ],
)
def test_a_week_after_a_bad_one_is_compared_with_the_usual_ones(connection, weeks, stance, against):
    put(connection, "Leads", lead(1, at(60)))
    build(connection, SUNDAY - timedelta(days=34), SUNDAY, only=("kpis", "changes"))
    with connection.cursor() as cursor:
        cursor.execute("update analytics.kpis set new_leads = null")
        for number, leads in enumerate(weeks):
            for ago in range(7) if leads else ():
                of_day = leads // 7 + (ago < leads % 7)
                cursor.execute(
                    "update analytics.kpis set new_leads = %s where day = %s",
                    [of_day, SUNDAY - timedelta(days=7 * number + ago)],
                )
    found = said(connection, "week", SUNDAY)
    assert found.keys() == {f"week_leads_{stance}"}
    assert against in found[f"week_leads_{stance}"]


@pytest.mark.parametrize(
    ("deleted", "told", "early", "printed"),
    [
        ((), 5, 0, "30 of the 30 leads since"),
        ((1, 7), 5, 0, "28 of the 28 leads (30 in the daily messages) since"),
        ((), 5, 1, "30 of the 30 leads (52 in the daily messages) since"),
        ((0,), None, 0, "29 of the 29 leads since"),
    ],
)
def test_waiting_leads_are_counted_as_the_days_are(connection, deleted, told, early, printed):
    for number in range(30):
        gone = at(-3) if number in deleted else None  # after the day, and yet not counted on it
        put(connection, "Leads", lead(number, at(number % 6)), deleted_at=gone)
    for days_ago in range(1, 28):
        if told:
            tell(connection, DAY - timedelta(days=days_ago), n=told if days_ago < 6 else early)
    build(connection, DAY - timedelta(days=27), DAY, only=MARTS)
    assert said(connection, "waiting")["waiting"].startswith(printed)


@pytest.mark.parametrize(("told", "more"), [(1, ""), (0, " (1 in the daily messages)"), (None, "")])
def test_a_month_says_how_many_deals_its_days_were_told_to_bring(connection, told, more):
    first, last = date(2025, 2, 1), date(2025, 2, 28)
    for number, closed in enumerate(("2025-02-10", "2025-02-20"), 1):
        end = {"Closing_Date": closed, "Modified_Time": f"{closed}T12:00:00+05:30"}
        put(connection, "Deals", deal(number, at(90), "Closed Won", Amount=LAKH, **end))
    for number in range(28):
        on = first + timedelta(days=number)
        if told is not None:
            tell(connection, on, won={10: 1, 20: told}.get(on.day, 0))
    build(connection, first, last + timedelta(days=2), only=MARTS)
    sentence = said(connection, "period_ended", date(2025, 3, 2))["month_ended"]
    assert sentence == f"The month to 28 Feb 2025 ended with ₹2.00 L won in 2 deals{more}."


# (b) What is no longer so is told with what it is now


@pytest.mark.parametrize(
    ("kind", "of_old", "printed"),
    [
        ("junk", (40, 12), "no longer Fair, now 12 of 40 (30.0%); of all 80 leads 40.0%."),
        (
            "junk",
            (20, 12),
            "no longer Fair, now 12 of 20 (60.0%); of all 60 leads 53.3%.",
        ),  # too few
        ("junk", (0, 0), "no longer Fair, which brought none; of all 80 leads 25.0%."),
        ("conv", (40, 12), "no longer Fair, now 12 of 40 (30.0%); of all 80 leads 40.0%."),
    ],
)
def test_the_source_that_was_named_before_is_told_with_its_share(connection, kind, of_old, printed):
    sources = {"Lists": (40, 20), "Fair": of_old, "Walk-in": (0 if of_old[0] else 40, 0)}
    number = 0
    for source, (leads, hits) in sources.items():
        for place in range(leads):
            is_hit, number = place < hits, number + 1
            status = "Junk Lead" if is_hit and kind == "junk" else "Contacted"
            hit = {"$converted": is_hit and kind == "conv"}
            put(connection, "Leads", lead(number, at(40), status, Lead_Source=source, **hit))
    if of_old[0] == 20:  # another source is needed that can be ranked
        for place in range(30):
            put(connection, "Leads", lead(900 + place, at(80), "Contacted", Lead_Source="Web"))
        printed = printed.replace("of all 60 leads 53.3%", "of all 90 leads 35.6%")
    named = {"kind": "source_rates", "stance": f"{kind}_highest", "subject": "Fair"}
    tell(connection, DAY - timedelta(days=1), named)
    build(connection, only=("lead_history",))
    assert said(connection, "source_rates")[f"{kind}_changed"].endswith(printed)


# (c) A window that moves is named by its days, and those told before are followed


@pytest.mark.parametrize(
    ("called", "again", "printed"),
    [
        (2, 5, "3 of the 3 leads since 21 Feb 2025 are not marked as contacted yet; "
               "of the 5 reported on 13 Mar 2025, 3 still wait."),
        (5, 5, "of the 5 reported on 13 Mar 2025, 0 still wait."),
        (2, 6, "3 of the 3 leads since 21 Feb 2025 are not marked as contacted yet."),  # other ones
    ],
)  # fmt: skip
def test_leads_that_were_told_to_wait_are_followed(connection, called, again, printed):
    for number in range(5):
        first = lead(number, at(30))
        then = first | {"Lead_Status": "Contacted", "Modified_Time": at(3)}
        put_history(connection, "Leads", first, *([then] if number < called else []))
    put(connection, "Leads", *(lead(n, at(2)) for n in range(10, 13)))
    told = {"kind": "waiting", "stance": "waiting", "figures": {"n": again}}
    tell(connection, DAY - timedelta(days=7), told)
    build_around(connection)
    assert said(connection, "waiting")["waiting"].endswith(printed)


@pytest.mark.parametrize(
    ("fair", "others", "printed"),
    [
        ((8, 8), (20, 5), "8 of them from Fair."),
        ((8, 8), (20, 5, 4), "not marked as contacted yet."),  # it is under half
        ((8, 8), (), "not marked as contacted yet."),  # all leads are of it
        ((20, 10), (9, 5), "not marked as contacted yet."),  # two in three of all, too
    ],
)
def test_the_source_of_most_leads_that_wait_is_named(connection, fair, others, printed):
    number = 0
    for source, (leads, waits) in {"Fair": fair, "Web": others[:2] or (0, 0)}.items():
        for place in range(leads):
            status, number = "Not Contacted" if place < waits else "Contacted", number + 1
            put(connection, "Leads", lead(number, at(3), status, Lead_Source=source))
    for place in range(others[2] if len(others) > 2 else 0):
        put(connection, "Leads", lead(900 + place, at(3), "Not Contacted", Lead_Source=None))
    build_around(connection)
    (sentence,) = said(connection, "waiting").values()
    assert sentence.endswith(printed)


@pytest.mark.parametrize(
    ("kind", "stance", "printed"),
    [
        ("reasons", "reason_most", "losing since 19 Feb 2025: 5 of 5 lost deals."),
        ("lost_common", "lost_stage", "Of 5 deals lost since 19 Feb 2025, 5 stood at"),
        ("due", "due", "2 deals are due by 27 Mar 2025, ₹4.00 L in all."),
    ],
)
def test_what_is_counted_over_days_says_which(connection, kind, stance, printed):
    put(connection, "Deals", deal(70, at(40), "Negotiation/Review"))
    for number in range(2):
        closes = {"Closing_Date": day(-3), "Amount": 2 * LAKH}
        put(connection, "Deals", deal(80 + number, at(40), **closes))
    for number in range(5):
        first = deal(number, at(40))
        end = {"Stage": "Closed Lost", "Closing_Date": day(2), "Modified_Time": at(2)}
        put_history(connection, "Deals", first, first | end | {"Lost_Reason": "Price"})
    build_around(connection)
    assert printed in said(connection, kind)[stance]


# (d) A deal whose amount changed since it was told is told with both


@pytest.mark.parametrize(
    ("told", "printed", "alone"),
    [
        ("6599000", "Tower was lost, ₹61.43 L, down from ₹65.99 L; reason given: Price.", True),
        ("6599000", "Tower was lost, ₹61.43 L, down from ₹65.99 L; reason given: Price.", False),
        ("6000000", "Tower was lost, ₹61.43 L, up from ₹60.00 L; reason given: Price.", True),
        ("6143000", "Tower was lost, ₹61.43 L; reason given: Price.", True),
        (
            "6143001",
            "Tower was lost, ₹61.43 L; reason given: Price.",
            False,
        ),  # which reads the same
    ],
)
def test_another_amount_than_was_told_is_told_as_such(connection, told, printed, alone):
    first = deal(1, at(40), Amount=6143000, Deal_Name="Tower")
    end = {"Stage": "Closed Lost", "Closing_Date": day(0), "Modified_Time": at(0)}
    put_history(connection, "Deals", first, first | end | {"Lost_Reason": "Price"})
    item = {"kind": "due", "stance": "due_named", "figures": {"deal": "Tower", "deal_money": told}}
    item |= {"records": ["D1", "D2"]}
    if alone:
        item = {"kind": "changed", "stance": "priced", "subject": "D1"}
        item |= {"figures": {"deal": "Tower", "money": told}}
    tell(connection, DAY - timedelta(days=6), item)
    build_around(connection)
    assert said(connection, "lost")["lost_reason"] == printed


@pytest.mark.parametrize(
    ("change", "stance", "printed"),
    [
        ({"Closing_Date": day(-9)}, "pushed", "The closing date of Tower moved by 4 days"),
        ({"Stage": "Qualification"}, "back", "Tower went back from Negotiation"),
        ({"Stage": "Qualification", "Amount": 0}, "back", "A step back for Tower (₹0, down from"),
    ],
)
def test_an_amount_that_is_gone_since_it_was_told_is_no_other_amount(
    connection, change, stance, printed
):
    first = deal(1, at(40), "Negotiation/Review", Amount=LAKH, Deal_Name="Tower")
    first |= {"Closing_Date": day(-5)}
    put_history(
        connection, "Deals", first, first | {"Amount": None, "Modified_Time": at(0)} | change
    )
    told = {"kind": "changed", "stance": "priced", "subject": "D1"}
    tell(connection, DAY - timedelta(days=6), told | {"figures": {"deal": "Tower", "money": LAKH}})
    build_around(connection)
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        kind = [one for one in facts.of_kind(cursor, "changed", DAY) if one.stance == stance]
        (one,) = facts.as_told(cursor, kind, DAY)
    assert is_true(connection, DAY, one)
    usable = reading().language.usable(stance, one.figures)
    said = [bare(reading().sentence(one, number)) for number in range(len(usable))]
    assert any(sentence.startswith(printed) for sentence in said)


@pytest.mark.parametrize(
    ("before", "is_priced"),
    [((None, None), True), ((0, None), True), ((LAKH, None), False), ((LAKH, 0), False)],
)
def test_a_deal_that_had_an_amount_once_is_not_said_to_have_had_none(connection, before, is_priced):
    first = deal(1, at(40), Amount=before[0])
    then = first | {"Amount": before[1], "Modified_Time": at(9), "Closing_Date": day(-9)}
    put_history(connection, "Deals", first, then, then | {"Amount": 9, "Modified_Time": at(0)})
    build_around(connection)
    assert ("priced" in said(connection, "changed")) is is_priced


@pytest.mark.parametrize(
    ("told", "more"),
    [(LAKH, ", up from ₹1.00 L"), (2 * LAKH, ""), (3 * LAKH, ", down from ₹3.00 L")],
)
def test_a_win_whose_amount_changed_after_the_day_is_told_with_the_one_before(
    connection, told, more
):
    first = deal(1, at(40), Amount=LAKH)
    won = first | {"Stage": "Closed Won", "Closing_Date": day(0), "Modified_Time": at(0)}
    put_history(
        connection, "Deals", first, won, won | {"Amount": 2 * LAKH, "Modified_Time": at(-1)}
    )
    item = {"kind": "changed", "stance": "priced", "subject": "D1"}
    figures = {"figures": {"deal": "Deal 1", "money": str(told)}}
    tell(connection, DAY - timedelta(days=6), item | figures)
    build_around(connection)
    assert said(connection, "won")["won"] == f"Deal 1 was won: ₹2.00 L{more}."


@pytest.mark.parametrize(
    ("corrected", "is_in_message", "before"), [(None, False, 4), (6, False, 4), (6, True, 6)]
)
def test_a_correction_corrects_what_a_message_told(connection, corrected, is_in_message, before):
    for number in range(9):
        put(connection, "Leads", lead(number, at(8)))
    on = DAY - timedelta(days=8)
    tell(connection, on, n=4)
    if corrected:
        item = {"kind": "restated", "stance": "restated_leads", "subject": str(on)}
        item |= {"in_message": is_in_message, "figures": {"n": corrected, "date": str(on)}}
        tell(connection, DAY - timedelta(days=4), item, n=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.restatements (day, figure, before, after, reason, restated_at) "
            "values (%s, 'new_leads', 6, 9, 'records changed', clock_timestamp())",
            [on],
        )
    build_around(connection)
    assert said(connection, "restated")["restated_leads"] == (
        f"A correction: 12 Mar 2025 had 9 leads, not {before} as told; records changed since."
    )


@pytest.mark.parametrize(
    ("kind", "stance"),
    [("due", "due_named"), ("newly_overdue", "newly_overdue"), ("lost", "lost_many")],
)
def test_the_largest_of_many_is_told_with_the_amount_before(connection, kind, stance):
    closes = {"due": day(-2), "newly_overdue": day(0), "lost": day(0)}[kind]
    end = {"Closing_Date": closes}
    if kind == "lost":
        end |= {"Stage": "Closed Lost", "Modified_Time": at(0), "Lost_Reason": "Price"}
    for number, amount in enumerate((2330000, LAKH, LAKH), 1):
        first = deal(number, at(40), Amount=amount, Deal_Name=f"Deal {number}")
        put_history(connection, "Deals", first, first | {"Modified_Time": at(30)} | end)
    told = {"kind": "won", "stance": "won", "subject": "D1"}
    told |= {"figures": {"deal": "Deal 1", "money": "2336000"}}
    tell(connection, DAY - timedelta(days=3), told)
    build_around(connection)
    sentence = said(connection, kind)[stance]
    assert "₹23.30 L, down from ₹23.36 L" in sentence
    assert ("reason given: Price" in sentence) == (kind == "lost")


# What became of what was told


@pytest.mark.parametrize(
    ("now", "counts"),
    [
        ("won", "1 won, 0 lost, 0 postponed, 1 open past the date."),
        ("lost", "0 won, 1 lost, 0 postponed, 1 open past the date."),
        ("later", "0 won, 0 lost, 1 postponed, 1 open past the date."),
        ("gone", None),  # fewer than were told
    ],
)
def test_deals_that_were_told_due_are_followed_on_sunday(connection, now, counts):
    first = deal(1, at(40), Amount=9 * LAKH, Closing_Date=day(6))
    ends = {
        "won": {"Stage": "Closed Won"},
        "lost": {"Stage": "Closed Lost"},
        "later": {"Closing_Date": day(-30)},
        "gone": {"Closing_Date": day(5)},
    }
    gone = at(5) if now == "gone" else None
    changed = first | ends[now] | {"Modified_Time": at(6)}
    put_history(connection, "Deals", first, changed, deleted_at=gone)
    put(connection, "Deals", deal(2, at(40), Amount=LAKH, Closing_Date=day(5)))
    put(connection, "Deals", deal(3, at(40), Amount=LAKH, Closing_Date=day(-9)))
    told = {"kind": "due", "stance": "due_named", "figures": {"n": 2}}
    on = SUNDAY - timedelta(days=8 if now == "won" else 7)  # a Saturday, and Sundays
    tell(connection, on, told)
    build_around(connection)
    found = said(connection, "due_followed", SUNDAY).get("due_followed")
    before = f"Of the 2 deals due in the week, as reported on {on.day} Mar 2025: "
    assert found == (before + counts if counts else None)
    assert said(connection, "due_followed", DAY) == {}


@pytest.mark.parametrize(
    ("amounts", "named"), [((90, 60), True), ((90, 1), False), ((60, 60), False)]
)
def test_the_second_large_new_deal_is_told_too(connection, amounts, named):
    put(connection, "Deals", deal(9, at(40), Amount=100 * LAKH))
    for number, amount in enumerate(amounts, 1):
        put(connection, "Deals", deal(number, at(0), Amount=amount * LAKH))
    build_around(connection)
    sentence = said(connection, "opened").get("opened_next")
    assert sentence == ("Second largest new deal of the day: Deal 2, ₹60.00 L." if named else None)


@pytest.mark.parametrize(
    ("days_ago", "leads", "called", "stance", "printed"),
    [
        (7, 40, 10, "source_waiting", "Of the 40 leads that Fair brought on 13 Mar 2025, 28 are "
                "not marked as contacted yet, 3 are junk and 2 are converted to contacts or "
                "deals."),
        (28, 40, 30, "source_followed", "Of the 40 leads that Fair brought on 20 Feb 2025, 10 are"),
        (8, 40, 10, None, None),  # not on this day
        (7, 29, 10, None, None),  # few
    ],
)  # fmt: skip
def test_what_a_fair_brought_is_followed(connection, days_ago, leads, called, stance, printed):
    for number in range(leads):
        status = {0: "Junk Lead", 1: "Contacted", 2: "Junk Lead", 3: "Junk Lead"}.get(number)
        status = status or ("Contacted" if number < called else "Not Contacted")
        first = lead(number, at(days_ago), "Not Contacted", Lead_Source="Fair")
        then = {"Lead_Status": status, "Modified_Time": at(2), "$converted": number in (20, 21)}
        put_history(connection, "Leads", first, first | then)
    told = {"kind": "leads", "stance": "above_usual", "link": "lead_source/source_more:Fair"}
    tell(connection, DAY - timedelta(days=days_ago), told)
    build_around(connection)
    found = said(connection, "source_followed")
    assert found.keys() == ({stance} if stance else set())
    assert all(sentence.startswith(printed) for sentence in found.values())


@pytest.mark.parametrize(
    ("deleted", "printed"),
    [
        ((), "Of the 40 leads that Fair brought"),
        ((1, 2), "Of the 38 leads (40 in the daily messages) that Fair brought"),
        (range(11), None),
    ],
)
def test_fewer_leads_than_a_source_was_told_to_bring_are_told_as_such(connection, deleted, printed):
    for number in range(40):
        gone = at(2) if number in deleted else None
        put(connection, "Leads", lead(number, at(7), Lead_Source="Fair"), deleted_at=gone)
    on, link = DAY - timedelta(days=7), "lead_source/source_more:Fair"
    tell(connection, on, {"kind": "leads", "stance": "above_usual", "link": link})
    with connection.cursor() as cursor:
        cursor.execute(
            "update analytics.ai_briefings_log set facts = facts || %s where day = %s",
            [Json([{"id": link, "figures": {"n": 40}}]), on],
        )
    build_around(connection)
    found = said(connection, "source_followed").get("source_waiting")
    assert found is printed or found.startswith(printed)


@pytest.mark.parametrize(
    ("statuses", "is_told"),
    [
        (["Not Contacted"], False),  # nobody knows yet what half of the leads are
        (["Not Contacted", "Contacted"], True),
        (["Not Contacted", "Contacted", "Not Contacted"], True),  # it was marked, and waits no more
    ],
)
def test_leads_that_were_marked_once_are_marked(connection, statuses, is_told):
    for number in range(60):
        source = {"Lead_Source": "Lists" if number < 30 else "Web"}
        told = [
            lead(number, at(30), status, **source, Modified_Time=at(29 - n))
            for n, status in enumerate(statuses if number < 30 else ["Junk Lead"])
        ]
        put_history(connection, "Leads", *told)
    build_around(connection)
    assert ("junk_highest" in said(connection, "source_rates")) is is_told


@pytest.mark.parametrize(
    ("told_days_ago", "came_days_ago", "stance"),
    [(20, 40, "junk_changed"), (20, 10, "junk_highest"), (2, 10, "junk_changed")],
)
def test_no_source_replaces_one_with_which_it_was_not_compared(
    connection, told_days_ago, came_days_ago, stance
):
    for number in range(80):
        source, days = ("Lists", came_days_ago) if number < 40 else ("Fair", 40)
        status = "Junk Lead" if number < 30 or number >= 70 else "Contacted"
        put(connection, "Leads", lead(number, at(days), status, Lead_Source=source))
    named = {"kind": "source_rates", "stance": "junk_highest", "subject": "Fair"}
    tell(connection, DAY - timedelta(days=told_days_ago), named)
    build(connection, only=("lead_history",))
    found = said(connection, "source_rates")
    assert [name for name in found if name.startswith("junk")] == [stance]


# (e) Advice is the best of what fits, and another one only on the same thing


@pytest.mark.parametrize(
    ("deal_told", "advice_told", "first"),
    [
        ("Another", "call_lost", "call_lost"),  # of another deal it is as good again
        ("Tower", "call_lost", "record_reason"),
        ("Tower", None, "call_lost"),
    ],
)
def test_the_best_advice_is_given_but_not_twice_on_one_deal(deal_told, advice_told, first):
    one = fact("lost", "lost", "", deal="Tower", money=9)
    item = ranking.Told(DAY, "lost", "lost", "", {"deal": deal_told}, 0, advice_told)
    assert ranking.fitting_advice(one, [item])[0] == first


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("Price", "ask_price"),
        (" TOO  expensive ", "ask_price"),
        ("महंगा है", "ask_price"),
        ("\u0958ीमत", "ask_price"),  # its first letter as one sign, or as two
        ("\u0915\u093cीमत", "ask_price"),
        ("Local electrician", "ask_other"),
        ("Went with wired system", "ask_other"),
        ("Installation time", "ask_date"),
        ("Project delayed", "ask_date"),
        ("निर्माण में देरी", "ask_date"),
        ("Not reachable", "try_again"),
        ("Customer: no response", "try_again"),
        ("Feature missing", "ask_product"),
        ("Corporate decision", "win_back"),  # no word begins with "rate"
        ("Overpriced?", "win_back"),
        (None, "win_back"),
    ],
)
@pytest.mark.parametrize("stance", ["lost_reason", "lost_many"])
def test_advice_on_a_loss_fits_its_reason(stance, reason, advice):
    one = fact(stance, "lost", "", deal="Tower", money=9, **({"reason": reason} if reason else {}))
    found = ranking.fitting_advice(one, [])
    assert found[0] == advice
    assert len(found) == len({advice, "win_back"}) + (stance == "lost_many")


@pytest.mark.parametrize(
    ("stance", "n", "advice"),
    [
        ("fewer_than_before", 0, ["look_tomorrow"]),
        ("as_usual", 0, ["keep_going"]),
        ("week_leads_more", 0, []),
        ("fewer_than_before", 1, ["call_within_hour", "look_tomorrow"]),
    ],
)
def test_where_no_lead_came_there_is_none_to_call(stance, n, advice):
    assert ranking.fitting_advice(fact(stance, "leads", "", n=n), []) == advice


@pytest.mark.parametrize(
    ("reason", "given", "advice"),
    [
        ("Not reachable", None, "call_rule"),
        ("Local electrician", None, "one_answer"),
        ("Local electrician", "one_answer", "answer_most"),  # not the same twice in four weeks
        ("Weather", None, "answer_most"),
    ],
)
def test_advice_on_the_reason_of_most_losses_fits_it(reason, given, advice):
    one = fact("reason_most", "reasons", reason, reason=reason, n=9, of=20)
    told = [ranking.Told(DAY, "reasons", "reason_most", reason, {}, 0, given)]
    assert ranking.fitting_advice(one, told)[0] == advice


@pytest.mark.parametrize("code", ["en", "hi"])
@pytest.mark.parametrize("subject", ["D1", ""])
def test_advice_on_a_deal_names_it_once(code, subject):
    one = fact("lost_reason", "lost", subject, deal="Tower", money=9, reason="Price")
    for advice in stances()["lost_reason"].advice:
        text = bare(action(Line(one, 0, advice), reading(code)))
        assert text.startswith("Tower: ")
        assert text.count("Tower") == 1


@pytest.mark.parametrize("code", ["en", "hi"])
def test_advice_says_what_it_is_about(code):
    for stance, name, value in (
        ("reason_most", "reason", "Price"),
        ("junk_highest", "source", "Lists"),
        ("lost_stage", "stage", "Quote"),
    ):
        texts = [reading(code).language.advice[advice] for advice in stances()[stance].advice]
        assert f"{{{name}}}" in texts[0]
        said = reading(code).language.say(texts[0], {name: value}, "INR", lambda _, text: text)
        assert value in bare(said)


def test_the_smallest_thing_due_is_no_line():
    pipeline = Decimal(1000 * LAKH)
    for stance, weight, is_told in (
        ("due_one", 3, False),
        ("due_one", 6, True),
        ("won", 3, False),
        ("won", 6, True),
    ):
        money = Decimal(weight * LAKH)
        one = fact(stance, "due" if "due" in stance else "won", "D1", money=money)
        weighed = facts.replace(one, weight=money)
        assert ranking.is_line(weighed, pipeline, DAY) is is_told


@pytest.mark.parametrize(
    ("closing", "printed"),
    [
        ((-3, -9, -12), "last month; 2 open deals are due in the rest of it, ₹4.00 L."),
        ((-3,), "last month; 1 open deal is due in the rest of it, ₹2.00 L."),
        ((3, -12), "last month."),  # overdue, and due in the next month
    ],
)
def test_a_month_that_is_behind_says_what_is_still_due_in_it(connection, closing, printed):
    put(connection, "Deals", *(
        deal(80 + n, at(70), Amount=2 * LAKH, Closing_Date=day(due))
        for n, due in enumerate(closing)
    ))  # fmt: skip
    end = {"Closing_Date": "2025-02-10", "Modified_Time": at(38), "Amount": 9 * LAKH}
    put(connection, "Deals", deal(1, at(70), "Closed Won", **end))
    build(connection, date(2025, 2, 1), DAY, only=MARTS)
    assert said(connection, "month")["month_behind"].endswith(printed)


@pytest.mark.parametrize(
    ("before", "is_news"),
    [
        ({"n": "7", "money": "69700000"}, False),  # three days ago it was as much
        ({"n": "7", "money": "30000000"}, True),
        (None, True),  # one deal alone was told
    ],
)
def test_what_is_due_is_compared_with_what_was_due_and_not_with_one_deal(before, is_news):
    of_one = ranking.Told(DAY - timedelta(days=1), "due", "due_next", "D2", {"money": "3498000"}, 0)
    told = [of_one]
    if before:
        told.append(ranking.Told(DAY - timedelta(days=3), "due", "due_named", "D1", before, 0))
    one = fact("due_named", "due", "D1", n=4, money=66600000, deal_money=1, date=DAY)
    due = facts.replace(one, weight=Decimal(66600000))
    assert (ranking.rank([due], told, Decimal(1000 * LAKH), DAY) == [due]) is is_news
