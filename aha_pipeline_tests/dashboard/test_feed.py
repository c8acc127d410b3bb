"""The feed of some sources and owners against a plain computation over their own records."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from math import sqrt
from random import Random
from statistics import mean, median

import pytest
from psycopg2.extras import RealDictCursor

from aha_pipeline import sql
from aha_pipeline_tests.dashboard.company import READ_UNTIL, TODAY, log_sync
from aha_pipeline_tests.kit.databases import fresh_database
from aha_pipeline_tests.warehouse.marts_company import (
    ASHA,
    BALA,
    build,
    company,
    deal,
    ist,
    lead,
    put_histories,
    put_sync,
)
from dashboard.charts import causes
from dashboard.source import PARAMETER

DAY = timedelta(1)
YESTERDAY = TODAY - DAY
FIRST = TODAY - 120 * DAY
CHITRA = {"id": "3", "name": "Chitra"}
JOINED = TODAY - 40 * DAY  # Chitra
LONG_AGO = JOINED + 25 * DAY  # when it was not known yet what is normal for her
SOURCES = ("Facebook", "Referral", None)
HANDING_OVER, FAIR, SALE, JUNK = (TODAY - n * DAY for n in (9, 5, 3, 2))
MOVED = {"open_deals": "deals", "open_pipeline_value": "value",
         "weighted_pipeline_value": "weighted_value"}  # fmt: skip
FLOWS = ("new_leads", "won_deals", "won_value", "lost_deals", "lost_value")
SHOWN = 30
CHOICES = [
    {},
    {"owners": ["1"]},
    {"owners": ["2"]},
    {"owners": ["3"]},
    {"owners": ["1", "2"]},
    {"owners": ["nobody"]},
    {"sources": ["Facebook"]},
    {"sources": ["(none)", "Referral"]},
    {"sources": ["Facebook"], "owners": ["1"]},
    {"sources": ["Referral"], "owners": ["2", "3"]},
]
PERIODS = [(TODAY - 9 * DAY, TODAY), (TODAY - 5 * DAY, TODAY - 5 * DAY), (TODAY - 59 * DAY, TODAY)]


def at(day: date) -> str:
    return ist(f"{day} 10:00:00")


def some_leads(random: Random) -> Iterator[list[dict]]:
    numbers = count()
    for day in (FIRST + DAY * n for n in range(120)):
        for owner in (ASHA, BALA, *((CHITRA,) if day >= JOINED else ())):
            many = random.randint(1, 3) + (14 if (day, owner) == (FAIR, BALA) else 0)
            for _ in range(many):
                made = lead(next(numbers), at(day), Lead_Source=random.choice(SOURCES), Owner=owner)
                is_junk = random.random() < (0.9 if day >= JUNK and owner is ASHA else 0.15)
                judged = {"Lead_Status": "Junk Lead"} if is_junk else {"Lead_Status": "Contacted"}
                given = {"Owner": random.choice((ASHA, BALA))} if random.random() < 0.1 else {}
                yield [made, made | judged | given | {"Modified_Time": at(day + DAY)}]


def some_deals(random: Random) -> Iterator[list[dict]]:
    for number in range(400):
        day = FIRST + DAY * random.randrange(119)
        owner = random.choice((ASHA, BALA, CHITRA) if day >= JOINED else (ASHA, BALA))
        amount = random.choice((1000, 2000, 5000, 250_000 if number % 40 == 0 else 3000, None))
        fields = {"Lead_Source": random.choice(SOURCES), "Owner": owner, "Amount": amount}
        contents = [deal(number, at(day), **fields)]
        moved = day + DAY * random.randint(1, 10)
        if moved < TODAY:
            more = {"Stage": "Proposal/Price Quote", "Amount": amount and amount + 500}
            contents.append(contents[-1] | more | {"Modified_Time": at(moved)})
        closed = SALE if number % 25 == 0 else moved + DAY * random.randint(1, 15)
        if owner is ASHA and moved < HANDING_OVER < closed:
            given = {"Owner": BALA, "Modified_Time": at(HANDING_OVER)}
            contents.append(contents[-1] | given)
        if moved < closed < TODAY:
            stage = random.choice(("Closed Won", "Closed Lost"))
            over = {"Stage": stage, "Closing_Date": str(closed), "Modified_Time": at(closed)}
            contents.append(contents[-1] | over)
        yield contents


@pytest.fixture(scope="module")
def database(postgres: str, template_database: str) -> Iterator[str]:
    with fresh_database(postgres, template_database) as address:
        with company(address) as connection:
            random = Random(7)
            put_sync(connection, "Leads", at(FIRST))
            put_histories(connection, "Leads", some_leads(random))
            put_histories(connection, "Deals", some_deals(random))
            log_sync(connection, READ_UNTIL)
            build(connection, TODAY - 60 * DAY, YESTERDAY)
        yield address


@pytest.fixture(scope="module")
def run(database: str) -> Iterator[Callable[..., list[dict]]]:
    with company(database) as connection:

        def rows(text: str, parameters: object = None) -> list[dict]:
            with connection.cursor(cursor_factory=RealDictCursor) as cursor:
                cursor.execute(text, parameters)
                return [dict(row) for row in cursor]

        yield rows


@pytest.fixture(scope="module")
def ask(run) -> Callable[..., list[dict]]:
    def rows(name: str, **given: object) -> list[dict]:
        text = sql.read(f"dashboard/{name}")
        return run(text, {key: given.get(key) for key in PARAMETER.findall(text)})

    return rows


@pytest.fixture(scope="module")
def records(run) -> dict[str, list[dict]]:
    """The records one by one: what each said and when, and how each moved the pipeline."""
    names = ("leads", "deals", "pipeline_movements", "lead_history", "deal_history")
    return {name: run(f"select * from analytics.{name}") for name in names}  # noqa: S608


class Plain:
    """What moved of some sources and owners, added up and judged without any SQL."""

    def __init__(self, records: dict[str, list[dict]], sources=None, owners=None) -> None:
        def chosen(name: str) -> list[dict]:
            return [row for row in records[name] if is_chosen(row, sources, owners)]

        self.sizes: dict[str, dict[date, list]] = defaultdict(lambda: defaultdict(list))
        for row in chosen("leads"):
            self.sizes["new_leads"][row["day"]].append(1)
        for row in (row for row in chosen("deals") if row["meaning"] != "open"):
            for what, size in (("deals", 1), ("value", row["amount"] or 0)):
                self.sizes[f"{row['meaning']}_{what}"][row["closed_day"]].append(size)
        for row in chosen("pipeline_movements"):
            for figure, column in MOVED.items():
                if row[column] and (owners or row["kind"] != "handed over"):
                    self.sizes[figure][row["day"]].append(row[column])
        self.since = {
            name: min((row["from_day"] for row in chosen(name) if holds(row)), default=None)
            for name in ("lead_history", "deal_history")
        }
        created = {row["id"]: row["from_day"] for row in records["lead_history"] if row["is_first"]}
        self.weeks: dict[date, list[bool]] = defaultdict(list)
        for row in chosen("lead_history"):
            end = min(row["until_day"] or TODAY, created[row["id"]] + timedelta(7))
            for day in (row["from_day"] + DAY * n for n in range((end - row["from_day"]).days)):
                self.weeks[day].append(row["meaning"] == "junk")

    def feed(self, first: date, last: date) -> dict[tuple, tuple]:
        """Return by day and figure the days, value and normal of what is told, latest first."""
        found = self.unusual(first, last)
        told = {}
        for (day, figure), (score, days, *values) in found.items():
            run = [(day, score, days)]
            for step in (DAY, -DAY):
                near = day + step
                while (near, figure) in found and found[near, figure][0] * score > 0:
                    run.append((near, *found[near, figure][:2]))
                    near += step
            is_strongest = max((abs(score), near) for near, score, _ in run)[1] == day
            if days == 1 or (is_strongest and all(days > 1 for *_, days in run)):
                told[day, figure] = (days, *values)
        return told

    def unusual(self, first: date, last: date) -> dict[tuple, tuple]:
        """Return by day and figure the score, days, value and normal, latest first."""
        found = {}
        for day in (last - DAY * n for n in range((last - first).days + 1)):
            judged: dict[str, list] = defaultdict(list)
            for figure in (*MOVED, *FLOWS):
                for days in (1, 7) if figure in MOVED else (1,):
                    judged[figure].append((self.judge(figure, day, days), days))
            judged["junk_pct"].append((self.judge_junk(day), 7))
            for figure in sorted(judged):
                known = [(abs(it[2]), -days, it) for it, days in judged[figure] if it]
                size, days, it = max(known, default=(0, 0, ()))
                if size >= 3 - 1e-9 and day < TODAY:
                    values = (pytest.approx(float(part)) for part in it[:2])
                    found[day, figure] = (it[2], -days, *values)
        return found

    def judge(self, figure: str, day: date, days: int) -> tuple | None:
        """Return value, normal and score; None where it is not known what is normal."""
        since = self.since["lead_history" if figure == "new_leads" else "deal_history"]

        def sizes(last: date) -> list:
            return [s for n in range(days) for s in self.sizes[figure].get(last - DAY * n, ())]

        before = [day - 7 * week * DAY for week in range(1, 9)]
        before = [last for last in before if since and last - (days - 1) * DAY >= since]
        if len(before) < 4:
            return None
        even = before[: len(before) - len(before) % 2]
        middle = sorted(even, key=lambda last: sum(sizes(last)))
        middle = middle[len(even) // 4 : len(even) - len(even) // 4]
        normal = mean(float(sum(sizes(last))) for last in middle)
        came = [float(size) for last in even for size in sizes(last)]
        own = came or [float(size) for size in sizes(day)]
        chance = (
            sqrt(max(len(came) / len(even), 1) * sum(s * s for s in own) / len(own)) if own else 0
        )
        off = median(abs(float(sum(sizes(last))) - normal) for last in even)
        value = sum(sizes(day))
        spread = max(1.4826 * off, chance)
        return value, normal, (float(value) - normal) / spread if spread else 0

    def judge_junk(self, day: date) -> tuple | None:
        before = [last for week in range(1, 9) if self.weeks.get(last := day - 7 * week * DAY)]
        if len(before) < 4 or not self.weeks.get(day):
            return None
        value, *shares = (100 * mean(self.weeks[last]) for last in (day, *before))
        all_leads = [is_junk for last in before for is_junk in self.weeks[last]]
        normal = 100 * mean(all_leads)
        part = (sum(all_leads) + 1) / (len(all_leads) + 2)
        chance = 100 * sqrt(part * (1 - part) / len(self.weeks[day]))
        spread = max(1.4826 * median(abs(share - normal) for share in shares), chance)
        return value, normal, (value - normal) / spread


def is_chosen(row: dict, sources=None, owners=None) -> bool:
    return (sources is None or row["source"] in sources) and (
        owners is None or row["owner_id"] in owners
    )


def holds(row: dict) -> bool:
    return row["until_day"] is None or row["from_day"] < row["until_day"]


@pytest.mark.parametrize("period", PERIODS, ids=("ten days", "one day", "sixty days"))
@pytest.mark.parametrize("chosen", CHOICES, ids=str)
def test_the_feed_of_a_choice_is_what_stood_out_of_its_own_records(ask, records, chosen, period):
    first, last = period
    shown = ask("feed", first_day=first, last_day=last, **chosen)
    right = Plain(records, **chosen).feed(first, last)
    found = {
        (row["day"], row["figure"]): (row["days"], float(row["value"]), float(row["normal"]))
        for row in shown
    }
    assert found == dict(list(right.items())[:SHOWN])
    assert list(found) == list(right)[:SHOWN]
    assert {row["all_entries"] for row in shown} == ({len(right)} if right else set())


@pytest.mark.parametrize("day", [YESTERDAY, FAIR, SALE], ids=str)
@pytest.mark.parametrize("chosen", CHOICES, ids=str)
def test_what_changed_on_a_day_is_of_the_choice(ask, records, chosen, day):
    shown = {row["figure"]: row for row in ask("changes", today=TODAY, last_day=day, **chosen)}
    right = Plain(records, **chosen).feed(day, day)
    assert {
        (day, figure): (row["days"], float(row["value"]), float(row["normal"]))
        for figure, row in shown.items()
    } == right
    # The parts of a change are kept of the whole company alone.
    assert all(row["dimension"] is None for row in shown.values()) or not chosen


def test_what_changed_of_a_rep_names_what_is_behind_it(page, database):
    days = (FAIR, FAIR)
    shown = page(database, owner=["Bala"], period="Custom", days=days)
    assert not shown.exception
    said = [text.value for text in shown.markdown if "**New leads**" in text.value]
    assert len(said) == 1
    assert "Referral, (none) and Facebook" in said[0]
    assert not any("By source" in text.value for text in shown.markdown)
    assert any("By " in text.value for text in page(database, period="Custom", days=days).markdown)


def test_the_page_names_ten_entries_at_a_time(page, database, ask):
    days = (TODAY - 59 * DAY, TODAY)
    in_all = len(ask("feed", first_day=days[0], last_day=days[1]))
    shown = page(database, period="Custom", days=days, feed=True)
    counts = [len(entries_of(shown))]
    while more := [button for button in shown.button if button.key == "feed_more"]:
        shown = more[0].click().run()
        assert not shown.exception
        counts.append(len(entries_of(shown)))
    assert counts == [10, in_all]
    assert len({*entries_of(shown)}) == in_all


def entries_of(shown):
    return [text.value for text in shown.markdown if text.value.startswith("- ")]


def test_the_feed_of_every_source_is_that_of_the_company(ask):
    period = {"first_day": TODAY - 59 * DAY, "last_day": TODAY}
    every = [row["source"] for row in ask("filter_sources")]
    assert len(every) == len(SOURCES)
    assert ask("feed", **period, sources=every) == ask("feed", **period)


@pytest.mark.parametrize("chosen", CHOICES[1:], ids=str)
def test_nothing_of_others_is_behind_an_entry(ask, records, chosen):
    entries = ask("feed", first_day=TODAY - 59 * DAY, last_day=TODAY, **chosen)
    asked = {"kinds": "kind", "days": "day", "figures": "figure", "spans": "days"}
    given = {name: [row[column] for row in entries] for name, column in asked.items()}
    behind = ask("feed_behind", **given, **chosen)
    named = {row["name"] for row in behind}
    theirs = {
        name
        for row in (*records["pipeline_movements"], *records["deals"])
        for name in (row.get("name") or f"Deal {row['id'][1:]}", row["source"])
        if is_chosen(row, **chosen)
    }
    assert named <= theirs
    assert bool(named) is bool(entries)
    if len(chosen.get("sources", ())) == 1:  # it would be named as what is behind itself
        assert all(row["is_record"] for row in behind)


@pytest.fixture
def restated(database) -> Iterator[None]:
    """Figures of one day that Asha's, Bala's and no known records made others."""
    with company(database) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.restatements "
            "(day, figure, before, after, reason, records, records_in_all) values "
            "(%(day)s, 'new_leads', 3, 5, 'records changed', "
            "array(select id from analytics.leads where owner_id = '1' limit 5), 5), "
            "(%(day)s, 'won_value', 3, 5, 'history learned from Zoho', "
            "array(select id from analytics.deals where owner_id = '2' limit 5), 5), "
            "(%(day)s, 'lost_value', 3, 5, 'definition changed', '{}', 0)",
            {"day": YESTERDAY},
        )
        connection.commit()
        yield
        cursor.execute("delete from analytics.restatements")


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, {"new_leads", "won_value", "lost_value"}),
        ({"owners": ["1"]}, {"new_leads"}),
        ({"owners": ["2"]}, {"won_value"}),
        ({"owners": ["1", "2"]}, {"new_leads", "won_value"}),
        ({"owners": ["3"]}, set()),
    ],
)
def test_a_restated_day_is_told_to_those_whose_records_made_it_so(
    restated, ask, chosen, told, page, database
):
    period = {"first_day": YESTERDAY, "last_day": YESTERDAY}
    found = {r["figure"]: r for r in ask("feed", **period, **chosen) if r["kind"] == "restated"}
    assert found.keys() == told
    reasons = {"new_leads": "records changed", "won_value": "history learned from Zoho",
               "lost_value": "definition changed"}  # fmt: skip
    assert {figure: row["reason"] for figure, row in found.items()} == {
        figure: reasons[figure] for figure in told
    }
    assert ask("feed_left_out", **period, **chosen) == [{"restated": 3 - len(told)}]
    names = {"1": "Asha", "2": "Bala", "3": "Chitra"}
    state = {"owner": [names[owner] for owner in chosen["owners"]]} if chosen else {}
    shown = page(database, feed=True, **state)
    assert not shown.exception
    lines = [text.value for text in shown.markdown if "restated" in text.value]
    assert len(lines) == len(told)
    assert all(("(whole company)" in line) is bool(chosen) for line in lines)
    captions = [text.value for text in shown.caption if "left out" in text.value]
    assert captions == ([causes.left_out(3 - len(told))] if len(told) < 3 else [])


def test_who_is_new_is_told_that_nothing_is_known_to_be_usual(page, database):
    for owner, said in (("Chitra", True), ("Asha", False)):
        shown = page(
            database, feed=True, owner=[owner], period="Custom", days=(TODAY - 20 * DAY, LONG_AGO)
        )
        assert any("takes four weeks" in text.value for text in shown.caption) is said, owner
