"""What the page says when there is nothing to show: one sentence and what to do, no traceback."""

import re
from datetime import datetime, timedelta

import pytest

from aha_pipeline.settings import load
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline.warehouse.mart_inputs import write_inputs
from aha_pipeline_tests.dashboard.company import READ_UNTIL, fill, log_sync, write_briefing
from aha_pipeline_tests.warehouse.marts_company import build, company
from dashboard import source
from dashboard.app import FOLLOWS, TABS
from dashboard.tabs import overview

NOT_BUILT = "These figures are not in the database yet. Run `aha sync`."


def said(page) -> list[str]:
    assert not page.exception
    return [element.value for element in (*page.error, *page.info)]


def test_database_down_is_one_sentence_without_the_password(page):
    [sentence] = said(page("postgresql://aha:very-secret@127.0.0.1:1/none"))
    assert sentence.startswith("The database does not accept a connection; check DATABASE_URL.")
    assert "very-secret" not in sentence


def test_wrong_setting_is_named(page):
    [sentence] = said(page("mysql://x"))
    assert sentence.startswith("DATABASE_URL is wrong")


def test_database_without_a_schema_says_what_to_run(page, empty_database_url):
    [sentence] = said(page(empty_database_url))
    assert sentence == NOT_BUILT


def test_database_before_the_first_sync_says_what_to_run(page, database_url):
    [sentence] = said(page(database_url))
    assert sentence == "Nothing has been read from the CRM yet. Run `aha sync`."


@pytest.mark.parametrize(
    "revoke",
    ["select on crm.sync_logs from aha_reader", "usage on schema analytics from aha_reader"],
)
def test_reader_without_rights_says_which_to_grant(page, database_url, revoke):
    with company(database_url) as connection:
        log_sync(connection, READ_UNTIL)
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
        with connection.cursor() as cursor:
            cursor.execute(f"revoke {revoke}")
    sentence = said(page(database_url, "AI & System Health"))[-1]
    assert sentence.startswith("The database does not let the dashboard read: as its owner, grant")


@pytest.mark.parametrize("tab", TABS)
def test_half_a_sync_shows_the_page_and_what_is_missing(page, database_url, tab):
    with company(database_url) as connection:
        log_sync(connection, READ_UNTIL)
    shown = page(database_url, tab)
    assert shown.title[0].value == "Test company"
    assert NOT_BUILT in said(shown)


@pytest.mark.parametrize("tab", TABS)
def test_a_first_sync_that_is_running_says_how_far_it_is(page, database_url, tab):
    with company(database_url) as connection:
        now = datetime.now(READ_UNTIL.tzinfo)
        log_sync(connection, now, modules=["Deals"])
        log_sync(connection, now, "running", modules=["Leads"])
        beat(connection)
    shown = page(database_url, tab)
    [told] = [text for text in said(shown) if text.startswith("The first sync is running")]
    assert re.search(r"Deals \d+, Leads \d+ so far", told)
    assert FOLLOWS in said(shown)
    assert NOT_BUILT not in said(shown)


def test_what_is_built_is_shown_before_the_rest_is(page, database_url):
    fill(database_url)
    whole = page(database_url)
    with connect(database_url) as connection:
        with connection.cursor() as cursor:
            cursor.execute("drop table analytics.work_list cascade")
        beat(connection)
    shown = page(database_url)
    assert FOLLOWS in said(shown)
    assert [card.value for card in shown.metric] == [card.value for card in whole.metric]
    assert len(shown.get("plotly_chart")) == len(whole.get("plotly_chart"))


def beat(connection) -> None:
    """Let the sync that is logged be one that is running."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.run_heartbeats (run_id, host, application) "
            "select distinct run_id, 'here', '' from crm.sync_logs"
        )


@pytest.mark.parametrize("tab", TABS)
def test_empty_crm_shows_a_sentence_for_each_chart(page, database_url, tab):
    with company(database_url) as connection:
        log_sync(connection, READ_UNTIL, modules=())
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
    shown = page(database_url, tab)
    assert not shown.get("plotly_chart")
    assert len(said(shown)) >= 3
    assert all(sentence.endswith(".") for sentence in said(shown))
    captions = [one.value for one in shown.caption]
    assert (overview.NO_NORMAL in captions) == (tab == "Overview")
    assert overview.NOTHING_UNUSUAL not in captions


@pytest.mark.parametrize(
    ("field", "which", "as_of"),
    [
        ("Amount", "Deals", "8 Mar 2026, 12:00"),
        ("Stage", "Deals", "8 Mar 2026, 12:00"),
        ("Next_Step", "Some figures of Deals", "10 Mar 2026, 12:00"),
    ],
)
def test_a_lost_field_leaves_the_page_at_the_last_read_that_had_it(
    page, database_url, field, which, as_of
):
    lost = "insert into crm.unserved_fields values ('Deals', %s, %s)"
    with company(database_url) as connection:
        log_sync(connection, READ_UNTIL - timedelta(days=2))
        with connection.cursor() as cursor:
            cursor.execute(lost, [field, READ_UNTIL - timedelta(minutes=1)])
        log_sync(connection, READ_UNTIL)  # the read that missed it
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
        write_inputs(connection, read_marts())
    shown = page(database_url)
    assert f"**{which}: as of 8 Mar 2026, 12:00.** Zoho serves the field" in shown.warning[-1].value
    assert shown.caption[0].value.startswith(f"Data as of {as_of}")


def test_module_that_failed_is_named(page, database_url):
    with company(database_url) as connection:
        log_sync(connection, READ_UNTIL)
        log_sync(connection, READ_UNTIL + timedelta(days=1), "failed", ["Deals"])
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
    assert any(
        "The latest sync of Deals did not finish" in text for text in said(page(database_url))
    )


@pytest.mark.parametrize("tab", [tab for tab in TABS if tab != "AI & System Health"])
def test_modules_that_are_not_read_have_no_figure_and_no_zero(page, database_url, tab):
    fill(database_url)
    read_no_more(database_url, "Leads", "Deals", "Contacts", "Accounts")
    shown = page(database_url, tab)
    assert not shown.get("plotly_chart")
    assert not [one for one in shown.table if "Change" in one.value]
    assert sum(sentence.startswith("Not read.") for sentence in said(shown)) >= 3
    assert {card.value for card in shown.metric} <= {"Not read"}


def test_what_half_is_read_says_which_half(page, database_url):
    fill(database_url)
    whole = page(database_url)
    read_no_more(database_url, "Leads")
    shown = page(database_url)
    cards = {card.label: card.value for card in shown.metric}
    assert {cards[name] for name in ("New leads", "Junk share", "Qualified")} == {"Not read"}
    before = {card.label: card.value for card in whole.metric}
    assert {name: cards[name] for name in ("Won", "Lost")} == {
        name: before[name] for name in ("Won", "Lost")
    }
    assert any("**Leads: not read.**" in warning.value for warning in shown.warning)
    half = [one.value for one in shown.caption if "Leads are not read" in one.value]
    assert len([text for text in half if "counts here are unknown" in text]) == 2  # the two funnels
    assert 0 < len(shown.get("plotly_chart")) < len(whole.get("plotly_chart"))


def read_no_more(address: str, *modules: str) -> None:
    with connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.mart_inputs "
            "select 'kpis', unnest(%(modules)s), '{}', null on conflict do nothing; "
            "update crm.modules set is_configured = false where module = any(%(modules)s)",
            {"modules": list(modules)},
        )


def test_module_that_is_read_no_more_is_not_named(page, database_url):
    with company(database_url) as connection:
        log_sync(connection, READ_UNTIL)
        log_sync(connection, READ_UNTIL + timedelta(days=1), "failed", ["Leeds"])
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
    assert not any("Leeds" in text for text in said(page(database_url)))


def test_fresh_data_are_not_called_old(page, database_url):
    with company(database_url) as connection:
        log_sync(connection, datetime.now(READ_UNTIL.tzinfo))
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
    assert not any("two days old" in text for text in said(page(database_url)))


def test_version_changes_with_the_data_and_only_then(monkeypatch, database_url):
    monkeypatch.setenv("DATABASE_URL", database_url)
    with company(database_url) as connection:
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
    seen = [source.version(load()), source.version(load())]
    with connect(database_url) as connection:
        write_briefing(connection, READ_UNTIL.date())
    seen.append(source.version(load()))
    with connect(database_url) as connection:
        build(connection)
    seen.append(source.version(load()))
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


def test_new_data_are_shown_at_the_next_look(page, database_url):
    with company(database_url) as connection:
        log_sync(connection, READ_UNTIL)
        write_briefing(connection, READ_UNTIL.date())
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
    shown = page(database_url, "AI & System Health")
    with connect(database_url) as connection:
        write_briefing_again(connection)
    assert any("written anew" in text.value for text in shown.run().markdown)


def write_briefing_again(connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update analytics.ai_briefings_log set dashboard_report = 'written anew'")
