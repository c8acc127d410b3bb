"""Working days, and the leads of a usual week, counted day by day; no mutant counts the same."""

from datetime import date, timedelta
from random import Random
from statistics import median

import pytest
from psycopg2.extras import execute_values

from aha_pipeline_tests.oracle.comparison import is_equal
from aha_pipeline_tests.oracle.mutants import alive_of_measure
from aha_pipeline_tests.warehouse.marts_company import build, company, rows

MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
HOLIDAYS = [MONDAY + DAY * n for n in (2, 5, 9)]
WEEKS = [[], [1, 2, 3, 4, 5], [3, 7], [6], [1, 2, 3, 4, 5, 6, 7]]


@pytest.fixture(scope="module")
def connection(module_database_url):
    with company(module_database_url) as connection:
        build(connection, MONDAY, MONDAY, only=("kpis",))
        with connection.cursor() as cursor:
            cursor.execute("delete from crm.business_hours; delete from analytics.kpis")
            execute_values(
                cursor,
                "insert into crm.holidays (day, name, told_by) values %s",
                [(day, "", "zoho") for day in HOLIDAYS],
            )
        yield connection


def working_days(connection) -> bool:
    """Return whether those of some weeks are counted right."""
    for week in WEEKS:
        with connection.cursor() as cursor:
            cursor.execute("delete from crm.business_hours")
            if week:
                execute_values(
                    cursor,
                    "insert into crm.business_hours (weekday, opens, closes, told_by) values %s",
                    [(day, "09:00", "17:00", "zoho") for day in week],
                )
        for first, last in ((0, 0), (0, 6), (1, 15), (5, 6), (3, 2)):
            days = [MONDAY + DAY * n for n in range(first, last + 1)]
            worked = [d for d in days if d.isoweekday() in (week or WEEKS[1]) and d not in HOLIDAYS]
            given = [MONDAY + DAY * first, MONDAY + DAY * last]
            [row] = asked(connection, "select measures.working_days(%s, %s) as days", *given)
            if row["days"] != len(worked):
                return False
    return True


def usual_week(connection) -> bool:
    """Return whether the median of four weeks is right, some of them with days not known."""
    for seed, unknown in enumerate(
        ([], [8], [7], [34], [35], [13, 14], [7, 14, 21], [9, 16, 23, 30])
    ):
        rng = Random(f"usual week {seed}")
        new = {n: rng.randrange(20) for n in range(90) if n not in unknown}
        if seed == 1:
            new[8] = None
        with connection.cursor() as cursor:
            cursor.execute("delete from analytics.kpis")
            execute_values(
                cursor,
                "insert into analytics.kpis (day, new_leads) values %s",
                [(MONDAY - DAY * n, leads) for n, leads in new.items()],
            )
        weeks = [[new.get(n) for n in range(first, first + 7)] for first in (7, 14, 21, 28)]
        known = [sum(week) for week in weeks if None not in week]
        [row] = asked(connection, "select * from measures.usual_week(%s)", MONDAY)
        right = median(known) if known else None
        if row["weeks"] != len(known) or not is_equal(row["leads"], right):
            return False
    return True


def asked(connection, query: str, *given) -> list[dict]:
    with connection.cursor() as cursor:
        return rows(connection, cursor.mogrify(query, given).decode())


@pytest.mark.parametrize("judge", [working_days, usual_week], ids=lambda it: it.__name__)
def test_each_mutant_counts_otherwise(connection, judge, capsys):
    with connection.cursor() as cursor:
        assert alive_of_measure(cursor, judge.__name__, lambda: judge(connection), capsys) == []
