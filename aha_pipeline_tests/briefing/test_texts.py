"""The two texts: what they hold, in which order, for whom, and what is news in them."""

import re
from datetime import timedelta

import pytest

from aha_pipeline.briefing import compose, verify
from aha_pipeline.briefing.facts import NoFigures, gather
from aha_pipeline.briefing.names import Names, clean
from aha_pipeline_tests.briefing.by_hand import DAY, OWNER, at, bare, day, fact
from aha_pipeline_tests.briefing.companies import fill
from aha_pipeline_tests.warehouse.marts_company import (
    build,
    deal,
    ist,
    lead,
    put,
    put_history,
    rows,
)

CONTACT = {"id": "C1", "name": "Vijaya Reddy"}
NAME = "Reddy Residence, Kochi - Villa"


@pytest.fixture
def leads(connection):
    """Two leads a day for two months, so that a day is known and usual."""
    put(connection, "Leads", *(lead(n, at(n // 2)) for n in range(130)))


def closed(number: int, stage: str, days_ago: int = 0, **fields) -> tuple[dict, dict]:
    """Return the two contents of a deal that was open before it was closed."""
    first = deal(number, at(30), **fields)
    when = ist(f"{DAY - timedelta(days=days_ago)} 12:00:00")
    end = {"Stage": stage, "Closing_Date": day(days_ago), "Modified_Time": when}
    return first, first | end | ({"Lost_Reason": "Price"} if stage == "Closed Lost" else {})


def lines(text: str) -> list[str]:
    return [line for line in bare(text).splitlines() if line]


def test_the_message_begins_with_the_event_and_links_to_the_deal(connection, leads, built, write):
    fields = {"Deal_Name": NAME, "Contact_Name": CONTACT, "Amount": 1698000}
    put_history(connection, "Deals", *closed(7, "Closed Won", **fields))
    built()
    text = write(dashboard_url="https://sales.example/", names="full").whatsapp_summary
    head, first, link = lines(text)[:3]
    assert head == "*Thursday, 20 Mar 2025* · Aha Homes"
    assert first.startswith(f"*{NAME} was won")
    assert "₹16.98 L" in first
    assert link == "https://sales.example/?deal=D7"
    assert "_At a glance: 2 leads · 1 won · 0 lost · ₹0 open_" in lines(text)


@pytest.mark.parametrize("stage", ["Closed Won", "Closed Lost", None])
def test_a_subject_begins_with_the_news_and_the_message_with_the_target(
    connection, leads, built, write, stage
):
    if stage:
        put_history(connection, "Deals", *closed(7, stage, Deal_Name=NAME, Amount=1698000))
    else:
        put(connection, "Deals", deal(7, at(40), Deal_Name=NAME, Amount=1698000))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.targets (scope, period, first_day, last_day, amount) "
            "values ('company', 'month', '2025-03-01', '2025-03-31', 9000000)"
        )
    built()
    briefing = write(names="full")
    first = lines(briefing.whatsapp_summary)[1].strip("*")
    assert "₹90.00 L" in first
    before, found, _ = bare(briefing.messages["en"]["headline"]).partition(first)
    assert found == first
    assert (NAME in before) == bool(stage)


@pytest.mark.parametrize(
    ("mode", "printed"),
    [("full", NAME), ("initials", "R. Residence, Kochi - Villa"), ("none", "deal …D7")],
)
def test_how_much_of_a_customers_name_leaves_the_house(
    connection, leads, built, write, mode, printed
):
    fields = {"Deal_Name": NAME, "Contact_Name": CONTACT}
    put_history(connection, "Deals", *closed(7, "Closed Won", **fields))
    built()
    briefing = write(names=mode)
    message, report = bare(briefing.whatsapp_summary), bare(briefing.dashboard_report)
    assert printed in message
    assert ("Reddy" in message) is (mode == "full")
    assert NAME in report


@pytest.mark.parametrize(
    ("name", "contact", "printed"),
    [
        ("Tata Motors - Office", "Anil Rao", "Tata Motors - Office"),
        ("Anil Rao", "Anil Rao", "A. R."),
        ("RAO villa, Pune", "anil rao", "r. villa, Pune"),
        ("राव निवास, पुणे", "अनिल राव", "र. निवास, पुणे"),
        ("Raovilla", "Anil Rao", "Raovilla"),
        ("No contact", "", "No contact"),
    ],
)
def test_initials_cut_the_persons_words_alone(name, contact, printed):
    assert Names("initials", {"1": contact}).deal(name, "1", "deal") == printed


@pytest.mark.parametrize("name", ["‮evil‬", "a\nb", "*bold* _it_ ~s~ `c`", "{x} | <b>"])
def test_a_name_does_nothing(name):
    assert not set(clean(name)) & set("*_~`{}|<>\n‮‬")


def test_nobody_is_named_for_a_loss_and_reps_are_in_order_of_their_names(
    connection, leads, built, write
):
    for number, owner in ((1, {"id": "2", "name": "Zoya"}), (2, OWNER)):
        put_history(connection, "Deals", *closed(number, "Closed Lost", Owner=owner))
    built()
    briefing = write(names="full")
    said = bare(briefing.whatsapp_summary) + bare(briefing.dashboard_report).split("## Reps")[0]
    assert "lost" in said.lower()
    assert not re.search("Zoya|Asha", said)
    table = bare(briefing.dashboard_report).split("## Reps")[1]
    assert table.index("Asha") < table.index("Zoya")
    assert "too few closed" in table


def test_a_quiet_day_says_so_and_no_more(connection, leads, built, write):
    built()
    texts = lines(write().whatsapp_summary)
    assert "*Nothing new needs you today.*" in texts
    assert any(text.startswith("_At a glance: 2 leads") for text in texts)
    assert not any(text.startswith("▪") for text in texts)


def told_kinds(briefing) -> set[str]:
    return {item["kind"] for item in briefing.items if item["in_message"]}


def test_a_stock_is_told_on_sundays_and_again_only_when_it_doubled(connection, leads, write):
    put(connection, "Deals", *(deal(n, at(40), Closing_Date=day(5 + n)) for n in range(5)))
    build(connection, DAY - timedelta(days=70), DAY)
    stocks = {"overdue", "pipeline"}
    sunday, monday = write(DAY - timedelta(days=4)), write(DAY - timedelta(days=3))
    assert told_kinds(sunday) & stocks
    assert not told_kinds(monday) & stocks
    put(connection, "Deals", *(deal(n, at(40), Closing_Date=day(1)) for n in range(5, 12)))
    build(connection, DAY - timedelta(days=70), DAY)
    assert "overdue" in told_kinds(write())


def test_a_deal_is_told_once_in_a_message_and_a_flat_in_the_report(connection, leads, write):
    """A deal that was advised on and lost, pushed and cut, is one line; a small one none."""
    first = deal(1, at(40), Closing_Date=day(1), Amount=9000000, Deal_Name=NAME)
    changed = first | {"Closing_Date": day(-9), "Amount": 5000000, "Modified_Time": at(0)}
    put_history(connection, "Deals", first, changed)
    put_history(connection, "Deals", *closed(2, "Closed Lost", Amount=20000, Deal_Name="Flat"))
    build(connection, DAY - timedelta(days=70), DAY)
    write(DAY - timedelta(days=1), names="full")
    briefing = write(names="full")
    texts = lines(briefing.whatsapp_summary)
    assert sum(NAME in text for text in texts if text[0] in "*▪") == 1
    about_it = re.compile("Flat was lost|Lost: Flat|Flat:")
    assert not [text for text in texts if about_it.search(text)]
    report = bare(briefing.dashboard_report)
    assert "Flat" in report
    assert report.count(NAME) > 1


def test_the_largest_of_many_is_shown_by_initials_too(connection, leads, built, write):
    for number, amount in ((1, 900000), (2, 100000), (3, 200000)):
        fields = {"Deal_Name": NAME, "Contact_Name": CONTACT} if number == 1 else {}
        put_history(connection, "Deals", *closed(number, "Closed Lost", Amount=amount, **fields))
    built()
    text = bare(write(names="initials").whatsapp_summary)
    assert "R. Residence, Kochi - Villa" in text
    assert "Reddy" not in text


def test_advice_is_followed_up_by_what_the_deal_said_since(connection, leads, write):
    first = deal(1, at(40), Closing_Date=day(1), Amount=900000, Deal_Name=NAME)
    moved = first | {"Closing_Date": day(-9), "Modified_Time": at(0)}
    put_history(connection, "Deals", first, moved)
    build(connection, DAY - timedelta(days=70), DAY)
    before = write(DAY - timedelta(days=1), names="full")
    assert "D1" in [item["subject"] for item in before.items if item["advised"]]
    after = write(names="full")
    assert "has a new closing date: 29 Mar 2025" in bare(after.whatsapp_summary)
    assert after.refused == []


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        ({"Next_Step": "Call"}, True),
        ({"Closing_Date": day(3)}, False),  # an earlier date than before
        ({"Closing_Date": None}, False),
        ({"Amount": 950000}, False),
    ],
)
def test_a_deal_has_not_moved_if_nothing_of_it_did(connection, leads, write, change, is_told):
    first = deal(1, at(40), Closing_Date=day(1), Amount=900000)
    put_history(connection, "Deals", first, first | change | {"Modified_Time": at(0)})
    build(connection, DAY - timedelta(days=70), DAY)
    before = write(DAY - timedelta(days=1))
    assert "D1" in [item["subject"] for item in before.items if item["advised"]]
    facts = gather(connection, DAY)
    assert verify.proven(connection, DAY, facts) == (facts, [])
    followed = [one.stance for one in facts if one.kind == "followed_up"]
    assert followed == (["advice_open"] if is_told else [])
    lie = fact(
        "advice_open", "followed_up", "D1", deal="Deal 1", money=change.get("Amount", 900000)
    )
    assert verify.is_true(connection, DAY, lie) is is_told


def test_the_week_is_told_on_mondays_alone(connection, leads, write):
    put_history(connection, "Deals", *closed(1, "Closed Won", 6, Amount=500000))
    put_history(connection, "Deals", *closed(2, "Closed Won", 12, Amount=200000))
    build(connection, DAY - timedelta(days=70), DAY)
    sunday = write(DAY - timedelta(days=4))
    assert "Won in the week to Sunday: ₹5.00 L, up from ₹2.00 L" in bare(sunday.whatsapp_summary)
    for other in (0, 3, 5):
        assert "week to Sunday" not in bare(write(DAY - timedelta(days=other)).dashboard_report)


def test_both_languages_hold_the_same_lines_within_a_thousand_characters(connection, built, write):
    for seed in (1, 2):
        connection.rollback()
        fill(connection, seed)
        built()
        for days_ago in (0, 4, 9):
            briefing = write(DAY - timedelta(days=days_ago), languages=("en", "hi"))
            texts = [briefing.messages[code]["text"] for code in ("en", "hi")]
            assert all(len(text) <= 1000 for text in texts)
            assert len({text.count("▪") for text in texts}) == 1
            assert texts[0].count("▪") <= 5
            assert briefing.refused == []
            assert not re.search("[०-९٠-٩]", texts[1])
            assert "आँकड़े सीधे आपके CRM से" in texts[1]


def test_a_statement_that_its_own_sql_refuses_is_left_out_and_named(
    connection, leads, built, write, monkeypatch
):
    """A gatherer that is wrong: it says a win of more than the record holds."""
    put_history(connection, "Deals", *closed(1, "Closed Won", Amount=100000, Deal_Name=NAME))
    built()

    def wrong(*asked):
        facts = gather(*asked)
        for one in facts:
            if one.kind == "won":
                one.figures["money"] += 1  # type: ignore[index, operator]
        return facts

    monkeypatch.setattr(compose, "gather", wrong)
    briefing = write()
    assert briefing.refused == ["won/won:D1"]
    assert "Villa" not in briefing.whatsapp_summary


def test_a_sentence_that_is_not_read_back_is_left_out(connection, leads, built, write, monkeypatch):
    """A printer that is wrong: it turns 4 into 5."""
    put_history(connection, "Deals", *closed(1, "Closed Won", Amount=400000))
    built()
    printer = compose.Reading.sentence
    monkeypatch.setattr(
        compose.Reading,
        "sentence",
        lambda self, fact, phrase: printer(self, fact, phrase).replace("₹4.00", "₹5.00"),
    )
    briefing = write()
    assert any(name.startswith("won/") for name in briefing.refused)
    assert "₹5.00" not in briefing.whatsapp_summary


def test_a_day_without_figures_is_refused_in_a_sentence(connection, leads, built):
    built()
    with pytest.raises(NoFigures, match="aha sync --from 2020-01-01"):
        gather(connection, DAY.replace(year=2020, month=1, day=1))


def test_written_again_unchanged_it_stays_one_row_with_its_lines(connection, leads, built, write):
    put_history(connection, "Deals", *closed(1, "Closed Won"))
    built()
    first, again = write(), write()
    assert first.messages == again.messages
    (log,) = rows(connection, "select * from analytics.ai_briefings_log")
    assert (log["written_by"], log["whatsapp_summary"]) == ("plain", first.whatsapp_summary)
    kept = rows(connection, "select * from analytics.briefing_items order by position")
    assert [item["fact"] for item in kept] == [item["fact"] for item in first.items]
    found = rows(connection, "select path from analytics.sql_texts")
    assert {f"sql/briefing/facts/{item['kind']}.sql" for item in kept} <= {r["path"] for r in found}


def test_every_printed_value_is_known_to_the_verifier():
    assert {"money", "deal", "n", "usual", "weekday"} <= verify.figure_names()
