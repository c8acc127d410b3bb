"""Filters: what they narrow, that the parts add up to the marts, and what a page makes of them."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.warehouse.connection import connect_reader
from aha_pipeline_tests.dashboard.company import TODAY
from dashboard.filters import PERIODS
from dashboard.records import LISTS
from dashboard.source import PARAMETER

EVERYTHING = {"today": TODAY, "most": 10_000}
# A query of the dashboard, the mart it must equal when nothing is chosen, and by which columns.
MARTS = {
    "funnel": ("funnel", "entity step meaning records value"),
    "source_quality": (
        "source_quality where leads > 0",
        "source leads junk_leads junk_pct converted_leads conversion_pct lost_leads open_leads "
        "won_deals won_value",
    ),
    "rep_deals": (
        "rep_matrix where open_deals > 0 or closed_deals > 0",
        "owner_id owner_name open_deals open_value weighted_value won_deals won_value lost_deals "
        "win_rate_by_count win_rate_by_value win_rate_low win_rate_high too_few",
    ),
    "open_stages": (
        "pipeline_by_stage where meaning = 'open'",
        "stage deals value weighted_value median_days_in_stage older_deals won_limit_days",
    ),
    "outcomes_by_month": (
        "outcomes_by_month where month <= '2026-03-10'",
        "month won_deals won_value lost_deals lost_value win_rate_by_count",
    ),
    "kpi_days": (
        "kpis where day between '2026-02-08' and '2026-03-10'",
        "day new_leads new_leads_avg_7d junk_pct leads junk_leads open_deals open_pipeline_value "
        "weighted_pipeline_value won_deals won_value lost_deals lost_value",
    ),
    "lead_cohorts": ("lead_cohorts", "month leads qualified converted is_young"),
    "source_response": ("source_response", "source leads contacted_leads contacted_pct"),
    "contacts_by_owner": ("contacts_by_owner", "owner_id owner_name contacts"),
    "accounts_by_industry": (
        "accounts_by_industry",
        "industry accounts open_deals open_value won_value",
    ),
    "closing_deals": ("closing_deals", "id name amount closing_date days_left is_overdue"),
    "slipping_deals": ("slipping_deals", "id reasons amount days_pushed days_in_stage"),
}
# Which columns of a query are totals that sources and owners share out.
SHARED = {
    "funnel": ("records", "value"),
    "entered_funnel": ("reached", "junk", "lost", "waiting", "not_known"),
    "lead_status": ("leads",),
    "rep_leads": ("waiting", "leads"),
    "source_quality": ("leads", "junk_leads"),
    "source_trend": ("recent", "before"),
    "lead_cohorts": ("leads", "qualified", "converted"),
    "open_stages": ("deals", "value", "weighted_value"),
    "closing_by_time": ("deals", "value"),
    "outcomes_by_month": ("won_deals", "won_value", "lost_deals"),
    "rep_deals": ("open_deals", "open_value", "won_value", "lost_deals"),
    "kpi_days": ("new_leads", "leads", "junk_leads", "open_deals", "open_pipeline_value"),
}


@pytest.fixture(scope="module")
def ask(filled_url: str) -> Callable[..., list[dict]]:
    """Return a function that runs a query of `sql/dashboard` with some parameters."""

    def rows(name: str, **given: object) -> list[dict]:
        text = sql.read(f"dashboard/{name}")
        known = {**dict.fromkeys(PARAMETER.findall(text)), **EVERYTHING, **given}
        return run(text, known)

    def run(text: str, parameters: object = None) -> list[dict]:
        with connect_reader(filled_url) as connection:
            cursor = connection.cursor(cursor_factory=RealDictCursor)
            cursor.execute(text, parameters)
            return [dict(row) for row in cursor]

    rows.run = run
    return rows


@pytest.mark.parametrize("query", MARTS)
def test_without_a_filter_a_query_equals_its_mart(ask, query):
    mart, columns = MARTS[query]
    mart_rows = ask.run(f"select {columns.replace(' ', ', ')} from analytics.{mart}")  # noqa: S608
    names = columns.split()
    shown, kept = (
        Counter(tuple(row[name] for name in names) for row in rows)
        for rows in (ask(query), mart_rows)
    )
    assert shown == kept
    assert shown


@pytest.mark.parametrize("query", SHARED)
@pytest.mark.parametrize("by", ["sources", "owners"])
def test_parts_of_a_filter_add_up_to_the_whole(ask, query, by):
    parts = [row[by[:-1] if by == "sources" else "owner_id"] for row in ask(f"filter_{by}")]
    assert len(parts) > 1
    for column in SHARED[query]:
        whole = total(ask(query), column)
        assert sum(total(ask(query, **{by: [part]}), column) for part in parts) == whole, column
    assert whole


def total(rows: list[dict], column: str) -> Decimal:
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))


def test_two_halves_of_time_add_up_to_all_of_it(ask):
    first, then = {"last_day": date(2026, 1, 31)}, {"first_day": date(2026, 2, 1)}
    for query in ("funnel", "lead_status", "source_quality"):
        column = "records" if query == "funnel" else "leads"
        halves = total(ask(query, **first), column) + total(ask(query, **then), column)
        assert halves == total(ask(query), column)


def test_movements_sum_to_the_difference_of_the_ends(ask):
    for given in ({}, {"owners": ["1"]}, {"first_day": date(2026, 1, 1)}, {"sources": ["(none)"]}):
        bars = ask("pipeline_movements", **given)
        start, *between, end = (row["value"] for row in bars)
        assert start + sum(between) == end, given
        assert (bars[0]["kind"], bars[-1]["kind"]) == ("start", "end")


def test_list_behind_a_mark_is_as_long_as_the_mark(ask):
    for row in ask("funnel"):
        kind = "deals_created" if row["entity"] == "deal" else "leads"
        chosen = {"stages" if row["entity"] == "deal" else "steps": [row["step"]]}
        behind = ask(LISTS[kind].query, meanings=[row["meaning"]], **chosen)
        assert behind[0]["all_records"] == len(behind) == row["records"]
    for row in ask("lead_cohorts"):
        for step in ("qualified", "converted"):
            behind = ask("behind_cohort", month=row["month"], cohort_step=step)
            assert len(behind) == row[step]
    for row in ask("outcomes_by_month"):
        days = {"closed_from": row["first_day"], "closed_until": row["last_day"]}
        assert len(ask("behind_deals", meanings=["won"], **days)) == row["won_deals"]
    for row in ask("slipping_reasons"):
        assert len(ask("behind_slipping", reason=row["reason"])) == row["deals"]
    for row in ask("closing_by_time"):
        due = {"due_from": row["first_day"], "due_until": row["last_day"]}
        assert len(ask("behind_deals", meanings=["open"], **due)) == row["deals"]
    for row in ask("accounts_by_industry"):
        chosen = {"industries": [row["industry"]]}
        assert len(ask("behind_accounts", **chosen)) == row["accounts"]
        assert len(ask("behind_deals", meanings=["open"], **chosen)) == row["open_deals"]


@pytest.mark.parametrize(
    ("period", "today", "days"),
    [
        ("All time", date(2026, 3, 10), (None, None)),
        ("Last 7 days", date(2026, 3, 3), (date(2026, 2, 24), date(2026, 3, 2))),
        ("Last month", date(2024, 3, 31), (date(2024, 2, 1), date(2024, 2, 29))),
        ("Last month", date(2026, 1, 1), (date(2025, 12, 1), date(2025, 12, 31))),
        ("This quarter", date(2026, 12, 31), (date(2026, 10, 1), date(2026, 12, 31))),
        ("This year", date(2026, 1, 1), (date(2026, 1, 1), date(2026, 1, 1))),
        ("Financial year from April", date(2026, 3, 31), (date(2025, 4, 1), date(2026, 3, 31))),
        ("Financial year from April", date(2026, 4, 1), (date(2026, 4, 1), date(2026, 4, 1))),
    ],
)
def test_period_has_these_days(period, today, days):
    assert PERIODS[period](today) == days


def test_chosen_source_and_owner_narrow_the_page(page, filled_url, ask):
    shown = page(filled_url, source=["Facebook"], owner=["Bala"])
    row = next(
        row for row in ask("kpi_days", sources=["Facebook"], owners=["2"]) if row["is_shown"]
    )
    cards = {card.label: card.value for card in shown.metric}
    assert cards["New leads · 9 Mar"] == str(row["new_leads"])
    whole = {card.label: card.value for card in page(filled_url).metric}
    assert whole["Won · 1–9 Mar"] == "₹30.00 L" != cards["Won · 1–9 Mar"]


def test_period_ends_the_cards(page, filled_url):
    labels = [card.label for card in page(filled_url, period="Last month").metric]
    assert "New leads · 28 Feb" in labels
    assert not any("10 Mar" in label for label in labels)


@pytest.mark.parametrize("period", ["Last 7 days", "Last month", "Custom"])
@pytest.mark.parametrize("tab", ["Overview", "Lead Intelligence", "Deal Pipeline"])
def test_little_that_is_left_can_be_shown(page, filled_url, tab, period):
    shown = page(filled_url, tab, period=period, source=["(none)"], owner=["Bala"])
    assert not shown.exception


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ({"owner": ["Somebody Who Left"]}, "owner"),
        ({"source": ["Renamed"]}, "source"),
        ({"source": ["Renamed", "Also renamed"], "owner": ["Bala"]}, "source"),
    ],
)
def test_an_address_that_names_what_is_gone_never_shows_the_whole_company(
    page, filled_url, address, kind
):
    everything = {card.label: card.value for card in page(filled_url).metric}
    shown = page(filled_url, address=address)
    said = " ".join(warning.value for warning in shown.warning)
    assert f"{kind}s that are not here" in said
    assert {card.label: card.value for card in shown.metric} != everything


def test_what_is_still_here_narrows_beside_what_is_gone(page, filled_url):
    narrowed = {card.label: card.value for card in page(filled_url, owner=["Bala"]).metric}
    shown = page(filled_url, address={"owner": ["Bala", "Somebody Who Left"]})
    assert {card.label: card.value for card in shown.metric} == narrowed
    assert any("Somebody Who Left" in warning.value for warning in shown.warning)
