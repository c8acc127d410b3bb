"""Small companies with a right answer of their own, from the record to the message.

Each is the smallest one of its kind that was told wrongly once, with three inputs of the kind.
"""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from aha_pipeline import sql
from aha_pipeline.briefing.facts import gather
from aha_pipeline.briefing.ranking import fitting_advice
from aha_pipeline.briefing.verify import is_true, proven
from aha_pipeline.warehouse.landing import Window, open_window
from aha_pipeline_tests.briefing.by_hand import DAY, at, bare, day
from aha_pipeline_tests.warehouse.marts_company import build, deal, lead, moment, put, rows
from dashboard.cards import CARDS, left_out

SUNDAY = DAY - timedelta(days=4)
SHOWN = {
    "www ahahomes example": "www.ahahomes.example",
    "080…33": "080-4711 2233",
    "homes example pune": "homes.example/pune",
}
LAKH, CRORE = 100_000, 10_000_000


def land(database_url: str, run: str, *deals: dict) -> None:
    window = Window(run, "Deals", moment(at(90)), moment(at(0)), from_the_beginning=True)
    with open_window(database_url, window) as landing:
        landing.stage([msgspec.json.encode(record) for record in deals], 1)
        landing.finish(api_calls=1, read_until=None, timezone="Asia/Kolkata")


def message(write) -> str:
    return bare(write().messages["en"]["text"])


def report(write) -> str:
    return bare(write().messages["en"]["report"])


def facts(connection, today=DAY) -> dict:
    return {fact.stance: fact.figures for fact in gather(connection, today)}


def kpis(connection) -> dict:
    return rows(connection, f"select * from analytics.kpis where day = '{DAY}'")[0]  # noqa: S608


def test_money_of_other_currencies_is_added_by_its_rate_and_never_as_it_is(
    connection, built, write
):
    won = {"Closing_Date": day(0), "Modified_Time": at(0, 12)}
    put(
        connection,
        "Deals",
        deal(1, at(5), Amount=LAKH, Currency="INR", Exchange_Rate=1),
        deal(2, at(5), Amount=LAKH, Currency="USD", Exchange_Rate=84.5),
        deal(3, at(5), Amount=LAKH, Currency="AED"),
        deal(4, at(5), "Closed Won", Amount=LAKH, Currency="JPY", Exchange_Rate=0.56, **won),
    )
    put(connection, "Leads", lead(1, at(0)))
    built()
    found = kpis(connection)
    assert found["open_pipeline_value"] == LAKH + 84.5 * LAKH
    assert found["won_value"] == 56_000
    assert found["unconverted_deals"] == 1
    text = message(write)
    assert "₹85.50 L" in text
    assert "₹56,000" in text
    assert "₹2.00 L" not in text
    assert "₹1.00 L" not in text


@pytest.mark.parametrize("rate", [None, 0, -84.5, 8_450_000])
def test_what_cannot_be_converted_is_counted_apart_and_said_to_be(connection, built, rate):
    foreign = {"Amount": LAKH, "Currency": "USD", "Exchange_Rate": rate}
    put(connection, "Deals", deal(1, at(5), Amount=LAKH), deal(2, at(5), **foreign))
    put(connection, "Deals", deal(3, at(5), **foreign | {"Amount": 0}))  # nothing in any currency
    put(connection, "Deals", deal(4, at(5), "Closed Won", **foreign, Modified_Time=at(0)))
    built()
    days = dict.fromkeys(("first_day", "last_day", "whole_until"), DAY)
    days |= dict.fromkeys(("before_first", "before_last"), DAY - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("dashboard/period_figures"), days | {"sources": None, "owners": None}
        )
        found = {figure: {"value": value} for figure, value, *_ in cursor}
    assert (found["open_value"]["value"], found["open_deals"]["value"]) == (LAKH, 3)
    said = {card.label: left_out(card, found, "INR") for card in CARDS}
    assert {label: notes for label, notes in said.items() if notes} == {
        "Open pipeline": ["not included: 1 deal without a valid exchange rate"],
        "Won": ["not included: 1 deal of unknown value"],
    }


@pytest.mark.parametrize(
    ("said", "weighted"), [(150, 0.1), (-10, 0.1), (100, 1), (0, 0), (None, 0.1)]
)
def test_a_probability_that_cannot_be_is_that_of_the_stage(connection, built, said, weighted):
    put(connection, "Deals", deal(1, at(5), Amount=LAKH, Probability=said))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.picklist_meaning (module, value, meaning, probability, position, "
            "source) values ('Deals', 'Qualification', 'open', 10, 1, 'default') "
            "on conflict (module, value) do update set probability = 10"
        )
    built()
    assert float(kpis(connection)["weighted_pipeline_value"]) == pytest.approx(weighted * LAKH)


@pytest.mark.parametrize("closing", [day(-25), day(-1), None])
def test_a_deal_won_before_its_closing_date_is_in_the_message(
    connection, database_url, write, closing
):
    big = deal(1, at(40), "Negotiation/Review", Amount=5 * CRORE, Closing_Date=day(-25))
    rest = deal(2, at(40), Amount=CRORE)
    land(database_url, "first", big, rest)
    won = {"Stage": "Closed Won", "Closing_Date": closing, "Modified_Time": at(0, 8)}
    land(database_url, "second", big | won, rest)
    build(connection, DAY - timedelta(days=70), DAY)
    assert (kpis(connection)["won_deals"], kpis(connection)["won_value"]) == (1, 5 * CRORE)
    assert "₹5.00 Cr" in message(write)


@pytest.mark.parametrize(
    ("stages", "opened", "won", "lost"),
    [
        (["Closed Won"], LAKH, LAKH, 0),
        (["Closed Lost", "Closed Lost"], 2 * LAKH, 0, 2 * LAKH),
        (["Closed Won", "Qualification", "Closed Lost"], 3 * LAKH, LAKH, LAKH),
    ],
)
def test_a_deal_that_came_already_won_is_among_what_was_won(
    connection, write, stages, opened, won, lost
):
    put(connection, "Deals", deal(1, at(40), Amount=5 * CRORE))
    closed = {"Amount": LAKH, "Closing_Date": day(1)}
    new = (deal(n, at(5), stage, **closed) for n, stage in enumerate(stages, 2))
    put(connection, "Deals", *new)
    build(connection, DAY - timedelta(days=50), DAY)
    [parts] = [fact for fact in gather(connection, DAY) if fact.stance == "parts"]
    assert [parts.figures[name] for name in ("opened", "won", "lost")] == [opened, won, lost]
    assert proven(connection, DAY, [parts]) == ([parts], [])
    assert ("₹1.00 L was won" in report(write)) is bool(won)


@pytest.mark.parametrize(
    "touched", [{}, {"Description": "Thanks"}, {"Last_Activity_Time": at(0, 11)}]
)
def test_a_save_without_a_change_leaves_the_win_and_the_past_where_they_were(
    connection, database_url, write, touched
):
    won = deal(
        1, at(60), "Closed Won", Amount=3 * CRORE, Modified_Time=at(40), Closing_Date=day(-5)
    )
    rest = deal(2, at(60), Amount=LAKH)
    land(database_url, "first", won, rest)
    build(connection, DAY - timedelta(days=70), DAY)
    connection.commit()
    query = "select day, open_deals, open_pipeline_value, won_deals from analytics.kpis order by 1"
    told = rows(connection, query)
    connection.commit()
    land(database_url, "second", won | touched | {"Modified_Time": at(0, 11)}, rest)
    build(connection, DAY - timedelta(days=70), DAY)
    assert rows(connection, query) == told
    assert [row["day"] for row in told if row["won_deals"]] == [DAY - timedelta(days=40)]
    assert "· 0 won ·" in message(write)


@pytest.mark.parametrize(
    ("statuses", "waiting"),
    [
        (["Contacted"] * 9, None),  # nobody stands at the first step
        (["Not Contacted"] * 4 + ["Contacted"] * 5, 4),
        ([None, "", "-", "Not Contacted"] + ["Contacted"] * 5, 4),  # empty ones belong to it
    ],
)
def test_the_first_step_is_the_first_of_the_list(connection, built, write, statuses, waiting):
    put(connection, "Leads", *(lead(n, at(1), status) for n, status in enumerate(statuses)))
    put(connection, "Leads", lead(50, at(30), "Not Contacted", **{"$converted": True}))
    built()
    assert facts(connection).get("waiting", {}).get("n") == waiting
    assert "still at “Contacted”" not in message(write)


@pytest.mark.parametrize(
    ("low", "high", "is_told"),
    [
        (107_600, 108_400, False),  # ₹1.08 L both
        (0.6, 1.4, False),  # ₹1 both
        (107_000, 108_400, True),
    ],
)
def test_a_forecast_whose_ends_read_the_same_is_not_told(connection, built, low, high, is_told):
    put(connection, "Leads", lead(1, at(1)))
    first, last = DAY.replace(day=1), DAY + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.forecasts (day, scope, period, first_day, last_day, won_value, "
            "won_deals, value_p10, value_p25, value_p50, value_p75, value_p90, closed_deals, "
            "is_back_test) values (%s, 'company', 'month', %s, %s, 0, 0, %s, %s, %s, %s, %s, 60, "
            "false)",
            [DAY, first, last, low, low, low, high, high],
        )
    built()
    assert ("forecast_month" in facts(connection)) == is_told


@pytest.mark.parametrize(
    ("today", "added", "stance"),
    [
        (SUNDAY, 0, "as_usual"),  # three leads, as on each Sunday
        (SUNDAY, 20, "above_usual"),
        (DAY, -11, "below_usual"),  # a Thursday as quiet as a Sunday
    ],
)
def test_a_quiet_sunday_needs_no_attention(connection, built, write, today, added, stance):
    number = 0
    for days_ago in range((DAY - today).days, 85):
        is_sunday = (DAY - timedelta(days=days_ago)).isoweekday() == 7
        brought = (3 if is_sunday else 12) + (added if days_ago == (DAY - today).days else 0)
        leads = (lead(number + n, at(days_ago), "Qualified") for n in range(brought))
        put(connection, "Leads", *leads)
        number += brought
    built(today)
    found = {"as_usual", "above_usual", "below_usual"} & facts(connection, today).keys()
    assert found == {stance}
    text = bare(write(today).messages["en"]["text"])
    assert ("campaigns" in text or "*Needs attention*" in text) == (stance == "below_usual")


@pytest.mark.parametrize(
    ("sources", "highest"),
    [
        ({"Import": (90, 0), "Bad List": (60, 60)}, "Bad List"),
        ({"Import": (90, 0), "Bad List": (60, 60), "Worse List": (40, 40)}, None),  # a tie
        ({"Import": (90, 0), "Bad List": (29, 29)}, None),  # too few to be ranked
        ({"Import": (90, 0), "Walk-in": (90, 0)}, None),  # 0 % is not the highest
    ],
)
def test_the_highest_share_is_the_highest_of_those_that_are_ranked(
    connection, built, sources, highest
):
    for place, (source, (leads, junk)) in enumerate(sources.items()):
        put(connection, "Leads", *(
            lead(1000 * place + n, at(1 + n % 30), "Junk Lead" if n < junk else "Contacted",
                 Lead_Source=source)
            for n in range(leads)
        ))  # fmt: skip
    build(connection, only=("lead_history",))
    with connection.cursor() as cursor:
        cursor.execute(sql.read("briefing/facts/source_rates"), {"day": DAY})
        found = [source for stance, source, *_ in cursor if stance == "junk_highest"]
    assert found == ([highest] if highest else [])


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        ([100, 10, 10, 10, -20], [(100, 110)]),  # the pipeline is what the KPIs say it is
        ([100, 1, 1, 1, -50], []),  # no deal is more than the whole
        ([-100, -10, -10, -10, -10], []),
    ],
)
def test_a_deal_is_compared_with_the_whole_pipeline(connection, amounts, told):
    put(connection, "Deals", *(deal(n, at(5), Amount=money) for n, money in enumerate(amounts)))
    build(connection, DAY, DAY, only=("kpis",))
    with connection.cursor() as cursor:
        cursor.execute(sql.read("briefing/facts/one_deal"), {"day": DAY})
        found = [(money, pipeline) for *_, money, pipeline, _ in cursor]
    assert found == told
    assert all(pipeline == kpis(connection)["open_pipeline_value"] for _, pipeline in found)


@pytest.mark.parametrize(
    ("amounts", "printed"),
    [
        ([(9, -LAKH)], "-₹1.00 L open"),
        ([(9, -3 * LAKH), (9, LAKH)], "-₹2.00 L open"),
        ([(9, None), (9, -LAKH), (9, 0)], "-₹1.00 L open"),
        ([(30, -5 * LAKH), (3, 6 * LAKH)], "grew in a week from -₹5.00 L to ₹1.00 L"),
    ],
)
def test_a_pipeline_below_zero_stops_no_briefing(connection, built, write, amounts, printed):
    deals = (deal(n, at(age), Amount=money) for n, (age, money) in enumerate(amounts))
    put(connection, "Deals", *deals)
    built()
    found = gather(connection, DAY)
    assert proven(connection, DAY, found) == (found, [])
    assert printed in message(write)


@pytest.mark.parametrize(
    ("created", "closing"),
    [(9, day(-2)), (30, day(13)), (0, day(-60)), (9, day(0))],
    ids=["due", "overdue", "new", "overdue since today"],
)
def test_a_deal_of_crores_is_told_and_proven(connection, built, write, created, closing):
    """Fifty times the second largest is more than an integer of PostgreSQL holds."""
    large = {"Closing_Date": closing}
    put(
        connection,
        "Deals",
        deal(1, at(created), Amount=11 * CRORE, **large),
        deal(2, at(created), Amount=5 * CRORE, **large),
    )
    built()
    found = gather(connection, DAY)
    assert proven(connection, DAY, found) == (found, [])
    assert "₹5.00 Cr" in report(write)


@pytest.mark.parametrize("stage", ["Closed Won", "Closed Lost", "Negotiation/Review"])
def test_a_deal_below_zero_is_told_as_it_is(connection, built, write, stage):
    """As much is at stake in a credit note: it is won, lost or came due like any other deal."""
    credit = deal(2, at(9), stage, Amount=-LAKH, Closing_Date=day(0), Modified_Time=at(0))
    put(connection, "Deals", deal(1, at(9), Amount=CRORE), credit)
    built()
    found = {fact.subject: fact for fact in gather(connection, DAY)}["D2"]
    assert (found.figures["money"], found.weight) == (-LAKH, LAKH)
    assert "-₹1.00 L" in report(write)


def test_what_looks_the_same_is_one_source_and_one_stage(connection, built, write):
    spellings = ("Facebook", "Facebook ", "Facebook\u00a0", "Facebook\t", "Facebook\u200b")
    for place, source in enumerate(spellings):
        leads = (lead(10 * place + n, at(3), Lead_Source=source) for n in range(3))
        put(connection, "Leads", *leads)
    closed = {"Amount": 10, "Closing_Date": day(2), "Modified_Time": at(2)}
    for number, stage in enumerate(("Closed Won", "Closed Won ", "Closed Won\u00a0")):
        put(connection, "Deals", deal(number, at(9), stage, **closed))
    built()
    sources = rows(connection, "select source, leads from analytics.source_quality")
    assert sources == [{"source": "Facebook", "leads": 15}]
    stages = rows(connection, "select stage, meaning, deals from analytics.pipeline_by_stage")
    assert [row for row in stages if row["deals"]] == [
        {"stage": "Closed Won", "meaning": "won", "deals": 3}
    ]
    assert kpis(connection)["open_deals"] == 0
    assert report(write).count("| Facebook |") == 1


def test_sources_that_look_like_addresses_and_numbers_keep_their_names(connection, built, write):
    for place, source in enumerate(SHOWN.values()):
        leads = (lead(100 * place + n, at(1), Lead_Source=source) for n in range(9 + place))
        put(connection, "Leads", *leads)
    built()
    text = report(write)
    assert "(unnamed)" not in text
    # No address that a phone would open, no number that it would call; but which is which.
    assert all(f"| {shown} |" in text for shown in SHOWN)


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize(
    ("ago", "known_from", "compared"),
    [
        (0, 1, "more_than_before"),  # with the day before
        (0, 7, "pipeline_up"),  # with a week before
        (4, 17, "week_won_more"),  # a week with the one before
        (0, 47, "month_ahead"),  # with the same days of February
        (18, 78, "month_ended_more"),  # February with January
    ],
)
def test_nothing_is_compared_with_days_before_the_first_record(
    connection, ago, known_from, compared, is_known
):
    first = known_from if is_known else known_from - 1
    closed = min(first, ago + 2)
    won = {"Closing_Date": day(closed), "Modified_Time": at(closed, 12)}
    put(
        connection,
        "Deals",
        deal(1, at(first), Amount=LAKH),
        deal(2, at(ago), Amount=CRORE),
        deal(3, at(first), "Closed Won", Amount=LAKH, **won),
    )
    put(connection, "Leads", lead(1, at(first)), lead(2, at(ago)), lead(3, at(ago)))
    build(connection, DAY - timedelta(days=80), DAY)
    found = facts(connection, DAY - timedelta(days=ago))
    assert (compared in found) is is_known
    if is_known:
        assert found[compared]["before"] is not None


@pytest.mark.parametrize("closing", ["0026-03-27", "0202-03-27", "2206-03-27"])
@pytest.mark.parametrize("others", [0, 2])
def test_a_closing_date_of_a_mistyped_year_is_to_be_corrected(
    connection, built, write, closing, others
):
    """No days are counted from or to it, and it is not the deal that is longest overdue."""
    wrong = {"Closing_Date": closing}
    put(connection, "Deals", deal(1, at(9), Amount=CRORE, **wrong))
    put(connection, "Deals", *(deal(2 + n, at(9), Amount=LAKH, **wrong) for n in range(others)))
    put(connection, "Deals", deal(9, at(9), Amount=LAKH * 50, Closing_Date=day(8)))
    built()
    found = gather(connection, DAY)
    assert proven(connection, DAY, found) == (found, [])
    [said] = [fact for fact in found if fact.kind == "mistyped"]
    several = {"n": 1 + others} if others else {}
    assert dict(said.figures) == {"deal": "Deal 1", "year": str(int(closing[:4]))} | several
    assert {fact.subject for fact in found if fact.stance == "deal_overdue"} == {"D9"}
    for language in ("en", "hi"):
        briefing = write(languages=(language,)).messages[language]
        assert str(int(closing[:4])) in bare(briefing["text"])
        assert "730" not in bare(briefing["text"] + briefing["report"])


@pytest.mark.parametrize("year", ["26", "206", "2202"])
def test_another_year_of_a_closing_date_is_refused(connection, built, year):
    put(connection, "Deals", deal(1, at(9), Amount=CRORE, Closing_Date="2206-03-27"))
    built()
    [said] = [fact for fact in gather(connection, DAY) if fact.kind == "mistyped"]
    for lie in ({"year": year}, {"deal": "Deal 2"}, {"n": 2}):
        assert not is_true(connection, DAY, replace(said, figures=dict(said.figures) | lie))


@pytest.mark.parametrize("amount", [0, -1, -5 * CRORE])
@pytest.mark.parametrize("wins", [1, 3])
def test_a_credit_note_is_no_win_to_install_or_to_cheer(connection, built, write, amount, wins):
    won = {"Closing_Date": day(0), "Modified_Time": at(0, 12), "Amount": amount}
    put(connection, "Deals", deal(1, at(40), Amount=LAKH))
    put(connection, "Deals", *(deal(2 + n, at(9), "Closed Won", **won) for n in range(wins)))
    built()
    facts = [fact for fact in gather(connection, DAY) if fact.kind == "won"]
    assert facts
    assert [fitting_advice(fact, []) for fact in facts] == [[]] * len(facts)
    said = write().messages["en"]
    assert not [
        words
        for words in ("installation", "reference", "thank you", "how it was won", "do more of it")
        if words in said["text"] + said["report"]
    ]
