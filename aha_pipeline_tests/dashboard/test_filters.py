"""Filters: what they narrow, that the parts add up to the marts, and what a page makes of them."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.warehouse.connection import connect_reader
from aha_pipeline_tests.dashboard.company import READ_UNTIL, TODAY, log_sync
from aha_pipeline_tests.warehouse.marts_company import build, company
from dashboard import cards, periods
from dashboard.filters import Filters
from dashboard.periods import Calendar
from dashboard.records import LISTS
from dashboard.source import PARAMETER

EVERYTHING = {
    "today": TODAY,
    "most": 10_000,
    "first_day": date(2025, 4, 1),
    "last_day": date(2100, 1, 1),
    "before_first": date(2025, 1, 1),
    "before_last": date(2025, 3, 31),
}
# Queries of days and months one by one, which end where the company does.
ENDING = {name: {"last_day": TODAY} for name in ("lead_days", "outcomes_by_month")}
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
    "lead_days": (
        "kpis where day between '2026-01-10' and '2026-03-10'",
        "day new_leads new_leads_avg_7d",
    ),
    "lead_cohorts": ("lead_cohorts", "month leads qualified converted is_young"),
    "source_response": ("source_response", "source leads contacted_leads contacted_pct"),
    "contacts_by_owner": ("contacts_by_owner", "owner_id owner_name contacts"),
    "closing_deals": ("closing_deals", "id name amount closing_date days_left is_overdue"),
    "slipping_deals": ("slipping_deals", "id reasons amount days_pushed won_limit_days"),
}
# Which columns of a query are totals that sources and owners share out.
SHARED = {
    "funnel": ("records", "value"),
    "entered_funnel": ("reached", "junk", "lost", "waiting", "not_known"),
    "lead_status": ("leads",),
    "rep_leads": ("waiting", "leads"),
    "source_quality": ("leads", "junk_leads"),
    "lead_cohorts": ("leads", "qualified", "converted"),
    "open_stages": ("deals", "value", "weighted_value"),
    "closing_by_time": ("deals", "value"),
    "outcomes_by_month": ("won_deals", "won_value", "lost_deals"),
    "rep_deals": ("open_deals", "open_value", "won_value", "lost_deals"),
    "lead_days": ("new_leads",),
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
        for rows in (ask(query, **ENDING.get(query, {})), mart_rows)
    )
    assert shown == kept
    assert shown


@pytest.mark.parametrize("query", SHARED)
@pytest.mark.parametrize("by", ["sources", "owners"])
def test_parts_of_a_filter_add_up_to_the_whole(ask, query, by):
    parts = [row[by[:-1] if by == "sources" else "owner_id"] for row in ask(f"filter_{by}")]
    assert len(parts) > 1
    for column in SHARED[query]:
        days = ENDING.get(query, {})
        whole = total(ask(query, **days), column)
        shares = (total(ask(query, **days, **{by: [part]}), column) for part in parts)
        assert sum(shares) == whole, column
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
    for chosen in ({}, {"owners": ["1"]}, {"first_day": date(2026, 1, 1)}, {"sources": ["(none)"]}):
        bars = ask("pipeline_movements", **chosen)
        start, *between, end = (row["value"] for row in bars)
        assert start + sum(between) == end, chosen
        assert (bars[0]["kind"], bars[-1]["kind"]) == ("start", "end")


def test_list_behind_a_mark_is_as_long_as_the_mark(ask):
    for row in ask("funnel"):
        kind = "deals_created" if row["entity"] == "deal" else "leads"
        chosen = {"stages" if row["entity"] == "deal" else "steps": [row["step"]]}
        behind = ask(LISTS[kind].query, meanings=[row["meaning"]], **chosen)
        assert behind[0]["all_records"] == len(behind) == row["records"]
    for row in ask("lead_cohorts"):
        for step in ("qualified", "converted"):
            days = {"first_day": row["month"], "last_day": row["month_end"]}
            behind = ask("behind_entered_leads", step=step, **days)
            assert len(behind) == row[step]
    for row in ask("entered_funnel"):
        step = row["step"].lower() if row["entity"] == "lead" else row["step"]
        assert len(ask(f"behind_entered_{row['entity']}s", step=step)) == row["reached"], row
    for row in ask("lost_reasons"):
        narrowed = (
            {"reason": row["part"]}
            if row["dimension"] == "reason"
            else {
                {"stage": "stages", "owner": "owners", "source": "sources"}[row["dimension"]]: [
                    row["part"]
                ]
            }
        )
        behind = ask("behind_lost", **narrowed)
        assert len(behind) == row["deals"]
        assert sum(one["amount"] for one in behind) == row["value"]
    for row in ask("outcomes_by_month", last_day=TODAY):
        days = {"closed_from": row["first_day"], "closed_until": row["last_day"]}
        assert len(ask("behind_deals", meanings=["won"], **days)) == row["won_deals"]
    for row in ask("slipping_reasons"):
        assert len(ask("behind_slipping", reason=row["reason"])) == row["deals"]
    for row in ask("closing_by_time"):
        due = {"due_from": row["first_day"], "due_until": row["last_day"]}
        assert len(ask("behind_deals", meanings=["open"], **due)) == row["deals"]
    for row in ask.run("select * from analytics.accounts_by_industry"):
        chosen = {"industries": [row["industry"]]}
        assert len(ask("behind_accounts", **chosen)) == row["accounts"]
        assert len(ask("behind_deals", meanings=["open"], **chosen)) == row["open_deals"]


APRIL, JANUARY = Calendar(fiscal_month=4, first_weekday=7), Calendar()


@pytest.mark.parametrize(
    ("name", "today", "calendar", "days"),
    [
        (
            "This month",
            "2026-03-10",
            APRIL,
            "260301 260310 260309 260201 260209",
        ),
        (
            "This month",
            "2026-03-31",
            APRIL,
            "260301 260331 260330 260201 260228",
        ),
        (
            "This month",
            "2026-01-01",
            APRIL,
            "260101 260101 251231 251201 251130",
        ),
        (
            "Last month",
            "2024-03-31",
            APRIL,
            "240201 240229 240229 240101 240129",
        ),
        (
            "Last month",
            "2026-01-01",
            APRIL,
            "251201 251231 251231 251101 251130",
        ),
        (
            "Last week",
            "2026-03-10",
            APRIL,
            "260301 260307 260307 260222 260228",
        ),
        (
            "Last week",
            "2026-03-08",
            JANUARY,
            "260223 260301 260301 260216 260222",
        ),
        (
            "This quarter",
            "2026-12-31",
            JANUARY,
            "261001 261231 261230 260701 260929",
        ),
        (
            "Last quarter",
            "2026-05-20",
            APRIL,
            "260101 260331 260331 251001 251229",
        ),
        (
            "This quarter",
            "2026-01-15",
            Calendar(fiscal_month=2),
            "251101 260115 260114 250801 251014",
        ),
        (
            "This fiscal year",
            "2026-03-31",
            APRIL,
            "250401 260331 260330 240401 250330",
        ),
        (
            "This fiscal year",
            "2026-04-01",
            APRIL,
            "260401 260401 260331 250401 250331",
        ),
        (
            "This fiscal year",
            "2024-02-29",
            JANUARY,
            "240101 240229 240228 230101 230228",
        ),
    ],
)
def test_period_has_these_days_and_is_compared_with_those(name, today, calendar, days):
    period = periods.named(name, date.fromisoformat(today), calendar)
    assert " ".join(f"{day:%y%m%d}" for day in vars(period).values()) == days


@given(
    st.sampled_from(list(periods.PERIODS)),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.builds(Calendar, st.integers(1, 12), st.integers(1, 7)),
)
def test_a_stretch_before_ends_before_the_period_and_is_never_longer(name, today, calendar):
    period = periods.named(name, today, calendar)
    assert period.before_last < period.first_day <= period.last_day <= today
    assert period.whole_until == min(period.last_day, today - timedelta(days=1))
    assert period.before_last - period.before_first <= period.whole_until - period.first_day


def test_days_of_ones_own_are_compared_with_as_many_before():
    first, last = date(2026, 3, 5), date(2026, 3, 10)
    for today, whole, before in ((11, 10, (2, 27)), (10, 9, (2, 28))):
        period = periods.custom(first, last, date(2026, 3, today))
        assert period.whole_until == date(2026, 3, whole)
        assert (period.before_first, period.before_last) == (
            date(2026, *before), date(2026, 3, 4))  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2026-03-01", "2026-03-10", "1–10 Mar"),
        ("2026-03-10", "2026-03-10", "10 Mar"),
        ("2026-02-28", "2026-03-10", "28 Feb–10 Mar"),
        ("2025-12-30", "2026-03-10", "30 Dec 2025–10 Mar"),
        ("2025-11-01", "2025-12-09", "1 Nov–9 Dec 2025"),
    ],
)
def test_days_are_printed_short(first, last, text):
    assert periods.printed(date.fromisoformat(first), date.fromisoformat(last), 2026) == text


MARCH = {
    "first_day": date(2026, 3, 1),
    "last_day": TODAY,
    "whole_until": TODAY - timedelta(days=1),
    "before_first": date(2026, 2, 1),
    "before_last": date(2026, 2, 9),
}


@pytest.mark.parametrize(
    "period",
    [
        periods.custom(TODAY, TODAY, TODAY),
        periods.named("This month", date(2026, 3, 1), Calendar()),
        periods.named("This fiscal year", date(2026, 2, 1), Calendar(fiscal_month=2)),
    ],
    ids=["a day of one's own", "month", "fiscal year"],
)
def test_a_period_that_began_today_is_compared_with_nothing(ask, period):
    figures = {row["figure"]: row for row in ask("period_figures", **vars(period))}
    stocks = {"open_value", "open_deals", "unconverted_deals"}
    assert figures["new_leads"]["value"] > 0
    assert {row["change"] for name, row in figures.items() if name not in stocks} == {None}
    for query, column in (
        ("source_quality", "change"),
        ("rep_deals", "won_value_change"),
        ("lost_reasons", "change"),
    ):
        assert {row[column] for row in ask(query, **vars(period))} <= {None}, query
    shown = SimpleNamespace(
        filters=Filters(**vars(period)), today=period.last_day, as_of=READ_UNTIL
    )
    assert cards.compared(shown).endswith("no day of it is over to be compared yet")
    card = next(card for card in cards.CARDS if card.figure == "won_value")
    said = cards._without_before(card, {"since": period.before_first}, shown)
    assert said == "No comparison: no day of the period is over"


@pytest.mark.parametrize("chosen", [{}, {"sources": ["Facebook"]}, {"owners": ["2"]}])
def test_every_card_is_the_sum_of_its_days(ask, chosen):
    figures = {row["figure"]: row for row in ask("period_figures", **MARCH, **chosen)}
    whole = {}
    for part, first, last in (
        ("value", MARCH["first_day"], MARCH["last_day"]),
        ("whole", MARCH["first_day"], MARCH["whole_until"]),
        ("before", MARCH["before_first"], MARCH["before_last"]),
    ):
        asked = {"first": first, "last": last, "sources": None, "owners": None} | chosen
        whole[part] = ask.run(
            "select sum(new_leads) as new_leads, sum(won_deals) as won_deals, "
            "sum(won_value) as won_value, sum(lost_deals) as lost_deals, sum(lost_value) as "
            "lost_value, (array_agg(open_pipeline_value order by day desc))[1] as open_value, "
            "(array_agg(open_deals order by day desc))[1] as open_deals "
            "from measures.kpis(%(first)s, %(last)s, %(sources)s, %(owners)s)",
            asked,
        )[0]
    for figure, value in whole["value"].items():
        row = figures[figure]
        assert row["value"] == value, figure
        assert row["before"] == whole["before"][figure], figure
        is_stock = figure in ("open_value", "open_deals")
        until = value if is_stock else whole["whole"][figure]
        assert row["change"] == until - whole["before"][figure], figure


@pytest.mark.parametrize("sources", [None, ["Facebook"]])
@pytest.mark.parametrize("owners", [None, ["2"]])
def test_the_open_deals_of_a_day_are_those_that_said_so_on_it(ask, sources, owners):
    contents = ask.run("select * from analytics.deal_history where meaning = 'open'")
    found = set()
    for day in (TODAY - timedelta(days=number) for number in range(0, 90, 7)):
        expected = {}
        for row in contents:
            if (
                row["from_day"] <= day < (row["until_day"] or date.max)
                and row["source"] in (sources or [row["source"]])
                and row["owner_id"] in (owners or [row["owner_id"]])
            ):
                deals, value = expected.get(row["stage"], (0, 0))
                expected[row["stage"]] = (deals + 1, value + (row["amount"] or 0))
        rows = ask.run("select * from measures.open_deals(%s, %s, %s)", [day, sources, owners])
        assert {r["stage"]: (r["open_deals"], r["open_value"]) for r in rows} == expected, day
        found |= expected.keys()
    assert found


def test_a_source_is_compared_with_itself_in_the_stretch_before(ask):
    before = {"first_day": MARCH["before_first"], "last_day": MARCH["before_last"]}
    then = {row["source"]: row for row in ask("source_quality", **before)}
    whole = {"first_day": MARCH["first_day"], "last_day": MARCH["whole_until"]}
    now = {row["source"]: row for row in ask("source_quality", **whole)}
    for row in ask("source_quality", **MARCH):
        old = then[row["source"]]
        assert (row["before"], row["junk_pct_before"]) == (old["leads"], old["junk_pct"])
        until = now[row["source"]]
        assert row["change"] == until["leads"] - old["leads"]
        assert row["junk_pct_change"] == until["junk_pct"] - old["junk_pct"]


def test_a_win_rate_of_all_reps_is_of_all_whatever_the_filter(ask):
    whole = {row["all_win_rate"] for row in ask("rep_deals")}
    assert len(whole) == 1
    for owner in ("1", "2"):
        [row] = ask("rep_deals", owners=[owner])
        assert {row["all_win_rate"]} == whole != {row["win_rate_by_count"]}


def test_before_the_first_record_there_is_nothing_to_compare_with(ask):
    early = {"first_day": date(2026, 1, 6), "last_day": date(2026, 1, 20)}
    early["whole_until"] = early["last_day"]
    before = {"before_first": date(2025, 12, 1), "before_last": date(2025, 12, 15)}
    figures = {row["figure"]: row for row in ask("period_figures", **early, **before)}
    for name in ("new_leads", "won_value", "open_value", "junk_pct"):
        assert figures[name]["change"] is None, name
        assert figures[name]["since"] is not None, name


MOVED = {
    "open_deals": "deals",
    "open_pipeline_value": "value",
    "weighted_pipeline_value": "weighted_value",
}


@pytest.mark.parametrize("figure", [*MOVED, "won_value", "lost_deals", "new_leads", "junk_pct"])
def test_an_entry_names_what_did_most(ask, figure):
    span = 7 if figure in MOVED else 1
    days = [TODAY - timedelta(n) for n in range(60)]
    given = {"kinds": ["unusual"] * 60, "days": days, "figures": [figure] * 60,
             "spans": [span] * 60}  # fmt: skip
    found: dict[date, list] = {day: [] for day in days}
    for row in ask("feed_behind", **given):
        found[row["day"]].append((row["name"], row["all_behind"]))
    assert any(found.values())
    sizes, names = by_hand(ask, figure), names_of(ask)
    for day, named in found.items():
        parts: dict[str, Decimal | int] = {}
        for (on, part), size in sizes.items():
            if day - timedelta(span) < on <= day:
                parts[part] = parts.get(part, 0) + size
        is_closed = figure in ("won_value", "lost_deals")
        known = {part: size for part, size in parts.items() if size or is_closed}
        most = sorted(known, key=lambda part: (-abs(known[part]), part))[:3]
        assert named == [(names.get(part, part), len(known)) for part in most], day


def by_hand(ask, figure: str) -> Counter:
    """Return what each deal or source did for a figure, by day, summed in Python."""
    sizes: Counter = Counter()
    if figure in MOVED:
        for row in ask.run("select * from analytics.pipeline_movements"):
            sizes[row["day"], row["id"]] += row[MOVED[figure]]
    elif figure in ("won_value", "lost_deals"):
        for row in ask.run("select * from analytics.deals where closed_day is not null"):
            if row["meaning"] == figure.partition("_")[0]:
                sizes[row["closed_day"], row["id"]] += row["amount"] or 0
    elif figure == "new_leads":
        for row in ask.run("select * from analytics.leads where day is not null"):
            sizes[row["day"], row["source"]] += 1
    else:
        for row in ask.run("select * from analytics.week_leads"):
            sizes[row["day"], row["source"]] += row["junk_leads"]
    return sizes


def names_of(ask) -> dict[str, str]:
    deals = ask.run("select id, deal_name from crm.crm_deals")
    return {row["id"]: row["deal_name"] for row in deals}


def test_the_feed_has_the_restated_days_of_the_period(database_url, page):
    with company(database_url) as connection:
        log_sync(connection, READ_UNTIL)
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into analytics.restatements "
                "(day, figure, before, after, reason, records, records_in_all) values "
                "('2026-03-05', 'won_value', 100000, 350000, 'records changed', "
                "array['D1', 'D2', 'D3', 'D4'], 60), "
                "('2026-02-05', 'won_value', 100000, 450000, 'records changed', '{}', 0)"
            )
    shown = page(database_url, feed=True)
    assert not shown.exception
    said = "\n".join(text.value for text in shown.markdown)
    assert "restated from ₹1.00 L to ₹3.50 L, because records changed. Behind it" in said
    assert "D1, D2, D3 and 57 more" in said
    assert "₹4.50 L" not in said


def test_months_are_whole_and_one_that_is_not_says_so(ask):
    short = {"first_day": date(2026, 3, 2), "last_day": date(2026, 3, 6)}
    *whole, last = ask("outcomes_by_month", **short)
    assert last["is_partial"]
    assert (last["first_day"], last["last_day"]) == (date(2026, 3, 1), date(2026, 3, 6))
    assert not any(month["is_partial"] for month in whole)
    assert whole[-1]["won_deals"] == 1


def test_chosen_source_and_owner_narrow_the_page(page, filled_url, ask):
    shown = page(filled_url, source=["Facebook"], owner=["Bala"])
    rows = ask("period_figures", **MARCH, sources=["Facebook"], owners=["2"])
    cards = {card.label: card.value for card in shown.metric}
    assert cards["New leads"] == str({row["figure"]: row["value"] for row in rows}["new_leads"])
    whole = {card.label: card.value for card in page(filled_url).metric}
    assert whole["Won"] == "₹30.00 L" != cards["Won"]


def test_period_drives_the_cards_and_says_which_days_it_has(page, filled_url):
    shown = page(filled_url, period="Last month")
    assert "1–28 Feb, compared with 1–28 Jan" in [text.value for text in shown.caption]
    assert {card.label: card.value for card in shown.metric}["Won"] == "₹1.00 L"
    assert "1–10 Mar (today until 12:00); 1–9 Mar compared with 1–9 Feb" in [
        text.value for text in page(filled_url).caption
    ]


@pytest.mark.parametrize("period", ["Last week", "Last quarter", "Custom"])
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
        ({"source": ["Face\0book", "\0"], "owner": ["\0"]}, "owner"),
    ],
)
def test_an_address_that_names_nobody_here_shows_no_figure(page, filled_url, address, kind):
    """Neither those of the whole company, nor zeros: on the first of a month they are the same."""
    shown = page(filled_url, address=address)
    said = " ".join(warning.value for warning in shown.warning)
    assert f"{kind}s that are not here" in said
    assert not shown.metric
    assert not shown.get("plotly_chart")


def test_what_is_still_here_narrows_beside_what_is_gone(page, filled_url):
    narrowed = {card.label: card.value for card in page(filled_url, owner=["Bala"]).metric}
    shown = page(filled_url, address={"owner": ["Bala", "Somebody Who Left"]})
    assert {card.label: card.value for card in shown.metric} == narrowed
    assert any("Somebody Who Left" in warning.value for warning in shown.warning)


@pytest.mark.parametrize(
    "named",
    [
        "{",
        "5",
        '{"kind": "no"}',
        '{"kind": ["deals"]}',
        '{"kind": "deals", "owners": "1"}',
        '{"kind": "deals", "owners": {"a": 1}}',
        '{"kind": "deals_closed", "closed_from": "31 February"}',
        '{"kind": "deals", "stages": ["\\u0000"]}',
    ],
)
def test_a_list_that_there_is_not_opens_nothing(page, filled_url, named):
    shown = page(filled_url, address={"list": [named]})
    assert not shown.exception
    assert [toast.value for toast in shown.toast] == ["This link names a list that does not exist."]
    assert "list" not in shown.query_params
