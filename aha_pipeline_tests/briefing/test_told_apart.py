"""What a reader would mistake: deals of one name, a large one within a sum, a source that is new.

Each kind from the record to the sentence, with the statement's own SQL asked too.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg2.extras import Json, RealDictCursor

from aha_pipeline import sql
from aha_pipeline.briefing import facts, verify
from aha_pipeline_tests.briefing.by_hand import DAY, at, bare, day, reading
from aha_pipeline_tests.warehouse.marts_company import build, deal, lead, put, put_history

LAKH = 100_000


def said(connection, kind: str) -> dict[str, str]:
    """Return by stance the first English sentence of each true statement of a kind."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        found = list(facts.told_apart(cursor, facts.of_kind(cursor, kind, DAY), DAY))
    assert all(verify.is_true(connection, DAY, fact) for fact in found)
    people = {f"D{number}": "Vijaya Reddy" for number in range(9)}
    one = reading(mode="initials", **people)
    return {fact.stance: bare(one.sentence(fact, 0)) for fact in found}


def build_deals(connection) -> None:
    build(connection, DAY - timedelta(days=8), DAY, only=("kpis", "pipeline_movements", "deals"))


def open_deals(connection, *amounts: float, closing: int, rest: float = 1) -> None:
    """Put open deals that close one after the other, and one more with the rest of the money."""
    for number, amount in enumerate(amounts, 1):
        closes = {"Closing_Date": day(closing - number), "Deal_Name": f"Deal {number}"}
        put(connection, "Deals", deal(number, at(40), Amount=amount * LAKH, **closes))
    put(connection, "Deals", deal(99, at(40), Amount=rest * LAKH, Closing_Date=day(-60)))


CONTACT = {"id": "C1", "name": "Vijaya Reddy"}


@pytest.mark.parametrize(
    ("other", "created", "printed"),
    [
        ("Reddy Villa", 30, "R. Villa (opened 8 Feb 2025)"),
        ("Rao Villa", 30, "R. Villa (opened 8 Feb 2025)"),  # by its initials alone
        ("Reddy Villa", 40, "R. Villa (…D1)"),  # both came in on one day
        ("Reddy Flat", 30, "R. Villa"),
    ],
)
def test_deals_that_read_alike_are_told_apart(connection, other, created, printed):
    late = {"Closing_Date": day(9), "Contact_Name": CONTACT}
    put(connection, "Deals", deal(1, at(40), Deal_Name="Reddy Villa", Amount=9 * LAKH, **late))
    late["Contact_Name"] = {"id": "C2", "name": "Vijaya Rao"} if "Rao" in other else CONTACT
    put(connection, "Deals", deal(2, at(created), Deal_Name=other, Amount=LAKH, **late))
    build_deals(connection)
    sentence = said(connection, "overdue_deal")["deal_overdue"]
    assert sentence == f"The largest overdue deal is {printed}: ₹9.00 L, 9 days past its date."


@pytest.mark.parametrize("apart", [DAY, "D9999", DAY - timedelta(days=41)])
def test_a_deal_is_told_by_its_own_day_alone(connection, apart):
    put(connection, "Deals", deal(1, at(40), Amount=9 * LAKH, Closing_Date=day(9)))
    build_deals(connection)
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        (fact,) = facts.of_kind(cursor, "overdue_deal", DAY)
    own = {**fact.figures, "deal_apart": DAY - timedelta(days=40)}
    assert verify.is_true(connection, DAY, replace(fact, figures=own))
    lie = {**fact.figures, "deal_apart": apart}
    assert not verify.is_true(connection, DAY, replace(fact, figures=lie))


@pytest.mark.parametrize(
    ("amounts", "named"),
    [
        ((90, 40, 1), "Deal 2"),
        ((90, 40, 40), None),  # a tie
        ((90, 1, 1.5), None),  # small for a pipeline of ₹92.5 L and ₹1 Cr
        ((90, 90, 40), None),  # no single largest before it
    ],
)
@pytest.mark.parametrize(
    ("closing", "kind", "stance"), [(0, "due", "due_next"), (20, "overdue_deal", "overdue_next")]
)
def test_the_second_large_deal_is_named(connection, amounts, named, closing, kind, stance):
    open_deals(connection, *amounts, closing=closing, rest=100)
    build_deals(connection)
    sentence = said(connection, kind).get(stance)
    assert (named in sentence and "₹40.00 L" in sentence) if named else sentence is None


@pytest.mark.parametrize(
    ("amounts", "named"), [((90, 40), ["Deal 1", "Deal 2"]), ((90, 1), ["Deal 1"]), ((9, 9), [])]
)
def test_of_dates_that_came_the_large_deals_are_named(connection, amounts, named):
    for number, amount in enumerate(amounts, 1):
        today = {"Closing_Date": day(0), "Deal_Name": f"Deal {number}"}
        put(connection, "Deals", deal(number, at(40), Amount=amount * LAKH, **today))
    build_deals(connection)
    sentence = said(connection, "newly_overdue")["newly_overdue"]
    assert sentence.startswith("2 deals came due on 20 Mar 2025 and are still open")
    assert [name for name in ("Deal 1", "Deal 2") if name in sentence] == named


@pytest.mark.parametrize(("lost", "named"), [((64, 5, 5), True), ((5, 5, 5), False), ((64,), True)])
def test_a_loss_that_is_most_of_a_sum_is_named(connection, lost, named):
    put(connection, "Deals", deal(9, at(40), Amount=LAKH, Closing_Date=day(-30)))
    for number, amount in enumerate(lost, 1):
        first = deal(number, at(40), Amount=amount * LAKH, Deal_Name=f"Tower {number}")
        closed = {"Stage": "Closed Lost", "Closing_Date": day(2), "Modified_Time": at(2)}
        put_history(connection, "Deals", first, first | closed)
    build_deals(connection)
    sentence = said(connection, "pipeline_parts")["parts"]
    assert ("₹64.00 L of it with Tower 1" in sentence) == named


def name_before(connection, source: str) -> None:
    """Let yesterday's message have named the source with the most junk."""
    yesterday = DAY - timedelta(days=1)
    item = {"position": 1, "kind": "source_rates", "stance": "junk_highest", "subject": source}
    item |= dict.fromkeys(("fact", "means", "sentence", "sql_digest"), "")
    item |= {"phrase": 0, "chosen_by": "ranking", "in_message": True, "advised": False}
    item |= {"figures": {}, "records": [], "first_day": yesterday.isoformat()}
    texts = dict.fromkeys(("dashboard_report", "whatsapp_summary", "model", "plain_reason"), "")
    lists = {"messages": Json({}), "facts": Json([]), "files": Json([]), "items": Json([item])}
    row = {"day": yesterday, "written_by": "plain", "is_sandbox": False, "duration_seconds": 0}
    with connection.cursor() as cursor:
        cursor.execute(sql.read("briefing/store"), texts | lists | row)


@pytest.mark.parametrize(
    ("since", "before", "stance"),
    [
        (40, None, "junk_highest"),
        (40, "Fair", "junk_changed"),
        (40, "Lists", "junk_highest"),
        (3, "Fair", None),  # the highest for three days is not named
    ],
)
def test_a_source_is_named_when_it_lasts_and_with_the_one_before(connection, since, before, stance):
    for place, (source, junk) in enumerate((("Lists", 20), ("Fair", 9))):
        for number in range(40):
            first = lead(100 * place + number, at(40), "Contacted", Lead_Source=source)
            then = {"Lead_Status": "Junk Lead", "Modified_Time": at(since)}
            put_history(connection, "Leads", first, *([first | then] if number < junk else []))
    if before:
        name_before(connection, before)
    build(connection, only=("lead_history",))
    found = {k: v for k, v in said(connection, "source_rates").items() if k.startswith("junk")}
    assert found.keys() == ({stance} if stance else set())
    if stance:
        assert "20 of 40 leads (50.0%), " in found[stance]
        assert "36.3%" in found[stance]
        assert ("no longer Fair" in found[stance]) == (stance == "junk_changed")


@pytest.mark.parametrize(
    ("uncalled", "before", "end"),
    [
        (8, None, "22.7% of all 88."),  # less than a tenth
        (9, None, None),
        (40, "Lists", None),
    ],
)
def test_shares_are_not_told_while_a_tenth_of_the_leads_is_unanswered(
    connection, uncalled, before, end
):
    for place, (source, leads, status) in enumerate(
        (("Lists", 20, "Junk Lead"), ("Lists", 20, "Contacted"), ("Fair", 40, "Contacted"),
         ("Stand", uncalled, "Not Contacted"))
    ):  # fmt: skip
        for number in range(leads):
            put(connection, "Leads", lead(100 * place + number, at(40), status, Lead_Source=source))
    if before:
        name_before(connection, before)
    build(connection, only=("lead_history",))
    found = said(connection, "source_rates")
    assert found["junk_highest"].endswith(end) if end else found == {}
