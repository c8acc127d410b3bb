"""AI & System Health: what each printed figure rests on, and what is fresh and right."""

from datetime import timedelta

import pytest

from aha_pipeline.briefing.compose import Style, store, write_briefing
from aha_pipeline.warehouse.certificate import Certificate, certify
from aha_pipeline.warehouse.checks import save_result
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.dictionary import write_dictionary
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.dashboard import company
from aha_pipeline_tests.dashboard.company import READ_UNTIL, YESTERDAY

TAB = "AI & System Health"
NOBODY = "http://127.0.0.1:1"  # no Ollama answers there
BASE = {"about": "What must hold.", "severity": "warn"}


@pytest.fixture(scope="module")
def told(module_database_url) -> str:
    """Address of the filled company with a briefing that was really written."""
    company.fill(module_database_url)
    with connect(module_database_url) as connection:
        write_dictionary(connection, read_marts())
        briefing = write_briefing(
            connection,
            day=YESTERDAY,
            company="Test company",
            is_sandbox=True,
            base_url=NOBODY,
            model="mistral",
            style=Style("INR"),
        )
        store(connection, briefing)
    return module_database_url


@pytest.fixture
def health(page, database_url):
    """Return a function that puts what it is given into a company's logs and shows the tab."""

    def shown(*, results=(), certified=(), **state):
        company.fill(database_url)
        with connect(database_url) as connection:
            for result in results:
                save_result(connection, **BASE, **result)
            for certificate in certified:
                certify(connection, certificate)
        shown = page(database_url, TAB, **state)
        assert not shown.exception
        return shown

    return shown


def table(shown, column: str) -> list[dict]:
    """Return the rows of the table that has that column."""
    [found] = [t.value for t in shown.dataframe if column in t.value.columns]
    return found.to_dict("records")


def cards(shown) -> list[str]:
    return [text.value[4:] for text in shown.markdown if text.value.startswith("### ")]


def test_each_line_says_why_since_when_and_which(page, told):
    with connect(told) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select position, sentence, stance, records from analytics.briefing_items "
            "order by cardinality(records) desc, position"
        )
        told_lines = cursor.fetchall()
    assert told_lines
    for position, sentence, stance, records in (told_lines[0], told_lines[-1]):
        shown = page(told, TAB, ask=True, line=position)
        assert not shown.exception
        assert sentence in shown.selectbox(key="line").options
        said = [text.value for text in shown.markdown]
        assert any(text.startswith("**Why?**") for text in said)
        assert any(text.startswith("**Since when?**") for text in said)
        assert any(f"`{stance}`" in text for text in said)
        assert "-- stances:" in shown.code[0].value
        if records:
            assert [row["id"] for row in table(shown, "closing_date")] == records


def test_of_many_deals_behind_a_line_the_first_are_listed(page, told, monkeypatch):
    with connect(told) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select position, records from analytics.briefing_items "
            "where cardinality(records) > 1 limit 1"
        )
        [(position, records)] = cursor
    monkeypatch.setattr("dashboard.briefings.MOST_DEALS", 1)
    shown = page(told, TAB, ask=True, line=position)
    assert [row["id"] for row in table(shown, "closing_date")] == records[:1]
    assert f"The first 1 of {len(records)}." in [caption.value for caption in shown.caption]


def test_the_sql_of_a_line_is_that_of_the_day_it_was_written(page, told):
    with connect(told) as connection, connection.cursor() as cursor:
        cursor.execute("update analytics.sql_texts set sql = '-- of that day'")
    shown = page(told, TAB, ask=True)
    assert not shown.exception
    assert [code.value for code in shown.code] == ["-- of that day"]


def test_a_briefing_without_lines_says_so(health):
    assert any("were not stored" in info.value for info in health(ask=True).info)


def test_what_is_closed_is_not_asked_for(health):
    assert len(health().dataframe) == 2


def test_cards_say_what_is_read_checked_certified_and_delivered(health):
    shown = health(
        results=[
            {"asset": "crm/leads_raw", "name": "count", "passed": True, "found": "Equal."},
            {"asset": "crm/crm_deals", "name": "count", "passed": False, "found": "One less."},
        ],
        certified=[Certificate("run", "Leads", "equal"), Certificate("run", "Deals", "refused")],
    )
    assert cards(shown) == ["10 Mar, 12:00", "1 warning", "1 of 4 modules", "1 of 1 reader"]


def test_cards_of_a_company_that_was_never_checked_say_so(health):
    assert cards(health())[1:3] == ["–", "Not yet"]


def test_a_check_that_fails_says_what_was_found_of_which_assets(health):
    found = {"name": "count", "passed": False, "found": "One record less."}
    shown = health(
        results=[
            {"asset": "crm/leads_raw", **found},
            {"asset": "crm/crm_deals", **found},
            {"asset": "analytics/kpis", "name": "figures", "passed": True, "found": "Fine."},
        ],
        all_checks=True,
    )
    [said] = [text.value for text in shown.warning if "count" in text.value]
    assert "One record less." in said
    assert r"crm/crm\_deals, crm/leads\_raw" in said
    results = [(row["result"], row["asset"]) for row in table(shown, "about")]
    assert results == [
        ("! warning", "crm/crm_deals"),
        ("! warning", "crm/leads_raw"),
        ("✓ passed", "analytics/kpis"),
    ]


def test_checks_that_all_pass_are_one_sentence(health):
    shown = health(
        results=[{"asset": "crm/leads_raw", "name": "count", "passed": True, "found": "Equal."}]
    )
    assert "All 1 checks pass." in [text.value for text in shown.success]


def test_certificates_tell_what_was_found_and_why_one_was_refused(health):
    shown = health(
        certified=[Certificate("run", "Leads", "refused", 9, 10, reason="Rights were lost.")],
        certificates=True,
    )
    [row] = table(shown, "verdict")
    assert (row["module"], row["records_in_crm"], row["reason"]) == (
        "Leads",
        9,
        "Rights were lost.",
    )


def test_a_mart_older_than_the_newest_read_is_behind(page, database_url):
    company.fill(database_url)
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("update analytics.mart_refreshes set refreshed_at = now()")
        cursor.execute(
            "update analytics.mart_refreshes set refreshed_at = %s where mart = 'kpis'",
            [READ_UNTIL - timedelta(days=1)],
        )
    states = {
        row["mart"]: row["state"] for row in table(page(database_url, TAB, marts=True), "state")
    }
    assert (states["kpis"], states["funnel"], states["leads"]) == ("behind", "current", "live")
    assert next(iter(states)) == "kpis"


def test_the_dictionary_is_searched(page, told):
    everything = table(page(told, TAB, dictionary=True), "unit")
    assert len(everything) == sum(len(mart.figures) for mart in read_marts())
    found = table(page(told, TAB, dictionary=True, figure="JUNK leads / all"), "unit")
    assert {"source_quality"} <= {row["mart"] for row in found}
    assert 0 < len(found) < len(everything)
    nothing = page(told, TAB, dictionary=True, figure="% no such '")
    assert "No figure matches that text." in [info.value for info in nothing.info]
