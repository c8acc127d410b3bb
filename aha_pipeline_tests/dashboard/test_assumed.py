"""A company connected yesterday: what rests on an assumed past says so, and nothing else does.

Three pasts of one and the same company: nothing is told of it, Zoho's history reaches half way, and
all of it was watched. What is known on which day is read off its lives, not asked of the marts.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline.briefing.facts import gather
from aha_pipeline.briefing.verify import proven
from aha_pipeline_tests.briefing.by_hand import reading
from aha_pipeline_tests.dashboard.company import log_sync
from aha_pipeline_tests.dashboard.page import run
from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.kit.serving import TABS
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, lead, put
from aha_pipeline_tests.warehouse.told_histories import Life, tell, timeline, watch
from dashboard.charts import causes
from dashboard.periods import CUSTOM
from dashboard.source import PARAMETER
from zoho_sandbox.clock import ZONE

NOTHING_TOLD, HALF_TOLD, WATCHED = "nothing told", "half told", "watched"
ALL_TOLD = "all told"
PASTS = (NOTHING_TOLD, HALF_TOLD, WATCHED)
CREATED, MOVED, CONNECTED = 40, 20, 1  # days ago
ALL = 100  # percent: each record has the same past
NOON = datetime.now(ZONE).replace(hour=12, minute=0, second=0, microsecond=0).astimezone(UTC)
TODAY = NOON.astimezone(ZONE).date()
DEALS = ("Qualification", "Needs Analysis", "Value Proposition")
LEADS = ("Not Contacted", "Contacted", "Junk Lead")


def ago(days: int) -> date:
    return TODAY - timedelta(days)


def life(module: str, number: int) -> Life:
    """Return a record that said something else since its creation, half way, and yesterday."""
    states = []
    for place, days in enumerate((CREATED, MOVED, CONNECTED)):
        at = NOON - timedelta(days)
        written = at.astimezone(ZONE).isoformat(timespec="seconds")
        created = states[0][1]["Created_Time"] if states else written
        if module == "Deals":
            state = deal(number, created, DEALS[place], Amount=100_000 * (place + 1))
        else:
            state = lead(number, created, LEADS[place])
        states.append((at, state | {"Modified_Time": written}))
    return Life(module, states[0][1]["id"], states)


def fill(connection, past: str) -> None:
    lives = [life(module, number) for module in ("Deals", "Leads") for number in range(10)]
    watch(connection, lives, None if past == WATCHED else NOON - timedelta(CONNECTED))
    if past == HALF_TOLD:
        told = [timeline(one) for one in lives]
        tell(connection, [replace(t, entries=t.entries[1:], reaches=t.entries[1][0]) for t in told])
    if past == ALL_TOLD:
        tell(connection, map(timeline, lives))
    log_sync(connection, NOON)
    build(connection, ago(CREATED), TODAY)
    with connection.cursor() as cursor:
        # One change stands out, against days before and after it moved half way.
        cursor.execute(
            "update analytics.changes set is_unusual = true, score = 9, normal = 1, change = 1, "
            "compared_with = array[%s, %s] where day = %s and days = 1 "
            "and figure in ('open_deals', 'new_leads')",
            [ago(8), ago(29), ago(1)],
        )
    connection.commit()


def known_since(past: str) -> int:
    """Return since how many days all that a record said is known."""
    return {NOTHING_TOLD: CONNECTED, HALF_TOLD: MOVED, WATCHED: CREATED}[past]


@pytest.fixture(scope="module", params=PASTS)
def filled(request, postgres: str, template_database: str):
    with fresh_database(postgres, template_database) as address, company(address) as connection:
        fill(connection, request.param)
        yield request.param, address, connection


@pytest.fixture
def ask(filled) -> Callable[..., list[dict]]:
    _, _, connection = filled

    def rows(name: str, **given: object) -> list[dict]:
        text = sql.read(f"dashboard/{name}")
        with connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(text, {key: given.get(key) for key in PARAMETER.findall(text)})
            return [dict(row) for row in cursor]

    return rows


@pytest.mark.parametrize("days", [CONNECTED, MOVED, MOVED + 1])
def test_what_was_open_on_a_day_says_how_much_of_it_is_assumed(filled, ask, days):
    past, _, connection = filled
    share = ALL if days > known_since(past) else None
    at = {
        "last_day": ago(0),
        "whole_until": ago(1),
        "before_first": ago(CREATED),
        "before_last": ago(days),
    }
    figures = {row["figure"]: row for row in ask("period_figures", first_day=ago(0), **at)}
    assert figures["open_value"]["before_assumed_pct"] == share
    assert figures["open_deals"]["assumed_pct"] is figures["won_value"]["assumed_pct"] is None
    assert {row["before_assumed_pct"] for row in ask("open_stages", **at)} == {share}
    moved = ask("pipeline_movements", first_day=ago(days - 1), last_day=ago(0))
    assert {row["assumed_pct"] for row in moved} == {share}
    assert_briefing_says_it(connection, ago(days - 7), share)


def assert_briefing_says_it(connection, day: date, share: int | None) -> None:
    """Look at the fact that compares with the day a week before, where the day has figures."""
    if day > TODAY:
        return
    facts = gather(connection, day)
    connection.rollback()
    [fact] = [fact for fact in facts if fact.kind == "pipeline"]
    assert fact.figures.get("assumed") == share
    assert proven(connection, day, [fact]) == ([fact], [])
    silent = replace(fact, figures={k: v for k, v in fact.figures.items() if k != "assumed"})
    assert bool(proven(connection, day, [silent])[0]) == (share is None)
    for phrase in range(4):
        assert ("assumed" in reading("en").sentence(fact, phrase)) == (share is not None)


def test_what_is_counted_over_a_whole_past_says_what_is_not_known_of_it(filled, ask):
    past, _, _ = filled
    share = None if past == WATCHED else ALL
    every = {"first_day": ago(CREATED), "last_day": TODAY}
    assert {row["entity"]: row["assumed_pct"] for row in ask("entered_funnel", **every)} == {
        "lead": share,
        "deal": share,
    }
    assert {row["assumed_pct"] for row in ask("lead_cohorts", **every)} == {share}
    # They came to their stage yesterday: half of the history tells that too.
    [stage] = ask("open_stages")
    assert stage["untimed_pct"] == (ALL if past == NOTHING_TOLD else None)
    assert (stage["median_days_in_stage"] is None) == (past == NOTHING_TOLD)
    unusual = {row["figure"]: row for row in ask("feed", **every)}
    changes = {row["figure"]: row for row in ask("changes", **every, today=TODAY)}
    for rows in (unusual, changes):
        assert rows["open_deals"]["assumed_pct"] == share
        assert rows["new_leads"]["assumed_pct"] is None


@pytest.mark.parametrize("filled", [*PASTS, ALL_TOLD], indirect=True)
def test_what_moved_says_where_zohos_history_tells_it(filled, ask):
    past, _, connection = filled
    told = {HALF_TOLD: {MOVED, CONNECTED}, ALL_TOLD: {CREATED, MOVED, CONNECTED}}.get(past, set())
    with connection.cursor() as cursor:
        for days in range(CREATED + 1):
            cursor.execute("select measures.is_pipeline_told(%s, %s)", [ago(days), ago(days)])
            assert cursor.fetchone() == (days in told,), days
    every = {"first_day": ago(CREATED), "last_day": TODAY, "today": TODAY}
    for rows in (ask("feed", **every), ask("changes", **every)):
        of = {row["figure"]: row for row in rows}
        assert of["open_deals"]["is_told"] == (CONNECTED in told)
        assert not of["new_leads"]["is_told"]
        said = causes.sentence(of["open_deals"], "INR")
        assert ("known from Zoho's history; normal is" in said) == (CONNECTED in told)


OVERVIEW, LEAD_TAB, DEAL_TAB = TABS[:3]


@pytest.mark.parametrize("filled", [HALF_TOLD], indirect=True)
@pytest.mark.parametrize(
    ("tab", "said"),
    [
        (OVERVIEW, ("of the figure before is assumed", "whose pipeline is 100.0% assumed")),
        (LEAD_TAB, ("it is not known whether they ever qualified",)),
        (DEAL_TAB, ("of what was open then is assumed", "of the value at the start is assumed")),
    ],
)
def test_the_page_says_it_where_it_is_so(filled, monkeypatch, tab, said):
    _, address, _ = filled
    shown = run(monkeypatch, address, tab, period=CUSTOM, days=(ago(MOVED), TODAY))
    assert not shown.exception
    text = " ".join(one.value for kind in (shown.caption, shown.markdown) for one in kind)
    assert [words for words in said if words not in text] == []


@pytest.mark.parametrize(
    ("unplaced", "placed", "amount", "share"),
    [(1, 1, 500, 50), (2, 2, None, 50), (1, 30, 500, None), (0, 2, 500, None), (3, 0, 500, ALL)],
)
@pytest.mark.parametrize("sources", [None, ["Website"]])
def test_no_change_by_stage_is_told_where_the_stages_of_then_are_not_known(
    database_url, unplaced, placed, amount, share, sources
):
    """Deals that were closed when they were first read stood in a stage that nobody has seen."""
    created, closed = (
        (NOON - timedelta(days)).astimezone(ZONE).isoformat(timespec="seconds") for days in (40, 5)
    )
    said = {"Amount": amount, "Lead_Source": "Website"}
    won = said | {"Closing_Date": ago(5).isoformat(), "Modified_Time": closed}
    stands = said | {"Modified_Time": created}
    with company(database_url) as connection:
        put(connection, "Deals", *(deal(n, created, "Closed Won", **won) for n in range(unplaced)))
        put(connection, "Deals", *(deal(100 + n, created, **stands) for n in range(placed)))
        put(connection, "Deals", deal(999, closed, **said, Modified_Time=closed))
        log_sync(connection, NOON)
        build(connection, ago(CREATED), TODAY)
        text = sql.read("dashboard/open_stages")
        given = {"before_last": ago(20), "sources": sources}
        with connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(text, {key: given.get(key) for key in PARAMETER.findall(text)})
            [stage] = cursor
    assert stage["unplaced_pct"] == share
    assert stage["deals_change"] == (1 if share is None else None)
    assert (stage["value_change"] is None) == (share is not None)
