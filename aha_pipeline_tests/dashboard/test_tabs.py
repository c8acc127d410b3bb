"""Every tab over a real filled database: charts, figures and tables as the marts have them."""

import json

import pytest

from aha_pipeline import sql
from aha_pipeline.warehouse import history_known
from aha_pipeline.warehouse.connection import connect, connect_reader
from aha_pipeline_tests.dashboard.company import TAGGED
from aha_pipeline_tests.kit.serving import TABS
from dashboard.records import LISTS
from dashboard.tabs import deals


def query(database_url: str, text: str, *values: object) -> tuple:
    with connect_reader(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchone()


def spec(page, title: str) -> dict:
    """Return the figure of the chart with that title, as it goes to the browser."""
    alts = {chart.proto.alt.partition(".")[0]: chart for chart in page.get("plotly_chart")}
    return json.loads(alts[title].proto.spec)


@pytest.mark.parametrize("tab", TABS)
def test_tab_shows_its_charts_without_an_error(page, filled_url, tab):
    shown = page(filled_url, tab)
    assert not shown.exception
    charts = shown.get("plotly_chart")
    assert charts
    assert all(json.loads(chart.proto.spec)["data"] for chart in charts)
    assert all(chart.proto.alt for chart in charts)


def test_there_are_more_than_fifteen_charts(charts_by_tab):
    assert sum(charts_by_tab.values()) > 15


def test_cards_say_the_change_and_from_what(page, filled_url):
    cards = {card.label: card for card in page(filled_url).metric}
    of_course = ["Won so far", "Target", "To go", "Forecast"]
    assert list(cards) == [
        *of_course,
        "New leads", "Junk share", "Qualified", "Open pipeline", "Won", "Win rate", "Lost",
    ]  # fmt: skip
    won = cards["Won"]
    assert (won.value, won.delta, won.proto.delta_description) == (
        "₹30.00 L",
        "+₹29.00 L",
        "from ₹1.00 L, without today",
    )
    assert all(card.help for label, card in cards.items() if label not in of_course)


def test_today_is_never_drawn_as_a_whole_day(page, filled_url):
    traces = {t["name"]: t for t in spec(page(filled_url), "New leads per day")["data"]}
    assert traces["New leads"]["y"][-1] is None
    assert traces["Today so far"]["y"][-1] == 2
    assert traces["Today so far"]["y"][:-1] == [None] * 29
    assert traces["Before the period"]["y"][-10:] == [None] * 10


def test_funnel_draws_every_step_of_the_mart(page, filled_url):
    shown = page(filled_url, period="This fiscal year")
    leads, deals = spec(shown, "Funnel: where leads and deals stand now")["data"]
    everything = query(filled_url, "select sum(records) from analytics.funnel")[0]
    # One lead was created after the day up to which the company has been read.
    assert sum(leads["x"]) + sum(deals["x"]) == everything - 1


def test_source_shares_add_up_and_name_the_empty_source(page, filled_url):
    drawn = spec(page(filled_url, "Lead Intelligence"), "Source quality")
    assert any("(none)" in name for name in drawn["layout"]["yaxis"]["ticktext"])
    totals = [sum(parts) for parts in zip(*(t["x"] for t in drawn["data"]), strict=True)]
    assert totals == pytest.approx([100] * len(totals), abs=0.05)


def test_how_far_back_history_is_known_stands_above_the_deals(page, filled_url):
    with connect(filled_url) as connection:
        said = history_known.sentence(history_known.read(connection))
    assert said.startswith("History known back to")
    assert said in [caption.value for caption in page(filled_url, TABS[2]).caption]


def test_rep_with_few_closed_deals_is_hollow(page, filled_url):
    traces = {
        t["name"]: t for t in spec(page(filled_url, "Deal Pipeline"), "Win rate by rep")["data"]
    }
    assert "3 closed" in traces["Too few closed deals"]["customdata"][0][0]
    assert traces["Too few closed deals"]["marker"]["symbol"] == "circle-open"


def test_closing_deals_are_listed_with_the_old_ones_folded(page, filled_url):
    shown = page(filled_url, "Deal Pipeline")
    [fold] = [one for one in shown.toggle if "overdue for more than 90 days" in one.label][:1]
    assert fold.label == "Also show 1 overdue for more than 90 days, ₹1,000"
    assert list(shown.dataframe[0].value["name"]) == [TAGGED]
    opened = fold.set_value(True).run().dataframe[0].value
    assert len(opened) == query(filled_url, "select count(*) from analytics.closing_deals")[0]


@pytest.mark.parametrize(
    ("kind", "narrowed", "all_records"),
    [
        ("movements", {}, 35),
        ("movements", {"kinds": ["opened"]}, 19),
        ("movements", {"owners": ["2"]}, 7),
        ("deals_created", {}, 19),
    ],
)
def test_a_list_of_any_kind_folds_the_old_ones_with_their_sum(
    page, filled_url, kind, narrowed, all_records
):
    whole = {"first_day": "2026-01-01", "last_day": "2026-03-10", "title": "Folded"}
    named = json.dumps({"kind": kind, **whole, **narrowed})
    shown = page(filled_url, address={"list": [named]})
    assert not shown.exception
    [fold] = [one for one in shown.toggle if one.key == "aged Folded"]
    assert fold.label == "Also show 1 overdue for more than 90 days, ₹1,000"
    [summary] = [one.value for one in shown.caption if "Click a name to open" in one.value]
    assert summary.startswith(f"{all_records} {LISTS[kind].noun}")


def test_cut_list_says_how_many_there_are_and_shows_the_rest(page, filled_url, monkeypatch):
    monkeypatch.setattr(deals, "LISTED", 1)
    shown = page(filled_url, "Deal Pipeline")
    (known,) = query(filled_url, "select count(*) from analytics.closing_deals")
    assert known > 1
    assert len(shown.dataframe[0].value) == 1
    said = next(caption.value for caption in shown.caption if "deals · " in caption.value)
    assert said.startswith(f"{known} deals · ")
    assert "showing the first 1." in said
    more = next(button for button in shown.button if button.label == "Show more")
    whole = more.click().run()
    fold = next(one for one in whole.toggle if "overdue for more than 90 days" in one.label)
    whole = fold.set_value(True).run()
    assert len(whole.dataframe[0].value) == known


@pytest.mark.parametrize("query_name", sorted({shown.query for shown in LISTS.values()}))
def test_list_has_a_limit_and_says_how_many_there_are(query_name):
    text = sql.read(f"dashboard/{query_name}")
    assert "limit %(most)s" in text
    assert "as all_records" in text or ".all_records" in text


def test_record_is_found_by_part_of_its_name_and_by_id(page, filled_url):
    for text in ("ead 17", "L17"):
        shown = page(filled_url, "Contacts & Accounts", module="Leads", record=text)
        assert json.loads(shown.json[0].value)["id"] == "L17"


def test_search_takes_any_text_as_text(page, filled_url):
    for text in ("%", "_", "'; drop table x", "a\0b", "$HOME", "[link](x)"):
        shown = page(filled_url, "Contacts & Accounts", record=text)
        assert not shown.exception
        assert [info.value for info in shown.info] == ["No record has that id or name."]


def test_briefing_shows_both_texts_and_who_wrote_them(page, filled_url):
    shown = page(filled_url, "AI & System Health")
    texts = [text.value for text in shown.markdown]
    assert any(r"₹45 L, \$5 and \$6." in text for text in texts)
    assert "**9 March**  \n*Sandbox* 5\\*6" in texts
    assert any("without a model: No Ollama answers ·" in text.value for text in shown.caption)


def test_deliveries_show_no_telephone_number(page, filled_url):
    deliveries = page(filled_url, "AI & System Health").dataframe[0].value
    assert list(deliveries["recipient"]) == ["+91******5678"]
    assert list(deliveries["status"]) == ["delivered"]


def test_header_says_whose_data_and_how_old(page, filled_url):
    shown = page(filled_url)
    assert shown.title[0].value == "Test company"
    assert shown.caption[0].value == "Data as of 10 Mar 2026, 12:00 IST · amounts in INR"
    assert shown.warning[0].value.startswith("**Sandbox data.**")
    assert "more than two days old" in shown.error[0].value
