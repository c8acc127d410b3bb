"""Targets: what the file may say, whom it fits, what is kept, and the sentence of each misfit."""

from calendar import monthrange
from datetime import date, timedelta

import pytest

from aha_pipeline import sql
from aha_pipeline.warehouse.checks import find_failing_rows, mart_checks
from aha_pipeline.warehouse.targets import (
    read_holidays,
    read_targets,
    save_holidays,
    save_targets,
)
from aha_pipeline.warehouse.user_file import UserFileError
from aha_pipeline_tests.warehouse.marts_company import (
    ASHA,
    BALA,
    build,
    company,
    deal,
    ist,
    lead,
    put,
)

HEADER = "scope,name,period,amount,deals,currency\n"
TODAY = date(2026, 11, 20)
LEFT = {"id": "9", "name": "Long Gone"}
TWINS = ({"id": "21", "name": "R. Rao"}, {"id": "22", "name": "R. Rao"})


@pytest.fixture
def file(tmp_path):
    return tmp_path / "targets.csv"


@pytest.fixture(scope="module")
def _built(module_database_url):
    with company(module_database_url) as connection:
        put(
            connection,
            "Deals",
            deal(1, ist("2026-11-02 10:00:00"), Owner=ASHA),
            deal(
                2, ist("2025-01-02 10:00:00"), "Closed Won", Owner=LEFT, Closing_Date="2025-02-01"
            ),
            *(deal(3 + n, ist("2026-11-03 10:00:00"), Owner=twin) for n, twin in enumerate(TWINS)),
        )
        put(connection, "Leads", lead(1, ist("2026-11-05 10:00:00"), Owner=BALA))
        build(connection, only=("pace", "lead_volume", "owners", "deal_history"))
        connection.commit()


@pytest.fixture
def connection(_built, module_database_url):
    """A company whose changes nobody else sees."""
    with company(module_database_url) as connection:
        yield connection
        connection.rollback()


def saved(connection, file, *lines: str) -> list[str]:
    file.write_text(HEADER + "\n".join(lines), encoding="utf-8")
    save_targets(connection, file)
    with connection.cursor() as cursor:
        cursor.execute(sql.read("dashboard/target_troubles"), {"today": TODAY})
        return [sentence for (sentence,) in cursor]


def in_force(connection, columns: str = "scope, name, first_day, last_day, amount::int") -> list:
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {columns} from analytics.targets where told_until is null order by 1, 2, 3"  # noqa: S608
        )
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("region,North,2026-04,5,,", "'region' has no targets; write company, rep, source"),
        ("company,Us,2026-04,5,,", "the company needs no name"),
        ("rep,,2026-04,5,,", "the name is empty; write that of the rep"),
        ("company,,2026-13,5,,", "'2026-13' is no period"),
        ("company,,Q1 2026,5,,", "'Q1 2026' is no period"),
        ("company,,FY2026 Q5,5,,", "no period"),
        ("company,,2026-04,,,", "neither an amount nor a number"),
        ("company,,2026-04,-5,,", "'-5' is no number from 0 on"),
        ("company,,2026-04,NaN,,", "is no number"),
        ("company,,2026-04,five,,", "is no number"),
        ("company,,2026-04,5,2.5,", "'2.5' is no whole number"),
        ("company,,2026-04,5,,rupees", "is no currency"),
        ("company,,FY2026 Q1,5,,\ncompany,,fy2026-q1,6,,", "line 3: 'FY2026 Q1' stands in line 2"),
        ("rep,Asha,2026-04,5,,\nrep,asha ,2026-04,6,,", "stands in line 2 already"),
    ],
)
def test_a_mistake_gets_one_sentence_with_its_line(file, line, complaint):
    file.write_text(HEADER + line)
    with pytest.raises(UserFileError, match=r"targets\.csv, line [23]: .*\.$") as caught:
        read_targets(file)
    assert complaint in str(caught.value)


def test_a_spreadsheets_amounts_are_read(file):
    file.write_bytes(b'\xef\xbb\xbfperiod,scope,name,amount\r\n2026-04,Company,,"2,50,00,000"\r\n')
    [target] = read_targets(file)
    assert (target.scope, target.period, target.amount) == ("company", "month", 25_000_000)


def test_no_file_is_no_target(connection, file):
    assert read_targets(file) == []
    assert save_targets(connection, file) == 0


@pytest.mark.parametrize("first_month", [*range(1, 13), None])
@pytest.mark.parametrize("by_end", [True, False, None])
def test_fiscal_periods_of_any_first_month(connection, file, first_month, by_end):
    with connection.cursor() as cursor:
        cursor.execute(
            "update crm.organisation set fiscal_start_month = %s, fiscal_named_by_end = %s",
            [first_month, by_end],
        )
    saved(
        connection, file, "company,,FY2026,12,,", *(f"company,,FY2026 Q{n},{n},," for n in (1, 4))
    )
    spans = {row[4]: row[2:4] for row in in_force(connection)}
    begins = date(2026 - bool(by_end and (first_month or 1) > 1), first_month or 1, 1)
    months = [begins]
    for _ in range(11):
        months.append(months[-1] + timedelta(days=monthrange(months[-1].year, months[-1].month)[1]))
    ends = [m.replace(day=monthrange(m.year, m.month)[1]) for m in months]
    assert spans == {
        12: (months[0], ends[11]),
        1: (months[0], ends[2]),
        4: (months[9], ends[11]),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "select crm.fiscal_year_name(%s, %s, %s)", [ends[11], first_month, bool(by_end)]
        )
        assert cursor.fetchone() == ("FY2026",)


def test_what_was_told_before_is_kept(connection, file):
    saved(connection, file, "company,,2026-11,100,,", "rep,Asha,2026-11,60,,")
    saved(connection, file, "company,,2026-11,100,,", "rep,Asha,2026-11,60,,")  # no change
    saved(connection, file, "company,,2026-11,150,,")
    assert [row[4] for row in in_force(connection)] == [150]
    with connection.cursor() as cursor:
        cursor.execute(
            "select scope, amount::int, told_from < told_until from analytics.targets "
            "where told_until is not null order by told_until"
        )
        assert sorted(cursor.fetchall()) == [("company", 100, True), ("rep", 60, True)]


def test_what_is_written_into_the_table_stands_and_keeps_its_history(connection, file):
    saved(connection, file, "company,,2026-11,100,,")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into analytics.targets (scope, name, period, first_day, last_day, amount) "
            "values ('rep', 'Bala', 'month', '2026-11-01', '2026-11-30', 5)"
        )
        cursor.execute("update analytics.targets set amount = 7 where name = 'Bala'")
    saved(connection, file, "rep,bala,2026-11,99,,")
    assert [(row[0], row[4]) for row in in_force(connection)] == [("rep", 7)]
    with connection.cursor() as cursor:
        cursor.execute("select amount::int from analytics.targets where name = 'Bala' order by 1")
        assert cursor.fetchall() == [(5,), (7,)]
        with pytest.raises(Exception, match="This target is history"):
            cursor.execute("update analytics.targets set amount = 1 where told_until is not null")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("rep,Nobody,2026-11,5,,", "the rep “Nobody” for 2026-11-01 to 2026-11-30 fits no rep:"),
        ("source,Fax,2026-11,5,,", "the source “Fax” for 2026-11-01 to 2026-11-30 fits no source"),
        ("rep,R. Rao,2026-11,5,,", "fits two reps of that name or more: write the id"),
        (
            "rep,Long Gone,2026-11,5,,",
            "without an open deal, and without a new lead or deal for 90",
        ),
        ("company,,2026-11,5,,USD", "is in USD and figures are in INR, so it is not compared"),
        ("company,,2026-11,0,,", "is zero, so there is nothing to reach"),
        ("rep,Asha,2026-11,,0,", "is zero"),
    ],
)
def test_a_target_without_a_match_is_a_sentence(connection, file, line, sentence):
    [found] = saved(connection, file, line)
    assert found.startswith("The target of ")
    assert sentence in found
    [check] = [check for check in mart_checks() if check.asset == "analytics/targets"]
    assert find_failing_rows(connection, check).count >= 0  # runs; it looks at the present day


@pytest.mark.parametrize(
    "lines",
    [
        ("rep,Asha,2026-11,50,,", "rep,1,2026-11,60,,"),
        ("rep,Asha,2026-11,50,3,", "rep,1,2026-11,50,4,"),
        ("rep,asha,2026-11,50,,", "rep,1,2026-11,,5,INR"),
    ],
)
def test_two_targets_of_one_rep_that_differ_are_refused(connection, file, lines):
    found = saved(connection, file, *lines)
    assert len(found) == 2
    for sentence in found:
        assert "for the same rep and days with different numbers, so none of them" in sentence
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from measures.pace(%s, %s) where scope = 'rep'", [TODAY] * 2
        )
        assert cursor.fetchone() == (0,)


def test_what_fits_has_no_sentence(connection, file):
    lines = (
        "company,,2026-11,5,,inr",
        "rep, ASHA ,2026-11,5,,",
        "rep,22,2026-11,5,,",
        "rep,Bala,FY2026,5,3,",
        "source,facebook,2026-11,5,,",
        "rep,Nobody,2026-10,5,,",  # a month that is over
    )
    assert saved(connection, file, *lines) == []


def test_holidays_of_the_file_come_and_go_and_leave_those_of_zoho(connection, tmp_path):
    file = tmp_path / "holidays.csv"
    with connection.cursor() as cursor:
        cursor.execute("insert into crm.holidays values ('2026-11-08', 'Diwali', 'zoho')")
        for text, held in (
            ("day,name\n2026-11-08,ours\n2026-12-25,Christmas\n", ["Diwali", "Christmas"]),
            ("day\n2026-12-26\n", ["Diwali", ""]),
            ("", ["Diwali"]),
        ):
            file.write_text(text)
            save_holidays(connection, file)
            cursor.execute("select name from crm.holidays order by day")
            assert [name for (name,) in cursor] == held
    file.write_text("day,name\n25.12.2026,Christmas\n")
    with pytest.raises(UserFileError, match=r"line 2: '25.12.2026' is no day; write it as 2026"):
        read_holidays(file)
