"""Which deals moved the open pipeline most, against sums over the movements in plain Python."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from psycopg2.extras import execute_values

from aha_pipeline import sql
from aha_pipeline_tests.warehouse.marts_company import build, company, deal, put, rows

FIRST = date(2026, 3, 2)
DAYS = [FIRST + timedelta(days=n) for n in range(12)]
FIGURES = {
    "open_deals": "deals",
    "open_pipeline_value": "value",
    "weighted_pipeline_value": "weighted_value",
}
COLUMNS = ("day", "id", "source", "owner_id", "deals", "value", "weighted_value")
READ = ("pipeline_movements", "deals", "change_parts", "week_leads")
FILTERS = ((None, None), (["Web"], None), (None, ["1"]), (["Web", "Ads"], ["1", "2"]))


@pytest.fixture(scope="module")
def warehouse(module_database_url):
    with company(module_database_url) as connection:
        put(connection, "Deals", *(deal(n, "2026-01-01", Deal_Name=f"Deal {n}") for n in range(9)))
        build(connection, only=READ)
        connection.commit()
        yield connection


def drawn(seed: int) -> list[tuple]:
    """Movements of up to 30 deals, nine with names; some sum to nothing, some are as great."""
    rng = Random(f"feed {seed}")
    amounts = [Decimal(rng.randint(-3, 3)), *(Decimal(rng.randint(-900, 900)) for _ in range(4))]
    return [
        (
            rng.choice(DAYS),
            f"D{rng.randrange(30)}",
            rng.choice(("Web", "Ads", "(none)")),
            rng.choice("123"),
            rng.choice((-1, 0, 1)),
            amount := rng.choice(amounts),
            amount * rng.choice((0, Decimal("0.1"), Decimal("0.5"))),
        )
        for _ in range(rng.choice((5, 60, 200)))
    ]


def behind(movements: list[tuple], entry: tuple, sources, owners) -> list[tuple]:
    """The three deals that moved the figure most in the days of the entry, and how many did."""
    figure, last, span = entry
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for values in movements:
        row = dict(zip(COLUMNS, values, strict=True))
        is_chosen = (sources is None or row["source"] in sources) and (
            owners is None or row["owner_id"] in owners
        )
        if is_chosen and last - timedelta(days=span) < row["day"] <= last:
            sums[row["id"]] += row[FIGURES[figure]]
    moved = sorted((-abs(size), id_) for id_, size in sums.items() if size)
    names = {f"D{n}": f"Deal {n}" for n in range(9)}
    return [(last, figure, names.get(id_, id_), len(moved)) for _, id_ in moved[:3]]


@pytest.mark.parametrize(("sources", "owners"), FILTERS)
@pytest.mark.parametrize("seed", range(4))
def test_the_deals_that_moved_most(warehouse, seed, sources, owners):
    movements = drawn(seed)
    rng = Random(seed)
    entries = [(figure, day, rng.choice((1, 7))) for figure in FIGURES for day in DAYS[3::2]]
    with warehouse.cursor() as cursor:
        cursor.execute("delete from analytics.pipeline_movements")
        insert = f"insert into analytics.pipeline_movements ({', '.join(COLUMNS)}) values %s"  # noqa: S608
        execute_values(cursor, insert, movements)
        asked = cursor.mogrify(
            sql.read("dashboard/feed_behind"),
            {
                "kinds": ["unusual"] * len(entries),
                "figures": [figure for figure, _, _ in entries],
                "days": [day for _, day, _ in entries],
                "spans": [span for _, _, span in entries],
                "sources": sources,
                "owners": owners,
            },
        ).decode()
    found = defaultdict(list)
    for row in rows(warehouse, asked):
        assert row["is_record"]
        key = row["day"], row["figure"]
        found[key].append((*key, row["name"], row["all_behind"]))
    for entry in entries:
        assert found[entry[1], entry[0]] == behind(movements, entry, sources, owners), entry
    warehouse.rollback()
