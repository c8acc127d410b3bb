"""Money of several currencies is added in the home currency, or it is not added."""

from datetime import date, timedelta

import pytest

from aha_pipeline_tests.warehouse.marts_company import (
    build,
    company,
    deal,
    ist,
    put,
    put_history,
    rows,
    today,
)

MARCH = ist("2025-03-05 10:00:00")
DAY = date(2025, 3, 5)


@pytest.fixture
def connection(database_url):
    """A connection to an Indian company without records."""
    with company(database_url) as connection:
        yield connection


def foreign(number: int, currency: str | None, rate: object, **fields) -> dict:
    return deal(number, MARCH, Amount=100_000, Currency=currency, Exchange_Rate=rate, **fields)


def amounts(connection) -> dict[str, object]:
    build(connection, DAY, DAY, only=("kpis", "unconverted_deals"))
    return {row["id"]: row["amount"] for row in rows(connection, "deals")}


def set_organisation(connection, column: str, value: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"update crm.organisation set {column} = %s", [value])  # noqa: S608


@pytest.mark.parametrize(
    ("dollar", "yen"),
    [(84.5, 0.56), (0.011834319, 1.785714286), ("84.5", "0.560000000")],
    ids=["home units for one", "one home unit", "as text"],
)
def test_an_amount_is_converted_by_the_rate_of_its_record(connection, dollar, yen):
    put(connection, "Deals", foreign(1, "INR", 1), foreign(2, "USD", dollar))
    put(connection, "Deals", foreign(3, " jpy", yen), foreign(4, None, None))
    found = amounts(connection)
    assert [round(found[f"D{n}"]) for n in (1, 2, 3, 4)] == [100_000, 8_450_000, 56_000, 100_000]
    (kpi,) = rows(connection, "kpis")
    assert round(kpi["open_pipeline_value"]) == 8_706_000
    assert kpi["unconverted_deals"] == 0


@pytest.mark.parametrize(
    ("currency", "rate"),
    [
        ("USD", None),
        ("USD", 0),
        ("USD", -84.5),
        ("USD", 1),
        ("USD", 0.0118),  # read as the others are it says that a dollar is a hundredth of a rupee
        ("EUR", "abc"),
        ("TRY", 1),  # nobody has set its rate, and what it is worth is not known
        ("XAU", 1),
        ("SGD", 1.0),
        (None, 84.5),
    ],
)
def test_what_cannot_be_converted_is_counted_apart(connection, currency, rate):
    put(connection, "Deals", *(foreign(n, "USD", 84.5) for n in (1, 2)))
    put(connection, "Deals", foreign(3, currency, rate))
    assert amounts(connection)["D3"] is None
    (kpi,) = rows(connection, "kpis")
    assert (kpi["open_deals"], kpi["unconverted_deals"]) == (3, 1)
    assert kpi["open_pipeline_value"] == 2 * 8_450_000
    (apart,) = rows(connection, "unconverted_deals")
    assert (apart["id"], apart["original_amount"]) == ("D3", 100_000)


def test_a_rate_near_one_tells_nothing_until_a_setting_does(connection):
    set_organisation(connection, "currency", "USD")
    put(connection, "Deals", foreign(1, "EUR", 1.25))
    assert amounts(connection) == {"D1": None}
    set_organisation(connection, "rate_reading", "multiply")
    assert amounts(connection) == {"D1": 125_000}
    set_organisation(connection, "rate_reading", "divide")
    assert amounts(connection) == {"D1": 80_000}


def test_a_setting_that_the_rates_contradict_adds_nothing(connection):
    put(connection, "Deals", foreign(1, "USD", 84.5), foreign(2, "INR", 1))
    set_organisation(connection, "rate_reading", "divide")
    assert amounts(connection) == {"D1": None, "D2": 100_000}


def test_a_currency_of_unknown_worth_is_read_as_the_others_are(connection):
    put(connection, "Deals", foreign(1, "TRY", 2.5))
    assert amounts(connection) == {"D1": None}
    put(connection, "Deals", foreign(2, "USD", 84.5))
    assert amounts(connection) == {"D1": 250_000, "D2": 8_450_000}


@pytest.mark.parametrize(
    ("home", "currency", "converted"),
    [("INR", "BTN", 100_000), ("SGD", "BND", 100_000), ("USD", "EUR", None)],
)
def test_a_rate_of_one_counts_where_the_currencies_are_at_par(
    connection, home, currency, converted
):
    set_organisation(connection, "currency", home)
    put(connection, "Deals", foreign(1, currency, 1))
    assert amounts(connection) == {"D1": converted}


def test_a_new_rate_moves_the_value_and_no_amount_does(connection):
    later = {"Modified_Time": ist("2025-03-07 10:00:00")}
    put_history(connection, "Deals", foreign(1, "USD", 80), foreign(1, "USD", 85, **later))
    build(connection, DAY, DAY + timedelta(2), only=("kpis", "pipeline_movements"))
    kpis = rows(connection, "select * from analytics.kpis order by day")
    assert [row["open_pipeline_value"] for row in kpis] == [8_000_000, 8_000_000, 8_500_000]
    moved = rows(connection, "select * from analytics.pipeline_movements order by day")
    assert [(row["kind"], row["value"]) for row in moved] == [
        ("opened", 8_000_000),
        ("added", 500_000),
    ]


def test_another_home_currency_builds_the_history_anew(connection):
    put(connection, "Deals", foreign(1, "USD", 84.5))
    assert amounts(connection) == {"D1": 8_450_000}
    set_organisation(connection, "currency", "USD")
    assert amounts(connection) == {"D1": 100_000}
    assert today(connection)
