"""The open deals that slip, each with its reasons and their measure."""

from datetime import timedelta
from decimal import Decimal

import pytest

from aha_pipeline_tests.warehouse.marts_company import build, company, deal, put, put_history, rows

REASONS = ("is_pushed", "is_back", "is_cut", "is_older", "is_overdue")
SOON = "2099-01-01"


@pytest.fixture
def connection(database_url):
    """A connection to a company without records."""
    with company(database_url, "UTC") as connection:
        yield connection


def ago(connection, days: float) -> str:
    """Return the time some days ago, as Zoho writes it."""
    now = rows(connection, "select now() at time zone 'UTC' as now")[0]["now"]
    return f"{now - timedelta(days):%Y-%m-%dT%H:%M:%S}+00:00"


def put_deal(connection, number: int, *contents: dict, **fields) -> None:
    """Put a deal whose contents were written a day apart, the last of them yesterday."""
    created = ago(connection, len(contents))
    fields = {"Closing_Date": SOON} | fields
    history = [
        deal(number, created, **(fields | content | {"Modified_Time": ago(connection, days)}))
        for days, content in zip(range(len(contents), 0, -1), contents, strict=True)
    ]
    put_history(connection, "Deals", *history)


def stage(name: str) -> dict:
    return {"stage": name}


def slipping(connection) -> dict[str, dict]:
    build(connection, only=("slipping_deals",))
    return {row["id"]: row for row in rows(connection, "slipping_deals")}


def test_a_deal_that_does_well_is_not_here(connection):
    put_deal(connection, 1, stage("Qualification"), {"stage": "Needs Analysis", "Amount": 2000})
    put_deal(connection, 2, {"Closing_Date": "2099-03-01"}, {"Closing_Date": "2099-02-01"})
    put_deal(connection, 3, {"Closing_Date": None}, {"Amount": None}, Amount=None)
    put_deal(connection, 4, {"Closing_Date": None}, {"Closing_Date": SOON})
    assert slipping(connection) == {}


def test_a_pushed_closing_date_is_counted_and_summed(connection):
    dates = ("2099-01-30", "2099-02-28", "2099-02-10", "2099-03-01", "2099-03-01")
    put_deal(connection, 1, *({"Closing_Date": day} for day in dates), Amount=None)
    row = slipping(connection)["D1"]
    assert (row["times_pushed"], row["days_pushed"]) == (2, 29 + 19)
    assert [row[reason] for reason in REASONS] == [True, False, False, False, False]
    assert row["reasons"] == "closing date pushed"
    assert (row["amount"], row["value"], row["owner_name"]) == (None, 0, "Asha")
    assert round(row["days_in_stage"], 2) == 5


def test_a_leap_day_is_a_day_pushed(connection):
    put_deal(connection, 1, {"Closing_Date": "2096-02-28"}, {"Closing_Date": "2096-03-01"})
    assert slipping(connection)["D1"]["days_pushed"] == 2


def test_a_stage_gone_back_names_the_furthest_unless_it_was_reached_again(connection):
    names = ("Qualification", "Negotiation/Review", "Needs Analysis")
    put_deal(connection, 1, *map(stage, names))
    put_deal(connection, 2, *map(stage, (*names, "Negotiation/Review")))
    put_deal(connection, 3, *map(stage, (*names, "Closed Lost")))
    found = slipping(connection)
    assert list(found) == ["D1"]
    assert found["D1"]["furthest_stage"] == "Negotiation/Review"
    assert found["D1"]["reasons"] == "moved back a stage"
    assert round(found["D1"]["days_in_stage"], 2) == 1


def test_an_amount_cut_is_what_is_missing_to_the_highest(connection):
    put_deal(connection, 1, *({"Amount": amount} for amount in (100, 500.75, 200, 300)))
    put_deal(connection, 2, {"Amount": 80}, {"Amount": None})
    put_deal(connection, 3, {"Amount": 80}, {"Amount": 20}, {"Amount": 80})
    found = slipping(connection)
    assert {key: row["amount_cut"] for key, row in found.items()} == {
        "D1": Decimal("200.75"),
        "D2": 80,
    }
    assert found["D1"]["reasons"] == found["D2"]["reasons"] == "amount cut"


@pytest.mark.parametrize(
    "now",
    [
        {"Exchange_Rate": None},
        {"Exchange_Rate": 8_450_000},
        {"Currency": "XYZ"},
        {"Currency": "XYZ", "Exchange_Rate": None, "Amount": 5000},
    ],
)
def test_an_amount_that_cannot_be_converted_any_more_is_not_cut(connection, now):
    dollars = {"Currency": "USD", "Exchange_Rate": 84.5, "Amount": 100}
    put_deal(connection, 1, dollars, dollars | now)
    put_deal(connection, 2, dollars, dollars | {"Amount": 60})
    assert {key: row["amount_cut"] for key, row in slipping(connection).items()} == {
        "D2": 40 * Decimal("84.5")
    }


def test_what_changed_as_a_deal_closed_or_reopened_is_no_reason(connection):
    closed = {"stage": "Closed Lost", "Amount": 5000, "Closing_Date": "2098-01-01"}
    put_deal(connection, 1, stage("Qualification"), closed, stage("Qualification"))
    put_deal(connection, 2, closed, stage("Qualification"))
    assert slipping(connection) == {}
    put_deal(connection, 3, stage("Negotiation/Review"), closed, stage("Qualification"))
    assert slipping(connection)["D3"]["reasons"] == "moved back a stage"


def test_a_deal_is_overdue_from_the_day_after_its_closing_date(connection):
    for number, days in enumerate((0, 1, 40)):
        put_deal(connection, number, {}, Closing_Date=ago(connection, days)[:10])
    found = slipping(connection)
    assert {key: row["days_overdue"] for key, row in found.items()} == {"D1": 1, "D2": 40}
    assert found["D1"]["reasons"] == "overdue"


@pytest.mark.parametrize("won", [9, 10])
def test_a_deal_is_older_than_most_won_ones_were_where_ten_are_known(connection, won):
    for number in range(won):
        contents = (
            deal(number, ago(connection, 90)),
            deal(number, ago(connection, 90), "Closed Won", Modified_Time=ago(connection, 80)),
        )
        put_history(connection, "Deals", *contents)
    put(connection, "Deals", deal(20, ago(connection, 9)), deal(21, ago(connection, 11)))
    edited = {"Modified_Time": ago(connection, 5)}
    put(connection, "Deals", deal(22, ago(connection, 50), **edited))
    found = slipping(connection)
    assert list(found) == (["D21"] if won == 10 else [])
    if found:
        row = found["D21"]
        assert (round(row["days_in_stage"], 2), row["won_limit_days"]) == (11, 10)
        assert row["reasons"] == "in its stage longer than most won deals"


def test_deleted_deals_do_not_slip_and_reasons_come_together(connection):
    past = {"Closing_Date": ago(connection, 3)[:10]}
    contents = (
        {"stage": "Needs Analysis", "Closing_Date": ago(connection, 10)[:10]},
        {"stage": "Qualification", "Amount": 1} | past,
    )
    put_deal(connection, 1, *contents)
    put(connection, "Deals", deal(2, ago(connection, 9), **past), deleted_at=ago(connection, 1))
    found = slipping(connection)
    assert list(found) == ["D1"]
    assert found["D1"]["reasons"] == "closing date pushed, moved back a stage, amount cut, overdue"
    assert [found["D1"][reason] for reason in REASONS] == [True, True, True, False, True]
