"""AI & System Health: what each printed figure rests on, and what is fresh and right."""

from datetime import timedelta

import pytest

from aha_pipeline.briefing.compose import store, write_briefing
from aha_pipeline.briefing.facts import gather
from aha_pipeline.warehouse.certificate import Certificate, certify
from aha_pipeline.warehouse.checks import save_result
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.dictionary import write_dictionary
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.dashboard import company
from aha_pipeline_tests.dashboard.company import READ_UNTIL, YESTERDAY
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import served

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
            gather(connection, YESTERDAY, "INR"),
            day=YESTERDAY,
            company="Test company",
            is_sandbox=True,
            base_url=NOBODY,
            model="mistral",
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


def test_every_printed_figure_is_traced_to_its_definition(page, told):
    shown = page(told, TAB, proof=True)
    assert not shown.exception
    figures = table(shown, "definition")
    with connect(told) as connection, connection.cursor() as cursor:
        cursor.execute("select proof -> 'figures' from analytics.ai_briefings_log order by id desc")
        printed = cursor.fetchone()[0]
    assert [row["figure"] for row in figures] == [figure["figure"] for figure in printed]
    assert len(figures) > 20
    assert all(row["definition"] and row["label"] for row in figures)
    won = [row for row in figures if row["label"].startswith("Value won this month so far, in")]
    assert won
    for row in won:
        assert row["mart"] == "kpis"
        assert row["definition"] == "Sum of Amount of the won deals whose closing date is the day"


def test_the_sql_of_a_figure_opens_as_it_was_when_it_was_printed(page, told):
    with connect(told) as connection, connection.cursor() as cursor:
        cursor.execute(
            "update analytics.sql_texts set sql = '-- of that day' where path like %s",
            ["%/kpis.sql"],
        )
    shown = page(told, TAB, **{"proof": True, "proof sql/marts/kpis.sql": True})
    assert not shown.exception
    assert [code.value for code in shown.code] == ["-- of that day"]


def test_a_ticked_figure_shows_its_definition_and_its_sql(chromium, told, tmp_path):
    with (
        served(tmp_path, free_port(), {"DATABASE_URL": told}) as address,
        chromium.new_context(viewport={"width": 1366, "height": 3000}) as context,
    ):
        shown = context.new_page()
        shown.goto(f"{address}/?tab=AI+%26+System+Health")
        shown.get_by_text("Where each figure comes from").click(timeout=60_000)
        rows = shown.locator(".st-key-figures canvas").first
        rows.wait_for(timeout=60_000)
        shown.get_by_text("sql/marts/kpis.sql").wait_for(timeout=60_000)
        # The rows are drawn on a canvas: this is the box of the first one.
        rows.click(position={"x": 12, "y": 52}, force=True)
        shown.get_by_text("made by:").wait_for(timeout=60_000)
        assert shown.get_by_text("Fact new_leads of analytics.kpis").count() == 1


def test_a_briefing_without_a_proof_says_so(health):
    assert any("origin of its figures" in info.value for info in health(proof=True).info)


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
    assert cards(shown) == ["10 Mar, 12:00", "1 warning", "1 of 4 modules", "1 of 1 readers"]


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
    assert "No figure has that text in its name, definition or mart." in [
        info.value for info in nothing.info
    ]
